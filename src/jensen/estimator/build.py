"""Put the terms of the bound together for one table."""

from typing import Annotated, Literal

import jax
import numpy as np
from jaxtyping import Array, Key
from pydantic import BaseModel, ConfigDict, Field

from jensen.data.codec import Codec
from jensen.latent_model import LatentModel
from jensen.likelihoods import LIKELIHOODS, CodeCounts, CodeEmbedding, Codes, RowEmbedding
from jensen.posteriors import POSTERIORS
from jensen.priors import PRIORS

Size = Annotated[int, Field(ge=1)]


class ModelConfig(BaseModel):
    """Which term stands where, and how large its network is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latent_dim: Size = 8
    prior: Literal["normal"] = "normal"
    likelihood: Literal["autoregressive", "independent"] = "autoregressive"
    posterior: Literal["mean_field"] = "mean_field"
    width: Size | None = None
    encoder_width: Size | None = None
    n_blocks: Size = 2

    def resolve(self, codec: Codec) -> "ModelConfig":
        """The same with the widths filled in: narrower for a table of very many codes."""
        d, c = len(codec.coded), max(len(column.counts) for column in codec.coded)
        width = self.width or (128 if d * c <= WIDE else 64)
        return self.model_copy(
            update={"width": width, "encoder_width": self.encoder_width or 2 * width}
        )


WIDE = 32_768
"""Codes of all columns together, padded, from which on the networks are narrower."""


def codes_of(codec: Codec) -> Codes:
    """The constants of a coded table."""
    return Codes.of([CodeCounts(column.counts, column.on_line) for column in codec.coded])


def build_model(codec: Codec, config: ModelConfig, key: Key[Array, ""]) -> LatentModel:
    """p(z), p(x|z) and q(z|x) for the codes of a table, before any training."""
    codes, config = codes_of(codec), config.resolve(codec)
    lkey, ekey, qkey = jax.random.split(key, 3)
    width, encoder_width = config.width or 1, config.encoder_width or 1
    scale = float(1 / np.sqrt(codes.shape[0]))
    embed = RowEmbedding(codes, CodeEmbedding(codes, encoder_width, scale=scale, key=ekey))
    size = {"n_blocks": config.n_blocks}
    likelihood, posterior = LIKELIHOODS[config.likelihood], POSTERIORS[config.posterior]
    return LatentModel(
        prior=PRIORS[config.prior](config.latent_dim),
        likelihood=likelihood.create(codes, config.latent_dim, width=width, key=lkey, **size),
        posterior=posterior.create(embed, config.latent_dim, width=encoder_width, key=qkey, **size),
    )
