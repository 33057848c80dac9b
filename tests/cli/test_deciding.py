"""Accept, refuse, strength, locks and the history, as flows."""

from __future__ import annotations

import pytest

from tests.cli.calling import Caller


def gains(call: Caller) -> dict[str, float]:
    from bandmate.project.folder import Project

    with Project.open(call.folder) as project:
        return {track.id: track.gain_db for track in project.song.tracks}


@pytest.fixture
def three(here: Caller) -> Caller:
    """The project with a proposal P2 of three moves on faders, whatever the mix stage would say."""
    from bandmate.project.folder import Project
    from bandmate.song.moves import Move
    from bandmate.song.proposal import Author, Proposal

    moves = tuple(
        Move(address=f"tracks/{name}/gain_db", before=0.0, after=after, because="it sticks out", confidence=0.8)
        for name, after in (("bass", -2.0), ("drums", 2.0), ("pad", -8.0))
    )
    author = Author(kind="assistant", name="mix", version="1", seed=0)
    with Project.open(here.folder) as project:
        project.add_proposal(Proposal(stage="mix", title="3 faders", moves=moves, author=author))
    return here


def states(call: Caller) -> list[str]:
    return [move["state"] for move in call.ok("show", "P2", "--json").json["moves"]]


def test_some_moves_at_some_strength(three: Caller) -> None:
    answer = three.ok("accept", "P2", "--moves", "1,3", "--strength", "3=50")
    assert answer.out == "revision 3: accept P2, moves 1, 3: 3 faders\n"
    assert gains(three) == {"bass": -2.0, "drums": 0.0, "lead-vocal": 0.0, "pad": -4.0}
    assert states(three) == ["accepted", "open", "accepted"]
    assert "3. pad, fader: 0 dB → -8 dB  (accepted at 50%)" in three.ok("show", "P2").out


def test_strength_of_accepted_and_of_open_moves(three: Caller) -> None:
    three.ok("accept", "P2", "-m", "3")
    assert three.ok("strength", "P2", "3=25").out == "revision 4: move 3 of P2 is at 25 %\n"
    assert gains(three)["pad"] == -2.0
    waiting = three.ok("strength", "P2", "1=10", "2=20%")
    assert waiting.out == (
        "move 1 of P2 is not accepted yet; when it is, it is made at 10 %\n"
        "move 2 of P2 is not accepted yet; when it is, it is made at 20 %\n"
    )
    three.ok("accept", "P2")
    assert gains(three) == {"bass": -0.2, "drums": 0.4, "lead-vocal": 0.0, "pad": -2.0}
    three.ok("strength", "P2", "3=0")
    assert gains(three)["pad"] == 0.0


def test_one_bad_strength_makes_none(three: Caller) -> None:
    three.ok("accept", "P2")
    before = gains(three)
    assert three("strength", "P2", "3=25", "9=10").error == (
        "there is no move 9 in P2; it has 3, counted from 1 [out-of-range]"
    )
    assert gains(three) == before


def test_refused_moves_stay_refused_until_they_are_reopened(three: Caller) -> None:
    assert three.ok("refuse", "P2", "--moves", "1-2", "--reason", "I like it so").out == "P2: 1 open, 2 refused\n"
    assert "reason: I like it so" in three.ok("show", "P2").out
    assert 'move 1 of P2 was refused ("I like it so"); reopen it first' in three("accept", "P2", "-m", "1").error
    assert "move 1 of P2 was refused; reopen it first" in three("strength", "P2", "1=50").error
    three.ok("accept", "P2")
    assert three("accept", "P2").error == ("P2 has nothing left to accept: 3 moves, 1 accepted, 2 refused [request]")
    assert three.ok("reopen", "P2").out == "P2: 2 open, 1 accepted\n"
    assert three("reopen", "P2").error.startswith("P2 has no refused move, so there is nothing to reopen")
    assert states(three) == ["open", "open", "accepted"]


