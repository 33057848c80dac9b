"""From written parts to a song: tracks with instruments, roles, faders and pans, sections, tempo, meter and key.

Conventions: one clip over the whole of the song on every track, so that the song is exactly as long as its bars.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Track
from bandmate.stages.compose.form_ideas import FormIdea
from bandmate.stages.compose.genres import band_table
from bandmate.stages.compose.passage import Tone
from bandmate.stages.compose.sketch_brief import SketchPart
from bandmate.stages.compose.sketch_parts import role_of

GUITARS, ORGANS = range(24, 32), range(16, 24)
LOWER_DB = {29: -3.0, 30: -4.0, 80: -3.0, 81: -4.0, 90: -2.0, 38: -1.0, 39: -1.0, 22: -2.0, 56: -2.0, 61: -3.0}
"""Programs of the sound set that are louder than their like: written."""


def bare_song(title: str, form: FormIdea, key: Key, meter: tuple[int, int]) -> Song:
    """A song with everything but chords and notes."""
    return Song(
        title=title,
        tempo=TempoMap(points=(TempoPoint(id="tempo", at_ticks=0, bpm=form.tempo_bpm),)),
        meters=MeterMap(points=(MeterPoint(id="meter", at_bar=1, numerator=meter[0], denominator=meter[1]),)),
        key=key,
        sections=form.song_sections(),
    )


def track_name(part: SketchPart, program: int) -> str:
    """What stands on the strip."""
    if part == "keys" and program in GUITARS:
        return "Guitar"
    if part == "keys" and program in ORGANS:
        return "Organ"
    return "Piano" if part == "keys" and program < 2 else part.capitalize()


def band_tracks(
    tones: Mapping[SketchPart, tuple[Tone, ...]], programs: Mapping[SketchPart, int], length_ticks: int
) -> tuple[Track, ...]:
    """A track for every part that has notes."""
    mix = band_table()["mix"]
    found = []
    for part, row in tones.items():
        if not row:
            continue
        program = programs[part]
        found.append(
            Track(
                id=part,
                name=track_name(part, program),
                role=role_of(part, program),
                clips=(whole_clip(row, length_ticks, Instrument(program=program, is_drums=part == "drums")),),
                gain_db=mix[part]["gain_db"] + (0.0 if part == "drums" else LOWER_DB.get(program, 0.0)),
                pan=mix[part]["pan"],
            )
        )
    return tuple(found)


def whole_clip(tones: Iterable[Tone], length_ticks: int, sound: Instrument) -> NoteClip:
    """One clip from the start of the song to its end."""
    notes = tuple(
        Note(
            id=f"n{number}",
            start_ticks=tone.start_ticks,
            length_ticks=min(tone.length_ticks, length_ticks - tone.start_ticks),
            pitch=tone.pitch,
            velocity=tone.velocity,
        )
        for number, tone in enumerate(sorted(tones), 1)
    )
    return NoteClip(id="part-1", start_ticks=0, length_ticks=length_ticks, notes=notes, instrument=sound)


def chord_words(chords: Iterable[Chord], most: int = 4) -> str:
    """The first chords in a row: ``Am F C G``."""
    return " ".join(str(chord) for _, chord in zip(range(most), chords, strict=False))
