"""What the first-run warm-up must cover."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from bandmate.song.devices import (
    AnyDevice,
    Band,
    Compressor,
    DeEsser,
    DynamicBand,
    DynamicEqBand,
    DynamicEqualizer,
    Equalizer,
    Gate,
    MultibandCompressor,
    Ride,
    RidePoint,
    SoftClipper,
    Width,
)
from bandmate.sound import dynamic_eq, dynamics, multiband, ride, section_loops, soft_clip
from bandmate.sound.audio import Audio
from bandmate.sound.processors import compile_kernels, process_audio

BELL, SIDE = Band(id="1", gain_db=3.0), Band(id="2", gain_db=3.0, scope="side")
MOVING = (DynamicEqBand(id="1"), DynamicEqBand(id="2", kind="high-shelf", range_db=3.0))
DYNAMIC = (DynamicBand(id="1", upper_hz=200.0), DynamicBand(id="2", upper_hz=9_000.0))


@pytest.mark.parametrize(
    ("module", "kernels", "devices"),
    [
        (
            section_loops,
            ["filter_channels", "filter_mid_side"],
            (Equalizer(id="e", bands=(BELL,)), Equalizer(id="e", bands=(SIDE,)), Width(id="w", mono_below_hz=90.0)),
        ),
        (
            dynamics,
            ["follow_compression", "follow_gate", "raise_to_peaks"],
            (Compressor(id="c", detector_high_pass_hz=90.0), Compressor(id="c"), Gate(id="g"), DeEsser(id="d")),
        ),
        (multiband, ["add_times"], (MultibandCompressor(id="m", bands=DYNAMIC),)),
        (dynamic_eq, ["run_band"], (DynamicEqualizer(id="d", bands=MOVING),)),
        (soft_clip, ["clip_row"], (SoftClipper(id="s", ceiling_dbfs=-20.0),)),
        (ride, ["ride_levels"], (Ride(id="r", points=(RidePoint(id="1", at_seconds=0.1, gain_db=1.0),)),)),
    ],
)
def test_nothing_is_left_to_compile_after_the_warm_up(
    module: ModuleType, kernels: list[str], devices: tuple[AnyDevice, ...]
) -> None:
    compile_kernels()
    versions = {kernel: len(getattr(module, kernel).signatures) for kernel in kernels}
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 5_000)).astype(np.float32)
    for device in devices:
        process_audio(Audio(noise, 44_100), device)
        process_audio(Audio(noise[:, ::2], 44_100), device)
        if not isinstance(device, Width):
            process_audio(Audio(noise[:1], 44_100), device)
    assert {kernel: len(getattr(module, kernel).signatures) for kernel in kernels} == versions
    # Other tests of this process may have called a kernel with arrays of their own: several versions are no fault.
    assert 0 not in versions.values()
