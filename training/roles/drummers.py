"""Drums: real performances on banks, on single recorded hits, and on a drum machine, whole or one drum at a time."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.roles.circuits import machine_hit, scaled
from training.roles.players import RATE_HZ, played
from training.roles.sound_sets import HITS, Use, bank, folder_of
from training.roles.works import Note, groove_notes, grooves

Rng = np.random.Generator
Signal = np.ndarray
PITCHES = {
    "kick": (35, 36),
    "snare": (37, 38, 40),
    "hats": (22, 26, 42, 44, 46),
    "toms": (41, 43, 45, 47, 48, 50, 58),
    "cymbals": (49, 51, 52, 53, 55, 57, 59),
}
GENERAL = {22: 42, 26: 46, 58: 43}
"""What a real kit's pads send that General MIDI does not know."""
PERCUSSION = (39, 54, 56, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 73, 75, 76, 77)
WORDS = {
    "kick": r"kick|^bd|bassdrum|drum_bass|_bd_|heavy_kick|hardhse_k",
    "snare": r"snare|^sn|_sn_|_snare",
    "hats": r"hat|^hh|chh|ohh|_hh_|cymbal_closed|cymbal_pedal|hihat",
    "toms": r"tom|^tm",
    "cymbals": r"crash|ride|^rd|splash|china|^cra_|cymbal_(open|hard|soft)",
    "percussion": r"clap|conga|bongo|cajon|clave|cowbell|^cb|maraca|tamb|wood|agogo|shake|snap|tabla|perc_(bell|snap)"
    r"|glass|whistle|click",
}


def groove(rng: Rng, use: Use, seconds: float) -> tuple[str, list[Note]]:
    """A stretch of a performance."""
    paths = grooves(use)
    path = paths[int(rng.integers(len(paths)))]
    notes = groove_notes(path)
    begin = float(rng.uniform(0, max(0.1, notes[-1].start - seconds)))
    name = "groove_midi/" + "/".join(path.parts[-3:])
    return name, [
        Note(n.start - begin, n.length, GENERAL.get(n.pitch, n.pitch), n.velocity)
        for n in notes
        if begin <= n.start < begin + seconds
    ]


def part_of(rng: Rng, use: Use, kind: str, seconds: float) -> tuple[str, list[Note]]:
    """What one drum (or all) plays; a drum that hardly plays is given a pattern of its own."""
    if kind == "percussion":
        return pattern(rng, seconds)
    for _ in range(6):
        name, notes = groove(rng, use, seconds)
        if kind == "drums":
            if len({n.pitch for n in notes}) >= 3:
                return name, notes
            continue
        own = [n for n in notes if n.pitch in PITCHES[kind]]
        if len(own) >= max(3, seconds / 3):
            if rng.random() < 0.3:  # one pad only
                pitch = own[0].pitch
                own = [Note(n.start, n.length, pitch, n.velocity) for n in own]
            return name, own
    if kind == "drums":
        return name, notes
    beat, made = 60 / float(rng.uniform(70, 160)), []
    step = float(rng.choice([0.5, 1, 2])) * beat * (2 if kind in ("toms", "cymbals") else 1)
    for at in np.arange(0, seconds, step):
        made.append(
            Note(
                float(at),
                0.12,
                int(rng.choice([p for p in PITCHES[kind] if p not in GENERAL])),
                int(rng.integers(50, 120)),
            )
        )
    return "pattern", made


def pattern(rng: Rng, seconds: float) -> tuple[str, list[Note]]:
    """A bar of hand percussion that returns: one to three instruments."""
    beat = 60 / float(rng.uniform(70, 160))
    chosen = rng.choice(PERCUSSION, int(rng.integers(1, 4)), replace=False)
    made = []
    for pitch in chosen:
        grid = np.flatnonzero(rng.random(16) < rng.uniform(0.15, 0.8))
        for bar in np.arange(0, seconds, 4 * beat):
            made += [
                Note(float(bar + k * beat / 4 + abs(rng.normal(0, 0.006))), 0.2, int(pitch), int(rng.integers(40, 120)))
                for k in grid
            ]
    return "pattern", sorted(n for n in made if n.start < seconds) or [Note(0.0, 0.2, int(chosen[0]), 90)]


