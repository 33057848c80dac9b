"""Composing: asking for notes and chords, in a project or for a lone MIDI, MusicXML or ABC file.

In a project a proposal is kept and the song stays as it is. Of a lone file every alternative is written as a file of
its own, of the same kind, with everything else in it as it was; the file itself is only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors, write_whole
from bandmate.formats.scores import SCORE_ENDINGS
from bandmate.project.folder import Project
from bandmate.song.errors import RequestError
from bandmate.verbs.progress import Progress, part, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.models.works_index import WorksIndex
    from bandmate.project.decisions import ProposalState
    from bandmate.song.proposal import Proposal
    from bandmate.song.song import Song
    from bandmate.song.tracks import Track
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.sketch_brief import SketchBrief
    from bandmate.stages.compose.toolbox import Toolbox

MOST_DEFAULT_BARS = 32
USUAL_BARS = 8
CONTINUED_BARS = 4


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


@dataclass(frozen=True, slots=True)
class WordedBrief:
    """A brief with what was said in words, what that was taken for, and what was not understood."""

    brief: ComposeBrief
    understood: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def brief_in_words(words: str, given: ComposeBrief) -> WordedBrief:
    """What ``words`` say (English or Russian), with what is given already put over it.

    Raises
    ------
    RequestError
        for nothing, or more than 2000 letters.
    """
    from bandmate.stages.compose.brief import Dials
    from bandmate.stages.compose.words import brief_from_words

    heard = brief_from_words(words)
    said = heard.compose(given, given.part)
    turned = {name: value for name in Dials.__struct_fields__ if (value := getattr(given.dials, name)) is not None}
    kept = {name: getattr(given, name) for name in ("genre", "mood", "section") if getattr(given, name)}
    kept |= {name: getattr(given, name) for name in ("key", "program") if getattr(given, name) is not None}
    brief = replace(said, **kept, verb=given.verb, part=given.part, dials=replace(said.dials, **turned))
    return WordedBrief(brief, tuple(heard.understood), tuple(heard.unknown))


def compose(
    project: Project,
    brief: ComposeBrief,
    *,
    catalogue: Sequence[Path | str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> ProposalState:
    """Keep a proposal of alternatives for what the brief asks. The song stays as it is.

    Parameters
    ----------
    brief : ComposeBrief
        verb, part, bars, track, dials and pins.
    catalogue : sequence of path or str
        the musician's own songs (MIDI, MusicXML, ABC, folders of them), which no new line is to copy.
    seed : int
        another number gives other ideas; the same gives the same.

    Raises
    ------
    RequestError, OutOfRange, UnknownName
        for bars, tracks and pins that there cannot be, and for a clip with nothing in it.
    ModelError
        if a model is missing or damaged.
    MediaError, ProjectError
        if a song of the catalogue cannot be read, or the project cannot be written to.
    """
    from bandmate.stages.compose.propose import propose_composition

    tools = tools_with(catalogue, part(progress, 0.0, 0.3))
    progress("writing", 0.3)
    proposal = propose_composition(project.song, brief, tools=tools, version=__version__, seed=seed)
    return project.proposal(project.add_proposal(proposal))


def compose_form(
    project: Project,
    brief: SketchBrief,
    *,
    bars: tuple[int, int] | None = None,
    seed: int = 0,
) -> ProposalState:
    """Keep a proposal of forms: the song's loop arranged, or sections where it has no notes. The song stays as it is.

    Parameters
    ----------
    brief : SketchBrief
        length in bars or seconds, sections, genre; meter, key and tempo are the song's own.
    bars : (int, int), optional
        first and last bar of the loop; all of the music by default.

    Raises
    ------
    RequestError
        for wishes that cannot go together, and a loop that there is not.
    """
    from bandmate.stages.compose.form_moves import propose_form

    first, last = bars or (1, None)
    proposal = propose_form(project.song, brief, first_bar=first, last_bar=last, version=__version__, seed=seed)
    return project.proposal(project.add_proposal(proposal))


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


def tools_with(catalogue: Sequence[Path | str], progress: Progress = silent) -> Toolbox:
    """The installed models, and an index of the musician's own songs."""
    from bandmate.stages.compose.toolbox import Toolbox
    from bandmate.verbs.readiness import make_ready

    make_ready(progress)
    return Toolbox(catalogue=catalogue_of(catalogue) if catalogue else None)


