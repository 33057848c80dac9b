"""Laws of all processors: cuts do not matter, neutral changes nothing, a ceiling holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bandmate.song.address import ABSENT
from bandmate.song.devices import (
    AnyDevice,
    Band,
    ChannelTrim,
    Compressor,
    DeEsser,
    DynamicBand,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    MultibandCompressor,
    Ride,
    RidePoint,
    Saturator,
    SoftClipper,
    Width,
)
from bandmate.song.moves import blend
from bandmate.sound.audio import Audio
from bandmate.sound.processors import process_audio, processor_for
from tests.sound.running import run

FREQS = st.floats(10.0, 30_000.0)
GAINS = st.floats(-24.0, 24.0)
BANDS = st.builds(
    Band,
    id=st.just("b"),
    kind=st.sampled_from(["bell", "low-shelf", "high-shelf", "high-pass", "low-pass", "notch"]),
    freq_hz=FREQS,
    gain_db=GAINS,
    q=st.floats(0.1, 20.0),
    slope_db=st.sampled_from([6, 12, 18, 24, 36, 48]),
    scope=st.sampled_from(["stereo", "mid", "side"]),
)
THRESHOLDS = st.floats(-60.0, 0.0)
TIMES = st.floats(0.0, 200.0)
LEVELS = st.floats(-30.0, 0.0)


def counted(ids: str, each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to three items, each with an id of its own."""
    return st.lists(each, min_size=1, max_size=3).map(
        lambda items: tuple(replace(item, id=f"{ids}{k}") for k, item in enumerate(items))
    )


DYNAMIC_BANDS = st.builds(
    DynamicBand,
    id=st.just("b"),
    upper_hz=st.floats(30.0, 20_000.0),
    threshold_dbfs=THRESHOLDS,
    ratio=st.floats(1.0, 20.0),
    attack_ms=TIMES,
    release_ms=TIMES,
    gain_db=GAINS,
)
DYNAMIC_EQ_BANDS = st.builds(
    DynamicEqBand,
    id=st.just("b"),
    kind=st.sampled_from(["bell", "low-shelf", "high-shelf"]),
    freq_hz=FREQS,
    q=st.floats(0.1, 20.0),
    range_db=GAINS,
    threshold_dbfs=THRESHOLDS,
    ratio=st.floats(1.0, 20.0),
    attack_ms=TIMES,
    release_ms=TIMES,
)
RIDE_POINTS = st.builds(RidePoint, id=st.just("p"), at_seconds=st.floats(0.0, 0.06), gain_db=GAINS)
DEVICES: st.SearchStrategy[AnyDevice] = st.one_of(
    st.builds(DynamicEqualizer, id=st.just("d"), bands=counted("b", DYNAMIC_EQ_BANDS)),
    st.builds(Equalizer, id=st.just("e"), bands=counted("b", BANDS), phase=st.sampled_from(["minimum", "linear"])),
    st.builds(
        Compressor,
        id=st.just("c"),
        threshold_dbfs=THRESHOLDS,
        ratio=st.floats(1.0, 100.0),
        knee_db=st.floats(0.0, 36.0),
        attack_ms=TIMES,
        release_ms=TIMES,
        makeup_db=GAINS,
    ),
    st.builds(Gate, id=st.just("g"), threshold_dbfs=THRESHOLDS, hold_ms=TIMES, attack_ms=TIMES, release_ms=TIMES),
    st.builds(DeEsser, id=st.just("d"), threshold_dbfs=THRESHOLDS, freq_hz=FREQS),
    st.builds(Saturator, id=st.just("s"), drive_db=st.floats(0.0, 48.0), wet=st.floats(0.1, 1.0)),
    st.builds(MultibandCompressor, id=st.just("m"), bands=counted("b", DYNAMIC_BANDS)),
    st.builds(SoftClipper, id=st.just("p"), ceiling_dbfs=LEVELS, knee_db=st.floats(0.0, 12.0), wet=st.floats(0.1, 1.0)),
    st.builds(ChannelTrim, id=st.just("t"), left_db=GAINS, right_db=GAINS, right_inverted=st.booleans()),
    st.builds(Ride, id=st.just("r"), points=counted("p", RIDE_POINTS)),
    st.builds(Width, id=st.just("w"), side=st.floats(0.0, 4.0), mono_below_hz=st.floats(0.0, 500.0)),
    st.builds(Limiter, id=st.just("l"), gain_db=GAINS, lookahead_ms=st.floats(0.5, 20.0)),
)


