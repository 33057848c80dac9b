"""Musical time: ticks, seconds, bars and beats.

Conventions: 960 ticks to a quarter note; bars and beats are counted from 1; a beat is the meter's denominator (an
eighth in 6/8). Tempo is quarter notes a minute and holds until the next point. Seconds are exact fractions, so ticks →
seconds → ticks is the identity for every tempo map.

Not covered: tempo ramps (write them as steps), free time without a pulse.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec

from bandmate.song.errors import OutOfRange
from bandmate.song.values import Id, Ticks, Value

TICKS_PER_QUARTER = 960
DEFAULT_BPM = 120.0
DEFAULT_METER = (4, 4)


class TempoPoint(Value, frozen=True, kw_only=True):
    """From ``at_ticks`` on the tempo is ``bpm`` quarter notes a minute."""

    id: Id
    at_ticks: Ticks
    bpm: Annotated[float, msgspec.Meta(ge=3.0, le=1000.0)]


class MeterPoint(Value, frozen=True, kw_only=True):
    """From bar ``at_bar`` on the meter is ``numerator``/``denominator``."""

    id: Id
    at_bar: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    numerator: Annotated[int, msgspec.Meta(ge=1, le=128)]
    denominator: Annotated[int, msgspec.Meta(ge=1, le=64)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.denominator & (self.denominator - 1):
            raise OutOfRange(f"denominator of a meter is {self.denominator}; possible are 1, 2, 4, 8, 16, 32 and 64")


class BarBeat(NamedTuple):
    """A place as musicians say it: bar 17, beat 2, and ticks into that beat."""

    bar: int
    beat: int
    ticks: int

    def __str__(self) -> str:
        return f"{self.bar}:{self.beat}" + (f"+{self.ticks}" if self.ticks else "")


class TempoMap(Value, frozen=True, kw_only=True):
    """Tempo over the song. Empty means 120; before the first point its tempo holds; of two points at one place the
    later in the tuple counts."""

    points: tuple[TempoPoint, ...] = ()

    def seconds_at(self, ticks: int | Fraction) -> Fraction:
        """Seconds from the start of the song to ``ticks``, exact."""
        starts, origins, rates = tempo_steps(self)
        i = max(0, bisect_right(starts, ticks) - 1)
        return origins[i] + (ticks - starts[i]) * rates[i]

    def exact_ticks_at(self, seconds: float | Fraction) -> Fraction:
        """Ticks at ``seconds``, as an exact fraction."""
        starts, origins, rates = tempo_steps(self)
        exact = Fraction(seconds)
        i = max(0, bisect_right(origins, exact) - 1)
        return starts[i] + (exact - origins[i]) / rates[i]

    def ticks_at(self, seconds: float | Fraction) -> int:
        """The tick nearest to ``seconds``."""
        return round(self.exact_ticks_at(seconds))

    def bpm_at(self, ticks: int) -> float:
        """Quarter notes a minute at ``ticks``."""
        starts, _, rates = tempo_steps(self)
        return float(60 / (rates[max(0, bisect_right(starts, ticks) - 1)] * TICKS_PER_QUARTER))

    def frame_at(self, ticks: int, rate_hz: int) -> int:
        """The frame nearest to ``ticks`` at ``rate_hz``."""
        return round(self.seconds_at(ticks) * rate_hz)


class TempoSteps(NamedTuple):
    """Where each tempo begins, in ticks and in seconds, and its seconds per tick."""

    starts: list[int]
    origins: list[Fraction]
    rates: list[Fraction]


@lru_cache(maxsize=256)
def tempo_steps(tempo: TempoMap) -> TempoSteps:
    at = {p.at_ticks: p.bpm for p in tempo.points}
    order = sorted(at)
    first = at[order[0]] if order else DEFAULT_BPM
    places = [(0, first)] + [(t, at[t]) for t in order if t > 0]
    starts: list[int] = []
    origins: list[Fraction] = []
    rates: list[Fraction] = []
    origin = Fraction(0)
    for i, (start, bpm) in enumerate(places):
        if i:
            origin += (start - starts[-1]) * rates[-1]
        starts.append(start)
        origins.append(origin)
        rates.append(Fraction(60) / (Fraction(bpm) * TICKS_PER_QUARTER))
    return TempoSteps(starts, origins, rates)


class MeterMap(Value, frozen=True, kw_only=True):
    """Meter over the song. Empty means 4/4; before the first point its meter holds; of two points at one bar the later
    in the tuple counts."""

    points: tuple[MeterPoint, ...] = ()

    def ticks_at_bar(self, bar: int) -> int:
        """Where ``bar`` (from 1) begins.

        Raises
        ------
        OutOfRange
            if ``bar`` is below 1.
        """
        if bar < 1:
            raise OutOfRange(f"bar {bar} does not exist; bars are counted from 1")
        steps = meter_steps(self)
        i = max(0, bisect_right([s.bar for s in steps], bar) - 1)
        return steps[i].start_ticks + (bar - steps[i].bar) * steps[i].bar_ticks

    def position_at(self, ticks: int) -> BarBeat:
        """Bar, beat and ticks into the beat at ``ticks`` (not negative)."""
        step = self.step_at(ticks)
        bars, rest = divmod(ticks - step.start_ticks, step.bar_ticks)
        beats, into = divmod(rest, step.beat_ticks)
        return BarBeat(step.bar + bars, beats + 1, into)

    def ticks_at(self, place: BarBeat) -> int:
        """The tick of a bar, beat and ticks into the beat."""
        start = self.ticks_at_bar(place.bar)
        return start + (place.beat - 1) * self.step_at(start).beat_ticks + place.ticks

    def step_at(self, ticks: int) -> MeterStep:
        """The meter that holds at ``ticks``, with where it began."""
        if ticks < 0:
            raise OutOfRange(f"{ticks} ticks is before the song; time begins at 0")
        steps = meter_steps(self)
        return steps[max(0, bisect_right([s.start_ticks for s in steps], ticks) - 1)]


class MeterStep(NamedTuple):
    """A stretch of one meter: its first bar, where that begins, and how long bars and beats are."""

    bar: int
    start_ticks: int
    numerator: int
    denominator: int

    @property
    def beat_ticks(self) -> int:
        return 4 * TICKS_PER_QUARTER // self.denominator

    @property
    def bar_ticks(self) -> int:
        return self.numerator * self.beat_ticks


@lru_cache(maxsize=256)
def meter_steps(meters: MeterMap) -> tuple[MeterStep, ...]:
    at = {p.at_bar: (p.numerator, p.denominator) for p in meters.points}
    order = sorted(at)
    first = at[order[0]] if order else DEFAULT_METER
    steps = [MeterStep(1, 0, *first)]
    for bar in order:
        if bar > 1:
            last = steps[-1]
            steps.append(MeterStep(bar, last.start_ticks + (bar - last.bar) * last.bar_ticks, *at[bar]))
    return tuple(steps)
