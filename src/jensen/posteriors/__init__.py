"""q(z|x): where in latent space a row is likely to have come from."""

from jensen.posteriors.encoder import Encoder, EncoderNoise
from jensen.posteriors.mean_field import MeanField, MeanFieldNormal

POSTERIORS = {"mean_field": MeanField}
"""Posteriors by the name that `VAE(posterior=...)` takes.

Each is a frozen record of settings whose `build(width, latent_dim, key=...)` gives a head: a
module that takes the encoder's h, shape (width,), to a distribution over z.
"""

__all__ = ["POSTERIORS", "Encoder", "EncoderNoise", "MeanField", "MeanFieldNormal"]
