"""What a compressor or a gate would do to a track, worked out on its level track of one value every 10 ms.

The devices themselves work frame by frame; here a column's highest peak stands for all of its frames, which is right as
long as nothing in the device is much faster than a column. On music the mean reduction comes out within some tenths of
a decibel. So a forecast says where to look, and never what was found.

Conventions: peaks are linear, full scale 1, as in ``bandmate.sound.level_track``. Reductions are in dB, positive, the
mean over each column. Silence is not turned down by a compressor; a gate starts closed.

Not covered: keys, filters before the detector, look-ahead.

References: D. Giannoulis, M. Massberg, J. Reiss, Digital Dynamic Range Compressor Design, JAES 60 (2012).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Compressor, Gate
from bandmate.sound.kernel import kernel

Reals = npt.NDArray[np.float64]

QUIETEST = 1e-9
ONSET_MS = 5.0
SHORTEST_HOLD_MS = 10.0


def compressed_db(
    peaks: npt.NDArray[np.floating], device: Compressor, column_seconds: float, *, onset_ms: float = ONSET_MS
) -> Reals:
    """By how much each column is turned down, without make-up and as if all of it were wet; shape (columns,).

    ``onset_ms`` is for how long a sound that begins in a column counts there: less for clicks, which are over before
    the device has come down.
    """
    reductions = np.zeros(len(peaks))
    settings = np.array(
        [
            device.threshold_dbfs,
            1.0 - 1.0 / device.ratio,
            device.knee_db,
            1_000.0 * column_seconds / max(device.attack_ms, 1e-3),
            1_000.0 * column_seconds / max(device.release_ms, 1e-3),
            onset_ms / max(device.attack_ms, 1e-3),
        ]
    )
    follow_columns(20 * np.log10(np.maximum(peaks, QUIETEST).astype(np.float64)), settings, reductions)
    return reductions


def gated_db(peaks: npt.NDArray[np.floating], device: Gate, column_seconds: float) -> Reals:
    """By how much a gate turns each column down; shape (columns,)."""
    reductions = np.zeros(len(peaks))
    hold_columns = math.ceil(max(device.hold_ms, SHORTEST_HOLD_MS) / (1_000.0 * column_seconds))
    settings = np.array(
        [
            10 ** (device.threshold_dbfs / 20),
            10 ** ((device.threshold_dbfs - device.hysteresis_db) / 20),
            -device.range_db,
            hold_columns,
            1_000.0 * column_seconds / max(device.attack_ms, 1e-3),
            1_000.0 * column_seconds / max(device.release_ms, 1e-3),
        ]
    )
    open_columns(peaks.astype(np.float64), settings, reductions)
    return reductions


def gains(reductions: Reals, *, makeup_db: float = 0.0, wet: float = 1.0) -> Reals:
    """Reductions as factors of amplitude, with make-up and what is left dry."""
    found: Reals = wet * 10 ** ((makeup_db - reductions) / 20) + (1.0 - wet)
    return found


@kernel
def follow_columns(levels: Reals, settings: Reals, reductions: Reals) -> None:
    """Static curve, attack and release; ``settings`` is threshold, slope, knee, a column in attacks and
    in releases, and an onset in attacks.

    Within a column the target stands still, so the way towards it is an exponential and its mean is known. Where the
    target rises it does so in the middle of the column, and what counts is what is behind it, where the sound is.
    """
    threshold, slope, knee = settings[0], settings[1], settings[2]
    attack, release = settings[3], settings[4]
    share, onset_share = (1.0 - math.exp(-attack)) / attack, (1.0 - math.exp(-settings[5])) / settings[5]
    kept_held, kept_now, half_kept = math.exp(-release), math.exp(-attack), math.exp(-0.5 * attack)
    held, now = 0.0, 0.0
    for i in range(levels.shape[0]):
        over = max(levels[i] - threshold + 0.5 * knee, 0.0)
        inside = min(over, knee)
        bend = inside * inside / (2.0 * knee) if knee > 0.0 else 0.0
        wanted = slope * (bend + (over - inside))
        if wanted > held:
            held = wanted
            reductions[i] = held + (now - held) * onset_share
            now = held + (now - held) * half_kept
        else:
            held = wanted + kept_held * (held - wanted)
            reductions[i] = held + (now - held) * share
            now = held + (now - held) * kept_now


@kernel
def open_columns(peaks: Reals, settings: Reals, reductions: Reals) -> None:
    """Threshold, hysteresis, hold; ``settings`` is open, close, range, hold, and a column in attacks and releases.

    The last peak that keeps a gate open lies in the middle of its column, so it closes in the middle of one.
    """
    attack, release, limit = settings[4], settings[5], settings[2]
    opening, closing = (1.0 - math.exp(-attack)) / attack, (1.0 - math.exp(-release)) / release
    half_closing = (1.0 - math.exp(-0.5 * release)) / (0.5 * release)
    left, now = 0.0, limit
    for i in range(peaks.shape[0]):
        was_open = left > 0.0
        if peaks[i] > settings[0] or (was_open and peaks[i] > settings[1]):
            left = settings[3]
        elif was_open:
            left -= 1.0
        if left > 0.0:
            reductions[i] = now * opening
            now *= math.exp(-attack)
        elif was_open:
            reductions[i] = 0.5 * (now + limit + (now - limit) * half_closing)
            now = limit + (now - limit) * math.exp(-0.5 * release)
        else:
            reductions[i] = limit + (now - limit) * closing
            now = limit + (now - limit) * math.exp(-release)


def compile_kernels() -> None:
    """Compile what is in this module, now rather than at the first forecast."""
    compressed_db(np.zeros(2), Compressor(id="first"), 0.01)
    gated_db(np.zeros(2), Gate(id="first"), 0.01)
