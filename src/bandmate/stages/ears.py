"""Ears: they answer questions about the sound of a song, and remember the answers by content.

The key of an answer is a hash of everything that the sound depends on, so after a change only what changed is heard
again, in this run and in the next. Where the memory is (a project, or nowhere) is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np

from bandmate.render.cache import RenderCache
from bandmate.render.content import bus_parts, main_content, track_content, whole_strip_parts
from bandmate.render.engine import Point, Renderer
from bandmate.render.keys import key_of, output_parts
from bandmate.render.media import Media
from bandmate.render.span import Span
from bandmate.song.song import Song, length_seconds
from bandmate.sound.audio import Samples
from bandmate.stages.closeup import (
    CLOSEUP,
    CLOSEUP_VERSION,
    Closeup,
    closeup_from_bytes,
    closeup_to_bytes,
    hear_closely,
)
from bandmate.stages.hearing import ANALYSER, ANALYSER_VERSION, Hearing, hear, hearing_from_bytes, hearing_to_bytes

WORKERS = 2

Heard = TypeVar("Heard")


class Memory(Protocol):
    """Where answers are kept: by content, analyser and its version."""

    def recall(self, content: str, analyser: str, version: str) -> bytes | None: ...

    def remember(self, content: str, analyser: str, version: str, data: bytes) -> None: ...


class Forgetful:
    """A memory for one run."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], bytes] = {}

    def recall(self, content: str, analyser: str, version: str) -> bytes | None:
        return self._known.get((content, analyser, version))

    def remember(self, content: str, analyser: str, version: str, data: bytes) -> None:
        self._known[content, analyser, version] = data


def no_progress(what: str, share: float) -> None:
    """Says nothing."""


