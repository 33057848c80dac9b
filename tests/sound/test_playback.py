"""Simulated systems do to the sound what their table says, in time, however the sound is cut."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest

from bandmate.song.errors import RequestError, UnknownName
from bandmate.sound.audio import Samples
from bandmate.sound.filters import response_db
from bandmate.sound.loudness import LoudnessMeter
from bandmate.sound.playback import Playback, RoomNoise, playback_system, playback_systems
from bandmate.sound.truepeak import TruePeakMeter
from tests.sound.cuts import noise
from tests.sound.running import level_db, sine

RATE_HZ = 44_100
SYSTEMS = ("mono", "phone", "earbuds", "car", "club")


def played(name: str, samples: np.ndarray, *, rate_hz: int = RATE_HZ, sizes: tuple[int, ...] = (65_536,)) -> Samples:
    playback = Playback(playback_system(name), rate_hz=rate_hz, channels=len(samples))
    pieces, start, size = [], 0, cycle(sizes)
    while start < samples.shape[1]:
        stop = start + next(size)
        pieces.append(playback.play(samples[:, start:stop].astype(np.float32)))
        start = stop
    return np.concatenate([np.zeros((2, 0), np.float32), *pieces, playback.finish()], axis=1)


def gain_db(name: str, freq_hz: float, *, right: float = 1.0, rate_hz: int = RATE_HZ) -> float:
    """What a system does to a quiet steady tone, away from the beginning."""
    tone = sine(freq_hz, rate_hz=rate_hz, seconds=2.0, peak=0.05)
    found = played(name, np.concatenate([tone, right * tone]), rate_hz=rate_hz)
    return level_db(found[:, rate_hz:]) - level_db(tone[:, rate_hz:])


def test_the_systems_are_these_and_each_says_that_it_is_home_made() -> None:
    assert tuple(playback_systems()) == SYSTEMS
    assert all(system.home_made and system.source and system.about for system in playback_systems().values())


def test_a_system_is_found_by_name_and_another_is_refused_with_the_list() -> None:
    assert playback_system("One Speaker").id == "mono"
    with pytest.raises(UnknownName, match=r'no playback system named "fone"; there are: mono, phone.*"phone"\?'):
        playback_system("fone")


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_a_tone_in_the_middle_gets_what_the_bands_say(name: str, rate_hz: int) -> None:
    bands = playback_system(name).bands
    for freq_hz in (80.0, 400.0, 1_000.0, 3_000.0):
        assert gain_db(name, freq_hz, rate_hz=rate_hz) == pytest.approx(
            float(response_db(bands, freq_hz, rate_hz)), abs=0.05
        )


def test_one_speaker_hears_nothing_of_opposite_channels_and_all_of_equal_ones() -> None:
    assert gain_db("mono", 300.0) == pytest.approx(0.0, abs=0.001)
    assert played("mono", np.concatenate([sine(300.0, rate_hz=RATE_HZ, seconds=0.2)] * 2) * [[1], [-1]]).any() == 0


def test_the_phone_falls_by_24_db_per_octave_below_400_hz() -> None:
    assert gain_db("phone", 100.0) - gain_db("phone", 50.0) == pytest.approx(24.0, abs=0.5)
    assert gain_db("phone", 400.0) == pytest.approx(-2.8, abs=0.5)
    assert gain_db("phone", 1_800.0) == pytest.approx(5.0, abs=0.3) and gain_db("phone", 16_000.0) < -6.0


def test_the_phone_never_passes_its_limit(rng: np.random.Generator) -> None:
    found = played("phone", noise(rng, 2, RATE_HZ, RATE_HZ, level=0.5).samples)
    meter = TruePeakMeter(RATE_HZ, 2)
    meter.feed(found)
    assert -7.0 < meter.result().dbtp <= -6.0


def test_the_club_has_one_bass_and_no_rumble() -> None:
    assert gain_db("club", 50.0, right=-1.0) < -20.0
    assert gain_db("club", 1_000.0, right=-1.0) == pytest.approx(0.0, abs=0.1)
    assert gain_db("club", 55.0) == pytest.approx(5.6, abs=0.6) and gain_db("club", 15.0) < -35.0


@pytest.mark.parametrize("name", SYSTEMS)
def test_length_time_and_bits_do_not_depend_on_the_cuts(name: str, rng: np.random.Generator) -> None:
    samples = noise(rng, 2, 20_011, RATE_HZ, level=0.4).samples
    whole = played(name, samples)
    assert whole.shape == samples.shape
    np.testing.assert_array_equal(whole, played(name, samples, sizes=(1, 700, 5_000)))


def test_what_is_played_is_in_time() -> None:
    click = np.zeros((2, RATE_HZ), np.float32)
    click[:, 10_000] = 0.2
    for name in SYSTEMS:
        assert abs(int(np.abs(played(name, click)[0]).argmax()) - 10_000) <= 30, name


@pytest.mark.parametrize("name", SYSTEMS)
def test_mono_plays_on_both_sides_and_silence_and_nothing_stay_so(name: str) -> None:
    tone = sine(500.0, rate_hz=RATE_HZ, seconds=0.2, peak=0.1)
    mono, pair = played(name, tone), played(name, np.concatenate([tone, tone]))
    assert (mono[0] == mono[1]).all() and level_db(mono) == pytest.approx(level_db(pair), abs=0.1)
    assert not played(name, np.zeros((2, 5_000))).any()
    assert played(name, np.zeros((2, 0))).shape == (2, 0)


def test_nan_and_surround_are_refused_by_name() -> None:
    playback = Playback(playback_system("car"), rate_hz=RATE_HZ, channels=1)
    with pytest.raises(RequestError, match="channel 1 is nan at frame 1"):
        playback.play(np.array([[0.0, np.nan]], np.float32))
    with pytest.raises(RequestError, match="plays 1 or 2 channels, not 6"):
        Playback(playback_system("car"), rate_hz=RATE_HZ, channels=6)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_the_noise_of_the_car_is_as_loud_as_asked_dark_and_the_same_each_time(rate_hz: int) -> None:
    car = playback_system("car")
    once, again = (RoomNoise(car, rate_hz=rate_hz, loudness_lufs=-34.0) for _ in (0, 1))
    blocks = [once.block(rate_hz // 3) for _ in range(24)]
    np.testing.assert_array_equal(blocks[0][:, :1000], again.block(1000))
    meter = LoudnessMeter(rate_hz, 2)
    for block in blocks:
        meter.feed(block)
    assert meter.result().integrated_lufs == pytest.approx(-34.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(np.concatenate(blocks, axis=1)[0, : rate_hz * 4])) ** 2
    assert spectrum[240:800].mean() > 20 * spectrum[4_000:8_000].mean()
