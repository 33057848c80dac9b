"""Evening Tram: a song of our own, one minute long, written out as notes.

Running this file writes ``evening_tram.song.json`` beside it; ``bandmate demo`` plays that and hides mistakes in it.

How the parts are written is explained in ``notation.py``.

Words and notes: Apache-2.0, like everything here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from notation import (
    BAR_TICKS,
    SEMITONES,
    Part,
    bar_at,
    bars,
    chord,
    comping,
    grid,
    line,
    merged,
    notes,
    pad,
    picking,
    swung,
)

from bandmate.song.clips import NoteClip
from bandmate.song.devices import Reverb
from bandmate.song.harmony import Chord, Key, Lyric, Marker, Section
from bandmate.song.notes import Instrument
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Role, Track
from bandmate.song.values import slug
from bandmate.song.wire import song_to_json

FORM = {"intro": 4, "verse": 8, "chorus": 8, "outro": 4}
TEMPO = {1: 96.0, 23: 88.0, 24: 76.0}

CHART = {
    "intro": "Gmaj7 | F#m7 | Em7 | A7sus4",
    "verse": "Dmaj9 | A/C# | Bm7 | Am7 D7 | Gmaj7 | D/F# | Em7 | A7sus4 A7/C#",
    "chorus": "Gmaj7 | A | F#m7 | Bm7 | Gmaj7 | Gm6 | F#m7 B7 | Em7 A7sus4",
    "outro": "Dmaj9 | Gm6/D | Dmaj9 | Dmaj9",
}

LEAD = {
    "intro": "r:w | r:w | r:w | r:h r:e D4:e E4:e F#4:e",
    "verse": """
        A4:e A4:e F#4:q A4:q. B4:e | C#5:q B4:e A4:e E4:h | r:e D4:e F#4:e A4:e B4:q A4:q | A4:e G4:e C5:q A4:q. F#4:e |
        B4:e B4:e G4:q B4:q. A4:e | A4:q G4:e F#4:e D4:h | r:e E4:e G4:e B4:e D5:q B4:q | D5:q. B4:e C#5:q A4:e B4:e""",
    "chorus": """
        D5:q. B4:e D5:q. E5:e | E5:q. C#5:e A4:h | C#5:q. A4:e C#5:q. D5:e | D5:q. B4:e F#4:q. A4:e |
        D5:q. B4:e D5:e E5:e F#5:q | E5:q. D5:e Bb4:h | A4:e B4:e C#5:q B4:q. A4:e | G4:q. B4:e A4:q. E4:e""",
    "outro": "F#4:h r:e D4:e E4:e F#4:e | Bb4:q. A4:e G4:h | F#4:w_ | F#4:h r:h",
}

WORDS = """
    And the lights come on all o- ver Riv- er- side Street; some- one left a book on the seat by me,
    ev- 'ry page is un- der- lined in blue, and I read it through till we cross the bridge.
    Take me slow- ly, eve- ning tram, sing- ing wi- res o- ver- head, and I don't need to know where I am:
    some- one left a lamp in a win- dow on, and I am on my way home."""

STRINGS = {
    "verse": """
        r:w | r:w | r:w | r:w |
        r:h D5:h | F#5:h. E5:e D5:e | G5:h E5:h | E5:h E5:q G5:e A5:e""",
    "chorus": """
        B5:h D6:q B5:q | A5:h. E5:e A5:e | A5:h C#6:q A5:q | F#5:h. E5:e F#5:e |
        G5:h B5:q A5:q | G5:h Bb5:h | A5:h F#5:q D#5:q | E5:q G5:q A5:h""",
    "outro": "A5:h F#5:h | G5:h Bb5:h | A5:w_ | A5:h r:h",
}

