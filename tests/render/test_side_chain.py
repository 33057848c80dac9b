"""Strips that listen to other tracks: ducking in time, whatever the cache, the blocks and the workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from msgspec.structs import replace

from bandmate.render.cache import RenderCache
from bandmate.render.content import main_content, track_content
from bandmate.render.engine import Renderer
from bandmate.render.rendering import collected, render
from bandmate.render.span import Span
from bandmate.song.devices import (
    Compressor,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    Limiter,
    Plugin,
    Saturator,
)
from bandmate.song.errors import DeviceError, RequestError, UnknownName
from bandmate.song.song import Song
from bandmate.song.tracks import Bus, Main, Track
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.processors import process_audio
from tests.render.songs import RATE_HZ, clip, media, noise, song, track

FRAMES = 120_000
CLICKS = (20_000, 50_001, 90_007)
ATTACK_FRAMES = 48
DUCK = Compressor(id="duck", threshold_dbfs=-30.0, ratio=8.0, attack_ms=1.0, release_ms=40.0, key="kick")
LATE = Limiter(id="late", lookahead_ms=7.3, gain_db=0.0, ceiling_dbtp=6.0)


def clicks(frames: int = FRAMES) -> Samples:
    """5 ms of full-scale noise at each place, nothing between."""
    found = np.zeros((1, frames), np.float32)
    for at in CLICKS:
        found[:, at : at + 240] = noise(at, 240, channels=1, level=0.5)
    return found


def held(frames: int = FRAMES, channels: int = 1) -> Samples:
    """A held level, so that every gain can be read off."""
    return np.full((channels, frames), 0.25, np.float32)


SOUND = media(kick=clicks(), bass=held())


def played(made: Song, track_id: str = "bass", **settings: Any) -> Samples:
    return collected(Renderer(made, SOUND, **settings).track_blocks(track_id, "inserts"), RATE_HZ, channels=1).samples


def ducked_song(*before: Any, kick: dict[str, Any] | None = None, duck: Any = DUCK, **changes: Any) -> Song:
    return song(track("kick", FRAMES, **(kick or {})), track("bass", FRAMES, inserts=(*before, duck)), **changes)


def ducked_at(samples: Samples) -> list[int]:
    """The frames at which the held level begins to fall."""
    down = np.abs(samples[0]) < 0.25 * 0.98
    return [int(at) + 1 for at in np.flatnonzero(down[1:] & ~down[:-1])]


def in_time(starts: list[int], clicks_at: tuple[int, ...] = CLICKS) -> bool:
    return len(starts) == len(clicks_at) and all(
        0 <= start - at <= ATTACK_FRAMES for start, at in zip(starts, clicks_at, strict=True)
    )


def test_a_held_tone_goes_down_with_each_click_and_comes_back() -> None:
    out = played(ducked_song())
    assert in_time(ducked_at(out))
    for at in CLICKS:
        assert out[0, at : at + 480].min() < 0.25 * 10.0 ** (-10.0 / 20.0)
        assert out[0, at - 100 : at] == pytest.approx(0.25, abs=1e-6)


def test_it_is_the_processor_hearing_that_track() -> None:
    out = played(ducked_song())
    heard = {"kick": Audio(clicks(), RATE_HZ)}
    assert np.array_equal(out, process_audio(Audio(held(), RATE_HZ), DUCK, heard=heard).samples)


def test_a_device_that_looks_ahead_keeps_the_key_in_time() -> None:
    late_twice = (LATE, replace(LATE, id="late-2", lookahead_ms=3.1))
    for made in (
        ducked_song(*late_twice),
        ducked_song(kick={"inserts": late_twice}),
        ducked_song(LATE, kick={"inserts": (LATE,)}),
    ):
        assert in_time(ducked_at(played(made)))


def test_two_keyed_devices_at_different_delays_hear_one_track_each_in_time() -> None:
    gate = Gate(id="gate", threshold_dbfs=-30.0, range_db=-20.0, key="kick")
    bass = track("bass", FRAMES, inserts=(gate, LATE, DUCK, replace(LATE, id="late-2"), replace(DUCK, id="again")))
    wanted = Audio(held(), RATE_HZ)
    for device in bass.inserts:
        wanted = process_audio(wanted, device, heard={"kick": Audio(clicks(), RATE_HZ)})
    assert np.array_equal(played(song(track("kick", FRAMES), bass)), wanted.samples)


def test_the_key_is_what_comes_after_its_inserts_and_before_its_fader() -> None:
    wanted = played(ducked_song())
    assert np.array_equal(played(ducked_song(kick={"mute": True, "gain_db": -60.0, "pan": 1.0})), wanted)
    quiet = Equalizer(id="e", gain_db=-60.0)
    assert np.array_equal(played(ducked_song(kick={"inserts": (quiet,)})), held())
    later = played(ducked_song(kick={"delay_ms": 10.0}))
    assert in_time(ducked_at(later), tuple(at + 480 for at in CLICKS))
    moved = played(ducked_song(kick={"clips": (clip("kick", FRAMES, start_seconds=0.5),)}))
    assert in_time(ducked_at(moved), tuple(at + 24_000 for at in CLICKS))


def test_a_key_track_that_is_not_among_those_to_hear_is_heard_by_the_device() -> None:
    made = ducked_song()
    alone = render(made, SOUND, tracks=["bass"]).audio.samples
    assert np.array_equal(alone, np.repeat(played(made), 2, axis=0))


def test_a_key_track_without_sound_or_shorter_than_the_strip_is_silence() -> None:
    made = song(Track(id="kick"), track("bass", FRAMES, inserts=(DUCK,)))
    assert np.array_equal(played(made), held())
    short = song(track("kick", 30_000), track("bass", FRAMES, inserts=(DUCK,)))
    assert in_time(ducked_at(played(short)), CLICKS[:1])


def test_a_stereo_key_and_a_dynamic_band_and_a_bus_and_main() -> None:
    stereo = media(kick=np.concatenate([np.zeros((1, FRAMES)), clicks()]).astype(np.float32), bass=held())
    bands = (
        DynamicEqBand(id="1", kind="low-shelf", freq_hz=20_000.0, threshold_dbfs=-40.0, attack_ms=1.0, key="kick"),
    )
    dip = DynamicEqualizer(id="dip", bands=bands)
    kick = track("kick", FRAMES, mute=True)
    plain = track("bass", FRAMES)
    on_track = song(kick, replace(plain, inserts=(dip,)))
    on_bus = song(kick, replace(plain, output="low"), buses=(Bus(id="low", inserts=(LATE, dip)),))
    on_main = song(kick, plain, main=Main(inserts=(LATE, dip)))
    for made in (on_track, on_bus, on_main):
        rendered = render(made, stereo)
        assert in_time(ducked_at(rendered.audio.samples[:, :FRAMES]))
        assert any(one.device == "dip" and one.values["1.max_reduction_db"] > 5.0 for one in rendered.report.devices)


def rich() -> tuple[Song, Any]:
    """A chain of keys over tracks, a bus and main, with memories and delays in the way."""
    signals = {name: noise(seed, 80_000 - 977 * seed, channels=1 + seed % 2) for seed, name in enumerate("abcdef")}
    level = Compressor(id="c", threshold_dbfs=-30.0, key="a")
    bands = (DynamicEqBand(id="1", freq_hz=800.0, threshold_dbfs=-40.0, key="b"), DynamicEqBand(id="2", key="a"))
    tracks = (
        track("a", signals["a"].shape[1], inserts=(LATE, Saturator(id="s")), mute=True),
        track("b", signals["b"].shape[1], inserts=(LATE, level)),
        track("c", signals["c"].shape[1], inserts=(DynamicEqualizer(id="d", bands=bands), LATE), output="bus"),
        track("d", signals["d"].shape[1], inserts=(LATE, Gate(id="g", threshold_dbfs=-18.0, key="c")), output="bus"),
        track("e", signals["e"].shape[1], clips=(clip("e", 30_000, start_seconds=1.0),), inserts=(level,)),
        track("f", signals["f"].shape[1]),
    )
    bus = Bus(id="bus", inserts=(LATE, replace(level, key="d")))
    return song(*tracks, buses=(bus,), main=Main(inserts=(LATE, replace(level, key="b")))), media(**signals)


def test_spans_blocks_workers_and_caches_change_no_bit(tmp_path: Path) -> None:
    made, sound = rich()
    whole = render(made, sound)
    wanted = whole.audio.samples
    for block_frames, workers in ((9_973, 1), (200_000, 3)):
        blocks = list(Renderer(made, sound, block_frames=block_frames, workers=workers).blocks(frames=5_000))
        np.testing.assert_array_equal(np.concatenate(blocks, axis=1), wanted)
    for start, end in ((0, 1), (65_539, 79_000)):
        part = render(made, sound, span=Span(start, end)).audio.samples
        np.testing.assert_array_equal(part, wanted[:, start:end])
    cache = RenderCache(tmp_path)
    for _ in range(2):
        cached = render(made, sound, cache=cache)
        np.testing.assert_array_equal(cached.audio.samples, wanted)
        assert cached.report == whole.report


def test_one_track_is_the_same_out_of_the_cache_and_after_a_jump(tmp_path: Path) -> None:
    made, sound = rich()
    cache = RenderCache(tmp_path)
    for name in "dcb":
        live = collected(Renderer(made, sound).track_blocks(name, "inserts"), RATE_HZ, channels=1).samples
        for block_frames in (65_536, 4_099):
            renderer = Renderer(made, sound, cache, block_frames=block_frames)
            found = collected(renderer.track_blocks(name, "inserts"), RATE_HZ, channels=1).samples
            np.testing.assert_array_equal(found, live)
        jumped = Renderer(made, sound, block_frames=3_001).track_blocks(name, "inserts", Span(60_001, 75_000))
        np.testing.assert_array_equal(np.concatenate(list(jumped), axis=1), live[:, 60_001:75_000])


def test_a_damaged_key_track_in_the_cache_is_made_again(tmp_path: Path) -> None:
    made = ducked_song(kick={"inserts": (Saturator(id="s"),)})
    wanted = played(made)
    cache = RenderCache(tmp_path)
    played(made, "kick", cache=cache)
    for entry in tmp_path.iterdir():
        data = bytearray(entry.read_bytes())
        data[4 * CLICKS[0] + 10] ^= 0x40
        entry.write_bytes(bytes(data))
    np.testing.assert_array_equal(played(made, cache=cache), wanted)


def test_the_cache_knows_what_a_strip_listens_to(tmp_path: Path) -> None:
    made = ducked_song()
    cache = RenderCache(tmp_path)
    before = played(made, cache=cache)
    changed = ducked_song(kick={"polarity_inverted": True, "inserts": (Equalizer(id="e", gain_db=-12.0),)})
    after = played(changed, cache=cache)
    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(after, played(changed))
    np.testing.assert_array_equal(played(made, cache=cache), before)


def content(made: Song, track_id: str = "bass") -> str:
    return track_content(made, made.track(track_id), "inserts")


def test_a_sound_is_named_by_what_it_listens_to_and_not_by_that_tracks_name_or_fader() -> None:
    made = ducked_song()
    kick, bass = made.tracks
    renamed = song(replace(kick, id="boom"), replace(bass, inserts=(replace(DUCK, key="boom"),)))
    assert content(renamed) == content(made)
    assert content(replace(made, tracks=(replace(kick, gain_db=-9.0, mute=True), bass))) == content(made)
    other = replace(made, tracks=(replace(kick, delay_ms=1.0), bass))
    assert content(other) != content(made) and main_content(other) != main_content(made)
    own = song(kick, replace(bass, inserts=(replace(DUCK, key=""),)))
    assert content(own) != content(made)
    off = song(kick, replace(bass, inserts=(replace(DUCK, enabled=False),)))
    assert content(off) == content(song(track("bass", FRAMES)))
    with_main = song(kick, track("bass", FRAMES), main=Main(inserts=(DUCK,)))
    changed_main = replace(with_main, tracks=(replace(kick, delay_ms=1.0, mute=True), with_main.tracks[1]))
    assert main_content(replace(with_main, tracks=(replace(kick, mute=True), with_main.tracks[1]))) != main_content(
        changed_main
    )


def test_a_circle_and_a_missing_key_track_are_refused_before_anything_plays() -> None:
    kick, bass = ducked_song().tracks
    with pytest.raises(RequestError, match="tracks listen to themselves by their keys: kick → bass → kick"):
        Renderer(song(replace(kick, inserts=(replace(DUCK, key="bass"),)), bass), SOUND)
    with pytest.raises(UnknownName, match='no key track for "duck" on track "bass" named "kick"; there are: bass'):
        Renderer(song(bass), SOUND)


def test_a_key_track_that_cannot_be_played_says_why(tmp_path: Path) -> None:
    plugin = Plugin(id="p", format="vst3", identifier="x", name="Magic")
    with pytest.raises(DeviceError, match='plug-in "Magic"'):
        played(ducked_song(kick={"inserts": (plugin,)}))
    # What is open when a later key track cannot be had is closed again.
    cache = RenderCache(tmp_path)
    odd = track("odd", FRAMES, clips=(clip("kick", FRAMES),), inserts=(plugin,))
    tracks = (track("kick", FRAMES, inserts=(Saturator(id="s"),)), odd)
    both = song(*tracks, track("bass", FRAMES, inserts=(DUCK, replace(DUCK, id="duck-2", key="odd"))))
    played(both, "kick", cache=cache)
    with pytest.raises(DeviceError, match='plug-in "Magic"'):
        played(both, cache=cache)


def test_the_gain_is_the_same_for_both_sides() -> None:
    sound = media(kick=clicks(), bass=held(channels=2) * np.array([[1.0], [0.5]], np.float32))
    out = collected(Renderer(ducked_song(), sound).track_blocks("bass", "inserts"), RATE_HZ, channels=2).samples
    ratio: npt.NDArray[np.float32] = out[1] / out[0]
    assert ratio == pytest.approx(0.5, abs=1e-6)
