"""Feeds that workers read ahead."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bandmate.render.feed import ReadAhead, silence
from bandmate.sound.audio import Samples


class Counted:
    """A feed that remembers what was read."""

    channels, frames = 1, 1_000

    def __init__(self) -> None:
        self.reads: list[tuple[int, int]] = []

    def read(self, start: int, frames: int) -> Samples:
        self.reads.append((start, frames))
        return silence(1, frames) + np.float32(start)

    def notes(self) -> list[int]:
        return [len(self.reads)]

    def close(self) -> None:
        """Nothing to let go of."""


def test_nothing_beyond_the_end_is_made_ahead_so_that_reports_do_not_depend_on_who_is_quick() -> None:
    feed = Counted()
    with ThreadPoolExecutor(1) as pool:
        ahead = ReadAhead(pool)
        line = ahead.of(feed)
        ahead.begin(0, 100, 250)
        blocks = [line.read(start, 100) for start in (0, 100, 200)]
        assert [int(block[0, 0]) for block in blocks] == [0, 100, 200]
        # What is asked for beyond it all the same is made then.
        assert line.read(300, 100)[0, 0] == 300.0
        line.close()
    assert feed.reads == [(0, 100), (100, 100), (200, 100), (300, 100)]
