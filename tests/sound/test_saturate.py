from __future__ import annotations

import itertools

import numpy as np
import pytest

from bandmate.song.devices import Saturator
from bandmate.sound.saturate import SaturatorProcessor
from tests.sound.running import level_db, run, sine

RATE = 48_000


def saturated(samples: np.ndarray, **settings: float) -> np.ndarray:
    return run(SaturatorProcessor(Saturator(id="s", **settings), rate_hz=RATE, channels=1), samples)


def test_a_quiet_signal_keeps_its_level_and_its_place() -> None:
    tone = sine(1_000.0, rate_hz=RATE, seconds=0.2, peak=1e-3)
    assert saturated(tone, drive_db=12.0)[:, 500:-500] == pytest.approx(tone[:, 500:-500], abs=2e-7)


def test_a_loud_low_tone_is_shaped_by_the_curve() -> None:
    tone = sine(50.0, rate_hz=RATE, seconds=0.2, peak=0.9)
    drive = 10.0 ** (9.0 / 20.0)
    wanted = np.tanh(tone * drive) / drive
    assert saturated(tone, drive_db=9.0)[:, 500:-500] == pytest.approx(wanted[:, 500:-500], abs=1e-4)


@pytest.mark.parametrize(("drive_db", "limit_db"), [(6.0, -90.0), (12.0, -60.0), (18.0, -40.0)])
def test_overtones_do_not_fold_back(drive_db: float, limit_db: float) -> None:
    tone = sine(9_000.0, rate_hz=RATE, seconds=1.0, peak=0.9)
    naive = np.tanh(tone * 10.0 ** (drive_db / 20.0))
    worst = []
    for samples in (saturated(tone, drive_db=drive_db), naive):
        spectrum = np.abs(np.fft.rfft(samples[0] * np.kaiser(RATE, 16.0)))
        worst.append(max(20.0 * np.log10(spectrum[hz] / spectrum[9_000]) for hz in (3_000, 15_000, 21_000)))
    assert worst[0] < limit_db < worst[1] - 15.0


def test_wet_mixes_in_time() -> None:
    tone = sine(200.0, rate_hz=RATE, seconds=0.1, peak=0.5)
    wet, half = saturated(tone, drive_db=12.0), saturated(tone, drive_db=12.0, wet=0.5)
    assert half == pytest.approx(0.5 * wet + 0.5 * tone, abs=1e-6)


def test_more_drive_never_makes_it_louder() -> None:
    tone = sine(200.0, rate_hz=RATE, seconds=0.1, peak=0.8)
    levels = [level_db(saturated(tone, drive_db=drive)) for drive in (0.0, 6.0, 12.0, 24.0, 48.0)]
    assert all(quieter < louder for louder, quieter in itertools.pairwise(levels))
