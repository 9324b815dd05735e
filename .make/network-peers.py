#!/usr/bin/env python3
"""The peers' side of vidclass's speed comparisons. Used by bench-network."""
import argparse
import json
import os
import resource
import statistics
import sys
import time

TUNED = {  # glibc: keep freed memory, so that each step does not fault its pages in again
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}
POOLS = [(1, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2)]
WIDTHS = [32, 64, 128, 256]


def measure(step, rounds):
    step()
    step()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return seconds


def torch_network(workload):
    import torch
    from torch import nn

    class Std(nn.Module):
        def __init__(self):
            super().__init__()
            channels = [3] + WIDTHS
            self.convs = nn.ModuleList(
                nn.Conv3d(i, o, 3, padding=1) for i, o in zip(channels, channels[1:]))
            self.lstm = nn.LSTM(256, 256, batch_first=True)
            self.fc = nn.Linear(256, 6)

        def forward(self, x):
            for conv, pool in zip(self.convs, POOLS):
                x = torch.max_pool3d(torch.relu(conv(x)), pool)
            y, _ = self.lstm(x.mean((3, 4)).transpose(1, 2))
            return self.fc(y[:, -1])

    class Seed(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv3d(3, 32, 3, padding=1)
            self.lstm = nn.LSTM(32 * 56 * 56, 128, batch_first=True)
            self.fc = nn.Linear(128, 6)

        def forward(self, x):
            x = torch.max_pool3d(torch.relu(self.conv(x)), 2)
            y, _ = self.lstm(x.permute(0, 2, 1, 3, 4).flatten(2))
            return self.fc(y[:, -1])

    class FrameLSTM(nn.Module):
        """A picture network on every frame, its pooled features through an LSTM."""

        def __init__(self):
            super().__init__()
            from torchvision.models import mobilenet_v2
            self.trunk = mobilenet_v2().features
            self.lstm = nn.LSTM(1280, 256, batch_first=True)
            self.fc = nn.Linear(256, 6)

        def forward(self, x):
            n, c, d, h, w = x.shape
            frames = x.transpose(1, 2).reshape(n * d, c, h, w).contiguous(memory_format=torch.channels_last)
            y, _ = self.lstm(self.trunk(frames).mean((2, 3)).view(n, d, -1))
            return self.fc(y[:, -1])

    torch.manual_seed(0)
    if workload == "mbv2lstm":
        return FrameLSTM()
    if workload in ("r3d_18", "r2plus1d_18"):
        from torchvision.models import video
        return getattr(video, workload)(num_classes=6)
    return Std() if workload == "std" else Seed()


def channels_last(net):
    """Weights in the layout that the peers' CPU kernels run fastest in."""
    import torch
    from torch import nn
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Conv3d)):
            module.to(memory_format=torch.channels_last if isinstance(module, nn.Conv2d)
                      else torch.channels_last_3d)
    return net


def torch_step(args):
    import torch
    from torch import nn
    torch.set_num_threads(args.threads)
    net = channels_last(torch_network(args.workload))
    x = torch.randn(args.batch, 3, 16, 112, 112).to(memory_format=torch.channels_last_3d)
    y = torch.randint(0, 6, (args.batch,))
    low = torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16")
    if args.task == "infer":
        net.eval()

        def step():
            with torch.inference_mode(), low:
                net(x)
    else:
        optimizer = torch.optim.Adam(net.parameters(), 1e-3, fused=True)

        def step():
            optimizer.zero_grad()
            with low:
                loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
    return step


def exported(args):
    import tempfile
    import torch
    net = torch_network(args.workload).eval()
    x = torch.randn(args.batch, 3, 16, 112, 112)
    path = os.path.join(tempfile.mkdtemp(), "net.onnx")
    torch.onnx.export(net, (x,), path, opset_version=17, dynamo=False)
    return path, x.numpy()


def onnxruntime_step(args):
    import onnxruntime as ort
    path, x = exported(args)
    options = ort.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: x})


