"""Sibilance: sharp consonants that stick out of a voice, and the de-esser that turns down these and nothing else.

On a voice the moments above 4.5 kHz that hold most of what sounds are its sharp consonants. In a balanced voice they
are about as loud as its vowels or softer: in the recordings and voices measured here, the loudest hundredth of the time
lies 25 dB below the vowels to 2 dB above them.

The gauge is the level of that hundredth above 4.5 kHz against the vowels. The de-esser is set at the frequency of the
meter, so what it will do can be worked out on the peaks of every 10 ms.

Not covered: harsh vowels (``bandmate.stages.mix.harshness``), clicks and breaths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import DeEsser
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.sound.bright_track import CORNER_HZ
from bandmate.sound.dynamics import DE_ESSER_KNEE_DB, DE_ESSER_RATIO
from bandmate.stages.closeup import Closeup
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.roles import Guess
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.tone_levels import appended, free_id
from bandmate.stages.mix.tone_words import logistic
from bandmate.stages.words import spoken_name

Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

VOICES = ("lead-vox", "backing-vox")
SHARP_IS_VOICE = 6.0
LEAST_VOICE = 0.5
MOST_SHARP_SHARE = 0.15
"""Where more of the time is sharp, these are no consonants."""

ACTIVE_BELOW_DB = -30.0
LOUD_QUANTILE = 0.95
SHARP_SHARE = 0.4
"""A moment is a sharp consonant where this share of it lies above the corner."""

LOUDEST_SHARE = 0.01
LEAST_SECONDS = 0.15
LEAST_DB = 4.5
AIM_DB = 1.0
MOST_RANGE_DB = 12.0
ATTACK_MS, RELEASE_MS = 1.0, 60.0
THRESHOLDS = 25
GAIN_STEPS_DB = np.arange(0.0, 25.0)


def sharp_moments(closeup: Closeup) -> tuple[Flags, Flags]:
    """Which columns of 10 ms are played, and which of those are sharp consonants."""
    levels, bright = closeup.levels, closeup.bright_levels
    if not levels.size:
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    active = levels > np.quantile(levels, LOUD_QUANTILE) * 10 ** (ACTIVE_BELOW_DB / 10)
    return active, active & (bright > SHARP_SHARE * levels)


def voice_share(guess: Guess) -> float:
    """How sure it is that a track that sounds sharp now and then is a voice, 0 to 1.

    Where the role is known it is known; else all that is likely for voices counts together, and more for the sharp
    moments: among what has a few of them and is not bright otherwise, voices are `SHARP_IS_VOICE` times as frequent.
    """
    known = guess.confidence if guess.role in VOICES else 0.0
    if guess.role not in (*VOICES, "unknown"):
        return known
    share = sum(each for role, each in guess.posterior if role in VOICES)
    return max(known, SHARP_IS_VOICE * share / (SHARP_IS_VOICE * share + 1.0 - share))


def sibilance_db(closeup: Closeup, gains: Reals | float = 1.0) -> float | None:
    """The loudest hundredth above the corner against the vowels, dB, with gains on its power; None for silence."""
    active, sharp = sharp_moments(closeup)
    vowels = closeup.levels[active & ~sharp]
    if not vowels.size:
        return None
    bright = np.sort((closeup.bright_levels * gains)[active])[-max(1, round(LOUDEST_SHARE * active.sum())) :]
    ratio = float(bright.mean(dtype=np.float64)) / max(float(vowels.mean(dtype=np.float64)), 1e-15)
    return 10 * float(np.log10(max(ratio, 1e-15)))


def find(session: Session) -> Iterable[Finding]:
    """Every voice that hisses."""
    for track in session.tracks:
        guess, closeup = session.guess(track.id), session.closeup(track.id)
        surely = voice_share(guess)
        if surely < LEAST_VOICE:
            continue
        found_db = sibilance_db(closeup)
        active, sharp = sharp_moments(closeup)
        seconds = float(sharp.sum()) * closeup.level_hop_seconds
        if found_db is None or found_db < LEAST_DB or seconds < LEAST_SECONDS:
            continue
        if guess.role not in VOICES and sharp.sum() > MOST_SHARP_SHARE * active.sum():
            continue
        length, name = session.hearing(track.id).seconds, spoken_name(track)
        yield Finding(
            id=f"sibilance-{track.id}",
            kind="sibilance",
            tracks=(track.id,),
            end_seconds=length,
            where=session.where(0.0, length),
            low_hz=CORNER_HZ,
            high_hz=10_000.0,
            sentence=f"the sharp consonants of {name} are {found_db:.0f} dB louder than its vowels",
            hint=f"{name}: listen for s and sh that jump out",
            confidence=round(surely * logistic(found_db, LEAST_DB - 1.0, 0.8, 0.95), 2),
            evidence=(
                Evidence(what="sharp consonants against vowels", unit="dB", before=found_db, target=AIM_DB),
                Evidence(what="time that is sharp consonants", unit="s", before=seconds),
            ),
        )


def gauge(session: Session, finding: Finding) -> float | None:
    """How loud the consonants are."""
    return sibilance_db(session.closeup(finding.tracks[0]))


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """The de-esser with the highest threshold that brings the consonants down to where they belong."""
    track = session.song.track(finding.tracks[0])
    closeup = session.closeup(track.id)
    _, sharp = sharp_moments(closeup)
    peaks = closeup.bright_peaks.astype(np.float64)
    if not sharp.any():
        return ()
    highest = 20 * float(np.log10(max(float(np.quantile(peaks[sharp], 0.95)), 1e-7)))
    effect = effect_of_gains(closeup, sharp)
    wanted_db = min(MOST_RANGE_DB, (finding.evidence[0].before or 0.0) - AIM_DB + 2.0)
    best: tuple[DeEsser, float] | None = None
    for threshold in np.linspace(highest, highest - 24, THRESHOLDS):
        device = DeEsser(
            id=free_id(track, "de-esser"),
            freq_hz=CORNER_HZ,
            threshold_dbfs=round(float(threshold), 1),
            range_db=-round(wanted_db, 1),
            attack_ms=ATTACK_MS,
            release_ms=RELEASE_MS,
        )
        reductions = reductions_db(peaks, device, closeup.level_hop_seconds)
        predicted = sibilance_db(closeup, 10 ** (np.interp(reductions, GAIN_STEPS_DB, effect) / 10))
        if predicted is None:
            return ()
        if best is None or predicted < best[1] - 0.05:
            best = (device, predicted)
        if predicted <= AIM_DB:
            break
    assert best is not None
    device, predicted = best
    facts = (
        Evidence(what="most that the de-esser turns down", unit="dB", after=-device.range_db),
        Evidence(what="frequency of the de-esser", unit="Hz", after=CORNER_HZ),
    )
    deed = f"a de-esser above {CORNER_HZ:.0f} Hz of at most {-device.range_db:g} dB"
    return (Answer((appended(track, device),), predicted, deed, 0.95, facts),)


def reductions_db(peaks: Reals, device: DeEsser, hop_seconds: float) -> Reals:
    """What the de-esser turns down in every column: its static curve, at once, and its release."""
    over = 20 * np.log10(np.maximum(peaks, 1e-7)) - device.threshold_dbfs + DE_ESSER_KNEE_DB / 2
    inside = np.clip(over, 0.0, DE_ESSER_KNEE_DB)
    slope = 1 - 1 / DE_ESSER_RATIO
    wanted = slope * (inside**2 / (2 * DE_ESSER_KNEE_DB) + np.maximum(over - DE_ESSER_KNEE_DB, 0.0))
    wanted = np.minimum(wanted, -device.range_db)
    kept = float(np.exp(-hop_seconds * 1000 / device.release_ms))
    held, found = 0.0, np.empty(len(peaks))
    for k, now in enumerate(wanted):
        held = max(float(now), kept * held)
        found[k] = held
    return found


def effect_of_gains(closeup: Closeup, sharp: Flags) -> Reals:
    """By how many dB the level above the corner changes for each reduction of ``GAIN_STEPS_DB``.

    The de-esser is a shelf whose dip is complete two octaves above its corner; how much of the consonants lies where is
    seen in those moments of the fine spectrum that hold most of them.
    """
    hz = np.array(closeup.fine_hz)
    power = 10 ** (closeup.fine_db.astype(np.float64) / 10)
    above = hz > CORNER_HZ
    share = power[above].sum(axis=0) / np.maximum(power.sum(axis=0), 1e-15)
    loud = share >= np.quantile(share, 0.9)
    passed = high_pass(hz)
    weight = (power[:, loud].mean(axis=1) if loud.any() else np.ones(len(hz))) * np.abs(passed) ** 2
    around = band_pass(hz)
    changes = []
    for reduction in GAIN_STEPS_DB:
        gain = 10 ** (-reduction / 20)
        response = np.abs(1 + (gain - 1) * passed + (np.sqrt(gain) - 1) * around) ** 2
        changes.append(10 * np.log10(float((weight * response).sum()) / max(float(weight.sum()), 1e-15)))
    return np.array(changes)


def high_pass(hz: Reals) -> npt.NDArray[np.complex128]:
    """The de-esser's high-pass at its corner."""
    s = 1j * hz / CORNER_HZ
    found: npt.NDArray[np.complex128] = s * s / (s * s + np.sqrt(2.0) * s + 1)
    return found


def band_pass(hz: Reals) -> npt.NDArray[np.complex128]:
    """The de-esser's band-pass of the same poles."""
    s = 1j * hz / CORNER_HZ
    found: npt.NDArray[np.complex128] = np.sqrt(2.0) * s / (s * s + np.sqrt(2.0) * s + 1)
    return found


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    name = spoken_name(session.song.track(finding.tracks[0]))
    return (
        f"the sharp consonants of {name} are {figure.before:.1f} dB louder than its vowels; "
        f"{answer.deed} leaves {figure.after:.1f} dB"
    )


SIBILANCE = Family(("sibilance",), "tone", find, gauge, answers, because, least=2.0)
