"""Model files of every format there was must load, and say what they said when they were made."""

import json
from pathlib import Path

import numpy as np
import pytest

from jensen import load
from jensen.estimator.file import FORMAT
from make_golden import HERE, describe

FILES = sorted(HERE.glob("*.jensen"))


def test_there_is_a_file_of_every_format():
    assert [path.stem for path in FILES] == [f"penguins-{k}" for k in range(1, FORMAT + 1)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_old_file_says_what_it_said(path: Path):
    wanted = json.loads(path.with_suffix(".json").read_text())
    found = describe(load(path))
    assert found["types"] == wanted["types"]
    assert found["held_out"] == wanted["held_out"]
    # other processors round otherwise, in the last bits of float32
    np.testing.assert_allclose(found["scores"], wanted["scores"], rtol=0, atol=1e-3)
    assert list(found["rows"]) == list(wanted["rows"])
    for name, values in wanted["rows"].items():
        _assert_same(found["rows"][name], values)


def _assert_same(found: list, wanted: list) -> None:
    if any(isinstance(value, float) for value in wanted):
        found, wanted = ([np.nan if v is None else v for v in c] for c in (found, wanted))
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
    else:
        assert found == wanted
