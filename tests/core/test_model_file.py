"""A model file is whole, ours and of this version, or a sentence says what it is."""

import json
import struct
from pathlib import Path
from typing import Any

import jax
import numpy as np
import polars as pl
import pytest
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save

from jensen import VAE, load
from jensen.errors import ModelFileError, OutputError
from jensen.estimator import file


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize("share", [0.0, 1e-5, 0.001, 0.1, 0.5, 0.9, 0.999999])
def test_a_truncated_file(share: float, saved: Path, tmp_path: Path):
    data = saved.read_bytes()
    message = refused(tmp_path / "m.jensen", data[: int(share * len(data))])
    assert "truncated" in message or "not a jensen model" in message


@pytest.mark.parametrize("length", range(12))
def test_the_first_bytes_of_a_file(length: int, saved: Path, tmp_path: Path):
    refused(tmp_path / "m.jensen", saved.read_bytes()[:length])


def test_a_file_with_more_at_its_end(saved: Path, tmp_path: Path):
    refused(tmp_path / "m.jensen", saved.read_bytes() + b"more")


def test_any_altered_byte(saved: Path, tmp_path: Path):
    data = saved.read_bytes()
    header = struct.unpack("<Q", data[:8])[0]
    places = np.random.default_rng(0).integers(8, 8 + header, 150)
    arrays = np.random.default_rng(1).integers(8 + header, len(data), 30)
    for at in [*range(8), *places, *arrays]:
        for change in (1, 0x20):
            altered = bytearray(data)
            altered[at] ^= change
            refused(tmp_path / "m.jensen", bytes(altered))


def with_header(data: bytes, **changes: object) -> bytes:
    """The file with fields of our JSON replaced, in a sound safetensors file."""
    size = struct.unpack("<Q", data[:8])[0]
    outer = json.loads(data[8 : 8 + size])
    ours = json.loads(outer["__metadata__"]["jensen"]) | changes
    outer["__metadata__"]["jensen"] = json.dumps(ours, sort_keys=True)
    text = json.dumps(outer).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


def test_an_altered_header(saved: Path, tmp_path: Path):
    message = refused(tmp_path / "m.jensen", with_header(saved.read_bytes(), seed=7))
    assert "altered" in message


@pytest.mark.parametrize("number", [file.FORMAT + 1, 99])
def test_a_newer_format(number: int, saved: Path, tmp_path: Path):
    newer = with_header(saved.read_bytes(), format=number, versions={"jensen": "9.9"})
    message = refused(tmp_path / "m.jensen", newer)
    assert f"format {number}" in message
    assert "9.9" in message
    assert "upgrade" in message


@pytest.mark.parametrize("number", [0, -1, "one", None, [1], 1.5, True])
def test_a_format_that_never_was(number: object, saved: Path, tmp_path: Path):
    message = refused(tmp_path / "m.jensen", with_header(saved.read_bytes(), format=number))
    assert "newer" not in message


