"""How far alternatives are apart, for every verb, and that only the bars asked for change.

A small band song, bars and seeds by chance; every proposal through the whole stage. Distances are those of ``idea``:
0 for the same notes, 1 for nothing in common. Grooves and steps of a morph are not held to the floor: grooves differ by
less than a place, and steps lie between two clips.

Run: ``python -m benchmarks.compose_alternatives``; it needs no corpora.
"""

from __future__ import annotations

import random
import sys

from bandmate.song.errors import RequestError
from bandmate.song.moves import apply
from bandmate.stages.compose.brief import ComposeBrief
from bandmate.stages.compose.choosing import FLOOR
from bandmate.stages.compose.idea import distance
from bandmate.stages.compose.passage import passage_of
from bandmate.stages.compose.propose import moves_by_choice, propose_composition
from benchmarks.goals import reached
from tests.stages.compose.band_song import band_song
from tests.stages.compose.test_propose import JOBS, SAME_PLACE, cut_to, made_idea, outside

TRIES = 12


def main() -> None:
    """Print for every verb the least distance of two alternatives, and count bars that changed unasked."""
    rng, song = random.Random(7), band_song()
    changed = count = 0
    worst = 1.0
    for job, fields in JOBS.items():
        least, shown, asked = 1.0, 0, 0
        for _ in range(TRIES):
            first = rng.randrange(2, 12)
            brief = ComposeBrief(**{**fields, "first_bar": first, "last_bar": first + rng.randrange(2, 5)})
            try:
                proposal = propose_composition(song, brief, seed=rng.randrange(1000))
            except RequestError:
                continue
            passage = passage_of(song, brief.first_bar, brief.last_bar)
            before, ideas = outside(song, brief.first_bar, brief.last_bar), []
            for moves in moves_by_choice(proposal.moves).values():
                made = apply(song, moves)
                after = outside(made, brief.first_bar, brief.last_bar)
                count += 1
                changed += any(after.get(name) != value for name, value in before.items())
                ideas.append(cut_to(made_idea(song, made), passage.start_ticks, passage.end_ticks))
            shown, asked = shown + len(ideas), asked + brief.alternatives
            least = min([least, *(distance(a, b) for i, a in enumerate(ideas) for b in ideas[:i])])
        sys.stdout.write(f"  {job}: {shown} of {asked} alternatives, least distance {least:.3f}\n")
        if job not in SAME_PLACE:
            worst = min(worst, least)
    reached("least distance of two alternatives, every verb", worst, "of 1", at_least=FLOOR - 0.005)
    reached(f"alternatives that change anything outside of the bars ({count})", changed, "", at_most=0)


if __name__ == "__main__":
    main()
