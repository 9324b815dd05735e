"""The PyTorch module that a vidclass architecture describes.

    model, metadata = load("models/clips.safetensors")
    logits = model(stack)            # stack: [N, C, T, H, W], as `vidclass frames -o stack.safetensors` writes `input`
"""
import json

import torch
from safetensors import safe_open
from torch import nn


class Network(nn.Module):
    """Layers in order; parameters under the names that the architecture gives them."""

    def __init__(self, architecture):
        super().__init__()
        self.layers = architecture["layers"]
        shape = architecture["input"]
        channels, extent = shape["channels"], [shape["frames"], shape["height"], shape["width"]]
        features = 0
        for layer in self.layers:
            kind, name = layer["type"], layer.get("name")
            if kind == "conv3d":
                kernel, stride = layer["kernel"], layer.get("stride", [1, 1, 1])
                padding = layer.get("padding", [0, 0, 0])
                self._put(name, nn.Conv3d(
                    channels, layer["filters"], kernel, stride, padding, bias=layer.get("bias", True)))
                channels = layer["filters"]
                extent = [(e + 2 * p - k) // s + 1
                          for e, k, s, p in zip(extent, kernel, stride, padding)]
            elif kind == "batchnorm":
                self._put(name, nn.BatchNorm3d(channels))
            elif kind == "maxpool3d":
                extent = [e // w for e, w in zip(extent, layer["window"])]
            elif kind == "spatialmean":
                features = channels
            elif kind == "flattensteps":
                features = channels * extent[1] * extent[2]
            elif kind == "lstm":
                self._put(name, nn.LSTM(features, layer["hidden"], batch_first=True))
                features = layer["hidden"]
            elif kind == "attention":
                self._put(name, nn.Linear(features, 1, bias=False))
            elif kind == "dense":
                self._put(name, nn.Linear(features, layer["outputs"]))
                features = layer["outputs"]

    def _put(self, name, module):
        """`blocks.0.conv` becomes self.blocks[0].conv, so that state_dict has vidclass's names."""
        parent = self
        *path, last = name.split(".")
        for part in path:
            if not hasattr(parent, part):
                parent.add_module(part, nn.Module())
            parent = getattr(parent, part)
        parent.add_module(last, module)

    def forward(self, x):
        for layer in self.layers:
            kind = layer["type"]
            if kind in ("conv3d", "batchnorm", "dense"):
                x = self.get_submodule(layer["name"])(x)
            elif kind == "relu":
                x = torch.relu(x)
            elif kind == "maxpool3d":
                x = nn.functional.max_pool3d(x, layer["window"])
            elif kind == "spatialmean":
                x = x.mean((3, 4)).transpose(1, 2)
            elif kind == "flattensteps":
                x = x.permute(0, 2, 1, 3, 4).flatten(2)
            elif kind == "lstm":
                x, _ = self.get_submodule(layer["name"])(x)
            elif kind == "timepooling":
                x = x[:, -1] if layer["mode"] == "last" else x.mean(1)
            elif kind == "attention":
                x = (x * self.get_submodule(layer["name"])(x).softmax(1)).sum(1)
            elif kind == "dropout":
                x = nn.functional.dropout(x, layer["rate"], self.training)
        return x


def load(path):
    """The module with a model file's weights, ready for inference, and the file's metadata."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        weights = {name: file.get_tensor(name) for name in file.keys()}
    network = Network(json.loads(metadata["architecture"]))
    network.load_state_dict(weights)
    return network.eval(), metadata
