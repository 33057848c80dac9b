"""What the report of a master says, held against the files, the evidence and another meter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace

import bandmate
from bandmate.project.folder import Project
from bandmate.song.harmony import Section
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.nodes import CHAIN_IDS, NAMES
from bandmate.verbs.mastering import MasterOptions, MasterResults, master
from tests.verbs.loudness import reading_of
from tests.verbs.songs import RATE_HZ, mix, record, samples_of, written

MADE: dict[str, MasterResults] = {}
EVERYTHING = MasterOptions(
    alternatives="loudness", has_codecs=True, has_playback=True, has_ab=True, has_plots=True, ab_seconds=3.0
)


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a song and a record."""
    folder = tmp_path_factory.mktemp("pieces")
    written(folder / "song.wav", mix())
    written(folder / "record.wav", record()[:, -8 * RATE_HZ :])
    return folder


@pytest.fixture
def compared(pieces: Path, tmp_path_factory: pytest.TempPathFactory) -> MasterResults:
    """One master after a reference, by passage, for CD; no test may change it."""
    if "compared" not in MADE:
        asked = MasterBrief(is_by_passage=True, mono_below_hz=90.0, soft_clip_db=1.0, tone=0.8)
        MADE["compared"] = master(
            pieces / "song.wav",
            tmp_path_factory.mktemp("out") / "one",
            references=[f"{pieces / 'record.wav'}@width=50"],
            targets=["cd"],
            brief=asked,
            options=MasterOptions(has_ab=True),
        )
    return MADE["compared"]


@pytest.fixture
def several(pieces: Path, tmp_path_factory: pytest.TempPathFactory) -> MasterResults:
    """Three masters of a few seconds, with everything beside them; no test may change it."""
    if "several" not in MADE:
        short = written(pieces / "short.wav", mix()[:, -4 * RATE_HZ :])
        MADE["several"] = master(short, tmp_path_factory.mktemp("out") / "three", options=EVERYTHING)
    return MADE["several"]


@cache
def said_in(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
    return found


def said(done: MasterResults) -> dict[str, Any]:
    """The report as JSON."""
    assert done.report is not None
    return said_in(done.report)


def test_every_stage_has_a_row_in_the_order_of_the_chain(compared: MasterResults, several: MasterResults) -> None:
    for done in (compared, several):
        for part in said(done)["masters"]:
            rows = part["stages"]
            assert [row["name"] for row in rows] == [*(NAMES[one] for one in CHAIN_IDS), "delivery"]
            for row in rows:
                assert row["sentence"].endswith(".") and row["measures"], row
                assert row["now"] is not None or row["state"] != "on"
                assert bool(row["settings"]) == (row["state"] == "on"), row["name"]
                assert row["evidence"] or row["state"] != "on"


def test_every_number_in_a_sentence_is_in_the_evidence_beside_it(
    compared: MasterResults, several: MasterResults
) -> None:
    for done in (compared, several):
        found = said(done)
        for part in found["masters"]:
            for row in part["stages"]:
                check_numbers(row["sentence"], row["evidence"])
            for move in part["proposal"]["moves"]:
                check_numbers(move["because"], move["evidence"])
        for row in found["translation"]:
            check_numbers(row["sentence"], row["facts"])
        for service in found["services"]:
            for result in service["results"]:
                fields = [value for value in result.values() if isinstance(value, float)]
                master_peaks = [peak_of(part) for part in found["masters"] if part["name"] == result["master"]]
                words = result["verdict"].removeprefix(service["service"])
                check_against(words, [*fields, *master_peaks], result["codec"])
        for row in found["codecs"]:
            check_against(row["sentence"], [value for value in row.values() if isinstance(value, float)], "")


def peak_of(part: dict[str, Any]) -> float:
    """The higher of the two readings of a master."""
    after = part["after"]
    return float(max(after["true_peak_dbtp"], after["true_peak_16x_dbtp"]))


def check_numbers(sentence: str, evidence: Iterable[dict[str, Any]]) -> None:
    facts = list(evidence)
    values = [fact[name] for fact in facts for name in ("before", "after", "target") if fact[name] is not None]
    values += [100 * value for fact, value in with_values(facts) if fact["unit"] == "share"]
    check_against(sentence, values, " ".join(f"{fact['what']} {fact['where']} {fact['unit']}" for fact in facts))


def with_values(facts: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], float]]:
    for fact in facts:
        for name in ("before", "after", "target"):
            if fact[name] is not None:
                yield fact, fact[name]


def check_against(sentence: str, values: list[float], words: str) -> None:
    """Each number of the sentence is one of the values, rounded as it is written, or one of the words."""
    for number in re.findall(r"\d+(?::\d\d)?(?:\.\d+)?", sentence):
        if number in words:
            continue
        decimals = len(number.partition(".")[2])
        near = [value for value in values if abs(abs(value) - float(number)) <= 0.5001 * 10**-decimals]
        assert near, f"{number} in {sentence!r} is none of {values}"


