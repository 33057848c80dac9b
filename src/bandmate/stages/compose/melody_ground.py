"""What a melody stands on: how strong each place of a bar is, scales and chords there, and the range of who plays it.

Conventions: places are ticks from the start of their bar; strength goes from 4 (the first beat) over 3 (the other
accents), 2 (what the foot taps) and 1 (half of that) to 0. Meters of five, seven and eleven are grouped as they are
most often (3+2, 2+2+3, 3+3+3+2; in quarters 3+2 and 4+3).

Not covered: triplets in straight meters; they are kept where they are but never written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Any

from bandmate.song.chord_tones import chord_classes
from bandmate.song.harmony import Key
from bandmate.song.scales import scale_of
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.measures_meter import PLACE_TICKS, place_of
from bandmate.stages.compose.passage import Bar, Passage, Tone

SIXTEENTH_TICKS = 240
EIGHTH_TICKS = 480
SHORTEST_SECONDS = 0.1
"""A tune's notes are no shorter; above 150 bpm it moves in eighths at the most."""

GROUPS: dict[tuple[int, int], tuple[int, ...]] = {
    (5, 4): (3, 2),
    (7, 4): (4, 3),
    (5, 8): (3, 2),
    (7, 8): (2, 2, 3),
    (8, 8): (3, 3, 2),
    (10, 8): (3, 2, 3, 2),
    (11, 8): (3, 3, 3, 2),
}
HOME_SPAN = 17
"""Half steps that a tune usually keeps to where an instrument has many more."""

MIDDLE = 69


@dataclass(frozen=True, slots=True)
class Reach:
    """The pitches that a part may take, and where it is at home."""

    lowest: int
    highest: int
    low_home: int
    high_home: int

    @property
    def centre(self) -> float:
        return (self.low_home + self.high_home) / 2


@lru_cache(maxsize=512)
def levels(numerator: int, denominator: int, step_ticks: int) -> tuple[int, ...]:
    """The strength of each place of a bar, ``step_ticks`` apart."""
    beat = 3840 // denominator
    accents, pulses, half = marks(numerator, denominator)
    found = []
    for place in range(0, numerator * beat, step_ticks):
        strength = 4 if place == 0 else 3 if place in accents else 2 if place in pulses else int(place % half == 0)
        found.append(strength)
    return tuple(found)


