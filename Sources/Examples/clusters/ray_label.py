"""Labels the movies of a list with tasks of Ray.

    python ray_label.py all-movies.txt model.safetensors out.jsonl 100
    vidclass merge out.jsonl -o labels.jsonl --expect all-movies.txt
"""
import pathlib
import subprocess
import sys

import ray

movies, model, output, tasks = sys.argv[1:5]
script = pathlib.Path(__file__).with_name("label-lines.sh").resolve()


# A task whose machine is lost, or that fails, is done again.
@ray.remote(num_cpus=1, max_retries=3, retry_exceptions=True)
def label(paths):
    run = subprocess.run(["sh", script, model], input=b"\n".join(paths), stdout=subprocess.PIPE, check=True)
    return run.stdout


ray.init(ignore_reinit_error=True)
paths = pathlib.Path(movies).read_bytes().splitlines()
waiting = [label.remote(paths[i::int(tasks)]) for i in range(int(tasks))]
with open(output, "wb") as file:
    while waiting:
        done, waiting = ray.wait(waiting)
        file.write(ray.get(done[0]))
