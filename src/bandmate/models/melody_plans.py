"""Which features the melody model looks at together: the plans of its rhythm and of its pitches.

Conventions: the names are those of ``melody_features``; a context is written as its names with blanks between, and
refines the one before it that has most of its names. A hint is a guess and how well it did. What the corpus knows of
fewer than so many pieces is left out: ``LEAST``, by how many names the context has.
"""

from __future__ import annotations

from bandmate.models.melody_features import PITCH_NAMES, RHYTHM_NAMES
from bandmate.models.melody_log import LAGS, PITCHES, RHYTHMS
from bandmate.models.mixing import Plan

RHYTHM_CONTEXTS = (
    "",
    "mp style",
    "mp d1",
    "mp d1 d2",
    "mp d1 d2 d3",
    "mp d1 d2 d3 d4",
    "mp sofar before",
    "mp sofar before before2",
    "mp d1 p1",
    "mp d1 i1 p1",
    "mp sofar bar8",
    "d1 d2 d3 d4 d5 d6",
    "mp r1 h1 d1",
    "mp r2 h2 d1",
    "mp r4 h4 d1",
    "mp r8 h8 d1",
    "mp r16 h16",
    "mp r32 h32",
    "best best_hits agree",
    "best best_hits strength d1 bar4",
    "r8 r4 r2 r1 d1",
    "best r8 h8 bar8 mp",
    "best best_hits pitch_hits",
    "joint",
)
RHYTHM_PIECE = (
    "mp",
    "mp d1",
    "mp sofar",
    "mp sofar before",
    "mp p1 d1",
    "mp p1 i1 i2",
    "joint",
    "d1 d2 d3 d4",
    "p1 d1 i1",
    "p1 d1",
)
RHYTHM_SELECTORS = (("best_hits", 21), ("strength", 5), ("agree", 8), ("h8", 21), ("bars", 11), ("style", 2))
RHYTHM_HINTS = (
    *((f"r{lag}", f"h{lag}", 21) for lag in LAGS),
    *(("best", "best_hits", 21), ("best", "agree", 8), ("best", "pitch_hits", 21)),
)

PITCH_CONTEXTS = (
    "",
    "p1 mode",
    "p1 i1",
    "p1 i1 i2",
    "p1 i1 i2 i3",
    "p1 i1 i2 i3 i4",
    "p1 mp d",
    "p1 i1 mp",
    "p1 i1 mp d d1",
    "p1 i1 i2 mp",
    "i1 i2 mp d",
    "p1 high low",
    "p1 strong1 mp",
    "p1 strong1 strong2 mp",
    "p1 joint",
    "p1 i1 bar4 strength d next",
    "p1 i1 i2 strength mode",
    "a2 h2 t2 u2",
    "a4 h4 t4 u4",
    "a8 h8 t8 u8",
    "a8 a4 a2 a1 p1",
    "best best_hits agree",
    "best best_hits strength bar8 mp",
    "best best_hits i1 p1",
    "same same_hits best",
    "a8 h8 bar8 mp p1",
    "a4 h4 p1 mp",
    "a2 h2 p1 mp",
    "a1 h1 p1 mp",
    "t1 u1 p1 i1",
    "chord p1 style",
    "chord p1 i1 strength",
    "over strength d",
    "strength d",
    "p1 strength",
    "p1 i1 strength",
    "scale p1",
    "scale p1 i1",
    "pulse pulse_step p1",
    "half half_step p1 i1",
    "pulse_step half_step i1",
    "p1 i2 mp",
    "p1 i1 i3",
    "p1 strong1 i1 high low",
    "strong1 mp bar8 p1",
)
PITCH_PIECE = (
    "p1",
    "p1 i1",
    "p1 i1 i2",
    "p1 i1 i2 i3 d",
    "mp p1",
    "mp p1 i1 d",
    "i1 i2 d d1",
    "i1 i2 i3 i4",
    "joint",
    "joint joint_before",
    "mp strong1",
    "d i1 d1",
    "d p1 d1",
    "d p1",
)
PITCH_SELECTORS = (
    *(("best_hits", 21), ("strength", 5), ("agree", 8), ("h8", 42), ("same_hits", 21), ("bars", 11)),
    ("style", 2),
)
PITCH_HINTS = (
    *((f"a{lag}", f"h{lag}", 42) for lag in LAGS),
    *((f"t{lag}", f"u{lag}", 21) for lag in LAGS),
    *(("best", "best_hits", 21), ("best", "agree", 8), ("same", "same_hits", 21)),
    *((name, "strength", 5) for name in ("pulse", "half", "pulse_step", "half_step")),
)
LEAST, BITS = (1, 1, 3, 3, 4), 22


Columns = tuple[int, ...]
Named = tuple[tuple[str, int], ...]
Hints = tuple[tuple[str, str, int], ...]


def columns(names: tuple[str, ...], written: tuple[str, ...]) -> tuple[Columns, ...]:
    """Contexts as columns of the row."""
    return tuple(tuple(names.index(name) for name in one.split()) for one in written)


def parents(contexts: tuple[Columns, ...]) -> tuple[int, ...]:
    """Of each context the one before it that has most of its columns and no other; of two, the later; -1 for none."""
    found = []
    for number, one in enumerate(contexts):
        fitting = [at for at, other in enumerate(contexts[:number]) if set(other) < set(one)]
        found.append(max(fitting, key=lambda at: (len(contexts[at]), at), default=-1))
    return tuple(found)


def plan_of(
    names: tuple[str, ...],
    size: int,
    contexts: tuple[str, ...],
    piece: tuple[str, ...],
    chosen: Named,
    hints: Hints,
) -> Plan:
    """A plan by names; the last two piece contexts look for repeats."""
    corpus, own = columns(names, contexts), columns(names, piece)
    every = parents(corpus + own)
    return Plan(
        symbols=size,
        contexts=corpus,
        parents=every[: len(corpus)],
        piece_contexts=own,
        piece_parents=every[len(corpus) :],
        matches=2,
        selectors=tuple((names.index(name), many) for name, many in chosen),
        least=tuple(LEAST[min(len(one), len(LEAST) - 1)] for one in corpus),
        hints=tuple((names.index(guess), names.index(trust), many) for guess, trust, many in hints),
        hash_bits=BITS,
    )


def rhythm_plan() -> Plan:
    return plan_of(RHYTHM_NAMES, RHYTHMS, RHYTHM_CONTEXTS, RHYTHM_PIECE, RHYTHM_SELECTORS, RHYTHM_HINTS)


def pitch_plan() -> Plan:
    return plan_of(PITCH_NAMES, PITCHES, PITCH_CONTEXTS, PITCH_PIECE, PITCH_SELECTORS, PITCH_HINTS)
