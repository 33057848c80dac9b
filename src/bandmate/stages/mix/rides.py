"""Rides: a track that is too soft or too loud in one section only, and the fader move that puts it back there.

A track's level in a section is compared with its own level in the other sections, and that difference with what the
other tracks do: where all get louder together, that is the song. What is left is a fault only if the track is steady in
all its other sections; a part that is played softly here and hard there is music.

Conventions: levels are those of the moments in which the track plays, as it leaves its fader, in dB. Sections come from
the session's structure; without at least three there is nothing to compare. The move is an automation of its own, with
short ramps into the section and out of it, so it adds to whatever the fader does.

Not covered: unevenness inside a section; parts that differ by nature (cymbals, toms, percussion, effects, doubles);
songs and tracks with two sections, where nobody can say which of the two is off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.address import ABSENT
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.moves import Move
from bandmate.song.tracks import Automation, AutomationPoint, Track
from bandmate.stages.mix.balance import FOCUS_LU
from bandmate.stages.mix.dynamics_ride import RIDE_ID as PHRASES_ID
from bandmate.stages.mix.family import Answer
from bandmate.stages.mix.masking import Stretch, hops_of, playing
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name

Curve = npt.NDArray[np.float64]

RIDE_ID = "ride"
NOT_STEADY = ("toms", "cymbals", "percussion", "effects", "backing-vox", "drums")
"""Roles whose parts differ from section to section."""

LEAST_SECTION_SECONDS = 4.0
LEAST_PLAYING_SECONDS, LEAST_PLAYING_SHARE, PLAYING_DB = 2.0, 0.2, -30.0
FEWEST_SECTIONS, FEWEST_OTHERS = 3, 3

USUAL_DB, SURE_PER_DB = 5.0, 1.0
"""At so much a ride is as likely right as wrong; steady tracks of balanced songs stay below."""

STEADY_DB = 4.0
"""The other sections of the track must lie within so much of each other."""

MOST_DEVIATION_DB = 14.0
"""Further off it is another part, not a fader."""

LEFT_DB, STEP_DB, MOST_RIDE_DB = 1.0, 0.5, 6.0
RAMP_SECONDS = 0.1
RIDE_CONFIDENCE = 0.95
UNKNOWN_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Deviation:
    """A track in one section: how far it is off its other sections beside what the other tracks do, and by how much
    those other sections differ; dB."""

    track_id: str
    stretch: Stretch
    off_db: float
    spread_db: float


def sections_of(session: Session) -> list[Stretch]:
    """The sections of the song that are long enough to be judged; empty where there are none."""
    found = [(section.start_seconds, section.end_seconds) for section in session.structure.sections]
    return [(start, end) for start, end in found if end - start >= LEAST_SECTION_SECONDS]


def levels_of(session: Session, sections: Sequence[Stretch]) -> dict[str, Curve]:
    """Level of every track in every section, dB; NaN where it does not play enough."""
    found = {}
    for track in session.tracks:
        power, hop_seconds = session.power(track.id), session.hearing(track.id).hop_seconds
        by_time, plays = power.sum(axis=0, dtype=np.float64), playing(power, PLAYING_DB)
        levels = np.full(len(sections), np.nan)
        for i, stretch in enumerate(sections):
            start, end = hops_of(stretch, hop_seconds, len(by_time))
            heard = plays[start:end]
            if heard.sum() * hop_seconds >= LEAST_PLAYING_SECONDS and heard.mean() >= LEAST_PLAYING_SHARE:
                levels[i] = 10 * np.log10(by_time[start:end][heard].mean())
        found[track.id] = levels
    return found


def deviation(levels: dict[str, Curve], track_id: str, index: int, sections: Sequence[Stretch]) -> Deviation | None:
    """How a track stands in a section; None where it or the others play in too few."""
    own = levels[track_id]
    elsewhere = [i for i in range(len(own)) if i != index and not np.isnan(own[i])]
    if np.isnan(own[index]) or len(elsewhere) + 1 < FEWEST_SECTIONS:
        return None
    changes = [change_of(other, index) for name, other in levels.items() if name != track_id]
    others = [change for change in changes if not np.isnan(change)]
    if len(others) < FEWEST_OTHERS:
        return None
    # What is left of each other section beside what the other tracks do there.
    rest = [own[i] - anchor(levels, track_id, i) for i in elsewhere]
    off_db = float(own[index] - anchor(levels, track_id, index) - np.median(rest))
    return Deviation(track_id, sections[index], off_db, float(max(rest) - min(rest)))


def change_of(levels: Curve, index: int) -> float:
    """A track's level in a section against its other sections; NaN where it cannot be said."""
    others = np.delete(levels, index)
    others = others[~np.isnan(others)]
    return float(levels[index] - np.median(others)) if len(others) else math.nan


def anchor(levels: dict[str, Curve], track_id: str, index: int) -> float:
    """By how much the other tracks are louder in a section than on their own average, the median; 0 for none."""
    changes = []
    for name, other in levels.items():
        known = other[~np.isnan(other)]
        if name != track_id and len(known) > 1 and not np.isnan(other[index]):
            changes.append(other[index] - float(np.median(known)))
    return float(np.median(changes)) if changes else 0.0


def find_rides(session: Session) -> list[Finding]:
    """The sections in which a steady track is surely off, furthest first."""
    sections = sections_of(session)
    if len(sections) < FEWEST_SECTIONS:
        return []
    levels = levels_of(session, sections)
    found = []
    for track in session.tracks:
        if session.guess(track.id).role in NOT_STEADY or has_own_rides(track):
            continue
        for index in range(len(sections)):
            one = deviation(levels, track.id, index, sections)
            confidence = certainty(one, session) if one else 0.0
            if one and confidence >= SURE_ENOUGH:
                found.append((abs(one.off_db), finding_of(one, confidence, session)))
    return [finding for _, finding in sorted(found, key=lambda pair: -pair[0])]


