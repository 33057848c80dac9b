"""What the page of a master says about its rows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bandmate.report.master_data import CodecRow, HardestMoment, ServiceRow
from bandmate.report.master_wording import codec, fact, figure, moment_words, noise, origin, percent, profile, service
from bandmate.song.evidence import Evidence
from tests.report.master_samples import LOUD, SPOTIFY


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("−", "-")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (-14.04, "LUFS", "-14.04 LUFS"),
        (0.0041, "% of full scale", "0.0041 % of full scale"),
        (-0.0041, "", "-0.0041"),
        (0.0, "ms", "0 ms"),
        (0.41, "share", "41 %"),
        (-math.inf, "LUFS", "silence"),
        (None, "dB", "–"),
        (math.nan, "dB", "–"),
    ],
)
def test_a_figure_has_its_unit(value: float | None, unit: str, said: str) -> None:
    assert plain(figure(value, unit)) == said


def test_a_strength_is_said_as_it_was_typed() -> None:
    assert [plain(percent(value)) for value in (0.0, 60.0, 12.5, None, math.nan)] == ["0 %", "60 %", "12.5 %", "", ""]


def test_a_profile_is_said_with_what_it_asks_for() -> None:
    assert plain(profile(SPOTIFY)) == "Spotify, -14.0 LUFS, at most -1.00 dBTP, 44.1 kHz, 24 bit"
    assert plain(profile(replace(LOUD, loudness_lufs=None))) == "competitive, at most -1.00 dBTP"


def test_whether_a_service_says_so_itself_is_told_once() -> None:
    assert origin(SPOTIFY) == "support.spotify.com (official, read 2026-11-21)"
    assert origin(LOUD) == "the musician's own numbers"
    assert origin(ServiceRow(service="x", is_official=False)) == "not official"
    assert origin(ServiceRow(service="x", origin="a list", is_official=True)) == "a list, official"


def test_a_service_is_said_with_its_codec() -> None:
    row = ServiceRow(service="x", loudness_lufs=-14.0, codec="Vorbis q5")
    assert plain(service(row)) == "plays at -14.0 LUFS, Vorbis q5"
    assert service(ServiceRow(service="x")) == "plays as it is"


def test_a_codec_is_said_with_its_rate_and_its_loudest_noise() -> None:
    row = CodecRow(master="m", codec="Opus", kbps=96.0, band_hz=(100.0, 200.0, 400.0), noise_db=(-50.0, -31.25, None))
    assert plain(codec(row)) == "Opus 96 kbit/s"
    assert plain(noise(row)) == "at most -31.2 dB at 200 Hz"
    assert noise(CodecRow(master="m", codec="MP3")) == "–"


def test_a_moment_is_said_by_its_bar_or_by_the_clock() -> None:
    assert plain(moment_words(HardestMoment(seconds=62.31, reduction_db=-7.4, place="bar 33"))) == (
        "7.4 dB at bar 33 (1:02.3)"
    )
    assert plain(moment_words(HardestMoment(seconds=5.0, reduction_db=-2.04))) == "2.0 dB at 0:05.0"


def test_a_fact_goes_from_before_to_after() -> None:
    assert plain(fact(Evidence(what="crest", unit="dB", before=9.0, after=8.5))) == "crest: 9.00 dB → 8.50 dB"
    assert (
        plain(fact(Evidence(what="crest", unit="dB", after=8.5, where="20 to 80 Hz"))) == "crest (20 to 80 Hz): 8.50 dB"
    )
    assert fact(Evidence(what="heard", unit="")) == "heard"
