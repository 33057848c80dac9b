"""How well Bach's chorales are foretold, and how clean and how near to his the settings of their melodies are.

``python -m benchmarks.compose_chorale`` prints the tables and the goals. Judged on the chorales of the fold that is
held back. Nats are for a voice and sixteenth, the first frame as log 46; the baseline is the context mixing that this
was planned with (thirteen contexts and one of the piece), taught on the very same pieces. Rules are counted by
``part_rules`` on Bach's own settings and on ours of the same sopranos.

Conventions: times are of the processor, after loading and one run to warm up.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr

from bandmate.models.chorale import load_chorale
from bandmate.models.chorale_rows import COLUMN, rows_of
from bandmate.models.mixing import Plan
from bandmate.stages.compose.brief import DIALS, ComposeBrief, Dials
from bandmate.stages.compose.chorale_ideas import LEAST_DISTANCE, harmonise_ideas
from bandmate.stages.compose.idea import Idea, distance
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import dial_of, scale_of
from bandmate.stages.compose.part_rules import KINDS, chords_of, violations
from bandmate.stages.compose.passage import Passage
from benchmarks.compose_melody_peer import run
from benchmarks.goals import reached
from training.compose.chorale import FIRST_FRAME, voice_nats
from training.compose.chorale_scores import Chorale, chorales, passage_of_chorale, teaching
from training.compose.chorale_states import lesson_of

NATS_GOAL = 0.48
SPEED_GOAL = 0.3
BARS = 8
DIAL_SONGS = 6
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)

DERIVED = (("frame", 4), ("frame", 16))
"""Columns beside those of the rows: the frame in fours and in sixteens; then how long a note is held, cut at these."""
HELD = (2, 4, 6, 8)


@lru_cache(maxsize=1)
def corpus() -> tuple[list[Chorale], list[Chorale]]:
    """What teaches, and what is held back."""
    every = list(chorales())
    return teaching(every)[0], [piece for piece in every if piece.work.fold == "held"]


def baseline_plan() -> Plan:
    """The baseline's contexts: the voice and the moves of those before it in all of them, then what is named."""
    width = len(COLUMN)
    quarter, place, held2, held4, held6, held8 = range(width, width + 6)
    v, mv, vert, oth, moved = (COLUMN[name] for name in ("voice", "moves", "sounds", "others", "moved"))
    key, last, last2, long, vpc, oh = (
        COLUMN[name] for name in ("key_class", "last", "last2", "held_last", "classes", "others_began")
    )
    contexts = (
        *((v,), (v, mv, vert, quarter), (v, mv, vert, oth, quarter, held4), (v, moved, place, held8)),
        *((v, moved, quarter, held8, last, long), (v, key, vpc, quarter, held4), (v, key, vpc, last, held2)),
        *((v, last, last2, held6, quarter, moved), (v, vpc, mv, key, held4), (v, moved, oth, key, quarter)),
        *((v, oh, quarter, moved, held4), (v, key, held4, moved, quarter, last), (v, mv, oth, key)),
    )
    piece = ((v, COLUMN["pitch"], oth, vert),)
    return Plan(49, contexts, (-1,) * len(contexts), piece, (-1,), hash_bits=32)


def baseline_nats(taught: Sequence[Chorale], judged: Sequence[Chorale]) -> float:
    """Nats of the baseline on the judged pieces."""
    steps = [rows_of(piece.pitches, piece.places) for piece in (*taught, *judged)]
    rows, symbols = (np.concatenate([step[part] for step in steps]) for part in (0, 1))
    held = rows[:, COLUMN["held"]]
    beside = [rows[:, COLUMN[name]] % size for name, size in DERIVED] + [np.minimum(held, most) for most in HELD]
    rows = np.concatenate([rows, np.stack(beside, axis=1)], axis=1)
    numbers = np.repeat(np.arange(len(steps)), [len(step[1]) for step in steps])
    order = np.random.Generator(np.random.PCG64(1)).permutation(len(taught))
    sequence = np.concatenate([order, np.arange(len(taught), len(steps))])
    lost = run(baseline_plan(), rows, symbols, numbers, (sequence, len(taught)))
    return (lost + FIRST_FRAME * len(judged)) / sum(4 * len(piece.pitches) for piece in judged)


def nats() -> bool:
    """Print how well the held-back chorales are foretold."""
    taught, held = corpus()
    ours, before = voice_nats(load_chorale(), held), baseline_nats(taught, held)
    print(f"{len(held)} chorales held back, {len(taught)} taught: {ours:.4f} nats, context mixing before {before:.4f}")
    return reached("Bach chorales, a voice and sixteenth", ours, "nats", at_most=NATS_GOAL)


class Judged(NamedTuple):
    """Settings of the held-back sopranos: of each the ideas, and the seconds that they took."""

    pieces: list[Chorale]
    ideas: list[tuple[Idea, ...]]
    seconds: list[float]


@lru_cache(maxsize=1)
def settings() -> Judged:
    """Every held-back soprano set, for three alternatives."""
    model, pieces = load_chorale(), corpus()[1]
    harmonise_ideas(passage_of_chorale(pieces[0]), ComposeBrief(part="harmony"), model, 0)
    ideas, seconds = [], []
    for piece in pieces:
        passage = passage_of_chorale(piece)
        begin = time.process_time()
        ideas.append(harmonise_ideas(passage, ComposeBrief(part="harmony"), model, 0))
        seconds.append((time.process_time() - begin) / len(passage.bars) * BARS)
    return Judged(pieces, ideas, seconds)


