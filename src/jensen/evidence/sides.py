"""The tables of a check, and what is put in the synthetic one's place to compare with."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jensen.errors import TableError
from jensen.evidence.sample import Sample, generator

LEAST_ROWS = 40
MOST_ROWS = 50_000
MOST_SHAPES, MOST_PAIRS_ROWS = 200_000, 50_000
"""Rows a side that figures of columns, and of pairs, are computed from at most."""


@dataclass(frozen=True)
class Tables:
    """Training, synthetic and held-out rows, and the seed of everything drawn from them."""

    training: Sample
    synthetic: Sample
    held_out: Sample | None
    seed: int

    def __post_init__(self) -> None:
        self._enough(self.training, "the training table")
        self._enough(self.synthetic, "the synthetic table")
        if self.held_out is not None:
            self._enough(self.held_out, "the held-out table")

    @staticmethod
    def _enough(sample: Sample, what: str) -> None:
        if len(sample) < LEAST_ROWS:
            raise TableError(
                f"{what} must have at least {LEAST_ROWS} rows to be checked, and has "
                f"{len(sample)}; draw or gather more."
            )

    def rng(self, name: str) -> np.random.Generator:
        """The random numbers of one measure."""
        return generator(self.seed, name)

    @cached_property
    def order(self) -> np.ndarray:
        """The training rows in random order."""
        return self.rng("training rows").permutation(len(self.training))

    @cached_property
    def halves(self) -> "Sides":
        """Equal numbers of rows: a random half of the training table against the others.

        The reference and the floor are two halves that share no row, so that what needs rows of
        its own, a classifier or a nearest neighbour, is compared at one size throughout.
        """
        m = min(len(self.training) // 2, len(self.synthetic), MOST_ROWS)
        floor = self.training.take(self.order[m : 2 * m])
        return Sides(
            self.training.take(self.order[:m]),
            self.synthetic.some(m, self.rng("synthetic rows")),
            floor,
            floor.permuted(self.rng("marginals")),
            self.training.resampled(m, self.rng("copy")),
        )

    def resamples(self, most: int) -> "Sides":
        """All rows, up to `most` of each table; the floor is of two resamples of the training.

        Where rows that repeat do no harm, resamples have the noise of two draws of one
        distribution at the very sizes of the tables.
        """
        training = self._few(self.training, most, "training")
        synthetic = self._few(self.synthetic, most, "synthetic")
        m, rng = len(synthetic), self.rng(f"resamples of {most}")
        first = training.resampled(len(training), rng)
        floor, copy, mixed = (training.resampled(m, rng) for _ in range(3))
        return Sides(training, synthetic, floor, mixed.permuted(rng), copy, first)

    def _few(self, sample: Sample, most: int, name: str) -> Sample:
        if len(sample) <= most:
            return sample
        return sample.some(most, self.rng(f"{name} of {most}"))


@dataclass(frozen=True)
class Sides:
    """A reference and what is compared with it.

    `real` is what the floor is compared with: the reference, or a resample of it.
    """

    reference: Sample
    synthetic: Sample
    floor: Sample
    marginals: Sample
    copy: Sample
    real: Sample | None = None

    def head(self, n: int) -> "Sides":
        """The first n rows of each."""
        sides = (self.reference, self.synthetic, self.floor, self.marginals, self.copy)
        return Sides(*(side.head(n) for side in sides))

    @property
    def baselines(self) -> dict[str, tuple[Sample, Sample]]:
        """What stands beside a figure: name -> the two samples that are compared."""
        return {
            "floor": (self.real or self.reference, self.floor),
            "marginals": (self.reference, self.marginals),
            "copy": (self.reference, self.copy),
        }

    def __len__(self) -> int:
        return min(len(self.reference), len(self.synthetic))
