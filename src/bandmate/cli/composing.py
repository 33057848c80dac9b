"""Commands that write music: propose chords, melody and so on, and what can be done with a clip: continue, vary, morph.

Each works in a project, where it keeps a proposal, or on a lone MIDI, MusicXML or ABC file, of which every alternative
is written as a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.compose_options import (
    Amount,
    Bars,
    Catalogue,
    Daring,
    DialSettings,
    GenreName,
    Instrument,
    InWords,
    KeyName,
    Lyrics,
    Mood,
    Notes,
    Number,
    OnTrack,
    Out,
    Pictures,
    Pins,
    SectionName,
    Seed,
    Sound,
    VoiceName,
    brief_of,
    checked_bars,
)
from bandmate.cli.deciding import print_proposal, proposal_facts
from bandmate.cli.listening import propose
from bandmate.cli.options import AsJson, opened
from bandmate.cli.output import print_json, progress_bar, say, write

if TYPE_CHECKING:
    from bandmate.project.folder import Project
    from bandmate.stages.compose.brief import ComposeBrief, PartKind, Verb
    from bandmate.verbs.lone_scores import WrittenIdeas

Source = Annotated[
    Path | None,
    typer.Argument(help="MIDI, MusicXML or ABC file, or a project; by default the one you are in.", show_default=False),
]
Lone = Annotated[
    Path | None, typer.Option("--file", "-f", help="A lone MIDI, MusicXML or ABC file instead of a project.")
]
In = Annotated[Path | None, typer.Option("--project", "-p", help="Project folder; by default the one you are in.")]

PARTS: dict[PartKind, str] = {
    "chords": "Chords for bars of the song; pins are obeyed.",
    "melody": "A melody over the chords, free, or to a lyric.",
    "bass": "A bass line that follows chords and drums.",
    "drums": "A drum part that follows form and bass.",
    "keys": "Comping that follows chords, drums and bass.",
    "harmony": "A second voice to a lead.",
    "counter": "A counter-melody to a lead.",
}
DEEDS: dict[Verb, str] = {
    "continue": "Go on where a part ends.",
    "answer": "Answer a phrase.",
    "vary": "Vary a clip by a stated distance (--amount).",
    "infill": "Fill bars in the middle of a part.",
    "simplify": "Thin a clip out.",
    "enrich": "Add notes to a clip.",
    "morph": "Go from one clip to another in steps (-n).",
    "groove": "Give a clip the timing and the accents of real drummers.",
    "drumify": "Make a drum part of the rhythm of a clip.",
    "harmonise": "Set a melody in four parts.",
    "reharmonise": "Other chords for bars, safe to daring, with reasons.",
    "next": "What could come next after the chords so far.",
}


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    for part, words in PARTS.items():
        propose.command(part)(part_command(part, words))
    for verb, words in DEEDS.items():
        app.command("next-chord" if verb == "next" else verb)(clip_command(verb, words))


def part_command(part: PartKind, words: str) -> Callable[..., None]:
    """The command that writes a kind of part."""

    def command(
        words: InWords = "",
        bars: Bars = "",
        track: OnTrack = "",
        genre: GenreName = "",
        mood: Mood = "",
        section: SectionName = "",
        key: KeyName = "",
        pin: Pins = None,
        note: Notes = None,
        dial: DialSettings = None,
        lyrics: Lyrics = "",
        daring: Daring = 0.3,
        instrument: Instrument = None,
        voice: VoiceName = "",
        number: Number = 3,
        seed: Seed = 0,
        catalogue: Catalogue = None,
        file: Lone = None,
        project: In = None,
        to: Out = Path("ideas"),
        pictures: Pictures = False,
        sound: Sound = False,
        json: AsJson = False,
    ) -> None:
        brief = brief_of(
            part=part, genre=genre, mood=mood, section=section, key=key, pins=pin, notes=note, dials=dial,
            lyrics=lyrics, daring=daring, program=instrument, voice=voice,
            alternatives=number,
        )  # fmt: skip
        brief = worded(words, brief)
        run(file or project, brief, bars, track, catalogue, seed, to, pictures=pictures, sound=sound, json=json)

    command.__doc__ = words
    return command


def clip_command(verb: Verb, words: str) -> Callable[..., None]:
    """The command that does something with a clip."""

    def command(
        source: Source = None,
        words: InWords = "",
        bars: Bars = "",
        track: OnTrack = "",
        amount: Amount = None,
        other: Annotated[str, typer.Option("--with", help="morph: the track to go to; else --with-bar.")] = "",
        other_bar: Annotated[
            int | None, typer.Option("--with-bar", help="morph: the bar that the other clip begins in.")
        ] = None,
        genre: GenreName = "",
        key: KeyName = "",
        pin: Pins = None,
        note: Notes = None,
        dial: DialSettings = None,
        daring: Daring = 0.3,
        number: Number = 3,
        seed: Seed = 0,
        catalogue: Catalogue = None,
        project: In = None,
        to: Out = Path("ideas"),
        pictures: Pictures = False,
        sound: Sound = False,
        json: AsJson = False,
    ) -> None:
        brief = brief_of(
            verb=verb, genre=genre, key=key, pins=pin, notes=note, dials=dial, daring=daring, alternatives=number,
            amount=amount, other=other, other_bar=other_bar,
        )  # fmt: skip
        brief = worded(words, brief)
        run(source or project, brief, bars, track, catalogue, seed, to, pictures=pictures, sound=sound, json=json)

    command.__doc__ = words
    return command


def worded(words: str, brief: ComposeBrief) -> ComposeBrief:
    """The brief with what was said in words; what was given as options counts where both speak."""
    if not words:
        return brief
    from bandmate.verbs.composing import brief_in_words

    found = brief_in_words(words, brief)
    for phrase, meaning in found.understood:
        say(f'understood "{phrase}": {meaning}')
    if found.unknown:
        say("not understood: " + ", ".join(f'"{word}"' for word in found.unknown))
    return found.brief


def run(
    source: Path | None,
    brief: ComposeBrief,
    bars: str,
    track: str,
    catalogue: list[Path] | None,
    seed: int,
    to: Path,
    *,
    pictures: bool,
    sound: bool,
    json: bool,
) -> None:
    """Compose in a project, or for a lone file where ``source`` is one."""
    from bandmate.formats.scores import SCORE_ENDINGS

    span = checked_bars(bars)
    if source is not None and (source.suffix.lower() in SCORE_ENDINGS or source.is_file()):
        done = lone(source, brief, span, track, catalogue, seed, to, pictures=pictures, sound=sound)
        print_json(done.facts()) if json else print_ideas(done)
        return
    with opened(source) as here, progress_bar() as progress:
        from bandmate.verbs.composing import brief_for, compose

        asked = brief_for(here.song, with_other(here, brief), bars=span, track=track)
        state = compose(here, asked, catalogue=catalogue or (), seed=seed, progress=progress)
        song = here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state, "show")


def with_other(project: Project, brief: ComposeBrief) -> ComposeBrief:
    """The brief with the id of the other track instead of its name."""
    from msgspec.structs import replace

    return replace(brief, other=project.song.track(brief.other).id) if brief.other else brief


def lone(
    path: Path,
    brief: ComposeBrief,
    span: tuple[int, int] | None,
    track: str,
    catalogue: list[Path] | None,
    seed: int,
    to: Path,
    *,
    pictures: bool,
    sound: bool,
) -> WrittenIdeas:
    """Alternatives for a lone file."""
    from msgspec.structs import replace

    from bandmate.formats.scores import read_score
    from bandmate.verbs.composing import brief_for
    from bandmate.verbs.lone_scores import compose_file

    with progress_bar() as progress:
        song = read_score(path).song
        named = replace(brief, other=song.track(brief.other).id) if brief.other else brief
        asked = brief_for(song, named, bars=span, track=track)
        return compose_file(
            path, to, asked, catalogue=catalogue or (), pictures=pictures, sound=sound, seed=seed, progress=progress
        )


def print_ideas(done: WrittenIdeas) -> None:
    """The alternatives of a lone file for reading."""
    write(done.title)
    for number, idea in enumerate(done.ideas, 1):
        write("")
        write(f"{number:>3}. {idea.because}", hang=5)
        for fact in idea.evidence:
            values = [f"{fact[name]:.3g}" for name in ("before", "after") if fact.get(name) is not None]
            target = f", target {fact['target']:.3g}" if fact.get("target") is not None else ""
            write(f"{fact['what']}: {' → '.join(values)} {fact['unit']}{target}", indent=7, hang=2, style="dim")
        write(f"{idea.path}", indent=5)
        for path in (*idea.pictures, *([idea.sound] if idea.sound else [])):
            say(f"     {path}")
    for remark in done.remarks:
        say(f"· {remark}")
