"""What to do about masking: cut the masker where it covers the victim, always or only while the victim sounds.

Each answer comes with what it is expected to leave: the masker's band powers times the equalizer's response, put
through the same measure. A cut is as deep as it takes to come to what is usual, and never deeper than 4 dB (6 dB for a
dynamic band, which is there for moments only). Where the masker is written in notes, another octave is an answer too
(``octave``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bandmate.song.address import ABSENT
from bandmate.song.devices import AnyDevice, Band, DynamicEqBand, DynamicEqualizer, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.sound.dynamic_eq import EQ_KNEE_DB
from bandmate.sound.dynamics import static_reduction_db
from bandmate.sound.filters import response_db
from bandmate.sound.spectrum import erb_bands
from bandmate.stages.mix.family import Answer
from bandmate.stages.mix.masking import Scene, bands_between
from bandmate.stages.mix.octave import octave_answers
from bandmate.stages.mix.session import Powers, Session
from bandmate.stages.words import spoken_name

Curve = npt.NDArray[np.float64]

LEAST_CUT_DB, MOST_CUT_DB, MOST_DYNAMIC_CUT_DB, CUT_STEP_DB = 2.0, 4.0, 6.0, 0.5
LEFT_TAKEN = 0.3
"""A cut is made no deeper than to leave so much taken."""

Q_RANGE = (0.7, 3.0)

RATIO, ATTACK_MS, RELEASE_MS = 4.0, 10.0, 150.0
PEAK_OVER_MEAN_DB = 6.0
"""How far the peaks of a voice in a band are above its mean power there."""

FULLY_DOWN_SHARE = 0.25
"""In all but so many of its moments the victim opens the dynamic band all the way."""

MOSTLY_TOGETHER = 0.5
"""Where the victim sounds in less of the masker's moments, the dynamic band is the better answer."""

CUT_CONFIDENCE, DYNAMIC_CONFIDENCE = 0.95, 0.9
POINTS_PER_BAND = 5


def answers_to(session: Session, finding: Finding) -> Sequence[Answer]:
    """A cut, a dynamic band, and another octave; the better one of the first two is first."""
    victim, masker = finding.tracks[:2]
    scene = Scene(session, (finding.start_seconds, finding.end_seconds))
    if not scene.together(victim, masker).any():
        return ()
    cut, dynamic = static_cut(scene, finding), dynamic_cut(scene, finding)
    plays = int(scene.plays[masker].sum())
    apart = scene.together(victim, masker).sum() < MOSTLY_TOGETHER * plays
    order = [dynamic, cut] if apart else [cut, dynamic]
    return [*order, *octave_answers(session, finding)]


def static_cut(scene: Scene, finding: Finding) -> Answer:
    """A bell on the masker, as wide as the region."""
    freq_hz, q = bell_over(finding)

    def band(cut_db: float) -> Band:
        return Band(id="1", freq_hz=freq_hz, gain_db=-cut_db, q=q)

    def taken(cut_db: float) -> float:
        power = scene.powers[finding.tracks[1]]
        return taken_with(scene, finding, power * response(scene, band(cut_db))[:, None].astype(np.float32))

    cut_db = least_cut(taken, MOST_CUT_DB)
    track = scene.session.song.track(finding.tracks[1])
    device = Equalizer(id=device_id(track, finding, "room-for"), bands=(band(cut_db),))
    return Answer(
        moves=(added(track, device),),
        predicted=taken(cut_db),
        deed=f"a cut of {cut_db:.1f} dB at {freq_hz:.0f} Hz on {spoken_name(track)}",
        confidence=CUT_CONFIDENCE,
        evidence=setting_evidence(finding, cut_db, freq_hz),
    )