class Ears:
    """Answers about the sound of songs whose recordings are in ``media``."""

    def __init__(
        self,
        media: Media,
        *,
        cache: RenderCache | None = None,
        memory: Memory | None = None,
        progress: Callable[[str, float], None] = no_progress,
    ) -> None:
        self.media, self.cache = media, cache
        self.memory: Memory = memory or Forgetful()
        self._progress = progress

    def renderer(self, song: Song) -> Renderer:
        """The song, ready to be played."""
        return Renderer(song, self.media, self.cache)

    def track(self, song: Song, track_id: str, point: Point = "inserts") -> Hearing:
        """One track as it sounds at that point of its strip."""
        name = track_content(song, song.track(track_id), point)
        return self._heard(name, lambda: hear(self.renderer(song).track_blocks(track_id, point), song.rate_hz))

    def tracks(self, song: Song, track_ids: Iterable[str], point: Point = "inserts") -> dict[str, Hearing]:
        """Several tracks, two at a time."""
        return self._two_at_a_time(song, track_ids, lambda song, track_id: self.track(song, track_id, point))

    def closely(self, song: Song, track_id: str) -> tuple[Hearing, Closeup]:
        """One track after its inserts, heard and looked at closely."""
        name = track_content(song, song.track(track_id), "inserts")
        heard = self.memory.recall(name, ANALYSER, ANALYSER_VERSION)
        looked = self.memory.recall(name, CLOSEUP, CLOSEUP_VERSION)
        if heard is not None and looked is not None:
            return hearing_from_bytes(heard), closeup_from_bytes(looked)
        hearing, closeup = hear_closely(self.renderer(song).track_blocks(track_id, "inserts"), song.rate_hz)
        self.memory.remember(name, ANALYSER, ANALYSER_VERSION, hearing_to_bytes(hearing))
        self.memory.remember(name, CLOSEUP, CLOSEUP_VERSION, closeup_to_bytes(closeup))
        return hearing, closeup

    def all_closely(self, song: Song, track_ids: Iterable[str]) -> dict[str, tuple[Hearing, Closeup]]:
        """Several tracks, two at a time."""
        return self._two_at_a_time(song, track_ids, self.closely)

    def bus(self, song: Song, bus_id: str) -> Hearing:
        """What a bus gives, after its devices, fader and pan, with its tail.

        Raises
        ------
        UnknownName
            if there is no such bus.
        """
        blocks = self.renderer(song).bus_blocks
        return self._heard(bus_content(song, bus_id), lambda: hear(blocks(bus_id), song.rate_hz))

    def alone(self, song: Song, track_id: str) -> Closeup:
        """What one track gives main by all its ways, its buses included, while the other tracks are silent."""
        buses = [[bus.id, bus.output, bus.pan, bus.mute, bus_parts(song, bus)] for bus in song.buses]
        track = song.track(track_id)
        parts = [song.rate_hz, whole_strip_parts(song, track), output_parts(track, song), track.mute, buses]
        name = key_of("track alone", [str(length_seconds(song)), parts])
        looked = self.memory.recall(name, CLOSEUP, CLOSEUP_VERSION)
        if looked is not None:
            return closeup_from_bytes(looked)
        blocks = Renderer(song, self.media, self.cache, tracks=(track_id,)).blocks(stop_after="main-before-inserts")
        _, closeup = hear_closely(blocks, song.rate_hz)
        self.memory.remember(name, CLOSEUP, CLOSEUP_VERSION, closeup_to_bytes(closeup))
        return closeup

    def main(self, song: Song, *, check: bool = False) -> Hearing:
        """The whole song as it leaves the main bus; with the 16x true-peak check when ``check`` is true."""
        name = main_content(song) + (" checked" if check else "")
        return self._heard(name, lambda: hear(self.renderer(song).blocks(), song.rate_hz, check_peak=check))

    def main_played(self, song: Song, blocks: Callable[[], Iterable[Samples]]) -> Hearing:
        """As ``main`` with the check, for a caller who has the very blocks that the renderer would give."""
        return self._heard(main_content(song) + " checked", lambda: hear(blocks(), song.rate_hz, check_peak=True))

    def excerpt(self, song: Song, track_id: str, start_seconds: float, seconds: float) -> Samples:
        """What a track plays before its inserts, from ``start_seconds`` on; shape (channels, frames)."""
        start = round(start_seconds * song.rate_hz)
        span = Span(start, start + round(seconds * song.rate_hz))
        return np.concatenate(list(self.renderer(song).track_blocks(track_id, "clips", span)), axis=1)

    def _two_at_a_time(
        self, song: Song, track_ids: Iterable[str], listen: Callable[[Song, str], Heard]
    ) -> dict[str, Heard]:
        wanted = list(track_ids)
        names = {track.id: track.name or track.id for track in song.tracks}
        found: dict[str, Heard] = {}
        with ThreadPoolExecutor(WORKERS) as pool:
            answers = pool.map(lambda track_id: listen(song, track_id), wanted)
            for count, (track_id, heard) in enumerate(zip(wanted, answers, strict=True), 1):
                found[track_id] = heard
                self._progress(f"listening to {names[track_id]}", count / len(wanted))
        return found

    def _heard(self, key: str, listen: Callable[[], Hearing]) -> Hearing:
        known = self.memory.recall(key, ANALYSER, ANALYSER_VERSION)
        if known is not None:
            return hearing_from_bytes(known)
        hearing = listen()
        self.memory.remember(key, ANALYSER, ANALYSER_VERSION, hearing_to_bytes(hearing))
        return hearing


def bus_content(song: Song, bus_id: str) -> str:
    """The name of what a bus gives: of everything that feeds it, over other buses too, and of nothing else."""
    feeding = {bus_id}
    while more := {bus.id for bus in song.buses if bus.output in feeding} - feeding:
        feeding |= more
    tracks = [
        [whole_strip_parts(song, track), output_parts(track, song)]
        for track in song.tracks
        if track.clips and not track.mute and feeding & {track.output, *(s.bus for s in track.sends if s.enabled)}
    ]
    buses = [[b.id, b.output, b.pan, b.mute, bus_parts(song, b)] for b in song.buses if b.id in feeding]
    return key_of("heard bus", [song.rate_hz, str(length_seconds(song)), bus_id, tracks, buses])
