"""Which pairs a mix report plays."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from bandmate.report.mix_data import AnswerRow, FindingRow
from bandmate.verbs.mix_heard import HeardMix, TwoMixes
from bandmate.verbs.mix_players import MOST_GROUPS, wanted_groups
from tests.report.mix_samples import buried_finding, masking_finding
from tests.report.samples import move


def mixes(*moves: int) -> TwoMixes:
    was, now = cast(HeardMix, object()), cast(HeardMix, object())
    return TwoMixes(was, now, moves, (), 80.0)


def finding(number: int, row: FindingRow | None = None) -> FindingRow:
    return replace(row or buried_finding(), number=number, answers=(AnswerRow(number=1, moves=(move(number),)),))


def test_all_moves_come_first_then_each_finding_with_its_place() -> None:
    rows = [finding(1, masking_finding()), finding(2)]
    found = wanted_groups(mixes(1, 2, 3), rows)
    assert [(one.title, one.moves) for one in found] == [
        ("All moves", (1, 2, 3)),
        ("Masking: Lead Vox and Pad", (1,)),
        ("Buried: Lead Vox", (2,)),
    ]
    assert found[1].stretch == (32.0, 52.0)


def test_a_single_finding_is_not_played_twice() -> None:
    assert [one.title for one in wanted_groups(mixes(1), [finding(1)])] == ["All moves"]


def test_only_moves_that_are_made_are_played() -> None:
    assert [one.moves for one in wanted_groups(mixes(2, 3), [finding(1), finding(2)])] == [(2, 3), (2,)]
    assert wanted_groups(mixes(), [finding(1)]) == []
    same = mixes(1)
    assert wanted_groups(TwoMixes(same.was, same.was, (1,), (), 80.0), [finding(1)]) == []


def test_many_findings_are_played_by_their_kind() -> None:
    rows = [finding(number) for number in range(1, MOST_GROUPS + 1)] + [finding(9, masking_finding())]
    found = wanted_groups(mixes(*range(1, 10)), rows)
    assert [one.title for one in found] == ["All moves", "Buried, 5 findings", "Masking: Lead Vox and Pad"]
    assert found[1].moves == (1, 2, 3, 4, 5) and found[1].stretch is None
    assert found[2].stretch == (32.0, 52.0)
