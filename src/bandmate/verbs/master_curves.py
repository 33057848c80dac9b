"""The spectra of a master for its report: tone against the target, and the stereo field.

Conventions: spectra are those of the loud parts, as the stages compare them (``bandmate.stages.master.portrait``), each
with its own mean level taken out over the bands that are compared, so that only their shapes differ. Levels are dB by
1/3 octave, None for nothing.

Not covered: what happens over time (``bandmate.verbs.master_history``); drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from bandmate.report.master_data import (
        StereoField,
        ToneCurves,
        ToneSide,
    )
    from bandmate.song.devices import Equalizer
    from bandmate.sound.stereo_picture import StereoPicture
    from bandmate.stages.master.finish import Mastered
    from bandmate.stages.master.portrait import Portrait
    from bandmate.stages.master.target import Reference, Target

    Reals = npt.NDArray[np.float64]

RESPONSE_POINTS = 200
RESPONSE_HZ = (20.0, 20_000.0)
NOTHING_DB = -75.0
"""Levels are -150 where there is nothing."""


def tone_curves(done: Mastered) -> ToneCurves:
    """Middle and sides before and after, against the target where there is one, and what the equalizer does."""
    from bandmate.report.master_data import ToneCurves
    from bandmate.stages.master.portrait import portrait_of

    was, now, target = portrait_of(done.before), portrait_of(done.after), done.request.target
    has_sides = any(db > NOTHING_DB for db in (*was.side_db, *now.side_db))
    if target is None or not target.mid_db:
        mid, side = plain_sides(was, now)
    else:
        mid, side = compared_sides(was, now, target)
    response = responses(done)
    return ToneCurves(
        mid=with_response(mid, response.get("mid")),
        side=with_response(side, response.get("side")) if has_sides else None,
        target_label=label_of(target),
    )


def label_of(target: Target | None) -> str:
    """Where the target comes from, in a few words."""
    if target is None or not target.mid_db:
        return "target"
    return target.names[0] if len(target.names) == 1 else f"{len(target.names)} references"


def plain_sides(was: Portrait, now: Portrait) -> tuple[ToneSide, ToneSide]:
    """Both spectra without a target, the mean of the middle taken out."""
    from bandmate.report.master_data import ToneSide
    from bandmate.stages.master.target import levelled

    count = len(was.band_hz)
    mids, sides = zip(levelled(was, count), levelled(now, count), strict=True)
    return tuple(  # type: ignore[return-value]
        ToneSide(band_hz=was.band_hz, was_db=curve(pair[0]), now_db=curve(pair[1])) for pair in (mids, sides)
    )


def compared_sides(was: Portrait, now: Portrait, target: Target) -> tuple[ToneSide, ToneSide]:
    """Both spectra beside the target, levelled over the bands that count in the error."""
    from bandmate.stages.master.tone_need import needs_of

    needs = needs_of(was, target)
    found = []
    for need, before, after, goal, tolerance in (
        (needs.mid, was.mid_db, now.mid_db, target.mid_db, target.mid_tolerance_db),
        (needs.side, was.side_db, now.side_db, target.side_db, target.side_tolerance_db),
    ):
        compared = None if need is None else need.compared
        found.append(compared_side(was.band_hz, (before, after), (goal, tolerance), compared))
    return found[0], found[1]


def compared_side(
    band_hz: tuple[float, ...],
    song: tuple[tuple[float, ...], tuple[float, ...]],
    goal: tuple[tuple[float, ...], tuple[float, ...]],
    compared: npt.NDArray[np.bool_] | None,
) -> ToneSide:
    """One side: ``song`` before and after, ``goal`` the target with its tolerance; no target where nothing can be
    compared."""
    import numpy as np

    from bandmate.report.master_data import ToneSide
    from bandmate.stages.master.tone_need import resized

    target, tolerance = resized(goal[0], len(band_hz), -150.0), resized(goal[1], len(band_hz), 0.0)
    levels = [np.array(values) for values in song]
    if compared is None:
        return ToneSide(band_hz=band_hz, was_db=curve(levels[0]), now_db=curve(levels[1]))
    was, now = (
        np.where(level > NOTHING_DB, level - (level - target)[compared & (level > NOTHING_DB)].mean(), -150.0)
        for level in levels
    )
    return ToneSide(
        band_hz=band_hz,
        was_db=curve(was),
        now_db=curve(now),
        target_db=curve(target),
        tolerance_low_db=curve(target, -tolerance),
        tolerance_high_db=curve(target, tolerance),
    )


def curve(levels: Reals, offset: Reals | float = 0.0) -> tuple[float | None, ...]:
    """Levels as the report takes them: None for nothing."""
    shifted = levels + offset
    return tuple(
        float(db) if level > NOTHING_DB else None for level, db in zip(levels.tolist(), shifted.tolist(), strict=True)
    )


def responses(done: Mastered) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """What the tone equalizer does to middle and sides: frequencies and decibels; nothing where it is not on."""
    import numpy as np

    from bandmate.sound.filters import response_db
    from bandmate.stages.master.nodes import TONE

    device: Any = done.node(TONE).device
    if done.node(TONE).state != "on" or device is None:
        return {}
    equalizer: Equalizer = device
    rate_hz = done.before.rate_hz
    hz = np.geomspace(RESPONSE_HZ[0], min(RESPONSE_HZ[1], 0.49 * rate_hz), RESPONSE_POINTS)
    found = {}
    for scope in ("mid", "side"):
        bands = [band for band in equalizer.bands if band.enabled and band.scope in ("stereo", scope)]
        level = response_db(bands, hz, rate_hz) + equalizer.gain_db
        found[scope] = (tuple(hz.tolist()), tuple(level.tolist()))
    return found


def with_response(side: ToneSide, response: tuple[tuple[float, ...], tuple[float, ...]] | None) -> ToneSide:
    from dataclasses import replace

    return side if response is None else replace(side, response_hz=response[0], response_db=response[1])


def stereo_field(
    done: Mastered,
    references: tuple[Reference, ...],
    was: StereoPicture | None,
    now: StereoPicture | None,
) -> StereoField | None:
    """Width by band, correlation and pictures; None for a piece without sides, before and after."""
    from bandmate.report.master_data import StereoField
    from bandmate.song.devices import Width
    from bandmate.stages.master.nodes import WIDTH
    from bandmate.stages.master.portrait import portrait_of

    before, after = portrait_of(done.before), portrait_of(done.after)
    widths = [widths_db(one) for one in (before, after)]
    if not any(db is not None for pair in widths for db in pair):
        return None
    device = done.node(WIDTH).device
    mono_hz = device.mono_below_hz if isinstance(device, Width) and done.node(WIDTH).state == "on" else 0.0
    count = len(before.band_hz)
    return StereoField(
        band_hz=before.band_hz,
        was_db=widths[0],
        target_db=target_widths_db(references, count),
        now_db=widths[1],
        correlation_was=was.correlation if was else (),
        correlation_now=(now.correlation + (None,) * count)[:count] if now else (),
        density_was=was.counts if was else (),
        density_now=now.counts if now else (),
        mono_below_hz=mono_hz or None,
    )


def widths_db(portrait: Portrait) -> tuple[float | None, ...]:
    """Side over mid of the loud parts by band; None where one of them has nothing."""
    return tuple(
        side - mid if side > NOTHING_DB and mid > NOTHING_DB else None
        for mid, side in zip(portrait.mid_db, portrait.side_db, strict=True)
    )


def target_widths_db(references: tuple[Reference, ...], count: int) -> tuple[float | None, ...]:
    """What the references have, by their weights for width; empty where none counts."""
    import numpy as np

    from bandmate.stages.master.target import counted, mean_db

    usable = [one for one in references if one.portrait.is_usable]
    portraits, weights = counted(usable, "width")
    if not portraits:
        return ()
    rows = np.full((len(portraits), count), -150.0)
    for row, portrait in zip(rows, portraits, strict=True):
        known = [db if db is not None else -150.0 for db in widths_db(portrait)][:count]
        row[: len(known)] = known
    return curve(mean_db(rows, np.array(weights)))
