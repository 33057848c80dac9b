"""Adding blocks up: in a fixed order, in float64, rounded to float32 once.

Conventions: float32 blocks (channels, frames) of one shape. The order is that of the list, so a sum is the same bit for
bit however a signal is cut.

Not covered: gains; a fader has a place of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel

Row = npt.NDArray[np.float32]
Total = npt.NDArray[np.float64]


def sum_of(blocks: Sequence[Samples]) -> Samples:
    """The sum of one block or more, shape (channels, frames); a single one is given back as it is."""
    if len(blocks) == 1:
        return blocks[0]
    rows = [np.ascontiguousarray(block).reshape(-1) for block in blocks]
    total, done = np.empty(rows[0].shape), np.empty(rows[0].shape, np.float32)
    begin_sum(rows[0], rows[1], total)
    for nth in range(2, len(rows) - 1, 2):
        add_two(rows[nth], rows[nth + 1], total)
    finish_sum(total, rows[-1] if len(rows) % 2 else rows[0][:0], done)
    return done.reshape(blocks[0].shape)


def compile_kernels() -> None:
    """Compile this module's kernels (or load them from the cache)."""
    sum_of([np.zeros((1, 1), np.float32)] * 5)


@kernel
def begin_sum(first: Row, second: Row, total: Total) -> None:
    """Write the sum of two rows to ``total``."""
    for i in range(total.shape[0]):
        total[i] = np.float64(first[i]) + np.float64(second[i])


@kernel
def add_two(first: Row, second: Row, total: Total) -> None:
    """Add two rows to ``total``, one after the other."""
    for i in range(total.shape[0]):
        total[i] = (total[i] + np.float64(first[i])) + np.float64(second[i])


@kernel
def finish_sum(total: Total, last: Row, done: Row) -> None:
    """Round the total to ``done``, with the last row where it has any frames."""
    if last.shape[0] < done.shape[0]:
        for i in range(done.shape[0]):
            done[i] = np.float32(total[i])
        return
    for i in range(done.shape[0]):
        done[i] = np.float32(total[i] + np.float64(last[i]))
