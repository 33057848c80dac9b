"""Faults planted into a good DAWproject, each of which must be named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from bandmate.formats.dawproject import write_dawproject
from bandmate.formats.dawproject_check import check_semantics
from bandmate.song.errors import MediaError
from tests.formats.dawproject_song import Recordings, full_song


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write_dawproject(full_song(), folder / "good.dawproject", Recordings(folder))
    return folder / "good.dawproject"


def spoilt(good: Path, spoil: Callable[[Any], object], *, without: str = "", name: str = "bad.dawproject") -> Path:
    """A copy of the good file with its XML changed, and perhaps without one of its files."""
    bad = good.with_name(name)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for item in source.namelist():
            data = source.read(item)
            if item == "project.xml":
                root = etree.fromstring(data)
                spoil(root)
                data = etree.tostring(root)
            if item != without:
                target.writestr(item, data)
    return bad


def setting(path: str, attribute: str, value: str) -> Callable[[Any], object]:
    return lambda root: root.find(path).set(attribute, value)


VOCAL = 'Structure/Track[@name="Lead Vox"]/Channel'

FAULTS = [
    (setting(VOCAL, "destination", "id999"), 'refers to "id999" as its destination, and nothing has that id'),
    (setting(VOCAL, "destination", "id1"), "has a Tempo as its destination; it must be a Channel"),
    (setting(".//Points/Target", "parameter", "gone"), 'refers to "gone" as its parameter'),
    (setting(f"{VOCAL}/Mute", "id", "id1"), '2 elements have the id "id1"'),
    (setting(f"{VOCAL}/Pan", "value", "7"), 'Pan "Pan" has the value 7; possible are 0 to 1'),
    (setting(f"{VOCAL}/Volume", "value", "loud"), 'Volume "Volume" has the value "loud"; it must be a number'),
    (setting(f"{VOCAL}/Volume", "value", "nan"), 'has the value "nan"; it must be a number'),
    (setting(f"{VOCAL}/Volume", "value", "-1"), "has the value -1; possible are 0 to 2"),
    (setting(".//Band/Freq", "value", "0"), 'Freq "Freq" has the value 0; possible are'),
    (setting(".//Compressor/Attack", "value", "-0.1"), 'Attack "Attack" has the value -0.1; possible are 0 to'),
    (setting(".//RealPoint", "value", "9"), "has the value 9; possible are 0 to 2"),
    (setting(".//RealPoint", "time", "99"), "lies before the point that precedes it"),
    (setting(".//Note", "key", "128"), 'a note at 0 has the key "128"; possible are 0 to 127'),
    (setting(".//Note", "vel", "1.5"), 'has the vel "1.5"; possible are 0 to 1'),
    (setting(".//Note", "duration", "50"), "is 4 beats long and 1 of its notes go beyond"),
    (setting(".//Marker", "time", "soon"), 'has the time "soon"; it must be a number from 0'),
    (setting(".//Audio", "sampleRate", "44100"), '"audio/вокал.wav" has the sampleRate 48000, the project says 44100'),
    (setting(".//Audio", "channels", "1"), "has the channels 2, the project says 1"),
    (setting(".//Audio", "duration", "9.5"), "lasts 10.000000 s, the project says 9.5"),
    (setting(".//Audio/File", "path", "audio/gone.wav"), 'the sound file "audio/gone.wav" is not in the project'),
    (setting(".//Audio/File", "path", "metadata.xml"), 'the sound file "metadata.xml" cannot be read'),
    (setting('.//Clip[@name="c1"]', "duration", "40"), 'Clip "c1" plays until 21.458333 s of a sound that lasts 10.'),
    (setting('.//Channel[@role="master"]', "role", "submix"), "there are 0 master channels; there must be one"),
]


@pytest.mark.parametrize(("spoil", "problem"), FAULTS)
def test_a_planted_fault_is_named(good: Path, spoil: Callable[[Any], object], problem: str) -> None:
    found = check_semantics(spoilt(good, spoil))
    assert any(problem in one for one in found), found


def test_a_good_file_has_no_problem(good: Path) -> None:
    assert check_semantics(good) == ()


def test_a_missing_sound_file_is_named_once_per_clip(good: Path) -> None:
    found = check_semantics(spoilt(good, lambda _: None, without="audio/bass.wav"))
    assert found == ('the sound file "audio/bass.wav" is not in the project',)


def test_a_way_in_a_circle_and_a_dead_end_are_named(good: Path) -> None:
    def circle(root: Any) -> None:
        channels = {track.get("name"): track.find("Channel") for track in root.iter("Track")}
        channels["band"].set("destination", channels["Plate"].get("id"))
        channels["Plate"].set("destination", channels["band"].get("id"))
        del channels["Lead Vox"].attrib["destination"]

    found = check_semantics(spoilt(good, circle))
    assert 'Channel in Track "band" never reaches the master: its way goes in a circle' in found
    assert 'Channel in Track "Lead Vox" goes nowhere; it needs a destination' in found


def test_bitwigs_units_are_no_problem(good: Path) -> None:
    def semitones(root: Any) -> None:
        root.find(".//Band/Freq").set("unit", "semitones")
        root.find(".//Compressor/Ratio").set("unit", "percent")

    assert check_semantics(spoilt(good, semitones)) == ()


def test_what_is_no_dawproject_is_refused(tmp_path: Path, good: Path) -> None:
    (tmp_path / "x.dawproject").write_text("hello")
    with pytest.raises(
        MediaError, match=r'"x.dawproject" is not a DAWproject: File is not a zip file; export it again'
    ):
        check_semantics(tmp_path / "x.dawproject")
    with pytest.raises(MediaError, match=r"is not a DAWproject: .*project.xml"):
        check_semantics(spoilt(good, lambda _: None, without="project.xml"))
    with zipfile.ZipFile(tmp_path / "y.dawproject", "w") as archive:
        archive.writestr("project.xml", "<Project>")
    with pytest.raises(MediaError, match=r'"y.dawproject" is not a DAWproject'):
        check_semantics(tmp_path / "y.dawproject")
