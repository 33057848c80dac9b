"""Rumble: steady energy below anything the instrument can play, and the high-pass that takes it away.

A high-pass is proposed only where rumble was measured. Two things make it rumble: the bands more than a third of an
octave below the role's lowest note hold a noticeable part of the energy, and they do not follow the playing (they are
nearly as strong in the quiet moments as on average). A kick's thump or the bleed of a bass follows the music and stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandmate.song.address import ABSENT
from bandmate.song.devices import Band, Equalizer
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.checks import DC_LIMIT

CORNER_SHARE_OF_LOWEST = 0.85
"""The filter's corner as a share of the lowest note: there a slope of 24 dB per octave takes about 1 dB off it."""

RUMBLE_BELOW_LOWEST = 2 ** (-1 / 3)
"""A third of an octave, one band of the meter: nearer to the note, rumble and note share a band."""

NOTICEABLE_DB = -27.0
VERY_STEADY_NOTICEABLE_DB = -34.0
"""Against the whole track; softer rumble costs neither headroom nor clarity, and more of it is worth a word where it is
certain to be rumble."""

STEADY_DB = -12.0
VERY_STEADY_DB = -8.0
"""The quiet moments of the rumble against its mean; what falls lower in the pauses follows the playing."""

SOUNDING_DBFS = -70.0
LEAST_SECONDS = 8.0
"""In less nothing can be called steady."""

LEAST_REDUCTION_DB = 6.0
MOST_LOUDNESS_CHANGE_LU = 0.5
"""What the filter must take off the rumble, and what it may take off the music at most."""

DEVICE_ID = "rumble-filter"


@dataclass(frozen=True, slots=True)
class Rumble:
    """Measured rumble: its level against the whole track, and how steady it is (its quiet moments against its mean)."""

    below_hz: float
    share_db: float
    steady_db: float


def find_rumble(hearing: Hearing, lowest_hz: float) -> Rumble | None:
    """Rumble below ``lowest_hz``, the lowest note of the role; None where there is none, and for silence.

    Nor with a constant offset (DC), which leaks into the lowest bands: that is said by ``checks``.
    """
    below_hz = lowest_hz * RUMBLE_BELOW_LOWEST
    power = hearing.power.astype(np.float64)
    low = power[np.array(hearing.band_hz) < below_hz].sum(axis=0)
    total = float(power.sum())
    if abs(hearing.dc) > DC_LIMIT or hearing.seconds < LEAST_SECONDS:
        return None
    if not low.size or low.mean() < 10 ** (SOUNDING_DBFS / 10) or total <= 0:
        return None
    share_db = 10 * np.log10(low.sum() / total)
    quiet = float(np.quantile(low, 0.1))
    steady_db = 10 * np.log10(max(quiet, 1e-20) / low.mean())
    noticeable_db = VERY_STEADY_NOTICEABLE_DB if steady_db > VERY_STEADY_DB else NOTICEABLE_DB
    if share_db < noticeable_db or steady_db < STEADY_DB:
        return None
    return Rumble(below_hz, float(share_db), float(steady_db))


def rumble_filter(lowest_hz: float) -> Equalizer:
    """The high-pass for a role whose lowest note is ``lowest_hz``: 24 dB per octave, a little below that note."""
    corner = round(lowest_hz * CORNER_SHARE_OF_LOWEST)
    return Equalizer(id=DEVICE_ID, bands=(Band(id="1", kind="high-pass", freq_hz=corner, slope_db=24),))


def insert_first(track: Track, device: Equalizer) -> Move:
    """The move that puts ``device`` before everything else on the track."""
    if not track.inserts:
        return Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)
    return Move(address=f"tracks/{track.id}/inserts", before=track.inserts, after=(device, *track.inserts))
