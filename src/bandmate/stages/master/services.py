"""What each service will do to a master: gain, loudness, peak after codec and gain, and one sentence for each.

Conventions: one row for each service and player setting, one column for each master, so that a dynamic and a
competitive master stand side by side. Services are those profiles of the delivery table that say how they play.

What is assumed, since services do not say it:

* The gain is the target less the integrated loudness of the master; of the album where the service turns albums as one
  and the album's loudness is given.
* Room for turning up is counted from the true peak of the master as delivered, not of what its codec makes of it; a
  player's limiter works on what it decoded.
* Players decode to floating point, apply the gain, and only then make whole numbers. So playback clips where decoded
  peak plus gain is above 0 dBTP: ``clips``. A player that makes whole numbers first clips where the decoded peak alone
  is: ``clips_before_gain``.
* A player's limiter holds its ceiling as if it were a true-peak limiter, and costs no loudness; what comes out is a
  little quieter and a little higher than stated.

Not covered: listeners who have normalisation switched off (for them the gain is 0 and ``decoded_dbtp`` is the peak),
speakers and headphones, what a web player does differently.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bandmate.stages.master.delivery import DeliveryProfile, Playback, PlaybackMode, delivery_profiles

Change = Literal["as it is", "turned down", "turned up", "turned up in part", "limited", "unknown"]

UNCHANGED_DB = 0.05
"""A gain smaller than this is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterFigures:
    """What was measured of a master.

    Attributes
    ----------
    name : str
        such as ``dynamic`` or ``competitive``.
    integrated_lufs : float or None
        None for silence.
    true_peak_dbtp : float
    decoded_dbtp : mapping
        true peak after a codec, by its label (``aac 128``), of as many codecs as were measured.
    album_lufs, album_peak_dbtp : float or None
        of the whole album that it is on.
    """

    name: str
    integrated_lufs: float | None
    true_peak_dbtp: float
    decoded_dbtp: Mapping[str, float] = field(default_factory=dict)
    album_lufs: float | None = None
    album_peak_dbtp: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnService:
    """What one service does to one master. Every number in ``sentence`` is one of the fields, rounded to 0.1.

    Attributes
    ----------
    change : str
        what is done; ``turned up in part`` where the headroom ends before the target is reached.
    target_lufs, gain_db, loudness_lufs, true_peak_dbtp, headroom_db : float or None
        where the service turns to, by how much, and what comes out; headroom is up to 0 dBTP. None where sources
        contradict each other; the target is also None where nothing is turned.
    measured_lufs : float or None
        the loudness that the gain is counted from.
    short_by_lu : float
        how far below the target it stays, 0 where it is reached or there is none.
    limited_db : float
        what the player's limiter takes off the highest peak.
    codec : str or None
        the service's codec that makes the highest peak, of those that were measured; None: none was.
    decoded_dbtp : float
        true peak after that codec, before any gain; the master's own without a codec.
    clips, clips_before_gain : bool
        see the assumptions of this module.
    """

    service: str
    master: str
    change: Change
    target_lufs: float | None
    measured_lufs: float | None
    gain_db: float | None
    loudness_lufs: float | None
    short_by_lu: float
    limited_db: float
    codec: str | None
    decoded_dbtp: float
    true_peak_dbtp: float | None
    headroom_db: float | None
    clips: bool
    clips_before_gain: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service in one of its player's settings (``normal`` is the usual one), and what it does to each master."""

    id: str
    name: str
    mode: str
    official: bool
    source: str
    read: datetime.date
    masters: tuple[OnService, ...]


@dataclass(frozen=True, slots=True)
class Turning:
    """How far a service turns, and what stops it."""

    change: Change
    gain_db: float
    short_by_lu: float = 0.0
    limited_db: float = 0.0


def on_services(
    masters: Sequence[MasterFigures],
    *,
    profiles: Iterable[DeliveryProfile] | None = None,
    every_mode: bool = False,
) -> tuple[ServiceRow, ...]:
    """What every service will do to each of the masters.

    Parameters
    ----------
    masters : sequence of MasterFigures
        one column each, such as the dynamic and the competitive one.
    profiles : iterable of DeliveryProfile, optional
        without it, all in the table; those that play nothing (CD, vinyl, broadcast …) have no row.
    every_mode : bool
        also the settings that a listener has to choose, such as Spotify's loud and quiet.
    """
    rows = []
    for profile in delivery_profiles().values() if profiles is None else profiles:
        if profile.playback is None:
            continue
        modes = profile.playback.every_mode if every_mode else profile.playback.every_mode[:1]
        for mode in modes:
            made = tuple(on_service(profile, profile.playback, mode, master) for master in masters)
            playback = profile.playback
            rows.append(
                ServiceRow(profile.id, profile.name, mode.name, playback.official, playback.source, profile.read, made)
            )
    return tuple(rows)


