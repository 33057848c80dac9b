"""The players of a mix report: the song without and with all moves, and with those of single findings, equally loud.

Conventions: each pair is a stretch in which the two differ most, at most ``LONGEST_SECONDS`` long. Both are turned down
to one loudness, and further where a peak would come above -1 dBTP. How near they are is measured on the encoded sound.

Not covered: files to be kept (``bandmate.verbs.comparing``), and tests that count answers (``bandmate.verbs.abx``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.song.errors import RequestError
from bandmate.verbs.comparing import matching_gains, most_different, two_songs
from bandmate.verbs.mix_heard import TwoMixes
from bandmate.verbs.players import player
from bandmate.verbs.printing import Printed, render_mix
from bandmate.verbs.progress import Progress

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.render.span import Span
    from bandmate.report.data import Player
    from bandmate.report.mix_data import FindingRow, PlayerGroup
    from bandmate.song.song import Song
    from bandmate.stages.ears import Ears

LONGEST_SECONDS = 20.0
FINDING_SECONDS = 12.0
MOST_GROUPS = 5
"""Beside the one of all moves."""

WITHOUT, WITH = "without", "with"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be compared: moves, and where in the song; None for where they make the most difference."""

    title: str
    moves: tuple[int, ...]
    stretch: tuple[float, float] | None = None


def player_groups(
    project: Project,
    state: ProposalState,
    mixes: TwoMixes,
    findings: Sequence[FindingRow],
    ears: Ears,
    progress: Progress,
) -> tuple[PlayerGroup, ...]:
    """All moves first, then those of findings; none where nothing differs or is loud enough to be matched."""
    wanted = wanted_groups(mixes, findings)
    found = []
    for count, one in enumerate(wanted):
        progress(f"playing {one.title}", count / len(wanted))
        group = group_of(project, state, mixes, one, ears)
        if group is not None:
            found.append(group)
    return tuple(found)


def wanted_groups(mixes: TwoMixes, findings: Sequence[FindingRow]) -> list[Wanted]:
    """What can be compared: one for each finding, or for each kind of finding where there are many."""
    from bandmate.report.mix_wording import heading, kind

    made = frozenset(mixes.moves)
    if not made or mixes.was is mixes.now:
        return []
    answered = [(row, moves) for row in findings if (moves := moves_of(row, made))]
    if len(answered) <= MOST_GROUPS:
        groups = [Wanted(heading(row), moves, (row.start_seconds, row.end_seconds)) for row, moves in answered]
    else:
        kinds: dict[str, list[tuple[FindingRow, tuple[int, ...]]]] = {}
        for row, moves in answered:
            kinds.setdefault(kind(row), []).append((row, moves))
        largest = sorted(kinds.items(), key=lambda item: -len(item[1]))[:MOST_GROUPS]
        groups = [grouped(name, rows) for name, rows in largest]
    return [Wanted("All moves", mixes.moves), *(one for one in groups if one.moves != mixes.moves)]


def grouped(name: str, rows: Sequence[tuple[FindingRow, tuple[int, ...]]]) -> Wanted:
    """All findings of one kind; their own stretch where there is only one."""
    numbers = tuple(sorted({number for _, moves in rows for number in moves}))
    if len(rows) == 1:
        row = rows[0][0]
        return Wanted(f"{name}: {' and '.join(row.tracks)}", numbers, (row.start_seconds, row.end_seconds))
    return Wanted(f"{name}, {len(rows)} findings", numbers)


def moves_of(row: FindingRow, made: frozenset[int]) -> tuple[int, ...]:
    """The numbers of the moves that answer a finding, of those that are made."""
    return tuple(move.number for answer in row.answers for move in answer.moves if move.number in made)


