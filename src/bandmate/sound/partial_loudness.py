"""Partial loudness: how loud one sound is while others sound, by ERB band and moment, and how loud it would be alone.

Three steps, each on arrays of shape (bands, hops). *Excitation*: each band's power spreads to its neighbours on the
skirts of rounded-exponential filters; towards higher bands the louder, the further. *Threshold*: excitation counts in
multiples of what is just heard in quiet. *Loudness*: compressed by a power of about 0.2; beside other sounds a sound
loses what lies below its masked threshold, and comes back quickly above it.

Conventions: powers are means over the channels, full scale 1, in the bands of ``bandmate.sound.spectrum.erb_bands`` or
any others one ERB apart. Full scale is taken to play at 100 dB SPL, so a mix at -23 LUFS plays at about 75 dB SPL, as
in a quiet room with the loudspeakers at a usual level; 6 dB more or less changes little. Specific loudness is in sone
per ERB. Silence has no loudness, and beside silence a sound is as loud as in quiet, exactly.

Simplified: one ear, no masking before and after a sound, the spread of a band depends on its own level only, the
excitations of several sounds add up. The exponent rises towards low notes, as loudness there grows faster.

References: B. Moore, B. Glasberg, T. Baer, A Model for the Prediction of Thresholds, Loudness, and Partial Loudness,
JAES 45 (1997): specific loudness eq. 5-8, partial loudness eq. 17-20; B. Glasberg, B. Moore, Derivation of auditory
filter shapes from notched-noise data, Hearing Research 47 (1990): skirts; E. Terhardt, Calculating virtual pitch,
Hearing Research 1 (1979): threshold in quiet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from bandmate.sound.kernel import kernel

Powers = npt.NDArray[np.float32]
Curve = npt.NDArray[np.float64]

FULL_SCALE_SPL_DB = 100.0
"""What power 1 in a band plays at."""

SONE_FACTOR = 0.047
OFFSET = 2.0
"""``C`` and ``A`` of the model, the second in thresholds in quiet."""

EXPONENT, STEEPEST_EXPONENT = 0.2, 0.267
"""``alpha`` from 500 Hz on, and where the inner ear's gain is 25 dB lower."""

SKIRT, SKIRT_LEVEL_DB, SKIRT_SLOPE = 4.0, 51.0, 0.35 * 4.0 / 30.2
"""Steepness of a filter's skirts per ERB, the level it holds at, and how it changes per dB on the way up."""

SHALLOWEST_SKIRT, STEEPEST_SKIRT = 1.7, 5.5
UPWARD_BANDS, DOWNWARD_BANDS = 8, 3

MASKED_RATIO_HZ = (50.0, 100.0, 200.0, 500.0, 1_000.0)
MASKED_RATIO_DB = (13.0, 9.0, 4.0, -1.0, -3.0)
"""``K``: the ratio of a sound to the noise in its band at which it is just heard."""


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """What an ear is like in each of some bands: arrays (bands,).

    ``quiet`` is the power that is just heard in quiet, full scale 1; ``masked_ratio`` the ratio to noise at which a
    sound is just heard; ``exponent`` how loudness grows.
    """

    quiet: Curve
    masked_ratio: Curve
    exponent: Curve


@lru_cache(maxsize=8)
def ear_for(centre_hz: tuple[float, ...]) -> Ear:
    """The ear in bands of these centres."""
    hz = np.array(centre_hz)
    quiet_db = threshold_spl_db(hz) - FULL_SCALE_SPL_DB
    ratio_db = np.interp(np.log(hz), np.log(MASKED_RATIO_HZ), MASKED_RATIO_DB)
    # The inner ear's gain falls by about 22.7 dB from 500 Hz to 50 Hz.
    low = np.clip(np.log10(500.0 / hz), 0.0, 1.1) * 22.7 / 25.0
    return Ear(10 ** (quiet_db / 10), 10 ** (ratio_db / 10), EXPONENT + (STEEPEST_EXPONENT - EXPONENT) * low)


def threshold_spl_db(freq_hz: Curve) -> Curve:
    """What is just heard in quiet, dB SPL (Terhardt)."""
    khz = freq_hz / 1_000.0
    threshold: Curve = 3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4
    return threshold


