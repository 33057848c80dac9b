"""Playing: pieces as lists of onsets and of band powers, as if a recording of each track had been listened to.

Nothing is rendered. How far a drum makes the bands rise is a table: medians of what ``bandmate.sound.onsets`` measured
on hits of the built-in kit that nothing else came near. Other instruments' rises are drawn, about as wide as measured.
So a thousand pieces take minutes, and no single sound set is learned by heart.

Also here: plain drum patterns at all tempi, which the corpora have few of.

Conventions: rises are decibels; hops are those of `HOP_SECONDS`; powers are 31 bands of a third of an octave from 20 Hz
on, in columns of `COLUMN_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bandmate.song.clips import NoteClip
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.onsets import HOP_SECONDS, HOPS_PER_SECOND, MOST_DB, Onsets
from benchmarks.structure_pieces import TICKS, Piece

COLUMN_SECONDS = 0.1
HOPS_A_COLUMN = round(COLUMN_SECONDS / HOP_SECONDS)
BANDS = 31
TAIL_HOPS = 150
JITTER_SECONDS = 0.002

VELOCITIES = (20, 64, 110)
KICK = ((2.8, 9.0, 12.7), (9.0, 11.0, 13.8))
FLOOR_TOM, TOM = ((5.0, 8.6, 13.2), (0.5, 1.0, 3.0)), ((4.0, 6.0, 10.4), (2.0, 4.0, 4.0))
HIGH_TOM = ((4.0, 7.5, 10.5), (0.5, 1.4, 4.0))
CRASH, SPLASH = ((2.0, 8.0, 18.0), (0.0, 1.0, 4.0)), ((2.0, 8.0, 15.0), (0.0, 1.0, 2.0))
RIDE = ((0.5, 2.1, 10.0), (0.0, 0.0, 4.0))
OTHER_DRUM = ((2.0, 6.0, 10.0), (0.0, 0.0, 1.0))
RISES = {
    35: KICK,
    36: KICK,
    37: ((4.8, 7.9, 10.0), (0.0, 0.0, 0.0)),
    38: ((0.7, 6.9, 16.7), (0.0, 3.8, 8.1)),
    40: ((1.0, 6.0, 11.7), (0.0, 1.0, 4.3)),
    41: FLOOR_TOM,
    42: ((1.0, 5.4, 14.0), (0.0, 0.0, 2.0)),
    43: FLOOR_TOM,
    44: ((0.2, 5.3, 6.5), (0.0, 0.0, 0.9)),
    45: TOM,
    46: ((0.2, 1.1, 14.0), (0.0, 0.0, 2.4)),
    47: TOM,
    48: HIGH_TOM,
    49: CRASH,
    50: HIGH_TOM,
    51: RIDE,
    52: SPLASH,
    53: ((1.0, 2.2, 6.1), (0.0, 0.0, 0.0)),
    55: SPLASH,
    57: CRASH,
    59: RIDE,
}
"""Rises of all bands and of the low ones at each of `VELOCITIES`, by General MIDI drum."""

DRUM_BANDS = (slice(6, 12), slice(12, 18), slice(22, 28))
"""Where a drum sounds: below, in the middle, above."""

HARMONICS = ((1, 1.0), (2, 0.4), (3, 0.2), (4, 0.1))
BASS, STRINGS, VOICE = 33, 48, 73
DECAY_SECONDS, HELD_SECONDS = 1.2, 5.0
LOWEST_HIGH_PITCH = 55

PLAIN = 70
PLAIN_BEATS = 32
PLAIN_BPM = (66.0, 184.0)

Heard = tuple[dict[str, Onsets], dict[str, np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is being written for one track: rises of all bands and of the low ones (hops,), powers (bands, columns)."""

    strength: np.ndarray
    low: np.ndarray
    power: np.ndarray

    def hit(self, hop: int, strength: float, low: float) -> None:
        """A rise; of two that meet the smaller counts little."""
        for row, rise, share in ((self.strength, strength, 0.3), (self.low, low, 0.2)):
            row[hop] = max(row[hop], rise) + share * min(row[hop], rise)


def played(piece: Piece, rng: np.random.Generator) -> Heard:
    """Onsets and powers of each track of a piece."""
    second = 60 / piece.song.tempo.bpm_at(0) / TICKS
    notes = {track.id: list(placed(track, second)) for track in piece.song.tracks}
    end = max(
        (clip.start_ticks + clip.length_ticks) * second
        for track in piece.song.tracks
        for clip in track.clips
        if isinstance(clip, NoteClip)
    )
    onsets, power = {}, {}
    for track in piece.song.tracks:
        onsets[track.id], power[track.id] = played_track(notes[track.id], end, rng)
    return onsets, power


def placed(track: Track, second: float) -> Iterator[tuple[float, float, Note, int]]:
    """Start and length in seconds, the note, and the program that plays it; -1 for drums."""
    for clip in track.clips:
        if isinstance(clip, NoteClip):
            program = -1 if clip.instrument.is_drums else clip.instrument.program
            for note in clip.notes:
                yield (clip.start_ticks + note.start_ticks) * second, note.length_ticks * second, note, program


