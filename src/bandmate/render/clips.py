"""What a track plays before any device: its clips, trimmed, faded, laid over each other.

Conventions: a clip begins at the frame nearest to its start; its length is that of its recording at the song's rate.
Overlapping clips add up. Fades are straight lines that count from the middle of a frame, so a fade-out over a fade-in
of the same length adds up to exactly one. A track is mono while all it plays is mono; otherwise mono clips sound on
both sides. Polarity turns the sign; delay moves by whole frames, and what it moves before the start of the song is
lost.

Not covered: recordings with more than two channels.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import numpy as np
from msgspec.structs import replace

from bandmate.render.clip_edits import edited_name, edited_source
from bandmate.render.feed import Notes, silence
from bandmate.render.levels import Curve, linear_gain
from bandmate.render.media import Media, Source
from bandmate.song.clips import AudioClip
from bandmate.song.errors import MediaError
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples

OPEN_RECORDINGS = 8


class Playing(Protocol):
    """A clip on its way to sound, with its place in the song."""

    start: int
    frames: int

    @property
    def channels(self) -> int: ...

    def read(self, offset: int, frames: int) -> Samples:
        """Frames of the clip from ``offset`` on; always inside the clip."""
        ...

    def close(self) -> None: ...


class Window(NamedTuple):
    """An audio clip in frames of the song: where it begins, how long it is, and where in the recording."""

    start: int
    frames: int
    source_start: int


def window_of(clip: AudioClip, rate_hz: int) -> Window:
    """The clip in frames at ``rate_hz``; exact when the recording has that rate."""
    return Window(
        round(Fraction(clip.start_seconds) * rate_hz),
        round(Fraction(clip.source_frames * rate_hz, clip.source_rate_hz)),
        round(Fraction(clip.source_start_frame * rate_hz, clip.source_rate_hz)),
    )


def audio_clip_parts(clip: AudioClip, rate_hz: int) -> Any:
    """What the sound of an audio clip depends on."""
    edits = [edited_name(clip, rate_hz)] if clip.edits else []
    return ["audio", clip.audio, window_of(clip, rate_hz), clip.gain_db, clip.fade_in_ms, clip.fade_out_ms, *edits]


def delay_frames(track: Track, rate_hz: int) -> int:
    """The track's delay in whole frames; negative is early."""
    return round(Fraction(track.delay_ms) * rate_hz / 1000)


class Recordings:
    """The open recordings of one track; the least recently used is closed when there are too many."""

    def __init__(self, media: Media, rate_hz: int) -> None:
        self._media, self._rate_hz = media, rate_hz
        self._open: OrderedDict[str, Source] = OrderedDict()
        self._channels: dict[str, int] = {}

    def get(self, clip: AudioClip) -> Source:
        """The clip's recording, with its edits."""
        name = edited_name(clip, self._rate_hz) if clip.edits else clip.audio
        if name not in self._open:
            while len(self._open) >= OPEN_RECORDINGS:
                self._open.popitem(last=False)[1].close()
            self._open[name] = edited_source(self._media, clip, self._rate_hz)
        self._open.move_to_end(name)
        return self._open[name]

    def channels(self, clip: AudioClip) -> int:
        """1 or 2.

        Raises
        ------
        MediaError
            if the recording has more than two channels.
        """
        if clip.audio not in self._channels:
            found = self.get(replace(clip, edits=())).channels
            if found > 2:
                raise MediaError(
                    f"recording {clip.audio[:12]} has {found} channels; a track plays 1 or 2. "
                    "Split it into stereo files"
                )
            self._channels[clip.audio] = found
        return self._channels[clip.audio]

    def close(self) -> None:
        for source in self._open.values():
            source.close()
        self._open.clear()


class AudioPlaying:
    """An audio clip that plays."""

    def __init__(self, clip: AudioClip, window: Window, recordings: Recordings, rate_hz: int) -> None:
        self.start, self.frames, self._source_start = window
        self._clip, self._recordings = clip, recordings
        self._gain = linear_gain(clip.gain_db)
        self._fade_in = fade_frames(clip.fade_in_ms, rate_hz)
        self._fade_out = fade_frames(clip.fade_out_ms, rate_hz)
        together = self._fade_in + self._fade_out
        if together > self.frames:
            self._fade_in *= self.frames / together
            self._fade_out *= self.frames / together

    @property
    def channels(self) -> int:
        return self._recordings.channels(self._clip)

    def read(self, offset: int, frames: int) -> Samples:
        block = self._recordings.get(self._clip).read(self._source_start + offset, frames)
        gain = self._gains(offset, frames)
        if isinstance(gain, float) and gain == 1.0:
            return block
        louder: Samples = block * np.asarray(gain, np.float32)
        return louder

    def close(self) -> None:
        """The recordings are closed by the track."""

    def _gains(self, offset: int, frames: int) -> float | Curve:
        fades_in = offset < self._fade_in
        fades_out = offset + frames > self.frames - self._fade_out
        if not fades_in and not fades_out:
            return self._gain
        middle = np.arange(offset, offset + frames) + 0.5
        gains = np.full(frames, self._gain)
        if fades_in:
            gains *= np.minimum(1.0, middle / self._fade_in)
        if fades_out:
            gains *= np.minimum(1.0, (self.frames - middle) / self._fade_out)
        return gains


def fade_frames(fade_ms: float, rate_hz: int) -> float:
    """The length of a fade in frames, not rounded; below half a frame it reaches no frame's middle and is none."""
    frames = fade_ms * rate_hz / 1000.0
    return frames if frames > 0.5 else 0.0


class ClipSum:
    """The clips of one track, added up, turned and delayed: a feed that can be read anywhere."""

    def __init__(self, track: Track, playing: Sequence[Playing], recordings: Recordings, rate_hz: int) -> None:
        self._playing, self._recordings = tuple(playing), recordings
        self._delay = delay_frames(track, rate_hz)
        self._inverted = track.polarity_inverted
        self.channels = max((one.channels for one in playing), default=1)
        ends = [one.start + one.frames + self._delay for one in playing]
        self.frames = max(0, max(ends, default=0))

    def read(self, start: int, frames: int) -> Samples:
        total = silence(self.channels, frames)
        from_frame = start - self._delay
        for one in self._playing:
            low, high = max(from_frame, one.start), min(from_frame + frames, one.start + one.frames)
            if low < high:
                total[:, low - from_frame : high - from_frame] += one.read(low - one.start, high - low)
        return np.negative(total, out=total) if self._inverted else total

    def notes(self) -> Notes:
        return []

    def close(self) -> None:
        for one in self._playing:
            one.close()
        self._recordings.close()
