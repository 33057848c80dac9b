"""A take: one recording, what is heard in it, and what its repairs so far have made of it.

What is heard is remembered by the sound's own hash, so nothing is listened to twice, in this run or the next.
"""

from __future__ import annotations

import hashlib
from functools import cached_property

import msgspec
import numpy as np

from bandmate.sound.audio import Samples
from bandmate.sound.pitch import track_pitch
from bandmate.sound.pitch_curve import PitchCurve
from bandmate.sound.pitch_judge import judge_pitch
from bandmate.stages.ears import Memory

PITCH, JUDGE = "pitch", "pitch-judge"
CURVE_VERSION = "2"
"""Raised by one whenever a tracker changes what it hears."""


class Take:
    """A recording.

    Parameters
    ----------
    samples : float32 array (channels, frames)
    rate_hz : int
    memory : Memory
        where what is heard is kept.
    """

    def __init__(self, samples: Samples, rate_hz: int, memory: Memory) -> None:
        self.samples, self.rate_hz, self.memory = samples, rate_hz, memory

    def become(self, samples: Samples) -> Take:
        """The take with other sound; the same object for the same sound."""
        return self if samples is self.samples else Take(samples, self.rate_hz, self.memory)

    @property
    def seconds(self) -> float:
        return float(self.samples.shape[1] / self.rate_hz)

    @property
    def is_silent(self) -> bool:
        return not self.samples.any()

    @cached_property
    def content(self) -> str:
        """A name for the sound: equal sounds have equal names."""
        digest = hashlib.sha256(f"{self.rate_hz} {self.samples.shape}".encode())
        digest.update(np.ascontiguousarray(self.samples).data)
        return digest.hexdigest()

    @cached_property
    def curve(self) -> PitchCurve:
        """The pitch, as the tracker hears it that corrections are made after."""
        return self._remembered(PITCH)

    @cached_property
    def judged(self) -> PitchCurve:
        """The pitch, as the judge hears it, who is another tracker."""
        return self._remembered(JUDGE)

    def _remembered(self, analyser: str) -> PitchCurve:
        data = self.memory.recall(self.content, analyser, CURVE_VERSION)
        if data is not None:
            return curve_of(data)
        track = track_pitch if analyser == PITCH else judge_pitch
        found = track(self.samples, self.rate_hz)
        parts = (found.hop_seconds, found.hz.tobytes(), found.confidence.tobytes())
        self.memory.remember(self.content, analyser, CURVE_VERSION, msgspec.msgpack.encode(parts))
        return found


def curve_of(data: bytes) -> PitchCurve:
    """A curve that was remembered."""
    hop_seconds, hz, confidence = msgspec.msgpack.decode(data, type=tuple[float, bytes, bytes])
    return PitchCurve(hop_seconds, np.frombuffer(hz).copy(), np.frombuffer(confidence).copy())