def marks(numerator: int, denominator: int) -> tuple[set[int], set[int], int]:
    """The accents of a bar, its pulses, and half a pulse (a third in compound meters), all in ticks."""
    if denominator < 4:
        return marks(numerator * 4 // denominator, 4)
    beat = 3840 // denominator
    if denominator == 4 or numerator <= 3:
        middle = GROUPS.get((numerator, denominator), (numerator // 2,))[0]
        accents = {middle * beat} if numerator % 2 == 0 or numerator in (5, 7) else set()
        return accents, {number * beat for number in range(numerator)}, beat // 2
    groups = GROUPS.get((numerator, denominator)) or groups_of(numerator)
    starts = [at * beat for at in accumulate((0, *groups[:-1]))]
    if numerator % 3 == 0:
        return {starts[len(starts) // 2]} if len(starts) % 2 == 0 else set(), set(starts), beat
    return set(starts), set(starts), beat


def groups_of(numerator: int) -> tuple[int, ...]:
    """Threes where that goes without a rest, else twos with a three at the end of an odd number."""
    if numerator % 3 == 0:
        return (3,) * (numerator // 3)
    return (2,) * (numerator // 2 - 1) + (2 + numerator % 2,)


def strength_at(bar: Bar, ticks: int) -> int:
    """How strong a place of the song is in its bar; places between the sixteenths have 0."""
    place = ticks - bar.start_ticks
    if place % SIXTEENTH_TICKS or not 0 <= place < bar.length_ticks:
        return 4 if place == 0 else 0
    return levels(bar.numerator, bar.denominator, SIXTEENTH_TICKS)[place // SIXTEENTH_TICKS]


def step_of(bar: Bar, bpm: float) -> int:
    """The grid a tune moves on in a bar: sixteenths, or eighths where it is fast."""
    step = SIXTEENTH_TICKS if bar.length_ticks % SIXTEENTH_TICKS == 0 else bar.beat_ticks
    is_fast = step / 960 * 60 / bpm < SHORTEST_SECONDS
    return 2 * step if is_fast and bar.length_ticks % (2 * step) == 0 else step


@lru_cache(maxsize=1)
def ranges() -> tuple[dict[str, Any], dict[str, Any], tuple[dict[str, Any], ...]]:
    """Voices by name, single programs by number, and the families of General MIDI in their order."""
    folder = files("bandmate").joinpath("data")
    own = tomllib.loads(folder.joinpath("melody_ranges.toml").read_text(encoding="utf-8"))
    families = tomllib.loads(folder.joinpath("ranges.toml").read_text(encoding="utf-8"))["family"]
    return own["voices"], own["programs"], tuple(families)


def reach_of(passage: Passage, brief: ComposeBrief) -> Reach:
    """Who sings or plays: the voice or program asked for, the voice that the track is named after, what the part
    played, or a voice."""
    voices, programs, families = ranges()
    if brief.voice:
        return reach_from(voices[brief.voice], passage.own)
    if brief.program is not None:
        row = programs.get(str(brief.program)) or families[brief.program // 8]
        return reach_from(row, passage.own)
    words = brief.track.casefold().replace("-", " ").replace("_", " ").split()
    named = next((voices[word] for word in words if word in voices and word != "bass"), None)
    if named is not None:
        return reach_from(named, passage.own)
    if passage.own:
        pitches = [tone.pitch for tone in passage.own]
        return Reach(max(0, min(pitches) - 5), min(127, max(pitches) + 5), min(pitches), max(pitches))
    return reach_from(voices["voice"], ())


def reach_from(row: dict[str, Any], own: Sequence[Tone]) -> Reach:
    """A row of the table; a wide range is used around what the part plays, or around its middle."""
    lowest, highest = row["lowest"], row["highest"]
    inside = [tone.pitch for tone in own if lowest <= tone.pitch <= highest]
    if inside:
        return Reach(lowest, highest, min(inside), max(inside))
    if "home" in row:
        return Reach(lowest, highest, *row["home"])
    centre = min(max((lowest + highest) // 2, min(MIDDLE, highest - 9)), max(MIDDLE, lowest + 9))
    return Reach(lowest, highest, max(lowest, centre - HOME_SPAN // 2), min(highest, centre + HOME_SPAN // 2))


@lru_cache(maxsize=4096)
def degree_of(pitch: int, key: Key) -> tuple[int, int]:
    """Steps of the scale above C-1's tonic, and half steps above that step (0 for a note of the scale)."""
    octave, place = divmod(pitch - key.tonic, 12)
    steps = [(tone - key.tonic) % 12 for tone in scale_of(key)]
    step = max(number for number, tone in enumerate(steps) if tone <= place)
    return octave * 7 + step, place - steps[step]


@lru_cache(maxsize=4096)
def pitch_of(degree: int, key: Key) -> int:
    """The pitch of a step that `degree_of` counts."""
    octave, step = divmod(degree, 7)
    return octave * 12 + key.tonic + (scale_of(key)[step] - key.tonic) % 12


def moved(pitch: int, old: Key, new: Key, steps: int) -> int:
    """A pitch moved by steps of the scale, from one key into another."""
    degree, raised = degree_of(pitch, old)
    further = new.tonic - old.tonic
    octave = -7 if further > 6 else 7 if further < -6 else 0
    return pitch_of(degree + steps + octave, new) + raised


def mirrored(pitch: int, axis: int, key: Key) -> int:
    """A pitch turned upside down around another, by steps of the scale."""
    return pitch_of(2 * degree_of(axis, key)[0] - degree_of(pitch, key)[0], key)


def chord_at(passage: Passage, ticks: int) -> tuple[int, ...]:
    """Pitch classes of the chord at ``ticks`` without a foreign bass; nothing where there is no chord."""
    chord = passage.chord_at(ticks)
    return chord_classes(chord, with_bass=False) if chord else ()


def top_line(tones: Sequence[Tone]) -> tuple[tuple[Tone, ...], tuple[Tone, ...]]:
    """The highest notes of chords and everything else; of notes that begin together the highest belongs to the line.

    A note that begins while a higher one of the line still sounds is not of the line when it lies more than an octave
    below it.
    """
    line: list[Tone] = []
    rest: list[Tone] = []
    for tone in sorted(tones, key=lambda tone: (tone.start_ticks, -tone.pitch)):
        last = line[-1] if line else None
        covered = last is not None and tone.start_ticks < last.end_ticks - 60
        together = last is not None and tone.start_ticks - last.start_ticks < 60
        if last is not None and (together or (covered and last.pitch - tone.pitch > 7)):
            rest.append(tone)
        else:
            line.append(tone)
    return tuple(line), tuple(sorted(rest))


def on_grid(passage: Passage, ticks: int) -> int:
    """The sixteenth or third of a beat that is nearest to a place."""
    bar = passage.bar_at(ticks)
    return bar.start_ticks + place_of(max(0, ticks - bar.start_ticks)) * PLACE_TICKS


def strength_near(passage: Passage, ticks: int) -> int:
    """How strong the place is that an uneven note is meant for."""
    place = on_grid(passage, ticks)
    return strength_at(passage.bar_at(place), place)


def snapped(passage: Passage, tones: Sequence[Tone]) -> tuple[Tone, ...]:
    """A line on the grid: each note at the sixteenth or the third of a beat that it is nearest to; of two notes at one
    place the longer one stays. What was heard from a recording can be read as rhythm so."""
    found: dict[int, Tone] = {}
    for tone in tones:
        start = on_grid(passage, tone.start_ticks)
        if start not in found or found[start].length_ticks < tone.length_ticks:
            found[start] = tone._replace(start_ticks=start)
    return tuple(found[start] for start in sorted(found))
