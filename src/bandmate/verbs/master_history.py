"""What happens over time in a master, for its report: sections with their loudness, the ride, and the limiter.

Conventions: times are seconds of the piece. A section has the loudness of BS.1770 over its own blocks of 400 ms. Bars
are said where the song has a tempo; for a lone file the clock is all that there is.

Not covered: the spectra (``bandmate.verbs.master_curves``); drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bandmate.report.master_data import HardestMoment, LimiterWork, LoudnessHistory, SectionRow
    from bandmate.song.devices import Ride
    from bandmate.song.song import Song
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.finish import Mastered
    from bandmate.stages.master.passages import Passage

HARDEST, HARDEST_APART_SECONDS = 3, 4.0
AT_WORK_DB = 0.1
BLOCK_SECONDS, STEP_SECONDS = 0.4, 0.1


def loudness_history(song: Song, done: Mastered) -> LoudnessHistory:
    """The sections of the piece with their loudness before and after, and the ride over them."""
    from bandmate.report.master_data import LoudnessHistory

    ride = ride_of(done)
    sections = tuple(section_row(done, ride, *span) for span in spans_of(song, done))
    if ride is None:
        return LoudnessHistory(sections=sections)
    drawn = sorted((point.at_seconds, point.gain_db) for point in ride.points)
    corners = [(0.0, drawn[0][1]), *drawn, (done.before.seconds, drawn[-1][1])]
    corners = [corner for n, corner in enumerate(corners) if n == 0 or corner[0] > corners[n - 1][0]]
    return LoudnessHistory(
        sections=with_transitions(sections, ride) if done.passages else sections,
        ride_seconds=tuple(at for at, _ in corners),
        ride_db=tuple(db for _, db in corners),
    )


def ride_of(done: Mastered) -> Ride | None:
    """The ride that is on; None without one, and for one without points."""
    from bandmate.song.devices import Ride
    from bandmate.stages.master.nodes import RIDE

    node = done.node(RIDE)
    device = node.device
    return device if node.state == "on" and isinstance(device, Ride) and device.points else None


def spans_of(song: Song, done: Mastered) -> list[tuple[str, float, float]]:
    """Name, start and end of every section: the musician's form, else the passages that are heard, by their letters."""
    whole = done.before.seconds
    if song.sections and song.tempo.points:
        found = []
        for section in sorted(song.sections, key=lambda one: one.start_bar):
            start, end = (
                float(song.tempo.seconds_at(song.meters.ticks_at_bar(bar)))
                for bar in (section.start_bar, section.start_bar + section.bars)
            )
            if start < whole:
                found.append((section.name, start, min(end, whole)))
        return found
    return [(one.letter, one.start_seconds, one.end_seconds) for one in passages_of(done)]


def passages_of(done: Mastered) -> tuple[Passage, ...]:
    """The passages that the ride went by, or those that are heard, alike ones joined; none where all is one."""
    from bandmate.stages.master.passages import find_passages
    from bandmate.stages.master.sketch import sketch_of

    found = done.passages or joined(find_passages(sketch_of(done.before)))
    return found if len(found) > 1 else ()


def joined(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Neighbours that sound alike as one passage."""
    from dataclasses import replace

    found: list[Passage] = []
    for one in passages:
        if found and found[-1].letter == one.letter:
            found[-1] = replace(found[-1], end_seconds=one.end_seconds)
        else:
            found.append(one)
    return tuple(found)


def section_row(done: Mastered, ride: Ride | None, name: str, start: float, end: float) -> SectionRow:
    from bandmate.report.master_data import SectionRow

    return SectionRow(
        name=name,
        start_seconds=start,
        end_seconds=end,
        was_lufs=loudness_within(done.before, start, end),
        now_lufs=loudness_within(done.after, start, end),
        ride_gain_db=mean_ride_db(ride, start, end) if ride else None,
    )


def loudness_within(heard: Hearing, start: float, end: float) -> float | None:
    """Gated loudness of a stretch, from the blocks that lie in it; None for silence and for less than 400 ms."""
    import numpy as np

    from bandmate.stages.master.sketch import INTEGRATED_GATE_LU, gated_lufs

    first = int(np.ceil(start / STEP_SECONDS - 1e-6))
    last = int(np.floor((end - BLOCK_SECONDS) / STEP_SECONDS + 1e-6)) + 1
    blocks = heard.momentary_lufs[first : max(first, last)].astype(np.float64)
    return gated_lufs(blocks, INTEGRATED_GATE_LU)


def mean_ride_db(ride: Ride, start: float, end: float) -> float:
    """The mean gain of a ride over a stretch."""
    import numpy as np

    from bandmate.stages.master.range_match import gain_at

    return float(gain_at(ride, np.linspace(start, end, 101)).mean())


def with_transitions(sections: tuple[SectionRow, ...], ride: Ride) -> tuple[SectionRow, ...]:
    """The sections with how long a ride by passages takes to come into each; None where it does not move there."""
    from dataclasses import replace
    from itertools import pairwise

    drawn = sorted((point.at_seconds, point.gain_db) for point in ride.points)
    found = []
    for section in sections:
        slope = next(
            (
                late - early
                for (early, low), (late, high) in pairwise(drawn)
                if early <= section.start_seconds <= late and low != high
            ),
            None,
        )
        found.append(replace(section, transition_seconds=slope if section.start_seconds > 0.0 else None))
    return tuple(found)


def limiter_work(
    song: Song, reduction_db: tuple[float, ...], deepest_at_seconds: float | None = None
) -> LimiterWork | None:
    """The limiter over time and its hardest moments, the deepest of them at the very moment where that is known; None
    without one."""
    from bandmate.report.data import GainReduction
    from bandmate.report.master_data import LimiterWork

    if not reduction_db:
        return None
    seconds = tuple(round(n * STEP_SECONDS, 1) for n in range(len(reduction_db)))
    working = sum(db <= -AT_WORK_DB for db in reduction_db)
    return LimiterWork(
        history=GainReduction(seconds=seconds, reduction_db=reduction_db),
        hardest=hardest_moments(song, reduction_db, deepest_at_seconds),
        active_share=working / len(reduction_db),
    )


def hardest_moments(
    song: Song, reduction_db: tuple[float, ...], deepest_at_seconds: float | None
) -> tuple[HardestMoment, ...]:
    """The deepest moments that are at least four seconds apart, deepest first; bars where the song has them."""
    from bandmate.report.master_data import HardestMoment

    found: list[int] = []
    for at in sorted(range(len(reduction_db)), key=lambda n: (reduction_db[n], n)):
        if reduction_db[at] > -AT_WORK_DB or len(found) == HARDEST:
            break
        if all(abs(at - other) * STEP_SECONDS >= HARDEST_APART_SECONDS for other in found):
            found.append(at)
    moments = [(round(at * STEP_SECONDS, 1), reduction_db[at]) for at in found]
    if moments and deepest_at_seconds is not None and 0.0 <= deepest_at_seconds - moments[0][0] <= STEP_SECONDS:
        moments[0] = (deepest_at_seconds, moments[0][1])
    return tuple(
        HardestMoment(seconds=seconds, reduction_db=db, place=bar_in_words(song, seconds)) for seconds, db in moments
    )


def bar_in_words(song: Song, seconds: float) -> str:
    """``bar 33`` where the song has a tempo, else nothing: the clock is said anyhow."""
    if not song.tempo.points:
        return ""
    return f"bar {song.meters.position_at(song.tempo.ticks_at(seconds)).bar}"
