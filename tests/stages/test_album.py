"""An album as one piece: its loudness against the real concatenation, differences, drift of tone, and its bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import OutOfRange, RequestError, UnknownName
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.loudness import measure_loudness
from bandmate.stages.hearing import hear
from bandmate.stages.master.album import (
    Heard,
    album_lufs,
    album_range_lu,
    checked_bound_db,
    drift_db,
    foretold_db,
    heard_lightly,
    least_strength,
    mean_portrait,
    nearer,
    next_step_lu,
    spread_of,
    strength_for,
)
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.sketch import sketch_of
from bandmate.stages.master.target import Reference, target_of
from bandmate.stages.master.tone_match import match_tone
from tests.conformance.test_independent_meter import ffmpeg_reading

RATE_HZ = 44_100


def noise(seconds: float, *, gain_db: float = -20.0, tilt_db: float = 0.0, seed: int = 1) -> Samples:
    """Stereo noise that falls like music, with a tilt in dB per octave on top."""
    frames = round(seconds * RATE_HZ)
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.normal(0, 1, (2, frames)))
    hz = np.fft.rfftfreq(frames, 1 / RATE_HZ)
    spectrum *= (np.maximum(hz, 20.0) / 1000.0) ** (-0.75 + tilt_db / 6.02) * (hz < 18_000)
    sound = np.fft.irfft(spectrum, frames)
    return (sound / np.sqrt(np.mean(sound**2)) * 10 ** (gain_db / 20)).astype(np.float32)


def heard(samples: Samples, name: str = "one") -> Heard:
    return heard_lightly(hear([samples], RATE_HZ), name)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(st.integers(40, 80), st.integers(-24, -6)), min_size=1, max_size=3))
def test_album_loudness_is_that_of_the_tracks_one_after_another(tracks: list[tuple[int, int]]) -> None:
    """Tracks of whole 100 ms: only the three blocks across each border are no track's."""
    pieces = [noise(tenths / 10, gain_db=gain_db, seed=n) for n, (tenths, gain_db) in enumerate(tracks)]
    album = album_lufs([heard(one) for one in pieces])
    whole = measure_loudness(Audio(np.concatenate(pieces, axis=1), RATE_HZ)).integrated_lufs
    assert album == pytest.approx(whole, abs=0.01 if len(tracks) == 1 else 0.3)


def test_album_loudness_of_longer_tracks_is_what_another_meter_reads() -> None:
    pieces = [noise(12.0, gain_db=gain_db, seed=n) for n, gain_db in enumerate((-14.0, -20.0, -32.0))]
    other = ffmpeg_reading(Audio(np.concatenate(pieces, axis=1), RATE_HZ))
    tracks = [heard(one) for one in pieces]
    assert album_lufs(tracks) == pytest.approx(other.integrated_lufs, abs=0.1)
    assert album_range_lu(tracks) == pytest.approx(other.range_lu, abs=0.3)


def test_the_loudest_track_can_be_the_anchor() -> None:
    tracks = [heard(noise(1.0, gain_db=gain_db)) for gain_db in (-30.0, -12.0)]
    assert album_lufs(tracks, "loudest") == tracks[1].lufs
    with pytest.raises(UnknownName, match=r'no anchor of an album named "loud"; there are: album, loudest'):
        album_lufs(tracks, "loud")


def test_silence_has_no_loudness_no_tone_and_no_place_in_the_mean() -> None:
    silent, one = heard(np.zeros((2, 4 * RATE_HZ), np.float32), "silence"), heard(noise(4.0))
    assert album_lufs([silent]) is None and album_lufs([silent], "loudest") is None and album_lufs([]) is None
    assert mean_portrait([silent.portrait]) is None
    assert album_lufs([silent, one]) == pytest.approx(one.lufs, abs=1e-5)
    mean = mean_portrait([silent.portrait, one.portrait])
    assert drift_db(silent.portrait, mean) is None
    assert drift_db(one.portrait, mean) == pytest.approx(0.0, abs=1e-9)
    assert drift_db(one.portrait, None) is None
    assert spread_of([silent, one], [silent, one]).before_lu == 0.0


def test_a_light_hearing_keeps_its_figures() -> None:
    full = hear([noise(4.0)], RATE_HZ)
    light = heard_lightly(full, "one")
    assert light.hearing.power.shape == (len(full.band_hz), 0)
    assert light.hearing.band_db == full.band_db
    assert (light.hearing.momentary_lufs == full.momentary_lufs).all()


