"""The tables of a check, and what is put in the synthetic one's place to compare with."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jensen.errors import TableError
from jensen.evidence.floor import Distances, noise_floor, times_for
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

    def resamples(self, most: int) -> "Whole":
        """All rows in random order, up to `most` of each table; marginals and copy are resamples
        of the training rows, as many as there are synthetic ones."""
        training = self.training.take(self.order[:most])
        synthetic = self.synthetic.some(most, self.rng("synthetic rows"))
        rng = self.rng(f"resamples of {most}")
        copy, mixed = (training.resampled(len(synthetic), rng) for _ in range(2))
        return Whole(training, synthetic, mixed.permuted(rng), copy)

    def floor(self, name: str, most: int, items: int, distances: Distances) -> np.ndarray:
        """The noise floor of distances, [k], between tables of all rows, up to `most` of each.

        Args:
            name: of the figure, for its random numbers.
            items: columns or pairs that they look at.
            distances: as in `noise_floor`.
        """
        training = self.training.take(self.order[:most])
        m = min(most, len(self.synthetic))
        times = times_for(len(training), items)
        return noise_floor(distances, training, m, times, self.rng(f"floor of {name}"))


@dataclass(frozen=True)
class Sides:
    """A reference and what is compared with it."""

    reference: Sample
    synthetic: Sample
    floor: Sample
    marginals: Sample
    copy: Sample

    def head(self, n: int) -> "Sides":
        """The first n rows of each."""
        sides = (self.reference, self.synthetic, self.floor, self.marginals, self.copy)
        return Sides(*(side.head(n) for side in sides))

    @property
    def baselines(self) -> dict[str, tuple[Sample, Sample]]:
        """What stands beside a figure: name -> the two samples that are compared."""
        return {
            "floor": (self.reference, self.floor),
            "marginals": (self.reference, self.marginals),
            "copy": (self.reference, self.copy),
        }

    def __len__(self) -> int:
        return min(len(self.reference), len(self.synthetic))


@dataclass(frozen=True)
class Whole:
    """All rows of both tables, and what else is compared with the training rows."""

    reference: Sample
    synthetic: Sample
    marginals: Sample
    copy: Sample

    @property
    def baselines(self) -> dict[str, tuple[Sample, Sample]]:
        """As `Sides.baselines`; the floor is `Tables.floor`."""
        return {
            "marginals": (self.reference, self.marginals),
            "copy": (self.reference, self.copy),
        }

    def __len__(self) -> int:
        return min(len(self.reference), len(self.synthetic))
