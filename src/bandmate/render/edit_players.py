"""How each clip edit is played: its settings handed to the code in ``bandmate.sound`` that does the work.

Conventions: a player takes a whole recording (float32, channels by frames) at its own rate and gives another of the
same shape; what an edit does not touch stays bit-identical.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bandmate.song.clip_edits import Breaths, Silences, SpanGains
from bandmate.sound.audio import Samples
from bandmate.sound.span_gain import Stretch, with_gains

Player = Callable[..., Samples]


def play_gains(samples: Samples, rate_hz: int, edit: SpanGains) -> Samples:
    """Stretches turned down, with ramps."""
    spans = [Stretch(span.start_frame, span.frames, span.gain_db) for span in edit.spans]
    return with_gains(samples, spans, ramp_frames=round(edit.ramp_ms * rate_hz / 1000))


PLAYERS: dict[type[Any], Player] = {
    Breaths: play_gains,
    Silences: play_gains,
}
"""Kind of edit → its player."""
