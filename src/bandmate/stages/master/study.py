"""A piece on the bench: its sound before mastering on tape, to be played through chains of devices and heard.

The sum that main's devices get is rendered once. What a chain makes of it is worked out from the longest beginning of
that chain which is on tape already, and is bit for bit what the renderer gives for the song with these devices (but for
a ringing end under -90 dBFS): so what was heard here need not be heard again.

Conventions: chains are tuples of devices in the order of main's inserts, behind those that the song has there already;
main's own fader and its automation come last, as in the renderer. Tapes lie in a folder of their own that goes with the
bench; memory does not grow with the length.

Not covered: deciding what to try.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import IO

import numpy as np
from msgspec.structs import replace

from bandmate.render.levels import Fader, placed
from bandmate.render.strip import seconds_per_tick
from bandmate.song.devices import AnyDevice, Limiter
from bandmate.song.song import Song
from bandmate.sound.audio import Samples
from bandmate.sound.limiter import LimiterProcessor
from bandmate.sound.loudness import LoudnessMeter
from bandmate.sound.processors import processor_for
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.checks import RepairFindings, find_repairs
from bandmate.stages.master.sketch import Sketch, sketch_of
from bandmate.stages.master.solve import Solved, in_time, solved_by
from bandmate.stages.master.tape import Tape

Chain = tuple[AnyDevice, ...]
LEAD_SECONDS = 1.0
"""So long before an excerpt its devices begin, so that filters and detectors are under way."""

TAPES = 3
"""The sum, and two chains (as a rule with and without the limiter): an hour of sound on tape takes 1.3 GB."""


class Study:
    """See the module; made by ``study_of``."""

    def __init__(self, song: Song, ears: Ears) -> None:
        self.song, self.ears, self.rate_hz = song, ears, song.rate_hz
        self._tapes: dict[Chain, tuple[Tape, IO[bytes]]] = {}

    @property
    def before(self) -> Hearing:
        """The piece as it comes to the bench."""
        return self.heard(())

    @cached_property
    def sketch(self) -> Sketch:
        return sketch_of(self.before)

    @cached_property
    def repairs(self) -> RepairFindings:
        """The faults of the piece, looked for once."""
        return find_repairs(self.before, lambda: self.played(()), self.rate_hz)

    def song_with(self, chain: Chain) -> Song:
        """The song with the chain at the end of its main bus."""
        return replace(self.song, main=replace(self.song.main, inserts=(*self.song.main.inserts, *chain)))

    def heard(self, chain: Chain) -> Hearing:
        """What the song with that chain sounds like, with the 16x true-peak check."""
        return self.ears.main_played(self.song_with(chain), lambda: self.played(chain))

    def played(self, chain: Chain) -> Iterator[Samples]:
        """The song with that chain, block by block, as the renderer gives it."""
        return faded(self.before_fader(chain), self.song)

    def before_fader(self, chain: Chain) -> Iterator[Samples]:
        """The chain's own output."""
        known = max((done for done in self._tapes if chain[: len(done)] == done), key=len, default=None)
        if known is None:
            self.tape(())
            known = ()
        blocks = self._tapes[known][0].blocks()
        for device in chain[len(known) :]:
            blocks = through(blocks, device, self.song)
        return blocks

    def tape(self, chain: Chain) -> Tape:
        """What comes out of the chain, before main's fader, on tape."""
        if chain not in self._tapes:
            self._keep(chain, self.before_fader(chain) if chain else self._sum())
        return self._tapes[chain][0]

    def limited(self, chain: Chain, limiter: Limiter, target_lufs: float) -> Solved:
        """Run the chain and a limiter behind it, keep what comes out on tape, and tell how loud it is behind main's
        fader and how hard the limiter worked."""
        processor = LimiterProcessor(limiter, rate_hz=self.rate_hz, channels=2)
        meter = LoudnessMeter(self.rate_hz, 2)
        fader = Fader(self.song.main.gain_db, self.song.main.automation, self.song)
        blocks = in_time(self.before_fader(chain), processor)
        self._tapes.pop((*chain, limiter), None)
        if fader.is_neutral:
            self._keep((*chain, limiter), metered(blocks, meter))
        else:
            self._keep((*chain, limiter), blocks)
            for block in self.played((*chain, limiter)):
                meter.feed(block)
        return solved_by(processor, meter, limiter, target_lufs)

    def excerpt(self, chain: Chain, seconds: float) -> Samples:
        """The loudest stretch of that length after the chain, shape (2, frames); all of a shorter piece. For devices
        that do not go by the clock."""
        first = max(0, round((loudest_seconds(self.before, seconds) - LEAD_SECONDS) * self.rate_hz))
        blocks = cut(self.tape(()).blocks(first), round((seconds + LEAD_SECONDS) * self.rate_hz))
        for device in chain:
            blocks = through(blocks, device, self.song)
        found = list(blocks)
        lead = round(LEAD_SECONDS * self.rate_hz) if first else 0
        return np.concatenate(found, axis=1)[:, lead:] if found else np.zeros((2, 0), np.float32)

    def close(self) -> None:
        for _, file in self._tapes.values():
            file.close()
        self._tapes.clear()

    def _sum(self) -> Iterator[Samples]:
        """What main's devices give before the chain, without main's fader."""
        plain = replace(self.song, main=replace(self.song.main, gain_db=0.0, automation=()))
        return self.ears.renderer(plain).blocks()

    def _keep(self, chain: Chain, blocks: Iterator[Samples]) -> None:
        with ExitStack() as undone:
            file = undone.enter_context(tempfile.TemporaryFile())
            tape = Tape(blocks, file)
            undone.pop_all()
        while len(self._tapes) >= TAPES:
            self._tapes.pop(self._least_wanted())[1].close()
        self._tapes[chain] = (tape, file)

    def _least_wanted(self) -> Chain:
        """A finished master goes before the front of a chain that others may be built on; the sum stays."""
        finished = [chain for chain in self._tapes if chain and isinstance(chain[-1], Limiter)]
        return finished[0] if finished else next(chain for chain in self._tapes if chain)


