"""The dimensions of z by themselves, for objectives that weigh each."""

from typing import Any

from numpyro.distributions import Independent

from jensen.errors import OptionError

PRODUCTS = {
    "prior": ("normal", "learned_normal", "laplace", "logistic", "student_t"),
    "posterior": ("mean_field",),
}
"""Names of the priors and posteriors whose dimensions are independent."""


def factors(name: str, term: str, distribution: Any) -> Any:
    """The distribution of each dimension, as one of batch shape (latent_dim,).

    Raises:
        OptionError: the dimensions depend on each other.
    """
    is_product = isinstance(distribution, Independent) and not hasattr(distribution, "points")
    if not (is_product and len(distribution.base_dist.batch_shape) == 1):
        raise OptionError(
            f"bound {name!r} needs a {term} whose dimensions are independent, and those of this "
            f"one are not: choose {term} {' or '.join(map(repr, PRODUCTS[term]))}, or another "
            f"bound. "
            f"A {term} of your own must be a NumPyro distribution with .to_event(1), and not "
            f"{type(distribution).__name__}."
        )
    return distribution.base_dist
