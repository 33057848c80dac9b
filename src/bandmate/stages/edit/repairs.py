"""The repairs that are looked for, in the order in which they are played: each finder puts into words what it found.

A finder of ``bandmate.sound`` says what is wrong and where; here it becomes a clip edit with its evidence. What a
finder is not sure of it does not find; the gate (``cleaning``) has the last word.

Not covered: playing (``bandmate.render.edit_players``).
"""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.song.clip_edits import ClickRepair, HumLine, HumRemoval, Span
from bandmate.song.evidence import Evidence
from bandmate.sound.click_repair import find_clicks
from bandmate.sound.hum_removal import find_hum
from bandmate.stages.edit.brief import EditBrief
from bandmate.stages.edit.repair import Found, RepairFinder
from bandmate.stages.edit.take import Take

SURE = 0.5
"""A click that is less sure stays."""


def clicks(take: Take, brief: EditBrief) -> Found | str:
    """Clicks, mouth clicks and crackle."""
    found = [one for one in find_clicks(take.samples, take.rate_hz, heard=take.curve).clicks if one.confidence >= SURE]
    if not found:
        return ""
    count, spans = len(found), [(click.start_frame, click.frames) for click in found]
    longest_ms = max(frames for _, frames in spans) * 1000 / take.rate_hz
    return Found(
        edit=ClickRepair(id="clicks", spans=spans_of(spans)),
        sentence=f"{count} {'click' if count == 1 else 'clicks'}, the longest {longest_ms:.1f} ms long",
        evidence=(
            Evidence(what="clicks", unit="clicks", before=float(count), after=0.0),
            Evidence(what="the longest of them", unit="ms", before=longest_ms),
        ),
        confidence=sum(click.confidence for click in found) / count,
        spans=tuple((start, start + frames) for start, frames in spans),
    )


def hum(take: Take, brief: EditBrief) -> Found | str:
    """Mains hum, line by line."""
    found = find_hum(take.samples, take.rate_hz)
    if found is None:
        return ""
    lines = tuple(HumLine(id=str(line.number), number=line.number) for line in found.lines)
    count = len(lines)
    return Found(
        edit=HumRemoval(id="hum", freq_hz=found.freq_hz, lines=lines),
        sentence=f"it hums at {found.freq_hz:.2f} Hz, {count} {'line' if count == 1 else 'lines'} at "
        f"{found.level_db:.0f} dBFS together",
        evidence=(
            Evidence(what="mains frequency", unit="Hz", before=found.freq_hz),
            Evidence(what="lines of the hum", unit="lines", before=float(count)),
            Evidence(what="level of the hum", unit="dBFS", before=found.level_db),
        ),
        confidence=found.confidence,
    )


def spans_of(spans: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    """``(start_frame, frames)`` as values of a song."""
    return tuple(Span(id=str(i), start_frame=start, frames=frames) for i, (start, frames) in enumerate(spans, 1))


REPAIRS: tuple[RepairFinder, ...] = (
    RepairFinder("clicks", clicks),
    RepairFinder("hum", hum),
)
