from __future__ import annotations

import itertools

import numpy as np
import pytest
import soundfile

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples
from bandmate.sound.relation import relate
from tests.conftest import shared_folder
from tests.sound.cuts import noise

STEMS = ["bassguitar", "clav", "drums", "horns", "leadguitar"]


def late(samples: Samples, frames: int) -> Samples:
    """``samples`` moved by ``frames``, later or earlier, same length."""
    moved = np.roll(samples, frames, axis=1)
    moved[:, slice(0, frames) if frames >= 0 else slice(frames, None)] = 0
    return moved


@pytest.fixture(scope="module")
def stems() -> dict[str, Samples]:
    """Twelve seconds of each, in which all five play."""
    folder = shared_folder("audio", "stems_cc0")
    part = {"start": 44_100 * 50, "frames": 44_100 * 12, "dtype": "float32", "always_2d": True}
    return {name: np.ascontiguousarray(soundfile.read(folder / f"{name}.mp3", **part)[0].T) for name in STEMS}


@pytest.mark.parametrize("pair", list(itertools.combinations(STEMS, 2)), ids="-".join)
def test_different_instruments_of_one_song_are_not_related(stems: dict[str, Samples], pair: tuple[str, str]) -> None:
    relation = relate(stems[pair[0]], stems[pair[1]], 44_100)
    assert not relation.related
    assert (relation.delay_frames, relation.polarity, relation.confidence) == (0, 1, 0.0)


@pytest.mark.parametrize("name", STEMS)
@pytest.mark.parametrize("delay, polarity", [(0, -1), (1, 1), (-1, -1), (37, 1), (-441, -1), (1_323, -1), (-1_323, 1)])
def test_a_planted_delay_and_polarity_are_found_exactly(
    stems: dict[str, Samples], rng: np.random.Generator, name: str, delay: int, polarity: int
) -> None:
    track = stems[name]
    hiss = rng.standard_normal(track.shape).astype(np.float32) * 0.25 * track.std()
    relation = relate(track, 0.3 * polarity * late(track, delay) + 0.3 * hiss, 44_100)
    assert (relation.related, relation.delay_frames, relation.polarity) == (True, delay, polarity)
    assert relation.correlation_after > 0.9
    assert relation.confidence > 0.7


@pytest.mark.parametrize("name, spill", [("drums", "bassguitar"), ("horns", "clav"), ("clav", "drums")])
def test_bleed_into_another_microphone_is_found(stems: dict[str, Samples], name: str, spill: str) -> None:
    track, other = stems[name], stems[spill]
    frames = min(track.shape[1], other.shape[1])
    relation = relate(track, 0.3 * late(track, 220)[:, :frames] + other[:, :frames], 44_100)
    assert (relation.related, relation.delay_frames, relation.polarity) == (True, 220, 1)
    assert relation.correlation_before < relation.correlation_after < 0.9


def test_turning_the_pair_around_turns_the_answer_around(rng: np.random.Generator) -> None:
    track = noise(rng, 1, 60_000, 48_000).samples
    there, back = relate(track, -late(track, 100), 48_000), relate(-late(track, 100), track, 48_000)
    assert (there.delay_frames, back.delay_frames) == (100, -100)
    assert there.polarity == back.polarity == -1


def test_a_track_is_related_to_itself_without_delay(rng: np.random.Generator) -> None:
    track = noise(rng, 2, 60_000, 48_000).samples
    relation = relate(track, track, 48_000)
    assert (relation.related, relation.delay_frames, relation.polarity) == (True, 0, 1)
    assert relation.correlation_before == relation.correlation_after == pytest.approx(1.0)


def test_the_common_length_counts_and_channels_may_differ(rng: np.random.Generator) -> None:
    track = noise(rng, 2, 90_000, 48_000).samples
    relation = relate(track, late(track, 50).mean(axis=0, keepdims=True)[:, :60_000], 48_000)
    assert (relation.related, relation.delay_frames) == (True, 50)


def test_only_the_busy_part_of_a_long_file_is_looked_at(rng: np.random.Generator) -> None:
    track = np.zeros((1, 3_000_000), np.float32)
    track[:, 2_000_000:2_200_000] = noise(rng, 1, 200_000, 44_100).samples
    relation = relate(track, -late(track, 77), 44_100)
    assert (relation.delay_frames, relation.polarity) == (77, -1)


@pytest.mark.parametrize("degrees, answer", [(0, (True, 0, 1)), (180, (True, 0, -1)), (90, (False, 0, 1))])
def test_tones_of_one_pitch_are_not_given_a_delay(degrees: float, answer: tuple[bool, int, int]) -> None:
    frames = np.arange(100_000)
    one, other = (
        np.hanning(100_000) * np.sin(2 * np.pi * 110 / 44_100 * frames + angle) for angle in (0, np.radians(degrees))
    )
    relation = relate(one[None], other[None], 44_100)
    assert (relation.related, relation.delay_frames, relation.polarity) == answer
    assert relation.confidence <= 0.1


def test_unrelated_noises_are_not_related(rng: np.random.Generator) -> None:
    one, other = noise(rng, 1, 100_000, 44_100).samples, noise(rng, 1, 100_000, 44_100).samples
    assert not relate(one, other, 44_100).related


@pytest.mark.parametrize("frames", [0, 1, 5_000, 100_000])
def test_silence_and_short_signals_are_not_related(frames: int) -> None:
    silent = np.zeros((1, frames), np.float32)
    relation = relate(silent, silent, 44_100)
    assert (relation.related, relation.correlation_before, relation.confidence) == (False, 0.0, 0.0)


def test_a_delay_beyond_the_search_is_not_found(rng: np.random.Generator) -> None:
    track = noise(rng, 1, 100_000, 44_100).samples
    assert not relate(track, late(track, 4_000), 44_100, max_delay_ms=20).related
    assert relate(track, late(track, 4_000), 44_100, max_delay_ms=100).delay_frames == 4_000


def test_a_bad_frame_is_refused(rng: np.random.Generator) -> None:
    track = noise(rng, 1, 100_000, 44_100).samples
    broken = track.copy()
    broken[0, 50_000] = np.nan
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 50000 "):
        relate(track, broken, 44_100)