def dynamic_cut(scene: Scene, finding: Finding) -> Answer:
    """The same as a dynamic band that listens to the victim and opens only while that sounds."""
    victim, masker = finding.tracks[:2]
    freq_hz, q = bell_over(finding)
    levels_db = key_levels_db(scene, finding)
    sounding = levels_db[scene.together(victim, masker)]
    opened_db = float(np.quantile(sounding, FULLY_DOWN_SHARE))

    def band(cut_db: float) -> DynamicEqBand:
        threshold = math.floor(opened_db - cut_db / (1.0 - 1.0 / RATIO) - EQ_KNEE_DB / 2)
        return DynamicEqBand(
            id="1",
            freq_hz=freq_hz,
            q=q,
            range_db=-cut_db,
            threshold_dbfs=float(min(max(threshold, -100.0), 0.0)),
            ratio=RATIO,
            attack_ms=ATTACK_MS,
            release_ms=RELEASE_MS,
            key=victim,
        )

    def taken(cut_db: float) -> float:
        depth = reductions_db(levels_db, band(cut_db))
        steps = np.round(depth / CUT_STEP_DB).astype(int)
        powers = np.stack(
            [
                response(scene, Band(id="1", freq_hz=freq_hz, gain_db=-step * CUT_STEP_DB, q=q))
                for step in range(int(steps.max(initial=0)) + 1)
            ]
        )
        return taken_with(scene, finding, scene.powers[masker] * powers[steps].T.astype(np.float32))

    cut_db = least_cut(taken, MOST_DYNAMIC_CUT_DB)
    track, other = scene.session.song.track(masker), spoken_name(scene.session.song.track(victim))
    device = DynamicEqualizer(id=device_id(track, finding, "dynamic-room-for"), bands=(band(cut_db),))
    return Answer(
        moves=(added(track, device),),
        predicted=taken(cut_db),
        deed=f"{cut_db:.1f} dB less at {freq_hz:.0f} Hz on {spoken_name(track)}, only while {other} sounds,",
        confidence=DYNAMIC_CONFIDENCE,
        evidence=setting_evidence(finding, cut_db, freq_hz),
    )


def least_cut(taken: Callable[[float], float], most_db: float) -> float:
    """The smallest cut that leaves what is usual, or the deepest that is allowed."""
    cut_db = LEAST_CUT_DB
    while cut_db < most_db and taken(cut_db) > 100 * LEFT_TAKEN:
        cut_db += CUT_STEP_DB
    return cut_db


def bell_over(finding: Finding) -> tuple[float, float]:
    """Frequency and q of a bell as wide as the finding's region."""
    low_hz, high_hz = finding.low_hz or 20.0, finding.high_hz or 20_000.0
    width = high_hz / low_hz
    q = math.sqrt(width) / (width - 1.0)
    return float(round(math.sqrt(low_hz * high_hz))), round(min(max(q, Q_RANGE[0]), Q_RANGE[1]), 2)


def taken_with(scene: Scene, finding: Finding, power: Powers) -> float:
    """The figure of a finding if the masker had that power."""
    pair = scene.pair(finding.tracks[0], finding.tracks[1], power)
    return 100 * pair.taken(region_of(scene, finding))


def region_of(scene: Scene, finding: Finding) -> slice:
    return bands_between(scene.centre_hz, finding.low_hz or 0.0, finding.high_hz or 1e9)


def response(scene: Scene, band: Band) -> Curve:
    """The factor of an equalizer band on the power in each ERB band."""
    division = erb_bands(scene.session.song.rate_hz)
    count = len(scene.centre_hz)
    within = np.linspace(0.0, 1.0, POINTS_PER_BAND + 2)[1:-1]
    low, high = division.low_hz[:count, None], division.high_hz[:count, None]
    gains = 10 ** (response_db([band], low + (high - low) * within, scene.session.song.rate_hz) / 10)
    return np.asarray(gains.mean(axis=1))


def key_levels_db(scene: Scene, finding: Finding) -> Curve:
    """What the detector of a dynamic band hears of the victim at each hop: its peaks around the band, before its
    fader."""
    session, victim = scene.session, finding.tracks[0]
    freq_hz, q = bell_over(finding)
    hz = np.array(scene.centre_hz)
    heard = 1.0 / (1.0 + (q * (hz / freq_hz - freq_hz / hz)) ** 2)
    factor = session.fader_power(victim, scene.hops, scene.hop_seconds)[scene.first : scene.last]
    power = (scene.powers[victim] * heard[:, None]).sum(axis=0) / np.maximum(factor, 1e-12)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-15)) + PEAK_OVER_MEAN_DB)


def reductions_db(levels_db: Curve, band: DynamicEqBand) -> Curve:
    """How far a dynamic band is turned down at these levels."""
    curve = [
        static_reduction_db(level, threshold_dbfs=band.threshold_dbfs, ratio=band.ratio, knee_db=EQ_KNEE_DB)
        for level in levels_db
    ]
    return np.minimum(curve, abs(band.range_db))


def device_id(track: Track, finding: Finding, purpose: str) -> str:
    """A name that says what the device is for."""
    return slug(f"{purpose}-{finding.tracks[0]}", frozenset(device.id for device in track.inserts))


def added(track: Track, device: AnyDevice) -> Move:
    """The move that puts a device after all others of a track."""
    return Move(address=f"tracks/{track.id}/inserts/{device.id}", before=ABSENT, after=device)


def setting_evidence(finding: Finding, cut_db: float, freq_hz: float) -> tuple[Evidence, ...]:
    where = finding.tracks[1]
    return (
        *finding.evidence[1:],
        Evidence(what="depth of the cut", unit="dB", after=cut_db, where=where),
        Evidence(what="centre of the cut", unit="Hz", after=freq_hz, where=where),
    )