BASS = {
    "intro": "r:w | r:w | E2:h. B1:q | A1:q. A1:e r:q E2:e C#2:e",
    "verse": """
        D2:q. D2:e F#2:q E2:e D2:e | C#2:q. C#2:e E2:q A1:q | B1:q. B1:e F#2:q B1:e A#1:e | A1:q. E2:e D2:q. F#1:e |
        G1:q. G1:e D2:q B1:e G1:e | F#1:q. F#1:e A1:q D2:q | E2:q. E2:e D2:q B1:e G#1:e | A1:q. A1:e C#2:q B1:e A1:e
    """,
    "chorus": """
        G1:q. G2:e F#2:e D2:e B1:e G1:e | A1:q. A2:e E2:e C#2:e A1:e G1:e | F#1:q. F#2:e E2:e C#2:e A1:e A#1:e |
        B1:q. B2:e A2:e F#2:e D2:e A1:e | G1:q. G2:e F#2:e D2:e B1:e G1:e | G1:q. G2:e E2:e D2:e Bb1:e G1:e |
        F#1:q. C#2:e B1:q. D#2:e | E2:q. B1:e A1:q. C#2:e""",
    "outro": "D2:q. D2:e A1:q D2:q | D2:q. D2:e G2:q E2:q | D2:w_ | D2:h. r:q",
}

CLOSE = {
    "intro": "G3 B3 D4 F#4 | A3 C#4 E4 F#4 | B3 D4 E4 G4 | A3 D4 E4 G4",
    "verse": """
        A3 C#4 E4 F#4 | A3 C#4 E4 A4 | A3 B3 D4 F#4 | A3 C4 E4 G4 / A3 C4 D4 F#4 |
        G3 B3 D4 F#4 | A3 D4 F#4 | G3 B3 D4 E4 | G3 A3 D4 E4 / G3 A3 C#4 E4""",
    "chorus": """
        G3 B3 D4 F#4 | E3 A3 C#4 E4 | E3 A3 C#4 F#4 | F#3 A3 B3 D4 |
        G3 B3 D4 F#4 | G3 Bb3 D4 E4 | A3 C#4 E4 F#4 / A3 B3 D#4 F#4 | G3 B3 D4 E4 / G3 A3 D4 E4""",
    "outro": "F#3 A3 C#4 E4 | G3 Bb3 D4 E4 | F#3 A3 C#4 E4 | F#3 A3 C#4 E4",
}
"""The pad's voicings: each voice keeps its note or takes the nearest. The guitar picks them in open position."""

OPEN = {
    "intro": "G3 D4 F#4 B4 | F#3 C#4 E4 A4 | G3 D4 E4 B4 | G3 D4 E4 A4",
    "verse": """
        F#3 C#4 E4 A4 | E3 C#4 E4 A4 | B3 D4 F#4 A4 | G3 C4 E4 A4 / F#3 C4 D4 A4 |
        F#3 B3 D4 G4 | A3 D4 F#4 | G3 B3 D4 G4 | G3 D4 E4 A4 / G3 C#4 E4 A4""",
    "chorus": """
        G3 D4 F#4 B4 | A3 C#4 E4 A4 | A3 C#4 F#4 A4 | A3 D4 F#4 B4 |
        G3 D4 F#4 B4 | G3 D4 E4 Bb4 | A3 C#4 E4 A4 / A3 D#4 F#4 B4 | G3 D4 E4 B4 / G3 D4 E4 A4""",
    "outro": "F#3 C#4 E4 A4 | G3 D4 E4 Bb4 | F#3 C#4 E4 A4 | F#3 C#4 E4 A4",
}
"""The electric piano's voicings: without the root, which the bass has."""

PIANO = {
    "intro": "5-------------..*2 | 5-------------.. | 5-----4---3-4---",
    "verse": "6-----4-----....*3 | 6-----..5-----4- | 6-----4-----..3-*3 | 6-----..6-----5-",
    "chorus": "8---..6---..6-5-*6 | 8-----6-8-----6- | 8-----..7-----..",
    "outro": "6-----4-----....*2 | 7--------------- | ................",
}
FILLS = {
    "intro": "r:w | r:h r:q A5:s C#6:s E6:e | r:w | r:w",
    "verse": "r:w | r:h. C#6:s B5:s A5:e | r:w | r:w | r:w | r:h r:e A5:e D6:s E6:s F#6:e | r:w | r:w",
    "chorus": "r:w | r:h E6:e C#6:e A5:q | r:w | r:w | r:w | r:w | r:w | r:w",
    "outro": "r:h r:e A5:e C#6:e E6:e | r:w | r:e A5:e C#6:e E6:e A6:h_ | A6:h. r:q",
}

