"""A passage: the bars that something is to be written for, with everything that already sounds in and around them.

Conventions: ticks are counted from the start of the song everywhere in this stage; bars from 1. A tone is a note
without a name; it becomes a ``song.notes.Note`` only in the move that offers it.

Not covered: sound that was recorded; its notes are heard by the edit stage first (``propose edit --notes``).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from bandmate.song.chord_tones import chord_classes
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key
from bandmate.song.song import Song
from bandmate.song.tracks import Role, Track


class Tone(NamedTuple):
    """A note: where it begins in the song and how long it is, its pitch (for drums: the piece) and velocity."""

    start_ticks: int
    length_ticks: int
    pitch: int
    velocity: int = 96

    @property
    def end_ticks(self) -> int:
        return self.start_ticks + self.length_ticks


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the song: its number, where it begins, its meter, and the key that holds in it."""

    number: int
    start_ticks: int
    numerator: int
    denominator: int
    key: Key
    section: str = ""
    """The id of the section that it belongs to; empty for none."""

    section_name: str = ""
    bar_in_section: int = 1
    bars_in_section: int = 0
    """0 where there is no section."""

    @property
    def beat_ticks(self) -> int:
        """Of the meter's denominator: an eighth in 6/8."""
        return 4 * 960 // self.denominator

    @property
    def length_ticks(self) -> int:
        return self.numerator * self.beat_ticks

    @property
    def end_ticks(self) -> int:
        return self.start_ticks + self.length_ticks

    @property
    def pulse_ticks(self) -> int:
        """What one taps the foot to: three eighths in 6/8, 9/8 and 12/8, else the beat."""
        is_compound = self.denominator == 8 and self.numerator % 3 == 0 and self.numerator > 3
        return 3 * self.beat_ticks if is_compound else self.beat_ticks


@dataclass(frozen=True, slots=True)
class Part:
    """What a track of the song plays, all over the song."""

    track: str
    name: str
    role: Role
    program: int
    is_drums: bool
    tones: tuple[Tone, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """The bars asked for, and what is around them.

    ``bars`` are the bars to be filled, in a row; ``all_bars`` those of the whole song, the asked ones among them.
    ``chords`` and ``parts`` are of the whole song; ``own`` is what the part itself plays, inside and outside the bars.
    """

    bars: tuple[Bar, ...]
    all_bars: tuple[Bar, ...]
    bpm: float
    chords: tuple[Chord, ...] = ()
    parts: tuple[Part, ...] = ()
    own: tuple[Tone, ...] = ()
    chord_starts: tuple[int, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chord_starts", tuple(chord.start_ticks for chord in self.chords))

    @property
    def start_ticks(self) -> int:
        return self.bars[0].start_ticks

    @property
    def end_ticks(self) -> int:
        return self.bars[-1].end_ticks

    @property
    def key(self) -> Key:
        """The key of the first bar asked for."""
        return self.bars[0].key

    def bar_at(self, ticks: int) -> Bar:
        """The bar of the song that ``ticks`` lies in; the last one for what lies behind it."""
        starts = [bar.start_ticks for bar in self.all_bars]
        return self.all_bars[max(0, bisect_right(starts, ticks) - 1)]

    def chord_at(self, ticks: int) -> Chord | None:
        """The chord that sounds at ``ticks``; None where the song has none there."""
        at = bisect_right(self.chord_starts, ticks) - 1
        if at < 0 or self.chords[at].start_ticks + self.chords[at].length_ticks <= ticks:
            return None
        return self.chords[at]

    def classes_at(self, ticks: int) -> tuple[int, ...]:
        """Pitch classes of the chord at ``ticks``, root first; nothing where there is no chord."""
        chord = self.chord_at(ticks)
        return chord_classes(chord) if chord else ()

    def before(self) -> tuple[Tone, ...]:
        """What the part plays before the bars asked for."""
        return tuple(tone for tone in self.own if tone.start_ticks < self.start_ticks)

    def after(self) -> tuple[Tone, ...]:
        """What the part plays behind the bars asked for."""
        return tuple(tone for tone in self.own if tone.start_ticks >= self.end_ticks)

    def inside(self) -> tuple[Tone, ...]:
        """What the part plays in the bars asked for."""
        return tuple(tone for tone in self.own if self.start_ticks <= tone.start_ticks < self.end_ticks)


DEFAULT_KEY = Key(tonic=0, mode="major")


def tones_of_track(track: Track) -> tuple[Tone, ...]:
    """All notes of a track that are played, in the order of their starts; cut where their clip ends."""
    found = [
        Tone(clip.start_ticks + note.start_ticks, min(note.length_ticks, clip.length_ticks - note.start_ticks), *rest)
        for clip in track.clips
        if isinstance(clip, NoteClip) and not clip.mute
        for note in clip.notes
        if note.start_ticks < clip.length_ticks
        for rest in ((note.pitch, note.velocity),)
    ]
    return tuple(sorted(found))


def part_of(track: Track) -> Part | None:
    """A track's notes as a part; None for a track without notes."""
    clips = [clip for clip in track.clips if isinstance(clip, NoteClip)]
    if not clips:
        return None
    sound = clips[0].instrument
    return Part(track.id, track.name or track.id, track.role, sound.program, sound.is_drums, tones_of_track(track))


def bars_of(song: Song, count: int) -> tuple[Bar, ...]:
    """The first ``count`` bars of a song. Without a key, C major holds."""
    found = []
    at = {number: section for section in song.sections for number in section_bars(section.start_bar, section.bars)}
    for number in range(1, count + 1):
        start = song.meters.ticks_at_bar(number)
        meter = song.meters.step_at(start)
        section = at.get(number)
        placed = (
            (section.id, section.name, number - section.start_bar + 1, section.bars) if section else ("", "", number, 0)
        )
        key = song.key_at_bar(number) or DEFAULT_KEY
        found.append(Bar(number, start, meter.numerator, meter.denominator, key, *placed))
    return tuple(found)


def section_bars(start_bar: int, bars: int) -> range:
    """The numbers of a section's bars."""
    return range(start_bar, start_bar + bars)


def passage_of(song: Song, first_bar: int, last_bar: int, track: str | None = None) -> Passage:
    """The bars ``first_bar`` to ``last_bar`` (both included) of a song, to be filled for ``track`` (None: a new one).

    Muted tracks and recordings are not among the parts.
    """
    parts = tuple(part for one in song.tracks if not one.mute and (part := part_of(one)) is not None)
    own = next((part.tones for part in parts if part.track == track), ())
    ends = [tone.end_ticks for part in parts for tone in part.tones]
    ends += [chord.start_ticks + chord.length_ticks for chord in song.chords]
    last = max(last_bar, *(song.meters.position_at(max(0, end - 1)).bar for end in (*ends, 1)))
    every = bars_of(song, last)
    return Passage(
        bars=every[first_bar - 1 : last_bar],
        all_bars=every,
        bpm=song.tempo.bpm_at(every[first_bar - 1].start_ticks),
        chords=tuple(sorted(song.chords, key=lambda chord: chord.start_ticks)),
        parts=tuple(part for part in parts if part.track != track),
        own=own,
    )
