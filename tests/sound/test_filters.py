from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bandmate.song.devices import Band, Equalizer
from bandmate.song.errors import RequestError
from bandmate.sound.filters import (
    Cascade,
    EqualizerProcessor,
    analogue_prototype,
    band_sections,
    compile_kernels,
    high_pass_sections,
    low_pass_sections,
    notch_sections,
    response_db,
    sections_response_db,
)
from tests.sound.running import run

RATE = 44_100
FREQS = np.geomspace(20.0, 20_000.0, 300)


def sos_db(sos: np.ndarray, freqs: np.ndarray, rate: int) -> np.ndarray:
    _, response = signal.sosfreqz(sos, freqs, fs=rate)
    return 20.0 * np.log10(np.abs(response))


def prototype_db(band: Band, freqs: np.ndarray) -> np.ndarray:
    top, bottom = analogue_prototype(band.kind, band.gain_db, band.q)
    _, response = signal.freqs(top, bottom, freqs / band.freq_hz)
    return 20.0 * np.log10(np.abs(response))


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6, 8])
@pytest.mark.parametrize("freq_hz", [30.0, 1_000.0, 15_000.0])
def test_passes_are_the_butterworth_filters_of_scipy(order: int, freq_hz: float) -> None:
    for kind, sections in (("low", low_pass_sections), ("high", high_pass_sections)):
        expected = sos_db(signal.butter(order, freq_hz, kind, fs=RATE, output="sos"), FREQS, RATE)
        ours = sections_response_db(sections(freq_hz, RATE, order=order), FREQS, RATE)
        heard = expected > -140.0
        assert np.abs(ours - expected)[heard].max() < 1e-5


def test_a_notch_is_the_bilinear_transform_of_its_prototype() -> None:
    corner = 2.0 * RATE * np.tan(np.pi * 3_000.0 / RATE)
    b, a = signal.bilinear([1.0, 0.0, corner**2], [1.0, corner / 4.0, corner**2], RATE)
    expected = sos_db(np.array([[*b, *a]]), FREQS, RATE)
    assert np.abs(sections_response_db(notch_sections(3_000.0, RATE, q=4.0), FREQS, RATE) - expected).max() < 1e-6


@pytest.mark.parametrize("kind", ["bell", "low-shelf", "high-shelf"])
@pytest.mark.parametrize("gain_db", [-18.0, -6.0, 1.0, 12.0])
@pytest.mark.parametrize("freq_hz", [40.0, 400.0, 4_000.0])
def test_bells_and_shelves_follow_the_analogue_curve(kind: str, gain_db: float, freq_hz: float) -> None:
    for q in (0.4, 0.7071, 1.0):
        band = Band(id="b", kind=kind, freq_hz=freq_hz, gain_db=gain_db, q=q)
        error = np.abs(response_db([band], FREQS, RATE) - prototype_db(band, FREQS)).max()
        assert error < (0.06 if freq_hz == 4_000.0 else 0.01) * abs(gain_db)


@pytest.mark.parametrize("kind", ["bell", "low-shelf", "high-shelf"])
def test_bands_near_the_top_are_not_squeezed(kind: str) -> None:
    band = Band(id="b", kind=kind, freq_hz=14_000.0, gain_db=9.0, q=0.7071)
    wanted = prototype_db(band, FREQS)
    ours = np.abs(response_db([band], FREQS, RATE) - wanted).max()
    warped = np.tan(np.pi * FREQS / RATE) / np.tan(np.pi * band.freq_hz / RATE) * band.freq_hz
    cookbook = np.abs(prototype_db(band, warped) - wanted).max()
    assert ours < 0.1 * band.gain_db and ours < 0.5 * cookbook


def test_a_cut_undoes_the_same_boost_exactly() -> None:
    for kind in ("bell", "low-shelf", "high-shelf"):
        bands = [Band(id=str(g), kind=kind, freq_hz=9_000.0, gain_db=g, q=1.3) for g in (7.0, -7.0)]
        assert np.abs(response_db(bands, FREQS, RATE)).max() < 1e-9


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("kind", ["bell", "low-shelf", "high-shelf", "notch", "low-pass", "high-pass"])
def test_every_band_is_stable_and_of_minimum_phase_wherever_it_lies(rate_hz: int, kind: str) -> None:
    for freq_hz in (1.0, 20.0, 3_000.0, 21_500.0, 40_000.0, 96_000.0):
        for gain_db in (-40.0, -0.1, 0.1, 40.0):
            for q in (0.05, 0.7071, 50.0):
                band = Band(id="b", kind=kind, freq_hz=freq_hz, gain_db=gain_db, q=q)
                for b0, b1, b2, a1, a2 in band_sections(band, rate_hz):
                    assert np.abs(np.roots([1.0, a1, a2])).max() < 1.0
                    assert np.abs(np.roots([b0, b1, b2])).max() <= 1.0 + 1e-6
                assert np.isfinite(response_db([band], FREQS, rate_hz)).all()


