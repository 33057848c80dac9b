"""Width comes towards the reference with one factor, never beyond what is safe in mono, and never out of nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bandmate.song.devices import Width
from bandmate.sound.audio import Audio
from bandmate.sound.processors import process_audio
from bandmate.stages.master.portrait import REGIONS, portrait_of
from bandmate.stages.master.target import Reference, Target, target_of
from bandmate.stages.master.width_match import (
    LEAST_FACTOR,
    MOST_FACTOR,
    WidthMatch,
    balance_shares,
    is_mono,
    match_width,
    mono_loss_db,
    why_no_width,
    width_change_db,
    width_error_db,
)
from tests.stages.test_tone_need import target
from tests.stages.tone_songs import BAND_HZ, RATE_HZ, heard, record, sketch, sketched, usual_db


def wide(*widths_db: float) -> Target:
    """A target with that width in each region (or in all), and the usual tone."""
    values = widths_db if len(widths_db) == len(REGIONS) else widths_db * len(REGIONS)
    return replace(target(usual_db(), usual_db() - 8.0), width_db=tuple(values))


def song(width_db: float, bass_db: float | None = None):
    side = np.where(BAND_HZ < 120.0, width_db if bass_db is None else bass_db, width_db)
    return sketch(usual_db(), usual_db() + side)


def matched(one, wanted: Target, **asked: object) -> WidthMatch:
    match = match_width(one, wanted, **asked)
    assert match is not None
    return match


def test_the_rendered_song_is_as_wide_as_the_reference() -> None:
    wanted = target_of([Reference(portrait=portrait_of(heard(record(1, width=0.5))))])
    narrow = record(2, width=0.4)
    match = matched(sketched(narrow), wanted)
    assert match.device.id == "master-width" and match.device.mono_below_hz == 0.0
    out = heard(process_audio(Audio(narrow, RATE_HZ), match.device).samples)
    before = width_error_db(portrait_of(heard(narrow)), wanted)
    assert before == pytest.approx(match.error_before_db, abs=1e-6) and before < -1.0
    assert width_error_db(portrait_of(out), wanted) == pytest.approx(match.error_after_db, abs=0.05)
    assert abs(match.error_after_db) < 0.15
    assert out.mono_loss_db == pytest.approx(match.mono_loss_after_db, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(st.floats(-30.0, 5.0), st.floats(-30.0, 5.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_factor_is_safe_and_goes_no_further_than_asked(
    width_db: float, target_db: float, strength: float, guard: float
) -> None:
    one = song(width_db)
    match = match_width(one, wide(target_db), strength=strength, guard=guard)
    if match is None:
        return
    factor = match.device.side
    assert LEAST_FACTOR <= factor <= MOST_FACTOR
    if factor > 1.0:
        assert match.mono_loss_after_db <= 3.05
    apart = width_db - target_db
    moved_db = 20.0 * np.log10(factor)
    assert moved_db * apart <= 0.0 or factor == 1.0
    assert abs(moved_db) <= min(strength, guard) * abs(apart) + 0.1


def test_half_the_strength_is_half_of_the_way() -> None:
    match = matched(song(-14.0), wide(-10.0), strength=0.5)
    assert match.error_before_db == pytest.approx(-4.0, abs=1e-6)
    assert match.error_after_db == pytest.approx(-2.0, abs=0.06)
    assert [region.foretold_db for region in match.regions] == pytest.approx([-12.0] * 4, abs=0.06)


def test_strength_counts_from_before_the_tone() -> None:
    before, behind = song(-14.0), song(-13.0)
    match = matched(behind, wide(-10.0), strength=0.5, before=before)
    assert match.error_after_db == pytest.approx(-2.0, abs=0.06)
    undone = matched(song(-8.0), wide(-10.5), strength=1.0, before=song(-10.0))
    assert undone.error_after_db == pytest.approx(0.5, abs=0.06)


def test_loud_regions_count_more_and_the_bass_not_at_all() -> None:
    bass_only = wide(-2.0, -12.0, -12.0, -12.0)
    assert width_error_db(song(-12.0), bass_only) == pytest.approx(0.0, abs=1e-6)
    low, high = wide(-12.0, -8.0, -12.0, -12.0), wide(-12.0, -12.0, -12.0, -8.0)
    assert width_error_db(song(-12.0), low) < width_error_db(song(-12.0), high) < -0.1


def test_mono_stays_mono_and_says_why() -> None:
    assert is_mono(sketch(usual_db())) and is_mono(song(-60.0))
    for asked in (0.0, 120.0):
        assert match_width(sketch(usual_db()), wide(-8.0), mono_below_hz=asked) is None
    assert "cannot be made out of mono" in why_no_width(sketch(usual_db()), wide(-8.0))
    assert "no reference has a weight for width" in why_no_width(song(-8.0), Target(names=("it",)))
    assert "within 1 dB" in why_no_width(song(-8.0), wide(-8.0))


def test_a_mono_reference_narrows_at_most_to_seven_tenths() -> None:
    assert matched(song(-8.0, bass_db=-60.0), wide(-150.0)).device == Width(id="master-width", side=0.7)


def test_within_a_decibel_and_without_strength_nothing_is_done() -> None:
    assert match_width(song(-10.0), wide(-9.2)) is None
    assert match_width(song(-10.0), wide(-4.0), strength=0.0) is None
    assert match_width(song(-10.0), Target(names=("it",))) is None
    silence = sketched(np.zeros((2, RATE_HZ), np.float32))
    assert match_width(silence, wide(-4.0)) is None and mono_loss_db(silence) == 0.0
    assert match_width(sketched(np.zeros((2, 0), np.float32)), wide(-4.0)) is None


def test_bass_is_put_into_the_middle_where_asked_or_much_too_wide() -> None:
    asked = matched(song(-10.0), wide(-10.0), mono_below_hz=150.0)
    assert asked.device == Width(id="master-width", mono_below_hz=150.0) and not asked.is_bass_too_wide
    assert matched(song(-10.0), wide(-10.0), strength=0.0, mono_below_hz=150.0).device == asked.device
    narrow_bass = wide(-20.0, -10.0, -10.0, -10.0)
    found = matched(song(-10.0, bass_db=-8.0), narrow_bass)
    assert found.device.mono_below_hz == 120.0 and found.is_bass_too_wide
    assert match_width(song(-10.0, bass_db=-15.0), narrow_bass) is None
    assert match_width(song(-10.0, bass_db=-8.0), narrow_bass, guard=0.5) is None
    assert match_width(song(-10.0, bass_db=-25.0), wide(-150.0, -10.0, -10.0, -10.0)) is None


def test_the_balance_foretells_what_a_gain_does_to_the_width() -> None:
    one, wanted = song(-10.0), wide(-10.0)
    mid, side = balance_shares(one, wanted)
    assert mid.sum() == pytest.approx(1.0) and side.sum() == pytest.approx(1.0)
    assert not mid[BAND_HZ < 120.0].any()
    assert width_change_db(one, one.widened(1.2), wanted) == pytest.approx(20.0 * np.log10(1.2))
    mono = balance_shares(sketch(usual_db()), wanted)
    assert not mono[0].any() and not mono[1].any()
