"""What the parts of a song play: one function for each style, in quarter notes from the start of a section.

Conventions: ``(start, length, pitch, velocity)``. A function with the same name as a ``Kind``'s style gets the kind,
the section, what it is played over, and randomness that is the same for sections with the same letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.mix_arranging import Chord, Passage, Quarters, Room, grooves, seed_of
from benchmarks.mix_band import Kind

Rng = np.random.Generator

LOWEST_BASS = 28
OPEN_STRINGS = (40, 45, 50, 55, 59, 64)
STRUM_QUARTERS = 0.025
PENTATONIC = (0, 2, 4, 7, 9)
DRUM_MAP = {22: 42, 26: 46, 58: 43, 35: 36}
"""What the drummers' kit sends, as General MIDI has it."""
KIT_PITCHES = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "hats": (42, 44, 46), "ride": (51, 53, 59),
    "toms": (41, 43, 45, 47, 48, 50),
}  # fmt: skip


def chords_of(passage: Passage, room: Room) -> Iterator[tuple[float, Chord]]:
    """Every chord with its start."""
    for number, bar in enumerate(passage.bars):
        at = number * room.bar
        for chord in bar:
            yield at, chord
            at += chord.quarters


def chord_at(passage: Passage, room: Room, q: float) -> Chord:
    """The chord that sounds there."""
    found = passage.bars[0][0]
    for start, chord in chords_of(passage, room):
        if start <= q + 1e-6:
            found = chord
    return found


def nearest(pitch_class: int, centre: float) -> int:
    """The pitch of that class nearest to a centre."""
    base = round(centre)
    return base + (pitch_class - base + 6) % 12 - 6


def voicing(chord: Chord, centre: float) -> list[int]:
    """The notes of a chord around a centre, each once."""
    return sorted({nearest(pc, centre + 2 * i) for i, pc in enumerate(chord.classes[:4])})


def onsets(room: Room, rng: Rng, share: float, subdivision: int = 2) -> list[float]:
    """A rhythm of one bar: the downbeat, and a share of the other places."""
    step = room.pulse / (3 if room.pulse > 1 else subdivision)
    places = np.arange(0, room.bar - 1e-6, step)
    return [float(q) for i, q in enumerate(places) if i == 0 or rng.random() < share]


