"""Where to cut a column of numbers: atoms, quantile bins, and segments inside the bins."""

import numpy as np
from jaxtyping import Int64

from jensen.data.codec.bins import Bins, Codes, Reals, Values

ATOM_SHARE = 0.005
"""A value that makes up more than this share of the rows has a code of its own."""
ATOM_COUNT = 3
"""... if it occurs at least this often: in ten rows every value makes up a tenth."""
MAX_BINS = 60
ROWS_PER_BIN = 20
"""A bin with fewer rows could not be told from its neighbours."""
ROWS_PER_SEGMENT = 24
"""A held-out row pays about 1/(2 ROWS_PER_SEGMENT) nats for the estimate of a density."""
SPIKE_DEVIATIONS = 3.0
"""A tick is a spike when its count is so many standard deviations over its neighbourhood's."""
MAX_SPIKES = 100
"""Spikes that one bin may hold."""


def fit_bins(x: Values, atoms: Values | None = None, *, max_bins: int = MAX_BINS) -> Bins:
    """Bins of the observed values x, shape (n,), int64 ticks or float64 reals, n >= 0.

    Args:
        atoms: the values to count as atoms; None chooses those over ATOM_SHARE of the rows.
        max_bins: no more bins than this.
    """
    values, counts = np.unique(x, return_counts=True)
    if atoms is None:
        atoms = values[counts >= max(ATOM_COUNT, ATOM_SHARE * len(x))]
    atoms = np.unique(np.asarray(atoms, x.dtype))
    on_grid = x.dtype.kind == "i"
    rest = ~np.isin(values, atoms)
    values, counts = values[rest], counts[rest]
    line = values - np.searchsorted(atoms, values) if on_grid else values
    if len(line):
        starts, mass, bin_of = _cut(line, counts, max_bins)
    else:  # atoms alone: cut the empty line at the last of them
        end = atoms[-1:] if len(atoms) else np.zeros(1, x.dtype)
        starts = end - np.maximum(len(atoms) - 1, 0) if on_grid else end
        mass, bin_of = np.zeros(0), np.zeros(0, np.int64)
    return Bins(atoms, starts, mass, bin_of, _tail_scale(x, on_grid))


def _tail_scale(x: Values, on_grid: bool) -> float:
    """Half the distance between the 10 % and 90 % quantiles, and never nothing."""
    if not len(x):
        return 1.0
    low, high = np.quantile(x.astype(np.float64), [0.1, 0.9])
    widest = max(abs(float(np.min(x))), abs(float(np.max(x))))
    spread = 0.5 * (high - low) or 0.5 * (float(np.max(x)) - float(np.min(x))) or 0.1 * widest
    return float(max(spread, 1.0)) if on_grid else float(spread or 1.0)


