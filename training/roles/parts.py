"""What each role plays: notes in seconds, made from real works by the habits of that role.

Conventions: a part is a list of ``Note`` from 0 to ``seconds``; each maker also gives the name of the work it rests on.
Everything random comes from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.roles.sound_sets import Use
from training.roles.works import Chord, Note, ensemble, melody, piano_part, progressions

Part = tuple[str, list[Note]]
Rng = np.random.Generator


def humanly(rng: Rng, notes: list[Note], *, seconds: float, loose_ms: float = 8.0) -> list[Note]:
    """Not quite on the beat, within the excerpt."""
    moved = [
        Note(
            max(0.0, n.start + float(rng.normal(0, loose_ms / 1000))),
            n.length,
            n.pitch,
            int(np.clip(n.velocity, 8, 127)),
        )
        for n in notes
    ]
    return sorted(n for n in moved if n.start < seconds and 0 <= n.pitch < 128)


def tempo(rng: Rng) -> float:
    """Seconds of a quarter."""
    return 60.0 / float(rng.uniform(66, 165))


def some_chords(rng: Rng, use: Use, quarters: float) -> tuple[str, list[Chord]]:
    songs = progressions(use)
    name, chords = songs[int(rng.integers(len(songs)))]
    first, found, length = int(rng.integers(len(chords))), [], 0.0
    while length < quarters:
        chord = chords[(first + len(found)) % len(chords)]
        found.append(chord)
        length += chord.quarters
    shift = int(rng.integers(12))
    return name, [Chord((c.root + shift) % 12, c.steps, c.quarters) for c in found]


def moved_into(pitches: list[int], low: int, high: int) -> int:
    """By how many octaves' semitones a line has to move so that its middle lies in a range."""
    middle = float(np.median(pitches))
    return 12 * round(((low + high) / 2 - middle) / 12)


def tune(
    rng: Rng,
    use: Use,
    seconds: float,
    low: int,
    high: int,
    *,
    legato: float = 0.95,
    corpora: tuple[str, ...] = ("openewld", "openscore_lieder"),
    quick: float = 1.0,
) -> Part:
    """A melody in a range."""
    name, notes = melody(rng, use, corpora=corpora)
    beat = tempo(rng) / quick
    shift = moved_into([p for _, _, p in notes], low, high) + int(rng.integers(-3, 4))
    loud = int(rng.integers(60, 115))
    made = [
        Note(s * beat, max(0.05, n * beat * legato), folded(p + shift, low, high), loud + int(rng.integers(-14, 15)))
        for s, n, p in notes
    ]
    return name, humanly(rng, one_at_a_time(made), seconds=seconds, loose_ms=12)


def folded(pitch: int, low: int, high: int) -> int:
    while pitch > high:
        pitch -= 12
    while pitch < low:
        pitch += 12
    return pitch


def one_at_a_time(notes: list[Note]) -> list[Note]:
    kept: list[Note] = []
    for note in sorted(notes, key=lambda n: n.start):
        if kept and note.start < kept[-1].start + 0.03:
            continue
        if kept and kept[-1].start + kept[-1].length > note.start:
            last = kept[-1]
            kept[-1] = Note(last.start, max(0.04, note.start - last.start), last.pitch, last.velocity)
        kept.append(note)
    return kept


def licks(rng: Rng, use: Use, seconds: float, low: int, high: int) -> Part:
    """Improvised lines over chords, out of the pentatonic scale, with held notes in between."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    scale = sorted({(chords[0].root + step) % 12 for step in (0, 3, 5, 7, 10)})
    ladder = [p for p in range(low, high + 1) if p % 12 in scale]
    place, at, made = int(rng.integers(len(ladder))), 0.0, []
    while at < seconds:
        if rng.random() < 0.12:
            at += float(rng.choice([0.5, 1, 2])) * beat
        length = float(rng.choice([0.25, 0.5, 0.5, 1.0, 2.0, 3.0])) * beat
        place = int(np.clip(place + rng.integers(-2, 3), 0, len(ladder) - 1))
        made.append(Note(at, length * float(rng.uniform(0.7, 1.0)), ladder[place], int(rng.integers(70, 122))))
        at += length
    return name, humanly(rng, made, seconds=seconds)


BASS_PATTERNS = (
    tuple((k * 0.5, 0.45, 0) for k in range(8)),
    ((0.0, 0.9, 0), (1.0, 0.9, 0), (2.0, 0.9, 0), (3.0, 0.9, 0)),
    ((0.0, 1.8, 0), (2.0, 1.8, 7)),
    ((0.0, 3.8, 0),),
    ((0.0, 1.4, 0), (1.5, 0.4, 0), (2.0, 1.0, 7), (3.0, 0.5, 12), (3.5, 0.4, 7)),
    ((0.0, 0.3, 0), (0.75, 0.2, 0), (1.5, 0.3, 12), (2.0, 0.2, 0), (2.75, 0.2, 10), (3.25, 0.2, 12), (3.5, 0.3, 7)),
    (
        (0.0, 0.4, 0),
        (0.5, 0.4, 12),
        (1.0, 0.4, 0),
        (1.5, 0.4, 12),
        (2.0, 0.4, 0),
        (2.5, 0.4, 12),
        (3.0, 0.4, 0),
        (3.5, 0.4, 12),
    ),
    ((0.0, 0.95, 0), (1.0, 0.95, 4), (2.0, 0.95, 7), (3.0, 0.95, 9)),
    ((0.0, 0.7, 0), (0.75, 0.2, 0), (1.0, 0.6, 7), (2.5, 0.4, 0), (3.0, 0.9, 5)),
)


def bass_line(rng: Rng, use: Use, seconds: float) -> Part:
    """Roots and fifths in a pattern that returns, with notes left out and added."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    pattern = BASS_PATTERNS[int(rng.integers(len(BASS_PATTERNS)))]
    low = int(rng.integers(26, 34))
    bar, made = 0.0, []
    for chord in chords:
        root = folded(chord.root, low, low + 11)
        for start, length, step in pattern:
            if start < chord.quarters and rng.random() > 0.08:
                pitch = root + (step if rng.random() > 0.1 else int(rng.choice([0, 5, 7, 10, 12])))
                made.append(Note((bar + start) * beat, length * beat, pitch, int(rng.integers(70, 120))))
        bar += chord.quarters
    return name, humanly(rng, made, seconds=seconds)


