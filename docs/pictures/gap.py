"""Draw docs/pictures/gap.svg: the model of docs/gap.md, and its gap with the default sizes.

python -m docs.pictures.gap    # some minutes
"""

import contextlib
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from jensen.cli import main

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
MODEL, DATA = "penguins.jensen", "examples/penguins.csv"
FIT = f"fit {DATA} -o {MODEL} --steps 50 --width 32 --likelihood independent --quiet"

if __name__ == "__main__":
    with TemporaryDirectory() as place, contextlib.chdir(place):
        shutil.copytree(EXAMPLES, "examples")
        picture = str(HERE / "gap.svg")
        for arguments in (FIT.split(), ["gap", MODEL, DATA, "-o", picture, "--force"]):
            if code := main(arguments):
                raise SystemExit(code)
