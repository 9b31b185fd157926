"""Which prior and which posterior go together."""

from typing import Any

from jensen.errors import OptionError
from jensen.posteriors import POSTERIORS
from jensen.priors import PRIORS

SUPPORTS = {
    "real": "all real vectors",
    "sphere": "unit vectors",
    "one_hot": "vectors that are 1 at one place and 0 elsewhere",
    "simplex": "positive vectors of sum one",
}
"""What z can be, in words."""


def support(record: Any) -> str:
    """Which z a prior or a posterior is about: "real" where it says nothing."""
    return getattr(record, "support", "real")


def refuse_what_does_not_fit(
    prior_name: str, prior: Any, posterior_name: str, posterior: Any, latent_dim: int
) -> None:
    """Refuse a prior and a posterior with no finite KL(q || p) between them.

    Args:
        prior_name, posterior_name: as the user gave them.
        prior, posterior: their records of settings.
        latent_dim: entries of z.

    Raises:
        OptionError: naming both and what fits.
    """
    if support(prior) != support(posterior):
        raise OptionError(_different(prior_name, prior, posterior_name, posterior))
    needed = getattr(posterior, "needs_prior", None)
    if needed is not None and not isinstance(prior, PRIORS[needed]):
        raise OptionError(
            f"posterior {posterior_name!r} must have prior {needed!r}, whose layers it goes down, "
            f"and not {prior_name!r}; choose prior={needed!r}, or another posterior: "
            f"{_fitting(POSTERIORS, 'real', but=posterior)}."
        )
    for term, name, record in (
        ("prior", prior_name, prior),
        ("posterior", posterior_name, posterior),
    ):
        least = getattr(record, "least_dim", 1)
        if latent_dim < least:
            raise OptionError(
                f"{term} {name!r} must have a latent_dim of at least {least}, since z is one of "
                f"the {SUPPORTS[support(record)]}; latent_dim is {latent_dim}."
            )


def _different(prior_name: str, prior: Any, posterior_name: str, posterior: Any) -> str:
    p, q = support(prior), support(posterior)
    return (
        f"prior and posterior must be about the same z: prior {prior_name!r} is about "
        f"{SUPPORTS[p]}, posterior {posterior_name!r} about {SUPPORTS[q]}, so there is no "
        f"KL(q || p) and no bound; with this prior choose posterior {_fitting(POSTERIORS, p)}, "
        f"with this posterior prior {_fitting(PRIORS, q)}."
    )


def _fitting(known: Any, wanted: str, *, but: Any = None) -> str:
    """Names of the terms of one support."""
    names = [n for n, kind in known.items() if support(kind) == wanted]
    names = [n for n in names if but is None or not isinstance(but, known[n])]
    return " or ".join(map(repr, names))
