"""p(x|z): what the data look like, given the latent vector."""

from jensen.likelihoods.autoregressive import Autoregressive, AutoregressiveColumns
from jensen.likelihoods.codes import (
    N_FUNCTIONS,
    CodeCounts,
    CodeEmbedding,
    CodeHead,
    Codes,
    RowEmbedding,
    draw_code,
)
from jensen.likelihoods.families import FAMILIES, Facts
from jensen.likelihoods.independent import Independent, IndependentColumns
from jensen.likelihoods.mixed import Mixed, MixedColumns
from jensen.likelihoods.values import MixedEmbedding, ValueColumn, ValueEmbedding, Values

LIKELIHOODS = {"autoregressive": AutoregressiveColumns, "independent": IndependentColumns}
"""Decoders of a table by the name that `VAE(likelihood=...)` takes.

Each is a frozen record of settings whose `build(codes, latent_dim, width=..., n_blocks=...,
key=...)` gives a module that takes z to a distribution over rows.
"""

__all__ = [
    "FAMILIES",
    "LIKELIHOODS",
    "N_FUNCTIONS",
    "Autoregressive",
    "AutoregressiveColumns",
    "CodeCounts",
    "CodeEmbedding",
    "CodeHead",
    "Codes",
    "Facts",
    "Independent",
    "IndependentColumns",
    "Mixed",
    "MixedColumns",
    "MixedEmbedding",
    "RowEmbedding",
    "ValueColumn",
    "ValueEmbedding",
    "Values",
    "draw_code",
]
