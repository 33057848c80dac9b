"""The findings of a mix report: each with what answers it, its figure as it is today, and the charts that its kind has.

Conventions: findings are numbered from 1, in the order of the proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.stages.words import spoken_name
from bandmate.verbs.mix_curves import history_of, spectra_of
from bandmate.verbs.mix_heard import TwoMixes
from bandmate.verbs.mix_maps import masking_map
from bandmate.verbs.reporting import move_row

if TYPE_CHECKING:
    from bandmate.project.decisions import MoveState, ProposalState
    from bandmate.report.data import MoveRow
    from bandmate.report.master_data import SectionRow
    from bandmate.report.mix_data import AnswerRow, FindingRow, MaskingMap
    from bandmate.song.evidence import Evidence
    from bandmate.song.findings import Finding
    from bandmate.song.song import Song

PAIRS = ("masking", "low-end-conflict")
"""Kinds whose second track covers the first."""

LEVELS = ("buried", "sticking-out", "uneven")
"""Kinds that are seen in the loudness of the track over time."""


def finding_rows(
    mixes: TwoMixes, state: ProposalState, sections: Sequence[SectionRow], song: Song
) -> tuple[FindingRow, ...]:
    """All findings of a proposal; ``song`` is the one that the moves are spoken of."""
    from bandmate.report.mix_data import FindingRow

    rows = []
    for number, finding in enumerate(state.proposal.findings, 1):
        answers = answers_to(song, state, finding)
        rows.append(
            FindingRow(
                number=number,
                id=finding.id,
                kind=finding.kind,
                tracks=tuple(name_of(song, track_id) for track_id in finding.tracks),
                where=finding.where,
                start_seconds=finding.start_seconds,
                end_seconds=finding.end_seconds,
                low_hz=finding.low_hz,
                high_hz=finding.high_hz,
                sentence=finding.sentence,
                hint=finding.hint,
                confidence=finding.confidence,
                evidence=finding.evidence,
                answers=answers,
                measured=measured_now(mixes, finding) if answers else None,
                masking=map_of(mixes, finding, sections),
                spectra=spectra_of(mixes, finding),
                history=history_of(mixes, finding.tracks[0]) if finding.kind in LEVELS and finding.tracks else None,
            )
        )
    return tuple(rows)


def name_of(song: Song, track_id: str) -> str:
    """A track's name; what it says itself where it is no track."""
    track = next((track for track in song.tracks if track.id == track_id), None)
    return spoken_name(track) if track else track_id


def answers_to(song: Song, state: ProposalState, finding: Finding) -> tuple[AnswerRow, ...]:
    """The moves that answer a finding: one row for each of several answers."""
    from bandmate.report.mix_data import AnswerRow

    options: dict[str, list[MoveState]] = {}
    for one in state.moves:
        if one.move.finding == finding.id:
            options.setdefault(one.move.choice, []).append(one)
    return tuple(
        AnswerRow(
            number=number,
            moves=tuple(told_move(song, one) for one in moves),
            stated=moves[0].move.evidence[0] if moves[0].move.evidence else None,
        )
        for number, moves in enumerate(options.values(), 1)
    )


def told_move(song: Song, one: MoveState) -> MoveRow:
    """A move in words, and why it was refused, is locked or no longer fits."""
    from dataclasses import replace as with_fields

    return with_fields(move_row(song, one), why=one.why)


def other_moves(song: Song, state: ProposalState) -> tuple[MoveRow, ...]:
    """Those that answer no finding of the proposal."""
    known = {finding.id for finding in state.proposal.findings}
    return tuple(told_move(song, one) for one in state.moves if one.move.finding not in known)


def measured_now(mixes: TwoMixes, finding: Finding) -> Evidence | None:
    """The figure of a finding in both states; None where it cannot be measured in both."""
    from bandmate.stages.mix.recheck import family_of

    family = family_of(finding)
    if family is None or not finding.evidence:
        return None
    before = family.gauge(mixes.was.session, finding)
    after = before if mixes.now is mixes.was else family.gauge(mixes.now.session, finding)
    if before is None or after is None:
        return None
    first = finding.evidence[0]
    return replace(first, before=float(before), after=float(after), predicted=None)


def map_of(mixes: TwoMixes, finding: Finding, sections: Sequence[SectionRow]) -> MaskingMap | None:
    """What covers the track of a finding: the other one, or for a buried one all others."""
    if finding.kind in PAIRS and len(finding.tracks) > 1:
        return masking_map(mixes, finding.tracks[0], finding.tracks[1], finding, sections)
    if finding.kind == "buried" and finding.tracks:
        return masking_map(mixes, finding.tracks[0], "", finding, sections)
    return None


def findings_by_track(state: ProposalState) -> dict[str, list[int]]:
    """The numbers of the findings that name each track."""
    found: dict[str, list[int]] = {}
    for number, finding in enumerate(state.proposal.findings, 1):
        for track_id in finding.tracks:
            found.setdefault(track_id, []).append(number)
    return found
