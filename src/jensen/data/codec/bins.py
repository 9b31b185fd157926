"""Numbers to codes and back: quantile bins and atoms, with a density inside every bin.

A number x becomes a code k (which bin, or which frequent exact value) and a position
u in [0, 1) inside it. Between x and u stands one monotone piecewise-linear function, so

    log p(x) = log p(k) + log |du/dx|

holds exactly, and drawing u uniformly draws from just the density that is scored.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, Num

Values = Num[np.ndarray, " _"]
"""Either int64 ticks of a grid (a mass per tick) or float64 reals (a density per unit)."""
Codes = Int64[np.ndarray, " _"]
Reals = Float64[np.ndarray, " _"]


@dataclass(frozen=True)
class Bins:
    """The codes of one numeric column, in the order of their values.

    Codes 0..n_codes-1 are atoms and bins by position; n_codes is anything below the bins and
    n_codes + 1 anything above them, each with a Pareto tail, so that every number has a
    finite log-density. Ticks of atoms are taken out of a grid before it is cut: no value can
    be had in two ways, and the masses of all values sum to one.

    Attributes:
        atoms: values with a code of their own, sorted.
        starts: first value of every segment, and one past the last.
        mass: share of its bin that each segment holds; sums to one over a bin.
        bin_of: index of the bin that each segment belongs to, non-decreasing.
        scale: scale of both tails, in units of the values.
    """

    atoms: Values
    starts: Values
    mass: Reals
    bin_of: Codes
    scale: float

    @property
    def on_grid(self) -> bool:
        """Whether values are ticks of a grid, each with a mass of its own."""
        return self.starts.dtype.kind == "i"

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.bin_of[-1]) + 1 if len(self.bin_of) else 0

    @property
    def n_codes(self) -> int:
        """Number of codes with a place on the line: atoms and bins."""
        return len(self.atoms) + self.n_bins

    @property
    def bin_codes(self) -> Codes:
        """The codes of the bins; those of the atoms are the others below n_codes."""
        return self._code_order[1]

    def encode(self, x: Values) -> tuple[Codes, Reals]:
        """Code of every value, and its position u in [0, 1) inside that code."""
        codes, segment = self._locate(x)
        u = np.full(len(x), 0.5)
        on = np.flatnonzero(segment >= 0)
        s = segment[on]
        within = _gap(_fold(x[on], self._folded_out), self.starts[s]) + 0.5 * self.on_grid
        u[on] = self._mass_before[s] + self.mass[s] * within / self._widths[s]
        return codes, np.clip(u, 0.0, 1.0 - 2.0**-53)

    def log_density(self, x: Values) -> Reals:
        """log |du/dx| in nats: log-mass of a tick, or log-density per unit, given the code."""
        codes, segment = self._locate(x)
        out = np.zeros(len(x))
        on = segment >= 0
        out[on] = (np.log(self.mass) - np.log(self._widths))[segment[on]]
        y = _fold(x, self._folded_out)
        below, above = codes == self.n_codes, codes == self.n_codes + 1
        out[below] = self._log_tail(_gap(self.starts[:1], y[below]) - self.on_grid)
        out[above] = self._log_tail(_gap(y[above], self.starts[-1:]))
        return out

    def decode(self, codes: Codes, u: Reals) -> Values:
        """Value at position u of its code; codes of the tails are not drawn, so not decoded."""
        atom_codes, bin_codes = self._code_order
        which = np.empty(self.n_codes, np.int64)  # code -> atom index, or -1 - bin index
        which[atom_codes] = np.arange(len(self.atoms))
        which[bin_codes] = -1 - np.arange(self.n_bins)
        which = which[codes]
        x = np.empty(len(codes), self.starts.dtype)
        x[which >= 0] = self.atoms[which[which >= 0]]
        in_bin = which < 0
        x[in_bin] = self._value_in_bin(-1 - which[in_bin], u[in_bin])
        return x

    def positions(self) -> Reals:
        """Middle of every code on the line, shape (n_codes,): what an embedding may use."""
        atom_codes, bin_codes = self._code_order
        out = np.empty(self.n_codes)
        out[atom_codes] = self.atoms
        out[bin_codes] = self._value_in_bin(np.arange(self.n_bins), np.full(self.n_bins, 0.5))
        return out

    def _locate(self, x: Values) -> tuple[Codes, Codes]:
        """Code of every value, and the segment it lies in (-1 for atoms and tails)."""
        atom_codes, bin_codes = self._code_order
        y = _fold(x, self._folded_out)
        segment = np.searchsorted(self.starts, y, side="right") - 1
        below, above = segment < 0, segment >= len(self.mass)
        codes = np.empty(len(x), np.int64)
        codes[below], codes[above] = self.n_codes, self.n_codes + 1
        inside = ~(below | above)
        codes[inside] = bin_codes[self.bin_of[segment[inside]]]
        segment[~inside] = -1
        is_atom, index = self._find_atoms(x)
        codes[is_atom], segment[is_atom] = atom_codes[index[is_atom]], -1
        return codes, segment

    def _find_atoms(self, x: Values) -> tuple[Bool[np.ndarray, " n"], Codes]:
        if not len(self.atoms):
            return np.zeros(len(x), bool), np.zeros(len(x), np.int64)
        index = np.minimum(np.searchsorted(self.atoms, x), len(self.atoms) - 1)
        return self.atoms[index] == x, index

    def _value_in_bin(self, bins: Codes, u: Reals) -> Values:
        """Value at share u of the mass of a bin."""
        if not len(bins):
            return self.starts[:0]
        # Whole numbers count the bins, fractions the mass inside: one search for all bins.
        ends = self.bin_of + np.minimum(self._mass_before + self.mass, 1.0)
        s = np.searchsorted(ends, bins + u, side="right")
        first = np.searchsorted(self.bin_of, bins)
        last = np.searchsorted(self.bin_of, bins, side="right") - 1
        s = np.clip(s, first, last)
        share = np.clip((u - self._mass_before[s]) / self.mass[s], 0.0, 1.0 - 2.0**-53)
        if not self.on_grid:  # rounding must not carry a value into the next bin
            x = self.starts[s] + share * self._widths[s]
            return np.minimum(x, np.nextafter(self.starts[s + 1], -np.inf))
        ticks = np.floor(share * self._widths[s]).astype(np.int64)
        return _unfold(np.minimum(self.starts[s] + ticks, self.starts[s + 1] - 1), self.atoms)

    @property
    def _folded_out(self) -> Values:
        return self.atoms if self.on_grid else self.atoms[:0]

    @property
    def _widths(self) -> Reals:
        return _gap(self.starts[1:], self.starts[:-1])

    @property
    def _mass_before(self) -> Reals:
        """Mass of its bin that lies before each segment."""
        total = np.concatenate([[0.0], np.cumsum(self.mass)])
        return total[:-1] - total[np.searchsorted(self.bin_of, self.bin_of)]

    @property
    def _code_order(self) -> tuple[Codes, Codes]:
        """Codes of the atoms and codes of the bins, both by their place on the line."""
        first = np.searchsorted(self.bin_of, np.arange(self.n_bins))
        place = np.concatenate([_fold(self.atoms, self._folded_out), self.starts[first]])
        is_bin = np.repeat([0, 1], [len(self.atoms), self.n_bins])  # at a tie the atom is first
        code = np.empty(len(place), np.int64)
        code[np.lexsort((is_bin, place))] = np.arange(len(place))
        return code[: len(self.atoms)], code[len(self.atoms) :]

    def _log_tail(self, gap: Reals) -> Reals:
        """Pareto: s/((s+t)(s+t+1)) at tick t = 0, 1, ...; s/(s+t)^2 at distance t."""
        s = self.scale
        return np.log(s) - np.log(s + gap) - np.log(s + gap + self.on_grid)


def _fold(x: Values, atoms: Values) -> Values:
    """Take the atoms' ticks out of a grid, so that what is left has no holes."""
    return x - np.searchsorted(atoms, x)


def _unfold(y: Values, atoms: Values) -> Values:
    """Put the atoms' ticks back: the inverse of `_fold` off the atoms."""
    return y + np.searchsorted(atoms - np.arange(len(atoms)), y, side="right")


def _gap(upper: Values, lower: Values) -> Reals:
    """upper - lower >= 0 as float64; wrapping subtraction keeps a gap beyond 2^63 exact."""
    if np.asarray(upper).dtype.kind == "i":
        return (np.asarray(upper).astype(np.uint64) - np.asarray(lower).astype(np.uint64)).astype(
            np.float64
        )
    return np.asarray(upper - lower, np.float64)
