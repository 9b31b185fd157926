"""Bounds of rows: the ELBO, with q(z|x) refined if asked for, and tighter ones."""

from typing import Any

import numpy as np

from jensen.bounds import Ais, Bound, Weighted, ais_rows, elbo_rows, iwae_rows, refined_rows
from jensen.data import Table
from jensen.errors import OptionError
from jensen.estimator.arguments import whole
from jensen.estimator.draw import random_key
from jensen.estimator.fitted import Fitted

BOUNDS = ("elbo", "iwae", "ais")
"""What `jensen score --bound` takes."""
DEFAULT_K, MOST_K, CHAINS = 100, 1_000_000, 8
MOST_STEPS = 10_000


def check_bound(bound: str, k: Any, refine: int = 0) -> None:
    """Raise unless there is such a bound, k is one of its sizes, and it can be refined if asked.

    Raises:
        OptionError: there is none, k is out of range, or it has no q(z|x) to refine.
    """
    if bound not in BOUNDS:
        raise OptionError(f"bound must be one of {', '.join(BOUNDS)}, and is {bound!r}.")
    if refine and bound != "elbo":
        raise OptionError(f"refine is for bound 'elbo', and bound is {bound!r}: give one of them.")
    if k is not None and not (isinstance(k, int | np.integer) and 1 <= k <= MOST_K):
        raise OptionError(f"k must be a whole number from 1 to {MOST_K}, and is {k!r}.")


def score_terms(fitted: Fitted, table: Table, n_samples: int, refine: int, seed: int) -> Bound:
    """The ELBO of every row and its terms, nats; each row's q(z|x) improved by `refine` steps.

    Raises:
        OptionError: refine is negative or too large, or q(z|x) is no product of Normals.
    """
    refine = whole("refine", refine, 0, MOST_STEPS)
    x, log_det = fitted.codec.encode_with_log_det(table)
    key, model = random_key(seed), fitted.model
    if refine:
        bound = refined_rows(key, model, x, steps=refine, n_samples=n_samples).bound
    else:
        bound = elbo_rows(key, model, x, n_samples=n_samples)
    return Bound(bound.value + log_det, bound.reconstruction + log_det, bound.kl)


def score_bound(fitted: Fitted, table: Table, bound: str, k: int | None, seed: int) -> Weighted:
    """IWAE with k draws, or AIS over k temperatures, of every row, in nats of the data's units."""
    check_bound(bound, k)
    if bound == "elbo":
        raise OptionError("bound 'elbo' has no weights: use score_terms; or give 'iwae' or 'ais'.")
    codes, log_det = fitted.codec.encode_with_log_det(table)
    key, k = random_key(seed), DEFAULT_K if k is None else int(k)
    if bound == "iwae":
        found = iwae_rows(key, fitted.model, codes, n_samples=k)
    else:
        chains = ais_rows(key, fitted.model, codes, Ais(n_temperatures=k, n_chains=CHAINS))
        found = Weighted(chains.value, chains.ess)
    return Weighted(np.asarray(found.value) + log_det, found.ess)