def on_service(profile: DeliveryProfile, playback: Playback, mode: PlaybackMode, master: MasterFigures) -> OnService:
    """What one service does to one master."""
    codec, decoded_dbtp = worst_codec(profile, master)
    is_album = playback.album_wise and master.album_lufs is not None
    measured_lufs = master.album_lufs if is_album else master.integrated_lufs
    peak_dbtp = master.true_peak_dbtp
    if is_album and master.album_peak_dbtp is not None:
        peak_dbtp = master.album_peak_dbtp
    if mode.turns_up == "always with limiter":
        peak_dbtp = decoded_dbtp
    turned = turning(mode, measured_lufs, peak_dbtp) if playback.is_known else None
    peak = loudness = None
    if turned is not None:
        peak = decoded_dbtp + turned.gain_db - turned.limited_db
        loudness = None if master.integrated_lufs is None else master.integrated_lufs + turned.gain_db
    found = OnService(
        service=profile.id,
        master=master.name,
        change="unknown" if turned is None else turned.change,
        target_lufs=mode.normalises_to_lufs,
        measured_lufs=measured_lufs,
        gain_db=None if turned is None else turned.gain_db,
        loudness_lufs=loudness,
        short_by_lu=0.0 if turned is None else turned.short_by_lu,
        limited_db=0.0 if turned is None else turned.limited_db,
        codec=codec,
        decoded_dbtp=decoded_dbtp,
        true_peak_dbtp=peak,
        headroom_db=None if peak is None else -peak,
        clips=(decoded_dbtp if peak is None else peak) > 0.0,
        clips_before_gain=decoded_dbtp > 0.0,
        sentence="",
    )
    return with_sentence(found, profile.name)


def worst_codec(profile: DeliveryProfile, master: MasterFigures) -> tuple[str | None, float]:
    """The service's measured codec with the highest peak, and that peak; without one the master's own."""
    known = [codec.label for codec in profile.lossy_codecs if codec.label in master.decoded_dbtp]
    if not known:
        return None, master.true_peak_dbtp
    worst = max(known, key=lambda label: master.decoded_dbtp[label])
    return worst, master.decoded_dbtp[worst]


def turning(mode: PlaybackMode, measured_lufs: float | None, peak_dbtp: float) -> Turning:
    """By how much a player turns a master of that loudness and true peak."""
    if mode.normalises_to_lufs is None or measured_lufs is None:
        return Turning("as it is", 0.0)
    wanted_db = mode.normalises_to_lufs - measured_lufs
    if wanted_db <= UNCHANGED_DB:
        return Turning("turned down", wanted_db) if wanted_db < -UNCHANGED_DB else Turning("as it is", 0.0)
    if mode.turns_up == "never" or mode.headroom_dbtp is None:
        return Turning("as it is", 0.0, short_by_lu=wanted_db)
    room_db = max(0.0, mode.headroom_dbtp - peak_dbtp)
    if mode.turns_up == "always with limiter":
        limited_db = max(0.0, wanted_db - room_db)
        return Turning("limited" if limited_db > 0 else "turned up", wanted_db, limited_db=limited_db)
    gain_db = min(wanted_db, room_db)
    if gain_db <= UNCHANGED_DB:
        return Turning("as it is", 0.0, short_by_lu=wanted_db)
    is_whole = gain_db == wanted_db
    return Turning("turned up" if is_whole else "turned up in part", gain_db, short_by_lu=wanted_db - gain_db)


def with_sentence(found: OnService, name: str) -> OnService:
    """The same with its sentence."""
    return replace(found, sentence=f"{name} {what_is_done(found)}; {what_the_peak_does(found)}.")


def what_is_done(found: OnService) -> str:
    """The first half of the sentence: the gain and the loudness."""
    if found.gain_db is None:
        return "may or may not turn it, for sources contradict each other"
    if found.loudness_lufs is None:
        return "has nothing to turn, for no loudness was measured"
    gain, loudness = f"{abs(found.gain_db):.1f} dB", f"{found.loudness_lufs:.1f} LUFS"
    match found.change:
        case "turned down":
            return f"turns it down by {gain} to {loudness}"
        case "turned up":
            return f"turns it up by {gain} to {loudness}"
        case "turned up in part":
            return f"turns it up by {gain} to {loudness}, {found.short_by_lu:.1f} LU short, for its peaks allow no more"
        case "limited":
            return f"turns it up by {gain} to about {loudness} and limits its peaks by {found.limited_db:.1f} dB"
    if found.short_by_lu > 0:
        return f"leaves it at {loudness}, {found.short_by_lu:.1f} LU below the others"
    return f"leaves it at {loudness}"


def what_the_peak_does(found: OnService) -> str:
    """The second half: the peak after codec and gain, and whether it clips."""
    peak = found.decoded_dbtp if found.true_peak_dbtp is None else found.true_peak_dbtp
    if peak == float("-inf"):
        return "it has no peak"
    after = f"after {found.codec}" if found.codec else "with no codec measured"
    if found.clips:
        return f"{after} its peak of {peak:+.1f} dBTP clips"
    warned = ""
    if found.clips_before_gain:
        warned = f", but {found.decoded_dbtp:+.1f} dBTP before the gain clips in players that decode to whole numbers"
    return f"{after} its peak is {peak:+.1f} dBTP{warned}"
