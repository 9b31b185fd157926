"""What must hold of the bins of a column of numbers; see `laws`."""

from typing import Any

import numpy as np
from scipy import integrate, stats

from laws import FAILURE_RATE, frequencies_agree

FEW_TICKS = 1_000_000


def values_come_back(bins: Any, x: np.ndarray) -> None:
    """decode(encode(x)) is x: exactly on a grid, if the 53 bits of u can tell its ticks apart."""
    codes, u = bins.encode(x)
    assert ((u >= 0) & (u < 1)).all()
    error = np.abs(bins.decode(codes, u).astype(np.longdouble) - x.astype(np.longdouble))
    widest = np.max(_widths(bins) / bins.mass, initial=0.0)
    exact = bins.on_grid and widest < 2.0**51
    assert (error <= (0.0 if exact else 2.0**-51 * (widest + np.abs(x).astype(float)))).all()


def _widths(bins: Any) -> np.ndarray:
    return bins.starts[1:].astype(float) - bins.starts[:-1].astype(float)


def codes_come_back(bins: Any) -> None:
    """Whatever is drawn in a code has that code."""
    codes = np.repeat(np.arange(bins.n_codes), 200)
    u = np.tile(np.linspace(0, 1 - 2.0**-53, 200), bins.n_codes)
    found, _ = bins.encode(bins.decode(codes, u))
    np.testing.assert_array_equal(found, codes)


def codes_sum_to_one(bins: Any) -> None:
    """Given its code, a value has a probability: every code on the line holds a mass of one."""
    if _few_ticks(bins):
        ticks = _ticks(bins)
        codes, _ = bins.encode(ticks)
        total = np.bincount(codes, np.exp(bins.log_density(ticks)), bins.n_codes)
    else:
        codes, masses = _segment_masses(bins)
        total = np.bincount(codes, masses, bins.n_codes).astype(float)
        total[bins.encode(bins.atoms)[0]] += np.exp(bins.log_density(bins.atoms))
    np.testing.assert_allclose(total, 1.0, rtol=1e-9)


def _few_ticks(bins: Any) -> bool:
    ends = np.concatenate([bins.starts, bins.atoms]).astype(float)
    return bins.on_grid and ends.max() - ends.min() < FEW_TICKS


def _ticks(bins: Any) -> np.ndarray:
    """Every tick that is not in a tail; `starts` does not count the ticks of atoms."""
    ends, more = np.concatenate([bins.starts, bins.atoms]), len(bins.atoms)
    ticks = np.arange(ends.min() - more, ends.max() + more + 1)
    return ticks[bins.encode(ticks)[0] < bins.n_codes]


def _segment_masses(bins: Any) -> tuple[np.ndarray, np.ndarray]:
    """Width times density of every segment, and its code; the density is one all over it."""
    low, high = (_inside(bins, share) for share in (0.25, 0.75))
    density = bins.log_density(low)
    np.testing.assert_array_equal(density, bins.log_density(high))
    return bins.encode(low)[0], _widths(bins) * np.exp(density)


def _inside(bins: Any, share: float) -> np.ndarray:
    """A value at a share of the way through every segment."""
    start, end = bins.starts[:-1], bins.starts[1:]
    x = start + (share * _widths(bins)).astype(start.dtype)
    return np.minimum(x, end - 1 if bins.on_grid else np.nextafter(end, -np.inf))


def tails_sum_to_one(bins: Any) -> None:
    """The code of what lies below, and the code of what lies above, hold a mass of one each."""
    for side, end in ((-1, bins.starts[0]), (1, bins.starts[-1])):
        if not bins.on_grid:
            total = integrate.quad(_tail_density, 1e-9, np.inf, args=(bins, side, end))[0]
        elif abs(float(end)) < 2.0**62 - 2 * FEW_TICKS:
            first = end + len(bins.atoms) if side < 0 else end
            ticks = first + side * np.arange(FEW_TICKS)
            ticks = ticks[bins.encode(ticks)[0] == bins.n_codes + (side > 0)]
            farther = bins.scale / (bins.scale + len(ticks))
            total = np.exp(bins.log_density(ticks)).sum() + farther
        else:
            continue
        assert abs(total - 1.0) < 1e-6, f"the tail holds {total}"


def _tail_density(distance: float, bins: Any, side: int, end: float) -> float:
    x = np.array([end + side * distance * bins.scale])
    return bins.scale * float(np.exp(bins.log_density(x))[0])


def draws_follow_the_density(bins: Any, n: int = 20_000) -> None:
    """A uniform position in a code gives values as often as the density says."""
    if not bins.n_codes:
        return
    rng = np.random.default_rng(3)
    x = bins.decode(rng.integers(0, bins.n_codes, n), rng.random(n))
    if _few_ticks(bins):
        ticks = _ticks(bins)
        where = np.searchsorted(ticks, x)
        assert (ticks[where] == x).all()
        frequencies_agree(np.bincount(where, minlength=len(ticks)), np.exp(bins.log_density(ticks)))
        return
    x = x[~np.isin(x, bins.atoms)]
    if len(x):
        _, mass = _segment_masses(bins)
        segment = np.searchsorted(bins.starts, x, side="right") - 1
        frequencies_agree(np.bincount(segment, minlength=len(mass)), mass)
        share = (x.astype(float) - bins.starts[segment].astype(float)) / _widths(bins)[segment]
        if (_widths(bins) > 1e-9 * np.abs(bins.starts[:-1])).all():
            assert stats.kstest(share, stats.uniform.cdf).pvalue > FAILURE_RATE


def density_is_the_jacobian(bins: Any) -> None:
    """log_density is log du/dx, by differences across the middle half of every segment."""
    if bins.on_grid or not len(bins.mass):
        return
    low, high = (_inside(bins, share) for share in (0.25, 0.75))
    wide = _widths(bins) > 1e-9 * np.abs(bins.starts[:-1])  # elsewhere it would be all rounding
    slope = (bins.encode(high)[1] - bins.encode(low)[1])[wide] / (high - low)[wide]
    np.testing.assert_allclose(np.log(slope), bins.log_density(low)[wide], atol=1e-5)


LAWS = (
    codes_come_back,
    codes_sum_to_one,
    tails_sum_to_one,
    draws_follow_the_density,
    density_is_the_jacobian,
)
