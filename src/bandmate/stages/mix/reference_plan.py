"""From a reference to settings: what is compared, which tracks may move, and how far.

Conventions: over a record of the same song the mix is laid moment by moment; of another song only the levels of loud,
middle and quiet parts are compared, and then faders move by 4 dB at most and equalizer bands by 3: how somebody else's
song is mixed is a direction and no measure.

``balance`` frees the faders, ``low-end`` the tracks that live below 150 Hz, with a shelf each, ``tone`` four broad
equalizer bands on each track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import Band
from bandmate.sound.filters import response_db
from bandmate.stages.mix.brief import Aspect
from bandmate.stages.mix.reference import (
    FLOOR_BELOW_DB,
    Alignment,
    MixReference,
    aligned,
    by_loudness,
    k_weights,
    laid_over,
    part_levels_db,
)
from bandmate.stages.mix.reference_fit import Fit, Problem, fit
from bandmate.stages.mix.session import Session, summed

Reals = npt.NDArray[np.float64]

HOPS_TOGETHER = 3
WHOLE_WEIGHT = 3_000.0
"""The weight of all cells of the same song, against springs of one track each; another song has less to say."""

OTHER_WEIGHT = 60.0
MOST_IN_STEP_DB, NEAR_DB = 6.0, 3.0
LOW_HZ = 150.0
LOW_SHARE = 0.3
LOW_BAND = Band(id="low", kind="low-shelf", freq_hz=120.0, gain_db=1.0)
TONE_BANDS = (
    Band(id="low", kind="low-shelf", freq_hz=120.0, gain_db=1.0),
    Band(id="low-mid", kind="bell", freq_hz=400.0, q=0.8, gain_db=1.0),
    Band(id="high-mid", kind="bell", freq_hz=1_800.0, q=0.8, gain_db=1.0),
    Band(id="high", kind="high-shelf", freq_hz=5_500.0, gain_db=1.0),
)
FITTED: tuple[Aspect, ...] = ("balance", "low-end", "tone")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a reference asks for.

    Attributes
    ----------
    track_ids : tuple of str
        the rows of the fit.
    bands : tuple of Band
        the equalizer that its columns are about.
    problem, fit
        what was fitted, and what came out.
    is_same_song : bool
    """

    track_ids: tuple[str, ...]
    bands: tuple[Band, ...]
    problem: Problem
    fit: Fit
    is_same_song: bool


def plan_for(session: Session, references: Sequence[MixReference], aspects: Sequence[Aspect]) -> Plan | None:
    """The settings that the chosen aspects of the references ask for; None where there is nothing to compare.

    A record of the same song counts alone; of other songs the mean is aimed at.
    """
    ids = tuple(track.id for track in session.tracks)
    if not ids or not references or not set(aspects) & set(FITTED):
        return None
    whole = summed([session.power(track_id) for track_id in ids])
    lying = [(reference, aligned(whole, reference.hearing)) for reference in references]
    same = [(reference, how) for reference, how in lying if how is not None]
    hops = whole.shape[1]
    power = np.stack([padded(session.power(track_id), hops) for track_id in ids])
    shared = min(power.shape[1], *(len(reference.hearing.band_hz) for reference in references))
    hz = session.hearing(ids[0]).band_hz[:shared]
    power = power[:, :shared]
    bands = bands_for(aspects)
    if same:
        mix_power = session.ears.main(session.song).power[:shared].astype(np.float64)
        power, target_db, weight = same_song_cells(power, *max(same, key=lambda one: one[1].likeness))
        target_db = less_what_is_modelled(target_db, power, in_cells(mix_power, power.shape[2]))
    else:
        power, target_db, weight = other_song_cells(power, [reference for reference, _ in lying], hz)
    problem = Problem(
        power=power,
        target_db=target_db,
        weight=weight,
        shapes_db=shapes_of(bands, np.array(hz), session.song.rate_hz),
        gain_width_db=(12.0 if same else 2.0) if set(aspects) & {"balance", "low-end"} else 0.0,
        tone_width_db=1.5 if same else 1.0,
        most_gain_db=18.0 if same else 4.0,
        most_tone_db=6.0 if same else 3.0,
        is_held=held(session, ids, aspects, power, np.array(hz)),
    )
    return Plan(ids, bands, problem, fit(problem), bool(same))


def bands_for(aspects: Sequence[Aspect]) -> tuple[Band, ...]:
    """The equalizer that the aspects free on each track."""
    if "tone" in aspects:
        return TONE_BANDS
    return (LOW_BAND,) if "low-end" in aspects else ()