@contextmanager
def study_of(song: Song, ears: Ears) -> Iterator[Study]:
    """A bench for ``song``; its tapes are gone afterwards.

    Raises
    ------
    ProjectError
        if the folder for temporary files has no room.
    """
    study = Study(song, ears)
    try:
        yield study
    finally:
        study.close()


def through(blocks: Iterable[Samples], device: AnyDevice, song: Song) -> Iterator[Samples]:
    """The blocks through one device, on time."""
    processor = processor_for(device, rate_hz=song.rate_hz, channels=2, seconds_per_tick=seconds_per_tick(song))
    return in_time(blocks, processor)


def faded(blocks: Iterator[Samples], song: Song) -> Iterator[Samples]:
    """The blocks through main's fader and its automation."""
    fader = Fader(song.main.gain_db, song.main.automation, song)
    return blocks if fader.is_neutral else moved(blocks, fader)


def moved(blocks: Iterable[Samples], fader: Fader) -> Iterator[Samples]:
    """The blocks through a fader, bit for bit as main's."""
    at = 0
    for block in blocks:
        yield placed(block, at, fader, None)
        at += block.shape[1]


def cut(blocks: Iterable[Samples], frames: int) -> Iterator[Samples]:
    """The blocks up to so many frames."""
    for block in blocks:
        yield block[:, :frames]
        frames -= block.shape[1]
        if frames <= 0:
            return


def metered(blocks: Iterable[Samples], meter: LoudnessMeter) -> Iterator[Samples]:
    """The blocks, each shown to the meter as it passes."""
    for block in blocks:
        meter.feed(block)
        yield block


def loudest_seconds(heard: Hearing, seconds: float) -> float:
    """Where the loudest stretch of that length begins."""
    power = heard.power.sum(axis=0, dtype=np.float64)
    width = max(1, round(seconds / heard.hop_seconds))
    if power.size <= width:
        return 0.0
    summed = np.concatenate([[0.0], np.cumsum(power)])
    return float(np.argmax(summed[width:] - summed[:-width])) * heard.hop_seconds
