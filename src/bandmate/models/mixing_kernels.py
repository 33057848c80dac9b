"""Inner loops of context mixing: contexts hashed, counts gathered, evidence weighed, weights learned.

Conventions: contexts are numbered corpus contexts first (``0 … K-1``), then piece contexts (``K … K+P-1``). A context's
distribution refines that of its parent: ``p = (count + a p_parent) / (total + a)`` with ``a`` half the number of
different symbols seen. Its evidence for a symbol is ``log(1 + count / (a p_parent))``, nothing for a symbol it has not
seen; the scores are sums of weighted evidence, so that only what was seen costs time.

References: M. Mahoney, "Adaptive Weighing of Context Models for Lossless Data Compression", 2005; J. Duchi et al.,
"Adaptive Subgradient Methods", JMLR 2011 (steps of learning).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.sound.kernel import kernel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Hashes = NDArray[np.uint32]

TOTALS = 12
TIMES = 6
MATCHES = 12
INNER_SELECTORS = 3
"""How long the match is; how many corpus contexts are known; how many piece contexts are known."""
LONGEST_MATCH = 48
START_WEIGHT = 0.3

FIRST = np.uint64(0x9E3779B97F4A7C15)
SECOND = np.uint64(0xBF58476D1CE4E5B9)
THIRTY = np.uint64(30)
THIRTY_TWO = np.uint64(32)


class Layout(NamedTuple):
    """A plan as arrays: ``columns`` (contexts, most columns), -1 beyond; ``selectors`` (selectors, 2): column, size;
    ``offsets``: where in the weights begin: A, B of each selector, C of each selector, count features, match features,
    each hint;
    ``sizes``: symbols, corpus contexts, piece contexts, matches, bits of the hashes. ``hints`` (hints, 3): column
    of the symbol, column of its standing, how many standings."""

    columns: Ints
    parents: Ints
    selectors: Ints
    offsets: Ints
    sizes: Ints
    hints: Ints


class Table(NamedTuple):
    """Counts: of context k the rows ``edges[k] … edges[k+1]``, their hashes sorted; of row r the entries ``starts[r] …
    starts[r+1]``."""

    edges: Ints
    hashes: Hashes
    starts: Ints
    symbols: NDArray[np.uint8]
    counts: NDArray[np.int32]


class Desk(NamedTuple):
    """What one step writes down: of each context the symbols seen, how often, the total, which was last; then the
    distributions, the evidence, the features in use and the result."""

    seen: Ints
    times: Ints
    number: Ints
    total: Ints
    last: Ints
    p: Floats
    evidence: Floats
    feature: Ints
    match: Ints
    chosen: Ints
    weight: Floats
    result: Floats


@kernel
def hash_contexts(row: Ints, layout: Layout, first: int, out: Hashes) -> None:
    """The hashes of the contexts from ``first`` on of one row of features."""
    shift = np.uint64(64 - layout.sizes[4])
    for index in range(len(out)):
        number = first + index
        value = np.uint64(number + 1) * FIRST
        for place in range(layout.columns.shape[1]):
            column = layout.columns[number, place]
            if column < 0:
                break
            value = (value ^ (np.uint64(row[column]) + FIRST)) * SECOND
            value ^= value >> THIRTY
        value *= FIRST
        value ^= value >> THIRTY_TWO
        out[index] = np.uint32((value * SECOND) >> shift)


@kernel
def hash_rows(rows: Ints, layout: Layout, first: int, out: Hashes) -> None:
    """As ``hash_contexts`` for every row; ``out`` is (contexts, rows)."""
    one = np.empty(out.shape[0], np.uint32)
    for index in range(len(rows)):
        hash_contexts(rows[index], layout, first, one)
        out[:, index] = one


@kernel
def find_rows(hashes: Hashes, table: Table, out: Ints) -> None:
    """The row of each corpus context, -1 for one that is not known."""
    for k in range(len(hashes)):
        low, high = table.edges[k], table.edges[k + 1]
        end, wanted = high, hashes[k]
        while low < high:
            middle = (low + high) >> 1
            if table.hashes[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        out[k] = low if low < end and table.hashes[low] == wanted else -1


@kernel
def total_bucket(total: int) -> int:
    if total <= 3:
        return total
    if total <= 30:
        return 4 if total <= 5 else 5 if total <= 8 else 6 if total <= 14 else 7
    return 8 if total <= 80 else 9 if total <= 250 else 10 if total <= 1500 else 11


@kernel
def times_bucket(count: int) -> int:
    return count - 1 if count <= 2 else 2 if count <= 4 else 3 if count <= 9 else 4 if count <= 29 else 5


@kernel
def match_bucket(length: int) -> int:
    if length <= 4:
        return length
    return 5 if length <= 6 else 6 if length <= 8 else 7 if length <= 12 else 8 + min(3, (length - 13) // 8)


@kernel
def gather_table(rows: Ints, table: Table, least: Ints, desk: Desk) -> None:
    """What the corpus contexts have seen; a context seen less than ``least`` times counts as unknown."""
    for k in range(len(rows)):
        number = total = 0
        desk.last[k] = -1
        if rows[k] >= 0:
            for entry in range(table.starts[rows[k]], table.starts[rows[k] + 1]):
                count = table.counts[entry]
                if count > 0:
                    desk.seen[k, number] = table.symbols[entry]
                    desk.times[k, number] = count
                    number += 1
                    total += count
        desk.number[k] = number if total >= least[k] else 0
        desk.total[k] = total if total >= least[k] else 0


@kernel
def gather_past(hashes: Hashes, symbols: Ints, start: int, now: int, layout: Layout, desk: Desk) -> None:
    """What the piece contexts have seen between ``start`` and ``now``; ``hashes`` (P, steps) has the present at
    ``now``."""
    corpus, piece, matches = layout.sizes[1], layout.sizes[2], layout.sizes[3]
    for j in range(piece):
        k, wanted = corpus + j, hashes[j, now]
        number, desk.last[k] = 0, -1
        best = 0
        follow = j - (piece - matches)
        if follow >= 0:
            desk.match[follow, 0] = -1
            desk.match[follow, 1] = 0
        total = 0
        for step in range(now - 1, start - 1, -1):
            if hashes[j, step] != wanted:
                continue
            symbol = symbols[step]
            if total == 0:
                desk.last[k] = symbol
            total += 1
            place = 0
            while place < number and desk.seen[k, place] != symbol:
                place += 1
            if place == number:
                desk.seen[k, place] = symbol
                desk.times[k, place] = 0
                number += 1
            desk.times[k, place] += 1
            if follow >= 0 and best < LONGEST_MATCH:
                length = 1
                while (
                    length < LONGEST_MATCH
                    and step - length >= start
                    and hashes[j, step - length] == hashes[j, now - length]
                ):
                    length += 1
                if length > best:
                    best = length
                    desk.match[follow, 0] = symbol
                    desk.match[follow, 1] = match_bucket(length)
        desk.number[k], desk.total[k] = number, total


@kernel
def weigh(row: Ints, layout: Layout, weights: Floats, desk: Desk) -> None:
    """Log-probabilities of the symbols, into ``desk.result``; what was gathered becomes evidence and features."""
    size, corpus, piece, matches = layout.sizes[0], layout.sizes[1], layout.sizes[2], layout.sizes[3]
    contexts, chosen, offsets = corpus + piece, desk.chosen, layout.offsets
    chosen[:INNER_SELECTORS] = 0
    for follow in range(matches):
        chosen[0] = max(chosen[0], desk.match[follow, 1])
    for k in range(contexts):
        if desk.number[k] > 0:
            chosen[1 if k < corpus else 2] += 1
    for index in range(len(layout.selectors)):
        value = row[layout.selectors[index, 0]]
        chosen[INNER_SELECTORS + index] = min(max(value, 0), layout.selectors[index, 1] - 1)
    score = desk.result
    score[:] = 0.0
    many = len(chosen)
    for index in range(many):
        begin = offsets[1 + many + index] + chosen[index] * size
        for symbol in range(size):
            score[symbol] += weights[begin + symbol]
    for k in range(contexts):
        refine(k, layout, desk)
        number = desk.number[k]
        if number == 0:
            continue
        bucket = total_bucket(desk.total[k])
        weight = weights[offsets[0] + (k * TOTALS + bucket) * 2 + (number == 1)]
        for index in range(many):
            weight += weights[offsets[1 + index] + chosen[index] * contexts + k]
        for place in range(number):
            symbol = desk.seen[k, place]
            kind = (times_bucket(desk.times[k, place]) * 2 + (symbol == desk.last[k])) + bucket * TIMES * 2
            desk.feature[k, place] = offsets[1 + 2 * many] + k * TOTALS * TIMES * 2 + kind
            score[symbol] += weight * desk.evidence[k, place] + weights[desk.feature[k, place]]
    for follow in range(matches):
        if desk.match[follow, 0] >= 0:
            score[desk.match[follow, 0]] += weights[offsets[2 + 2 * many] + follow * MATCHES + desk.match[follow, 1]]
    for index in range(len(layout.hints)):
        place = hint_place(index, row, layout, many)
        if place >= 0:
            score[row[layout.hints[index, 0]]] += weights[place]
    normalise(score)


@kernel
def hint_place(index: int, row: Ints, layout: Layout, many: int) -> int:
    """Where the weight of a hint stands; -1 where it names no symbol. ``many``: selectors."""
    symbol = row[layout.hints[index, 0]]
    if symbol < 0 or symbol >= layout.sizes[0]:
        return -1
    standing = min(max(row[layout.hints[index, 1]], 0), layout.hints[index, 2] - 1)
    return int(layout.offsets[3 + 2 * many + index] + standing)


@kernel
def refine(k: int, layout: Layout, desk: Desk) -> None:
    """The distribution of context k from its parent's, and its evidence."""
    size, parent, number = layout.sizes[0], layout.parents[k], desk.number[k]
    if parent < 0:
        desk.p[k, :] = 1.0 / size
    else:
        desk.p[k, :] = desk.p[parent]
    if number == 0:
        return
    share = 0.5 * number
    inverse = 1.0 / (desk.total[k] + share)
    for place in range(number):
        desk.evidence[k, place] = desk.times[k, place] / (share * desk.p[k, desk.seen[k, place]])
    desk.p[k, :] *= share * inverse
    for place in range(number):
        desk.p[k, desk.seen[k, place]] += desk.times[k, place] * inverse
        desk.evidence[k, place] = np.log1p(desk.evidence[k, place])