def drummed(rng: Rng, use: Use, kind: str, seconds: float, source: str) -> tuple[str, Signal]:
    """A part on a bank (named), on recorded hits (``hits:name``) or on a ``machine``."""
    name, notes = part_of(rng, use, kind, seconds)
    if source == "machine" or source.startswith("hits:"):
        return name, sampled(rng, kind, notes, seconds, source)
    kits = [program for number, program in bank(source).presets if number == 128 and program != 127]
    kits = [k for k in kits if k not in (48, 56, 57, 58, 95, 96, 55, 59)] or [0]
    return name, played(rng, source, int(rng.choice(kits)), notes, seconds, bank_number=128, is_drums=True)


def class_of(pitch: int) -> str:
    return next((kind for kind, pitches in PITCHES.items() if pitch in pitches), "percussion")


def sampled(rng: Rng, kind: str, notes: list[Note], seconds: float, source: str) -> Signal:
    """Hits laid over each other, one recording for each pad."""
    out = np.zeros(round((seconds + 3) * RATE_HZ))
    chosen: dict[int, list[Signal]] = {}
    levels = {"kick": 1.0, "snare": 0.8, "toms": 0.7, "hats": 0.35, "cymbals": 0.35, "percussion": 0.5}
    for note in notes:
        of = class_of(note.pitch) if kind != "percussion" else "percussion"
        if note.pitch not in chosen:
            chosen[note.pitch] = takes(rng, of, source)
        hit = chosen[note.pitch][int(rng.integers(len(chosen[note.pitch])))]
        start = round(note.start * RATE_HZ)
        count = min(len(hit), len(out) - start)
        gain = levels[of] * (note.velocity / 100.0) ** 1.5 * float(rng.uniform(0.9, 1.1))
        out[start : start + count] += gain * hit[:count]
    return scaled(out[: round(seconds * RATE_HZ)])


def takes(rng: Rng, kind: str, source: str) -> list[Signal]:
    """One to three recordings of one drum of that kind, from the set or, where it has none, from the machine."""
    files = hit_files(source[5:]).get(kind, []) if source.startswith("hits:") else []
    if not files:
        return [machine_hit(rng, kind)]
    first = int(rng.integers(len(files)))
    speed = float(np.exp(rng.normal(0, 0.08)))
    return [read(files[(first + k) % len(files)], speed) for k in range(1)]


@cache
def hit_files(name: str) -> dict[str, list[Path]]:
    """The files of a set by what is in them, told from their names."""
    found: dict[str, list[Path]] = {kind: [] for kind in WORDS}
    for path in sorted(folder_of(name).iterdir()):
        if path.suffix in (".wav", ".flac", ".aiff") and not path.name.startswith("loop_"):
            for kind, words in WORDS.items():
                if re.search(words, path.stem.casefold()):
                    found[kind].append(path)
                    break
    return found


@lru_cache(maxsize=256)
def recording(path: Path) -> Signal:
    """A file as mono at 48 kHz, four seconds at most, peak 1."""
    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(sound.mean(axis=1), rate_hz, RATE_HZ)[: 4 * RATE_HZ]
    return mono / max(1e-6, float(np.abs(mono).max()))


def read(path: Path, speed: float) -> Signal:
    sound = recording(path)
    return np.interp(np.arange(0, len(sound) - 1, speed), np.arange(len(sound)), sound)


def sources(use: Use) -> list[str]:
    """Where drums can come from."""
    hits = [f"hits:{each.name}" for each in HITS if each.use == use and each.name not in ("strums",)]
    return [*hits, "machine"] if use == "teach" else hits
