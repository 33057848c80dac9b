"""Laws of all processors: cuts do not matter, neutral changes nothing, a ceiling holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.devices import AnyDevice, Band, Compressor, DeEsser, Equalizer, Gate, Limiter, Saturator, Width
from bandmate.sound.audio import Audio
from bandmate.sound.processors import process_audio, processor_for
from tests.sound.running import run

FREQS = st.floats(10.0, 30_000.0)
GAINS = st.floats(-24.0, 24.0)
BANDS = st.builds(
    Band,
    id=st.just("b"),
    kind=st.sampled_from(["bell", "low-shelf", "high-shelf", "high-pass", "low-pass", "notch"]),
    freq_hz=FREQS,
    gain_db=GAINS,
    q=st.floats(0.1, 20.0),
    slope_db=st.sampled_from([6, 12, 18, 24, 36, 48]),
    scope=st.sampled_from(["stereo", "mid", "side"]),
)
THRESHOLDS = st.floats(-60.0, 0.0)
TIMES = st.floats(0.0, 200.0)
DEVICES: st.SearchStrategy[AnyDevice] = st.one_of(
    st.builds(Equalizer, id=st.just("e"), bands=st.tuples(BANDS)),
    st.builds(
        Compressor,
        id=st.just("c"),
        threshold_dbfs=THRESHOLDS,
        ratio=st.floats(1.0, 100.0),
        knee_db=st.floats(0.0, 36.0),
        attack_ms=TIMES,
        release_ms=TIMES,
        makeup_db=GAINS,
    ),
    st.builds(Gate, id=st.just("g"), threshold_dbfs=THRESHOLDS, hold_ms=TIMES, attack_ms=TIMES, release_ms=TIMES),
    st.builds(DeEsser, id=st.just("d"), threshold_dbfs=THRESHOLDS, freq_hz=FREQS),
    st.builds(Saturator, id=st.just("s"), drive_db=st.floats(0.0, 48.0), wet=st.floats(0.1, 1.0)),
    st.builds(Width, id=st.just("w"), side=st.floats(0.0, 4.0), mono_below_hz=st.floats(0.0, 500.0)),
    st.builds(Limiter, id=st.just("l"), gain_db=GAINS, lookahead_ms=st.floats(0.5, 20.0)),
)


def bursts(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((2, 2_000)) * np.repeat(rng.uniform(0.0, 0.7, 20), 100)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(device=DEVICES, seed=st.integers(0, 99), sizes=st.lists(st.integers(1, 900), min_size=1, max_size=5))
def test_where_a_signal_is_cut_makes_no_difference_to_a_single_bit(
    device: AnyDevice, seed: int, sizes: list[int]
) -> None:
    whole, cut = (processor_for(device, rate_hz=44_100, channels=2) for _ in range(2))
    if whole is None or cut is None:
        return
    samples = bursts(seed)
    assert np.array_equal(run(whole, samples), run(cut, samples, sizes))
    assert whole.report() == cut.report()


@settings(max_examples=60, deadline=None)
@given(device=DEVICES, seed=st.integers(0, 99))
def test_neutral_changes_not_a_single_bit_of_what_is_below_a_ceiling(device: AnyDevice, seed: int) -> None:
    audio = Audio(bursts(seed) * np.float32(0.1), 44_100)
    assert np.array_equal(process_audio(audio, device.neutral()).samples, audio.samples)


@settings(max_examples=40, deadline=None)
@given(device=DEVICES, seed=st.integers(0, 99))
def test_every_setting_gives_finite_sound(device: AnyDevice, seed: int) -> None:
    assert np.isfinite(process_audio(Audio(bursts(seed), 44_100), device).samples).all()