def certainty(one: Deviation, session: Session) -> float:
    """How sure that this is a fault; 0 where the track is not steady elsewhere."""
    if one.spread_db > STEADY_DB or abs(one.off_db) > MOST_DEVIATION_DB:
        return 0.0
    focus = FOCUS_LU if one.off_db > 0 and one.track_id in session.brief.focus else 0.0
    sure = 1 / (1 + math.exp(-SURE_PER_DB * (abs(one.off_db) - USUAL_DB - focus)))
    return sure * (UNKNOWN_SHARE if session.guess(one.track_id).role == "unknown" else 1.0)


def has_own_rides(track: Track) -> bool:
    """Whether the musician moves this fader over time; rides of ours do not count."""
    return any(one.parameter == "gain_db" and one.points and not is_ours(one) for one in track.automation)


def is_ours(automation: Automation) -> bool:
    """Whether it is a ride that this stage proposed: of a section, or of the phrases."""
    return automation.id.startswith(f"{RIDE_ID}-") or automation.id == PHRASES_ID


def finding_of(one: Deviation, confidence: float, session: Session) -> Finding:
    name, (start, end) = spoken_name(session.song.track(one.track_id)), one.stretch
    where = session.where(start, end)
    softer = "softer" if one.off_db < 0 else "louder"
    figure = Evidence(
        what=f"level of {name} against its other sections and the other tracks, either way",
        unit="dB",
        before=abs(one.off_db),
        target=0.0,
        where=where,
    )
    return Finding(
        id=f"{softer}-{one.track_id}-{round(start)}s",
        kind="buried" if one.off_db < 0 else "sticking-out",
        tracks=(one.track_id,),
        start_seconds=start,
        end_seconds=end,
        where=where,
        sentence=sentence_of(name, abs(one.off_db), softer, where),
        hint=f"listen to {name} in {where} and before and after: does it keep its place among the others?",
        confidence=round(confidence, 2),
        evidence=(figure,),
    )


def sentence_of(name: str, off_db: float, softer: str, where: str) -> str:
    return f"{name} is {off_db:.1f} dB {softer} in {where} than in its other sections, beside what the other tracks do"


def is_ride(finding: Finding) -> bool:
    """Whether a finding is about one section."""
    return bool(finding.where)


def now_in(session: Session, finding: Finding) -> Deviation | None:
    """The deviation of a finding on a state of the song."""
    sections = sections_of(session)
    stretch = (finding.start_seconds, finding.end_seconds)
    near = [i for i, one in enumerate(sections) if overlap(one, stretch) >= 0.5 * (stretch[1] - stretch[0])]
    levels = levels_of(session, sections)
    if not near or finding.tracks[0] not in levels:
        return None
    return deviation(levels, finding.tracks[0], near[0], sections)


def overlap(one: Stretch, other: Stretch) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def gauge_ride(session: Session, finding: Finding) -> float | None:
    """How far the track is off in the section, dB, either way; None where that cannot be said."""
    now = now_in(session, finding)
    return None if now is None else abs(now.off_db)


def answer_ride(session: Session, finding: Finding) -> Sequence[Answer]:
    """The fader ridden back in the section; nothing where it is in its place by now."""
    now, track = now_in(session, finding), session.song.track(finding.tracks[0])
    if now is None or certainty(now, session) < SURE_ENOUGH or has_own_rides(track):
        return ()
    wanted = -math.copysign(abs(now.off_db) - LEFT_DB, now.off_db)
    gain_db = float(np.clip(round(wanted / STEP_DB) * STEP_DB, -MOST_RIDE_DB, MOST_RIDE_DB))
    ride = ride_over(session, now.stretch, gain_db)
    if any(one.id == ride.id for one in track.automation):
        return ()
    move = Move(address=f"tracks/{track.id}/automation/{ride.id}", before=ABSENT, after=ride)
    evidence = (Evidence(what="step of the fader in the section", unit="dB", after=gain_db, where=finding.where),)
    deed = f"riding the fader by {gain_db:+.1f} dB there"
    return (Answer((move,), abs(now.off_db + gain_db), deed, RIDE_CONFIDENCE, evidence),)


def ride_over(session: Session, stretch: Stretch, gain_db: float) -> Automation:
    """An automation that steps to ``gain_db`` at the start of a stretch and back at its end."""
    start, end = stretch
    ends_with_song = end >= max(heard.seconds for heard in session.hearings().values()) - RAMP_SECONDS
    corners = [] if start <= RAMP_SECONDS else [(start - RAMP_SECONDS, 0.0)]
    corners.append((start if corners else 0.0, gain_db))
    corners += [] if ends_with_song else [(end - RAMP_SECONDS, gain_db), (end, 0.0)]
    ticks = session.song.tempo.ticks_at
    points = tuple(
        AutomationPoint(id=str(number), at_ticks=ticks(max(at, 0.0)), value=value)
        for number, (at, value) in enumerate(corners, 1)
    )
    return Automation(id=f"{RIDE_ID}-{points[0].at_ticks}", parameter="gain_db", points=points)


def because_ride(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    """How far it was off, and is."""
    name = spoken_name(session.song.track(finding.tracks[0]))
    softer = "softer" if finding.kind == "buried" else "louder"
    off = sentence_of(name, figure.before or 0.0, softer, finding.where)
    return f"{off}; {answer.deed} leaves {figure.after:.1f} dB"
