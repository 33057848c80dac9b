"""The row of numbers that describes a timbre: names, and how each comes out of the pieces that were listened to.

Conventions: nothing here depends on the level. A window is active when it is at most ``ACTIVE_DB`` below the loud ones
(95 % of the windows are weaker than those). Levels are in decibels relative to all the power of the window or the
signal, with a floor. Sound without any pitch gives zeros where a pitch would be described.

Not covered: listening (``bandmate.sound.timbre``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Reals = npt.NDArray[np.float64]

BANDS = 33
HOP_SECONDS, CELL_SECONDS = 0.0225, 0.005
ACTIVE_DB = 35.0
FLOOR_DB = -60.0
REGIONS = (0, 7, 17, 26, 33)
"""Bands below 250 Hz, to 1.3 kHz, to 5.2 kHz, and above."""
CLEAR = 0.6
HARMONIC_COLUMNS = 10
LATER_CELLS = (10, 20, 40, 80)
LATER_HOPS = (3, 6, 12)
MODULATION_HZ = (0.8, 2.0, 4.0, 7.5, 15.0, 30.0, 60.0)
VIBRATO_HZ = (4.0, 8.0)
VIBRATO_HOPS = 20
ONSET_RISE_DB = 9.0
ONSET_APART_CELLS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What was heard in two seconds: ``cells`` every 5 ms, all else by window."""

    cells: Samples
    bands: Samples
    flatness: Samples
    peaks: Samples
    chroma: Samples
    pitch_hz: Samples
    clarity: Samples
    harmonics: Samples
    harmonic_share: Samples


def summary(pieces: Sequence[Piece]) -> Samples:
    """The features of a signal, float32 array (F,), in the order of ``FEATURES``.

    Parameters
    ----------
    pieces : sequence of Piece
        at least one, with sound in it.
    """
    return np.array([value for _, value in named_features(pieces)], np.float32)


def named_features(pieces: Sequence[Piece]) -> Iterator[tuple[str, float]]:
    """Each feature with its name."""
    whole = joined(pieces)
    power = whole.bands.sum(axis=1, dtype=np.float64)
    loud = float(np.quantile(power, 0.95)) or float(power.max()) or 1.0
    active = power > loud * 10 ** (-ACTIVE_DB / 10)
    if not active.any():
        active = power >= power.max()
    yield "active-share", float(active.mean())
    log = 10 * np.log10(np.maximum(whole.bands / np.maximum(power, 1e-30)[:, None], 10 ** (FLOOR_DB / 10)))
    yield from spectrum_features(whole, log, power, active)
    yield from change_features(pieces, log, active, loud)
    yield from noise_features(whole, active)
    yield from pitch_features(pieces, whole, active)
    yield from envelope_features(pieces)


def joined(pieces: Sequence[Piece]) -> Piece:
    """All pieces as one."""
    return Piece(
        **{field.name: np.concatenate([getattr(piece, field.name) for piece in pieces]) for field in fields(Piece)}
    )


def spectrum_features(
    whole: Piece, log: Reals, power: Reals, active: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, float]]:
    """The long-term spectrum, the usual window's spectrum, how much that changes, and where the sound's centre is."""
    total = whole.bands[active].sum(axis=0, dtype=np.float64)
    levels = 10 * np.log10(np.maximum(total / max(total.sum(), 1e-30), 10 ** (FLOOR_DB / 10)))
    yield from rows("long-term", levels)
    yield from rows("usual", np.median(log[active], axis=0))
    yield from rows("spread", log[active].std(axis=0))
    share = whole.bands[active] / np.maximum(power[active], 1e-30)[:, None]
    centre = share @ np.arange(BANDS)
    yield from quantiles("centre", centre, (0.1, 0.5, 0.9))
    yield "centre-spread", float(centre.std())
    summed = np.cumsum(share, axis=1)
    for part in (0.5, 0.85, 0.97):
        yield from quantiles(f"below-{part}", (summed < part).sum(axis=1).astype(np.float64), (0.5, 0.9))
    yield "fullest-band", float(levels.max())


