"""Songs to measure mixing with, as notes: form and chords of real songs, real drummers, and parts of our own over them.

Conventions: times in quarter notes (``q``) inside this file, in seconds in what it gives. A song is one window of a
Billboard entry: at most eight bars of each section, until it is long enough. Sections with the same letter get the same
notes, so that a form can be heard. Equal seeds give equal notes.

References: McGill Billboard annotations (CC0); Groove MIDI Dataset (CC BY 4.0, Google LLC).
"""

from __future__ import annotations

import csv
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.mix_band import GENRES, KINDS, KIT, Kind

MOST_BARS = 8
QUARTERS = {"4/4": 4.0, "3/4": 3.0, "12/8": 6.0, "6/8": 3.0}
METERS = {"4/4": (4, 4), "3/4": (3, 4), "12/8": (12, 8), "6/8": (6, 8)}
GROOVE_METERS = {"4/4": "4-4", "3/4": "3-4", "12/8": "6-8", "6/8": "6-8"}
ENERGY = {
    "chorus": 1.0,
    "solo": 0.9,
    "instrumental": 0.9,
    "bridge": 0.75,
    "pre-chorus": 0.7,
    "verse": 0.6,
    "outro": 0.6,
}
QUIET = 0.45
PITCHES = {name: at for at, name in enumerate(("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"))} | {
    "C#": 1, "D#": 3, "F#": 6, "G#": 8, "A#": 10, "Cb": 11, "Fb": 4, "E#": 5, "B#": 0,
}  # fmt: skip
QUALITIES = {
    "maj7": (0, 4, 7, 11), "maj9": (0, 4, 7, 11, 14), "maj6": (0, 4, 7, 9), "maj": (0, 4, 7), "min7": (0, 3, 7, 10),
    "min9": (0, 3, 7, 10, 14), "min6": (0, 3, 7, 9), "min": (0, 3, 7), "7": (0, 4, 7, 10), "9": (0, 4, 7, 10, 14),
    "hdim7": (0, 3, 6, 10), "dim": (0, 3, 6), "aug": (0, 4, 8), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "5": (0, 7),
}  # fmt: skip
HUMAN_SECONDS = 0.006
FEWEST_HITS = 4


class Hit(NamedTuple):
    """One note, in seconds from the start of the song."""

    start_seconds: float
    end_seconds: float
    pitch: int
    velocity: int