def excitation(power: Powers, centre_hz: tuple[float, ...]) -> Powers:
    """Power by band and hop, spread over the bands, in multiples of what is just heard in quiet.

    Parameters
    ----------
    power : float32 array (bands, hops)
    centre_hz : tuple of float
        of the bands, one ERB apart.

    Returns
    -------
    float32 array (bands, hops)
        0 for silence.

    Raises
    ------
    ValueError
        for another number of bands than of centres.
    """
    if power.shape[0] != len(centre_hz):
        raise ValueError(f"{power.shape[0]} bands of power, {len(centre_hz)} centres")
    spread_out = np.zeros(power.shape, np.float32)
    spread(np.ascontiguousarray(power, np.float32), np.zeros(power.shape[1], np.float32), spread_out)
    spread_out /= ear_for(centre_hz).quiet[:, None].astype(np.float32)
    return spread_out


def partial_loudness(target: Powers, others: Powers, centre_hz: tuple[float, ...]) -> Powers:
    """Specific loudness of one sound beside others, both as excitation; float32 (bands, hops), sone per ERB.

    Where the others are silent it is the loudness in quiet; where the target is, it is 0. More from the others never
    makes it louder.
    """
    ear = ear_for(centre_hz)
    found = np.empty(target.shape, np.float32)
    beside(np.ascontiguousarray(target), np.ascontiguousarray(others), ear.masked_ratio, ear.exponent, found)
    return found


def loudness_in_quiet(target: Powers, centre_hz: tuple[float, ...]) -> Powers:
    """Specific loudness of one sound alone."""
    return partial_loudness(target, np.zeros_like(target), centre_hz)


def audible_ratio(target: Powers, others: Powers, centre_hz: tuple[float, ...]) -> Powers:
    """What is left of the specific loudness beside the others, 0 to 1; 1 where the target is silent."""
    alone, left = loudness_in_quiet(target, centre_hz), partial_loudness(target, others, centre_hz)
    # Rounding, where next to nothing is heard, must not make it louder beside others than alone.
    return np.minimum(np.divide(left, alone, out=np.ones_like(left), where=alone > 0), np.float32(1.0))


@kernel
def spread(power: Powers, steepness: Powers, spread_out: Powers) -> None:
    """Add to ``spread_out`` what each band puts into itself and its neighbours; ``steepness`` is room to work in."""
    bands, hops = power.shape
    for band in range(bands):
        if power[band].max() <= 0.0 if hops else True:
            continue
        for hop in range(hops):
            level_db = FULL_SCALE_SPL_DB + 10.0 * np.log10(np.float64(power[band, hop]) + 1e-15)
            skirt = SKIRT - SKIRT_SLOPE * (level_db - SKIRT_LEVEL_DB)
            steepness[hop] = min(max(skirt, SHALLOWEST_SKIRT), STEEPEST_SKIRT)
            spread_out[band, hop] += power[band, hop]
        for away in range(1, min(UPWARD_BANDS, bands - 1 - band) + 1):
            for hop in range(hops):
                far = steepness[hop] * np.float32(away)
                spread_out[band + away, hop] += power[band, hop] * (np.float32(1.0) + far) * np.exp(-far)
        for away in range(1, min(DOWNWARD_BANDS, band) + 1):
            weight = np.float32((1.0 + SKIRT * away) * np.exp(-SKIRT * away))
            for hop in range(hops):
                spread_out[band - away, hop] += power[band, hop] * weight


@kernel
def beside(target: Powers, others: Powers, masked_ratio: Curve, exponent: Curve, found: Powers) -> None:
    """Write the specific partial loudness of each cell (Moore, Glasberg and Baer 1997, eq. 19 and 20)."""
    for band in range(target.shape[0]):
        ratio, power = masked_ratio[band], exponent[band]
        none = OFFSET**power
        just_heard = (1.0 + OFFSET) ** power - none
        for hop in range(target.shape[1]):
            own, rest = np.float64(target[band, hop]), np.float64(others[band, hop])
            if own <= 0.0:
                found[band, hop] = 0.0
                continue
            masked = ratio * rest + 1.0
            both = (own + rest + OFFSET) ** power
            lost = (rest + masked + OFFSET) ** power
            if own >= masked:
                heard = both - none - (lost - none - just_heard) * (masked / own) ** 0.3
            else:
                alone = (rest + OFFSET) ** power
                heard = (2.0 * own / (own + masked)) ** 1.5 * just_heard * (both - alone) / (lost - alone)
            found[band, hop] = SONE_FACTOR * max(heard, 0.0)


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first hearing."""
    ones = np.ones((2, 2), np.float32)
    loud = excitation(ones, (500.0, 550.0))
    ones.flags.writeable = False
    excitation(ones, (500.0, 550.0))
    partial_loudness(loud, loud, (500.0, 550.0))
