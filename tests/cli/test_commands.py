"""Every command, called as a musician would, and what it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bandmate
from bandmate.cli.app import ORDER
from bandmate.formats.audio_files import probe
from tests.cli.calling import ESCAPE, Caller

FIGURES = ("integrated_lufs", "true_peak_dbtp")


def test_help_lists_every_command_in_the_order_of_the_work(call: Caller) -> None:
    listed = re.findall(r"^  ([a-z-]+)  ", call.ok("--help").out, re.MULTILINE)
    assert [name for name in listed if name in ORDER] == list(ORDER)


@pytest.mark.parametrize(
    "command",
    [*ORDER, "propose mix", "propose master", "learn corpus", "learn train", "learn evaluate", "learn finetune"],
)
def test_every_command_has_a_help_that_does_not_end_in_dots(call: Caller, command: str) -> None:
    said = call.ok(*command.split(), "--help").out
    assert said.startswith("Usage: bandmate") and "--help" in said
    if command not in ("propose", "learn"):
        assert "--json" in said


def test_no_summary_in_the_list_is_cut_short(call: Caller) -> None:
    assert "..." not in call.ok("--help").out.split("Commands:")[1]
    for group in ("propose", "learn"):
        assert "..." not in call.ok(group, "--help").out.split("Commands:")[1]


def test_the_version_is_told(call: Caller) -> None:
    assert call.ok("--version").out == f"bandmate {bandmate.__version__}\n"


def test_completion_can_be_shown_and_installed(call: Caller) -> None:
    said = call.ok("--help").out
    assert "--show-completion" in said and "--install-completion" in said


def test_new_says_where_and_what_next(call: Caller) -> None:
    answer = call.ok("new", "my song", "--title", "Трамвай")
    assert answer.out == f"new project Трамвай in {call.folder / 'my song'}\n"
    assert answer.err == "next: bandmate import STEMS --project 'my song'\n"


def test_new_twice_is_refused(call: Caller) -> None:
    call.ok("new", "song")
    assert call("new", "song").error == ('"song" is a project already; open it, or choose another folder [project]')


def test_import_lists_the_tracks(call: Caller, stems: Path) -> None:
    call.ok("new", "song")
    answer = call.ok("import", stems, "--project", "song")
    assert answer.out.split("\n")[0].split() == ["track", "role", "address"]
    assert "lead vocal  lead-vox  tracks/lead-vocal" in answer.out
    again = call.ok("import", stems / "bass.wav", "-p", "song")
    assert 'bass.wav is the same recording as track "bass"' in again.err and "tracks/bass-2" in again.out


def test_listen_prints_a_table_and_writes_plots(here: Caller) -> None:
    answer = here.ok("listen")
    rows = answer.out.splitlines()
    assert rows[1].split() == ["track", "role", "sure", "LUFS", "playing", "LU", "dBTP", "dB", "length"]
    assert [row.split("  ")[0] for row in rows[2:]] == ["bass", "drums", "lead vocal", "pad", "mix"]
    assert len(list((here.folder / "plots").glob("*.png"))) == 15
    assert f"plots: {here.folder / 'plots'}" in answer.err
    assert here.ok("listen", "--no-plots").err.count("plots") == 0


def test_listen_in_an_empty_project_says_what_to_do(call: Caller) -> None:
    call.ok("new", "song")
    answer = call.ok("listen", "-p", "song")
    assert answer.out == "" and "no track plays anything yet; bring some in with: bandmate import" in answer.err


def test_a_proposal_is_shown_with_reason_evidence_and_what_to_do_next(here: Caller) -> None:
    answer = here.ok("show", "P1")
    assert re.search(r"^ +\d+\. pad, fader: 0 dB → -\d", answer.out, re.MULTILINE)
    assert re.search(r"^       confidence 0\.\d\d   tracks/pad/gain_db", answer.out, re.MULTILINE)
    assert "accept all of it: bandmate accept P1" in answer.err
    assert here.ok("show", "1").out == answer.out
    assert here.ok("show", "p1").out == answer.out


def test_proposals_are_listed_and_none_is_said(here: Caller, tmp_path: Path) -> None:
    assert re.search(r"^P1 +mix +open +\d", here.ok("proposals").out, re.MULTILINE)
    here.ok("new", tmp_path / "empty")
    answer = here.ok("proposals", "-p", tmp_path / "empty")
    assert answer.out == "" and "no proposals yet; ask with: bandmate propose mix" in answer.err


def test_propose_takes_only_what_it_was_asked_for(here: Caller) -> None:
    found = here.ok("propose", "mix", "--track", "PAD", "--aspects", "balance", "--json").json
    assert {move["address"].split("/")[1] for move in found["moves"]} <= {"pad"}
    assert here.ok("propose", "master", "--profile", "cd", "--tone", 0, "--json").json["id"] == "P3"
    assert here.ok("log", "--json").json[0]["number"] == 2, "a proposal changes nothing"


def test_a_song_without_tracks_gets_no_proposal_or_an_empty_one(call: Caller) -> None:
    call.ok("new", "song")
    for stage in ("mix", "master"):
        assert call.ok("propose", stage, "-p", "song", "--json").json["moves"] == []


def test_render_tells_what_the_file_measures(here: Caller) -> None:
    answer = here.ok("render", "mix.flac", "--kind", "flac16", "--bars", "2")
    assert re.fullmatch(r"mix\.flac: -\d+\.\d LUFS, -?\d+\.\d\d dBTP, 2\.0 s, 44100 Hz\n", answer.out)
    facts = probe(here.folder / "mix.flac")
    assert (facts.codec, facts.bits, facts.seconds) == ("flac", 16, 2.0)
    assert here.ok("render", "PAD.mp3", "--track", "Pad", "--json").json["measured"]["integrated_lufs"] > -20
    assert here.ok("render", "song.opus").out.startswith("song.opus: ")
    assert here.ok("render", "master.wav", "--master", "cd").out.endswith(" 44100 Hz\n")


def test_export_writes_for_a_daw_and_stems(here: Caller) -> None:
    assert here.ok("export", "song.dawproject").out == "song.dawproject\n"
    assert len(here.ok("export", "stems").out.splitlines()) == 4
    assert here("export", "song.mid").error.startswith("the song has no notes to write")


def test_verify_says_what_it_looked_at_and_names_what_was_changed(here: Caller) -> None:
    assert here.ok("verify").out == "all well: 2 revisions and every recording are as they were written\n"
    recording = next(path for path in (here.folder / "audio").rglob("*.wav") if path.is_file())
    recording.chmod(0o600)
    recording.write_bytes(recording.read_bytes()[:-1] + b"x")
    answer = here("verify")
    assert answer.code == 4 and answer.out == "" and recording.name[:8] in answer.err
    assert here("verify", "--json").json[0]["kind"]


def test_doctor_is_well(call: Caller) -> None:
    assert "ok  Python" in call.ok("doctor").out


def test_produce_says_what_it_did_and_how_to_review(call: Caller, stems: Path) -> None:
    answer = call.ok("produce", stems, "--out", "out put")
    lines = answer.out.splitlines()
    assert "accepted at full strength" in lines[0]
    assert re.fullmatch(r"master: out put/master\.wav  -1[34]\.\d LUFS, -\d\.\d\d dBTP", lines[2])
    assert lines[-1] == "review: bandmate show P2 --project 'out put/project'"
    assert "did not travel to the DAW project: main: true-peak detection" in answer.err
    assert call.ok("show", "P2", "--project", "out put/project").out.startswith("P2: ")
    assert "which a production would write; choose another folder" in call("produce", stems, "-o", "out put").error


def test_every_command_prints_json_and_nothing_else(here: Caller, stems: Path) -> None:
    for words in (
        ("new", "other"),
        ("import", stems / "bass.wav", "-p", "other"),
        ("listen",),
        ("listen", "--no-plots"),
        ("propose", "mix"),
        ("propose", "master"),
        ("proposals",),
        ("show", "P1"),
        ("accept", "P1", "--moves", "1"),
        ("strength", "P1", "1=50"),
        ("refuse", "P2"),
        ("reopen", "P2"),
        ("lock", "drums"),
        ("unlock", "drums"),
        ("undo",),
        ("redo",),
        ("log",),
        ("log", "--all"),
        ("version", "rough"),
        ("version",),
        ("branch", "try"),
        ("branch",),
        ("go-to", "1"),
        ("go-to", "rough"),
        ("verify",),
        ("render", "mix.wav"),
        ("export", "song.dawproject"),
        ("export", "stems"),
        ("doctor",),
        ("produce", stems / "bass.wav", "-o", "out"),
    ):
        answer = here.ok(*words, "--json")
        assert answer.json is not None, words
        assert answer.err == "", (words, answer.err)


def test_pipes_get_no_escape_codes_and_whole_lines(here: Caller) -> None:
    here.ok("accept", "P1")
    for words in (("listen", "--no-plots"), ("show", "P1"), ("log",), ("proposals",), ("doctor",), ("--help",)):
        answer = here.ok(*words)
        assert ESCAPE not in answer.out + answer.err, words
    because = here.ok("show", "P1", "--json").json["moves"][0]["because"]
    assert f"     {because}\n" in here.ok("show", "P1").out
