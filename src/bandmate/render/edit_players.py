"""How each clip edit is played: its settings handed to the code in ``bandmate.sound`` that does the work.

Conventions: a player takes a whole recording (float32, channels by frames) at its own rate and gives another of the
same shape; what an edit does not touch stays bit-identical.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bandmate.song.clip_edits import Breaths, ClickRepair, HumRemoval, Silences, SpanGains
from bandmate.song.tuning import Tuning
from bandmate.sound.audio import Samples
from bandmate.sound.click_repair import clicks_repaired
from bandmate.sound.hum_removal import without_hum
from bandmate.sound.span_gain import Stretch, with_gains
from bandmate.sound.tuned_voice import play_tuning

Player = Callable[..., Samples]


def play_gains(samples: Samples, rate_hz: int, edit: SpanGains) -> Samples:
    """Stretches turned down, with ramps."""
    spans = [Stretch(span.start_frame, span.frames, span.gain_db) for span in edit.spans]
    return with_gains(samples, spans, ramp_frames=round(edit.ramp_ms * rate_hz / 1000))


def play_clicks(samples: Samples, rate_hz: int, edit: ClickRepair) -> Samples:
    """Clicks drawn again."""
    spans = [(span.start_frame, span.frames) for span in edit.spans]
    return clicks_repaired(samples, rate_hz, spans, edit.amount)


def play_hum(samples: Samples, rate_hz: int, edit: HumRemoval) -> Samples:
    """Lines of hum subtracted."""
    if not edit.lines or edit.amount == 0.0:
        return samples
    return without_hum(samples, rate_hz, edit.freq_hz, [line.number for line in edit.lines], edit.amount)


PLAYERS: dict[type[Any], Player] = {
    ClickRepair: play_clicks,
    HumRemoval: play_hum,
    Breaths: play_gains,
    Tuning: play_tuning,
    Silences: play_gains,
}
"""Kind of edit → its player."""
