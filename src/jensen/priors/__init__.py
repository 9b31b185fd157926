"""p(z): the prescribed distribution of the latent vector."""

from jensen.priors.normal import StandardNormal, standard_normal

PRIORS = {"normal": StandardNormal}
"""Priors by the name that `VAE(prior=...)` takes.

Each is a frozen record of settings whose `build(latent_dim, hidden=..., key=...)` gives a
distribution over z, shape (latent_dim,); `hidden` is the length of the vectors that the encoder
adds up. What is to be learned is a module with `log_prob` and `sample`; a NumPyro distribution
is prescribed.
"""

__all__ = ["PRIORS", "StandardNormal", "standard_normal"]
