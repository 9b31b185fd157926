"""A model from its file."""

from pathlib import Path
from typing import Any

from jensen.errors import OptionError
from jensen.estimator.arguments import TRAINING
from jensen.estimator.file import load_model
from jensen.estimator.terms import TERMS
from jensen.estimator.vae import VAE


def load(path: str | Path, **objects: Any) -> VAE:
    """The model that `VAE.save` or `jensen fit` wrote; loading runs no code of the file.

    Args:
        path: of the file.
        objects: prior, likelihood, posterior or bound, where the model was fitted with an object.
    """
    for term in objects:
        if term not in TERMS:
            raise OptionError(f"load takes {', '.join(TERMS)} besides the path, not {term!r}.")
    fitted = load_model(path, objects)
    names = {"latent_dim", *TERMS, "width", "n_blocks"}
    vae = VAE(
        **(fitted.model_config.model_dump(include=names) | objects),
        **fitted.training_config.model_dump(include=set(TRAINING)),
        seed=fitted.seed,
    )
    vae.fitted_ = fitted
    return vae
