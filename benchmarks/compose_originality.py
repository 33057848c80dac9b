"""Originality: copies that were planted and are caught, false alarms, and the genericness of stock and of rare songs.

Copies are 20 notes in a row of works that the index holds (teach and tune folds), transposed, with another rhythm, at
a random place in a line of 12 notes of chance before and after. False alarms are counted on eight-bar windows of
works that the index does not hold (the held fold): lead sheets, whose songs are told apart by their titles; folk
tunes and chorales are counted too, but many of these are variants of works that are held, and are alarms by right.

Run: ``python -m benchmarks.compose_originality`` (needs the corpora).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import pairwise
from statistics import mean

from bandmate.models.chords import load_chord_model
from bandmate.models.originality import load_originality
from bandmate.song.harmony import Chord, Key
from bandmate.song.song import Song
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.copy_gate import CopyGate
from bandmate.stages.compose.genericness import symbols_cost
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Passage, Tone, bars_of, tones_of_track
from bandmate.stages.compose.push_away import push_chords, push_line
from benchmarks.goals import reached

COPIES = 400
COPIED_NOTES = 20
CHANCE_NOTES = 12
FEWEST_CHANGES = 6
"""Twenty notes on one or two pitches are a pedal and no tune: about one run in a thousand."""

WINDOW_TICKS = 8 * 3840
LOOPS = {
    "I–V–vi–IV": (0, 70, 91, 50),
    "I–vi–IV–V": (0, 91, 50, 70),
    "vi–IV–I–V": (91, 50, 0, 70),
    "I–IV–V": (0, 50, 70),
}
"""Stock progressions as symbols of the chord model."""


def rows_of_works(is_held: bool) -> Iterator[tuple[str, list[Tone]]]:
    """Corpus and single lines of works, held back or not."""
    from training.compose.works import folk_tunes, scores

    for work in folk_tunes():
        if (work.fold == "held") == is_held:
            yield from (("folk tunes", list(tones_of_track(track))) for track in work.content.tracks)
    for corpus, name in (("openewld", "lead sheets"), ("bach_chorales", "chorales")):
        for work in scores(corpus):
            if (work.fold == "held") == is_held:
                for part in work.content["parts"]:
                    notes = part["notes"]
                    yield name, [Tone(round(n[0] * 960), max(1, round(n[1] * 960)), n[2]) for n in notes]


def is_single(tones: list[Tone]) -> bool:
    """Whether no two notes begin together: a line."""
    return len({tone.start_ticks for tone in tones}) == len(tones)


def bar_at(ticks: int) -> int:
    return 1 + ticks // 3840


def planted(tones: list[Tone], rng: random.Random) -> list[Tone]:
    """Twenty notes of a line between notes of chance, in another key and rhythm."""
    at = rng.randrange(len(tones) - COPIED_NOTES)
    up = rng.choice([n for n in range(-7, 8) if n])
    copied = [tone.pitch + up for tone in tones[at : at + COPIED_NOTES]]
    pitches = [*chance(rng, copied[0]), *copied, *chance(rng, copied[-1])]
    found, place = [], 0
    for pitch in pitches:
        length = rng.choice((240, 480, 480, 720, 960))
        found.append(Tone(place, length, pitch))
        place += length
    return found


def chance(rng: random.Random, near: int) -> list[int]:
    return [near + rng.randrange(-7, 8) for _ in range(CHANCE_NOTES)]


def copies(rows: list[tuple[str, list[Tone]]], gate: CopyGate) -> float:
    """Share of planted copies that are caught."""
    rng = random.Random(20)
    lines = [tones for _, tones in rows if len(tones) > COPIED_NOTES and is_single(tones)]
    caught = count = 0
    while count < COPIES:
        line = planted(rng.choice(lines), rng)
        copied = [tone.pitch for tone in line[CHANCE_NOTES:-CHANCE_NOTES]]
        if sum(a != b for a, b in pairwise(copied)) < FEWEST_CHANGES:
            continue
        found = gate.nearest(line, bar_at)
        caught += found is not None and found.is_copy
        count += 1
    return caught / COPIES


def alarms(rows: list[tuple[str, list[Tone]]], gate: CopyGate) -> dict[str, tuple[int, int]]:
    """Of eight-bar windows of works that the index does not hold, by corpus: alarms and windows."""
    rng, found = random.Random(21), {}
    for name in ("lead sheets", "folk tunes", "chorales"):
        windows = []
        for corpus, tones in rows:
            last = max((tone.start_ticks for tone in tones), default=0)
            for start in range(0, last, WINDOW_TICKS):
                window = [tone for tone in tones if start <= tone.start_ticks < start + WINDOW_TICKS]
                if corpus == name and len(window) >= COPIED_NOTES:
                    windows.append(window)
        chosen = rng.sample(windows, min(200, len(windows)))
        rung = sum((near := gate.nearest(window, bar_at)) is not None and near.is_copy for window in chosen)
        found[name] = (rung, len(chosen))
    return found


def auc(stock: list[float], other: list[float]) -> float:
    """How often a stock progression costs less than another; ties count half."""
    return mean((a < b) + 0.5 * (a == b) for a in stock for b in other)


def genericness() -> tuple[float, float, int]:
    """AUC of stock loops against the rarer half of held-out songs, against all of them, and how many there are.

    Which half is rare is decided by how many kinds of chords a song has for its length: nothing that the meter reads.
    """
    from training.compose.chord_charts import charts

    model = load_chord_model()
    held = [chart for chart in charts() if chart.work.fold == "held"]
    costs, kinds = [], []
    for chart in held:
        own = [
            cost
            for at in range(0, len(chart.symbols), 16)
            if (cost := symbols_cost(chart.symbols[at : at + 16], model)) is not None
        ]
        costs.append(mean(own))
        kinds.append(len(set(chart.symbols)) / len(chart.symbols) ** 0.5)
    middle = sorted(kinds)[len(kinds) // 2]
    rare = [cost for cost, kind in zip(costs, kinds, strict=True) if kind >= middle]
    stock = [cost for loop in LOOPS.values() if (cost := symbols_cost((loop * 6)[:16], model)) is not None]
    return auc(stock[:1], rare), auc(stock, costs), len(costs)


def pushes(rows: list[tuple[str, list[Tone]]]) -> tuple[int, int]:
    """How often pushing away made a line or a loop rarer, of how many."""
    works, model, rng = load_originality(), load_chord_model(), random.Random(22)
    done = lower = 0
    bars = bars_of(Song(key=Key(tonic=0)), 8)
    passage = Passage(bars, bars, 120.0)
    for tones in rng.sample([tones for _, tones in rows if len(tones) > 40 and is_single(tones)], 40):
        window = tuple(tone for tone in tones if tone.start_ticks < WINDOW_TICKS)
        pushed = push_line(Idea(tones=window), passage, ComposeBrief(), works)
        done += 1
        lower += pushed is not None and pushed.cost_after > pushed.cost_before and pushed.after <= pushed.before
    for loop in LOOPS.values():
        for tonic in range(12):
            chords = tuple(
                Chord(
                    id=f"c{i}",
                    start_ticks=i * 3840,
                    length_ticks=3840,
                    root=(symbol // 10 + tonic) % 12,
                    quality=("", "m")[symbol % 10],
                )
                for i, symbol in enumerate((loop * 4)[:8])
            )
            there = bars_of(Song(key=Key(tonic=tonic)), 8)
            one = push_chords(Idea(chords=chords), Passage(there, there, 120.0), ComposeBrief(), works, model)
            done += 1
            lower += one is not None and one.after < one.before
    return lower, done


def main() -> None:
    """Print every figure with its goal."""
    gate = CopyGate(load_originality().indices["pitches"])
    known, held = list(rows_of_works(is_held=False)), list(rows_of_works(is_held=True))
    caught = copies(known, gate)
    reached(f"planted copies caught ({COPIES})", 100 * caught, "%", at_least=100.0)
    for name, (rung, count) in alarms(held, gate).items():
        sys.stdout.write(f"alarms on held-out {name}: {rung} of {count} windows of eight bars ({rung / count:.1%})\n")
    rare, every, count = genericness()
    reached(f"stock I–V–vi–IV against the rarer half of {count} held-out songs", rare, "AUC", at_least=0.9)
    sys.stdout.write(f"four stock loops against all held-out songs: AUC {every:.3f}\n")
    lower, done = pushes(held)
    reached(f"pushed away and rarer ({done})", 100 * lower / done, "%", at_least=100.0)


if __name__ == "__main__":
    main()
