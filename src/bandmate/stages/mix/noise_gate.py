"""The gate for rests in which nothing is played but noise: where it opens, how far it shuts, and what it would do.

The threshold lies a little above the highest peaks of the noise, so that the gate is open before anything is played. It
turns the rests down by a modest amount and shuts slowly: a rest that is suddenly dead says more than one that hisses.

Conventions: it is tried on peaks and levels of every 10 ms with the gate's own rules (opening, hysteresis, hold), the
release as a slope over columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Gate
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_floor import noise_floor
from bandmate.stages.mix.tone_levels import appended, free_id

Reals = npt.NDArray[np.float64]

RANGE_DB = -14.0
ABOVE_PEAKS_DB = 3.0
HYSTERESIS_DB = 3.0
HOLD_MS, RELEASE_MS, ATTACK_MS = 180.0, 220.0, 1.0
RESTS_WITHIN_DB = 3.0
PEAK_QUANTILE = 0.98
PLAYED_ABOVE_DB = 15.0
MOST_LOST = 0.003
"""The share of the energy of what is played that the gate may hold back."""

GATE_CONFIDENCE = 0.92
FLOOR_HZ = (20.0, 20_000.0)
SOUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class GateFound:
    """A gate, the move that inserts it, and what it rests on."""

    device: Gate
    move: Move
    evidence: tuple[Evidence, ...]


def gate_for(session: Session, track_id: str, *, least_share: float) -> GateFound | None:
    """The gate for a track; None where it rests too little, or where the gate would hold back what is played."""
    track, closeup = session.song.track(track_id), session.closeup(track_id)
    resting = in_rests(closeup)
    if resting is None or resting.mean() < least_share:
        return None
    peaks = closeup.peaks.astype(np.float64)
    highest_dbfs = 20 * float(np.log10(max(float(np.quantile(peaks[resting], PEAK_QUANTILE)), 1e-7)))
    device = Gate(
        id=free_id(track, "noise-gate"),
        threshold_dbfs=round(highest_dbfs + ABOVE_PEAKS_DB, 1),
        range_db=RANGE_DB,
        hysteresis_db=HYSTERESIS_DB,
        attack_ms=ATTACK_MS,
        hold_ms=HOLD_MS,
        release_ms=RELEASE_MS,
    )
    gains = gate_gains(peaks, device, closeup.level_hop_seconds)
    if held_back(closeup, gains) > MOST_LOST:
        return None
    evidence = (
        Evidence(what="what the gate turns rests down by", unit="dB", after=-RANGE_DB),
        Evidence(what="share of the time in which it rests", unit="%", before=100 * float(resting.mean())),
    )
    return GateFound(device, appended(track, device), evidence)


def in_rests(closeup: Closeup) -> npt.NDArray[np.bool_] | None:
    """Which columns of 10 ms hold the floor and nothing else; None without a floor."""
    floor = noise_floor(closeup)
    if not floor.in_rests:
        return None
    levels = closeup.levels
    total = 10 ** (floor.total_db(*FLOOR_HZ) / 10)
    resting: npt.NDArray[np.bool_] = (levels > SOUNDING) & (levels < total * 10 ** (RESTS_WITHIN_DB / 10))
    return resting


def gate_gains(peaks: Reals, device: Gate, hop_seconds: float) -> Reals:
    """The gate's gain on the power of each column."""
    opens = 10 ** (device.threshold_dbfs / 20)
    shuts = 10 ** ((device.threshold_dbfs - device.hysteresis_db) / 20)
    hold = round(device.hold_ms / 1000 / hop_seconds)
    kept = float(np.exp(-hop_seconds * 1000 / device.release_ms))
    reduction, left, gains = -device.range_db, 0, np.empty(len(peaks))
    for k, peak in enumerate(peaks):
        if peak > opens or (left > 0 and peak > shuts):
            left = hold
        else:
            left = max(0, left - 1)
        reduction = 0.0 if left else -device.range_db + kept * (reduction + device.range_db)
        gains[k] = 10 ** (-reduction / 10)
    return gains


def held_back(closeup: Closeup, gains: Reals) -> float:
    """The share of the energy well above the floor that a gate would take."""
    levels = closeup.levels.astype(np.float64)
    total = noise_floor(closeup).total_db(*FLOOR_HZ)
    played = levels > 10 ** ((total + PLAYED_ABOVE_DB) / 10)
    energy = float(levels[played].sum())
    return 1.0 - float((levels * gains)[played].sum()) / energy if energy > 0 else 0.0
