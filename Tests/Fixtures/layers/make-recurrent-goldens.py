#!/usr/bin/env python3
"""Goldens of recurrent, attention, normalising and channel layers, and their definition for exporters: what PyTorch
computes for each, by its own modules where it has them, else written out in its operators.

    python3 -m venv .venv && .venv/bin/pip install torch numpy safetensors
    .venv/bin/python make-recurrent-goldens.py

writes recurrent.safetensors beside this script: for each case the output [N, ...] of a pointwise
convolution `first` and the layer `r` behind it, and the gradients of all their parameters for a
given gradient at the output. Input, parameters and that gradient come from a generator that both
sides share (`values` in RecurrentTests.swift), so they are not stored. Computed in doubles.
"""
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
BATCH, STEPS, CHANNELS, INPUTS = 3, 6, 4, 6
HEIGHT, WIDTH = 3, 4


def values(count, start):
    """Numerical Recipes' 32-bit linear congruential generator, as fractions around zero."""
    state, out = start, torch.empty(count, dtype=torch.float64)
    for i in range(count):
        state = (state * 1664525 + 1013904223) % (1 << 32)
        out[i] = state / (1 << 32) - 0.5
    return out


def loop(x, hidden, step):
    """Hands each step [N, I] of [N, T, I] to a cell, with output and cell from the step before."""
    h = x.new_zeros(x.shape[0], hidden)
    c, outputs = h, []
    for t in range(x.shape[1]):
        h, c = step(x[:, t], h, c)
        outputs.append(h)
    return torch.stack(outputs, 1)


def recurrent(hidden, gates, bias=True, **extras):
    shapes = {"weight_ih": (gates * hidden, INPUTS), "weight_hh": (gates * hidden, hidden)}
    if bias:
        shapes["bias"] = (gates * hidden,)
    return shapes | extras


def peephole(hidden):
    """Gers and Schmidhuber 2000; gates i, f, g, o."""
    def run(p, x):
        def step(x, h, c):
            a = F.linear(x, p["weight_ih"], p["bias"]) + F.linear(h, p["weight_hh"])
            i, f, g, o = a.chunk(4, 1)
            i = torch.sigmoid(i + p["weight_ci"] * c)
            f = torch.sigmoid(f + p["weight_cf"] * c)
            c = f * c + i * torch.tanh(g)
            return torch.sigmoid(o + p["weight_co"] * c) * torch.tanh(c), c
        return loop(x, hidden, step)
    each = (hidden,)
    return recurrent(hidden, 4, weight_ci=each, weight_cf=each, weight_co=each), run


def coupled(hidden):
    """Greff et al. 2017, CIFG; gates f, g, o."""
    def run(p, x):
        def step(x, h, c):
            a = F.linear(x, p["weight_ih"], p["bias"]) + F.linear(h, p["weight_hh"])
            f, g, o = a.chunk(3, 1)
            f = torch.sigmoid(f)
            c = f * c + (1 - f) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(c), c
        return loop(x, hidden, step)
    return recurrent(hidden, 3), run


def normalised(hidden):
    """Ba et al. 2016; gates i, f, g, o, all four normalised together."""
    def run(p, x):
        def norm(x, name):
            return F.layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"], 1e-5)

        def step(x, h, c):
            a = norm(F.linear(x, p["weight_ih"]), "ln_ih")
            a = a + norm(F.linear(h, p["weight_hh"]), "ln_hh")
            i, f, g, o = a.chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(norm(c, "ln_cell")), c
        return loop(x, hidden, step)
    norms = {f"{name}.{kind}": (size * hidden,) for name, size in
             [("ln_ih", 4), ("ln_hh", 4), ("ln_cell", 1)] for kind in ["weight", "bias"]}
    return recurrent(hidden, 4, bias=False, **norms), run


def minimal(hidden):
    """Zhou et al. 2016; gates f, g."""
    def run(p, x):
        (fx, gx), (fh, gh), (fb, gb) = (
            p[name].chunk(2) for name in ["weight_ih", "weight_hh", "bias"])

        def step(x, h, c):
            f = torch.sigmoid(F.linear(x, fx, fb) + F.linear(h, fh))
            g = torch.tanh(F.linear(x, gx, gb) + F.linear(f * h, gh))
            return (1 - f) * h + f * g, c
        return loop(x, hidden, step)
    return recurrent(hidden, 2), run


def additive(width):
    """Bahdanau et al. 2015 over time, one query."""
    def run(p, x):
        score = F.linear(torch.tanh(F.linear(x, p["proj.weight"], p["proj.bias"])), p["v.weight"])
        return (torch.softmax(score, 1) * x).sum(1)
    return {"proj.weight": (width, INPUTS), "proj.bias": (width,), "v.weight": (1, width)}, run


