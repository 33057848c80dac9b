"""Fades at the edges of clips: a clip that begins or ends in the middle of a sound clicks, and a short fade mends it.

Conventions: the edge is heard in the recording with its edits, at the clip's own gain. What another clip of the track
goes on with at that moment is an edit that somebody made, and left alone; so is an edge that has a fade.

Not covered: crossfades between clips.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandmate.song.clips import AudioClip
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from bandmate.stages.words import spoken_name

FADE_MS = 5.0
LEAST_STEP_DBFS = -50.0
"""A step that is smaller is not heard as a click."""

TOUCHES_SECONDS = 0.02
CONFIDENCE = 0.9


def fade_moves(
    track: Track, clip: AudioClip, samples: Samples, rate_hz: int, others: Sequence[AudioClip]
) -> list[Move]:
    """Fades for the edges of a clip that click.

    Parameters
    ----------
    samples : float32 array (channels, frames)
        the clip's recording with its edits.
    others : sequence of AudioClip
        the other clips of the track.
    """
    first = clip.source_start_frame
    last = min(samples.shape[1], first + clip.source_frames) - 1
    if last <= first:
        return []
    ends = clip.start_seconds + clip.source_frames / clip.source_rate_hz
    edges = (
        ("fade_in_ms", clip.fade_in_ms, first, clip.start_seconds, "begins"),
        ("fade_out_ms", clip.fade_out_ms, last, ends, "ends"),
    )
    found = []
    for field, fade_ms, frame, seconds, does in edges:
        step = float(np.abs(samples[:, frame]).max()) * 10 ** (clip.gain_db / 20)
        step_dbfs = 20 * float(np.log10(max(step, 1e-9)))
        if fade_ms > 0 or step_dbfs < LEAST_STEP_DBFS or touches(seconds, others):
            continue
        name = spoken_name(track)
        found.append(
            Move(
                address=f"tracks/{track.id}/clips/{clip.id}/{field}",
                before=fade_ms,
                after=FADE_MS,
                because=f"{name} {does} with a step at {step_dbfs:.0f} dBFS at {seconds:.2f} s; "
                f"a fade of {FADE_MS:.0f} ms takes the click away",
                evidence=(
                    Evidence(what="step at the edge", unit="dBFS", before=step_dbfs, where=track.id),
                    Evidence(what="where it is", unit="s", before=seconds, where=track.id),
                    Evidence(what="length of the fade", unit="ms", after=FADE_MS, where=track.id),
                ),
                confidence=CONFIDENCE,
            )
        )
    return found


def touches(seconds: float, others: Sequence[AudioClip]) -> bool:
    """Whether another clip plays at that moment, or next to it."""
    return any(
        other.start_seconds - TOUCHES_SECONDS
        <= seconds
        <= other.start_seconds + other.source_frames / other.source_rate_hz + TOUCHES_SECONDS
        for other in others
    )
