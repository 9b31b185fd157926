"""p(x|z): what the data look like, given the latent vector."""

from jensen.likelihoods.autoregressive import Autoregressive
from jensen.likelihoods.codes import CodeCounts, CodeEmbedding, Codes, RowEmbedding
from jensen.likelihoods.independent import Independent

LIKELIHOODS = {"autoregressive": Autoregressive, "independent": Independent}
"""Decoders of a table by the name that `VAE(likelihood=...)` takes."""

__all__ = [
    "LIKELIHOODS",
    "Autoregressive",
    "CodeCounts",
    "CodeEmbedding",
    "Codes",
    "Independent",
    "RowEmbedding",
]
