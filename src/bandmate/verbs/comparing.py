"""A and B: a song without some moves and with them, as two files of one loudness, so that only the difference is heard.

A is the song without the chosen moves, B the song with them, whether they were accepted already or not. The song and
the proposal stay as they are. Both files are turned down to one integrated loudness, and further where a peak would
clip.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.song.errors import OutOfRange, RequestError
from bandmate.song.moves import Move, apply
from bandmate.song.proposal import restrengthened
from bandmate.song.song import Song
from bandmate.verbs.listening import ears_of
from bandmate.verbs.printing import Printed, measured_file, render_mix, turned, write_sound
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.render.span import Span

LENGTH_SECONDS = 20.0
SHORT_SONG_SECONDS = 30.0
"""A song up to this long is compared as a whole."""

PEAK_ROOM_DBTP = -1.0
HIGHEST_DIFFERENCE_LU = 0.1


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files to be compared.

    Attributes
    ----------
    before, after : Printed
        A, without the moves, and B, with them; measured from disk.
    gains_db : tuple of float
        what A and B were turned by to have one loudness.
    moves : tuple of int
        the numbers of the moves that make the difference.
    start_seconds, end_seconds : float
        which stretch of the song.
    worse : tuple of str
        what the moves make worse on the song as it is now, each with its figures.
    """

    before: Printed
    after: Printed
    gains_db: tuple[float, float]
    moves: tuple[int, ...]
    start_seconds: float
    end_seconds: float
    worse: tuple[str, ...]

    @property
    def difference_lu(self) -> float:
        """How much louder B is than A."""
        return (self.after.hearing.integrated_lufs or 0.0) - (self.before.hearing.integrated_lufs or 0.0)

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "a": str(self.before.path),
            "b": str(self.after.path),
            "loudness_lufs": self.before.hearing.integrated_lufs,
            "difference_lu": self.difference_lu,
            "gains_db": list(self.gains_db),
            "moves": list(self.moves),
            "start_seconds": self.start_seconds,
            "end_seconds": self.end_seconds,
            "worse": list(self.worse),
        }


def compare(
    project: Project,
    proposal: str,
    folder: Path | str,
    *,
    moves: Sequence[int] | None = None,
    span: Span | None = None,
    progress: Progress = silent,
) -> Pair:
    """Write ``A.wav`` and ``B.wav`` into ``folder``: the song without and with moves of a proposal, equally loud.

    Parameters
    ----------
    proposal : str
        its id, such as ``P1``.
    moves : sequence of int, optional
        their numbers; by default all that were accepted, or could be.
    span : Span, optional
        which stretch; by default the twenty seconds in which the two differ most, and all of a short song.

    Raises
    ------
    RequestError
        if a move was refused or is stale, one of the two would be silent, or both are the same.
    OutOfRange
        if there is no such move, or the stretch is outside of the song.
    """
    state = project.proposal(proposal)
    numbers = chosen_numbers(state, moves)
    before, after = two_songs(project.song, state, numbers)
    if before == after:
        raise RequestError(
            f"the song is the same without and with the moves of {state.id}; choose moves that change it"
        )
    ears = ears_of(project, part(progress, 0.0, 0.4))
    stretch = span or most_different(before, after, ears)
    place = Path(folder)
    with tempfile.TemporaryDirectory() as drafts:
        pair = tuple(
            render_mix(project, Path(drafts) / f"{name}.wav", kind="wav-32f", song=song, span=stretch)
            for name, song in (("A", before), ("B", after))
        )
        progress("matching the loudness", 0.8)
        gains = matching_gains(pair[0], pair[1])
        first, second = (matched(one, place / one.path.name, gain) for one, gain in zip(pair, gains, strict=True))
    rate_hz = project.song.rate_hz
    found = Pair(
        before=first,
        after=second,
        gains_db=gains,
        moves=numbers,
        start_seconds=stretch.start_frame / rate_hz,
        end_seconds=stretch.end_frame / rate_hz,
        worse=made_worse(state, numbers, before=before, after=after, ears=ears),
    )
    assert abs(found.difference_lu) <= HIGHEST_DIFFERENCE_LU, found.difference_lu
    return found


