"""An album as one piece: its loudness, one step for all tracks, and how far each track's tone is from the others'.

Conventions: album loudness gates the 400 ms blocks of all tracks together (EBU Tech 3343); blocks across the border
between two tracks do not exist, so pauses count for nothing. The tone of a track is the curve of the middle in its loud
parts; the album's is the mean of those curves, each levelled and each track counting the same. Drift is the mean
absolute distance between the two over 40 Hz to 16 kHz. Silent tracks have neither loudness nor tone.

Not covered: what is done to a single track (``bandmate.stages.master.finish``); tracks that run into each other.

References: EBU Tech 3343; AES TD1008 (the loudest track as the anchor of an album).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandmate.song.devices import AnyDevice, Band
from bandmate.song.errors import OutOfRange, RequestError, UnknownName
from bandmate.sound.loudness import Loudness, album_loudness, loudness_range
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.portrait import Portrait, levels_db, loud_hops, portrait_of
from bandmate.stages.master.sketch import FLOOR_DB, Sketch
from bandmate.stages.master.target import LEVELLED_HZ, SOUNDS_WITHIN_DB, Reference, target_of
from bandmate.stages.master.tone_fit import scaled
from bandmate.stages.master.tone_match import match_tone

Reals = npt.NDArray[np.float64]

Anchor = Literal["album", "loudest"]
ANCHORS: tuple[Anchor, ...] = get_args(Anchor)
CLOSE_ENOUGH_LU = 0.05
SQUASHED_MISSING_LU = 0.3
"""So much of the album's loudness the other tracks make up for where one cannot be louder."""
DRIFT_RANGE_DB = (1.0, 12.0)
"""Below 1 dB an equalizer finds nothing to do: so far two good records of one kind are apart."""
DRIFT_ROOM_DB = 0.15
"""The bound is aimed at with so much to spare, because gain and limiter change what counts as the loud parts."""
HALVINGS = 6
MEAN_NAME = "the album's mean"


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One track as heard, without its bands over time, and its portrait."""

    hearing: Hearing
    portrait: Portrait

    @property
    def lufs(self) -> float | None:
        return self.hearing.integrated_lufs


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A master as it was tried on a track.

    Attributes
    ----------
    proposal : bytes
        as JSON.
    ceiling_dbtp : float
        what the file may not pass where there is a limiter.
    is_squashed : bool
        whether the limiter would have to take off more than it may, so that the loudness was not reached.
    limiter_db, limiter_gain_db : float or None
        the most that the limiter takes off, and the gain before it; None without a limiter.
    sentences : tuple of str
        what was done and why, one for each device.
    """

    before: Heard
    after: Heard
    chain: tuple[AnyDevice, ...]
    proposal: bytes
    ceiling_dbtp: float
    has_limiter: bool
    is_squashed: bool
    limiter_db: float | None
    limiter_gain_db: float | None
    sentences: tuple[str, ...]


