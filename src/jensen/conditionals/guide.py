"""r(z, x | evidence): where to look for rows that agree with what is known.

A decoder draws columns one after the other, and does not see the evidence of later ones. The
guide does. It is trained on rows that the model itself makes, of which it is shown a part (the
sleep phase of wake-sleep: Hinton et al. 1995, Science 268), by maximising log r of the rest, so
that it covers all that is possible. It is a proposal only: weights make up for its errors.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
import optax
from jaxtyping import Array, Float, Int, Key

from jensen.bounds.ais import simulate
from jensen.conditionals.evidence import UNKNOWN, Evidence
from jensen.conditionals.quick import quick_jit
from jensen.conditionals.value_guide import ValueGuide, hide_values
from jensen.data.codec import Row
from jensen.latent_model import LatentModel, trainable
from jensen.likelihoods import CodeEmbedding, CodeHead, Codes
from jensen.networks import Linear, ResidualMLP, normal, rms_norm

WIDTH, BLOCKS = 96, 2
STEPS, BATCH, RATE = 400, 128, 6e-3
STEPS_PER_CALL = 50
ROWS, ROWS_PER_CALL = 16_384, 4_096
"""Rows that the model makes, each of which is seen a few times, with other parts hidden."""
SET_RATE = 0.3
"""Share of the hidden columns of which the guide is told a set that holds the code."""
LOG_SCALE_RANGE = (-5.0, 2.0)


class Guide(eqx.Module):
    """Networks that read evidence: one for z, one for each column given z and those before."""

    embedding: CodeEmbedding
    vague: Float[Array, "d h"]
    z_trunk: ResidualMLP
    z_out: Linear
    latent: Linear
    trunk: ResidualMLP
    head: CodeHead
    of_values: ValueGuide | None = None

    @classmethod
    def create(
        cls, codes: Codes, latent_dim: int, *, decoder: Any = None, key: Key[Array, ""]
    ) -> "Guide":
        """Before any training: the prior, and the marginals.

        Args:
            codes: of the columns.
            latent_dim: entries of z.
            decoder: whose values it guides too, if it is `Mixed`.
            key: of the weights.
        """
        keys = jax.random.split(key, 7)
        d, _ = codes.shape
        return cls(
            embedding=CodeEmbedding(codes, WIDTH, scale=1 / d**0.5, key=keys[0]),
            vague=normal(keys[1], d, WIDTH, scale=d**-0.5),
            z_trunk=ResidualMLP(WIDTH, BLOCKS, key=keys[2]),
            z_out=Linear(WIDTH, 2 * latent_dim, scale=0.1, key=keys[3]),
            latent=Linear(latent_dim, WIDTH, key=keys[4]),
            trunk=ResidualMLP(WIDTH, BLOCKS, key=keys[5]),
            head=CodeHead(codes, WIDTH, WIDTH // 2, key=keys[6]),
            of_values=ValueGuide.of(decoder, WIDTH, key=jax.random.fold_in(keys[6], 1)),
        )

    def vectors(self, codes: Codes, evidence: Evidence) -> Float[Array, "n h"]:
        """A vector for what is known of every code, then of every value."""
        e = jnp.einsum("dc,dch->dh", evidence.shares(codes), self.embedding.table(codes))
        e = e + jnp.where(evidence.known[:, None], 0.0, self.vague)
        if self.of_values is None or evidence.values is None:
            return e
        return jnp.concatenate([e, self.of_values.vectors(evidence.x, evidence.values)])

    def nothing(self, codes: Codes) -> Evidence:
        """Evidence of which nothing is known."""
        n_values = 0 if self.of_values is None else len(self.of_values.values.code)
        return Evidence.nothing(codes, n_values)

    @property
    def latent_dim(self) -> int:
        """Entries of z."""
        return self.latent.weight.shape[0]

    def r_z(self, e: Float[Array, " h"]) -> dist.Independent:
        """r(z | evidence), independent Normals, given the sum of its vectors."""
        loc, log_scale = jnp.split(self.z_out(rms_norm(self.z_trunk(e))), 2)
        return dist.Normal(loc, jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))).to_event(1)

    def hidden(self, e: Float[Array, " h"], z: Float[Array, " l"]) -> Float[Array, " h"]:
        """What the outputs of the columns read."""
        return rms_norm(self.trunk(e + self.latent(z)))


def _hide(key: Key[Array, ""], codes: Codes, x: Int[Array, " d"]) -> Evidence:
    """Evidence that a row could have left: some codes, sets that hold others."""
    d, c = codes.shape
    keys = jax.random.split(key, 6)
    hidden = jax.random.bernoulli(keys[0], jax.random.uniform(keys[1]), (d,))
    places, at = jnp.arange(c, dtype=jnp.float32)[None, :], x[:, None].astype(jnp.float32)
    own = places == at
    ends = jax.random.uniform(keys[2], (d, 2))
    low = jnp.floor(ends[:, :1] * (at + 1.0))
    high = at + jnp.ceil(ends[:, 1:] * (c - at))
    run = (places >= low) & (places <= high)
    some = own | jax.random.bernoulli(keys[3], 0.3, (d, c))
    of_set = jnp.where(jax.random.bernoulli(keys[4], 0.5, (d, 1)), run, some)
    told = jax.random.bernoulli(keys[5], SET_RATE, (d, 1))
    allowed = jnp.where(told, of_set, True)
    return Evidence(jnp.where(hidden, UNKNOWN, x), allowed.astype(jnp.float32))


def _loss(
    guide: Guide, codes: Codes, key: Key[Array, ""], z: Float[Array, " l"], row: Any
) -> Float[Array, ""]:
    """-log r of one row's z, hidden codes and hidden values."""
    x = row.codes if isinstance(row, Row) else row
    evidence = _hide(key, codes, x)
    if guide.of_values is not None:
        evidence = hide_values(jax.random.fold_in(key, 1), guide.of_values.values, evidence, row)
    e = jnp.sum(guide.vectors(codes, evidence), 0)
    log_r_z = guide.r_z(e).log_prob(z)
    stack = jnp.broadcast_to(guide.hidden(e, z), (codes.shape[0], WIDTH))
    logits = guide.head.outputs(codes).all_logits(codes, stack, None)
    total = jnp.zeros(())
    for group, y in zip(codes.groups, logits, strict=True):
        hit = jax.nn.one_hot(x[group.columns], group.width)
        # a code that no training row had is at -1e9: no draw of the model, so no row here
        log_r = jnp.sum(jnp.maximum(jax.nn.log_softmax(y), -30.0) * hit, -1)
        total = total + jnp.sum(jnp.where(evidence.known[group.columns], 0.0, log_r))
    if guide.of_values is not None:
        total = total + guide.of_values.log_r(guide.hidden(e, z), evidence, row)
    return -(jnp.asarray(log_r_z) + total)


