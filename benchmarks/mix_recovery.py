"""A balance found again after every fader was moved at random, by up to 12 dB either way.

The error of a track is how far its loudness, after the moves, is from where it was in the balanced song; what all
tracks share is taken out (the median), for no fader error changes the whole on purpose. Measured after the faders, on
the sound, so that every kind of move counts.

Three ways: with the song's own earlier mix as the reference, with another song's mix, and with none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.mix_arranging import seed_of
from benchmarks.mix_judging import asked, first_answers, made
from benchmarks.mix_songs import BenchSong

if TYPE_CHECKING:
    from bandmate.song.song import Song
    from bandmate.sound.audio import Audio
    from bandmate.stages.ears import Memory

SPREAD_DB = 12.0
WAYS = ("same song", "another song", "none")


@dataclass(frozen=True, slots=True)
class Recovered:
    """Errors of all tracks in dB before and after the moves, one way; ``seconds`` is the fit's CPU time."""

    song: str
    way: str
    before_db: tuple[float, ...]
    after_db: tuple[float, ...]
    moves: int
    seconds: float


def with_errors(song: BenchSong) -> BenchSong:
    """The song with every fader wrong by a uniformly random number of dB."""
    rng = np.random.default_rng(seed_of("faders", song.name))
    for track in song.song.tracks:
        song = song.with_track(track.id, gain_db=track.gain_db + float(rng.uniform(-SPREAD_DB, SPREAD_DB)))
    return song


def mix_of(song: BenchSong) -> Audio:
    """The balanced song as it comes off the desk."""
    from bandmate.render.rendering import render

    return render(song.song, song.media).audio


def errors(truth: BenchSong, now: Song, memory: Memory) -> tuple[float, ...]:
    """How far each track is from where it was, without what they share."""
    ears = truth.ears(memory)
    steps = []
    for track in truth.song.tracks:
        was = ears.track(truth.song, track.id, "fader").active_lufs
        is_now = ears.track(now, track.id, "fader").active_lufs
        if was is not None and is_now is not None:
            steps.append(is_now - was)
    return tuple(float(step) for step in np.array(steps) - np.median(steps))


def recovered(truth: BenchSong, way: str, memory: Memory, reference: Audio | None = None) -> Recovered | None:
    """One song, one way; None where the stage has no such reference yet."""
    import time

    wrong = with_errors(truth)
    began = time.process_time()
    if reference is None:
        proposal = asked(wrong, memory, aspects=("balance",))
    else:
        found = with_reference(wrong, reference, memory, is_same=way == WAYS[0])
        if found is None:
            return None
        proposal = found
    seconds = time.process_time() - began
    moves = first_answers(proposal.moves)  # type: ignore[attr-defined]
    after = made(wrong.song, moves)
    return Recovered(
        truth.name, way, errors(truth, wrong.song, memory), errors(truth, after, memory), len(moves), seconds
    )


def with_reference(wrong: BenchSong, reference: Audio, memory: Memory, *, is_same: bool) -> object | None:
    """What the stage proposes with a reference; None while it takes none."""
    return None
