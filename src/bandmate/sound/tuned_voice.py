"""A voice, tuned: a recording played with a tuning, or only the stretch around one note of it.

Stretches of voice that a note moves are set anew from grains (``psola``); all else is copied bit for bit: what no note
touches, what has no pitch, sibilants. Gains and mutes are laid over both.

Conventions: a stretch begins with a voiced run or where the correction begins, and goes on after its end for up to a
quarter of a second, in which the periods come into step with the recording again. What is played around a note has the
same bits as the whole: everything about a voiced run comes from that run alone.

Not covered: chords and several voices (a tuning of them must not be made), timing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import UnknownName
from bandmate.song.tuning import TunedNote, Tuning
from bandmate.sound.audio import Samples
from bandmate.sound.pitch_curve import PitchCurve, curve_from_data
from bandmate.sound.pitch_marks import BEYOND_SECONDS, Marks, Run, marks_of, voiced_runs
from bandmate.sound.psola import played, set_grains, with_level
from bandmate.sound.tuning_curve import (
    FORMANT_SECONDS,
    GAIN_SECONDS,
    HELD_SECONDS,
    JOINED_SECONDS,
    Correction,
    blended,
    borders_of,
    correction_of,
    gain_of,
    gains_at,
    steady,
)

Reals = npt.NDArray[np.float64]

SETTLED_SECONDS, CLOSED_SECONDS = 0.18, 0.04
"""How long it takes to come into step again: after a correction within a run, and at the end of a run."""
ASIDE_SECONDS = BEYOND_SECONDS + 0.02
"""So far beyond the curve of a run its stretches can reach."""
LEAST_SEMITONES = 1e-6


def play_tuning(samples: Samples, rate_hz: int, tuning: Tuning) -> Samples:
    """A whole recording with its tuning.

    Parameters
    ----------
    samples : float32 array (channels, frames)
        one voice; stereo moves as one.
    rate_hz : int
    tuning : Tuning

    Returns
    -------
    float32 array (channels, frames)
        the very same object where the tuning changes nothing: switched off, nothing touched, silence without a curve,
        an empty recording, notes beyond its end.
    """
    return TunedVoice(samples, rate_hz, curve_from_data(tuning.pitch_data, tuning.hop_seconds)).play(tuning)


class TunedVoice:
    """A recording and its pitch, to be played with one tuning after another: pitch marks are found once.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    curve : PitchCurve
        that of the tunings it will be played with.
    """

    def __init__(self, samples: Samples, rate_hz: int, curve: PitchCurve) -> None:
        self.samples = samples
        self.rate_hz = rate_hz
        self.curve = curve
        self.runs = voiced_runs(curve, samples.shape[1] / rate_hz)
        self._marks: dict[Run, list[Marks]] = {}

    def marks(self, run: Run) -> list[Marks]:
        """The pitch marks of a run, found at the first call."""
        if run not in self._marks:
            self._marks[run] = marks_of(self.samples, self.rate_hz, self.curve, run)
        return self._marks[run]

    def span(self, run: Run) -> tuple[float, float]:
        """From when to when a run has pitch, seconds."""
        return (run.first - 0.5) * self.curve.hop_seconds, (run.last - 0.5) * self.curve.hop_seconds

    def play(self, tuning: Tuning) -> Samples:
        """The whole recording, as ``play_tuning`` does."""
        return self._played(tuning, 0, self.samples.shape[1])

    def play_around(self, tuning: Tuning, note_id: str) -> tuple[int, Samples]:
        """The first frame, and the sound from there on, of all that an edit of this note can change.

        Returns
        -------
        int, float32 array (channels, frames)
            the same bits as in ``play(tuning)``, whatever the note's own edit is.

        Raises
        ------
        UnknownName
            if the tuning has no such note.
        """
        note = next((each for each in tuning.notes if each.id == note_id), None)
        if note is None:
            raise UnknownName("note", note_id, [each.id for each in tuning.notes])
        start, end = self.reach(note)
        first = min(max(0, math.floor(start * self.rate_hz)), self.samples.shape[1])
        last = min(max(first, math.ceil(end * self.rate_hz) + 1), self.samples.shape[1])
        return first, self._played(tuning, first, last)

    def reach(self, note: TunedNote) -> tuple[float, float]:
        """From when to when an edit of a note can change the sound: it, and the voiced runs it belongs to, seconds."""
        spans = [self.span(run) for run in self.runs if concerns(note, self.span(run))]
        start = min([note.start_seconds - GAIN_SECONDS, *(span[0] - ASIDE_SECONDS for span in spans)])
        return start, max([note.end_seconds + GAIN_SECONDS, *(span[1] + ASIDE_SECONDS for span in spans)])

    def _played(self, tuning: Tuning, first: int, last: int) -> Samples:
        """Frames ``first`` to ``last`` (left out); the recording's own where nothing is changed."""
        whole = self.samples[:, first:last] if (first, last) != (0, self.samples.shape[1]) else self.samples
        if not tuning.enabled:
            return whole
        made: Samples | None = None
        for start, sound in self._stretches(tuning, first, last):
            made = whole.copy() if made is None else made
            low, high = max(start, first), min(start + sound.shape[1], last)
            if low < high:
                made[:, low - first : high - first] = sound[:, low - start : high - start]
        for low, high, notes in loudness_groups(tuning.notes, self.rate_hz):
            low, high = max(low, first), min(high, last)
            if low < high:
                made = whole.copy() if made is None else made
                made[:, low - first : high - first] *= gains_at(np.arange(low, high) / self.rate_hz, notes)
        return whole if made is None else made

    def _stretches(self, tuning: Tuning, first: int, last: int) -> Iterator[tuple[int, Samples]]:
        """First frame and sound of every stretch that is set anew, as far as it may lie between the two frames."""
        low, high = first / self.rate_hz - ASIDE_SECONDS, last / self.rate_hz + ASIDE_SECONDS
        notes = sorted(tuning.notes, key=lambda note: (note.start_seconds, note.end_seconds))
        for run in self.runs:
            span = self.span(run)
            if span[1] < low or span[0] > high:
                continue
            sung = [note for note in notes if concerns(note, span)]
            corrections = [correction_of(note, tuning, self.curve) for note in sung]
            if all(each.is_nothing for each in corrections) and not any(note.formant_semitones for note in sung):
                continue
            for marks in self.marks(run):
                yield from stretches(self.samples, self.rate_hz, marks, Wanted(sung, corrections, span))


