"""The master stage: one tonal trim where it is needed, then gain and true-peak limiter to a delivery profile.

Both are tried on the sound before they are shown. A master that already meets its profile gets no proposal.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from bandmate.song.address import ABSENT, by_id
from bandmate.song.devices import AnyDevice, Limiter
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, lock_at
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.delivery import DeliveryProfile, delivery_profile
from bandmate.stages.master.solve import Solved, solve_limiter
from bandmate.stages.master.tone import DEVICE_ID as TONE_ID
from bandmate.stages.master.tone import TOLERANCE_DB, ToneFault, distance_of, find_tone_fault
from bandmate.stages.mix.roles import SURE_ENOUGH, role_from_name
from bandmate.stages.words import clock, spoken_name

STAGE = "master"
LIMITER_ID = "master-limiter"
MASTERING_IDS = (TONE_ID, LIMITER_ID)
"""The devices that this stage puts on the main bus."""
CLOSE_ENOUGH_LU = 0.1
"""Meters read in tenths: a song this near to its target reads as asked for."""

TONE_MUST_GAIN_DB = 0.5
"""How much nearer to the usual spectrum a trim must measurably bring its region."""

HARD_DB = 6.0
VERY_HARD_DB = 9.0
"""Most that the limiter takes off: beyond the first it is said, beyond the second no more than even odds are given."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the result has to measure; no loudness when the destination has none."""

    name: str
    loudness_lufs: float | None
    ceiling_dbtp: float
    origin: str

    def is_met_by(self, heard: Hearing) -> bool:
        """Whether loudness and true peak are as they should be."""
        if heard.highest_peak_dbtp > self.ceiling_dbtp:
            return False
        if self.loudness_lufs is None or heard.integrated_lufs is None:
            return self.loudness_lufs is None
        return abs(heard.integrated_lufs - self.loudness_lufs) <= CLOSE_ENOUGH_LU


