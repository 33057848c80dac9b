"""The renderer against sums made by hand."""

from __future__ import annotations

import itertools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from bandmate.render.cache import RenderCache
from bandmate.render.engine import Renderer
from bandmate.render.rendering import collected, render, render_stems
from bandmate.render.span import Span
from bandmate.song.clips import AudioClip
from bandmate.song.devices import Band, Equalizer, Limiter, Reverb, Ride, RidePoint, Saturator
from bandmate.song.errors import MediaError, OutOfRange, RequestError, UnknownName
from bandmate.song.song import Song
from bandmate.song.tracks import Automation, AutomationPoint, Bus, Main, Send, Track
from bandmate.sound.audio import Samples
from tests.render.fakes import faked_devices
from tests.render.songs import RATE_HZ, clip, media, noise, plain_sum, song, track

FRAMES = 150_000


def test_a_song_whose_moves_are_all_neutral_renders_to_the_plain_sum() -> None:
    signals = {name: noise(seed, FRAMES) for seed, name in enumerate("abc")}
    neutral = Equalizer(id="eq")
    tracks = [track(name, FRAMES, inserts=(neutral,)) for name in signals]
    rendered = render(song(*tracks, main=Main(inserts=(Equalizer(id="eq"),))), media(**signals))
    np.testing.assert_array_equal(rendered.audio.samples, plain_sum(*signals.values()))
    assert rendered.report.tail_frames == 0
    assert rendered.report.song_frames == FRAMES


def test_a_song_without_sound_renders_to_nothing() -> None:
    for quiet in (Song(), song(Track(id="empty")), song(track("a", 100, mute=True))):
        rendered = render(quiet, media(a=noise(0, 100)))
        assert rendered.audio.samples.shape == (2, 0)
        assert rendered.report.peak_dbfs is None


def test_a_recording_of_one_frame_renders_to_one_frame() -> None:
    rendered = render(song(track("a", 1)), media(a=np.full((1, 1), 0.5, np.float32)))
    np.testing.assert_array_equal(rendered.audio.samples, [[0.5], [0.5]])


def test_a_signal_and_its_inverted_twin_are_silent_whatever_looks_ahead_on_one_of_them() -> None:
    signal = noise(1, FRAMES)
    for lookahead_ms in (0.5, 4.0, 20.0):
        late = track("b", FRAMES, clips=(clip("a", FRAMES),), polarity_inverted=True)
        late = Track(
            **{f: getattr(late, f) for f in late.__struct_fields__}
            | {"inserts": (Limiter(id="l", lookahead_ms=lookahead_ms),)}
        )
        with faked_devices():
            rendered = render(song(track("a", FRAMES), late), media(a=signal))
        assert not rendered.audio.samples.any()


def test_a_bus_that_looks_ahead_stays_in_time_with_the_rest() -> None:
    signal = noise(2, FRAMES)
    buses = (Bus(id="late", inserts=(Limiter(id="l"),), output="outer"), Bus(id="outer", inserts=(Limiter(id="m"),)))
    tracks = (track("a", FRAMES), track("b", FRAMES, clips=(clip("a", FRAMES),), polarity_inverted=True, output="late"))
    with faked_devices():
        rendered = render(song(*tracks, buses=buses, main=Main(inserts=(Limiter(id="n"),))), media(a=signal))
    assert rendered.audio.frames >= FRAMES
    assert not rendered.audio.samples.any()


def test_a_device_that_looks_ahead_loses_no_frame_at_the_end() -> None:
    signal = noise(3, 5000)
    limited = track("a", 5000, inserts=(Limiter(id="l", lookahead_ms=20.0),))
    with faked_devices():
        rendered = render(song(limited, main=Main(inserts=(Limiter(id="m"),))), media(a=signal))
    np.testing.assert_array_equal(rendered.audio.samples, signal)