def shapes_of(bands: Sequence[Band], hz: Reals, rate_hz: int) -> Reals:
    """What each band does per dB at the centres of the measured bands, shape (equalizer bands, bands)."""
    below = np.minimum(hz, rate_hz * 0.49)
    rows = [response_db([band], below, rate_hz) for band in bands]
    return np.stack(rows) if rows else np.zeros((0, len(hz)))


def held(
    session: Session, ids: Sequence[str], aspects: Sequence[Aspect], power: Reals, hz: Reals
) -> npt.NDArray[np.bool_]:
    """The tracks that stay as they are: not asked for, automated, or not low where only the low end is."""
    found = np.array([not session.brief.allows(track_id) for track_id in ids])
    if not set(aspects) & {"balance", "tone"}:
        by_band = power.sum(axis=2)
        low = by_band[:, hz < LOW_HZ].sum(axis=1) / np.maximum(by_band.sum(axis=1), 1e-20)
        found |= low < LOW_SHARE
    return found


def same_song_cells(power: Reals, reference: MixReference, how: Alignment) -> tuple[Reals, Reals, Reals]:
    """Powers, target and weights where both sound, some hops taken together."""
    over = laid_over(reference.hearing, how, power.shape[2])[: power.shape[1]]
    count = power.shape[2] // HOPS_TOGETHER
    cut = count * HOPS_TOGETHER
    power = power[:, :, :cut].reshape(*power.shape[:2], count, HOPS_TOGETHER).mean(axis=3)
    over = in_cells(over, count)
    target_db = 10 * np.log10(over + 1e-20)
    is_heard = (over > over.max(axis=1, keepdims=True, initial=0.0) * 10 ** (-FLOOR_BELOW_DB / 10)) & (over > 0)
    is_heard &= power.sum(axis=0) > 0
    weight = is_heard.astype(np.float64)
    return power, target_db, weight * (WHOLE_WEIGHT / max(float(weight.sum()), 1.0))


def in_cells(power: Reals, count: int) -> Reals:
    """Some hops taken together, shape (bands, count); silence where there are too few."""
    wanted = count * HOPS_TOGETHER
    power = np.pad(power[:, :wanted], ((0, 0), (0, max(0, wanted - power.shape[1]))))
    found: Reals = power.reshape(len(power), count, HOPS_TOGETHER).mean(axis=2)
    return found


def less_what_is_modelled(target_db: Reals, power: Reals, mix_power: Reals) -> Reals:
    """The target as the model of added powers would see it: where tracks cancel or add up in step, the mix that is
    heard is not the sum of their powers. What is known of that where mix and target are near is taken off the target.
    """
    modelled_db, mix_db = (10 * np.log10(one + 1e-20) for one in (power.sum(axis=0), mix_power))
    in_step_db = np.clip(mix_db - modelled_db, -MOST_IN_STEP_DB, MOST_IN_STEP_DB)
    apart_db = target_db - mix_db - np.median(target_db - mix_db)
    found: Reals = target_db - in_step_db * np.exp(-((apart_db / NEAR_DB) ** 2))
    return found


def other_song_cells(
    power: Reals, references: Sequence[MixReference], band_hz: tuple[float, ...]
) -> tuple[Reals, Reals, Reals]:
    """Powers, target and weights of the loud, middle and quiet parts."""
    weights = k_weights(band_hz)
    parts = by_loudness(power.sum(axis=0), weights)
    cells = np.stack([power[:, :, part].mean(axis=2) for part in parts], axis=2)
    levels = []
    for reference in references:
        level = part_levels_db(reference.hearing.power[: len(band_hz)].astype(np.float64), weights)
        levels.append(level - 10 * np.log10((weights[:, None] * 10 ** (level / 10)).sum()))
    target_db = np.mean(levels, axis=0)
    is_heard = target_db > target_db.max() - FLOOR_BELOW_DB
    hz = np.array(band_hz)
    weight = is_heard * ((hz >= 35.0) & (hz <= 16_500.0))[:, None] * np.array([1.0, 0.7, 0.3])
    return cells, target_db, weight * (OTHER_WEIGHT / max(float(weight.sum()), 1.0))


def padded(power: npt.NDArray[np.float32], hops: int) -> Reals:
    """With silence up to ``hops``."""
    return np.pad(power.astype(np.float64), ((0, 0), (0, hops - power.shape[1])))