class Chord(NamedTuple):
    """A chord and how long it sounds, in quarter notes."""

    root: int
    steps: tuple[int, ...]
    quarters: float

    @property
    def classes(self) -> tuple[int, ...]:
        return tuple((self.root + step) % 12 for step in self.steps)


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of the form: where it is, and its bars of chords."""

    name: str
    letter: str
    start_bar: int
    bars: tuple[tuple[Chord, ...], ...]

    @property
    def energy(self) -> float:
        return ENERGY.get(self.name, QUIET)


@dataclass(frozen=True, slots=True)
class Part:
    """What one track plays."""

    kind: Kind
    name: str
    program: int
    hits: tuple[Hit, ...]
    pan: float


@dataclass(frozen=True, slots=True)
class Score:
    """A whole song as notes."""

    title: str
    genre: str
    tonic: int
    bpm: float
    metre: str
    first_beat_seconds: float
    seconds: float
    passages: tuple[Passage, ...]
    parts: tuple[Part, ...] = field(repr=False)

    @property
    def bar_seconds(self) -> float:
        return QUARTERS[self.metre] * 60 / self.bpm


class Room(NamedTuple):
    """What a pattern is played over: the passages of a song, its tonic and its pulse."""

    passages: tuple[Passage, ...]
    tonic: int
    metre: str

    @property
    def bar(self) -> float:
        return QUARTERS[self.metre]

    @property
    def pulse(self) -> float:
        return 1.5 if self.metre.endswith("8") else 1.0


Quarters = tuple[float, float, int, int]
"""Start and length in quarter notes, pitch, velocity."""


def shared_folder() -> Path:
    """Where the corpora are."""
    return Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def seed_of(*parts: object) -> int:
    """A seed that is the same on every machine."""
    return zlib.crc32(repr(parts).encode())


def score(number: int, *, seed: int, seconds: float | None = None, tracks: int | None = None) -> Score:
    """Song ``number`` of the series ``seed``; ``seconds`` is about how long it is, ``tracks`` how many parts."""
    rng = np.random.default_rng(seed_of("score", seed, number))
    genre = tuple(GENRES)[number % len(GENRES)]
    entry = drawn_entry(rng, "12/8" if number % 8 == 5 else "3/4" if number % 12 == 11 else "4/4")
    metre = entry["metre"]
    band = GENRES[genre]
    bpm = float(np.round(rng.uniform(*band.bpm) * (1.5 if metre == "12/8" else 1.0), 1))
    wanted = seconds or float(rng.uniform(44, 72))
    bar_seconds = QUARTERS[metre] * 60 / bpm
    passages = form(entry, round(wanted / bar_seconds))
    lead_in = float(rng.uniform(0.0, 1.5))
    room = Room(passages, PITCHES.get(entry["tonic"], 0), metre)
    parts = []
    for name, kind, program in lineup(band.parts, rng, tracks):
        played = pattern(kind, room, np.random.default_rng(seed_of(seed, number, name)), (bpm, band.grooves))
        hits = tuple(timed(played, bpm, lead_in, kind, rng))
        if len(hits) >= FEWEST_HITS:
            parts.append(Part(kind, name, program, hits, kind.pan * float(rng.uniform(0.8, 1.2))))
    length = lead_in + sum(len(p.bars) for p in passages) * bar_seconds + 1.5
    return Score(entry["title"], genre, room.tonic, bpm, metre, lead_in, length, passages, tuple(parts))


def drawn_entry(rng: np.random.Generator, metre: str) -> dict:
    """An entry of the corpus in that metre with a verse and a chorus near its start; one of ten is kept for this."""
    wanted = [
        entry
        for index, entry in enumerate(billboard())
        if entry["metre"] == metre
        and (metre != "4/4" or index % 10 == 7)
        and {"verse", "chorus"} <= {s["label"][-1] for s in entry["sections"][:6]}
        and PITCHES.get(entry["tonic"]) is not None
    ]
    return wanted[int(rng.integers(len(wanted)))]


@cache
def billboard() -> list[dict]:
    """All entries of the corpus."""
    path = shared_folder() / "data" / "mcgill_billboard" / "billboard.json"
    if not path.exists():
        raise SystemExit(f"{path} is missing; set BANDMATE_SHARED to the folder with the corpora")
    return json.loads(path.read_text(encoding="utf-8"))


def form(entry: dict, bars: int) -> tuple[Passage, ...]:
    """Sections until there are ``bars`` bars; over and over where the entry is too short."""
    found: list[Passage] = []
    at, index = 1, 0
    while at <= max(bars, 12):
        section = entry["sections"][index % len(entry["sections"])]
        index += 1
        metre = section["metre"] or entry["metre"]
        chords = bars_of(section["bars"][:MOST_BARS], QUARTERS.get(metre, 4.0))
        if metre != entry["metre"] or len(chords) < 2:
            continue
        found.append(Passage(section["label"][-1], section["label"][0], at, chords))
        at += len(chords)
    return tuple(found)


def bars_of(labels: Sequence[Sequence[str]], quarters: float) -> tuple[tuple[Chord, ...], ...]:
    """Chord labels by bar as chords; what is not a chord goes on with the last one."""
    known, bars = Chord(0, (0, 4, 7), quarters), []
    for bar in labels:
        chords = []
        for label in bar:
            known = parsed(label) or known
            chords.append(known._replace(quarters=quarters / len(bar)))
        bars.append(tuple(chords))
    return tuple(bars)


def parsed(label: str) -> Chord | None:
    """``A:min7/5`` as a chord; None for anything else."""
    match = re.match(r"^([A-G][b#]?):([a-z0-9]+)", label)
    if not match or match[1] not in PITCHES:
        return None
    quality = next((q for q in sorted(QUALITIES, key=len, reverse=True) if match[2].startswith(q)), "maj")
    return Chord(PITCHES[match[1]], QUALITIES[quality], 0.0)


def lineup(parts: Sequence[str], rng: np.random.Generator, wanted: int | None) -> list[tuple[str, Kind, int]]:
    """Who plays: names, kinds and programs; drums, bass and lead always, of the others most; or just so many, from
    other bands where one's own is too small."""
    always = [*KIT, *[p for p in parts if KINDS[p].is_needed]]
    others = [p for p in parts if p not in always]
    count = min(len(others), int(rng.integers(max(2, len(others) - 4), len(others) + 1)))
    keep = set(rng.choice(others, size=count, replace=False))
    chosen = [*always, *[p for p in others if p in keep]]
    if wanted is not None:
        guests = [p for p, kind in KINDS.items() if not kind.is_needed]
        chosen = list(dict.fromkeys([*always, *others, *guests]))[:wanted]
    return [(KINDS[p].names[0], KINDS[p], int(rng.choice(KINDS[p].programs))) for p in dict.fromkeys(chosen)]


def timed(
    played: Iterable[Quarters], bpm: float, lead_in: float, kind: Kind, rng: np.random.Generator
) -> Iterable[Hit]:
    """Quarter notes as seconds, as exactly as people play; drummers are human already."""
    loose = 0.0 if kind.style in ("groove", "voice") else HUMAN_SECONDS
    for start, length, pitch, velocity in sorted(played):
        begin = max(
            0.0, lead_in + start * 60 / bpm + float(rng.normal(0, loose)) if loose else lead_in + start * 60 / bpm
        )
        yield Hit(
            begin, begin + max(0.03, length * 60 / bpm), int(np.clip(pitch, 0, 127)), int(np.clip(velocity, 1, 127))
        )


def pattern(kind: Kind, room: Room, rng: np.random.Generator, beat: tuple[float, tuple[str, ...]]) -> list[Quarters]:
    """What a kind of part plays in the passages that it has something to say in."""
    from benchmarks import mix_patterns

    if kind.style == "groove":
        return mix_patterns.groove(kind, room, *beat)
    play: Callable[..., list[Quarters]] = getattr(mix_patterns, kind.style)
    found: list[Quarters] = []
    letters: dict[str, int] = {}
    for passage in room.passages:
        if not kind.plays_in(passage.name, passage.energy):
            continue
        again = np.random.default_rng(letters.setdefault(passage.letter + passage.name, int(rng.integers(1 << 30))))
        start = (passage.start_bar - 1) * room.bar
        loud = 0.86 + 0.14 * passage.energy
        for q, length, pitch, velocity in play(kind, passage, room, again):
            found.append((start + q, length, pitch, round(velocity * loud)))
    return found


@cache
def grooves(metre: str, style: str) -> tuple[Path, ...]:
    """The performances of drummers in a style (its beginning counts), those kept for judging first."""
    folder = shared_folder() / "data" / "groove_midi"
    with (folder / "info.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["beat_type"] == "beat" and float(row["duration"]) > 15]
    fit = [row for row in rows if row["time_signature"] == GROOVE_METERS[metre]]
    fit = [row for row in fit if row["style"].startswith(style)] or fit
    fit.sort(key=lambda row: row["split"] == "train")
    return tuple(path for row in fit if (path := folder / row["midi_filename"]).exists())