def test_a_locked_track_is_left_alone_by_this_and_later_proposals(three: Caller) -> None:
    assert three.ok("lock", "PAD").out == "locked tracks/pad\n"
    error = three("accept", "P2").error
    assert "tracks/pad is locked; unlock it first or leave this move out, with --moves or --skip-stale" in error
    answer = three.ok("accept", "P2", "--skip-stale")
    assert answer.out == "revision 4: accept P2, moves 1-2: 3 faders\n"
    assert answer.err.startswith("left out move 3: the move at tracks/pad/gain_db is refused: tracks/pad is locked")
    assert gains(three)["pad"] == 0.0
    later = three.ok("propose", "mix", "--json").json
    assert not [move for move in later["moves"] if move["address"].startswith("tracks/pad/")]
    assert three.ok("unlock", "pad").out == "unlocked tracks/pad\n"
    three.ok("accept", "P2")
    assert gains(three)["pad"] == -8.0


def test_undo_and_redo_go_back_and_forth(three: Caller) -> None:
    three.ok("accept", "P2")
    assert three.ok("undo").out.startswith("now at revision 2: import 4 files")
    assert states(three) == ["open", "open", "open"] and gains(three)["pad"] == 0.0
    assert three.ok("redo").out == "now at revision 3: accept P2, moves 1-3: 3 faders\n"
    assert gains(three)["pad"] == -8.0
    assert three("redo").error == "there is nothing to redo [request]"
    assert three("undo", "9").error == "undo by 9 steps; only 2 can be undone [out-of-range]"


def test_the_log_is_one_line_for_each_step(three: Caller) -> None:
    three.ok("accept", "P2")
    three.ok("version", "rough mix")
    lines = three.ok("log").out.splitlines()
    assert len(lines) == 4
    assert lines[1].split()[:2] == ["→", "3"] and "assistant: mix" in lines[1] and lines[1].endswith("rough mix")
    assert "human" in lines[3] and "new project" in lines[3]


def test_the_log_of_one_step_shows_its_moves(three: Caller) -> None:
    three.ok("accept", "P2", "-m", "1,3", "-s", "3=50")
    lines = three.ok("log", "3").out.splitlines()
    assert lines[0].startswith("revision 3, ") and lines[0].endswith(": accept P2, moves 1, 3: 3 faders")
    assert lines[1:] == ["  bass, fader: 0 dB → -2 dB", "  pad, fader: 0 dB → -8 dB at 50%"]
    moves = three.ok("log", "3", "--json").json["moves"]
    assert [one["strength"] for one in moves] == [1.0, 0.5]
    assert moves[0]["move"]["because"] == "it sticks out"
    assert "revision" in three("log", "99").error


def test_versions_and_branches(three: Caller) -> None:
    assert "no named versions yet" in three.ok("version").err
    assert three.ok("version", "raw").out == "raw: revision 2\n"
    assert three.ok("branch", "louder").out.startswith("on branch louder, at revision 2")
    three.ok("accept", "P2")
    assert three.ok("branch", "main").out.startswith("on branch main, at revision 2")
    assert three.ok("branch").out == "louder: revision 3\nmain: revision 2\n"
    assert three.ok("go-to", "3").out.startswith("now at revision 3")
    assert 'Did you mean "raw"?' in three("go-to", "rwa").error


def test_stale_moves_are_named_and_can_be_left_out(three: Caller) -> None:
    from bandmate.project.folder import Project
    from bandmate.song.moves import Move

    with Project.open(three.folder) as project:
        project.revise(Move(address="tracks/drums/gain_db", before=0.0, after=-1.0), "by hand")
    assert "the song now has -1 (move 2 of P2); leave it out or propose again [stale-move]" in (
        three("accept", "P2").error
    )
    assert three.ok("accept", "P2", "--skip-stale", "--json").json["moves"] == [1, 3]
    assert "every move of P2 that was chosen is stale or locked" in three("accept", "P2", "--skip-stale").error
