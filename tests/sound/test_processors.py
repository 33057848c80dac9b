from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import (
    AnyDevice,
    Band,
    ChannelTrim,
    Compressor,
    DeEsser,
    Delay,
    DynamicBand,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    MultibandCompressor,
    Plugin,
    Reverb,
    Ride,
    RidePoint,
    Saturator,
    SoftClipper,
    Width,
)
from bandmate.song.errors import DeviceError, RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.processors import compile_kernels, process_audio, processor_for
from tests.sound.running import run

DEVICES: tuple[AnyDevice, ...] = (
    Equalizer(
        id="eq",
        bands=(
            Band(id="hp", kind="high-pass", freq_hz=80.0, slope_db=18),
            Band(id="bell", gain_db=6.0),
            Band(id="shelf", kind="high-shelf", gain_db=-3.0),
            Band(id="notch", kind="notch", freq_hz=50.0),
            Band(id="lp", kind="low-pass", freq_hz=3_000.0),
        ),
    ),
    Compressor(id="comp", threshold_dbfs=-30.0, makeup_db=3.0, detector_high_pass_hz=100.0, wet=0.8),
    Gate(id="gate", threshold_dbfs=-20.0),
    DeEsser(id="ess", threshold_dbfs=-40.0, freq_hz=3_000.0),
    MultibandCompressor(
        id="multi",
        bands=tuple(DynamicBand(id=f"b{hz}", upper_hz=hz, threshold_dbfs=-40.0) for hz in (200.0, 2_000.0, 20_000.0)),
    ),
    DynamicEqualizer(
        id="dynamic",
        bands=(
            DynamicEqBand(id="down", freq_hz=900.0, threshold_dbfs=-40.0),
            DynamicEqBand(id="up", kind="high-shelf", freq_hz=3_000.0, threshold_dbfs=-40.0, range_db=3.0),
            DynamicEqBand(id="low", kind="low-shelf", freq_hz=200.0, threshold_dbfs=-40.0),
        ),
    ),
    Saturator(id="sat", drive_db=12.0, wet=0.7),
    SoftClipper(id="clip", ceiling_dbfs=-9.0, wet=0.9),
    ChannelTrim(id="trim", left_db=-2.0, right_db=1.0, right_inverted=True),
    Ride(id="ride", points=(RidePoint(id="b", at_seconds=0.1, gain_db=3.0), RidePoint(id="a", at_seconds=0.01))),
    Equalizer(id="linear", bands=(Band(id="bell", gain_db=6.0), Band(id="hp", kind="high-pass")), phase="linear"),
    Limiter(id="lim", gain_db=12.0, ceiling_dbtp=-3.0),
    Reverb(id="verb", wet=0.4),
    Delay(id="echo", length_ticks=40, wet=0.5),
)
MID_AND_SIDE = (Band(id="m", gain_db=3.0, scope="mid"), Band(id="s", gain_db=-6.0, scope="side"))
STEREO_DEVICES: tuple[AnyDevice, ...] = (
    Width(id="width", side=1.5, mono_below_hz=120.0),
    Equalizer(id="ms", bands=MID_AND_SIDE),
    Equalizer(id="ms-linear", bands=MID_AND_SIDE, phase="linear"),
)
BOTH = DEVICES + STEREO_DEVICES


def noise(channels: int, frames: int, peak: float = 0.5) -> np.ndarray:
    return np.random.default_rng(7).uniform(-peak, peak, (channels, frames)).astype(np.float32)


def named(device: AnyDevice) -> str:
    return device.id


@pytest.mark.parametrize("device", BOTH, ids=named)
def test_where_the_signal_is_cut_makes_no_difference(device: AnyDevice) -> None:
    samples = noise(2, 6_000)
    samples[:, 2_000:3_000] = 0.0
    whole = run(processor_for(device, rate_hz=44_100, channels=2), samples)
    for sizes in ((1, 7, 64, 501), (1_000, 3), (4_096,)):
        assert np.array_equal(run(processor_for(device, rate_hz=44_100, channels=2), samples, sizes), whole)
    assert np.isfinite(whole).all() and not np.array_equal(whole, samples)


@pytest.mark.parametrize("device", BOTH, ids=named)
def test_a_device_at_neutral_or_off_is_no_processor(device: AnyDevice) -> None:
    from msgspec.structs import replace

    neutral = processor_for(device.neutral(), rate_hz=48_000, channels=2)
    assert (neutral is None) != isinstance(device, Limiter)
    assert processor_for(replace(device, enabled=False), rate_hz=48_000, channels=2) is None


def test_neutral_leaves_the_very_same_audio() -> None:
    audio = Audio(noise(2, 100), 44_100)
    for device in BOTH:
        done = process_audio(audio, device.neutral())
        assert isinstance(device, Limiter) or done is audio
        assert np.array_equal(done.samples, audio.samples)


