"""Commands for whole songs: sketch, propose form, originality."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.cli.compose_options import (
    Bars,
    Catalogue,
    DialSettings,
    GenreName,
    KeyName,
    Number,
    OnTrack,
    Pictures,
    Pins,
    Seed,
    Sound,
    checked_bars,
    chord_pin,
    dials_of,
)
from bandmate.cli.deciding import print_proposal, proposal_facts
from bandmate.cli.listening import propose
from bandmate.cli.options import AsJson, InProject, opened
from bandmate.cli.output import number as spoken_number
from bandmate.cli.output import out, print_json, progress_bar, say, table, text, write
from bandmate.song.errors import OutOfRange, RequestError, UnknownName

if TYPE_CHECKING:
    from bandmate.stages.compose.sketch_brief import SectionWish, SketchBrief
    from bandmate.verbs.originality import MeasuredOriginality

METER = re.compile(r"(\d+)/(\d+)")
SECTION = re.compile(r"([^:]+?)(?::(\d+))?")


def add_commands(app: typer.Typer) -> None:
    """Put these commands into the app."""
    app.command("sketch")(sketch)
    app.command("originality")(originality)
    propose.command("form")(form)


def sketch(
    words: Annotated[str, typer.Argument(help="What it is to be: 'slow hopeful verse, sparse piano'.")] = "",
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("sketches"),
    bars: Annotated[int | None, typer.Option(help="Length in bars, exact.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length in seconds, exact.")] = None,
    genre: GenreName = "",
    key: KeyName = "",
    tempo: Annotated[float | None, typer.Option(help="Quarters a minute.")] = None,
    meter: Annotated[str, typer.Option(help="Such as 3/4 or 6/8.")] = "",
    parts: Annotated[str, typer.Option(help="Who plays: drums,bass,keys,pad,lead.")] = "",
    form: Annotated[str, typer.Option(help="Sections in their order: intro:4,verse:8,chorus.")] = "",
    pin: Pins = None,
    dial: DialSettings = None,
    number: Number = 3,
    seed: Seed = 0,
    catalogue: Catalogue = None,
    master: Annotated[str, typer.Option(help="Delivery profile of the masters.")] = "spotify",
    no_sound: Annotated[bool, typer.Option("--no-sound", help="Notes only; no mix and no master.")] = False,
    json: AsJson = False,
) -> None:
    """Write songs for a brief in plain words.

    English or Russian; each is mixed and mastered, and has a project of its own.
    """
    from bandmate.verbs.sketching import sketch as make

    brief = sketch_brief(bars, seconds, genre, key, tempo, meter, parts, form, pin, dial, number)
    with progress_bar() as progress:
        done = make(
            words, to, brief, catalogue=catalogue or (), master=master, sound=not no_sound, seed=seed, progress=progress
        )
    if json:
        print_json(done.facts())
        return
    for phrase, meaning in done.understood:
        say(f'understood "{phrase}": {meaning}')
    if done.unknown:
        say("not understood: " + ", ".join(f'"{word}"' for word in done.unknown))
    for count, one in enumerate(done.sketches, 1):
        write("")
        write(f"{count:>3}. {one.says}", hang=5)
        for usual in one.usual:
            write(usual.sentence(), indent=7, style="dim")
        if one.nearest:
            write(f"nearest: {one.nearest}", indent=7, hang=2, style="dim")
        for note in one.notes:
            write(f"· {note}", indent=7, hang=2)
        write(f"{one.folder}: {', '.join(path.name for path in one.files)}", indent=5, hang=2)
    for remark in done.remarks:
        say(f"· {remark}")


def form(
    length: Annotated[int | None, typer.Option("--length", help="Length of the whole in bars, exact.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Length of the whole in seconds, exact.")] = None,
    bars: Bars = "",
    sections: Annotated[str, typer.Option("--sections", help="In their order: intro:4,verse:8,chorus.")] = "",
    genre: GenreName = "",
    number: Number = 3,
    seed: Seed = 0,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A lone file instead of a project.")] = None,
    project: InProject = None,
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results of a lone file.")] = Path("ideas"),
    pictures: Pictures = False,
    sound: Sound = False,
    json: AsJson = False,
) -> None:
    """Build a song from a loop, or sections for an empty one."""
    from bandmate.cli.composing import print_ideas
    from bandmate.verbs.composing import compose_form
    from bandmate.verbs.lone_scores import form_file

    brief = sketch_brief(length, seconds, genre, "", None, "", "", sections, None, None, number)
    span = checked_bars(bars)
    if file is not None:
        with progress_bar() as progress:
            done = form_file(file, to, brief, bars=span, pictures=pictures, sound=sound, seed=seed, progress=progress)
        print_json(done.facts()) if json else print_ideas(done)
        return
    with opened(project) as here:
        state, song = compose_form(here, brief, bars=span, seed=seed), here.song
    print_json(proposal_facts(song, state)) if json else print_proposal(song, state, "show")


def sketch_brief(
    bars: int | None,
    seconds: float | None,
    genre: str,
    key: str,
    tempo: float | None,
    meter: str,
    parts: str,
    form: str,
    pins: list[str] | None,
    dials: list[str] | None,
    number: int,
) -> SketchBrief:
    """The brief of these options.

    Raises
    ------
    RequestError, OutOfRange, UnknownName
        for what cannot be meant.
    """
    import msgspec

    from bandmate.song.scales import key_from
    from bandmate.stages.compose.brief import GENRES
    from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, SketchBrief

    if genre and genre not in GENRES:
        raise UnknownName("genre", genre, GENRES)
    wanted = tuple(name.strip() for name in parts.split(",") if name.strip())
    for name in wanted:
        if name not in SKETCH_PARTS:
            raise UnknownName("part", name, SKETCH_PARTS)
    found = {
        "bars": bars,
        "seconds": seconds,
        "genre": genre,
        "key": msgspec.to_builtins(key_from(key)) if key else None,
        "tempo_bpm": tempo,
        "parts": wanted,
        "sections": [msgspec.to_builtins(wish) for wish in sections_of(form)],
        "chord_pins": [msgspec.to_builtins(chord_pin(text)) for text in pins or ()],
        "dials": msgspec.to_builtins(dials_of(dials or ())),
        "alternatives": number,
    } | meter_of(meter)
    try:
        return msgspec.convert(found, SketchBrief, strict=False)
    except msgspec.ValidationError as problem:
        raise OutOfRange(f"a sketch cannot be like this: {problem}") from problem


def meter_of(text: str) -> dict[str, int]:
    """``6/8`` as fields of the brief; nothing for nothing."""
    if not text:
        return {}
    match = METER.fullmatch(text.strip())
    if match is None or int(match[2]) not in (1, 2, 4, 8, 16) or not 1 <= int(match[1]) <= 32:
        raise RequestError(f'"{text}" is no meter; write it as 3/4, with 1, 2, 4, 8 or 16 below')
    return {"numerator": int(match[1]), "denominator": int(match[2])}


def sections_of(text: str) -> tuple[SectionWish, ...]:
    """``intro:4,verse:8,chorus`` as wishes; a section without a number is as long as it will be."""
    from bandmate.stages.compose.sketch_brief import SectionWish

    found = []
    for piece in (piece.strip() for piece in text.split(",")):
        match = SECTION.fullmatch(piece)
        if piece and match:
            found.append(SectionWish(name=match[1].strip(), bars=int(match[2] or 0)))
    return tuple(found)


def originality(
    source: Annotated[
        Path | None, typer.Argument(help="MIDI, MusicXML or ABC file, or a project.", show_default=False)
    ] = None,
    track: OnTrack = "",
    catalogue: Catalogue = None,
    push: Annotated[
        float | None, typer.Option("--push", help="Also a rarer version: by so much, 0 to 1, of the works.")
    ] = None,
    what: Annotated[str, typer.Option("--of", help="What is pushed away: melody or chords.")] = "melody",
    to: Annotated[Path, typer.Option("--out", "-o", help="Folder for what is pushed away, of a lone file.")] = Path(
        "ideas"
    ),
    pin: Pins = None,
    json: AsJson = False,
) -> None:
    """Say which work a song is nearest to.

    And how usual it is; with --push also a version that is less so.
    """
    from bandmate.formats.scores import SCORE_ENDINGS
    from bandmate.verbs.originality import measure_file, measure_project

    pins = tuple(chord_pin(text) for text in pin or ())
    with progress_bar() as progress:
        if source is not None and (source.suffix.lower() in SCORE_ENDINGS or source.is_file()):
            found = measure_file(
                source, track=track, catalogue=catalogue or (), push=push, of=what, pins=pins, folder=to,
                progress=progress,
            )  # fmt: skip
        else:
            with opened(source) as here:
                found = measure_project(
                    here, track=track, catalogue=catalogue or (), push=push, of=what, pins=pins, progress=progress
                )
    print_json(found.facts()) if json else print_originality(found)


def print_originality(found: MeasuredOriginality) -> None:
    """What was measured, for reading."""
    shown = table("", "what", ">more usual than", ">costs", "nearest")
    for row in found.usual:
        near = row.neighbours[0] if row.neighbours else None
        where = f"{near.work}, bars {near.first_bar}–{near.last_bar}" if near else "–"
        shown.add_row(row.aspect, f"{row.share:.0%} of works", spoken_number(row.cost, 2), text(where))
    if found.usual:
        out().print(shown)
    if found.nearest is not None:
        verdict = "too much like it" if found.nearest.is_copy else "no copy"
        write(f"nearest work: {found.nearest.sentence()}; {verdict}")
    else:
        write("no run of notes is shared with any work")
    for line in found.pushed:
        write(line)
    for remark in found.remarks:
        say(f"· {remark}")
