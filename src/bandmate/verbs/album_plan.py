"""What an album is to become: destination, what holds it together, and every check that is made before anything else.

Conventions: nothing is written here. A destination is one delivery profile; an album for several is made several times.

Not covered: the list of the tracks itself (``bandmate.verbs.album_sheet``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.song.errors import RequestError
from bandmate.verbs.album_files import ResultsFolder
from bandmate.verbs.album_sheet import AlbumSheet, AlbumTrack, SheetChanges, read_album
from bandmate.verbs.album_tracks import file_sha256
from bandmate.verbs.importing import CAN_HOLD_NAN, common_rate, looked_at, read_through
from bandmate.verbs.mastering import destinations
from bandmate.verbs.progress import Progress, part
from bandmate.verbs.references import files_of

if TYPE_CHECKING:
    from bandmate.stages.master.brief import MasterBrief
    from bandmate.stages.master.delivery import DeliveryProfile
    from bandmate.verbs.importing import Found

CD = "cd"
CD_GAP_SECONDS = 2.0
PLAIN_CODECS = ("pcm", "alaw", "ulaw")
"""What cannot be damaged inside: all other codecs are decoded to the end before anything is written."""
REPORT_NAMES = ("album.html", "album.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumOptions:
    """What holds an album together.

    Attributes
    ----------
    anchor : str
        ``album``: the loudness of all tracks together meets the target; ``loudest``: that of the loudest track.
    drift_db : float, optional
        tracks whose tone is further from the album's mean are brought nearer; without it they are only named.
    changes : SheetChanges
        title, artist, bar code, gap and order beside ``album.toml``.
    """

    anchor: str = "album"
    drift_db: float | None = None
    changes: SheetChanges = field(default_factory=SheetChanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for, checked."""

    album: AlbumSheet
    options: AlbumOptions
    brief: MasterBrief
    profile: DeliveryProfile | None
    found: tuple[Found, ...]
    hashes: tuple[str, ...]

    @property
    def rate_hz(self) -> int:
        """One rate for all files."""
        return (self.profile.rate_hz if self.profile else None) or common_rate(self.found)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What there is to say before anything is heard."""
        rates = sorted({one.facts.rate_hz for one in self.found})
        if len(rates) < 2:
            return self.album.remarks
        listed = ", ".join(f"{rate / 1000:g}" for rate in rates)
        mixed = f"the files have different sample rates ({listed} kHz); all are written at {self.rate_hz / 1000:g} kHz"
        return (*self.album.remarks, mixed)

    @property
    def is_cd(self) -> bool:
        return self.profile is not None and self.profile.id == CD

    def pause_after_seconds(self, track: AlbumTrack) -> float | None:
        """What is heard of silence after a track; None after the last."""
        later = [one for one in self.album.tracks if one.number == track.number + 1]
        if not later:
            return None
        gap = later[0].gap_before_seconds
        return gap if gap is not None else CD_GAP_SECONDS if self.is_cd else 0.0

    def gap_after_seconds(self, track: AlbumTrack) -> float:
        """The silence at the end of a file; a CD has its pauses elsewhere."""
        return 0.0 if self.is_cd else self.pause_after_seconds(track) or 0.0


def planned(
    folder: Path,
    to: Path,
    target: tuple[str, Sequence[Path | str]],
    brief: MasterBrief | None,
    options: AlbumOptions,
    progress: Progress,
) -> tuple[Plan, ResultsFolder]:
    """Everything checked that can be, with nothing written yet. ``target`` comes with the references."""
    from bandmate.stages.master.album import checked_anchor, checked_bound_db
    from bandmate.stages.master.brief import REFERENCE, MasterBrief
    from bandmate.stages.master.delivery import delivery_profile

    asked = brief or MasterBrief()
    for reference in target[1]:
        files_of(reference)
    names = destinations((target[0],), has_references=bool(target[1] or asked.references))
    if len(names) > 1:
        raise RequestError(f"an album is made for one destination at a time, not for {', '.join(names)}; run it again")
    checked_anchor(options.anchor)
    checked_bound_db(options.drift_db, asked)
    album = read_album(folder, options.changes)
    place = ResultsFolder(to)
    if to.resolve() == folder.resolve():
        raise RequestError(f'"{to}" has the tracks of the album in it; write the results into another folder')
    paths = [track.path for track in album.tracks]
    found, _ = looked_at(paths, [], part(progress, 0.0, 0.02), allow_truncated=False)
    for one in found:
        if not one.facts.codec.startswith(PLAIN_CODECS) and one.facts.codec not in CAN_HOLD_NAN:
            read_through(one.path, allow_truncated=False)
    plan = Plan(
        album=album,
        options=options,
        brief=replace(asked, profile=names[0]),
        profile=None if names[0] == REFERENCE else delivery_profile(names[0]),
        found=tuple(found),
        hashes=tuple(file_sha256(path) for path in paths),
    )
    place.check(checked_names(plan))
    return plan, place


def checked_names(plan: Plan) -> tuple[str, ...]:
    """Every file that will be written; a CD is held against the Red Book first."""
    names = (*REPORT_NAMES, *(track_file_name(plan, track) for track in plan.album.tracks))
    if not plan.is_cd:
        return names
    from bandmate.formats.red_book import pressable
    from bandmate.verbs.album_disc import disc_names, disc_of

    pressable(disc_of(plan.album, [round(one.facts.seconds * plan.rate_hz) for one in plan.found]))
    return (*names, *disc_names(plan.album))


def track_file_name(plan: Plan, track: AlbumTrack) -> str:
    """``01 Title.wav``; three digits from a hundred tracks on."""
    from bandmate.verbs.album_disc import short_name

    digits = max(2, len(str(len(plan.album.tracks))))
    return f"{track.number:0{digits}d} {short_name(track.title)}.wav"
