#!/usr/bin/env python3
"""Writes the networks that Tests/ModelFilesTests/ONNXImportTests.swift imports, with both of
PyTorch's exporters, and what PyTorch makes of an input.

    python3 -m venv .venv && .venv/bin/pip install torch onnx onnxscript
    .venv/bin/python make-onnx-networks.py [FOLDER]      this folder when left out

picture   2-D: residual, depthwise, ReLU6, hard swish, uneven padding, global mean; any batch
clip      3-D: group normalisation, SiLU, squeeze-and-excitation, pooling, flattened; softmax
steps     2-D on each frame, GELU, two-layer LSTM in both directions, layer normalisation, mean
NAME-script.onnx   of the TorchScript exporter, operator set 17
NAME-export.onnx   of the default exporter, weights in NAME-export.onnx.data
NAME.json          input and logits
"""

import json
import logging
import os
import sys
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional

CLASSES = 5


class Picture(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.block = nn.Sequential(
            nn.Conv2d(8, 16, 1, bias=False), nn.BatchNorm2d(16), nn.Hardswish(),
            nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False), nn.BatchNorm2d(16), nn.ReLU6(),
            nn.Conv2d(16, 8, 1, bias=False), nn.BatchNorm2d(8))
        self.pad = nn.ZeroPad2d((0, 1, 1, 0))
        self.wide = nn.Conv2d(8, 12, 2)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(12, CLASSES))

    def forward(self, x):
        x = self.stem(x)
        x = functional.relu(self.wide(self.pad(x + self.block(x))))
        x = functional.adaptive_avg_pool2d(x, 1)
        return self.classifier(torch.flatten(x, 1))


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv3d(3, 8, 3, padding=1)
        self.norm1 = nn.GroupNorm(2, 8)
        self.pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
        self.reduce, self.expand = nn.Conv3d(8, 4, 1), nn.Conv3d(4, 8, 1)
        self.conv2 = nn.Conv3d(8, 8, (3, 1, 1), stride=(2, 1, 1), bias=False)
        self.norm2 = nn.BatchNorm3d(8)
        self.mean = nn.AvgPool3d((1, 2, 2))
        self.fc = nn.Linear(8 * 1 * 2 * 2, CLASSES)

    def logits(self, x):
        x = self.pool(functional.silu(self.norm1(self.conv1(x))))
        gate = self.expand(functional.relu(self.reduce(x.mean((2, 3, 4), keepdim=True))))
        x = self.norm2(self.conv2(x * torch.sigmoid(gate)))
        return self.fc(self.mean(functional.leaky_relu(x, 0.1)).flatten(1))

    def forward(self, x):
        return self.logits(x).softmax(1)


class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.GELU(), nn.Conv2d(8, 6, 3, 2), nn.ReLU())
        self.lstm = nn.LSTM(6 * 3 * 3, 7, num_layers=2, bidirectional=True, batch_first=True)
        self.norm = nn.LayerNorm(14)
        self.fc = nn.Linear(14, CLASSES)

    def forward(self, x):
        n, t = x.shape[:2]
        features = self.cnn(x.reshape(n * t, *x.shape[2:])).reshape(n, t, -1)
        return self.fc(self.norm(self.lstm(features)[0]).mean(1))


def write(folder, name, network, shape, dynamic):
    for module in network.modules():
        if getattr(module, "running_mean", None) is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
        if getattr(module, "running_mean", None) is not None or isinstance(module, (nn.GroupNorm, nn.LayerNorm)):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    network.eval()
    x = torch.randn(*shape)
    torch.onnx.export(
        network, (x,), os.path.join(folder, f"{name}-script.onnx"), dynamo=False, opset_version=17,
        input_names=["x"], dynamic_axes={"x": {0: "n"}} if dynamic else None)
    path = os.path.join(folder, f"{name}-export.onnx")
    torch.onnx.export(
        network, (x,), path, dynamo=True, opset_version=18, verbose=False, external_data=True,
        dynamic_shapes=({0: torch.export.Dim("n")},) if dynamic else None)
    # Notes of the exporter on where each node comes from.
    model = onnx.load(path, load_external_data=False)
    for part in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        del part.metadata_props[:]
    with open(path, "wb") as file:
        file.write(model.SerializeToString())
    with torch.inference_mode():
        logits = getattr(network, "logits", network)(x)
    with open(os.path.join(folder, f"{name}.json"), "w") as file:
        json.dump({"shape": list(x.shape), "input": [round(v, 6) for v in x.flatten().tolist()],
                   "logits": logits.flatten().tolist()}, file)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.manual_seed(0)
    write(folder, "picture", Picture(), (3, 3, 17, 15), True)
    write(folder, "clip", Clip(), (1, 3, 4, 8, 8), False)
    write(folder, "steps", Steps(), (2, 5, 3, 16, 16), False)


if __name__ == "__main__":
    main()
