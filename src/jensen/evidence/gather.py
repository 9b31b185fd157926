"""All questions asked of one pair of tables, one after the other."""

from collections.abc import Callable, Mapping, Sequence

from jensen.errors import OptionError
from jensen.evidence.copies import copies
from jensen.evidence.every_target import EVERY, every_target
from jensen.evidence.evidence import Evidence
from jensen.evidence.fidelity import columns, fidelity, pairs
from jensen.evidence.likeness import SURE
from jensen.evidence.look import look, together
from jensen.evidence.modes import regions
from jensen.evidence.portrait import FitPortrait, Portrait
from jensen.evidence.portray import marginals, pair_grid, telling_pairs
from jensen.evidence.results import Measure, Prediction, Region
from jensen.evidence.sample import Sample
from jensen.evidence.sides import MOST_SHAPES, Tables
from jensen.evidence.utility import predictions, score_interval, scored, task, unpredictable

Report = Callable[[str], object]
UTILITY_ROWS = 20_000


def gather(
    tables: Tables,
    *,
    target: str | None = None,
    left_out: Mapping[str, str] | None = None,
    bound: Sequence[Measure] = (),
    fit: FitPortrait | None = None,
    notes: Sequence[str] = (),
    report: Report = str,
) -> Evidence:
    """Every figure of `tables`.

    Args:
        target: the column that a model is to predict, "all" for each in turn (unless a column has
            this name), None for no figures of utility.
        left_out: column -> why it takes no part; told as it is.
        bound, fit: figures and pictures of a model, computed by whoever knows it.
        notes: what is to be known of these.
        report: called with a sentence before each part.

    Raises:
        OptionError: the target cannot be predicted.
    """
    one = None if target is None or target not in tables.training.kinds else target
    if one is not None:
        _check_target(tables, one)
    measures = list(fidelity(tables, report))
    of_columns, column_findings = columns(tables, report)
    of_pairs, pair_findings, pairs_differ, apart = pairs(tables, report)
    measures += [*of_columns, *of_pairs]
    predicted: tuple[Prediction, ...] = ()
    if target == EVERY and target not in tables.training.kinds:
        of_targets, predicted = every_target(tables, report)
        measures += of_targets
        notes = [*notes, *_not_predicted(tables)]
    elif target is not None:
        report(f"Predicting {target}")
        measures += utility(tables, target)
    report("Looking for copies")
    of_copying, copying, distances = copies(tables)
    report("Looking where the classifier sees a difference")
    found = look(tables.halves, tables.rng("look"))
    portrait = Portrait(
        marginals(tables, tables.resamples(MOST_SHAPES)),
        () if apart is None else telling_pairs(apart),
        None if apart is None else pair_grid(apart),
        found,
        distances,
        fit,
    )
    trees = next(m for m in measures if m.name == "c2st_auc")
    alone = pairs_differ or any(column.differs for column in column_findings)
    if not alone and trees.p_value is not None and trees.p_value <= SURE:
        notes = [*notes, *together(found)]
    report("Looking for missing modes")
    rows = {"training": len(tables.training), "synthetic": len(tables.synthetic)}
    if tables.held_out is not None:
        rows["held_out"] = len(tables.held_out)
    return Evidence(
        rows=rows,
        columns_left_out=dict(left_out or {}),
        measures=(*measures, *of_copying, *bound),
        columns=tuple(column_findings),
        pairs=tuple(pair_findings),
        regions=modes(tables),
        copying=copying,
        seed=tables.seed,
        predictions=predicted,
        portrait=portrait,
        pairs_differ=pairs_differ,
        notes=tuple(notes),
    )


def _check_target(tables: Tables, target: str) -> None:
    """Before anything is computed: what a user names is not left out in silence."""
    why = unpredictable(target, tables.training, _tested(tables))
    if why is not None:
        raise OptionError(
            f"the target must be a column that can be predicted, and {target!r} cannot: {why}; "
            "name another, or none."
        )


def _not_predicted(tables: Tables) -> list[str]:
    """Columns that are no target, with --target all."""
    test = _tested(tables)
    whys = {name: unpredictable(name, tables.training, test) for name in tables.training.kinds}
    return [f"{name} is not predicted: {why}" for name, why in whys.items() if why is not None]


def _tested(tables: Tables) -> Sample:
    """The rows that predictions are tested on: held out, or the other half of the training rows."""
    if tables.held_out is None:
        return tables.halves.head(UTILITY_ROWS).floor
    return tables.held_out.some(UTILITY_ROWS, tables.rng("test rows"))


def modes(tables: Tables) -> tuple[Region, ...]:
    """Regions found in one half of the rows and tested in the other."""
    real = tables.training.take(tables.order[: 2 * len(tables.halves.reference)])
    synthetic = tables.synthetic.some(len(real), tables.rng("synthetic rows"))
    parts = [
        (side.take(slice(0, len(side) // 2)), side.take(slice(len(side) // 2, len(side))))
        for side in (real, synthetic)
    ]
    return regions((parts[0][0], parts[1][0]), (parts[0][1], parts[1][1]))


def utility(tables: Tables, target: str) -> list[Measure]:
    """Train on synthetic rows, test on real ones; beside it train on real rows.

    The test rows are held-out ones, or, without any, the second half of the training rows.
    """
    sides = tables.halves
    half = sides.head(UTILITY_ROWS)
    fits = {
        "real": half.reference, "synthetic": half.synthetic, "marginals": half.marginals,
        "copy": half.copy,
    }  # fmt: skip
    test = _tested(tables)
    if tables.held_out is None:  # rows of the test must not be among those of a baseline
        fits |= {
            "marginals": half.reference.permuted(tables.rng("utility marginals")),
            "copy": half.reference.resampled(len(half), tables.rng("utility copy")),
        }
    asked = task(target, tables.training, test)
    if asked is None:
        return []
    made = {what: predictions(asked, rows) for what, rows in fits.items()}
    beside = {what: scored(asked, predicted) for what, predicted in made.items()}
    of = "held-out rows" if tables.held_out is not None else "the other half of the training rows"
    every = min(len(tables.training) // 2, len(tables.synthetic))
    fitted = (
        "" if len(half) == every
        else f"fitted to {len(half):,} of {every:,} rows a side, so all scores are lower; "
    )  # fmt: skip
    return [
        Measure(
            "tstr",
            f"predicting {target} from samples ({asked.score})",
            "utility",
            score_interval(asked, made["synthetic"], tables.rng("tstr")),
            "higher",
            len(half),
            floor=beside["real"],
            marginals=beside["marginals"],
            copy=beside["copy"],
            note=f"{fitted}boosted trees, tested on {len(asked.test):,} of {of}; interval: "
            "bootstrap of them; in place of a floor: trained on real rows",
            source="Esteban et al. 2017, arXiv 1706.02633",
        )
    ]