def change_features(
    pieces: Sequence[Piece], log: Reals, active: npt.NDArray[np.bool_], loud: float
) -> Iterator[tuple[str, float]]:
    """What changes from window to window: in level by region, in colour, and how sounds die away."""
    regions = [np.add.reduceat(piece.bands, REGIONS[:-1], axis=1) for piece in pieces]
    floor = loud * 10 ** (-(ACTIVE_DB + 10) / 10)
    levels = [10 * np.log10(np.maximum(region, floor)) for region in regions]
    wholes = [10 * np.log10(np.maximum(region.sum(axis=1, keepdims=True), floor)) for region in regions]
    for name, each in (("all", wholes), *((f"region{k}", [level[:, k : k + 1] for level in levels]) for k in range(4))):
        steps = np.concatenate([np.diff(level[:, 0]) for level in each]) if each else np.zeros(0)
        steps = steps if steps.size else np.zeros(1)
        yield from quantiles(f"step-{name}", steps, (0.02, 0.1, 0.3, 0.5, 0.9, 0.98))
        yield f"stillness-{name}", float((np.abs(steps) < 0.5).mean())
    colour = np.abs(np.diff(log, axis=0))[active[1:] & active[:-1]]
    yield from rows("colour-change", pooled(colour.mean(axis=0) if len(colour) else np.zeros(BANDS)))
    yield from decay_after_onsets(levels, wholes)


def decay_after_onsets(levels: Sequence[Samples], wholes: Sequence[Samples]) -> Iterator[tuple[str, float]]:
    """By region, how far the level has fallen 70, 140 and 280 ms after an onset; and how bright onsets are."""
    fallen: list[list[Samples]] = [[] for _ in LATER_HOPS]
    onsets, hops = 0, 0
    for level, whole in zip(levels, wholes, strict=True):
        rise = np.concatenate([[0.0], np.diff(whole[:, 0])])
        hops += len(rise)
        at = np.flatnonzero((rise > 3.0) & (rise >= np.roll(rise, 1)) & (rise >= np.roll(rise, -1)))
        onsets += len(at)
        for later, each in zip(LATER_HOPS, fallen, strict=True):
            near = at[at + later + 2 < len(level)]
            if len(near):
                top = np.maximum(level[near + 1], level[np.minimum(near + 2, len(level) - 1)])
                each.append(level[near + 1 + later] - top)
    yield "onsets-per-second", onsets / max(hops * HOP_SECONDS, 1e-9)
    for later, each in zip(LATER_HOPS, fallen, strict=True):
        found = np.median(np.concatenate(each), axis=0) if each else np.zeros(len(REGIONS) - 1)
        yield from rows(f"fallen-after-{later}", found)


def noise_features(whole: Piece, active: npt.NDArray[np.bool_]) -> Iterator[tuple[str, float]]:
    """Tone or noise, how many partials, over how many pitch classes."""
    yield from rows("flatness", whole.flatness[active].mean(axis=0))
    yield from rows("flatness-spread", whole.flatness[active].std(axis=0))
    yield from quantiles("partials", whole.peaks[active], (0.1, 0.5, 0.9))
    yield from quantiles("chroma", whole.chroma[active], (0.1, 0.5, 0.9))


def pitch_features(pieces: Sequence[Piece], whole: Piece, active: npt.NDArray[np.bool_]) -> Iterator[tuple[str, float]]:
    """How clear a pitch is, where it lies, how it moves, and the levels of its harmonics."""
    yield from quantiles("clarity", whole.clarity[active], (0.1, 0.3, 0.5, 0.7, 0.9))
    yield from quantiles("harmonic-share", whole.harmonic_share[active], (0.1, 0.5, 0.9))
    clear = active & (whole.clarity > CLEAR)
    yield "clear-share", float(clear.sum() / active.sum())
    height = np.log2(whole.pitch_hz[clear] / 55.0) if clear.any() else np.zeros(1)
    yield from quantiles("height", height, (0.05, 0.25, 0.5, 0.75, 0.95))
    harmonics = whole.harmonics[clear][:, :HARMONIC_COLUMNS] if clear.any() else np.ones((1, HARMONIC_COLUMNS))
    share = harmonics / np.maximum(harmonics.sum(axis=1, keepdims=True), 1e-30)
    levels = 10 * np.log10(np.maximum(share, 1e-5))
    yield from rows("harmonic", levels.mean(axis=0))
    yield from rows("harmonic-spread", levels[:, :5].std(axis=0))
    yield "odd-over-even", float(levels[:, 2::2].mean() - levels[:, 1::2].mean())
    yield from movement_features(pieces)


