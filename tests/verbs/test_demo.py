"""The demo takes away only what a demo wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

import bandmate
from bandmate.song.errors import RequestError
from tests.verbs.studio import contents, tone


def test_results_that_are_not_from_a_demo_are_left_alone(tmp_path: Path) -> None:
    tone(tmp_path / "produced" / "mix.wav", seconds=0.1)
    before = contents(tmp_path)
    with pytest.raises(
        RequestError, match=r'produced" is not from a demo, and a demo would write there; choose another'
    ):
        bandmate.run_demo(tmp_path)
    assert contents(tmp_path) == before
