"""The dimensions of z by themselves, for objectives that weigh each."""

from typing import Any

from numpyro.distributions import Independent

from jensen.errors import OptionError


def factors(name: str, term: str, distribution: Any) -> Any:
    """The distribution of each dimension, as one of batch shape (latent_dim,)."""
    is_product = isinstance(distribution, Independent) and not hasattr(distribution, "points")
    if not (is_product and len(distribution.base_dist.batch_shape) == 1):
        raise OptionError(
            f"bound {name!r} needs a {term} whose dimensions are independent, a NumPyro "
            f"distribution with .to_event(1), and got {type(distribution).__name__}: choose "
            f"another bound, or another {term}."
        )
    return distribution.base_dist
