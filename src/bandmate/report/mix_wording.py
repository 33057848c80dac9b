"""What the page of a mix says about its rows, in words.

Conventions: as in `wording`. The template calls these by name; everything that they give is text and will be escaped.
"""

from __future__ import annotations

import math
from itertools import pairwise

from bandmate.report import wording
from bandmate.report.master_wording import figure
from bandmate.report.mix_data import (
    AnswerRow,
    FindingRow,
    MaskingMap,
    MixReport,
    PlayerGroup,
    TrackRow,
    TrackState,
)
from bandmate.report.mix_numbers import MixNumbers, WorstPlace

STATES = ("accepted", "open", "refused", "stale")
ANSWERED: dict[str, str] = {"accepted": "answered", "none": "no move answers it"}
CENTRE_WITHIN = 0.005
MONO_BELOW_DB = -60.0


def findings_text(sums: MixNumbers) -> str:
    """``5 findings``, or that there is none."""
    return wording.counted(sums.findings, "finding") if sums.findings else "No finding"


def moves_text(sums: MixNumbers) -> str:
    """``7 moves: 3 accepted, 4 open``."""
    if not sums.moves:
        return "no move"
    parts = [f"{sums.states[state]} {state}" for state in STATES if sums.states[state]]
    return f"{wording.counted(sums.moves, 'move')}: {', '.join(parts)}"


def kind(row: FindingRow) -> str:
    """``Low-end conflict``."""
    text = row.kind if row.kind == "low-end-conflict" else row.kind.replace("-", " ")
    return text[:1].upper() + text[1:].replace("-conflict", " conflict")


def heading(row: FindingRow) -> str:
    """``Masking: Lead Vox and Pad``."""
    return f"{kind(row)}: {listed(row.tracks)}" if row.tracks else kind(row)


def listed(names: tuple[str, ...]) -> str:
    """``A, B and C``."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def place(row: FindingRow) -> str:
    """``bars 17–32, 1.2–3.4 kHz``; ``all through the song`` where no stretch is named."""
    said = row.where or "all through the song"
    span = hertz_range(row.low_hz, row.high_hz)
    return f"{said}, {span}" if span else said


def hertz_range(low_hz: float | None, high_hz: float | None) -> str:
    """``180–420 Hz``, ``1.2–3.4 kHz``; empty where there is none."""
    if low_hz is None or high_hz is None:
        return ""
    if low_hz >= 1000:
        return f"{low_hz / 1000:.2g}–{high_hz / 1000:.2g}{wording.NO_BREAK}kHz"
    return f"{low_hz:.0f}–{high_hz:.0f}{wording.NO_BREAK}Hz"


def state_of(row: FindingRow) -> str:
    """What became of the best answer: accepted, open, refused, stale; ``none`` without an answer."""
    states = {move.state for answer in row.answers for move in answer.moves}
    return next((state for state in STATES if state in states), "none")


def state(row: FindingRow) -> str:
    found = state_of(row)
    return ANSWERED.get(found, found)


def answer_title(row: FindingRow, answer: AnswerRow) -> str:
    """What stands above the moves of an answer."""
    if len(row.answers) == 1:
        return "What answers it"
    return "What answers it" if answer.number == 1 else f"Or instead: answer {answer.number}"


def stated(answer: AnswerRow) -> str:
    """``2.62 dB → predicted 0.31 dB, measured 0.28 dB``; empty without a figure."""
    fact = answer.stated
    if fact is None:
        return ""
    said = [] if fact.predicted is None else [f"predicted {figure(fact.predicted, fact.unit)}"]
    said += [] if fact.after is None else [f"measured {figure(fact.after, fact.unit)}"]
    return f"{figure(fact.before, fact.unit)}{wording.NO_BREAK}→ {', '.join(said)}" if said else ""


def needs_measured(row: FindingRow) -> bool:
    """Whether today's figure says something that the proposal's own does not."""
    return row.measured is not None and row.measured.before is not None


def measured(row: FindingRow) -> str:
    """``41 % without the moves, 22 % with all that are accepted or open``."""
    fact = row.measured
    if fact is None:
        return ""
    without, with_moves = (figure(value, fact.unit) for value in (fact.before, fact.after))
    return without if without == with_moves else f"{without} without, {with_moves} with"


def pair(was: float | None, now: float | None, unit: str = "", decimals: int = 1) -> str:
    """``−23.4 → −21.4 LUFS``; one number where nothing that is shown changes."""
    first, second = (wording.number_text(value, decimals) for value in (was, now))
    said = [wording.with_unit(value, unit, decimals).strip() for value in (was, now)]
    if first == second:
        return said[0]
    start = said[0] if second in (wording.DASH, wording.SILENCE) else first
    return f"{start}{wording.NO_BREAK}→ {said[1]}"


def share_pair(was: float | None, now: float | None, unit: str = "%") -> str:
    """The same for shares, in whole per cent."""
    first, second = (None if share is None else 100 * share for share in (was, now))
    return pair(first, second, unit, 0)


def pan(state: TrackState) -> str:
    """``centre``, ``35 % left``."""
    if abs(state.pan) < CENTRE_WITHIN:
        return "centre"
    return f"{wording.share_text(abs(state.pan))} {'left' if state.pan < 0 else 'right'}"


def pan_pair(row: TrackRow) -> str:
    was, now = pan(row.was), pan(row.now)
    return was if was == now else f"{was}{wording.NO_BREAK}→ {now}"


def width(row: TrackRow) -> str:
    """Side over mid; the word mono for a track without sides, however it is stored."""
    sides = (row.was.width_db, row.now.width_db)
    if row.channels == 1 or all(width is not None and width < MONO_BELOW_DB for width in sides):
        return "mono"
    known = [None if width is None or math.isinf(width) else width for width in sides]
    return pair(known[0], known[1])


def numbers(values: tuple[int, ...]) -> str:
    """``1, 3 and 4``."""
    return listed(tuple(map(str, values)))


def stretch(group: PlayerGroup) -> str:
    """``0:32.0–0:52.0``."""
    return f"{wording.clock_text(group.start_seconds)}–{wording.clock_text(group.end_seconds)}"


def matched(group: PlayerGroup) -> str:
    """How near the two are in loudness."""
    return wording.with_unit(group.difference_lu, "LU", 2, sign=True)


def map_title(one: MaskingMap) -> str:
    return f"What {one.masker} takes of {one.victim}" if one.masker else f"What the others take of {one.victim}"


def worst(place: WorstPlace | None) -> str:
    """``62 % at 2000 Hz, 1:02.0``."""
    if place is None:
        return "nothing"
    hz = f"{place.hz:.0f}{wording.NO_BREAK}Hz"
    return f"{wording.share_text(place.share)} at {hz}, {wording.clock_text(place.seconds)}"


def lost_legend(steps: tuple[float, ...]) -> tuple[tuple[str, str], ...]:
    """The shades of a map with what they stand for, in per cent."""
    percents = [f"{100 * step:.0f}" for step in steps]
    names = [f"under {percents[0]}{wording.NO_BREAK}%"]
    names += [f"{low}–{high}{wording.NO_BREAK}%" for low, high in pairwise(percents)]
    names.append(f"from {percents[-1]}{wording.NO_BREAK}% on")
    return tuple((f"d{i}", name) for i, name in enumerate(names))


def tempo(report: MixReport) -> str:
    """``120.0 bpm``; empty without one."""
    return "" if report.tempo_bpm is None else f"{report.tempo_bpm:.1f}{wording.NO_BREAK}bpm"
