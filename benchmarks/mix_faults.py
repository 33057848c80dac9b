"""Faults planted into songs with known truth: each with its kind, its tracks, its place and its size.

``plant(song, kinds, rng)`` gives the song with one fault of each kind, every one on tracks of its own, and what was
planted; a kind that the song has no track for is left out. ``KINDS`` are all kinds. ``Fault.answers`` are the kinds of
findings that name it rightly.

A masking fault is a boost by 6 to 9 dB in the lead's main band, on the track that is loudest there while the lead
plays; more (at most 15 dB) where it takes more to be as loud as the lead in that band, for otherwise nothing is masked.
What says that the masker is boxy, muddy, nasal or harsh right there names the same boost, and counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks import mix_pair_faults as pair
from benchmarks import mix_track_faults as track
from benchmarks.mix_bench import Bench, Fault, Planted
from benchmarks.mix_songs import BenchSong

PLANTERS: dict[str, Callable[[Bench], Planted]] = {
    "gain": track.gain,
    "ride": track.ride,
    "harsh": track.harsh,
    "boxy": track.boxy,
    "muddy": track.muddy,
    "nasal": track.nasal,
    "resonance": track.resonance,
    "polarity": pair.polarity,
    "delay": pair.delay,
    "masking": pair.masking,
    "clipping": track.clipping,
    "noise": track.noise,
    "hum": track.hum,
    "rumble": track.rumble,
    "sibilance": track.sibilance,
    "dc": track.dc,
    "duplicate": pair.duplicate,
    "dual-mono": track.dual_mono,
    "one-sided": track.one_sided,
    "offset": track.offset,
    "uneven": track.uneven,
    "low-end": pair.low_end,
    "wide-low": pair.wide_low,
    "mono-loss": pair.mono_loss,
    "room": track.room,
    "crowded": pair.crowded,
    "silent": track.silent,
}
KINDS = tuple(PLANTERS)


def plant(song: BenchSong, kinds: Sequence[str], rng: np.random.Generator) -> tuple[BenchSong, list[Fault]]:
    """The song with one fault of each kind that it has a track for, and what was planted."""
    used: set[str] = set()
    faults: list[Fault] = []
    for kind in kinds:
        bench = Bench(song, rng, frozenset(used))
        planted = PLANTERS[kind](bench)
        if planted is not None:
            song, fault = planted
            faults.append(fault)
            used |= set(fault.tracks)
    return song, faults
