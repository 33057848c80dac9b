"""Leaving for other programs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import mido
import pytest

import bandmate
from bandmate.formats.dawproject_check import check_semantics
from bandmate.project.folder import Project
from bandmate.song.address import ABSENT
from bandmate.song.clip_edits import Breaths, SpanGain
from bandmate.song.devices import Compressor, DynamicEqBand, DynamicEqualizer
from bandmate.song.errors import ProjectError, RequestError, UnknownName
from tests.verbs.test_importing import score


def test_a_dawproject_of_the_accepted_mix_is_without_fault(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        project.accept("P1")
        project.accept(bandmate.propose_master(project).id)
        done = bandmate.export_dawproject(project, tmp_path / "песня.dawproject")
    assert check_semantics(done.path) == ()
    assert any("limiter" in line for line in done.left_out)


def test_what_the_format_cannot_hold_is_printed_and_said(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        project.revise(
            bandmate.Move(address="tracks/bass/polarity_inverted", before=False, after=True), "turn the bass over"
        )
        done = bandmate.export_dawproject(project, tmp_path / "song.dawproject")
    assert check_semantics(done.path) == ()
    assert any(line.startswith('track "bass": printed into its sound') for line in done.left_out)


def test_an_edited_take_leaves_as_a_recording_of_its_own(evening: Path, tmp_path: Path) -> None:
    quiet = Breaths(id="b", spans=(SpanGain(id="1", start_frame=0, frames=40_000, gain_db=-9.0),))
    with Project.open(evening) as project:
        clip = project.song.track("bass").clips[0]
        place = f"tracks/bass/clips/{clip.id}/edits/b"
        project.revise(bandmate.Move(address=place, before=ABSENT, after=quiet), "turn the beginning down")
        done = bandmate.export_dawproject(project, tmp_path / "song.dawproject")
    assert check_semantics(done.path) == ()
    with zipfile.ZipFile(done.path) as file:
        assert [name for name in file.namelist() if "edited" in name] == ["audio/bass-edited.wav"]


def test_a_track_that_listens_to_another_is_printed_with_what_it_hears(evening: Path, tmp_path: Path) -> None:
    inserts = (
        Compressor(id="duck", threshold_dbfs=-40.0, key="drums"),
        DynamicEqualizer(id="dip", bands=(DynamicEqBand(id="1", threshold_dbfs=-50.0, key="lead-vocal"),)),
    )
    with Project.open(evening) as project:
        (bass,) = (track for track in project.song.tracks if track.id == "bass")
        listening = bandmate.Move(address="tracks/bass/inserts", before=bass.inserts, after=(*bass.inserts, *inserts))
        project.revise(listening, "duck the bass")
        done = bandmate.export_dawproject(project, tmp_path / "song.dawproject")
        gone = bandmate.Move(address="tracks/drums", before=project.song.track("drums"), after=ABSENT)
        with pytest.raises(UnknownName, match='no key track for "duck" on track "bass" named "drums"; there are: bass'):
            project.revise(gone, "without drums")
    assert check_semantics(done.path) == ()
    assert any(line.startswith('track "bass": printed into its sound') for line in done.left_out)


def test_notes_leave_as_they_came(tmp_path: Path) -> None:
    with bandmate.new_project(tmp_path / "song") as project:
        bandmate.import_files(project, [score(tmp_path / "in.mid")])
        done = bandmate.export_midi(project, tmp_path / "out.mid")
        bandmate.export_dawproject(project, tmp_path / "song.dawproject")
    assert done.left_out == () and check_semantics(tmp_path / "song.dawproject") == ()
    played = [message.note for message in mido.MidiFile(tmp_path / "out.mid") if message.type == "note_on"]
    assert played == [60, 61, 62, 63]


def test_recordings_stay_behind_in_midi_and_it_is_said(evening: Path, tmp_path: Path) -> None:
    with Project.open(evening) as project:
        with pytest.raises(RequestError, match="the song has no notes to write, its tracks are recordings"):
            bandmate.export_midi(project, tmp_path / "song.mid")
        bandmate.import_files(project, [score(tmp_path / "in.mid")])
        done = bandmate.export_midi(project, tmp_path / "song.mid")
    assert done.left_out == ("recordings: bass, drums, lead vocal, pad",)


def test_nothing_to_export_and_nowhere_to_write_are_said(evening: Path, closed: Path, tmp_path: Path) -> None:
    with bandmate.new_project(tmp_path / "empty") as project:
        with pytest.raises(RequestError, match="the song has no track that plays anything"):
            bandmate.export_dawproject(project, tmp_path / "song.dawproject")
        with pytest.raises(RequestError, match="the song has no notes to write"):
            bandmate.export_midi(project, tmp_path / "song.mid")
    with Project.open(evening) as project:
        with pytest.raises(ProjectError, match=r'"song\.dawproject" cannot be written: the folder ".+" is read-only'):
            bandmate.export_dawproject(project, closed / "song.dawproject")
        with pytest.raises(ProjectError, match=r'"a\.dawproject" cannot be written: there is no folder'):
            bandmate.export_dawproject(project, tmp_path / "nowhere" / "a.dawproject")
    assert not list(tmp_path.glob("song.*"))
