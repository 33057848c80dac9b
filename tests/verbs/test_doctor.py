"""The doctor, and getting ready on a new machine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import bandmate
from bandmate.verbs import doctor, readiness
from bandmate.verbs.progress import FIRST_RUN, part
from bandmate.verbs.readiness import make_ready, marker


def test_all_is_well_here() -> None:
    checks = bandmate.examine()
    assert all(check.ok for check in checks), [check for check in checks if not check.ok]
    assert {"Python", "SQLite", "numba", "sound kernels", "sound files", "loudness meter"} <= {c.what for c in checks}


def test_what_fails_is_said_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise OSError("no such codec")

    monkeypatch.setattr(doctor, "WORKS", (("sound files", broken),))
    monkeypatch.setattr(doctor, "LIBRARIES", ("a_library_that_is_not_there",))
    failed = [check for check in bandmate.examine() if not check.ok]
    assert [check.what for check in failed] == ["a_library_that_is_not_there", "sound files"]
    assert failed[0].advice == "install Bandmate again: pip install bandmate"
    assert failed[1].found == "OSError: no such codec" and failed[1].advice == "please report this"


def test_a_note_that_is_silent_fails_without_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    from bandmate.render import rendering
    from bandmate.sound.audio import Audio

    silence = SimpleNamespace(audio=Audio(np.zeros((2, 10), np.float32), 48_000))
    monkeypatch.setattr(rendering, "render", lambda song, media: silence)
    check = doctor.attempt("sound set", doctor.play_a_note)
    assert not check.ok and check.found == "the note is silent" and check.advice == "please report this"


def test_kernels_are_compiled_once_with_a_line_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDMATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(readiness.MODULES, "sound", ("loudness",))
    seen: list[str] = []
    assert make_ready(lambda what, share: seen.append(what))
    assert seen == [FIRST_RUN] and marker().is_file()
    assert not make_ready(lambda what, share: seen.append(what))
    assert len(seen) == 1


def test_a_cache_that_cannot_be_written_stops_nothing(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDMATE_CACHE", str(closed / "cache"))
    monkeypatch.setitem(readiness.MODULES, "sound", ())
    assert make_ready()


def test_a_part_of_the_progress_stays_in_its_place() -> None:
    seen: list[float] = []
    report = part(lambda what, share: seen.append(share), 0.2, 0.6)
    for share in (-1.0, 0.0, 0.5, 1.0, 2.0):
        report("x", share)
    assert seen == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])