def test_the_response_is_what_the_running_equalizer_does() -> None:
    bands = (
        Band(id="hp", kind="high-pass", freq_hz=80.0, slope_db=18),
        Band(id="bell", freq_hz=2_800.0, gain_db=-4.0, q=2.0),
        Band(id="air", kind="high-shelf", freq_hz=10_000.0, gain_db=3.0),
    )
    impulse = np.zeros((1, 1 << 16))
    impulse[0, 0] = 1.0
    out = run(EqualizerProcessor(Equalizer(id="eq", bands=bands), rate_hz=RATE, channels=1), impulse)
    freqs = np.fft.rfftfreq(1 << 16, 1.0 / RATE)[50:-2_000]
    measured = 20.0 * np.log10(np.abs(np.fft.rfft(out[0].astype(np.float64)))[50:-2_000])
    assert np.abs(measured - response_db(bands, freqs, RATE)).max() < 1e-3


def test_running_sections_agree_with_scipy(rng: np.random.Generator) -> None:
    noise = rng.standard_normal((2, 5_000))
    sections = high_pass_sections(300.0, RATE, order=6)
    sos = np.insert(sections, 3, 1.0, axis=1)
    assert np.abs(Cascade(sections, 2).run(noise.copy()) - signal.sosfilt(sos, noise)).max() < 1e-12


def test_a_side_band_leaves_the_middle_alone(rng: np.random.Generator) -> None:
    left, right = rng.standard_normal((2, 4_000)) * 0.1
    device = Equalizer(id="eq", bands=(Band(id="b", gain_db=12.0, scope="side"),))
    out = run(EqualizerProcessor(device, rate_hz=RATE, channels=2), np.stack([left, right]))
    alone = run(
        EqualizerProcessor(Equalizer(id="eq", bands=(Band(id="b", gain_db=12.0),)), rate_hz=RATE, channels=1),
        (left - right)[None, :] / 2.0,
    )
    assert np.abs(out.sum(axis=0) - (left + right)).max() < 1e-6
    assert np.abs((out[0] - out[1]) / 2.0 - alone[0]).max() < 1e-6


def test_a_middle_band_on_mono_filters_the_signal(rng: np.random.Generator) -> None:
    noise = rng.standard_normal((1, 1_000))
    both = [
        run(EqualizerProcessor(Equalizer(id="eq", bands=(band,)), rate_hz=RATE, channels=1), noise)
        for band in (Band(id="b", gain_db=6.0, scope="mid"), Band(id="b", gain_db=6.0))
    ]
    assert np.array_equal(*both)


def test_middle_and_side_need_two_channels() -> None:
    device = Equalizer(id="eq", bands=(Band(id="b", gain_db=6.0, scope="side"),))
    with pytest.raises(RequestError, match='equalizer "eq" has bands for middle or side, the signal has 8 channels'):
        EqualizerProcessor(device, rate_hz=RATE, channels=8)


def test_a_filter_rings_out_to_exact_silence() -> None:
    device = Equalizer(id="eq", bands=(Band(id="b", freq_hz=200.0, gain_db=24.0, q=1.0),))
    processor = EqualizerProcessor(device, rate_hz=RATE, channels=1)
    processor.process(np.ones((1, 100), dtype=np.float32))
    for _ in range(8):
        last = processor.process(np.zeros((1, 10_000), dtype=np.float32))
    state = processor.lanes[0].state
    assert not last.any()
    assert np.all((state == 0.0) | (np.abs(state) > 1e-300))


def test_no_bands_are_flat_and_compiling_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    compile_kernels()
    assert not response_db([], FREQS, RATE).any()
    assert capsys.readouterr().out == ""


def test_the_output_gain_of_an_equalizer_is_a_gain_and_nothing_else(rng: np.random.Generator) -> None:
    from bandmate.song.devices import Equalizer
    from bandmate.sound.audio import Audio
    from bandmate.sound.processors import process_audio

    audio = Audio(rng.standard_normal((2, 5_000)).astype(np.float32), 44_100)
    quieter = process_audio(audio, Equalizer(id="trim", gain_db=-6.0))
    np.testing.assert_allclose(quieter.samples, audio.samples * 10 ** (-6.0 / 20), rtol=1e-6)
    assert process_audio(audio, Equalizer(id="trim", gain_db=-6.0).neutral()) is audio
