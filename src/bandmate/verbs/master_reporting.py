"""The report of masters, put together from what was tried, proposed, written and looked at.

Conventions: nothing in it changes between two runs on the same input: no date, no path but those inside the folder of
the results, no id but those of the proposals.

Not covered: measuring (``bandmate.verbs.master_looks``); the page itself (``bandmate.report.master_page``).
"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.verbs.codec_preview import INDICATIVE
from bandmate.verbs.listening import measured
from bandmate.verbs.master_curves import stereo_field, tone_curves
from bandmate.verbs.master_history import limiter_work, loudness_history
from bandmate.verbs.master_places import translation_rows
from bandmate.verbs.master_rows import (
    codec_rows,
    extra_files,
    master_files,
    reference_rows,
    service_rows,
)
from bandmate.verbs.master_stages import as_sentence, stage_rows
from bandmate.verbs.reporting import move_row
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.report.data import FileRow, ProposalPart
    from bandmate.report.master_data import MasterPart, MasterReport, ProfileRow
    from bandmate.song.song import Song
    from bandmate.verbs.master_looks import Look, Looks
    from bandmate.verbs.mastering import MadeMaster, MasterResults, Order

REPORT_PAGE, REPORT_RECORD, PLOTS_FOLDER = "report.html", "report.json", "plots"
SAID_ABOVE = ("target: ", "compared with: ", "no reference: ")
"""Remarks of a proposal that the report has as its profile, its references and its own remark."""


def write_report(project: Project, results: MasterResults, order: Order, looks: Looks) -> MasterResults:
    """Write the page, the record and the plots, as far as they are asked for; the results with them in it."""
    from bandmate.report.master_page import master_html
    from bandmate.report.master_plots import master_plots
    from bandmate.report.master_record import master_json

    report = master_report(project.song, results, order, looks)
    folder, page, extras = order.folder, None, results.extras
    if order.options.has_plots:
        plots = folder / PLOTS_FOLDER
        with disk_errors(plots):
            plots.mkdir(parents=True, exist_ok=True)
        for part in report.masters:
            for name, picture in master_plots(report, part).items():
                write_whole(plots / f"{part.name}-{name}.png", picture)
        extras = (*extras, plots)
    if order.options.has_report:
        page = folder / REPORT_PAGE
        write_whole(page, master_html(report).encode())
        write_whole(folder / REPORT_RECORD, master_json(report))
    return dataclasses.replace(results, report=page, extras=extras)


def master_report(song: Song, results: MasterResults, order: Order, looks: Looks) -> MasterReport:
    """Everything that the report of one or several masters says."""
    from bandmate.report.master_data import MasterReport

    references = order.brief.references
    previews = looks.extras.previews
    parts = [master_part(song, one, look, order) for one, look in zip(results.masters, looks.masters, strict=True)]
    return MasterReport(
        title=results.title,
        made_with=f"Bandmate {__version__}",
        source=source_row(order.source),
        before=measured(results.before),
        before_label=order.source.name if order.source.is_file() else "the mix",
        masters=tuple(parts),
        references=reference_rows(references, looks),
        services=service_rows(results.masters, previews),
        codecs=codec_rows(results.masters, previews),
        translation=translation_rows(results.masters, looks, order.folder),
        files=extra_files(looks.extras, order.folder),
        players=looks.players,
        players_note=players_note(looks),
        how_to_review=review_commands(results),
        remarks=tuple(remarks_on(results, order, looks)),
    )


def master_part(song: Song, master: MadeMaster, look: Look, order: Order) -> MasterPart:
    """One master: its stages, curves, proposal and file; no curves for what could not be tried."""
    from bandmate.report.master_data import MasterPart

    done = master.done
    references = order.brief.references
    return MasterPart(
        name=master.name,
        direction=as_sentence(master.sentence),
        profile=profile_row(master),
        after=measured(master.printed.hearing),
        stages=stage_rows(master, song.rate_hz),
        tone=tone_curves(done) if done else None,
        stereo=stereo_field(done, references, look.before, look.picture) if done else None,
        history=loudness_history(song, done) if done else None,
        limiter=limiter_work(song, master.reduction_db, deepest_at(master)),
        proposal=proposal_part(song, master),
        files=master_files(master, order.folder),
        remarks=part_remarks(master),
    )


def part_remarks(master: MadeMaster) -> tuple[str, ...]:
    """That nothing was done, and what vinyl or a club says to it."""
    untouched = ["Nothing was done: the file is the piece as it came."] if master.is_untouched else []
    return (*untouched, *(as_sentence(row.text) for row in master.medium))


def deepest_at(master: MadeMaster) -> float | None:
    """Where the limiter took off most."""
    solved = master.done.solved if master.done else None
    return solved.reduction_at_seconds if solved else None


def profile_row(master: MadeMaster) -> ProfileRow | None:
    """What the master was made for: the loudness is that which was wanted, at the strength that was asked for."""
    from bandmate.report.master_data import ProfileRow

    done, profile, brief = master.done, master.profile, master.brief
    if done is None:
        return None
    goal = done.request.goal
    now_lufs = done.before.integrated_lufs
    wanted = None if now_lufs is None or brief.loudness == 0.0 else goal.partly(now_lufs, brief.loudness)
    is_own = brief.loudness_lufs is not None or brief.ceiling_dbtp is not None or brief.loudness < 1.0
    part = f"; {100 * brief.loudness:g} % of the way was asked for" if brief.loudness < 1.0 else ""
    return ProfileRow(
        name=goal.name,
        loudness_lufs=wanted,
        ceiling_dbtp=goal.ceiling_dbtp if brief.loudness > 0.0 else None,
        origin=f"{goal.origin}{part}",
        rate_hz=profile.rate_hz if profile else None,
        bits=profile.bits if profile else None,
        is_official=None if profile is None or is_own else profile.official,
        read_on=profile.read.isoformat() if profile else "",
    )


def proposal_part(song: Song, master: MadeMaster) -> ProposalPart:
    """The proposal with its moves in words, and those of its remarks that no other part of the report says."""
    from bandmate.report.data import ProposalPart

    state, done = master.proposal, master.done
    elsewhere = {*(f"{node.name}: {node.sentence}" for node in done.nodes), *done.remarks} if done else set()
    return ProposalPart(
        id=state.id,
        stage=state.proposal.stage,
        title=state.proposal.title,
        moves=tuple(move_row(song, one) for one in state.moves),
        remarks=tuple(
            as_sentence(remark)
            for remark in state.proposal.remarks
            if remark not in elsewhere and not remark.startswith(SAID_ABOVE)
        ),
    )


def source_row(source: Path) -> FileRow | None:
    """The file that came in; None for a project."""
    from bandmate.formats.audio_files import probe
    from bandmate.report.data import FileRow

    if not source.is_file():
        return None
    facts = probe(source)
    with disk_errors(source), source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRow(
        name=source.name, what="the piece as it came", kind=facts.container.upper(), bits=facts.bits, sha256=digest
    )


def players_note(looks: Looks) -> str:
    """What the players have."""
    from bandmate.stages.words import clock
    from bandmate.verbs.master_players import EXCERPT_SECONDS

    if not looks.players:
        return ""
    has_reference = len(looks.players) > 1 + len(looks.masters)
    others = "; a reference plays its own loudest half minute" if has_reference else ""
    if looks.excerpt_seconds < EXCERPT_SECONDS:
        return f"Each plays the whole piece{others}."
    return f"Each plays the loudest half minute of the piece, from {clock(looks.excerpt_at_seconds)} on{others}."


def remarks_on(results: MasterResults, order: Order, looks: Looks) -> list[str]:
    """What holds for all masters."""
    faults = next((one.done.remarks for one in results.masters if one.done), ())
    found = [as_sentence(remark) for remark in (*order.remarks, *faults, *results.remarks)]
    if not order.brief.references:
        found.append("No reference was given: only measured faults were looked for.")
    known = [preview for preview in looks.extras.previews if preview is not None]
    if not known:
        found.append("What codecs make of a master was not measured; add --codecs for that.")
    if any(one.codec == "aac" for preview in known for one in preview.codecs):
        found.append(as_sentence(INDICATIVE))
    return found


def review_commands(results: MasterResults) -> tuple[str, ...]:
    """How to look at each move again, make it weaker or take it back."""
    found = ["cd project # everything is kept in here"] if results.is_new_project else []
    first = True
    for one in results.masters:
        state = one.proposal
        if not state.moves:
            continue
        decided = "accepted" if results.is_new_project and first else "waiting for you"
        found.append(f"bandmate show {state.id} # every move of {one.name}, with its evidence; {decided}")
        if first:
            found.append(f"bandmate strength {state.id} {state.moves[0].number}=50 # make the first one half as strong")
        first = False
    if results.is_new_project:
        found.append("bandmate undo # take the last step back; bandmate redo makes it again")
        found.append("bandmate render ../again.wav # write the song as it is now")
    else:
        found += [f"bandmate accept {one.proposal.id} # take it" for one in results.masters if one.proposal.moves][:1]
    return tuple(found)
