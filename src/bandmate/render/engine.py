"""The renderer: a song and its recordings, out comes sound, block by block.

Conventions: everything is stereo at the song's rate, float32 blocks (2, frames). A span renders bit for bit what the
same stretch of the whole render has: devices with a memory are run from the start of the song, or read from the cache.
The song ends with its last clip (delays included); if devices or instruments ring on, it goes on until the sound is
below -90 dBFS for good, at most ``TAIL_SECONDS``. Memory does not depend on the length of the song.

Workers run the tracks; the sum is made in one thread in a fixed order, so results do not depend on how many there are.
A processor may refuse NaN; recordings are expected to be free of it (the import sees to that).

Not covered: plug-ins (they are kept, not played), clip edits beyond trim, gain and fades.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Literal

from bandmate.render.cache import RenderCache
from bandmate.render.desk import Desk
from bandmate.render.feed import Feed, ReadAhead, silence
from bandmate.render.levels import Fader, Panner
from bandmate.render.media import Media
from bandmate.render.mixer import BusRun, BusSettings
from bandmate.render.pieces import Blocks, dropped, in_pieces, limited, without_silent_end
from bandmate.render.report import DeviceReport, PeakMeter, RenderReport
from bandmate.render.span import Span
from bandmate.render.strip import InsertRow, switched_on
from bandmate.song.devices import AnyDevice
from bandmate.song.errors import UnknownName
from bandmate.song.song import Song, check_references
from bandmate.song.tracks import MAIN, Bus
from bandmate.sound.audio import Samples

BLOCK_FRAMES = 65_536
TAIL_SECONDS = 10
MOST_WORKERS = 8

Stop = Literal["main", "main-before-inserts"]
Point = Literal["clips", "inserts", "fader"]
Progress = Callable[[float], None]
SUM_OF_MAIN = "main-before-inserts"


class Renderer:
    """Renders one song.

    Parameters
    ----------
    song : Song
    media : Media
        where the recordings are.
    cache : RenderCache, optional
        keeps tracks after their devices, groups of tracks, and played notes.
    tracks : sequence of str, optional
        ids or names of the tracks to hear; all by default. Muted ones stay silent. Devices hear the tracks that they
        listen to in any case.
    block_frames : int
        how much is worked on at once; makes no difference to the sound.
    workers : int, optional
        how many threads run the tracks; by default one for each core, at least 2, at most 8.
    progress : callable, optional
        is told the share that is done, 0 to 1.

    Raises
    ------
    UnknownName
        if a track or bus that is named does not exist.
    RequestError
        if buses feed each other in a circle, or tracks listen to each other in a circle.
    """

    def __init__(
        self,
        song: Song,
        media: Media,
        cache: RenderCache | None = None,
        *,
        tracks: tuple[str, ...] | list[str] | None = None,
        block_frames: int = BLOCK_FRAMES,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        check_references(song)
        self.song = song
        self.block_frames = block_frames
        self._desk = Desk(song, media, cache)
        heard = None if tracks is None else {song.track(name).id for name in tracks}
        self.groups = self._desk.groups(heard)
        self.song_frames = self._desk.end_frame(self.groups)
        self._workers = workers or max(2, min(MOST_WORKERS, os.cpu_count() or 2))
        self._progress = progress or (lambda share: None)
        self._meter = PeakMeter()
        self._end_frame = 0
        self._devices: tuple[DeviceReport, ...] = ()

    def blocks(
        self, span: Span | None = None, *, stop_after: Stop = "main", frames: int | None = None
    ) -> Iterator[Samples]:
        """The mix in blocks of ``frames`` frames (``block_frames`` by default), (2, frames) float32.

        ``stop_after="main-before-inserts"`` gives the sum that main's devices and fader get. A span that reaches
        beyond the end is cut there. A song without sound gives nothing.
        """
        return self._mixed(MAIN if stop_after == MAIN else SUM_OF_MAIN, span, frames)

    def bus_blocks(self, bus_id: str, span: Span | None = None, *, frames: int | None = None) -> Iterator[Samples]:
        """What a bus gives, after its devices, fader and pan; as long as its own tail.

        Raises
        ------
        UnknownName
            if there is no such bus.
        """
        known = [bus.id for bus in self.song.buses]
        if bus_id not in known:
            raise UnknownName("bus", bus_id, known)
        return self._mixed(bus_id, span, frames)

    def track_blocks(
        self, track_id: str, point: Point = "fader", span: Span | None = None, *, frames: int | None = None
    ) -> Iterator[Samples]:
        """One track on its own, from the start of the song to the end of its last clip, or the span.

        Parameters
        ----------
        track_id : str
            id or name.
        point : str
            ``clips``: as recorded, after trim, fades, polarity and delay; ``inserts``: after the devices (both mono
            while the track is mono, and heard although the track is muted); ``fader``: stereo, after fader and pan,
            silent when muted.
        span : Span, optional
            may go beyond the last clip, to hear the devices ring.
        frames : int, optional
            block size.
        """
        track = self.song.track(track_id)
        chosen = span or Span(0, self._desk.track_end(track))
        if point == "clips":
            feed: Feed = self._desk.clips(track)
        else:
            feed = self._desk.strip(track) if point == "inserts" else self._desk.output(track)
        channels = feed.channels if point != "fader" else 2
        is_silent = point == "fader" and track.mute
        return in_pieces(self._read(feed, chosen, channels, is_silent=is_silent), frames or self.block_frames)

    def report(self) -> RenderReport:
        """What the last run of ``blocks`` or ``bus_blocks`` has to say, once it is through."""
        tail = max(0, self._end_frame - self.song_frames)
        return RenderReport(
            self.song.rate_hz, self._meter.frames, self.song_frames, tail, self._meter.peak_dbfs, self._devices
        )

    def _read(self, feed: Feed, span: Span, channels: int, *, is_silent: bool) -> Blocks:
        with closing(feed):
            for start in range(span.start_frame, span.end_frame, self.block_frames):
                count = min(self.block_frames, span.end_frame - start)
                yield silence(channels, count) if is_silent else feed.read(start, count)[:channels]

    def _mixed(self, tap: str, span: Span | None, frames: int | None) -> Blocks:
        self._meter, self._end_frame, self._devices = PeakMeter(), 0, ()
        for block in in_pieces(self._spanned(tap, span), frames or self.block_frames):
            self._meter.feed(block)
            yield block

    def _spanned(self, tap: str, span: Span | None) -> Blocks:
        with ThreadPoolExecutor(self._workers, thread_name_prefix="render") as pool:
            run = MixRun(self, self._desk, ReadAhead(pool), tap)
            try:
                yield from self._cut(run, span)
                self._devices = run.device_reports()
            finally:
                run.close()

    def _cut(self, run: MixRun, span: Span | None) -> Blocks:
        """The run from the start of the span to its end, or to the end of the sound."""
        start = span.start_frame if span else 0
        begin = 0 if run.has_memory else start // self.block_frames * self.block_frames
        begin = min(begin, self.song_frames // self.block_frames * self.block_frames)
        whole = self.song_frames + run.tail_limit
        end = min(span.end_frame, whole) if span else whole
        needs_tail = end > self.song_frames
        last = whole if needs_tail else end
        sound = self._watched(limited(run.blocks(begin, last), last - begin), whole - begin)
        if needs_tail:
            sound = self._measured_end(without_silent_end(sound, self.song_frames - begin), begin)
        shortened = dropped(sound, start - begin)
        left = end - start
        for block in shortened:
            if left > 0:
                yield block[:, :left]
            left -= block.shape[1]

    def _watched(self, blocks: Blocks, total: int) -> Blocks:
        done = 0
        for block in blocks:
            done += block.shape[1]
            self._progress(min(1.0, done / max(1, total)))
            yield block

    def _measured_end(self, blocks: Blocks, begin: int) -> Blocks:
        self._end_frame = begin
        for block in blocks:
            self._end_frame += block.shape[1]
            yield block


class MixRun:
    """One pass through the song: all feeds open, all buses at work."""

    def __init__(self, renderer: Renderer, desk: Desk, ahead: ReadAhead, tap: str) -> None:
        self._renderer, self._desk, self._ahead, self._tap = renderer, desk, ahead, tap
        self._song = renderer.song
        self._groups = renderer.groups
        self._feeds: list[Feed] = []
        self._buses: list[Bus] = []
        self._runs: dict[str, BusRun] = {}
        self._rows: dict[str, InsertRow] = {}
        self._used: dict[str, int] = {}
        try:
            self._feeds.extend(desk.group(group, ahead) for group in self._groups)
            self._set_up_buses()
        except BaseException:
            self.close()
            raise

    @property
    def has_memory(self) -> bool:
        """Whether any bus has devices at work, so that every run must begin with the song."""
        return any(not row.is_empty for row in self._rows.values())

    @property
    def tail_limit(self) -> int:
        """The most that can ring on after the last clip, in frames."""
        tracks = max((feed.frames for feed in self._feeds), default=0) - self._renderer.song_frames
        buses = sum(row.tail_frames for row in self._rows.values())
        return min(TAIL_SECONDS * self._song.rate_hz, max(0, tracks) + buses)

    def blocks(self, begin: int, end: int) -> Blocks:
        """What comes out at the tap, from frame ``begin`` on, without end; up to ``end`` it is made ahead."""
        size = self._renderer.block_frames
        for run in self._runs.values():
            run.begin_at(begin)
        self._ahead.begin(begin, size, end)
        start = begin
        while True:
            self._push_tracks(start, size)
            yield self._advance(size)
            start += size

    def device_reports(self) -> tuple[DeviceReport, ...]:
        """What the devices that were at work have to say."""
        found: list[DeviceReport] = []
        for group, feed in zip(self._groups, self._feeds, strict=True):
            for track, notes in zip(group.tracks, feed.notes(), strict=True):
                found += named_reports(track.id, track.inserts, notes)
        inserts = {bus.id: bus.inserts for bus in self._song.buses} | {MAIN: self._song.main.inserts}
        for place, row in self._rows.items():
            found += named_reports(place, inserts[place], row.notes())
        return tuple(found)

    def close(self) -> None:
        for feed in self._feeds:
            feed.close()
        for row in self._rows.values():
            row.close()

    def _set_up_buses(self) -> None:
        song = self._song
        inputs: dict[str, int] = {MAIN: 0}
        for group in self._groups:
            for place in group.places:
                inputs[place] = inputs.get(place, 0) + 1
        for bus in deepest_first(song.buses):
            if inputs.get(bus.id):
                self._buses.append(bus)
                inputs[bus.output] = inputs.get(bus.output, 0) + 1
        for bus in self._buses:
            row = self._desk.row(bus.inserts, 2)
            fader, panner = Fader(bus.gain_db, bus.automation, song), Panner(bus.pan, bus.automation, song)
            self._add(bus.id, BusSettings(row, fader, panner, bus.mute), inputs[bus.id])
        # What stops before main's devices must not wait for them, nor ring with them.
        main_inserts = song.main.inserts if self._tap == MAIN else ()
        main_fader = Fader(song.main.gain_db, song.main.automation, song)
        self._add(MAIN, BusSettings(self._desk.row(main_inserts, 2), main_fader, None), inputs[MAIN])

    def _add(self, place: str, settings: BusSettings, inputs: int) -> None:
        self._runs[place] = BusRun(settings, inputs)
        self._rows[place] = settings.row

    def _push_tracks(self, start: int, size: int) -> None:
        """One block of every group into the buses that it feeds."""
        used = dict.fromkeys(self._runs, 0)
        for group, feed in zip(self._groups, self._feeds, strict=True):
            block = feed.read(start, size) if start < feed.frames else silence(feed.channels, size)
            for nth, place in enumerate(group.places):
                self._runs[place].push(used[place], block[2 * nth : 2 * nth + 2])
                used[place] += 1
        self._used = used

    def _advance(self, size: int) -> Samples:
        """Every bus as far as it goes; what the tap gives."""
        used = dict(self._used)
        tapped: Samples | None = None
        for bus in self._buses:
            block = self._runs[bus.id].take()
            tapped = block if bus.id == self._tap else tapped
            self._runs[bus.output].push(used[bus.output], block)
            used[bus.output] += 1
        main = self._runs[MAIN]
        if not used[MAIN]:
            return silence(2, size)
        block = main.take() if self._tap == MAIN else main.take_sum()
        if self._tap in (MAIN, SUM_OF_MAIN):
            return block
        return silence(2, size) if tapped is None else tapped


def deepest_first(buses: tuple[Bus, ...]) -> list[Bus]:
    """The buses in an order in which each comes before the one it feeds; otherwise as in the song."""
    output = {bus.id: bus.output for bus in buses}

    def depth(place: str) -> int:
        return 0 if place == MAIN else 1 + depth(output[place])

    return sorted(buses, key=lambda bus: -depth(bus.id))


def named_reports(strip: str, inserts: tuple[AnyDevice, ...], notes: list[list[object]]) -> list[DeviceReport]:
    """The notes of a row of devices, by the devices' ids."""
    devices = switched_on(inserts)
    found = []
    for index, values in notes:
        assert isinstance(index, int)
        assert isinstance(values, dict)
        if values:
            found.append(DeviceReport(strip, devices[index].id, values))
    return found
