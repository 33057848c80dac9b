"""Form: where tracks come in and drop out, bar by bar, and which stretches between are alike.

For every bar the level of every track and the song's spectrum are noted. The bars are cut into stretches within which
they differ little, by the cut that is best for all of them together; a cut costs something, more so where it leaves a
stretch that is no multiple of four bars, as songs rarely have. Stretches that look alike get the same kind.

Conventions: bars are counted from 0 here. What is `RANGE_DB` below a track's loud bars is as good as silent, so quiet
noise makes no section. Memory grows with the bars, not with their square.

Not covered: sections that differ in melody or words alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.song import Song
from bandmate.stages.master.sketch import band_weights

Reals = npt.NDArray[np.float64]
Powers = npt.NDArray[np.float32]

RANGE_DB = 25.0
LOUD_RANGE_DB = 7.0
"""What counts as much as a track's whole range where all tracks together become louder by it."""

LOUD_QUANTILE = 0.9
BROAD_BANDS = 4
"""1/3-octave bands that are looked at together."""

SPECTRUM_WEIGHT = 0.5
LEAST_BARS = 4
MOST_BARS = 48
CUT_COST = 1.3
LEAST_UNREST = 0.35
SHORT_COST, ODD_COST, FOUR_COST = 2.5, 0.35, 0.05
"""What a stretch costs besides that is shorter than four bars, no multiple of four, or one of four but not of eight:
in squares of a track's whole range."""

ALIKE = 0.16
"""Stretches that differ by less than this share of a track's range, in the mean square, are of one kind."""

LOUDEST_DB = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class BarLooks:
    """What every bar looks like.

    Attributes
    ----------
    rows : array (bars, features)
        0 to 1 each: how far tracks and bands are up from silence.
    track_rows : int
        how many of the features are tracks; they come first.
    power : array (bars,)
        K-weighted power of the song after its faders.
    """

    rows: Reals
    track_rows: int
    power: Reals

    def level_db(self, first: int, end: int) -> float | None:
        """The level of some bars together, dB; None for silence."""
        mean = float(self.power[first:end].mean()) if end > first else 0.0
        return 10 * float(np.log10(mean)) if mean > 1e-10 else None


@dataclass(frozen=True, slots=True)
class Part:
    """Bars from ``first`` up to ``end``, which is not part of it, and what kind they are, from 0."""

    first: int
    end: int
    kind: int
    level_db: float | None


def bar_looks(song: Song, power: Mapping[str, Powers], edges: Reals, hop_seconds: float) -> BarLooks:
    """Every bar between the ``edges`` (bars + 1,) in seconds; no features where no track has power."""
    bars = len(edges) - 1
    tracks: list[Reals] = []
    whole = np.zeros((0, bars))
    for track in song.tracks:
        if track.id not in power or track.mute or not power[track.id].size:
            continue
        by_bar = 10 ** (track.gain_db / 10) * barwise(power[track.id], edges, hop_seconds)
        if not len(whole):
            whole = np.zeros((len(by_bar), bars))
        whole[: len(by_bar)] += by_bar[: len(whole)]
        tracks.append(raised(by_bar.sum(axis=0)))
    if not tracks:
        return BarLooks(np.zeros((bars, 0)), 0, np.zeros(bars))
    broad = np.add.reduceat(whole, np.arange(0, len(whole), BROAD_BANDS), axis=0)
    bands = [SPECTRUM_WEIGHT * raised(band) for band in broad]
    loud = band_weights(song.rate_hz, len(whole)) @ whole
    return BarLooks(np.stack([*tracks, *bands, raised(loud, LOUD_RANGE_DB, 3.0)], axis=1), len(tracks), loud)


