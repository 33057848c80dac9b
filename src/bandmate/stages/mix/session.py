"""A session: a song on the desk, with everything that the mix stage has heard of it.

Conventions: what is asked for is heard once; a session of the same song with a move made hears anew only the tracks
that sound different after their inserts. Powers are those that leave the fader: gain, automation and the buses behind
it are multiplied in, which is exact; devices on buses are not. Roles and structure are those of the first session, for
no move of a mix changes them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bandmate.render.content import track_content
from bandmate.render.levels import linear_gain, movements
from bandmate.song.song import Song
from bandmate.song.tracks import MAIN, Track
from bandmate.stages.closeup import Closeup
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.roles import Guess, role_of
from bandmate.stages.structure import Structure, structure_of
from bandmate.stages.words import spoken_name

Powers = npt.NDArray[np.float32]
"""Mean power, shape (bands, hops)."""

HOP_SECONDS = 0.1
BOTH_SIDES_LU = 3.01
"""A mono track is heard before its pan; from there it plays on both sides, which is twice the energy."""


class Session:
    """A song, heard.

    Parameters
    ----------
    song : Song
    ears : Ears
    brief : MixBrief
    base : Session, optional
        a session of the same song before a change: what did not change is taken from there.
    """

    def __init__(self, song: Song, ears: Ears, brief: MixBrief, *, base: Session | None = None) -> None:
        self.song, self.ears, self.brief = song, ears, brief
        self._heard: dict[str, tuple[Hearing, Closeup]] = base._heard if base else {}
        self._guesses: dict[str, Guess] = base._guesses if base else {}
        self._structures: list[Structure] = base._structures if base else []
        self._names: dict[str, str] = {}
        self._powers: dict[str, Powers] = {}
        self._erb_powers: dict[str, Powers] = {}

    def with_song(self, song: Song) -> Session:
        """The session with another state of its song."""
        return Session(song, self.ears, self.brief, base=self)

    def listen(self) -> None:
        """Hear every track that plays, two at a time."""
        wanted = [track.id for track in self.song.tracks if plays(track) and self._name(track.id) not in self._heard]
        for track_id, heard in self.ears.all_closely(self.song, wanted).items():
            self._heard[self._name(track_id)] = heard

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracks that can be heard, in the order of the song; too quiet to measure does not count."""
        return tuple(
            track for track in self.song.tracks if plays(track) and self.hearing(track.id).active_lufs is not None
        )

    def hearing(self, track_id: str) -> Hearing:
        """What is heard of a track after its inserts."""
        return self._closely(track_id)[0]

    def closeup(self, track_id: str) -> Closeup:
        """The same, looked at closely."""
        return self._closely(track_id)[1]

    def guess(self, track_id: str) -> Guess:
        """What the track is."""
        if track_id not in self._guesses:
            track = self.song.track(track_id)
            hearing, closeup = self._closely(track_id)
            self._guesses[track_id] = role_of(track.role, spoken_name(track), hearing, closeup.timbre)
        return self._guesses[track_id]

    def guesses(self) -> Mapping[str, Guess]:
        """What each track that sounds is."""
        return {track.id: self.guess(track.id) for track in self.tracks}

    def hearings(self) -> Mapping[str, Hearing]:
        """What is heard of each track that sounds."""
        return {track.id: self.hearing(track.id) for track in self.tracks}

    def loudness_lufs(self, track_id: str) -> float:
        """Loudness of a track while it plays, as it leaves the fader; automation counts by its mean power."""
        track, hearing = self.song.track(track_id), self.hearing(track_id)
        ridden = self.fader_power(track_id, hearing.hops, hearing.hop_seconds)
        weight = hearing.power.sum(axis=0, dtype=np.float64)
        mean = float((ridden * weight).sum() / weight.sum()) if weight.sum() > 0 else float(ridden.mean())
        sides = BOTH_SIDES_LU if hearing.channels == 1 else 0.0
        lufs = -100.0 if hearing.active_lufs is None or track.mute else hearing.active_lufs
        return lufs + sides + 10 * float(np.log10(max(mean, 1e-15)))

    def power(self, track_id: str) -> Powers:
        """Power by 1/3-octave band (``Hearing.band_hz``) and hop as it leaves the fader; read-only."""
        if track_id not in self._powers:
            hearing = self.hearing(track_id)
            self._powers[track_id] = self._faded(track_id, hearing.power, hearing.hop_seconds)
        return self._powers[track_id]

    def erb_power(self, track_id: str) -> Powers:
        """Power by ERB band (``Closeup.erb_hz``) and hop as it leaves the fader; read-only."""
        if track_id not in self._erb_powers:
            closeup = self.closeup(track_id)
            self._erb_powers[track_id] = self._faded(track_id, closeup.erb_power, closeup.hop_seconds)
        return self._erb_powers[track_id]

    def fader_power(self, track_id: str, hops: int, hop_seconds: float) -> npt.NDArray[np.float64]:
        """The factor on a track's power at each hop: fader, automation, balance and the faders of its buses."""
        track = self.song.track(track_id)
        gain_db = np.full(hops, track.gain_db)
        for move in movements(track.automation, "gain_db", self.song):
            frames = np.arange(hops) * hop_seconds * self.song.rate_hz
            gain_db += np.interp(frames, move.frames, move.values)
        buses = {bus.id: bus for bus in self.song.buses}
        factor, at = 1.0, track.output
        while at != MAIN and at in buses:
            factor *= 0.0 if buses[at].mute else linear_gain(buses[at].gain_db) ** 2
            at = buses[at].output
        if self.hearing(track_id).channels == 2:
            factor *= (1.0 + (1.0 - abs(track.pan)) ** 2) / 2.0
        powers: npt.NDArray[np.float64] = factor * 10.0 ** (gain_db / 10.0)
        return powers

    def where(self, start_seconds: float, end_seconds: float) -> str:
        """A stretch of the song in words: bars where they are known, else minutes and seconds."""
        return self.structure.bars_text(start_seconds, end_seconds)

    @property
    def structure(self) -> Structure:
        """Tempo, bars and sections of the song: its own, else as they are heard."""
        if not self._structures:
            ids = [track.id for track in self.tracks]
            onsets = {track_id: self.closeup(track_id).onsets for track_id in ids}
            powers = {track_id: self.hearing(track_id).power for track_id in ids}
            hop_seconds = self.hearing(ids[0]).hop_seconds if ids else HOP_SECONDS
            self._structures.append(structure_of(self.song, onsets, powers, hop_seconds=hop_seconds))
        return self._structures[0]

    def _faded(self, track_id: str, power: Powers, hop_seconds: float) -> Powers:
        faded = power * self.fader_power(track_id, power.shape[1], hop_seconds).astype(np.float32)
        faded.flags.writeable = False
        return faded

    def _closely(self, track_id: str) -> tuple[Hearing, Closeup]:
        name = self._name(track_id)
        if name not in self._heard:
            self._heard[name] = self.ears.closely(self.song, track_id)
        return self._heard[name]

    def _name(self, track_id: str) -> str:
        if track_id not in self._names:
            self._names[track_id] = track_content(self.song, self.song.track(track_id), "inserts")
        return self._names[track_id]


def plays(track: Track) -> bool:
    """Whether a track has anything to play and is not muted."""
    return bool(track.clips) and not track.mute


def summed(powers: list[Powers]) -> Powers:
    """All of them together; silence after the end of a shorter one.

    Raises
    ------
    ValueError
        for no powers at all.
    """
    bands, hops = powers[0].shape[0], max(power.shape[1] for power in powers)
    total = np.zeros((bands, hops), np.float32)
    for power in powers:
        total[:, : power.shape[1]] += power
    return total
