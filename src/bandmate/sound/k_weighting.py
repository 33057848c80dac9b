"""The K-weighting of BS.1770: two filters and the weight of each channel.

Conventions: the standard tabulates the filters for 48 kHz only. The analogue prototypes used here reproduce that table
to 1e-8 and are mapped to any rate so that the same sound reads the same: pink noise at 1 kHz to 768 kHz is within
0.06 LU of its 48 kHz version. Meters that keep the tabulated high-pass numerator read up to 2 LU off at low rates.

Not covered: layouts beyond 5.1, whose channels weigh 1 each.

References: ITU-R BS.1770-5 (2023), annex 1, tables 1 to 3. M. Vicanek, "Matched second order digital filters" (2016).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import contracted_kernel, kernel

Curve = npt.NDArray[np.float64]

SURROUND_WEIGHT = 1.41
SURROUND_CHANNELS = {5: (3, 4), 6: (4, 5)}
LFE_CHANNEL = {6: 3}
SHELF_HZ, SHELF_DB, SHELF_Q, SHELF_BEND = 1681.974450955533, 3.999843853973347, 0.7071752369554196, 0.4996667741545416
TABULATED_RATE_HZ, MATCHED_BELOW_HZ = 48_000, 16_000
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def channel_weights(channels: int) -> Curve:
    """The weight of each channel's power: 5.0 is L R C Ls Rs, 5.1 is L R C LFE Ls Rs, all else weighs 1.

    Examples
    --------
    >>> channel_weights(6).tolist()
    [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]
    """
    weights = np.ones(channels)
    weights[list(SURROUND_CHANNELS.get(channels, ()))] = SURROUND_WEIGHT
    if channels in LFE_CHANNEL:
        weights[LFE_CHANNEL[channels]] = 0.0
    return weights


def k_weighting(rate_hz: int) -> Curve:
    """The K-weighting filters at any rate: shelf ``b0 b1 b2 a1 a2``, then high-pass ``a1 a2`` (its b is 1 -2 1).

    From 16 kHz up the shelf is the bilinear transform of the analogue prototype, as in every other meter. Below, the
    transform bends it, so it takes its level from the tabulated 48 kHz filter instead.

    subtle: a high-pass with the tabulated b of 1 -2 1 gains more the lower the rate (0.04 dB at 48 kHz, 2 dB at
    1 kHz); the shelf's b take that back, so that every rate reads as 48 kHz does.
    """
    shelf = np.array(_shelf(rate_hz) if rate_hz >= MATCHED_BELOW_HZ else _matched_shelf(rate_hz))
    k, a0 = _high_pass(rate_hz)
    shelf[:3] *= _high_pass(TABULATED_RATE_HZ)[1] / a0
    return np.array([*shelf, 2 * (k * k - 1) / a0, (1 - k / HIGH_PASS_Q + k * k) / a0])


def _shelf(rate_hz: int) -> list[float]:
    """The high shelf by the bilinear transform, exact at its corner."""
    k = math.tan(math.pi * SHELF_HZ / rate_hz)
    high = 10 ** (SHELF_DB / 20)
    band = high**SHELF_BEND
    a0 = 1 + k / SHELF_Q + k * k
    b = (high + band * k / SHELF_Q + k * k, 2 * (k * k - high), high - band * k / SHELF_Q + k * k)
    return [value / a0 for value in (*b, 2 * (k * k - 1), 1 - k / SHELF_Q + k * k)]


def _high_pass(rate_hz: int) -> tuple[float, float]:
    """The high-pass' warped corner and the a0 that its coefficients are divided by."""
    k = math.tan(math.pi * HIGH_PASS_HZ / rate_hz)
    return k, 1 + k / HIGH_PASS_Q + k * k


def _matched_shelf(rate_hz: int) -> list[float]:
    """The high shelf for low rates: the 48 kHz shelf's gain at 0, a quarter and half of the rate.

    Poles by impulse invariance, zeros from the power at three frequencies (Vicanek 2016).
    """
    radius = math.exp(-math.pi * SHELF_HZ / (SHELF_Q * rate_hz))
    angle = 2 * math.pi * SHELF_HZ / rate_hz * math.sqrt(1 - 1 / (4 * SHELF_Q**2))
    a1, a2 = -2 * radius * math.cos(angle), radius**2
    at_zero, at_half = (1 + a1 + a2) ** 2, (1 - a1 + a2) ** 2 * _tabulated_power(rate_hz / 2)
    at_quarter = (a1**2 + (1 - a2) ** 2) * _tabulated_power(rate_hz / 4)
    bend = at_quarter - (at_zero + at_half) / 2
    middle = (math.sqrt(at_zero) + math.sqrt(at_half)) / 2
    b0 = (middle + math.sqrt(middle**2 + bend)) / 2
    return [b0, (math.sqrt(at_zero) - math.sqrt(at_half)) / 2, -bend / (4 * b0), a1, a2]


def _tabulated_power(frequency_hz: float) -> float:
    """Power gain of the 48 kHz shelf, the one that the standard tabulates."""
    b0, b1, b2, a1, a2 = _shelf(TABULATED_RATE_HZ)
    z = np.exp(-2j * math.pi * frequency_hz / TABULATED_RATE_HZ)
    return float(abs((b0 + z * (b1 + z * b2)) / (1 + z * (a1 + z * a2))) ** 2)


@contracted_kernel
def weigh_pair(
    left: Samples, right: Samples, state: Curve, filters: Curve, ends: npt.NDArray[np.int64], energies: Curve
) -> None:
    """K-weight two channels and write the energy of each hop that ends in this block to ``energies`` (2, hops).

    ``state`` holds four numbers per channel, then the energy of the started hop. Both channels run side by side: each
    recursion alone would wait for its own result, so the second one is nearly free.

    subtle: the brackets keep what waits for the last result to one multiplication and addition.
    """
    b0, b1, b2, a1, a2, c1, c2 = filters[0], filters[1], filters[2], filters[3], filters[4], filters[5], filters[6]
    start, frames = 0, left.shape[0]
    for hop in range(ends.shape[0] + 1):
        end = ends[hop] if hop < ends.shape[0] else frames
        l0, l1, l2, l3, r0, r1, r2, r3 = state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
        left_energy, right_energy = state[8], state[9]
        lefts, rights = left[start:end], right[start:end]
        for i in range(lefts.shape[0]):
            x, y = np.float64(lefts[i]), np.float64(rights[i])
            u, v = b0 * x + l0, b0 * y + r0
            l0, r0 = (b1 * x + l1) - a1 * u, (b1 * y + r1) - a1 * v
            l1, r1 = b2 * x - a2 * u, b2 * y - a2 * v
            p, q = u + l2, v + r2
            l2, r2 = (l3 - 2.0 * u) - c1 * p, (r3 - 2.0 * v) - c1 * q
            l3, r3 = u - c2 * p, v - c2 * q
            left_energy += p * p
            right_energy += q * q
        state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7] = l0, l1, l2, l3, r0, r1, r2, r3
        state[8], state[9] = left_energy, right_energy
        if hop < ends.shape[0]:
            energies[0, hop], energies[1, hop] = left_energy, right_energy
            _close_hop(state)
        start = end


@kernel
def _close_hop(state: Curve) -> None:
    """Begin a new hop's energy, and end decaying tails.

    subtle: after seconds of silence the filters would run in denormal numbers, a hundred times slower. -600 dB is 0.
    """
    state[8] = 0.0
    state[9] = 0.0
    for i in range(8):
        if abs(state[i]) < 1e-30:
            state[i] = 0.0