@pytest.mark.parametrize("device", DEVICES, ids=named)
@pytest.mark.parametrize(("channels", "rate_hz"), [(1, 8_000), (2, 48_000), (8, 44_100), (1, 192_000)])
def test_every_layout_and_rate_gives_finite_sound_of_the_same_shape(
    device: AnyDevice, channels: int, rate_hz: int
) -> None:
    samples = noise(channels, 3_000)
    out = process_audio(Audio(samples, rate_hz), device)
    assert out.samples.shape == samples.shape and out.rate_hz == rate_hz
    assert np.isfinite(out.samples).all() and out.samples.any()


@pytest.mark.parametrize("device", BOTH, ids=named)
def test_silence_stays_exact_silence_and_one_frame_is_enough(device: AnyDevice) -> None:
    processor = processor_for(device, rate_hz=44_100, channels=2)
    assert processor.process(np.zeros((2, 0), dtype=np.float32)).shape == (2, 0)
    assert processor.process(np.zeros((2, 1), dtype=np.float32)).tolist() == [[0.0], [0.0]]
    assert not processor.process(np.zeros((2, 5_000), dtype=np.float32)).any()


@pytest.mark.parametrize("device", BOTH, ids=named)
def test_what_comes_in_is_never_written_to(device: AnyDevice) -> None:
    samples = noise(2, 2_000)
    samples.flags.writeable = False
    before = samples.copy()
    processor_for(device, rate_hz=44_100, channels=2).process(samples)
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("device", BOTH, ids=named)
def test_a_frame_that_is_not_a_number_is_refused_by_name(device: AnyDevice) -> None:
    processor = processor_for(device, rate_hz=44_100, channels=2)
    processor.process(noise(2, 1_000))
    for bad in (np.nan, np.inf):
        samples = noise(2, 100)
        samples[1, 34] = bad
        with pytest.raises(RequestError, match=rf"channel 2 is {bad} at frame 1034; a device needs finite samples"):
            processor.process(samples)


def test_another_number_of_channels_is_refused() -> None:
    processor = processor_for(Compressor(id="c"), rate_hz=44_100, channels=2)
    with pytest.raises(RequestError, match=r"block has shape \(1, 9\); this device was started for 2 channels"):
        processor.process(noise(1, 9))


def test_a_plug_in_is_not_played_and_says_what_to_do() -> None:
    plugin = Plugin(id="p", format="vst3", identifier="x", name="Vintage Glue")
    with pytest.raises(DeviceError, match=r'plug-in "Vintage Glue" \(vst3\) cannot be played here; render its track'):
        processor_for(plugin, rate_hz=44_100, channels=2)
    assert processor_for(plugin.neutral(), rate_hz=44_100, channels=2) is None


def test_a_mono_signal_has_no_sides() -> None:
    assert processor_for(Width(id="w", side=0.0), rate_hz=44_100, channels=1) is None
    side = Equalizer(id="eq", bands=(Band(id="s", gain_db=9.0, scope="side"),))
    assert processor_for(side, rate_hz=44_100, channels=1) is None


def test_a_low_pass_that_the_rate_cannot_reach_does_nothing() -> None:
    device = Equalizer(id="eq", bands=(Band(id="lp", kind="low-pass", freq_hz=30_000.0),))
    assert processor_for(device, rate_hz=44_100, channels=1) is None
    assert processor_for(device, rate_hz=96_000, channels=1) is not None


def test_processed_audio_is_in_time_with_the_input() -> None:
    impulse = np.zeros((1, 2_000), dtype=np.float32)
    impulse[0, 700] = 1e-3
    for device in (Limiter(id="l", lookahead_ms=9.0), Saturator(id="s"), Delay(id="d", wet=0.5)):
        out = process_audio(Audio(impulse, 44_100), device).samples
        assert np.abs(out[0]).argmax() == 700


def test_an_empty_signal_stays_empty() -> None:
    assert process_audio(Audio(np.zeros((2, 0)), 44_100), Limiter(id="l")).frames == 0


def test_only_devices_that_turn_down_report() -> None:
    for device in BOTH:
        report = processor_for(device, rate_hz=44_100, channels=2).report()
        turns_down = isinstance(
            device, Compressor | Gate | DeEsser | MultibandCompressor | DynamicEqualizer | SoftClipper | Limiter
        )
        assert bool(report) == turns_down
        assert not turns_down or {"max_reduction_db", "mean_reduction_db", "at_seconds", "working_share"} <= set(report)


def test_all_loops_compile_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    compile_kernels()
    assert capsys.readouterr() == ("", "")
