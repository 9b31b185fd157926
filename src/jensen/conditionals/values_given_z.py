"""What z says of the values that are known, where they depend on nothing else."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jensen.conditionals.draw_values import Column, draw_joint
from jensen.conditionals.evidence import Evidence
from jensen.likelihoods import Mixed


def log_known(decoder: Mixed, z: Float[Array, " l"], evidence: Evidence) -> Float[Array, ""]:
    """log p(known values | z), the others integrated out, for values that depend on z alone."""
    return jnp.sum(log_p_values(decoder, z, evidence))


def log_p_values(decoder: Mixed, z: Float[Array, " l"], evidence: Evidence) -> Any:
    """log p of every known value given z; those of joint families given the ones before too.

    0 where a value is not known, or known to be missing.
    """
    net, said = decoder.of_values, evidence.values
    if said is None or net.context is not None:
        raise TypeError("values must depend on z alone, and some of them be known")
    known = said.known & (net.values.observed(evidence.x) > 0)
    h = net.trunk(net.latent(z))
    columns = Column.all(jax.random.key(0), said, None, jnp.ones(len(known), bool))
    out = jnp.zeros_like(said.x)
    for group, head in zip(net.values.groups, net.heads, strict=True):
        at = group.columns
        stack = jnp.broadcast_to(h, (len(at), *h.shape))
        p = head.distribution(group, net.values, stack)
        if group.joint:
            part = jax.tree.map(lambda a, at=at: a[at], columns)
            log_p = draw_joint(group, p, part, True)[1]
        else:
            log_p = p.log_prob(jnp.where(known[at], said.x[at], group.somewhere))
        out = out.at[at].set(log_p)
    return jnp.where(known, out, 0.0)