def voicing(rng: Rng, chord: Chord, low: int, high: int, count: int) -> list[int]:
    """The chord's notes spread over a range, at most ``count`` of them."""
    ladder = [p for p in range(low, high + 1) if (p - chord.root) % 12 in chord.steps]
    first = int(rng.integers(0, max(1, min(3, len(ladder) - count + 1))))
    return ladder[first : first + count] or [low + (chord.root - low) % 12]


def guitar_voicing(rng: Rng, chord: Chord, power: bool) -> list[int]:
    root = folded(chord.root, 40, 51)
    if power:
        return [root, root + 7, root + 12][: int(rng.integers(2, 4))]
    full = [root, root + 7, root + 12, root + 12 + chord.steps[1], root + 19, root + 24]
    return full if rng.random() < 0.7 else full[-4:]


STRUMS = (
    (0.0, 1.0, 2.0, 3.0),
    (0.0, 1.0, 1.5, 2.5, 3.0, 3.5),
    tuple(k * 0.5 for k in range(8)),
    tuple(k * 0.25 for k in range(16)),
    (0.0, 0.75, 1.5, 2.25, 3.0, 3.5),
    (0.5, 1.5, 2.5, 3.5),
    (0.0,),
    (0.0, 2.0),
    (0.25, 0.75, 1.0, 1.75, 2.25, 2.5, 3.25, 3.75),
)


def strums(rng: Rng, use: Use, seconds: float, *, power: bool = False, muted: bool = False) -> Part:
    """Chords struck in a rhythm, string after string, down and up."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    rhythm = STRUMS[int(rng.integers(len(STRUMS)))]
    spread, bar, made = float(rng.uniform(0.004, 0.03)), 0.0, []
    for chord in chords:
        shape = guitar_voicing(rng, chord, power)
        times = [t for t in rhythm if t < chord.quarters and rng.random() > 0.1]
        for k, start in enumerate(times):
            gap = ((times[k + 1] if k + 1 < len(times) else chord.quarters) - start) * beat
            length = min(gap, float(rng.uniform(0.04, 0.12))) if muted or rng.random() < 0.1 else gap * 0.98
            order = shape if (start * 2) % 2 < 1 else shape[::-1]
            loud = int(rng.integers(60, 115))
            made += [Note((bar + start) * beat + spread * j, length, p, loud - 2 * j) for j, p in enumerate(order)]
        bar += chord.quarters
    return name, humanly(rng, made, seconds=seconds, loose_ms=5)


def picking(
    rng: Rng, use: Use, seconds: float, low: int, high: int, *, ring: float = 2.0, step: float | None = None
) -> Part:
    """Chords one note at a time, ringing on: picked guitar, broken chords, arpeggios."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    step = step or float(rng.choice([0.25, 0.5, 0.5, 1 / 3]))
    order = rng.permutation(8)
    bar, made = 0.0, []
    for chord in chords:
        shape = voicing(rng, chord, low, high, int(rng.integers(3, 7)))
        for k in range(max(1, int(chord.quarters / step))):
            pitch = shape[int(order[k % 8]) % len(shape)]
            made.append(Note((bar + k * step) * beat, ring * step * beat, pitch, int(rng.integers(60, 110))))
        bar += chord.quarters
    return name, humanly(rng, made, seconds=seconds, loose_ms=5)


