"""The tone comes towards the reference by as much as asked for, and by nothing that nobody would do."""

from __future__ import annotations

import time

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Band, Equalizer
from bandmate.sound.audio import Audio
from bandmate.sound.processors import process_audio
from bandmate.stages.master.portrait import portrait_of
from bandmate.stages.master.sketch import Sketch, sketch_of
from bandmate.stages.master.target import Reference, Target, target_of
from bandmate.stages.master.tone_match import (
    FOLLOWS_BELOW_HZ,
    MOST_BANDS,
    SIDE_BANDS,
    ToneMatch,
    match_tone,
    tilt_device,
    tilted,
)
from bandmate.stages.master.tone_need import tone_error_db
from bandmate.stages.master.width_match import width_change_db
from tests.stages.test_tone_need import target
from tests.stages.tone_songs import (
    BAND_HZ,
    RATE_HZ,
    bell,
    heard,
    moving,
    record,
    response_db,
    sketch,
    sketched,
    usual_db,
)

PLANTED = [bell(70.0, 5.0), bell(400.0, -4.0), bell(2_500.0, 5.0, 1.5), bell(9_000.0, -5.0, 0.7)]
SIDES_ONLY = [bell(600.0, 5.0), bell(5_000.0, -4.0)]


def rough(seed: int, size_db: float = 3.0) -> tuple[Sketch, Target]:
    """A song and a target that differ in every band by something else, in the middle and in the sides."""
    rng = np.random.default_rng(seed)
    off = [np.convolve(rng.normal(0.0, 2 * size_db, len(BAND_HZ) + 2), np.ones(3) / 3, "valid") for _ in range(2)]
    song = moving(sketch(usual_db() + off[0], usual_db() - 8.0 + off[1]), seed)
    return song, target(usual_db(), usual_db() - 8.0)


def matched(song: Sketch, wanted: Target, **asked: object) -> ToneMatch:
    match = match_tone(song, wanted, **asked)
    assert match is not None
    return match


def test_planted_bands_are_undone_as_rendered() -> None:
    samples = record(3)
    reference = portrait_of(heard(samples), "reference")
    wanted = target_of([Reference(portrait=reference)])
    planted = Equalizer(id="planted", bands=tuple(PLANTED))
    song = process_audio(Audio(samples, RATE_HZ), planted)
    hearing = heard(song.samples)
    match = matched(sketch_of(hearing), wanted)
    out = process_audio(song, match.device)
    after = tone_error_db(portrait_of(heard(out.samples)), wanted, match.needs)
    before = tone_error_db(portrait_of(hearing), wanted)
    assert before.mid_db > 2.0 and before.mid_db == pytest.approx(match.mid.error_before_db)
    assert after.mid_db < 0.3 and after.side_db < 0.35
    assert after.mid_db == pytest.approx(match.mid.error_after_db, abs=0.1)
    assert after.side_db == pytest.approx(match.side.error_after_db, abs=0.1)
    assert all(band.scope != "mid" for band in match.device.bands[:3])


def test_the_linear_phase_equalizer_does_the_same() -> None:
    samples = record(4)
    wanted = target_of([Reference(portrait=portrait_of(heard(samples)))])
    song = process_audio(Audio(samples, RATE_HZ), Equalizer(id="planted", bands=tuple(PLANTED)))
    match = matched(sketched(song.samples), wanted, linear_phase=True)
    assert match.device.phase == "linear" and match.device.id == "master-tone"
    after = tone_error_db(portrait_of(heard(process_audio(song, match.device).samples)), wanted, match.needs)
    assert after.mid_db < 0.4
    assert matched(sketched(song.samples), wanted).device.bands == match.device.bands


def test_a_song_that_is_its_own_reference_is_left_alone() -> None:
    samples = record(1)
    wanted = target_of([Reference(portrait=portrait_of(heard(samples)))])
    assert match_tone(sketched(samples), wanted) is None
    assert match_tone(sketched(0.5 * samples), wanted) is None


def test_what_was_matched_is_left_alone() -> None:
    song = sketch(usual_db() + response_db(PLANTED), usual_db() - 8.0 + response_db(PLANTED))
    wanted = target(usual_db(), usual_db() - 8.0)
    assert match_tone(song.equalized(matched(song, wanted).device.bands), wanted) is None


@pytest.mark.parametrize("seed", range(3))
def test_rough_differences_shrink_to_a_third(seed: int) -> None:
    song, wanted = rough(seed)
    match = matched(song, wanted)
    assert match.mid.error_after_db < 0.4 * match.mid.error_before_db
    assert match.side.error_after_db < 0.7 * match.side.error_before_db
    for_all = [band for band in match.device.bands if band.scope != "side"]
    assert len(for_all) <= MOST_BANDS and len(match.device.bands) - len(for_all) <= SIDE_BANDS
    assert len({band.id for band in match.device.bands}) == len(match.device.bands)
    assert all(abs(band.gain_db) <= 9.0 for band in match.device.bands)


