"""The family of findings about polarity and delay between tracks that heard one source, and the moves that answer them.

A pair is judged by what its sum loses (``bandmate.stages.mix.phase_sum``), forecast from a short excerpt and measured
on a longer stretch. A track that is upside down and late besides gets two answers: turned over, and lined up as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding, FindingKind
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.stages.mix.delivered_duplicates import find_duplicates
from bandmate.stages.mix.family import Answer, Family
from bandmate.stages.mix.phase import (
    COMB_FROM_MS,
    COMB_TO_MS,
    EXCERPT_SECONDS,
    PhaseFault,
    find_phase_faults,
)
from bandmate.stages.mix.phase_sum import busiest, excerpt_of, lost_db, moved
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

MEASURED_SECONDS = 20.0

ENOUGH_TURNED = 0.7
"""Where turning a track over gains so much of what lining it up as well would, that alone is proposed first."""

LEAST_LOST_DB = 0.5

SURE_PER_DB = 2.5
SURE_FROM_DB = 0.4

TURNED, LINED_UP, LOOSELY_LINED_UP = 0.97, 0.9, 0.7
TIGHT = 0.7
"""How sure that an answer is right; less for two microphones that share less, for there a delay is a compromise."""


def find(session: Session) -> Iterator[Finding]:
    """Every pair whose sum loses what it could have. A true copy is spoken of as one (``delivered_duplicates``)."""
    copies = [frozenset((one.track.id, one.original.id)) for one in find_duplicates(session)]
    for fault in find_phase_faults(session, apart_from=copies):
        finding = finding_of(session, fault)
        if finding is not None:
            yield finding


def finding_of(session: Session, fault: PhaseFault) -> Finding | None:
    """The finding for a fault, measured on a longer stretch; None where nothing is lost there."""
    ids = (fault.track.id, fault.partner.id)
    start = busiest(session, ids, MEASURED_SECONDS)
    end = min(start + MEASURED_SECONDS, *(session.hearing(track_id).seconds for track_id in ids))
    lost = lost_in(session, ids, start, end)
    if lost < LEAST_LOST_DB:
        return None
    kind = kind_of(session, fault)
    name, partner = spoken_name(fault.track), spoken_name(fault.partner)
    late_ms = fault.late_frames * 1000 / session.song.rate_hz
    evidence: tuple[Evidence, ...] = (
        Evidence(what=f"what {name} and {partner} lose in their sum", unit="dB", before=lost, where=fault.track.id),
        Evidence(what="correlation of the two", unit="-1 to 1", before=fault.related.correlation_before),
        Evidence(what="correlation of the two, put right", unit="-1 to 1", before=fault.related.correlation),
        Evidence(what=f"delay of {name} behind {partner}", unit="ms", before=late_ms),
    )
    if kind == "polarity":
        sentence = f"{name} is upside down against {partner}: together they lose {lost:.1f} dB"
        hint = f"listen to {name} and {partner} together, with one of them turned over and not"
    else:
        order = "behind" if late_ms > 0 else "ahead of"
        sentence = f"{name} is {abs(late_ms):.2f} ms {order} {partner}: together they lose {lost:.1f} dB"
        hint = f"listen to {name} and {partner} together and each alone: is the sum thinner than it should be?"
    if kind == "comb":
        notch = Evidence(what="first notch of the sum", unit="Hz", before=500.0 / abs(late_ms))
        evidence, sentence = (*evidence, notch), f"{sentence}, with a first notch at {notch.before:.0f} Hz"
    return Finding(
        id=f"{kind}-{fault.track.id}-{fault.partner.id}",
        kind=kind,
        tracks=ids,
        start_seconds=start,
        end_seconds=end,
        where=session.where(start, end),
        sentence=sentence,
        hint=hint,
        confidence=round(sureness(fault), 2),
        evidence=evidence,
    )


def kind_of(session: Session, fault: PhaseFault) -> FindingKind:
    """``comb`` for delays whose notches lie where they are heard."""
    if fault.inverted:
        return "polarity"
    late_ms = abs(fault.late_frames) * 1000 / session.song.rate_hz
    return "comb" if COMB_FROM_MS <= late_ms <= COMB_TO_MS else "delay"


def sureness(fault: PhaseFault) -> float:
    """How sure that the two should be put right: by what they gain, and by how clear their relation is."""
    gain = 1 / (1 + math.exp(-SURE_PER_DB * (fault.gain_db - SURE_FROM_DB)))
    return gain * (0.7 + 0.3 * fault.related.confidence)


def gauge(session: Session, finding: Finding) -> float | None:
    """What the pair loses in its sum, dB; None where one of the two plays no more."""
    ids = (finding.tracks[0], finding.tracks[1])
    if any(session.song.track(track_id).mute for track_id in ids):
        return None
    return lost_in(session, ids, finding.start_seconds, finding.end_seconds)


def lost_in(session: Session, ids: tuple[str, str], start: float, end: float) -> float:
    """What two tracks lose in their sum in a stretch of the song."""
    one, other = (excerpt_of(session, session.song.track(i), start, end - start) for i in ids)
    return lost_db(one, other, session.song.rate_hz)


def answers(session: Session, finding: Finding) -> Sequence[Answer]:
    """Turning over, lining up, or both: the one that leaves least first, but turning over alone where it does most."""
    track, partner = (session.song.track(track_id) for track_id in finding.tracks[:2])
    start = busiest(session, (track.id, partner.id), EXCERPT_SECONDS)
    own, other = (excerpt_of(session, each, start, EXCERPT_SECONDS) for each in (track, partner))
    rate_hz = session.song.rate_hz
    late_ms = finding.evidence[3].before or 0.0
    lined_up = moved(own, round(late_ms * rate_hz / 1000))
    said = finding.evidence[1:]
    if finding.kind != "polarity":
        confidence = LINED_UP if (finding.evidence[2].before or 0.0) >= TIGHT else LOOSELY_LINED_UP
        left = lost_db(lined_up, other, rate_hz)
        return [Answer((delay_move(track, late_ms),), left, spoken_delay(late_ms), confidence, said)]
    turned = Answer((turn_move(track),), lost_db(-own, other, rate_hz), "turning it over", TURNED, said)
    if not late_ms:
        return [turned]
    moves, deed = (turn_move(track), delay_move(track, late_ms)), f"turning it over and {spoken_delay(late_ms)}"
    both = Answer(moves, lost_db(-lined_up, other, rate_hz), deed, LINED_UP, said)
    if turned.predicted - both.predicted < LEAST_LOST_DB:
        return [turned]
    now = lost_db(own, other, rate_hz)
    is_enough = now - turned.predicted >= ENOUGH_TURNED * (now - both.predicted)
    return [turned, both] if is_enough else [both, turned]


def turn_move(track: Track) -> Move:
    """The track, upside down."""
    return Move(
        address=f"tracks/{track.id}/polarity_inverted",
        before=track.polarity_inverted,
        after=not track.polarity_inverted,
    )


def delay_move(track: Track, late_ms: float) -> Move:
    """The track, earlier by what it is late."""
    return Move(address=f"tracks/{track.id}/delay_ms", before=track.delay_ms, after=track.delay_ms - late_ms)


def spoken_delay(late_ms: float) -> str:
    """``moving it 1.50 ms earlier``."""
    return f"moving it {abs(late_ms):.2f} ms {'earlier' if late_ms > 0 else 'later'}"


def because(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """What the pair loses before and after."""
    fault = finding.sentence.partition(":")[0]
    change = f"from {figure.before:.1f} to {figure.after:.1f} dB"
    return f"{fault}; {answer.deed} brings what the two lose in their sum {change}"


PHASE = Family(
    kinds=("polarity", "delay", "comb"),
    aspect="phase",
    find=find,
    gauge=gauge,
    answers=answers,
    because=because,
    least=LEAST_LOST_DB,
)
"""Polarity and delay between tracks that heard one source."""
