"""Timbre: the same whatever the level, the cut, the rate and the number of channels; finite for whatever comes in."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.timbre import PIECES_KEPT, TimbreMeter, measure_timbre
from bandmate.sound.timbre_summary import FEATURES

RATE_HZ = 44_100


def notes(rate_hz: int, seconds: float = 6.0) -> np.ndarray:
    """Decaying notes of a few pitches with eight harmonics each, below 4 kHz; shape (1, frames)."""
    clock = np.arange(round(seconds * rate_hz)) / rate_hz
    hz = 110.0 * 2 ** (np.floor(clock / 0.5) % 5 / 12)
    turn = 2 * np.pi * np.cumsum(hz) / rate_hz
    wave = sum(np.sin(k * turn) / k for k in range(1, 9)) * np.exp(-(clock % 0.5) / 0.2)
    return (0.2 * wave)[None].astype(np.float32)


def features(samples: np.ndarray, rate_hz: int = RATE_HZ) -> dict[str, float]:
    found = measure_timbre(Audio(samples, rate_hz))
    assert np.isfinite(found.features).all()
    return dict(zip(FEATURES, (float(value) for value in found.features), strict=True))


@pytest.mark.parametrize("cut", [1, 37, 1_024, 44_099, 100_000])
def test_where_blocks_are_cut_makes_no_difference(cut: int) -> None:
    rng = np.random.default_rng(cut)
    seconds = 0.2 if cut == 1 else 5.3
    samples = rng.standard_normal((2, round(seconds * RATE_HZ))).astype(np.float32) * 0.1
    whole, pieces = TimbreMeter(RATE_HZ, 2), TimbreMeter(RATE_HZ, 2)
    whole.feed(samples)
    for start in range(0, samples.shape[1], cut):
        pieces.feed(samples[:, start : start + cut])
    assert (whole.result().features == pieces.result().features).all()


def test_the_level_makes_no_difference() -> None:
    loud, soft = (measure_timbre(Audio(notes(RATE_HZ) * gain, RATE_HZ)).features for gain in (1.0, 2.0**-7))
    assert np.allclose(loud, soft, atol=2e-2)


@pytest.mark.parametrize("rate_hz", [22_050, 48_000, 96_000, 192_000])
def test_the_rate_makes_hardly_a_difference(rate_hz: int) -> None:
    usual, other = features(notes(RATE_HZ)), features(notes(rate_hz), rate_hz)
    names = [name for name in FEATURES if name.startswith(("long-term", "usual", "harmonic-", "fall-after", "height"))]
    apart = np.array([abs(usual[name] - other[name]) for name in names if "spread" not in name])
    assert np.median(apart) < 0.3 and np.quantile(apart, 0.9) < 3.0


def test_equal_channels_are_heard_as_one_and_opposite_ones_are_heard() -> None:
    mono = notes(RATE_HZ)
    one = measure_timbre(Audio(mono, RATE_HZ)).features
    for other in (mono, -mono):
        two = measure_timbre(Audio(np.concatenate([mono, other]), RATE_HZ))
        assert np.allclose(two.features, one, atol=1e-3)


def test_silence_and_nothing_are_silent() -> None:
    for frames in (0, 1, 3 * RATE_HZ):
        found = measure_timbre(Audio(np.zeros((2, frames), np.float32), RATE_HZ))
        assert found.is_silent and not found.features.any() and found.features.shape == (len(FEATURES),)


def test_silence_around_a_sound_is_left_out() -> None:
    sound = notes(RATE_HZ)
    silence = np.zeros((1, 20 * RATE_HZ), np.float32)
    plain = measure_timbre(Audio(sound, RATE_HZ)).features
    assert (measure_timbre(Audio(np.concatenate([silence, sound, silence], 1), RATE_HZ)).features == plain).all()


@pytest.mark.parametrize(("rate_hz", "frames"), [(8_000, 8_000), (8_000, 1), (192_000, 50_000), (44_100, 44_100)])
def test_short_sounds_at_any_rate_give_finite_features(rate_hz: int, frames: int) -> None:
    rng = np.random.default_rng(frames)
    assert not measure_timbre(Audio(rng.standard_normal((1, frames)).astype(np.float32), rate_hz)).is_silent
    features(rng.standard_normal((2, frames)).astype(np.float32), rate_hz)
    features(np.ones((1, frames), np.float32), rate_hz)


def test_a_click_gives_finite_features() -> None:
    click = np.zeros((1, 2 * RATE_HZ), np.float32)
    click[0, 1_000] = 1.0
    features(click)


def test_memory_is_bounded_and_pieces_come_from_the_whole_track() -> None:
    meter = TimbreMeter(8_000, 1)
    rng = np.random.default_rng(1)
    for second in range(10 * PIECES_KEPT):
        meter.feed(rng.standard_normal((1, 8_000)).astype(np.float32) * (0.1 + second % 7 / 10))
    assert PIECES_KEPT // 2 <= len(meter._pieces) <= PIECES_KEPT


def test_feeding_may_go_on_after_a_result() -> None:
    samples = notes(RATE_HZ)
    meter = TimbreMeter(RATE_HZ, 1)
    meter.feed(samples[:, :100_000])
    meter.result()
    meter.feed(samples[:, 100_000:])
    assert (meter.result().features == measure_timbre(Audio(samples, RATE_HZ)).features).all()


def test_pitch_noise_and_vibrato_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    clock = np.arange(4 * RATE_HZ) / RATE_HZ
    noise = features(rng.standard_normal((1, len(clock))).astype(np.float32))
    hz = 330 * 2 ** (0.4 * np.sin(2 * np.pi * 5.5 * clock) / 12)
    turn = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    sung = features(sum(np.sin(k * turn) / k for k in range(1, 12))[None].astype(np.float32))
    plucked = features(notes(RATE_HZ))
    assert noise["clear-share"] < 0.1 < 0.8 < min(sung["clear-share"], plucked["clear-share"])
    assert sung["vibrato-q0.5"] > 10 * max(plucked["vibrato-q0.5"], 0.5)
    assert sung["height-q0.5"] == pytest.approx(np.log2(330 / 55), abs=0.05)
    assert plucked["hits-per-second"] == pytest.approx(1.5, abs=0.1)  # none where a piece begins
    assert noise["flatness-2"] > -4 > -15 > sung["flatness-2"]


def test_a_broken_block_is_refused_by_its_time() -> None:
    broken = np.zeros((1, 100), np.float32)
    broken[0, 7] = np.nan
    with pytest.raises(RequestError, match="frame 7"):
        TimbreMeter(RATE_HZ, 1).feed(broken)
    with pytest.raises(RequestError, match="2 channels"):
        TimbreMeter(RATE_HZ, 1).feed(np.zeros((2, 100), np.float32))
