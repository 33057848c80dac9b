"""How much of a row of events cannot be told from the rest of it: its code length.

Conventions: an event is any hashable value; a row is coded event by event, each with what the last three, two, one and
no events before it led to so far. Nats for an event.

References
----------
Context-tree coding with back-off, as in J. G. Cleary and I. H. Witten, "Data compression using adaptive coding and
partial string matching", IEEE Trans. Communications 32 (4), 1984; what cannot be compressed is complex.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

ORDERS = (0, 1, 2, 3)


def code_length(events: Sequence[Hashable], alphabet: int) -> float:
    """Nats for an event of a row, learned while it is read; 0 for no events."""
    seen: defaultdict[tuple[Hashable, ...], Counter[Hashable]] = defaultdict(Counter)
    sizes: Counter[tuple[Hashable, ...]] = Counter()
    total = 0.0
    for at, event in enumerate(events):
        chance = 1.0 / alphabet
        for order in ORDERS:
            if order > at:
                break
            before = (order, *events[at - order : at])
            counts, size = seen[before], sizes[before]
            # an order that knows k kinds of event leaves k parts to the orders below it.
            kinds = max(1, len(counts))
            chance = (counts[event] + kinds * chance) / (size + kinds) if size else chance
            counts[event] += 1
            sizes[before] += 1
        total -= math.log(chance)
    return total / max(1, len(events))
