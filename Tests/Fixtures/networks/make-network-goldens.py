#!/usr/bin/env python3
"""Goldens of whole networks: what PyTorch computes for vidclass's `seed` and `conv3d-lstm` presets.

    python3 -m venv .venv && .venv/bin/pip install torch numpy safetensors
    .venv/bin/python make-network-goldens.py

reads architectures/<name>.json (written by `swift test` when asked with RECORD_ARCHITECTURES=1) and
writes <name>.safetensors beside this script: input, labels, logits of the first forward pass,
gradients of every parameter, the losses of ten AdamW steps, and all parameters and running
statistics after them. Starting values come from a generator that both sides share, so they are not
stored.
"""
import itertools
import json
import pathlib

import torch
from safetensors.torch import save_file

from vidclass_torch import Network

HERE = pathlib.Path(__file__).parent
BATCH, STEPS = 5, 10


def values(count, start):
    """Numerical Recipes' 32-bit linear congruential generator, as fractions around zero."""
    state, out = start, torch.empty(count, dtype=torch.float64)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % (1 << 32)
        out[i] = state / (1 << 32) - 0.5
    return out


def starting(name, parameter, index):
    drawn = values(parameter.numel(), 1000 + index)
    if "norm" in name:
        drawn = drawn * 0.2 + (1 if name.endswith("weight") else 0)
    elif parameter.dim() > 1:
        drawn = drawn * 2 / (parameter[0].numel() ** 0.5) * 1.7
    else:
        drawn = drawn * 0.2
    return drawn.float().reshape(parameter.shape)


def train(architecture, clip, dtype):
    """What is stored, computed in `dtype`."""
    network = Network(architecture).train()
    with torch.no_grad():
        for index, (name, parameter) in enumerate(network.named_parameters()):
            parameter.copy_(starting(name, parameter, index))
    network = network.to(dtype)
    labels = torch.arange(BATCH) % architecture["classes"]
    x = clip.permute(0, 4, 1, 2, 3).contiguous().to(dtype)
    decayed = [p for n, p in network.named_parameters() if p.dim() > 1]
    plain = [p for n, p in network.named_parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
        lr=1e-3)
    golden, losses = {"input": clip, "labels": labels}, []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = network(x)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        if step == 0:
            golden["logits"] = logits.detach().clone()
            for name, parameter in network.named_parameters():
                golden["gradient." + name] = parameter.grad.clone()
        losses.append(loss.item())
        optimizer.step()
    golden["losses"] = torch.tensor(losses)
    for name, value in network.state_dict().items():
        if "num_batches" not in name:
            golden["after." + name] = value.clone()
    network.eval()
    golden["evaluation"] = network(x).detach().clone()
    return golden


def main():
    torch.set_num_threads(1)
    for path in sorted((HERE / "architectures").glob("*.json")):
        architecture = json.loads(path.read_text())
        for layer in architecture["layers"]:
            if layer["type"] == "dropout":
                layer["rate"] = 0.0
        shape = architecture["input"]
        dense = [BATCH, shape["frames"], shape["height"], shape["width"], shape["channels"]]
        # Where two values of a pooling window, or a value and zero, are as close as rounding, either
        # side may be taken, and ten steps make that large. So: the first clips with which single and
        # double precision go the same way.
        for start in itertools.count(11):
            clip = values(torch.Size(dense).numel(), start).float().reshape(dense) * 3
            golden = train(architecture, clip, torch.float32)
            exact = train(architecture, clip, torch.float64)
            apart = max(
                ((value - exact[name]).norm() / (exact[name].norm() + 1e-12)).item()
                for name, value in golden.items() if name.startswith("after."))
            if apart < 3e-6:
                break
        save_file(golden, HERE / (path.stem + ".safetensors"))
        print(path.stem, start, apart, golden["losses"].tolist())


if __name__ == "__main__":
    main()
