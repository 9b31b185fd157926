"""Numbers and findings in words."""

import math
from collections.abc import Iterable, Sequence
from typing import Any


def nats(value: float, standard_error: float | None = None) -> str:
    """A bound with as many digits as its standard error allows: "-23.35 ± 0.05"."""
    if standard_error is None or not math.isfinite(standard_error) or standard_error <= 0:
        return f"{value:.2f}"
    digits = min(max(1 - math.floor(math.log10(standard_error)), 0), 6)
    return f"{value:.{digits}f} ± {standard_error:.{digits}f}"


def signed(value: float) -> str:
    """With its sign, two digits after the point."""
    return f"{value:+.2f}"


def count(n: int, what: str) -> str:
    """1 row, 2,000 rows."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def aligned(pairs: Iterable[tuple[str, str]], indent: str = "  ") -> list[str]:
    """Lines of a name and what is to be said of it, one under the other."""
    kept = list(pairs)
    width = max((len(name) for name, _ in kept), default=0)
    return [f"{indent}{name:<{width}}  {text}" for name, text in kept]


def held_out_lines(held_out: Any) -> list[tuple[str, str]]:
    """The bound on the held-out rows, its terms, and what it is compared with.

    Args:
        held_out: a `HeldOut`.
    """
    kept_out = f"{count(held_out.n_rows, 'row')} kept out of the fit"
    if held_out.standard_error:
        kept_out += ", ± standard error"
    gain = held_out.bound - held_out.marginals
    active = f"{held_out.active_units} of {len(held_out.kl_per_dimension)} latent dimensions active"
    return [
        (
            "held-out bound",
            f"{nats(held_out.bound, held_out.standard_error)} nats per row ({kept_out})",
        ),
        (
            "over marginals",
            f"{signed(gain)} nats per row (product of marginals: {nats(held_out.marginals)})",
        ),
        ("KL", f"{nats(held_out.kl)} nats per row, {active}"),
    ]


def event_lines(events: Sequence[Any]) -> list[str]:
    """What happened during a fit, a line each."""
    return [f"{e.what} at step {e.step:,}: {e.why}" for e in events]


def collapse(held_out: Any) -> str | None:
    """The name of the trouble and its remedy when z carries nothing; None when it does."""
    if not held_out.collapsed:
        return None
    remedy = (
        "Fit longer (--steps, --minutes), with --likelihood independent, which ties columns "
        "through z alone, or with another --seed."
    )
    if held_out.bound - held_out.marginals < 2 * held_out.standard_error:
        remedy += " If columns are independent of each other, there is nothing for z to carry."
    return (
        "Posterior collapse: q(z|x) is (almost) the prior, so the latent vector carries nothing "
        f"of the row (KL {nats(held_out.kl)} nats, {held_out.active_units} active units). {remedy}"
    )
