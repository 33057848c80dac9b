"""Putting the report of a production together from what was measured and decided."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.song.spoken import spoken_place, spoken_value
from bandmate.verbs.listening import HeardTrack, Listening, ears_of, measured
from bandmate.verbs.players import matched_players
from bandmate.verbs.printing import Printed
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.project.decisions import MoveState, ProposalState
    from bandmate.project.folder import Project
    from bandmate.report.data import FileRow, GainReduction, MoveRow, ProposalPart, ReportData, StemRow
    from bandmate.song.song import Song
    from bandmate.stages.master.delivery import DeliveryProfile
    from bandmate.verbs.results import Results

BITS = {"wav-16": 16, "wav-24": 24, "wav-32f": 32, "flac-16": 16, "flac-24": 24}


def report_data(project: Project, results: Results, heard: Listening, profile: DeliveryProfile) -> ReportData:
    """Everything that the report of a production says."""
    from bandmate.report.data import Profile, ReportData

    song = project.song
    now = datetime.datetime.now(datetime.UTC).astimezone()
    return ReportData(
        title=song.title,
        made_with=f"Bandmate {__version__}",
        created_at=now.strftime("%Y-%m-%d %H:%M"),
        before=measured(results.before.hearing),
        after=measured(results.master.hearing),
        before_label="the stems as they came",
        after_label=results.master.path.name,
        profile=Profile(
            name=profile.name,
            loudness_lufs=profile.loudness_lufs,
            ceiling_dbtp=profile.ceiling_dbtp,
            origin=profile.origin,
        ),
        stems=tuple(stem_row(project, row) for row in heard.tracks),
        proposals=tuple(proposal_part(song, state) for state in results.proposals),
        files=tuple(file_rows(results)),
        gain_reduction=gain_reduction(project),
        players=matched_players(results.before, results.master),
        how_to_review=review_commands(results),
        left_out=results.left_out,
    )


def gain_reduction(project: Project) -> GainReduction | None:
    """How far the limiter turned down, every 100 ms: the power after it against the power before it with its gain.

    None where the main bus does not end in a limiter. Silence is None.
    """
    import numpy as np

    from bandmate.report.data import GainReduction
    from bandmate.song.devices import Limiter

    song = project.song
    limiter = song.main.inserts[-1] if song.main.inserts else None
    if not isinstance(limiter, Limiter):
        return None
    ears = ears_of(project)
    before = ears.main(replace(song, main=replace(song.main, inserts=song.main.inserts[:-1])), check=True)
    after = ears.main(song, check=True)
    hops = min(before.hops, after.hops)
    powers = [heard.power[:, :hops].sum(axis=0, dtype=np.float64) for heard in (before, after)]
    driven = powers[0] * 10 ** (limiter.gain_db / 10)
    heard = (powers[0] > 0) & (powers[1] > 0)
    change_db = 10 * np.log10(np.where(heard, powers[1], 1.0) / np.where(heard, driven, 1.0))
    return GainReduction(
        seconds=tuple(i * after.hop_seconds for i in range(hops)),
        reduction_db=tuple(min(0.0, float(db)) if ok else None for db, ok in zip(change_db, heard, strict=True)),
    )


def stem_row(project: Project, row: HeardTrack) -> StemRow:
    from bandmate.report.data import StemRow
    from bandmate.song.clips import AudioClip

    track = project.song.track(row.id)
    clip = next((clip for clip in track.clips if isinstance(clip, AudioClip)), None)
    file = project.media.recording(clip.audio).original_name if clip else "notes"
    return StemRow(
        name=row.name,
        file=file,
        role=row.role,
        role_confidence=row.role_confidence,
        measured=row.measured,
        remarks=row.remarks,
    )


def proposal_part(song: Song, state: ProposalState) -> ProposalPart:
    from bandmate.report.data import ProposalPart

    return ProposalPart(
        id=state.id,
        stage=state.proposal.stage,
        title=state.proposal.title,
        moves=tuple(move_row(song, one) for one in state.moves),
        remarks=state.proposal.remarks,
    )


def move_row(song: Song, one: MoveState) -> MoveRow:
    """A move in words: where, from what to what."""
    from bandmate.report.data import MoveRow

    move = one.move
    return MoveRow(
        number=one.number,
        address=move.address,
        place_in_words=spoken_place(song, move.address),
        value_before_text=spoken_value(move.before, move.address),
        value_after_text=spoken_value(move.after, move.address),
        because=move.because,
        evidence=move.evidence,
        confidence=move.confidence,
        strength=one.strength,
        state=one.state,
    )


def file_rows(results: Results) -> list[FileRow]:
    rows = [
        sound_row(results.master, "the master", results.folder),
        sound_row(results.mix, "the mix before mastering", results.folder),
        sound_row(results.before, "the stems as they came, added up; for comparison", results.folder),
    ]
    rows.append(plain_row(results.dawproject, "the song for a DAW", "DAWproject", results.folder))
    rows += [plain_row(path, "stem, after fader and pan", "WAV", results.folder) for path in results.stems]
    return rows


def sound_row(sound: Printed, what: str, folder: Path) -> FileRow:
    from bandmate.report.data import FileRow

    return FileRow(
        name=sound.path.relative_to(folder).as_posix(),
        what=what,
        kind="WAV",
        measured=measured(sound.hearing),
        bits=BITS.get(sound.kind),
        sha256=sound.sha256,
    )


def plain_row(path: Path, what: str, kind: str, folder: Path) -> FileRow:
    from bandmate.report.data import FileRow

    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRow(name=path.relative_to(folder).as_posix(), what=what, kind=kind, sha256=digest)


def review_commands(results: Results) -> tuple[str, ...]:
    """How to look at each move again, make it weaker or take it back."""
    found = ["cd project # everything is kept in here", "bandmate log # what was done"]
    for state in results.proposals:
        if not state.moves:
            continue
        found.append(f"bandmate show {state.id} # every move of the {state.proposal.stage}, with its evidence")
        found.append(f"bandmate strength {state.id} {state.moves[0].number}=50 # make the first one half as strong")
    found.append("bandmate undo # take the last step back; bandmate redo makes it again")
    found.append("bandmate render ../mix.wav # write the song again")
    return tuple(found)
