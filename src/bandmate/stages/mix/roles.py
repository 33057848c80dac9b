"""What a track is: from its name first, from its sound where the name says nothing.

A name is worth a lot ("Kick In" is a kick), sound alone little: with the features used here only basses, drums and
cymbals stand out, and never with more than 0.6. Below 0.5 a track is "unknown", and the balance leaves it more room.

Not covered: learned recognition of instruments.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from bandmate.song.tracks import Role
from bandmate.stages.hearing import Hearing

SURE_ENOUGH = 0.5
WHOLE_WORD_CONFIDENCE = 0.95
PART_OF_WORD_CONFIDENCE = 0.8
SHORTEST_PART = 4
"""Shorter words must stand alone: "oh" is an overhead, but not in "John"."""


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """One row of ``data/roles.toml``."""

    role: Role
    words: tuple[str, ...]
    relative_lu: float
    tolerance_lu: float
    lowest_hz: float
    family: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A role, how sure (0 to 1), and what it rests on."""

    role: Role
    confidence: float
    because: str
    posterior: tuple[tuple[Role, float], ...] = ()


@cache
def role_table() -> dict[Role, RoleFacts]:
    """Every role, from the data file."""
    text = files("bandmate").joinpath("data", "roles.toml").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = tomllib.loads(text)["role"]
    table = {row.role: row for row in (facts_from(name, fields) for name, fields in rows.items())}
    assert set(table) == set(get_args(Role)), "data/roles.toml and song.tracks.Role must name the same roles"
    return table


def facts_from(name: str, fields: dict[str, Any]) -> RoleFacts:
    role: Any = name
    return RoleFacts(
        role=role,
        words=tuple(fields["words"]),
        relative_lu=fields["relative_lu"],
        tolerance_lu=fields["tolerance_lu"],
        lowest_hz=fields["lowest_hz"],
        family=fields["family"],
    )


def role_from_name(name: str) -> Guess:
    """The role that a track or file name gives away; ``unknown`` with confidence 0 when it gives nothing away.

    The longest word that fits wins: ``bass drum 2`` is a kick and not a bass.
    """
    spaced = " ".join(re.findall(r"[^\W\d_]+[0-9]*", split_camel(name)))
    plain = f" {spaced.casefold()} "
    best = Guess("unknown", 0.0, f'the name "{name}" says nothing')
    longest = 0
    for facts in role_table().values():
        for word in facts.words:
            confidence = match_confidence(word, plain)
            if confidence and len(word) > longest:
                longest = len(word)
                best = Guess(facts.role, confidence, f'the name has "{word}"')
    return best


def split_camel(name: str) -> str:
    """``LeadVox`` as ``Lead Vox``."""
    return re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", name)


def match_confidence(word: str, plain: str) -> float:
    if re.search(rf" {re.escape(word)}[0-9]* ", plain):
        return WHOLE_WORD_CONFIDENCE
    squeezed = word.replace(" ", "").replace("-", "")
    if len(squeezed) >= SHORTEST_PART and squeezed in plain.replace(" ", ""):
        return PART_OF_WORD_CONFIDENCE
    return 0.0


def role_from_sound(hearing: Hearing) -> Guess:
    """What the sound alone suggests; ``unknown`` for silence and for everything that does not stand out."""
    if hearing.active_lufs is None:
        return Guess("unknown", 0.0, "it is silent")
    low, high = hearing.share_below(120.0), 1.0 - hearing.share_below(5_000.0)
    if low > 0.6:
        if hearing.sparseness() > 0.4:
            return Guess("kick", 0.55, f"{low:.0%} of it is below 120 Hz, in single hits")
        return Guess("bass", 0.6, f"{low:.0%} of it is below 120 Hz")
    if high > 0.6:
        return Guess("cymbals", 0.5, f"{high:.0%} of it is above 5 kHz")
    if hearing.crest_db > 20.0 and low > 0.1 and high > 0.02:
        return Guess("drums", 0.5, f"hits {hearing.crest_db:.0f} dB over the mean, from low to high")
    return Guess("unknown", 0.3, "neither name nor sound stand out")


def role_of(role: Role, name: str, hearing: Hearing) -> Guess:
    """The role of a track: what the musician set, else the name, else the sound."""
    named = role_from_name(name)
    if role not in ("unknown", named.role):
        return Guess(role, 1.0, "the musician says so")
    if named.confidence >= SURE_ENOUGH:
        return named
    heard = role_from_sound(hearing)
    return heard if heard.confidence >= SURE_ENOUGH else Guess("unknown", heard.confidence, heard.because)
