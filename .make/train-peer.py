#!/usr/bin/env python3
"""PyTorch's side of `vidclass train`: the same network, schedule, augmentation and clips.

    train-peer.py SPLIT.csv [--epochs N] [--threads N] [--seed N] [--gray] [--size N]

SPLIT.csv is the `split.csv` of a run folder of vidclass (`filepath,label,split,group`), run from
the folder whose clips it names; clips are folders of numbered images, or videos that torchcodec
reads. Everything is decoded once and kept in memory. Prints one JSON line: seconds of training and
of the whole, top-1, macro recall and the number of clips held out.
"""
import argparse
import csv
import json
import math
import os
import pathlib
import re
import sys
import time

TUNED = {  # glibc: keep freed memory, so that each step does not fault its pages in again
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "Tests/Fixtures/networks"))


def architecture(frames, size, channels, classes, small):
    """The presets conv3d-lstm and conv3d-lstm-small, as vidclass writes them."""
    widths, hidden = ([16, 32, 48, 96], 64) if small else ([16, 48, 96, 192], 128)
    layers = []
    for index, width in enumerate(widths):
        window = [2 if index == 1 or (small and index == 2) else 1, 2, 2]
        layers += [
            dict(type="conv3d", name=f"blocks.{index}.conv", filters=width, kernel=[3, 3, 3],
                 padding=[1, 1, 1], bias=False),
            dict(type="batchnorm", name=f"blocks.{index}.norm"), dict(type="relu"),
            dict(type="maxpool3d", window=window)]
    layers += [dict(type="spatialmean"), dict(type="lstm", name="lstm", hidden=hidden),
               dict(type="timepooling", mode="mean"), dict(type="dropout", rate=0.5),
               dict(type="dense", name="head", outputs=classes)]
    shape = dict(frames=frames, height=size, width=size, channels=channels)
    return dict(input=shape, layers=layers)


def decode(path, side, gray):
    """All frames of a clip, `[T, C, side, side]`, bytes."""
    import numpy
    import torch
    if os.path.isdir(path):
        from PIL import Image
        names = sorted(os.listdir(path), key=lambda n: [int(d) for d in re.findall(r"\d+", n)])
        frames = []
        for name in names:
            image = Image.open(os.path.join(path, name)).convert("L" if gray else "RGB")
            pixels = numpy.asarray(image.resize((side, side), Image.BILINEAR))
            frames.append(torch.from_numpy(pixels.copy()).reshape(side, side, -1).permute(2, 0, 1))
        return torch.stack(frames)
    from torchcodec.decoders import VideoDecoder
    video = VideoDecoder(path, num_ffmpeg_threads=2)
    count = min(len(video), 64)
    chosen = [int((i + 0.5) * len(video) / count) for i in range(count)]
    frames = video.get_frames_at(chosen).data.float()
    small = torch.nn.functional.interpolate(frames, (side, side), mode="bilinear", antialias=True)
    if gray:
        small = small.mean(1, keepdim=True)
    return small.round().clamp(0, 255).to(torch.uint8)


