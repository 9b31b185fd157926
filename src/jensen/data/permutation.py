"""A keyed permutation of 0 .. size-1, computed at any point without storing it."""

import numpy as np

_ROUNDS = 6
_WORD = (1 << 64) - 1


def mix(values: np.ndarray) -> np.ndarray:
    """Scramble uint64 [n] one to one (the finaliser of SplitMix64, Steele et al. 2014)."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def key_of(*parts: int) -> int:
    """One 64-bit key from several whole numbers, in order."""
    state = np.zeros(1, np.uint64)
    for part in parts:
        state = mix(state ^ mix(np.array([part & _WORD], np.uint64)))
    return int(state[0])


def permute(index: np.ndarray, size: int, key: int) -> np.ndarray:
    """Where a keyed permutation of 0 .. size-1 sends each index.

    A Feistel network on the next even number of bits, walked along its cycle until it falls
    inside the range, which keeps it one to one (Black and Rogaway 2002, "cycle walking").

    Args:
        index: uint64 [n], each below `size`.
        size: at most 2**62.
        key: which permutation.

    Returns:
        uint64 [n], each below `size`, different for different indices.
    """
    half = max((size - 1).bit_length() + 1, 2) // 2
    keys = mix(np.arange(_ROUNDS, dtype=np.uint64) ^ np.uint64(key & _WORD))
    out = _feistel(index.astype(np.uint64), half, keys)
    outside = np.flatnonzero(out >= size)
    while len(outside):
        out[outside] = _feistel(out[outside], half, keys)
        outside = outside[out[outside] >= size]
    return out


def _feistel(values: np.ndarray, half: int, keys: np.ndarray) -> np.ndarray:
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = values >> shift, values & mask
    for key in keys:
        left, right = right, left ^ (mix(right ^ key) & mask)
    return (left << shift) | right
