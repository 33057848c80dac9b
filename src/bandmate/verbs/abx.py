"""A blind listening test: is X A or B? Kept on disk, so that it can be left and gone on with at any moment.

The folder holds ``A.wav`` and ``B.wav`` at one loudness, ``X01.wav``, ``X02.wav`` … which are copies of one of the two
by the toss of a coin, and ``abx.json`` with the tosses and the answers. A fingerprint of the tosses is shown before the
first answer, so that everybody can check afterwards that nothing was changed.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.song.errors import OutOfRange, ProjectError, RequestError
from bandmate.verbs.abx_statistics import Verdict, verdict
from bandmate.verbs.comparing import compare
from bandmate.verbs.progress import Progress, silent

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.render.span import Span

TEST_FILE = "abx.json"
TRIALS = 16
FEWEST_TRIALS, MOST_TRIALS = 5, 100
"""With four trials even four right answers say nothing."""

Side = Literal["a", "b"]


class AbxTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A listening test: what is compared, the tosses, and the answers so far.

    ``tosses`` and ``answers`` are strings of ``a`` and ``b``, one letter for each trial; ``salt`` goes into the
    fingerprint, so that it gives nothing away.
    """

    proposal: str
    moves: tuple[int, ...]
    difference_lu: float
    tosses: str
    salt: str
    answers: str = ""

    @property
    def trials(self) -> int:
        return len(self.tosses)

    @property
    def is_finished(self) -> bool:
        return len(self.answers) == self.trials

    @property
    def fingerprint(self) -> str:
        """The first half of the sha256 of salt and tosses."""
        return hashlib.sha256((self.salt + self.tosses).encode()).hexdigest()[:32]

    @property
    def right(self) -> int:
        """How many answers are right so far; not to be shown before the end."""
        return sum(toss == answer for toss, answer in zip(self.tosses, self.answers, strict=False))

    def verdict(self) -> Verdict:
        """What the test says.

        Raises
        ------
        RequestError
            before the last answer: stopping when it suits makes chance look like skill.
        """
        if not self.is_finished:
            raise RequestError(
                f"{len(self.answers)} of {self.trials} trials are answered; a test that is stopped early says nothing, "
                "so go on to the end"
            )
        return verdict(self.right, self.trials)


def begin_abx(
    project: Project,
    proposal: str,
    folder: Path | str,
    *,
    moves: Sequence[int] | None = None,
    trials: int = TRIALS,
    span: Span | None = None,
    progress: Progress = silent,
) -> AbxTest:
    """Write the files of a new test into ``folder``; see ``bandmate.verbs.comparing.compare`` for what is compared.

    Raises
    ------
    OutOfRange
        for fewer than 5 or more than 100 trials.
    RequestError
        if there is a test in the folder already.
    """
    if not FEWEST_TRIALS <= trials <= MOST_TRIALS:
        raise OutOfRange(f"{trials} trials; possible are {FEWEST_TRIALS} to {MOST_TRIALS}, and 16 is usual")
    place = Path(folder)
    if (place / TEST_FILE).exists():
        raise RequestError(f'"{place}" holds a listening test already; go on with it, or choose another folder')
    pair = compare(project, proposal, place, moves=moves, span=span, progress=progress)
    tosses = "".join(secrets.choice("ab") for _ in range(trials))
    test = AbxTest(
        proposal=project.proposal(proposal).id,
        moves=pair.moves,
        difference_lu=pair.difference_lu,
        tosses=tosses,
        salt=secrets.token_hex(16),
    )
    sides = {"a": pair.before.path, "b": pair.after.path}
    with disk_errors(place):
        for number, toss in enumerate(tosses, 1):
            shutil.copyfile(sides[toss], x_file(place, number))
    write_test(place, test)
    return test


def read_abx(folder: Path | str) -> AbxTest:
    """The test in a folder, as far as it has come.

    Raises
    ------
    RequestError
        if there is none.
    ProjectError
        if it is damaged.
    """
    path = Path(folder) / TEST_FILE
    if not path.exists():
        raise RequestError(f'"{folder}" holds no listening test; begin one with: bandmate abx PROPOSAL')
    try:
        return msgspec.json.decode(path.read_bytes(), type=AbxTest)
    except msgspec.MsgspecError as damage:
        raise ProjectError(f'the listening test in "{folder}" is damaged: {damage}; begin a new one') from damage


def answer_abx(folder: Path | str, answer: Side) -> AbxTest:
    """Give the next answer; it is on disk when this returns.

    Raises
    ------
    RequestError
        if the test is finished.
    """
    test = read_abx(folder)
    if test.is_finished:
        raise RequestError(f"all {test.trials} trials are answered; begin a new test in another folder")
    test = replace(test, answers=test.answers + answer)
    write_test(Path(folder), test)
    return test


def x_file(folder: Path, number: int) -> Path:
    """The file of a trial, counted from 1."""
    return folder / f"X{number:02d}.wav"


def write_test(folder: Path, test: AbxTest) -> None:
    write_whole(folder / TEST_FILE, msgspec.json.format(msgspec.json.encode(test)))
