"""The repairs that are looked for, in the order in which they are played: each finder puts into words what it found.

A finder of ``bandmate.sound`` says what is wrong and where; here it becomes a clip edit with its evidence. What a
finder is not sure of it does not find; the gate (``cleaning``) has the last word.

Not covered: playing (``bandmate.render.edit_players``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bandmate.song.clip_edits import (
    AnyClipEdit,
    BandLevel,
    Breaths,
    ClickRepair,
    Declip,
    HumLine,
    HumRemoval,
    NoiseReduction,
    PlosiveRepair,
    RoomReduction,
    Sibilance,
    Silences,
    Span,
    SpanGain,
    SpeechCleaning,
)
from bandmate.song.evidence import Evidence
from bandmate.sound.breath_spans import find_breaths
from bandmate.sound.click_repair import find_clicks
from bandmate.sound.declip import find_clipping
from bandmate.sound.hum_removal import find_hum
from bandmate.sound.noise_profile import find_noise
from bandmate.sound.plosives import corner_for, find_plosives
from bandmate.sound.rests import find_rests
from bandmate.sound.room_decay import find_room
from bandmate.sound.sibilant_spans import CORNER_HZ, find_sibilants
from bandmate.sound.span_frames import FoundSpan
from bandmate.sound.speech import is_speech, speech_extra_missing
from bandmate.stages.edit.brief import EditBrief
from bandmate.stages.edit.repair import Found, RepairFinder
from bandmate.stages.edit.take import Take

USUAL_ROOM_DB, MOST_ROOM_DB, USUAL_SPEECH_DB = 6.0, 12.0, 12.0
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
        spans=frames_of(spans),
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


def clipping(take: Take, brief: EditBrief) -> Found | str:
    """Flat tops at one ceiling."""
    found = find_clipping(take.samples, take.rate_hz)
    if not found.spans:
        return ""
    ceiling_db = 20 * math.log10(found.ceiling)
    return Found(
        edit=Declip(id="clipping", ceiling=found.ceiling, spans=spans_of(found.spans)),
        sentence=f"{found.tops} flat tops at {ceiling_db:.1f} dBFS",
        evidence=(
            Evidence(what="flat tops", unit="tops", before=float(found.tops), after=0.0),
            Evidence(what="where they are flat", unit="dBFS", before=ceiling_db),
        ),
        confidence=0.9,
        spans=frames_of(found.spans),
        may_lower=True,
    )


def noise(take: Take, brief: EditBrief) -> Found | str:
    """Steady noise."""
    found = find_noise(take.samples, take.rate_hz)
    if found is None:
        return ""
    bands = tuple(
        BandLevel(id=str(i), freq_hz=band.freq_hz, level_db=band.level_db) for i, band in enumerate(found.bands, 1)
    )
    by_db = brief.reduction_db or found.reduction_db
    return Found(
        edit=NoiseReduction(id="noise", profile=bands, reduction_db=by_db),
        sentence=f"steady noise at {found.level_db:.0f} dBFS, {found.below_db:.0f} dB below what plays",
        evidence=(
            Evidence(what="level of the noise", unit="dBFS", before=found.level_db),
            Evidence(what="how far it is below what plays", unit="dB", before=found.below_db),
            Evidence(what="most that it is turned down", unit="dB", after=by_db),
        ),
        confidence=found.confidence,
    )


def speech(take: Take, brief: EditBrief) -> Found | str:
    """Steady noise behind speech, for the learned model; only where there is noise, and its guards agree."""
    missing = speech_extra_missing()
    if missing:
        return f"noise behind speech was not looked for: {missing}"
    heard = find_noise(take.samples, take.rate_hz)
    if heard is None:
        return ""
    judged, reading = is_speech(take.samples, take.rate_hz)
    if not judged:
        return "noise behind speech is left alone, for it is not clearly speech; the noise repair is for music"
    by_db = brief.reduction_db or USUAL_SPEECH_DB
    return Found(
        edit=SpeechCleaning(id="speech", reduction_db=by_db),
        sentence=f"noise at {heard.level_db:.0f} dBFS behind speech",
        evidence=(
            Evidence(what="level of the noise", unit="dBFS", before=heard.level_db),
            Evidence(what="loud moments in which speech is heard", unit="%", before=100 * reading.speech_share),
            Evidence(what="most that it is turned down", unit="dB", after=by_db),
        ),
        confidence=reading.likelihood * heard.confidence,
    )


def room(take: Take, brief: EditBrief) -> Found | str:
    """The late part of the room around a voice."""
    found = find_room(take.samples, take.rate_hz, take.curve)
    if found is None:
        return ""
    by_db = min(brief.reduction_db or USUAL_ROOM_DB, MOST_ROOM_DB)
    return Found(
        edit=RoomReduction(id="room", decay_seconds=found.decay_seconds, reduction_db=by_db),
        sentence=f"a room that fades by 60 dB in {found.decay_seconds:.1f} s, {abs(found.late_db):.0f} dB below the "
        "voice after 80 ms",
        evidence=(
            Evidence(what="time in which the room fades by 60 dB", unit="s", before=found.decay_seconds),
            Evidence(what="level of the room 80 ms after a sound", unit="dB", before=found.late_db),
            Evidence(what="moment at which that is heard", unit="ms", before=80.0),
            Evidence(what="fade that is counted", unit="dB", before=60.0),
            Evidence(what="most that it is turned down", unit="dB", after=by_db),
        ),
        confidence=found.confidence,
        only_rising=True,
    )


def plosives(take: Take, brief: EditBrief) -> Found | str:
    """Pops of breath in the microphone."""
    found = find_plosives(take.samples, take.rate_hz, take.curve)
    edit = PlosiveRepair(id="plosives", corner_hz=corner_for(take.curve) or 120.0, spans=gains_of(found))
    return of_spans(found, edit, "pop of breath", "pops of breath")


def breaths(take: Take, brief: EditBrief) -> Found | str:
    """Breaths between phrases."""
    found = find_breaths(take.samples, take.rate_hz, take.curve)
    return of_spans(found, Breaths(id="breaths", spans=gains_of(found)), "breath", "breaths")


def sibilance(take: Take, brief: EditBrief) -> Found | str:
    """Sibilants that stick out."""
    found = find_sibilants(take.samples, take.rate_hz)
    edit = Sibilance(id="sibilance", corner_hz=CORNER_HZ, spans=gains_of(found))
    return of_spans(found, edit, "sharp sibilant", "sharp sibilants")


def rests(take: Take, brief: EditBrief) -> Found | str:
    """Rests with nothing but noise."""
    found = find_rests(take.samples, take.rate_hz)
    return of_spans(found, Silences(id="rests", spans=gains_of(found)), "rest", "rests")


def of_spans(found: Sequence[FoundSpan], edit: AnyClipEdit, one: str, many: str) -> Found | str:
    """What is said of stretches that are turned down."""
    sure = [span for span in found if span.confidence >= SURE]
    if not sure:
        return ""
    count, loudest = len(sure), max(span.level_db for span in sure)
    most = min(span.gain_db for span in sure)
    return Found(
        edit=edit,
        sentence=f"{count} {one if count == 1 else many}, the loudest at {loudest:.0f} dBFS, turned down by up to "
        f"{abs(most):.0f} dB",
        evidence=(
            Evidence(what=many, unit="places", before=float(count)),
            Evidence(what="the loudest of them", unit="dBFS", before=loudest),
            Evidence(what="most that one is turned down", unit="dB", after=abs(most)),
        ),
        confidence=sum(span.confidence for span in sure) / count,
        spans=tuple((span.start_frame, span.start_frame + span.frames) for span in sure),
        may_lower=True,
    )


def gains_of(found: Sequence[FoundSpan]) -> tuple[SpanGain, ...]:
    """The stretches that are sure enough, as values of a song."""
    sure = (span for span in found if span.confidence >= SURE)
    return tuple(
        SpanGain(id=str(i), start_frame=span.start_frame, frames=span.frames, gain_db=span.gain_db)
        for i, span in enumerate(sure, 1)
    )


def frames_of(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """``(first frame, last frame)`` of ``(start_frame, frames)``."""
    return tuple((start, start + frames) for start, frames in spans)


def spans_of(spans: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    """``(start_frame, frames)`` as values of a song."""
    return tuple(Span(id=str(i), start_frame=start, frames=frames) for i, (start, frames) in enumerate(spans, 1))


REPAIRS: tuple[RepairFinder, ...] = (
    RepairFinder("clipping", clipping),
    RepairFinder("clicks", clicks),
    RepairFinder("hum", hum),
    RepairFinder("plosives", plosives),
    RepairFinder("noise", noise),
    RepairFinder("speech", speech),
    RepairFinder("room", room),
    RepairFinder("breaths", breaths),
    RepairFinder("sibilance", sibilance),
    RepairFinder("rests", rests),
)
"""In the order in which they are played."""
