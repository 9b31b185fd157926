"""p(z): the prescribed distribution of the latent vector."""

from jensen.priors.categorical import Categorical, RelaxedCategorical
from jensen.priors.hierarchy import Hierarchy
from jensen.priors.normal import StandardNormal, standard_normal
from jensen.priors.sphere import Sphere

PRIORS = {
    "normal": StandardNormal,
    "hierarchy": Hierarchy,
    "sphere": Sphere,
    "categorical": Categorical,
    "relaxed_categorical": RelaxedCategorical,
}
"""Priors by the name that `VAE(prior=...)` takes.

Each is a frozen record of settings whose `build(latent_dim, hidden=..., key=...)` gives a
distribution over z, shape (latent_dim,); `hidden` is the length of the vectors that the encoder
adds up. What is to be learned is a module with `log_prob` and `sample`; a NumPyro distribution
is prescribed.
`support` says which z there are, "real" where nothing is said: "sphere", "one_hot" or "simplex";
`least_dim` how small latent_dim may be. A posterior has to have the same support.
"""

__all__ = [
    "PRIORS",
    "Categorical",
    "Hierarchy",
    "RelaxedCategorical",
    "Sphere",
    "StandardNormal",
    "standard_normal",
]
