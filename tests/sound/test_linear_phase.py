from __future__ import annotations

import numpy as np
import pytest

from bandmate.song.devices import Band, Equalizer
from bandmate.song.errors import RequestError
from bandmate.sound.filters import response_db
from bandmate.sound.linear_phase import LinearPhaseProcessor, linear_phase_taps
from tests.sound.running import run, sine

RATE = 44_100
TONE = (
    Band(id="1", kind="high-pass", freq_hz=25.0, slope_db=24),
    Band(id="2", kind="low-shelf", freq_hz=110.0, gain_db=2.5),
    Band(id="3", freq_hz=60.0, gain_db=6.0, q=2.0),
    Band(id="4", freq_hz=2_500.0, gain_db=-3.0, q=1.2),
    Band(id="5", kind="high-shelf", freq_hz=9_000.0, gain_db=3.0),
)


def processor(*bands: Band, channels: int = 1, rate_hz: int = RATE, gain_db: float = 0.0) -> LinearPhaseProcessor:
    device = Equalizer(id="eq", bands=bands, gain_db=gain_db, phase="linear")
    return LinearPhaseProcessor(device, rate_hz=rate_hz, channels=channels)


def impulse_response(made: LinearPhaseProcessor, frames: int) -> np.ndarray:
    """What comes out of an impulse in the middle, in time with it."""
    impulse = np.zeros((1, frames))
    impulse[0, frames // 2] = 1.0
    return run(made, impulse)[0].astype(np.float64)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 192_000])
def test_the_level_is_that_of_the_bands_from_30_hz_up(rate_hz: int) -> None:
    found = impulse_response(processor(*TONE, rate_hz=rate_hz), 1 << 18)
    freqs = np.fft.rfftfreq(len(found), 1.0 / rate_hz)
    heard = freqs >= 30.0
    levels = 20.0 * np.log10(np.abs(np.fft.rfft(found))[heard])
    assert np.abs(levels - response_db(TONE, freqs[heard], rate_hz)).max() < 0.11


def test_the_response_is_its_own_mirror_image() -> None:
    found = impulse_response(processor(*TONE), 1 << 16)
    middle = len(found) // 2
    assert found[middle : middle + 20_000] == pytest.approx(found[middle : middle - 20_000 : -1], abs=1e-9)


@pytest.mark.parametrize("gain_db", [0.0, -6.0])
def test_a_steady_level_is_met_to_the_bit_depth_of_sound(gain_db: float) -> None:
    shelf = Band(id="s", kind="low-shelf", freq_hz=80.0, gain_db=4.0)
    out = run(processor(shelf, gain_db=gain_db), np.full((1, 60_000), 0.25))
    assert out[0, 30_000] == pytest.approx(0.25 * 10 ** ((4.0 + gain_db) / 20.0), rel=1e-6)
    high_pass = Band(id="h", kind="high-pass", freq_hz=30.0)
    assert abs(run(processor(high_pass), np.full((1, 80_000), 0.25))[0, 40_000]) < 1e-7


@pytest.mark.parametrize(("rate_hz", "taps"), [(8_000, 1_025), (44_100, 4_097), (48_000, 4_097), (192_000, 16_385)])
def test_a_gentle_curve_takes_a_twelfth_of_a_second(rate_hz: int, taps: int) -> None:
    assert linear_phase_taps([TONE[3:]], rate_hz).shape == (1, taps)


def test_low_and_narrow_takes_longer_and_a_notch_ends_somewhere() -> None:
    assert linear_phase_taps([TONE], RATE).shape == (1, 8_193)
    assert linear_phase_taps([[Band(id="n", kind="notch", freq_hz=50.0, q=30.0)]], RATE).shape == (1, 32_769)


def test_middle_and_side_are_filtered_apart_and_stay_in_step(rng: np.random.Generator) -> None:
    samples = rng.uniform(-0.5, 0.5, (2, 40_000))
    bands = (Band(id="m", freq_hz=300.0, gain_db=6.0, scope="mid"), Band(id="s", gain_db=-9.0, scope="side"))
    out = run(processor(*bands, channels=2), samples)
    mid = run(processor(bands[0]), samples.sum(axis=0, keepdims=True) / 2.0)
    side = run(processor(Band(id="s", gain_db=-9.0)), (samples[:1] - samples[1:]) / 2.0)
    assert out == pytest.approx(np.concatenate([mid + side, mid - side]), abs=1e-6)


def test_no_tone_is_turned_in_phase() -> None:
    tone = sine(80.0, rate_hz=RATE, seconds=1.0, peak=0.5)
    out = run(processor(*TONE), tone)[0, 15_000:-15_000]
    level = 10.0 ** (response_db(TONE, np.array(80.0), RATE) / 20.0)
    assert out == pytest.approx(level * tone[0, 15_000:-15_000], abs=2e-3)


def test_the_delay_is_half_the_filter_and_one_piece_of_the_grid() -> None:
    made = processor(*TONE[3:])
    assert made.latency_frames == 2_048 + made.piece == 7 * 2_048


def test_silence_before_sound_is_exact(rng: np.random.Generator) -> None:
    made = processor(*TONE, channels=2)
    assert not run(made, np.zeros((2, 100_000)), aligned=False).any()


def test_middle_and_side_need_two_channels() -> None:
    with pytest.raises(RequestError, match='equalizer "eq" has bands for middle or side, the signal has 3 channels'):
        processor(Band(id="s", gain_db=1.0, scope="side"), channels=3)
