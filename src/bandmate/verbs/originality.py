"""Originality of a project or of a lone file: nearest work, genericness, and a version pushed away from the usual.

In a project what is pushed away is a proposal; of a lone file it is a file of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bandmate.formats.atomic_file import disk_errors
from bandmate.project.folder import Project
from bandmate.song.errors import OutOfRange, RequestError, UnknownName
from bandmate.verbs.composing import bars_in, tools_with
from bandmate.verbs.progress import Progress, part, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song
    from bandmate.stages.compose.brief import ChordPin
    from bandmate.stages.compose.copy_gate import Likeness
    from bandmate.stages.compose.genericness import Genericness
    from bandmate.stages.compose.toolbox import Toolbox

PUSHED = ("melody", "chords")


@dataclass(frozen=True, slots=True)
class MeasuredOriginality:
    """How usual each aspect is, the nearest work, what was pushed away, and what else should be known."""

    usual: tuple[Genericness, ...]
    nearest: Likeness | None
    pushed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """For programs."""
        near = self.nearest
        return {
            "usual": [
                {
                    "aspect": row.aspect,
                    "share": row.share,
                    "cost": row.cost,
                    "own": row.own,
                    "neighbours": [run._asdict() for run in row.neighbours],
                }
                for row in self.usual
            ],
            "nearest": None
            if near is None
            else {
                "work": near.work,
                "notes": near.notes,
                "bits": near.bits,
                "bars": [near.first_bar, near.last_bar],
                "work_bars": [near.work_first_bar, near.work_last_bar],
                "is_own": near.is_own,
                "is_copy": near.is_copy,
            },
            "pushed": list(self.pushed),
            "remarks": list(self.remarks),
        }


def measure_project(
    project: Project,
    *,
    track: str = "",
    catalogue: Sequence[Path | str] = (),
    push: float | None = None,
    of: str = "melody",
    pins: tuple[ChordPin, ...] = (),
    progress: Progress = silent,
) -> MeasuredOriginality:
    """How original the song is, and with ``push`` a proposal for a rarer version of it.

    Parameters
    ----------
    track : str
        the track that is judged; else the leading part, and for the nearest work all of them.
    push : float, optional
        by which share of works it is to be rarer, 0 to 1.
    of : str
        what is pushed away: ``melody`` or ``chords``.
    pins : tuple of ChordPin
        chords that stay.

    Raises
    ------
    RequestError, OutOfRange, UnknownName
        for a track or a push that there cannot be.
    """
    tools = tools_with(catalogue, part(progress, 0.0, 0.5))
    found = measured(project.song, tools, track)
    if push is None:
        return found
    proposal = pushed_away(project.song, tools, track, push, of, pins)
    lines = [f"{project.add_proposal(proposal)}: {proposal.title}"] if proposal.moves else []
    lines += [proposal.moves[0].because] if proposal.moves else []
    return with_push(found, lines, proposal)


def measure_file(
    path: Path | str,
    *,
    track: str = "",
    catalogue: Sequence[Path | str] = (),
    push: float | None = None,
    of: str = "melody",
    pins: tuple[ChordPin, ...] = (),
    folder: Path | str = "ideas",
    progress: Progress = silent,
) -> MeasuredOriginality:
    """The same for a lone file; what is pushed away is written into ``folder`` beside it."""
    from bandmate.formats.scores import read_score, write_score
    from bandmate.song.moves import apply

    source = Path(path)
    song = read_score(source).song
    tools = tools_with(catalogue, part(progress, 0.0, 0.5))
    found = measured(song, tools, song.track(track).id if track else "")
    if push is None:
        return found
    proposal = pushed_away(song, tools, track, push, of, pins)
    lines: list[str] = []
    if proposal.moves:
        place = Path(folder) / f"{source.stem}.pushed{source.suffix}"
        with disk_errors(place.parent):
            place.parent.mkdir(parents=True, exist_ok=True)
        write_score(apply(song, proposal.moves), place)
        lines = [proposal.moves[0].because, f"written: {place}"]
    return with_push(found, lines, proposal)


def measured(song: Song, tools: Toolbox, track: str) -> MeasuredOriginality:
    """The figures of a song."""
    from bandmate.stages.compose.originality import measured_song

    found = measured_song(song, tools, song.track(track).id if track else "")
    remarks = () if found.usual else ("too few notes and chords to say how usual they are",)
    return MeasuredOriginality(found.usual, found.nearest, remarks=remarks)


def with_push(found: MeasuredOriginality, lines: list[str], proposal: Proposal) -> MeasuredOriginality:
    return MeasuredOriginality(found.usual, found.nearest, tuple(lines), (*found.remarks, *proposal.remarks))


def pushed_away(song: Song, tools: Toolbox, track: str, push: float, of: str, pins: tuple[ChordPin, ...]) -> Proposal:
    """A proposal for a rarer melody or rarer chords in all bars of the song."""
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.propose import propose_push

    if not 0.0 < push <= 1.0:
        raise OutOfRange(f"--push is {push:g}; possible are more than 0, and at most 1")
    if of not in PUSHED:
        raise UnknownName("what is pushed away", of, PUSHED)
    bars = bars_in(song)
    if not bars:
        raise RequestError("the song has no notes and no chords yet; there is nothing to push away from")
    brief = ComposeBrief(
        part="chords" if of == "chords" else "melody", first_bar=1, last_bar=bars, chord_pins=pins, track=track
    )
    return propose_push(song, msgspec.structs.replace(brief, amount=push), tools=tools, version=__version__)