def catalogue_of(items: Sequence[Path | str]) -> WorksIndex:
    """An index of the songs in files and folders.

    Raises
    ------
    RequestError
        if there is no written music there.
    MediaError
        if a file cannot be read.
    """
    from bandmate.formats.scores import read_score
    from bandmate.stages.compose.copy_gate import catalogue_index

    files: list[Path] = []
    for item in items:
        path = Path(item)
        files += score_files(path) if path.is_dir() else [path]
    if not files:
        places = ", ".join(f'"{item}"' for item in items)
        raise RequestError(f"no MIDI, MusicXML or ABC file in {places}; name a folder of your own songs")
    return catalogue_index([(path.stem, read_score(path).song) for path in files])


def score_files(folder: Path) -> list[Path]:
    """All written music in a folder and below it, by name."""
    with disk_errors(folder):
        return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SCORE_ENDINGS - {".xml"})


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


def brief_for(song: Song, brief: ComposeBrief, *, bars: tuple[int, int] | None, track: str) -> ComposeBrief:
    """The brief with the bars and the track that are meant, where none were named.

    New parts get all bars of the song, up to 32, or eight where there is nothing yet; a clip is worked on as far as its
    track plays, and continued for four bars.

    Raises
    ------
    UnknownName
        if there is no track of that name.
    RequestError
        if several tracks could be meant, or none has notes.
    """
    from bandmate.stages.compose.brief import CHORD_VERBS

    if brief.verb in CHORD_VERBS or (brief.verb == "generate" and not track):
        first, last = bars or (1, bars_in(song) or USUAL_BARS)
        last = last if bars else min(last, MOST_DEFAULT_BARS)
        return replace(brief, track=song.track(track).id if track else "", first_bar=first, last_bar=last)
    meant = song.track(track) if track else meant_track(song, brief)
    first_note, last_note = bars_of_track(song, meant)
    if bars is not None:
        first, last = bars
    elif brief.verb in ("continue", "answer"):
        first, last = last_note + 1, last_note + CONTINUED_BARS
    elif brief.verb == "generate":
        first, last = 1, min(MOST_DEFAULT_BARS, bars_in(song) or USUAL_BARS)
    else:
        first, last = first_note, min(last_note, first_note + MOST_DEFAULT_BARS - 1)
    return replace(brief, track=meant.id, first_bar=first, last_bar=last)


def bars_in(song: Song) -> int:
    """How many bars have notes or chords."""
    from bandmate.stages.compose.passage import part_of

    ends = [chord.start_ticks + chord.length_ticks for chord in song.chords]
    ends += [part.tones[-1].end_ticks for track in song.tracks if (part := part_of(track)) and part.tones]
    ends += [song.meters.ticks_at_bar(section.start_bar + section.bars) for section in song.sections]
    return song.meters.position_at(max(ends) - 1).bar if ends else 0


def bars_of_track(song: Song, track: Track) -> tuple[int, int]:
    """First and last bar that a track plays in; (1, 0) for a track without notes."""
    from bandmate.stages.compose.passage import tones_of_track

    tones = tones_of_track(track)
    if not tones:
        return 1, 0
    first, last = tones[0].start_ticks, max(tone.start_ticks for tone in tones)
    return song.meters.position_at(first).bar, song.meters.position_at(last).bar


def meant_track(song: Song, brief: ComposeBrief) -> Track:
    """The track that a verb is for where none is named: the only one with notes that it can work on."""
    from bandmate.stages.compose.passage import tones_of_track
    from bandmate.stages.compose.players import kind_of_track

    having = [track for track in song.tracks if not track.mute and tones_of_track(track)]
    if not having:
        raise RequestError(f"no track has notes to {brief.verb}; import some, or write some: bandmate propose melody")
    if brief.verb in ("groove",) or len(having) == 1:
        fitting = [track for track in having if kind_of_track(track) == "drums"] or having
    else:
        fitting = [track for track in having if kind_of_track(track) == "melody"] or having
    if len(fitting) > 1:
        names = ", ".join(track.name or track.id for track in fitting[:6])
        raise RequestError(f"several tracks could be meant: {names}; name one with --part")
    return fitting[0]
