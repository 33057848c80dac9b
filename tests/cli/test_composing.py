"""Writing music on the command line: in a project, for lone files, whole sketches, originality, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bandmate.formats.scores import read_score, write_score
from bandmate.stages.compose.passage import tones_of_track
from tests.cli.calling import Caller
from tests.stages.compose.band_song import band_song

CLIP_COMMANDS = ("continue", "answer", "vary", "infill", "simplify", "enrich", "groove", "drumify", "harmonise")


def refused(call: Caller, *words: str, because: str) -> None:
    """A call that fails with one line that says why."""
    assert re.search(because, call(*words).error)


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """Eight bars with a band, as MIDI, under a name in Cyrillic."""
    path = tmp_path / "Песня.mid"
    write_score(band_song(bars=8), path)
    return path


@pytest.fixture
def project(call: Caller, tune: Path, tmp_path: Path) -> str:
    """The same in a project."""
    folder = str(tmp_path / "song")
    call.ok("new", folder)
    call.ok("import", str(tune), "-p", folder)
    return folder


@pytest.mark.parametrize("verb", CLIP_COMMANDS)
def test_every_verb_writes_files_beside_a_lone_one(call: Caller, tune: Path, tmp_path: Path, verb: str) -> None:
    before = tune.read_bytes()
    bars = "9-12" if verb in ("continue", "answer") else "3-6"
    done = call.ok(
        verb, str(tune), "--part", "Lead", "--bars", bars, "-n", "2", "-o", str(tmp_path / "o"), "--json"
    ).json
    assert tune.read_bytes() == before
    assert len(done["ideas"]) == 2
    record = json.loads(Path(done["record"]).read_text(encoding="utf-8"))
    assert record["author"]["seed"] == 0
    assert record["brief"]["verb"] == verb
    old = read_score(tune).song
    for idea in done["ideas"]:
        assert idea["because"]
        made = read_score(idea["path"]).song
        first, last = (int(number) for number in bars.split("-"))
        start, end = old.meters.ticks_at_bar(first), old.meters.ticks_at_bar(last + 1)
        for track in old.tracks:
            kept = [t for t in tones_of_track(track) if not start <= t.start_ticks < end]
            again = [t for t in tones_of_track(made.track(track.id)) if not start <= t.start_ticks < end]
            assert again == kept


def test_the_same_seed_writes_the_same_files(call: Caller, tune: Path, tmp_path: Path) -> None:
    made = []
    for folder in ("one", "two"):
        call.ok("propose", "melody", "--file", str(tune), "--bars", "1-4", "--seed", "5", "-o", str(tmp_path / folder))
        made.append({path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 4


def test_a_voice_is_kept_to(call: Caller, tune: Path, tmp_path: Path) -> None:
    arguments = ("--voice", "tenor", "--bars", "1-4", "-n", "2", "-o", str(tmp_path / "o"))
    for idea in call.ok("propose", "melody", "--file", str(tune), *arguments, "--json").json["ideas"]:
        song = read_score(idea["path"]).song
        new = [
            track
            for track in song.tracks
            if track.name == "Lead 2" or track.id not in ("lead", "keys", "bass", "drums")
        ]
        assert all(48 <= tone.pitch <= 69 for track in new for tone in tones_of_track(track))


def test_pictures_and_sound_on_request(call: Caller, tune: Path, tmp_path: Path) -> None:
    arguments = ("--part", "Lead", "--bars", "1-2", "-n", "1", "-o", str(tmp_path / "o"), "--pictures", "--sound")
    done = call.ok("vary", str(tune), *arguments, "--json").json
    idea = done["ideas"][0]
    assert Path(idea["pictures"][0]).read_bytes().startswith(b"\x89PNG")
    assert Path(idea["sound"]).stat().st_size > 100_000


def test_a_project_keeps_a_proposal_of_which_one_alternative_is_taken(call: Caller, project: str) -> None:
    said = call.ok("propose", "bass", "--bars", "1-4", "--part", "Bass", "--genre", "funk", "-p", project)
    assert said.out.startswith("P1: 3 bass lines for bars 1–4")
    assert "alternative 2" in said.out
    call.ok("accept", "P1", "--alternative", "2", "-p", project)
    refused(call, "accept", "P1", "--alternative", "9", "-p", project, because="there is no alternative 9 in P1")
    states = call.ok("show", "P1", "-p", project, "--json").json
    assert [move["state"] for move in states["moves"]].count("accepted") == 1
    other = call.ok("vary", project, "--part", "Lead", "--bars", "5-6", "--amount", "0.2", "--json").json
    assert other["moves"][0]["address"] == "tracks/lead/clips/part-1/notes" or "notes" in other["moves"][0]["address"]


def test_words_say_what_was_understood(call: Caller, project: str) -> None:
    said = call.ok(
        "propose", "melody", "--part", "Lead", "--bars", "1-4", "--brief", "чуть выше, banana", "-p", project
    )
    assert 'understood "чуть выше": register' in said.err
    assert 'not understood: "banana"' in said.err


def test_forms_for_a_loop_and_for_an_empty_song(call: Caller, tune: Path, tmp_path: Path) -> None:
    done = call.ok(
        "propose", "form", "--file", str(tune), "--length", "24", "-n", "2", "-o", str(tmp_path / "o"), "--json"
    )
    song = read_score(done.json["ideas"][0]["path"]).song
    ends = [tone.end_ticks for track in song.tracks for tone in tones_of_track(track)]
    assert song.meters.position_at(max(ends) - 1).bar <= 24
    empty = str(tmp_path / "empty")
    call.ok("new", empty)
    said = call.ok("propose", "form", "--length", "32", "-n", "2", "-p", empty, "--json").json
    call.ok("accept", said["id"], "-a", "2", "-p", empty)


def test_a_sketch_has_everything_that_belongs_to_it(call: Caller, tmp_path: Path) -> None:
    folder = tmp_path / "sketches"
    arguments = ("slow hopeful verse, sparse piano, banana", "--bars", "8", "--genre", "lofi", "--key", "Am")
    said = call.ok("sketch", *arguments, "--tempo", "84", "-n", "2", "-o", str(folder), "--no-sound", "--json").json
    assert said["not_understood"] == ["banana"]
    assert len(said["sketches"]) == 2
    for sketch in said["sketches"]:
        place = Path(sketch["folder"])
        assert {"song.mid", "song.musicxml", "song.dawproject", "piano-roll.png", "lead-sheet.svg", "project"} <= {
            path.name for path in place.iterdir()
        }
        song = read_score(place / "song.mid").song
        assert song.tempo.bpm_at(0) == pytest.approx(84, abs=0.01)
        assert {row["kind"] for row in sketch["sources"]} == {"learned", "written"}
        assert ElementTree.parse(place / "lead-sheet.svg").getroot().tag.endswith("svg")
    refused(call, "sketch", "pop", "-o", str(folder), "--no-sound", because="choose another folder")


def test_a_sketch_is_heard_mixed_and_mastered(call: Caller, tmp_path: Path) -> None:
    folder = tmp_path / "s"
    said = call.ok("sketch", "--bars", "4", "--genre", "house", "-n", "1", "-o", str(folder))
    place = folder / "sketch-1"
    assert (place / "mix.wav").stat().st_size > 100_000
    assert (place / "master.wav").stat().st_size > 100_000
    assert "more usual than" in said.out
    call.ok("verify", "-p", str(place / "project"))


def test_originality_names_works_and_pushes_away(call: Caller, tune: Path, project: str, tmp_path: Path) -> None:
    found = call.ok("originality", str(tune), "--push", "0.3", "-o", str(tmp_path / "o"), "--json").json
    assert {row["aspect"] for row in found["usual"]} >= {"melody", "rhythm"}
    assert (tmp_path / "o" / "Песня.pushed.mid").exists()
    numbers = [int(number) for number in re.findall(r"(\d+)%", found["pushed"][0])]
    assert numbers[1] <= numbers[0]
    other = tmp_path / "mine.mid"
    arguments = ("--part", "Lead", "--bars", "1-8", "--seed", "3", "-n", "1", "-o", str(tmp_path / "m"))
    made = call.ok("propose", "melody", "--file", str(tune), *arguments, "--json").json["ideas"][0]["path"]
    Path(made).rename(other)
    own = call.ok("originality", str(other), "--part", "Lead", "--catalogue", str(other), "--json").json
    assert own["nearest"]["is_own"] and own["nearest"]["is_copy"]
    kept = call.ok("originality", project, "--push", "0.2", "--of", "chords")
    assert "P1: chords pushed away from the usual" in kept.out or "stays as it is" in kept.err + kept.out


@pytest.mark.parametrize(
    ("words", "because"),
    [
        ("vary {tune} --bars 5-2", '"5-2" is no range of bars'),
        ("vary {tune} --bars 1-4", "several tracks could be meant|is for|name one with --part"),
        ("vary {tune} --part Nobody", "Nobody"),
        ("vary {tune} --part Lead --amount 2", "--amount is 2; possible are 0 to 1"),
        ("vary {tune} --part Lead --bars 90-91", "nothing"),
        ("morph {tune} --part Lead --bars 1-2", "a morph needs a second clip"),
        ("propose chords --file {tune} --pin 3Fmaj7", "is no pin"),
        ("propose chords --file {tune} --pin 3:H9", '"H9"'),
        ("propose chords --file {tune} --bars 1-4 --pin 9:C", "not among the bars"),
        ("propose melody --file {tune} --dial loudness=1", 'no dial named "loudness"'),
        ("propose melody --file {tune} --dial density=7", "turns no dial"),
        ("propose melody --file {tune} --note 2:G4", "is no note"),
        ("propose melody --file {tune} --genre polka", 'no genre named "polka"'),
        ("propose melody --file {tune} --key H", '"H" is no key'),
        ("propose melody --file {tune} --instrument 500", "--instrument is 500"),
        ("propose melody --file {tune} --voice castrato", 'no voice named "castrato"'),
        ("propose melody --file {tune} -n 99", "-n is 99"),
        ("sketch x --bars 8 --seconds 30 -o {out} --no-sound", "leave one of the two out"),
        ("sketch x --meter 3/5 -o {out} --no-sound", "is no meter"),
        ("sketch x --parts kazoo -o {out} --no-sound", 'no part named "kazoo"'),
        ("sketch x --tempo 9999 -o {out} --no-sound", "a sketch cannot be like this"),
        ("sketch x --bars 4 --pin 9:C -o {out} --no-sound", "pinned to bar 9"),
        ("originality {tune} --push 5", "--push is 5"),
        ("originality {tune} --push 0.2 --of drums", "drums"),
        ("vary {empty}", "is empty"),
        ("vary {text}", "no written music|is no"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: Caller, tune: Path, tmp_path: Path, words: str, because: str) -> None:
    empty, text = tmp_path / "empty.mid", tmp_path / "words.txt"
    empty.write_bytes(b"")
    text.write_text("no music", encoding="utf-8")
    places = {"tune": str(tune), "out": str(tmp_path / "out"), "empty": str(empty), "text": str(text)}
    refused(call, *(word.format(**places) for word in words.split()), because=because)
    assert not (tmp_path / "out").exists()
