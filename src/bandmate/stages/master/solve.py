"""Gain and limiter solved together: the gain at which the *result* has the loudness that is asked for.

A limiter takes loudness away, the more the harder it is driven, so the gain is not the difference of two readings. The
sum of the tracks is written once to a tape and heard once; from that a forecast says what a gain would do. The tape is
run through limiter and meter with the gain of the forecast, the forecast is corrected by what it was wrong by, and so
on until the reading is within a fiftieth of a LU: one run for the transparent style, two or three for the others.
What is given back was always read off a real run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.devices import AnyDevice, Limiter, LimiterStyle
from bandmate.sound.audio import Samples
from bandmate.sound.limiter import LimiterProcessor
from bandmate.sound.limiter_forecast import Forecast
from bandmate.sound.limiter_gain import HISTORY_PER_SECOND
from bandmate.sound.loudness import LoudnessMeter
from bandmate.sound.processors import Processor, processor_for
from bandmate.stages.master.search import SILENT_LUFS, Bounds, Reading, next_gain
from bandmate.stages.master.tape import Tape as Tape
from bandmate.stages.master.tape import taped

NEAR_ENOUGH_LU = 0.02
NEAR_ENOUGH_DB = 0.05
"""How near below its limit the mean reduction has to be, when that is what stops the search."""
MOST_ROUNDS = 12
MOST_MEAN_REDUCTION_DB: dict[LimiterStyle, float] = {"transparent": 4.5, "balanced": 2.5, "loud": 2.5}
"""Beyond this a limiter is no longer a limiter; the loudness asked for is then not reached, and this is said. Balanced
and loud go back sooner, so that their mean is lower for the same work: at 2.5 dB the hardest place of seven pieces of
music was 12 dB down on average, as it is with transparent at 4 dB; half a decibel more lets dense music reach -11 LUFS.
"""

MOMENTS = 3
MOMENTS_APART_SECONDS = 5.0
WORTH_NAMING_DB = 0.1

ChainFor = Callable[[float], tuple[AnyDevice, ...]]
"""The devices that run before the limiter, for a gain of the limiter in dB."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The limiter with its gain, the loudness that it gives, and how hard it works.

    Attributes
    ----------
    reductions : tuple of (at_seconds, reduction_db)
        the hardest moments, hardest first, at least 5 s apart, to the tenth of a second; at most three, and none where
        the limiter takes off less than 0.1 dB.
    history_db : float32 array (tenths of a second,)
        the lowest gain in each, in dB, at most 0.
    """

    limiter: Limiter
    loudness_lufs: float
    reached: bool
    max_reduction_db: float
    mean_reduction_db: float
    reduction_at_seconds: float | None
    reductions: tuple[tuple[float, float], ...] = ()
    history_db: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32), compare=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a loudness would cost, as forecast.

    ``is_reachable`` says whether any gain gives it, ``is_bearable`` whether the limiter is not overworked then. The
    figures are those at the gain that comes nearest; the loudness is None for silence and less than 400 ms.
    """

    target_lufs: float
    gain_db: float
    loudness_lufs: float | None
    mean_reduction_db: float
    max_reduction_db: float
    is_reachable: bool
    is_bearable: bool


def solve_limiter(
    sound: Tape | Iterable[Samples],
    limiter: Limiter,
    rate_hz: int,
    target_lufs: float,
    *,
    most_mean_reduction_db: float | None = None,
    chain_for: ChainFor | None = None,
) -> Solved:
    """The gain that brings ``sound``, run through ``limiter``, to ``target_lufs``.

    Where no gain up to 40 dB reaches it, or the limiter would take off more than ``most_mean_reduction_db`` on average
    (see `MOST_MEAN_REDUCTION_DB` where that is None), the nearest that is possible, with ``reached`` false. Silence and
    less than 400 ms of sound give the limiter back as it came, not reached.

    Raises
    ------
    ProjectError
        if the folder for temporary files has no room for the sound.
    """
    most = MOST_MEAN_REDUCTION_DB[limiter.style] if most_mean_reduction_db is None else most_mean_reduction_db
    with taped(sound) as tape:
        bounds = Bounds(target_lufs=target_lufs, most_mean_reduction_db=most, within_db=NEAR_ENOUGH_DB)
        forecaster = tape.forecaster(limiter, rate_hz)

        def run(gain_db: float) -> Solved:
            return played(tape, replace(limiter, gain_db=gain_db), rate_hz, target_lufs, chain_for=chain_for)

        return settled(forecaster.at, run, bounds) or run(limiter.gain_db)


