"""What `jensen.evidence` finds of copies in pandas and Polars tables with their ``kinds``."""

from __future__ import annotations

from benchmarks.measures import Kinds, arrays
from jensen.evidence import neighbours as n


def neighbours(
    training, held_out, synthetic, kinds: Kinds, *, seed: int = 0, n_jobs: int | None = None
) -> dict[str, float]:
    """``nearer_to_training``, ``copying`` and ``exact_copies``: see there."""
    tables = arrays(kinds, training, held_out, synthetic)
    return n.copying_shares(*tables, seed=seed, n_jobs=n_jobs)


def exact_copies(training, synthetic, kinds: Kinds) -> float:
    return n.exact_copies(*arrays(kinds, training, synthetic))
