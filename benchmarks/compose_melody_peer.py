"""The context mixing that melodies were foretold with before: nine contexts of rhythm, eleven of pitch, seven of the
piece.

What it is: counts in each context smoothed by the plain frequencies, their logarithms added with weights by how often
the context was seen, weights and counts learned in one pass over the pieces in a drawn order, judged with both frozen.
It is written anew here from its description, over compiled loops, so that it reads the same events as the model it is
compared with; its settings are its own: steps of 0.004, a share of 0.5 (in the piece 0.3) for what was not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandmate.learn.mixing import Counted, count, edges_of
from bandmate.models.melody_log import NONE, PITCHES, REACH, RHYTHMS
from bandmate.models.mixing import Plan
from bandmate.models.mixing_kernels import Desk, Hashes, Layout, Table, gather_past, gather_table, hash_rows
from bandmate.sound.kernel import kernel
from training.compose.melody import Piece

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
MISSING = 99
RATE, OFFSET_SHARE, FLOOR = 0.004, 0.02, 0.0002
BUCKETS = 10

# columns: place, place in the quarter, rhythms 1-5 ago, pitches 1-3 ago, intervals 1-4 ago, rhythm now
B, BEAT, D, P, I, NOW = 0, 1, 2, 7, 10, 14
WIDTH = 15
RHYTHM_PLAN = Plan(
    symbols=RHYTHMS,
    contexts=(
        *((), (B,), (B, D), (B, D, D + 1), (B, D, D + 1, D + 2, D + 3), (D, D + 1, D + 2), (B, P), (B, D, I)),
        (BEAT, D, D + 1, D + 2, D + 3, D + 4),
    ),
    parents=(-1,) * 9,
    piece_contexts=((B, D, D + 1, D + 2), (B, D, D + 1, D + 2, D + 3, D + 4), (B, P, P + 1, P + 2)),
    piece_parents=(-1,) * 3,
    hash_bits=32,
)
PITCH_PLAN = Plan(
    symbols=PITCHES,
    contexts=(
        *((), (P,), (P, I), (P, I, I + 1), (P, I, I + 1, I + 2), (P, I, I + 1, I + 2, I + 3), (P, B), (P, B, NOW)),
        *((I, B, NOW), (P, I, B, NOW), (I, I + 1, I + 2, NOW, D)),
    ),
    parents=(-1,) * 11,
    piece_contexts=((P, I, I + 1), (P, I, I + 1, I + 2, I + 3, NOW), (B, P, NOW), (B, P, I, D)),
    piece_parents=(-1,) * 4,
    hash_bits=32,
)


def rows_of(pieces: Sequence[Piece]) -> tuple[Ints, Ints, Ints]:
    """Rows of all events, their rhythms, and pitches' steps (-1 for rests)."""
    rows, symbols, steps = [], [], []
    for piece in pieces:
        tonic = 60 + int(piece.ground.bars[0, 5])
        lengths, heights = [MISSING] * 5, [MISSING] * 5
        ticks = piece.first_ticks
        bars = piece.ground.bars
        for rhythm, length, pitch in piece.events.tolist():
            bar = bars[min(len(bars) - 1, int(np.searchsorted(bars[:, 0], ticks, side="right")) - 1)]
            place = (ticks - int(bar[0])) % int(bar[1])
            turns = [one - two for one, two in pairwise(heights)]
            rows.append([place, place % 960, *lengths, *heights[:3], *turns, rhythm])
            symbols.append(rhythm)
            ticks += length
            lengths = [rhythm, *lengths[:4]]
            if pitch == NONE:
                steps.append(-1)
                continue
            height = pitch - tonic
            last = heights[0] if heights[0] != MISSING else 0
            steps.append(min(max(height - last, -REACH), REACH) + REACH)
            heights = [height, *heights[:4]]
    return np.array(rows, np.int64), np.array(symbols, np.int64), np.array(steps, np.int64)


def peer_nats(teaching: Sequence[Piece], judged: Sequence[Piece], seed: int = 1) -> tuple[float, float]:
    """Nats of all rhythms and of all pitches of the judged pieces, having learned from the others."""
    every = [*teaching, *judged]
    rows, rhythms, steps = rows_of(every)
    numbers = np.repeat(np.arange(len(every)), [len(piece.events) for piece in every])
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(teaching))
    sequence = np.concatenate([order, np.arange(len(teaching), len(every))])
    is_note = steps >= 0
    of_rhythm = run(RHYTHM_PLAN, rows, rhythms, numbers, (sequence, len(teaching)))
    of_pitch = run(PITCH_PLAN, rows[is_note], steps[is_note], numbers[is_note], (sequence, len(teaching)))
    return of_rhythm, of_pitch


