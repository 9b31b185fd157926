"""Environments of their own for the programs that jensen is measured beside.

    python -m benchmarks.environments sdv arf    # make or renew these; prints their Python

What ``environments/NAME.txt`` pins is installed into ``build/environments/NAME``, once; a change of
the file makes it anew. None of it is among jensen's own needs.
"""

import subprocess
import sys
from pathlib import Path

PINS = Path(__file__).parent / "environments"
FOLDER = Path(__file__).parent.parent / "build" / "environments"


def names() -> list[str]:
    """All that can be made."""
    return sorted(file.stem for file in PINS.glob("*.txt"))


def is_made(name: str) -> bool:
    """Whether this environment is at hand as its file asks for it."""
    made = FOLDER / name / "made.txt"
    return made.exists() and made.read_text() == (PINS / f"{name}.txt").read_text()


def python(name: str) -> Path:
    """The interpreter of this environment, which is made where it is missing or out of date.

    Raises:
        subprocess.CalledProcessError: a package cannot be installed; pip has said why.
    """
    folder = FOLDER / name
    interpreter = folder / "bin" / "python"
    if not is_made(name):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(interpreter), "-m", "pip", "install", "--quiet"]
        install += ["--disable-pip-version-check", "-r", str(PINS / f"{name}.txt")]
        subprocess.run(install, check=True)
        (folder / "made.txt").write_text((PINS / f"{name}.txt").read_text())
    return interpreter


def main() -> None:
    """Make those named, or all."""
    for name in sys.argv[1:] or names():
        print(name, python(name), flush=True)


if __name__ == "__main__":
    main()
