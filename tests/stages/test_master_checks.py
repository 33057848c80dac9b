"""Repair checks find planted faults, mend what a device mends, and find nothing on clean music."""

from __future__ import annotations

import re

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.formats.audio_files import read_audio
from bandmate.song.devices import ChannelTrim, Equalizer
from bandmate.sound.audio import Audio
from bandmate.sound.filters import Cascade, high_pass_sections, low_pass_sections, response_db
from bandmate.sound.resample import resample
from bandmate.stages.hearing import hear
from bandmate.stages.master.checks import DC_BAND, RUMBLE_BAND, Repair, RepairFindings, find_repairs, through
from bandmate.stages.master.diagnosis import diagnose
from bandmate.stages.master.faults import remarks_on
from bandmate.stages.master.nodes import REPAIR, SUBSONIC
from tests.conftest import shared_folder
from tests.sound.running import sine
from tests.stages.test_translation import NUMBER, balanced, figures, tape

RATE_HZ = 44_100


def checked(samples: np.ndarray, rate_hz: int = RATE_HZ) -> RepairFindings:
    return find_repairs(hear(tape(samples)(), rate_hz), tape(samples), rate_hz)


def record(seconds: float = 8.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Clean and narrow, with a little of its own on each side."""
    pair = balanced(seconds, rate_hz)
    middle = pair.mean(axis=0)
    return 0.6 * middle + 0.4 * pair


def only(found: RepairFindings, check: str) -> str:
    assert [remark.check for remark in found.remarks] == [check]
    return str(found.remarks[0])


def said_in_evidence(repair: Repair) -> None:
    known = set(figures([[item.before, item.after] for item in repair.evidence]))
    known |= {number.lstrip("-") for item in repair.evidence for number in NUMBER.findall(f"{item.what} {item.where}")}
    known |= {f"{item.after:.0f}" for item in repair.evidence if item.after is not None}
    for number in NUMBER.findall(repair.because):
        assert number.lstrip("-+") in known, (number, repair.because)


@pytest.mark.parametrize("make", [record, balanced])
@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_clean_music_gives_nothing(make: object, rate_hz: int) -> None:
    found = checked(make(4.0, rate_hz), rate_hz)  # type: ignore[operator]
    assert found == RepairFindings((), ()) and found.devices == ()


@pytest.fixture(scope="module")
def stems() -> tuple[np.ndarray, int]:
    """Twenty seconds of five played stems, added up."""
    parts = [read_audio(path) for path in sorted(shared_folder("audio", "stems_cc0").glob("*.mp3"))]
    rate_hz = parts[0].rate_hz
    return sum(0.4 * part.samples[:, 20 * rate_hz : 40 * rate_hz].astype(np.float64) for part in parts), rate_hz  # type: ignore[return-value]


def test_played_stems_need_no_repair(stems: tuple[np.ndarray, int]) -> None:
    assert checked(*stems) == RepairFindings((), ())


@pytest.mark.parametrize("fault", ["dc", "inverted", "two decibels"])
def test_faults_planted_into_the_stems_are_found_and_mended(stems: tuple[np.ndarray, int], fault: str) -> None:
    clean, rate_hz = stems
    broken = {
        "dc": clean + np.array([[0.01], [0.0]]),
        "inverted": clean * [[1.0], [-1.0]],
        "two decibels": clean.mean(axis=0) * [[1.0], [10**0.1]] + 0.03 * (clean - clean.mean(axis=0)),
    }[fault]
    (repair,) = checked(broken, rate_hz).repairs
    expected = {
        "dc": Equalizer(id=SUBSONIC, bands=(DC_BAND,)),
        "inverted": ChannelTrim(id=REPAIR, right_inverted=True),
        "two decibels": ChannelTrim(id=REPAIR, left_db=1.0, right_db=-1.0),
    }
    assert repair.device == expected[fault] and 0.5 <= repair.confidence <= 1.0
    said_in_evidence(repair)


def test_dc_is_taken_away_and_heard_again() -> None:
    (repair,) = checked(record() + np.array([[0.002], [-0.01]])).repairs
    dc = repair.evidence[0]
    assert dc.before == pytest.approx(-40.0, abs=0.1) and dc.after is not None and dc.after < -90.0
    assert "a channel has DC at -40.0 dBFS" in repair.because
    said_in_evidence(repair)
    assert checked(record() + 0.0009).repairs == ()


def test_rumble_is_taken_away() -> None:
    rumble = sine(12.0, rate_hz=RATE_HZ, seconds=8.0, peak=0.06)
    (repair,) = checked(record() + rumble).repairs
    assert repair.device == Equalizer(id=SUBSONIC, bands=(RUMBLE_BAND,))
    share = repair.evidence[1]
    assert share.before is not None and share.after is not None and share.before > 0.1 > 0.01 > share.after
    said_in_evidence(repair)
    assert checked(record() + sine(40.0, rate_hz=RATE_HZ, seconds=8.0, peak=0.1)).repairs == ()


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("band", [DC_BAND, RUMBLE_BAND])
def test_nothing_that_is_heard_is_moved_by_the_high_pass(band: object, rate_hz: int) -> None:
    hz = np.geomspace(30.0, 0.49 * rate_hz, 500)
    assert np.abs(response_db([band], hz, rate_hz)).max() < 0.3  # type: ignore[list-item]


def test_a_channel_turned_over_comes_back_as_it_was() -> None:
    clean = balanced()
    (repair,) = checked(clean * [[1.0], [-1.0]]).repairs
    assert repair.device == ChannelTrim(id=REPAIR, right_inverted=True) and "opposite polarity" in repair.because
    mended = np.concatenate(list(through(tape(clean * [[1.0], [-1.0]]), (repair.device,), RATE_HZ)()), axis=1)
    np.testing.assert_allclose(mended, clean, atol=1e-6)
    before, after = repair.evidence[1].before, repair.evidence[1].after
    assert before is not None and after is not None and before > 6.0 > 1.0 > after
    said_in_evidence(repair)


def test_width_by_opposite_sides_over_a_common_bass_is_no_polarity_fault() -> None:
    noise = np.random.default_rng(3).standard_normal(8 * RATE_HZ)
    high = Cascade(high_pass_sections(400.0, RATE_HZ, order=4), 1).run(noise[None].copy())
    low = Cascade(low_pass_sections(150.0, RATE_HZ, order=4), 1).run(noise[None].copy())
    found = checked(0.1 * np.concatenate([high + low, -high + low]))
    assert found.repairs == ()
    assert only(found, "opposite channels").startswith("the channels are opposite more than alike (correlation -0.9")


@pytest.mark.parametrize("lean_db", [-2.0, 2.0, 4.0])
@pytest.mark.parametrize("turned", [1.0, -1.0])
def test_a_channel_that_is_too_loud_meets_the_other_in_the_middle(lean_db: float, turned: float) -> None:
    (repair,) = checked(record() * [[1.0], [turned * 10 ** (lean_db / 20)]]).repairs
    assert repair.device == ChannelTrim(
        id=REPAIR, left_db=lean_db / 2, right_db=-lean_db / 2, right_inverted=turned < 0
    )
    whole = next(item for item in repair.evidence if item.what == "right over left")
    assert whole.before == pytest.approx(lean_db, abs=0.15) and whole.after == pytest.approx(0.0, abs=0.15)
    assert ("the right channel is louder" in repair.because) == (lean_db > 0)
    said_in_evidence(repair)


def test_a_lean_that_is_meant_stays() -> None:
    clean = record()
    guitar = Cascade(high_pass_sections(900.0, RATE_HZ, order=2), 1).run(record()[:1].copy())
    panned = clean + np.concatenate([0.0 * guitar, guitar])
    rng = np.random.default_rng(4)
    hard = 0.1 * rng.standard_normal((2, 8 * RATE_HZ)) * [[1.0], [1.5]]
    swaying = clean * np.stack([np.ones(8 * RATE_HZ), 1.3 + 0.3 * np.sin(np.arange(8 * RATE_HZ) / RATE_HZ * 3)])
    for samples in (panned, hard, swaying, clean * [[1.0], [10**0.04]]):
        assert checked(samples).repairs == ()


def test_two_faults_get_two_devices_in_the_order_of_the_chain() -> None:
    found = checked(record() * [[1.0], [-1.0]] + 0.01)
    assert [device.id for device in found.devices] == [REPAIR, SUBSONIC]
    assert found.repairs[1].evidence[2].before == pytest.approx(found.repairs[1].evidence[2].before)


def test_clipping_is_said_with_its_times_and_left_alone() -> None:
    clean = 3.0 * record()
    samples = clean.copy()
    middle = slice(3 * RATE_HZ, 4 * RATE_HZ)
    samples[:, middle] = np.clip(4.0 * samples[:, middle], -0.95, 0.95)
    found = checked(np.clip(samples, -0.99, 0.99) if np.abs(clean).max() > 0.99 else samples)
    assert found.repairs == ()
    remark = next(remark for remark in found.remarks if remark.check == "clipping")
    assert re.match(r"clipped: \d+ flat tops, the first at 0:0[0-3]\.\d, the longest at 0:03\.\d for \d", remark.text)


def test_overs_are_said() -> None:
    text = only(checked(record() * 1.3 / np.abs(record()).max()), "overs")
    assert re.match(r"peaks reach 2\.\d dBTP at 0:0\d\.\d, the highest sample 2\.3 dBFS", text)


def test_channels_with_nothing_or_the_same_are_said() -> None:
    clean = record()
    assert only(checked(clean * [[1.0], [0.0]]), "silent channel").startswith("the right channel is silent")
    assert only(checked(clean * [[0.0], [1.0]]), "silent channel").startswith("the left channel is silent")
    assert only(checked(np.repeat(clean[:1], 2, axis=0)), "dual mono").startswith("both channels are the same")
    assert checked(clean[:1]) == RepairFindings((), ())


def test_silence_before_and_after_is_said_when_it_is_long() -> None:
    clean = record(3.0)
    quiet = [np.zeros((2, round(seconds * RATE_HZ))) for seconds in (1.5, 5.0, 0.5)]
    found = checked(np.concatenate([quiet[0], clean, quiet[1]], axis=1))
    assert [str(remark) for remark in found.remarks] == [
        "1.5 s of silence before the first sound",
        "5.0 s of silence after the last sound",
    ]
    assert checked(np.concatenate([quiet[2], clean, quiet[2]], axis=1)).remarks == ()


@pytest.mark.parametrize("seconds", [0.0, 0.1, 3.0])
def test_silence_is_said_and_nothing_is_mended(seconds: float) -> None:
    found = checked(np.zeros((2, round(seconds * RATE_HZ))))
    assert found.repairs == () and only(found, "silence") == "there is nothing to hear: all of it is silent"


def test_samples_that_are_no_numbers_are_counted() -> None:
    clean = record(2.0)
    broken = clean.copy()
    broken[0, 100:103] = np.nan
    (found,) = remarks_on(hear(tape(clean)(), RATE_HZ), diagnose(tape(broken), RATE_HZ))
    assert found.check == "samples" and found.text.startswith("3 samples are no numbers")


@pytest.mark.parametrize("edge_hz", [12_000, 16_000, 18_500])
def test_a_top_that_breaks_off_is_found_within_half_a_kilohertz(edge_hz: int) -> None:
    noise = np.fft.rfft(0.1 * np.random.default_rng(2).standard_normal((2, 4 * RATE_HZ)))
    noise[:, 4 * edge_hz :] = 0.0
    found = diagnose(tape(np.fft.irfft(noise)), RATE_HZ).top_edge_hz
    assert found == pytest.approx(edge_hz, abs=500.0)


def test_what_was_44_1_khz_is_seen_at_higher_rates() -> None:
    noise = Audio((0.1 * np.random.default_rng(2).standard_normal((2, 4 * RATE_HZ))).astype(np.float32), RATE_HZ)
    for rate_hz in (48_000, 96_000, 192_000):
        assert only(checked(resample(noise, rate_hz).samples, rate_hz), "top").startswith("nothing above 21.")
    assert checked(noise.samples).remarks == ()


def test_one_second_is_enough_and_less_than_a_block_is_left_alone() -> None:
    assert checked(record(1.0)) == RepairFindings((), ())
    assert checked(record(0.2)).repairs == ()


def test_the_hearing_is_taken_at_its_word() -> None:
    clean = record()
    hearing = replace(hear(tape(clean)(), RATE_HZ), first_sound_seconds=2.0)
    assert only(find_repairs(hearing, tape(clean), RATE_HZ), "leading silence").startswith("2.0 s of silence")