def barwise(power: Powers, edges: Reals, hop_seconds: float) -> Reals:
    """The mean power in every bar, shape (bands, bars); 0 where the track has ended."""
    sums = np.pad(np.cumsum(power, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    at = np.clip(np.rint(edges / hop_seconds).astype(int), 0, power.shape[1])
    return (sums[:, at[1:]] - sums[:, at[:-1]]) / np.maximum(np.diff(np.rint(edges / hop_seconds)), 1)


def raised(by_bar: Reals, range_db: float = RANGE_DB, most: float = 1.0) -> Reals:
    """How far each bar is up from silence, in ranges, up to about ``most`` in the loud bars."""
    if not by_bar.size or by_bar.max() <= 1e-12:
        return np.zeros(len(by_bar))
    loud = float(np.quantile(by_bar[by_bar > by_bar.max() * 1e-3], LOUD_QUANTILE))
    level = 10 * np.log10(by_bar / loud + 1e-9)
    return np.asarray(np.clip(most + level / range_db, 0.0, most + 0.2))


def find_parts(looks: BarLooks, *, by_fours: bool) -> tuple[Part, ...]:
    """The stretches of a song, in order, end to end; none for a song without bars."""
    bars = len(looks.rows)
    if not bars:
        return ()
    cuts = best_cuts(looks.rows, by_fours=by_fours)
    ends = [*cuts[1:], bars]
    kinds: list[Reals] = []
    found = []
    for first, end in zip(cuts, ends, strict=True):
        mean = looks.rows[first:end].mean(axis=0)
        apart = [float(np.sqrt(((mean - kind) ** 2).sum() / max(1.0, looks.track_rows**0.5))) for kind in kinds]
        kind = int(np.argmin(apart)) if apart else 0
        if not apart or apart[kind] > ALIKE:
            kinds.append(mean)
            kind = len(kinds) - 1
        found.append(Part(first, end, kind, looks.level_db(first, end)))
    return joined(found, looks)


def joined(parts: list[Part], looks: BarLooks) -> tuple[Part, ...]:
    """Neighbours of one kind as one part, where the whole of it is no longer than a section can be."""
    made: list[Part] = []
    for part in parts:
        last = made[-1] if made else None
        if last is not None and last.kind == part.kind and part.end - last.first <= MOST_BARS:
            made[-1] = Part(last.first, part.end, part.kind, looks.level_db(last.first, part.end))
        else:
            made.append(part)
    return tuple(made)


def best_cuts(rows: Reals, *, by_fours: bool) -> list[int]:
    """Where stretches begin, the first at 0: least difference within stretches and least cost of cuts, together."""
    bars, features = rows.shape
    sums = np.concatenate([np.zeros((1, features)), np.cumsum(rows, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((rows**2).sum(axis=1))])
    cost = CUT_COST * unrest(rows)
    best = np.full(bars + 1, np.inf)
    best[0] = -cost
    came_from = np.zeros(bars + 1, int)
    for end in range(1, bars + 1):
        starts = np.arange(max(0, end - MOST_BARS), end)
        lengths = end - starts
        within = squares[end] - squares[starts] - ((sums[end] - sums[starts]) ** 2).sum(axis=1) / lengths
        odd = np.array([oddness(int(length), by_fours) for length in lengths])
        at_end = ((starts == 0) | (end == bars)) & (lengths >= LEAST_BARS)
        odd = np.where(at_end, np.minimum(odd, FOUR_COST), odd)
        total = best[starts] + within + cost + odd
        nearest = int(total.argmin())
        best[end], came_from[end] = total[nearest], starts[nearest]
    cuts = []
    at = bars
    while at > 0:
        at = int(came_from[at])
        cuts.append(at)
    return cuts[::-1]


def oddness(bars: int, by_fours: bool) -> float:
    """What a stretch of so many bars costs beyond the cut itself."""
    if bars < LEAST_BARS:
        return SHORT_COST
    if not by_fours or bars % 8 == 0:
        return 0.0
    return FOUR_COST if bars % 4 == 0 else ODD_COST


def unrest(rows: Reals) -> float:
    """The unit of the cost of a cut: a track that comes in for a while, or more where bars are restless."""
    if len(rows) < 2 or not rows.shape[1]:
        return LEAST_UNREST
    steps = ((rows[1:] - rows[:-1]) ** 2).sum(axis=1)
    restless = 4.0 * float(np.median(steps))
    return max(LEAST_UNREST, restless)


def named(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """What each part may be called: intro and outro by their place, chorus and verse by loudness and return, or ''.

    The loudest kind that comes again may be the chorus, the kind that comes most often besides may be the verse; both
    get a question mark. A song of one kind has no names.
    """
    levels: dict[int, list[float]] = {}
    for part in parts:
        levels.setdefault(part.kind, []).append(-120.0 if part.level_db is None else part.level_db)
    again = sorted((float(np.mean(found)), kind) for kind, found in levels.items() if len(found) > 1)
    names: dict[int, str] = {}
    if len(again) > 1 and again[-1][0] - again[-2][0] >= LOUDEST_DB:
        names[again[-1][1]] = "chorus?"
        rest = [(len(levels[kind]), -kind) for _, kind in again[:-1]]
        names[-max(rest)[1]] = "verse?"
    called = [names.get(part.kind, "") for part in parts]
    if len(parts) > 2:
        for place, name in ((0, "intro"), (-1, "outro")):
            if (
                not called[place]
                and len(levels[parts[place].kind]) == 1
                and parts[place].end - parts[place].first <= 16
            ):
                called[place] = name
    return tuple(called)