def test_the_figures_are_those_of_the_files(compared: MasterResults, several: MasterResults) -> None:
    for done in (compared, several):
        found = said(done)
        for part in found["masters"]:
            (file,) = part["files"]
            other = reading_of(done.folder / file["name"])
            info = soundfile.info(done.folder / file["name"])
            for row in (file["measured"], part["after"]):
                assert row["integrated_lufs"] == pytest.approx(other.integrated_lufs, abs=0.02)
                assert row["true_peak_dbtp"] == pytest.approx(other.dbtp, abs=0.2)
                assert (row["rate_hz"], row["seconds"]) == (info.samplerate, pytest.approx(info.duration))
            assert f"PCM_{file['bits']}" == info.subtype
            assert part["stages"][-1]["now"] <= part["profile"]["ceiling_dbtp"]


def test_nothing_in_it_changes_with_place_or_time(compared: MasterResults) -> None:
    assert compared.report is not None
    text = compared.report.with_suffix(".json").read_text(encoding="utf-8")
    assert said(compared)["created_at"] == ""
    assert str(compared.folder) not in text and str(compared.source.parent) not in text


def test_the_curves_meet_what_the_stage_says_of_them(compared: MasterResults) -> None:
    part = said(compared)["masters"][0]
    tone, row = part["tone"], part["stages"][2]
    assert row["name"] == "tone" and row["state"] == "on" and row["strength_percent"] == 80.0
    mid = tone["mid"]
    assert {len(mid[name]) for name in ("band_hz", "was_db", "now_db", "target_db", "tolerance_low_db")} == {31}
    for name, said_db in (("was_db", row["was"]), ("now_db", row["now"])):
        apart = [
            abs(level - goal)
            for hz, level, goal in zip(mid["band_hz"], mid[name], mid["target_db"], strict=True)
            if 31 <= hz <= 16_200 and level is not None and goal is not None and abs(level - goal) <= 9.0
        ]
        assert np.mean(apart) == pytest.approx(said_db, abs=1.0), name
    assert len(mid["response_hz"]) == len(mid["response_db"]) == 200
    assert max(map(abs, mid["response_db"])) > 0.2
    assert tone["target_label"] == "record.wav"


def test_the_limiters_history_goes_as_deep_as_its_evidence(compared: MasterResults, several: MasterResults) -> None:
    for done in (compared, several):
        for part in said(done)["masters"]:
            work, row = part["limiter"], part["stages"][-2]
            most = next(fact["after"] for fact in row["evidence"] if fact["what"].startswith("most that"))
            depths = [db for db in work["history"]["reduction_db"] if db is not None]
            assert -min(depths) == pytest.approx(most, abs=0.15) and max(depths) <= 0.0
            moments = work["hardest"]
            assert len(moments) <= 3 and [one["place"] for one in moments] == [""] * len(moments)
            if moments:
                assert moments[0]["reduction_db"] == pytest.approx(min(depths), abs=0.01)
            seconds = [one["seconds"] for one in moments]
            assert all(abs(a - b) >= 3.99 for n, a in enumerate(seconds) for b in seconds[:n])


def test_sections_have_the_loudness_of_their_part_of_the_files(several: MasterResults, compared: MasterResults) -> None:
    part = said(compared)["masters"][0]
    samples, rate_hz = samples_of(compared.folder / "master-cd.wav")
    for section in part["history"]["sections"]:
        first, last = (round(section[name] * rate_hz) for name in ("start_seconds", "end_seconds"))
        piece = written(compared.folder.parent / "section.wav", samples[:, first:last], rate_hz=rate_hz)
        assert section["now_lufs"] == pytest.approx(reading_of(piece).integrated_lufs, abs=0.1)
    assert said(several)["masters"][0]["history"]["sections"] == [], "four seconds are one passage"


def test_stereo_is_told_by_band_and_drawn(compared: MasterResults) -> None:
    field = said(compared)["masters"][0]["stereo"]
    assert field["mono_below_hz"] == 90.0
    bands = len(field["band_hz"])
    for name in ("was_db", "now_db", "target_db", "correlation_was", "correlation_now"):
        assert len(field[name]) == bands, name
    low = [now for hz, now in zip(field["band_hz"], field["correlation_now"], strict=True) if 40 < hz < 70 and now]
    assert low and min(low) > 0.99
    for name in ("density_was", "density_now"):
        grid = np.array(field[name])
        assert grid.shape == (48, 48) and grid.sum() > 6 * RATE_HZ


def test_the_reference_is_told_with_its_weights(compared: MasterResults, pieces: Path) -> None:
    (row,) = said(compared)["references"]
    other = reading_of(pieces / "record.wav")
    assert (row["name"], row["tone_percent"], row["width_percent"]) == ("record.wav", 100.0, 50.0)
    assert row["measured"]["integrated_lufs"] == pytest.approx(other.integrated_lufs, abs=0.02)
    assert row["loud_lufs"] > row["measured"]["integrated_lufs"] - 1.0 and 0.3 < row["loud_share"] <= 1.0


