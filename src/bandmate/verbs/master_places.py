"""Other places to listen in, for a master's report: what each of them leaves of the piece and of the master.

Conventions: one row for each master and each playback system. The facts hold every number that its sentence and its
remarks speak of, ``before`` being the piece as it came in the same place.

Not covered: measuring (``bandmate.stages.master.translation``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.song.evidence import Evidence
from bandmate.verbs.master_stages import as_sentence

if TYPE_CHECKING:
    from bandmate.report.master_data import TranslationRow
    from bandmate.stages.master import translated
    from bandmate.verbs.master_looks import Looks
    from bandmate.verbs.mastering import MadeMaster

    Played = translated.TranslationRow

LOUDNESS = ("loudness against the record", "LU", "loudness_change_lu", "")
FIGURES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "mono": (
        ("lost in mono", "dB", "mono.loss_db", ""),
        ("lost in mono below 120 Hz", "dB", "mono.low_loss_db", ""),
        ("correlation below 120 Hz", "", "mono.low_correlation", ""),
    ),
    "earbuds": (("presence over mids", "dB", "presence_over_mids_db", ""),),
    "car": (
        ("under the noise", "s", "drowned.seconds", ""),
        ("longest stretch under the noise", "s", "drowned.longest_seconds", "drowned.longest_at_seconds"),
        ("from quiet to loud", "LU", "drowned.spread_lu", ""),
        ("from quiet to loud in the noise", "LU", "drowned.spread_left_lu", ""),
    ),
    "club": (
        ("correlation below 120 Hz", "", "mono.low_correlation", ""),
        (
            "lowest correlation below 120 Hz over 3 s",
            "",
            "mono.worst_low_correlation",
            "mono.worst_low_at_seconds",
        ),
    ),
}
"""By system: what it is, its unit, where it is in the row, and where the moment is that it belongs to."""

REGIONS = {"phone": ("sub", "bass"), "club": ("sub",)}
"""Regions that a remark may speak of."""


def translation_rows(masters: Sequence[MadeMaster], looks: Looks, folder: Path) -> tuple[TranslationRow, ...]:
    """Each master in each place, with the piece as it came beside it."""
    from bandmate.report.master_data import TranslationRow

    before = {row.system: row for row in looks.before.places}
    rows = []
    for count, (master, look) in enumerate(zip(masters, looks.masters, strict=True)):
        files = looks.extras.playback_names(count, folder)
        for row in look.places:
            words = (row.sentence.removeprefix(f"{row.name}: "), *row.remarks)
            rows.append(
                TranslationRow(
                    place=row.name,
                    master=master.name,
                    facts=facts_on(before.get(row.system), row),
                    sentence=" ".join(as_sentence(word) for word in words),
                    files=(files[row.system],) if row.system in files else (),
                )
            )
    return tuple(rows)


def facts_on(was: Played | None, now: Played) -> tuple[Evidence, ...]:
    """What was measured in a place."""
    found = []
    for what, unit, path, moment in (LOUDNESS, *FIGURES.get(now.system, ())):
        after = value_at(now, path)
        if after is not None:
            at = value_at(now, moment) if moment else None
            found.append(Evidence(what=what, unit=unit, before=value_at(was, path), after=after, where=from_clock(at)))
    return (*found, *region_facts(was, now), *mono_facts(was, now))


def value_at(row: Played | None, path: str) -> float | None:
    """A figure of a row by its path; None where there is none on the way."""
    value: Any = row
    for name in path.split("."):
        value = getattr(value, name, None)
    return None if value is None else float(value)


def from_clock(seconds: float | None) -> str:
    from bandmate.stages.words import clock

    return "" if seconds is None else f"from {clock(seconds)}"


def region_facts(was: Played | None, now: Played) -> Iterator[Evidence]:
    """The region that is changed most, and those that a remark may speak of."""
    from bandmate.stages.master.translation_words import most_changed

    if now.loudness_change_lu is None or now.system == "mono":
        return
    most = most_changed(now)
    names = dict.fromkeys((*((most.region,) if most else ()), *REGIONS.get(now.system, ())))
    before = {part.region: part for part in was.regions} if was else {}
    for part in now.regions:
        if part.region in names:
            came = before.get(part.region)
            yield Evidence(
                what=f"{part.region} against the record",
                unit="dB",
                before=came.change_db if came else None,
                after=part.change_db,
            )
            yield Evidence(
                what=f"{part.region}, share of the record's power",
                unit="share",
                before=came.share_before if came else None,
                after=part.share_before,
            )


def mono_facts(was: Played | None, now: Played) -> Iterator[Evidence]:
    """What the regions lose in mono that a remark names."""
    if now.mono is None or now.system != "mono":
        return
    said = " ".join(now.remarks)
    nothing = (None,) * len(now.mono.by_region)
    before = was.mono.by_region if was is not None and was.mono is not None else nothing
    for part, lost, loses in zip(now.regions, before, now.mono.by_region, strict=False):
        if f"{part.region} (" in said:
            yield Evidence(what=f"{part.region} lost in mono", unit="dB", before=lost, after=loses)
            yield Evidence(what=f"{part.region}, share of the record's power", unit="share", after=part.share_before)
