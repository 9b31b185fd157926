"""Is anything copied? The figures, what stands beside them, and the verdict."""

from dataclasses import replace

import numpy as np

from jensen.evidence.copying import (
    Search,
    Tested,
    affordable,
    distance_ratio,
    exact_copy_test,
    listed,
    membership_test,
    near_copies,
    near_copy_test,
    nearer_share_test,
    search,
    verdict,
)
from jensen.evidence.intervals import jackknife, jackknife_rows
from jensen.evidence.neighbours import equal_rows, nearest
from jensen.evidence.portrait import Histogram
from jensen.evidence.portray import histogram
from jensen.evidence.results import Better, Copying, Measure
from jensen.evidence.sample import Sample
from jensen.evidence.sides import Tables

TRAINING_ROWS, SOURCE_ROWS, BASELINE_ROWS = 30_000, 5_000, 1_000
PICTURE_ROWS = 2_000


def copies(tables: Tables) -> tuple[list[Measure], Copying, tuple[Histogram, ...]]:
    """Every figure of copying, the verdict, and the distances that they are about."""
    part, reference, numbers = _looked_at(tables)
    synthetic = tables.synthetic.take(numbers[1])
    found = search(part, synthetic, reference)
    exact = exact_copy_test(
        tables.training, tables.synthetic, *_exact_parts(tables, part, reference)
    )
    near = near_copy_test(found)
    measures = [
        _copied("exact_copies", "rows equal to a training row", exact, "real", tables),
        _copied("near_copies", "rows all but equal to one", near, "real", tables, len(part)),
        _ratio(found),
    ]
    others: dict[str, Tested] = {}
    if tables.held_out is not None:
        nearer = nearer_share_test(found, tables.rng("dcr_share"))
        member = membership_test(found, tables.rng("membership_auc"))
        others = {
            "samples are nearer to training than to held-out rows": nearer,
            "the samples tell which rows were fitted": member,
        }
        measures += [
            _copied("dcr_share", "nearer to training than held-out", nearer, "half", tables),
            _copied("membership_auc", "membership inference (AUC)", member, "half", tables),
        ]
    measures = _with_baselines(measures, tables, part, reference)
    rows = listed(tables.training, tables.synthetic, found, numbers)
    return measures, verdict(exact, near, others, rows), _distances(tables, found)


def _distances(tables: Tables, found: Search) -> tuple[Histogram, ...]:
    """Distances to the nearest training row, of samples and of real rows that were not fitted;
    with held-out rows also to the nearest of these, out of equally many."""
    unfitted = "held-out rows" if tables.held_out is not None else "other half of the data"
    drawn = histogram(
        "distance to the nearest training row",
        {"samples": found.to_training.first, unfitted: found.reference_to_training.first},
    )
    if tables.held_out is None:
        return (drawn,)
    size = min(len(found.training), len(found.reference))
    rows = found.synthetic.rows(slice(0, PICTURE_ROWS))
    near = {
        f"nearest of {size:,} {what}": nearest(rows, side.rows(slice(0, size))).first
        for what, side in (("training rows", found.training), ("held-out rows", found.reference))
    }
    return drawn, histogram("distance of samples to the nearest real row", near)


def _looked_at(tables: Tables) -> tuple[Sample, Sample, tuple[np.ndarray, np.ndarray]]:
    """Training rows, real rows that are none of these, and the positions of training and
    synthetic rows; fewer than there are where a search would take too long."""
    n_columns, order = len(tables.training.kinds), tables.order
    drawn = tables.rng("copies").permutation(len(tables.synthetic))
    known = tables.held_out
    n = len(order) if known is not None else len(order) // 2
    spare = len(known) if known is not None else len(order) - n
    sizes = affordable(
        n_columns,
        min(n, TRAINING_ROWS),
        min(len(drawn), SOURCE_ROWS),
        min(spare, SOURCE_ROWS),
    )
    chosen = order[: sizes[0]]
    if known is not None:
        reference = known.some(sizes[2], tables.rng("held-out rows"))
    else:
        reference = tables.training.take(order[n : n + sizes[2]])
    return tables.training.take(chosen), reference, (chosen, drawn[: sizes[1]])


def _exact_parts(tables: Tables, part: Sample, reference: Sample) -> tuple[Sample, Sample]:
    """What exact copies are tested against: all of the training if there are held-out rows."""
    if tables.held_out is not None:
        return tables.training, tables.held_out
    return part, reference


_COPY_NOTES = {
    "exact_copies": "all rows; interval: Wilson; p-value: Fisher's",
    "near_copies": "d₁ ≤ d₂ / 10; interval: Wilson; p-value: Fisher's",
    "dcr_share": "at equal sizes; interval: real rows as clusters; p-value: permutation",
    "membership_auc": "interval: DeLong; p-value: permutation",
}
_COPY_SOURCES = {
    "dcr_share": "DCR of TabSyn, arXiv 2310.09656",
    "membership_auc": "Chen et al. 2020, arXiv 1909.03935",
}


def _copied(
    name: str, title: str, test: Tested, better: Better, tables: Tables, known: int | None = None
) -> Measure:
    notes = [_COPY_NOTES[name]]
    if known is not None:
        notes.append(f"among {known:,} training rows")
    if better == "real":
        unseen = "held-out rows" if tables.held_out is not None else "half of the training rows"
        notes.append(f"floor: {unseen}")
    return Measure(
        name,
        title,
        "copying",
        test.estimate,
        better,
        test.rows,
        floor=test.floor,
        p_value=test.p_value,
        note="; ".join(notes),
        source=_COPY_SOURCES.get(name, ""),
    )


def _ratio(found: Search) -> Measure:
    mine, theirs = (distance_ratio(n) for n in (found.to_training, found.reference_to_training))
    values = jackknife_rows(lambda rows: float(np.median(rows)), mine)
    return Measure(
        "nndr",
        "nearest / second nearest (median)",
        "copying",
        jackknife(values, 0.0, 1.0),
        "real",
        len(mine),
        floor=float(np.median(theirs)),
        note="d₁ / d₂; interval: delete-a-tenth jackknife; floor: real rows that were not fitted",
    )


def _with_baselines(
    measures: list[Measure], tables: Tables, part: Sample, reference: Sample
) -> list[Measure]:
    """The measures with the figures of rows that are all copied, and of a product of marginals."""
    n, rng = min(BASELINE_ROWS, len(part)), tables.rng("copying baselines")
    copy, mixed = tables.training.resampled(n, rng), part.some(n, rng).permuted(rng)
    beside = [_figures(tables, search(part, rows, reference), rows) for rows in (mixed, copy)]
    return [
        replace(m, marginals=beside[0].get(m.name), copy=beside[1].get(m.name)) for m in measures
    ]


def _figures(tables: Tables, found: Search, rows: Sample) -> dict[str, float]:
    near = found.to_training
    figures = {
        "exact_copies": float(np.mean(equal_rows(tables.training, rows) >= 0)),
        "near_copies": float(near_copies(near).mean()),
        "nndr": float(np.median(distance_ratio(near))),
    }
    if tables.held_out is not None:
        rng = tables.rng("copying baselines")
        figures["dcr_share"] = nearer_share_test(found, rng).estimate.value
        figures["membership_auc"] = membership_test(found, rng).estimate.value
    return figures
