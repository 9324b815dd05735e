#!/usr/bin/env python3
"""Holds a trained model to PyTorch: same logits on the very stack that vidclass saw.

    vidclass frames movie.mp4 -m model.safetensors -o stack.safetensors
    .venv/bin/python check-model.py model.safetensors stack.safetensors
"""
import sys

import torch
from safetensors.torch import load_file

from vidclass_torch import load


def main():
    model, metadata = load(sys.argv[1])
    stack = load_file(sys.argv[2])
    with torch.inference_mode():
        logits = model(stack["input"])
    error = ((logits - stack["logits"]).norm() / logits.norm()).item()
    print("PyTorch ", [round(v, 5) for v in logits[0].tolist()])
    print("vidclass", [round(v, 5) for v in stack["logits"][0].tolist()])
    print(f"relative error {error:.2e}")
    sys.exit(0 if error <= 1e-4 else 1)


if __name__ == "__main__":
    main()