PICKING = {
    "intro": "1..3..4.2..3..4.*4",
    "verse": "1...3.4.2.3.4.3.*3 | 1..3..4.1..3..4. | 1...3.4.2.3.4.3.*3 | 1..3..4.1.2.3.4.",
    "chorus": "1.3.4.3.24.3.43.*6 | 1.3.4.3.1.3.4.3.*2",
    "outro": "1...3.4.2.3.4.3.*2 | 1.2.3.4......... | ................",
}

KICK = {
    "intro": "................*2 | 7.......5.......*2",
    "verse": "8.....5.7.......*3 | 8.....5.7.....6. | 8.....5.7.......*3 | 8.....5.7..5....",
    "chorus": "9..5..6.8.....5.*3 | 9..5..6.8...5.5. | 9..5..6.8.....5.*3 | 9.....6.8.......",
    "outro": "8.....5.7.......*2 | 9............... | ................",
}
KIT = {
    "side stick": {
        "intro": "5.3.....4.3.....*4",
        "verse": "....6.......6...*3 | ....6.......6.4. | ................*4",
    },
    "snare": {
        "intro": "................*3 | ............2.46",
        "verse": "................*4 | ....7..2.2..7..2*3 | ....7..2.2......",
        "chorus": "....9..2.2..9..2*3 | ....9..2.2..8.56 | ....9..2.2..9..2*3 | ....8..2.2..3567",
        "outro": "....6.......6...*2 | ................*2",
    },
    "closed hat": {
        "intro": "................*2 | 5.2.4.2.5.2.4.2.*2",
        "verse": "6.3.5.3.6.3.5.32*3 | 6.3.5.3.6.3.5... | 6.3.5.3.6.3.5.32*3 | 6.3.5.3.........",
        "chorus": "7.467.467.467...*7 | 7.467.46........",
        "outro": "6.3.5.3.6.3.5.3.*2 | ................*2",
    },
    "open hat": {
        "verse": "................*3 | ..............5. | ................*4",
        "chorus": "..............6.*7 | ................",
    },
    "crash": {
        "chorus": "8............... | ................*3 | 7............... | ................*3",
        "outro": "6............... | ................ | 7............... | ................",
    },
    "high tom": {"verse": "................*7 | ..........6.5...", "chorus": "................*7 | ........65......"},
    "mid tom": {"verse": "................*7 | ............6.5.", "chorus": "................*7 | ..........65...."},
    "floor tom": {"verse": "................*7 | ...............7", "chorus": "................*8"},
}
DRUM_PITCHES = {
    "kick": 36, "side stick": 37, "snare": 38, "closed hat": 42, "open hat": 46,
    "crash": 49, "high tom": 50, "mid tom": 47, "floor tom": 43,
}  # fmt: skip

GAINS_DB = {
    "Kick": -4.5,
    "Drums": 2.0,
    "Bass": -7.0,
    "Electric Piano": -10.0,
    "Guitar": -8.0,
    "Pad": -9.5,
    "Lead Vox": -1.0,
    "Strings": -7.0,
}
"""Faders, from the loudness of each track while it plays: the voice on top, then drums and bass, then the rest."""

PANS = {"Electric Piano": 0.3, "Guitar": -0.35, "Strings": -0.15}

ROOM = Reverb(id="room", decay_seconds=0.7, predelay_ms=8.0, damping_hz=5_000.0, wet=0.10)
PLATE = Reverb(id="plate", decay_seconds=1.4, predelay_ms=35.0, damping_hz=7_000.0, wet=0.14)
HALL = Reverb(id="hall", decay_seconds=2.0, predelay_ms=20.0, damping_hz=4_500.0, wet=0.28)

HARDER = {"intro": -8, "verse": 0, "chorus": 9, "outro": -5}
"""How much harder each section is played, in steps of velocity."""


def main() -> None:
    """Write the song beside this file."""
    path = Path(__file__).with_name("evening_tram.song.json")
    path.write_bytes(song_to_json(make_song()))
    print(f"{path.name}: {path.stat().st_size // 1024} kB")


