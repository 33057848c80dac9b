"""Composing in a project: a proposal is kept and the song stays as it is; which bars and track are meant, and in words.

Not covered: lone files (``lone_scores``), whole songs (``sketching``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bandmate.formats.atomic_file import disk_errors
from bandmate.formats.scores import SCORE_ENDINGS
from bandmate.project.folder import Project
from bandmate.song.errors import RequestError
from bandmate.verbs.progress import Progress, part, silent
from bandmate.version import __version__

if TYPE_CHECKING:
    from bandmate.models.works_index import WorksIndex
    from bandmate.project.decisions import ProposalState
    from bandmate.song.song import Song
    from bandmate.song.tracks import Track
    from bandmate.stages.compose.brief import ComposeBrief
    from bandmate.stages.compose.sketch_brief import SketchBrief
    from bandmate.stages.compose.toolbox import Toolbox

MOST_DEFAULT_BARS = 32
USUAL_BARS = 8
CONTINUED_BARS = 4


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


def tools_with(catalogue: Sequence[Path | str], progress: Progress = silent) -> Toolbox:
    """The installed models, and an index of the musician's own songs."""
    from bandmate.stages.compose.toolbox import Toolbox
    from bandmate.verbs.readiness import make_ready

    make_ready(progress, "compose")
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
