"""From written parts to a song: tracks with instruments, roles, faders and pans, sections, tempo, meter and key.

Conventions: one clip over the whole of the song on every track, so that the song is exactly as long as its bars.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

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
MOST_FADER_DB = 12.0


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
                gain_db=fader_db(part, program),
                pan=mix[part]["pan"],
            )
        )
    return tuple(found)


@lru_cache(maxsize=1)
def loudness_table() -> dict[str, dict[str, float]]:
    """Loudness of the bands' sounds, from ``data/compose/band_levels.toml``."""
    text = files("bandmate").joinpath("data", "compose", "band_levels.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def fader_db(part: str, program: int) -> float:
    """Where the fader of a part stands for a sound; for one that was not measured as for its nearest relative.

    ``part`` is drums, bass, keys, pad, lead or voice; ``program`` that of General MIDI (for drums the kit).
    """
    known = loudness_table()[part]
    nearest = min(known, key=lambda name: (int(name) // 8 != program // 8, abs(int(name) - program), int(name)))
    wanted = float(band_table()["mix"][part]["loudness_lufs"])
    return round(min(MOST_FADER_DB, wanted - known[nearest]), 1)


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
