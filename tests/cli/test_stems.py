"""``bandmate stems`` says what was delivered: a table, groups, what is odd; as JSON too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tests.cli.calling import Caller
from tests.verbs.studio import RATE_HZ

SECONDS = 4


def deliver(folder: Path) -> Path:
    """Files as they come: other rates and bits, one twice, one silent, one off the line, Cyrillic names."""
    folder.mkdir()
    rng = np.random.default_rng(2)
    beat = np.exp(-(np.arange(SECONDS * RATE_HZ) / RATE_HZ % 0.5) / 0.08)
    drum = 0.2 * rng.standard_normal(SECONDS * RATE_HZ) * beat
    tone = 0.2 * np.sin(2 * np.pi * 110 * np.arange(SECONDS * 48_000) / 48_000)
    soundfile.write(folder / "Малый верх.wav", drum, RATE_HZ, subtype="PCM_24")
    soundfile.write(folder / "Малый низ.wav", -0.7 * drum + 0.01 * rng.standard_normal(len(drum)), RATE_HZ, "PCM_24")
    soundfile.write(folder / "Bass.flac", np.stack([tone, tone], 1), 48_000, subtype="PCM_16")
    soundfile.write(folder / "Keys.wav", 0.5 * np.roll(drum, 9_000)[::-1] + 0.05, RATE_HZ, subtype="FLOAT")
    soundfile.write(folder / "Пусто.wav", np.zeros(RATE_HZ), RATE_HZ, subtype="PCM_16")
    return folder


def test_a_delivery_is_said_track_by_track_and_nothing_is_changed(call: Caller) -> None:
    files = deliver(call.folder / "delivered")
    call.ok("new", "song")
    call.ok("import", files, "--project", "song")
    revisions = call.ok("log", "--project", "song", "--json").json
    answer = call.ok("stems", "--project", "song")
    for said in ("Малый низ.wav", "upside down", "really mono", "silent", "DC", "section: Малый верх, Малый низ"):
        assert said in answer.out, said
    assert "Малый низ is upside down against Малый верх" in answer.out
    assert call.ok("log", "--project", "song", "--json").json == revisions
    found = call.ok("stems", "--project", "song", "--json").json
    rows = {row["name"]: row for row in found["tracks"]}
    assert rows["Bass"]["files"][0] | {"codec": ""} == {
        "name": "Bass.flac",
        "codec": "",
        "seconds": 4.0,
        "rate_hz": 48_000,
        "channels": 2,
        "bits": 16,
    }
    assert rows["Keys"]["files"][0]["rate_hz"] == RATE_HZ and rows["Keys"]["dc"] > 0.04
    assert rows["Малый низ"]["is_inverted"] and rows["Пусто"]["active_lufs"] is None
    assert {finding["kind"] for finding in found["findings"]} == {"silent", "dc", "dual-mono", "polarity"}


def test_a_project_without_tracks_says_what_next(call: Caller) -> None:
    call.ok("new", "song")
    answer = call.ok("stems", "--project", "song")
    assert answer.out == "" and "bandmate import STEMS" in answer.err
    assert call.ok("stems", "--project", "song", "--json").json == {"tracks": [], "groups": [], "findings": []}
