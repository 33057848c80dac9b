"""What the page of a master says about its rows, in words.

Conventions: as in `wording`. The template calls these by name; everything that they give is text and will be escaped.
"""

from __future__ import annotations

import math

from bandmate.report import wording
from bandmate.report.master_data import (
    CodecRow,
    HardestMoment,
    MasterPart,
    MasterReport,
    ProfileRow,
    ReferenceRow,
    SectionRow,
    ServiceResult,
    ServiceRow,
    TranslationRow,
)
from bandmate.report.master_numbers import loudest_noise
from bandmate.song.evidence import Evidence

NUMBER_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def figure(value: float | None, unit: str) -> str:
    """A number with its unit as evidence is written, a tiny one not as 0; a dash and "silence" stand alone."""
    text = wording.evidence_text(value, unit)
    if value and text == "0":
        text = f"{value:.2g}".replace("-", wording.MINUS)
    if text in (wording.DASH, wording.SILENCE) or not unit:
        return text
    return f"{text}{wording.NO_BREAK}{wording.evidence_unit(unit)}"


def change(value: float | None, unit: str) -> str:
    """The same for a difference: two decimals and its sign."""
    return wording.with_unit(value, unit, 2, sign=True)


def percent(value: float | None) -> str:
    """0 to 100 as it was asked for: ``60 %``, ``12.5 %``; empty where there is no such number."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:g}{wording.NO_BREAK}%"


def masters_lead(report: MasterReport) -> str:
    """How many masters there are, and what their order means."""
    count = len(report.masters)
    if count < 2:
        return ""
    number = NUMBER_WORDS[count] if count < len(NUMBER_WORDS) else str(count)
    if any(master.direction for master in report.masters):
        return f"{number} masters that differ in a stated direction. Their order says nothing: choose by ear."
    return f"{number} masters, in the order in which they were asked for."


def profile(profile: ProfileRow) -> str:
    """``Spotify, −14.0 LUFS, at most −1.00 dBTP, 44.1 kHz, 24 bit``."""
    said = [profile.name]
    said += [] if profile.loudness_lufs is None else [wording.loudness_text(profile.loudness_lufs)]
    said += [] if profile.ceiling_dbtp is None else [f"at most {wording.peak_text(profile.ceiling_dbtp)}"]
    said += [] if profile.rate_hz is None else [wording.rate_text(profile.rate_hz)]
    said += [] if profile.bits is None else [f"{profile.bits}{wording.NO_BREAK}bit"]
    return ", ".join(said)


def origin(row: ProfileRow | ServiceRow) -> str:
    """Where the numbers are from; whether the service says so itself, where the text does not tell."""
    known = "official" in row.origin.casefold()
    kind = "" if row.is_official is None or known else "official" if row.is_official else "not official"
    return ", ".join(word for word in (row.origin, kind) if word)


def service(row: ServiceRow) -> str:
    """What the service does to everything it plays."""
    plays = "plays as it is" if row.loudness_lufs is None else f"plays at {wording.loudness_text(row.loudness_lufs)}"
    return f"{plays}, {row.codec}" if row.codec else plays


def result(row: ServiceRow, master: MasterPart) -> ServiceResult | None:
    """What that service does to that master; None where it was not worked out."""
    return next((result for result in row.results if result.master == master.name), None)


def clean(is_clean: bool | None) -> str:
    return {True: "clean", False: "clips", None: "codec not tried"}[is_clean]


def clean_class(is_clean: bool | None) -> str:
    return {True: "met", False: "missed", None: "untried"}[is_clean]


def codec(row: CodecRow) -> str:
    return row.codec if row.kbps is None else f"{row.codec} {row.kbps:g}{wording.NO_BREAK}kbit/s"


def noise(row: CodecRow) -> str:
    """``at most −21.3 dB at 16000 Hz``; a dash without a number."""
    found = loudest_noise(row)
    if found is None:
        return wording.DASH
    return f"at most {wording.level_text(found[1])} at {wording.number_text(found[0], 0)}{wording.NO_BREAK}Hz"


def fact(fact: Evidence) -> str:
    """``bass against the rest: −3.20 dB → −2.10 dB, target −2.00 dB``."""
    values = [figure(v, fact.unit) for v in (fact.before, fact.after) if v is not None]
    said = [f"{wording.NO_BREAK}→ ".join(values)] if values else []
    said += [] if fact.target is None else [f"target {figure(fact.target, fact.unit)}"]
    where = f" ({fact.where})" if fact.where else ""
    return f"{fact.what}{where}: {', '.join(said)}" if said else f"{fact.what}{where}"


def places(rows: tuple[TranslationRow, ...]) -> str:
    return wording.counted(len({row.place for row in rows}), "place")


def by_place(rows: tuple[TranslationRow, ...]) -> list[TranslationRow]:
    """All masters of one place together, places in the order in which they come first."""
    order = list(dict.fromkeys(row.place for row in rows))
    return sorted(rows, key=lambda row: order.index(row.place))


def loud_parts(row: ReferenceRow) -> str:
    """``−9.8 LUFS in 31 % of it``; only the one that is known of the two."""
    share = wording.share_text(row.loud_share)
    loud = wording.loudness_text(row.loud_lufs)
    if wording.DASH in (share, loud):
        return loud if share == wording.DASH else f"{share} of it"
    return f"{loud} in {share} of it"


def ride(section: SectionRow) -> str:
    return wording.gain_text(section.ride_gain_db)


def seconds(value: float | None) -> str:
    return wording.with_unit(value, "s", 2)


def moment_words(moment: HardestMoment) -> str:
    """``7.4 dB at bar 33 (1:02.3)``; only the clock where bars are not known."""
    clock = wording.clock_text(moment.seconds)
    depth = wording.level_text(abs(moment.reduction_db))
    return f"{depth} at {moment.place} ({clock})" if moment.place else f"{depth} at {clock}"