def bassline(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    rhythm = onsets(room, rng, float(rng.choice([0.25, 0.5, 1.0])))
    ends = [*rhythm[1:], room.bar]
    found = []
    for number in range(len(passage.bars)):
        for q, end in zip(rhythm, ends, strict=True):
            chord = chord_at(passage, room, number * room.bar + q)
            root = nearest(chord.root, kind.centre + 2)
            root = root if root >= LOWEST_BASS else root + 12
            fifth = 7 if 7 in chord.steps and q > 0 and rng.random() < 0.2 else 0
            found.append((number * room.bar + q, (end - q) * 0.9, root + fifth, 104 if q == 0 else 94))
    return found


def power(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    rhythm = onsets(room, rng, 0.8 if passage.energy > 0.9 else 0.5)
    found = []
    for number in range(len(passage.bars)):
        for q, end in zip(rhythm, [*rhythm[1:], room.bar], strict=True):
            chord = chord_at(passage, room, number * room.bar + q)
            root = nearest(chord.root, kind.centre)
            velocity = int(rng.integers(84, 102))
            found += [(number * room.bar + q, (end - q) * 0.85, root + step, velocity) for step in (0, 7, 12)]
    return found


def comp(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    rhythm = onsets(room, rng, float(rng.choice([0.25, 0.45])))
    found = []
    for number in range(len(passage.bars)):
        for q, end in zip(rhythm, [*rhythm[1:], room.bar], strict=True):
            notes = voicing(chord_at(passage, room, number * room.bar + q), kind.centre)
            velocity = int(rng.integers(74, 96)) + (8 if q == 0 else 0)
            found += [(number * room.bar + q, (end - q) * 0.92, pitch, velocity) for pitch in notes]
    return found


def offbeat(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    step = room.pulse / (3 if room.pulse > 1 else 4)
    chosen = [q for q in np.arange(0, room.bar - 1e-6, step) if rng.random() < 0.45]
    found = []
    for number in range(len(passage.bars)):
        for q in chosen:
            notes = voicing(chord_at(passage, room, number * room.bar + q), kind.centre)
            velocity = int(rng.integers(72, 104))
            found += [(number * room.bar + float(q), step * 0.8, pitch, velocity) for pitch in notes[-3:]]
    return found


def strum(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    rhythm = onsets(room, rng, 0.65)
    found = []
    for number in range(len(passage.bars)):
        for i, (q, end) in enumerate(zip(rhythm, [*rhythm[1:], room.bar], strict=True)):
            classes = chord_at(passage, room, number * room.bar + q).classes
            strings = sorted({min((p for p in range(o, o + 5) if p % 12 in classes), default=o) for o in OPEN_STRINGS})
            order = strings if i % 2 == 0 else strings[::-1][:4]
            velocity = int(rng.integers(70, 96))
            for late, pitch in enumerate(order):
                found.append((number * room.bar + q + late * STRUM_QUARTERS, (end - q) * 0.95, pitch, velocity - late))
    return found


def hold(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    found = []
    for q, chord in chords_of(passage, room):
        found += [(q, chord.quarters * 0.98, pitch, 84) for pitch in voicing(chord, kind.centre)]
    return joined(found)


def joined(notes: list[Quarters]) -> list[Quarters]:
    """Notes that go on from one chord to the next are held."""
    found: list[Quarters] = []
    last: dict[int, int] = {}
    for q, length, pitch, velocity in sorted(notes):
        before = found[last[pitch]] if pitch in last else None
        if before and q - before[0] - before[1] < 0.2 and length + before[1] < 16:
            found[last[pitch]] = (before[0], q + length - before[0], pitch, velocity)
        else:
            last[pitch] = len(found)
            found.append((q, length, pitch, velocity))
    return found


def arpeggio(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    step = room.pulse / (3 if room.pulse > 1 else int(rng.choice([2, 4])))
    order = rng.permutation(4)
    found = []
    for i, q in enumerate(np.arange(0, len(passage.bars) * room.bar - 1e-6, step)):
        notes = voicing(chord_at(passage, room, float(q)), kind.centre)
        found.append((float(q), step * 0.8, notes[order[i % 4] % len(notes)], 96 if i % 4 == 0 else 84))
    return found


def stab(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    rhythm = onsets(room, rng, 0.3)[1:] or [0.0]
    found = []
    for number in range(len(passage.bars)):
        if rng.random() < 0.25:
            continue
        for q in rhythm:
            notes = voicing(chord_at(passage, room, number * room.bar + q), kind.centre)
            notes = notes if kind.is_stereo else notes[:1]
            found += [(number * room.bar + q, 0.45, pitch, int(rng.integers(94, 112))) for pitch in notes]
    return found


def melody(passage: Passage, room: Room, rng: Rng, *, centre: float, span: int) -> list[Quarters]:
    """Phrases of two bars with a breath after each: chord tones on the pulse, the scale in between."""
    scale = [(room.tonic + step) % 12 for step in PENTATONIC]
    at, found = centre, []
    for first in range(0, len(passage.bars), 2):
        last = min(first + 2, len(passage.bars)) * room.bar - rng.choice([0.75, 1.0, 1.5])
        q = first * room.bar + float(rng.choice([0.0, 0.5, 0.5]))
        while q < last - 0.3:
            length = min(float(rng.choice([0.5, 0.5, 1.0, 1.0, 1.5, 2.0])), last - q)
            strong = q % room.pulse < 1e-6
            classes = chord_at(passage, room, q).classes if strong else scale
            at = float(np.clip(at + rng.integers(-4, 5), centre - span, centre + span))
            pitch = min((nearest(pc, at) for pc in classes), key=lambda one, near=at: abs(one - near))
            found.append((q, length * 0.94, pitch, int(rng.integers(88, 106))))
            at, q = float(pitch), q + length
    return found


def voice(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    return melody(passage, room, rng, centre=kind.centre, span=8)


def line(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    return melody(passage, room, rng, centre=kind.centre, span=9)


def harmony(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    found = []
    for q, chord in chords_of(passage, room):
        index = 1 if kind.centre < 66 else 2
        pitch = nearest(chord.classes[index % len(chord.classes)], kind.centre)
        found.append((q, chord.quarters * 0.85, pitch, 92))
    return found


def shake(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    step = room.pulse / (3 if room.pulse > 1 else 4)
    count = round(len(passage.bars) * room.bar / step)
    drum = kind.drums[0]
    return [(i * step, step * 0.5, drum, (96 if i % 4 == 0 else 78) + int(rng.integers(-6, 7))) for i in range(count)]


def backbeat(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    count = int(len(passage.bars) * room.bar / room.pulse)
    return [(i * room.pulse, 0.25, kind.drums[0], 100 + int(rng.integers(-5, 6))) for i in range(1, count, 2)]


def congas(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    step = room.pulse / (3 if room.pulse > 1 else 2)
    steps = round(room.bar / step)
    bar = [
        (i * step, int(rng.choice(kind.drums)), int(rng.integers(70, 105))) for i in range(steps) if rng.random() < 0.8
    ]
    return [(n * room.bar + q, 0.3, pitch, velocity) for n in range(len(passage.bars)) for q, pitch, velocity in bar]


def rise(kind: Kind, passage: Passage, room: Room, rng: Rng) -> list[Quarters]:
    """A swell into the next section over its last bar."""
    return [((len(passage.bars) - 1) * room.bar, room.bar, 60, 100)]


def groove(kind: Kind, room: Room, bpm: float, styles: tuple[str, ...]) -> list[Quarters]:
    """One drum of a real drummer's performance: two loops of four bars, the first for quiet sections, the second for
    loud ones, which also begin with a crash."""
    rng = np.random.default_rng(seed_of("groove", room, bpm))
    paths = [path for path in grooves(room.metre, str(rng.choice(styles))) if is_whole_kit(performance(path))]
    paths = paths or [path for path in grooves(room.metre, "rock") if is_whole_kit(performance(path))]
    notes = performance(paths[int(rng.integers(min(6, len(paths))))])
    last = max(q for q, *_ in notes)
    loop = 4 * room.bar
    starts = [room.bar * 4, room.bar * 4 + loop] if last > 3 * loop else [0.0, 0.0]
    found: list[Quarters] = []
    for passage in room.passages:
        loud = passage.energy > 0.7
        for number in range(len(passage.bars)):
            at = (passage.start_bar - 1 + number) * room.bar
            source = (starts[loud] + (number % 4) * room.bar) % max(loop, last)
            bar = [(at + q - source, d, p, v) for q, d, p, v in notes if source <= q < source + room.bar]
            found += [(q, d, p, v if loud else v - 8) for q, d, p, v in bar if p in kind.drums]
        start = (passage.start_bar - 1) * room.bar
        if loud and 49 in kind.drums:
            found.append((start, 2.0, 49, 108))
        if 45 in kind.drums and passage.start_bar > 1:
            found += [(start - room.pulse + i * room.pulse / 4, 0.5, p, 96) for i, p in enumerate((48, 47, 45, 43))]
    return found


def is_whole_kit(notes: list[Quarters]) -> bool:
    """Whether kick, snare and hats or ride all have something to do, and the toms do not do it all."""
    count = {drum: sum(p in pitches for _, _, p, _ in notes) for drum, pitches in KIT_PITCHES.items()}
    time = max(count["hats"], count["ride"])
    return min(count["kick"], count["snare"], time) > len(notes) * 0.08 and count["toms"] < len(notes) * 0.25


@cache
def performance(path: Path) -> list[Quarters]:
    """The notes of a drummer's file."""
    from bandmate.formats.midi import read_midi
    from bandmate.song.time import TICKS_PER_QUARTER

    song, found = read_midi(path).song, []
    for track in song.tracks:
        for clip in track.clips:
            for note in clip.notes:
                q = (clip.start_ticks + note.start_ticks) / TICKS_PER_QUARTER
                pitch = DRUM_MAP.get(note.pitch, note.pitch)
                found.append((q, max(0.1, note.length_ticks / TICKS_PER_QUARTER), pitch, note.velocity))
    return sorted(found)