def make_song() -> Song:
    """The whole song; the same notes every time."""
    starts = section_starts()
    return Song(
        title="Evening Tram",
        rate_hz=48_000,
        tempo=TempoMap(
            points=tuple(TempoPoint(id=f"bar-{bar}", at_ticks=bar_at(bar), bpm=bpm) for bar, bpm in TEMPO.items())
        ),
        meters=MeterMap(points=(MeterPoint(id="start", at_bar=1, numerator=4, denominator=4),)),
        key=Key(tonic=SEMITONES["D"], mode="major"),
        sections=tuple(
            Section(id=name, name=name.title(), start_bar=starts[name], bars=bars) for name, bars in FORM.items()
        ),
        chords=tuple(chords()),
        lyrics=tuple(lyrics()),
        markers=tuple(Marker(id=name, at_ticks=bar_at(bar), name=name.title()) for name, bar in starts.items()),
        tracks=tuple(tracks()),
    )


def tracks() -> Iterator[Track]:
    """The eight tracks."""
    drums = Instrument(program=0, is_drums=True)
    kit = merged(*(grid(part, DRUM_PITCHES[drum]) for drum, part in KIT.items()))
    piano = merged(comping(PIANO, OPEN), line(FILLS, levels(64), hold=0.95))
    yield track("Kick", "kick", drums, grid(KICK, DRUM_PITCHES["kick"]))
    yield track("Drums", "drums", drums, kit, room=ROOM)
    yield track("Bass", "bass", Instrument(program=33), line(BASS, levels(92), hold=0.92))
    yield track("Electric Piano", "keys", Instrument(program=4), piano, room=ROOM)
    yield track("Guitar", "electric-guitar", Instrument(program=27), picking(PICKING, CLOSE, levels(72)), room=ROOM)
    yield track("Pad", "pad", Instrument(program=94), pad(CLOSE, levels(70)), room=HALL)
    yield track("Lead Vox", "lead-vox", Instrument(program=53), line(LEAD, levels(92), hold=0.97), room=PLATE)
    yield track("Strings", "strings", Instrument(program=48), line(STRINGS, levels(76), hold=0.99), room=HALL)


def track(name: str, role: Role, instrument: Instrument, part: Part, *, room: Reverb | None = None) -> Track:
    """A track with one clip for each section that it plays in."""
    starts = section_starts()
    clips = tuple(
        NoteClip(
            id=section,
            name=f"{name} {section}",
            start_ticks=bar_at(starts[section]),
            length_ticks=FORM[section] * BAR_TICKS,
            notes=notes(part[section]),
            instrument=instrument,
        )
        for section in FORM
        if part.get(section)
    )
    return Track(
        id=slug(name),
        name=name,
        role=role,
        clips=clips,
        inserts=() if room is None else (room,),
        gain_db=GAINS_DB[name],
        pan=PANS.get(name, 0.0),
    )


def chords() -> Iterator[Chord]:
    """The chart with its times."""
    starts = section_starts()
    for section, text in CHART.items():
        for bar, symbols in enumerate(bars(text), start=starts[section]):
            shared = symbols.split()
            for i, symbol in enumerate(shared):
                ticks = BAR_TICKS // len(shared)
                yield chord(f"bar-{bar}" + "b" * i, bar_at(bar) + i * ticks, ticks, symbol)


def lyrics() -> Iterator[Lyric]:
    """One syllable for each note that is sung."""
    starts = section_starts()
    sung = line(LEAD, levels(90), hold=1.0)
    times = [bar_at(starts[name]) + swung(one.start_ticks) for name in FORM for one in sung[name]]
    for number, (ticks, text) in enumerate(zip(times, WORDS.split(), strict=True), start=1):
        yield Lyric(id=f"syllable-{number}", at_ticks=ticks, text=text)


def levels(verse: int) -> dict[str, int]:
    """The velocity of a part in each section, from what it is in the verse."""
    return {name: verse + harder for name, harder in HARDER.items()}


def section_starts() -> dict[str, int]:
    """The bar in which each section begins."""
    lengths = list(FORM.values())
    return {name: 1 + sum(lengths[:i]) for i, name in enumerate(FORM)}


if __name__ == "__main__":
    main()
