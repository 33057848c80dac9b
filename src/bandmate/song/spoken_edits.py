"""Clip edits in a musician's words: ``breaths, 12 places, -8 dB``."""

from __future__ import annotations

from bandmate.song.clip_edits import (
    BleedReduction,
    ClickRepair,
    Declip,
    HumRemoval,
    NoiseReduction,
    PlosiveRepair,
    Repair,
    RoomReduction,
    SpanGain,
    SpanGains,
    SpeechCleaning,
)
from bandmate.song.spoken_devices import trimmed
from bandmate.song.tuning import Tuning

NAMES = {
    "Declip": "clipping drawn again",
    "ClickRepair": "clicks drawn again",
    "HumRemoval": "hum taken out",
    "PlosiveRepair": "plosives turned down",
    "NoiseReduction": "noise turned down",
    "SpeechCleaning": "noise behind speech turned down",
    "RoomReduction": "room turned down",
    "BleedReduction": "bleed turned down",
    "Breaths": "breaths turned down",
    "Sibilance": "sibilants turned down",
    "Silences": "rests turned down",
    "Tuning": "tuning",
}


def spoken_edit(edit: Repair | Tuning) -> str:
    """What a musician would say of an edit."""
    words = [NAMES[type(edit).__name__], *edit_settings(edit)]
    return ", ".join(word for word in words if word) + ("" if edit.enabled else " (off)")


def edit_settings(edit: Repair | Tuning) -> list[str]:
    """The settings that matter most."""
    match edit:
        case Declip() | ClickRepair():
            return [places(len(edit.spans)), *share(edit.amount)]
        case HumRemoval():
            lines = [f"{edit.freq_hz * line.number:.0f}" for line in edit.lines]
            told = " and ".join(part for part in (", ".join(lines[:-1]), lines[-1]) if part) if lines else ""
            return [f"{told} Hz" if told else "", *share(edit.amount)]
        case PlosiveRepair() | SpanGains():
            return [places(len(edit.spans)), *gains(edit.spans)]
        case NoiseReduction() | SpeechCleaning() | RoomReduction() | BleedReduction():
            return [f"by {trimmed(edit.reduction_db)} dB at most"]
        case Tuning():
            touched = sum(note.is_touched for note in edit.notes)
            return [f"{touched} of {len(edit.notes)} notes", edit.scale, f"A4 at {trimmed(edit.reference_hz)} Hz"]
    return []


def places(count: int) -> str:
    return f"{count} place" if count == 1 else f"{count} places"


def share(amount: float) -> list[str]:
    return [] if amount == 1.0 else [f"{amount:.0%}"]


def gains(spans: tuple[SpanGain, ...]) -> list[str]:
    """From the least to the most that is taken."""
    found = [span.gain_db for span in spans]
    if not found:
        return []
    if max(found) - min(found) < 0.05:
        return [f"{found[0]:+.3g} dB"]
    return [f"{max(found):+.3g} to {min(found):+.3g} dB"]