def movement_features(pieces: Sequence[Piece]) -> Iterator[tuple[str, float]]:
    """How a pitch moves: steps, glides, vibrato, and how well it keeps to a scale of semitones."""
    glides, vibrato, wander, runs = [], [], [], []
    for piece in pieces:
        cents = 1200 * np.log2(piece.pitch_hz / 55.0)
        for start, end in held_notes(cents, piece.clarity):
            note = cents[start:end]
            runs.append(end - start)
            glides.append(np.abs(np.diff(note)))
            if end - start >= VIBRATO_HOPS:
                strength, drift = vibrato_of(note)
                vibrato.append(strength)
                wander.append(drift)
    steps = np.concatenate(glides) if glides else np.zeros(1)
    yield from quantiles("glide", steps, (0.25, 0.5, 0.75, 0.9))
    yield "glide-share", float(((steps > 8) & (steps < 60)).mean())
    yield from quantiles("vibrato", np.array(vibrato or [0.0]), (0.5, 0.9))
    yield from quantiles("wander", np.array(wander or [0.0]), (0.5, 0.9))
    yield from quantiles("note-hops", np.array(runs or [0], np.float64), (0.5, 0.9))
    yield "notes-per-piece", len(runs) / len(pieces)


def held_notes(cents: Samples, clarity: Samples) -> Iterator[tuple[int, int]]:
    """Stretches in which a clear pitch moves by less than a semitone from window to window."""
    goes_on = (np.abs(np.diff(cents)) < 80) & (clarity[1:] > CLEAR) & (clarity[:-1] > CLEAR)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], goes_on.astype(np.int8), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start >= 4:
            yield int(start), int(end) + 1


def vibrato_of(note: Samples) -> tuple[float, float]:
    """Strength of the vibrato in cents (root mean square), and of what is slower, both around a straight line."""
    line = np.arange(len(note), dtype=np.float64)
    rest = note - np.polyval(np.polyfit(line, note, 1), line)
    power = np.abs(np.fft.rfft(rest * np.hanning(len(rest)))) ** 2
    hz = np.fft.rfftfreq(len(rest), HOP_SECONDS)
    scale = 2 / (0.375 * len(rest) ** 2)
    inside = (hz >= VIBRATO_HZ[0]) & (hz <= VIBRATO_HZ[1])
    return float(np.sqrt(power[inside].sum() * scale)), float(np.sqrt(power[hz < VIBRATO_HZ[0]].sum() * scale))


def envelope_features(pieces: Sequence[Piece]) -> Iterator[tuple[str, float]]:
    """The level over time, in cells of 5 ms: how empty, how peaked, how fast it rises and falls, how it pulses."""
    cells = np.concatenate([piece.cells for piece in pieces]).astype(np.float64)
    loud = float(np.quantile(cells, 0.97)) or float(cells.max())
    level = 10 * np.log10(np.maximum(cells / loud, 1e-6))
    for depth in (6.0, 12.0, 20.0, 30.0, 45.0):
        yield f"below-{depth:g}-db", float((level < -depth).mean())
    yield "peak-over-loud", float(level.max())
    yield "peak-over-mean", float(10 * np.log10(cells.max() / cells.mean()))
    yield from onset_features([10 * np.log10(np.maximum(piece.cells / loud, 1e-5)) for piece in pieces])
    yield from modulation_features([10 * np.log10(np.maximum(piece.cells / loud, 1e-4)) for piece in pieces])


