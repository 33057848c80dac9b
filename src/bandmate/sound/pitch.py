"""The pitch of one voice: a small network hears voicing and octave, our own loops find the pitch to a few cents.

swift-f0 gives a pitch and a confidence every 16 ms. Candidate periods come from cross-correlation every 10 ms; the
cheapest path through the network's pitch, the candidates and "no pitch" guards against octave errors, and the pitch on
it is measured to a few cents in a band-limited copy, over several periods where they are short.

Conventions: a point every 5 ms; pitch from 65 to 1100 Hz unless told; 0 Hz where nothing is sung. Several channels are
added up; where that leaves little (a channel turned over), the loudest is taken. The level of a recording does not
matter, within 60 dB.

Not covered: several notes at once, which have no one pitch (``voicedness`` says when that is so); an independent second
opinion (``pitch_judge``); notes (``sung_notes``).

References: L. Nieradzik, SwiftF0: Fast and Accurate Monophonic Pitch Detection (2025), whose model (MIT) comes with the
package swift-f0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.ndimage
import scipy.signal

from bandmate.song.errors import OutOfRange
from bandmate.sound.audio import Audio, Samples, checked_rate
from bandmate.sound.finite import finite_block
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.pitch_refine import REFINED_OVER_SECONDS, best_path, find_periods, power_until, refine_periods
from bandmate.sound.resample import resample

Reals = npt.NDArray[np.float64]

HOP_SECONDS = 0.005
RANGE_HZ = (65.0, 1_100.0)
HEARD_RANGE_HZ = (47.0, 2_090.0)
"""What the network can hear."""

HEARING_RATE_HZ = 16_000
COARSE_RATE_HZ = 8_000
BAND_HZ, BAND_TAPS = (40.0, 3_200.0), 801
COARSE_WINDOW_SECONDS, FINE_WINDOW_SECONDS = 0.024, 0.022
KEPT = 4
"""Candidates of a point."""

LEVEL_SECONDS, LOUD_QUANTILE, LOUD_RMS, MOST_GAIN = 0.05, 0.9, 0.2, 1_000.0
"""What is louder than nine in ten moments is brought to this RMS, however soft it was recorded, within 60 dB."""

SHORTEST_SECONDS = 0.02
"""A shorter recording has no pitch."""

SILENT_DB = -75.0
"""Below this, as RMS of 20 ms, there is no pitch."""

SURE = 0.85
"""Where network and likeness are surer than that, candidates are looked for at every other point only."""

WORTH_A_LOOK = 0.08
"""Where the network is less sure than that all around, nothing is looked for."""

LIKENESS_COST, HEARD_COST, FAR_OCTAVES = 1.0, 1.2, 0.3
UNHEARD, UNLIKE = 0.6, 0.7
"""Confidence of the network and likeness at which pitch and no pitch are as probable."""

UNHEARD_COST, UNLIKE_COST = 1.6, 1.4
JUMP_COST, TURN_COST = 1.5, 0.5


def track_pitch(
    samples: Samples, rate_hz: int, *, low_hz: float = RANGE_HZ[0], high_hz: float = RANGE_HZ[1]
) -> PitchCurve:
    """The pitch of a recording of one voice.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    low_hz, high_hz : float
        the range that is looked through, 47 to 2090 Hz.

    Returns
    -------
    PitchCurve
        ``ceil(frames / rate / 5 ms)`` points; no pitch in silence, none at all for an empty recording.

    Raises
    ------
    OutOfRange
        for a rate outside 1 kHz to 768 kHz or a range that is none.
    RequestError
        for NaN or infinity.
    """
    checked_range(low_hz, high_hz)
    samples = finite_block(samples, len(samples), start_frame=0, rate_hz=checked_rate(rate_hz))
    points = -(-samples.shape[1] * round(1 / HOP_SECONDS) // rate_hz)
    if samples.shape[1] < SHORTEST_SECONDS * rate_hz or not samples.any():
        return PitchCurve(HOP_SECONDS, np.zeros(points), np.zeros(points))
    sound = levelled(resample(Audio(one_channel(samples)[None, :], rate_hz), HEARING_RATE_HZ, "HQ").samples[0])
    heard_hz, confidence = heard(sound, points, (low_hz, high_hz))
    banded = band_limited(sound)
    rough_hz, alike = guarded(banded, heard_hz, confidence, (low_hz, high_hz))
    centres = np.round(np.arange(points) * HOP_SECONDS * HEARING_RATE_HZ).astype(np.int64)
    with np.errstate(divide="ignore"):
        rough = np.where(rough_hz > 0, HEARING_RATE_HZ / rough_hz, 0.0)
    fine, likenesses = np.zeros(points), np.zeros(points)
    span = (round(FINE_WINDOW_SECONDS * HEARING_RATE_HZ), round(REFINED_OVER_SECONDS * HEARING_RATE_HZ))
    refine_periods(banded, power_until(banded), centres, rough, span, fine, likenesses)
    with np.errstate(divide="ignore"):
        hz = np.where(fine > 0, HEARING_RATE_HZ / fine, rough_hz)
    sure = np.where(hz > 0, np.clip(0.5 * confidence + 0.5 * np.maximum(likenesses, alike), 0.0, 1.0), 0.0)
    return PitchCurve(HOP_SECONDS, hz, sure)


def checked_range(low_hz: float, high_hz: float) -> None:
    """Refuse a range that cannot be looked through."""
    if not HEARD_RANGE_HZ[0] <= low_hz < high_hz <= HEARD_RANGE_HZ[1]:
        raise OutOfRange(
            f"pitch range {low_hz:g} to {high_hz:g} Hz is not within {HEARD_RANGE_HZ[0]:g} to "
            f"{HEARD_RANGE_HZ[1]:g} Hz, low before high; a voice needs 65 to 1100"
        )


def one_channel(samples: Samples) -> Samples:
    """The mean of the channels, or the loudest where they cancel."""
    mixed: Samples = samples.mean(axis=0, dtype=np.float32)
    energy = np.array([float(np.dot(channel, channel)) for channel in samples])
    if float(np.dot(mixed, mixed)) < 0.1 * energy.max():
        mixed = samples[int(np.argmax(energy))]
    return mixed


def levelled(sound: Samples) -> Samples:
    """The same at one loudness: the network is the less sure the softer it is."""
    width = round(LEVEL_SECONDS * HEARING_RATE_HZ)
    whole = sound[: max(len(sound) // width, 1) * width].astype(np.float64)
    parts = whole.reshape(-1, width) if len(whole) >= width else whole[None, :]
    loud = float(np.quantile(np.sqrt(np.mean(parts**2, axis=1)), LOUD_QUANTILE))
    gain = min(LOUD_RMS / max(loud, 1e-12), MOST_GAIN)
    return np.asarray(np.clip(sound * np.float32(gain), -1.0, 1.0), np.float32)


@cache
def network() -> Any:
    """The detector, loaded once: one thread, so that it is as quick everywhere and gives up the core at once."""
    import swift_f0

    return swift_f0.SwiftF0(threads=1, spin=False)


def heard(sound: Samples, points: int, range_hz: tuple[float, float]) -> tuple[Reals, Reals]:
    """What the network hears, on our points: pitch in Hz (never 0) and confidence."""
    found = network().detect(sound, HEARING_RATE_HZ, *range_hz)
    times, octaves = np.asarray(found.timestamps), np.log2(np.maximum(np.asarray(found.pitch_hz), 1.0))
    at = np.arange(points) * HOP_SECONDS
    between = np.interp(at, times, octaves)
    nearest = octaves[np.clip(np.round(at / 0.016).astype(int), 0, len(octaves) - 1)]
    # subtle: between two notes far apart there is no pitch in the middle; the nearer one holds.
    hz = 2.0 ** np.where(np.abs(between - nearest) > 0.12, nearest, between)
    return hz, np.interp(at, times, np.asarray(found.confidence))


def band_limited(sound: Samples) -> Samples:
    """Without rumble, and without what lies above the strong harmonics, where there is mostly breath and noise."""
    taps = scipy.signal.firwin(BAND_TAPS, BAND_HZ, pass_zero=False, fs=HEARING_RATE_HZ)
    return np.asarray(scipy.signal.oaconvolve(sound, taps.astype(np.float32), mode="same"), np.float32)


def guarded(banded: Samples, heard_hz: Reals, confidence: Reals, range_hz: tuple[float, float]) -> tuple[Reals, Reals]:
    """The pitch on the cheapest path, 0 where there is none, and how alike its periods are, on all points."""
    points = len(heard_hz)
    coarse = np.ascontiguousarray(banded[:: HEARING_RATE_HZ // COARSE_RATE_HZ])
    centres = np.round(np.arange(points) * HOP_SECONDS * COARSE_RATE_HZ).astype(np.int64)
    power = power_until(coarse)
    near = scipy.ndimage.maximum_filter1d(confidence, 9)
    looked = (near > WORTH_A_LOOK) & ~silent(power, centres)
    lags = (int(COARSE_RATE_HZ / range_hz[1]), int(np.ceil(COARSE_RATE_HZ / range_hz[0])))
    width = round(COARSE_WINDOW_SECONDS * COARSE_RATE_HZ)
    own, own_alike = np.zeros(points), np.zeros(points)
    rough = np.where(looked, COARSE_RATE_HZ / heard_hz, 0.0)
    refine_periods(coarse, power, centres, rough, (width, 0), own, own_alike)
    is_even = np.arange(points) % 2 == 0
    periods, likenesses = np.zeros((points, KEPT)), np.zeros((points, KEPT))
    open_points = np.where(looked & (is_even | (confidence < SURE) | (own_alike < SURE)), centres, -1)
    find_periods(coarse, power, open_points, lags, width, periods, likenesses)
    with np.errstate(divide="ignore"):
        octaves = np.log2(COARSE_RATE_HZ / np.column_stack([periods, COARSE_RATE_HZ / heard_hz]))
    likenesses = np.column_stack([likenesses, np.maximum(own_alike, 0.0)])
    costs = state_costs(octaves, likenesses, np.log2(heard_hz), confidence)
    costs[~looked, :-1] = np.inf
    states = np.column_stack([np.where(np.isfinite(octaves), octaves, 0.0), np.zeros(points)])
    path = best_path(costs, states, JUMP_COST, TURN_COST)
    sung = path < KEPT + 1
    index = np.minimum(path, KEPT)
    rows = np.arange(points)
    return np.where(sung, 2.0 ** states[rows, index], 0.0), np.where(sung, likenesses[rows, index], 0.0)


def state_costs(octaves: Reals, likenesses: Reals, heard_octaves: Reals, confidence: Reals) -> Reals:
    """What it costs to take each candidate, or no pitch (the last), at each point."""
    away = np.minimum(np.abs(octaves - heard_octaves[:, None]), FAR_OCTAVES) / FAR_OCTAVES
    sung = LIKENESS_COST * (1.0 - likenesses) + HEARD_COST * confidence[:, None] * np.nan_to_num(away, nan=1.0)
    sung[~np.isfinite(octaves)] = np.inf
    best = likenesses.max(axis=1)
    evidence = UNHEARD_COST * (confidence - UNHEARD) + UNLIKE_COST * (best - UNLIKE)
    none = LIKENESS_COST * (1.0 - best) + evidence
    return np.column_stack([sung, none])


def silent(power: Reals, centres: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Where the RMS of 20 ms is below ``SILENT_DB``."""
    half = round(0.01 * COARSE_RATE_HZ)
    low, high = np.clip(centres - half, 0, len(power) - 1), np.clip(centres + half, 0, len(power) - 1)
    quiet: npt.NDArray[np.bool_] = power[high] - power[low] < 2 * half * 10 ** (SILENT_DB / 10)
    return quiet
