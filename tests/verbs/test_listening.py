"""Listening: what is heard, drawn and remembered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import bandmate
from bandmate.project.folder import Project
from bandmate.song.errors import ProjectError
from bandmate.stages import ears
from tests.verbs.studio import SECONDS

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def count_hearings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one for each sound that is measured."""
    heard: list[int] = []
    real = ears.hear

    def counted(blocks: object, rate_hz: int, **options: bool) -> object:
        heard.append(rate_hz)
        return real(blocks, rate_hz, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ears, "hear", counted)
    return heard


def test_every_track_and_the_mix_are_heard(evening: Path) -> None:
    with Project.open(evening) as project:
        heard = bandmate.listen(project)
    assert [row.id for row in heard.tracks] == ["bass", "drums", "lead-vocal", "pad"]
    pad = heard.tracks[3]
    assert pad.role == "pad" and pad.role_confidence > 0.5 and pad.because
    assert pad.measured.integrated_lufs is not None and pad.measured.integrated_lufs > -13
    assert heard.mix is not None and heard.mix.seconds == pytest.approx(SECONDS)
    assert heard.plots == ()


def test_plots_are_pictures_of_each_track_and_the_mix(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        heard = bandmate.listen(project, plots=tmp_path / "рисунки" / "plots")
    kinds = ("loudness", "spectrum", "waveform")
    names = {f"{track}-{kind}.png" for track in ("bass", "drums", "lead-vocal", "pad", "main") for kind in kinds}
    assert {path.name for path in heard.plots} == names
    assert all(path.read_bytes().startswith(PNG) for path in heard.plots)


def test_a_second_call_measures_nothing(stems: Path, tmp_path: Path, count_hearings: list[int]) -> None:
    with bandmate.new_project(tmp_path / "song") as project:
        bandmate.import_files(project, [stems])
        first = bandmate.listen(project)
    assert len(count_hearings) == 5
    with Project.open(tmp_path / "song") as project:
        second = bandmate.listen(project)
    assert len(count_hearings) == 5
    assert [row.measured.integrated_lufs for row in first.tracks] == [
        row.measured.integrated_lufs for row in second.tracks
    ]


def test_after_a_fader_only_the_mix_is_heard_again(stems: Path, tmp_path: Path, count_hearings: list[int]) -> None:
    with bandmate.new_project(tmp_path / "song") as project:
        bandmate.import_files(project, [stems])
        bandmate.listen(project)
        project.revise(bandmate.Move(address="tracks/pad/gain_db", before=0.0, after=-6.0), "turn the pad down")
        count_hearings.clear()
        bandmate.listen(project)
    assert len(count_hearings) == 1


def test_an_empty_project_has_nothing_to_hear(tmp_path: Path) -> None:
    with bandmate.new_project(tmp_path / "song") as project:
        heard = bandmate.listen(project, plots=tmp_path / "plots")
        assert heard.tracks == () and heard.mix is None and heard.plots == ()


def test_a_deleted_cache_changes_no_answer(evening: Path) -> None:
    with Project.open(evening) as project:
        first = bandmate.listen(project).mix
    shutil.rmtree(evening / "cache")
    with Project.open(evening) as project:
        assert bandmate.listen(project).mix == first


def test_plots_in_a_read_only_folder_are_refused(evening: Path, closed: Path) -> None:
    with (
        Project.open(evening) as project,
        pytest.raises(ProjectError, match=r'"plots" cannot be written: the folder ".+closed" is read-only'),
    ):
        bandmate.listen(project, plots=closed / "plots")
