"""Parallel compression as another answer to drums whose hits differ too much: a squashed copy from a bus, beside them.

The copy brings up what is soft and leaves the loud hits as they are, with their attack. The track goes down by as much
as both together are louder, so that the balance stays.

Conventions: the bus hears the track behind its fader, at 0 dB. Sums are of amplitudes: the compressor does not delay
and does not turn phases.

Not covered: one bus for several drums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.address import ABSENT
from bandmate.song.devices import Compressor
from bandmate.song.moves import Move
from bandmate.song.song import Song
from bandmate.song.tracks import MAIN, Bus, Role, Send, Track
from bandmate.sound.compression_forecast import compressed_db

Reals = npt.NDArray[np.float64]

ROLES: tuple[Role, ...] = ("kick", "snare", "percussion")
RATIO, KNEE_DB, ATTACK_MS, RELEASE_MS = 10.0, 6.0, 1.0, 120.0
BELOW_SOFT_DB = 8.0
"""The threshold lies this far below the soft hits, so that all of them are squashed alike."""

BLENDS_DB = (-6.0, -3.0, 0.0)
"""How loud the squashed copy of a middle hit is beside the hit itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """A bus, where the fader of the track goes, and the factor on the amplitude of each column in the sum."""

    bus: Bus
    fader_db: float
    gain: Reals


def bus_id(track_id: str) -> str:
    """The id of the bus, and of the send to it."""
    return f"parallel-{track_id}"


def has_parallel(song: Song, track: Track) -> bool:
    """Whether the track goes through a compressor on some bus beside its own way."""
    squashing = {bus.id for bus in song.buses if any(isinstance(d, Compressor) and d.enabled for d in bus.inserts)}
    return any(send.enabled and send.bus in squashing for send in track.sends)


def parallel_for(
    track: Track, peaks: Reals, levels: Reals, hits_db: Reals, blend_db: float, column_seconds: float
) -> Parallel:
    """A squashed copy, ``blend_db`` beside the middle hit; ``peaks`` and ``hits_db`` are behind the fader."""
    soft_db, middle_db = (float(np.quantile(hits_db, share)) for share in (0.15, 0.5))
    device = Compressor(
        id="squash",
        threshold_dbfs=round(soft_db - BELOW_SOFT_DB, 1),
        ratio=RATIO,
        knee_db=KNEE_DB,
        attack_ms=ATTACK_MS,
        release_ms=RELEASE_MS,
    )
    over_db = middle_db - device.threshold_dbfs
    gain_db = round(blend_db + (1.0 - 1.0 / RATIO) * over_db, 1)
    reductions = compressed_db(peaks, device, column_seconds)
    gain = 1.0 + 10 ** ((gain_db - reductions) / 20)
    louder_db = 10 * float(np.log10((levels * gain**2).sum() / max(float(levels.sum()), 1e-30)))
    down_db = round(louder_db, 1)
    # The copy comes from behind the fader: what the fader takes from it, the threshold goes down by.
    lower = replace(device, threshold_dbfs=round(device.threshold_dbfs - down_db, 1))
    bus = Bus(id=bus_id(track.id), name=f"{track.name or track.id} parallel", inserts=(lower,), gain_db=gain_db)
    return Parallel(bus, track.gain_db - down_db, gain * 10 ** (-down_db / 20))


def moves_of(track: Track, found: Parallel) -> tuple[Move, ...]:
    """The bus, the send to it, and the fader."""
    send = Send(id=found.bus.id, bus=found.bus.id)
    return (
        Move(address=f"buses/{found.bus.id}", before=ABSENT, after=found.bus),
        Move(address=f"tracks/{track.id}/sends/{send.id}", before=ABSENT, after=send),
        Move(address=f"tracks/{track.id}/gain_db", before=track.gain_db, after=round(found.fader_db, 2)),
    )


def is_plain(track: Track) -> bool:
    """Whether its way to main is so plain that a copy adds up with it: no group, no pan."""
    return track.output == MAIN and track.pan == 0.0