def comping(
    rng: Rng,
    use: Use,
    seconds: float,
    low: int = 48,
    high: int = 79,
    *,
    short: float | None = None,
    voices: int | None = None,
) -> Part:
    """Chords in a rhythm, all notes together; sometimes with the root far below."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    rhythm = STRUMS[int(rng.integers(len(STRUMS)))]
    hold = short if short is not None else float(rng.choice([0.15, 0.4, 0.7, 0.98]))
    with_root, bar, made = rng.random() < 0.35, 0.0, []
    for chord in chords:
        shape = voicing(rng, chord, low, high, voices or int(rng.integers(3, 6)))
        times = [t for t in rhythm if t < chord.quarters and rng.random() > 0.15]
        for k, start in enumerate(times):
            gap = ((times[k + 1] if k + 1 < len(times) else chord.quarters) - start) * beat
            loud = int(rng.integers(55, 115))
            made += [Note((bar + start) * beat, max(0.05, gap * hold), p, loud) for p in shape]
            if with_root and k == 0:
                made.append(Note(bar * beat, chord.quarters * beat, folded(chord.root, 33, 44), loud))
        bar += chord.quarters
    return name, humanly(rng, made, seconds=seconds, loose_ms=6)


def riff(rng: Rng, use: Use, seconds: float, low: int, high: int, *, voices: int = 2) -> Part:
    """A bar of quick short notes in sixteenths that returns, as on a clavinet or a sequencer."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    grid = np.flatnonzero(rng.random(16) < rng.uniform(0.35, 0.8))
    degrees = rng.integers(0, 4, 16)
    bar, made = 0.0, []
    for chord in chords:
        ladder = voicing(rng, chord, low, high, 6)
        for place in grid:
            start = place / 4
            if start >= chord.quarters or rng.random() < 0.1:
                continue
            count = 1 + int(rng.random() < 0.4) * (voices - 1)
            length = float(rng.choice([0.1, 0.2, 0.24])) * beat
            pitches = {ladder[(int(degrees[place]) + j) % len(ladder)] for j in range(count)}
            made += [Note((bar + start) * beat, length, p, int(rng.integers(60, 118))) for p in sorted(pitches)]
        bar += chord.quarters
    return name, humanly(rng, made, seconds=seconds, loose_ms=6)


def held_chords(rng: Rng, use: Use, seconds: float, low: int = 43, high: int = 80) -> Part:
    """Chords held until the next."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    bar, made, count = 0.0, [], int(rng.integers(3, 7))
    for chord in chords:
        long = max(chord.quarters, 2.0)
        made += [
            Note(bar * beat, long * beat * float(rng.uniform(0.9, 1.05)), p, int(rng.integers(55, 100)))
            for p in voicing(rng, chord, low, high, count)
        ]
        bar += long
    return name, humanly(rng, made, seconds=seconds, loose_ms=15)


def stabs(rng: Rng, use: Use, seconds: float, low: int, high: int) -> Part:
    """A section's short chords with rests between, and some that are held."""
    beat = tempo(rng)
    name, chords = some_chords(rng, use, seconds / beat + 4)
    grid = np.flatnonzero(rng.random(8) < rng.uniform(0.2, 0.5))
    grid = grid if grid.size else np.array([0])
    bar, made = 0.0, []
    rests, count = float(rng.uniform(0, 0.5)), int(rng.integers(2, 5))
    for chord in chords:
        shape = voicing(rng, chord, low, high, count)
        for place in grid:
            if place / 2 < chord.quarters and rng.random() > rests:
                length = float(rng.choice([0.2, 0.4, 0.9, 2.0])) * beat
                loud = int(rng.integers(75, 122))
                made += [Note((bar + place / 2) * beat, length, p, loud) for p in shape]
        bar += chord.quarters
    return name, humanly(rng, made or [Note(0.0, beat, low + 7, 100)], seconds=seconds, loose_ms=10)


def pianist(rng: Rng, use: Use, seconds: float) -> Part:
    """A song's written piano part."""
    name, notes = piano_part(rng, use)
    beat, shift, loud = tempo(rng), int(rng.integers(-4, 5)), int(rng.integers(50, 105))
    made = [Note(s * beat, n * beat, p + shift, loud + int(rng.integers(-12, 13))) for s, n, p in notes]
    return name, humanly(rng, made, seconds=seconds)


def section(rng: Rng, use: Use, seconds: float, low: int, high: int) -> Part:
    """Parts of a chorale or a quartet."""
    name, notes = ensemble(rng, use)
    beat = tempo(rng)
    shift = moved_into([p for _, _, p in notes] or [60], low, high)
    loud = int(rng.integers(55, 110))
    made = [
        Note(
            s * beat, max(0.06, 0.95 * n * beat), folded(p + shift, low - 6, high + 6), loud + int(rng.integers(-8, 9))
        )
        for s, n, p in notes
    ]
    return (name, humanly(rng, made, seconds=seconds)) if made else held_chords(rng, use, seconds, low, high)


def one_of(rng: Rng, *makers: Callable[[], Part]) -> Part:
    """A part by one of several makers, all alike likely."""
    return makers[int(rng.integers(len(makers)))]()
