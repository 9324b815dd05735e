"""Writes hostile files of weights, models, ONNX and architectures: python3 make-hostile-weights.py FOLDER.

FOLDER/weights, models, onnx and architectures get one file for each case. A name that begins with
`harmless-` is a file that may be accepted, because nothing in it does harm; all others must be
refused. Whatever a pickle would have executed makes FOLDER/executed. The standard library is enough.
"""

import pathlib
import sys

sys.dont_write_bytecode = True

import architectures  # noqa: E402
import archives  # noqa: E402
import models  # noqa: E402
import networks  # noqa: E402
import pickles  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    marker = str(folder / "executed")
    subjects = {
        "weights": [*pickles.files(marker), *archives.files(marker)],
        "models": models.files(),
        "onnx": networks.files(),
        "architectures": architectures.files(),
    }
    for subject, files in subjects.items():
        (folder / subject).mkdir(parents=True, exist_ok=True)
        count = 0
        for name, content in files:
            path = folder / subject / name
            if path.exists():
                sys.exit(f"two cases are called {subject}/{name}")
            path.write_bytes(content)
            count += 1
        print(f"{count} files in {folder / subject}")


if __name__ == "__main__":
    main()
