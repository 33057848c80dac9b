"""How original a song is: its nearest work, and how usual its chords, melody, rhythm and form are.

Conventions: the line that is judged is the leading part; shares from 0 to 1, 1 the most usual (``genericness``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bandmate.models.form import LABELS
from bandmate.song.harmony import Key
from bandmate.song.song import Song
from bandmate.stages.compose.clip_lead import leading_tones
from bandmate.stages.compose.copy_gate import Likeness, is_line
from bandmate.stages.compose.genericness import Genericness
from bandmate.stages.compose.passage import DEFAULT_KEY, Passage, Tone, part_of, passage_of
from bandmate.stages.compose.players import kind_of_track
from bandmate.stages.compose.reading import with_reading
from bandmate.stages.compose.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Originality:
    """What was measured: the nearest work to any line, and each aspect that can be judged."""

    usual: tuple[Genericness, ...]
    nearest: Likeness | None
    track: str = ""
    """The id of the track that is nearest to a work."""


def measured_song(song: Song, tools: Toolbox, track: str = "") -> Originality:
    """The song, or one of its tracks, against the works that were learned from and the musician's own catalogue."""
    read, _ = with_reading(song)

    def bar_at(ticks: int) -> int:
        return song.meters.position_at(ticks).bar

    def key_at(ticks: int) -> Key:
        return read.key_at_bar(bar_at(ticks)) or DEFAULT_KEY

    meter, line = tools.meter, leading(read, track)
    names = [name for section in song.sections if (name := label_of(section.name))]
    found = (
        meter.of_chords(read.chords, key_at),
        meter.of_melody(line, bar_at),
        meter.of_rhythm(line, bar_at),
        meter.of_form(names),
    )
    nearest, where = nearest_of(song, tools, track, bar_at)
    return Originality(tuple(one for one in found if one is not None), nearest, where)


def leading(song: Song, track: str) -> tuple[Tone, ...]:
    """The line that is judged: the named track's, or the leading part's."""
    if track:
        part = part_of(song.track(track))
        return part.tones if part else ()
    return leading_tones(whole(song))


def whole(song: Song) -> Passage:
    """All bars of a song."""
    last = passage_of(song, 1, 1).all_bars[-1].number
    return passage_of(song, 1, last)


def label_of(name: str) -> str:
    """The name of a section as the form model has it; empty for a name of the musician's own."""
    plain = name.casefold().strip(" 0123456789")
    return next((label for label in sorted(LABELS, key=len, reverse=True) if plain.startswith(label)), "")


def nearest_of(song: Song, tools: Toolbox, track: str, bar_at: Callable[[int], int]) -> tuple[Likeness | None, str]:
    """The work with the most telling run in common with any pitched track, and which track."""
    gate = tools.gate
    found: list[tuple[bool, float, str, Likeness]] = []
    for one in song.tracks:
        part = part_of(one)
        if part is None or part.is_drums or not is_line(part.tones) or (track and one.id != track):
            continue
        near = gate.nearest(part.tones, bar_at, is_bass=kind_of_track(one) == "bass")
        if near is not None:
            found.append((near.is_copy, near.bits, one.id, near))
    if not found:
        return None, ""
    best = max(found, key=lambda row: row[:2])
    return best[3], best[2]
