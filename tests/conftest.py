"""Settings of every test: quick compiling, strict arrays, repeatable cases."""

import os

# Most of a small fit is compiling, and a test runs once what it compiles: a quarter of the time
# without what makes programs fast. Before JAX is imported, and for the commands that tests start.
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
os.environ["XLA_FLAGS"] = (
    "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1"
    " --xla_cpu_parallel_codegen_split_count=1"
)

import gc
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpyro.distributions as dist
import optax
import pytest
from flowjax.bijections import masked_autoregressive
from hypothesis import settings

# Tracing makes millions of small objects, few of them in circles: to look through all that
# is alive after every 700 takes a tenth of the time. Once a module is enough.
gc.freeze()
gc.set_threshold(100_000, 50, 50)

# A silent broadcast, or a silent change of type, is how a bound goes wrong unnoticed.
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

settings.register_profile("jensen", deadline=None, derandomize=True)
settings.load_profile("jensen")


@pytest.fixture(scope="module", autouse=True)
def _garbage() -> Iterator[None]:
    """Programs too: those of all modules together took seven gigabytes."""
    yield
    jax.clear_caches()
    gc.collect()


@pytest.fixture(scope="module")
def optimised() -> Iterator[None]:
    """For modules whose programs run longer than they are compiled."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


def _with_standard_promotion(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with jax.numpy_dtype_promotion("standard"):
            return function(*args, **kwargs)

    return wrapped


def _lenient(make: Callable[..., optax.GradientTransformation]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> optax.GradientTransformation:
        made = make(*args, **kwargs)
        return made._replace(update=_with_standard_promotion(made.update))

    return wrapped


# Optax itself, which is not ours to check, relies on the standard promotion.
optax.scale_by_adam = _lenient(optax.scale_by_adam)


def _with_broadcasts(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with jax.numpy_rank_promotion("allow"):
            return function(*args, **kwargs)

    return wrapped


# So does flowjax on broadcasts, where it makes the masks of an autoregressive network.
masked_autoregressive.rank_based_mask = _with_broadcasts(masked_autoregressive.rank_based_mask)


# And so does NumPyro on types, where it draws zeros and ones.
dist.BernoulliLogits.sample = _with_standard_promotion(dist.BernoulliLogits.sample)
