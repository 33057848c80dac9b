"""Master files: a song for its destination, with the rate, the bits and the peaks that are asked for there.

What is on disk counts: each file is written, measured again as it is on disk, and written once more, turned down, where
converting the rate or rounding lifted a peak over the ceiling. A file of 24 bit at the rate of the song is instead read
back and held against the sound that was measured: where no sample is off by more than the dither, its figures hold.
Loudness and peaks are then noted in the file itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.atomic_file import disk_errors
from bandmate.project.folder import Project
from bandmate.song.errors import RequestError
from bandmate.song.song import Song
from bandmate.verbs.listening import render_cache
from bandmate.verbs.printing import Printed, at_rate, check_sounds, measured_file, sha256_of, turned, write_sound
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.readiness import make_ready

if TYPE_CHECKING:
    from bandmate.formats.audio_write import Kind
    from bandmate.sound.audio import Samples
    from bandmate.sound.dither import Dither
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.delivery import DeliveryProfile

MOST_ROUNDS = 4
MOST_STEPS_OFF = 2.01
"""Triangular dither is within one step, rounding within half of one, and 1.0 itself is one step beyond full scale."""


@dataclass(frozen=True, slots=True)
class MasterFile:
    """How a master is written.

    Attributes
    ----------
    ceiling_dbtp : float
        what the file itself may not pass, where ``keeps_ceiling``; without a limiter nothing is turned down behind the
        musician's back.
    is_dithered : bool
        off only for a sound that fits the bits as it is: then the file has it sample for sample.
    tags : mapping
        title, artist, album, isrc …, as ``AudioWriter`` knows them.
    """

    rate_hz: int
    kind: Kind
    ceiling_dbtp: float
    keeps_ceiling: bool
    is_dithered: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)


def render_master(
    project: Project, path: Path | str, profile: DeliveryProfile, *, progress: Progress = silent
) -> Printed:
    """Write the song for a destination: its rate and bits, true peak checked at 16x on the file itself.

    Raises
    ------
    RequestError
        if no track plays anything, or ``path`` does not end in .wav.
    """
    from bandmate.stages.master.nodes import LIMITER

    song = project.song
    check_sounds(song)
    make_ready(progress)
    has_limiter = any(device.id == LIMITER for device in song.main.inserts)
    file = master_file(profile, song, ceiling_dbtp=profile.ceiling_dbtp, keeps_ceiling=has_limiter)
    return print_master(
        lambda share: main_blocks(project, song, share), song.rate_hz, Path(path), file, progress=progress
    )


def master_file(
    profile: DeliveryProfile | None,
    song: Song,
    *,
    ceiling_dbtp: float,
    keeps_ceiling: bool,
    tags: Mapping[str, str] | None = None,
) -> MasterFile:
    """The file that a profile takes; 24 bit at the song's rate where it takes any."""
    from bandmate.formats.isrc import normal_isrc

    kept = {"title": song.title} | {name: text for name, text in (tags or {}).items() if text}
    if "isrc" in kept:
        kept["isrc"] = normal_isrc(kept["isrc"])
    bits = profile.bits if profile else None
    rate_hz = (profile.rate_hz if profile else None) or song.rate_hz
    return MasterFile(
        rate_hz=rate_hz,
        kind="wav-16" if bits == 16 else "wav-24",
        ceiling_dbtp=ceiling_dbtp,
        keeps_ceiling=keeps_ceiling,
        tags=kept,
    )


def print_master(
    blocks: Callable[[Progress], Iterable[Samples]],
    rate_hz: int,
    path: Path,
    file: MasterFile,
    *,
    heard: Hearing | None = None,
    progress: Progress = silent,
) -> Printed:
    """Write a master and measure it; what was at ``path`` stays until the file is finished.

    Parameters
    ----------
    blocks : callable
        gives the sound from its start, (2, frames) at ``rate_hz``, each time that it is called.
    heard : Hearing, optional
        what that sound measures, with the 16x check, where that is known.

    Raises
    ------
    RequestError
        if ``path`` does not end in .wav.
    ProjectError
        if it cannot be written.
    """
    if path.suffix.lower() != ".wav":
        raise RequestError(f'a master is written as WAV; end the name "{path.name}" in .wav')
    draft = path.with_name(f".draft-{path.name}")
    try:
        done = finished_draft(blocks, rate_hz, draft, file, heard, progress)
        with disk_errors(path):
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    progress("rendered", 1.0)
    return dataclasses.replace(done, path=path)


