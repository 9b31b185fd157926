"""Is anything copied? The figures, what stands beside them, and the verdict."""

from dataclasses import replace

import numpy as np

from jensen.evidence.copied import listed, verdict
from jensen.evidence.copying import (
    Search,
    Tested,
    affordable,
    distance_ratio,
    exact_copy_test,
    members_of,
    membership_test,
    met_exactly_test,
    met_near_test,
    near_copies,
    near_copy_test,
    nearer_share_test,
    search,
    search_all,
    unseen_test,
)
from jensen.evidence.intervals import jackknife, jackknife_rows, some_of
from jensen.evidence.neighbours import equal_rows, nearest
from jensen.evidence.portrait import Histogram
from jensen.evidence.portray import histogram
from jensen.evidence.repeats import repeated_test
from jensen.evidence.results import Better, Copying, Estimate, Measure
from jensen.evidence.sample import Sample
from jensen.evidence.sides import Tables

TRAINING_ROWS, SOURCE_ROWS, BASELINE_ROWS = 30_000, 5_000, 1_000
PICTURE_ROWS = 2_000


def copies(tables: Tables) -> tuple[list[Measure], Copying, tuple[Histogram, ...]]:
    """Every figure of copying, the verdict, and the distances that they are about."""
    rows, reference, numbers = _looked_at(tables)
    synthetic = tables.synthetic.take(numbers[1])
    if reference is None:
        found = search_all(rows, synthetic, SOURCE_ROWS)
    else:
        found = search(rows, synthetic, reference)
    copied, signs = _tests(tables, rows, synthetic, found)
    near, exact = (copied | signs)["near_copies"], (copied | signs)["exact_copies"]
    measures = [
        _copied("exact_copies", "rows equal to a training row", exact, "real", tables, found),
        _copied(
            "near_copies", "rows all but equal to one", _no_less(near, exact), "real", tables, found
        ),
        _ratio(tables, found),
    ]
    if tables.held_out is not None:
        nearer, member = signs[_NEARER], signs[_MEMBER]
        measures += [
            _copied("dcr_share", "nearer to training than held-out", nearer, "half", tables, found),
            _copied("membership_auc", "membership inference (AUC)", member, "half", tables, found),
        ]
    measures = _with_baselines(measures, tables, rows, reference)
    pairs = listed(tables.training, tables.synthetic, found, numbers)
    told = verdict(copied, signs, pairs, held_out=tables.held_out is not None)
    return measures, told, _distances(tables, found)


def _no_less(near: Tested, exact: Tested) -> Tested:
    """Near copies, of which exact ones are a part also where not all rows are looked at."""
    n, e = near.estimate, exact.estimate.value
    return replace(near, estimate=Estimate(max(n.value, e), n.low, max(n.high, e)))


_NEARER = "samples are nearer to training than to held-out rows"
_MEMBER = "the samples tell which rows were fitted"


_REPEATED = "one training row comes again and again"


def _tests(
    tables: Tables, rows: Sample, synthetic: Sample, found: Search
) -> tuple[dict[str, Tested], dict[str, Tested]]:
    """Tests that can say "copies", and those that can say "signs".

    With held-out rows all are exact, but for that of one row repeated. Without, how often one half
    of the data repeats the other stands in for them, which supposes that the samples are as spread
    out as the data: no more than a sign.
    """
    repeated = repeated_test(tables.training, tables.synthetic, tables.held_out)
    if tables.held_out is None:
        copied = {"unseen": unseen_test(tables.training, tables.synthetic)}
        half = len(rows) // 2
        part, apart = rows.head(half), rows.take(slice(half, half + SOURCE_ROWS))
        exact = exact_copy_test(tables.training, tables.synthetic, part, apart)
        near = near_copy_test(search(part, synthetic, apart), found)
        return copied, {"exact_copies": exact, "near_copies": near, _REPEATED: repeated}
    copied = {
        "exact_copies": met_exactly_test(tables.training, tables.held_out, tables.synthetic),
        "near_copies": met_near_test(found),
    }
    return copied, {
        _NEARER: nearer_share_test(found, tables.rng("dcr_share")),
        _MEMBER: membership_test(found, tables.rng("membership_auc")),
        _REPEATED: repeated,
    }


def _distances(tables: Tables, found: Search) -> tuple[Histogram, ...]:
    """Distances to the nearest training row, of samples and of real rows that were not fitted;
    with held-out rows also to the nearest of these, out of equally many."""
    unfitted = "held-out rows" if tables.held_out is not None else "training rows, to others"
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


