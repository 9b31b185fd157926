"""`jensen info`: a model drawn in the terminal."""

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

from jensen.cli.charts import bar, line_chart
from jensen.cli.inputs import named
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, collapse, count, event_lines, held_out_lines, nats

if TYPE_CHECKING:
    from jensen.data import Column
    from jensen.estimator import VAE

COLUMNS_SHOWN = 40

_TERMS = {
    "normal": "standard Normal in {latent_dim} dimensions",
    "autoregressive": "column after column, each given z and the columns before; "
    "networks of width {width}, {n_blocks} residual blocks",
    "independent": "each column by itself, given z; networks of width {width}, "
    "{n_blocks} residual blocks",
    "mean_field": "Normal, its dimensions independent; networks of width {encoder_width}, "
    "{n_blocks} residual blocks",
}


def run_info(session: Session, model: str) -> None:
    """Load and tell."""
    session.output = None
    vae = load(session, model)
    session.result(describe(vae, model), text(vae, model), asked=True)


def describe(vae: "VAE", model: str) -> dict[str, Any]:
    """All that is known of a model, as plain values."""
    fitted = vae.fitted_
    held_out = fitted.held_out
    measured = held_out.model_dump() | {"collapsed": held_out.collapsed}
    return {
        "model": model,
        "seed": fitted.seed,
        "config": fitted.model_config.model_dump(mode="json"),
        "objective": dict(zip(("name", "is_bound"), _maximised(vae), strict=True)),
        "training": fitted.training_config.model_dump(mode="json"),
        "schema": fitted.codec.schema.model_dump(mode="json"),
        "history": fitted.history.to_json(),
        "held_out": measured | {"gain": held_out.bound - held_out.marginals},
        "versions": fitted.versions,
    }


def text(vae: "VAE", model: str) -> str:
    """A page about a model."""
    fitted = vae.fitted_
    held_out, training = fitted.held_out, fitted.training_config
    n_rows = held_out.n_train + held_out.n_rows
    made = ", ".join(f"{name} {version}" for name, version in fitted.versions.items())
    parts = [
        [
            f"{named(model)}: {count(len(vae.schema_), 'column')}, "
            f"fitted to {count(n_rows, 'row')}",
            f"  seed {fitted.seed}; {made}",
        ],
        _columns(vae),
        _bound(fitted.model_config.model_dump(), _objective(vae)),
        [
            f"Held-out bound ({held_out.n_rows:,} of the rows took no part in the training)",
            *aligned(
                [
                    *held_out_lines(held_out),
                    ("reconstruction", f"{nats(held_out.reconstruction)} nats per row"),
                ]
            ),
        ],
        _latent(held_out),
        _history(fitted.history, training),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts)


def _columns(vae: "VAE") -> list[str]:
    columns = vae.schema_.columns
    kinds = Counter(column.kind for column in columns)
    dropped = f"; dropped: {', '.join(vae.schema_.dropped)}" if vae.schema_.dropped else ""
    lines = ["Columns: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()) + dropped]
    lines += aligned((c.name, _column(c)) for c in columns[:COLUMNS_SHOWN])
    if len(columns) > COLUMNS_SHOWN:
        lines.append(f"  and {len(columns) - COLUMNS_SHOWN:,} more (all of them: --json)")
    return lines


def _column(column: "Column") -> str:
    parts: list[str] = [column.kind]
    if column.levels is not None and column.kind != "constant":
        parts.append(count(len(column.levels), "value"))
    if column.atoms:
        parts.append(f"{count(len(column.atoms), 'exact value')} with probability of their own")
    if column.likelihood is not None:
        parts.append(column.likelihood)
    if column.missing:
        parts.append("missing is ignored" if column.ignore_missing else "can be missing")
    return ", ".join(parts)


def _bound(config: dict[str, Any], objective: str) -> list[str]:
    from jensen.likelihoods import FAMILIES

    def words(term: str) -> str:
        name = str(config[term])
        if term == "likelihood" and name.partition(":")[0] in FAMILIES:
            independent = _TERMS["independent"].format_map(config)
            return f"{name} for the columns that it suits; {independent}"
        return _TERMS.get(name, name).format_map(config)

    pairs = [
        ("p(z)", words("prior")),
        ("p(x|z)", words("likelihood")),
        ("q(z|x)", words("posterior")),
        ("maximised", objective),
    ]
    return ["log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))", *aligned(pairs)]


def _maximised(vae: "VAE") -> tuple[str, bool]:
    """What the fit maximised, and whether it is a bound; an object only if it is at hand."""
    from jensen.estimator.terms import maximised

    at_hand = not isinstance(vae.bound, str)
    return maximised(vae.bound if at_hand else vae.fitted_.model_config.bound)


def _objective(vae: "VAE") -> str:
    name, is_bound = _maximised(vae)
    return f"{name}, {'a' if is_bound else 'an objective, not reported as a'} bound on log p(x)"


def _latent(held_out: Any) -> list[str]:
    kl = held_out.kl_per_dimension
    order = sorted(range(len(kl)), key=lambda i: -kl[i])
    bars = [(f"z{i + 1}", f"{kl[i]:6.3f}  {bar(kl[i], max(kl))}".rstrip()) for i in order]
    active = f"{held_out.active_units} active units of {len(kl)}"
    lines = [f"KL per latent dimension, nats ({active})", *aligned(bars)]
    trouble = collapse(held_out)
    return [*lines, trouble] if trouble else lines


def _history(history: Any, training: Any) -> list[str]:
    checks, best = history.checks, history.best
    lines = [
        f"Held-out bound during the fit, nats per row (best {nats(best.held_out)} at step "
        f"{best.step:,} of {training.steps:,}, {training.batch_size:,} rows a step)"
    ]
    if len(checks) > 1:
        width = min(shutil.get_terminal_size().columns - 14, 72)
        steps, bounds = [c.step for c in checks], [c.held_out for c in checks]
        lines += [f"  {line}" for line in line_chart(steps, bounds, width=max(width, 20))]
    return [*lines, *(f"  {line}" for line in event_lines(history.events))]
