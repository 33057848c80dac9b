"""What a track is: what the musician says, else its name together with its sound, else its sound alone.

A name is worth a lot ("Kick In" is a kick), and where the sound says the same the guess is surer still. Where the sound
says something quite different the name is kept, but with less confidence, and the reason says so. A track whose name
says nothing ("Audio 07") is what the learned model hears in its timbre; without a timbre only basses, drums and cymbals
stand out, and never with more than 0.6. Below ``SURE_ENOUGH`` a track is "unknown", and the balance leaves it more
room.

Not covered: the model itself (``role_model``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from bandmate.song.tracks import Role
from bandmate.sound.timbre import Timbre
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.role_model import role_posterior
from bandmate.stages.words import spoken_role

SURE_ENOUGH = 0.5
WHOLE_WORD_CONFIDENCE = 0.95
PART_OF_WORD_CONFIDENCE = 0.8
SOUND_COUNTS = 0.5
"""How much of the sound's word counts beside a name: names are wrong less often than the model is."""
CONTRADICTION = 0.75
"""So sure must the model be of roles outside the name's family, all together, to speak against the name."""
DOUBTED = 0.65
"""What is left of a name's confidence when the sound speaks against it."""
SHOWN_ROLES, LEAST_SHOWN = 4, 0.02
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
    """A role, how sure (0 to 1), and what it rests on.

    ``posterior`` has the most likely roles and their probabilities, the first first; it is empty where none was made.
    ``by_sound``: neither the musician nor the name says so.
    """

    role: Role
    confidence: float
    because: str
    posterior: tuple[tuple[Role, float], ...] = ()
    by_sound: bool = False


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


def role_from_sound(hearing: Hearing, timbre: Timbre | None = None) -> Guess:
    """What the sound alone suggests; ``unknown`` for silence and for everything that is not clear enough.

    With a timbre the learned model is asked; without, three rules of thumb.
    """
    if hearing.active_lufs is None or (timbre is not None and timbre.is_silent):
        return Guess("unknown", 0.0, "it is silent")
    return role_by_rules(hearing) if timbre is None else role_by_model(timbre)


def role_by_model(timbre: Timbre) -> Guess:
    """The most likely role by the learned model, or ``unknown`` where that is not likely enough."""
    posterior = role_posterior(timbre.features)
    shown = most_likely(posterior)
    role, share = shown[0]
    if role == "unknown":
        return Guess("unknown", share, "it sounds like none of the usual roles", shown)
    if share < SURE_ENOUGH:
        others = " or ".join(one(each) for each, _ in shown[:2] if each != "unknown")
        return Guess("unknown", share, f"the sound is not clear: {others}", shown)
    return Guess(role, share, f"it sounds like {one(role)}", shown)


def one(role: Role) -> str:
    """``an organ``, ``a bass``."""
    spoken = spoken_role(role)
    return f"{'an' if spoken[0] in 'aeiou' else 'a'} {spoken}"


def most_likely(posterior: Mapping[Role, float]) -> tuple[tuple[Role, float], ...]:
    """The roles worth showing, the most likely first."""
    ordered = sorted(posterior.items(), key=lambda each: -each[1])
    return tuple((role, round(share, 4)) for role, share in ordered[:SHOWN_ROLES] if share >= LEAST_SHOWN)


def role_by_rules(hearing: Hearing) -> Guess:
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


def role_of(role: Role, name: str, hearing: Hearing, timbre: Timbre | None = None) -> Guess:
    """The role of a track: what the musician set, else the name (weighed against the sound), else the sound."""
    named = role_from_name(name)
    if role not in ("unknown", named.role):
        return Guess(role, 1.0, "the musician says so", ((role, 1.0),))
    heard = role_from_sound(hearing, timbre)
    if named.confidence >= SURE_ENOUGH:
        return named if timbre is None or hearing.active_lufs is None else weighed(named, timbre)
    return replace(heard, role=heard.role if heard.confidence >= SURE_ENOUGH else "unknown", by_sound=True)


def weighed(named: Guess, timbre: Timbre) -> Guess:
    """A name's guess after the sound was heard: surer where they agree, in doubt where they differ.

    The name gives its role its confidence and shares the rest among all others; that is multiplied by the model's
    posterior to the power of ``SOUND_COUNTS``.
    """
    if timbre.is_silent:
        return named
    posterior = role_posterior(timbre.features)
    rest = (1.0 - named.confidence) / (len(posterior) - 1)
    both = {
        role: (named.confidence if role == named.role else rest) * max(share, 1e-6) ** SOUND_COUNTS
        for role, share in posterior.items()
    }
    total = sum(both.values())
    shown = most_likely({role: share / total for role, share in both.items()})
    family = role_table()[named.role].family
    foreign = {role: share for role, share in posterior.items() if role_table()[role].family != family}
    if sum(foreign.values()) - foreign.get("unknown", 0.0) >= CONTRADICTION:
        loudest = max((role for role in foreign if role != "unknown"), key=lambda role: foreign[role])
        because = f"{named.because}, but it sounds more like {one(loudest)}"
        return Guess(named.role, named.confidence * DOUBTED, because, shown)
    sure = min(0.99, max(both[named.role] / total, named.confidence * DOUBTED))
    if posterior[named.role] >= SURE_ENOUGH:
        return Guess(named.role, max(sure, named.confidence), f"{named.because}, and it sounds like one", shown)
    return Guess(named.role, min(sure, named.confidence), named.because, shown)