def sinusoidal():
    """Vaswani et al. 2017."""
    def run(p, x):
        table = torch.tensor(
            [[(math.cos if i % 2 else math.sin)(t / 10000 ** (i // 2 * 2 / INPUTS))
              for i in range(INPUTS)] for t in range(STEPS)], dtype=torch.float64)
        return x + table
    return {}, run


def maps(filters, kernel, every):
    """Shi et al. 2015 without peepholes; gates i, f, g, o; volumes [N, C, T, H, W]."""
    def run(p, x):
        h = x.new_zeros(x.shape[0], filters, *x.shape[3:])
        c, outputs = h, []
        for t in range(x.shape[2]):
            a = F.conv2d(x[:, :, t], p["weight_ih"], p["bias"], padding=kernel // 2)
            a = a + F.conv2d(h, p["weight_hh"], padding=kernel // 2)
            i, f, g, o = a.chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs if every else outputs[-1:], 2)
    return {
        "weight_ih": (4 * filters, INPUTS, kernel, kernel),
        "weight_hh": (4 * filters, filters, kernel, kernel), "bias": (4 * filters,)}, run


def channels(run):
    """Some of the channels, or all in another order; they stand behind the clips of volumes and
    behind the steps of sequences."""
    return {}, lambda p, x: run(x, 1 if x.dim() == 5 else 2)


def shuffle(groups):
    """Zhang et al. 2018."""
    return channels(lambda x, axis: x.unflatten(axis, (groups, -1)).transpose(
        axis, axis + 1).flatten(axis, axis + 1))


def norm(run):
    return {"weight": (INPUTS,), "bias": (INPUTS,)}, run


def module(made, call):
    """A module of PyTorch's."""
    made = made.double()

    def run(p, x):
        return torch.func.functional_call(made, p, (x,) if call == "sequence" else (x, x, x))[0]
    return {name: tuple(q.shape) for name, q in made.named_parameters()}, run


def torch_recurrent(kind, hidden, **options):
    return module(kind(INPUTS, hidden, batch_first=True, **options), "sequence")


CASES = {
    "lstm": torch_recurrent(torch.nn.LSTM, 5),
    "lstm stacked": torch_recurrent(torch.nn.LSTM, 11, num_layers=3),
    "lstm both ways": torch_recurrent(torch.nn.LSTM, 3, num_layers=2, bidirectional=True),
    "gru": torch_recurrent(torch.nn.GRU, 19),
    "gru both ways": torch_recurrent(torch.nn.GRU, 3, num_layers=2, bidirectional=True),
    "peephole": peephole(11), "coupled": coupled(13), "minimal": minimal(19),
    "normalised": normalised(11), "normalised, two units": normalised(2),
    "self-attention": module(
        torch.nn.MultiheadAttention(INPUTS, 3, batch_first=True), "attention"),
    "additive": additive(5), "sinusoidal": sinusoidal(),
    "maps": maps(11, 3, True), "last map": maps(2, 5, False),
    "slice of maps": channels(lambda x, axis: x.narrow(axis, 1, 3)),
    "shuffle of maps": shuffle(3),
    "slice": channels(lambda x, axis: x.narrow(axis, 2, INPUTS - 2)),
    "shuffle": shuffle(2),
    "layer norm": norm(lambda p, x: F.layer_norm(x, x.shape[-1:], p["weight"], p["bias"], 0.02)),
    "group norm of maps": norm(lambda p, x: F.group_norm(x, 2, p["weight"], p["bias"], 0.02)),
}


def main():
    golden = {}
    for number, (case, (shapes, run)) in enumerate(CASES.items()):
        start = 10_000 * (number + 1)
        is_volume = "map" in case
        height, width = (HEIGHT, WIDTH) if is_volume else (1, 1)
        x = values(BATCH * STEPS * height * width * CHANNELS, start) * 2
        x = x.reshape(BATCH, STEPS, height, width, CHANNELS)
        shapes = {"first.weight": (INPUTS, CHANNELS), "first.bias": (INPUTS,)} | {
            f"r.{name}": shape for name, shape in shapes.items()}
        parameters = {}
        for index, (name, shape) in enumerate(shapes.items()):
            drawn = values(math.prod(shape), start + 1 + index).reshape(shape) * 1.2
            if ".ln_" in name and name.endswith("weight"):
                drawn = drawn + 1
            parameters[name] = drawn.requires_grad_()
        y = F.linear(x, parameters["first.weight"], parameters["first.bias"])
        y = y.permute(0, 4, 1, 2, 3) if is_volume else y[:, :, 0, 0]
        own = {name[2:]: p for name, p in parameters.items() if name.startswith("r.")}
        output = run(own, y).reshape(BATCH, -1)
        direction = values(output.numel(), start + 99).reshape(output.shape)
        (output * direction).sum().backward()
        golden[f"{case}/output"] = output.detach()
        for name, parameter in parameters.items():
            golden[f"{case}/{name}"] = parameter.grad
    save_file(
        {name: value.float().contiguous() for name, value in golden.items()},
        HERE / "recurrent.safetensors")


if __name__ == "__main__":
    main()
