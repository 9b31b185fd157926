"""What the flow priors share: z = f(e), e ~ N(0, I), with a log p(z) that is fast."""

from flowjax.bijections import AbstractBijection, Invert
from flowjax.distributions import StandardNormal, Transformed

from jensen.errors import OptionError


def flow_prior(bijection: AbstractBijection) -> Transformed:
    """log p(z) = log N(g(z); 0, I) + log |det dg/dz| for a bijection g that is fast forward."""
    return Transformed(StandardNormal(bijection.shape), Invert(bijection))


def check_dimension(name: str, latent_dim: int) -> None:
    """Refuse a flow whose entries depend on one another where there is one entry.

    Raises:
        OptionError: latent_dim is 1.
    """
    if latent_dim < 2:
        raise OptionError(
            f"prior {name!r} must have a latent_dim of at least 2, because each entry of z is "
            f"transformed given others, and latent_dim is {latent_dim}. Choose a larger one, or "
            "another prior, such as 'learned_normal' or 'mixture'."
        )