def played_track(
    notes: list[tuple[float, float, Note, int]], end: float, rng: np.random.Generator
) -> tuple[Onsets, np.ndarray]:
    hops = int(end * HOPS_PER_SECOND) + TAIL_HOPS
    sheet = Sheet(np.zeros(hops), np.zeros(hops), np.full((BANDS, hops // HOPS_A_COLUMN + 1), 1e-6))
    for start, length, note, program in notes:
        hop = round((start + rng.normal(0, JITTER_SECONDS)) * HOPS_PER_SECOND)
        if 0 <= hop < hops - 2:
            if program < 0:
                drum(sheet, hop, note)
            else:
                sheet.hit(hop, *tone_rises(program, note.pitch, rng))
                tone_power(sheet, hop // HOPS_A_COLUMN, note.pitch, length, program)
    strength, low = with_noise(sheet.strength, rng, 0.12, 0.5), with_noise(sheet.low, rng, 0.15, 0.3)
    strength[1:] += 0.15 * strength[:-1]
    low[1:] += 0.3 * low[:-1]
    power = sheet.power * 10 ** rng.normal(0, 0.08, sheet.power.shape)
    return Onsets(strength.astype(np.float32), low.astype(np.float32)), power.astype(np.float32)


def drum(sheet: Sheet, hop: int, note: Note) -> None:
    every, low = RISES.get(note.pitch, OTHER_DRUM)
    strength = float(np.interp(note.velocity, VELOCITIES, every))
    below = float(np.interp(note.velocity, VELOCITIES, low))
    sheet.hit(hop, strength, below)
    column = hop // HOPS_A_COLUMN
    for bands, level in zip(DRUM_BANDS, (below, strength, strength), strict=True):
        sheet.power[bands, column : column + 2] += 1e-3 * 10 ** (level / 10)


def tone_rises(program: int, pitch: int, rng: np.random.Generator) -> tuple[float, float]:
    """How far a note makes all bands and the low ones rise: a bass may be plucked hard or not, strings hardly do."""
    if program == BASS:
        return float(rng.choice([0.3, 4.2, 6.0])), float(rng.choice([0.0, 4.7, 6.0]))
    if program == STRINGS:
        return 0.5, 0.8
    if program == VOICE:
        return float(rng.exponential(1.5)), 0.0
    return float(rng.gamma(3, 1.8)), float(rng.gamma(3, 1.5)) * (1.0 if pitch < LOWEST_HIGH_PITCH else 0.5)


def tone_power(sheet: Sheet, column: int, pitch: int, seconds: float, program: int) -> None:
    """A note's four lowest harmonics, ringing out or held."""
    columns = min(max(1, int(seconds / COLUMN_SECONDS)), sheet.power.shape[1] - column)
    decay = DECAY_SECONDS if program < 10 else HELD_SECONDS
    falling = 1e-2 * np.exp(-np.arange(columns) * COLUMN_SECONDS / decay)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    for harmonic, gain in HARMONICS:
        band = round(10 * np.log10(hz * harmonic / 1000)) + 17
        if 0 <= band < BANDS:
            sheet.power[band, column : column + columns] += gain * falling


def with_noise(row: np.ndarray, rng: np.random.Generator, size: float, share: float) -> np.ndarray:
    """Small rises where nothing was played, in some of the hops."""
    noise = rng.exponential(size, len(row)) * (rng.random(len(row)) < share)
    return np.asarray(np.minimum(row, MOST_DB) + noise)


def plain_pattern(number: int, rng: np.random.Generator) -> tuple[Piece, Heard]:
    """Kick, snare and hats in three (odd numbers) or four, straight or swung, with or without eighths and a pick-up."""
    per_bar = 3 if number % 2 else 4
    bpm = float(np.exp(rng.uniform(*np.log(PLAIN_BPM))))
    beats = int(PLAIN_BEATS * bpm / 60)
    step, place = 60 / bpm, np.arange(beats) % per_bar
    at = 0.05 + rng.uniform(0, 0.4) + np.arange(beats) * step + rng.normal(0, 0.004, beats)
    rows = rng.uniform(0, 0.3, (2, int((at[-1] + 0.4) * HOPS_PER_SECOND)))

    def hit(seconds: np.ndarray, strength: float, low: float) -> None:
        hops = np.rint(seconds * HOPS_PER_SECOND).astype(int)
        hops = hops[(hops >= 0) & (hops < rows.shape[1])]
        for row, rise in zip(rows, (strength, low), strict=True):
            row[hops] = np.maximum(row[hops], rise * rng.uniform(0.8, 1.2, len(hops)))

    is_kick = np.isin(place, (0, 2) if per_bar == 4 else (0,))
    loud = rng.uniform(0.7, 1.3, 4)
    hit(at[is_kick], 11 * loud[0], 13 * loud[0])
    hit(at[~is_kick], 14 * loud[1], 5 * loud[1] * rng.uniform(0, 1))
    hit(at, 6 * loud[2], 0)
    if rng.random() < 0.75:
        hit(at[:-1] + rng.choice([0.5, 0.5, 0.66]) * np.diff(at), 5 * loud[3], 0)
    if rng.random() < 0.3:
        hit(at[place == per_bar - 1] + step / 2, 9, 11)
    onsets = Onsets(rows[0].astype(np.float32), rows[1].astype(np.float32))
    name = f"plain pattern {number}"
    return Piece(name, "plain", Song(), bpm, tuple(at), tuple(at[::per_bar]), per_bar), ({"drums": onsets}, {})
