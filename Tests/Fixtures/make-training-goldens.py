#!/usr/bin/env python3
"""Writes training-goldens.json: losses, optimisers and schedules as PyTorch computes them.

Needs torch. Run in this folder: python3 make-training-goldens.py
"""
import json
import pathlib

import torch

torch.manual_seed(20240517)
torch.set_num_threads(1)


def numbers(tensor):
    # Nine significant digits give every float32 back exactly.
    return [float(f"{value:.9g}") for value in tensor.detach().double().flatten().tolist()]


def loss_case(name, count, classes, smoothing=0.0, weighted=False, mixed=False):
    logits = (torch.randn(count, classes) * 3).requires_grad_()
    labels = torch.randint(0, classes, (count,))
    weights = torch.rand(classes) * 2 + 0.1 if weighted else None
    case = {"name": name, "classes": classes, "smoothing": smoothing, "logits": numbers(logits),
            "labels": labels.tolist(), "weights": numbers(weights) if weighted else None}
    target = labels
    if mixed:
        second = torch.randint(0, classes, (count,))
        share = torch.rand(count)
        one_hot = torch.nn.functional.one_hot
        target = (share[:, None] * one_hot(labels, classes)
                  + (1 - share[:, None]) * one_hot(second, classes))
        case["second"] = second.tolist()
        case["share"] = numbers(share)
    loss = torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing)(logits, target)
    loss.backward()
    case["loss"] = float(loss)
    case["gradient"] = numbers(logits.grad)
    return case


def optimizer_case(name, make, settings, steps=10, count=19, decaying=13):
    """The first `decaying` values decay, as weights do; the rest do not, as biases."""
    start = torch.randn(count)
    weights = torch.nn.Parameter(start[:decaying].clone())
    biases = torch.nn.Parameter(start[decaying:].clone())
    decay = settings.pop("weight_decay")
    optimizer = make([{"params": [weights], "weight_decay": decay},
                      {"params": [biases], "weight_decay": 0.0}], **settings)
    gradients, trajectory = [], []
    for _ in range(steps):
        gradient = torch.randn(count) * 0.3
        weights.grad = gradient[:decaying].clone()
        biases.grad = gradient[decaying:].clone()
        optimizer.step()
        gradients.append(numbers(gradient))
        trajectory.append(numbers(torch.cat([weights, biases])))
    settings = {key: list(value) if isinstance(value, tuple) else value
                for key, value in settings.items()}
    return {"name": name, "settings": dict(settings, weightDecay=decay), "start": numbers(start),
            "decaying": decaying, "gradients": gradients, "trajectory": trajectory}


def schedule_case(course, peak, warmup, total):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=peak)
    rates = torch.optim.lr_scheduler
    if course == "cosine":
        main = rates.CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=peak * 0.01)
    elif course == "constant":
        main = rates.ConstantLR(optimizer, factor=1.0, total_iters=0)
    else:
        main = rates.MultiStepLR(
            optimizer, milestones=[total // 2 - warmup, total * 3 // 4 - warmup], gamma=0.1)
    schedule = main
    if warmup:
        climb = rates.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        schedule = rates.SequentialLR(optimizer, [climb, main], milestones=[warmup])
    values = []
    for _ in range(total):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"course": course, "peak": peak, "warmup": warmup, "total": total, "rates": values}


def clipping_case(scale, limit, count=37):
    parameter = torch.nn.Parameter(torch.zeros(count))
    gradient = torch.randn(count) * scale
    parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_([parameter], limit)
    return {"limit": limit, "gradient": numbers(gradient), "norm": float(norm),
            "clipped": numbers(parameter.grad)}


goldens = {
    "losses": [
        loss_case("plain", 5, 3),
        loss_case("two classes", 4, 2),
        loss_case("smoothed", 7, 4, smoothing=0.1),
        loss_case("weighted", 6, 5, weighted=True),
        loss_case("smoothed and weighted", 6, 5, smoothing=0.2, weighted=True),
        loss_case("mixed", 5, 4, mixed=True),
        loss_case("mixed, smoothed and weighted", 5, 4, 0.1, weighted=True, mixed=True),
    ],
    "adamw": [
        optimizer_case("defaults", torch.optim.AdamW, {"lr": 1e-3, "weight_decay": 0.01}),
        optimizer_case("large", torch.optim.AdamW,
                       {"lr": 2e-2, "betas": (0.85, 0.99), "eps": 1e-6, "weight_decay": 0.1}),
    ],
    "sgd": [
        optimizer_case("plain", torch.optim.SGD, {"lr": 0.1, "momentum": 0.0, "weight_decay": 0.0}),
        optimizer_case("momentum", torch.optim.SGD,
                       {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.05}),
        optimizer_case("nesterov", torch.optim.SGD,
                       {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.02}),
    ],
    "schedules": [
        schedule_case("cosine", 2e-3, 5, 40),
        schedule_case("cosine", 0.1, 0, 12),
        schedule_case("constant", 0.01, 4, 16),
        schedule_case("step", 0.1, 3, 20),
    ],
    "clipping": [clipping_case(2.0, 1.0), clipping_case(0.01, 1.0)],
}

path = pathlib.Path(__file__).with_name("training-goldens.json")
path.write_text(json.dumps(goldens, separators=(",", ":")) + "\n")
print(f"wrote {path.name}, {path.stat().st_size} bytes")
