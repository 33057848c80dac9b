"""Written music in any of its files: MIDI, MusicXML and ABC, told by their ending, as songs and back.

Conventions: of an ABC file with several tunes the first is read, and a remark says how many more there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bandmate.song.errors import RequestError
from bandmate.song.song import Song

MIDI_ENDINGS = frozenset({".mid", ".midi", ".smf"})
MUSICXML_ENDINGS = frozenset({".musicxml", ".mxl", ".xml"})
ABC_ENDINGS = frozenset({".abc"})
SCORE_ENDINGS = MIDI_ENDINGS | MUSICXML_ENDINGS | ABC_ENDINGS


@dataclass(frozen=True, slots=True)
class Score:
    """What a file says, and in plain words what of it was changed or left out."""

    song: Song
    remarks: tuple[str, ...] = ()


def read_score(path: Path | str) -> Score:
    """The song in a MIDI, MusicXML or ABC file.

    Raises
    ------
    MediaError
        if the file is missing, empty, damaged or not what its ending says.
    RequestError
        if the ending is none of these.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending in MIDI_ENDINGS:
        from bandmate.formats.midi import read_midi

        midi = read_midi(path)
        return Score(midi.song, midi.remarks)
    if ending in MUSICXML_ENDINGS:
        from bandmate.formats.musicxml_read import read_musicxml

        score = read_musicxml(path)
        return Score(score.song, score.remarks)
    if ending in ABC_ENDINGS:
        from bandmate.formats.abc import read_abc

        tunes = read_abc(path)
        more = (f"it holds {len(tunes)} tunes; the first was read",) if len(tunes) > 1 else ()
        return Score(tunes[0].song, (*tunes[0].remarks, *more))
    raise RequestError(f'"{path.name}" is no written music; give a file that ends in .mid, .musicxml, .mxl or .abc')


def write_score(song: Song, path: Path | str) -> None:
    """Write the notes of a song as MIDI, MusicXML or ABC, by the ending.

    Raises
    ------
    RequestError
        if the ending is none of these.
    ProjectError
        if the folder is missing or read-only, or the disk is full.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending in MIDI_ENDINGS:
        from bandmate.formats.midi import write_midi

        write_midi(song, path)
    elif ending in MUSICXML_ENDINGS:
        from bandmate.formats.musicxml_write import write_musicxml

        write_musicxml(song, path)
    elif ending in ABC_ENDINGS:
        from bandmate.formats.abc import write_abc

        write_abc(song, path)
    else:
        raise RequestError(f'"{path.name}" does not tell its kind; end it in .mid, .musicxml, .mxl or .abc')
