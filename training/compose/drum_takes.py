"""Takes of drummers on a grid: which slot every stroke belongs to, and how far from it it was played.

A take is swung where most strokes around the second half of a beat lie near its second third. Takes in other meters
than 4/4 teach the feel, not the patterns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.formats.midi import read_midi
from bandmate.models.drum_kit import PIECES, SLOTS, STYLES, TOMS, piece_of
from bandmate.stages.compose.passage import tones_of_track
from training.compose.works import Work, grooves

Ints = npt.NDArray[np.int64]
STYLE_OF = {
    "hiphop": "hip-hop", "afrocuban": "afro-cuban", "gospel": "soul", "neworleans": "second line",
    "highlife": "afrobeat", "jazz/funk": "funk", "jazz/fusion": "funk", "rock/shuffle": "blues",
    "rock/rockabilly": "country", "rock/folk": "country", "middleeastern": "afro-cuban", "neworleans/funk": "funk",
}  # fmt: skip
SWUNG_FROM, SWUNG_TO = 535, 680
FILL_TOMS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A performance. ``start``, ``pitch``, ``velocity``: a row for each stroke, in the order they were struck."""

    work: Work
    style: int
    bpm: float
    drummer: str
    is_fill: bool
    meter: tuple[int, int]
    swung: bool
    start: Ints
    pitch: Ints
    velocity: Ints
    piece: Ints

    @property
    def is_held(self) -> bool:
        """Whether the set says that this take is to judge by."""
        return bool(self.work.content["split"] != "train")

    @property
    def tunes(self) -> bool:
        """Whether it is for settings."""
        return not self.is_held and self.work.fold != "teach"


def style_of(name: str) -> int:
    """The style that a name of the set belongs to."""
    first = name.split("/")[0]
    return STYLES.index(STYLE_OF.get(name, STYLE_OF.get(first, first)))


def takes() -> Iterator[Take]:
    """Every take of the set that is here."""
    for work in grooves():
        row: dict[str, Any] = work.content
        song = read_midi(row["path"]).song
        tones = sorted(tone for track in song.tracks for tone in tones_of_track(track))
        start, pitch, velocity = (np.array([tone[at] for tone in tones], np.int64) for at in (0, 2, 3))
        piece = np.array([piece_of(p, v) for p, v in zip(pitch.tolist(), velocity.tolist(), strict=True)], np.int64)
        first, second = (int(part) for part in row["time_signature"].split("-"))
        yield Take(
            work, style_of(row["style"]), float(row["bpm"]), row["drummer"], row["beat_type"] == "fill",
            (first, second), is_swung(start), start, pitch, velocity, piece,
        )  # fmt: skip


def is_swung(start: Ints) -> bool:
    """Whether most strokes around the second half of a beat lie behind the half and before the last sixteenth."""
    inside = (start + 480) % 960 - 480
    late = float(np.median(inside[np.abs(inside) < 120])) if (np.abs(inside) < 120).any() else 0.0
    inside = (start - round(late)) % 960
    second = inside[(inside > 380) & (inside < 820)]
    return len(second) >= 3 and bool(np.mean((second > SWUNG_FROM) & (second < SWUNG_TO)) > 0.5)


def slots_of(take: Take) -> Ints:
    """The slot of every stroke from the start of the take, 16 to a bar of four."""
    if not take.swung:
        return (take.start + 120) // 240
    thirds = (take.start + 160) // 320
    return thirds // 3 * 4 + np.array([0, 1, 3])[thirds % 3]


def bars_of(take: Take) -> npt.NDArray[np.bool_]:
    """What is struck (bars, slots, pieces) of a take in 4/4."""
    slots = slots_of(take)
    bars = int(slots.max()) // SLOTS + 1
    found = np.zeros((bars * SLOTS, len(PIECES)), np.bool_)
    found[slots, take.piece] = True
    return found.reshape(bars, SLOTS, len(PIECES))


def loudness_of(take: Take, bars: int) -> npt.NDArray[np.float64]:
    """Mean velocity of the strokes of each bar that are no ghost notes; 0 for none."""
    bar = slots_of(take) // SLOTS
    loud = take.velocity >= 45
    sums = np.bincount(bar[loud], take.velocity[loud], bars)
    return np.asarray(sums / np.maximum(1, np.bincount(bar[loud], minlength=bars)))


def fills_of(take: Take, bars: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which bars are fills: those of takes that are fills, and those with three strokes on toms."""
    toms = bars[:, :, list(TOMS)].sum(axis=(1, 2)) >= FILL_TOMS
    return np.ones(len(bars), np.bool_) if take.is_fill else toms
