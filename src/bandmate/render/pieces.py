"""Streams of blocks: cut to length, stripped of a silent end, cut anew.

Conventions: a stream is an iterator of consecutive blocks (channels, frames); empty blocks are allowed in and do not
come out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bandmate.sound.audio import Samples

Blocks = Iterator[Samples]
SILENT_BELOW_DBFS = -90.0


def limited(blocks: Blocks, frames: int) -> Blocks:
    """The first ``frames`` frames."""
    left = frames
    while left > 0:
        block = next(blocks)[:, :left]
        left -= block.shape[1]
        if block.shape[1]:
            yield block


def without_silent_end(blocks: Blocks, keep: int) -> Blocks:
    """The first ``keep`` frames, and what follows up to its last frame that is above -90 dBFS.

    What follows is held in memory; the caller limits it.
    """
    rest: list[Samples] = []
    for block in blocks:
        sure = min(keep, block.shape[1])
        keep -= sure
        if sure:
            yield block[:, :sure]
        if sure < block.shape[1]:
            rest.append(block[:, sure:])
    if rest:
        ending = np.concatenate(rest, axis=1)
        audible = np.flatnonzero(np.abs(ending).max(axis=0) > 10.0 ** (SILENT_BELOW_DBFS / 20.0))
        if audible.size:
            yield ending[:, : int(audible[-1]) + 1]


def dropped(blocks: Blocks, frames: int) -> Blocks:
    """Everything after the first ``frames`` frames."""
    for block in blocks:
        skip = min(frames, block.shape[1])
        frames -= skip
        if skip < block.shape[1]:
            yield block[:, skip:]


def in_pieces(blocks: Blocks, frames: int) -> Blocks:
    """The same signal in contiguous blocks of ``frames`` frames; the last may be shorter."""
    waiting: list[Samples] = []
    count = 0
    for block in blocks:
        while count + block.shape[1] >= frames:
            waiting.append(block[:, : frames - count])
            block = block[:, frames - count :]
            yield joined(waiting)
            waiting, count = [], 0
        if block.shape[1]:
            waiting.append(block)
            count += block.shape[1]
    if waiting:
        yield joined(waiting)


def joined(blocks: list[Samples]) -> Samples:
    """One contiguous block out of several."""
    if len(blocks) == 1:
        return np.ascontiguousarray(blocks[0])
    return np.concatenate(blocks, axis=1)