def run(plan: Plan, rows: Ints, symbols: Ints, numbers: Ints, order: tuple[Ints, int]) -> float:
    """Nats of the pieces behind the teaching ones; ``order``: the pieces in their order, and how many teach."""
    counted: Counted = count(plan, rows, symbols)
    counted.table.counts[:] = 0
    past = np.empty((len(plan.piece_contexts), len(rows)), np.uint32)
    hash_rows(rows, plan.layout(), len(plan.contexts), past)
    contexts = len(plan.contexts) + len(plan.piece_contexts)
    weights, offsets = np.full((contexts, BUCKETS), 1.2 / contexts), np.zeros(plan.symbols)
    fixed = (plan.layout(), counted.table, plan.desk())
    steps = (symbols, past, counted.rows, counted.entries, edges_of(numbers))
    return float(passing(steps, order, fixed, (weights, offsets)))


@kernel
def passing(
    steps: tuple[Ints, Hashes, NDArray[np.int32], NDArray[np.int32], Ints],
    order: tuple[Ints, int],
    fixed: tuple[Layout, Table, Desk],
    learned: tuple[Floats, Floats],
) -> float:
    """Teach, then judge."""
    symbols, past, rows, entries, edges = steps
    sequence, many = order
    layout, table, desk = fixed
    weights, offsets = learned
    size, contexts = layout.sizes[0], layout.sizes[1] + layout.sizes[2]
    told, bucket, error = np.zeros((contexts, size)), np.zeros(contexts, np.int64), np.zeros(size)
    least = np.zeros(layout.sizes[1], np.int64)
    lost = 0.0
    for number in range(len(sequence)):
        piece, is_teaching = sequence[number], number < many
        for now in range(edges[piece], edges[piece + 1]):
            gather_table(rows[now].astype(np.int64), table, least, desk)
            gather_past(past, symbols, edges[piece], now, layout, desk)
            tell(layout, desk, told, bucket)
            total = foretell(weights, offsets, told, bucket, error)
            wanted = symbols[now]
            if not is_teaching:
                lost -= np.log(error[wanted] / total * (1 - FLOOR) + FLOOR / size)
                continue
            for other in range(size):
                error[other] = -(error[other] / total * (1 - FLOOR) + FLOOR / size)
            error[wanted] += 1.0
            for k in range(contexts):
                slope = 0.0
                for other in range(size):
                    slope += told[k, other] * error[other]
                weights[k, bucket[k]] += RATE * slope
            for other in range(size):
                offsets[other] += RATE * OFFSET_SHARE * error[other]
            for k in range(entries.shape[1]):
                table.counts[entries[now, k]] += 1
    return lost


@kernel
def tell(layout: Layout, desk: Desk, told: Floats, bucket: Ints) -> None:
    """Of each context the logarithms of its smoothed frequencies around their mean; nothing for an unknown one."""
    size, corpus = layout.sizes[0], layout.sizes[1]
    plain = np.full(size, 1.0 / size)
    for k in range(len(told)):
        told[k, :] = 0.0
        bucket[k] = 0
        if desk.number[k] == 0:
            continue
        share = (0.5 if k < corpus else 0.3) * desk.number[k]
        for symbol in range(size):
            told[k, symbol] = share * (plain[symbol] if k < corpus else 1.0 / size)
        for place in range(desk.number[k]):
            told[k, desk.seen[k, place]] += desk.times[k, place]
        if k == 0:
            for symbol in range(size):
                plain[symbol] = told[k, symbol] / (desk.total[k] + share) * 0.98 + 0.02 / size
        mean = 0.0
        for symbol in range(size):
            told[k, symbol] = np.log(told[k, symbol] / (desk.total[k] + share))
            mean += told[k, symbol] / size
        for symbol in range(size):
            told[k, symbol] -= mean
        bucket[k] = min(BUCKETS - 1, 1 + int(np.log2(desk.total[k])))


@kernel
def foretell(weights: Floats, offsets: Floats, told: Floats, bucket: Ints, out: Floats) -> float:
    """Chances that do not yet sum to one, and their sum."""
    out[:] = offsets
    for k in range(len(told)):
        for symbol in range(len(out)):
            out[symbol] += weights[k, bucket[k]] * told[k, symbol]
    top, total = out.max(), 0.0
    for symbol in range(len(out)):
        out[symbol] = np.exp(out[symbol] - top)
        total += out[symbol]
    return total