def settled(
    forecast: Callable[[float], Forecast], run: Callable[[float], Solved], bounds: Bounds, *, rounds: int = MOST_ROUNDS
) -> Solved | None:
    """The best of the real runs that the forecast suggests, until one is as asked for or as hard as may be; None where
    there is no gain to try."""
    readings: list[Reading] = []
    best: Solved | None = None
    for _ in range(rounds):
        gain_db = next_gain(forecast, readings, bounds)
        if gain_db is None:
            break
        now = run(gain_db)
        readings.append(Reading(forecast(gain_db), now.loudness_lufs, now.mean_reduction_db))
        best = now if best is None else better(best, now, bounds)
        is_held = now.loudness_lufs < bounds.target_lufs and bounds.is_at_limit(now.mean_reduction_db)
        if best is now and (now.reached or is_held):
            break
    return best


def better(one: Solved, other: Solved, bounds: Bounds) -> Solved:
    """Which of two is nearer to the target; what works too hard only where both do, and then the one that does less."""
    allowed = [s for s in (one, other) if s.mean_reduction_db <= bounds.most_mean_reduction_db]
    if not allowed:
        return min(one, other, key=lambda s: s.mean_reduction_db)
    return min(allowed, key=lambda s: abs(s.loudness_lufs - bounds.target_lufs))


def cost_of(
    tape: Tape,
    limiter: Limiter,
    rate_hz: int,
    targets_lufs: Iterable[float],
    *,
    most_mean_reduction_db: float | None = None,
) -> tuple[Cost, ...]:
    """What each loudness would cost, as forecast, in a fraction of a second and without playing the tape.

    ``most_mean_reduction_db`` is as in `solve_limiter`, but does not bound the gain: the cost of a target that is too
    loud is what its loudness would take, and ``is_bearable`` is false.
    """
    most = MOST_MEAN_REDUCTION_DB[limiter.style] if most_mean_reduction_db is None else most_mean_reduction_db
    forecaster = tape.forecaster(limiter, rate_hz)
    found = []
    for target_lufs in targets_lufs:
        gain_db = next_gain(forecaster.at, [], Bounds(target_lufs=target_lufs))
        forecast = forecaster.at(limiter.gain_db if gain_db is None else gain_db)
        loudness = forecast.loudness_lufs
        is_near = loudness is not None and abs(loudness - target_lufs) <= NEAR_ENOUGH_LU
        found.append(
            Cost(
                target_lufs=target_lufs,
                gain_db=forecast.gain_db,
                loudness_lufs=loudness,
                mean_reduction_db=forecast.mean_reduction_db,
                max_reduction_db=forecast.max_reduction_db,
                is_reachable=is_near,
                is_bearable=is_near and forecast.mean_reduction_db <= most,
            )
        )
    return tuple(found)


def played(
    tape: Tape, limiter: Limiter, rate_hz: int, target_lufs: float, *, chain_for: ChainFor | None = None
) -> Solved:
    """One run of the tape through what is before the limiter, the limiter and the meter."""
    processor = LimiterProcessor(limiter, rate_hz=rate_hz, channels=2)
    blocks: Iterable[Samples] = tape.blocks()
    for device in chain_for(limiter.gain_db) if chain_for else ():
        blocks = in_time(blocks, processor_for(device, rate_hz=rate_hz, channels=2, seconds_per_tick=0.0))
    meter = LoudnessMeter(rate_hz, 2)
    for block in in_time(blocks, processor):
        meter.feed(block)
    return solved_by(processor, meter, limiter, target_lufs)


def solved_by(processor: LimiterProcessor, meter: LoudnessMeter, limiter: Limiter, target_lufs: float) -> Solved:
    """What a run through the limiter came to."""
    lufs = meter.result().integrated_lufs
    loudness = SILENT_LUFS if lufs is None else lufs
    report, history_db = processor.report(), processor.history_db
    return Solved(
        limiter=limiter,
        loudness_lufs=loudness,
        reached=abs(loudness - target_lufs) <= NEAR_ENOUGH_LU,
        max_reduction_db=report["max_reduction_db"],
        mean_reduction_db=report["mean_reduction_db"],
        reduction_at_seconds=report["at_seconds"],
        reductions=hardest_moments(history_db),
        history_db=history_db,
    )


def hardest_moments(history_db: npt.NDArray[np.float32]) -> tuple[tuple[float, float], ...]:
    """Up to three (at_seconds, reduction_db), hardest first and 5 s apart, out of the gains of tenths of a second."""
    left, found = -history_db.astype(np.float64), []
    apart = round(MOMENTS_APART_SECONDS * HISTORY_PER_SECOND)
    for _ in range(MOMENTS):
        if not len(left) or left.max() < WORTH_NAMING_DB:
            break
        at = int(left.argmax())
        found.append((at / HISTORY_PER_SECOND, float(left[at])))
        left[max(0, at - apart + 1) : at + apart] = 0.0
    return tuple(found)


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
