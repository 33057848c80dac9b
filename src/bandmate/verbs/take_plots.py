"""Pictures of what an edit did: written beside the edited file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import write_whole

if TYPE_CHECKING:
    from bandmate.report.take_plots import DrawnNote, Spectrogram
    from bandmate.song.tuning import Tuning
    from bandmate.sound.audio import Samples
    from bandmate.sound.pitch_curve import PitchCurve

WINDOW_SECONDS, MOST_COLUMNS = 0.046, 900
ROWS, LOW_HZ = 220, 30.0
PITCH_SECONDS = 10.0
"""A picture of a pitch curve is so long; a longer take gets several."""

MOST_PICTURES = 30


def cleaning_pictures(folder: Path, stem: str, before: Samples, after: Samples, rate_hz: int) -> tuple[Path, ...]:
    """Spectrograms before, after, and of what was taken out."""
    from bandmate.report.take_plots import plot_spectrogram

    parts = (("before", before), ("after", after), ("taken-out", before - after))
    made = []
    for name, samples in parts:
        path = folder / f"{stem}.{name}.png"
        write_whole(path, plot_spectrogram(spectrogram(samples, rate_hz, f"{stem}: {name.replace('-', ' ')}")))
        made.append(path)
    return tuple(made)


def tuning_pictures(folder: Path, stem: str, tuning: Tuning, curves: tuple[PitchCurve, PitchCurve]) -> tuple[Path, ...]:
    """The pitch as it was sung and as it is tuned, ten seconds to a picture; stretches without notes have none."""
    from bandmate.report.take_plots import plot_pitch

    length = len(curves[0].hz) * curves[0].hop_seconds
    made: list[Path] = []
    at = 0.0
    while at < length and len(made) < MOST_PICTURES:
        until = min(at + PITCH_SECONDS, length)
        notes = drawn_notes(tuning, at, until)
        if notes:
            seconds = [float(t) for t in curves[0].seconds if at <= t < until]
            values = [pitches(curve, at, until) for curve in curves]
            path = folder / f"{stem}.pitch-{len(made) + 1}.png"
            write_whole(path, plot_pitch(seconds, values[0], values[1], notes, f"{stem}: pitch, before and after"))
            made.append(path)
        at = until
    return tuple(made)


def drawn_notes(tuning: Tuning, start: float, end: float) -> list[DrawnNote]:
    """The notes of a stretch, at 440 Hz as the curves are."""
    import math

    from bandmate.report.take_plots import DrawnNote

    shift = 12 * math.log2(tuning.reference_hz / 440.0)
    return [
        DrawnNote(
            note.start_seconds, note.end_seconds, note.centre_pitch + shift, note.target_pitch + shift, note.is_touched
        )
        for note in tuning.notes
        if note.start_seconds < end and note.end_seconds > start
    ]


def pitches(curve: PitchCurve, start: float, end: float) -> list[float | None]:
    """The pitches of a stretch; None where there is none."""
    first, last = round(start / curve.hop_seconds), round(end / curve.hop_seconds)
    return [None if pitch != pitch else float(pitch) for pitch in curve.pitches[first:last]]


def spectrogram(samples: Samples, rate_hz: int, title: str) -> Spectrogram:
    """Levels by time and frequency, no more columns and rows than can be seen."""
    import numpy as np
    import scipy.fft

    from bandmate.report.take_plots import Spectrogram

    mono = samples.mean(axis=0, dtype=np.float64)
    size = round(WINDOW_SECONDS * rate_hz)
    starts = np.linspace(0, max(0, len(mono) - size), min(MOST_COLUMNS, max(1, 2 * len(mono) // size))).astype(int)
    edges = np.geomspace(LOW_HZ, 0.5 * rate_hz, ROWS + 1) * size / rate_hz
    window = np.hanning(size) if size else np.zeros(0)
    columns = []
    for start in starts:
        frame = np.zeros(size)
        part = mono[start : start + size]
        frame[: len(part)] = part
        power = np.abs(scipy.fft.rfft(frame * window)) ** 2 / max(float((window.sum() / 2) ** 2), 1e-12)
        summed = np.concatenate([[0.0], np.cumsum(power)])
        places = np.arange(len(summed), dtype=np.float64)
        mean = np.diff(np.interp(edges + 0.5, places, summed)) / np.maximum(np.diff(edges), 1e-9)
        columns.append(10 * np.log10(np.maximum(mean * np.maximum(np.diff(edges), 1.0), 1e-12)))
    level = np.array(columns).T if columns else np.zeros((ROWS, 0))
    hz = np.sqrt(edges[:-1] * edges[1:]) * rate_hz / size
    return Spectrogram(
        title,
        tuple(float(start / rate_hz) for start in starts),
        tuple(float(f) for f in hz),
        tuple(tuple(float(db) for db in row) for row in level),
    )
