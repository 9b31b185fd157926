"""VAE as users of scikit-learn and of frames know such things; and its errors, one by one."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone

import jensen
from jensen import VAE, Schema, more
from jensen.data import Table
from jensen.errors import InputError, JensenError, OptionError, SchemaError, TableError
from small_fits import SMALL, fitted, mixed


def test_the_public_names():
    assert set(jensen.__all__) == {"VAE", "Schema", "check", "load", "more"}
    assert set(dir(jensen)) == {*jensen.__all__, "__version__"}
    assert all(getattr(jensen, name) is not None for name in jensen.__all__)
    with pytest.raises(AttributeError, match="no attribute 'vae'"):
        _ = jensen.vae


METHODS = {
    "complete": ["conditions", "k", "seed", "report"],
    "condition": ["given", "report"],
    "fit": ["X", "y"],
    "fit_transform": ["X", "y"],
    "gap": ["X", "seed", "report", "sizes"],
    "get_params": ["deep"],
    "inverse_transform": ["Z", "seed"],
    "impute": ["X", "n", "point", "seed", "report"],
    "sample": ["n", "seed", "given"],
    "sample_given_table": ["conditions", "k", "seed", "report"],
    "sample_table": ["start", "stop", "seed", "given", "report"],
    "save": ["path", "force"],
    "score": ["X", "y"],
    "score_bound": ["X", "bound", "k", "seed"],
    "score_cells": ["X", "n", "seed", "report"],
    "score_given": ["X", "given", "bound"],
    "score_samples": ["X", "bound", "k", "refine"],
    "score_terms": ["X", "n_samples", "refine", "seed"],
    "set_params": ["params"],
    "train_guide": [],
    "transform": ["X"],
}
LEARNED = {"schema_", "held_out_", "history_", "n_features_in_", "feature_names_in_"}


def test_the_names_of_the_estimator():
    members = {n: getattr(VAE, n) for n in dir(VAE)}
    public = {n: m for n, m in members.items() if not n.startswith("_")}
    assert {n for n, m in public.items() if isinstance(m, property)} == LEARNED
    found = {n: list(inspect.signature(m).parameters)[1:] for n, m in public.items() if callable(m)}
    assert found == METHODS
    assert list(inspect.signature(more).parameters) == ["X", "n", "report", "parameters"]


def test_parameters_are_those_of_scikit_learn():
    vae = VAE(latent_dim=3, seed=5)
    assert vae.get_params()["latent_dim"] == 3
    assert list(vae.get_params()) == list(inspect.signature(VAE).parameters)
    copy = clone(vae)
    assert copy is not vae
    assert copy.get_params() == vae.get_params()
    assert vae.set_params(latent_dim=4, steps=7) is vae
    assert (vae.latent_dim, vae.steps) == (4, 7)


def test_a_clone_of_a_fitted_vae_is_not_fitted(vae: VAE):
    with pytest.raises(OptionError, match="must be fitted first"):
        clone(vae).sample(1)


def test_an_unknown_parameter_is_named():
    with pytest.raises(OptionError, match="'latent_dims'"):
        VAE().set_params(latent_dims=3)
    with pytest.raises(TypeError, match="latent_dims"):
        VAE(latent_dims=3)  # pyright: ignore[reportCallIssue]


def test_what_was_learned(vae: VAE):
    assert vae.n_features_in_ == 8
    assert list(vae.feature_names_in_) == mixed().columns
    assert isinstance(vae.schema_, Schema)
    assert vae.held_out_.n_rows == 30
    assert vae.held_out_.n_train == 270
    assert len(vae.held_out_.kl_per_dimension) == 2
    held = vae.held_out_
    assert held.bound == pytest.approx(held.reconstruction - held.kl, abs=1e-3)
    assert held.kl == pytest.approx(sum(held.kl_per_dimension), rel=1e-3)
    assert vae.history_.checks[0].step == 0
    assert vae.history_.checks[-1].step == 50


def test_a_row_scores_a_bound_and_a_latent_vector(vae: VAE):
    scores = vae.score_samples(mixed())
    assert scores.shape == (300,)
    assert scores.dtype == np.float64
    assert vae.score(mixed()) == pytest.approx(scores.mean())
    z = vae.transform(mixed())
    assert z.shape == (300, 2)
    back = vae.inverse_transform(z)
    assert back.columns == mixed().columns
    assert back.height == 300
    assert vae.inverse_transform(z).equals(back)
    assert not vae.inverse_transform(z, seed=7).equals(back)


def arrays() -> np.ndarray:
    return mixed().select("real", "cents", "atom").to_numpy()


def as_pandas() -> pd.DataFrame:
    return mixed().to_pandas().astype({"kind": "category"}).set_axis(range(300))


FRAMES: dict[str, tuple[Callable[[], Any], type]] = {
    "polars": (mixed, pl.DataFrame),
    "pandas": (as_pandas, pd.DataFrame),
    "pyarrow": (lambda: mixed().to_arrow(), pa.Table),
    "numpy": (arrays, np.ndarray),
    "numpy, single": (lambda: arrays().astype(np.float32), np.ndarray),
}


@pytest.mark.parametrize("name", FRAMES)
def test_the_same_type_comes_out_as_went_in(name: str):
    make, kind = FRAMES[name]
    frame = make()
    vae = fitted(frame, likelihood="independent")
    out = vae.sample(12)
    assert type(out) is kind
    if isinstance(frame, np.ndarray):
        assert out.dtype == frame.dtype
        assert out.shape == (12, 3)
    elif isinstance(frame, pd.DataFrame):
        assert list(out.columns) == list(frame.columns)
        assert list(out.dtypes) == list(frame.dtypes)
    elif isinstance(frame, pl.DataFrame):
        assert out.schema == frame.schema
    else:
        assert out.schema.equals(frame.schema)
    assert np.isfinite(vae.score_samples(out)).all()


def test_more_is_fit_and_sample(vae: VAE):
    assert more(mixed(), 5, **SMALL).equals(vae.sample(5))


def test_values_keep_their_grids_and_their_bounds(vae: VAE):
    rows, data = vae.sample(2_000), mixed()
    assert rows.schema == data.schema
    assert (rows["cents"] == rows["cents"].round(2)).all()
    assert set(rows["kind"]) <= set(data["kind"])
    assert (rows["atom"] == 0.0).mean() == pytest.approx(0.3, abs=0.15)
    assert rows["day"].null_count() > 0
    assert not set(rows["key"]) & set(data["key"])
    for name in ("real", "atom", "cents", "large", "day"):
        low, high = data[name].min(), data[name].max()
        assert rows[name].is_between(low, high).filter(rows[name].is_not_null()).all(), name


def test_columns_can_be_decided_and_dropped():
    frame = mixed().select("kind", "yes", "large")
    vae = fitted(
        frame,
        ordinal={"kind": ["lower", "low", "high"]},
        columns={"yes": "categorical"},
        drop=["large"],
    )
    kinds = {c.name: c.kind for c in vae.schema_.columns}
    assert kinds == {"kind": "ordinal", "yes": "categorical"}
    assert vae.sample(3).columns == ["kind", "yes"]


def texts() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    words = [rng.choice(["we", "saw", "many", "grey", "seals"], 4 + k % 5) for k in range(60)]
    return pl.DataFrame({"t": [" ".join(w) for w in words]})


BAD: dict[str, tuple[Callable[[VAE], Any], type[JensenError], str]] = {
    "no latent dimension": (lambda _: fitted(latent_dim=0), OptionError, "latent_dim.*0"),
    "an unknown likelihood": (
        lambda _: fitted(likelihood="magic"),
        OptionError,
        "likelihood.*independent.*magic",
    ),
    "an unknown prior": (lambda _: fitted(prior="vemp"), OptionError, "prior.*normal.*vemp"),
    "no steps": (lambda _: fitted(steps=0), OptionError, "steps.*0"),
    "no time": (lambda _: fitted(minutes=0.0), OptionError, "minutes.*0"),
    "too large a rate": (lambda _: fitted(learning_rate=3.0), OptionError, "learning_rate.*3"),
    "a share of a warm-up": (lambda _: fitted(kl_warm_up=1.5), OptionError, "kl_warm_up.*1.5"),
    "a negative seed": (lambda _: fitted(seed=-1), OptionError, "seed.*-1"),
    "a seed too large": (lambda _: fitted(seed=2**32), OptionError, "seed.*4294967296"),
    "a seed in words": (lambda _: fitted(seed="one"), OptionError, "seed.*'one'"),
    "not fitted": (lambda _: VAE().sample(1), OptionError, "fit"),
    "no rows": (lambda v: v.sample(0), OptionError, "at least 1|from 1.*0"),
    "half a row": (lambda v: v.sample(2.5), OptionError, "2.5"),
    "another negative seed": (lambda v: v.sample(2, seed=-3), OptionError, "seed.*-3"),
    "no draws": (lambda v: v.score_terms(mixed(), n_samples=0), OptionError, "n_samples.*0"),
    "z of another length": (
        lambda v: v.inverse_transform(np.zeros((3, 5))),
        OptionError,
        r"\(n, 2\).*\(3, 5\)",
    ),
    "z that is no number": (
        lambda v: v.inverse_transform(np.full((3, 2), np.nan)),
        OptionError,
        "finite",
    ),
    "a missing column": (lambda v: v.score(mixed().drop("cents")), TableError, "'cents'"),
    "an extra column": (
        lambda v: v.score(mixed().with_columns(new=1)),
        TableError,
        "'new'",
    ),
    "an unseen category": (
        lambda v: v.score(mixed(5).with_columns(kind=pl.lit("new"))),
        TableError,
        "'kind'.*'new'.*row 1",
    ),
    "a missing value where none was": (
        lambda v: v.score(mixed(5).with_columns(real=pl.lit(None, pl.Float64))),
        TableError,
        "'real'.*row 1",
    ),
    "an unknown kind": (
        lambda _: fitted(columns={"real": "continous"}),
        SchemaError,
        "'continous'.*'continuous'",
    ),
    "an unknown column": (lambda _: fitted(drop=["reel"]), SchemaError, "'reel'.*'real'"),
    "free text": (
        lambda _: fitted(texts()),
        SchemaError,
        "'t'.*text",
    ),
    "keys alone": (lambda _: fitted(mixed().select("key")), SchemaError, "'key'"),
    "no such file": (lambda _: fitted("/no/such/file.csv"), TableError, "/no/such/file.csv"),
    "nothing to fit": (lambda _: fitted(pl.DataFrame({"a": []})), TableError, "no rows|none"),
    "something else": (lambda _: fitted(object()), TableError, "object"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_answered_with_a_sentence(name: str, vae: VAE):
    action, kind, match = BAD[name]
    with pytest.raises(kind, match=match) as caught:
        action(vae)
    message = str(caught.value)
    assert isinstance(caught.value, InputError)
    assert "\n" not in message
    assert message.endswith((".", "?"))


def test_a_path_and_a_table_can_be_fitted(tmp_path: Path, vae: VAE):
    table = vae.sample_table(0, 5)
    assert isinstance(table, Table)
    np.testing.assert_array_equal(vae.score_samples(table), vae.score_samples(table.frame))
