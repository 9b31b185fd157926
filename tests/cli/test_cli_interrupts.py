"""Ctrl-C: once keeps the best model, twice or early ends all, and nothing half-written stays."""

import json
import os
import signal
import subprocess
import sys

import pytest
from tiny_fits import TINY

# a runner in the background may ignore SIGINT, and its children with it
COMMAND = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from jensen.cli import main; sys.exit(main())"
)


@pytest.fixture
def started(penguins, environment):
    """Start `jensen more` with far too many steps, and wait for a line of its progress."""
    processes = []

    def start(until: str, *options: str) -> subprocess.Popen[str]:
        steps = [*TINY[2:], "--steps", "1000000", "--verbose"]
        command = [sys.executable, "-c", COMMAND, "more", "penguins.csv", "-n", "7"]
        process = subprocess.Popen(
            [*command, *steps, *options], cwd=penguins.parent, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        assert process.stderr is not None
        assert any(until in line for line in process.stderr)
        return process

    yield start
    for process in processes:
        process.kill()


def test_once_keeps_the_best_model_and_says_so(started, penguins):
    process = started("Fitting: ", "--json", "--model", "m.jensen")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    found = json.loads(out)
    what = [event["what"] for event in found["events"]]
    assert what in (["interrupted", "calibrated"], ["interrupted", "not calibrated"])
    assert found["rows"] == 7
    assert len((penguins.parent / "penguins.more.csv").read_text().splitlines()) == 8
    assert (penguins.parent / "m.jensen").exists()


def test_twice_stops_at_once_and_leaves_nothing(started, penguins):
    process = started("Fitting: ")
    process.send_signal(signal.SIGINT)
    assert any("keeping the best model so far" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "Error: stopped by Ctrl-C" in err
    assert os.listdir(penguins.parent) == ["penguins.csv"]


def test_before_the_fit_stops_at_once(started, penguins):
    process = started("Starting")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert os.listdir(penguins.parent) == ["penguins.csv"]
