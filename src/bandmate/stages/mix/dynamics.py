"""Uneven playing: phrases that jump in level, answered by a ride; hits that do, answered by a compressor.

Conventions: the gauge of a finding is a spread in dB (``bandmate.stages.mix.dynamics_levels``), worked out on what
leaves the fader, so that a ride and a compressor are judged alike. The musician's own rides are left alone: a track
with automation of its gain is not asked to be ridden again.

Not covered: whole kits and pads, where any spread is usual; tracks that may be anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from bandmate.song.address import ABSENT
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.stages.mix.compress_design import DEVICE_ID, Compression, designed
from bandmate.stages.mix.dynamics_alternatives import Struck, parallel_answer, saturator_answer
from bandmate.stages.mix.dynamics_levels import hit_spread_db, hits_of, phrase_spread_db
from bandmate.stages.mix.dynamics_ride import RIDE_ID, ridden_db, ride_of
from bandmate.stages.mix.dynamics_usual import LEFT_SHARE, at_most_db, limits_for, oddness
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.parallel_bus import has_parallel
from bandmate.stages.mix.roles import SURE_ENOUGH, role_from_name
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name, spoken_role

Reals = npt.NDArray[np.float64]

PHRASES, HITS = "uneven-phrases", "uneven-hits"
LEAST_DB = 1.5
RIDE_SURENESS, COMPRESSOR_SURENESS = 0.95, 0.9
SECOND_BEST = 0.75
"""What is left of the confidence in a compressor where a ride does what is needed."""

MIDDLE_HZ, LOW_HZ = 1_500.0, 60.0


def find_phrases(session: Session) -> list[Finding]:
    """The tracks whose phrases jump in level, the most uneven first."""
    return found_in(session, PHRASES)


def find_hits(session: Session) -> list[Finding]:
    """The tracks whose hits or notes jump in level though their phrases do not, the most uneven first."""
    taken = {finding.tracks[0] for finding in find_phrases(session)}
    return [finding for finding in found_in(session, HITS) if finding.tracks[0] not in taken]


def found_in(session: Session, what: str) -> list[Finding]:
    found = []
    for track in session.tracks:
        limits = limits_of(session, track.id, what)
        spread = spread_db(session, track.id, what) if limits else None
        limit = limit_db(session, track.id, what)
        if limit is None or spread is None or spread <= limit:
            continue
        confidence = oddness(spread, limits)
        if confidence >= SURE_ENOUGH:
            found.append(finding_of(session, track, what, spread, limit, confidence))
    return sorted(found, key=lambda finding: -finding.confidence)


def limit_db(session: Session, track_id: str, what: str) -> float | None:
    """The widest usual spread of such a track; None where anything is usual."""
    limits = limits_of(session, track_id, what)
    return at_most_db(limits, session.guess(track_id)) if limits else None


def limits_of(session: Session, track_id: str, what: str) -> tuple[tuple[float, float], ...]:
    """What may be usual for a track, and how likely it is."""
    return limits_for(
        session.guess(track_id), of_phrases=what == PHRASES, only_heard=is_only_heard(session.song.track(track_id))
    )


def is_only_heard(track: Track) -> bool:
    """Whether neither the musician nor its name says what a track is."""
    return track.role == "unknown" and role_from_name(spoken_name(track)).confidence < SURE_ENOUGH


def spread_db(session: Session, track_id: str, what: str) -> float | None:
    """The gauge: how far apart the phrases, or the hits, of a track are as they leave the fader."""
    if what == PHRASES:
        return phrase_spread_db(heard_power(session, track_id), session.hearing(track_id).hop_seconds)
    if has_parallel(session.song, session.song.track(track_id)):
        alone = session.ears.alone(session.song, track_id)
        return hit_spread_db(hits_of(alone.levels), alone.level_hop_seconds)
    closeup = session.closeup(track_id)
    return hit_spread_db(hits_of(faded_levels(session, track_id)), closeup.level_hop_seconds)


def heard_power(session: Session, track_id: str) -> Reals:
    """What leaves the fader, hop by hop, weighted about as the ear does."""
    weights = ear_weights(session.hearing(track_id).band_hz)
    return np.asarray(weights @ session.power(track_id), np.float64)


@cache
def ear_weights(band_hz: tuple[float, ...]) -> npt.NDArray[np.float32]:
    """The K-weighting of BS.1770 by band, near enough for comparing a track with itself: 4 dB up above 1.5 kHz, and a
    high-pass of second order at 60 Hz."""
    hz = np.array(band_hz)
    shelf = 10 ** (0.4 / (1.0 + (MIDDLE_HZ / hz) ** 4))
    return np.asarray(shelf / (1.0 + (LOW_HZ / hz) ** 4), np.float32)


def faded_levels(session: Session, track_id: str) -> Reals:
    """Mean power of every 10 ms as it leaves the fader."""
    closeup = session.closeup(track_id)
    levels = closeup.levels
    return levels * session.fader_power(track_id, len(levels), closeup.level_hop_seconds)


def finding_of(
    session: Session, track: Track, what: str, spread: float, limit: float, confidence: float
) -> Finding:  # fmt: skip
    hearing, name = session.hearing(track.id), spoken_name(track)
    start, end = hearing.first_sound_seconds or 0.0, hearing.last_sound_seconds or hearing.seconds
    things = "phrases" if what == PHRASES else things_of(session, track.id)
    known = session.guess(track.id).role
    role = f"a {spoken_role(known)}" if known != "unknown" else "such a track"
    return Finding(
        id=f"{what}-{track.id}",
        kind="uneven",
        tracks=(track.id,),
        start_seconds=start,
        end_seconds=end,
        where=session.where(start, end),
        sentence=f"{name}: its {things} are {spread:.1f} dB apart, more than the {limit:.1f} dB that are usual "
        f"at most for {role}",
        hint=f"listen to {name} alone: do all of its {things} come through alike?",
        confidence=round(confidence, 2),
        evidence=(
            Evidence(what=f"how far apart loud and soft {things} are", unit="dB", before=spread, where=track.id),
            Evidence(what=f"the most that is usual for {role}", unit="dB", before=limit),
        ),
    )


def things_of(session: Session, track_id: str) -> str:
    """What the tops of its level are called."""
    role = session.guess(track_id).role
    if role in ("kick", "snare", "hats", "toms", "cymbals", "percussion"):
        return "hits"
    return "syllables" if role in ("lead-vox", "backing-vox") else "notes"


def gauge(session: Session, finding: Finding) -> float | None:
    """How far apart phrases or hits are, in dB."""
    return spread_db(session, finding.tracks[0], PHRASES if finding.id.startswith(PHRASES) else HITS)


def answer_phrases(session: Session, finding: Finding) -> Sequence[Answer]:
    """A ride; or a slow compressor."""
    return sure_ones(finding, (ride_answer(session, finding), compressor_answer(session, finding, PHRASES)))


def answer_hits(session: Session, finding: Finding) -> Sequence[Answer]:
    """A compressor; saturation, or a squashed copy, where the instrument takes it."""
    track = session.song.track(finding.tracks[0])
    limit = limit_db(session, track.id, HITS)
    first = compressor_answer(session, finding, HITS)
    if limit is None or has_parallel(session.song, track):
        return sure_ones(finding, (first,))
    struck = Struck(
        track=track,
        role=session.guess(track.id).role,
        peaks=session.closeup(track.id).peaks,
        levels=faded_levels(session, track.id),
        fader_db=fader_db(track),
        column_seconds=session.closeup(track.id).level_hop_seconds,
        aim_db=LEFT_SHARE * limit,
    )
    return sure_ones(finding, (first, saturator_answer(struck), parallel_answer(struck)))


def sure_ones(finding: Finding, answers: Sequence[Answer | None]) -> list[Answer]:
    """Those that are there and sure enough to be shown, in their order."""
    return [
        answer for answer in answers if answer is not None and finding.confidence * answer.confidence >= SURE_ENOUGH
    ]


def fader_db(track: Track) -> float | None:
    """Where the fader is; None while it moves."""
    return None if any(one.parameter == "gain_db" and one.points for one in track.automation) else track.gain_db


def ride_answer(session: Session, finding: Finding) -> Answer | None:
    """Automation of the fader; None where there is some already."""
    track = session.song.track(finding.tracks[0])
    if any(one.parameter == "gain_db" and one.points for one in track.automation):
        return None
    power, hop_seconds = heard_power(session, track.id), session.hearing(track.id).hop_seconds
    ride = ride_of(session.song, ridden_db(power, hop_seconds), hop_seconds)
    seconds = [float(session.song.tempo.seconds_at(point.at_ticks)) for point in ride.points]
    values = [point.value for point in ride.points]
    ridden = np.interp(np.arange(len(power)) * hop_seconds, seconds, values)
    predicted = phrase_spread_db(power * 10 ** (ridden / 10), hop_seconds)
    if predicted is None:
        return None
    most, count = max(abs(value) for value in values), len(values)
    return Answer(
        moves=(Move(address=f"tracks/{track.id}/automation/{RIDE_ID}", before=ABSENT, after=ride),),
        predicted=predicted,
        deed=f"a ride of the fader with {count} points, by {most:.1f} dB at most",
        confidence=RIDE_SURENESS,
        evidence=(
            Evidence(what="points of the ride", unit="points", after=count),
            Evidence(what="the most by which the fader moves", unit="dB", after=most),
        ),
    )


def compressor_answer(session: Session, finding: Finding, what: str) -> Answer | None:
    """A compressor behind what is on the track; None where it already has ours, or none helps."""
    track = session.song.track(finding.tracks[0])
    limit = limit_db(session, track.id, what)
    if limit is None or any(device.id == DEVICE_ID for device in track.inserts):
        return None
    found = compressor_for(session, track.id, what, LEFT_SHARE * limit)
    if found is None:
        return None
    device = found.device
    address = f"tracks/{track.id}/inserts/{device.id}"
    return Answer(
        moves=(Move(address=address, before=ABSENT, after=device),),
        predicted=found.spread_db,
        deed=f"a compressor at {device.threshold_dbfs:.1f} dBFS with a ratio of {device.ratio:.1f}",
        confidence=COMPRESSOR_SURENESS if what == HITS else SECOND_BEST,
        evidence=(
            Evidence(what="threshold of the compressor", unit="dBFS", after=device.threshold_dbfs),
            Evidence(what="ratio of the compressor", unit="to 1", after=device.ratio),
            Evidence(what="reduction while the track plays", unit="dB", predicted=found.mean_reduction_db),
        ),
    )


def compressor_for(session: Session, track_id: str, what: str, aim_db: float) -> Compression | None:
    """The compressor for a track, judged by the spread of its phrases or its hits."""
    closeup, hearing = session.closeup(track_id), session.hearing(track_id)
    levels = faded_levels(session, track_id)
    column_seconds, hop_seconds = closeup.level_hop_seconds, hearing.hop_seconds
    power = heard_power(session, track_id)

    def judge(gain: Reals) -> float | None:
        if what == HITS:
            return hit_spread_db(hits_of(levels * gain**2), column_seconds)
        return phrase_spread_db(power * hop_gain(levels, gain, len(power), hop_seconds / column_seconds), hop_seconds)

    hits = hits_of(levels)
    return designed(closeup.peaks, levels, hits, column_seconds, judge, aim_db=aim_db, slow=what == PHRASES)


def hop_gain(levels: Reals, gain: Reals, hops: int, columns: float) -> Reals:
    """By which factor the power of each hop changes when its columns do; 1 where nothing sounds."""
    edges = np.minimum(np.round(np.arange(hops + 1) * columns).astype(np.int64), len(levels))
    before = np.concatenate([[0.0], np.cumsum(levels)])[edges]
    after = np.concatenate([[0.0], np.cumsum(levels * gain**2)])[edges]
    earlier = np.diff(before)
    return np.divide(np.diff(after), earlier, out=np.ones(hops), where=earlier > 1e-15)


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """The reason in one sentence."""
    name = spoken_name(session.song.track(finding.tracks[0]))
    things = "phrases" if finding.id.startswith(PHRASES) else things_of(session, finding.tracks[0])
    return f"{name}'s {things} are {figure.before:.1f} dB apart; {answer.deed} brings them to {figure.after:.1f} dB"


UNEVEN_PHRASES = Family(("uneven",), "dynamics", find_phrases, gauge, answer_phrases, because, LEAST_DB)
UNEVEN_HITS = Family(("uneven",), "dynamics", find_hits, gauge, answer_hits, because, LEAST_DB)
