"""Sketches: whole songs from a brief in plain words, heard at once, each with a project in which everything can change.

Of each sketch a folder holds the project, the notes as MIDI and MusicXML, the DAW project, pictures, and the mix and
the master that the later stages made of it. What was learned and what was written by us is in its record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.song.errors import RequestError
from bandmate.song.proposal import Author
from bandmate.verbs.composing import tools_with
from bandmate.verbs.exporting import export_dawproject
from bandmate.verbs.importing import PRODUCTION_PROJECT
from bandmate.verbs.master_files import render_master
from bandmate.verbs.printing import render_mix
from bandmate.verbs.producing import accepted, production
from bandmate.verbs.progress import Progress, part, silent
from bandmate.verbs.proposing import propose_master, propose_mix
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.song.song import Song
    from bandmate.stages.compose.copy_gate import CopyGate
    from bandmate.stages.compose.genericness import Genericness
    from bandmate.stages.compose.sketch import Sketch
    from bandmate.stages.compose.sketch_brief import SketchBrief
    from bandmate.stages.compose.toolbox import Toolbox

FILES = ("song.mid", "song.musicxml", "song.dawproject", "piano-roll.png", "lead-sheet.svg", "mix.wav", "master.wav")
NAMES = (PRODUCTION_PROJECT, *FILES, "sketch.json")
"""Everything that a sketch writes into its folder."""

OTHER_SEEDS = 4
"""How often other ideas are asked for where a copy was left out."""

SEED_STEP = 7919


@dataclass(frozen=True, slots=True)
class WrittenSketch:
    """A sketch on disk: what it is, why it differs, where everything lies, how usual it is."""

    folder: Path
    says: str
    files: tuple[Path, ...]
    usual: tuple[Genericness, ...]
    nearest: str
    notes: tuple[str, ...]
    record: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrittenSketches:
    """All sketches of a brief, and what was understood of it."""

    sketches: tuple[WrittenSketch, ...]
    understood: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    remarks: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "understood": [list(pair) for pair in self.understood],
            "not_understood": list(self.unknown),
            "sketches": [{"folder": str(one.folder), **one.record} for one in self.sketches],
            "remarks": list(self.remarks),
        }


def sketch(
    words: str,
    folder: Path | str,
    brief: SketchBrief | None = None,
    *,
    catalogue: Sequence[Path | str] = (),
    master: str = "spotify",
    sound: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> WrittenSketches:
    """Write songs for a brief, and let them be heard.

    Parameters
    ----------
    words : str
        in English or Russian, such as ``slow hopeful verse, sparse piano``; may be empty.
    folder : path
        for the results, one folder for each sketch.
    brief : SketchBrief, optional
        what is given besides; it counts where the words say otherwise.
    catalogue : sequence of path or str
        the musician's own songs, which no lead is to copy.
    master : str
        the delivery profile of the masters.
    sound : bool
        also mix and master each; without it there are notes only.
    seed : int
        another number gives other songs; the same gives the same.

    Raises
    ------
    RequestError
        for wishes that cannot go together, and a folder with a sketch in it.
    UnknownName
        for a genre or a profile that there is not.
    ModelError, MediaError, ProjectError
        if a model, a song of the catalogue or the disk fails.
    """
    from bandmate.stages.compose.sketch_brief import SketchBrief
    from bandmate.stages.compose.words import brief_from_words
    from bandmate.stages.master.delivery import delivery_profile

    profile = delivery_profile(master)
    heard = brief_from_words(words) if words.strip() else None
    asked = merged(heard.sketch() if heard else SketchBrief(), brief or SketchBrief())
    place = Path(folder)
    places = [place / f"sketch-{number}" for number in range(1, asked.alternatives + 1)]
    check_free(places)
    tools = tools_with(catalogue, part(progress, 0.0, 0.1))
    progress("writing the songs", 0.1)
    found, left = without_copies(asked, tools, seed)
    made = []
    for number, (one, own) in enumerate(zip(found, places, strict=False)):
        share = part(progress, 0.2 + 0.8 * number / len(found), 0.2 + 0.8 * (number + 1) / len(found))
        made.append(written(one, own, tools, profile_id=profile.id, sound=sound, progress=share))
    remarks = list(left)
    if len(made) < asked.alternatives:
        remarks.append(f"{len(made)} of {asked.alternatives} sketches: the others would have copied a work")
    understood, unknown = (heard.understood, heard.unknown) if heard else ((), ())
    return WrittenSketches(tuple(made), understood, unknown, tuple(remarks))


def merged(words: SketchBrief, given: SketchBrief) -> SketchBrief:
    """What the words say, with what was given besides put over it; dials one by one."""
    usual = type(given)()
    fields = {
        name: getattr(given, name)
        for name in given.__struct_fields__
        if name != "dials" and getattr(given, name) != getattr(usual, name)
    }
    dials = {name: value for name in given.dials.__struct_fields__ if (value := getattr(given.dials, name)) is not None}
    if given.bars is not None and given.seconds is None:
        fields["seconds"] = None
    if given.seconds is not None and given.bars is None:
        fields["bars"] = None
    return replace(words, **fields, dials=replace(words.dials, **dials))


def check_free(places: Sequence[Path]) -> None:
    """Refuse to write over an earlier sketch."""
    for place in places:
        with disk_errors(place):
            there = [name for name in NAMES if (place / name).exists()]
        if there:
            raise RequestError(f'"{place}" has {there[0]} already; choose another folder, or go on with what is there')


def without_copies(brief: SketchBrief, tools: Toolbox, seed: int) -> tuple[list[Sketch], list[str]]:
    """Sketches whose lines are nobody's, and what was left out."""
    from bandmate.stages.compose.sketch import sketch_songs
    from bandmate.stages.compose.sketch_parts import load_sketch_models

    models, gate = load_sketch_models(), tools.gate
    kept: list[Sketch] = []
    left: list[str] = []
    for turn in range(1 + OTHER_SEEDS):
        for one in sketch_songs(brief, models, seed + turn * SEED_STEP):
            copied = copied_line(one.song, gate)
            if copied:
                left.append(f"left out: {copied}")
            elif len(kept) < brief.alternatives:
                kept.append(one)
        if len(kept) == brief.alternatives:
            break
    return kept, left


