"""Who plays where: scenes of a form after its energies, with breaks and fills, and songs built from one loop.

A scene is a section with the parts that play in it and from which of its bars to which. Ways to arrange ("manners")
are written (``data/compose/band.toml``); an alternative is another manner, or another form.

::

    bars     1---4----8----12---16
    keys     |===|====|====|====|      energy of the section against
    bass     |   |====|====|====|      the energy that a part comes in at
    drums    |   | ===|====|=f==|      f: fill into the next section

Conventions: bars from 1, song ticks. A loop is repeated from its beginning in every section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bandmate.stages.compose.form_ideas import FormSection
from bandmate.stages.compose.form_length import form_table
from bandmate.stages.compose.genres import band_table, genre_of
from bandmate.stages.compose.passage import Bar, Tone
from bandmate.stages.compose.sketch_brief import SketchPart

FULL = 0.68
"""From this energy on a section is a full one: it gets a crash and is led into."""

EARLY_TICKS = 90
"""A player may be so much early and still mean the bar that begins."""

RISE = 0.14
LEAST_BUILD = 4
RHYTHM = ("drums", "bass")
QUIET = ("keys", "lead", "pad")
INTROS = {
    "by energy": "parts come in with the sections",
    "one by one": "the introduction builds up part by part",
    "all": "starts with the whole band",
    "rhythm first": "bass and drums open",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A part plays from bar ``first`` to bar ``last`` of the song."""

    part: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A section as it is arranged.

    ``silence`` is how many beats at its end everything but the lead rests; ``has_crash`` and ``has_fill`` say whether
    it begins with a crash and ends with a fill; ``is_bare`` that its first half is left to keys and lead.
    """

    section: FormSection
    spans: tuple[Span, ...]
    silence: int = 0
    has_crash: bool = False
    has_fill: bool = False
    is_bare: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(span.part for span in self.spans))

    @property
    def last_bar(self) -> int:
        return self.section.start_bar + self.section.bars - 1


def manners() -> tuple[dict[str, Any], ...]:
    """The ways to arrange, the plainest first."""
    return tuple(band_table()["manners"])


def enters_at(genre: str, part: str) -> float:
    """The energy that a part comes in at."""
    layers = band_table()["layers"]
    return float(layers.get(genre_of(genre), {}).get(part, layers["any"].get(part, 0.3)))


def scenes(
    sections: Sequence[FormSection], parts: Sequence[SketchPart], genre: str, manner: int = 0
) -> tuple[Scene, ...]:
    """Every section with who plays in it.

    A song of one section has everybody in it from the start. Nobody is alone for nothing: where no part is meant to
    play, the one that comes in first does.
    """
    way = manners()[manner % len(manners())]
    bare = bare_section(sections, way["bare"])
    found = []
    for at, section in enumerate(sections):
        spans = spans_of(section, at, len(sections), parts, genre, way)
        is_bare = at == bare and section.bars >= LEAST_BUILD and any(part in QUIET for part in parts)
        if is_bare:
            spans = bared(spans, section, parts)
        coming = sections[at + 1] if at + 1 < len(sections) else None
        rises = coming is not None and coming.energy >= FULL and coming.energy - section.energy >= RISE
        before = sections[at - 1].energy if at else 0.0
        found.append(
            Scene(
                section,
                spans,
                silence=way["silence"] if rises else 0,
                has_crash=section.energy >= FULL and (at == 0 or section.energy - before >= -0.05),
                has_fill=coming is not None and section.bars >= LEAST_BUILD,
                is_bare=is_bare,
            )
        )
    return tuple(found)


def bare_section(sections: Sequence[FormSection], names: Sequence[str]) -> int | None:
    """The place of the section that begins bare; never the first one."""
    for name in names:
        same = [at for at, one in enumerate(sections) if one.name == name.removeprefix("last ")]
        if name.startswith("last "):
            same = same[-1:] if len(same) > 1 else []
        if same and same[0] > 0:
            return same[0]
    return None


def spoken_manner(found: Sequence[Scene], manner: int) -> str:
    """How it is arranged, as far as the form has room for it; empty for a single section."""
    if len(found) < 2:
        return ""
    way = manners()[manner % len(manners())]
    words = []
    if found[0].section.name == "intro":
        words.append(INTROS[way["intro"]])
    if any(scene.silence for scene in found):
        words.append("silence before full sections")
    words += [
        f"the {scene.section.name} in bar {scene.section.start_bar} begins bare" for scene in found if scene.is_bare
    ]
    return ", ".join(words) or INTROS["by energy"]


def spans_of(
    section: FormSection, at: int, count: int, parts: Sequence[SketchPart], genre: str, way: Mapping[str, Any]
) -> tuple[Span, ...]:
    """Who plays in a section, and in which of its bars."""
    first, last = section.start_bar, section.start_bar + section.bars - 1
    silent_leads = form_table()["leads"]["without"]
    able = [part for part in parts if part != "lead" or section.name not in silent_leads or count == 1]
    if count == 1:
        return tuple(Span(part, first, last) for part in able)
    is_intro = at == 0 and section.name == "intro"
    if is_intro and way["intro"] == "all":
        return tuple(Span(part, first, last) for part in able)
    if is_intro and way["intro"] == "one by one" and section.bars >= LEAST_BUILD:
        order = sorted(able, key=lambda part: (enters_at(genre, part), parts.index(part)))
        return tuple(Span(part, first + section.bars * place // len(order), last) for place, part in enumerate(order))
    if is_intro and way["intro"] == "rhythm first" and set(RHYTHM) <= set(able):
        half = first + section.bars // 2
        return tuple(Span(part, first if part in RHYTHM else half, last) for part in able if part in (*RHYTHM, "keys"))
    playing = [part for part in able if section.energy >= enters_at(genre, part)]
    if not playing:
        playing = sorted(able or list(parts), key=lambda part: (enters_at(genre, part), parts.index(part)))[:1]
    return tuple(Span(part, first, last) for part in playing)


def bared(spans: Sequence[Span], section: FormSection, parts: Sequence[str]) -> tuple[Span, ...]:
    """A section whose first half is left to keys and lead."""
    half = section.start_bar + section.bars // 2
    quiet = [part for part in parts if part in QUIET]
    if not quiet:
        return tuple(spans)
    return tuple(span if span.part in quiet else Span(span.part, half, span.last) for span in spans)


def is_playing(found: Sequence[Scene], part: str, bar: int) -> bool:
    """Whether a part plays in a bar."""
    return any(span.part == part and span.first <= bar <= span.last for scene in found for span in scene.spans)


def playing_bars(found: Sequence[Scene], part: str) -> set[int]:
    """The bars that a part plays in."""
    return {
        bar for scene in found for span in scene.spans if span.part == part for bar in range(span.first, span.last + 1)
    }


def kept(tones: Sequence[Tone], part: str, found: Sequence[Scene], bars: Sequence[Bar]) -> tuple[Tone, ...]:
    """The notes of a part in the bars that it plays in; what rings on into a bar that it rests in is cut."""
    playing = playing_bars(found, part)
    starts = {bar.number: bar for bar in bars}
    runs: list[tuple[int, int]] = []
    for number in sorted(playing):
        bar = starts[number]
        if runs and runs[-1][1] == bar.start_ticks:
            runs[-1] = (runs[-1][0], bar.end_ticks)
        else:
            runs.append((bar.start_ticks, bar.end_ticks))
    return tuple(
        tone._replace(length_ticks=min(tone.end_ticks, end) - tone.start_ticks)
        for start, end in runs
        for tone in tones
        if start <= tone.start_ticks + EARLY_TICKS * (tone.start_ticks > 0) and tone.start_ticks < end - EARLY_TICKS
    )


def energy_steps(found: Sequence[Scene]) -> tuple[tuple[float, float], ...]:
    """Energies before and after each border of sections."""
    return tuple((one.section.energy, other.section.energy) for one, other in pairwise(found))


def spoken_layers(scene: Scene) -> str:
    """``chorus: drums, bass, keys and lead``."""
    names = list(scene.parts)
    row = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"
    return f"{scene.section.name}: {row}"
