"""Commands as a process, a small real table, and a model that is fitted once."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from tiny_fits import TINY, Fitted

from jensen.cli import main

PENGUINS = Path(__file__).resolve().parents[3] / "shared/data/penguins/penguins.csv.gz"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """That of the tests."""
    return dict(os.environ)


@pytest.fixture(scope="session")
def run(environment: dict[str, str]) -> Run:
    """Run `jensen` as a process and wait for its end."""

    def run(*arguments: object, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jensen", *map(str, arguments)]
        return subprocess.run(
            command, cwd=cwd, input=stdin, env=environment, capture_output=True, text=True
        )

    return run


@pytest.fixture(scope="session")
def call() -> Run:
    """As `run`, but in this process: what is imported and compiled serves all tests."""

    def call(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "12")
        with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
            code = main([*map(str, arguments)])
        told = (stream.buffer.getvalue().decode() for stream in (out, err))
        return subprocess.CompletedProcess(arguments, code, *told)

    return call


@pytest.fixture(scope="session")
def table() -> str:
    """Four columns of the penguins: one of each of words, integers, decimals and gaps."""
    text = gzip.decompress(PENGUINS.read_bytes()).decode()
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(",".join([r[0], r[2], r[5], r[6]]) for r in rows) + "\n"


@pytest.fixture
def penguins(tmp_path: Path, table: str) -> Path:
    """That table as a file."""
    path = tmp_path / "penguins.csv"
    path.write_text(table)
    return path


@pytest.fixture(scope="session")
def fitted(run: Run, table: str, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """One run of `jensen more`, as a process, keeping its model."""
    place = tmp_path_factory.mktemp("fitted")
    (place / "penguins.csv").write_text(table)
    done = run("more", "penguins.csv", "-n", 100, "--model", "penguins.jensen", "--json",
               "--seed", 3, *TINY, cwd=place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = sorted(path.name for path in place.iterdir())  # other tests will leave more
    return Fitted(place, files, json.loads(done.stdout), done.stderr)
