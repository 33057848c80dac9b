"""Pitch trackers: laws on made tones, human labels on real singing, and what has no pitch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.sound.pitch import one_channel, track_pitch
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.pitch_judge import judge_pitch
from tests.conftest import shared_folder
from tests.sound.singer import contour, shaken, tone, truth

Tracker = Callable[..., PitchCurve]
trackers = pytest.mark.parametrize("tracker", [track_pitch, judge_pitch])

RATE_HZ = 44_100
TUNE = [(0.1, 0.6, 57.0), (0.6, 1.0, 59.3), (1.2, 2.0, 52.0)]


def errors_cents(curve: PitchCurve, true: np.ndarray) -> np.ndarray:
    both = curve.voiced & ~np.isnan(true)
    return 100 * np.abs(curve.pitches - true)[both]


@trackers
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_tone_is_found_to_a_few_cents_at_any_rate(tracker: Tracker, rate_hz: int) -> None:
    pitches = contour(TUNE, 2.2, rate_hz)
    curve = tracker(tone(pitches, rate_hz), rate_hz)
    true = truth(pitches, rate_hz, len(curve.hz), curve.hop_seconds)
    assert len(curve.hz) == 440
    off = errors_cents(curve, true)
    assert np.median(off) < 1.0
    assert np.mean(off < 50) > 0.97
    assert np.mean(curve.voiced[~np.isnan(true)]) > 0.95
    assert np.mean(curve.voiced[np.isnan(true)]) < 0.15


@trackers
@pytest.mark.parametrize("pitch", [38.0, 45.5, 57.2, 69.0, 76.4, 83.9])
def test_every_register(tracker: Tracker, pitch: float) -> None:
    curve = tracker(tone(contour([(0.1, 0.9, pitch)], 1.0, RATE_HZ), RATE_HZ), RATE_HZ)
    off = errors_cents(curve, np.full(len(curve.hz), pitch))
    assert len(off) > 140
    assert np.median(off) < 2.0
    assert np.quantile(off, 0.95) < 10.0


@trackers
def test_vibrato_is_followed(tracker: Tracker) -> None:
    pitches = shaken(contour([(0.1, 1.9, 57.0)], 2.0, RATE_HZ), RATE_HZ, 60.0, 5.5)
    curve = tracker(tone(pitches, RATE_HZ), RATE_HZ)
    true = truth(pitches, RATE_HZ, len(curve.hz), curve.hop_seconds)
    middle = slice(60, 340)
    assert np.corrcoef(curve.pitches[middle], true[middle])[0, 1] > 0.998
    assert np.std(curve.pitches[middle]) / np.std(true[middle]) == pytest.approx(1.0, abs=0.05)


@trackers
def test_what_has_no_pitch_gets_none(tracker: Tracker, rng: np.random.Generator) -> None:
    noise = (0.1 * rng.standard_normal((1, RATE_HZ * 2))).astype(np.float32)
    assert tracker(noise, RATE_HZ).voiced.mean() < 0.03
    assert not tracker(np.zeros((2, RATE_HZ), np.float32), RATE_HZ).voiced.any()


def test_chords_and_drums_get_hardly_any(rng: np.random.Generator) -> None:
    clock = np.arange(2 * RATE_HZ) / RATE_HZ
    chord = sum(tone(contour([(0.0, 2.0, p)], 2.0, RATE_HZ), RATE_HZ) for p in (60.0, 64.0, 67.0))
    assert track_pitch(chord, RATE_HZ).voiced.mean() < 0.1
    hits = (np.exp(-20 * (clock * 4 % 1)) * rng.standard_normal(len(clock))).astype(np.float32)[None, :]
    assert track_pitch(0.2 * hits, RATE_HZ).voiced.mean() < 0.1


@trackers
@pytest.mark.parametrize("frames", [0, 1, 50, 400, 2_000, 8_820])
@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_short_recordings(tracker: Tracker, frames: int, rate_hz: int, rng: np.random.Generator) -> None:
    sound = (0.1 * rng.standard_normal((1, frames))).astype(np.float32)
    curve = tracker(sound, rate_hz)
    assert len(curve.hz) == len(curve.confidence) == -(-frames * 200 // rate_hz)
    assert np.isfinite(curve.hz).all()


@trackers
def test_channels_are_added_unless_they_cancel(tracker: Tracker) -> None:
    mono = tone(contour([(0.1, 0.9, 57.0)], 1.0, RATE_HZ), RATE_HZ)
    alone = tracker(mono, RATE_HZ)
    both = tracker(np.concatenate([mono, mono]), RATE_HZ)
    turned = tracker(np.concatenate([mono, -mono]), RATE_HZ)
    assert np.array_equal(alone.hz, both.hz)
    assert np.array_equal(alone.hz, turned.hz)


def test_one_channel_takes_the_loudest_where_they_cancel(rng: np.random.Generator) -> None:
    loud = rng.standard_normal((1, 100)).astype(np.float32)
    assert np.array_equal(one_channel(np.concatenate([-0.9 * loud, loud])), loud[0])


@trackers
def test_level_does_not_matter(tracker: Tracker) -> None:
    sound = tone(contour(TUNE, 2.2, RATE_HZ), RATE_HZ)
    loud, soft = tracker(sound, RATE_HZ), tracker(np.float32(2.0**-9) * sound, RATE_HZ)
    assert np.mean(loud.voiced == soft.voiced) > 0.99
    both = loud.voiced & soft.voiced
    assert np.abs(loud.pitches - soft.pitches)[both].max() < 0.05


@trackers
def test_an_offset_and_rumble_do_not_matter(tracker: Tracker) -> None:
    pitches = contour(TUNE, 2.2, RATE_HZ)
    clean = tone(pitches, RATE_HZ)
    rumble = 0.1 + 0.05 * np.sin(2 * np.pi * 11 * np.arange(clean.shape[1]) / RATE_HZ)
    curve = tracker((clean + rumble).astype(np.float32), RATE_HZ)
    off = errors_cents(curve, truth(pitches, RATE_HZ, len(curve.hz), curve.hop_seconds))
    assert np.median(off) < 1.5
    assert np.mean(off < 50) > 0.95


@trackers
def test_equal_sound_equal_curve(tracker: Tracker) -> None:
    sound = tone(contour(TUNE, 2.2, RATE_HZ), RATE_HZ)
    assert np.array_equal(tracker(sound, RATE_HZ).hz, tracker(sound.copy(), RATE_HZ).hz)


@trackers
def test_real_singing_against_human_labels(tracker: Tracker) -> None:
    import soundfile

    folder = shared_folder("audio", "sung_with_f0")
    sound, rate_hz = soundfile.read(folder / "vocadito_1.wav", dtype="float32", always_2d=True)
    labels = np.loadtxt(folder / "vocadito_1_f0.csv", delimiter=",")
    curve = tracker(np.ascontiguousarray(sound.T), rate_hz)
    heard = curve.hz[np.minimum(np.round(labels[:, 0] / curve.hop_seconds).astype(int), len(curve.hz) - 1)]
    sung = labels[:, 1] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.abs(1200 * np.log2(heard / labels[:, 1]))
    assert np.mean(off[sung] < 50) > 0.965
    assert np.mean(heard[~sung] > 0) < 0.08
    assert np.median(off[sung & (heard > 0)]) < 3.0


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(OutOfRange, match="pitch range 500 to 100 Hz is not within 47 to 2090 Hz"):
        track_pitch(np.zeros((1, 100), np.float32), 8_000, low_hz=500, high_hz=100)


@trackers
def test_nan_is_refused(tracker: Tracker) -> None:
    broken = np.zeros((1, 800), np.float32)
    broken[0, 40] = np.nan
    with pytest.raises(RequestError, match="frame 40"):
        tracker(broken, 8_000)
