"""Every DAWproject that is written is valid by the published schema."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from bandmate.formats.dawproject import write_dawproject
from bandmate.formats.dawproject_check import check_semantics
from bandmate.song.song import Song
from tests.conftest import shared_folder
from tests.formats.dawproject_song import Recordings, full_song
from tests.songs import songs


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    folder = shared_folder("schemas", "dawproject")
    files = {"project.xml": "Project.xsd", "metadata.xml": "MetaData.xsd"}
    return {name: etree.XMLSchema(etree.parse(str(folder / xsd))) for name, xsd in files.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("schema")


def connected(song: Song, draw: Any) -> Song:
    """The song with every output and send going to a bus that is there, without circles."""
    buses = [bus.id for bus in song.buses]
    ways = st.sampled_from(["main", *buses])
    tracks = tuple(
        replace(
            track,
            output=draw(ways),
            sends=tuple(replace(send, bus=draw(ways)) for send in track.sends),
        )
        for track in song.tracks
    )
    later = tuple(
        replace(bus, output=draw(st.sampled_from(["main", *buses[i + 1 :]]))) for i, bus in enumerate(song.buses)
    )
    return replace(song, tracks=tracks, buses=later)


def check_valid(path: Path, schemas: dict[str, Any]) -> None:
    with zipfile.ZipFile(path) as archive:
        for name, schema in schemas.items():
            schema.assertValid(etree.fromstring(archive.read(name)))
    assert check_semantics(path) == ()


def test_a_full_song_is_valid(folder: Path, schemas: dict[str, Any]) -> None:
    write_dawproject(full_song(), folder / "full", Recordings(folder), {"artist": "A", "original_artist": "B"})
    check_valid(folder / "full", schemas)


def test_an_empty_song_is_valid(folder: Path, schemas: dict[str, Any]) -> None:
    write_dawproject(Song(), folder / "empty", Recordings(folder))
    check_valid(folder / "empty", schemas)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_song_is_valid_and_holds_together(folder: Path, schemas: dict[str, Any], data: Any) -> None:
    song = connected(data.draw(songs()), data.draw)
    write_dawproject(song, folder / "any", Recordings(folder, seconds=0.5))
    check_valid(folder / "any", schemas)
