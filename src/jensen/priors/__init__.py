"""p(z): the distribution of the latent vector, prescribed or learned."""

from jensen.priors.categorical import Categorical, RelaxedCategorical
from jensen.priors.flow import Flow
from jensen.priors.hierarchy import Hierarchy
from jensen.priors.laplace import Laplace
from jensen.priors.learned_normal import LearnedNormal, NormalPrior
from jensen.priors.logistic import Logistic
from jensen.priors.maf import MAF
from jensen.priors.mixture import Mixture, MixturePrior
from jensen.priors.normal import StandardNormal, standard_normal
from jensen.priors.realnvp import RealNVP
from jensen.priors.sphere import Sphere
from jensen.priors.student_t import StudentT
from jensen.priors.vamp import Vamp, VampPrior, of_sum, of_x

PRIORS = {
    "normal": StandardNormal,
    "learned_normal": LearnedNormal,
    "laplace": Laplace,
    "logistic": Logistic,
    "student_t": StudentT,
    "mixture": Mixture,
    "vamp": Vamp,
    "flow": Flow,
    "realnvp": RealNVP,
    "maf": MAF,
    "hierarchy": Hierarchy,
    "sphere": Sphere,
    "categorical": Categorical,
    "relaxed_categorical": RelaxedCategorical,
}
"""Priors by the name that `VAE(prior=...)` takes.

Each is a frozen record of settings whose `build(latent_dim, hidden=..., key=...)` gives a
distribution over z, shape (latent_dim,); `hidden` is the length of the vectors that the encoder
adds up. What is to be learned is a module with `log_prob` and `sample`; a NumPyro distribution
is prescribed.
"""

__all__ = [
    "MAF",
    "PRIORS",
    "Categorical",
    "Flow",
    "Hierarchy",
    "Laplace",
    "LearnedNormal",
    "Logistic",
    "Mixture",
    "MixturePrior",
    "NormalPrior",
    "RealNVP",
    "RelaxedCategorical",
    "Sphere",
    "StandardNormal",
    "StudentT",
    "Vamp",
    "VampPrior",
    "of_sum",
    "of_x",
    "standard_normal",
]
