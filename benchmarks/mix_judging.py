"""When a finding or a move is right: what was planted against what was said.

* A finding *names* a fault when its kind is one of those that the fault answers to, it is about the same track (both
  tracks, for masking and for a bass against a kick), and place and range meet where the fault has them.
* A finding is *explained* by a fault when it names it, or when it is about a faulty track and the same song without
  faults did not have it: it is there because of the fault, even when it calls it otherwise. A guitar 12 dB too loud
  masks the voice; to say so is no false finding.
* A finding that names a fault which the recordings have by themselves (``BenchSong.known``) is right too; such faults
  are not asked for.
* Every other finding is *false*.
* A move is *right* when the finding that it answers is explained by a fault and it goes the right way: down for
  what was made too loud, up for what was made too soft. Of several answers to one finding the first counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.mix_bench import Fault
from benchmarks.mix_songs import BenchSong

if TYPE_CHECKING:
    from bandmate.song.findings import Finding
    from bandmate.song.moves import Move
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song
    from bandmate.stages.ears import Memory

BOTH_TRACKS = ("masking", "low-end")
LEVEL_ADDRESSES = ("gain_db", "automation")
HEARD_DB = 40.0
LOW_HZ, HIGH_HZ = 30.0, 16_500.0
LEGACY = {"polarity": "polarity_inverted", "delay": "delay_ms", "gain": "gain_db", "rumble": "rumble"}
"""What the first version of the stage moves without saying a finding."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the stage said of one song with faults: of each fault whether it was found, of each finding whether a fault
    explains it, of each move its confidence and whether it was right, and its forecasts with what came of them."""

    song: str
    is_named: bool
    faults: tuple[Fault, ...]
    found: tuple[bool, ...]
    false: tuple[str, ...]
    moves: tuple[tuple[float, bool, str], ...]
    forecasts: tuple[tuple[float, float, float, str], ...]
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Clean:
    """What the stage said of a balanced song: its findings, its moves, and by how much they would change the mix.

    What it rightly said of faults that the recordings have by themselves does not count.
    """

    song: str
    is_named: bool
    findings: tuple[str, ...]
    moves: tuple[str, ...]
    levels_db: float
    tone_db: float
    cpu_seconds: float


def asked(song: BenchSong, memory: Memory, **brief: object) -> Proposal:
    """What the stage proposes."""
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.propose import propose_mix

    return propose_mix(song.song, MixBrief(**brief), ears=song.ears(memory))  # type: ignore[arg-type]


def first_answers(moves: Sequence[Move]) -> list[Move]:
    """The moves without those that are offered instead of others."""
    chosen: dict[str, str] = {}
    for move in moves:
        if move.choice:
            chosen.setdefault(move.finding, move.choice)
    return [move for move in moves if not move.choice or chosen[move.finding] == move.choice]


def names(fault: Fault, finding: Finding, song: BenchSong) -> bool:
    """Whether a finding names a fault."""
    if finding.kind not in fault.answers:
        return False
    if fault.kind == "crowded":
        return True
    concerned = set(fault.tracks) & set(finding.tracks)
    needed = len(fault.tracks) if fault.kind in BOTH_TRACKS else 1
    if fault.kind in BOTH_TRACKS and len(finding.tracks) == 1:
        # What is said of one track names the fault where it is said of the one that was changed.
        concerned, needed = concerned & {fault.tracks[0]}, 1
    if len(concerned) < needed:
        return False
    return meets_in_time(fault, finding, song) and meets_in_range(fault, finding)


def meets_in_time(fault: Fault, finding: Finding, song: BenchSong) -> bool:
    """Whether they overlap by half of the shorter; a finding about all of the song meets every fault, and so does one
    that a part is uneven."""
    whole = max(audio.seconds for audio in song.recordings.values())
    if fault.end_seconds is None or finding.kind == "uneven" or finding.end_seconds <= finding.start_seconds:
        return True
    shared = min(fault.end_seconds, finding.end_seconds) - max(fault.start_seconds, finding.start_seconds)
    shorter = min(fault.end_seconds - fault.start_seconds, finding.end_seconds - finding.start_seconds, whole)
    return shared >= 0.5 * shorter


def meets_in_range(fault: Fault, finding: Finding) -> bool:
    """Whether their frequencies overlap; no range is all of them."""
    if fault.low_hz is None or finding.low_hz is None or fault.high_hz is None or finding.high_hz is None:
        return True
    return fault.low_hz <= finding.high_hz and finding.low_hz <= fault.high_hz


def not_known(proposal: Proposal, song: BenchSong) -> tuple[list[Finding], list[Move]]:
    """The findings that name no fault of the recordings themselves, and the first answers to all but those."""
    known = {one.id for one in proposal.findings if any(names(fault, one, song) for fault in song.known)}
    findings = [one for one in proposal.findings if one.id not in known]
    return findings, [move for move in first_answers(proposal.moves) if move.finding not in known]


def same(one: Finding, other: Finding) -> bool:
    """Whether two songs have the same to say of the same tracks."""
    return one.kind == other.kind and set(one.tracks) == set(other.tracks)


def is_explained(finding: Finding, faults: Sequence[Fault], clean: Sequence[Finding], song: BenchSong) -> bool:
    """Whether a finding is there because of a fault."""
    if any(names(fault, finding, song) for fault in (*faults, *song.known)):
        return True
    if any(same(finding, before) for before in clean):
        return False
    return any(set(fault.tracks) & set(finding.tracks) for fault in faults)


def goes_right(move: Move, faults: Sequence[Fault]) -> bool:
    """Whether a move of a level goes against what was done to that track; other moves have no wrong way."""
    step = level_step(move)
    track = move.address.split("/")[1] if move.address.startswith("tracks/") else ""
    wanted = [fault.direction for fault in faults if fault.direction and fault.tracks[0] == track]
    return not wanted or step == 0.0 or any(np.sign(step) == -direction for direction in wanted)


def level_step(move: Move) -> float:
    """By how much a move turns a track up, dB; 0 for what is no level."""
    if isinstance(move.before, int | float) and isinstance(move.after, int | float):
        return float(move.after - move.before) if move.address.endswith("gain_db") else 0.0
    points = getattr(move.after, "points", ())
    if getattr(move.after, "parameter", "") == "gain_db" and points:
        return float(sorted(points, key=lambda point: -abs(point.value))[0].value)
    return 0.0


def is_right(
    move: Move, proposal: Proposal, faults: Sequence[Fault], clean: Sequence[Finding], song: BenchSong
) -> bool:
    """Whether a move answers a fault, in the right direction."""
    finding = next((one for one in proposal.findings if one.id == move.finding), None)
    if finding is None:
        return any(undoes(move, fault) for fault in faults)
    return is_explained(finding, faults, clean, song) and goes_right(move, faults)


def undoes(move: Move, fault: Fault) -> bool:
    """For moves that name no finding: whether this one is about the fault's track and of its kind."""
    track = move.address.split("/")[1] if "/" in move.address else ""
    mark = LEGACY.get(fault.kind, "")
    if track not in fault.tracks or not mark or (mark not in move.address and mark not in str(move.after)):
        return False
    return goes_right(move, [fault])


