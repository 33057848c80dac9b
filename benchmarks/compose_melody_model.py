"""How well dance tunes are foretold, against the context mixing that was there before, on one set of events.

``python -m benchmarks.compose_melody_model`` prints the tables and the goals. Both read the same tunes as the same
symbols: the length of each note or rest, then the interval of each note, repeats played out. Both learn from the tunes
of "teach" and are judged on those of "held"; ours with the model that is installed.

Conventions: what the other learns depends on the order of its lessons; the best of three drawn orders counts. Nats a
note are those of all symbols of a tune, rests included, over its notes. Times are CPU times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random

from bandmate.learn.folds import Fold
from bandmate.models.melody import load_melody_model, sample
from bandmate.models.melody_log import NONE
from benchmarks.compose_melody_peer import peer_nats
from benchmarks.goals import reached
from training.compose.melody import Piece, figures, folk_pieces, of_fold, song_pieces

BETTER, STEP_MS = 5.0, 5.0
ORDERS = (1, 2, 3)


def table(folk: Sequence[Piece], fold: Fold) -> float:
    """Prints nats a note of both; returns how much less ours has, in per cent."""
    judged = of_fold(folk, fold)
    mine = figures(load_melody_model(), judged)
    teaching = of_fold(folk, "teach")
    rhythm, pitch = (value / mine["notes"] for value in min((peer_nats(teaching, judged, n) for n in ORDERS), key=sum))
    print(f"  dance tunes, {fold}: {mine['works']} tunes, {mine['notes']} notes   rhythm   pitch   nats a note")
    print(f"    context mixing before                           {rhythm:.4f}  {pitch:.4f}  {rhythm + pitch:.4f}")
    print(f'    melody model                                    {mine["rhythm_nats"]:.4f}  {mine["pitch_nats"]:.4f}  '
          f'{mine["nats"]:.4f}', flush=True)  # fmt: skip
    return 100 * (1 - mine["nats"] / (rhythm + pitch))


def step_ms(piece: Piece) -> float:
    """CPU time of one step in use: both distributions asked, then the note taken, along a tune."""
    model = load_melody_model()

    def along() -> None:
        state = model.start(piece.ground, piece.first_ticks)
        for rhythm, length, pitch in piece.events.tolist():
            model.rhythms(state)
            if pitch != NONE:
                model.pitches(state, rhythm)
            state = model.after(state, length, None if pitch == NONE else pitch)

    return 1000 * cpu_seconds(along) / len(piece.events)


def sample_ms(piece: Piece) -> float:
    """CPU time of eight bars drawn from nothing."""
    model = load_melody_model()
    end = int(piece.ground.bars[0, 0] + 8 * piece.ground.bars[0, 1])
    return 1000 * cpu_seconds(lambda: sample(model, model.start(piece.ground), end, Random(1)))


def cpu_seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Print the tables and the goals."""
    folk = list(folk_pieces())
    less = table(folk, "held")
    songs = figures(load_melody_model(), of_fold(list(song_pieces()), "held"))
    print(f"  songs with chords, held: {songs['works']} songs, {songs['notes']} notes, {songs['nats']:.4f} nats a note")
    piece = max(of_fold(folk, "held"), key=lambda one: one.notes)
    one, eight = step_ms(piece), sample_ms(piece)
    print(f"  a step along a tune of {piece.notes} notes {one:.3f} ms, eight bars drawn {eight:.1f} ms")
    reached("folk melody, held: nats a note less than context mixing before", less, "%", at_least=BETTER)
    reached("one step of the melody model", one, "ms", at_most=STEP_MS)


if __name__ == "__main__":
    main()
