"""The notes that are in: key and scale from what was sung and what is played with it, and what A4 is in this song.

A diatonic scale and the relative one share their notes, so which of both it is makes no difference to tuning; how sure
the choice among the twelve sets of notes is (``margin``) and how sure the choice among the relatives
(``relative_margin``) are told apart.

Conventions: pitch classes 0 to 11 from C; notes come in MIDI numbers at 440 Hz, and are taken relative to
``reference_hz`` where it is given. Few notes make no key: then the margin is small and the scale chromatic.

Not covered: modulation in the song; chords.

References: C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990), for how often each degree is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import UnknownName
from bandmate.song.notes import PITCH_NAMES
from bandmate.sound.sung_notes import SungNote

Reals = npt.NDArray[np.float64]

CHROMATIC = "chromatic"
MODES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}
FLAT_NAMES = {"Db": 1, "Eb": 3, "Gb": 6, "Ab": 8, "Bb": 10}

MAJOR_HEARD = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR_HEARD = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

INSIDE_SHARE, BACKING_INSIDE_SHARE = 0.95, 0.75
"""How much of what is sung, and of what sounds in a backing with all its overtones, lies in the scale."""

SPREAD_CENTS, LONGEST_SECONDS, BACKING_NOTES = 30.0, 0.5, 16.0
"""A note counts for the pitches around it, by its length up to half a second; a backing counts as so many notes."""

LEAST_MARGIN, LEAST_INSIDE, CANDIDATE_CHANCE = 0.6, 0.8, 0.1
FEWEST_NOTES, LEAST_CENTS, SURE_ERRORS = 6, 3.0, 2.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Which notes are in, and how sure that is.

    Attributes
    ----------
    name : str
        such as ``C major``, or ``chromatic``.
    pitch_classes : tuple of int
        those that are in, ascending.
    margin : float
        how much likelier this set of notes is than the next, 0 to 1; 1 for a scale that was named.
    tonic : int or None
    relative : str
        the scale with the same notes that it may be instead; empty for none.
    relative_margin : float
        how much likelier the chosen name is than the relative's.
    candidates : tuple of str
        major scales whose notes it may be, the likeliest first: what to ask about where the margin is small.
    """

    name: str
    pitch_classes: tuple[int, ...]
    margin: float
    tonic: int | None = None
    relative: str = ""
    relative_margin: float = 1.0
    candidates: tuple[str, ...] = ()

    def has(self, pitch: int) -> bool:
        """Whether a MIDI note is in."""
        return pitch % 12 in self.pitch_classes


def chromatic(margin: float = 1.0, candidates: tuple[str, ...] = ()) -> Scale:
    """All twelve notes."""
    return Scale(CHROMATIC, tuple(range(12)), margin, candidates=candidates)


def named_scale(name: str) -> Scale:
    """The scale of a name, such as ``Bb minor`` or ``chromatic``.

    Raises
    ------
    UnknownName
        for a tonic or a mode that there is not.
    """
    words = name.strip().split(maxsplit=1)
    if [word.lower() for word in words] == [CHROMATIC]:
        return chromatic()
    tonic, mode = (words[0], words[1].lower()) if len(words) == 2 else (name.strip(), "major")
    tonics = {spelled: index for index, spelled in enumerate(PITCH_NAMES)} | FLAT_NAMES
    at = tonics.get(tonic[:1].upper() + tonic[1:].lower())
    if at is None or mode not in MODES:
        raise UnknownName("scale", name, (CHROMATIC, *(f"C {known}" for known in MODES)))
    return Scale(f"{PITCH_NAMES[at]} {mode}", classes(at, MODES[mode]), 1.0, at)


def classes(tonic: int, degrees: Sequence[int]) -> tuple[int, ...]:
    """The pitch classes of degrees above a tonic, ascending."""
    return tuple(sorted((tonic + degree) % 12 for degree in degrees))