def chosen_numbers(state: ProposalState, moves: Sequence[int] | None) -> tuple[int, ...]:
    """The numbers of the moves that are to be compared, each once."""
    from bandmate.project.choices import check_one_answer_each, first_answers

    if moves is None:
        alive = first_answers(state, (one for one in state.moves if one.state == "open"))
        done = [one.number for one in state.moves if one.state == "accepted"]
        numbers = tuple(sorted([*done, *(one.number for one in alive)]))
        if not numbers:
            raise RequestError(f"{state.id} has no move that is accepted or open, so there is nothing to compare")
        return numbers
    for number in moves:
        if not 1 <= number <= len(state.moves):
            raise OutOfRange(f"there is no move {number} in {state.id}; it has {len(state.moves)}, counted from 1")
        if state.moves[number - 1].state == "refused":
            raise RequestError(f"move {number} of {state.id} was refused; reopen it first, or leave it out")
    check_one_answer_each(state, (state.moves[n - 1] for n in moves if state.moves[n - 1].state != "accepted"))
    return tuple(sorted(set(moves)))


def two_songs(song: Song, state: ProposalState, numbers: Sequence[int]) -> tuple[Song, Song]:
    """The song without and with these moves. Accepted ones are taken away for the first, open ones made for the second.

    Raises
    ------
    RequestError
        where a move is stale; see ``bandmate.song.moves.apply``.
    """
    from bandmate.project.choices import with_needed

    chosen = [state.moves[number - 1] for number in numbers]
    without, with_moves = song, song
    for one in reversed([one for one in chosen if one.state == "accepted"]):
        without = apply(without, restrengthened(one.move, one.strength, 0.0))
    for one in with_needed(song, state, tuple(one for one in chosen if one.state != "accepted")):
        with_moves = apply(with_moves, by_hand(one.move), one.strength)
    return without, with_moves


def by_hand(move: Move) -> Move:
    """The move as the musician's own, so that it can be listened to although a lock stops proposals."""
    from msgspec.structs import replace

    return replace(move, by="human")


def most_different(before: Song, after: Song, ears: Any) -> Span:
    """The stretch in which two songs differ most; all of a short one."""
    import numpy as np

    from bandmate.render.span import Span

    pair = (ears.main(before), ears.main(after))
    frames = min(one.frames for one in pair)
    rate_hz = before.rate_hz
    if frames <= SHORT_SONG_SECONDS * rate_hz:
        return Span(0, frames)
    hops = min(one.hops for one in pair)
    first, second = (np.sqrt(one.power[:, :hops].astype(np.float64)) for one in pair)
    change = np.abs(second - first).sum(axis=0)
    length = round(LENGTH_SECONDS / pair[0].hop_seconds)
    total = np.concatenate([[0.0], np.cumsum(change)])
    start = int(np.argmax(total[length:] - total[:-length])) if hops > length else 0
    at = round(start * pair[0].hop_seconds * rate_hz)
    return Span(at, min(frames, at + round(LENGTH_SECONDS * rate_hz)))


def matching_gains(first: Printed, second: Printed) -> tuple[float, float]:
    """What turns both to one loudness, neither up, with room above the peaks.

    Raises
    ------
    RequestError
        where one of them is silent.
    """
    levels = [one.hearing.integrated_lufs for one in (first, second)]
    if None in levels:
        raise RequestError("one of the two is silent or too short to have a loudness; choose a longer stretch")
    known = [level for level in levels if level is not None]
    peaks = [one.hearing.true_peak_dbtp for one in (first, second)]
    room = [level - peak + PEAK_ROOM_DBTP for level, peak in zip(known, peaks, strict=True)]
    common_lufs = min(*known, *room)
    return common_lufs - known[0], common_lufs - known[1]


def matched(draft: Printed, path: Path, gain_db: float) -> Printed:
    """A draft written again with a gain, and measured from disk."""
    from bandmate.formats.audio_files import decode_blocks

    rate_hz = draft.hearing.rate_hz
    write_sound(path, turned(decode_blocks(draft.path), gain_db), rate_hz, kind="wav-24", tags={})
    return measured_file(path, kind="wav-24")


def made_worse(
    state: ProposalState, numbers: Sequence[int], *, before: Song, after: Song, ears: Any
) -> tuple[str, ...]:
    """What the moves of a mix make worse on the song as it is now."""
    if state.proposal.stage != "mix":
        return ()
    from bandmate.stages.mix.recheck import rechecked

    moves = [state.moves[number - 1].move for number in numbers]
    rows = rechecked(state.proposal, moves, before=before, after=after, ears=ears)
    return tuple(row.sentence for row in rows if row.is_worse)