def test_sides_that_want_the_same_share_the_bands() -> None:
    same = sketch(usual_db() + response_db(PLANTED), usual_db() - 8.0 + response_db(PLANTED))
    match = matched(same, target(usual_db(), usual_db() - 8.0))
    assert {band.scope for band in match.device.bands} == {"stereo"}


def test_sides_that_want_something_else_get_bands_of_their_own() -> None:
    song = sketch(usual_db() + response_db(PLANTED), usual_db() - 8.0 + response_db(SIDES_ONLY))
    match = matched(song, target(usual_db(), usual_db() - 8.0))
    assert {band.scope for band in match.device.bands} >= {"side"}
    assert match.mid.error_after_db < 0.3 and match.side.error_after_db < 0.6
    only = sketch(usual_db(), usual_db() - 8.0 + response_db(SIDES_ONLY))
    assert {band.scope for band in matched(only, target(usual_db(), usual_db() - 8.0)).device.bands} == {"side"}


@pytest.mark.parametrize("seed", range(3))
def test_tone_leaves_the_width_as_it_is(seed: int) -> None:
    song, wanted = rough(seed)
    match = matched(song, wanted)
    assert abs(match.width_change_db) < 1.0
    assert match.width_change_db == width_change_db(song, song.equalized(match.device.bands), wanted)


def test_without_shaping_the_sides_every_band_is_a_stereo_one() -> None:
    song, wanted = rough(2)
    match = matched(song, wanted, shape_sides=False)
    assert {band.scope for band in match.device.bands} == {"stereo"}
    after = song.equalized(match.device.bands)
    np.testing.assert_allclose(after.side / after.mid, song.side / song.mid)


def test_a_mono_song_gets_stereo_bands_and_nothing_for_its_sides() -> None:
    match = matched(sketch(usual_db() + response_db(PLANTED)), target(usual_db(), usual_db() - 8.0))
    assert match.side is None and {band.scope for band in match.device.bands} == {"stereo"}
    assert match.width_change_db == 0.0


@pytest.mark.parametrize("seed", range(2))
def test_strength_is_a_share_of_the_way_and_turns_gains_only(seed: int) -> None:
    song, wanted = rough(seed)
    whole = matched(song, wanted)
    moved = [whole.mid.moved_db]
    for strength in (0.6, 0.3):
        match = matched(song, wanted, strength=strength)
        by_id = {band.id: band for band in whole.device.bands}
        for band in match.device.bands:
            full = by_id[band.id]
            assert (band.freq_hz, band.q, band.scope) == (full.freq_hz, full.q, full.scope)
            assert band.gain_db == pytest.approx(strength * full.gain_db, abs=0.051)
        np.testing.assert_allclose(match.mid.moved_db, strength * whole.mid.moved_db, atol=0.6)
        moved.append(match.mid.moved_db)
    assert np.abs(moved[0]).mean() > np.abs(moved[1]).mean() > np.abs(moved[2]).mean()


@pytest.mark.parametrize("guard", [0.3, 0.8])
@pytest.mark.parametrize("seed", range(2))
def test_the_guard_is_passed_nowhere(seed: int, guard: float) -> None:
    song, wanted = rough(seed)
    match = matched(song, wanted, guard=guard)
    for part in (match.mid, match.side):
        solid = part.need.compared & (np.abs(part.need.need_db) > 1.0)
        towards = np.sign(part.need.need_db) * part.moved_db
        assert (towards - guard * np.abs(part.need.need_db))[solid].max() <= 0.25 + 1e-9
    assert match.mid.error_after_db < match.mid.error_before_db


def test_where_references_differ_a_band_inside_their_tolerance_is_not_moved() -> None:
    off = np.where(BAND_HZ < 300.0, 5.0, 0.0) + np.where(BAND_HZ > 3_000.0, 2.0, 0.0)
    song = sketch(usual_db() + off)
    tolerant = replace(target(usual_db()), mid_tolerance_db=tuple([4.0] * len(BAND_HZ)))
    assert match_tone(song, tolerant) is None
    lows = replace(tolerant, mid_tolerance_db=tuple(np.where(BAND_HZ < 1_000.0, 1.0, 4.0).tolist()))
    match = matched(song, lows)
    assert np.ptp(match.mid.moved_db[(BAND_HZ > 1_500.0) & (BAND_HZ < 16_000.0)]) < 1.0
    assert np.ptp(match.mid.moved_db) > 3.0


