"""Recordings with their clip edits: repaired and tuned as a whole, at their own rate, once.

The sound that comes out is named by the recording, the edits that are switched on and the code that makes sound, and
kept by the collection of recordings; the recording itself is only read. A clip whose edits all stand at nothing gets
the recording's own samples.

Not covered: what each edit does (``bandmate.sound``), finding what to edit (``bandmate.stages.edit``).
"""

from __future__ import annotations

from collections.abc import Callable

from bandmate.render.edit_players import PLAYERS
from bandmate.render.keys import key_of
from bandmate.render.media import Media, Source
from bandmate.song.clip_edits import AnyClipEdit, BleedReduction, in_order
from bandmate.song.clips import AudioClip
from bandmate.sound.audio import Audio, Samples
from bandmate.sound.resample import resample

Recorded = Callable[[str], Samples]
"""Gives all of another recording at the rate of this one, by its sha256."""


def edited_source(media: Media, clip: AudioClip, rate_hz: int) -> Source:
    """A new reader of the clip's recording with its edits, at ``rate_hz``; without any, of the recording itself."""
    if not in_order(clip.edits):
        return media.source(clip.audio, rate_hz)
    return media.kept(edited_name(clip, rate_hz), lambda: edited_recording(media, clip, rate_hz))


def edited_name(clip: AudioClip, rate_hz: int) -> str:
    """What the edited recording is called; equal names sound the same."""
    edits = [[type(edit).__name__, edit] for edit in in_order(clip.edits)]
    return key_of("edited", [clip.audio, clip.source_rate_hz, rate_hz, edits])


def edited_recording(media: Media, clip: AudioClip, rate_hz: int) -> Audio:
    """All of the clip's recording with its edits, at ``rate_hz``."""
    own_hz = clip.source_rate_hz

    def recorded(name: str) -> Samples:
        return whole(media, name, own_hz)

    made = edited(whole(media, clip.audio, own_hz), own_hz, clip.edits, recorded)
    return resample(Audio(made, own_hz), rate_hz)


def edited(samples: Samples, rate_hz: int, edits: tuple[AnyClipEdit, ...], recorded: Recorded) -> Samples:
    """A recording, float32 (channels, frames), with the edits that are switched on; the same samples without any."""
    for edit in in_order(edits):
        if isinstance(edit, BleedReduction):
            samples = PLAYERS[type(edit)](samples, rate_hz, edit, recorded(edit.source))
        else:
            samples = PLAYERS[type(edit)](samples, rate_hz, edit)
    return samples


def whole(media: Media, name: str, rate_hz: int) -> Samples:
    """All of a recording."""
    source = media.source(name, rate_hz)
    try:
        return source.read(0, source.frames)
    finally:
        source.close()