class Wanted:
    """What the notes of a run ask of each moment of it."""

    def __init__(
        self, notes: Sequence[TunedNote], corrections: Sequence[Correction], span: tuple[float, float]
    ) -> None:
        self.corrections = corrections
        self.formants = [steady(note.formant_semitones) for note in notes]
        spans = [(note.start_seconds, note.end_seconds) for note in notes]
        ramps = [note.retune_ms / 1000.0 for note in notes]
        short = [FORMANT_SECONDS] * len(notes)
        self.borders = borders_of(spans, ramps, span, held=HELD_SECONDS, joined=JOINED_SECONDS)
        self.formant_borders = borders_of(spans, short, span, held=HELD_SECONDS, joined=JOINED_SECONDS)

    def semitones(self, moments: Reals) -> Reals:
        """What is added to the pitch."""
        return blended(moments, self.borders, self.corrections)

    def formant_semitones(self, moments: Reals) -> Reals:
        """How far the formants move."""
        return blended(moments, self.formant_borders, self.formants)


def concerns(note: TunedNote, span: tuple[float, float]) -> bool:
    """Whether a note has to do with a voiced run."""
    return note.start_seconds < span[1] and note.end_seconds > span[0]


def stretches(samples: Samples, rate_hz: int, marks: Marks, wanted: Wanted) -> Iterator[tuple[int, Samples]]:
    """First frame and sound of each stretch of these marks that is not as it was sung."""
    middles = 0.5 * (marks.places[:-1] + marks.places[1:]) / rate_hz
    semitones = wanted.semitones(middles)
    formants = wanted.formant_semitones(marks.places / rate_hz)
    touched = (np.abs(semitones) > LEAST_SEMITONES) | (formants[:-1] != 0.0) | (formants[1:] != 0.0)
    ratios = np.where(np.abs(semitones) > LEAST_SEMITONES, 2.0 ** (semitones / 12.0), 1.0)
    for first, last, settling in touched_parts(touched, marks.places / rate_hz):
        part = Marks(marks.places[first : last + 1], marks.centres[first : last + 1])
        grains = set_grains(part, rate_hz, ratios[first:last], 2.0 ** (formants[first : last + 1] / 12.0), settling)
        start, sound = played(samples, part, grains)
        yield start, with_level(samples[:, start : start + sound.shape[1]], sound, rate_hz)


def touched_parts(touched: npt.NDArray[np.bool_], seconds: Reals) -> list[tuple[int, int, int]]:
    """First mark, last mark and the periods for coming into step of each part in which periods are touched."""
    parts: list[tuple[int, int, int]] = []
    end = len(seconds) - 1
    edges = np.flatnonzero(np.diff(np.concatenate([[False], touched, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        start = int(first)
        if parts and start <= parts[-1][1]:
            start = parts.pop()[0]
        settled = max(int(last) + 1, int(np.searchsorted(seconds, seconds[last] + SETTLED_SECONDS)) - 1)
        if settled < end - 1:
            parts.append((start, settled, settled - int(last)))
        else:
            closed = int(np.searchsorted(seconds, seconds[end] - CLOSED_SECONDS))
            parts.append((start, end, max(1, end - min(closed, int(last)))))
    return parts


def loudness_groups(notes: Sequence[TunedNote], rate_hz: int) -> list[tuple[int, int, list[TunedNote]]]:
    """First and last frame of the stretches that are louder or softer, and the notes that have a say in each."""
    ordered = sorted(notes, key=lambda note: (note.start_seconds, note.end_seconds))
    groups: list[tuple[int, int, list[TunedNote]]] = []
    i = 0
    while i < len(ordered):
        if gain_of(ordered[i]) == 1.0:
            i += 1
            continue
        last = i
        while last + 1 < len(ordered) and gain_of(ordered[last + 1]) != 1.0:
            last += 1
        start, end = ordered[i].start_seconds - 2 * GAIN_SECONDS, ordered[last].end_seconds + 2 * GAIN_SECONDS
        asked = ordered[max(0, i - 1) : last + 2]
        groups.append((max(0, math.floor(start * rate_hz)), math.ceil(end * rate_hz), asked))
        i = last + 1
    return groups


def compile_kernels() -> None:
    """Compile what this needs, now rather than at the first note."""
    from bandmate.sound import pitch_marks, psola

    pitch_marks.compile_kernels()
    psola.compile_kernels()