def opened(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header of a file, without its checksum, and its arrays."""
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["jensen"])
    del header["sha256"]
    return header, load_arrays(data)


def sealed(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """A file of these, with a checksum that fits."""
    header = header | {"sha256": file._checksum(header, arrays)}
    return save(arrays, {"jensen": json.dumps(header, sort_keys=True)})


def resealed(data: bytes, field: str, *value: object) -> bytes:
    """The file with a field replaced, or removed, and a checksum that fits."""
    header, arrays = opened(data)
    del header[field]
    if value:
        header[field] = value[0]
    return sealed(header, arrays)


def test_a_file_resealed_as_it_was_is_a_model(saved: Path, tmp_path: Path):
    (tmp_path / "m.jensen").write_bytes(resealed(saved.read_bytes(), "seed", 0))
    assert load(tmp_path / "m.jensen").sample(3).equals(load(saved).sample(3))


FIELDS = ("model", "training", "schema", "identifiers", "history", "held_out", "seed", "versions")


@pytest.mark.parametrize("field", FIELDS)
def test_a_file_that_lacks_a_field(field: str, saved: Path, tmp_path: Path):
    refused(tmp_path / "m.jensen", resealed(saved.read_bytes(), field))


@pytest.mark.parametrize("value", [None, 3.5, "text", [], [1], {}, {"unknown": 1}], ids=repr)
@pytest.mark.parametrize("field", FIELDS)
def test_a_file_whose_field_holds_something_else(
    field: str, value: object, saved: Path, tmp_path: Path
):
    if value == {} and field == "training":
        return  # all of them may be left to their defaults
    refused(tmp_path / "m.jensen", resealed(saved.read_bytes(), field, value))


FOREIGN = {
    "empty": b"",
    "a table": b"species,island\nAdelie,Torgersen\n" * 50,
    "random": np.random.default_rng(0).bytes(5_000),
    "zeros": bytes(5_000),
    "JSON": b'{"jensen": 1}',
    "gzip": b"\x1f\x8b\x08\x00" + np.random.default_rng(1).bytes(500),
    "safetensors of something else": save({"w": np.zeros(3)}, {"format": "pt"}),
    "safetensors without metadata": save({"w": np.zeros(3)}),
    "our name, not our content": save({"w": np.zeros(3)}, {"jensen": "hello"}),
    "our name, a list": save({"w": np.zeros(3)}, {"jensen": "[1, 2]"}),
    "our name, a number": save({"w": np.zeros(3)}, {"jensen": "3"}),
    "our format, nothing else": save({"w": np.zeros(3)}, {"jensen": '{"format": 1}'}),
    "deep JSON": struct.pack("<Q", 20_000) + b"[" * 20_000,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file(name: str, tmp_path: Path):
    refused(tmp_path / "m.jensen", FOREIGN[name])


def test_a_missing_file_and_a_folder(tmp_path: Path):
    for path in (tmp_path / "none.jensen", tmp_path):
        with pytest.raises(ModelFileError, match="cannot be read"):
            load(path)


def test_a_file_in_the_way(vae: VAE, tmp_path: Path):
    path = tmp_path / "m.jensen"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        vae.save(path, force=False)
    assert path.read_bytes() == b"mine"
    vae.save(path)
    load(path)
    assert [p.name for p in tmp_path.iterdir()] == ["m.jensen"]


def test_a_place_that_is_not_there(vae: VAE, tmp_path: Path):
    with pytest.raises(OutputError, match="cannot be written"):
        vae.save(tmp_path / "none" / "m.jensen")
    with pytest.raises(OutputError):
        vae.save(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> tuple[VAE, Path]:
    """A fit with codes and values whose guide was trained, and its file."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    table = pl.DataFrame({"x": x, "c": np.where(x + rng.normal(size=300) > 0, "a", "b"), "n": x**2})
    fit = VAE(steps=25, width=8, latent_dim=2, columns={"x": {"likelihood": "normal"}}).fit(table)
    path = tmp_path_factory.mktemp("guided") / "m.jensen"
    fit.save(path.with_name("plain.jensen"))
    fit.train_guide().save(path)
    return fit, path


def test_a_guide_is_kept_and_not_trained_again(
    guided: tuple[VAE, Path], monkeypatch: pytest.MonkeyPatch
):
    fit, path = guided
    plain = load(path.with_name("plain.jensen"))
    assert plain.fitted_.guide is None
    gaps = pl.DataFrame({"x": [None, 0.5], "c": ["b", None], "n": [0.1, 9.0]})
    given = "n > 3 and c = b"
    wanted = plain.sample(20, given=given), plain.impute(gaps).table.frame
    monkeypatch.setattr("jensen.estimator.given.train_guide", None)
    again = load(path)
    assert again.fitted_.guide is not None
    for one in (again, fit):
        assert one.sample(20, given=given).equals(wanted[0])
        assert one.impute(gaps).table.frame.equals(wanted[1])
        assert one.sample(20).equals(plain.sample(20))
    assert file.to_bytes(again.fitted_) == path.read_bytes()


def test_a_guide_learns_nothing_else_of_the_columns_than_the_decoder_knows(
    guided: tuple[VAE, Path],
):
    fitted = guided[0].fitted_
    assert fitted.guide is not None
    assert fitted.guide.of_values is not None
    known: Any = fitted.model.likelihood
    own, wanted = fitted.guide.of_values.values.facts, known.of_values.values.facts
    jax.tree.map(np.testing.assert_array_equal, own, wanted)


def test_a_guide_that_is_not_whole(guided: tuple[VAE, Path], tmp_path: Path):
    header, arrays = opened(guided[1].read_bytes())
    names = [name for name in arrays if name.startswith("guide.")]
    assert names
    del arrays[names[-1]]
    refused(tmp_path / "m.jensen", sealed(header, arrays))
