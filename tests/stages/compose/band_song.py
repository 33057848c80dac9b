"""A small song with a band, for tests: sixteen bars, chords, a lead, keys, a bass and drums, and what is to be left."""

from __future__ import annotations

from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key, Section
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song
from bandmate.song.time import MeterMap, MeterPoint
from bandmate.song.tracks import Track

BARS = 16
ROOTS = ((0, ""), (9, "m"), (5, ""), (7, "7"))
LEAD = (64, 67, 69, 67, 65, 64, 62, 60)


def notes_of(rows: list[tuple[int, int, int, int]]) -> tuple[Note, ...]:
    return tuple(
        Note(id=f"n{i}", start_ticks=start, length_ticks=length, pitch=pitch, velocity=velocity)
        for i, (start, length, pitch, velocity) in enumerate(sorted(rows), 1)
    )


def track(name: str, role: str, rows: list[tuple[int, int, int, int]], program: int, length: int) -> Track:
    """A track with its notes in two clips, so that a passage may lie in both."""
    half = length // 2
    sound = Instrument(program=program, is_drums=role == "drums")
    first = notes_of([row for row in rows if row[0] < half])
    second = notes_of([(row[0] - half, *row[1:]) for row in rows if row[0] >= half])
    return Track(
        id=name,
        name=name.capitalize(),
        role=role,  # type: ignore[arg-type]
        clips=(
            NoteClip(id="one", start_ticks=0, length_ticks=half, notes=first, instrument=sound),
            NoteClip(id="two", start_ticks=half, length_ticks=length - half, notes=second, instrument=sound),
        ),
    )


def band_song(numerator: int = 4, denominator: int = 4, bars: int = BARS) -> Song:
    """Sixteen bars in C, two sections of eight."""
    beat = 3840 // denominator
    bar = beat * numerator
    lead, keys, bass, drums, chords = [], [], [], [], []
    for number in range(bars):
        root, quality = ROOTS[number % 4]
        at = number * bar
        chords.append(Chord(id=f"chord-{number + 1}", start_ticks=at, length_ticks=bar, root=root, quality=quality))
        third = 3 if quality == "m" else 4
        keys += [(at, bar, 48 + (root + step) % 12, 70) for step in (0, third, 7)]
        for place in range(numerator):
            start = at + place * beat
            lead.append((start, beat, LEAD[(number * numerator + place) % len(LEAD)], 90))
            bass.append((start, beat // 2, 36 + root, 95))
            drums.append((start, beat // 4, 42, 70))
            if place % 2 == 0:
                drums.append((start, beat // 4, 36 if place % 4 == 0 else 38, 100))
    length = bars * bar
    return Song(
        title="Sixteen Bars",
        key=Key(tonic=0),
        meters=MeterMap(points=(MeterPoint(id="m", at_bar=1, numerator=numerator, denominator=denominator),)),
        chords=tuple(chords),
        sections=(
            Section(id="verse", name="Verse", start_bar=1, bars=bars // 2),
            Section(id="chorus", name="Chorus", start_bar=bars // 2 + 1, bars=bars - bars // 2),
        ),
        tracks=(
            track("lead", "lead-vox", lead, 73, length),
            track("keys", "piano", keys, 0, length),
            track("bass", "bass", bass, 33, length),
            track("drums", "drums", drums, 0, length),
        ),
    )