@kernel
def normalise(score: Floats) -> None:
    """Scores become log-probabilities."""
    top = score.max()
    total = 0.0
    for symbol in range(len(score)):
        total += np.exp(score[symbol] - top)
    score -= top + np.log(total)


@kernel
def learn(row: Ints, symbol: int, layout: Layout, learned: tuple[Floats, Floats], rate: float, desk: Desk) -> None:
    """Move the weights that ``weigh`` used toward the symbol that came; ``learned``: weights, squares of slopes."""
    weights, squares = learned
    size, corpus, piece, matches = layout.sizes[0], layout.sizes[1], layout.sizes[2], layout.sizes[3]
    contexts, chosen, offsets = corpus + piece, desk.chosen, layout.offsets
    many = len(chosen)
    error = desk.weight
    for other in range(size):
        error[other] = -np.exp(desk.result[other])
    error[symbol] += 1.0
    for index in range(many):
        begin = offsets[1 + many + index] + chosen[index] * size
        for other in range(size):
            step(begin + other, error[other] * 0.5, weights, squares, rate)
    for k in range(contexts):
        number = desk.number[k]
        if number == 0:
            continue
        slope = 0.0
        for place in range(number):
            other = desk.seen[k, place]
            slope += desk.evidence[k, place] * error[other]
            step(desk.feature[k, place], error[other], weights, squares, rate)
        bucket = total_bucket(desk.total[k])
        step(offsets[0] + (k * TOTALS + bucket) * 2 + (number == 1), slope, weights, squares, rate)
        for index in range(many):
            step(offsets[1 + index] + chosen[index] * contexts + k, slope, weights, squares, rate)
    for follow in range(matches):
        if desk.match[follow, 0] >= 0:
            place = offsets[2 + 2 * many] + follow * MATCHES + desk.match[follow, 1]
            step(place, error[desk.match[follow, 0]], weights, squares, rate)
    for index in range(len(layout.hints)):
        place = hint_place(index, row, layout, many)
        if place >= 0:
            step(place, error[row[layout.hints[index, 0]]], weights, squares, rate)


