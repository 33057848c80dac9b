"""The written music that material is made of: melodies, chords, grooves; teaching and judging works apart.

Every tenth work of each corpus (by a hash of its name) is kept for judging and never trained on. Times are in seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from training.roles.sound_sets import Use

SHARED = Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
CORPORA = {
    "openewld": "public-domain works, free redistribution as stated",
    "openscore_lieder": "CC0",
    "openscore_quartets": "CC0",
    "bach_chorales": "public-domain music, encodings distributed with permission",
    "mcgill_billboard": "CC0 as stated by the source's page",
    "groove_midi": "CC BY 4.0 (Google LLC, Groove MIDI Dataset)",
}
KINDS = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "7": (0, 4, 7, 10),
    "min7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "sus4": (0, 5, 7),
}
ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note in seconds."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Chord:
    """A root (pitch class) and the steps above it, for some bars' share."""

    root: int
    steps: tuple[int, ...]
    quarters: float


def use_of(name: str) -> Use:
    """Whether a work teaches or judges."""
    return "judge" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0 else "teach"


@cache
def scores(corpus: str, use: Use) -> list[dict[str, Any]]:
    path = SHARED / "data" / corpus / "scores.jsonl"
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [score for score in found if use_of(f"{corpus}/{score['title']}") == use]


@cache
def progressions(use: Use) -> list[tuple[str, list[Chord]]]:
    """Chords of whole songs, from the Billboard annotations."""
    found = []
    for song in json.loads((SHARED / "data" / "mcgill_billboard" / "billboard.json").read_text(encoding="utf-8")):
        name = f"mcgill_billboard/{song['artist']}/{song['title']}"
        if use_of(name) == use:
            bars = [bar for section in song["sections"] for bar in section["bars"]]
            chords = [chord for bar in bars for chord in chords_of(bar)]
            if len(chords) >= 8:
                found.append((name, chords))
    return found


def chords_of(bar: list[str]) -> list[Chord]:
    return [chord for label in bar if (chord := chord_from(label, 4.0 / max(len(bar), 1))) is not None]


def chord_from(label: str, quarters: float) -> Chord | None:
    root, _, kind = label.partition(":")
    if not root or root[0] not in ROOTS:
        return None
    place = (ROOTS[root[0]] + root.count("#") - root.count("b")) % 12
    kind = kind.split("/")[0].split("(")[0]
    return Chord(place, KINDS.get(kind, KINDS["min"] if kind.startswith("min") else KINDS["maj"]), quarters)


def melody(
    rng: np.random.Generator, use: Use, *, corpora: tuple[str, ...] = ("openewld", "openscore_lieder")
) -> tuple[str, list[tuple[float, float, int]]]:
    """One part of one work, as (start, length, pitch) in quarters, from a random place on; and the work's name."""
    corpus = str(rng.choice(corpora))
    while True:
        works = scores(corpus, use)
        work = works[int(rng.integers(len(works)))]
        parts = [part for part in work["parts"] if len(part["notes"]) > 12]
        if not parts:
            continue
        part = parts[0] if corpus == "openscore_lieder" else parts[int(rng.integers(len(parts)))]
        first = int(rng.integers(max(1, len(part["notes"]) - 24)))
        begin = part["notes"][first][0]
        return f"{corpus}/{work['title']}", [(s - begin, n, p) for s, n, p in part["notes"][first:]]


def piano_part(rng: np.random.Generator, use: Use) -> tuple[str, list[tuple[float, float, int]]]:
    """A stretch of a song's piano part, in quarters."""
    works = scores("openscore_lieder", use)
    while True:
        work = works[int(rng.integers(len(works)))]
        part = work["parts"][-1]
        if len(part["notes"]) > 60 and "pian" in part["name"].casefold():
            first = int(rng.integers(len(part["notes"]) - 40))
            begin = part["notes"][first][0]
            return f"openscore_lieder/{work['title']}", [(s - begin, n, p) for s, n, p in part["notes"][first:]]


def ensemble(rng: np.random.Generator, use: Use) -> tuple[str, list[tuple[float, float, int]]]:
    """Several parts of a chorale or a quartet together, in quarters."""
    corpus = str(rng.choice(["bach_chorales", "openscore_quartets"]))
    works = scores(corpus, use)
    work = works[int(rng.integers(len(works)))]
    parts = work["parts"][-4:]
    end = max(part["notes"][-1][0] for part in parts if part["notes"])
    begin = float(rng.uniform(0, max(0.0, end - 40)))
    count = int(rng.integers(2, len(parts) + 1)) if len(parts) > 1 else 1
    chosen = rng.permutation(len(parts))[:count]
    notes = [(s - begin, n, p) for k in chosen for s, n, p in parts[k]["notes"] if begin <= s < begin + 80]
    return f"{corpus}/{work['title']}", sorted(notes)


@cache
def grooves(use: Use) -> list[Path]:
    """Performances of at least fifteen seconds, by split of the corpus: its test and validation splits judge."""
    import csv

    base = SHARED / "data" / "groove_midi"
    rows = csv.DictReader((base / "info.csv").open(encoding="utf-8"))
    wanted = [row for row in rows if float(row["duration"]) > 15 and row["beat_type"] == "beat"]
    paths = [base / row["midi_filename"] for row in wanted if (row["split"] == "train") == (use == "teach")]
    return [path for path in paths if path.exists()]


@cache
def groove_notes(path: Path) -> tuple[Note, ...]:
    """What the drummer played."""
    import mido

    at, sounding = 0.0, []
    for message in mido.MidiFile(path):
        at += message.time
        if message.type == "note_on" and message.velocity > 0:
            sounding.append(Note(at, 0.12, message.note, message.velocity))
    return tuple(sounding)
