"""Errors keep what they say and know on their way between processes."""

from __future__ import annotations

import pickle

import pytest

from bandmate.song.errors import BandmateError, LockedMove, MediaError, StaleMove, UnknownName


@pytest.mark.parametrize(
    "error",
    [
        MediaError("no sound"),
        UnknownName("track", "bas", ["bass", "drums"]),
        StaleMove("main/gain_db", "it moved"),
        LockedMove("main/gain_db", "main"),
    ],
    ids=lambda error: error.code,
)
def test_an_error_survives_a_pool_of_processes(error: BandmateError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again) == vars(error)