def openvino_step(args):
    import openvino as ov
    path, x = exported(args)
    core = ov.Core()
    hint = "bf16" if args.precision == "bf16" else "f32"
    net = core.compile_model(core.read_model(path), "CPU", {
        "INFERENCE_NUM_THREADS": args.threads, "INFERENCE_PRECISION_HINT": hint})
    return lambda: net([x])


def keras_step(args):
    if args.workload not in ("std", "seed"):
        sys.exit("the Keras side has std and seed only")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf
    from tensorflow import keras
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    if args.precision == "bf16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    layers = keras.layers
    inputs = keras.Input((16, 112, 112, 3))
    x = inputs
    if args.workload == "std":
        for width, pool in zip(WIDTHS, POOLS):
            x = layers.Conv3D(width, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling3D(pool)(x)
        x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(x)
        x = layers.LSTM(256)(x)
    else:
        x = layers.Conv3D(32, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling3D(2)(x)
        x = layers.TimeDistributed(layers.Flatten())(x)
        x = layers.LSTM(128)(x)
    net = keras.Model(inputs, layers.Dense(6)(x))
    data = np.random.randn(args.batch, 16, 112, 112, 3).astype("float32")
    if args.task == "infer":
        run = tf.function(lambda batch: net(batch, training=False))
        batch = tf.constant(data)
        return lambda: run(batch).numpy()
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.random.randint(0, 6, args.batch)
    return lambda: net.train_on_batch(data, labels)


def label_folder(args):
    """Movies on disk to scores: decode 16 frames each, resize, batches of 8 through the network."""
    import torch
    import torch.nn.functional as F
    from torchcodec.decoders import VideoDecoder
    torch.set_num_threads(args.threads)
    net = channels_last(torch_network(args.workload).eval())
    files = sorted(os.path.join(d, f) for d, _, fs in os.walk(args.folder) for f in fs
                   if f.lower().endswith((".mp4", ".avi", ".mkv", ".mov", ".mpg", ".webm")))

    def frames(path):
        decoder = VideoDecoder(path, num_ffmpeg_threads=args.threads, seek_mode="approximate")
        count = decoder.metadata.num_frames
        picked = decoder.get_frames_at([int((i + 0.5) * count / 16) for i in range(16)]).data
        small = F.interpolate(picked.float(), (112, 112), mode="bilinear", antialias=True) / 255
        return small.transpose(0, 1)

    def step():
        stack = []
        for path in files:
            try:
                stack.append(frames(path))
            except Exception as error:  # a peer pipeline has to survive bad files too
                print(f"{path}: {error}", file=sys.stderr)
            if len(stack) == 8 or (stack and path == files[-1]):
                with torch.inference_mode():
                    net(torch.stack(stack).to(memory_format=torch.channels_last_3d))
                stack = []
    return step, len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", choices=["torch", "keras", "onnxruntime", "openvino"], default="torch")
    parser.add_argument("--task", choices=["infer", "train", "label"], default="infer")
    parser.add_argument("--workload", choices=["std", "seed", "r3d_18", "r2plus1d_18", "mbv2lstm"], default="std")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="movies, for --task label")
    parser.add_argument("--untuned", action="store_true", help="the allocator as installed")
    args = parser.parse_args()
    if not args.untuned and not all(os.environ.get(k) == v for k, v in TUNED.items()):
        os.execve(sys.executable, [sys.executable] + sys.argv, {**os.environ, **TUNED})
    if args.task == "label":
        step, clips = label_folder(args)
    else:
        step = globals()[args.peer + "_step"](args)
        clips = args.batch
    seconds = measure(step, args.rounds)
    median = statistics.median(seconds)
    print(json.dumps({
        "peer": args.peer, "task": args.task, "workload": args.workload, "precision": args.precision,
        "batch": args.batch, "threads": args.threads, "tuned": not args.untuned,
        "seconds": {"median": median, "min": min(seconds), "max": max(seconds)},
        "clips_per_second": clips / median,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
