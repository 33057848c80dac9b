"""Faders that are far from where such tracks usually sit, all through the song: buried, or sticking out.

A fader that would have to go above +6 dB stays, and the gain of the clip is raised instead: the recording is too quiet,
and a desk would run out of fader.

What is too soft or too loud in some sections only is in ``rides``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as with_fields

from bandmate.song.clips import AudioClip
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding, FindingKind
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.stages.mix.balance import (
    FEWEST_TRACKS,
    Part,
    Rebalance,
    distances,
    parts_of,
    rebalances,
)
from bandmate.stages.mix.family import Answer
from bandmate.stages.mix.parallel_bus import has_parallel
from bandmate.stages.mix.rides import has_own_rides
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.mix.session import Session
from bandmate.stages.words import spoken_name, spoken_role

HIGHEST_FADER_DB = 6.0


def find_balance(session: Session) -> list[Finding]:
    """The tracks that are surely out of place and whose move would be heard, furthest first."""
    return [finding_of(found, session) for found in found_in(session) if is_worth_it(found)]


def found_in(session: Session) -> tuple[Rebalance, ...]:
    """All tracks out of place but those whose fader is automated, and those that are squashed beside their own way:
    there the fader carries a part of the sound only."""
    song = session.song
    found = [(one, song.track(one.part.track_id)) for one in rebalances(parts_of(session))]
    return tuple(one for one, track in found if not has_own_rides(track) and not has_parallel(song, track))


def is_worth_it(found: Rebalance) -> bool:
    return found.confidence >= SURE_ENOUGH and found.helps


def finding_of(found: Rebalance, session: Session) -> Finding:
    part, kind = found.part, kind_of(found.distance_lu)
    end = max(heard.hop_seconds * heard.hops for heard in session.hearings().values())
    asks = "can it be heard well enough" if kind == "buried" else "does it leave the others room"
    return Finding(
        id=f"{kind}-{part.track_id}",
        kind=kind,
        tracks=(part.track_id,),
        end_seconds=end,
        sentence=f"{part.name} plays {abs(found.distance_lu):.1f} LU {usual_place(part, kind)}",
        hint=f"listen to {part.name} against the others: {asks}?",
        confidence=round(found.confidence, 2),
        evidence=(figure_of(part, abs(found.distance_lu)),),
    )


def kind_of(distance_lu: float) -> FindingKind:
    return "buried" if distance_lu < 0 else "sticking-out"


def usual_place(part: Part, kind: FindingKind) -> str:
    side = "below" if kind == "buried" else "above"
    return f"{side} where a {spoken_role(part.guess.role)} usually sits against these tracks"


def figure_of(part: Part, distance_lu: float) -> Evidence:
    what = f"distance from where a {spoken_role(part.guess.role)} usually sits in such a mix"
    return Evidence(what=what, unit="LU", before=distance_lu, target=0.0, where=part.track_id)


def gauge_balance(session: Session, finding: Finding) -> float | None:
    """How far the track is from its usual place, either way; None where it does not sound."""
    off = distances(parts_of(session)).get(finding.tracks[0])
    return None if off is None else abs(off)


def answer_balance(session: Session, finding: Finding) -> Sequence[Answer]:
    """The fader; nothing where earlier moves have put the track in its place."""
    parts = parts_of(session)
    found = next((one for one in found_in(session) if one.part.track_id == finding.tracks[0]), None)
    if found is None or not is_worth_it(found) or kind_of(found.distance_lu) != finding.kind:
        return ()
    own = found.part.track_id
    after = distances([with_gain(part, found.gain_db) if part.track_id == own else part for part in parts])
    move = fader_move(session.song.track(found.part.track_id), found.gain_db)
    return (
        Answer(
            moves=(move,),
            predicted=abs(after[found.part.track_id]),
            deed=f"{'up' if found.gain_db > 0 else 'down'} by {abs(found.gain_db):.1f} dB",
            evidence=evidence_of(found),
        ),
    )


def with_gain(part: Part, gain_db: float) -> Part:
    return with_fields(part, active_lufs=part.active_lufs + gain_db)


def evidence_of(found: Rebalance) -> tuple[Evidence, ...]:
    part = found.part
    heard = f"{part.name} itself can be heard" if found.gain_db > 0 else f"others can be heard beside {part.name}"
    return (
        Evidence(
            what="loudness while playing",
            unit="LUFS",
            before=part.active_lufs,
            after=part.active_lufs + found.gain_db,
            where=part.track_id,
        ),
        Evidence(
            what=f"share of time and bands in which {heard}",
            unit="%",
            before=100 * found.audible_before,
            after=100 * found.audible_after,
            where=part.track_id,
        ),
        Evidence(what="change of the fader", unit="dB", after=found.gain_db, where=part.track_id),
    )


def fader_move(track: Track, change_db: float) -> Move:
    """The fader, or the gain of the clip where the fader would go higher than most desks have it."""
    wanted = track.gain_db + change_db
    clip = track.clips[0]
    if wanted > HIGHEST_FADER_DB and len(track.clips) == 1 and isinstance(clip, AudioClip) and not track.inserts:
        return Move(
            address=f"tracks/{track.id}/clips/{clip.id}/gain_db", before=clip.gain_db, after=clip.gain_db + change_db
        )
    return Move(address=f"tracks/{track.id}/gain_db", before=track.gain_db, after=wanted)


def because_balance(session: Session, finding: Finding, answer: Answer, figure: Evidence) -> str:
    part = next(part for part in parts_of(session) if part.track_id == finding.tracks[0])
    share = answer.evidence[1]
    before, after = share.before or 0.0, share.after or 0.0
    who, whose = ("it is", "its") if finding.kind == "buried" else ("beside it the others are", "their")
    shares = f"{after:.0f} % instead of {before:.0f} %"
    distance = f"{part.name} plays {figure.before:.1f} LU {usual_place(part, finding.kind)}"
    return f"{distance}; then {who} heard in {shares} of {whose} bands and moments"


def balance_remarks(session: Session) -> list[str]:
    """What there is to say about the balance beside findings: what was left alone, and why."""
    said = [
        f"{spoken_name(track)}: its fader is automated; its balance is left alone"
        for track in session.tracks
        if has_own_rides(track)
    ]
    count = len(session.tracks)
    if 0 < count < FEWEST_TRACKS and len(session.song.tracks) > 1:
        said.append(f"balance: tracks to compare: {count}, too few to say what is usual; left alone")
    for found in found_in(session):
        if found.confidence < SURE_ENOUGH:
            far = f"{found.part.name}: {abs(found.distance_lu):.1f} LU off its usual place"
            said.append(f"{far}, maybe on purpose; left alone")
        elif not found.helps:
            said.append(
                f"{found.part.name}: {abs(found.distance_lu):.1f} LU from its usual place, "
                "but moving it would not make anything easier to hear; left alone"
            )
    return said
