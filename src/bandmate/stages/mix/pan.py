"""Where tracks could stand between left and right: low and leading ones in the centre, the others spread out evenly.

The higher a track sounds the further out it may stand, never beyond 0.7, so that mono loses at most 1.4 dB of it; a
stereo file, whose balance takes more away, never beyond 0.3. Sides are dealt out so that left and right have the same
energy octave by octave; two takes of one part and the left and right of a pair stand opposite each other.

Conventions: pans as on a strip, -1 to 1. Powers are those that leave the fader; pan laws are the renderer's.

References: the practice is that of Pestana and Reiss 2014 (low sources and leads central, width grows with the
spectral centroid, hard panning is rare); the figures are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from bandmate.render.levels import balance_sides, mono_sides
from bandmate.song.tracks import Role, Track
from bandmate.stages.mix.roles import SURE_ENOUGH, Guess
from bandmate.stages.mix.session import Session

Reals = npt.NDArray[np.float64]

SPREADABLE: tuple[Role, ...] = (
    *("hats", "percussion", "electric-guitar", "acoustic-guitar", "piano", "keys", "organ", "synth", "pad"),
    *("strings", "brass", "woodwind", "backing-vox"),
)

MIDDLE_HZ = (200.0, 8_000.0)
NARROW_DB = -25.0
"""A stereo file whose sides are so far down stands in the centre as mono does."""

SURELY_BESIDE = 0.6
"""Of the roles that a track of unknown role may have, so much must be ones that could stand beside the centre."""

MAYBE_VOICE, VOICE_BELOW_LU = 0.25, 4.0
"""From which probability on a track may be a voice, and how far a voice is below the lead if it does not lead."""

NEAREST, FURTHEST, FURTHEST_STEREO = 0.25, 0.7, 0.3
CENTROID_HZ = (300.0, 4_000.0)
STEP = 0.05
MOST_EXHAUSTIVE = 10
BANDS_PER_OCTAVE = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """Pans by track id, and what they come to: the largest difference of left and right in any octave, dB, and the most
    that mono takes off a track, dB."""

    pans: Mapping[str, float]
    imbalance_db: float
    mono_loss_db: float


def is_central(session: Session, track: Track) -> bool:
    """Whether a track stands in the very centre: mono or narrow, and not panned."""
    hearing = session.hearing(track.id)
    narrow = hearing.channels == 1 or (hearing.width_db is not None and hearing.width_db < NARROW_DB)
    return narrow and track.pan == 0 and not any(one.parameter == "pan" and one.points for one in track.automation)


def spreadable(session: Session) -> list[Track]:
    """Central tracks that could as well stand elsewhere: known, neither low nor leading, and allowed to be moved.

    What a track is need not be known for that, if only all that it may be could stand elsewhere. Where nobody is known
    to lead, a voice may be the one that does, and so may the loudest of the others: they stay. Of voices known by their
    sound only those stay that are nearly as loud as the loudest: in a song without names most tracks may be voices.
    """
    leads = any(session.guess(track.id).role == "lead-vox" for track in session.tracks)
    found: list[Track] = []
    for track in session.tracks:
        guess = session.guess(track.id)
        free = session.brief.allows(track.id) and track.id not in session.brief.focus
        if guess.role == "backing-vox" and not guess.by_sound and not leads:
            continue
        if free and could_stand_beside(guess) and is_central(session, track):
            found.append(track)
    if leads or not found:
        return found
    loudest = max(session.loudness_lufs(track.id) for track in found)
    return [track for track in found if session.loudness_lufs(track.id) < loudest - lead_room(session, track)]


def lead_room(session: Session, track: Track) -> float:
    """How far below the loudest a track must be so as not to be the lead, LU."""
    guess = session.guess(track.id)
    voice = dict(guess.posterior).get("backing-vox", 0.0) >= MAYBE_VOICE or guess.role == "backing-vox"
    return VOICE_BELOW_LU if voice else 0.0


def could_stand_beside(guess: Guess) -> bool:
    """Whether a track is surely none of those that belong in the centre."""
    if guess.role != "unknown":
        return guess.role in SPREADABLE and guess.confidence >= SURE_ENOUGH
    return sum(share for role, share in guess.posterior if role in SPREADABLE) >= SURELY_BESIDE


def side_share(session: Session, pans: Mapping[str, float]) -> float:
    """Share of the power between 200 Hz and 8 kHz that is in the sides, with those pans; worked out from the powers of
    the tracks, as if they had nothing in common. 0 for silence."""
    sides = total = 0.0
    for track in session.tracks:
        hearing = session.hearing(track.id)
        hz = np.array(hearing.band_hz)
        inside = (hz >= MIDDLE_HZ[0]) & (hz <= MIDDLE_HZ[1])
        factor = session.fader_power(track.id, hearing.hops, hearing.hop_seconds)
        own = float((hearing.power[inside] * factor).sum())
        side = float((hearing.side_power[inside] * factor).sum())
        left, right = gains(track, hearing.channels, pans.get(track.id, track.pan))
        across, along = ((left - right) / 2) ** 2, ((left + right) / 2) ** 2
        sides += across * (own - side) + along * side
        total += (across + along) * own
    return sides / total if total > 0 else 0.0


def gains(track: Track, channels: int, pan: float) -> tuple[float, float]:
    """The factors of left and right."""
    return mono_sides(pan) if channels == 1 else balance_sides(pan)


def spread(session: Session, tracks: Sequence[Track], opposite: Sequence[tuple[str, str]]) -> Spread:
    """Where those tracks could stand; each pair of ``opposite`` mirrored."""
    units = units_of(tracks, opposite)
    far = {track.id: distance(session, track) for track in tracks}
    for one, other in opposite:
        if one in far and other in far:
            far[one] = far[other] = min(far[one], far[other])
    octaves = {track.id: octave_powers(session, track) for track in tracks}
    channels = {track.id: session.hearing(track.id).channels for track in tracks}
    order = sorted(units, key=lambda unit: -sum(float(octaves[i].sum()) for i in unit))
    tilts = np.array([tilt(unit, far, octaves, channels) for unit in order])
    total = sum((octave_powers(session, track) for track in session.tracks), np.zeros(tilts.shape[1]))
    signs = best_signs(tilts, total)
    pans = {
        track_id: round(sign * side * far[track_id], 2)
        for unit, sign in zip(order, signs, strict=True)
        for track_id, side in zip(unit, (-1, 1), strict=False)
    }
    uneven = np.abs((tilts * np.array(signs)[:, None]).sum(axis=0)) / np.maximum(total, 1e-20)
    worst = float(uneven[total > total.max(initial=0.0) * 1e-2].max(initial=0.0))
    return Spread(pans, 10 * math.log10((1 + worst) / max(1 - worst, 1e-3)), mono_loss(pans, channels))


def units_of(tracks: Sequence[Track], opposite: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    """What is dealt out together: pairs, and single tracks."""
    wanted = [track.id for track in tracks]
    pairs: list[tuple[str, ...]] = [pair for pair in opposite if pair[0] in wanted and pair[1] in wanted]
    paired = {track_id for pair in pairs for track_id in pair}
    return [*pairs, *((track_id,) for track_id in wanted if track_id not in paired)]


def distance(session: Session, track: Track) -> float:
    """How far out a track may stand: further the higher it sounds."""
    hearing = session.hearing(track.id)
    power = hearing.power.sum(axis=1, dtype=np.float64)
    centroid = float(np.exp(np.average(np.log(hearing.band_hz), weights=power))) if power.any() else CENTROID_HZ[0]
    low, high = (math.log(hz) for hz in CENTROID_HZ)
    share = min(1.0, max(0.0, (math.log(centroid) - low) / (high - low)))
    far = round((NEAREST + (FURTHEST - NEAREST) * share) / STEP) * STEP
    return min(far, FURTHEST if hearing.channels == 1 else FURTHEST_STEREO)


def octave_powers(session: Session, track: Track) -> Reals:
    """Mean power by octave as it leaves the fader."""
    mean = session.power(track.id).mean(axis=1, dtype=np.float64)
    padded = np.pad(mean, (0, -len(mean) % BANDS_PER_OCTAVE))
    found: Reals = padded.reshape(-1, BANDS_PER_OCTAVE).sum(axis=1)
    return found


def tilt(
    unit: tuple[str, ...], far: Mapping[str, float], octaves: Mapping[str, Reals], channels: Mapping[str, int]
) -> Reals:
    """Right less left of a unit whose first track stands on the left, by octave."""
    found = np.zeros_like(octaves[unit[0]])
    for track_id, side in zip(unit, (-1, 1), strict=False):
        place = mono_sides if channels[track_id] == 1 else balance_sides
        left, right = place(side * far[track_id])
        found += octaves[track_id] * (right**2 - left**2) / 2
    return found


def best_signs(tilts: Reals, total: Reals) -> list[int]:
    """Which units to mirror so that left and right differ least, octave by octave; the first never is."""
    weight = 1 / np.maximum(total, total.max(initial=0.0) * 1e-3 + 1e-20)
    if len(tilts) <= MOST_EXHAUSTIVE:
        choices: list[tuple[int, ...]] = [(1, *rest) for rest in product((1, -1), repeat=len(tilts) - 1)]
        best = min(choices, key=lambda way: unevenness(tilts, way, weight))
        return list(best)
    return improved(tilts, [1] * len(tilts), weight)


def improved(tilts: Reals, signs: list[int], weight: Reals) -> list[int]:
    """Mirrors one unit or two at a time as long as that helps, always where it helps most."""
    mirrored = [each for size in (1, 2) for each in combinations(range(1, len(signs)), size)]
    while True:
        ways = [[-sign if i in each else sign for i, sign in enumerate(signs)] for each in mirrored]
        best = min(ways, key=lambda way: unevenness(tilts, tuple(way), weight))
        if unevenness(tilts, tuple(best), weight) >= unevenness(tilts, tuple(signs), weight):
            return signs
        signs = best


def unevenness(tilts: Reals, signs: tuple[int, ...], weight: Reals) -> float:
    """How far left and right differ, rounded so that equal ways stay in their order."""
    return round(float((np.abs((tilts * np.array(signs)[:, None]).sum(axis=0)) * weight).sum()), 9)


def mono_loss(pans: Mapping[str, float], channels: Mapping[str, int]) -> float:
    """The most that the mono sum takes off a track, dB."""
    worst = 0.0
    for track_id, pan in pans.items():
        left, right = mono_sides(pan) if channels[track_id] == 1 else balance_sides(pan)
        worst = max(worst, -20 * math.log10((left + right) / 2))
    return worst
