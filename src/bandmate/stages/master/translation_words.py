"""What is said of a record on a playback system: one sentence always, a remark only where a limit is passed.

The limits are in ``data/playback.toml``, each with its reason. Every number in a sentence is a field of the row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bandmate.stages.master.translated import RegionChange, TranslationRow
from bandmate.stages.words import clock

TELLING_SHARE = 0.05
"""A region with less of the power than this is not what the sentence is about."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From when on something is said, and why from there."""

    value: float
    unit: str
    reason: str


@cache
def translation_limits() -> dict[str, Limit]:
    """Every limit of the table by its id."""
    text = files("bandmate").joinpath("data", "playback.toml").read_text(encoding="utf-8")
    return {row["id"]: Limit(row["value"], row["unit"], row["reason"]) for row in tomllib.loads(text)["limit"]}


def sentence_on(row: TranslationRow) -> str:
    """What the system does to the record, in one sentence."""
    if row.loudness_change_lu is None:
        return f"{row.name}: silent or too short to measure"
    parts = [louder(row.loudness_change_lu)]
    if row.system == "mono" and row.mono is not None and row.mono.loss_db is not None:
        parts.append(f"the sum loses {figure(row.mono.loss_db)} dB")
        if row.mono.low_loss_db is not None:
            parts.append(f"below 120 Hz {figure(row.mono.low_loss_db)} dB")
        return f"{row.name}: {', '.join(parts)}"
    most = most_changed(row)
    if most is not None and most.change_db is not None:
        parts.append(
            f"{most.region} ({percent(most.share_before)} of the power) {figure(most.change_db, sign=True)} dB"
        )
    if row.mono is not None and row.mono.low_correlation is not None and row.system == "club":
        parts.append(f"correlation below 120 Hz {row.mono.low_correlation:.2f}")
    if row.drowned is not None:
        parts.append(f"{figure(row.drowned.seconds)} s under the noise")
    return f"{row.name}: {', '.join(parts)}"


def remarks_on(row: TranslationRow) -> tuple[str, ...]:
    """What passes a limit; nothing for silence."""
    if row.loudness_change_lu is None:
        return ()
    kinds = {"mono": mono_remarks, "phone": phone_remarks, "earbuds": earbuds_remarks}
    kinds |= {"car": car_remarks, "club": club_remarks}
    return tuple(kinds[row.system](row)) if row.system in kinds else ()


def mono_remarks(row: TranslationRow) -> Iterator[str]:
    """The sum as a whole, its bass, and each region that the bass remark does not cover."""
    mono = row.mono
    if mono is None:
        return
    if mono.loss_db is not None and mono.loss_db > limit("mono-loss"):
        yield f"in mono the record loses {figure(mono.loss_db)} dB: much of it cancels"
    is_bass_lost = mono.low_loss_db is not None and mono.low_loss_db > limit("mono-low-loss")
    if is_bass_lost and mono.low_loss_db is not None:
        yield f"in mono the bass below 120 Hz loses {figure(mono.low_loss_db)} dB"
    for region, loss_db in zip(row.regions, mono.by_region, strict=True):
        if is_bass_lost and region.region in ("sub", "bass"):
            continue
        if loss_db is not None and loss_db > limit("mono-region-loss"):
            if region.share_before < limit("region-heard"):
                continue
            part = f"{called(region.region)} ({percent(region.share_before)} of the power)"
            yield f"in mono {part} {loses(region)} {figure(loss_db)} dB"


def phone_remarks(row: TranslationRow) -> Iterator[str]:
    """A record that is mostly below what a phone plays."""
    change = row.loudness_change_lu
    if change is not None and -change > limit("phone-loss"):
        share = {part.region: percent(part.share_before) for part in row.regions}
        yield (
            f"on a phone the record is {figure(-change)} LU quieter: of its power {share.get('sub', '0%')} is sub and "
            f"{share.get('bass', '0%')} is bass, and a phone plays neither"
        )


def earbuds_remarks(row: TranslationRow) -> Iterator[str]:
    """A record that leans on its bass, or whose presence is sharp."""
    change = row.loudness_change_lu
    if change is not None and -change > limit("earbuds-loss"):
        yield f"on earbuds that leak the record is {figure(-change)} LU quieter: little is left without the bass"
    above_db = row.presence_over_mids_db
    if above_db is not None and above_db > limit("earbuds-presence"):
        yield f"on earbuds the presence stands {figure(above_db)} dB above the mids"


def car_remarks(row: TranslationRow) -> Iterator[str]:
    """Long passages under the noise, and too much of what the cabin adds to."""
    covered, change = row.drowned, row.loudness_change_lu
    at_seconds = covered.longest_at_seconds if covered is not None else None
    if covered is not None and at_seconds is not None and covered.longest_seconds > limit("car-covered"):
        yield (
            f"in a car {figure(covered.seconds)} s are under the noise, the longest passage from {clock(at_seconds)} "
            f"for {figure(covered.longest_seconds)} s; of {figure(covered.spread_lu)} LU between quiet and loud "
            f"{figure(covered.spread_left_lu)} are left"
        )
    if change is not None and change > limit("car-boom"):
        yield f"in a car the hump of the bass makes the record {figure(change)} LU louder: it covers the rest"


def club_remarks(row: TranslationRow) -> Iterator[str]:
    """A moment without bass, and a sub that a club does not play."""
    worst = row.mono.worst_low_correlation if row.mono is not None else None
    at_seconds = row.mono.worst_low_at_seconds if row.mono is not None else None
    if worst is not None and at_seconds is not None and worst < limit("worst-low-correlation"):
        yield (
            f"in a club the bass at {clock(at_seconds)} is nearly gone: its channels are opposite there, correlation "
            f"{worst:.2f} below 120 Hz"
        )
    sub = next((part for part in row.regions if part.region == "sub"), None)
    if sub is None or sub.change_db is None or sub.share_before <= limit("club-sub-share"):
        return
    if sub.change_db < -limit("club-sub-loss"):
        yield (
            f"in a club the sub ({percent(sub.share_before)} of the power) loses {figure(-sub.change_db)} dB although "
            "the subs are turned up: it lies below 30 Hz, or its channels cancel"
        )


def limit(name: str) -> float:
    return translation_limits()[name].value


def most_changed(row: TranslationRow) -> RegionChange | None:
    """Of the regions with a fair part of the power, the one that the system changes most."""
    told = [part for part in row.regions if part.change_db is not None and part.share_before >= TELLING_SHARE]
    return max(told, key=lambda part: abs(part.change_db or 0.0), default=None)


def louder(change_lu: float) -> str:
    """``1.2 LU quieter``."""
    if abs(change_lu) < 0.05:
        return "as loud as before"
    return f"{figure(abs(change_lu))} LU {'louder' if change_lu > 0 else 'quieter'}"


def called(region: str) -> str:
    return region if region == "air" else f"the {region}"


def loses(part: RegionChange) -> str:
    return "lose" if part.region.endswith("mids") else "loses"


def figure(value: float, *, sign: bool = False) -> str:
    """One decimal, and never -0.0."""
    return f"{round(value, 1) + 0.0:{'+' if sign else ''}.1f}"


def percent(share: float) -> str:
    """Whole per cent; below ten, one decimal."""
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