def _cut(line: Values, counts: Codes, max_bins: int) -> tuple[Values, Reals, Codes]:
    """Segments of the values on `line` (sorted, distinct) with their counts."""
    n = counts.sum()
    n_bins = int(np.clip(n // ROWS_PER_BIN, 1, max_bins))
    first = _quantile_starts(counts, np.arange(1, n_bins) / n_bins * n)
    ends = np.append(first[1:], len(line))
    edges = _edges(line, first)
    starts, mass, bin_of = [], [], []
    for k, (a, b) in enumerate(zip(first, ends, strict=True)):
        outer = (k == 0, k == len(first) - 1)
        s, m = _segments(line[a:b], counts[a:b], edges[k], edges[k + 1], outer)
        starts.append(s)
        mass.append(m)
        bin_of.append(np.full(len(m), k))
    return (
        np.append(np.concatenate(starts), edges[-1:]),
        np.concatenate(mass),
        np.concatenate(bin_of),
    )


def _quantile_starts(counts: Values, targets: Reals) -> Codes:
    """Index of the first value of every bin, when bins end nearest to the targets."""
    total = np.cumsum(counts)
    cut = np.searchsorted(total - counts / 2, targets)
    return np.unique(np.concatenate([[0], cut[cut < len(counts)]]))


def _edges(line: Values, first: Codes) -> Values:
    """Borders between bins: half way between neighbours; past the largest value at the end."""
    if line.dtype.kind == "i":
        inner = line[first[1:] - 1] + (_half_gap(line[first[1:]], line[first[1:] - 1]))
        return np.concatenate([line[:1], inner, line[-1:] + 1])
    inner = 0.5 * line[first[1:] - 1] + 0.5 * line[first[1:]]
    return np.concatenate([line[:1], inner, np.nextafter(line[-1:], np.inf)])


def _half_gap(upper: Values, lower: Values) -> Int64[np.ndarray, " n"]:
    """Half of upper - lower rounded up, so that `lower` stays below and `upper` does not."""
    gap = upper.astype(np.uint64) - lower.astype(np.uint64)
    return (gap // 2 + gap % 2).astype(np.int64)


def _segments(
    line: Values, counts: Codes, low: np.generic, high: np.generic, outer: tuple[bool, bool]
) -> tuple[Values, Reals]:
    """Starts and masses of the segments of one bin [low, high)."""
    starts, rows = _smooth(line, counts.astype(np.float64), low, high, outer)
    if line.dtype.kind == "i":
        spikes = _spikes(line, counts, starts, rows, high)
        if len(spikes):
            usual = counts.astype(np.float64)
            usual[spikes] = 1.0
            starts, rows = _smooth(line, usual, low, high, outer)
            starts, rows = _add_spikes(starts, rows, high, line[spikes], counts[spikes] - 1)
    return starts, rows / rows.sum()


def _smooth(
    line: Values, weight: Reals, low: np.generic, high: np.generic, outer: tuple[bool, bool]
) -> tuple[Values, Reals]:
    """Segments between quantiles of the weighted values, and the rows in each."""
    cuts = _segment_cuts(weight, outer)
    starts = _edges(line, cuts)[:-1]
    starts[0] = low
    # Neighbouring reals may leave no room for a border between them.
    keep = np.append(True, np.diff(starts) > 0) & (starts < high)
    return starts[keep], np.add.reduceat(weight, cuts[keep])


def _per_tick(starts: Values, rows: Reals, high: np.generic) -> Reals:
    return rows / np.diff(np.append(starts, high).astype(np.uint64)).astype(np.float64)


def _spikes(
    line: Values, counts: Codes, starts: Values, rows: Reals, high: np.generic
) -> Int64[np.ndarray, " spikes"]:
    """Which values occur far more often than the density around them makes likely."""
    expected = _per_tick(starts, rows, high)[np.searchsorted(starts, line, side="right") - 1]
    spikes = np.flatnonzero(counts > expected + SPIKE_DEVIATIONS * np.sqrt(expected) + 1)
    return np.sort(spikes[np.argsort(-counts[spikes], kind="stable")][:MAX_SPIKES])


def _add_spikes(
    starts: Values, rows: Reals, high: np.generic, spikes: Values, extra: Codes
) -> tuple[Values, Reals]:
    """Cut every spike's tick out as a segment of its own, and give it its extra rows."""
    fine = np.unique(np.concatenate([starts, spikes, spikes + 1]))
    fine = fine[fine < high]
    width = np.diff(np.append(fine, high).astype(np.uint64)).astype(np.float64)
    out = width * _per_tick(starts, rows, high)[np.searchsorted(starts, fine, side="right") - 1]
    out[np.searchsorted(fine, spikes)] += extra
    return fine, out


def _segment_cuts(weight: Reals, outer: tuple[bool, bool]) -> Codes:
    """Index of the first value of every segment; ever shorter ones towards the ends of the line."""
    n = weight.sum()
    targets = np.arange(1, n // ROWS_PER_SEGMENT) * (n / max(n // ROWS_PER_SEGMENT, 1))
    near_end = np.array([2.0**i for i in range(1, 5)])
    near_end = near_end[near_end < n / 2]
    ends = [near_end] * outer[0] + [n - near_end] * outer[1]
    return _quantile_starts(weight, np.unique(np.concatenate([targets, *ends])))
