"""Commands for comparing by ear: ab, abx."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.making import bars_span
from bandmate.cli.options import AsJson, InProject, Moves, ProposalId, numbers, opened
from bandmate.cli.output import print_json, progress_bar, say, write
from bandmate.song.errors import RequestError

if TYPE_CHECKING:
    from bandmate.verbs.abx import AbxTest

Folder = Annotated[
    Path | None, typer.Option("--folder", help="Where the files go; 'compare' in the project by default.")
]
Bars = Annotated[str | None, typer.Option("--bars", help="Only these bars, such as 9-16.")]
PLAYERS = ("ffplay -nodisp -autoexit -loglevel quiet", "afplay", "pw-play", "paplay", "aplay -q")


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("ab")(ab)
    app.command("abx")(abx)


def ab(
    proposal: ProposalId,
    moves: Moves = None,
    folder: Folder = None,
    bars: Bars = None,
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Write the song without and with moves, equally loud."""
    from bandmate.verbs.comparing import compare

    with opened(project) as here, progress_bar() as progress:
        place = folder or here.folder / "compare"
        span = bars_span(here.song, bars) if bars else None
        pair = compare(here, proposal, place, moves=numbers(moves), span=span, progress=progress)
    if json:
        print_json(pair.facts())
        return
    write(f"A, without: {pair.before.path}")
    write(f"B, with:    {pair.after.path}")
    loudness = pair.before.hearing.integrated_lufs or 0.0
    write(f"both at {loudness:.1f} LUFS; B is {pair.difference_lu:+z.2f} LU against A")
    for line in pair.worse:
        say(f"measured worse today: {line}")


def abx(
    proposal: ProposalId,
    moves: Moves = None,
    trials: Annotated[int, typer.Option(help="How often to listen, fixed beforehand.")] = 16,
    folder: Folder = None,
    bars: Bars = None,
    player: Annotated[str, typer.Option(help="The program that plays a file; found where it can be.")] = "",
    project: InProject = None,
    json: AsJson = False,
) -> None:
    """Listen blindly whether a move can be heard."""
    from bandmate.verbs.abx import TEST_FILE, begin_abx, read_abx

    with opened(project) as here:
        place = folder or here.folder / "abx"
        if (place / TEST_FILE).exists():
            test = read_abx(place)
            say(f'going on with the test in "{place}": {len(test.answers)} of {test.trials} trials are answered')
        else:
            span = bars_span(here.song, bars) if bars else None
            with progress_bar() as progress:
                test = begin_abx(
                    here, proposal, place, moves=numbers(moves), trials=trials, span=span, progress=progress
                )
    explain(place, test, say if json else write)
    while not test.is_finished:
        answered = asked(place, test, player or found_player())
        if answered is None:
            say(
                f"left after {len(test.answers)} of {test.trials} trials; the same command goes on, and the result "
                "comes at the end"
            )
            return
        test = answered
    found = test.verdict()
    if json:
        print_json({"verdict": found, "is_heard": found.is_heard, "tosses": test.tosses, "salt": test.salt})
        return
    write(found.sentence)
    write(f"tosses: {test.tosses}  salt: {test.salt}")


def explain(place: Path, test: AbxTest, write: Callable[[str], None]) -> None:
    """What the listener is to know before the first answer."""
    from bandmate.verbs.abx_statistics import needed_right

    write(f"A.wav and B.wav in {place} differ by moves {', '.join(map(str, test.moves))} of {test.proposal}")
    write(f"they are equally loud, to {abs(test.difference_lu):.2f} LU")
    write(f"{test.trials} trials; {needed_right(test.trials)} right answers are more than guessing")
    write(f"fingerprint of the tosses: {test.fingerprint}")


def asked(place: Path, test: AbxTest, player: str) -> AbxTest | None:
    """One trial: the test with the answer; None when the listener leaves."""
    from bandmate.verbs.abx import answer_abx, x_file

    number = len(test.answers) + 1
    files = {"1": place / "A.wav", "2": place / "B.wav", "3": x_file(place, number)}
    keys = "1 plays A, 2 plays B, 3 plays X; " if player else ""
    while True:
        try:
            said = (
                input(f"trial {number} of {test.trials}, {files['3'].name}: {keys}is X a or b? (q leaves) ")
                .strip()
                .lower()
            )
        except EOFError:
            return None
        if said == "a":
            return answer_abx(place, "a")
        if said == "b":
            return answer_abx(place, "b")
        if said == "q":
            return None
        if said in files and player:
            play(player, files[said])
        elif said:
            say(f'"{said}" is no answer; type a or b, or q to leave')


def found_player() -> str:
    """A program on this machine that plays a file; empty where there is none."""
    return next((player for player in PLAYERS if shutil.which(player.split()[0])), "")


def play(player: str, path: Path) -> None:
    """Play a file to its end.

    Raises
    ------
    RequestError
        if the player does not start.
    """
    try:
        subprocess.run([*shlex.split(player), str(path)], check=False)
    except OSError as problem:
        raise RequestError(f'"{player}" does not start ({problem}); name another with --player') from problem
