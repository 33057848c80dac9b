"""Agreement with a meter that shares no line with ours: FFmpeg's ebur128 filter, on real recordings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import soundfile

from bandmate.sound.audio import Audio
from bandmate.sound.loudness import measure_loudness
from bandmate.sound.truepeak import measure_true_peak
from tests.conftest import shared_folder

av = pytest.importorskip("av", reason="PyAV brings the independent meter")

STEMS = ["bassguitar", "clav", "drums", "horns", "leadguitar"]


@dataclass(frozen=True)
class Reading:
    integrated_lufs: float
    range_lu: float
    dbtp: float


def ffmpeg_reading(audio: Audio) -> Reading:
    """What the filter writes to the metadata of its last frame: three decimals, the peak as amplitude."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=audio.rate_hz, format="fltp", layout="stereo", time_base=Fraction(1, audio.rate_hz)
    )
    meter = graph.add("ebur128", "metadata=1:peak=true")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    said: dict[str, str] = {}
    for frame in pushed(graph, audio):
        said = dict(frame.metadata) or said
    return Reading(
        integrated_lufs=float(said["lavfi.r128.I"]),
        range_lu=float(said["lavfi.r128.LRA"]),
        dbtp=20 * math.log10(float(said["lavfi.r128.true_peak"])),
    )


def pushed(graph: av.filter.Graph, audio: Audio) -> Iterator[av.AudioFrame]:
    """Every frame that comes out while ``audio`` goes in."""
    position = 0
    for block in audio.blocks(audio.rate_hz // 10):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = audio.rate_hz, position, Fraction(1, audio.rate_hz)
        position += block.shape[1]
        graph.push(frame)
        while True:
            try:
                yield graph.pull()
            except (BlockingIOError, EOFError):
                break


@pytest.fixture(scope="module")
def recordings() -> dict[str, Audio]:
    """The five stems and their sum."""
    stems = {}
    for name in STEMS:
        samples, rate_hz = soundfile.read(
            shared_folder("audio", "stems_cc0") / f"{name}.mp3", dtype="float32", always_2d=True
        )
        stems[name] = Audio(samples.T, rate_hz)
    shortest = min(stem.frames for stem in stems.values())
    mix = np.sum([stem.samples[:, :shortest] for stem in stems.values()], axis=0)
    return {**stems, "mix": Audio(mix, stems["drums"].rate_hz)}


@pytest.mark.parametrize("name", [*STEMS, "mix"])
def test_readings_agree_on_real_recordings(recordings: dict[str, Audio], name: str) -> None:
    audio = recordings[name]
    other, ours = ffmpeg_reading(audio), measure_loudness(audio)
    assert ours.integrated_lufs == pytest.approx(other.integrated_lufs, abs=0.02)
    assert ours.range_lu == pytest.approx(other.range_lu, abs=0.2)
    assert measure_true_peak(audio).dbtp == pytest.approx(other.dbtp, abs=0.2)
