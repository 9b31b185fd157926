"""Put the terms of the bound together for one table."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import jax
import numpy as np
from jaxtyping import Array, Key
from pydantic import BaseModel, ConfigDict, Field

from jensen.data.codec import Codec
from jensen.estimator.families import decoder_of, value_columns
from jensen.estimator.fitting_terms import refuse_what_does_not_fit
from jensen.estimator.terms import resolve
from jensen.latent_model import LatentModel
from jensen.likelihoods import (
    CodeCounts,
    CodeEmbedding,
    Codes,
    MixedColumns,
    MixedEmbedding,
    RowEmbedding,
    ValueEmbedding,
    Values,
)
from jensen.networks import Conditional, ResidualMLP
from jensen.posteriors import Encoder

Size = Annotated[int, Field(ge=1)]


class ModelConfig(BaseModel):
    """Which term stands where, and how large its network is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    latent_dim: Size = 8
    prior: str = "normal"
    likelihood: str = "autoregressive"
    posterior: str = "mean_field"
    bound: str = "elbo"
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
    return Codes.of([CodeCounts(c.counts, c.on_line, c.n_modelled) for c in codec.coded])


def build_model(
    codec: Codec, config: ModelConfig, key: Key[Array, ""], objects: Mapping[str, Any] | None = None
) -> LatentModel:
    """p(z), p(x|z) and q(z|x) for the codes of a table, before any training.

    Args:
        codec: of the table.
        config: names and sizes.
        key: for the weights.
        objects: terms that came as objects, by "prior", "likelihood" or "posterior".
    """
    codes, config = codes_of(codec), config.resolve(codec)
    lkey, ekey, qkey, pkey, tkey = jax.random.split(key, 5)
    width, encoder_width = config.width or 1, config.encoder_width or 1
    scale = float(1 / np.sqrt(codes.shape[0]))
    prior, likelihood, posterior = (
        (objects or {}).get(term) or resolve(term, getattr(config, term))
        for term in ("prior", "likelihood", "posterior")
    )
    refuse_what_does_not_fit(config.prior, prior, config.posterior, posterior, config.latent_dim)
    size = {"width": width, "n_blocks": config.n_blocks}
    embed = RowEmbedding(codes, CodeEmbedding(codes, encoder_width, scale=scale, key=ekey))
    decoder, columns = decoder_of(likelihood), value_columns(codec, likelihood)
    if columns:
        values = Values.of(columns)
        vkey = jax.random.fold_in(ekey, 1)
        of_values = ValueEmbedding.create(len(columns), encoder_width, scale=scale, key=vkey)
        embed = MixedEmbedding(codes, embed.embedding, values, of_values)
        decoder = partial(MixedColumns(decoder).build, codes, values)
    else:
        decoder = partial(decoder.build, codes)
    encoder = Encoder(embed, ResidualMLP(encoder_width, config.n_blocks, key=tkey))
    head = posterior.build(encoder_width, config.latent_dim, key=qkey)
    return LatentModel(
        prior=prior.build(config.latent_dim, hidden=encoder_width, key=pkey),
        likelihood=decoder(config.latent_dim, key=lkey, **size),
        posterior=Conditional(encoder, head),
    )