def group_of(project: Project, state: ProposalState, mixes: TwoMixes, wanted: Wanted, ears: Ears) -> PlayerGroup | None:
    """One pair; None where the moves cannot be made alone, make no difference, or leave silence."""
    from bandmate.report.mix_data import PlayerGroup

    try:
        before, after = two_songs(project.song, state, wanted.moves)
    except RequestError:
        return None
    if before == after:
        return None
    is_all = wanted.moves == mixes.moves
    span = shortened(most_different(before, after, ears), mixes) if is_all else busiest(mixes, before, after, wanted)
    if span.end_frame <= span.start_frame:
        return None
    with tempfile.TemporaryDirectory() as folder:
        pair = [
            render_mix(project, Path(folder) / f"{name}.wav", kind="wav-32f", song=song, span=span)
            for name, song in ((WITHOUT, before), (WITH, after))
        ]
        try:
            gains = matching_gains(pair[0], pair[1])
        except RequestError:
            return None
        players, levels = encoded(pair, gains, Path(folder))
    rate_hz = project.song.rate_hz
    return PlayerGroup(
        title=wanted.title,
        players=players,
        moves=wanted.moves,
        start_seconds=span.start_frame / rate_hz,
        end_seconds=span.end_frame / rate_hz,
        difference_lu=levels[1] - levels[0],
    )


def encoded(
    pair: Sequence[Printed], gains: Sequence[float], folder: Path
) -> tuple[tuple[Player, ...], tuple[float, float]]:
    """Both as players, and their loudness as it is played."""
    from bandmate.verbs.printing import measured_file

    known = [one.hearing.integrated_lufs or 0.0 for one in pair]
    # Encoding is the slowest part and does not hold Python's lock: one thread for each sound.
    with ThreadPoolExecutor(2) as pool:
        players = tuple(pool.map(player, (WITHOUT, WITH), pair, gains, known))
    levels = []
    for one in players:
        path = folder / f"{one.label}.mp3"
        path.write_bytes(one.data)
        levels.append(measured_file(path, kind="mp3").hearing.integrated_lufs or 0.0)
    return players, (levels[0], levels[1])


def shortened(span: Span, mixes: TwoMixes) -> Span:
    """A span of at most the longest, from its middle."""
    from bandmate.render.span import Span

    frames = round(LONGEST_SECONDS * mixes.was.song.rate_hz)
    spare = max(0, span.end_frame - span.start_frame - frames) // 2
    return Span(span.start_frame + spare, min(span.end_frame, span.start_frame + spare + frames))


def busiest(mixes: TwoMixes, before: Song, after: Song, wanted: Wanted) -> Span:
    """Where within a finding's stretch the tracks differ most between two songs."""
    import numpy as np

    from bandmate.render.span import Span

    base, rate_hz = mixes.was.session, mixes.was.song.rate_hz
    sessions = [base.with_song(song) for song in (before, after)]
    hop_seconds = mixes.was.scene.hop_seconds
    hops = round(mixes.seconds / hop_seconds)
    change = np.zeros(hops)
    for old, new in zip(before.tracks, after.tracks, strict=False):
        if old == new or not (old.clips and new.clips):
            continue
        roots = [np.sqrt(one.power(old.id).astype(np.float64)) for one in sessions]
        shared = min(hops, *(root.shape[1] for root in roots))
        change[:shared] += np.abs(roots[1][:, :shared] - roots[0][:, :shared]).sum(axis=0)
    start, end = wanted.stretch or (0.0, 0.0)
    first, last = (round(start / hop_seconds), round(end / hop_seconds)) if end > start else (0, hops)
    length = round(FINDING_SECONDS / hop_seconds)
    first, last = max(0, min(first, hops - length)), min(hops, max(last, first + length))
    total = np.concatenate([[0.0], np.cumsum(change)])
    starts = np.arange(first, max(first + 1, last - length + 1))
    ends = np.minimum(starts + length, hops)
    at = int(starts[int(np.argmax(total[ends] - total[starts]))])
    frame = round(at * hop_seconds * rate_hz)
    return Span(frame, min(round(mixes.seconds * rate_hz), frame + round(FINDING_SECONDS * rate_hz)))
