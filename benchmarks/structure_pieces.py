"""Pieces whose tempo, beats and bars are known: played drums, songs for voice and piano, lead sheets, and our own demo.

The notes come from the folder of shared corpora (``BANDMATE_SHARED``); each piece is a song that our renderer plays.
What is left of a piece after a minute is not used. Truth is in seconds from the start of the song.
"""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bandmate.formats.midi import read_midi
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.notes import Instrument, Note
from bandmate.song.song import Song, length_seconds
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint
from bandmate.song.tracks import Track
from bandmate.verbs.demo_stems import demo_song

RATE_HZ = 44_100
MOST_SECONDS = 60.0
LEAST_SECONDS = 25.0
TICKS = 960
GENERAL_MIDI = {22: 42, 26: 46, 58: 43}
"""What the corpus' drum pads send beyond General MIDI: the edge of the hi-hat, the rim of a tom."""

CHORD_STEPS = {"major": (0, 4, 7), "minor": (0, 3, 7), "dominant": (0, 4, 7, 10), "diminished": (0, 3, 6)}
WHOLE_METERS = {
    ("4", "4"): (4, 1.0),
    ("3", "4"): (3, 1.0),
    ("2", "4"): (2, 1.0),
    ("6", "8"): (2, 1.5),
    ("2", "2"): (2, 2.0),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A song to be played, and what is true of it. ``bars`` is empty where it is not known where they begin."""

    name: str
    kind: str
    song: Song
    bpm: float
    beats: tuple[float, ...]
    bars: tuple[float, ...]
    beats_per_bar: int
    sections: tuple[float, ...] = ()


def shared() -> Path:
    return Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def drum_pieces(split: str, most: int) -> Iterator[Piece]:
    """Drummers with a click in their ears, each style in turn."""
    folder = shared() / "data" / "groove_midi"
    with (folder / "info.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if is_wanted(row, split)]
    rows.sort(key=lambda row: (row["style"].split("/")[0], row["id"]))
    by_style: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_style.setdefault(row["style"].split("/")[0], []).append(row)
    turns = sorted(((i, style) for style, group in by_style.items() for i in range(len(group))))
    for i, style in turns[:most]:
        row = by_style[style][i]
        yield drum_piece(row, folder / row["midi_filename"])


def is_wanted(row: dict[str, str], split: str) -> bool:
    is_plain = row["beat_type"] == "beat" and row["time_signature"] in ("4-4", "3-4")
    return is_plain and row["split"] == split and float(row["duration"]) >= LEAST_SECONDS


def drum_piece(row: dict[str, str], path: Path) -> Piece:
    bpm, per_bar = float(row["bpm"]), int(row["time_signature"][0])
    seconds = min(MOST_SECONDS, float(row["duration"]))
    last = int(seconds * bpm / 60 * TICKS)
    played = read_midi(path).song
    notes = [
        replace(
            note,
            id=f"n{i}",
            start_ticks=clip.start_ticks + note.start_ticks,
            pitch=GENERAL_MIDI.get(note.pitch, note.pitch),
        )
        for track in played.tracks
        for clip in track.clips
        if isinstance(clip, NoteClip)
        for i, note in enumerate(clip.notes)
        if clip.start_ticks + note.start_ticks < last
    ]
    clip = NoteClip(id="c", length_ticks=last, notes=tuple(notes), instrument=Instrument(is_drums=True))
    song = played_at(bpm, (Track(id="drums", name="drums", clips=(clip,)),))
    beats = tuple(i * 60 / bpm for i in range(int(seconds * bpm / 60)))
    name = f"{row['style'].replace('/', '-')} {row['bpm']} {row['id'].replace('drummer', 'd').replace('/session', '.')}"
    return Piece(name, "drums", song, bpm, beats, beats[::per_bar], per_bar)


def score_pieces(corpus: str, split: str, most: int) -> Iterator[Piece]:
    """Songs without drums, at a tempo drawn for each. Every fifth work is kept for validation."""
    draw = random.Random(split)
    path = shared() / "data" / corpus / "scores.jsonl"
    works = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    works = [work for i, work in enumerate(works) if (i % 5 == 0) == (split == "validation")]
    draw.shuffle(works)
    count = 0
    for work in works:
        meter = tuple(work["timesig"][0][1:3]) if len(work["timesig"]) == 1 else ()
        if meter not in WHOLE_METERS or not work["parts"] or len(work["measures"]) < 16:
            continue
        yield score_piece(work, WHOLE_METERS[meter], draw.choice((60, 72, 84, 96, 108, 120, 132)), corpus)
        count += 1
        if count == most:
            return


def score_piece(work: dict[str, Any], meter: tuple[int, float], bpm: float, corpus: str) -> Piece:
    per_bar, beat_quarters = meter
    quarters_a_minute = bpm * beat_quarters
    most = MOST_SECONDS * quarters_a_minute / 60
    tracks = []
    for number, part in enumerate(work["parts"]):
        is_voice = number == 0 and len(work["parts"]) > 1
        tracks.append(score_track(f"p{number}", part["notes"], 73 if is_voice else 0, most))
    if work["chords"]:
        tracks.append(score_track("chords", list(comping(work, per_bar * beat_quarters)), 0, most))
    song = played_at(quarters_a_minute, tuple(track for track in tracks if track.clips))
    end = float(length_seconds(song))
    second = 60 / quarters_a_minute
    bars = [start * second for start in work["measures"] if start * second < end - 0.5]
    beats = [
        (start + i * beat_quarters) * second
        for start, after in zip(work["measures"], [*work["measures"][1:], 1e9], strict=True)
        for i in range(per_bar)
        if start + i * beat_quarters < min(after, start + per_bar * beat_quarters) and start * second < end - 0.5
    ]
    first = 1 if len(bars) > 1 and bars[1] - bars[0] < 0.9 * per_bar * beat_quarters * second else 0
    return Piece(f"{work['title'][:28]} {bpm:g}", corpus, song, bpm, tuple(beats), tuple(bars[first:]), per_bar)


def comping(work: dict[str, Any], bar_quarters: float) -> Iterator[list[float]]:
    """Each chord when it comes and again at every bar line, with its root below."""
    starts = sorted({*work["measures"], *(chord[0] for chord in work["chords"])})
    for start, after in zip(starts, [*starts[1:], starts[-1] + bar_quarters], strict=True):
        sounding = [chord for chord in work["chords"] if chord[0] <= start]
        if sounding:
            root, kind = sounding[-1][1], sounding[-1][2]
            yield [start, after - start, 36 + root]
            for step in CHORD_STEPS.get(kind, CHORD_STEPS["major"]):
                yield [start, after - start, 52 + (root + step) % 12]


def band_pieces(split: str, most: int) -> Iterator[Piece]:
    """Drums that were played, with bass and chords after the form of a record; choruses have strings and start late.

    What comes first is silence of up to two seconds, so that bar 1 is not the first frame.
    """
    draw = random.Random(split)
    records = json.loads((shared() / "data" / "mcgill_billboard" / "billboard.json").read_text(encoding="utf-8"))
    records = [one for i, one in enumerate(records) if (i % 5 == 0) == (split == "validation")]
    records = [one for one in records if one["metre"] == "4/4" and len(one["sections"]) >= 5]
    draw.shuffle(records)
    for record, drums in zip(records, drum_pieces(split, most), strict=False):
        if drums.beats_per_bar == 4:
            yield band_piece(record, drums, draw)


def band_piece(record: dict[str, Any], drums: Piece, draw: random.Random) -> Piece:
    lead_ticks = draw.choice((0, 0, 1, 3, 7)) * draw.randrange(100, 480)
    second = 60 / drums.bpm / TICKS
    clip = drums.song.tracks[0].clips[0]
    assert isinstance(clip, NoteClip)
    loop = clip.length_ticks // (4 * TICKS) * 4 * TICKS
    parts: dict[str, list[list[float]]] = {"bass": [], "keys": [], "strings": []}
    starts, bar = [], 0
    has_eighths, has_backbeat = draw.random() < 0.5, draw.random() < 0.4
    for section in record["sections"]:
        starts.append(bar)
        is_chorus = "chorus" in " ".join(map(str, section["label"]))
        for chords in section["bars"]:
            play_bar(parts, chords, 4.0 * bar, (has_eighths, has_backbeat, is_chorus))
            bar += 1
            if bar * 4 * TICKS * second > 1.7 * MOST_SECONDS:
                break
        else:
            continue
        break
    whole = bar * 4 * TICKS
    beaten = tuple(
        replace(note, id=f"n{turn}-{note.id}", start_ticks=note.start_ticks + turn * loop)
        for turn in range(whole // loop + 1)
        for note in clip.notes
        if note.start_ticks < loop and note.start_ticks + turn * loop < whole
    )
    tracks = [Track(id="drums", clips=(replace(clip, start_ticks=lead_ticks, length_ticks=whole, notes=beaten),))]
    for name, program in (("bass", 33), ("keys", draw.choice((0, 4, 27))), ("strings", 48)):
        track = score_track(name, parts[name], program, 1e9)
        tracks.append(replace(track, clips=tuple(replace(one, start_ticks=lead_ticks) for one in track.clips)))
    at = [(lead_ticks + i * TICKS) * second for i in range(4 * bar)]
    sections = tuple(at[4 * start] for start in starts if start < bar)
    song = played_at(drums.bpm, tuple(track for track in tracks if track.clips))
    name = f"band {record['title'][:16]} {drums.bpm:g} {drums.name.split()[0]}"
    return Piece(name, "band", song, drums.bpm, tuple(at), tuple(at[::4]), 4, sections)


def play_bar(
    parts: dict[str, list[list[float]]], chords: list[str], start: float, how: tuple[bool, bool, bool]
) -> None:
    """One bar of bass and chords; a bar may hold several chords of equal length."""
    has_eighths, has_backbeat, is_chorus = how
    share = 4.0 / max(1, len(chords))
    for number, chord in enumerate(chords):
        root, _, kind = chord.partition(":")
        if root[:1] not in "CDEFGAB" or not root:
            continue
        pitch = ("C_D_EF_G_A_B".index(root[0]) + root.count("#") - root[1:].count("b")) % 12
        steps = CHORD_STEPS["minor" if kind.startswith("min") else "major"]
        begin = start + number * share
        step = 0.5 if has_eighths else 1.0
        for i in range(max(1, int(share / step))):
            parts["bass"].append([begin + i * step, step * 0.9, 36 + (pitch + 8) % 12 - 4])
        places = [begin + 1 + 2 * i for i in range(int(share / 2))] if has_backbeat and share >= 2 else [begin]
        for place in places:
            parts["keys"] += [[place, share * 0.9, 55 + (pitch + k + 5) % 12] for k in steps]
        if is_chorus:
            parts["strings"] += [[begin, share, 67 + (pitch + k + 5) % 12] for k in steps]


def score_track(name: str, notes: list[list[float]], program: int, most: float) -> Track:
    made = tuple(
        Note(
            id=f"n{i}",
            start_ticks=round(Fraction(start) * TICKS),
            length_ticks=max(1, round(Fraction(length) * TICKS)),
            pitch=int(pitch),
            velocity=84,
        )
        for i, (start, length, pitch) in enumerate(notes)
        if start < most
    )
    if not made:
        return Track(id=name)
    length = max(note.start_ticks + note.length_ticks for note in made)
    return Track(
        id=name,
        name=name,
        clips=(NoteClip(id="c", length_ticks=length, notes=made, instrument=Instrument(program=program)),),
    )


def demo_piece() -> Piece:
    """Evening Tram, whole."""
    song = replace(demo_song(), rate_hz=RATE_HZ)
    end = float(length_seconds(song))
    beats = tuple(
        float(song.tempo.seconds_at(i * TICKS)) for i in range(10_000) if song.tempo.seconds_at(i * TICKS) < end
    )
    bars = tuple(float(song.tempo.seconds_at(song.meters.ticks_at_bar(bar))) for bar in range(1, 2_000))
    sections = tuple(
        float(song.tempo.seconds_at(song.meters.ticks_at_bar(section.start_bar))) for section in song.sections
    )
    bare = tuple(bar for bar in bars if bar < end)
    return Piece("Evening Tram", "demo", song, song.tempo.bpm_at(0), beats, bare, 4, sections)


def played_at(bpm: float, tracks: tuple[Track, ...]) -> Song:
    return Song(
        rate_hz=RATE_HZ,
        tempo=TempoMap(points=(TempoPoint(id="t", at_ticks=0, bpm=bpm),)),
        meters=MeterMap(points=(MeterPoint(id="m", at_bar=1, numerator=4, denominator=4),)),
        tracks=tracks,
    )


def as_recordings(song: Song) -> Song:
    """The song as a folder of stems would be: no tempo, no meter, no sections, no notes."""
    frames = round(length_seconds(song) * song.rate_hz)
    clip = AudioClip(id="c", audio="0" * 64, source_frames=frames, source_rate_hz=song.rate_hz)
    bare = tuple(replace(track, clips=(clip,)) for track in song.tracks)
    return Song(title=song.title, rate_hz=song.rate_hz, tracks=bare)
