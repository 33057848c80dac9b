"""What a master aims at, which alternatives there are, and what a reference is written as."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandmate.song.errors import MediaError, OutOfRange, RequestError, UnknownName
from bandmate.stages.master.alternatives import alternatives
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.goal import goal_of
from bandmate.stages.master.target import Target
from bandmate.verbs.references import item_parts, read_references, weights_in


def test_a_profile_without_loudness_takes_that_of_the_references() -> None:
    assert goal_of(MasterBrief(profile="cd")).loudness_lufs is None
    goal = goal_of(MasterBrief(profile="cd"), Target(names=("a",), loudness_lufs=-10.5))
    assert goal.loudness_lufs == -10.5 and goal.origin.endswith("the loudness is that of the references")
    assert goal_of(MasterBrief(profile="spotify"), Target(names=("a",), loudness_lufs=-10.5)).loudness_lufs == -14.0


def test_the_references_can_say_how_loud() -> None:
    goal = goal_of(MasterBrief(profile="reference"), Target(names=("a", "b"), loudness_lufs=-9.0))
    assert (goal.loudness_lufs, goal.ceiling_dbtp) == (-9.0, -1.0) and "a, b" in goal.origin
    for target in (None, Target(names=("a",))):
        with pytest.raises(RequestError, match=r"no reference says how loud .* give one a loudness weight above 0 %"):
            goal_of(MasterBrief(profile="reference"), target)


def test_strength_is_a_share_of_the_way() -> None:
    goal = goal_of(MasterBrief(profile="spotify"))
    assert goal.partly(-20.0, 0.5) == pytest.approx(-17.0)
    assert goal.partly(-20.0, 1.0) == pytest.approx(-14.0)
    assert goal_of(MasterBrief(profile="cd")).partly(-20.0, 0.5) is None


def test_the_guard_holds_all_but_the_loudness() -> None:
    brief = MasterBrief(tone=0.8, dynamics=0.3, guard=0.5)
    assert [brief.strength(aspect) for aspect in ("tone", "dynamics", "width", "loudness")] == [0.5, 0.3, 0.5, 1.0]


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"tone": 1.5}, r"the tone strength asked for is 150 %; possible are 0 to 100 %"),
        ({"guard": -0.1}, r"the guard asked for is -10 %"),
        ({"soft_clip_db": 9.0}, r"the soft clip asked for is 9 dB; possible are 0 to 6"),
        ({"mono_below_hz": 900.0}, r"the mono below asked for is 900 Hz"),
        ({"width": float("nan")}, r"the width strength asked for is nan"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(asked: dict[str, float], message: str) -> None:
    with pytest.raises(OutOfRange, match=message):
        MasterBrief(**asked)


def test_alternatives_differ_in_the_stated_direction() -> None:
    asked = MasterBrief()
    loud = [one.brief.loudness_lufs or -14.0 for one in alternatives(asked, "loudness", loudness_lufs=-14.0)]
    assert loud == sorted(loud) and loud[-1] - loud[0] >= 2.0
    tilts = [one.brief.tilt_db for one in alternatives(asked, "tone", loudness_lufs=None)]
    assert tilts == [-1.0, 0.0, 1.0]
    sides = [one.brief.side for one in alternatives(asked, "width", loudness_lufs=None)]
    assert sides == sorted(sides) and sides[1] == 1.0
    (alone,) = alternatives(asked, "", loudness_lufs=None)
    assert alone.brief is asked
    words = " ".join(
        one.name + one.sentence
        for d in ("loudness", "tone", "width")
        for one in alternatives(asked, d, loudness_lufs=None)
    )
    assert not any(word in words.lower() for word in ("best", "better", "recommend"))
    with pytest.raises(UnknownName, match=r'no direction named "louder"; there are: loudness, tone, width'):
        alternatives(asked, "louder", loudness_lufs=None)


def test_a_reference_is_a_path_with_weights(tmp_path: Path) -> None:
    file = tmp_path / "песня@home.wav"
    file.write_bytes(b"")
    assert item_parts(str(file)) == (file, {})
    assert item_parts(f"{file}@tone=100,loudness=0%") == (file, {"tone": 1.0, "loudness": 0.0})
    with pytest.raises(RequestError, match=r'"bass=3" is no weight of a reference; weights are tone, dynamics'):
        weights_in("bass=3")
    with pytest.raises(RequestError, match=r"there is no reference .*nowhere.wav"):
        item_parts(str(tmp_path / "nowhere.wav"))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RequestError, match=r"has no sound file in it"):
        read_references([empty])
    wrong = tmp_path / "my.target.json"
    wrong.write_text('{"notes": 3}')
    with pytest.raises(
        MediaError, match=r'"my.target.json" is no kept target: .*make one with: bandmate target FOLDER'
    ):
        read_references([wrong])