def rich_song() -> tuple[Song, dict[str, np.ndarray]]:
    """Everything at once: devices on tracks, buses and main, sends, automation, delays, clips apart."""
    signals = {f"t{i}": noise(i, FRAMES - 7919 * i, channels=1 + i % 2) for i in range(7)}
    tracks = []
    for i, (name, signal) in enumerate(signals.items()):
        frames = signal.shape[1]
        clips = (
            clip(name, frames // 2, fade_in_ms=30.0, fade_out_ms=11.5, gain_db=-1.5),
            clip(name, frames // 3, id="again", start_seconds=1.111 * i % 2, source_start_frame=777),
        )
        movement = Automation(
            id="m",
            parameter="gain_db" if i % 2 else "pan",
            points=(
                AutomationPoint(id="1", at_ticks=480, value=-1.0),
                AutomationPoint(id="2", at_ticks=2500, value=1.0),
            ),
        )
        tracks.append(
            Track(
                id=name, clips=clips, delay_ms=1.7 * (i - 3), gain_db=-i, pan=(i - 3) / 4,
                inserts=((Reverb(id="r"), Saturator(id="s"), Limiter(id="l"))[i % 3],),
                sends=(Send(id="s", bus="room", gain_db=-6, pre_fader=bool(i % 2)),), automation=(movement,),
                output="band" if i == 2 else "main",
            )
        )  # fmt: skip
    buses = (Bus(id="room", inserts=(Reverb(id="r"),)), Bus(id="band", inserts=(Limiter(id="l"),), pan=0.2))
    return song(*tracks, buses=buses, main=Main(inserts=(Limiter(id="l"),), gain_db=-1)), signals


def test_block_sizes_and_workers_change_no_bit() -> None:
    rich, signals = rich_song()
    with faked_devices():
        whole = render(rich, media(**signals)).audio.samples
        for block_frames, frames, workers in ((65_536, 1000, 1), (9_999, 65_536, 3), (200_000, None, 2)):
            engine = Renderer(rich, media(**signals), block_frames=block_frames, workers=workers)
            blocks = list(engine.blocks(frames=frames))
            assert all(block.flags.c_contiguous and block.dtype == np.float32 for block in blocks)
            np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole)


def test_a_span_is_bit_for_bit_that_stretch_of_the_whole() -> None:
    rich, signals = rich_song()
    dry = song(*(track(name, signal.shape[1], gain_db=-3) for name, signal in signals.items()))
    with faked_devices():
        for each in (rich, dry):
            whole = render(each, media(**signals)).audio.samples
            for start, end in (
                (0, 1),
                (0, 70_000),
                (65_536, 131_072),
                (99_999, 141_000),
                (100_000, 10**7),
                (149_000, 149_000),
            ):
                part = render(each, media(**signals), span=Span(start, end)).audio.samples
                np.testing.assert_array_equal(part, whole[:, start:end])


def test_a_span_beyond_the_end_is_empty() -> None:
    assert render(song(track("a", 100)), media(a=noise(0, 100)), span=Span(200_000, 300_000)).audio.frames == 0


def test_ringing_devices_go_on_until_it_is_silent_and_say_so() -> None:
    signal = np.zeros((2, 3000), np.float32)
    signal[:, -1] = 1.0
    with faked_devices():
        rendered = render(song(track("a", 3000, inserts=(Reverb(id="r"),))), media(a=signal))
    # Halved every 1000 frames: the 14th echo is the last above -90 dBFS.
    assert rendered.report.tail_frames == 14_000
    assert rendered.audio.frames == 17_000
    np.testing.assert_allclose(rendered.audio.samples[0, 2999::1000], 0.5 ** np.arange(15))


def test_muted_tracks_clips_and_buses_are_silent() -> None:
    signals = {"a": noise(1, 1000), "b": noise(2, 1000)}
    muted_clip = track("b", 1000, clips=(clip("b", 1000, mute=True),))
    muted_send = track("b", 1000, mute=True, sends=(Send(id="s", bus="room", pre_fader=True),))
    on_muted_bus = track("b", 1000, output="room")
    for other in (muted_clip, muted_send, on_muted_bus):
        each = song(track("a", 1000), other, buses=(Bus(id="room", mute=other is on_muted_bus),))
        np.testing.assert_array_equal(render(each, media(**signals)).audio.samples, signals["a"])


def test_only_the_named_tracks_are_heard() -> None:
    signals = {"a": noise(1, 1000), "b": noise(2, 1000)}
    each = song(track("a", 1000), track("b", 1000, name="Lead Vox"))
    np.testing.assert_array_equal(render(each, media(**signals), tracks=["lead vox"]).audio.samples, signals["b"])
    with pytest.raises(UnknownName, match='no track named "bb"; there are: a, b'):
        render(each, media(**signals), tracks=["bb"])


def test_sends_leave_before_or_after_fader_and_pan() -> None:
    signal = np.ones((1, 100), np.float32)
    for pre_fader, left, right in ((False, 0.0, 2**0.5 * 0.5), (True, 1.0, 1.0)):
        sent = track(
            "a", 100, gain_db=20 * np.log10(0.5), pan=1.0, output="void",
            sends=(Send(id="s", bus="room", pre_fader=pre_fader), Send(id="off", bus="room", enabled=False)),
        )  # fmt: skip
        each = song(sent, buses=(Bus(id="room"), Bus(id="void", mute=True)))
        rendered = render(each, media(a=signal)).audio.samples
        np.testing.assert_allclose(rendered[:, 50], [left, right], atol=1e-6)


def test_what_main_gets_is_the_mix_before_its_devices_and_fader() -> None:
    signals = {"a": noise(1, 1000), "b": noise(2, 1000)}
    each = song(*(track(n, 1000) for n in signals), main=Main(inserts=(Saturator(id="s"),), gain_db=-6))
    with faked_devices() as shop:
        before = render(each, media(**signals), stop_after="main-before-inserts").audio.samples
        assert not shop.made
        after = render(each, media(**signals)).audio.samples
    np.testing.assert_array_equal(before, plain_sum(*signals.values()))
    np.testing.assert_allclose(after[:, :1000], before * 0.5 * 10 ** (-6 / 20), rtol=1e-6)


def test_track_blocks_give_the_track_at_each_point() -> None:
    signal = noise(1, 1000, channels=1)
    each = song(track("a", 1000, inserts=(Saturator(id="s"),), gain_db=-6, pan=-1.0, mute=True))
    engine = Renderer(each, media(a=signal))
    with faked_devices():
        points = {
            point: collected(engine.track_blocks("a", point), RATE_HZ, channels=2).samples
            for point in ("clips", "inserts", "fader")
        }  # type: ignore[arg-type]
    np.testing.assert_array_equal(points["clips"], signal)
    np.testing.assert_array_equal(points["inserts"], signal * np.float32(0.5))
    assert points["fader"].shape == (2, 1000)
    assert not points["fader"].any()


def test_bus_blocks_and_stems_add_up_to_the_mix() -> None:
    rich, signals = rich_song()
    plain = Song(**{f: getattr(rich, f) for f in rich.__struct_fields__} | {"main": Main()})
    with faked_devices():
        mix = render(plain, media(**signals)).audio.samples
        stems = {
            stem.name: collected(stem.blocks, RATE_HZ, channels=2).samples
            for stem in render_stems(plain, media(**signals), span=Span(0, mix.shape[1]))
        }
    assert {stem.shape for stem in stems.values()} == {mix.shape}
    to_main = [stem for name, stem in stems.items() if name != "t2"]
    np.testing.assert_allclose(plain_sum(*to_main), mix, atol=1e-6)


def test_reports_name_strip_and_device() -> None:
    with faked_devices():
        rendered = render(
            song(
                track("a", 100, inserts=(Equalizer(id="eq"), Saturator(id="s"))), main=Main(inserts=(Limiter(id="l"),))
            ),
            media(a=np.full((2, 100), 0.5, np.float32)),
        )
    assert [(one.strip, one.device) for one in rendered.report.devices] == [("a", "s"), ("main", "l")]
    assert rendered.report.device("a", "s") == {"seen_share": 1.0}
    assert rendered.report.device("a", "eq") == {}
    assert rendered.report.peak_dbfs == pytest.approx(20 * np.log10(0.25))


def test_progress_goes_up_to_one() -> None:
    shares: list[float] = []
    render(song(track("a", FRAMES)), media(a=noise(1, FRAMES)), progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_render_that_is_given_up_leaves_no_worker_behind() -> None:
    import threading

    blocks = Renderer(song(track("a", FRAMES)), media(a=noise(1, FRAMES)), block_frames=1000).blocks()
    list(itertools.islice(blocks, 2))
    blocks.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("render")]


def test_what_cannot_be_rendered_is_refused_by_name() -> None:
    with pytest.raises(UnknownName, match='no bus named "plates"; there are: main, plate'):
        Renderer(song(track("a", 1, output="plates"), buses=(Bus(id="plate"),)), media())
    with pytest.raises(RequestError, match="buses feed each other in a circle"):
        Renderer(song(buses=(Bus(id="x", output="y"), Bus(id="y", output="x"))), media())
    with pytest.raises(UnknownName, match='no bus named "room"; there are none'):
        Renderer(song(), media()).bus_blocks("room")
    with pytest.raises(UnknownName, match='no recording named "a"'):
        render(song(track("a", 100)), media())
    with pytest.raises(MediaError, match="recording a has 7 channels; a track plays 1 or 2"):
        render(song(track("a", 100)), media(a=noise(0, 100, channels=7)))
    with pytest.raises(OutOfRange, match="a span from frame 5 to 4 is not possible"):
        Span(5, 4)


def test_spans_count_seconds_and_bars() -> None:
    each = song()
    assert Span.of_seconds(each, 0.5, 1.0) == Span(24_000, 48_000)
    assert Span.of_bars(each, 2, 3) == Span(96_000, 288_000)


def test_other_rates_are_brought_to_the_rate_of_the_song() -> None:
    for rate_hz in (44_100, 96_000, 192_000):
        each = Song(
            rate_hz=rate_hz,
            tracks=(Track(id="a", clips=(AudioClip(id="a", audio="a", source_frames=48_000, source_rate_hz=48_000),)),),
        )
        rendered = render(each, media(a=noise(1, 48_000)))
        assert rendered.audio.frames == rate_hz
        assert rendered.audio.rate_hz == rate_hz


class EndlessMedia:
    """A recording that is made up while it is read."""

    channels, frames, rate_hz = 2, 10**9, RATE_HZ

    def source(self, audio: str, rate_hz: int) -> EndlessMedia:
        return self

    def read(self, start_frame: int, frames: int) -> Samples:
        return np.full((2, frames), 0.01, np.float32)

    def close(self) -> None:
        """Nothing to let go of."""


def test_memory_does_not_grow_with_the_length_of_the_song(tmp_path: Path) -> None:
    def peak_bytes(seconds: int) -> int:
        tracks = [track(f"t{i}", seconds * RATE_HZ, inserts=(Saturator(id="s"),)) for i in range(6)]
        tracemalloc.start()
        for _ in Renderer(song(*tracks), EndlessMedia(), RenderCache(tmp_path / str(seconds))).blocks():
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    with faked_devices():
        assert peak_bytes(80) < 1.3 * peak_bytes(20)


def test_a_ride_behind_a_late_device_is_on_time() -> None:
    """Linear phase is late by some thousand frames; the gains of a ride belong to the sound and not to the clock."""
    band = Band(id="1", kind="bell", freq_hz=1_000.0, gain_db=0.01)
    late = Equalizer(id="eq", phase="linear", bands=(band,))
    ride = Ride(
        id="ride",
        points=(RidePoint(id="1", at_seconds=1.0), RidePoint(id="2", at_seconds=1.0, gain_db=-20.0)),
    )
    frames = 2 * RATE_HZ
    steady = np.full((2, frames), 0.5, np.float32)
    done = render(song(track("a", frames), main=Main(inserts=(late, ride))), media(a=steady)).audio.samples
    before, after = np.abs(done[0, RATE_HZ - 200 : RATE_HZ - 100]), np.abs(done[0, RATE_HZ + 100 : RATE_HZ + 200])
    assert before == pytest.approx(0.5, abs=0.01) and after == pytest.approx(0.05, abs=0.01)
