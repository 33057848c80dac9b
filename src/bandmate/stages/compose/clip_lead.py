"""The line that a second voice is written to: which part leads, and what of it sounds when.

Conventions: the lead keeps its own timing; a place within a 1/64 of its note's start belongs to that note.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from bandmate.song.errors import RequestError
from bandmate.stages.compose.clip_seed import spoken
from bandmate.stages.compose.melody_ground import top_line
from bandmate.stages.compose.passage import Part, Passage, Tone

TOGETHER_TICKS = 60
LEADING = (
    "lead-vox",
    "lead-guitar",
    "backing-vox",
    "woodwind",
    "brass",
    "strings",
    "synth",
    "unknown",
    "keys",
    "piano",
)
"""Roles from the likeliest lead to the least likely; drums and bass never lead."""

LEADING_NAMES = ("lead", "melody", "vox", "vocal", "voice", "solo", "theme", "tune")
CONSONANT = (3, 4, 8, 9)
PERFECT = (0, 7)


@dataclass(frozen=True, slots=True)
class Lead:
    """A line, with a quick look at what of it sounds where."""

    tones: tuple[Tone, ...]
    starts: tuple[int, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", tuple(tone.start_ticks for tone in self.tones))

    def at(self, ticks: int) -> Tone | None:
        """The note that sounds at a place, or begins right at it; None for a rest."""
        tone = self.last(ticks)
        return tone if tone is not None and ticks < tone.end_ticks - TOGETHER_TICKS else None

    def last(self, ticks: int) -> Tone | None:
        """The last note that began, sounding or not."""
        at = bisect_right(self.starts, ticks + TOGETHER_TICKS) - 1
        return self.tones[at] if at >= 0 else None

    def begins(self, ticks: int) -> bool:
        """Whether a note of it begins there."""
        tone = self.last(ticks)
        return tone is not None and abs(tone.start_ticks - ticks) <= TOGETHER_TICKS

    def within(self, start: int, end: int) -> list[Tone]:
        """The notes that begin behind ``start`` and before ``end``."""
        return [tone for tone in self.tones if start + TOGETHER_TICKS < tone.start_ticks < end - TOGETHER_TICKS]

    @property
    def mean_pitch(self) -> float:
        return sum(tone.pitch for tone in self.tones) / len(self.tones)


def lead_in(passage: Passage, lead: Sequence[Tone] | None, deed: str) -> Lead:
    """The given line, or the song's, cut to what sounds in the bars.

    Raises
    ------
    RequestError
        where nothing leads in the bars.
    """
    if not passage.bars:
        raise RequestError(f"there are no bars to {deed}; ask for one at least")
    tones = lead if lead is not None else leading_tones(passage)
    inside = [t for t in tones if t.end_ticks > passage.start_ticks and t.start_ticks < passage.end_ticks]
    line = top_line(inside)[0]
    if not line:
        raise RequestError(f"no part leads in {spoken(passage)}; there is nothing to {deed}: write a melody first")
    return Lead(line)


def leading_tones(passage: Passage) -> tuple[Tone, ...]:
    """What the part plays that leads; nothing where no part can."""
    part = leading_part(passage)
    return part.tones if part else ()


def leading_part(passage: Passage) -> Part | None:
    """The part that leads by its name, its role or its height; None where no part can."""
    found = []
    for part in passage.parts:
        inside = [t for t in part.tones if t.end_ticks > passage.start_ticks and t.start_ticks < passage.end_ticks]
        if inside and not part.is_drums and part.role in LEADING:
            found.append((rank(part, inside), part.track, part))
    return min(found, key=lambda row: row[:2])[2] if found else None


def rank(part: Part, tones: Sequence[Tone]) -> tuple[bool, int, float]:
    """Named leads first, then by role, then lines before chords and high before low."""
    name = f"{part.name} {part.track}".casefold()
    line, rest = top_line(tones)
    height = sum(tone.pitch for tone in line) / len(line) - 24 * len(rest) / len(tones)
    return not any(word in name for word in LEADING_NAMES), LEADING.index(part.role), -height