def test_the_next_step_makes_up_for_what_is_missing() -> None:
    assert next_step_lu(2.0, -14.3, -14.0, is_squashed=False) == pytest.approx(2.3)
    assert next_step_lu(2.0, -14.04, -14.0, is_squashed=False) is None
    assert next_step_lu(2.0, -14.4, -14.0, is_squashed=True) is None, "more would come from the other tracks alone"
    assert next_step_lu(2.0, -14.2, -14.0, is_squashed=True) == pytest.approx(2.2)
    assert next_step_lu(2.0, -13.5, -14.0, is_squashed=True) == pytest.approx(1.5)


def test_differences_are_told_before_and_after() -> None:
    before = [heard(noise(1.0, gain_db=gain_db)) for gain_db in (-30.0, -20.0, -14.0)]
    after = [heard(noise(1.0, gain_db=gain_db)) for gain_db in (-24.0, -14.0, -9.5)]
    spread = spread_of(before, after)
    assert spread.before_lu == pytest.approx(16.0, abs=0.01)
    assert spread.after_lu == pytest.approx(14.5, abs=0.01)
    assert spread.most_changed_lu == pytest.approx(1.0, abs=0.01)
    assert spread_of(before, before).most_changed_lu == 0.0


def test_drift_is_a_distance_of_shape_and_not_of_level() -> None:
    plain, bright = noise(6.0), noise(6.0, tilt_db=1.5, gain_db=-31.0)
    tracks = [heard(plain), heard(plain * np.float32(0.1)), heard(bright)]
    mean = mean_portrait(track.portrait for track in tracks[:2])
    near, far = (drift_db(tracks[n].portrait, mean) for n in (1, 2))
    assert near == pytest.approx(0.0, abs=1e-3)
    octaves = np.log2(np.array([hz for hz in tracks[0].hearing.band_hz if 40 <= hz <= 16_000]))
    assert far == pytest.approx(1.5 * np.abs(octaves - octaves.mean()).mean(), abs=0.3)


def test_tracks_of_other_rates_are_compared_where_both_have_sound() -> None:
    slow = heard_lightly(hear([noise(4.0)[:, ::4]], RATE_HZ // 4), "slow")
    mean = mean_portrait([slow.portrait, heard(noise(4.0)).portrait])
    assert mean is not None and len(mean.band_hz) == len(slow.portrait.band_hz)
    assert drift_db(slow.portrait, mean) is not None


def test_the_strength_is_the_least_that_holds_the_bound() -> None:
    sketch = sketch_of(hear([noise(8.0, tilt_db=2.0)], RATE_HZ))
    mean = mean_portrait([heard(noise(8.0, seed=2)).portrait])
    assert mean is not None
    bound_db = foretold_db(sketch, (), mean) / 2
    strength = strength_for(sketch, mean, bound_db=bound_db)
    assert 0.3 < strength < 0.75
    brief = nearer(MasterBrief(), mean, strength)
    target = target_of(brief.references)
    assert target is not None
    for share, is_held in ((strength, True), (strength - 0.05, False)):
        match = match_tone(sketch, target, strength=share)
        assert match is not None
        assert (foretold_db(sketch, match.device.bands, mean) <= bound_db + 0.02) == is_held


def test_all_is_tried_where_no_strength_suffices() -> None:
    assert least_strength(lambda strength: 5.0, 1.0) == 1.0
    assert least_strength(lambda strength: 4.0 * (1.0 - strength), 1.0) == pytest.approx(0.75, abs=0.02)


def test_a_track_that_comes_nearer_follows_its_references_in_all_but_tone() -> None:
    record, mean = heard(noise(4.0)).portrait, mean_portrait([heard(noise(4.0, seed=3)).portrait])
    assert mean is not None
    brief = nearer(MasterBrief(references=(Reference(portrait=record, width=0.5),), tone=0.3), mean, 0.6)
    first, last = brief.references
    assert (first.tone, first.dynamics, first.width, first.loudness) == (0.0, 1.0, 0.5, 1.0)
    assert (last.tone, last.dynamics, last.width, last.loudness) == (1.0, 0.0, 0.0, 0.0)
    assert brief.tone == 0.6 and last.portrait.name == "the album's mean"


@pytest.mark.parametrize("bound_db", [0.5, 12.5, float("nan")])
def test_a_bound_that_cannot_be_kept_is_refused(bound_db: float) -> None:
    with pytest.raises(OutOfRange, match=r"the bound on tone drift is .* dB; possible are 1 to 12"):
        checked_bound_db(bound_db, MasterBrief())


def test_a_bound_needs_some_tone_to_be_moved() -> None:
    with pytest.raises(RequestError, match="the tone may be moved by 0 %"):
        checked_bound_db(3.0, MasterBrief(tone=0.0))
    assert checked_bound_db(None, MasterBrief(tone=0.0)) is None
    assert checked_bound_db(3.0, MasterBrief(tone=0.1)) == 3.0
