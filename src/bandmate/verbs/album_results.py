"""What mastering an album wrote, in words and for programs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.verbs.album_sheet import AlbumSheet, AlbumTrack

if TYPE_CHECKING:
    from bandmate.stages.master.album import Heard, Spread, Trial
    from bandmate.stages.master.delivery import DeliveryProfile

CLOSE_ENOUGH_LU = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackResult:
    """One track: what came in, what was done, and the file. ``after`` is the file as it was read back."""

    ask: AlbumTrack
    path: Path
    project: Path
    sha256: str
    before: Heard
    trial: Trial
    after: Heard
    drift_before_db: float | None
    drift_after_db: float | None
    pause_after_seconds: float | None

    def remarks(self, bound_db: float | None) -> tuple[str, ...]:
        """What the musician should know about this track."""
        found = []
        if self.after.lufs is None:
            found.append("silent, or too short to have a loudness; written as it is")
        if self.trial.is_squashed:
            found.append("the limiter has given all that it may; the track stays quieter than its place on the album")
        if bound_db is not None and self.drift_after_db is not None and round(self.drift_after_db, 1) > bound_db:
            found.append(
                f"its tone stays {self.drift_after_db:.1f} dB from the album's mean; an equalizer brings it no nearer"
            )
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumResults:
    """An album as it was written.

    Attributes
    ----------
    step_lu : float or None
        by how much all tracks were moved; None where nobody asks for a loudness.
    target_lufs : float or None
        what was aimed at; None where nobody asks for a loudness.
    """

    folder: Path
    album: AlbumSheet
    profile: DeliveryProfile | None
    anchor: str
    bound_db: float | None
    step_lu: float | None
    target_lufs: float | None
    tracks: tuple[TrackResult, ...]
    remarks: tuple[str, ...]

    @property
    def before_lufs(self) -> float | None:
        return self._lufs([row.before for row in self.tracks])

    @property
    def after_lufs(self) -> float | None:
        return self._lufs([row.after for row in self.tracks])

    @property
    def spread(self) -> Spread:
        """The differences between the tracks, from what came in to the files."""
        from bandmate.stages.master.album import spread_of

        return spread_of([row.before for row in self.tracks], [row.after for row in self.tracks])

    def sentences(self) -> tuple[str, ...]:
        """Loudness, differences and tone of the album, in words."""
        return tuple(filter(None, (self._about_loudness(), self._about_differences(), self._about_tone())))

    def summary(self) -> tuple[str, ...]:
        """The outcome in a few lines."""
        lines = list(self.sentences())
        for row in self.tracks:
            lines += [f"track {row.ask.number}: {remark}" for remark in row.remarks(self.bound_db)]
        lines.append(f"files: {self.folder}; report: {self.folder / 'album.html'}")
        if self.tracks:
            project = shlex.quote(str(self.tracks[0].project))
            lines.append(f"review a track: bandmate proposals --project {project}")
        return tuple(lines)

    def facts(self) -> dict[str, Any]:
        """The outcome for programs."""
        spread = self.spread
        return {
            "folder": str(self.folder),
            "title": self.album.title,
            "before_lufs": self.before_lufs,
            "after_lufs": self.after_lufs,
            "target_lufs": self.target_lufs,
            "anchor": self.anchor,
            "step_lu": self.step_lu,
            "differences_before_lu": spread.before_lu,
            "differences_after_lu": spread.after_lu,
            "most_moved_lu": spread.most_changed_lu,
            "tracks": [track_facts(row, self.bound_db) for row in self.tracks],
            "remarks": list(self.remarks),
        }

    def _lufs(self, tracks: list[Heard]) -> float | None:
        from bandmate.stages.master.album import album_lufs

        return album_lufs(tracks, self.anchor)

    def _about_loudness(self) -> str:
        what = "the loudest track" if self.anchor == "loudest" else "the album"
        before, after = self.before_lufs, self.after_lufs
        if before is None or after is None:
            return "the album is silent, so it has no loudness"
        said = f"{what} measures {before:.1f} LUFS before and {after:.1f} after"
        if self.step_lu is None or self.target_lufs is None:
            return f"{said}; no loudness was asked for, so there is no gain for all"
        said = f"{said}; all tracks were moved by {self.step_lu:+.1f} LU"
        missing = abs(after - self.target_lufs)
        if missing > CLOSE_ENOUGH_LU:
            return f"{said}; {self.target_lufs:.1f} were asked for, {missing:.1f} LU are missing"
        return said

    def _about_differences(self) -> str:
        spread = self.spread
        if spread.before_lu == 0.0:
            return ""
        return (
            f"from the quietest to the loudest track it was {spread.before_lu:.1f} LU and is {spread.after_lu:.1f}; "
            f"no track was moved by more than {spread.most_changed_lu:.1f} LU against the others"
        )

    def _about_tone(self) -> str:
        was = [row.drift_before_db for row in self.tracks if row.drift_before_db is not None]
        now = [row.drift_after_db for row in self.tracks if row.drift_after_db is not None]
        if len(now) < 2:
            return ""
        bound = f"; the bound is {self.bound_db:g}" if self.bound_db is not None else ""
        return f"tone: the track furthest from the album's mean was {max(was):.1f} dB away and is {max(now):.1f}{bound}"


def track_facts(row: TrackResult, bound_db: float | None) -> dict[str, Any]:
    return {
        "number": row.ask.number,
        "title": row.ask.title,
        "path": str(row.path),
        "sha256": row.sha256,
        "project": str(row.project),
        "before_lufs": row.before.lufs,
        "after_lufs": row.after.lufs,
        "gain_db": row.trial.limiter_gain_db,
        "limiter_db": row.trial.limiter_db,
        "true_peak_dbtp": row.after.hearing.highest_peak_dbtp,
        "drift_before_db": row.drift_before_db,
        "drift_after_db": row.drift_after_db,
        "pause_after_seconds": row.pause_after_seconds,
        "isrc": row.ask.isrc,
        "moves": list(row.trial.sentences),
        "remarks": list(row.remarks(bound_db)),
    }
