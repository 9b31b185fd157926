"""p(x|z): what the data look like, given the latent vector."""

from jensen.likelihoods.autoregressive import Autoregressive
from jensen.likelihoods.codes import CodeCounts, Codes
from jensen.likelihoods.independent import Independent

LIKELIHOODS = {"autoregressive": Autoregressive, "independent": Independent}
"""Decoders of a table by the name that `VAE(likelihood=...)` takes."""

__all__ = ["LIKELIHOODS", "Autoregressive", "CodeCounts", "Codes", "Independent"]
