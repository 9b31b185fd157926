"""Figures of rows as clouds of points: kernels, projections, supports."""

import numpy as np

from jensen.evidence.encode import Encoder
from jensen.evidence.intervals import GROUPS, jackknife, some_of
from jensen.evidence.kernels import (
    discrepancy,
    distance_kernel,
    gaussian_kernel,
    sliced_wasserstein,
)
from jensen.evidence.results import Better, Measure
from jensen.evidence.sample import Sample
from jensen.evidence.sides import Sides, Tables
from jensen.evidence.support import LEAST_TENTH, support

KERNEL_ROWS, SUPPORT_ROWS, SLICED_ROWS = 2_000, 5_000, 10_000
HALVES = "reference and floor are two halves of the training rows"
JACKKNIFE = "interval: delete-a-tenth jackknife"


def of_halves(tables: Tables, sides: Sides) -> str:
    """What subsampling did, if there was any."""
    told = some_of(len(sides), min(len(tables.training) // 2, len(tables.synthetic)))
    return f"{told}; " if told else ""


def _points(real: Sample, other: Sample) -> tuple[np.ndarray, np.ndarray]:
    encoder = Encoder.fit(real, other)
    return encoder.transform(real), encoder.transform(other)


_KERNELS = {
    "mmd": (gaussian_kernel, "MMD², Gaussian kernel", "Gretton et al. 2012, JMLR 13"),
    "energy": (distance_kernel, "energy distance", "Székely & Rizzo 2013"),
}


def kernels(tables: Tables) -> list[Measure]:
    """MMD² and the energy distance."""
    sides = tables.halves.head(KERNEL_ROWS)
    both = np.concatenate(_points(sides.reference, sides.synthetic))
    beside = {what: np.concatenate(_points(*pair)) for what, pair in sides.baselines.items()}
    measures: list[Measure] = []
    few = of_halves(tables, sides)
    for name, (kernel, title, source) in _KERNELS.items():
        found = discrepancy(kernel(both), tables.rng(name))
        others = {what: discrepancy(kernel(p)).estimate.value for what, p in beside.items()}
        measures.append(
            Measure(
                name,
                title,
                "fidelity",
                found.estimate,
                "lower",
                len(sides),
                **others,
                p_value=found.p_value,
                note=f"{few}unbiased, so noise may make it negative; interval: Normal; {HALVES}",
                source=source,
            )
        )
    return measures


def sliced(tables: Tables) -> Measure:
    """The sliced Wasserstein distance."""
    sides = tables.halves.head(SLICED_ROWS)

    def distance(real: Sample, other: Sample) -> np.ndarray:
        return sliced_wasserstein(*_points(real, other), tables.rng("sliced_wasserstein"))

    beside = {what: float(distance(*pair)[0]) for what, pair in sides.baselines.items()}
    return Measure(
        "sliced_wasserstein",
        "sliced Wasserstein",
        "fidelity",
        jackknife(distance(sides.reference, sides.synthetic), 0.0),
        "lower",
        len(sides),
        **beside,
        note=f"{of_halves(tables, sides)}100 directions; {JACKKNIFE}; {HALVES}",
        source="Bonneel et al. 2015",
    )


_SUPPORT: dict[str, tuple[str, Better, str]] = {
    "alpha_precision": ("α-precision", "higher", "Alaa et al. 2022, arXiv 2102.08921"),
    "beta_recall": ("β-recall", "real", "Alaa et al. 2022, arXiv 2102.08921"),
    "density": ("density", "real", "Naeem et al. 2020, arXiv 2002.09797"),
    "coverage": ("coverage", "higher", "Naeem et al. 2020, arXiv 2002.09797"),
}


def supports(tables: Tables) -> list[Measure]:
    """α-precision, β-recall, density and coverage."""
    sides = tables.halves.head(SUPPORT_ROWS)
    found = support(*_points(sides.reference, sides.synthetic))
    tenths = "interval: spread of the tenths" if len(sides) >= GROUPS * LEAST_TENTH else JACKKNIFE
    how = {"density": tenths, "coverage": tenths}
    beside = {w: support(*_points(*pair), intervals=False) for w, pair in sides.baselines.items()}
    return [
        Measure(
            name,
            title,
            "fidelity",
            getattr(found, name),
            better,
            len(sides),
            **{what: getattr(figures, name).value for what, figures in beside.items()},
            note=f"{of_halves(tables, sides)}{how.get(name, JACKKNIFE)}; {HALVES}",
            source=source,
        )
        for name, (title, better, source) in _SUPPORT.items()
    ]
