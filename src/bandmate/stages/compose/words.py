"""A brief in plain words, English or Russian, as dials, genre, mood, form, players and figures; no network.

Conventions: ``data/compose/words.toml`` holds the words. An adjective belongs to the instrument that follows it in the
same phrase, or that went before it where none follows; without an instrument it is for all. ``not``, ``very``,
``slightly`` and their like turn and weigh the word behind them. What was not understood is said word by word.

::

    slow hopeful verse, sparse piano        медленный светлый куплет, без барабанов, 84 bpm, ля минор
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from bandmate.song.errors import RequestError
from bandmate.song.harmony import Key
from bandmate.stages.compose.brief import DIALS, ChordPin, ComposeBrief, Dials, Genre, PartKind
from bandmate.stages.compose.genres import band_of
from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, PartWish, SectionWish, SketchBrief
from bandmate.stages.compose.words_figures import figures_in
from bandmate.stages.compose.words_table import Entry, lookup, numbers

MOST_LETTERS = 2000
STRONG, WEAK, LESS, SOFT, NEGATED = 1.5, 0.45, -0.6, -0.5, -0.9
NO_DIALS = Dials()
TOKEN = re.compile(r"[^\W_][\w'’&#+-]*|&|[,.;:!?()—–]")
HARMONIC = ("mode", "tension", "surprise", "complexity", "density", "syncopation")
COMPOSE_PARTS: dict[str, PartKind] = {
    "drums": "drums", "bass": "bass", "keys": "keys", "pad": "keys", "lead": "melody", "chords": "chords",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understood:
    """What a brief in words says.

    ``dials`` are for all, ``part_dials`` for single parts (``chords`` among them); ``understood`` are pairs of words
    and what they were taken for, ``unknown`` the words that nothing was made of. What was not said is None or empty.
    """

    text: str
    dials: Dials = NO_DIALS
    part_dials: tuple[tuple[str, Dials], ...] = ()
    genre: Genre | str = ""
    mood: str = ""
    sections: tuple[SectionWish, ...] = ()
    tempo_bpm: float | None = None
    key: Key | None = None
    meter: tuple[int, int] | None = None
    bars: int | None = None
    seconds: float | None = None
    alternatives: int | None = None
    parts: tuple[str, ...] = ()
    """Who plays, where that was said (``only``, ``without``); empty for whoever the genre has."""

    mentioned: tuple[str, ...] = ()
    programs: tuple[tuple[str, int], ...] = ()
    chord_pins: tuple[ChordPin, ...] = ()
    daring: float | None = None
    understood: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        """The first section that was named."""
        return self.sections[0].name if self.sections else ""

    def sketch(self) -> SketchBrief:
        """The words as a brief for a sketch; what was not said is left open."""
        chords = dict(self.part_dials).get("chords", Dials())
        harmonic = {name: value for name in HARMONIC[:3] if (value := getattr(chords, name)) is not None}
        programs, dials = dict(self.programs), dict(self.part_dials)
        wished = [part for part in SKETCH_PARTS if part in programs or part in dials]
        said: dict[str, Any] = {
            "bars": self.bars,
            "seconds": self.seconds,
            "tempo_bpm": self.tempo_bpm,
            "key": self.key,
            "parts": self.parts,
            "sections": self.sections,
        }
        if self.meter is not None:
            said["numerator"], said["denominator"] = self.meter
        if self.alternatives is not None:
            said["alternatives"] = self.alternatives
        if self.daring is not None:
            said["daring"] = self.daring
        return SketchBrief(
            title=self.text[:60],
            genre=self.genre,  # type: ignore[arg-type]
            mood=self.mood,
            dials=replace(self.dials, **harmonic),
            wishes=tuple(
                PartWish(part=part, dials=dials.get(part, Dials()), program=programs.get(part)) for part in wished
            ),
            chord_pins=self.chord_pins,
            **said,
        )

    def compose(self, brief: ComposeBrief | None = None, part: PartKind | None = None) -> ComposeBrief:
        """The words put over a brief for one part: the part named, the first one mentioned, or the brief's own."""
        brief = brief or ComposeBrief()
        named = next((name for name in self.mentioned if name in COMPOSE_PARTS), "")
        part = part or (COMPOSE_PARTS[named] if named else brief.part)
        own = next((dials for name, dials in self.part_dials if COMPOSE_PARTS.get(name) == part), Dials())
        program = next((number for name, number in self.programs if COMPOSE_PARTS.get(name) == part), brief.program)
        last = brief.last_bar if self.bars is None else brief.first_bar + self.bars - 1
        return replace(
            brief,
            part=part,
            last_bar=last,
            genre=self.genre or brief.genre,
            mood=self.mood or brief.mood,
            section=self.section or brief.section,
            key=self.key or brief.key,
            dials=laid_over(laid_over(brief.dials, self.dials), own),
            chord_pins=(*brief.chord_pins, *self.chord_pins),
            daring=brief.daring if self.daring is None else self.daring,
            alternatives=self.alternatives or brief.alternatives,
            program=program if part != "drums" else brief.program,
        )


