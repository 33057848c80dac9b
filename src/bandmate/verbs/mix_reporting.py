"""The report of a mix, put together from a proposal and what is heard of the song without and with its moves.

Conventions: nothing in it changes between two runs on the same project: no date, no path, no id but that of the
proposal. The page and the record appear both or not at all.

Not covered: measuring (``bandmate.verbs.mix_heard``); the page itself (``bandmate.report.mix_page``).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.formats.atomic_file import AtomicFile, disk_errors, write_whole
from bandmate.song.errors import RequestError
from bandmate.song.spoken import spoken_place
from bandmate.verbs.listening import ears_of
from bandmate.verbs.mix_curves import rides_of
from bandmate.verbs.mix_findings import finding_rows, findings_by_track, other_moves
from bandmate.verbs.mix_heard import HeardMix, TwoMixes, two_mixes
from bandmate.verbs.mix_maps import column_count
from bandmate.verbs.mix_players import player_groups
from bandmate.verbs.mix_tracks import lead_map, mix_state, stereo_field, track_rows
from bandmate.verbs.progress import Progress, part, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.project.folder import Project
    from bandmate.report.master_data import SectionRow
    from bandmate.report.mix_data import MixReport
    from bandmate.song.song import Song
    from bandmate.stages.structure import Structure

PAGE, RECORD, PLOTS_FOLDER = "mix-report.html", "mix-report.json", "plots"
WITHOUT, WITH = "without the moves", "with the moves"

MOMENTARY_SECONDS = 0.4
"""A momentary value is that of the time before it."""


@dataclass(frozen=True, slots=True)
class MixReportFiles:
    """What was written, and what it is about in a few numbers.

    ``groups`` is how many pairs can be heard on the page.
    """

    page: Path
    record: Path
    plots: tuple[Path, ...]
    proposal: str
    findings: int
    moves: int
    groups: int

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "page": str(self.page),
            "record": str(self.record),
            "plots": [str(path) for path in self.plots],
            "proposal": self.proposal,
            "findings": self.findings,
            "moves": self.moves,
            "groups": self.groups,
        }


def write_mix_report(
    project: Project,
    proposal_id: str,
    folder: Path | str,
    *,
    players: bool = True,
    plots: bool = False,
    progress: Progress = silent,
) -> MixReportFiles:
    """Write ``mix-report.html`` and ``mix-report.json`` into ``folder``, with ``plots`` also PNG pictures.

    Parameters
    ----------
    proposal_id : str
        such as ``P1``.
    players : bool
        whether the page can be listened to; rendering for that takes the longest.

    Raises
    ------
    UnknownName
        if there is no such proposal.
    RequestError
        if it is not one for the mix.
    MediaError, ProjectError
        if a recording cannot be read, or the disk is full or the folder read-only.
    """
    from bandmate.report.mix_page import mix_html
    from bandmate.report.mix_record import mix_json

    state = project.proposal(proposal_id)
    check_is_mix(state)
    report = mix_report(project, state, players=players, progress=part(progress, 0.0, 0.9))
    progress("writing the report", 0.9)
    place = Path(folder)
    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    page, record = place / PAGE, place / RECORD
    data = mix_html(report).encode(), mix_json(report)
    with AtomicFile(page) as first, AtomicFile(record) as second, disk_errors(page):
        first.file.write(data[0])
        second.file.write(data[1])
    pictures = write_plots(report, place / PLOTS_FOLDER) if plots else ()
    progress("done", 1.0)
    count = len(report.findings)
    return MixReportFiles(page, record, pictures, state.id, count, len(state.moves), len(report.groups))


def write_plots(report: MixReport, place: Path) -> tuple[Path, ...]:
    """The pictures, each whole or not at all."""
    from bandmate.report.mix_plots import mix_plots

    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    written = []
    for name, picture in mix_plots(report).items():
        path = place / f"{name}.png"
        write_whole(path, picture)
        written.append(path)
    return tuple(written)


def check_is_mix(state: ProposalState) -> None:
    """Only a proposal for the mix has this report."""
    stage = state.proposal.stage
    if stage == "mix":
        return
    if stage == "master":
        raise RequestError(
            f"{state.id} is a proposal for the master, and this is the report of a mix; the report of a master is "
            'written by "bandmate master"'
        )
    raise RequestError(
        f'{state.id} is a proposal of "{stage}", and this is the report of a mix; "bandmate show {state.id}" shows it'
    )


def mix_report(project: Project, state: ProposalState, *, players: bool, progress: Progress) -> MixReport:
    """Everything that the report of a mix says."""
    from bandmate.report.mix_data import MixReport

    song = project.song
    ears = ears_of(project, part(progress, 0.0, 0.5))
    mixes = two_mixes(song, state, ears)
    progress("looking at what covers what", 0.5)
    structure = mixes.was.session.structure
    sections = section_rows(mixes, structure)
    findings = finding_rows(mixes, state, sections, song)
    columns = column_count(mixes.seconds)
    groups = player_groups(project, state, mixes, findings, ears, part(progress, 0.6, 1.0)) if players else ()
    return MixReport(
        title=song.title,
        made_with=f"Bandmate {__version__}",
        proposal=state.id,
        moves_made=mixes.moves,
        was=mix_state(mixes.was, WITHOUT),
        now=mix_state(mixes.now, WITH),
        findings=findings,
        other_moves=other_moves(song, state),
        tracks=track_rows(mixes, findings_by_track(state)),
        column_seconds=mixes.seconds / columns if columns else 0.0,
        sections=sections,
        bar_seconds=structure.bar_seconds,
        tempo_bpm=structure.bpm,
        rides=rides_of(mixes, sections),
        lead=lead_map(mixes, sections),
        stereo=stereo_field(mixes, ears, project.memory),
        groups=groups,
        locks=tuple(spoken_place(song, lock.address) for lock in song.locks),
        remarks=state.proposal.remarks,
        notes=mixes.notes,
        how_to_review=review_commands(song, state, mixes.moves),
    )


def review_commands(song: Song, state: ProposalState, moves: Sequence[int]) -> tuple[str, ...]:
    """How to look at, hear, take, weaken and refuse the moves."""
    open_ones = [one.number for one in state.moves if one.state == "open"]
    done = [one.number for one in state.moves if one.state == "accepted"]
    found = [f"bandmate show {state.id} # every finding and move, with the evidence"] if state.moves else []
    if open_ones:
        found.append(f"bandmate accept {state.id} # take what is open, of several answers the first")
        found.append(f"bandmate accept {state.id} --moves {open_ones[0]} --strength {open_ones[0]}=50 # one, at half")
        found.append(f"bandmate refuse {state.id} --moves {open_ones[-1]} # leave one out")
    if moves:
        found.append(f"bandmate ab {state.id} --moves {moves[0]} # the song without and with it, as two files")
        found.append(f"bandmate abx {state.id} # listen blindly, and count")
    if done:
        found.append(f"bandmate strength {state.id} {done[0]}=50 # make an accepted one half as strong")
        found.append("bandmate undo # take the last step back; bandmate redo makes it again")
    if song.tracks and state.moves:
        name = song.tracks[0].name or song.tracks[0].id
        found.append(f"bandmate lock {shlex.quote(name)} # nothing will be proposed for it any more")
    return tuple(found)


def section_rows(mixes: TwoMixes, structure: Structure) -> tuple[SectionRow, ...]:
    """The sections of the song with how loud the mix is in each; none where there is only one."""
    from bandmate.report.master_data import SectionRow

    if len(structure.sections) < 2:
        return ()
    return tuple(
        SectionRow(
            name=one.name or one.letter,
            start_seconds=one.start_seconds,
            end_seconds=one.end_seconds,
            was_lufs=stretch_lufs(mixes.was, one.start_seconds, one.end_seconds),
            now_lufs=stretch_lufs(mixes.now, one.start_seconds, one.end_seconds),
        )
        for one in structure.sections
    )


def stretch_lufs(mix: HeardMix, start_seconds: float, end_seconds: float) -> float | None:
    """Loudness of the mix in a stretch, ungated; None for silence."""
    import numpy as np

    if mix.main is None:
        return None
    momentary = mix.main.momentary_lufs.astype(np.float64)
    at = MOMENTARY_SECONDS + np.arange(len(momentary)) / 10
    inside = momentary[(at > start_seconds) & (at <= end_seconds)]
    power = float(np.mean(10 ** (inside / 10))) if inside.size else 0.0
    return 10 * float(np.log10(power)) if power > 0 else None
