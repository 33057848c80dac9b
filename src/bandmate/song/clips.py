"""Clips: a placed window onto a recording, or onto written notes.

Conventions: an audio clip is fixed to seconds and counted in frames of its own recording, so that an import is exact
to the frame at any rate; a note clip is fixed to ticks and follows the tempo.

::

    recording     |-----------[======== source_frames ========]------|
                              ^ source_start_frame
    song          ............[/===============================\\]....
                              ^ start_seconds, with fades at both ends
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from bandmate.song.clip_edits import AnyClipEdit
from bandmate.song.notes import Instrument, Note
from bandmate.song.values import Decibels, Frames, Id, Ticks, Value

FadeMs = Annotated[float, msgspec.Meta(ge=0.0, le=600_000.0)]


class AudioClip(Value, frozen=True, kw_only=True, tag="audio"):
    """``source_frames`` frames of the recording ``audio`` (sha256 of the file), from ``source_start_frame`` on.

    Fades are straight lines in amplitude; where they are longer than the clip together, they are shortened in
    proportion. ``edits`` repair and tune the recording before anything else; the recording itself is never written.
    """

    id: Id
    audio: str
    name: str = ""
    start_seconds: Annotated[float, msgspec.Meta(ge=0.0, le=1e7)] = 0.0
    source_start_frame: Frames = 0
    source_frames: Frames
    source_rate_hz: Annotated[int, msgspec.Meta(ge=1_000, le=768_000)]
    gain_db: Decibels = 0.0
    fade_in_ms: FadeMs = 0.0
    fade_out_ms: FadeMs = 0.0
    mute: bool = False
    edits: tuple[AnyClipEdit, ...] = ()

    @property
    def recording_start_seconds(self) -> float:
        """Where in the song the whole recording would begin; below 0 for one that is cut into."""
        return self.start_seconds - self.source_start_frame / self.source_rate_hz


class NoteClip(Value, frozen=True, kw_only=True, tag="notes"):
    """Notes that start inside ``length_ticks`` from ``start_ticks`` on; a note is cut where the clip ends."""

    id: Id
    name: str = ""
    start_ticks: Ticks = 0
    length_ticks: Annotated[int, msgspec.Meta(ge=1, le=2**40)]
    notes: tuple[Note, ...] = ()
    instrument: Instrument = Instrument()
    mute: bool = False


AnyClip = AudioClip | NoteClip
