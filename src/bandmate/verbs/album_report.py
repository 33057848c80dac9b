"""The report of an album, put together from what was measured: one table of tracks, and the whole before and after.

Conventions: nothing is dated and no place on this machine is named, so that the same album gives the same bytes. The
curves of the whole are those of the tracks, one after another, without the pauses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bandmate.verbs.album_results import AlbumResults, TrackResult
from bandmate.verbs.listening import SHORT_TERM_SECONDS, measured
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.report.data import FileRow, Measured
    from bandmate.report.master_data import AlbumPart, AlbumTrack, MasterReport, ProfileRow
    from bandmate.stages.master.album import Heard
    from bandmate.stages.master.delivery import DeliveryProfile

SAME_GAIN_DB = 0.1


def album_report(results: AlbumResults) -> MasterReport:
    """Everything that the report of an album says."""
    from bandmate.report.master_data import MasterPart, MasterReport

    whole = MasterPart(
        name="album",
        profile=profile_row(results.profile, results.target_lufs if results.anchor == "album" else None),
        after=whole_measured([row.after for row in results.tracks]),
        files=tuple(file_row(row, results.profile) for row in results.tracks),
    )
    return MasterReport(
        title=results.album.title,
        made_with=f"Bandmate {__version__}",
        before=whole_measured([row.before for row in results.tracks]),
        before_label="the tracks as they came",
        masters=(whole,),
        album=album_part(results),
        how_to_review=review_commands(results),
        remarks=results.remarks,
    )


def album_part(results: AlbumResults) -> AlbumPart:
    """The album as one piece; one gain is named only where all tracks have it, and none makes up for an equalizer."""
    from bandmate.report.master_data import AlbumPart
    from bandmate.stages.master.album import album_lufs

    step = results.step_lu
    gains = [row.trial.limiter_gain_db or 0.0 for row in results.tracks if row.after.lufs is not None]
    is_one = step is not None and all(abs(gain - step) <= SAME_GAIN_DB for gain in gains)
    return AlbumPart(
        title=results.album.title,
        was_lufs=album_lufs([row.before for row in results.tracks]),
        now_lufs=album_lufs([row.after for row in results.tracks]),
        gain_db=step if is_one else None,
        drift_limit_db=results.bound_db,
        sentence=". ".join(capital(one) for one in results.sentences()) + ".",
        tracks=tuple(track_row(row, results.bound_db) for row in results.tracks),
    )


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def track_row(row: TrackResult, bound_db: float | None) -> AlbumTrack:
    from bandmate.report.master_data import AlbumTrack

    return AlbumTrack(
        order=row.ask.number,
        title=row.ask.title,
        file=row.path.name,
        seconds=row.after.hearing.seconds,
        was_lufs=row.before.lufs,
        now_lufs=row.after.lufs,
        true_peak_dbtp=row.after.hearing.highest_peak_dbtp,
        gain_db=row.trial.limiter_gain_db,
        tone_drift_db=row.drift_after_db,
        gap_after_seconds=row.pause_after_seconds,
        isrc=row.ask.isrc,
        remarks=(*row.remarks(bound_db), *row.trial.sentences),
    )


def whole_measured(tracks: Sequence[Heard]) -> Measured:
    """All tracks as one piece of sound; its spectrum is not measured, a mean of tracks would be nobody's."""
    from bandmate.report.data import Measured
    from bandmate.stages.master.album import album_lufs, album_range_lu

    hearings = [one.hearing for one in tracks]
    times: list[float] = []
    curve: list[float | None] = []
    start = 0.0
    for hearing in hearings:
        values = hearing.short_term_lufs.tolist()
        times += [start + SHORT_TERM_SECONDS + count / 10 for count in range(len(values))]
        curve += values
        start += hearing.seconds
    loudest = [one.max_short_term_lufs for one in hearings if one.max_short_term_lufs is not None]
    checks = [one.true_peak_16x_dbtp for one in hearings if one.true_peak_16x_dbtp is not None]
    return Measured(
        integrated_lufs=album_lufs(tracks),
        range_lu=album_range_lu(tracks),
        max_short_term_lufs=max(loudest, default=None),
        true_peak_dbtp=max(one.true_peak_dbtp for one in hearings),
        true_peak_16x_dbtp=max(checks, default=None),
        seconds=start,
        rate_hz=hearings[0].rate_hz,
        channels=2,
        loudness_seconds=tuple(times),
        short_term_lufs=tuple(curve),
    )


def file_row(row: TrackResult, profile: DeliveryProfile | None) -> FileRow:
    from bandmate.report.data import FileRow

    return FileRow(
        name=row.path.name,
        what=f"track {row.ask.number}",
        kind="WAV",
        measured=measured(row.after.hearing),
        bits=16 if profile is not None and profile.bits == 16 else 24,
        sha256=row.sha256,
    )


def profile_row(profile: DeliveryProfile | None, target_lufs: float | None) -> ProfileRow | None:
    """What the album was made for; its loudness is what was aimed at, where the whole album was to have it."""
    from bandmate.report.master_data import ProfileRow

    if profile is None:
        return None
    return ProfileRow(
        name=profile.name,
        loudness_lufs=target_lufs,
        ceiling_dbtp=profile.ceiling_dbtp,
        origin=profile.origin,
        rate_hz=profile.rate_hz,
        bits=profile.bits,
        is_official=profile.official,
        read_on=profile.read.isoformat(),
    )


def review_commands(results: AlbumResults) -> tuple[str, ...]:
    """How to look at the moves of a track and change them."""
    if not results.tracks:
        return ()
    first = f"projects/{results.tracks[0].project.name}"
    return (
        f'cd "{first}" # each track has a project of its own',
        "bandmate proposals # what was proposed for it, and accepted",
        "bandmate undo # take the last step back; bandmate redo makes it again",
    )
