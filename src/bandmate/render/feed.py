"""Feeds: signals that are read from front to back, in pieces of any length.

Conventions: a feed has a fixed number of channels and a length, after which it is silent. It is read at positions that
never go back; a jump forward is allowed (a feed with memory runs through what lies between). What is read does not
depend on how it is cut into pieces. A feed is used by one thread at a time.

::

    Live ──> Recorded ──> Prefetch      first time: made, written to the cache, read ahead by a worker
    Stored ─────────────> Prefetch      next time: from the cache; a damaged entry is made again from the start
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Protocol

import numpy as np

from bandmate.render.cache import CacheDamage, CacheEntry, CacheWriter
from bandmate.sound.audio import Samples

Notes = Any
"""What a feed has to report, as plain JSON."""


class Feed(Protocol):
    """A signal read from front to back."""

    @property
    def channels(self) -> int: ...

    @property
    def frames(self) -> int: ...

    def read(self, start: int, frames: int) -> Samples:
        """``frames`` frames from ``start`` on, (channels, frames), silence after the end."""
        ...

    def notes(self) -> Notes:
        """What the feed has to report so far, as plain JSON."""
        ...

    def close(self) -> None: ...


def silence(channels: int, frames: int) -> Samples:
    """``frames`` frames of nothing."""
    return np.zeros((channels, frames), np.float32)


READ_ON_BLOCK = 65_536


class Recorded:
    """A feed that is written to the cache while it is read; only a feed read to its end, without gaps, is kept.

    What is closed after ``enough`` frames is read on to its end: a track is listened to as long as its clips last, and
    notes ring a little longer. Otherwise they would be played anew for every trial.
    """

    def __init__(self, feed: Feed, writer: CacheWriter, enough: int | None = None) -> None:
        self._feed, self._writer = feed, writer
        self._enough = feed.frames if enough is None else enough
        self.channels, self.frames = feed.channels, feed.frames
        self._position = 0
        self._open = True

    def read(self, start: int, frames: int) -> Samples:
        try:
            block = self._feed.read(start, frames)
        except BaseException:
            self._abandon()
            raise
        if self._open:
            self._record(block, start)
        return block

    def notes(self) -> Notes:
        return self._feed.notes()

    def close(self) -> None:
        if self._position >= self._enough:
            while self._open:
                self.read(self._position, min(READ_ON_BLOCK, self.frames - self._position))
        self._abandon()
        self._feed.close()

    def _abandon(self) -> None:
        if self._open:
            self._writer.abandon()
            self._open = False

    def _record(self, block: Samples, start: int) -> None:
        if start != self._position:
            self._abandon()
            return
        keep = min(block.shape[1], self.frames - start)
        self._writer.write(block[:, :keep])
        self._position += block.shape[1]
        if self._position >= self.frames:
            self._writer.finish(self._feed.notes())
            self._open = False


class Stored:
    """A feed out of the cache, with a way to make it again should the entry turn out damaged."""

    def __init__(self, entry: CacheEntry, remake: Callable[[], Feed]) -> None:
        self._entry: CacheEntry | None = entry
        self._remake = remake
        self._feed: Feed | None = None
        self._notes: Notes = entry.notes
        self.channels, self.frames = entry.channels, entry.frames

    def read(self, start: int, frames: int) -> Samples:
        if self._feed is None and self._entry is not None:
            try:
                return self._entry.read(start, frames)
            except CacheDamage:
                self._entry.forget()
                self._entry = None
                self._feed = self._remake()
        if self._feed is None:
            raise AssertionError("the feed is closed")
        return self._feed.read(start, frames)

    def notes(self) -> Notes:
        return self._notes

    def close(self) -> None:
        if self._entry is not None:
            self._entry.close()
            self._entry = None
        if self._feed is not None:
            self._feed.close()
            self._feed = None


class Prefetch:
    """A feed whose next block is made by a worker while the present one is used."""

    def __init__(self, feed: Feed, pool: Executor) -> None:
        self._feed, self._pool = feed, pool
        self.channels, self.frames = feed.channels, feed.frames
        self._end = feed.frames
        self._next: tuple[int, int] | None = None
        self._ahead: Future[Samples] | None = None

    def read(self, start: int, frames: int) -> Samples:
        if self._ahead is None or self._next != (start, frames):
            self._drop_ahead()
            self._submit(start, frames)
        assert self._ahead is not None
        block = self._ahead.result()
        self._ahead = None
        # subtle: what is made ahead and not used would still be in the report, or not, as the worker was quick or slow.
        if start + frames < self._end:
            self._submit(start + frames, frames)
        return block

    def notes(self) -> Notes:
        return self._feed.notes()

    def close(self) -> None:
        self._drop_ahead()
        self._feed.close()

    def begin(self, start: int, frames: int, end: int) -> None:
        """Let a worker begin with the first block; nothing from ``end`` on is made before it is asked for."""
        self._end = min(self.frames, end)
        if self._ahead is None and start < self._end:
            self._submit(start, frames)

    def _submit(self, start: int, frames: int) -> None:
        self._next = (start, frames)
        self._ahead = self._pool.submit(self._feed.read, start, frames)

    def _drop_ahead(self) -> None:
        # subtle: a feed is used by one thread at a time, so a block under way must be waited for.
        if self._ahead is not None and not self._ahead.cancel():
            self._ahead.exception()
        self._ahead = None


class ReadAhead:
    """The workers of one pass, and every feed that they read ahead."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._feeds: list[Prefetch] = []

    def of(self, feed: Feed) -> Prefetch:
        """The feed, read ahead."""
        ahead = Prefetch(feed, self._pool)
        self._feeds.append(ahead)
        return ahead

    def begin(self, start: int, frames: int, end: int) -> None:
        """Let the workers begin with the first block of every feed, and stop at ``end``."""
        for feed in self._feeds:
            feed.begin(start, frames, end)
