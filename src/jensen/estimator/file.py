"""The model file: one safetensors file, arrays and JSON, nothing that could run.

The header's metadata has one entry, `jensen`: a JSON object with the format version, the
configuration, schema, history, held-out bound, library versions, and the SHA-256 of all the
arrays together with the rest of the JSON.
"""

import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PyTree
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from jensen.data import Schema
from jensen.data.codec import Codec
from jensen.errors import ModelFileError, OptionError, OutputError
from jensen.estimator.build import ModelConfig, build_model
from jensen.estimator.fitted import Fitted, HeldOut
from jensen.estimator.given import blank_guide
from jensen.estimator.terms import OBJECT, TERMS
from jensen.latent_model import trainable
from jensen.likelihoods import N_FUNCTIONS
from jensen.training import History, TrainingConfig

FORMAT = 3
MAX_HEADER = 100_000_000


def save_model(fitted: Fitted, path: str | Path, *, force: bool = True) -> None:
    """Write a model file, whole or not at all.

    Raises:
        OutputError: the place cannot be written to, or holds a file and `force` is false.
    """
    path = Path(path)
    if path.exists() and not force:
        raise OutputError(f"{path} exists already; choose another name, or say --force.")
    data = to_bytes(fitted)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as f:
            temporary = f.name
            f.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}; choose a place with room that "
            "may be written to."
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def to_bytes(fitted: Fitted) -> bytes:
    """The bytes of a model file; the same model has the same bytes."""
    arrays = _named("weights", trainable(fitted.model)[0])
    if fitted.guide is not None:
        arrays |= _named("guide", trainable(fitted.guide)[0])
    arrays |= {f"codec.{name}": value for name, value in fitted.codec.to_arrays().items()}
    arrays = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
    header: dict[str, Any] = {
        "format": FORMAT,
        "model": fitted.model_config.model_dump(mode="json"),
        "training": fitted.training_config.model_dump(mode="json"),
        "seed": fitted.seed,
        "schema": fitted.codec.schema.model_dump(mode="json"),
        "identifiers": fitted.codec.forms(),
        "history": fitted.history.to_json(),
        "held_out": fitted.held_out.model_dump(mode="json"),
        "versions": fitted.versions,
    }
    header["sha256"] = _checksum(header, arrays)
    return save_arrays(arrays, {"jensen": json.dumps(header, sort_keys=True)})


