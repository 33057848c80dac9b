"""The master stage: from what the musician asks to a proposal whose every move was tried on the sound.

Without references only measured faults are worth a move, and gain and limiter to a delivery profile. A master that
already meets what is asked for gets no proposal.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from bandmate.song.address import ABSENT, by_id
from bandmate.song.devices import Device
from bandmate.song.moves import Move, lock_at
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.ears import Ears
from bandmate.stages.master.brief import REFERENCE, MasterBrief
from bandmate.stages.master.design import Request
from bandmate.stages.master.finish import Mastered, hard_work, mastered
from bandmate.stages.master.goal import Goal, goal_of
from bandmate.stages.master.nodes import CHAIN_IDS, Node
from bandmate.stages.master.study import Study, study_of
from bandmate.stages.master.target import Target, target_of
from bandmate.stages.mix.roles import SURE_ENOUGH, role_from_name
from bandmate.stages.words import spoken_name

STAGE = "master"


def propose_master(song: Song, brief: MasterBrief, *, ears: Ears, version: str = "", seed: int = 0) -> Proposal:
    """Moves that bring ``song`` to what the brief asks for, each with measured evidence.

    ``seed`` is recorded; this stage uses no randomness. For silence, for less than 400 ms of sound and for a song that
    already is as asked there are no moves, and the remarks say so.

    Raises
    ------
    UnknownName
        if there is no such delivery profile.
    RequestError
        if the references are to say how loud, and cannot.
    """
    with study_of(without_mastering(song), ears) as study:
        return proposal_for(song, brief, study, tried(song, brief, study), version=version, seed=seed)


def tried(song: Song, brief: MasterBrief, study: Study) -> Mastered | None:
    """The master of ``song``, tried on the bench; None where there is no loudness to aim with."""
    target = target_of(brief.references)
    goal = goal_of(brief, target)
    if study.before.integrated_lufs is None:
        return None
    lone = lone_instrument(song)
    request = Request(
        brief=brief,
        goal=goal,
        target=target,
        is_free=lambda device_id: is_free(song, device_id),
        lone_instrument=spoken_name(lone) if lone else "",
    )
    return mastered(study, request)


def proposal_for(
    song: Song, brief: MasterBrief, study: Study, done: Mastered | None, *, version: str = "", seed: int = 0
) -> Proposal:
    """What was tried, as moves and remarks."""
    target = target_of(brief.references)
    goal = goal_of(brief, target)
    remarks = [f"target: {goal.name}, {goal.origin}", *reference_remarks(brief, target)]
    moves: tuple[Move, ...] = ()
    if done is None:
        remarks.append("no suggestion: the song is silent or shorter than 400 ms, so there is no loudness to aim with")
    else:
        moves = moves_of(song, study, done)
        remarks += remarks_of(done)
        if not moves and goal.is_met_by(done.after):
            remarks.append(nothing_to_do(goal, brief))
    count = len(moves)
    return Proposal(
        stage=STAGE,
        title=f"{count} {'move' if count == 1 else 'moves'} to {goal.name}" if count else f"nothing for {goal.name}",
        moves=moves,
        remarks=tuple(remarks),
        brief=msgspec.to_builtins(brief),
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def nothing_to_do(goal: Goal, brief: MasterBrief) -> str:
    if brief.profile == REFERENCE:
        return "no suggestion: the song measures like the references"
    return "no suggestion: the master meets the profile"


def reference_remarks(brief: MasterBrief, target: Target | None) -> list[str]:
    """What is compared with, and what cannot be."""
    unusable = [one.portrait for one in brief.references if not one.portrait.is_usable]
    found = [
        f'"{portrait.name}" is not compared with: it is silent, or shorter than 3 seconds' for portrait in unusable
    ]
    if target is None:
        return [*found, "no reference: only measured faults are worth a move"]
    return [f"compared with: {', '.join(target.names)}", *found]


def remarks_of(done: Mastered) -> list[str]:
    """What was left alone, and what the limiter has to do."""
    found = [f"{node.name}: {node.sentence}" for node in done.nodes if node.state != "on"]
    hard = hard_work(done.solved, done.cost)
    return [*done.remarks, *found, *([hard] if hard else [])]


def moves_of(song: Song, study: Study, done: Mastered) -> tuple[Move, ...]:
    """One move for each device that is new or changes, and one for each that goes."""
    wanted = {node.id: node for node in done.nodes if node.state == "on" and node.device is not None}
    present = by_id(song.main.inserts)
    moves = []
    for device_id in CHAIN_IDS:
        node = wanted.get(device_id)
        if node is not None and node.device is not None:
            if present.get(device_id) != node.device:
                moves.append(move_to(song, study, done, node, node.device))
        elif device_id in present and is_free(song, device_id):
            because = "not part of this master"
            moves.append(
                Move(address=f"main/inserts/{device_id}", before=present[device_id], after=ABSENT, because=because)
            )
    return tuple(moves)


def move_to(song: Song, study: Study, done: Mastered, node: Node, device: Device) -> Move:
    """The move that brings a device to its place in the chain.

    A device that comes last, or that is there already, is named by its address. One that has to go between others is a
    change of the row of inserts, which alone says where.
    """
    present = by_id(song.main.inserts)
    later = CHAIN_IDS[CHAIN_IDS.index(device.id) + 1 :]
    bare = Move(address=f"main/inserts/{device.id}", before=present.get(device.id, ABSENT), after=device)
    if device.id not in present and any(name in present for name in later):
        place = next(n for n, one in enumerate(song.main.inserts) if one.id in later)
        row = (*song.main.inserts[:place], device, *song.main.inserts[place:])
        bare = Move(address="main/inserts", before=song.main.inserts, after=row)
    return replace(bare, because=node.sentence, evidence=node.evidence, confidence=node.confidence)


def without_mastering(song: Song) -> Song:
    """``song`` without what this stage put on its main bus; the same object when there is nothing of it."""
    left = tuple(device for device in song.main.inserts if device.id not in CHAIN_IDS)
    if len(left) == len(song.main.inserts):
        return song
    return replace(song, main=replace(song.main, inserts=left))


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
