"""The table of words: what is looked up, with endings and in phrases of several words.

Conventions: ``data/compose/words.toml``; a ``*`` at the end of a word stands for any ending, and the longest phrase
wins, then the one without endings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

LONGEST_PHRASE = 4
GRAMMAR = {
    "negation": "negation",
    "soft_negation": "soft",
    "too": "too",
    "less": "less",
    "strong": "strong",
    "weak": "weak",
    "plain": "plain",
    "only": "only",
    "joins": "join",
    "breaks": "break",
    "fillers": "filler",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a word is: its kind, and what it turns."""

    kind: str
    name: str = ""
    dials: tuple[tuple[str, float], ...] = ()
    mood: str = ""
    tempo: float | None = None
    daring: float | None = None
    program: int | None = None
    meter: tuple[int, int] = (4, 4)
    near: bool = False


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """``data/compose/words.toml``."""
    text = files("bandmate").joinpath("data", "compose", "words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def numbers() -> dict[str, int]:
    """Numbers that are written as words."""
    return dict(table()["numbers"])


def forms(text: str) -> list[tuple[str, ...]]:
    """``"up high, top"`` as rows of words."""
    return [tuple(form.split()) for form in text.replace("ё", "е").split(",") if form.split()]


@lru_cache(maxsize=1)
def phrases() -> tuple[dict[tuple[str, ...], Entry], dict[str, list[tuple[tuple[str, ...], Entry]]]]:
    """Phrases as they are, and those with endings left open, the longest first, by their first two letters."""
    exact: dict[tuple[str, ...], Entry] = {}
    opened: list[tuple[tuple[str, ...], Entry]] = []

    def put(text: str, entry: Entry) -> None:
        for form in forms(text):
            if any(word.endswith("*") for word in form):
                opened.append((form, entry))
            else:
                exact.setdefault(form, entry)

    stored = table()
    for kind in ("words", "genre", "section", "part", "meter"):
        for row in stored[kind]:
            entry = entry_of(kind, row)
            put(row.get("en", ""), entry)
            put(row.get("ru", ""), entry)
            if "near" in row:
                put(row["near"], Entry("genre", row["genre"], near=True))
    for name, kind in GRAMMAR.items():
        put(stored["grammar"][name], Entry(kind))
    opened.sort(key=lambda one: (-len(one[0]), -sum(map(len, one[0]))))
    letters: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    for form, entry in opened:
        letters.setdefault(form[0][:2], []).append((form, entry))
    return exact, letters


def entry_of(kind: str, row: dict[str, Any]) -> Entry:
    """A row of the table."""
    return Entry(
        kind,
        row.get("says") or row.get("genre") or row.get("section") or row.get("part") or "",
        tuple(row.get("dials", {}).items()),
        row.get("mood", ""),
        row.get("tempo"),
        row.get("daring"),
        row.get("program"),
        tuple(row.get("meter", (4, 4))),
    )


def lookup(tokens: Sequence[str], at: int) -> tuple[Entry | None, int]:
    """The entry of the longest phrase from a place on, and its words; None and 1 for a word that is not known."""
    exact, opened = phrases()
    for length in range(min(LONGEST_PHRASE, len(tokens) - at), 0, -1):
        here = tuple(tokens[at : at + length])
        if here in exact:
            return exact[here], length
        for form, entry in opened.get(here[0][:2], ()):
            if len(form) == length and all(fits(word, one) for word, one in zip(form, here, strict=True)):
                return entry, length
    # "попроще", "повеселее": a little more of it.
    if tokens[at].startswith("по") and len(tokens[at]) > 5 and tokens[at].endswith("е"):
        return lookup((tokens[at][2:],), 0)
    return None, 1


def fits(form: str, word: str) -> bool:
    """Whether a word is a form, or begins with its stem."""
    return word.startswith(form[:-1]) if form.endswith("*") else word == form
