"""What a brief in words says in figures: bars, seconds, tempo, meter, key, chords that are pinned, alternatives.

Conventions: English and Russian; what was read is taken out of the text and leaves a break, so that the words before
and behind it do not run together. A figure that there cannot be (900 bpm, 5/7) stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bandmate.song.chord_tones import symbol_from
from bandmate.song.errors import BandmateError
from bandmate.song.harmony import Key
from bandmate.song.notes import PITCH_NAMES
from bandmate.stages.compose.brief import ChordPin
from bandmate.stages.compose.sketch_brief import LEAST_BPM, LEAST_SECONDS, MOST_BARS, MOST_BPM, MOST_SECONDS

BREAK = " ; "
NUMBER = r"(\d+(?:[.,]\d+)?)"
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "H": 11}
SYLLABLES = {"до": 0, "ре": 2, "ми": 4, "фа": 5, "соль": 7, "ля": 9, "си": 11}
MODES = {
    "maj": "major", "мажор": "major", "min": "minor", "минор": "minor", "dor": "dorian", "дори": "dorian",
    "phr": "phrygian", "фриги": "phrygian", "lyd": "lydian", "лиди": "lydian", "mix": "mixolydian",
    "миксолиди": "mixolydian", "loc": "locrian", "локри": "locrian",
}  # fmt: skip
MODE_WORDS = r"(major|minor|maj|min|dorian|phrygian|lydian|mixolydian|locrian)"
MODE_STEMS = r"((?:мажор|минор|дори|фриги|миксолиди|лиди|локри)\w*)"
UNITS = r"bars?|measures?|seconds?|secs?|minutes?|mins?|такт|сек|мин|вариант|верси|alternatives|versions|ideas|options"


@dataclass
class Figures:
    """What was read so far, and what is left of the text."""

    left: str
    found: dict[str, Any] = field(default_factory=dict)
    pins: list[ChordPin] = field(default_factory=list)
    understood: list[tuple[str, str]] = field(default_factory=list)

    def take(self, pattern: str, reader: Callable[[re.Match[str]], str | None], flags: int = re.I) -> None:
        """Read every place that a pattern fits; a reader says what it means, or None where it means nothing."""

        def read(match: re.Match[str]) -> str:
            meaning = reader(match)
            if meaning is None:
                return match.group(0)
            self.understood.append((match.group(0).strip(), meaning))
            return BREAK

        self.left = re.sub(pattern, read, self.left, flags=flags)

    def put(self, name: str, value: Any, meaning: str) -> str:
        self.found[name] = value
        return meaning


def figures_in(text: str, numbers: dict[str, int]) -> Figures:
    """Everything that a text says in figures."""
    figures = Figures(with_digits(text, numbers))
    figures.take(r"\b(?:bar|такт\w*)\s*(\d+)\s*(?:is|=|:|—|–|-|это)?\s*([A-GH][#b♯♭]?\S*)", pin_reader(figures), 0)
    figures.take(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])", meter_reader(figures))
    figures.take(r"(?:\bat\s+|\btempo\s+(?:of\s+)?|\bтемп\w*\s+)?\b" + NUMBER + BPM_UNITS, tempo_reader(figures))
    figures.take(
        r"\b(?:tempo|темп\w*)\s*(?:of|is|=|:)?\s*" + NUMBER + r"\b(?!\s*-?(?:" + UNITS + "))", tempo_reader(figures)
    )
    figures.take(r"\bat\s+(\d{2,3})\b(?!\s*-?(?:" + UNITS + "))", tempo_reader(figures))
    take_length(figures)
    figures.take(NUMBER + r"\s*-?\s*(?:bars?|measures?|такт\w*)\b", bars_reader(figures))
    figures.take(
        r"\b(\d+)\s*-?\s*(?:alternatives|versions|variants|ideas|options|вариант\w*|верси\w*|иде\w+)",
        count_reader(figures),
    )
    take_key(figures)
    return figures


BPM_UNITS = r"\s*-?\s*(?:bpm|бпм|уд\w*\.?\s*(?:в|/)\s*мин\w*|удар\w*|beats per minute)\b"


def with_digits(text: str, numbers: dict[str, int]) -> str:
    """Number words before a unit as digits."""
    words = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    pattern = rf"\b(?:({words})[\s-]+)?({words})(?=[\s-]+(?:{UNITS}))"

    def digits(match: re.Match[str]) -> str:
        tens = numbers[match[1].lower()] if match[1] else 0
        return str(tens + numbers[match[2].lower()])

    return re.sub(pattern, digits, text, flags=re.I)


def amount(text: str) -> float:
    return float(text.replace(",", "."))


def pin_reader(figures: Figures) -> Callable[[re.Match[str]], str | None]:
    def read(match: re.Match[str]) -> str | None:
        symbol = match[2].rstrip(".,;:!?")
        try:
            symbol_from(symbol)
        except BandmateError:
            return None
        figures.pins.append(ChordPin(bar=int(match[1]), chord=symbol))
        return f"bar {match[1]} is {symbol}"

    return read


def meter_reader(figures: Figures) -> Callable[[re.Match[str]], str | None]:
    def read(match: re.Match[str]) -> str | None:
        beats, unit = int(match[1]), int(match[2])
        if not 1 <= beats <= 32 or unit not in (1, 2, 4, 8, 16):
            return None
        return figures.put("meter", (beats, unit), f"meter {beats}/{unit}")

    return read


def tempo_reader(figures: Figures) -> Callable[[re.Match[str]], str | None]:
    def read(match: re.Match[str]) -> str | None:
        bpm = amount(match[1])
        return figures.put("tempo_bpm", bpm, f"tempo {bpm:g} bpm") if LEAST_BPM <= bpm <= MOST_BPM else None

    return read


def bars_reader(figures: Figures) -> Callable[[re.Match[str]], str | None]:
    def read(match: re.Match[str]) -> str | None:
        count = amount(match[1])
        if count != int(count) or not 1 <= count <= MOST_BARS:
            return None
        return figures.put("bars", int(count), f"{int(count)} bars")

    return read


def count_reader(figures: Figures) -> Callable[[re.Match[str]], str | None]:
    def read(match: re.Match[str]) -> str | None:
        count = int(match[1])
        return figures.put("alternatives", count, f"{count} alternatives") if 1 <= count <= 16 else None

    return read


def take_length(figures: Figures) -> None:
    """A length in minutes and seconds."""

    def seconds(total: float) -> str | None:
        if not LEAST_SECONDS <= total <= MOST_SECONDS:
            return None
        return figures.put("seconds", float(total), f"{total:g} seconds")

    minutes = NUMBER + r"\s*-?\s*(?:minutes?|mins?|мин\w*)\b\.?"
    rest = NUMBER + r"\s*-?\s*(?:seconds?|secs?|s|сек\w*|с(?=\s*(?:[.,;]|$)))\b\.?"
    figures.take(r"\b(\d{1,2}):([0-5]\d)\b", lambda match: seconds(60 * int(match[1]) + int(match[2])))
    figures.take(minutes + r"\s*(?:and|и)?\s*" + rest, lambda match: seconds(60 * amount(match[1]) + amount(match[2])))
    figures.take(r"\b(?:half a minute|полминуты)\b", lambda match: seconds(30))
    figures.take(r"\b(?:a minute and a half|полторы минуты)\b", lambda match: seconds(90))
    figures.take(minutes, lambda match: seconds(60 * amount(match[1])))
    figures.take(rest, lambda match: seconds(amount(match[1])))
    figures.take(r"\b(?:a|one) minute long\b|\bна минуту\b|\bминутн\w+\b", lambda match: seconds(60))


def take_key(figures: Figures) -> None:
    """A key, by letters or syllables."""

    def key(tonic: int, sign: str | None, mode: str) -> str:
        lowered = (sign or "").strip(" -").lower()
        shift = 1 if lowered in ("#", "♯", "sharp") or lowered.startswith("диез") else -1 if lowered else 0
        found = Key(tonic=(tonic + shift) % 12, mode=mode)  # type: ignore[arg-type]
        return figures.put("key", found, f"key {PITCH_NAMES[found.tonic]} {found.mode}")

    def mode_of(word: str) -> str:
        stem = max((one for one in MODES if word.lower().startswith(one)), key=len)
        return MODES[stem]

    sign = r"(#|♯|♭|b(?![a-z])|[\s-]?sharp|[\s-]?flat)?"
    before = r"\b(?:in\s+(?:the\s+)?(?:key\s+of\s+)?|key\s+(?:of\s+)?|в\s+(?:тональности\s+)?)?"
    figures.take(
        before + r"\b([A-H])" + sign + r"[\s-]?" + MODE_WORDS + r"\b(?!\s+key)",
        lambda m: key(LETTERS[m[1].upper()], m[2], mode_of(m[3])) if m[1].isupper() or "in " in m[0].lower() else None,
    )
    figures.take(
        before + r"\b(до|ре|ми|фа|соль|ля|си)([\s-]?(?:диез|бемоль)\w*)?[\s-]" + MODE_STEMS,
        lambda m: key(SYLLABLES[m[1].lower()], m[2], mode_of(m[3])),
    )
    figures.take(before + r"\b([A-H])(#|♯|♭|b)?m\b", lambda m: key(LETTERS[m[1]], m[2], "minor"), 0)
    alone = r"\b(?:in|key of|in the key of|в)\s+([A-H])(#|♯|♭|b)?(?=\s|$|[,.;])"
    figures.take(alone, lambda m: key(LETTERS[m[1]], m[2], "major"), 0)
