"""The cache gives the same bits, spares the work, and survives everything that can happen to files."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from msgspec.structs import replace

from bandmate.render.cache import CHUNK_FRAMES, CacheDamage, CacheWriter, RenderCache
from bandmate.render.engine import Renderer
from bandmate.render.rendering import render
from bandmate.render.span import Span
from bandmate.song.devices import Limiter, Saturator
from bandmate.song.song import Song
from bandmate.song.tracks import Main, Track
from tests.render.fakes import faked_devices
from tests.render.songs import media, noise, song, track
from tests.render.test_engine import rich_song


@pytest.fixture
def cache(tmp_path: Path) -> RenderCache:
    return RenderCache(tmp_path / "cache")


def files_of(cache: RenderCache) -> list[Path]:
    return sorted(cache.folder.iterdir()) if cache.folder.exists() else []


def with_track(song_before: Song, index: int, **changes: Any) -> Song:
    tracks = list(song_before.tracks)
    tracks[index] = replace(tracks[index], **changes)
    return replace(song_before, tracks=tuple(tracks))


def seven_tracks() -> tuple[Song, dict[str, np.ndarray]]:
    signals = {f"t{i}": noise(i, 70_000) for i in range(7)}
    tracks = [track(name, 70_000, inserts=(Saturator(id=f"s-{name}"),)) for name in signals]
    return song(*tracks, main=Main(inserts=(Limiter(id="l"),))), signals


def test_with_or_without_a_cache_every_bit_is_the_same(cache: RenderCache) -> None:
    rich, signals = rich_song()
    with faked_devices():
        bare = render(rich, media(**signals))
        first = render(rich, media(**signals), cache=cache)
        again = render(rich, media(**signals), cache=cache)
        part = render(rich, media(**signals), cache=cache, span=Span(70_001, 90_000))
    np.testing.assert_array_equal(first.audio.samples, bare.audio.samples)
    np.testing.assert_array_equal(again.audio.samples, bare.audio.samples)
    np.testing.assert_array_equal(part.audio.samples, bare.audio.samples[:, 70_001:90_000])
    assert bare.report == first.report == again.report
    assert len(bare.report.devices) == 10


def test_moving_one_fader_renders_no_device_of_a_track_again(cache: RenderCache) -> None:
    each, signals = seven_tracks()
    with faked_devices() as shop:
        render(each, media(**signals), cache=cache)
        assert sorted(shop.made) == sorted(["l", *(f"s-t{i}" for i in range(7))])
        shop.made.clear()
        moved = with_track(each, 3, gain_db=-7.0, pan=0.3)
        again = render(moved, media(**signals), cache=cache)
        assert shop.made == ["l"]
        np.testing.assert_array_equal(again.audio.samples, render(moved, media(**signals)).audio.samples)


def test_only_what_a_track_depends_on_is_rendered_again(cache: RenderCache) -> None:
    each, signals = seven_tracks()
    changes: list[tuple[dict[str, Any], list[str]]] = [
        ({"name": "Other", "role": "kick"}, []),
        ({"inserts": (Saturator(id="s-t2", drive_db=3.0),)}, ["s-t2"]),
        ({"polarity_inverted": True}, ["s-t2"]),
        ({"delay_ms": 1.0}, ["s-t2"]),
        ({"delay_ms": 0.001}, []),
        ({"clips": (replace(each.tracks[2].clips[0], gain_db=-1.0),)}, ["s-t2"]),
        ({"clips": (replace(each.tracks[2].clips[0], id="x", name="y"),)}, []),
        ({"inserts": (Saturator(id="renamed"),)}, []),
    ]
    with faked_devices() as shop:
        render(each, media(**signals), cache=cache)
        for change, made in changes:
            shop.made.clear()
            render(with_track(each, 2, **change), media(**signals), cache=cache)
            assert shop.made == [*made, "l"] or sorted(shop.made) == sorted([*made, "l"]), change


def test_a_track_without_devices_is_not_kept(cache: RenderCache) -> None:
    render(song(track("a", 1000)), media(a=noise(0, 1000)), cache=cache)
    assert files_of(cache) == []


def flip(data: bytearray) -> bytearray:
    data[len(data) // 2] ^= 64
    return data


DAMAGES: dict[str, Callable[[bytearray], bytearray]] = {
    "a flipped bit": flip,
    "half a file": lambda data: data[: len(data) // 2],
    "nothing": lambda data: bytearray(),
    "something else": lambda data: bytearray(b"x" * len(data)),
    "a page of zeros": lambda data: data[:4096] + bytearray(4096) + data[8192:],
    "a broken report": lambda data: data[:-40] + bytearray(b"\xff") + data[-39:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_again(damage: str, cache: RenderCache) -> None:
    each, signals = seven_tracks()
    with faked_devices():
        bare = render(each, media(**signals)).audio.samples
        render(each, media(**signals), cache=cache)
        for path in files_of(cache):
            path.write_bytes(DAMAGES[damage](bytearray(path.read_bytes())))
        for _ in range(2):
            np.testing.assert_array_equal(render(each, media(**signals), cache=cache).audio.samples, bare)


def test_damage_late_in_a_file_is_found_while_reading(cache: RenderCache) -> None:
    frames = 5 * CHUNK_FRAMES
    each = song(track("a", frames, inserts=(Saturator(id="s"),)))
    signals = {"a": noise(0, frames)}
    with faked_devices() as shop:
        bare = render(each, media(**signals), cache=cache).audio.samples
        (path,) = files_of(cache)
        data = bytearray(path.read_bytes())
        data[4 * 2 * CHUNK_FRAMES * 3 + 5] ^= 1
        path.write_bytes(data)
        shop.made.clear()
        np.testing.assert_array_equal(render(each, media(**signals), cache=cache).audio.samples, bare)
        assert shop.made == ["s"]


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted on Windows")
def test_files_may_be_deleted_at_any_time(cache: RenderCache) -> None:
    each, signals = seven_tracks()
    with faked_devices():
        bare = render(each, media(**signals)).audio.samples
        for _ in range(2):
            found = []
            for block in Renderer(each, media(**signals), cache, block_frames=10_000).blocks():
                found.append(block)
                for path in files_of(cache):
                    path.unlink()
            np.testing.assert_array_equal(np.concatenate(found, axis=1), bare)


def test_a_full_disk_ends_the_writing_and_not_the_render(cache: RenderCache) -> None:
    each, signals = seven_tracks()

    def full(self: CacheWriter, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with faked_devices():
        bare = render(each, media(**signals)).audio.samples
        with patch.object(CacheWriter, "_put", full):
            np.testing.assert_array_equal(render(each, media(**signals), cache=cache).audio.samples, bare)
    assert files_of(cache) == []
    assert not cache.is_writable


def test_a_folder_that_cannot_be_made_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    each, signals = seven_tracks()
    with faked_devices():
        rendered = render(each, media(**signals), cache=RenderCache(tmp_path / "cache"))
    assert rendered.audio.frames > 0


def test_a_render_that_is_given_up_leaves_no_file(cache: RenderCache) -> None:
    each, signals = seven_tracks()
    with faked_devices():
        blocks = Renderer(each, media(**signals), cache, block_frames=1000).blocks()
        list(itertools.islice(blocks, 3))
        blocks.close()  # type: ignore[attr-defined]
    assert files_of(cache) == []


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    cache = RenderCache(tmp_path, max_bytes=1500)
    for age, key in enumerate(["old", "used", "new"]):
        writer = cache.writer(key, 1)
        writer.write(np.full((1, 100), float(age), np.float32))
        writer.finish([])
        for path in tmp_path.glob(f"{key}.*"):
            os.utime(path, (age, age))
    entry = cache.find("old")
    assert entry is not None
    entry.close()
    writer = cache.writer("newest", 1)
    writer.write(np.zeros((1, 100), np.float32))
    writer.finish([])
    assert cache.used_bytes() <= 1500
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["new", "newest", "old"]


def test_what_crashes_left_behind_goes_after_a_day(tmp_path: Path) -> None:
    fresh, stale = tmp_path / "a.1-0.part", tmp_path / "b.1-0.part"
    for path in (fresh, stale):
        path.write_bytes(b"x")
    os.utime(stale, (1, 1))
    RenderCache(tmp_path).evict()
    assert sorted(tmp_path.iterdir()) == [fresh]


def test_an_entry_reads_anywhere_however_it_was_written(tmp_path: Path) -> None:
    cache, signal = RenderCache(tmp_path), noise(0, 2 * CHUNK_FRAMES + 17, channels=3)
    writer = cache.writer("k", 3)
    for start in range(0, signal.shape[1], 40_001):
        writer.write(signal[:, start : start + 40_001])
    writer.finish({"said": 1})
    entry = cache.find("k")
    assert entry is not None
    assert (entry.frames, entry.channels, entry.notes) == (signal.shape[1], 3, {"said": 1})
    padded = np.concatenate([signal, np.zeros((3, 10_000), np.float32)], axis=1)
    for start, frames in (
        (0, 10),
        (CHUNK_FRAMES, CHUNK_FRAMES),
        (65_000, 70_000),
        (131_000, 200),
        (140_000, 5),
        (0, 0),
    ):
        np.testing.assert_array_equal(entry.read(start, frames), padded[:, start : start + frames])
    entry.close()


def test_an_empty_file_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "k.signal").write_bytes(b"")
    assert RenderCache(tmp_path).find("k") is None
    assert issubclass(CacheDamage, Exception)


def test_a_key_knows_what_makes_sound(cache: RenderCache) -> None:
    each, signals = seven_tracks()
    with faked_devices():
        render(each, media(**signals), cache=cache)
        before = len(files_of(cache))
        with patch("bandmate.render.keys.sound_version", lambda: "another"):
            render(each, media(**signals), cache=cache)
    assert len(files_of(cache)) == 2 * before


def test_muted_tracks_leave_the_other_groups_as_they_are(cache: RenderCache) -> None:
    each, signals = seven_tracks()
    muted = with_track(each, 6, mute=True)
    with faked_devices() as shop:
        render(each, media(**signals), cache=cache)
        shop.made.clear()
        again = render(muted, media(**signals), cache=cache).audio.samples
        assert shop.made == ["l"]
        np.testing.assert_array_equal(again, render(muted, media(**signals)).audio.samples)
    assert isinstance(muted.tracks[6], Track)


def test_notes_that_were_heard_to_their_last_are_not_played_again(tmp_path: Path) -> None:
    """A track is listened to as long as its clips last; its notes ring on, and are kept all the same."""
    from bandmate.render.feed import Recorded, silence

    class Ringing:
        channels, frames = 1, 5000

        def read(self, start: int, frames: int) -> np.ndarray:
            return silence(1, frames) + 0.5

        def notes(self) -> list[str]:
            return []

        def close(self) -> None:
            pass

    cache = RenderCache(tmp_path)
    for name, heard, is_kept in (("a", 3999, False), ("b", 4000, True)):
        feed = Recorded(Ringing(), cache.writer(name, 1), enough=4000)
        feed.read(0, heard)
        feed.close()
        entry = cache.find(name)
        assert (entry is not None) == is_kept
        if entry is not None:
            assert entry.frames == 5000
            entry.close()
