"""The pair meter agrees with the stereo meter and with arithmetic, wherever the blocks are cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.band_pair import BandPair, PairMeter
from bandmate.sound.filters import low_pass_sections
from bandmate.sound.stereo import measure_stereo
from tests.sound.cuts import noise, pieces
from tests.sound.running import sine

RATE_HZ = 44_100


def paired(samples: np.ndarray, rate_hz: int = RATE_HZ, **options: object) -> BandPair:
    meter = PairMeter(rate_hz, samples.shape[0], **options)  # type: ignore[arg-type]
    meter.feed(samples)
    return meter.result()


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_it_reads_what_the_stereo_meter_reads(rate_hz: int, rng: np.random.Generator) -> None:
    audio = noise(rng, 2, 2 * rate_hz + 17, rate_hz)
    mixed = Audio(np.stack([audio.samples[0], 0.5 * audio.samples[0] + audio.samples[1]]), rate_hz)
    image, found = measure_stereo(mixed), paired(mixed.samples, rate_hz)
    assert found.correlation == pytest.approx(image.correlation, abs=1e-9)
    assert found.balance_db == pytest.approx(image.balance_db, abs=1e-9)
    assert found.mono_loss_db == pytest.approx(image.mono_loss_db, abs=1e-9)


@given(seed=st.integers(0, 2**32 - 1), most=st.sampled_from([1, 7, 1000, 30_000]))
@settings(max_examples=15, deadline=None)
def test_cuts_do_not_matter_to_a_single_bit(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    audio = noise(rng, 2, 3_000 if most < 10 else 30_000, 8_000)
    sections = low_pass_sections(120.0, 8_000, order=4)
    whole, cut = PairMeter(8_000, 2, sections), PairMeter(8_000, 2, sections)
    whole.feed(audio.samples)
    for piece in pieces(audio, rng, most):
        cut.feed(piece)
    for one, other in zip(
        (whole.result().left, whole.result().both), (cut.result().left, cut.result().both), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_opposite_polarity_loses_all_and_says_a_figure() -> None:
    tone = sine(100.0, rate_hz=RATE_HZ, seconds=1.0)
    found = paired(np.concatenate([tone, -tone]).astype(np.float32))
    assert found.correlation == -1.0 and found.mono_loss_db == 60.0


def test_mono_is_two_equal_channels() -> None:
    found = paired(sine(100.0, rate_hz=RATE_HZ, seconds=1.0).astype(np.float32))
    assert found.correlation == 1.0 and found.mono_loss_db == pytest.approx(0.0, abs=1e-9) and found.balance_db == 0.0


@pytest.mark.parametrize("frames", [0, 1, RATE_HZ])
def test_silence_has_no_figures(frames: int) -> None:
    found = paired(np.zeros((2, frames), np.float32))
    assert found.energy == 0.0 and found.correlation is None and found.mono_loss_db is None
    assert found.balance_db is None and found.worst(3.0) is None


def test_the_worst_stretch_is_found_and_pauses_are_not() -> None:
    tone = sine(80.0, rate_hz=RATE_HZ, seconds=20.0)
    right = tone.copy()
    right[:, 8 * RATE_HZ : 10 * RATE_HZ] *= -1.0
    level = np.ones_like(tone)
    level[:, 15 * RATE_HZ :] = 1e-3
    right[:, 16 * RATE_HZ :] *= -1.0
    found = paired(np.concatenate([tone * level, right * level]).astype(np.float32)).worst(2.0)
    assert found is not None
    assert found[0] == pytest.approx(8.0, abs=0.11) and found[1] < -0.9


def test_only_the_selected_hops_count() -> None:
    tone = sine(500.0, rate_hz=RATE_HZ, seconds=2.0)
    right = tone.copy()
    right[:, RATE_HZ:] *= 0.5
    found = paired(np.concatenate([tone, right]).astype(np.float32))
    later = np.arange(len(found.left)) >= 10
    assert found.select(later).balance_db == pytest.approx(-6.02, abs=0.01)
    assert found.select(~later).balance_db == pytest.approx(0.0, abs=0.01)


def test_nan_and_too_many_channels_are_refused_by_name() -> None:
    with pytest.raises(RequestError, match="channel 2 is nan at frame 1"):
        paired(np.array([[0.0, 0.0], [0.0, np.nan]], np.float32))
    with pytest.raises(RequestError, match="a pair has 1 or 2 channels, not 3"):
        PairMeter(RATE_HZ, 3)
