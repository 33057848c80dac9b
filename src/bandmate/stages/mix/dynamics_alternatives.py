"""Other answers than a compressor to hits that differ too much: saturation, and a squashed copy from a bus.

They are offered only where the instrument takes them, and are worked out on the level track as the compressor is.

Not covered: tracks whose fader moves; what they do to the loudness could not be given back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.address import ABSENT
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move
from bandmate.song.tracks import Role, Track
from bandmate.stages.mix import dynamics_saturation as saturation
from bandmate.stages.mix import parallel_bus as parallel
from bandmate.stages.mix.compress_design import hit_peaks_db
from bandmate.stages.mix.dynamics_levels import hit_spread_db, hits_of
from bandmate.stages.mix.family import Answer

Reals = npt.NDArray[np.float64]

SATURATOR_SURENESS, PARALLEL_SURENESS = 0.7, 0.7
MOST_MAKEUP_DB = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Struck:
    """A track with hits: its peaks before the fader, its levels behind it, and the spread that is aimed at.

    ``fader_db`` is None while the fader moves.
    """

    track: Track
    role: Role
    peaks: npt.NDArray[np.floating]
    levels: Reals
    fader_db: float | None
    column_seconds: float
    aim_db: float

    def spread_db(self, gain: Reals) -> float | None:
        """How far apart its hits are when each column is multiplied by a gain."""
        return hit_spread_db(hits_of(self.levels * gain**2), self.column_seconds)

    def has(self, device_id: str) -> bool:
        """Whether a device of that name is on the track."""
        return any(device.id == device_id for device in self.track.inserts)


def saturator_answer(struck: Struck) -> Answer | None:
    """A saturator, with the fader up by what it takes; None where it does not fit."""
    hits = hits_of(struck.levels)
    if struck.role not in saturation.ROLES or struck.fader_db is None or struck.has(saturation.DEVICE_ID):
        return None
    middle_db = float(np.median(hit_peaks_db(struck.peaks, hits)))
    found = saturation.saturation_for(
        struck.peaks, struck.levels, middle_db, struck.spread_db, aim_db=struck.aim_db
    )  # fmt: skip
    if found is None or found.makeup_db > MOST_MAKEUP_DB:
        return None
    track, device = struck.track, found.device
    return Answer(
        moves=(
            Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device),
            Move(
                address=f"tracks/{track.id}/gain_db",
                before=track.gain_db,
                after=round(track.gain_db + found.makeup_db, 2),
            ),
        ),
        predicted=found.spread_db,
        deed=f"a saturator driven by {device.drive_db:.1f} dB, with the fader up by {found.makeup_db:.1f} dB",
        confidence=SATURATOR_SURENESS,
        evidence=(
            Evidence(what="drive of the saturator", unit="dB", after=device.drive_db),
            Evidence(what="what the fader gives back", unit="dB", after=found.makeup_db),
        ),
    )


def parallel_answer(struck: Struck) -> Answer | None:
    """A squashed copy beside the track; None where it does not fit."""
    track = struck.track
    if struck.role not in parallel.ROLES or struck.fader_db is None or not parallel.is_plain(track):
        return None
    fader = 10 ** (struck.fader_db / 20)
    peaks = np.asarray(struck.peaks, np.float64) * fader
    hits_db = hit_peaks_db(peaks, hits_of(struck.levels))
    best: tuple[float, float, parallel.Parallel] | None = None
    for blend_db in parallel.BLENDS_DB:
        found = parallel.parallel_for(track, peaks, struck.levels, hits_db, blend_db, struck.column_seconds)
        spread = struck.spread_db(found.gain)
        if spread is not None and (best is None or best[0] > struck.aim_db):
            best = spread, blend_db, found
    if best is None:
        return None
    spread, blend_db, found = best
    return Answer(
        moves=parallel.moves_of(track, found),
        predicted=spread,
        deed=f"a squashed copy from a bus, {blend_db:+.0f} dB beside its middle hits,",
        confidence=PARALLEL_SURENESS,
        evidence=(
            Evidence(what="level of the squashed copy beside the middle hits", unit="dB", after=blend_db),
            Evidence(what="fader of the track", unit="dB", before=track.gain_db, after=round(found.fader_db, 2)),
        ),
    )
