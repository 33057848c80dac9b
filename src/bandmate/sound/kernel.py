"""How inner loops are compiled: on first use, kept on disk, and without holding Python's lock.

Conventions: a kernel takes arrays and numbers, writes into arrays it is given, and keeps what it must remember between
blocks in a state array. State is float64, audio float32. No fast-math: the result of a block is the same wherever a
signal is cut. Every module with kernels has a ``compile_kernels()`` that runs them once on a few frames, so that the
wait can be had at a chosen moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])

FLUSH = 1e-40
"""Added and taken away again, this rounds what is below 1e-56 to nothing, so that no state decays into denormals."""


def kernel(loop: Loop) -> Loop:
    """``loop`` compiled by numba at its first call, and kept on disk where any folder can be written to."""
    return compiled(loop, fastmath=False)


def contracted_kernel(loop: Loop) -> Loop:
    """As ``kernel``, with each multiplication and the addition after it rounded once where the processor can."""
    return compiled(loop, fastmath={"contract"})


def compiled(loop: Loop, *, fastmath: bool | set[str]) -> Loop:
    try:
        return cast(Loop, numba.njit(cache=True, nogil=True, fastmath=fastmath)(loop))
    except RuntimeError as problem:
        # subtle: numba refuses at the decorator where neither the source's folder nor the user's cache is writable, as
        # in a container; compiling anew in each run is slow, but sounds the same.
        if "no locator" not in str(problem):
            raise
        return cast(Loop, numba.njit(nogil=True, fastmath=fastmath)(loop))
