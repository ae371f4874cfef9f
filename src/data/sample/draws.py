"""Random numbers that belong to a lead, whatever else is generated beside it.

A number is a hash of (seed, name of what is drawn, keys such as the lead's index), so it does
not depend on how leads are chunked, on the order of the code or on how many numbers others took.
"""

import zlib

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
SECOND_MIX = np.uint64(0x94D049BB133111EB)


def mix_bits(value: np.ndarray) -> np.ndarray:
    """Return splitmix64's finaliser of `value` (Steele, Lea and Flood 2014)."""
    value = (value ^ (value >> np.uint64(30))) * FIRST_MIX
    value = (value ^ (value >> np.uint64(27))) * SECOND_MIX
    return value ^ (value >> np.uint64(31))


def draw_uniform(seed: int, name: str, *keys: np.ndarray | int) -> np.ndarray:
    """Return one number in (0, 1) for each combination of broadcast integer `keys`."""
    state = np.array([(seed << 32) ^ zlib.crc32(name.encode())], dtype=np.uint64)
    state = mix_bits(state + GOLDEN)
    for key in keys:
        state = mix_bits(state + (np.asarray(key).astype(np.uint64) + np.uint64(1)) * GOLDEN)
    return ((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def pick_index(uniform: np.ndarray, shares) -> np.ndarray:
    """Return which of `shares` (relative, one row for all or one a draw) each draw falls into."""
    cumulative = np.cumsum(np.asarray(shares, dtype=np.float64), axis=-1)
    cumulative = cumulative / cumulative[..., -1:]
    if cumulative.ndim == 1:
        return np.searchsorted(cumulative, uniform).clip(max=len(cumulative) - 1)
    return (uniform[:, None] > cumulative[:, :-1]).sum(axis=1)


def count_poisson(uniform: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return Poisson counts by inversion; arrays of one shape, rates below about 50."""
    count = np.zeros(uniform.shape, dtype=np.int64)
    mass = np.exp(-rate)
    cumulative = mass.copy()
    step, active = 0, np.flatnonzero(uniform > cumulative)
    while len(active) and step < 200:
        step += 1
        mass[active] *= rate[active] / step
        cumulative[active] += mass[active]
        count[active] = step
        active = active[uniform[active] > cumulative[active]]
    return count


def spread_counts(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each of ``count.sum()`` items, the row it belongs to and its place there."""
    row = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    return row, np.arange(len(row)) - first[row]
