"""Parametric columns through the codec, the estimator and the model file, and every refusal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import polars as pl
import pytest

import jensen
from jensen import VAE
from jensen.data import Schema, card, read_table
from jensen.data.codec import Codec, Row, Space
from jensen.errors import OptionError, SchemaError, TableError
from jensen.estimator.families import spaces, with_families
from jensen.likelihoods import FAMILIES
from laws import SIGMAS

SHORT: dict[str, Any] = {"latent_dim": 2, "width": 8, "n_blocks": 1, "steps": 25}
COLUMN_OF = {
    "normal": "real",
    "normal_shared": "real",
    "normal_fixed": "real",
    "student_t": "real",
    "laplace": "single",
    "log_normal": "positive",
    "gamma": "positive",
    "beta": "share",
    "continuous_bernoulli": "share",
    "von_mises": "angle",
    "bernoulli": "yes",
    "poisson": "count",
    "negative_binomial": "count",
    "zero_inflated_poisson": "count",
    "zero_inflated_negative_binomial": "small",
    "discretized_logistic": "whole",
    "ordinal": "count",
    "mixture": "cents",
}
"""A column that each family suits."""
JOINT = {"normal_full": ["real", "cents"], "multinomial": ["count", "small"]}


def columns(n: int = 60, seed: int = 0) -> pl.DataFrame:
    """One column for each domain."""
    rng = np.random.default_rng(seed)
    real = rng.normal(size=n)
    return pl.DataFrame(
        {
            "real": 1e6 + 5 * real,
            "single": pl.Series((real * 2).astype(np.float32)),
            "positive": np.exp(real) * 1e-4,
            "share": rng.beta(2, 3, n),
            "angle": np.round(rng.vonmises(0, 1, n) * 180 / np.pi % 360, 1),
            "yes": rng.random(n) < 0.3,
            "count": pl.Series(rng.poisson(3, n).astype(np.int16)),
            "small": rng.poisson(0.5, n),
            "whole": rng.integers(-20, 20, n),
            "cents": np.round(real, 2),
            "kind": rng.choice(["a", "b"], n),
        }
    )


def one_of_each(gaps: bool) -> tuple[pl.DataFrame, dict[str, dict[str, str]]]:
    """A column for each family; with gaps, a tenth of each is missing."""
    base, rng = columns(), np.random.default_rng(1)
    frame = pl.DataFrame([base[c].alias(family) for family, c in COLUMN_OF.items()])
    if gaps:
        missing = [pl.Series(rng.random(len(frame)) < 0.1) for _ in frame.columns]
        frame = pl.DataFrame([s.set(m, None) for s, m in zip(frame, missing, strict=True)])
    return frame.with_columns(base["kind"]), {f: {"likelihood": f} for f in COLUMN_OF}


def coded(frame: pl.DataFrame, **likelihoods: str) -> tuple[Any, Codec]:
    table = read_table(frame)
    overrides = {name: {"likelihood": family} for name, family in likelihoods.items()}
    schema = with_families(Schema.infer(table, overrides=overrides), None, "autoregressive")
    table = schema.conform(table)
    return table, Codec.fit(table, schema, spaces=spaces(schema, None))


def assert_same(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    assert found.schema == wanted.schema
    for name in wanted.columns:
        a, b = found[name], wanted[name]
        assert a.is_null().equals(b.is_null())
        if a.dtype.is_float():
            np.testing.assert_allclose(a.drop_nulls(), b.drop_nulls(), rtol=1e-6)
        else:
            assert a.equals(b, null_equal=True)


@pytest.mark.parametrize("gaps", [False, True])
def test_decode_of_encode_is_the_table(gaps: bool):
    frame, likelihoods = one_of_each(gaps)
    table, codec = coded(frame, **{k: v["likelihood"] for k, v in likelihoods.items()})
    x, log_det = codec.encode_with_log_det(table)
    assert isinstance(x, Row)
    assert x.values.shape == (60, len(COLUMN_OF))
    u = np.full(x.codes.shape, 0.5)
    assert_same(codec.decode(x, u).frame, table.frame)
    assert_same(codec.decode(x, codec.positions(table)).frame, table.frame)
    again = Codec.from_arrays(codec.schema, codec.to_arrays(), codec.forms())
    y, again_det = again.encode_with_log_det(table)
    np.testing.assert_array_equal(y.values, x.values)
    np.testing.assert_array_equal(again_det, log_det)
    np.testing.assert_array_equal(again.value_marginals(table), codec.value_marginals(table))


@pytest.mark.parametrize(("name", "family"), [("real", "normal"), ("positive", "gamma")])
def test_scaling_a_column_by_a_lowers_its_log_density_by_log_a(name: str, family: str):
    frame = columns().select(name)
    table, codec = coded(frame, **{name: family})
    scaled, other = coded(frame * 10.0, **{name: family})
    (x, a), (y, b) = codec.encode_with_log_det(table), other.encode_with_log_det(scaled)
    np.testing.assert_allclose(y.values, x.values, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(b - a, -np.log(10.0), rtol=0, atol=1e-9)


def test_masses_have_no_log_det():
    table, codec = coded(columns().select("count", "yes"), count="poisson", yes="bernoulli")
    np.testing.assert_array_equal(codec.log_det(table), 0.0)


def test_the_marginal_of_a_value_is_that_of_its_bins():
    frame = columns(400).select("real", "kind")
    table, codec = coded(frame, real="normal")
    found = codec.value_marginals(table) + codec.log_det(table)
    bins, plain = coded(frame)
    x, log_det = plain.encode_with_log_det(bins)
    counts = plain.coded[0].counts
    share = (counts + 0.5) / (counts + 0.5).sum()
    np.testing.assert_allclose(found, np.log(share)[x[:, 0]] + log_det, rtol=1e-9)


@pytest.mark.parametrize("likelihood", ["independent", "autoregressive"])
def test_every_family_fits_samples_saves_and_loads(likelihood: str, tmp_path: Path):
    frame, likelihoods = one_of_each(gaps=True)
    vae = VAE(likelihood=likelihood, columns=likelihoods, **SHORT).fit(frame)
    drawn, score = vae.sample(40), vae.score_samples(frame)
    assert drawn.schema == frame.schema
    assert np.isfinite(score).all()
    assert np.isfinite(vae.held_out_.marginals)
    cents = drawn["mixture"].drop_nulls().to_numpy()
    np.testing.assert_array_equal(cents, np.round(cents, 2))
    assert set(drawn["ordinal"].drop_nulls()) <= set(range(0, 11))
    path = tmp_path / "model.jensen"
    vae.save(path)
    again = jensen.load(path)
    assert again.sample(40).equals(drawn)
    np.testing.assert_array_equal(again.score_samples(frame), score)
    assert again.inverse_transform(vae.transform(frame)[:5]).shape == (5, frame.width)
    assert "likelihood: poisson" in card(vae.schema_)


@pytest.mark.parametrize("family", JOINT)
def test_joint_families_fit_and_sample(family: str):
    frame = columns().select(*JOINT[family], "kind")
    vae = VAE(likelihood=family, **SHORT).fit(frame)
    assert [c.likelihood for c in vae.schema_.columns] == [family, family, None]
    assert vae.sample(10).schema == frame.schema
    assert np.isfinite(vae.score_samples(frame)).all()


def test_a_family_of_the_whole_table_goes_where_it_suits():
    table = read_table(columns())
    schema = Schema.infer(table, overrides={"cents": {"likelihood": "laplace"}})
    for name, wanted in {
        "normal": {"real", "single", "positive", "share", "angle"},
        "gamma": {"real", "positive", "share", "angle"},
        "poisson": {"count", "small"},
        "bernoulli": {"yes"},
        "discretized_logistic": {"count", "small", "whole"},
    }.items():
        found = with_families(schema, FAMILIES[name](), name)
        assert {c.name for c in found.columns if c.likelihood == name} == wanted, name
        assert found.column("cents").likelihood == "laplace"


@dataclass(frozen=True)
class Gumbel:
    """A family that the package does not have."""

    domain = "real"
    n_parameters = 2

    def __call__(self, p: Any, shared: Any, facts: Any) -> Any:
        return dist.Gumbel(p[..., 0], jnp.exp(jnp.clip(p[..., 1], -5.0, 5.0)))


def test_a_family_from_outside(tmp_path: Path):
    frame = columns().select("real", "count")
    vae = VAE(likelihood=Gumbel(), **SHORT).fit(frame)
    assert [c.likelihood for c in vae.schema_.columns] == ["object Gumbel", None]
    path = tmp_path / "model.jensen"
    vae.save(path)
    again = jensen.load(path, likelihood=Gumbel())
    np.testing.assert_array_equal(again.score_samples(frame), vae.score_samples(frame))
    with pytest.raises(OptionError, match=r"jensen.load\(path, likelihood=Gumbel\(...\)\)"):
        jensen.load(path)


def test_the_bound_of_a_known_normal_is_below_its_entropy():
    rng = np.random.default_rng(0)
    covariance = np.array([[4.0, 1.5], [1.5, 1.0]])
    rows = rng.multivariate_normal([10.0, -3.0], covariance, 600)
    vae = VAE(likelihood="normal", latent_dim=1, width=16, n_blocks=1, steps=300).fit(rows)
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * covariance)[1]
    held_out = vae.held_out_
    assert held_out.bound < -entropy + SIGMAS * held_out.standard_error
    independent = -entropy - 0.5 * np.log(4.0 / np.linalg.det(covariance))
    assert held_out.bound > independent - 0.3


REFUSED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "a density of integers": (
        {"columns": {"count": {"likelihood": "normal"}}},
        SchemaError,
        r"'count' cannot have the likelihood 'normal': it is integer, and this family has a "
        r"density over real numbers; choose one of poisson, ",
    ),
    "masses of reals": (
        {"columns": {"real": {"likelihood": "poisson"}}},
        SchemaError,
        r"'real' .* it is continuous, and this family has a mass for each value over whole "
        r"numbers from 0 on; choose one of normal, ",
    ),
    "values out of the domain": (
        {"columns": {"cents": {"likelihood": "gamma"}}},
        SchemaError,
        r"'cents' .* its values go from -\S+ to \S+, and this family is for numbers above 0",
    ),
    "more than a period": (
        {"columns": {"angle": {"likelihood": "von_mises:period=180"}}},
        SchemaError,
        r"'angle' .* its values span more than one period of 180",
    ),
    "no column suits": (
        {"likelihood": "bernoulli", "drop": ["yes"]},
        SchemaError,
        r"'bernoulli' must suit at least one column, and suits none \('real': it is continuous",
    ),
    "an unknown family": (
        {"columns": {"real": {"likelihood": "norml"}}},
        OptionError,
        r"column 'real': likelihood must be one of .*Did you mean 'normal'",
    ),
    "a decoder for a column": (
        {"columns": {"real": {"likelihood": "independent"}}},
        OptionError,
        r"column 'real' must be a family, one of normal, .* and 'independent' is for whole rows",
    ),
    "a setting out of range": (
        {"columns": {"cents": {"likelihood": "normal_fixed:scale=-1"}}},
        OptionError,
        r"column 'cents': likelihood 'normal_fixed': scale must be above 0, and is -1",
    ),
    "a mixture of what is none": (
        {"likelihood": "mixture:family=multinomial"},
        OptionError,
        r"family must be one of normal, .* and is 'multinomial'",
    ),
    "no components": (
        {"likelihood": "discretized_logistic:components=0"},
        OptionError,
        r"components must be at least 1, and is 0",
    ),
    "no total": (
        {"likelihood": "multinomial:total=gamma"},
        OptionError,
        r"total must be negative_binomial or poisson, and is 'gamma'",
    ),
    "no period": (
        {"likelihood": "von_mises:period=0"},
        OptionError,
        r"period must be above 0, and is 0",
    ),
    "a joint family, column after column": (
        {"columns": {"real": {"likelihood": "normal_full"}}},
        OptionError,
        r"'real' must be decoded at once .* say likelihood='independent'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_say_what_and_why(case: str):
    parameters, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        VAE(**(SHORT | parameters)).fit(columns())


def test_a_joint_family_refuses_missing_values():
    frame = columns().select("real").with_row_index("n")
    frame = frame.select(real=pl.when(pl.col("n") > 5).then(pl.col("real")))
    with pytest.raises(OptionError, match="'real' must have no missing values under 'normal_full'"):
        VAE(likelihood="normal_full", **SHORT).fit(frame)


def test_a_value_out_of_the_domain_is_refused_when_scored():
    _, codec = coded(columns().select("positive"), positive="gamma")
    other = codec.schema.conform(read_table(pl.DataFrame({"positive": [1.0, -2.0]})))
    with pytest.raises(TableError, match=r"'positive' must hold numbers above 0, .* -2.0 .*row 2"):
        codec.encode(other)


def test_integers_and_levels_have_limits():
    table = read_table(pl.DataFrame({"x": [0, 3, 2**25], "y": [1, 2, 300]}))
    schema = Schema.infer(table)
    from jensen.data.codec import misfit

    assert "beyond 16,777,216" in str(misfit(schema.column("x"), Space("count")))
    assert "spans 300 whole numbers" in str(misfit(schema.column("y"), Space("levels")))
