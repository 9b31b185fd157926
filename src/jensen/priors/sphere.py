"""p(z) = 1 / area: every direction alike."""

from dataclasses import dataclass

from jaxtyping import Array, Key

from jensen.distributions import HypersphericalUniform


@dataclass(frozen=True)
class Sphere:
    """p(z) uniform on the unit sphere (Davidson et al. 2018, arXiv 1804.00891): prescribed."""

    support = "sphere"
    least_dim = 2

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> HypersphericalUniform:
        """z a unit vector, shape (latent_dim,)."""
        return HypersphericalUniform(latent_dim)