def load_model(path: str | Path, objects: Mapping[str, Any] | None = None) -> Fitted:
    """Read a model file.

    Args:
        path: of the file.
        objects: the terms that were objects when the model was fitted, by their names; the
            file holds their weights, and no code.

    Raises:
        OptionError: such an object was not given.
        ModelFileError: it is missing, truncated, altered, newer than this version, or foreign.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    header = _header(path, data)
    try:
        arrays = load_arrays(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelFileError(
            f"{path} is truncated or altered ({error}); get a whole copy."
        ) from error
    if header.pop("sha256", None) != _checksum(header, arrays):
        raise ModelFileError(f"{path} was altered after it was saved: its checksum does not fit.")
    try:
        return _assemble(header, arrays, objects or {})
    except (KeyError, TypeError, ValueError, ValidationError, AttributeError) as error:
        why = str(error).partition("\n")[0]
        raise ModelFileError(f"{path} is not a complete jensen model: {why}.") from error


def _header(path: Path, data: bytes) -> dict[str, Any]:
    """The JSON of a model file, or why it is none."""
    foreign = f"{path} is not a jensen model; `jensen fit DATA -o {path.stem}.jensen` makes one."
    size = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else MAX_HEADER
    if size > MAX_HEADER:
        raise ModelFileError(foreign)
    if len(data) < 8 + size:
        raise ModelFileError(f"{path} is truncated, or no jensen model; get a whole copy.")
    try:
        text = json.loads(data[8 : 8 + size])["__metadata__"]["jensen"]
        header = json.loads(text)
        number, maker = header["format"], header["versions"]["jensen"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(foreign) from error
    if type(number) is not int or number < 1:
        raise ModelFileError(foreign)
    if text != json.dumps(header, sort_keys=True):  # the same values, spelt in another way
        raise ModelFileError(f"{path} was altered after it was saved; get a whole copy.")
    if number > FORMAT:
        raise ModelFileError(
            f"{path} has format {number}, made by a newer jensen ({maker}); this one reads formats "
            f"up to {FORMAT}: upgrade jensen."
        )
    return header


def _assemble(
    header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], objects: Mapping[str, Any]
) -> Fitted:
    schema = Schema.model_validate(header["schema"])
    codec = Codec.from_arrays(schema, _part("codec", arrays), header["identifiers"])
    if type(header["seed"]) is not int:
        raise ValueError("its seed is no whole number")
    config = ModelConfig.model_validate(header["model"])
    check_objects(config, objects)
    if header["format"] < 3:
        arrays = {name: _widened(name, array) for name, array in arrays.items()}
    weights = _part("weights", arrays)
    if header["format"] == 1:
        weights = {_renamed(name): array for name, array in weights.items()}
    blank, rest = trainable(build_model(codec, config, jax.random.key(0), objects))
    fitted = Fitted(
        model=eqx.combine(_fill(blank, weights), rest),
        codec=codec,
        model_config=config,
        training_config=TrainingConfig.model_validate(header["training"]),
        seed=header["seed"],
        history=History.from_json(header["history"]),
        held_out=HeldOut.model_validate(header["held_out"]),
        versions=header["versions"],
    )
    trained = _part("guide", arrays)
    if not trained:
        return fitted
    blank, rest = trainable(blank_guide(fitted))
    return replace(fitted, guide=eqx.combine(_fill(blank, trained), rest))


def check_objects(config: ModelConfig, objects: Mapping[str, Any]) -> None:
    """Refuse a model whose terms were objects that are not at hand.

    Raises:
        OptionError: naming the term and how to give it.
    """
    for term in TERMS:
        name = str(getattr(config, term))
        if name.startswith(OBJECT) and objects.get(term) is None:
            kind = name.removeprefix(OBJECT)
            raise OptionError(
                f"the {term} of this model was an object of type {kind}, and a model file holds no "
                f"code: load it in Python with jensen.load(path, {term}={kind}(...))."
            )


def _renamed(name: str) -> str:
    """A name of format 1, from before q(z|x) was a network and a head, as it is now."""
    for old, new in (("embed", "network.embed"), ("trunk", "network.trunk"), ("out", "head.out")):
        if name.startswith(f"posterior.{old}."):
            return name.replace(f"posterior.{old}.", f"posterior.{new}.", 1)
    return name


def _widened(name: str, array: np.ndarray) -> np.ndarray:
    """Weights of a format before 3, which had cosines alone: what came later has none."""
    if not name.endswith(".smooth"):
        return array
    d, m, h = array.shape
    return np.concatenate([array, np.zeros((d, N_FUNCTIONS - m, h), array.dtype)], 1)


def _named(part: str, arrays: PyTree) -> dict[str, np.ndarray]:
    """Arrays by their part and the path of their field, such as `weights.likelihood.head.own`."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(arrays)
    return {f"{part}.{_name(path)}": np.asarray(leaf) for path, leaf in leaves}


def _part(part: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of one part by the rest of their names."""
    return {k.removeprefix(f"{part}."): v for k, v in arrays.items() if k.startswith(f"{part}.")}


def _name(path: tuple[Any, ...]) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _fill(blank: PyTree, arrays: Mapping[str, np.ndarray]) -> PyTree:
    """A tree of arrays, each replaced by that of the same name."""

    def fill(path: tuple[Any, ...], old: jax.Array | np.ndarray) -> jax.Array:
        new = arrays[_name(path)]
        if new.shape != old.shape:
            raise ValueError(f"{_name(path)} has shape {new.shape}, and needs {old.shape}")
        return jax.numpy.asarray(new)

    return jax.tree_util.tree_map_with_path(fill, blank)


def _checksum(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
