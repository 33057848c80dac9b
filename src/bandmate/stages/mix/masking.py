"""Masking between pairs: how much of what could be heard of one track another one takes, by ERB band and moment.

The measure is partial loudness (``bandmate.sound.partial_loudness``): what a listener hears of a track beside all the
others, and what would be heard of it if one of them were silent. The difference is what that one takes. So a masker is
blamed only for what it takes itself: where a third track covers the same, silencing it would bring nothing.

Conventions: powers as they leave the faders; a *scene* is some or all hops of a session. Only moments count in which
both tracks play. Powers of tracks are added up, so tracks of one source (two microphones) are not compared.

References: ``bandmate.sound.partial_loudness``; S. Hafezi and J. Reiss, Autonomous Multitrack Equalization Based on
Masking Reduction, JAES 63 (2015), for the rule that the less important track gives way.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.sound.partial_loudness import excitation, loudness_in_quiet, partial_loudness
from bandmate.stages.mix.audible import padded
from bandmate.stages.mix.session import Powers, Session

Curve = npt.NDArray[np.float64]
Hops = npt.NDArray[np.bool_]

SOUNDS_DB, ACCOMPANIES_DB = -20.0, -30.0
"""A victim sounds where it is at most so far below its loud moments, a masker plays where it is; each its own level."""

FOCUS_IMPORTANCE = 10.0

Stretch = tuple[float, float]
"""From and to, in seconds."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A track that is covered and the one that covers it, by band, over the moments in which both play.

    Arrays (bands,): loudness of the victim in quiet, beside all but the masker, and beside all; mean powers of both.
    ``hops`` is how many such moments there are, ``share`` what part of the victim's moments they are.
    """

    victim: str
    masker: str
    quiet: Curve
    without: Curve
    beside: Curve
    victim_power: Curve
    masker_power: Curve
    hops: int
    share: float

    def taken(self, bands: slice) -> float:
        """Share of what could be heard of the victim that the masker takes in these bands, 0 to 1."""
        could = float(self.without[bands].sum())
        return 1.0 - float(self.beside[bands].sum()) / could if could > 0 else 0.0

    def of_quiet(self, bands: slice) -> float:
        """The same as a share of its loudness in quiet: how much would come back if the masker were silent."""
        quiet = float(self.quiet[bands].sum())
        return float((self.without[bands] - self.beside[bands]).sum()) / quiet if quiet > 0 else 0.0

    def excess_db(self, bands: slice) -> float:
        """How far the masker is above the victim in these bands; -150 where it is silent."""
        victim, masker = float(self.victim_power[bands].sum()), float(self.masker_power[bands].sum())
        return 10 * float(np.log10(max(masker, 1e-18) / max(victim, 1e-18))) if masker > 0 else -150.0


class Scene:
    """Some hops of a session, ready to be asked who covers whom.

    Parameters
    ----------
    session : Session
    stretch : tuple of float, optional
        seconds; the whole song without.
    """

    def __init__(self, session: Session, stretch: Stretch | None = None) -> None:
        self.session = session
        self.ids = [track.id for track in session.tracks]
        powers = {track_id: session.erb_power(track_id) for track_id in self.ids}
        hops = max((power.shape[1] for power in powers.values()), default=0)
        first = session.closeup(self.ids[0]) if self.ids else None
        self.hop_seconds = first.hop_seconds if first else 0.1
        self.centre_hz = first.erb_hz if first else ()
        start, end = (0, hops) if stretch is None else hops_of(stretch, self.hop_seconds, hops)
        self.hops, self.first, self.last = hops, start, end
        # subtle: who plays is judged by the loud moments of the whole song, so it does not depend on the stretch.
        self.sounds = {i: playing(padded(power, hops), SOUNDS_DB)[start:end] for i, power in powers.items()}
        self.plays = {i: playing(padded(power, hops), ACCOMPANIES_DB)[start:end] for i, power in powers.items()}
        self.powers = {i: padded(power, hops)[:, start:end] for i, power in powers.items()}
        self.excitations = {i: excitation(power, self.centre_hz) for i, power in self.powers.items()}
        shape = (len(self.centre_hz), end - start)
        self.total = sum(self.excitations.values(), np.zeros(shape, np.float32))

    def rest(self, victim: str) -> Powers:
        """What sounds beside a track."""
        return np.maximum(self.total - self.excitations[victim], 0.0)

    def together(self, victim: str, masker: str) -> Hops:
        """The moments in which the victim sounds and the masker plays."""
        both: Hops = self.sounds[victim] & self.plays[masker]
        return both

    def pair(self, victim: str, masker: str, power: Powers | None = None) -> Pair:
        """What the masker takes of the victim; with ``power`` as if the masker had that, shape (bands, hops)."""
        together = self.together(victim, masker)
        own, others = self.excitations[victim][:, together], self.rest(victim)[:, together]
        others = np.maximum(others - self.excitations[masker][:, together], 0.0)
        sound = (self.powers[masker] if power is None else power)[:, together]
        beside = others + (self.excitations[masker][:, together] if power is None else self.excited(sound))
        heard = [partial_loudness(own, rest, self.centre_hz) for rest in (others, beside)]
        sounds = int(self.sounds[victim].sum())
        return Pair(
            victim,
            masker,
            quiet=by_band(loudness_in_quiet(own, self.centre_hz)),
            without=by_band(heard[0]),
            beside=by_band(heard[1]),
            victim_power=mean_by_band(self.powers[victim][:, together]),
            masker_power=mean_by_band(sound),
            hops=int(together.sum()),
            share=float(together.sum()) / sounds if sounds else 0.0,
        )

    def excited(self, power: Powers) -> Powers:
        return excitation(power, self.centre_hz)


def by_band(loudness: Powers) -> Curve:
    return np.asarray(loudness.sum(axis=1, dtype=np.float64))


def mean_by_band(power: Powers) -> Curve:
    return np.asarray(power.sum(axis=1, dtype=np.float64) / max(power.shape[1], 1))


def playing(power: Powers, floor_db: float) -> Hops:
    """The moments in which a track is at most ``-floor_db`` below its loud ones."""
    by_time = power.sum(axis=0)
    loud = float(np.quantile(by_time, 0.95)) if by_time.size else 0.0
    if loud <= 0:
        loud = float(by_time.max(initial=0.0))
    return np.asarray((by_time > loud * 10 ** (floor_db / 10)) & (by_time > 0))


def hops_of(stretch: Stretch, hop_seconds: float, hops: int) -> tuple[int, int]:
    """The hops of a stretch of time."""
    start, end = (round(seconds / hop_seconds) for seconds in stretch)
    return min(max(start, 0), hops), min(max(end, 0), hops)


def bands_between(centre_hz: tuple[float, ...], low_hz: float, high_hz: float) -> slice:
    """The bands centred from one frequency to another."""
    inside = [i for i, hz in enumerate(centre_hz) if low_hz <= hz <= high_hz]
    return slice(inside[0], inside[-1] + 1) if inside else slice(0, 0)


def importance(session: Session, track_id: str) -> float:
    """Who gives way where two tracks are in each other's way: the one with less of it. What the musician cares most for
    never does."""
    focus = FOCUS_IMPORTANCE if track_id in session.brief.focus else 0.0
    return importance_table()[session.guess(track_id).role] + focus


@cache
def importance_table() -> dict[str, float]:
    """Importance by role, from ``data/roles.toml``."""
    text = files("bandmate").joinpath("data", "roles.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = tomllib.loads(text)["role"]
    return {role: float(row["importance"]) for role, row in rows.items()}


def windows(bands: int, width: int) -> Iterator[slice]:
    """All stretches of so many bands."""
    for low in range(bands - width + 1):
        yield slice(low, low + width)
