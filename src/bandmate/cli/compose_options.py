"""Options of the commands that write music, and the brief that they add up to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bandmate.song.errors import OutOfRange, RequestError, UnknownName

if TYPE_CHECKING:
    from bandmate.stages.compose.brief import ChordPin, ComposeBrief, Dials, NotePin

InWords = Annotated[str, typer.Option("--brief", help="In plain words: 'busier and darker, with piano'.")]
Bars = Annotated[str, typer.Option("--bars", "-b", help="Bars, such as 5-8; else those that are meant.")]
OnTrack = Annotated[str, typer.Option("--part", "--track", help="The track that it is for; else a new one.")]
GenreName = Annotated[str, typer.Option("--genre", "-g", help="pop, rock, funk, soul, hip-hop, jazz …")]
Mood = Annotated[str, typer.Option(help="A word such as hopeful, for chords.")]
SectionName = Annotated[str, typer.Option(help="verse, chorus, bridge …; else the song's own.")]
KeyName = Annotated[str, typer.Option("--key", "-k", help="Such as Am or 'F# dorian'; else the song's.")]
Pins = Annotated[
    list[str] | None, typer.Option("--pin", help="bar:chord or bar.beat:chord, such as 3:Fmaj7; may be given again.")
]
Notes = Annotated[
    list[str] | None, typer.Option("--note", help="bar.beat:note:beats, such as 2.1:G4:0.5; may be given again.")
]
DialSettings = Annotated[
    list[str] | None, typer.Option("--dial", "-d", help="dial=0 to 1, such as density=0.7; may be given again.")
]
Lyrics = Annotated[str, typer.Option(help="A line in syllables: \"'Sum-mer in the 'ci-ty\"; ' marks stress.")]
Daring = Annotated[float, typer.Option(help="0 safe to 1 daring, for chords.")]
Instrument = Annotated[int | None, typer.Option(help="General MIDI program, 0 to 127; its range is kept to.")]
VoiceName = Annotated[str, typer.Option("--voice", help="soprano, mezzo, alto, tenor, baritone or bass.")]
Number = Annotated[int, typer.Option("-n", "--number", help="How many alternatives.")]
Seed = Annotated[int, typer.Option(help="Another number gives other ideas.")]
Catalogue = Annotated[
    list[Path] | None, typer.Option("--catalogue", help="Your own songs, not to be copied; may be given again.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results of a lone file.")]
Pictures = Annotated[bool, typer.Option("--pictures", help="Also a piano roll of each, of a lone file.")]
Sound = Annotated[bool, typer.Option("--sound", help="Also each as WAV, of a lone file.")]
Amount = Annotated[float | None, typer.Option(help="How far to go, 0 to 1: the distance of a variation …")]

PIN = re.compile(r"(\d+)(?:\.(\d+(?:\.\d+)?))?:(.+)")
NOTE = re.compile(r"(\d+)\.(\d+(?:\.\d+)?):([A-Ga-g][#b]?)(-?\d):(\d+(?:\.\d+)?)")
PROGRAMS = 128


def brief_of(**given: Any) -> ComposeBrief:
    """The brief of these options; what is empty is left to the song.

    Raises
    ------
    RequestError, OutOfRange, UnknownName
        for what cannot be meant.
    """
    from bandmate.song.scales import key_from
    from bandmate.stages.compose.brief import GENRES, VOICES, ComposeBrief

    genre, program = given.get("genre", ""), given.get("program")
    if genre and genre not in GENRES:
        raise UnknownName("genre", genre, GENRES)
    if given.get("voice") and given["voice"] not in VOICES:
        raise UnknownName("voice", given["voice"], VOICES)
    for name in ("daring", "amount"):
        value = given.get(name)
        if value is not None and not 0.0 <= value <= 1.0:
            raise OutOfRange(f"--{name} is {value:g}; possible are 0 to 1")
    if program is not None and not 0 <= program < PROGRAMS:
        raise OutOfRange(f"--instrument is {program}; General MIDI has programs 0 to {PROGRAMS - 1}")
    if not 1 <= given.get("alternatives", 3) <= 16:
        raise OutOfRange(f"-n is {given['alternatives']}; possible are 1 to 16 alternatives")
    fields = {name: value for name, value in given.items() if name not in ("key", "pins", "notes", "dials", "lyrics")}
    return ComposeBrief(
        key=key_from(given["key"]) if given.get("key") else None,
        chord_pins=tuple(chord_pin(text) for text in given.get("pins") or ()),
        note_pins=tuple(note_pin(text) for text in given.get("notes") or ()),
        dials=dials_of(given.get("dials") or ()),
        syllables=syllables_of(given.get("lyrics") or ""),
        **fields,
    )


def chord_pin(text: str) -> ChordPin:
    """``3:Fmaj7`` or ``3.2.5:G7``."""
    from bandmate.song.chord_tones import symbol_from
    from bandmate.stages.compose.brief import ChordPin

    match = PIN.fullmatch(text.strip())
    if match is None:
        raise RequestError(f'"{text}" is no pin; write bar:chord, such as 3:Fmaj7, or bar.beat:chord')
    symbol_from(match[3])
    return ChordPin(bar=int(match[1]), beat=float(match[2] or 1.0), chord=match[3])


def note_pin(text: str) -> NotePin:
    """``2.1:G4:0.5``: bar 2, beat 1, G4, half a beat long."""
    from bandmate.song.scales import LETTERS
    from bandmate.stages.compose.brief import NotePin

    match = NOTE.fullmatch(text.strip())
    if match is None:
        raise RequestError(f'"{text}" is no note; write bar.beat:note:beats, such as 2.1:G4:0.5')
    name, octave = match[3], int(match[4])
    sharp = name.count("#") - name[1:].count("b")
    pitch = 12 * (octave + 1) + LETTERS[name[0].upper()] + sharp
    if not 0 <= pitch < PROGRAMS:
        raise OutOfRange(f'"{name}{octave}" lies outside of what MIDI can play; possible are C-1 to G9')
    return NotePin(bar=int(match[1]), beat=float(match[2]), beats=float(match[5]), pitch=pitch)


def dials_of(settings: list[str] | tuple[str, ...]) -> Dials:
    """``["density=0.7"]`` as dials."""
    from bandmate.stages.compose.brief import DIALS, Dials

    found: dict[str, float] = {}
    for setting in settings:
        name, _, number = setting.partition("=")
        name = name.strip()
        if name not in DIALS:
            raise UnknownName("dial", name, DIALS)
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not 0.0 <= value <= 1.0:
            raise OutOfRange(f'"{setting}" turns no dial; write dial=number from 0 to 1, such as density=0.7')
        found[name] = value
    return Dials(**found)


def syllables_of(line: str) -> tuple[str, ...]:
    """``'Sum-mer in the 'ci-ty`` in syllables; ``'`` stays with the stressed ones."""
    return tuple(syllable for word in line.split() for syllable in word.split("-") if syllable)


def checked_bars(text: str) -> tuple[int, int] | None:
    """``5-8`` or ``5``; None for nothing.

    Raises
    ------
    RequestError
        for anything else.
    """
    if not text:
        return None
    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise RequestError(f'"{text}" is no range of bars; write it as 5-8, counted from 1')
    return first, last
