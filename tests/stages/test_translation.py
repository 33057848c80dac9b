"""Translation says what a record loses where it is played, and nothing where nothing is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pytest

from bandmate.formats.audio_files import read_audio
from bandmate.song.errors import RequestError
from bandmate.sound.audio import Audio
from bandmate.sound.playback import playback_system, playback_systems
from bandmate.sound.stereo import measure_stereo
from bandmate.stages.master.translated import TranslationRow
from bandmate.stages.master.translation import Tape, longest_run, translate
from bandmate.stages.master.translation_words import translation_limits
from tests.conftest import shared_folder
from tests.sound.running import sine

RATE_HZ = 44_100
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def tape(samples: np.ndarray, block: int = 65_536) -> Tape:
    found = samples.astype(np.float32)
    return lambda: (found[:, start : start + block] for start in range(0, max(found.shape[1], 1), block))


def rows(samples: np.ndarray, rate_hz: int = RATE_HZ, **options: int) -> dict[str, TranslationRow]:
    return {row.system: row for row in translate(tape(samples, **options), rate_hz)}


def tone(freq_hz: float, seconds: float = 4.0, peak: float = 0.1, rate_hz: int = RATE_HZ) -> np.ndarray:
    return sine(freq_hz, rate_hz=rate_hz, seconds=seconds, peak=peak)


def balanced(seconds: float = 8.0, rate_hz: int = RATE_HZ, seed: int = 5) -> np.ndarray:
    """A stand-in for a record: pink noise, one bass for both sides, the rest partly shared."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * rate_hz)
    hz = np.fft.rfftfreq(frames, 1 / rate_hz)
    shape = np.where(hz > 30.0, 1 / np.sqrt(np.maximum(hz, 100.0)), 0.0)
    centre, left, right = (np.fft.irfft(np.fft.rfft(rng.standard_normal(frames)) * shape, frames) for _ in range(3))
    sides = [np.fft.irfft(np.fft.rfft(one) * (hz > 200.0), frames) for one in (left, right)]
    pair = np.stack([centre + 0.6 * side for side in sides])
    return 0.1 * pair / pair.std()


def remarks(found: dict[str, TranslationRow]) -> list[str]:
    return [remark for row in found.values() for remark in row.remarks]


def test_a_balanced_record_gets_a_sentence_for_each_system_and_no_remark() -> None:
    found = rows(balanced())
    assert list(found) == list(playback_systems()) and remarks(found) == []
    assert all(row.sentence.startswith(f"{row.name}: ") for row in found.values())


def test_the_five_stems_together_get_no_remark(stems_folder: object) -> None:
    stems = [read_audio(path) for path in sorted(shared_folder("audio", "stems_cc0").glob("*.mp3"))]
    seconds = 25
    mixed = np.zeros((2, seconds * stems[0].rate_hz))
    for stem in stems:
        part = stem.samples[:, 20 * stem.rate_hz : (20 + seconds) * stem.rate_hz]
        mixed[:, : part.shape[1]] += 0.4 * part
    assert remarks(rows(mixed, stems[0].rate_hz)) == []


def test_every_number_that_is_said_is_a_figure_of_the_row() -> None:
    bass, voice = tone(60.0), 0.02 * balanced(4.0)
    found = [*rows(np.concatenate([bass, -bass]) + voice).values(), *rows(balanced(4.0) + bass).values()]
    found += rows(np.concatenate([balanced(6.0), 0.01 * balanced(14.0)], axis=1)).values()
    said = 0
    for row in found:
        known = set(figures(asdict(row)))
        for line in (row.sentence, *row.remarks):
            for number in NUMBER.findall(re.sub(r"below (120|30) Hz", "", re.sub(r"(\d+):(\d+\.\d)", "", line))):
                said += 1
                assert number.lstrip("-") in known, (number, line)
    assert said > 30 and any(row.remarks for row in found)


