"""log p(x) from chains that walk from q(z|x) to p(z|x): annealed importance sampling.

Step by step a chain is moved from f_0(z) = q(z|x) (or p(z)) to f_1(z) = p(z) p(x|z), whose integral
is p(x), along f_b = f_0^(1-b) f_1^b. Its weight is an unbiased estimate of p(x). Backwards, from
an exact draw of p(z|x), one of 1 / p(x): with it log p(x) lies between two estimates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.bounds.elbo import elbo
from jensen.bounds.rows import Rows, n_rows, over_rows
from jensen.bounds.weights import weighted
from jensen.errors import OptionError
from jensen.latent_model import LatentModel

LogDensity = Callable[[Any], Any]

BLOCK = 16
"""Rows of one call of the compiled program."""
SHARPNESS = 4.0
"""Of the sigmoid schedule: how slowly the walk sets out and arrives."""
SCALE_DRAWS, PILOTS = 64, 4
"""Draws of q that the masses are taken from, and chains that the step sizes are tuned with."""
TARGET, RATE, FIRST_STEP = 0.75, 0.2, 0.7
"""Share of moves to be accepted, how fast the log of the step size follows it, and the first step
of a walk in units of q's scale, for one dimension."""
JITTER = 0.5
"""Steps are shortened at random, to this share at most: no orbit then closes on itself."""


class Annealed(NamedTuple):
    """What the chains of one row say of log p(x).

    Attributes:
        value: log of the mean weight, nats: in expectation a lower bound on log p(x).
        ess: effective number of chains, from 1 to their number.
        standard_error: of `value`, nats, from the spread of the weights; NaN for one chain.
        accepted: share of the moves that were.
    """

    value: Float[Array, "..."] | np.ndarray
    ess: Float[Array, "..."] | np.ndarray
    standard_error: Float[Array, "..."] | np.ndarray
    accepted: Float[Array, "..."] | np.ndarray


class Sandwich(NamedTuple):
    """log p(x) of a simulated row from both sides, nats, and the bound that it judges."""

    lower: Float[Array, "..."] | np.ndarray
    upper: Float[Array, "..."] | np.ndarray
    elbo: Float[Array, "..."] | np.ndarray
    ess: Float[Array, "..."] | np.ndarray


def schedule(n_temperatures: int) -> np.ndarray:
    """0 = b_0 < .. < b_T = 1, equal steps of a sigmoid (Wu et al. 2017, arXiv 1611.04273, 4.1)."""
    s = 1.0 / (1.0 + np.exp(-SHARPNESS * np.linspace(-1.0, 1.0, n_temperatures + 1)))
    return (s - s[0]) / (s[-1] - s[0])


class Walk(NamedTuple):
    """The path of one row and how to go along it: all that both directions share.

    Attributes:
        log_first: log f_0, a density that integrates to one.
        log_last: log f_1 = log p(z) p(x|z).
        betas: from 0 to 1, shape (T + 1,).
        inverse_mass: a variance for each dimension of z.
        n_leapfrog: steps of a move.
    """

    log_first: LogDensity
    log_last: LogDensity
    betas: Any
    inverse_mass: Any
    n_leapfrog: int

    def log_ratio(self, z: Any) -> Any:
        """log f_1 - log f_0 of chains z, shape (m, l)."""
        return jax.vmap(lambda z: self.log_last(z) - self.log_first(z))(z)

    def move(self, key: Key[Array, ""], z: Any, beta: Any, step: Any) -> tuple[Any, Any]:
        """Chains z, shape (m, l), moved within f_b = f_0^(1-b) f_1^b; their acceptances."""

        def one(key: Key[Array, ""], z: Any) -> tuple[Any, Any]:
            def log_f(z: Any) -> Any:
                return (1.0 - beta) * self.log_first(z) + beta * self.log_last(z)

            jkey, mkey = jax.random.split(key)
            size = step * jax.random.uniform(jkey, (), step.dtype, JITTER, 1.0)
            return move(mkey, z, log_f, size, self.inverse_mass, self.n_leapfrog)

        return jax.vmap(one)(jax.random.split(key, len(z)), z)


