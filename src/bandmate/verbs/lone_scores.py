"""Composing for a lone MIDI, MusicXML or ABC file: every alternative as a file of its own, beside a record.

The file itself is only read. What comes out is of the same kind, with everything else in it as it was; what is played
rather than written (grooves, drums) comes as MIDI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.verbs.composing import tools_with
from bandmate.verbs.progress import Progress, part, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.sketch_brief import SketchBrief


@dataclass(frozen=True, slots=True)
class WrittenIdea:
    """An alternative of a lone file: where it lies, and why it is as it is."""

    path: Path
    because: str
    evidence: tuple[dict[str, Any], ...]
    pictures: tuple[Path, ...] = ()
    sound: Path | None = None


@dataclass(frozen=True, slots=True)
class WrittenIdeas:
    """What became of a lone file: its alternatives, the record, what else should be known."""

    title: str
    ideas: tuple[WrittenIdea, ...]
    record: Path
    remarks: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """For programs."""
        return {
            "title": self.title,
            "ideas": [
                {
                    "path": str(idea.path),
                    "because": idea.because,
                    "evidence": list(idea.evidence),
                    "pictures": [str(path) for path in idea.pictures],
                    "sound": str(idea.sound) if idea.sound else None,
                }
                for idea in self.ideas
            ],
            "record": str(self.record),
            "remarks": list(self.remarks),
        }


def compose_file(
    path: Path | str,
    folder: Path | str,
    brief: ComposeBrief,
    *,
    catalogue: Sequence[Path | str] = (),
    pictures: bool = False,
    sound: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> WrittenIdeas:
    """Alternatives for a lone file, each written beside the others.

    Parameters
    ----------
    path : path
        a MIDI, MusicXML or ABC file; it is only read.
    folder : path
        for the results; is made where it is not there.
    pictures : bool
        also a piano roll of each, as PNG.
    sound : bool
        also each as it sounds with the default sound set, as WAV.

    Raises
    ------
    MediaError
        if the file is missing, empty or damaged.
    RequestError, OutOfRange, UnknownName, ModelError, ProjectError
        as for ``compose``.
    """
    from bandmate.formats.scores import read_score
    from bandmate.stages.compose.propose import propose_composition

    source, place = Path(path), Path(folder)
    score = read_score(source)
    tools = tools_with(catalogue, part(progress, 0.0, 0.3))
    progress("writing", 0.3)
    proposal = propose_composition(score.song, brief, tools=tools, version=__version__, seed=seed)
    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    ending = ending_for(source, brief)
    name = f"{source.stem}.{brief.part if brief.verb == 'generate' else brief.verb}"
    ideas = written_ideas(
        score.song, proposal, place / name, ending, brief, pictures=pictures, sound=sound,
        progress=part(progress, 0.4, 1.0),
    )  # fmt: skip
    record = place / f"{name}.json"
    write_whole(record, record_of(proposal))
    return WrittenIdeas(proposal.title, ideas, record, (*score.remarks, *proposal.remarks))


def form_file(
    path: Path | str,
    folder: Path | str,
    brief: SketchBrief,
    *,
    bars: tuple[int, int] | None = None,
    pictures: bool = False,
    sound: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> WrittenIdeas:
    """The same for a lone file: each form as a file of its own."""
    from bandmate.formats.scores import read_score
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.form_moves import propose_form

    source, place = Path(path), Path(folder)
    score = read_score(source)
    first, last = bars or (1, None)
    proposal = propose_form(score.song, brief, first_bar=first, last_bar=last, version=__version__, seed=seed)
    with disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    whole, name = ComposeBrief(part="form", first_bar=1, last_bar=1), f"{source.stem}.form"
    ideas = written_ideas(
        score.song, proposal, place / name, ending_for(source, whole), whole, pictures=pictures, sound=sound,
        progress=progress,
    )  # fmt: skip
    record = place / f"{name}.json"
    write_whole(record, record_of(proposal))
    return WrittenIdeas(proposal.title, ideas, record, (*score.remarks, *proposal.remarks))


def ending_for(source: Path, brief: ComposeBrief) -> str:
    """The kind that results are written as: that of the file, but MIDI where notation cannot say how it is played."""
    is_played = brief.verb in ("groove", "drumify") or brief.part == "drums"
    if source.suffix.lower() in (".smf", ".midi") or (is_played and source.suffix.lower() == ".abc"):
        return ".mid"
    return ".mid" if brief.verb == "groove" else ".musicxml" if source.suffix.lower() == ".xml" else source.suffix


def written_ideas(
    song: Song,
    proposal: Proposal,
    name: Path,
    ending: str,
    brief: ComposeBrief,
    *,
    pictures: bool,
    sound: bool,
    progress: Progress,
) -> tuple[WrittenIdea, ...]:
    """Every alternative as a song of its own."""
    import msgspec

    from bandmate.formats.scores import write_score
    from bandmate.song.moves import apply
    from bandmate.stages.compose.propose import moves_by_choice

    found = []
    choices = moves_by_choice(proposal.moves)
    for number, moves in enumerate(choices.values(), 1):
        progress(f"writing alternative {number}", (number - 1) / len(choices))
        made = apply(song, moves)
        place = name.with_name(f"{name.name}-{number}{ending}")
        write_score(made, place)
        drawn = drawn_roll(made, place, brief) if pictures else ()
        heard = sounded(made, place.with_suffix(".wav")) if sound else None
        evidence = tuple(msgspec.to_builtins(fact) for fact in moves[0].evidence)
        found.append(WrittenIdea(place, moves[0].because, evidence, drawn, heard))
    return tuple(found)


def drawn_roll(song: Song, path: Path, brief: ComposeBrief) -> tuple[Path, ...]:
    """A piano roll beside a file, the new bars on a light ground."""
    from bandmate.report.score_plots import plot_piano_roll

    picture = path.with_suffix(".png")
    write_whole(picture, plot_piano_roll(song, marked=(brief.first_bar, brief.last_bar)))
    return (picture,)


def sounded(song: Song, path: Path) -> Path:
    """A song through the default sound set, as a 24-bit WAV."""
    from bandmate.render.engine import Renderer
    from bandmate.render.media import MemoryMedia
    from bandmate.verbs.printing import printed

    renderer = Renderer(song, MemoryMedia({}))
    printed(path, renderer.blocks(), song.rate_hz, kind="wav-24", tags={"title": song.title})
    return path


def record_of(proposal: Proposal) -> bytes:
    """What was asked, made and measured, as JSON: with it the same notes come out again."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(proposal))
