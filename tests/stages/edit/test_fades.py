"""Fades at edges that click, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.clips import AudioClip
from bandmate.song.tracks import Track
from bandmate.stages.edit.fades import fade_moves

RATE_HZ = 48_000
TONE = (0.3 * np.cos(2 * np.pi * 200 * np.arange(RATE_HZ) / RATE_HZ))[None].astype(np.float32)
WHOLE = np.concatenate([np.zeros((1, RATE_HZ), np.float32), TONE, np.zeros((1, RATE_HZ), np.float32)], axis=1)


def clip(first: int, frames: int, **changes: float) -> AudioClip:
    settings = {"id": "c", "audio": "a", "source_rate_hz": RATE_HZ, "start_seconds": 4.0} | changes
    return AudioClip(source_start_frame=first, source_frames=frames, **settings)


def moves(one: AudioClip, *others: AudioClip) -> list[str]:
    found = fade_moves(Track(id="t", name="T", clips=(one, *others)), one, WHOLE, RATE_HZ, others)
    return [move.address.rpartition("/")[2] for move in found]


def test_a_clip_cut_inside_of_a_sound_gets_fades() -> None:
    assert moves(clip(RATE_HZ + 4_800, 24_000)) == ["fade_in_ms", "fade_out_ms"]


def test_a_clip_that_begins_and_ends_in_silence_gets_none() -> None:
    assert moves(clip(0, 3 * RATE_HZ)) == [] and moves(clip(RATE_HZ // 2, 2 * RATE_HZ)) == []


def test_an_edge_with_a_fade_or_a_neighbour_is_left_alone() -> None:
    assert moves(clip(RATE_HZ + 4_800, 24_000, fade_in_ms=2.0, fade_out_ms=1.0)) == []
    beside = clip(RATE_HZ + 28_800, 9_600, id="d", start_seconds=4.5)
    assert moves(clip(RATE_HZ + 4_800, 24_000), beside) == ["fade_in_ms"]


def test_what_is_too_soft_to_click_is_left_alone() -> None:
    assert moves(clip(RATE_HZ + 4_800, 24_000, gain_db=-45.0)) == []


@pytest.mark.parametrize(("first", "frames"), [(3 * RATE_HZ, 10), (RATE_HZ, 1), (RATE_HZ, 0)])
def test_hardly_any_clip_has_no_edges(first: int, frames: int) -> None:
    assert moves(clip(first, frames)) == []
