"""A room, or an echo, for a mix that has none: a bus in time with the song, and how much of each track goes there.

The decay is between two beats and a bar, the gap before it a small part of a beat, the echo a dotted eighth. The sends
differ by kind of track (none for what holds the low end) and are turned up together until all that comes back is
``ROOM_BELOW_MIX_DB`` below the mix: too little room is a matter of taste, too much a mistake.

References: B. De Man et al., Perceptual evaluation of reverberation in mixes (2017), for how loud rooms may be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.render.strip import seconds_per_tick
from bandmate.song.address import ABSENT
from bandmate.song.devices import Delay, Reverb
from bandmate.song.moves import Move
from bandmate.song.song import Song
from bandmate.song.time import DEFAULT_BPM
from bandmate.song.tracks import MAIN, Bus, Role, Send, Track
from bandmate.stages.mix.dynamics import ear_weights
from bandmate.stages.mix.room_return import echo_factor, mix_energy, reverb_factor
from bandmate.stages.mix.session import Session

Reals = npt.NDArray[np.float64]
Factor = Callable[[tuple[float, ...]], Reals]

ROOM_BELOW_MIX_DB = 14.0
ECHO_BELOW_MIX_DB = 18.0
DECAY_BEATS, DECAY_SECONDS = 3.0, (0.8, 2.2)
PREDELAY_BEATS, PREDELAY_MS = 1 / 16, (12.0, 40.0)
ROOM_DAMPING_HZ, ECHO_DAMPING_HZ = 5_000.0, 3_500.0
ECHO_BEATS, ECHO_FEEDBACK = 0.75, 0.3
MOST_TICKS = 3_840
STEP_DB, MOST_SEND_DB = 0.5, 0.0

SEND_DB: dict[Role, float] = {
    "lead-vox": 0.0,
    "backing-vox": 2.0,
    "snare": -2.0,
    "drums": -8.0,
    "percussion": -3.0,
    "electric-guitar": -4.0,
    "acoustic-guitar": -3.0,
    "lead-guitar": 0.0,
    "piano": -3.0,
    "keys": -3.0,
    "organ": -4.0,
    "synth": -3.0,
    "strings": 0.0,
    "brass": -1.0,
    "woodwind": 0.0,
}
"""How much of each kind goes into the room, beside the lead; kinds that are not here stay dry."""


@dataclass(frozen=True, slots=True)
class Room:
    """A bus with one device, the level of each send, and how far what comes back will be below the mix."""

    bus: Bus
    sends: tuple[tuple[str, float], ...]
    below_mix_db: float

    def moves(self) -> tuple[Move, ...]:
        """The bus, and then the sends to it."""
        made = Move(address=f"buses/{self.bus.id}", before=ABSENT, after=self.bus)
        sends = (
            Move(
                address=f"tracks/{track_id}/sends/{self.bus.id}",
                before=ABSENT,
                after=Send(id=self.bus.id, bus=self.bus.id, gain_db=gain_db),
            )
            for track_id, gain_db in self.sends
        )
        return (made, *sends)


def tempo_of(session: Session) -> float:
    """Beats a minute: the song's or those that are heard, 120 without a pulse."""
    return session.structure.bpm or DEFAULT_BPM


def room_bus(session: Session) -> tuple[Bus, Reverb]:
    """The room, in time."""
    beat_seconds = 60.0 / tempo_of(session)
    device = Reverb(
        id="reverb",
        decay_seconds=round(float(np.clip(DECAY_BEATS * beat_seconds, *DECAY_SECONDS)), 2),
        predelay_ms=round(float(np.clip(1_000.0 * PREDELAY_BEATS * beat_seconds, *PREDELAY_MS)), 1),
        damping_hz=ROOM_DAMPING_HZ,
    )
    return Bus(id=free_id(session.song, "room"), name="Room", inserts=(device,), output=MAIN), device


def echo_bus(session: Session) -> tuple[Bus, Delay]:
    """The echo, a dotted eighth late by the music's own beat, whatever tempo the song is set to."""
    seconds = ECHO_BEATS * 60.0 / tempo_of(session)
    ticks = round(seconds / seconds_per_tick(session.song))
    while ticks > MOST_TICKS:
        ticks //= 2
    device = Delay(id="delay", length_ticks=max(1, ticks), feedback=ECHO_FEEDBACK, damping_hz=ECHO_DAMPING_HZ)
    return Bus(id=free_id(session.song, "echo"), name="Echo", inserts=(device,), output=MAIN), device


def free_id(song: Song, wanted: str) -> str:
    """That id, or the next with a number that no bus has."""
    taken, number, name = {bus.id for bus in song.buses}, 2, wanted
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def room_for(session: Session) -> Room | None:
    """The room with its sends; None where no track is fit for one."""
    bus, device = room_bus(session)
    wanted = {track.id: SEND_DB[session.guess(track.id).role] for track in sendable(session)}
    return solved(session, bus, wanted, lambda hz: reverb_factor(device, hz), ROOM_BELOW_MIX_DB)


def echo_for(session: Session, lead_id: str) -> Room | None:
    """The echo of one track."""
    bus, device = echo_bus(session)
    return solved(session, bus, {lead_id: 0.0}, lambda hz: np.full(len(hz), echo_factor(device)), ECHO_BELOW_MIX_DB)


def sendable(session: Session) -> list[Track]:
    """The tracks that are fit for a room."""
    return [track for track in session.tracks if session.guess(track.id).role in SEND_DB]


def solved(session: Session, bus: Bus, wanted: Mapping[str, float], factor: Factor, below_db: float) -> Room | None:
    """The sends turned up together until what comes back is ``below_db`` below the mix, as far as is worked out.

    ``factor`` says by how much the bus changes the energy of each band.
    """
    mix = mix_energy(session)
    returned = {track_id: return_energy(session, track_id, factor) for track_id in wanted}
    together = sum(energy * 10 ** (wanted[track_id] / 10) for track_id, energy in returned.items())
    if mix <= 0.0 or together <= 0.0:
        return None
    up_db = 10 * np.log10(mix / together) - below_db
    sends = {
        track_id: min(MOST_SEND_DB, round(float(up_db + base) / STEP_DB) * STEP_DB) for track_id, base in wanted.items()
    }
    back = sum(energy * 10 ** (sends[track_id] / 10) for track_id, energy in returned.items())
    return Room(bus, tuple(sends.items()), float(10 * np.log10(mix / back)))


def return_energy(session: Session, track_id: str, factor: Factor) -> float:
    """What would come back of a track whose send is at 0 dB."""
    hz = session.hearing(track_id).band_hz
    by_band = session.power(track_id).sum(axis=1, dtype=np.float64)
    return float((ear_weights(hz) * factor(hz)) @ by_band)
