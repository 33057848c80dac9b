"""A meter that is not ours, for files: FFmpeg's ebur128 filter through PyAV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from bandmate.sound.audio import Audio
from tests.conformance.test_independent_meter import Reading, ffmpeg_reading


def reading_of(path: Path) -> Reading:
    """What the filter says of a stereo WAV file, read by libsndfile."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return ffmpeg_reading(Audio(np.ascontiguousarray(samples.T), rate_hz))