def train_guide(key: Key[Array, ""], model: LatentModel, codes: Codes, latent_dim: int) -> Guide:
    """A guide of a fitted model, by Adam on rows that the model makes; no data are needed.

    Args:
        key: for the rows, what is hidden of them, and the weights.
        model: whose z are vectors of `latent_dim` reals, and whose x are rows of `codes`.
        codes: of its likelihood.
        latent_dim: entries of z.
    """
    wkey, dkey, key = jax.random.split(key, 3)
    guide = Guide.create(codes, latent_dim, decoder=model.likelihood, key=wkey)
    dreams = [
        simulate(k, model, ROWS_PER_CALL) for k in jax.random.split(dkey, ROWS // ROWS_PER_CALL)
    ]
    drawn = jax.tree.map(lambda *parts: jnp.concatenate(parts), *dreams)
    weights, rest = trainable(guide)
    state = (weights, _ADAM.init(weights))
    for first in range(0, STEPS, STEPS_PER_CALL):
        state = _steps(key, codes, rest, state, drawn, jnp.asarray(first))
    return eqx.combine(state[0], rest)


_ADAM = optax.chain(optax.clip_by_global_norm(5.0), optax.scale_by_adam(b2=0.99))
_SCHEDULE = optax.cosine_decay_schedule(RATE, STEPS)


@quick_jit
def _steps(
    key: Key[Array, ""], codes: Codes, rest: Any, state: Any, drawn: Any, first: Array
) -> Any:
    """Some steps of the optimiser, from step `first` on."""

    def step(state: Any, i: Array) -> tuple[Any, None]:
        weights, memory = state
        hkey, bkey = jax.random.split(jax.random.fold_in(key, i))
        batch = jax.random.randint(bkey, (BATCH,), 0, ROWS)
        z, x = jax.tree.map(lambda a: a[batch], drawn)
        keys = jax.random.split(hkey, BATCH)

        def loss(weights: Any) -> Float[Array, ""]:
            guide = eqx.combine(weights, rest)
            return jnp.mean(jax.vmap(_loss, (None, None, 0, 0, 0))(guide, codes, keys, z, x))

        change, memory = _ADAM.update(jax.grad(loss)(weights), memory)
        size = _SCHEDULE(i.astype(jnp.float32))
        return (jax.tree.map(lambda w, u: w - size * u, weights, change), memory), None

    return jax.lax.scan(step, state, first + jnp.arange(STEPS_PER_CALL))[0]
