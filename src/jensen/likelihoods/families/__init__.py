"""Families p(x_j | z) of numeric columns: densities and masses over their values.

Each is a frozen record of settings with

    domain            where its values lie: a name of `jensen.data.codec.DOMAINS`
    n_parameters      how many numbers the network predicts for a column
    n_shared(facts)   how many more are learned per column; optional, none without it
    joint             whether all its columns have one distribution; optional, False without it
    period            of the domain "angle"

and, called with parameters (g, n_parameters), shared (g, n_shared) and the `Facts` of g columns,
it gives a distribution over standardised values, of batch shape (g,); a joint one has event
shape (g,). Parameters and shared numbers start near 0.
"""

from collections.abc import Mapping
from typing import Any

from jensen.likelihoods.families.bernoulli import Bernoulli
from jensen.likelihoods.families.beta import Beta
from jensen.likelihoods.families.continuous_bernoulli import ContinuousBernoulli
from jensen.likelihoods.families.discretized_logistic import DiscretizedLogistic
from jensen.likelihoods.families.facts import Facts, n_shared
from jensen.likelihoods.families.gamma import Gamma
from jensen.likelihoods.families.laplace import Laplace
from jensen.likelihoods.families.log_normal import LogNormal
from jensen.likelihoods.families.mixture import Mixture
from jensen.likelihoods.families.multinomial import Multinomial
from jensen.likelihoods.families.negative_binomial import NegativeBinomial
from jensen.likelihoods.families.normal import Normal, NormalFixed, NormalShared
from jensen.likelihoods.families.normal_full import NormalFull
from jensen.likelihoods.families.ordinal import Ordinal
from jensen.likelihoods.families.poisson import Poisson
from jensen.likelihoods.families.student_t import StudentT
from jensen.likelihoods.families.von_mises import VonMises
from jensen.likelihoods.families.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial
from jensen.likelihoods.families.zero_inflated_poisson import ZeroInflatedPoisson

FAMILIES: Mapping[str, Any] = {
    "normal": Normal,
    "normal_shared": NormalShared,
    "normal_fixed": NormalFixed,
    "normal_full": NormalFull,
    "student_t": StudentT,
    "laplace": Laplace,
    "log_normal": LogNormal,
    "gamma": Gamma,
    "beta": Beta,
    "continuous_bernoulli": ContinuousBernoulli,
    "von_mises": VonMises,
    "bernoulli": Bernoulli,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
    "zero_inflated_poisson": ZeroInflatedPoisson,
    "zero_inflated_negative_binomial": ZeroInflatedNegativeBinomial,
    "discretized_logistic": DiscretizedLogistic,
    "ordinal": Ordinal,
    "multinomial": Multinomial,
    "mixture": Mixture,
}
"""Families by the name that a column's `likelihood` and `VAE(likelihood=...)` take."""


def is_family(term: Any) -> bool:
    """Whether a term is a family of columns, not a decoder of whole rows."""
    return hasattr(term, "n_parameters") and hasattr(term, "domain")


def is_joint(family: Any) -> bool:
    """Whether all columns of a family have one distribution."""
    return bool(getattr(family, "joint", False))


__all__ = ["FAMILIES", "Facts", "is_family", "is_joint", "n_shared"]
