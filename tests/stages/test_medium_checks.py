"""Checks for vinyl and club say what is wrong with planted faults, and that clean music meets them."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.sound.filters import Cascade, low_pass_sections
from bandmate.stages.hearing import hear
from bandmate.stages.master.delivery import SideLength, delivery_profile
from bandmate.stages.master.diagnosis import band_pass
from bandmate.stages.master.medium_checks import CheckRow, VinylLimits, check_club, check_vinyl
from tests.sound.running import sine
from tests.stages.test_master_checks import record
from tests.stages.test_translation import NUMBER, figures, tape

RATE_HZ = 44_100
ONE_DISC = (SideLength(inches=7, rpm=45, good_minutes=5.0, most_minutes=6.0),)


def vinyl(samples: np.ndarray, rate_hz: int = RATE_HZ, **options: float) -> dict[str, CheckRow]:
    sides = delivery_profile("vinyl").side_lengths
    heard = hear(tape(samples)(), rate_hz)
    rows = check_vinyl(heard, tape(samples), rate_hz, VinylLimits(sides=sides), **options)
    return {row.check: row for row in rows}


def club(samples: np.ndarray, rate_hz: int = RATE_HZ) -> dict[str, CheckRow]:
    return {row.check: row for row in check_club(tape(samples), rate_hz)}


def missed(rows: dict[str, CheckRow]) -> list[str]:
    return [name for name, row in rows.items() if not row.is_met]


def clean(seconds: float = 8.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Clean, narrow, and not brighter than music."""
    top = low_pass_sections(6_000.0, rate_hz, order=3)
    return 0.7 * Cascade(top, 2).run(record(seconds, rate_hz))


@pytest.mark.parametrize("rate_hz", [44_100, 192_000])
def test_clean_music_meets_everything(rate_hz: int) -> None:
    samples = clean(4.0, rate_hz)
    assert missed(vinyl(samples, rate_hz)) == missed(club(samples, rate_hz)) == []
    assert list(vinyl(samples, rate_hz)) == [
        *("bass in phase", "correlation", "sides", "sibilance", "top", "bottom", "loudness", "side length"),
    ]
    assert list(club(samples, rate_hz)) == ["mono bass", "sub phase", "bass phase", "bottom"]


def test_bass_out_of_phase_is_said_with_its_place() -> None:
    bass = sine(80.0, rate_hz=RATE_HZ, seconds=8.0, peak=0.3)
    bass[:, : 4 * RATE_HZ] = 0.0
    samples = clean() + np.concatenate([bass, -bass])
    row = vinyl(samples)["bass in phase"]
    assert not row.is_met and row.at_seconds[0] == pytest.approx(4.5, abs=0.7)
    assert row.more[1].before is not None and row.more[1].before < 0.0
    found = club(samples)
    assert {"mono bass", "bass phase"} <= set(missed(found)) and found["bass phase"].at_seconds[0] > 3.5


def test_wide_sides_are_said() -> None:
    middle, side = clean().mean(axis=0), 0.1 * np.random.default_rng(2).standard_normal(8 * RATE_HZ)
    rows = vinyl(np.stack([middle + side, middle - side]))
    assert not rows["sides"].is_met and not rows["correlation"].is_met


def test_sibilance_is_said_with_its_times_and_a_steady_top_is_not() -> None:
    hiss = np.random.default_rng(2).standard_normal((1, 8 * RATE_HZ))
    hiss = 0.4 * Cascade(band_pass(6_000.0, 9_000.0, RATE_HZ), 1).run(hiss)
    bursts = np.zeros_like(hiss)
    for at in (1.0, 3.0, 6.0):
        bursts[:, round(at * RATE_HZ) : round((at + 0.05) * RATE_HZ)] = 1.0
    row = vinyl(clean() + bursts * hiss)["sibilance"]
    assert not row.is_met and sorted(round(at) for at in row.at_seconds) == [1, 3, 6]
    assert "de-ess at 0:01.0, 0:03.0, 0:06.0" in row.text
    assert vinyl(clean() + hiss)["sibilance"].is_met


def test_top_bottom_and_loudness_are_said() -> None:
    noise = np.random.default_rng(2).standard_normal((1, 8 * RATE_HZ))
    air = 0.1 * Cascade(band_pass(17_000.0, 20_000.0, RATE_HZ), 1).run(noise.copy())
    assert missed(vinyl(clean() + air)) == ["top"]
    rumble = sine(18.0, rate_hz=RATE_HZ, seconds=8.0, peak=0.1)
    assert missed(vinyl(clean() + rumble)) == missed(club(clean() + rumble)) == ["bottom"]
    loud = vinyl(clean() * 8.0)["loudness"]
    assert not loud.is_met and loud.value == pytest.approx(loud.value) and "without the limiter" in loud.text


@pytest.mark.parametrize(
    ("minutes", "is_met", "text"),
    [
        (4.0, True, "4.0 minutes on a side fit at full level on all of these discs"),
        (12.5, True, '12.5 minutes on a side fit at full level on 12" at 33, 10" at 33 and only quieter on 12" at 45'),
        (21.0, False, '21.0 minutes on a side fit only quieter on 12" at 33'),
        (30.0, False, "30.0 minutes on a side are too long for all of these discs; divide them"),
    ],
)
def test_the_side_is_compared_with_the_discs(minutes: float, is_met: bool, text: str) -> None:
    row = vinyl(clean(), side_minutes=minutes)["side length"]
    assert (row.is_met, row.text, row.value) == (is_met, text, minutes)


def test_without_minutes_the_length_of_the_sound_counts_and_without_discs_there_is_no_row() -> None:
    samples = record(3.0)
    heard = hear(tape(samples)(), RATE_HZ)
    rows = check_vinyl(heard, tape(samples), RATE_HZ, VinylLimits(sides=ONE_DISC))
    assert rows[-1].check == "side length" and rows[-1].value == pytest.approx(0.05)
    assert check_vinyl(heard, tape(samples), RATE_HZ)[-1].check == "loudness"


def test_every_number_is_a_field_of_the_row() -> None:
    bass = sine(80.0, rate_hz=RATE_HZ, seconds=8.0, peak=0.3)
    samples = clean() + np.concatenate([bass, -bass])
    for row in (*vinyl(samples).values(), *club(samples).values()):
        fields = [[item.before, item.after, item.target] for item in row.more]
        known = set(figures([row.value, row.limit, *fields, [float(at) for at in row.at_seconds]]))
        places = " ".join(item.where for item in row.more)
        names = " ".join(item.what for item in row.more)
        known |= {f"{item.before:.0f}" for item in row.more if item.before is not None}
        for number in NUMBER.findall(row.text.replace("from 5 to 10 kHz", "")):
            assert number.lstrip("-") in known or number.lstrip("-") in f"{places} {names}", (number, row.text)


@pytest.mark.parametrize("samples", [np.zeros((2, RATE_HZ)), np.zeros((1, 0))])
def test_silence_has_no_rows(samples: np.ndarray) -> None:
    assert vinyl(samples) == {} and club(samples) == {}


def test_mono_and_low_rates_have_the_rows_that_they_can_have() -> None:
    assert "sides" not in vinyl(clean()[:1]) and club(clean()[:1])["mono bass"].value == pytest.approx(0.0, abs=1e-6)
    rows = vinyl(clean(2.0, 8_000), 8_000)
    assert "top" not in rows and "sibilance" not in rows and missed(rows) == []
