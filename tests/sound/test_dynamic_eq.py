"""Bands that open while they are loud, and detectors that listen to another signal."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bandmate.song.address import ABSENT
from bandmate.song.devices import (
    AnyDevice,
    Band,
    Compressor,
    DynamicEqBand,
    DynamicEqualizer,
    Gate,
)
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.song.moves import blend
from bandmate.sound.audio import Audio
from bandmate.sound.dynamic_eq import DynamicEqProcessor
from bandmate.sound.filters import response_db
from bandmate.sound.processors import KeyedProcessor, process_audio, processor_for
from tests.sound.running import level_db, run, sine

RATE = 48_000
KINDS = ("bell", "low-shelf", "high-shelf")
KEYED: tuple[AnyDevice, ...] = (
    Compressor(id="c", threshold_dbfs=-40.0, ratio=4.0, key="k", detector_high_pass_hz=60.0),
    Compressor(id="c", threshold_dbfs=-40.0, ratio=4.0, key="k"),
    Gate(id="g", threshold_dbfs=-30.0, key="k"),
    DynamicEqualizer(
        id="d",
        bands=(
            DynamicEqBand(id="1", freq_hz=300.0, threshold_dbfs=-50.0, key="k"),
            DynamicEqBand(id="2", kind="high-shelf", freq_hz=4_000.0, threshold_dbfs=-50.0, range_db=4.0),
        ),
    ),
)


def device(**changes: Any) -> DynamicEqualizer:
    return DynamicEqualizer(id="d", bands=(DynamicEqBand(id="b", **changes),))


def made(channels: int = 1, **changes: Any) -> DynamicEqProcessor:
    return DynamicEqProcessor(device(**changes), rate_hz=RATE, channels=channels)


def noise(seed: int, channels: int, frames: int, level: float = 0.2) -> npt.NDArray[np.float32]:
    swell = 1.0 + np.sin(np.arange(frames) / 700.0)
    return (np.random.default_rng(seed).standard_normal((channels, frames)) * level * swell).astype(np.float32)


def response_of(changed: DynamicEqualizer, key: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The level at each frequency while a steady key holds the band where it is."""
    impulse = np.zeros((1, key.shape[1]), np.float32)
    impulse[0, key.shape[1] // 2] = 1.0
    out = process_audio(Audio(impulse, RATE), changed, heard={"k": Audio(key.astype(np.float32), RATE)})
    found: npt.NDArray[np.float64] = 20.0 * np.log10(np.abs(np.fft.rfft(out.samples[0].astype(np.float64))))
    return found


@pytest.mark.parametrize(("range_db", "expected"), [(-12.0, -6.0), (-4.0, -4.0), (12.0, 6.0), (2.5, 2.5)])
def test_a_tone_12_db_over_the_threshold_moves_by_half_of_that_and_by_no_more_than_the_range(
    range_db: float, expected: float
) -> None:
    processor = made(threshold_dbfs=-18.0, ratio=2.0, range_db=range_db)
    tone = sine(1_000.0, rate_hz=RATE, seconds=1.5, peak=10.0 ** (-6.0 / 20.0))
    out = run(processor, tone)
    assert level_db(out[:, RATE:]) - level_db(tone[:, RATE:]) == pytest.approx(expected, abs=0.05)
    report = processor.report()
    what = "max_reduction_db" if range_db < 0.0 else "max_lift_db"
    assert report[f"b.{what}"] == pytest.approx(abs(expected), abs=0.05)
    assert report["max_reduction_db"] == (report["b.max_reduction_db"] if range_db < 0.0 else 0.0)
    assert report["b.working_share"] > 0.99


@pytest.mark.parametrize("freq_hz", [60.0, 400.0, 6_000.0])
def test_what_is_far_from_the_band_stays_and_does_not_set_it_off(freq_hz: float) -> None:
    loud = sine(freq_hz, rate_hz=RATE, seconds=1.5, peak=0.5)
    far_hz = float(round(freq_hz * 2.0**1.5))
    far = sine(far_hz, rate_hz=RATE, seconds=1.5, peak=0.1)
    out = run(made(freq_hz=freq_hz, q=6.0, threshold_dbfs=-18.0, range_db=-6.0), loud + far)
    found = np.abs(np.fft.rfft(out[0, -RATE:] * np.hanning(RATE))) / (RATE / 4)
    assert 20.0 * np.log10(found[int(far_hz)] / 0.1) == pytest.approx(0.0, abs=0.1)
    assert 20.0 * np.log10(found[int(freq_hz)] / 0.5) == pytest.approx(-6.0, abs=0.15)
    alone = made(freq_hz=freq_hz, q=6.0, threshold_dbfs=-18.0)
    assert np.array_equal(run(alone, 5.0 * far), (5.0 * far).astype(np.float32))
    assert alone.report()["max_reduction_db"] == 0.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("range_db", [-9.0, 9.0])
def test_a_band_that_stands_still_is_the_plain_equalizers(kind: Any, range_db: float) -> None:
    freq_hz, q = 500.0, 0.9
    key_hz = {"bell": 500.0, "low-shelf": 100.0, "high-shelf": 2_000.0}[kind]
    band = device(
        kind=kind, freq_hz=freq_hz, q=q, range_db=range_db, threshold_dbfs=-90.0, ratio=100.0, attack_ms=0.0, key="k"
    )
    frames = 1 << 16
    found = response_of(band, sine(key_hz, rate_hz=RATE, seconds=frames / RATE))
    freqs = np.fft.rfftfreq(frames, 1.0 / RATE)
    wanted = response_db([Band(id="b", kind=kind, freq_hz=freq_hz, gain_db=range_db, q=q)], freqs, RATE)
    heard = (freqs > 20.0) & (freqs < 18_000.0)
    assert np.abs(found - wanted)[heard].max() < 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_below_the_threshold_not_a_bit_changes(kind: Any) -> None:
    samples = noise(1, 2, 30_000, level=0.01)
    samples[:, 5_000:6_000] = -0.0
    out = run(made(2, kind=kind, threshold_dbfs=0.0), samples)
    assert out.tobytes() == samples.tobytes()


def test_after_it_has_worked_it_goes_back_to_the_very_bits() -> None:
    samples = noise(2, 1, 5 * RATE, level=0.001)
    samples[:, : RATE // 2] *= 400.0
    processor = made(threshold_dbfs=-30.0, release_ms=50.0)
    out = run(processor, samples)
    assert not np.array_equal(out[:, : RATE // 2], samples[:, : RATE // 2])
    assert np.array_equal(out[:, 3 * RATE :], samples[:, 3 * RATE :])


@settings(max_examples=25, deadline=None)
@given(
    threshold_dbfs=st.floats(-60.0, -10.0),
    higher_db=st.floats(0.5, 20.0),
    kind=st.sampled_from(KINDS),
    freq_hz=st.floats(40.0, 15_000.0),
    seed=st.integers(0, 9),
)
def test_a_higher_threshold_never_reduces_more(
    threshold_dbfs: float, higher_db: float, kind: Any, freq_hz: float, seed: int
) -> None:
    samples = noise(seed, 1, 8_000)
    reports = []
    for threshold in (threshold_dbfs, threshold_dbfs + higher_db):
        processor = made(kind=kind, freq_hz=freq_hz, threshold_dbfs=threshold)
        run(processor, samples)
        reports.append(processor.report())
    low, high = reports
    assert high["max_reduction_db"] <= low["max_reduction_db"] + 1e-9
    assert high["mean_reduction_db"] <= low["mean_reduction_db"] + 1e-9


def test_bands_hear_the_input_and_not_each_other() -> None:
    one, two = (DynamicEqBand(id=i, freq_hz=hz, threshold_dbfs=-40.0) for i, hz in (("1", 500.0), ("2", 700.0)))
    samples = noise(4, 2, 20_000)
    both = DynamicEqualizer(id="d", bands=(one, two))
    together = processor_for(both, rate_hz=RATE, channels=2)
    run(together, samples)
    for band in (one, two):
        alone = processor_for(DynamicEqualizer(id="d", bands=(band,)), rate_hz=RATE, channels=2)
        run(alone, samples)
        assert together.report()[f"{band.id}.mean_reduction_db"] == alone.report()["mean_reduction_db"]


def test_half_a_strength_is_half_the_range_and_less_ratio() -> None:
    whole = device(range_db=-8.0, ratio=3.0, key="k")
    half = blend(ABSENT, whole, 0.5)
    assert (half.bands[0].range_db, half.bands[0].ratio, half.bands[0].key) == (-4.0, 2.0, "k")
    assert blend(whole, ABSENT, 1.0) is ABSENT and all(band.is_neutral for band in whole.neutral().bands)
    assert processor_for(whole.neutral(), rate_hz=RATE, channels=2) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_band_beyond_the_rate_does_nothing_but_for_a_low_shelf(kind: Any) -> None:
    samples = Audio(noise(3, 1, 2_000), 8_000)
    out = process_audio(samples, device(kind=kind, freq_hz=3_920.0, threshold_dbfs=-90.0))
    assert np.isfinite(out.samples).all()
    assert (out is samples) == (kind != "low-shelf")


def test_a_band_of_another_kind_or_range_is_refused() -> None:
    with pytest.raises(RequestError, match='kind "notch" of band "b" is not possible; possible are bell, low-shelf'):
        device(kind="notch")
    with pytest.raises(RequestError, match='kind "dip" of band "1" is not possible; possible are bell, low-shelf'):
        replace(Band(id="1"), kind="dip")
    with pytest.raises(OutOfRange, match="range_db of DynamicEqBand is -30; possible are -24 to 24"):
        device(range_db=-30.0)


@pytest.mark.parametrize("keyed", KEYED, ids=lambda one: type(one).__name__)
def test_a_key_that_is_the_own_signal_is_no_key(keyed: AnyDevice) -> None:
    audio = Audio(noise(5, 2, 20_000), RATE)
    bare = without_keys(keyed)
    by_key = process_audio(audio, keyed, heard={"k": audio}).samples
    assert np.array_equal(by_key, process_audio(audio, bare).samples)
    assert not np.array_equal(by_key, audio.samples)


def without_keys(keyed: AnyDevice) -> AnyDevice:
    if isinstance(keyed, DynamicEqualizer):
        return replace(keyed, bands=tuple(replace(band, key="") for band in keyed.bands))
    return replace(keyed, key="")


def test_a_silent_key_turns_nothing_down_and_a_gate_stays_shut() -> None:
    audio, nothing = Audio(noise(6, 2, 20_000), RATE), Audio(np.zeros((1, 100)), RATE)
    for keyed in (KEYED[0], device(threshold_dbfs=-90.0, key="k")):
        assert np.array_equal(process_audio(audio, keyed, heard={"k": nothing}).samples, audio.samples)
    shut = process_audio(audio, replace(KEYED[2], range_db=-60.0), heard={"k": nothing}).samples
    assert level_db(shut) < level_db(audio.samples) - 59.0


@pytest.mark.parametrize("keyed", KEYED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(("channels", "key_channels"), [(1, 2), (2, 1), (2, 2)])
def test_where_signal_and_key_are_cut_makes_no_difference(keyed: AnyDevice, channels: int, key_channels: int) -> None:
    samples, key = noise(7, channels, 6_000), noise(8, key_channels, 6_000)
    whole, cut = (processor_for(keyed, rate_hz=RATE, channels=channels) for _ in range(2))
    assert isinstance(whole, KeyedProcessor) and isinstance(cut, KeyedProcessor) and whole.keys == ("k",)
    wanted = whole.process(samples, {"k": key})
    edges = [0, 1, 8, 8, 700, 1_723, 1_724, 6_000]
    pieces = [cut.process(samples[:, a:b], {"k": key[:, a:b]}) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(pieces, axis=1), wanted)
    assert whole.report() == cut.report()


def test_a_key_that_is_missing_or_does_not_fit_is_refused() -> None:
    keyed = KEYED[1]
    with pytest.raises(RequestError, match='"c" listens to the track "k", which cannot be heard here; render the song'):
        process_audio(Audio(noise(1, 1, 10), RATE), keyed)
    processor = processor_for(keyed, rate_hz=RATE, channels=1)
    assert isinstance(processor, KeyedProcessor)
    with pytest.raises(RequestError, match=r'the track "k", whose block has shape \(2, 9\); pass \(channels, 10\)'):
        processor.process(noise(1, 1, 10), {"k": noise(1, 2, 9)})
    with pytest.raises(RequestError, match=r"channel 1 is nan at frame 0"):
        processor.process(noise(1, 1, 10), {"k": np.full((1, 10), np.nan)})
    with pytest.raises(RequestError, match=r'the track "k" is at 44100 Hz, the signal at 48000; resample it'):
        process_audio(Audio(noise(1, 1, 10), RATE), keyed, heard={"k": Audio(noise(1, 1, 10), 44_100)})
