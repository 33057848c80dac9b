"""Lone takes: a sound file cleaned or tuned, or its notes written down, without a project.

The file itself is only read. What comes out lies in a folder of results, named after the file: the sound as 32-bit
float (what was not touched has the same bits), what was taken out as a file of its own for every repair, and a record
of everything that was measured.

Not covered: pictures (``take_plots``), takes in a project (``editing``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.song.errors import MediaError, RequestError
from bandmate.verbs.progress import Progress, silent
from bandmate.verbs.readiness import make_ready

if TYPE_CHECKING:
    from bandmate.song.evidence import Evidence
    from bandmate.sound.audio import Audio, Samples
    from bandmate.stages.edit.brief import EditBrief
    from bandmate.stages.edit.take import Take

MOST_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class DoneEdit:
    """One edit of a lone take: what it is, why, and what was measured; where what it took out lies."""

    name: str
    because: str
    confidence: float
    evidence: tuple[Evidence, ...]
    residual: Path | None = None


@dataclass(frozen=True, slots=True)
class EditedTake:
    """What became of a file.

    Attributes
    ----------
    sound : Path or None
        the edited file; None where nothing was to be done, or only asked.
    record : Path or None
        everything measured, as JSON; None where only asked.
    edits : tuple of DoneEdit
    remarks : tuple of str
        what was left alone, and why.
    plots : tuple of Path
    """

    sound: Path | None
    record: Path | None
    edits: tuple[DoneEdit, ...]
    remarks: tuple[str, ...]
    plots: tuple[Path, ...] = ()

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "sound": str(self.sound) if self.sound else None,
            "edits": [
                {
                    "edit": edit.name,
                    "because": edit.because,
                    "confidence": edit.confidence,
                    "evidence": msgspec.to_builtins(edit.evidence),
                    "residual": str(edit.residual) if edit.residual else None,
                }
                for edit in self.edits
            ],
            "remarks": list(self.remarks),
            "plots": [str(path) for path in self.plots],
        }


def clean_file(
    path: Path | str,
    folder: Path | str,
    brief: EditBrief,
    *,
    detect: bool = False,
    plots: bool = False,
    progress: Progress = silent,
) -> EditedTake:
    """Find what a recording suffers from, take it out, and write what is left and what was taken.

    Parameters
    ----------
    brief : EditBrief
        which repairs.
    detect : bool
        only say what would be done; nothing is written.
    plots : bool
        also pictures of before, after and what was taken out.

    Raises
    ------
    MediaError
        if the file is no sound that can be read, or has more than two channels.
    ProjectError
        if the folder cannot be written to.
    """
    from bandmate.song.spoken_edits import spoken_edit
    from bandmate.stages.edit.cleaning import cleaned, evidence_of
    from bandmate.stages.edit.repairs import REPAIRS

    source, place = Path(path), Path(folder)
    take, audio = read_take(source)
    make_ready(progress, "edit")
    progress("listening for faults", 0.1)
    made, remarks = cleaned(take, REPAIRS, brief, no_other)
    done, before = [], take.samples
    progress("writing", 0.7)
    for one in made:
        assert one.edit is not None
        residual = None
        if not detect:
            residual = place / f"{source.stem}.taken-out-{one.found.edit.id}.wav"
            write_sound(residual, before - one.after.samples, audio.rate_hz)
        before = one.after.samples
        done.append(
            DoneEdit(
                spoken_edit(one.edit), one.found.sentence, one.found.confidence, evidence_of(one, source.name), residual
            )
        )
    last = made[-1].after.samples if made else take.samples
    found = tuple(remarks) if done or remarks else (*remarks, "nothing was found that should be taken out")
    if detect:
        return EditedTake(None, None, tuple(done), found)
    return finished(place / f"{source.stem}.cleaned", audio, last, done, found, plots=plots)


def tune_file(
    path: Path | str,
    folder: Path | str,
    brief: EditBrief,
    *,
    detect: bool = False,
    plots: bool = False,
    progress: Progress = silent,
) -> EditedTake:
    """Tune one voice, and write it; same parameters and errors as ``clean_file``.

    Several voices, chords, drums and noise are left alone, and that is said.
    """
    from bandmate.song.spoken_edits import spoken_edit
    from bandmate.stages.edit.tuning import tuned, tuning_evidence, tuning_words

    source, place = Path(path), Path(folder)
    take, audio = read_take(source)
    make_ready(progress, "edit")
    progress("listening to the pitch", 0.1)
    result = tuned(take, brief)
    progress("writing", 0.8)
    done = []
    last = take.samples
    if result.tuning is not None and result.after is not None:
        evidence = tuning_evidence(result, source.name)
        done.append(DoneEdit(spoken_edit(result.tuning), tuning_words(result), result.confidence, evidence))
        last = result.after.samples
    if detect:
        return EditedTake(None, None, tuple(done), result.remarks)
    made = finished(place / f"{source.stem}.tuned", audio, last, done, result.remarks, plots=False)
    if plots and result.tuning is not None and result.after is not None:
        from bandmate.verbs.take_plots import tuning_pictures

        curves = (take.judged, result.after.judged)
        pictures = tuning_pictures(place, source.stem, result.tuning, curves)
        return replace(made, plots=pictures)
    return made


def finished(
    results: Path, audio: Audio, last: Samples, done: Sequence[DoneEdit], remarks: tuple[str, ...], *, plots: bool
) -> EditedTake:
    """Write the edited sound, its record and its pictures, where there is anything to write.

    ``results`` is the place of the results without their endings, such as ``cleaned/vox.cleaned``.
    """
    place, name = results.parent, results.name
    sound = place / f"{name}.wav" if done else None
    pictures: tuple[Path, ...] = ()
    if sound is not None:
        write_sound(sound, last, audio.rate_hz)
        if plots:
            from bandmate.verbs.take_plots import cleaning_pictures

            pictures = cleaning_pictures(place, name.rpartition(".")[0], audio.samples, last, audio.rate_hz)
    made = EditedTake(sound, place / f"{name}.json", tuple(done), remarks, pictures)
    make_folder(place)
    assert made.record is not None
    write_whole(made.record, msgspec.json.format(msgspec.json.encode(made.facts())))
    return made


def read_take(path: Path) -> tuple[Take, Audio]:
    """A sound file as a take.

    Raises
    ------
    MediaError
        for more than two channels, or what is no sound.
    """
    from bandmate.formats.audio_files import read_audio
    from bandmate.stages.ears import Forgetful
    from bandmate.stages.edit.take import Take

    audio = read_audio(path)
    if audio.channels > MOST_CHANNELS:
        raise MediaError(f'"{path.name}" has {audio.channels} channels; a take has 1 or 2. Split it into stereo files')
    return Take(audio.samples, audio.rate_hz, Forgetful()), audio


def no_other(name: str) -> Samples:
    """A lone file has no other recordings beside it."""
    raise RequestError(f'bleed from "{name}" can only be taken out in a project, where the other microphone is')


def write_sound(path: Path, samples: Samples, rate_hz: int) -> None:
    """A 32-bit float WAV."""
    from bandmate.formats.audio_write import write_audio
    from bandmate.sound.audio import Audio

    make_folder(path.parent)
    write_audio(path, Audio(samples, rate_hz), kind="wav-32f")


def make_folder(folder: Path) -> None:
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