def _looked_at(
    tables: Tables,
) -> tuple[Sample, Sample | None, tuple[np.ndarray, np.ndarray]]:
    """Training rows in random order, held-out rows if there are any, and the positions of training
    and synthetic rows; fewer than there are where a search would take too long."""
    n_columns, order = len(tables.training.kinds), tables.order
    drawn = tables.rng("copies").permutation(len(tables.synthetic))
    known = tables.held_out
    sizes = affordable(
        n_columns,
        min(len(order), TRAINING_ROWS),
        min(len(drawn), SOURCE_ROWS),
        min(len(order if known is None else known), SOURCE_ROWS),
    )
    chosen = order[: sizes[0]]
    reference = None if known is None else known.some(sizes[2], tables.rng("held-out rows"))
    return tables.training.take(chosen), reference, (chosen, drawn[: sizes[1]])


_COPY_NOTES = {
    "exact_copies": "interval: Wilson",
    "near_copies": "d₁ ≤ d₂ / 10; interval: Wilson",
    "dcr_share": "at equal sizes; interval: real rows as clusters; p-value: permutation",
    "membership_auc": "interval: DeLong; p-value: permutation",
}
_COPY_SOURCES = {
    "dcr_share": "DCR of TabSyn, arXiv 2310.09656",
    "membership_auc": "Chen et al. 2020, arXiv 1909.03935",
}


def _copied(
    name: str, title: str, test: Tested, better: Better, tables: Tables, found: Search
) -> Measure:
    notes = [_COPY_NOTES[name]]
    if better == "real":
        known = tables.held_out is not None
        notes.append(
            "p-value: Fisher's, of which real rows are met" if known else
            "p-value: Fisher's, of halves of the training rows, if samples are as spread out as "
            "the data"
        )  # fmt: skip
        notes.append(f"floor: {'held-out rows' if known else 'training rows among the others'}")
    return Measure(
        name,
        title,
        "copying",
        test.estimate,
        better,
        test.rows,
        floor=test.floor,
        p_value=test.p_value,
        note="; ".join([*notes, *_looked_at_words(name, tables, found)]),
        source=_COPY_SOURCES.get(name, ""),
    )


def _looked_at_words(name: str, tables: Tables, found: Search) -> list[str]:
    """Which rows a figure is of, and what it does to the interval that there are no more."""
    if name == "exact_copies":
        return ["all rows"]
    seen, every = len(found.training), len(tables.training)
    if name == "membership_auc":
        held_out = 0 if tables.held_out is None else len(tables.held_out)
        seen, few = members_of(found), some_of(len(found.reference), held_out, "held-out rows")
    else:
        few = some_of(len(found.synthetic), len(tables.synthetic), "samples")
    of = f"{seen:,}" if seen == every else f"{seen:,} of {every:,}"
    held = f" and {len(found.reference):,} held-out ones" if name == "dcr_share" else ""
    return [f"among {of} training rows{held}", *([few] if few else [])]


def _ratio(tables: Tables, found: Search) -> Measure:
    mine, theirs = (distance_ratio(n) for n in (found.to_training, found.reference_to_training))
    values = jackknife_rows(lambda rows: float(np.median(rows)), mine)
    notes = [
        "d₁ / d₂; interval: delete-a-tenth jackknife; floor: "
        + ("training rows among the others" if tables.held_out is None else "held-out rows"),
        *_looked_at_words("nndr", tables, found),
    ]
    return Measure(
        "nndr",
        "nearest / second nearest (median)",
        "copying",
        jackknife(values, 0.0, 1.0),
        "real",
        len(mine),
        floor=float(np.median(theirs)),
        note="; ".join(notes),
    )


def _with_baselines(
    measures: list[Measure], tables: Tables, training: Sample, reference: Sample | None
) -> list[Measure]:
    """The measures with the figures of rows that are all copied, and of a product of marginals."""
    n, rng = min(BASELINE_ROWS, len(training)), tables.rng("copying baselines")
    copy, mixed = training.resampled(n, rng), training.some(n, rng).permuted(rng)
    beside = [_figures(tables, training, reference, rows) for rows in (mixed, copy)]
    return [
        replace(m, marginals=beside[0].get(m.name), copy=beside[1].get(m.name)) for m in measures
    ]


def _figures(
    tables: Tables, training: Sample, reference: Sample | None, rows: Sample
) -> dict[str, float]:
    if reference is None:
        found = search_all(training, rows, 1)
    else:
        found = search(training, rows, reference)
    near = found.to_training
    exact = float(np.mean(equal_rows(tables.training, rows) >= 0))
    figures = {
        "exact_copies": exact,
        "near_copies": max(exact, float(near_copies(near).mean())),
        "nndr": float(np.median(distance_ratio(near))),
    }
    if reference is not None:
        rng = tables.rng("copying baselines")
        figures["dcr_share"] = nearer_share_test(found, rng).estimate.value
        figures["membership_auc"] = membership_test(found, rng).estimate.value
    return figures
