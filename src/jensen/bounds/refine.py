"""q(z|x) improved for one row while it is scored: the gap of the encoder closed, that of q left."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
import optax
from jaxtyping import Array, Float, Key

from jensen.bounds.elbo import Bound, elbo
from jensen.bounds.rows import Rows, over_rows
from jensen.errors import OptionError
from jensen.latent_model import Distribution, LatentModel


class Refined(NamedTuple):
    """A Normal q(z|x) fitted to one row, and the bound that it gives.

    Attributes:
        bound: by draws that had no part in the fit, nor in the choice of q.
        loc, scale: of q, shape (latent_dim,).
    """

    bound: Bound
    loc: Float[Array, "*n l"]
    scale: Float[Array, "*n l"]


def refine(
    key: Key[Array, ""],
    model: LatentModel,
    x: Any,
    *,
    steps: int = 20,
    rate: float = 0.05,
    n_samples: int = 8,
) -> Refined:
    """The bound of the best Normal q near q(z|x): Adam on loc and log scale of this row alone.

    The steps see one fixed set of draws; a second set chooses between the start and what the steps
    came to; a third gives the bound that is returned, so that its mean is a lower bound on
    log p(x) whatever was chosen.

    Args:
        key: for the three sets of draws.
        model: whose q(z|x) has independent Normal dimensions.
        x: one row.
        steps: of Adam, at least 0.
        rate: of Adam, above 0; loc moves by about this share of the scale at each step.
        n_samples: draws in each of the sets, at least 1.

    Raises:
        OptionError: q(z|x) is no product of Normals.

    Source: Kim et al. 2018, arXiv 1802.02550, section 3, with the encoder already fitted.
    """
    loc, scale = _normal(model.q_z(x))
    fit_key, choice_key, key = jax.random.split(key, 3)

    def bound(key: Key[Array, ""], moved: tuple[Array, Array]) -> Bound:
        q = dist.Normal(*_moved(loc, scale, moved)).to_event(1)
        with_q = LatentModel(model.p_z(), model.likelihood, lambda _: q)
        return elbo(key, with_q, x, n_samples=n_samples)

    still = (jnp.zeros_like(loc), jnp.zeros_like(scale))
    end = _climb(lambda moved: bound(fit_key, moved).value, still, steps, rate)
    better = bound(choice_key, end).value > bound(choice_key, still).value
    chosen = jax.tree.map(lambda a, b: jnp.where(better, a, b), end, still)
    return Refined(bound(key, chosen), *_moved(loc, scale, chosen))


def refined_rows(
    key: Key[Array, ""],
    model: LatentModel,
    x: Rows,
    *,
    steps: int = 20,
    rate: float = 0.05,
    n_samples: int = 8,
) -> Refined:
    """`refine` of every row, its arrays float64 with a first axis n; row i has fold_in(key, i)."""
    of_row = eqx.Partial(refine, steps=steps, rate=rate, n_samples=n_samples)
    return over_rows(key, of_row, model, x)


def _normal(q: Distribution) -> tuple[Any, Any]:
    """loc and scale of the Normals of each dimension."""
    base: Any = q.base_dist if isinstance(q, dist.Independent) else None
    if not (isinstance(base, dist.Normal) and len(base.batch_shape) == 1):
        raise OptionError(
            "refining needs a q(z|x) of independent Normals, such as posterior='mean_field', "
            f"and got {type(q if base is None else base).__name__}: score without refining."
        )
    return base.loc, base.scale


def _moved(loc: Array, scale: Array, moved: tuple[Array, Array]) -> tuple[Array, Array]:
    """loc moved by so many scales, log scale by so many nats; as loc and scale."""
    return loc + scale * moved[0], scale * jnp.exp(moved[1])


def _climb(value: Any, start: Any, steps: int, rate: float) -> Any:
    """Where so many steps of Adam up `value` lead."""
    adam = optax.chain(optax.scale_by_adam(), optax.scale(rate))

    def step(state: Any, _: None) -> tuple[Any, None]:
        at, memory = state
        change, memory = adam.update(jax.grad(value)(at), memory)
        return (optax.apply_updates(at, change), memory), None

    return jax.lax.scan(step, (start, adam.init(start)), None, length=steps)[0][0]
