"""q(z|x): where in latent space a row is likely to have come from."""

from jensen.posteriors.categorical import CategoricalPosterior, RelaxedCategoricalPosterior
from jensen.posteriors.encoder import Encoder, EncoderNoise
from jensen.posteriors.ladder import Ladder
from jensen.posteriors.mean_field import MeanField, MeanFieldNormal
from jensen.posteriors.von_mises_fisher import VonMisesFisherPosterior

POSTERIORS = {
    "mean_field": MeanField,
    "ladder": Ladder,
    "von_mises_fisher": VonMisesFisherPosterior,
    "categorical": CategoricalPosterior,
    "relaxed_categorical": RelaxedCategoricalPosterior,
}
"""Posteriors by the name that `VAE(posterior=...)` takes.

Each is a frozen record of settings whose `build(width, latent_dim, key=...)` gives a head: a
module that takes the encoder's h, shape (width,), to a distribution over z.
`support` and `least_dim` are as those of priors; `needs_prior` names the one prior it goes with.
"""

__all__ = [
    "POSTERIORS",
    "CategoricalPosterior",
    "Encoder",
    "EncoderNoise",
    "Ladder",
    "MeanField",
    "MeanFieldNormal",
    "RelaxedCategoricalPosterior",
    "VonMisesFisherPosterior",
]