def onset_features(levels: Sequence[Reals]) -> Iterator[tuple[str, float]]:
    """How fast sounds begin, and how far they have fallen 50, 100, 200 and 400 ms later."""
    rises, falls, count = [], [], 0
    apart = []
    for level in levels:
        if len(level) <= LATER_CELLS[1]:
            continue
        rise = level[4:] - level[:-4]
        at = np.array(list(highest_of_runs(rise)), int)
        count += len(at)
        apart += list(np.diff(at))
        near = at[at + 4 + LATER_CELLS[-1] < len(level)]
        for start in near:
            top = int(start + 2 + level[start + 2 : start + 12].argmax())
            before = level[max(0, top - 30) : top + 1]
            rises.append(float((before > level[top] - 12.0)[::-1].argmin() or len(before)))
            later = np.minimum(top + np.array(LATER_CELLS), len(level) - 1)
            falls.append(level[later] - level[top])
    seconds = sum(len(level) for level in levels) * CELL_SECONDS
    yield "hits-per-second", count / max(seconds, 1e-9)
    yield from quantiles("rise-cells", np.array(rises or [30.0]), (0.25, 0.5, 0.75))
    fallen = np.array(falls) if falls else np.zeros((1, len(LATER_CELLS)))
    for column, cells in enumerate(LATER_CELLS):
        yield from quantiles(f"fall-after-{cells}", fallen[:, column], (0.25, 0.5, 0.75))
    gaps = np.log2(np.array(apart, np.float64)) if apart else np.zeros(1)
    yield from quantiles("hits-apart", gaps, (0.1, 0.5, 0.9))


def highest_of_runs(rise: Reals) -> Iterator[int]:
    """Where the level rises by 9 dB in 20 ms or more: the steepest place of each such stretch."""
    last = -ONSET_APART_CELLS
    above = np.flatnonzero(rise > ONSET_RISE_DB)
    groups = np.split(above, np.flatnonzero(np.diff(above) > 1) + 1) if above.size else []
    for group in groups:
        place = int(group[rise[group].argmax()])
        if place - last >= ONSET_APART_CELLS:
            yield place
            last = place


def modulation_features(levels: Sequence[Reals]) -> Iterator[tuple[str, float]]:
    """How strongly the level pulses, by how fast, dB (root mean square)."""
    edges = np.array(MODULATION_HZ)
    sums, count = np.zeros(len(edges) - 1), 0
    for level in levels:
        if len(level) < 100:
            continue
        power = np.abs(np.fft.rfft((level - level.mean()) * np.hanning(len(level)))) ** 2
        power *= 2 / (0.375 * len(level) ** 2)
        place = np.searchsorted(edges, np.fft.rfftfreq(len(level), CELL_SECONDS), "right") - 1
        inside = (place >= 0) & (place < len(sums))
        sums += np.bincount(place[inside], power[inside], len(sums))
        count += 1
    yield from rows("pulse", np.sqrt(sums / max(count, 1)))


def rows(name: str, values: npt.NDArray[np.floating]) -> Iterator[tuple[str, float]]:
    for index, value in enumerate(values):
        yield f"{name}-{index}", float(value)


def quantiles(name: str, values: npt.NDArray[np.floating], parts: tuple[float, ...]) -> Iterator[tuple[str, float]]:
    for part, value in zip(parts, np.quantile(values, parts), strict=True):
        yield f"{name}-q{part:g}", float(value)


def pooled(values: Reals) -> Reals:
    """Every three bands as one."""
    return np.asarray(values.reshape(-1, 3).mean(axis=1))


def feature_names() -> tuple[str, ...]:
    """The names of all features, in order."""
    windows = 8
    empty = Piece(
        cells=np.ones(40, np.float32),
        bands=np.ones((windows, BANDS), np.float32),
        flatness=np.zeros((windows, 4), np.float32),
        peaks=np.zeros(windows, np.float32),
        chroma=np.zeros(windows, np.float32),
        pitch_hz=np.full(windows, 100.0, np.float32),
        clarity=np.zeros(windows, np.float32),
        harmonics=np.ones((windows, 16), np.float32),
        harmonic_share=np.zeros(windows, np.float32),
    )
    return tuple(name for name, _ in named_features([empty]))


FEATURES = feature_names()
