"""A balance found again after every fader was moved at random, by up to 12 dB either way.

The error of a track is how far its loudness, after the moves, is from where it was in the balanced song; what all
tracks share is taken out (the median), for no fader error changes the whole on purpose. Measured after the faders, on
the sound, so that every kind of move counts.

Three ways: with the song's own earlier mix as the reference, with another song's mix, and with none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.mix_arranging import seed_of
from benchmarks.mix_judging import asked, first_answers, loudness_by_track, made
from benchmarks.mix_songs import BenchSong

if TYPE_CHECKING:
    from bandmate.song.moves import Move
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
    was, is_now = (loudness_by_track(truth, state, memory) for state in (truth.song, now))
    steps = [is_now[track_id] - was[track_id] for track_id in was]
    return tuple(float(step) for step in np.array(steps) - np.median(steps))


def recovered(truth: BenchSong, way: str, memory: Memory, reference: Audio | None = None) -> Recovered | None:
    """One song, one way; None where the stage has no such reference."""
    wrong = with_errors(truth)
    found = without_reference(wrong, memory) if reference is None else with_reference(wrong, reference, memory)
    if found is None:
        return None
    moves, seconds = found
    after = made(wrong.song, moves)
    before = errors(truth, wrong.song, memory)
    return Recovered(truth.name, way, before, errors(truth, after, memory), len(moves), seconds)


def without_reference(wrong: BenchSong, memory: Memory) -> tuple[list[Move], float]:
    """The moves of the balance alone, and what they took in CPU seconds, hearing included where it was not done yet."""
    began = time.process_time()
    proposal = asked(wrong, memory, aspects=("balance",))
    return first_answers(proposal.moves), time.process_time() - began


def with_reference(wrong: BenchSong, reference: Audio, memory: Memory) -> tuple[list[Move], float] | None:
    """The moves of the fit to a reference, and what it took in CPU seconds once tracks and reference are heard; None
    where this version of the stage has none."""
    from bandmate.stages.hearing import hear
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.draft import Draft
    from bandmate.stages.mix.session import Session

    try:
        from bandmate.stages.mix.reference import MixReference
        from bandmate.stages.mix.reference_moves import add_reference
    except ImportError:
        return None
    session = Session(wrong.song, wrong.ears(memory), MixBrief(aspects=("balance",)))
    session.listen()
    draft = Draft(session)
    heard = MixReference("reference", hear(reference.blocks(), reference.rate_hz))
    began = time.process_time()
    add_reference(draft, [heard])
    return draft.moves, time.process_time() - began