def propose_master(song: Song, brief: MasterBrief, *, ears: Ears, version: str = "", seed: int = 0) -> Proposal:
    """Moves that bring ``song`` to a delivery profile, each with measured evidence.

    ``seed`` is recorded; this stage uses no randomness. For silence, for less than 400 ms of sound and for a song that
    already meets the profile there are no moves, and the remarks say so.

    Raises
    ------
    UnknownName
        if there is no such delivery profile.
    """
    goal = goal_of(delivery_profile(brief.profile), brief)
    remarks = [f"target: {goal.name}, {goal.origin}"]
    plain = without_mastering(song)
    now = ears.main(song, check=True)
    moves: list[Move] = []
    if now.integrated_lufs is None:
        remarks.append("no suggestion: the song is silent or shorter than 400 ms, so there is no loudness to aim with")
    elif goal.is_met_by(now) and song != plain:
        remarks.append("no suggestion: the master meets the profile")
    else:
        moves, more = moves_to(goal, song, plain, brief=brief, ears=ears)
        remarks += more
    count = len(moves)
    return Proposal(
        stage=STAGE,
        title=f"{count} {'move' if count == 1 else 'moves'} to {goal.name}" if count else f"nothing for {goal.name}",
        moves=tuple(moves),
        remarks=tuple(remarks),
        brief=msgspec.to_builtins(brief),
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def goal_of(profile: DeliveryProfile, brief: MasterBrief) -> Goal:
    """The profile with what the brief replaces; its origin then says that the musician asked for that."""
    asked = [f"{brief.loudness_lufs:g} LUFS"] if brief.loudness_lufs is not None else []
    asked += [f"{brief.ceiling_dbtp:g} dBTP"] if brief.ceiling_dbtp is not None else []
    return Goal(
        name=profile.name,
        loudness_lufs=profile.loudness_lufs if brief.loudness_lufs is None else brief.loudness_lufs,
        ceiling_dbtp=profile.ceiling_dbtp if brief.ceiling_dbtp is None else brief.ceiling_dbtp,
        origin=f"{profile.origin}; asked for instead: {', '.join(asked)}" if asked else profile.origin,
    )


def without_mastering(song: Song) -> Song:
    """``song`` without what this stage put on its main bus; the same object when there is nothing of it."""
    left = tuple(device for device in song.main.inserts if device.id not in MASTERING_IDS)
    if len(left) == len(song.main.inserts):
        return song
    return replace(song, main=replace(song.main, inserts=left))


def with_device(song: Song, device: AnyDevice) -> Song:
    """``song`` with ``device`` last on the main bus."""
    return replace(song, main=replace(song.main, inserts=(*song.main.inserts, device)))


def moves_to(goal: Goal, song: Song, plain: Song, *, brief: MasterBrief, ears: Ears) -> tuple[list[Move], list[str]]:
    """The moves, and what was left alone. ``plain`` is the song without earlier mastering moves."""
    moves: list[Move] = []
    remarks: list[str] = []
    heard = ears.main(plain, check=True)
    tuned = plain
    lone = lone_instrument(song)
    fault = find_tone_fault(heard) if brief.tone and lone is None and is_free(song, TONE_ID) else None
    if fault is not None:
        tried = with_device(plain, fault.device)
        after = ears.main(tried, check=True)
        if abs(fault.distance_db) - abs(distance_of(after, fault.region)) >= TONE_MUST_GAIN_DB:
            moves.append(tone_move(song, fault, after))
            tuned = tried
        else:
            remarks.append(f"tone: {fault.region.name} far from usual, but a trim does not help; left alone")
    elif brief.tone and lone is not None:
        remarks.append(f"tone: {spoken_name(lone)} alone is not judged against whole records; left alone")
    elif brief.tone:
        remarks.append("tone: every region is inside the tolerance; left alone")
    if brief.loudness and not is_free(song, LIMITER_ID):
        remarks.append("loudness: main is locked; left alone")
    elif brief.loudness:
        move, remark = limiter_move(goal, song, tuned, heard=heard, ears=ears)
        moves += [move] if move else []
        remarks += [remark] if remark else []
    return moves, remarks


def lone_instrument(song: Song) -> Track | None:
    """The only track of a song when it is known to be one instrument and not a mix."""
    sounding = [track for track in song.tracks if track.clips and not track.mute]
    if len(sounding) != 1:
        return None
    is_known = sounding[0].role != "unknown" or role_from_name(spoken_name(sounding[0])).confidence >= SURE_ENOUGH
    return sounding[0] if is_known else None


def is_free(song: Song, device_id: str) -> bool:
    """Whether no lock keeps that device off the main bus."""
    return lock_at(song, f"main/inserts/{device_id}") is None


def placed(song: Song, device: AnyDevice) -> Move:
    """The bare move that brings ``device`` to the end of the main bus, or changes the one of that id."""
    present = by_id(song.main.inserts).get(device.id, ABSENT)
    return Move(address=f"main/inserts/{device.id}", before=present, after=device)


def tone_move(song: Song, fault: ToneFault, after: Hearing) -> Move:
    left = distance_of(after, fault.region)
    side = "above" if fault.distance_db > 0 else "below"
    distance = f"{abs(fault.distance_db):.1f} dB {side} the usual fall of the spectrum"
    because = f"{fault.region.name} {fault.region.verb} {distance}; the trim leaves {abs(left):.1f} dB"
    evidence = (
        Evidence(
            what=f"{fault.region.name} against the usual spectrum",
            unit="dB",
            before=fault.distance_db,
            after=left,
            target=0.0,
        ),
    )
    beyond_db = abs(fault.distance_db) - TOLERANCE_DB
    confidence = min(0.7, 0.5 + 0.03 * beyond_db)
    return replace(placed(song, fault.device), because=because, evidence=evidence, confidence=round(confidence, 2))


def limiter_move(goal: Goal, song: Song, tuned: Song, *, heard: Hearing, ears: Ears) -> tuple[Move | None, str | None]:
    """The limiter, or why there is none."""
    limiter = Limiter(id=LIMITER_ID, gain_db=0.0, ceiling_dbtp=goal.ceiling_dbtp)
    before = ears.main(tuned, check=True)
    if goal.is_met_by(before):
        return None, f"loudness: the song meets {goal.name} as it is; left alone"
    if goal.loudness_lufs is None:
        solved = None
    else:
        solved = solve_limiter(ears.renderer(tuned).blocks(), limiter, song.rate_hz, goal.loudness_lufs)
        limiter = solved.limiter
    after = ears.main(with_device(tuned, limiter), check=True)
    if after.highest_peak_dbtp > goal.ceiling_dbtp:
        excess = after.highest_peak_dbtp - goal.ceiling_dbtp
        limiter = replace(limiter, ceiling_dbtp=goal.ceiling_dbtp - excess - 0.02)
        after = ears.main(with_device(tuned, limiter), check=True)
    because = limiter_reason(goal, heard, after, solved)
    move = replace(
        placed(song, limiter),
        because=because,
        evidence=limiter_evidence(goal, heard, after, solved),
        confidence=limiter_confidence(solved),
    )
    return move, hard_work(solved)


def limiter_reason(goal: Goal, heard: Hearing, after: Hearing, solved: Solved | None) -> str:
    if goal.loudness_lufs is None or solved is None:
        return (
            f"the song peaks at {heard.highest_peak_dbtp:.1f} dBTP; {goal.name} wants at most {goal.ceiling_dbtp:.1f}, "
            f"with the limiter it peaks at {after.highest_peak_dbtp:.1f}"
        )
    return (
        f"the song measures {heard.integrated_lufs:.1f} LUFS with peaks to {heard.highest_peak_dbtp:.1f} dBTP; "
        f"the target for {goal.name} is {goal.loudness_lufs:.1f}; with gain and limiter it measures "
        f"{after.integrated_lufs:.1f} LUFS and {after.highest_peak_dbtp:.1f} dBTP, "
        f"and the limiter takes off {solved.max_reduction_db:.1f} dB at most"
    )


def limiter_evidence(goal: Goal, heard: Hearing, after: Hearing, solved: Solved | None) -> tuple[Evidence, ...]:
    found = [
        Evidence(
            what="integrated loudness",
            unit="LUFS",
            before=heard.integrated_lufs,
            after=after.integrated_lufs,
            target=goal.loudness_lufs,
            where=goal.name,
        ),
        Evidence(
            what="true peak, the higher of the 4x and 16x readings",
            unit="dBTP",
            before=heard.highest_peak_dbtp,
            after=after.highest_peak_dbtp,
            target=goal.ceiling_dbtp,
        ),
        Evidence(what="loudness range", unit="LU", before=heard.range_lu, after=after.range_lu),
    ]
    if solved is not None:
        at = clock(solved.reduction_at_seconds) if solved.reduction_at_seconds is not None else ""
        found += [
            Evidence(what="most that the limiter takes off", unit="dB", after=solved.max_reduction_db, where=at),
            Evidence(what="what it takes off on average", unit="dB", after=solved.mean_reduction_db),
        ]
    return tuple(found)


def limiter_confidence(solved: Solved | None) -> float:
    """The harder the limiter has to work, the less sure that this is what the musician wants."""
    if solved is None or solved.max_reduction_db <= HARD_DB / 2:
        return 0.95
    if solved.max_reduction_db <= HARD_DB:
        return 0.85
    return 0.7 if solved.max_reduction_db <= VERY_HARD_DB else 0.5


def hard_work(solved: Solved | None) -> str | None:
    if solved is None:
        return None
    if not solved.reached:
        return (
            f"loudness: stopped at {solved.loudness_lufs:.1f} LUFS, where the limiter takes off "
            f"{solved.mean_reduction_db:.1f} dB on average; more would squash the song"
        )
    if solved.max_reduction_db > HARD_DB:
        at = f" at {clock(solved.reduction_at_seconds)}" if solved.reduction_at_seconds is not None else ""
        return f"limiter is working hard: {solved.max_reduction_db:.1f} dB reduction{at}; a lower target is gentler"
    return None
