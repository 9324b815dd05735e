"""Writes the PyTorch files that PyTorchTests reads, and what they hold as safetensors.

Usage: python make-pytorch-fixtures.py    (torch, safetensors; writes beside itself)

Every NAME.pt holds the tensors of the safetensors file of the set it is listed under: floats as
float32, whole numbers and truth values as int64, contiguous.
"""

import argparse
import collections
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent


def expect(name, tensors):
    changed = {
        key: value.detach()
        .to(torch.float32 if value.is_floating_point() else torch.int64)
        .clone(memory_format=torch.contiguous_format)
        .contiguous()
        for key, value in tensors.items()
    }
    save_file(changed, folder / f"{name}.safetensors")


def save(name, value, **options):
    torch.save(value, folder / f"{name}.pt", **options)


torch.manual_seed(1)
old = {"_use_new_zipfile_serialization": False}

# Element types, strides and shared storages.
base = torch.randn(40)
wide = torch.randn(3, 4)
kinds = {
    "float": torch.randn(2, 3),
    "double": torch.randn(5, dtype=torch.float64),
    "half": torch.tensor([1.5, -2.0, 6e-8, 65504.0, 0.0, -0.0, 6.2e-5], dtype=torch.float16),
    "bfloat16": torch.randn(7).to(torch.bfloat16),
    "long": torch.tensor([2**62, -1, 0]),
    "int": torch.tensor([2**31 - 1, -(2**31)], dtype=torch.int32),
    "short": torch.tensor([[-300], [300]], dtype=torch.int16),
    "char": torch.tensor([-128, 127], dtype=torch.int8),
    "byte": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(7),
    "empty": torch.zeros(0, 3),
    "channels_last": torch.randn(2, 3, 2, 4).to(memory_format=torch.channels_last),
    "channels_last_3d": torch.randn(1, 2, 2, 3, 2).to(memory_format=torch.channels_last_3d),
    "half_channels_last": torch.randn(2, 3, 2, 2).half().to(memory_format=torch.channels_last),
    "transposed": wide.t(),
    "same_storage": wide,
    "part": base[5:11],
    "every_third": base[2:38:3],
    "column": base.view(8, 5)[:, 3],
    "expanded": torch.randn(3, 1).expand(3, 4),
    "flipped_axes": torch.randn(2, 3, 4).permute(2, 0, 1),
}
expect("kinds", kinds)
for protocol in (2, 3, 4, 5):
    save(f"kinds-protocol{protocol}", kinds, pickle_protocol=protocol)
    save(f"kinds-old-protocol{protocol}", kinds, pickle_protocol=protocol, **old)

# A network, alone and in training scripts' ways.
model = torch.nn.Sequential(
    torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Linear(3, 2)
).to(memory_format=torch.channels_last)
model[1](torch.randn(4, 3, 2, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
model[2](torch.randn(4, 3)).sum().backward()
optimizer.step()
state = collections.OrderedDict((key, value.clone()) for key, value in model.state_dict().items())
state._metadata = model.state_dict()._metadata
expect("network", state)
checkpoint = {
    "epoch": 3,
    "loss": 0.25,
    "note": "a text",
    "state_dict": state,
    "optimizer": optimizer.state_dict(),
    "arguments": argparse.Namespace(lr=0.1, layers=[1, 2]),
    "counts": collections.defaultdict(int, {"a": 1}),
    "queue": collections.deque([1, 2]),
    "device": torch.device("cpu"),
    "type": torch.float16,
    "size": torch.Size([1, 2]),
    "complex": torch.zeros(2, dtype=torch.complex64),
    "seed": 2**100,
    "bytes": b"abc",
    "nan": torch.tensor(float("nan")),
}
for name, options in (("", {}), ("-old", old)):
    save(f"network{name}", state, **options)
    save(f"network-checkpoint{name}", checkpoint, **options)
    save(f"whole-module{name}", torch.nn.Identity(), **options)
save("network-checkpoint-protocol4", checkpoint, pickle_protocol=4)
save("network-parallel", {f"module.{key}": value for key, value in state.items()})
save("network-model", {"model": dict(state), "epoch": 1})
save("network-model-state", {"model_state_dict": state, "model": "resnet"})
parameters = {key: value for key, value in state.items()}
for key, value in model.named_parameters():
    parameters[key] = torch.nn.Parameter(parameters[key])
save("network-parameters", parameters)
save("network-parameters-old", parameters, **old)
