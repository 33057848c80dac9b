"""How each clip edit is played: its settings handed to the code in ``bandmate.sound`` that does the work.

Conventions: a player takes a whole recording (float32, channels by frames) at its own rate and gives another of the
same shape; what an edit does not touch stays bit-identical.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bandmate.song.clip_edits import (
    BleedReduction,
    Breaths,
    ClickRepair,
    Declip,
    HumRemoval,
    NoiseReduction,
    PlosiveRepair,
    RoomReduction,
    Sibilance,
    Silences,
    Span,
    SpanGain,
    SpanGains,
    SpeechCleaning,
)
from bandmate.song.tuning import Tuning
from bandmate.sound.audio import Samples
from bandmate.sound.bleed_reduction import bleed_reduced
from bandmate.sound.click_repair import clicks_repaired
from bandmate.sound.declip import declipped
from bandmate.sound.hum_removal import without_hum
from bandmate.sound.noise_profile import NoiseBand
from bandmate.sound.noise_reduction import reduced
from bandmate.sound.plosives import plosives_repaired
from bandmate.sound.room_reduction import room_reduced
from bandmate.sound.sibilant_spans import sibilants_repaired
from bandmate.sound.span_gain import Stretch, with_gains
from bandmate.sound.speech import clean_speech
from bandmate.sound.tuned_voice import play_tuning

Player = Callable[..., Samples]


def play_gains(samples: Samples, rate_hz: int, edit: SpanGains) -> Samples:
    """Stretches turned down, with ramps."""
    spans = [Stretch(span.start_frame, span.frames, span.gain_db) for span in edit.spans]
    return with_gains(samples, spans, ramp_frames=round(edit.ramp_ms * rate_hz / 1000))


def play_clicks(samples: Samples, rate_hz: int, edit: ClickRepair) -> Samples:
    """Clicks drawn again."""
    return clicks_repaired(samples, rate_hz, places(edit.spans), edit.amount)


def play_declip(samples: Samples, rate_hz: int, edit: Declip) -> Samples:
    """Flat tops drawn again."""
    return declipped(samples, rate_hz, edit.ceiling, places(edit.spans), edit.amount)


def play_hum(samples: Samples, rate_hz: int, edit: HumRemoval) -> Samples:
    """Lines of hum subtracted."""
    if not edit.lines or edit.amount == 0.0:
        return samples
    return without_hum(samples, rate_hz, edit.freq_hz, [line.number for line in edit.lines], edit.amount)


def play_noise(samples: Samples, rate_hz: int, edit: NoiseReduction) -> Samples:
    """Steady noise turned down."""
    if not edit.profile or edit.reduction_db == 0.0:
        return samples
    profile = [NoiseBand(band.freq_hz, band.level_db) for band in edit.profile]
    return reduced(samples, rate_hz, profile, edit.reduction_db)


def play_bleed(samples: Samples, rate_hz: int, edit: BleedReduction, other: Samples) -> Samples:
    """Bleed of another recording turned down."""
    if edit.reduction_db == 0.0:
        return samples
    return bleed_reduced(samples, other, rate_hz, edit.early_frames, edit.reduction_db)


def play_room(samples: Samples, rate_hz: int, edit: RoomReduction) -> Samples:
    """The late part of a room turned down."""
    if edit.reduction_db == 0.0:
        return samples
    return room_reduced(samples, rate_hz, edit.decay_seconds, edit.reduction_db)


def play_speech(samples: Samples, rate_hz: int, edit: SpeechCleaning) -> Samples:
    """Noise behind speech turned down by the learned model."""
    return samples if edit.reduction_db == 0.0 else clean_speech(samples, rate_hz, edit.reduction_db)


def play_plosives(samples: Samples, rate_hz: int, edit: PlosiveRepair) -> Samples:
    """Pops turned down below their corner."""
    return plosives_repaired(samples, rate_hz, edit.corner_hz, gains(edit.spans))


def play_sibilance(samples: Samples, rate_hz: int, edit: Sibilance) -> Samples:
    """Sibilants turned down above their corner."""
    return sibilants_repaired(samples, rate_hz, edit.corner_hz, gains(edit.spans))


def places(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    return [(span.start_frame, span.frames) for span in spans]


def gains(spans: tuple[SpanGain, ...]) -> list[tuple[int, int, float]]:
    return [(span.start_frame, span.frames, span.gain_db) for span in spans if span.gain_db != 0.0]


PLAYERS: dict[type[Any], Player] = {
    Declip: play_declip,
    ClickRepair: play_clicks,
    HumRemoval: play_hum,
    BleedReduction: play_bleed,
    PlosiveRepair: play_plosives,
    NoiseReduction: play_noise,
    SpeechCleaning: play_speech,
    RoomReduction: play_room,
    Breaths: play_gains,
    Sibilance: play_sibilance,
    Tuning: play_tuning,
    Silences: play_gains,
}
"""Kind of edit → its player."""
