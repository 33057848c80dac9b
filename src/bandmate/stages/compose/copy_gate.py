"""The copy gate: no idea is shown that has a run of notes in common with a work, beyond a stated length.

A run counts in any key and any rhythm, and with a few notes altered. It is too long when it covers eighteen notes, or
fewer if they are telling: thirty bits, which are about thirteen notes of a tune that no other has. Of a bass only the
telling runs count. What the musician
already has in the song counts as her own and is not looked at.

Conventions: lines are the highest notes of a part; where notes sound together, the lowest as well. Bars from 1.

Not covered: chords and drum patterns (common property), sound.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bandmate.models.line_steps import Placed, pitch_line
from bandmate.models.works_index import Line, Shared, WorksIndex, index_of
from bandmate.song.evidence import Evidence
from bandmate.song.song import Song
from bandmate.stages.compose.passage import Tone, part_of

MOST_NOTES = 17
MOST_BITS = 30.0
LEAST_SHARE = 0.9
CHORDAL = 1.5
"""Notes to an onset from which on a part plays chords and no line."""

PITCH_GRAM = 5


@dataclass(frozen=True, slots=True)
class Likeness:
    """The nearest work to a line: which, how much of it, and where in both."""

    work: str
    notes: int
    bits: float
    first_bar: int
    last_bar: int
    work_first_bar: int
    work_last_bar: int
    is_own: bool = False
    """Of the musician's own catalogue."""

    share: float = 1.0
    """How much of the run is in the work too; the rest was altered or put in."""

    is_bass: bool = False

    @property
    def is_copy(self) -> bool:
        """Whether the run is longer than may be, with hardly a gap, or more telling. Of a bass only what is telling
        counts: roots and fifths in a row are everybody's."""
        is_long = self.notes > MOST_NOTES and self.share >= LEAST_SHARE and not self.is_bass
        return is_long or self.bits >= MOST_BITS

    def sentence(self) -> str:
        """``17 notes as in "Greensleeves", bars 3–6, here bars 1–4``."""
        whose = "your own " if self.is_own else ""
        return (
            f'{self.notes} notes as in {whose}"{self.work}", {bars_said(self.work_first_bar, self.work_last_bar)}'
            f" (here {bars_said(self.first_bar, self.last_bar)})"
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """The run in figures; every number of the sentence is here."""
        return (
            Evidence(
                what="longest run shared with a work", unit="notes", after=float(self.notes), target=float(MOST_NOTES)
            ),
            Evidence(what="how telling that run is", unit="bits", after=round(self.bits, 1), target=MOST_BITS),
            Evidence(
                what=f'bars of "{self.work}"',
                unit="bars",
                before=float(self.work_first_bar),
                after=float(self.work_last_bar),
            ),
            Evidence(what="bars here", unit="bars", before=float(self.first_bar), after=float(self.last_bar)),
        )


@dataclass(frozen=True)
class CopyGate:
    """What is compared with: the works that were learned from, and the musician's own catalogue."""

    works: WorksIndex
    own: WorksIndex | None = None

    def nearest(
        self,
        tones: Sequence[Tone],
        bar_at: Callable[[int], int],
        *,
        without: Collection[str] = (),
        is_bass: bool = False,
    ) -> Likeness | None:
        """The work with the most telling run in common with a part; None where no run is shared at all."""
        row = sorted(tones)
        found = [
            likeness
            for line in lines_of(row, bar_at)
            for index, is_own in ((self.works, False), (self.own, True))
            if index is not None
            for run in index.shared(line.line.steps, without=without, most=1)
            if (likeness := told(run, line, row, is_own, is_bass)) is not None
        ]
        return max(found, key=lambda one: (one.is_copy, one.bits), default=None)


def told(run: Shared, placed: Placed, tones: Sequence[Tone], is_own: bool, is_bass: bool) -> Likeness:
    """A run of steps in notes and bars of the part."""
    last = placed.notes[run.last + 1] if run.last + 1 < len(placed.notes) else len(tones)
    span = len({tones[note].start_ticks for note in range(placed.notes[run.first], last)})
    share = run.notes / max(1, run.last - run.first + 1)
    bars = placed.line.bars
    here, there = (bars[run.first], bars[run.last]), (run.first_bar, run.last_bar)
    return Likeness(run.work, round(span * share), run.bits, *here, *there, is_own, share, is_bass)


def is_line(tones: Sequence[Tone]) -> bool:
    """Whether a part plays a line; chords have no tune to copy."""
    return len(tones) <= CHORDAL * len({tone.start_ticks for tone in tones})


def lines_of(tones: Sequence[Tone], bar_at: Callable[[int], int]) -> tuple[Placed, ...]:
    """The lines of a part: its highest notes, its lowest ones, and all of them in a row; each once."""
    row = sorted(tones)
    starts, pitches = [tone.start_ticks for tone in row], [tone.pitch for tone in row]
    high = pitch_line(starts, pitches, bar_at)
    low = turned(pitch_line(starts, [-pitch for pitch in pitches], bar_at))
    apart = list(range(0, len(row) * 480, 480))
    every = pitch_line(apart, pitches, lambda at: bar_at(starts[at // 480]))
    found = {placed.line.steps: placed for placed in (every, low, high)}
    return tuple(found.values())


def turned(placed: Placed) -> Placed:
    """A line that was read upside down, the right way up."""
    return Placed(Line(tuple(-step for step in placed.line.steps), placed.line.bars), placed.notes)


def catalogue_index(songs: Sequence[tuple[str, Song]]) -> WorksIndex:
    """The musician's own songs: their titles and what their pitched parts play."""
    works = []
    for title, song in songs:
        lines = [
            placed.line
            for track in song.tracks
            if (part := part_of(track)) is not None and not part.is_drums
            for placed in lines_of(part.tones, lambda at, song=song: song.meters.position_at(at).bar)  # type: ignore[misc]
        ]
        works.append((title, lines))
    return index_of(works, PITCH_GRAM, version="your catalogue")


def bars_said(first: int, last: int) -> str:
    return f"bar {first}" if first == last else f"bars {first}–{last}"