@kernel
def step(place: int, slope: float, weights: Floats, squares: Floats, rate: float) -> None:
    squares[place] += slope * slope
    weights[place] += rate * slope / np.sqrt(squares[place])


@kernel
def predict(
    row: Ints, past: tuple[Hashes, Ints, int], layout: Layout, table: Table, weights: Floats, desk: Desk
) -> None:
    """Log-probabilities into ``desk.result``; ``past``: hashes with room for the present, symbols, length."""
    hashes, symbols, length = past
    corpus, piece = layout.sizes[1], layout.sizes[2]
    found = np.empty(corpus, np.uint32)
    rows = np.empty(corpus, np.int64)
    hash_contexts(row, layout, 0, found)
    find_rows(found, table, rows)
    gather_table(rows, table, np.zeros(corpus, np.int64), desk)
    now = np.empty(piece, np.uint32)
    hash_contexts(row, layout, corpus, now)
    hashes[:, length] = now
    gather_past(hashes, symbols, 0, length, layout, desk)
    weigh(row, layout, weights, desk)


@kernel
def score_piece(rows: Ints, wanted: Ints, layout: Layout, table: Table, weights: Floats, desk: Desk) -> Floats:
    """Nats of each symbol of one piece, each step knowing those before."""
    out = np.empty(len(rows))
    hashes = np.empty((layout.sizes[2], len(rows) + 1), np.uint32)
    for index in range(len(rows)):
        predict(rows[index], (hashes, wanted, index), layout, table, weights, desk)
        out[index] = -desk.result[wanted[index]]
    return out