def finished_draft(
    blocks: Callable[[Progress], Iterable[Samples]],
    rate_hz: int,
    draft: Path,
    file: MasterFile,
    heard: Hearing | None,
    progress: Progress,
) -> Printed:
    """The master, written until its peaks are below the ceiling, with its loudness noted in it."""
    trim_db = 0.0
    dither: Dither = "tpdf" if file.is_dithered else "none"
    for count in range(MOST_ROUNDS):
        share = part(progress, count / MOST_ROUNDS, (count + 1) / MOST_ROUNDS)
        sound = turned(at_rate(blocks(share), rate_hz, file.rate_hz), trim_db)
        write_sound(draft, sound, file.rate_hz, kind=file.kind, tags=file.tags, dither=dither)
        is_known = heard is not None and file.rate_hz == rate_hz and file.kind == "wav-24" and trim_db == 0.0
        if is_known and heard is not None and is_faithful(draft, blocks(silent)):
            done = Printed(draft, file.kind, heard, sha256_of(draft))
        else:
            done = measured_file(draft, kind=file.kind, check_peak=True)
        done = dataclasses.replace(done, trim_db=trim_db, rounds=count + 1)
        over_db = done.hearing.highest_peak_dbtp - file.ceiling_dbtp
        if over_db <= 0.0 or not file.keeps_ceiling:
            break
        trim_db -= over_db + 0.005
    return with_loudness_noted(done) if file.tags.get("title") else done


def is_faithful(path: Path, blocks: Iterable[Samples]) -> bool:
    """Whether a file of 24 bit holds these blocks, frame for frame, to within rounding and dither."""
    import numpy as np

    from bandmate.formats.audio_files import decode_blocks

    left: Samples = np.zeros((2, 0), np.float32)
    written = decode_blocks(path)
    for block in blocks:
        while left.shape[1] < block.shape[1]:
            more = next(written, None)
            if more is None:
                return False
            left = np.concatenate([left, more], axis=1)
        here, left = left[:, : block.shape[1]], left[:, block.shape[1] :]
        if block.size and float(np.abs(here - np.clip(block, -1.0, 1.0)).max()) > MOST_STEPS_OFF / 2**23:
            return False
    return left.shape[1] == 0 and next(written, None) is None


def with_loudness_noted(done: Printed) -> Printed:
    """The file with its measured loudness in the broadcast extension."""
    from bandmate.formats.bext_patch import fill_loudness

    heard = done.hearing
    fill_loudness(
        done.path,
        loudness_lufs=heard.integrated_lufs,
        range_lu=heard.range_lu,
        true_peak_dbtp=heard.highest_peak_dbtp,
        momentary_lufs=heard.max_momentary_lufs,
        short_term_lufs=heard.max_short_term_lufs,
    )
    return dataclasses.replace(done, sha256=sha256_of(done.path))


def fits(blocks: Iterable[Samples], kind: Kind) -> bool:
    """Whether every sample is a whole number of steps of that file, within its range: nothing is left to dither."""
    import numpy as np

    from bandmate.formats.audio_write import WHOLE_NUMBER_BITS

    full = np.float32(2 ** (WHOLE_NUMBER_BITS[kind] - 1))
    for block in blocks:
        steps = block * full
        if (
            not np.array_equal(steps, np.rint(steps))
            or steps.max(initial=0.0) > full - 1
            or steps.min(initial=0.0) < -full
        ):
            return False
    return True


def main_blocks(project: Project, song: Song, progress: Progress) -> Iterator[Samples]:
    from bandmate.render.engine import Renderer

    return Renderer(
        song, project.media, render_cache(project), progress=lambda share: progress("rendering", share * 0.9)
    ).blocks()
