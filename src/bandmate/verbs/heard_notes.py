"""Notes out of a lone take: what was sung or played, as MIDI files and as clips for a song.

Two files: the notes as they were, and on the grid; both with the same pitches. One voice at a time: chords, drums and
noise are left alone, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.song.clips import NoteClip
from bandmate.song.notes import pitch_name
from bandmate.song.song import Song
from bandmate.song.time import TempoMap, TempoPoint
from bandmate.song.tracks import Track
from bandmate.verbs.lone_takes import make_folder, read_take
from bandmate.verbs.progress import Progress, silent
from bandmate.verbs.readiness import make_ready

if TYPE_CHECKING:
    from bandmate.song.notes import Note

USUAL_BPM = 120.0


@dataclass(frozen=True, slots=True)
class HeardNotes:
    """What was heard.

    Attributes
    ----------
    notes : tuple of Note
        as they were, in ticks of the tempo.
    on_grid : tuple of Note
    files : tuple of Path
        both as MIDI, as they were first.
    scale : str
    reference_hz : float
        what A4 is.
    remarks : tuple of str
    """

    notes: tuple[Note, ...]
    on_grid: tuple[Note, ...]
    files: tuple[Path, ...]
    scale: str
    reference_hz: float
    remarks: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "notes": [
                {"start_ticks": note.start_ticks, "length_ticks": note.length_ticks, "pitch": note.pitch}
                | {"name": pitch_name(note.pitch), "velocity": note.velocity}
                for note in self.notes
            ],
            "files": [str(path) for path in self.files],
            "scale": self.scale,
            "reference_hz": self.reference_hz,
            "remarks": list(self.remarks),
        }


def notes_of_file(
    path: Path | str,
    folder: Path | str,
    *,
    bpm: float = USUAL_BPM,
    grid: str = "1/16",
    progress: Progress = silent,
) -> HeardNotes:
    """Write the notes of a lone file as MIDI, as they were and on the grid.

    Parameters
    ----------
    bpm : float
        the tempo it was played to; without it the grid means little.
    grid : str
        such as ``1/16``.

    Raises
    ------
    UnknownName
        for a grid that there is not.
    OutOfRange
        for a tempo that is none.
    MediaError, ProjectError
        if the file cannot be read, or the folder not written to.
    """
    from bandmate.formats.midi import write_midi
    from bandmate.song.errors import UnknownName
    from bandmate.stages.edit.heard_notes import GRIDS
    from bandmate.stages.edit.written import written_notes

    if grid not in GRIDS:
        raise UnknownName("grid", grid, tuple(GRIDS))
    tempo = TempoMap(points=(TempoPoint(id="played", at_ticks=0, bpm=bpm),))
    source, place = Path(path), Path(folder)
    take, _ = read_take(source)
    make_ready(progress, "edit")
    progress("listening to the pitch", 0.2)
    heard = written_notes(take, tempo, grid)
    files = []
    if heard.notes:
        make_folder(place)
        for what, notes in (("as-played", heard.notes), ("on-grid", heard.on_grid)):
            file = place / f"{source.stem}.{what}.mid"
            write_midi(song_of(source.stem, notes, tempo), file)
            files.append(file)
    return HeardNotes(heard.notes, heard.on_grid, tuple(files), heard.scale, heard.reference_hz, heard.remarks)


def song_of(name: str, notes: tuple[Note, ...], tempo: TempoMap) -> Song:
    """A song with one track that plays the notes."""
    length = max(note.start_ticks + note.length_ticks for note in notes)
    clip = NoteClip(id="heard", length_ticks=length, notes=notes)
    return Song(title=name, tempo=tempo, tracks=(Track(id="heard", name=name, clips=(clip,)),))