class WrittenTrack(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was written: what it measures when read back, and its hash."""

    heard: Heard
    sha256: str


class Strength(msgspec.Struct, frozen=True, kw_only=True):
    """A strength, 0 to 1, that was worked out."""

    share: float


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the differences between the tracks, LU.

    Attributes
    ----------
    before_lu, after_lu : float
        from the quietest to the loudest track; 0 for fewer than two that sound.
    most_changed_lu : float
        the most by which a track moved against the mean of all.
    """

    before_lu: float
    after_lu: float
    most_changed_lu: float


def heard_lightly(hearing: Hearing, name: str) -> Heard:
    """A hearing without its bands over time, so that a hundred tracks fit into memory, and the portrait of them."""
    light = replace(hearing, hops=0, power_data=b"", side_power_data=b"")
    return Heard(hearing=light, portrait=portrait_of(hearing, name))


def checked_anchor(anchor: str) -> str:
    """One of `ANCHORS`.

    Raises
    ------
    UnknownName
        for anything else.
    """
    if anchor not in ANCHORS:
        raise UnknownName("anchor of an album", anchor, ANCHORS)
    return anchor


def album_lufs(tracks: Iterable[Heard], anchor: str = "album") -> float | None:
    """Loudness of the album: of all tracks together, or of the loudest one. None where every track is silent.

    Raises
    ------
    UnknownName
        for another anchor.
    """
    heard = list(tracks)
    if checked_anchor(anchor) == "loudest":
        return max((one.lufs for one in heard if one.lufs is not None), default=None)
    return album_loudness(gating_blocks(one.hearing) for one in heard)


def album_range_lu(tracks: Iterable[Heard]) -> float | None:
    """Loudness range over all tracks; None where every track is silent or shorter than 3 s."""
    curves = [one.hearing.short_term_lufs.astype(np.float64) for one in tracks]
    return loudness_range(np.concatenate([np.zeros(0), *curves]))


def gating_blocks(hearing: Hearing) -> Loudness:
    """A hearing in the form that the loudness meter joins several of."""
    return Loudness(
        integrated_lufs=hearing.integrated_lufs,
        range_lu=hearing.range_lu,
        max_momentary_lufs=hearing.max_momentary_lufs,
        max_short_term_lufs=hearing.max_short_term_lufs,
        momentary_lufs=hearing.momentary_lufs.astype(np.float64),
        short_term_lufs=hearing.short_term_lufs.astype(np.float64),
    )


def next_step_lu(step_lu: float, reached_lufs: float, target_lufs: float, *, is_squashed: bool) -> float | None:
    """The step to try after one that led to ``reached_lufs``; None where that is good enough.

    Where a limiter has given all that it may (``is_squashed``) no more than a little is asked for: it comes from the
    other tracks alone, at the cost of the differences between them.
    """
    missing = target_lufs - reached_lufs
    if abs(missing) <= CLOSE_ENOUGH_LU or (is_squashed and missing > SQUASHED_MISSING_LU):
        return None
    return step_lu + missing


def spread_of(before: Sequence[Heard], after: Sequence[Heard]) -> Spread:
    """What became of the differences between tracks; both in one order."""
    pairs = [
        (one.lufs, other.lufs)
        for one, other in zip(before, after, strict=True)
        if one.lufs is not None and other.lufs is not None
    ]
    if len(pairs) < 2:
        return Spread(before_lu=0.0, after_lu=0.0, most_changed_lu=0.0)
    was, now = np.array(pairs).T
    changed = now - was
    return Spread(
        before_lu=float(np.ptp(was)),
        after_lu=float(np.ptp(now)),
        most_changed_lu=float(np.abs(changed - changed.mean()).max()),
    )


def mean_portrait(portraits: Iterable[Portrait]) -> Portrait | None:
    """The album's mean in tone, as a record that a track can be compared with; None without a track that can be.

    Only its curves mean something; the other figures are those of nothing in particular.
    """
    usable = [one for one in portraits if one.is_usable]
    target = target_of([Reference(portrait=one) for one in usable])
    if target is None:
        return None
    return Portrait(
        name=MEAN_NAME,
        seconds=sum(one.seconds for one in usable),
        loud_share=0.5,
        integrated_lufs=target.loudness_lufs,
        range_lu=None,
        max_short_term_lufs=None,
        peak_dbtp=0.0,
        band_hz=target.band_hz,
        mid_db=target.mid_db,
        side_db=target.side_db,
        density_db=target.density_db,
        width_db=target.width_db,
        correlation=None,
    )


def drift_db(portrait: Portrait, mean: Portrait | None) -> float | None:
    """How far a track's tone is from the album's, dB; None for a silent or very short track."""
    if mean is None or not portrait.is_usable:
        return None
    return curve_distance_db(portrait.band_hz, portrait.mid_db, mean)


def curve_distance_db(band_hz: Sequence[float], mid_db: Sequence[float], mean: Portrait) -> float | None:
    """Mean absolute distance of two levelled curves, where both sound; None where they have nothing in common."""
    count = min(len(band_hz), len(mean.band_hz))
    hz, mid, wanted = (np.array(values[:count]) for values in (band_hz, mid_db, mean.mid_db))
    inside = (hz >= LEVELLED_HZ[0]) & (hz <= LEVELLED_HZ[1]) & (wanted > FLOOR_DB / 2)
    inside &= mid > max(float(mid.max()) - SOUNDS_WITHIN_DB, FLOOR_DB / 2)
    if not inside.any():
        return None
    apart = (mid - wanted)[inside]
    return float(np.abs(apart - apart.mean()).mean())


def nearer(brief: MasterBrief, mean: Portrait, strength: float) -> MasterBrief:
    """The brief of a track that has to come nearer: its tone follows the album's mean, all else what it followed."""
    others = tuple(replace(reference, tone=0.0) for reference in brief.references)
    follows = Reference(portrait=mean, dynamics=0.0, width=0.0, loudness=0.0)
    return replace(brief, tone=strength, references=(*others, follows))


def strength_for(sketch: Sketch, mean: Portrait, *, bound_db: float, guard: float = 1.0) -> float:
    """The least strength at which a track is foretold to be within a bound of the album's mean; 1 where none is.

    The equalizer is found once, at full strength: only the gains of its bands depend on the strength.
    """
    target = target_of([Reference(portrait=mean)])
    assert target is not None, "the album's mean can be compared with"
    match = match_tone(sketch, target, guard=guard)
    if match is None:
        return 1.0
    bands = match.device.bands
    return least_strength(lambda share: foretold_db(sketch, scaled(bands, min(share / guard, 1.0)), mean), bound_db)


def least_strength(distance_db: Callable[[float], float], bound_db: float) -> float:
    """By halving; to a hundredth, rounded up."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if distance_db(middle) <= bound_db else (middle, high)
    return min(1.0, math.ceil(high * 100.0) / 100.0)


def foretold_db(sketch: Sketch, bands: Sequence[Band], mean: Portrait) -> float:
    """The drift that an equalizer leaves."""
    after = sketch.equalized(bands)
    mid_db, _ = levels_db(after, loud_hops(after))
    left = curve_distance_db(tuple(after.band_hz.tolist()), tuple(mid_db.tolist()), mean)
    return 0.0 if left is None else left


def checked_bound_db(bound_db: float | None, brief: MasterBrief) -> float | None:
    """The bound on drift.

    Raises
    ------
    OutOfRange
        outside of 1 to 12 dB.
    RequestError
        if the tone may not be moved at all.
    """
    if bound_db is None:
        return None
    low, high = DRIFT_RANGE_DB
    if not low <= bound_db <= high:
        raise OutOfRange(f"the bound on tone drift is {bound_db:g} dB; possible are {low:g} to {high:g}")
    if brief.strength("tone") == 0.0:
        raise RequestError(
            "the tone may be moved by 0 %, so no track can be brought nearer to the others; leave the bound on drift "
            "away, or allow some tone"
        )
    return bound_db