def test_a_kept_target_is_told_by_what_was_kept(pieces: Path, tmp_path: Path) -> None:
    from bandmate.verbs.references import keep_target

    kept = keep_target([pieces / "record.wav"], tmp_path / "mine.target.json")
    short = written(tmp_path / "short.wav", mix()[:, -4 * RATE_HZ :])
    done = master(short, tmp_path / "out", references=[kept])
    (row,) = said(done)["references"]
    assert row["name"] == "record.wav" and row["measured"]["rate_hz"] is None
    assert row["measured"]["integrated_lufs"] == pytest.approx(
        reading_of(pieces / "record.wav").integrated_lufs, abs=0.02
    )
    assert [one["label"] for one in said(done)["players"]] == ["before", "master-reference"]


def test_players_are_equally_loud(compared: MasterResults) -> None:
    page = said(compared)
    assert [one["label"] for one in page["players"]] == ["before", "master-cd", "record.wav"]
    levels = [one["loudness_lufs"] + one["gain_db"] for one in page["players"]]
    assert max(levels) - min(levels) < 1e-6
    assert page["players_note"].startswith("Each plays the whole piece; a reference plays its own")


def test_the_files_to_compare_are_equally_loud(compared: MasterResults, several: MasterResults) -> None:
    for done, seconds in ((compared, 12.0), (several, 3.0)):
        files = sorted((done.folder / "ab").iterdir())
        assert len(files) == 1 + len(done.masters) and files[0].name == "A-before.wav"
        readings = [reading_of(path) for path in files]
        loudness = [reading.integrated_lufs for reading in readings]
        assert max(loudness) - min(loudness) <= 0.1
        assert all(reading.dbtp <= -0.9 for reading in readings)
        for path in files:
            info = soundfile.info(path)
            assert info.subtype == "PCM_24" and info.duration == pytest.approx(seconds, abs=0.01)
        names = {row["name"] for row in said(done)["files"]}
        assert {f"ab/{path.name}" for path in files} <= names


def test_codecs_and_services_stand_side_by_side(several: MasterResults) -> None:
    found = said(several)
    names = [part["name"] for part in found["masters"]]
    assert [name.rpartition("-")[2] for name in names] == ["dynamic", "between", "competitive"]
    for service in found["services"]:
        assert [result["master"] for result in service["results"]] == names
    spotify = next(row for row in found["services"] if row["service"] == "Spotify")
    assert all(result["codec"] for result in spotify["results"]) and all(
        result["is_clean"] is not None for result in spotify["results"]
    )
    assert spotify["results"][2]["gain_db"] < spotify["results"][0]["gain_db"] + 0.1
    assert {row["master"] for row in found["codecs"]} == set(names)
    assert {(row["codec"], row["kbps"]) for row in found["codecs"]} >= {("AAC", 256.0), ("Vorbis", 160.0)}
    assert list((several.folder / "codecs").glob("master-spotify-dynamic*.wav"))


def test_places_have_their_files_and_the_source_beside_them(several: MasterResults) -> None:
    rows = said(several)["translation"]
    assert len(rows) == 3 * 5
    for row in rows:
        assert (several.folder / row["files"][0]).is_file()
        assert row["facts"][0]["before"] is not None and row["facts"][0]["after"] is not None


def test_pictures_are_written_for_each_master(several: MasterResults) -> None:
    names = {path.name for path in (several.folder / "plots").iterdir()}
    for part in said(several)["masters"]:
        assert {f"{part['name']}-{kind}.png" for kind in ("spectrum", "loudness", "waveform")} <= names
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (several.folder / "plots").iterdir())


def test_what_is_to_be_known_is_said(compared: MasterResults, several: MasterResults) -> None:
    assert "What codecs make of a master was not measured; add --codecs for that." in said(compared)["remarks"]
    assert "No reference was given: only measured faults were looked for." in said(several)["remarks"]
    review = " ".join(said(several)["how_to_review"])
    assert "bandmate show P1 #" in review and "accepted" in review and "bandmate show P2 #" in review


def test_a_song_with_a_tempo_says_bars_and_sections(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        song = project.song
        sections = (
            Section(id="1", name="verse", start_bar=1, bars=1),
            Section(id="2", name="chorus", start_bar=2, bars=2),
        )
        timed = replace(song, tempo=TempoMap(points=(TempoPoint(id="1", at_ticks=0, bpm=120.0),)), sections=sections)
        project.commit(timed, "tempo and form")
    done = master(evening, tmp_path / "out", brief=MasterBrief(loudness_lufs=-9.0))
    part = said(done)["masters"][0]
    rows = [(one["name"], one["start_seconds"], one["end_seconds"]) for one in part["history"]["sections"]]
    assert rows == [("verse", 0.0, 2.0), ("chorus", 2.0, 6.0)]
    assert part["limiter"]["hardest"]
    for moment in part["limiter"]["hardest"]:
        assert moment["place"] == f"bar {int(moment['seconds'] // 2) + 1}"
    assert said(done)["source"] is None and said(done)["before_label"] == "the mix"
    assert bandmate.__version__ in said(done)["made_with"]
