"""Distributions that NumPyro has none of: `log_prob` and `sample`, and no networks."""

from jensen.distributions.categorical import OneHotCategorical
from jensen.distributions.chain import Chain
from jensen.distributions.normals import NormalMixture, normal_log_probs
from jensen.distributions.relaxed import RelaxedOneHotCategorical
from jensen.distributions.sphere import HypersphericalUniform, VonMisesFisher

__all__ = [
    "Chain",
    "HypersphericalUniform",
    "NormalMixture",
    "OneHotCategorical",
    "RelaxedOneHotCategorical",
    "VonMisesFisher",
    "normal_log_probs",
]