def laid_over(under: Dials, over: Dials) -> Dials:
    """Dials with those that others turn put over them."""
    return replace(under, **{name: value for name in DIALS if (value := getattr(over, name)) is not None})


Step = tuple[str, float]
Steps = list[Step]


@dataclass
class Listening:
    """Where the reading of a text stands."""

    everyone: Steps = field(default_factory=list)
    parts: dict[str, Steps] = field(default_factory=dict)
    sections: list[tuple[str, Steps]] = field(default_factory=list)
    pending: Steps = field(default_factory=list)
    part: str = ""
    """The last part of the phrase."""

    mentioned: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    programs: dict[str, int] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    tempos: list[float] = field(default_factory=list)
    weight: float = 1.0
    sign: float = 1.0
    only: bool = False
    understood: list[tuple[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    """Words of degree that wait for what they weigh."""

    def settle(self) -> None:
        """The end of a phrase: adjectives that no noun followed are for its last part, or for all."""
        (self.parts.setdefault(self.part, []) if self.part else self.everyone).extend(self.pending)
        self.pending, self.part = [], ""
        self.calm()

    def calm(self) -> None:
        self.weight, self.sign, self.before = 1.0, 1.0, []


def brief_from_words(text: str) -> Understood:
    """What a brief in plain words asks for.

    Parameters
    ----------
    text : str
        English or Russian or both, 2000 letters at most.

    Raises
    ------
    RequestError
        for nothing, or a longer text.
    """
    if not text.strip():
        raise RequestError('the brief is empty; say what it should be like, as in "slow hopeful verse, sparse piano"')
    if len(text) > MOST_LETTERS:
        raise RequestError(f"the brief has {len(text)} letters; at most {MOST_LETTERS} are read. Say it shorter")
    plain = text.replace("ё", "е").replace("Ё", "Е").replace("’", "'")
    figures = figures_in(plain, numbers())
    state = Listening(found=dict(figures.found), understood=list(figures.understood))
    tokens = split_tokens(figures.left)
    at = 0
    while at < len(tokens):
        entry, length = lookup(tokens, at)
        words = " ".join(tokens[at : at + length])
        if entry is None:
            heard_nothing(state, words)
        else:
            hear(state, entry, words)
        at += length
    state.settle()
    return concluded(text, state, tuple(figures.pins))


def split_tokens(text: str) -> list[str]:
    """Words and marks; a word with hyphens that is no word of ours is taken apart."""
    found: list[str] = []
    for token in TOKEN.findall(text.lower()):
        token = token.strip("-'") or ","
        if "-" in token and lookup([token], 0)[0] is None:
            found += [part for part in token.split("-") if part]
        else:
            found.append(token)
    return found


def heard_nothing(state: Listening, word: str) -> None:
    """A mark ends the phrase; a word that is not known is kept."""
    if not word[0].isalnum():
        state.settle()
    else:
        state.unknown.append(word)
        state.calm()


def hear(state: Listening, entry: Entry, words: str) -> None:
    """Take one entry in."""
    kind = entry.kind
    if kind == "filler":
        return
    if kind in ("break", "join"):
        # subtle: "sparse and warm piano" goes on behind "and"; "loud drums and bass" does not carry "loud" over.
        if kind == "break" or state.part:
            negated = state.sign < 0 and kind == "join"
            state.settle()
            state.sign = -1.0 if negated else 1.0
        return
    if kind in ("negation", "soft", "too", "less", "strong", "weak", "plain", "only"):
        weigh(state, kind, words)
        return
    words = " ".join((*state.before, words))
    if kind == "part":
        hear_part(state, entry, words)
    elif kind == "section":
        state.sections.append((entry.name, state.pending))
        state.pending = []
        state.understood.append((words, f"section {entry.name}"))
    elif kind == "genre":
        hear_genre(state, entry, words)
    elif kind == "meter":
        state.found.setdefault("meter", entry.meter)
        state.everyone += state.pending
        state.pending = []
        state.understood.append((words, f"meter {entry.meter[0]}/{entry.meter[1]}"))
    else:
        hear_word(state, entry, words)
    if kind != "part":
        state.calm()


def weigh(state: Listening, kind: str, words: str) -> None:
    """A word that turns or weighs the next one."""
    state.before.append(words)
    if kind == "only":
        state.only = True
        state.understood.append((words, "only who is named"))
        state.before.pop()
    elif kind == "negation":
        state.sign = NEGATED
    elif kind in ("soft", "less", "too"):
        # "too busy" asks for less of it, "don't make it too busy" for not so much.
        state.sign, state.weight = (SOFT if kind == "soft" or state.sign < 0 else LESS), 1.0
    elif kind != "plain":
        state.weight = STRONG if kind == "strong" else WEAK


def hear_part(state: Listening, entry: Entry, words: str) -> None:
    """Somebody who plays, or who does not."""
    part = entry.name
    if state.sign in (NEGATED, -1.0):
        state.without.append(part)
        state.understood.append((words, f"without {part}"))
        state.part, state.before = part, []
        return
    state.mentioned.append(part)
    steps = state.parts.setdefault(part, [])
    steps += state.pending
    if state.sign == LESS:
        steps.append(("density", -0.2))
    state.pending, state.part = [], part
    program = "" if entry.program is None else f", program {entry.program}"
    state.understood.append((words, f"part {part}{program}"))
    if entry.program is not None:
        state.programs.setdefault(part, entry.program)
    state.calm()


def hear_genre(state: Listening, entry: Entry, words: str) -> None:
    """A genre; a second one is left aside, and one that is not wanted as well."""
    if state.sign < 0 or state.found.get("genre", entry.name) != entry.name:
        state.unknown.append(words)
        return
    state.found["genre"] = entry.name
    near = ", the nearest that is known" if entry.near else ""
    state.understood.append((words, f"genre {entry.name}{near}"))
    state.everyone += state.pending
    state.pending = []


def hear_word(state: Listening, entry: Entry, words: str) -> None:
    """An adjective: steps of dials, a tempo, a mood."""
    factor = state.weight * state.sign
    said = []
    if entry.tempo is not None:
        state.tempos.append(max(-1.0, min(1.0, entry.tempo * factor)))
        said.append("tempo " + ("lower" if state.tempos[-1] < 0 else "higher" if state.tempos[-1] > 0 else "as usual"))
    steps = [(name, step * factor) for name, step in entry.dials]
    state.pending += steps
    said += [f"{name} {dial_at(step):.2f}" for name, step in steps]
    if entry.mood and state.sign > 0 and not state.found.get("mood"):
        state.found["mood"] = entry.mood
        said.append(f"mood {entry.mood}")
    if entry.daring is not None and state.sign > 0:
        state.found["daring"] = entry.daring
        said.append(f"daring {entry.daring:.2f}")
    state.understood.append((words, ", ".join(said)))


def dial_at(step: float) -> float:
    return round(min(1.0, max(0.0, 0.5 + step)), 2)


def dials_from(steps: Iterable[Step]) -> Dials:
    """Steps as dials: of several the same way the largest, and against it the largest the other way."""
    ways: dict[str, list[float]] = {}
    for name, step in steps:
        ways.setdefault(name, []).append(step)
    return Dials(**{name: dial_at(max(0.0, *found, 0.0) + min(0.0, *found, 0.0)) for name, found in ways.items()})


def concluded(text: str, state: Listening, pins: tuple[ChordPin, ...]) -> Understood:
    """Everything that was heard, put together."""
    found, sections = state.found, state.sections
    several = len({name for name, _ in sections}) > 1
    everyone = [*state.everyone, *([] if several else [step for _, steps in sections for step in steps])]
    genre = found.get("genre", "")
    mentioned = tuple(dict.fromkeys(part for part in state.mentioned if part not in state.without))
    return Understood(
        text=text.strip(),
        dials=dials_from(everyone),
        part_dials=tuple((part, dials_from(state.parts[part])) for part in mentioned if state.parts.get(part)),
        genre=genre,
        mood=found.get("mood", ""),
        sections=tuple(
            SectionWish(name=name, energy=dials_from(steps).arousal if several else None) for name, steps in sections
        ),
        tempo_bpm=found.get("tempo_bpm") or tempo_for(state.tempos, genre),
        key=found.get("key"),
        meter=found.get("meter"),
        bars=found.get("bars"),
        seconds=found.get("seconds"),
        alternatives=found.get("alternatives"),
        parts=players(state, genre, mentioned),
        mentioned=mentioned,
        programs=tuple((part, number) for part, number in state.programs.items() if part in mentioned),
        chord_pins=pins,
        daring=found.get("daring"),
        understood=tuple(state.understood),
        unknown=tuple(dict.fromkeys(state.unknown)),
    )


def tempo_for(tempos: Sequence[float], genre: str) -> float | None:
    """Beats a minute for slow and fast words, within what the genre has; None for no such word."""
    if not tempos:
        return None
    band = band_of(genre)
    return float(round(band.tempo_bpm * (1 + band.tempo_span * sum(tempos) / len(tempos))))


def players(state: Listening, genre: str, mentioned: tuple[str, ...]) -> tuple[str, ...]:
    """Who plays, where that was said."""
    if state.only:
        wanted = set(mentioned)
    elif state.without:
        wanted = {*band_of(genre).parts, *mentioned} - set(state.without)
    else:
        return ()
    return tuple(part for part in SKETCH_PARTS if part in wanted)