def figures(value: object) -> Iterator[str]:
    """Every number in a row, as it may be written."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from figures(item)
    elif isinstance(value, float):
        yield from (f"{abs(value):.1f}", f"{abs(value):.2f}", f"{abs(value) * 100:.0f}", f"{abs(value) * 100:.1f}")


def test_bass_in_opposite_polarity_is_said_for_mono_and_club_with_the_figures() -> None:
    record = balanced()
    bass = tone(60.0, 8.0, peak=0.3)
    found = rows(record + np.concatenate([bass, -0.5 * bass]))
    mono = found["mono"].mono
    assert mono is not None and mono.low_loss_db is not None and mono.low_correlation is not None
    image = measure_stereo(Audio((record + np.concatenate([bass, -0.5 * bass])).astype(np.float32), RATE_HZ))
    assert mono.loss_db == pytest.approx(image.mono_loss_db, abs=1e-6)
    assert mono.low_correlation == pytest.approx(image.low_correlation, abs=0.05) and mono.low_correlation < -0.5
    assert f"in mono the bass below 120 Hz loses {mono.low_loss_db:.1f} dB" in found["mono"].remarks
    assert any(re.match(r"in a club the bass at 0:0\d\.\d is nearly gone", remark) for remark in found["club"].remarks)
    low = {round(band.centre_hz): band.agreement for band in mono.low_bands}
    assert low[63] < -0.5 and all(-1.0 <= value <= 1.0 for value in low.values())


def test_a_region_that_cancels_is_named() -> None:
    tinkle = tone(3_000.0, 8.0, peak=0.12)
    found = rows(balanced() + np.concatenate([tinkle, -tinkle]))
    assert len(found["mono"].remarks) == 1
    assert re.match(r"in mono the presence \(.*% of the power\) loses \d+\.\d dB", found["mono"].remarks[0])


def test_a_bass_alone_is_said_for_the_phone_and_the_earbuds() -> None:
    found = rows(np.repeat(tone(60.0), 2, axis=0) + 0.05 * balanced(4.0))
    assert found["phone"].remarks[0].startswith("on a phone the record is ")
    assert found["earbuds"].remarks[0].startswith("on earbuds that leak the record is ")
    assert found["car"].remarks[0].startswith("in a car the hump of the bass makes the record ")
    assert found["phone"].voice_change_db is not None and found["phone"].voice_change_db > 20.0


def test_too_much_presence_is_said_for_the_earbuds() -> None:
    found = rows(balanced() + np.repeat(tone(3_200.0, 8.0, peak=0.2), 2, axis=0))
    assert remarks(found) == [
        f"on earbuds the presence stands {found['earbuds'].presence_over_mids_db:.1f} dB above the mids"
    ]


def test_a_quiet_passage_is_covered_in_the_car_and_silence_is_not() -> None:
    loud, quiet, nothing = balanced(10.0), 0.02 * balanced(14.0, seed=6), np.zeros((2, 10 * RATE_HZ))
    found = rows(np.concatenate([loud, quiet, loud, nothing], axis=1))["car"]
    covered = found.drowned
    assert covered is not None and covered.longest_seconds == pytest.approx(11.0, abs=0.3)
    assert covered.longest_at_seconds == pytest.approx(10.0, abs=0.3)
    assert covered.spread_lu > 30.0 and covered.spread_left_lu < 22.0
    assert any("the longest passage from 0:1" in remark and "are left" in remark for remark in found.remarks)


def test_a_sub_that_no_club_plays_is_said() -> None:
    found = rows(balanced() + np.repeat(tone(24.0, 8.0, peak=0.2), 2, axis=0))
    assert any(remark.startswith("in a club the sub (") for remark in found["club"].remarks)


def test_mono_and_two_equal_channels_translate_alike_and_lose_nothing() -> None:
    one = balanced()[:1]
    mono, pair = rows(one), rows(np.repeat(one, 2, axis=0))
    assert mono["mono"].loudness_change_lu == pytest.approx(0.0, abs=1e-6)
    assert mono["mono"].mono is not None and mono["mono"].mono.loss_db == pytest.approx(0.0, abs=1e-6)
    for name in mono:
        assert mono[name].loudness_change_lu == pytest.approx(pair[name].loudness_change_lu, abs=0.02), name
    assert remarks(mono) == remarks(pair) == []


def test_the_blocks_do_not_matter() -> None:
    record = balanced(3.0)
    assert translate(tape(record), RATE_HZ) == translate(tape(record, block=7_001), RATE_HZ)


@pytest.mark.parametrize("samples", [np.zeros((2, 4 * RATE_HZ)), np.zeros((2, 1)), np.zeros((1, 0))])
def test_silence_and_nothing_have_rows_without_figures_or_remarks(samples: np.ndarray) -> None:
    found = rows(samples)
    assert remarks(found) == [] and all(row.loudness_change_lu is None for row in found.values())
    assert found["phone"].sentence == "phone: silent or too short to measure"
    assert translate(list, RATE_HZ)[0].loudness_lufs is None


def test_one_second_is_measured_without_short_term_figures() -> None:
    found = rows(balanced(1.0))
    assert found["car"].drowned is None and found["car"].loudness_change_lu is not None


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_other_rates_work_and_regions_beyond_the_rate_are_left_out(rate_hz: int) -> None:
    found = rows(balanced(4.0, rate_hz), rate_hz)
    names = [part.region for part in found["mono"].regions]
    assert names[:5] == ["sub", "bass", "low mids", "mids", "presence"] and ("air" in names) == (rate_hz > 8_000)
    assert found["mono"].mono is not None and len(found["mono"].mono.by_region) == len(names)


def test_only_what_is_asked_for_is_played() -> None:
    found = translate(tape(balanced(1.0)), RATE_HZ, [playback_system("car")])
    assert [row.system for row in found] == ["car"]


def test_nan_and_surround_are_refused_by_name() -> None:
    broken = balanced(1.0)
    broken[1, 100] = np.nan
    with pytest.raises(RequestError, match="channel 2 is nan at frame 100"):
        rows(broken)
    with pytest.raises(RequestError, match="1 or 2 channels, not 6"):
        rows(np.zeros((6, 100)))


def test_every_limit_has_a_unit_and_a_reason() -> None:
    assert all(limit.unit and limit.reason for limit in translation_limits().values())


def test_the_longest_run_is_the_first_of_equals() -> None:
    flags = np.array([True, False, True, True, False, True, True])
    assert longest_run(flags) == (2, 2) and longest_run(np.zeros(3, bool)) == (0, 0)
