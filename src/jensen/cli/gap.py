"""`jensen gap`: how good the bound of a model is, on rows of a table."""

import math
import shutil
from typing import TYPE_CHECKING, Any

from jensen.cli.charts import bar, line_chart
from jensen.cli.inputs import named, read
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, count, nats

if TYPE_CHECKING:
    from jensen.estimator import Gap


def run_gap(
    session: Session,
    model: str,
    data: str,
    seed: int | None,
    sizes: dict[str, int],
    picture: str | None = None,
    force: bool = False,
) -> None:
    """Load, read, measure, draw and tell."""
    from jensen.data import check_output, write_text
    from jensen.estimator.gap import GapSizes

    if picture is not None:
        _check_picture(picture)
        check_output(picture, force=force)
    GapSizes.of(sizes)  # wrong ones are told before the model is loaded
    vae = load(session, model)
    table = read(session, data, header=vae.schema_.origin.header)
    with session.stage("measure", "Measuring the gap"):
        gap = vae.gap(table, seed=seed, report=session.display.stage, **sizes)
    if picture is not None:
        write_text(_picture(gap, model, named(data)), picture, force=force)
    found = gap.model_dump(mode="json") | {
        "output": picture,
        "warnings": list(gap.warnings),
        "model": model,
        "seconds": session.times(),
    }
    told = text(gap, model, named(data))
    drawn = "" if picture is None else f"\n\nDrawn in {picture}"
    session.result(found, told + drawn, asked=True)


def _check_picture(path: str) -> None:
    from jensen.errors import OutputError

    if not path.lower().endswith(".svg"):
        raise OutputError(f"{path} must end in .svg, the format of the picture; name it so.")


def _picture(gap: "Gap", model: str, data: str) -> str:
    from jensen.cli.pictures import Point, tightening_picture

    curve = [Point(p.k, p.bound.value, p.rise.standard_error) for p in gap.curve]
    # AIS walks for fewer rows, whose bounds may be higher or lower than those of the others: the
    # line is IWAE of all rows and, above it, what AIS adds to IWAE of those it walked for
    above = gap.ais and gap.ais.above_iwae
    ais = above and Point(1.0, gap.iwae.bound.value + above.value, above.standard_error)
    rows = "" if gap.ais is None or gap.ais.n_rows == gap.n_rows else f", {gap.ais.n_rows} rows"
    title = f"{named(model)}: the bound on {count(gap.n_rows, 'row')} of {data}"
    name = f"AIS, {gap.temperatures:,} steps{rows}"
    return tightening_picture(curve, ais, title=title, level_name=name)


def text(gap: "Gap", model: str, data: str) -> str:
    """A page about the bound of a model."""
    head = f"{named(model)}: the bound on {count(gap.n_rows, 'row')} of {data}"
    parts = [
        [head, *aligned(_terms(gap))],
        ["KL(q(z|x) ‖ p(z)), in parts, nats per row", *aligned(_split(gap.split))],
        _dimensions(gap.kl_per_dimension),
        ["Gap KL(q(z|x) ‖ p(z|x)) = log p(x) − ELBO, nats per row", *aligned(_gaps(gap))],
        _curve(gap.curve),
        [f"Warning: {warning}" for warning in gap.warnings],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _mean(mean: Any) -> str:
    return nats(mean.value, mean.standard_error)


def _terms(gap: "Gap") -> list[tuple[str, str]]:
    return [
        ("ELBO", f"{_mean(gap.elbo)} nats per row (mean ± standard error)"),
        ("reconstruction", _mean(gap.reconstruction)),
        ("KL", _mean(gap.kl)),
    ]


def _split(split: Any) -> list[tuple[str, str]]:
    pairs = [("mutual information of row and z", _mean(split.index_code))]
    if split.total_correlation is None:
        return [*pairs, ("aggregate posterior to prior", _mean(split.marginal))]
    return [
        *pairs,
        ("total correlation of z", _mean(split.total_correlation)),
        ("dimensions of z to prior", _mean(split.dimension_wise)),
    ]


def _dimensions(kl: tuple[float, ...]) -> list[str]:
    order = sorted(range(len(kl)), key=lambda i: -kl[i])
    bars = [(f"z{i + 1}", f"{kl[i]:6.3f}  {bar(kl[i], max(kl))}".rstrip()) for i in order]
    return ["KL per latent dimension, nats", *aligned(bars)] if kl else []


def _gaps(gap: "Gap") -> list[tuple[str, str]]:
    def below(found: Any, n: int, what: str, beyond: str = "") -> str:
        rows = f"{what} − ELBO, {count(found.n_rows, 'row')}"
        weights = f"{found.ess:.1f} of {n:,}, in the worst row {found.least_ess:.1f}"
        return f"{_mean(found.gap)} (from below: {rows}{beyond}; effective weights {weights})"

    pairs = [("at least", below(gap.iwae, gap.k, f"IWAE with {gap.k:,} draws"))]
    if gap.ais is None or gap.simulated is None:
        return [*pairs, ("no AIS", "z is not a vector of reals")]
    made = gap.simulated
    walks = f"AIS over {gap.temperatures:,} temperatures"
    beyond = f"; AIS − IWAE of these {_mean(gap.ais.above_iwae)}"
    return [
        *pairs,
        ("at least", below(gap.ais, gap.chains, walks, beyond)),
        (
            "simulated rows",
            f"{_ends(made)} ({count(made.n_rows, 'row')} that the model made; AIS there and back, "
            f"{_mean(made.between)} apart)",
        ),
    ]


def _ends(made: Any) -> str:
    below, above = _mean(made.below), _mean(made.above)
    if made.told_apart:
        return f"from {below} to {above}"
    return f"{below} from below and {above} from above, not told apart"


def _curve(curve: Any) -> list[str]:
    if len(curve) < 2:
        return []
    width = max(min(shutil.get_terminal_size().columns - 14, 72), 20)
    x, y = [math.log10(point.k) for point in curve], [point.bound.value for point in curve]
    ends = ("K = 1", f"{curve[-1].k:,} draws")
    chart = line_chart(x, y, width=width, whole=True, ends=ends)
    return ["IWAE bound as its draws grow, nats per row", *(f"  {line}" for line in chart)]