def said(song: BenchSong, faults: Sequence[Fault], clean: Sequence[Finding], memory: Memory) -> Said:
    """Ask about a song with faults, and judge the answer."""
    import time

    began = time.process_time()
    proposal = asked(song, memory)
    seconds = time.process_time() - began
    first = first_answers(proposal.moves)
    found = tuple(
        any(names(fault, finding, song) for finding in proposal.findings)
        or any(not move.finding and undoes(move, fault) for move in first)
        for fault in faults
    )
    false = tuple(label(f) for f in proposal.findings if not is_explained(f, faults, clean, song))
    return Said(
        song=song.name,
        is_named=not song.name.endswith("unnamed"),
        faults=tuple(faults),
        found=found,
        false=false,
        moves=tuple(
            (move.confidence, is_right(move, proposal, faults, clean, song), kind_of(move, proposal))
            for move in first
            if not move.address.startswith("main")
        ),
        forecasts=tuple(forecasts(proposal)),
        cpu_seconds=seconds,
    )


def kind_of(move: Move, proposal: Proposal) -> str:
    """The kind of finding that a move answers; its address where it names none."""
    return next((f.kind for f in proposal.findings if f.id == move.finding), move.address.rsplit("/", 1)[-1])


def label(finding: Finding) -> str:
    """A finding in a line."""
    return f"{finding.kind} {'/'.join(finding.tracks)} ({finding.confidence:.2f})"


def forecasts(proposal: Proposal) -> list[tuple[float, float, float, str]]:
    """Before, predicted and after of every figure that was predicted; each figure of an answer once."""
    found: dict[tuple[object, ...], tuple[float, float, float, str]] = {}
    for move in proposal.moves:
        for one in move.evidence:
            if one.predicted is not None and one.before is not None and one.after is not None:
                key = (move.finding, move.choice, one.what, one.before, one.after)
                found[key] = (one.before, one.predicted, one.after, kind_of(move, proposal))
    return list(found.values())


def change_db(song: BenchSong, after: Song, memory: Memory) -> tuple[float, float]:
    """By how much a song was changed, as two figures in dB.

    Levels: the change of each track's loudness while it plays, after its fader; root of the mean square over the
    tracks, each weighted by its loudness (as power) before. Tone: the difference of the mixes' 1/3-octave levels from
    31.5 Hz to 16 kHz after both are set to the same level, over the bands less than 40 dB below the highest; root of
    the mean square. The level of the whole counts in neither.
    """
    ears = song.ears(memory)
    was, now = (loudness_by_track(song, state, memory) for state in (song.song, after))
    steps = [now[track_id] - was[track_id] for track_id in was]
    weights = [10 ** (level / 10) for level in was.values()]
    levels = np.sqrt(np.average(np.square(steps), weights=weights)) if steps else 0.0
    one, other = ears.main(song.song), ears.main(after)
    hz = np.array(one.band_hz)
    was_db, now_db = np.array(one.band_db), np.array(other.band_db)
    heard = (hz > LOW_HZ) & (hz < HIGH_HZ) & (was_db > was_db.max() - HEARD_DB) & np.isfinite(now_db)
    apart = now_db[heard] - was_db[heard]
    return float(levels), float(np.sqrt(np.mean((apart - apart.mean()) ** 2)))


def loudness_by_track(song: BenchSong, state: Song, memory: Memory) -> dict[str, float]:
    """Each track's loudness while it plays as it leaves its fader, in a state of a song; silent tracks are left out.

    Heard after the inserts; what fader, pan and automation do is multiplied in, which is exact.
    """
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.session import Session

    session = Session(state, song.ears(memory), MixBrief())
    session.listen()
    return {track.id: session.loudness_lufs(track.id) for track in session.tracks}


def made(song: Song, moves: Sequence[Move]) -> Song:
    """The song with these moves."""
    from bandmate.song.moves import apply

    for move in moves:
        song = apply(song, move)
    return song