def forward(
    key: Key[Array, ""], walk: Walk, z: Float[Array, "c l"], pilots: Float[Array, "m l"]
) -> tuple[Float[Array, " c"], Float[Array, " t"], Float[Array, ""]]:
    """log w = sum_t (b_t - b_(t-1)) (log f_1 - log f_0)(z_(t-1)) of every chain.

    The step size at a temperature is what pilot chains, which are not weighed, were content with
    so far: were it adapted to the chains themselves, their weights would no longer be unbiased.

    Args:
        key: of the moves.
        walk: of the row.
        z: draws of f_0.
        pilots: more of them.

    Returns:
        nats, of the c chains; the step sizes at b_1 .. b_T; the share of moves accepted.

    Source: Neal 2001, Statistics and Computing 11, eq. 11.
    """
    n = len(z)

    def go(carry: Any, now: Any) -> Any:
        (z, step), (key, before, after) = carry, now
        log_w = (after - before) * walk.log_ratio(z[:n])
        z, accepted = walk.move(key, z, after, step)
        longer = step * jnp.exp(RATE * (accepted[n:].mean() - TARGET))
        return (z, longer), (log_w, step, accepted[:n].mean())

    keys = jax.random.split(key, len(walk.betas) - 1)
    start = jnp.concatenate([z, pilots]), jnp.full((), FIRST_STEP * z.shape[1] ** -0.25, z.dtype)
    _, told = jax.lax.scan(go, start, (keys, walk.betas[:-1], walk.betas[1:]))
    log_w, steps, accepted = told
    return log_w.sum(0), steps, accepted.mean()


def backward(
    key: Key[Array, ""], walk: Walk, z: Float[Array, "c l"], steps: Float[Array, " t"]
) -> Float[Array, " c"]:
    """The weights of chains from p(z|x) back to f_0, each an unbiased estimate of 1 / p(x).

    Args:
        key: of the moves.
        walk: of the row.
        z: exact draws of p(z|x).
        steps: step sizes at b_1 .. b_T, which z has no part in.

    Source: Grosse, Ghahramani & Adams 2015, arXiv 1511.02543, section 4.1.
    """

    def go(z: Any, now: Any) -> Any:
        key, before, after, step = now
        log_w = (after - before) * walk.log_ratio(z)
        return walk.move(key, z, after, step)[0], log_w

    keys, betas = jax.random.split(key, len(steps)), walk.betas[::-1]
    back = jnp.concatenate([steps[:-1][::-1], steps[:1]])
    return jax.lax.scan(go, z, (keys, betas[:-1], betas[1:], back))[1].sum(0)


def move(
    key: Key[Array, ""], z: Any, log_f: LogDensity, step: Any, inverse_mass: Any, n_leapfrog: int
) -> tuple[Any, Any]:
    """One move of Hamiltonian Monte Carlo, BlackJAX's: where it ends, and its acceptance."""
    from blackjax.mcmc import hmc  # not needed, and not quick to import, by most commands

    state, told = hmc.build_kernel()(key, hmc.init(z, log_f), log_f, step, inverse_mass, n_leapfrog)
    return state.position, told.acceptance_rate


