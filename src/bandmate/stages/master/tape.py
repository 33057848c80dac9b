"""A stereo signal on disk that can be played any number of times, and heard once for what a limiter would do to it.

Memory: eight bytes for each 1/1280 second; 37 MB for an hour. The signal itself is in a temporary file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np

from bandmate.song.devices import Limiter
from bandmate.song.errors import ProjectError
from bandmate.sound.audio import Samples
from bandmate.sound.limiter_forecast import Forecaster, HopSurvey

BLOCK_FRAMES = 65_536


class Tape:
    """A stereo signal on disk; what is heard of it for forecasts is kept in memory.

    Raises
    ------
    ProjectError
        if the folder for temporary files has no room for it.
    """

    def __init__(self, blocks: Iterable[Samples], file: IO[bytes]) -> None:
        self._file = file
        self._survey: HopSurvey | None = None
        for block in blocks:
            self._write(np.ascontiguousarray(block.T, np.float32).tobytes())
        self._write(b"", flush=True)

    def _write(self, data: bytes, *, flush: bool = False) -> None:
        try:
            self._file.write(data)
            if flush:
                self._file.flush()
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise ProjectError(
                f'the folder for temporary files, "{tempfile.gettempdir()}", cannot hold the mix: {reason}; free some '
                "space there, or let the variable TMPDIR name another folder"
            ) from problem

    def blocks(self, first_frame: int = 0) -> Iterator[Samples]:
        """The signal from its start, or a later frame, shape (2, frames)."""
        self._file.seek(first_frame * 2 * 4)
        while data := self._file.read(BLOCK_FRAMES * 2 * 4):
            yield np.ascontiguousarray(np.frombuffer(data, np.float32).reshape(-1, 2).T)

    def forecaster(self, limiter: Limiter, rate_hz: int) -> Forecaster:
        """What ``limiter`` would do to it at any gain; the first time, the tape is heard from end to end."""
        if self._survey is None or self._survey.rate_hz != rate_hz:
            self._survey = HopSurvey(rate_hz)
            for block in self.blocks():
                self._survey.feed(block)
        return self._survey.forecaster(limiter)

    def forget(self) -> None:
        """Let go of what was heard for forecasts; it is heard again when it is asked for."""
        self._survey = None


@contextmanager
def taped(sound: Tape | Iterable[Samples]) -> Iterator[Tape]:
    """``sound`` on tape until the end of the ``with``; a tape is passed on as it is.

    Raises
    ------
    ProjectError
        if the folder for temporary files has no room for it.
    """
    if isinstance(sound, Tape):
        yield sound
        return
    with tempfile.TemporaryFile() as file:
        yield Tape(sound, file)
