"""roles, diagnose and the depth dial on the command line."""

from __future__ import annotations

import re

from bandmate.cli.depth import checked_depth
from tests.cli.calling import Caller


def test_roles_are_said_and_corrected(here: Caller) -> None:
    name = here.ok("roles", "--json").json["tracks"][0]["name"]
    changed = here.ok("roles", f"{name}=snare", "--json").json
    assert changed["tracks"][0]["role"] == "snare" and changed["tracks"][0]["sure"] == 1.0
    assert here.ok("roles", f"{name}=snare", "--json").json["changed"] == []
    assert "the musician says so" in here.ok("roles").out


def test_a_wrong_correction_changes_nothing(here: Caller) -> None:
    revisions = len(here.ok("log", "--json").json)
    assert "no role named" in here("roles", "Pad=kazoo").error
    assert "is no correction; write track=role" in here("roles", "Pad").error
    assert len(here.ok("log", "--json").json) == revisions


def test_a_hint_holds_no_value(here: Caller) -> None:
    shown = here.ok("show", "P1").out
    assert re.search(r"-\d+\.\d", shown)
    hint = here.ok("show", "P1", "--depth", "hint").out.splitlines()[1:]
    assert hint and not any(re.search(r"\d", line.split(".", 1)[1]) for line in hint), hint


def test_an_explanation_holds_no_setting(here: Caller) -> None:
    explained = here.ok("show", "P1", "--depth", "explain").out
    assert "→" in explained and "gain:" not in explained


def test_do_makes_the_moves(here: Caller) -> None:
    asked = here.ok("propose", "mix", "--depth", "do", "--aspects", "balance", "--json").json
    assert {move["state"] for move in asked["moves"]} == {"accepted"}
    assert "showing makes no move" in here("show", "P1", "--depth", "do").error
    assert "no depth named" in here("diagnose", "--depth", "deep").error
    assert checked_depth("hint") == "hint"


def test_diagnose_says_what_is_there_and_changes_nothing(here: Caller) -> None:
    before = here.ok("log", "--json").json
    found = here.ok("diagnose", "--json").json["findings"]
    assert isinstance(found, list)
    here.ok("diagnose", "--depth", "hint")
    assert here.ok("log", "--json").json == before
