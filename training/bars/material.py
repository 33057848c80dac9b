"""The music whose bars are known: which works of the corpora are used, and the pieces that are made of them.

Drummers alone; songs for voice and piano; lead sheets; drummers with bass and chords after the form of a record; and
drummers of music in four with every fourth beat left out, for music in three. How a work becomes a piece is the
benchmark's own (``benchmarks.structure_pieces``); which works are taken is decided here, and they are never those that
the benchmark measures on: it has the drummers' validation part and every fifth work of the other corpora.

Conventions: an example is known by its number; the same number, corpora and code give the same example.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from bandmate.song.clips import NoteClip
from bandmate.song.song import Song
from benchmarks.structure_pieces import (
    TICKS,
    WHOLE_METERS,
    Piece,
    band_piece,
    drum_piece,
    is_wanted,
    played_at,
    score_piece,
)
from training.roles.works import CORPORA, SHARED

SEED = 5
DRUMMERS, BANDS, THREES = 260, 250, 60
DRAWS = 2
SCORES = {"openewld": 140, "openscore_lieder": 160}
LONGEST_SECONDS, LONGEST_BAND_SECONDS = 45.0, 75.0
SCORE_BPM = (60, 72, 84, 96, 108, 120, 132)
SPEEDS = {"drums": (-0.33, 0.4), "band": (-0.33, 0.4), "threes": (-0.2, 0.5)}
"""How much faster a piece with drums may be made, in octaves, so that no tempo is tied to a style."""

SHA256_OF = {
    "groove_midi": "the MIDI file",
    "openewld": "the work's line of scores.jsonl",
    "openscore_lieder": "the work's line of scores.jsonl",
    "mcgill_billboard": "the entry of billboard.json, written with sorted keys and without spaces",
}


@dataclass(frozen=True, slots=True)
class Work:
    """One work of a corpus, and the checksum of what was read of it."""

    source: str
    name: str
    sha256: str

    @property
    def licence(self) -> str:
        return CORPORA[self.source]


@dataclass(frozen=True, slots=True)
class Example:
    """A piece, the works that it is made of (the drummer's first), and its number."""

    number: int
    piece: Piece
    works: tuple[Work, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept for judging a fit: a fifth, all pieces that begin with the same work together."""
        name = self.works[0].name if self.works else self.piece.name
        return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 == 0


def examples() -> Iterator[Example]:
    """All pieces that are made of works, numbered from 0; each comes `DRAWS` times, with drums at another speed."""
    made = [*drummers(), *(each for corpus in SCORES for each in songs(corpus)), *bands(), *threes()]
    for number, (piece, works) in enumerate(DRAWS * made):
        rng = np.random.default_rng([SEED, number])
        ratio = float(2 ** rng.uniform(*SPEEDS[piece.kind])) if piece.kind in SPEEDS else 1.0
        yield Example(number, faster(piece, ratio), works)


def drummers() -> list[tuple[Piece, tuple[Work, ...]]]:
    return [(shortened(piece, LONGEST_SECONDS), (work,)) for piece, work in performances()]


@cache
def performances() -> tuple[tuple[Piece, Work], ...]:
    """What drummers of the corpus' training part played to a click, each style in turn."""
    folder = SHARED / "data" / "groove_midi"
    with (folder / "info.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if is_wanted(row, "train")]
    by_style: dict[str, list[dict[str, str]]] = {}
    for row in sorted(rows, key=lambda row: (row["style"].split("/")[0], row["id"])):
        by_style.setdefault(row["style"].split("/")[0], []).append(row)
    turns = sorted((i, style) for style, group in by_style.items() for i in range(len(group)))
    found = []
    for i, style in turns[:DRUMMERS]:
        row = by_style[style][i]
        path = folder / row["midi_filename"]
        work = Work("groove_midi", row["midi_filename"], hashlib.sha256(path.read_bytes()).hexdigest())
        found.append((drum_piece(row, path), work))
    return tuple(found)


def songs(corpus: str) -> Iterator[tuple[Piece, tuple[Work, ...]]]:
    """Songs without drums, each at a tempo drawn for it."""
    draw = random.Random(f"{SEED} {corpus}")
    lines = (SHARED / "data" / corpus / "scores.jsonl").read_text(encoding="utf-8").splitlines()
    found = taught([(json.loads(line), line) for line in lines], lambda work: work["title"])
    draw.shuffle(found)
    count = 0
    for work, line in found:
        meter = tuple(work["timesig"][0][1:3]) if len(work["timesig"]) == 1 else ()
        if meter not in WHOLE_METERS or not work["parts"] or len(work["measures"]) < 16:
            continue
        piece = score_piece(work, WHOLE_METERS[meter], draw.choice(SCORE_BPM), corpus)
        source = Work(corpus, work["title"], hashlib.sha256(line.encode()).hexdigest())
        yield shortened(piece, LONGEST_SECONDS), (source,)
        count += 1
        if count == SCORES[corpus]:
            return


def bands() -> Iterator[tuple[Piece, tuple[Work, ...]]]:
    """Each drummer with bass, chords and strings after the form of a record."""
    draw = random.Random(f"{SEED} bands")
    text = (SHARED / "data" / "mcgill_billboard" / "billboard.json").read_text(encoding="utf-8")
    whole = [(record, written(record)) for record in json.loads(text)]
    found = taught(whole, lambda record: (record["artist"], record["title"]))
    found = [one for one in found if one[0]["metre"] == "4/4" and len(one[0]["sections"]) >= 5]
    draw.shuffle(found)
    for (record, line), (drums, drummer) in list(zip(found, performances(), strict=False))[:BANDS]:
        if drums.beats_per_bar == 4:
            name = f"{record['artist']}: {record['title']}"
            work = Work("mcgill_billboard", name, hashlib.sha256(line.encode()).hexdigest())
            yield shortened(band_piece(record, drums, draw), LONGEST_BAND_SECONDS), (drummer, work)


def threes() -> Iterator[tuple[Piece, tuple[Work, ...]]]:
    """Drummers of music in four without the fourth beat of every bar: the corpus has next to none in three."""
    in_four = [(piece, work) for piece, work in performances() if piece.beats_per_bar == 4]
    for piece, work in in_four[:THREES]:
        yield shortened(without_fourth_beats(piece), LONGEST_SECONDS), (work,)


def taught(works: list[tuple[Any, str]], name: Any) -> list[tuple[Any, str]]:
    """Works that the benchmark does not measure on, nor another work of the same name."""
    kept = {name(work) for i, (work, _) in enumerate(works) if i % 5 == 0}
    return [(work, line) for i, (work, line) in enumerate(works) if i % 5 and name(work) not in kept]


def written(record: dict[str, Any]) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def without_fourth_beats(piece: Piece) -> Piece:
    """The piece in three; what is played shortly before a bar goes with the beat that is left out."""
    bar, left, early = 4 * TICKS, 3 * TICKS, TICKS // 16
    clip = piece.song.tracks[0].clips[0]
    assert isinstance(clip, NoteClip)
    notes = tuple(
        replace(note, start_ticks=note.start_ticks // bar * left + note.start_ticks % bar)
        for note in clip.notes
        if note.start_ticks % bar < left - early
    )
    bars = clip.length_ticks // bar
    clip = replace(clip, notes=notes, length_ticks=max(1, bars * left))
    beats = tuple(i * 60 / piece.bpm for i in range(3 * bars))
    song = played_at(piece.bpm, (replace(piece.song.tracks[0], clips=(clip,)),))
    return Piece(f"three {piece.name}", "threes", song, piece.bpm, beats, beats[::3], 3)


def shortened(piece: Piece, seconds: float) -> Piece:
    """The beginning of a piece."""
    last = round(seconds * piece.song.tempo.bpm_at(0) / 60 * TICKS)
    tracks = []
    for track in piece.song.tracks:
        clips = [clip for clip in track.clips if isinstance(clip, NoteClip) and clip.start_ticks < last]
        tracks.append(replace(track, clips=tuple(first_notes(clip, last - clip.start_ticks) for clip in clips)))
    return changed(
        piece,
        replace(piece.song, tracks=tuple(tracks)),
        tuple(at for at in piece.beats if at < seconds),
        tuple(at for at in piece.bars if at < seconds),
    )


def first_notes(clip: NoteClip, length_ticks: int) -> NoteClip:
    notes = tuple(note for note in clip.notes if note.start_ticks < length_ticks)
    return replace(clip, notes=notes, length_ticks=min(clip.length_ticks, length_ticks))


def faster(piece: Piece, ratio: float) -> Piece:
    if ratio == 1.0:
        return piece
    point = piece.song.tempo.points[0]
    song = replace(piece.song, tempo=replace(piece.song.tempo, points=(replace(point, bpm=point.bpm * ratio),)))
    times = (tuple(at / ratio for at in piece.beats), tuple(at / ratio for at in piece.bars))
    return changed(piece, song, *times, bpm=piece.bpm * ratio)


def changed(
    piece: Piece, song: Song, beats: tuple[float, ...], bars: tuple[float, ...], *, bpm: float | None = None
) -> Piece:
    return Piece(piece.name, piece.kind, song, bpm or piece.bpm, beats, bars, piece.beats_per_bar)


def is_there() -> bool:
    """Whether the corpora are where they are looked for."""
    return all(Path(SHARED, "data", corpus).is_dir() for corpus in SHA256_OF)
