"""The bench where faults are planted: what a fault is, and a song with the tracks that are still free of any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks import mix_damage as damage
from benchmarks.mix_songs import BenchSong

Reals = npt.NDArray[np.float64]
Rng = np.random.Generator

MELODIC = (
    "electric-guitar", "acoustic-guitar", "lead-guitar", "piano", "keys", "organ", "synth", "pad", "strings", "brass",
    "woodwind", "lead-vox", "backing-vox",
)  # fmt: skip
BRIGHT = ("electric-guitar", "lead-guitar", "lead-vox", "synth", "brass", "strings", "piano", "woodwind", "keys")
WARM = ("piano", "keys", "acoustic-guitar", "electric-guitar", "lead-vox", "pad", "organ", "strings", "lead-guitar")
LEADS = ("lead-vox", "woodwind", "lead-guitar", "brass")
MASKERS = ("pad", "electric-guitar", "acoustic-guitar", "keys", "organ", "strings", "piano", "synth", "brass")
TWINNED = ("bass", "snare", "acoustic-guitar", "electric-guitar", "lead-guitar", "kick")
CENTRES_HZ = 1000.0 * 10 ** (np.arange(-15, 13) / 10)


@dataclass(frozen=True, slots=True)
class Fault:
    """What was planted.

    ``tracks`` are ids, the one at fault first. No end means to the end of the song; no range means all of the sound.
    ``direction`` is +1 where a track was made too loud, -1 too soft.
    """

    kind: str
    tracks: tuple[str, ...]
    answers: tuple[str, ...]
    size: float
    unit: str = "dB"
    start_seconds: float = 0.0
    end_seconds: float | None = None
    low_hz: float | None = None
    high_hz: float | None = None
    direction: int = 0

    def __str__(self) -> str:
        where = "" if self.end_seconds is None else f", {self.start_seconds:.0f} to {self.end_seconds:.0f} s"
        hz = "" if self.low_hz is None else f", {self.low_hz:.0f} to {self.high_hz:.0f} Hz"
        return f"{self.kind} on {' and '.join(self.tracks)}: {self.size:+.2f} {self.unit}{where}{hz}"


Planted = tuple[BenchSong, Fault] | None


@dataclass(frozen=True)
class Bench:
    """A song on the bench, with the tracks that have a fault already."""

    song: BenchSong
    rng: Rng
    used: frozenset[str]

    @property
    def rate_hz(self) -> int:
        return self.song.song.rate_hz

    def free(self, roles: Sequence[str], *, channels: int = 0) -> list[str]:
        """Tracks of these roles without a fault and without a twin, in the order of the song."""
        taken = self.used | {track_id for pair in self.song.twins for track_id in pair}
        return [
            track.id
            for track in self.song.song.tracks
            if self.song.truth[track.id] in roles
            and track.id not in taken
            and channels in (0, self.song.audio(track.id).channels)
        ]

    def pick(self, roles: Sequence[str], *, channels: int = 0) -> str | None:
        """One of them by chance; None where there is none."""
        found = self.free(roles, channels=channels)
        return str(self.rng.choice(found)) if found else None

    def sound(self, track_id: str) -> Reals:
        return self.song.audio(track_id).samples.astype(np.float64)

    def with_sound(self, track_id: str, sound: Reals) -> BenchSong:
        """The song with another recording on a track; one that would be above full scale is turned down before, and its
        fader up."""
        from bandmate.sound.audio import Audio

        peak = float(np.abs(sound).max(initial=0.0))
        down_db = max(0.0, 20 * float(np.log10(peak / 0.99))) if peak > 0 else 0.0
        audio = Audio((sound * 10 ** (-down_db / 20)).astype(np.float32), self.rate_hz)
        song = self.song.with_audio({track_id: audio})
        if down_db:
            song = song.with_track(track_id, gain_db=song.song.track(track_id).gain_db + down_db)
        return song

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))


def is_active(sound: Reals, rate_hz: int, start_seconds: float, end_seconds: float) -> bool:
    """Whether a track plays in a section about as it does elsewhere."""
    part = sound[:, round(start_seconds * rate_hz) : round(end_seconds * rate_hz)]
    return part.size > 0 and float(np.sqrt((part**2).mean())) > 0.4 * damage.active_rms(sound, rate_hz)