def test_nothing_is_boosted_that_should_not_be() -> None:
    tilt = 1.2 * (BAND_HZ < 45.0) * 6.0 + (BAND_HZ > 9_000.0) * 7.0
    match = matched(sketch(usual_db()), target(usual_db() + tilt))
    gain_db = response_db(list(match.device.bands))
    assert gain_db[BAND_HZ < 35.0].max() <= 1.25
    assert gain_db[BAND_HZ > 14_000.0].max() <= 4.25
    assert BAND_HZ[BAND_HZ > FOLLOWS_BELOW_HZ][0] == pytest.approx(39.8, abs=0.1)


def test_where_the_song_has_no_sound_nothing_is_boosted() -> None:
    dull = np.where(BAND_HZ > 3_600.0, -95.0, usual_db())
    wanted = usual_db() + np.where(BAND_HZ > 900.0, 6.0, 0.0)
    match = matched(sketch(dull), target(wanted))
    assert response_db(list(match.device.bands))[BAND_HZ > 3_600.0].max() <= 1.25
    assert match.mid.error_after_db < match.mid.error_before_db


def test_a_song_at_a_low_rate_is_matched_as_far_as_it_goes() -> None:
    few = BAND_HZ < 4_000.0
    song = sketch((usual_db() + response_db(PLANTED))[few], rate_hz=8_000)
    match = matched(song, target(usual_db()))
    assert all(band.freq_hz <= 3_600.0 for band in match.device.bands)
    assert match.mid.error_after_db < 0.4


def test_what_was_left_out_is_told() -> None:
    gap = np.where((BAND_HZ > 5_000.0) & (BAND_HZ < 8_500.0), -20.0, 0.0)
    match = matched(sketch(usual_db() + gap + response_db(PLANTED)), target(usual_db()))
    assert [part.region for part in match.left_out] == ["treble"]
    assert match.mid.moved_db[(BAND_HZ > 5_000.0) & (BAND_HZ < 8_500.0)].max() < 11.0


def test_nothing_to_do_gives_none() -> None:
    song, wanted = rough(1)
    assert match_tone(song, wanted, strength=0.0) is None
    assert match_tone(song, wanted, guard=0.0) is None
    assert match_tone(song, Target(names=("it",))) is None
    silence = sketched(np.zeros((2, RATE_HZ), np.float32))
    assert match_tone(silence, wanted) is None
    assert match_tone(sketched(np.zeros((2, 0), np.float32)), wanted) is None
    assert match_tone(song, wanted, most_bands=0) is None


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_second_of_noise_at_any_rate_is_no_trouble(rate_hz: int, channels: int) -> None:
    samples = np.random.default_rng(1).normal(0.0, 0.1, (channels, rate_hz)).astype(np.float32)
    match = match_tone(sketched(samples, rate_hz), target(usual_db(), usual_db() - 8.0))
    assert match is not None and all(band.freq_hz <= 0.451 * rate_hz for band in match.device.bands)


def test_equal_songs_get_equal_bands_in_a_moment() -> None:
    song, wanted = rough(3)
    first = matched(song, wanted)
    start = time.process_time()
    assert matched(song, wanted).device == first.device
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("tilt_db", [-3.0, -1.0, 2.0])
def test_a_tilt_is_a_straight_line_over_octaves(tilt_db: float) -> None:
    device = tilt_device(tilt_db)
    assert device.id == "master-tone" and {band.kind for band in device.bands} == {"low-shelf", "high-shelf"}
    line = tilt_db * np.clip(np.log10(BAND_HZ / 1_000.0), -1.0, 1.0) / 2.0
    moved = response_db(list(device.bands))
    inside = (BAND_HZ > 100.0) & (BAND_HZ < 10_000.0)
    np.testing.assert_allclose(moved[inside], line[inside], atol=0.06 * abs(tilt_db))
    bright = tilted(target(usual_db(), usual_db() - 8.0), tilt_db)
    np.testing.assert_allclose(np.array(bright.mid_db) - usual_db(), line, atol=1e-9)
    np.testing.assert_allclose(np.array(bright.side_db) - usual_db() + 8.0, line, atol=1e-9)


def test_a_tilted_target_keeps_what_is_nothing() -> None:
    assert set(tilted(target(usual_db()), 2.0).side_db) == {-150.0}
    assert tilted(Target(names=("it",)), 2.0) == Target(names=("it",))


def test_the_bands_are_ordinary_ones() -> None:
    song, wanted = rough(0)
    assert all(isinstance(band, Band) and not band.is_neutral for band in matched(song, wanted).device.bands)
