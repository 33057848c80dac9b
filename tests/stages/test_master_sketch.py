"""The sketch foretells what the meters read afterwards; portraits and targets are made of it."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.song.devices import Band, Equalizer, Ride, RidePoint, Width
from bandmate.song.errors import OutOfRange
from bandmate.sound.audio import Audio
from bandmate.sound.processors import process_audio
from bandmate.stages.hearing import Hearing, hear
from bandmate.stages.master.density_match import match_density
from bandmate.stages.master.passages import find_passages
from bandmate.stages.master.portrait import Portrait, loud_hops, portrait_of
from bandmate.stages.master.range_match import gain_at, hop_times, match_range
from bandmate.stages.master.sketch import Sketch, sketch_of, to_db
from bandmate.stages.master.target import Reference, target_of
from tests.stages.stems import RATE_HZ, noise, stems

PARTS = ((6.0, -14.0), (10.0, -2.0), (6.0, -10.0), (10.0, 0.0))


def piece() -> Audio:
    """A small band whose parts are unequally loud, 32 s, a little wide."""
    mix = sum(stems().values())
    sides = noise(5, 300.0, 6_000.0) * 0.05
    once = np.stack([mix + sides, mix - sides])
    long = np.tile(once, (1, 3))
    parts, at = [], 0
    for seconds, gain_db in PARTS:
        count = round(seconds * RATE_HZ)
        parts.append(long[:, at : at + count] * 10 ** (gain_db / 20))
        at += count
    return Audio(np.ascontiguousarray(np.concatenate(parts, axis=1) * 0.2, np.float32), RATE_HZ)


def heard(audio: Audio) -> Hearing:
    return hear(list(audio.blocks(65_536)), audio.rate_hz)


@pytest.fixture(scope="module")
def song() -> Audio:
    return piece()


@pytest.fixture(scope="module")
def sketch(song: Audio) -> Sketch:
    return sketch_of(heard(song))


@pytest.fixture(scope="module")
def portrait(song: Audio) -> Portrait:
    return portrait_of(heard(song), "song")


EQUALIZER = Equalizer(
    id="e",
    bands=(
        Band(id="1", kind="low-shelf", freq_hz=150.0, gain_db=4.0),
        Band(id="2", freq_hz=2_500.0, q=1.2, gain_db=-5.0, scope="side"),
        Band(id="3", freq_hz=900.0, q=0.8, gain_db=3.0, scope="mid"),
    ),
)


def test_the_sketch_reads_as_the_meters_do(song: Audio, sketch: Sketch) -> None:
    found = heard(song)
    assert sketch.integrated_lufs() == pytest.approx(found.integrated_lufs, abs=0.2)
    assert sketch.range_lu() == pytest.approx(found.range_lu, abs=0.5)


@pytest.mark.parametrize(
    "device",
    [
        EQUALIZER,
        Width(id="w", side=1.4),
        Ride(id="r", points=(RidePoint(id="1", at_seconds=4.0, gain_db=3.0), RidePoint(id="2", at_seconds=20.0))),
    ],
)
def test_what_a_device_does_is_foretold(song: Audio, sketch: Sketch, device: Equalizer | Width | Ride) -> None:
    after = sketch_of(heard(process_audio(song, device)))
    if isinstance(device, Equalizer):
        foretold = sketch.equalized(device.bands)
    elif isinstance(device, Width):
        foretold = sketch.widened(device.side)
    else:
        foretold = sketch.ridden(gain_at(device, hop_times(sketch)))
    for ours, theirs in ((foretold.mid, after.mid), (foretold.side, after.side)):
        level, measured = to_db(ours.mean(axis=1)), to_db(theirs.mean(axis=1))
        counts = (measured > measured.max() - 40.0) & (sketch.band_hz > 40.0)
        assert np.abs(level - measured)[counts].max() < 0.7
    assert foretold.integrated_lufs() == pytest.approx(after.integrated_lufs(), abs=0.15)


def test_silence_has_no_loudness_and_no_passage_but_one() -> None:
    silent = sketch_of(heard(Audio(np.zeros((2, 5 * RATE_HZ), np.float32), RATE_HZ)))
    assert silent.integrated_lufs() is None and silent.range_lu() is None
    assert not loud_hops(silent).any()
    assert len(find_passages(silent)) == 1 and find_passages(silent)[0].loudness_lufs is None
    assert match_range(silent, 8.0, strength=1.0) is None


def test_mono_and_silence_have_portraits() -> None:
    mono = portrait_of(heard(Audio(np.float32(noise(1, 100, 9_000)[None, : 5 * RATE_HZ]) * 0.1, RATE_HZ)), "mono")
    assert set(mono.side_db) == {-150.0} and set(mono.width_db) == {-150.0} and mono.is_usable
    silent = portrait_of(heard(Audio(np.zeros((2, 5 * RATE_HZ), np.float32), RATE_HZ)))
    assert not silent.is_usable and silent.loud_share == 0.0 and set(silent.mid_db) == {-150.0}


def test_only_the_loud_half_is_portrayed(song: Audio, portrait: Portrait) -> None:
    quiet_intro = np.concatenate(
        [np.float32(noise(3, 5_000, 9_000)[None, : 10 * RATE_HZ] * 0.002).repeat(2, 0)], axis=1
    )
    longer = Audio(np.concatenate([quiet_intro, song.samples], axis=1), RATE_HZ)
    again = portrait_of(heard(longer))
    sounds = np.array(portrait.mid_db) > max(portrait.mid_db) - 50.0
    assert np.abs(np.array(again.mid_db) - portrait.mid_db)[sounds].max() < 0.7


def test_a_target_of_one_reference_is_that_reference_at_any_level(song: Audio, portrait: Portrait) -> None:
    louder = portrait_of(heard(Audio(song.samples * np.float32(2.0), RATE_HZ)))
    one, other = (target_of([Reference(portrait=p)]) for p in (portrait, louder))
    assert one is not None and other is not None
    assert one.mid_db == pytest.approx(other.mid_db, abs=0.01)
    assert other.loudness_lufs == pytest.approx((one.loudness_lufs or 0.0) + 6.02, abs=0.01)
    assert set(one.mid_tolerance_db) == {1.0}


def test_weights_count_aspect_by_aspect(song: Audio, portrait: Portrait) -> None:
    other = replace(portrait, integrated_lufs=-8.0, range_lu=2.0)
    mine = Reference(portrait=portrait, loudness=0.0, tone=0.5)
    theirs = Reference(portrait=other, dynamics=0.0, width=0.0)
    target = target_of([mine, theirs])
    assert target is not None
    assert target.loudness_lufs == -8.0 and target.range_lu == pytest.approx(portrait.range_lu)
    assert target.width_db[1:] == pytest.approx(portrait.width_db[1:])
    none = target_of([Reference(portrait=portrait, tone=0, dynamics=0, width=0, loudness=0)])
    assert none is not None and none.mid_db == () and none.loudness_lufs is None and none.density_db == ()


def test_the_tolerance_is_how_far_references_differ(portrait: Portrait) -> None:
    brighter = replace(
        portrait,
        mid_db=tuple(db + 6.0 * (hz > 3_000) for db, hz in zip(portrait.mid_db, portrait.band_hz, strict=True)),
    )
    target = target_of([Reference(portrait=portrait), Reference(portrait=brighter)])
    assert target is not None
    at_6_khz = int(np.argmin(np.abs(np.array(target.band_hz) - 6_300)))
    assert target.mid_tolerance_db[at_6_khz] > 1.5


def test_silence_and_what_is_short_is_no_reference(portrait: Portrait) -> None:
    assert target_of([]) is None
    assert target_of([Reference(portrait=replace(portrait, seconds=2.0))]) is None
    with pytest.raises(OutOfRange, match=r'the tone weight of "song" is 150 %; possible are 0 to 100 %'):
        Reference(portrait=portrait, tone=1.5)


def test_passages_begin_where_the_sound_changes(sketch: Sketch) -> None:
    low, high = noise(7, 60, 400), noise(8, 2_000, 9_000)
    count = 11 * RATE_HZ
    samples = np.float32(np.concatenate([low[:count], high[:count], low[:count]]) * 0.1)[None].repeat(2, 0)
    found = find_passages(sketch_of(heard(Audio(np.ascontiguousarray(samples), RATE_HZ))))
    assert [round(one.start_seconds) for one in found] == [0, 11, 22]
    assert [one.letter for one in found] == ["A", "B", "A"]


@pytest.mark.parametrize("target_lu", [6.0, 19.0])
@pytest.mark.parametrize("by_passage", [False, True])
def test_a_ride_brings_the_range_nearer_as_measured(
    song: Audio, sketch: Sketch, target_lu: float, by_passage: bool
) -> None:
    match = match_range(sketch, target_lu, strength=1.0, passages=find_passages(sketch) if by_passage else ())
    assert match is not None and match.most_db <= 6.0
    before, after = heard(song).range_lu, heard(process_audio(song, match.device)).range_lu
    assert before is not None and after is not None
    assert abs(after - target_lu) < abs(before - target_lu) - 0.5
    assert after == pytest.approx(match.foretold_lu, abs=0.8)
    half = match_range(sketch, target_lu, strength=0.5)
    assert half is not None and abs(half.wanted_lu - match.was_lu) == pytest.approx(
        abs(match.wanted_lu - match.was_lu) / 2
    )


def test_a_range_that_is_near_enough_is_left_alone(sketch: Sketch) -> None:
    assert match_range(sketch, (sketch.range_lu() or 0.0) + 0.3, strength=1.0) is None
    assert match_range(sketch, 20.0, strength=0.0) is None


def uneven_bass() -> Audio:
    """Bass notes of a second, every third of which is far too loud, under an even noise."""
    seconds = np.arange(30 * RATE_HZ) / RATE_HZ
    loud = np.where(seconds.astype(int) % 3 == 0, 1.0, 0.3)
    mix = 0.2 * np.sin(2 * np.pi * 70.0 * seconds) * loud + np.resize(noise(3, 200, 8_000), len(seconds)) * 0.1
    return Audio(np.float32(mix)[None].repeat(2, 0), RATE_HZ)


def test_an_uneven_region_is_evened_out_and_keeps_its_level() -> None:
    song = uneven_bass()
    sketch, portrait = sketch_of(heard(song)), portrait_of(heard(song))
    target = (portrait.density_db[0] - 2.5, *(db + 1.0 for db in portrait.density_db[1:]))
    match = match_density(sketch, target, song.samples[:, : 12 * RATE_HZ], strength=1.0)
    assert match is not None and [one.region for one in match.changes] == ["bass"]
    assert [band.ratio for band in match.device.bands] == [2.0, 1.0, 1.0, 1.0]
    after = portrait_of(heard(process_audio(song, match.device)))
    assert after.density_db[0] < portrait.density_db[0] - 0.4
    at = int(np.argmin(np.abs(np.array(portrait.band_hz) - 63)))
    assert after.mid_db[at] == pytest.approx(portrait.mid_db[at], abs=1.0)


def test_what_is_even_enough_gets_no_compressor(song: Audio, sketch: Sketch, portrait: Portrait) -> None:
    excerpt = song.samples[:, : 5 * RATE_HZ]
    assert match_density(sketch, portrait.density_db, excerpt, strength=1.0) is None
    assert match_density(sketch, tuple(db - 3 for db in portrait.density_db), excerpt, strength=0.0) is None