def rules() -> bool:
    """Print the faults of Bach and of ours."""
    judged = settings()
    rows = {"Bach": (Counter[str](), 0), "first": (Counter[str](), 0), "all": (Counter[str](), 0)}
    for piece, ideas in zip(judged.pieces, judged.ideas, strict=True):
        cast = [("Bach", piece.voices), ("first", ideas[0].voices)] + [("all", idea.voices) for idea in ideas]
        for name, voices in cast:
            kinds, chords = rows[name]
            kinds.update(fault.kind for fault in violations(voices, piece.key))
            rows[name] = (kinds, chords + chords_of(voices))
    print("faults of 100 chords" + " " * 8 + "".join(f"{name:>8}" for name in rows))
    for kind in KINDS:
        print(f"  {kind:<26}" + "".join(f"{100 * kinds[kind] / chords:8.2f}" for kinds, chords in rows.values()))
    rates = {name: 100 * kinds.total() / chords for name, (kinds, chords) in rows.items()}
    print(f"  {'all of them':<26}" + "".join(f"{rate:8.2f}" for rate in rates.values()))
    print(f"  {'chords':<26}" + "".join(f"{chords:8d}" for _, chords in rows.values()))
    first = reached("harmonisation, faults of 100 chords, first setting", rates["first"], "", at_most=rates["Bach"])
    return (
        reached("harmonisation, faults of 100 chords, all settings", rates["all"], "", at_most=rates["Bach"]) and first
    )


def likeness() -> None:
    """Print how near the first settings are to Bach's."""
    model, judged = load_chorale(), settings()
    roots = basses = slots = 0
    of_bach, ours = [], []
    for piece, ideas in zip(judged.pieces, judged.ideas, strict=True):
        lesson = lesson_of(piece)
        for slot, state in zip(lesson.slots, lesson.states, strict=True):
            chord = next((one for one in reversed(ideas[0].chords) if one.start_ticks <= slot.start), None)
            bass = next((tone for tone in reversed(ideas[0].voices[3]) if tone.start_ticks <= slot.start), None)
            roots += chord is not None and chord.root == state[4]
            basses += bass is not None and (bass.pitch - state[3]) % 12 == 0
            slots += 1
        of_bach.append(model.lower_nats(piece.pitches, piece.places))
        ours.append(ideas[0].nats or 0.0)
    print(f"{slots} chords: the root is Bach's in {roots / slots:.3f}, the bass note in {basses / slots:.3f}")
    print(f"nats of a sixteenth of a lower voice: Bach {np.mean(of_bach):.3f}, ours {np.mean(ours):.3f}")


def alternatives() -> bool:
    """Print how far settings are apart, and how long they take."""
    judged = settings()
    apart = [min(distance(one, other) for one, other in combinations(ideas, 2)) for ideas in judged.ideas]
    print(f"{min(map(len, judged.ideas))} to {max(map(len, judged.ideas))} settings of a melody")
    far = reached("harmonisation, alternatives, least distance", min(apart), "", at_least=LEAST_DISTANCE)
    slow = float(np.median(judged.seconds))
    return reached("harmonisation, 8 bars, 3 alternatives", slow, "s", at_most=SPEED_GOAL) and far


def dial_row(dial: str, pieces: Sequence[Chorale]) -> tuple[float, float]:
    """Spearman's rank correlation of what is asked of a dial and what is measured: over all, and the mean of pieces."""
    asked, found = [], []
    for piece in pieces:
        passage = passage_of_chorale(piece)
        passage = replace(passage, bars=passage.bars[:BARS])
        for level in LEVELS:
            brief = ComposeBrief(part="harmony", alternatives=1, dials=Dials(**{dial: level}))
            idea = harmonise_ideas(passage, brief, load_chorale(), 0)[0]
            asked.append(level)
            found.append(measured(dial, idea, passage, brief))
    of_piece = [
        correlation(asked[at : at + len(LEVELS)], found[at : at + len(LEVELS)])
        for at in range(0, len(asked), len(LEVELS))
    ]
    return correlation(asked, found), float(np.mean(of_piece))


def measured(dial: str, idea: Idea, passage: Passage, brief: ComposeBrief) -> float:
    """Where a dial stands for all four voices of a setting."""
    tones = tuple(sorted(tone for voice in idea.voices for tone in voice))
    material = replace(material_of(Idea(tones=tones), passage, brief), tones=tones)
    return dial_of(dial, material, scale_of(passage, brief)) or 0.0


def correlation(asked: Sequence[float], found: Sequence[float]) -> float:
    """Spearman's; 0 where nothing changes."""
    return float(spearmanr(asked, found)[0]) if len(set(found)) > 1 else 0.0


def dials() -> bool:
    """Print how the dials are followed."""
    pieces = corpus()[1][:DIAL_SONGS]
    rows = {dial: dial_row(dial, pieces) for dial in DIALS}
    for dial, (over_all, in_piece) in rows.items():
        print(f"  {dial:<14}{over_all:6.2f} over all, {in_piece:.2f} within a melody")
    lowest = min(in_piece for _, in_piece in rows.values())
    return reached("harmonisation, dials, lowest Spearman within a melody", lowest, "", at_least=0.9)


def main() -> None:
    """Everything."""
    nats()
    rules()
    likeness()
    alternatives()
    dials()


if __name__ == "__main__":
    main()
