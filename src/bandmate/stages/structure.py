"""The structure of a song: tempo, beats, bars and sections, from the song where it says so, else from its sound.

Conventions: bar 1 begins at 0 seconds, as in every DAW. Where the first whole bar begins later than three quarters of a
beat, what comes before it is bar 1, a pick-up bar that is as long as it is; where it begins sooner, bar 1 is that bar
with its short lead-in. Long silence before the music is counted in whole bars. So bars have the same numbers before and
after the tempo was put into the song (``bandmate.stages.structure_moves``).

A tempo, meter or section that the song has itself always wins: written by the musician, imported, or implied by notes,
which lie on ticks. Sound is asked only for what is missing.

Not covered: changes of meter and tempo ramps in recordings; keys and chords.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.song.clips import NoteClip
from bandmate.song.song import Song, length_seconds
from bandmate.song.time import meter_steps
from bandmate.sound.onsets import Onsets
from bandmate.stages.counting import Counted, count_bars
from bandmate.stages.form import Part, bar_looks, find_parts, named
from bandmate.stages.words import clock

Powers = npt.NDArray[np.float32]
Source = Literal["song", "audio", "none"]

LEAD_BEATS = 0.75
"""A first bar that begins sooner than so many beats is bar 1 with a lead-in."""

LEAST_TEMPO_CONFIDENCE = 0.4
CLOCK_BAR_SECONDS = 2.0
"""Without bars, sections are looked for in steps of so many seconds."""

MOST_BARS = 100_000


@dataclass(frozen=True, slots=True)
class SongSection:
    """A stretch of the song.

    Attributes
    ----------
    letter : str
        the same for stretches that sound alike; never empty.
    name : str
        the musician's own, or intro, verse, chorus, outro with a question mark where that is a guess; may be empty.
    start_bar, bars : int
        0 where the song has no bars.
    loudness_db : float or None
        K-weighted level of its tracks together after their faders, dB; None for silence or where nothing was measured.
    """

    letter: str
    name: str
    start_seconds: float
    end_seconds: float
    start_bar: int
    bars: int
    loudness_db: float | None


@dataclass(frozen=True, slots=True)
class Structure:
    """Tempo, beats, bars and sections.

    Attributes
    ----------
    bpm : float or None
        felt beats a minute: the tempo of the first bar in a song that has tempi of its own, the median in one that was
        heard; None without a pulse.
    is_steady : bool
        one tempo explains all beats to `bandmate.sound.pulse.STEADY_SECONDS`.
    bar_seconds : tuple of float
        where each bar begins, from bar 1 at 0; empty without a pulse.
    source : str
        where the tempo is from: ``song``, ``audio`` or ``none``.
    """

    bpm: float | None
    is_steady: bool
    beat_seconds: tuple[float, ...]
    bar_seconds: tuple[float, ...]
    beats_per_bar: int
    tempo_confidence: float
    downbeat_confidence: float
    sections: tuple[SongSection, ...]
    source: Source

    def bar_at(self, seconds: float) -> int:
        """The bar that sounds at a moment, from 1; 0 where the song has no bars.

        A moment up to 20 ms before a bar line is in the new bar: that is where its first note may already begin.
        """
        return max(1, bisect_right(self.bar_seconds, seconds + 0.02)) if self.bar_seconds else 0

    def bars_text(self, start_seconds: float, end_seconds: float) -> str:
        """``bars 17–32``, ``bar 5``, or ``0:32.0–1:04.0`` where there is no tempo; the end itself does not count."""
        if not self.bar_seconds:
            return f"{clock(start_seconds)}–{clock(end_seconds)}"
        first = self.bar_at(start_seconds)
        last = max(first, self.bar_at(max(start_seconds, end_seconds - 0.05)))
        return f"bar {first}" if first == last else f"bars {first}–{last}"

    def section_at(self, seconds: float) -> SongSection | None:
        """The section that sounds at a moment; before the first and after the last the nearest, None without any."""
        if not self.sections:
            return None
        starts = [section.start_seconds for section in self.sections]
        return self.sections[max(0, bisect_right(starts, seconds + 0.02) - 1)]


def structure_of(
    song: Song, onsets: Mapping[str, Onsets], power: Mapping[str, Powers], *, hop_seconds: float
) -> Structure:
    """The structure of a song.

    Parameters
    ----------
    song : Song
    onsets : mapping of track id to Onsets
        of as many tracks as are to be listened to.
    power : mapping of track id to float32 array (bands, hops)
        1/3-octave powers from 20 Hz on, after the inserts.
    hop_seconds : float
        distance of the columns of ``power``.

    Returns
    -------
    Structure
        for silence, noise, free time and what is shorter than four seconds: no tempo, no bars, one section or none.
    """
    length = float(length_seconds(song))
    if has_own_time(song):
        counted = from_song(song, length)
    else:
        heard = count_bars(onsets, power, hop_seconds=hop_seconds)
        is_sure = heard is not None and heard.tempo_confidence >= LEAST_TEMPO_CONFIDENCE
        counted = from_sound(heard, length) if heard is not None and is_sure else uncounted()
    sections = own_sections(song, counted, power, hop_seconds, length) or heard_sections(
        song, counted, power, hop_seconds, length
    )
    return with_sections(counted, sections)


def has_own_time(song: Song) -> bool:
    """Whether bars and beats of the song are given by the song itself."""
    has_notes = any(isinstance(clip, NoteClip) for track in song.tracks for clip in track.clips)
    return bool(song.tempo.points) or has_notes


def uncounted() -> Structure:
    return Structure(None, False, (), (), 4, 0.0, 0.0, (), "none")


def from_song(song: Song, length: float) -> Structure:
    """Beats and bars as the song's tempi and meters have them; sure, since they are not measured."""
    bars: list[float] = []
    beats: list[float] = []
    for bar in range(1, MOST_BARS):
        ticks = song.meters.ticks_at_bar(bar)
        at = float(song.tempo.seconds_at(ticks))
        if at >= length and bars:
            break
        bars.append(at)
        step = song.meters.step_at(ticks)
        beats += [float(song.tempo.seconds_at(ticks + i * step.beat_ticks)) for i in range(step.numerator)]
    first = meter_steps(song.meters)[0]
    bpm = song.tempo.bpm_at(0) * first.denominator / 4
    tempi = {point.bpm for point in song.tempo.points}
    inside = tuple(beat for beat in beats if beat < length)
    return Structure(bpm, len(tempi) <= 1, inside, tuple(bars), first.numerator, 1.0, 1.0, (), "song")


