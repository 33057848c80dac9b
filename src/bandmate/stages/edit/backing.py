"""What is played with a voice: how strong each pitch class is in the other tracks, for telling the key.

Conventions: snapshots of the closeups, by a 24th of an octave, from 80 Hz to 2 kHz; of each snapshot only what stands
above its own middle counts, so that noise and cymbals say nothing. C is the first of the twelve.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.closeup import Closeup
from bandmate.stages.ears import Ears
from bandmate.stages.mix.roles import role_of, role_table
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]

SPAN_HZ = (80.0, 2_000.0)
STANDS_DB = 12.0
UNTUNED = ("drums",)


def backing_chroma(song: Song, ears: Ears, besides: Track) -> tuple[float, ...] | None:
    """Twelve shares that add up to 1; None where nothing with a pitch plays beside that track."""
    total = np.zeros(12)
    for track in song.tracks:
        if track.id == besides.id or track.mute or not track.clips:
            continue
        hearing, closeup = ears.closely(song, track.id)
        role = role_of(track.role, spoken_name(track), hearing, closeup.timbre).role
        if role_table()[role].family in UNTUNED or role == besides.role:
            continue
        total += chroma_of(closeup)
    return tuple(float(share) for share in total / total.sum()) if total.any() else None


def chroma_of(closeup: Closeup) -> Reals:
    """How long and how clearly each pitch class is heard, array (12,)."""
    hz = np.array(closeup.fine_hz)
    inside = (hz >= SPAN_HZ[0]) & (hz <= SPAN_HZ[1])
    levels = closeup.fine_db.astype(np.float64)[inside]
    found = np.zeros(12)
    if not levels.size:
        return found
    pitches = 69.0 + 12.0 * np.log2(hz[inside] / 440.0)
    stands = np.clip(levels - np.median(levels, axis=0) - STANDS_DB, 0.0, None).sum(axis=1)
    near = np.maximum(0.0, 1.0 - 2.0 * np.abs(pitches - np.round(pitches)))
    np.add.at(found, np.round(pitches).astype(int) % 12, stands * near)
    return found