def bursts(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((2, 2_000)) * np.repeat(rng.uniform(0.0, 0.7, 20), 100)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(device=DEVICES, seed=st.integers(0, 99), sizes=st.lists(st.integers(1, 900), min_size=1, max_size=5))
def test_where_a_signal_is_cut_makes_no_difference_to_a_single_bit(
    device: AnyDevice, seed: int, sizes: list[int]
) -> None:
    whole, cut = (processor_for(device, rate_hz=44_100, channels=2) for _ in range(2))
    if whole is None or cut is None:
        return
    samples = bursts(seed)
    assert np.array_equal(run(whole, samples), run(cut, samples, sizes))
    assert whole.report() == cut.report()


@settings(max_examples=60, deadline=None)
@given(device=DEVICES, seed=st.integers(0, 99))
def test_neutral_changes_not_a_single_bit_of_what_is_below_a_ceiling(device: AnyDevice, seed: int) -> None:
    audio = Audio(bursts(seed) * np.float32(0.1), 44_100)
    assert np.array_equal(process_audio(audio, device.neutral()).samples, audio.samples)


@settings(max_examples=40, deadline=None)
@given(device=DEVICES, seed=st.integers(0, 99))
def test_every_setting_gives_finite_sound(device: AnyDevice, seed: int) -> None:
    assert np.isfinite(process_audio(Audio(bursts(seed), 44_100), device).samples).all()


@settings(max_examples=40, deadline=None)
@given(device=DEVICES, channels=st.sampled_from([1, 2]), rate_hz=st.sampled_from([8_000, 192_000]))
def test_silence_stays_exact_silence_at_every_rate(device: AnyDevice, channels: int, rate_hz: int) -> None:
    silence = Audio(np.zeros((channels, 300)), rate_hz)
    if channels == 1 or not isinstance(device, Width):
        assert not process_audio(silence, device).samples.any()


HALVES: tuple[tuple[AnyDevice, float], ...] = (
    (Equalizer(id="e", bands=(Band(id="b", freq_hz=500.0, gain_db=6.0, q=0.3),)), 3.0),
    (Equalizer(id="e", bands=(Band(id="b", freq_hz=500.0, gain_db=6.0, q=0.3),), phase="linear"), 3.0),
    (ChannelTrim(id="t", left_db=-4.0, right_db=-4.0), -2.0),
    (Ride(id="r", points=(RidePoint(id="p", at_seconds=0.01, gain_db=5.0),)), 2.5),
    (MultibandCompressor(id="m", bands=(DynamicBand(id="b", upper_hz=90.0, ratio=1.0, gain_db=4.0),)), 2.0),
)


@pytest.mark.parametrize(("device", "gain_db"), HALVES, ids=lambda value: getattr(value, "id", ""))
def test_half_a_device_is_half_its_decibels(device: AnyDevice, gain_db: float) -> None:
    half = blend(ABSENT, device, 0.5)
    tone = np.repeat(0.1 * np.sin(2.0 * np.pi * 500.0 / 44_100 * np.arange(22_050))[None], 2, axis=0)
    out = process_audio(Audio(tone, 44_100), half).samples[:, 6_000:-6_000]
    found = 20.0 * np.log10(np.sqrt(np.mean(out**2) / np.mean(tone[:, 6_000:-6_000] ** 2)))
    assert abs(found - gain_db) < 0.02


def test_half_a_soft_clipper_takes_half_as_much_off() -> None:
    device = SoftClipper(id="p", ceiling_dbfs=-12.0)
    audio = Audio(bursts(3), 44_100)
    half, whole = (process_audio(audio, blend(ABSENT, device, share)).samples for share in (0.5, 1.0))
    np.testing.assert_allclose(half, 0.5 * (audio.samples + whole), atol=1e-6)
