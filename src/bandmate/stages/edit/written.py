"""Notes out of a take: heard, checked to be one voice, and written down twice, as they were and on the grid.

Not covered: chords, drums, several voices; they are left alone, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.song.notes import Note
from bandmate.song.time import TempoMap
from bandmate.sound.one_voice import is_one_voice
from bandmate.sound.sung_notes import sung_notes
from bandmate.stages.edit.heard_notes import heard_notes
from bandmate.stages.edit.scale import find_scale, reference_hz
from bandmate.stages.edit.take import Take
from bandmate.stages.edit.tuning import LACKS


@dataclass(frozen=True, slots=True)
class Written:
    """What was heard in a take.

    Attributes
    ----------
    notes : tuple of Note
        as they were, in ticks from the start of the recording.
    on_grid : tuple of Note
    scale : str
    reference_hz : float
        what A4 is.
    confidence : float
        of the notes, the mean.
    remarks : tuple of str
        why there are none.
    """

    notes: tuple[Note, ...] = ()
    on_grid: tuple[Note, ...] = ()
    scale: str = ""
    reference_hz: float = 440.0
    confidence: float = 0.0
    remarks: tuple[str, ...] = ()


def written_notes(take: Take, tempo: TempoMap, grid: str, start_seconds: float = 0.0) -> Written:
    """The notes of a take; ``start_seconds`` is where in the song the recording begins."""
    is_one, figures = is_one_voice(take.curve, take.samples, take.rate_hz, take.judged)
    if not is_one:
        why = f"no notes, for {LACKS[figures.lacks]}; only one voice at a time can be written down"
        return Written(remarks=(why,))
    sung = sung_notes(take.curve, take.samples, take.rate_hz)
    reference = reference_hz(sung)
    loose, tight = (
        heard_notes(
            sung,
            take.samples,
            take.rate_hz,
            tempo=tempo,
            start_seconds=start_seconds,
            reference_hz=reference,
            grid=lines,
        )
        for lines in ("", grid)
    )
    if not loose:
        return Written(remarks=("no note was sure enough to be written down",))
    sure = sum(note.confidence for note in sung) / len(sung)
    return Written(loose, tight, find_scale(sung, reference=reference).name, reference, sure)
