"""Key and chords read from the notes of a song that has none written down.

What is written down is never replaced: a key or a chord track that is there stays. What is read here is only what the
generators go by; it does not get into the song unless it is offered as a move.

Conventions: key profiles are how often each degree is heard, as in ``stages.edit.scale``; chords are looked for at
every pulse of the meter, with at most two of them in a bar.

Not covered: changes of key (the song's own are kept), chords of recordings.

References: C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990); B. Pardo and W. Birmingham, Algorithms for
Chordal Analysis (2002), for weighing chord tones against tones outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.chord_tones import tones_of
from bandmate.song.harmony import Chord, Key
from bandmate.song.scales import scale_of
from bandmate.song.song import Song
from bandmate.stages.compose.passage import Bar, Part, Tone, bars_of, part_of
from bandmate.stages.edit.scale import MAJOR_HEARD, MINOR_HEARD

Reals = npt.NDArray[np.float64]

QUALITIES = ("", "m", "7", "m7", "maj7", "dim", "m7b5", "sus4")
QUALITY_COSTS = (0.0, 0.0, 0.25, 0.2, 0.25, 0.3, 0.4, 0.45)
"""What a chord of each kind has to make up for: fewer tones explain less by chance."""

OUTSIDE_COST, BASS_BONUS, SCALE_COST, CHANGE_COST = 0.9, 0.35, 0.35, 0.55
LAST_BONUS, FIRST_BONUS = 0.16, 0.05
FEWEST_TONES = 3


def with_reading(song: Song) -> tuple[Song, tuple[str, ...]]:
    """The song with a key and chords to go by, and in words what was read; the song itself where both are written.

    Fewer than three notes make neither.
    """
    parts = [part for track in song.tracks if not track.mute and (part := part_of(track)) is not None]
    pitched = [part for part in parts if not part.is_drums and part.tones]
    tones = sorted(tone for part in pitched for tone in part.tones)
    said: list[str] = []
    if len(tones) < FEWEST_TONES:
        return song, ()
    if song.key is None:
        key = key_of(tones)
        song = replace(song, key=key)
        said.append(f"no key is written down; the notes say {key}")
    if not song.chords and is_harmony(pitched):
        last = song.meters.position_at(max(0, tones[-1].start_ticks)).bar
        chords = chords_of(tones, bars_of(song, last))
        song = replace(song, chords=chords)
        said.append("no chords are written down; they were read from the notes")
    return song, tuple(said)


def is_harmony(parts: Sequence[Part]) -> bool:
    """Whether the parts sound together often enough to make chords: a single line does not."""
    starts = sorted((tone.start_ticks, tone.end_ticks) for part in parts for tone in part.tones)
    together = sum(later[0] < earlier[1] - 60 for earlier, later in pairwise(starts))
    return together >= len(starts) / 4


def key_of(tones: Sequence[Tone]) -> Key:
    """The major or minor key that the notes are in, by how long each pitch class sounds, and where the lowest line
    ends and begins."""
    heard = class_weights(tones)
    heard = heard / max(1e-9, float(heard.sum()))
    last = max(tone.end_ticks for tone in tones)
    ending = min((tone for tone in tones if tone.end_ticks > last - 240), key=lambda tone: tone.pitch)
    first = min(tones, key=lambda tone: (tone.start_ticks, tone.pitch))
    best, best_worth = Key(tonic=0, mode="major"), -np.inf
    for tonic in range(12):
        for mode, profile in (("major", MAJOR_HEARD), ("minor", MINOR_HEARD)):
            worth = float(np.corrcoef(np.roll(profile, tonic), heard)[0, 1]) if heard.std() > 0 else 0.0
            worth += LAST_BONUS * (ending.pitch % 12 == tonic) + FIRST_BONUS * (first.pitch % 12 == tonic)
            if worth > best_worth:
                best, best_worth = Key(tonic=tonic, mode="minor" if mode == "minor" else "major"), worth
    return best


def class_weights(tones: Sequence[Tone]) -> Reals:
    """How long each pitch class sounds, in quarters; a note counts for two at most."""
    weights = np.zeros(12)
    for tone in tones:
        weights[tone.pitch % 12] += min(2.0, tone.length_ticks / 960)
    return weights


def chords_of(tones: Sequence[Tone], bars: Sequence[Bar]) -> tuple[Chord, ...]:
    """The likeliest chords under the notes, at most two in a bar. Bars without notes go on with the chord before."""
    places = [place for bar in bars for place in halves(bar)]
    heard, basses = sounding(tones, places)
    if not places or not heard.any():
        return ()
    shapes = [(root, quality) for root in range(12) for quality in QUALITIES]
    worths = np.array([worth_of(heard, basses, root, quality) for root, quality in shapes]).T
    for row, (_, _, bar) in enumerate(places):
        scale = set(scale_of(bar.key))
        own = {(bar.key.tonic + step) % 12 for step in scale}
        for column, (root, quality) in enumerate(shapes):
            outside = sum((root + step) % 12 not in own for step in tones_of(quality))
            worths[row, column] -= SCALE_COST * outside + QUALITY_COSTS[QUALITIES.index(quality)]
    path = smoothest(worths, [start == bar.start_ticks for start, _, bar in places])
    found: list[Chord] = []
    for (start, end, _), column in zip(places, path, strict=True):
        root, quality = shapes[column]
        if found and (found[-1].root, found[-1].quality) == (root, quality):
            found[-1] = replace(found[-1], length_ticks=end - found[-1].start_ticks)
            continue
        name = f"chord-{len(found) + 1}"
        found.append(Chord(id=name, start_ticks=start, length_ticks=end - start, root=root, quality=quality))
    return tuple(found)


def halves(bar: Bar) -> list[tuple[int, int, Bar]]:
    """Where a bar can change its chord: in the middle, if a pulse lies there, and else two thirds through."""
    pulses = max(1, bar.length_ticks // bar.pulse_ticks)
    middle = bar.start_ticks + -(-pulses // 2) * bar.pulse_ticks
    if pulses == 1 or middle >= bar.end_ticks:
        return [(bar.start_ticks, bar.end_ticks, bar)]
    return [(bar.start_ticks, middle, bar), (middle, bar.end_ticks, bar)]


def sounding(tones: Sequence[Tone], places: Sequence[tuple[int, int, Bar]]) -> tuple[Reals, npt.NDArray[np.int64]]:
    """Quarters that each pitch class sounds in each place, and the pitch class of the lowest note; -1 for none."""
    heard = np.zeros((len(places), 12))
    lowest = np.full(len(places), 128)
    starts = np.array([start for start, _, _ in places])
    for tone in tones:
        row = max(0, int(np.searchsorted(starts, tone.start_ticks, "right")) - 1)
        while row < len(places) and places[row][0] < tone.end_ticks:
            shared = min(tone.end_ticks, places[row][1]) - max(tone.start_ticks, places[row][0])
            if shared > 0:
                heard[row, tone.pitch % 12] += shared / 960
                lowest[row] = min(lowest[row], tone.pitch)
            row += 1
    return heard, np.where(lowest == 128, -1, lowest % 12)


def worth_of(heard: Reals, basses: npt.NDArray[np.int64], root: int, quality: str) -> Reals:
    """How well one chord explains each place."""
    inside = [(root + step) % 12 for step in tones_of(quality)]
    total = np.maximum(heard.sum(axis=1), 1e-9)
    share = heard[:, inside].sum(axis=1) / total
    present = (heard[:, inside] > 0).mean(axis=1)
    worth: Reals = share - OUTSIDE_COST * (1 - share) + 0.5 * present + BASS_BONUS * (basses == root)
    return np.where(heard.sum(axis=1) > 0, worth, 0.0)


def smoothest(worths: Reals, at_bar: Sequence[bool]) -> list[int]:
    """The path of most worth through the places; a change costs, and twice as much within a bar."""
    best, back = worths[0], []
    for row in range(1, len(worths)):
        cost = CHANGE_COST if at_bar[row] else 2 * CHANGE_COST
        stay, leave = best, best.max() - cost
        back.append(np.where(stay >= leave, np.arange(len(best)), int(best.argmax())))
        best = np.maximum(stay, leave) + worths[row]
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]