def from_sound(counted: Counted, length: float) -> Structure:
    """Beats and bars as they were heard, drawn out to both ends of the song."""
    beats = drawn_out(counted.beats.seconds, length)
    before = int(np.searchsorted(beats, counted.beats.seconds[0] - 1e-9))
    first = (before + counted.first_downbeat) % counted.beats_per_bar
    lines = beats[first :: counted.beats_per_bar]
    beat = float(np.median(np.diff(counted.beats.seconds)))
    is_lead_in = len(lines) > 0 and lines[0] < LEAD_BEATS * beat
    bars = [0.0, *(lines[1:] if is_lead_in else lines)]
    return Structure(
        bpm=counted.beats.bpm,
        is_steady=counted.beats.is_steady,
        beat_seconds=tuple(float(at) for at in beats),
        bar_seconds=tuple(float(at) for at in bars),
        beats_per_bar=counted.beats_per_bar,
        tempo_confidence=counted.tempo_confidence,
        downbeat_confidence=counted.downbeat_confidence,
        sections=(),
        source="audio",
    )


def drawn_out(beats: npt.NDArray[np.float64], length: float) -> npt.NDArray[np.float64]:
    """The beats with more of the same before the first and after the last, from 0 to the end."""
    first, last = float(np.median(np.diff(beats[:8]))), float(np.median(np.diff(beats[-8:])))
    before = np.arange(beats[0] - first, -1e-9, -first)[::-1]
    after = np.arange(beats[-1] + last, length, last)
    return np.concatenate([before, beats[beats < max(length, beats[0] + 1e-9)], after])


def own_sections(
    song: Song, counted: Structure, power: Mapping[str, Powers], hop_seconds: float, length: float
) -> tuple[SongSection, ...]:
    """The sections that the song names itself, in order; those of one name have one letter."""
    if not song.sections or not counted.bar_seconds:
        return ()
    letters: dict[str, str] = {}
    edges = (*counted.bar_seconds, length)
    looks = bar_looks(song, power, np.array(edges), hop_seconds)
    found = []
    for section in sorted(song.sections, key=lambda one: one.start_bar):
        first = section.start_bar - 1
        last = min(first + section.bars, len(counted.bar_seconds))
        if first >= last:
            continue
        letter = letters.setdefault(section.name, letter_of(len(letters)))
        level = looks.level_db(first, last)
        found.append(SongSection(letter, section.name, edges[first], edges[last], first + 1, last - first, level))
    return tuple(found)


def heard_sections(
    song: Song, counted: Structure, power: Mapping[str, Powers], hop_seconds: float, length: float
) -> tuple[SongSection, ...]:
    """Sections by what the tracks play, on bar lines where there are bars."""
    if length <= 0:
        return ()
    has_bars = bool(counted.bar_seconds)
    edges = (*counted.bar_seconds, length) if has_bars else (*np.arange(0.0, length, CLOCK_BAR_SECONDS), length)
    looks = bar_looks(song, power, np.array(edges), hop_seconds)
    parts = find_parts(looks, by_fours=has_bars)
    names = named(parts)
    return tuple(song_section(part, name, edges, has_bars) for part, name in zip(parts, names, strict=True))


def song_section(part: Part, name: str, edges: tuple[float, ...], has_bars: bool) -> SongSection:
    return SongSection(
        letter=letter_of(part.kind),
        name=name,
        start_seconds=float(edges[part.first]),
        end_seconds=float(edges[part.end]),
        start_bar=part.first + 1 if has_bars else 0,
        bars=part.end - part.first if has_bars else 0,
        loudness_db=part.level_db,
    )


def letter_of(kind: int) -> str:
    """A, B, … Z, then AA, AB, …"""
    high, low = divmod(kind, 26)
    return (letter_of(high - 1) if high else "") + chr(ord("A") + low)


def with_sections(counted: Structure, sections: tuple[SongSection, ...]) -> Structure:
    return Structure(
        counted.bpm,
        counted.is_steady,
        counted.beat_seconds,
        counted.bar_seconds,
        counted.beats_per_bar,
        counted.tempo_confidence,
        counted.downbeat_confidence,
        sections,
        counted.source,
    )