@dataclass(frozen=True)
class Ais:
    """Annealed importance sampling of log p(x) of one row.

    Args:
        n_temperatures: T, steps of the walk, at least 1; the estimate tightens as it grows.
        n_chains: independent walks whose weights are averaged, at least 1.
        n_leapfrog: leapfrog steps of each move, at least 1.
        start: "posterior" sets out from q(z|x), "prior" from p(z).

    Source: Neal 2001; Wu, Burda, Salakhutdinov & Grosse 2017, arXiv 1611.04273.
    """

    n_temperatures: int = 50
    n_chains: int = 8
    n_leapfrog: int = 5
    start: str = "posterior"

    def __post_init__(self) -> None:
        for name in ("n_temperatures", "n_chains", "n_leapfrog"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, and is {getattr(self, name)}.")
        if self.start not in ("posterior", "prior"):
            raise ValueError(f"start must be 'posterior' or 'prior', and is {self.start!r}.")

    def __call__(self, key: Key[Array, ""], model: LatentModel, x: Any) -> Annealed:
        """log 1/C sum_c w_c over the chains: in expectation a lower bound on log p(x), nats."""
        return self.walk_there(key, model, x)[0]

    def walk_there(
        self, key: Key[Array, ""], model: LatentModel, x: Any
    ) -> tuple[Annealed, Walk, Float[Array, " t"]]:
        """What the chains say, the walk they went, and the step sizes at b_1 .. b_T."""
        wkey, zkey, ckey = jax.random.split(key, 3)
        walk, first = self.walk(wkey, model, x), self._first(model, x)
        z = jax.vmap(first.sample)(jax.random.split(zkey, self.n_chains + PILOTS))
        log_w, steps, accepted = forward(ckey, walk, z[: self.n_chains], z[self.n_chains :])
        value, ess = weighted(log_w)
        spread = jnp.maximum(self.n_chains / ess - 1.0, 0.0) / (self.n_chains - 1)
        return Annealed(value, ess, jnp.sqrt(spread), accepted), walk, steps

    def walk(self, key: Key[Array, ""], model: LatentModel, x: Any) -> Walk:
        """The walk of a row, its masses taken from draws of q(z|x) that no chain starts from."""
        p = model.p_z()
        z = jax.vmap(model.q_z(x).sample)(jax.random.split(key, SCALE_DRAWS))
        return Walk(
            log_first=self._first(model, x).log_prob,
            log_last=lambda z: model.likelihood(z).log_prob(x) + p.log_prob(z),
            betas=jnp.asarray(schedule(self.n_temperatures), z.dtype),
            inverse_mass=z.var(0) + 1e-8,
            n_leapfrog=self.n_leapfrog,
        )

    def _first(self, model: LatentModel, x: Any) -> Any:
        return model.q_z(x) if self.start == "posterior" else model.p_z()


@dataclass(frozen=True)
class Bdmc:
    """Bidirectional Monte Carlo: log p(x) of a simulated row from below and from above.

    Source: Grosse, Ghahramani & Adams 2015, arXiv 1511.02543; of decoders Wu et al. 2017,
    arXiv 1611.04273, section 3.2.
    """

    ais: Ais = Ais()

    def __call__(self, key: Key[Array, ""], model: LatentModel, drawn: Any) -> Sandwich:
        """The sandwich of (z, x), drawn together from the model."""
        (z, x), (fkey, rkey, ekey) = drawn, jax.random.split(key, 3)
        lower, walk, steps = self.ais.walk_there(fkey, model, x)
        starts = jnp.broadcast_to(z, (self.ais.n_chains, *z.shape))
        upper = -weighted(backward(rkey, walk, starts, steps)).value
        bound = elbo(ekey, model, x, n_samples=SCALE_DRAWS).value
        return Sandwich(lower.value, upper, bound, lower.ess)


def ais_rows(
    key: Key[Array, ""], model: LatentModel, x: Rows, ais: Ais, *, block: int = BLOCK
) -> Annealed:
    """`Ais` of every row, each field float64 of shape (n,).

    Raises:
        OptionError: z is not a vector of reals.
    """
    check_real(model, x)
    return over_rows(key, ais, model, x, block=block)


def bdmc_rows(
    key: Key[Array, ""], model: LatentModel, n: int, ais: Ais, *, block: int = BLOCK
) -> Sandwich:
    """`Bdmc` of n rows simulated from the model, each field float64 of shape (n,).

    Raises:
        OptionError: z is not a vector of reals.
    """
    skey, bkey = jax.random.split(key)
    drawn = simulate(skey, model, n)
    check_real(model, drawn[1])
    return over_rows(bkey, Bdmc(ais), model, drawn, block=block)


@eqx.filter_jit
def simulate(key: Key[Array, ""], model: LatentModel, n: int) -> tuple[Any, Any]:
    """n rows from the model and the z of each, z ~ p(z), x ~ p(x|z): z is a draw of p(z|x)."""

    def one(i: Array) -> tuple[Any, Any]:
        zkey, xkey = jax.random.split(jax.random.fold_in(key, i))
        z = model.p_z().sample(zkey)
        return z, model.likelihood(z).sample(xkey)

    return jax.vmap(one)(jnp.arange(n, dtype="uint32"))


MANY = 100_000


def is_real(model: LatentModel, x: Rows) -> bool:
    """Whether z is a vector of reals, so that log p(z) p(x|z) can be followed downhill.

    It is not where a distribution says so by its support, where z holds whole numbers, or where
    `points` enumerates: it then gives as many for one draw as for very many.
    """
    row = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), x)
    return eqx.filter_eval_shape(_is_real, model, row)  # seen while tracing: nothing is computed


def _is_real(model: LatentModel, row: Any) -> bool:
    q, p, key = model.q_z(row), model.p_z(), jax.random.key(0)
    supports = [getattr(d, "support", None) for d in (q, p)]
    if not all(s is None or _is_line(s) for s in supports):
        return False
    if not jnp.issubdtype(jax.eval_shape(p.sample, key).dtype, jnp.floating):
        return False
    if not hasattr(q, "points"):
        return True
    few, many = (
        jax.eval_shape(lambda key, n=n: q.points(key, n)[1], key)  # type: ignore[attr-defined]
        for n in (1, MANY)
    )
    return few.shape != many.shape


def _is_line(support: Any) -> bool:
    from numpyro.distributions import constraints

    base = getattr(support, "base_constraint", support)
    return base in (constraints.real, constraints.real_vector)


def check_real(model: LatentModel, x: Rows) -> None:
    """Raise unless z is a vector of reals.

    Raises:
        OptionError: it is not.
    """
    if n_rows(x) and not is_real(model, x):
        raise OptionError(
            "annealed importance sampling must have a latent vector of real numbers to move along "
            "the gradient of log p(x|z) p(z), and this model's z takes single values, or lives on "
            "part of the space; use bound 'iwae' instead."
        )
