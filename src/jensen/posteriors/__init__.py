"""q(z|x): where in latent space a row is likely to have come from."""

from jensen.posteriors.categorical import CategoricalPosterior, RelaxedCategoricalPosterior
from jensen.posteriors.encoder import Encoder, EncoderNoise
from jensen.posteriors.full_rank import FullRank
from jensen.posteriors.iaf import IAF
from jensen.posteriors.ladder import Ladder
from jensen.posteriors.low_rank import LowRank
from jensen.posteriors.mean_field import MeanField, MeanFieldNormal
from jensen.posteriors.mixture import Mixture
from jensen.posteriors.planar import Planar
from jensen.posteriors.spline import Spline
from jensen.posteriors.von_mises_fisher import VonMisesFisherPosterior

POSTERIORS = {
    "mean_field": MeanField,
    "full_rank": FullRank,
    "low_rank": LowRank,
    "mixture": Mixture,
    "planar": Planar,
    "iaf": IAF,
    "spline": Spline,
    "ladder": Ladder,
    "von_mises_fisher": VonMisesFisherPosterior,
    "categorical": CategoricalPosterior,
    "relaxed_categorical": RelaxedCategoricalPosterior,
}
"""Posteriors by the name that `VAE(posterior=...)` takes.

Each is a frozen record of settings whose `build(width, latent_dim, key=...)` gives a head: a
module that takes the encoder's h, shape (width,), to a distribution over z.
"""

__all__ = [
    "IAF",
    "POSTERIORS",
    "CategoricalPosterior",
    "Encoder",
    "EncoderNoise",
    "FullRank",
    "Ladder",
    "LowRank",
    "MeanField",
    "MeanFieldNormal",
    "Mixture",
    "Planar",
    "RelaxedCategoricalPosterior",
    "Spline",
    "VonMisesFisherPosterior",
]