def stack(clips, frames, size, draw, flip):
    """Network input `[N, C, T, size, size]`; `draw` is a generator, or None for the middle."""
    import torch
    from torch.nn import functional as F
    batch, matrices, gains, offsets, gammas = [], [], [], [], []
    side = clips[0].shape[-1]

    def uniform(low, high):
        return low + (high - low) * torch.rand((), generator=draw).item()

    for clip in clips:
        whole = clip.shape[0]
        span = whole * (uniform(0.88, 1) if draw else 1)
        start = (whole - span) * (uniform(0, 1) if draw else 0)
        places = [start + (i + (uniform(0, 1) if draw else 0.5)) / frames * span
                  for i in range(frames)]
        batch.append(clip[[min(whole - 1, int(p)) for p in places]])
        if draw:
            window = uniform(0.92, 1) * size / side
            x = uniform(-1, 1) * (1 - window)
            y = uniform(-1, 1) * (1 - window)
            mirror = -1 if flip and uniform(0, 1) < 0.5 else 1
            gains.append(1 + uniform(-1, 1) * 0.2)
            offsets.append(uniform(-1, 1) * 0.2)
            gammas.append(math.exp(uniform(-1, 1) * 0.15))
        else:
            window = size / side
            x = y = 0.0
            mirror = 1
            gains.append(1.0)
            offsets.append(0.0)
            gammas.append(1.0)
        matrices.append([[mirror * window, 0, x], [0, window, y]])
    pixels = torch.stack(batch).float().div_(255)  # [N, T, C, side, side]
    n, t, channels = pixels.shape[:3]
    grid = F.affine_grid(torch.tensor(matrices), (n, 1, size, size), align_corners=False)
    values = F.grid_sample(pixels.flatten(1, 2), grid, padding_mode="border", align_corners=False)
    values = values.pow(torch.tensor(gammas).view(n, 1, 1, 1))
    mean = values.mean((1, 2, 3), keepdim=True)
    deviation = values.std((1, 2, 3), keepdim=True).clamp_min(1e-3)
    values = (values - mean) / deviation * torch.tensor(gains).view(n, 1, 1, 1)
    values = values + torch.tensor(offsets).view(n, 1, 1, 1)
    return values.view(n, t, channels, size, size).transpose(1, 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--gray", action="store_true")
    parser.add_argument("--no-flip", action="store_true")
    args = parser.parse_args()
    if not all(os.environ.get(key) == value for key, value in TUNED.items()):
        os.execve(sys.executable, [sys.executable] + sys.argv, {**os.environ, **TUNED})
    import torch
    from torch import nn
    from vidclass_torch import Network
    began = time.perf_counter()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    with open(args.split, newline="") as file:
        rows = list(csv.DictReader(file))
    classes = sorted({row["label"] for row in rows})
    side = args.size + (args.size + 7) // 8
    clips = [decode(row["filepath"], side, args.gray) for row in rows]
    labels = torch.tensor([classes.index(row["label"]) for row in rows])
    train = [i for i, row in enumerate(rows) if row["split"] == "train"]
    held = [i for i, row in enumerate(rows) if row["split"] != "train"]

    described = architecture(
        args.frames, args.size, 1 if args.gray else 3, len(classes), len(train) < 300)
    network = Network(described)
    for name, value in network.named_parameters():
        if name.endswith("conv.weight"):
            nn.init.uniform_(value, -1, 1)
            value.data *= math.sqrt(6 / value[0].numel())
        elif name == "lstm.bias_ih_l0":
            value.data.zero_()
            value.data[value.numel() // 4:value.numel() // 2] = 1
        elif name.endswith("bias_hh_l0") or name == "head.bias":
            value.data.zero_()
    network = network.to(memory_format=torch.channels_last_3d)
    decayed = [p for n, p in network.named_parameters() if p.dim() > 1]
    plain = [p for n, p in network.named_parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=0.05), dict(params=plain, weight_decay=0.0)], 2e-3,
        fused=True)
    steps_per_epoch = math.ceil(len(train) / args.batch)
    total = steps_per_epoch * args.epochs
    warmup = round(min(max(1, args.epochs * 0.1), args.epochs / 4) * steps_per_epoch)

    def rate(step):
        if step < warmup:
            return (step + 1) / warmup
        part = min(step - warmup, total - warmup) / max(1, total - warmup)
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * part))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    average = {k: v.clone() for k, v in network.state_dict().items()}
    keep = max(0.5, 1 - 20 / total)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    draw = torch.Generator().manual_seed(args.seed)
    started = time.perf_counter()
    step = 0
    for epoch in range(args.epochs):
        network.train()
        order = [train[i] for i in torch.randperm(len(train), generator=draw)]
        for first in range(0, len(order), args.batch):
            chosen = order[first:first + args.batch]
            x = stack([clips[i] for i in chosen], args.frames, args.size, draw, not args.no_flip)
            optimizer.zero_grad()
            loss = loss_of(
                network(x.contiguous(memory_format=torch.channels_last_3d)), labels[chosen])
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            decay = min(keep, (1 + step) / (10 + step))
            with torch.no_grad():
                for key, value in network.state_dict().items():
                    if value.is_floating_point():
                        average[key].lerp_(value, 1 - decay)
                    else:
                        average[key].copy_(value)
        print(f"epoch {epoch + 1}/{args.epochs} loss {loss.item():.3f} "
              f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    trained = time.perf_counter() - started

    network.load_state_dict(average)
    network.eval()
    hits = [[] for _ in classes]
    with torch.inference_mode():
        for first in range(0, len(held), args.batch):
            chosen = held[first:first + args.batch]
            x = stack([clips[i] for i in chosen], args.frames, args.size, None, False)
            for index, answer in zip(chosen, network(x).argmax(1).tolist()):
                hits[labels[index]].append(answer == labels[index].item())
    flat = [hit for row in hits for hit in row]
    present = [row for row in hits if row]
    print(json.dumps(dict(
        peer="torch", task="train", clips=len(train), held=len(held), epochs=args.epochs,
        train_seconds=trained, seconds=time.perf_counter() - began,
        top1=sum(flat) / max(1, len(flat)),
        macro_recall=sum(sum(row) / len(row) for row in present) / max(1, len(present)))))


if __name__ == "__main__":
    main()
