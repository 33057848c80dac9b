"""How loud the rooms and echoes of a mix are: what the buses with reverbs and delays on them give, beside the tracks.

Conventions: levels compare energies over the whole song, weighted about as the ear does. A mix without any such bus has
its room ``NOTHING_DB`` below it, and so has one whose room is even softer.

Not covered: reverbs that are inserted into a track, and what is on the recordings (``space_tails``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.song.devices import AnyDevice, Delay, Plugin, Reverb
from bandmate.song.song import Song
from bandmate.stages.mix.dynamics import ear_weights, heard_power
from bandmate.stages.mix.session import Session

Reals = npt.NDArray[np.float64]

NOTHING_DB = 40.0


def makes_room(device: AnyDevice) -> bool:
    """Whether a device is a room or an echo that can be heard."""
    return isinstance(device, Reverb | Delay) and device.enabled and device.wet > 0.0


def room_buses(song: Song) -> list[str]:
    """The buses with a room or an echo on them."""
    return [bus.id for bus in song.buses if not bus.mute and any(makes_room(device) for device in bus.inserts)]


def has_own_rooms(song: Song) -> bool:
    """Whether anything in the song makes a room, or may (a plug-in)."""
    rows = [*(track.inserts for track in song.tracks), *(bus.inserts for bus in song.buses), song.main.inserts]
    return any(makes_room(device) or (isinstance(device, Plugin) and device.enabled) for row in rows for device in row)


def mix_energy(session: Session) -> float:
    """The energy of all tracks together as they leave their faders."""
    return float(sum(heard_power(session, track.id).sum() for track in session.tracks))


def room_below_mix_db(session: Session) -> float | None:
    """How far the rooms are below the mix, in dB, at most ``NOTHING_DB``; None for silence."""
    mix = mix_energy(session)
    if mix <= 0.0:
        return None
    room = 0.0
    for bus_id in room_buses(session.song):
        heard = session.ears.bus(session.song, bus_id)
        room += float((ear_weights(heard.band_hz) @ heard.power).sum(dtype=np.float64))
    return float(min(NOTHING_DB, 10 * np.log10(mix / room))) if room > 0.0 else NOTHING_DB


def reverb_factor(device: Reverb, band_hz: tuple[float, ...]) -> Reals:
    """By which factor a reverb alone changes the energy of each band: high notes die sooner and add up to less."""
    return np.asarray(1.0 / (1.0 + (np.array(band_hz) / device.damping_hz) ** 2))


def echo_factor(device: Delay) -> float:
    """The energy of all echoes beside that of the sound."""
    return 1.0 / (1.0 - device.feedback**2)