def reference_hz(notes: Sequence[SungNote]) -> float:
    """What A4 is when the notes lie on their grid as well as can be, 427 to 453 Hz.

    440 where the notes are too few or too far from any grid to say, and where they are within 3 cents of it.
    """
    counted = [note for note in notes if not note.is_glide]
    if len(counted) < FEWEST_NOTES:
        return 440.0
    weight = np.array([lasting(note) for note in counted])
    turns = np.exp(2j * np.pi * np.array([note.centre_pitch for note in counted]))
    mean = complex((weight * turns).sum() / weight.sum())
    cents = 100.0 * float(np.angle(mean)) / (2 * np.pi)
    # subtle: of notes without any grid the mean has a length of about 1 / sqrt(notes); the error is in radians first.
    error_cents = 100.0 / (2 * np.pi) / max(abs(mean), 1e-9) * float(np.sqrt((weight**2).sum()) / weight.sum())
    if abs(cents) < max(LEAST_CENTS, SURE_ERRORS * error_cents):
        return 440.0
    return float(440.0 * 2 ** (cents / 1200))


def lasting(note: SungNote) -> float:
    """How much a note counts."""
    return min(note.seconds, LONGEST_SECONDS) * note.confidence


def heard_classes(notes: Sequence[SungNote], reference: float) -> Reals:
    """How much each pitch class is sung, in notes of half a second; array (12,)."""
    heard = np.zeros(12)
    grid = np.arange(12)
    for note in notes:
        if note.is_glide:
            continue
        pitch = note.centre_pitch - 12 * np.log2(reference / 440.0)
        away = (pitch - grid + 6.0) % 12 - 6.0
        share = np.exp(-0.5 * (100 * away / SPREAD_CENTS) ** 2)
        heard += lasting(note) / LONGEST_SECONDS * share / max(float(share.sum()), 1e-9)
    return heard


def find_scale(
    notes: Sequence[SungNote], backing_chroma: Sequence[float] | None = None, *, reference: float = 440.0
) -> Scale:
    """The scale that was sung in.

    Parameters
    ----------
    notes : sequence of SungNote
    backing_chroma : twelve numbers or None
        how strong each pitch class is in what is played with it.
    reference : float
        what A4 is, Hz.

    Returns
    -------
    Scale
        chromatic where the notes do not say, with the margin that they would have had.
    """
    sung = heard_classes(notes, reference)
    backing = np.zeros(12) if backing_chroma is None else np.maximum(np.asarray(backing_chroma, np.float64), 0.0)
    played = BACKING_NOTES * backing / max(float(backing.sum()), 1e-9)
    sets = [classes(tonic, MODES["major"]) for tonic in range(12)]
    odds = np.array([likelihood(sung, inside, INSIDE_SHARE) for inside in sets])
    odds += np.array([likelihood(played, inside, BACKING_INSIDE_SHARE) for inside in sets])
    chance = np.exp(odds - odds.max())
    chance /= chance.sum()
    best = int(np.argmax(chance))
    margin = float(chance[best] - np.sort(chance)[-2])
    ranked = np.argsort(-chance, kind="stable")
    likely = tuple(f"{PITCH_NAMES[tonic]} major" for tonic in ranked if chance[tonic] >= CANDIDATE_CHANCE)
    total = float(sung.sum())
    inside_share = float(sung[list(sets[best])].sum()) / total if total > 0 else 1.0
    if margin < LEAST_MARGIN or inside_share < LEAST_INSIDE:
        return chromatic(margin, likely)
    major, minor = best, (best + 9) % 12
    first = tonic_likelihood(sung + played, major, MAJOR_HEARD)
    second = tonic_likelihood(sung + played, minor, MINOR_HEARD)
    last = [note for note in notes if not note.is_glide][-1:]
    for note in last:
        ended = round(note.centre_pitch - 12 * np.log2(reference / 440.0)) % 12
        first, second = first + (ended == major), second + (ended == minor)
    apart = float(np.tanh(abs(first - second) / 2))
    names = (f"{PITCH_NAMES[major]} major", f"{PITCH_NAMES[minor]} minor")
    is_major = first >= second
    name, relative = names if is_major else names[::-1]
    return Scale(name, sets[best], margin, major if is_major else minor, relative, apart, likely)


def likelihood(heard: Reals, inside: Sequence[int], share: float) -> float:
    """Of the pitch classes, if they come from this set of notes."""
    chance = np.full(12, (1 - share) / (12 - len(inside)))
    chance[list(inside)] = share / len(inside)
    return float(heard @ np.log(chance))


def tonic_likelihood(heard: Reals, tonic: int, profile: Sequence[float]) -> float:
    """Of the pitch classes, if they are heard as often as around this tonic."""
    expected = np.roll(np.asarray(profile) / sum(profile), tonic)
    return float(heard @ np.log(expected))
