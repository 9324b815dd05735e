"""torchcodec's side of `.make/bench-decode`: the same frames, in two processes with one thread each.

Usage: decode-peer.py FOLDER-OR-MOVIE [every N]. Prints seconds, once through, after a warm-up.
The frames are resized by torchcodec's own in-decoder transform, which is its fastest way.
"""
import multiprocessing
import os
import sys
import time


def frames(path, every, threads):
    import torch
    from torchcodec.decoders import VideoDecoder
    from torchcodec.transforms import Resize

    torch.set_num_threads(1)
    decoder = VideoDecoder(
        path, num_ffmpeg_threads=threads, seek_mode="approximate", transforms=[Resize((112, 112))])
    count = decoder.metadata.num_frames
    wanted = (list(range(0, count, every)) if every
              else [int((i + 0.5) * count / 16) for i in range(16)])
    return decoder.get_frames_at(wanted).data.shape[0]


def job(arguments):
    return frames(*arguments)


def main():
    if "--help" in sys.argv[1:]:
        print(__doc__.strip())
        return
    place = sys.argv[1]
    every = int(sys.argv[3]) if len(sys.argv) > 3 else None
    if os.path.isdir(place):
        files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(place)
                       for name in names if name.lower().endswith((".mp4", ".mkv", ".avi", ".mov")))
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            jobs = [(path, every, 1) for path in files]
            pool.map(job, jobs[:8], chunksize=1)
            started = time.perf_counter()
            list(pool.imap_unordered(job, jobs, chunksize=1))
            print(time.perf_counter() - started)
    else:
        started = time.perf_counter()
        frames(place, every, 2)
        print(time.perf_counter() - started)


if __name__ == "__main__":
    main()
