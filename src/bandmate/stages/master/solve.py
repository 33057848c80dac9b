"""Gain and limiter solved together: the gain at which the *result* has the loudness that is asked for.

A limiter takes loudness away, the more the harder it is driven, so the gain is not the difference of two readings. The
sum of the tracks is written once to a temporary file and run through limiter and meter with one gain after another
(regula falsi; the loudness rises with the gain), until the reading is within a fiftieth of a LU.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO

import numpy as np
from msgspec.structs import replace

from bandmate.song.devices import Limiter
from bandmate.song.errors import ProjectError
from bandmate.sound.audio import Samples
from bandmate.sound.loudness import LoudnessMeter
from bandmate.sound.processors import Processor, processor_for

NEAR_ENOUGH_LU = 0.02
MOST_ROUNDS = 12
MOST_GAIN_DB = 40.0
MOST_MEAN_REDUCTION_DB = 4.0
"""Beyond this a limiter is no longer a limiter; the loudness asked for is then not reached, and this is said."""
BACK_OFF_ROUNDS = 8
BLOCK_FRAMES = 65_536


@dataclass(frozen=True, slots=True)
class Solved:
    """The limiter with its gain, the loudness that it gives, and how hard it works."""

    limiter: Limiter
    loudness_lufs: float
    reached: bool
    max_reduction_db: float
    mean_reduction_db: float
    reduction_at_seconds: float | None


class Tape:
    """A stereo signal on disk that can be played any number of times; memory does not depend on its length.

    Raises
    ------
    ProjectError
        if the folder for temporary files has no room for it.
    """

    def __init__(self, blocks: Iterable[Samples], file: IO[bytes]) -> None:
        self._file = file
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

    def blocks(self) -> Iterator[Samples]:
        """The signal from its start, shape (2, frames)."""
        self._file.seek(0)
        while data := self._file.read(BLOCK_FRAMES * 2 * 4):
            yield np.ascontiguousarray(np.frombuffer(data, np.float32).reshape(-1, 2).T)


def solve_limiter(blocks: Iterable[Samples], limiter: Limiter, rate_hz: int, target_lufs: float) -> Solved:
    """The gain that brings ``blocks``, run through ``limiter``, to ``target_lufs``.

    Where no gain up to 40 dB reaches it, or the limiter would take off more than 4 dB on average, the nearest that is
    possible, with ``reached`` false.
    """
    with tempfile.TemporaryFile() as file:
        tape = Tape(blocks, file)
        low: Solved | None = None
        high: Solved | None = None
        best = played(tape, limiter, rate_hz, target_lufs)
        for _ in range(MOST_ROUNDS):
            if best.reached:
                break
            low, high = (best, high) if best.loudness_lufs < target_lufs else (low, best)
            gain_db = next_gain(low, high, target_lufs)
            if abs(gain_db) > MOST_GAIN_DB:
                break
            now = played(tape, replace(limiter, gain_db=gain_db), rate_hz, target_lufs)
            nearer = abs(now.loudness_lufs - target_lufs) < abs(best.loudness_lufs - target_lufs)
            best = now if nearer or now.reached else best
            low, high = (now, high) if now.loudness_lufs < target_lufs else (low, now)
        return (
            best if best.mean_reduction_db <= MOST_MEAN_REDUCTION_DB else backed_off(tape, best, rate_hz, target_lufs)
        )


def backed_off(tape: Tape, hard: Solved, rate_hz: int, target_lufs: float) -> Solved:
    """The most gain at which the limiter takes off no more than it may, found by halving."""
    too_much, gain_db = hard.limiter.gain_db, hard.limiter.gain_db - 2 * hard.mean_reduction_db
    best = played(tape, replace(hard.limiter, gain_db=gain_db), rate_hz, target_lufs)
    for _ in range(BACK_OFF_ROUNDS):
        middle = (gain_db + too_much) / 2
        now = played(tape, replace(hard.limiter, gain_db=middle), rate_hz, target_lufs)
        if now.mean_reduction_db > MOST_MEAN_REDUCTION_DB:
            too_much = middle
        else:
            gain_db, best = middle, now
    return best


def next_gain(low: Solved | None, high: Solved | None, target_lufs: float) -> float:
    """The next gain to try: between two readings in proportion, beyond one by what is missing."""
    if low is not None and high is not None:
        span = high.loudness_lufs - low.loudness_lufs
        share = min(max((target_lufs - low.loudness_lufs) / span, 0.1), 0.9)
        return low.limiter.gain_db + share * (high.limiter.gain_db - low.limiter.gain_db)
    one = low or high
    assert one is not None, "there is a reading before the next gain is asked for"
    missing = target_lufs - one.loudness_lufs
    return one.limiter.gain_db + missing * 1.2 + (0.01 if missing > 0 else -0.01)


def played(tape: Tape, limiter: Limiter, rate_hz: int, target_lufs: float) -> Solved:
    """One run of the tape through the limiter and the meter."""
    processor = processor_for(limiter, rate_hz=rate_hz, channels=2, seconds_per_tick=0.0)
    meter = LoudnessMeter(rate_hz, 2)
    for block in in_time(tape.blocks(), processor):
        meter.feed(block)
    lufs = meter.result().integrated_lufs
    loudness = -120.0 if lufs is None else lufs
    report = processor.report() if processor else {}
    return Solved(
        limiter=limiter,
        loudness_lufs=loudness,
        reached=abs(loudness - target_lufs) <= NEAR_ENOUGH_LU,
        max_reduction_db=report.get("max_reduction_db", 0.0),
        mean_reduction_db=report.get("mean_reduction_db", 0.0),
        reduction_at_seconds=report.get("at_seconds"),
    )


def in_time(blocks: Iterable[Samples], processor: Processor | None) -> Iterator[Samples]:
    """The blocks through a processor, without its latency: frame for frame as the renderer will have them.

    subtle: even 5 ms of shift would move the 400 ms windows of the meter, which tells on a song of a few seconds.
    """
    if processor is None:
        yield from blocks
        return
    late = processor.latency_frames
    for block in chain(blocks, [np.zeros((2, late), np.float32)]):
        out = processor.process(block)
        skipped = min(late, out.shape[1])
        late -= skipped
        yield out[:, skipped:]
