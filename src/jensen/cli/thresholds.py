"""`--fail-if`: figures that must stay on one side of a number."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING

from jensen.errors import OptionError

if TYPE_CHECKING:
    from jensen.evidence import Evidence

ALWAYS = (
    "c2st_auc", "c2st_logistic_auc", "mmd", "energy", "sliced_wasserstein", "alpha_precision",
    "beta_recall", "density", "coverage", "column_shapes", "missing_gap", "pair_trends",
    "pair_distance", "wnmi_error", "exact_copies", "near_copies", "nndr",
)  # fmt: skip
NEEDS = {
    "dcr_share": "--holdout", "membership_auc": "--holdout", "bound_gap": "--holdout",
    "iwae": "--holdout", "tstr": "--target", "tstr_gap": "--target all",
    "elbo": "--model", "gain": "--model", "kl": "--model", "active_units": "--model",
}  # fmt: skip
"""Figures that an option brings, and which."""
COUNTS = ("regions", "copying", "columns_differ", "pairs_differ")
"""How many regions, columns and pairs of columns; of copies the verdict: 0 none, 1 signs, 2
copies."""
TESTED = (
    "c2st_auc", "c2st_logistic_auc", "mmd", "energy", "exact_copies", "near_copies", "dcr_share",
    "membership_auc", "bound_gap",
)  # fmt: skip
"""Figures that may have a p-value."""
PARTS = ("low", "high", "p")
VERDICTS = ("no sign of copying", "signs of copying", "copies")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_FORM = re.compile(r"\s*([A-Za-z_][\w]*)(?:\.(\w+))?\s*(>=|<=|>|<)\s*(\S+)\s*")


@dataclass(frozen=True)
class Threshold:
    """NAME > NUMBER, of a figure, or of the end of its interval, or of its p-value."""

    text: str
    name: str
    part: str | None
    sign: str
    number: float

    def crossed(self, evidence: "Evidence") -> str | None:
        """What is the case when it is crossed, None when it is not.

        Raises:
            OptionError: the figure was not measured on these tables.
        """
        value = self._value(evidence)
        if isnan(value):
            raise OptionError(
                f"--fail-if {self.text!r} needs {self.name}, which is not a number on these "
                "tables; leave it out."
            )
        if not _COMPARE[self.sign](value, self.number):
            return None
        what = self.name if self.part is None else f"{self.name}.{self.part}"
        return f"{what} is {value:.6g}, and --fail-if says {self.text.strip()!r}"

    def _value(self, evidence: "Evidence") -> float:
        if self.name == "regions":
            return float(len(evidence.regions))
        if self.name == "copying":
            return float(VERDICTS.index(evidence.copying.verdict))
        if self.name in ("columns_differ", "pairs_differ"):
            return float(getattr(evidence, self.name))
        if self.name not in evidence.names:
            raise OptionError(
                f"--fail-if {self.text!r} needs {self.name}, which these tables do not allow to be "
                "measured; leave it out."
            )
        measure = evidence[self.name]
        if self.part != "p":
            return float(getattr(measure.estimate, self.part or "value"))
        if measure.p_value is None:
            raise OptionError(
                f"--fail-if {self.text!r} needs a p-value, and {self.name} has none; compare the "
                f"figure itself, or {self.name}.low or {self.name}.high."
            )
        return measure.p_value


def parse_thresholds(texts: Sequence[str], given: Sequence[str]) -> list[Threshold]:
    """Checked `--fail-if` options.

    Args:
        texts: as they came.
        given: those of --holdout, --model and --target that were given.

    Raises:
        OptionError: one cannot be read, names no figure, or one that was not asked for.
    """
    return [_parse(text, given) for text in texts]


def _parse(text: str, given: Sequence[str]) -> Threshold:
    match = _FORM.fullmatch(text)
    number = _number(match[4]) if match else None
    if match is None or number is None:
        raise OptionError(
            "--fail-if must be NAME, one of > >= < <=, and a number, such as 'c2st_auc>0.7', and "
            f"is {text!r}; mend it."
        )
    name, part, sign = match[1], match[2], match[3]
    if part is not None and (part not in PARTS or name in COUNTS):
        raise OptionError(
            f"--fail-if {text!r}: what follows the point must be low, high or p, of a figure with "
            f"an interval, and is {part!r}; mend it."
        )
    if part == "p" and name in (*ALWAYS, *NEEDS) and name not in TESTED:
        raise OptionError(
            f"--fail-if {text!r} needs a p-value, and {name} has none; compare the figure itself, "
            f"or {name}.low or {name}.high."
        )
    if name not in (*ALWAYS, *NEEDS, *COUNTS):
        from jensen.data.table import nearest

        near = nearest(name, [*ALWAYS, *NEEDS, *COUNTS])
        raise OptionError(
            f"--fail-if must name a figure, and {name!r} is none; {near} See docs/check.md."
        )
    needed = {NEEDS[name]} if name in NEEDS else set[str]()
    if name in ("iwae", "bound_gap"):
        needed.add("--model")
    if missing := sorted(needed - set(given)):
        raise OptionError(
            f"--fail-if {text!r} needs {' and '.join(missing)}, which was not given; add it."
        )
    return Threshold(text, name, part, sign, number)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