def copied_line(song: Song, gate: CopyGate) -> str:
    """What a lead or a bass copies; nothing for nothing."""
    from bandmate.stages.compose.copy_gate import is_line
    from bandmate.stages.compose.passage import part_of
    from bandmate.stages.compose.players import kind_of_track

    for track in song.tracks:
        line = part_of(track)
        if line is None or line.is_drums or not is_line(line.tones):
            continue
        is_bass = kind_of_track(track) == "bass"
        near = gate.nearest(line.tones, lambda at: song.meters.position_at(at).bar, is_bass=is_bass)
        if near is not None and near.is_copy:
            return f"{track.name}: {near.sentence()}"
    return ""


def written(
    one: Sketch, place: Path, tools: Toolbox, *, profile_id: str, sound: bool, progress: Progress
) -> WrittenSketch:
    """A sketch with everything that belongs to it; nothing of it stays where anything fails."""
    import msgspec

    with production(place, one.song.title, NAMES) as project:
        author = Author(kind="assistant", name="compose", version=__version__, seed=one.seed)
        project.commit(one.song, f"sketch: {one.says}", author=author)
        files = scores_of(one.song, place)
        if sound:
            accepted(project, propose_mix(project, progress=part(progress, 0.1, 0.35)))
            from bandmate.stages.master.brief import MasterBrief
            from bandmate.stages.master.delivery import delivery_profile
            from bandmate.stages.master.propose import without_mastering

            brief = MasterBrief(profile=profile_id)
            accepted(project, propose_master(project, brief, progress=part(progress, 0.35, 0.5)))
            mix = without_mastering(project.song)
            render_mix(project, place / "mix.wav", song=mix, progress=part(progress, 0.5, 0.7))
            profile = delivery_profile(profile_id)
            render_master(project, place / "master.wav", profile, progress=part(progress, 0.7, 0.9))
            files += [place / "mix.wav", place / "master.wav"]
        export_dawproject(project, place / "song.dawproject", progress=part(progress, 0.9, 1.0))
        files.append(place / "song.dawproject")
        usual, nearest = originality_of(one.song, tools)
        record = record_of(one, usual, nearest, files)
        write_whole(place / "sketch.json", msgspec.json.format(msgspec.json.encode(record)))
    return WrittenSketch(place, one.says, tuple(files), usual, nearest, one.notes, record)


def scores_of(song: Song, place: Path) -> list[Path]:
    """The notes as files and as pictures."""
    from bandmate.formats.scores import write_score
    from bandmate.report.score_plots import plot_lead_sheet, plot_piano_roll

    files = [place / name for name in ("song.mid", "song.musicxml", "piano-roll.png", "lead-sheet.svg")]
    write_score(song, files[0])
    write_score(song, files[1])
    write_whole(files[2], plot_piano_roll(song))
    write_whole(files[3], plot_lead_sheet(song, kind="svg"))
    return files


def originality_of(song: Song, tools: Toolbox) -> tuple[tuple[Genericness, ...], str]:
    """How usual chords, lead, rhythm and form are, and the work that the lead is nearest to."""
    from bandmate.stages.compose.originality import measured_song

    found = measured_song(song, tools)
    nearest = found.nearest.sentence() if found.nearest else ""
    return found.usual, nearest


def record_of(one: Sketch, usual: Sequence[Genericness], nearest: str, files: Sequence[Path]) -> dict[str, Any]:
    """What it is and what it came from: with brief, models and seed it comes out again."""
    return {
        "title": one.song.title,
        "says": one.says,
        "genre": one.genre,
        "seed": one.seed,
        "version": __version__,
        "models": list(one.models),
        "sources": [{"part": row.part, "kind": row.kind, "what": row.what} for row in one.sources],
        "usual": [{"aspect": row.aspect, "share": round(row.share, 3)} for row in usual],
        "nearest_work": nearest,
        "notes": list(one.notes),
        "files": [path.name for path in files],
    }
