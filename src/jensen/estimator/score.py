"""Bounds of rows that are tighter than the ELBO."""

from typing import Any

import numpy as np

from jensen.bounds import Ais, Weighted, ais_rows, iwae_rows
from jensen.data import Table
from jensen.errors import OptionError
from jensen.estimator.draw import random_key
from jensen.estimator.fitted import Fitted

BOUNDS = ("elbo", "iwae", "ais")
"""What `jensen score --bound` takes."""
DEFAULT_K, MOST_K, CHAINS = 100, 1_000_000, 8


def check_bound(bound: str, k: Any) -> None:
    """Raise unless there is such a bound and k is one of its sizes.

    Raises:
        OptionError: there is none, or k is out of range.
    """
    if bound not in BOUNDS:
        raise OptionError(f"bound must be one of {', '.join(BOUNDS)}, and is {bound!r}.")
    if k is not None and not (isinstance(k, int | np.integer) and 1 <= k <= MOST_K):
        raise OptionError(f"k must be a whole number from 1 to {MOST_K}, and is {k!r}.")


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
