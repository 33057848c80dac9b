"""Where a master goes: loudness, ceiling, file and codecs of each service, with the source of every figure.

The table is ``data/delivery.toml``, which says what every field means. Nothing in it is computed; what a service will
do to a certain master is in `bandmate.stages.master.services`.

Not covered: prices, artwork, metadata that a shop wants, surround.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from bandmate.song.errors import RequestError, UnknownName

TurnsUp = Literal["never", "within headroom", "always with limiter"]
ServiceCodecName = Literal["aac", "mp3", "vorbis", "opus", "flac", "alac"]

TURNS_UP: tuple[str, ...] = get_args(TurnsUp)
CODEC_NAMES: tuple[str, ...] = get_args(ServiceCodecName)
LOSSLESS = ("flac", "alac")
LOUDNESS_RANGE_LUFS = (-40.0, 0.0)
PEAK_RANGE_DBTP = (-12.0, 0.0)


@dataclass(frozen=True, slots=True)
class ServiceCodec:
    """How a service sends the sound; ``kbps`` and ``rate_hz`` None: whatever the master has."""

    codec: ServiceCodecName
    kbps: int | None = None
    rate_hz: int | None = None

    @property
    def is_lossless(self) -> bool:
        return self.codec in LOSSLESS

    @property
    def label(self) -> str:
        """Such as ``aac 128``; lossless ones have no bit rate."""
        return f"{self.codec} {self.kbps}" if self.kbps else self.codec


@dataclass(frozen=True, slots=True)
class PlaybackMode:
    """A setting of a service's player; ``normalises_to_lufs`` None: it leaves the level alone."""

    name: str
    normalises_to_lufs: float | None
    turns_up: TurnsUp
    headroom_dbtp: float | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """What a service does with the level when it plays.

    Attributes
    ----------
    turns_up : str
        for masters quieter than ``normalises_to_lufs``: ``never``; ``within headroom`` of their true peak up to
        ``headroom_dbtp``; or ``always with limiter``.
    normalises_to_lufs : float or None
        None: it leaves the level alone.
    headroom_dbtp : float or None
    album_wise : bool
        an album that is played whole is turned as one.
    is_known : bool
        False: sources contradict each other.
    modes : tuple of PlaybackMode
        what the listener may choose instead.
    source, official
        of these figures, which may be known from elsewhere than the profile's loudness.
    """

    turns_up: TurnsUp
    source: str
    official: bool
    normalises_to_lufs: float | None = None
    headroom_dbtp: float | None = None
    album_wise: bool = False
    is_known: bool = True
    modes: tuple[PlaybackMode, ...] = ()

    @property
    def every_mode(self) -> tuple[PlaybackMode, ...]:
        """The usual setting, called ``normal``, and the others."""
        return (PlaybackMode("normal", self.normalises_to_lufs, self.turns_up, self.headroom_dbtp), *self.modes)


@dataclass(frozen=True, slots=True)
class SideLength:
    """How long one side of a record may be; ``most_minutes`` None: not said."""

    inches: int
    rpm: int
    good_minutes: float
    most_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class DeliveryProfile:
    """One row of the table.

    ``loudness_lufs`` None means that the destination has no target; ``rate_hz`` and ``bits`` None mean that any will
    do; ``playback`` None means that it is no service that plays. ``competitive_lufs`` is (quieter, louder).
    """

    id: str
    name: str
    loudness_lufs: float | None
    ceiling_dbtp: float
    rate_hz: int | None
    bits: int | None
    source: str
    read: datetime.date
    official: bool
    tolerance_lu: float | None = None
    loud_ceiling_dbtp: float | None = None
    competitive_lufs: tuple[float, float] | None = None
    rates_hz: tuple[int, ...] = ()
    least_bits: int | None = None
    mono_below_hz: float | None = None
    highpass_hz: float | None = None
    lowpass_hz: float | None = None
    least_correlation: float | None = None
    side_lengths: tuple[SideLength, ...] = ()
    notes: tuple[str, ...] = ()
    playback: Playback | None = None
    codecs: tuple[ServiceCodec, ...] = ()

    @property
    def origin(self) -> str:
        """Who says so and when it was read, for reports."""
        said = "official" if self.official else "not official"
        return f"{self.source} ({said}, read {self.read.isoformat()})"

    @property
    def lossy_codecs(self) -> tuple[ServiceCodec, ...]:
        """The codecs that change the sound."""
        return tuple(codec for codec in self.codecs if not codec.is_lossless)

    def ceiling_for_dbtp(self, loudness_lufs: float | None) -> float:
        """The ceiling of a master of that loudness: some services ask for more room where it is above their target."""
        if loudness_lufs is None or self.loudness_lufs is None or self.loud_ceiling_dbtp is None:
            return self.ceiling_dbtp
        return self.loud_ceiling_dbtp if loudness_lufs > self.loudness_lufs else self.ceiling_dbtp


@cache
def delivery_profiles() -> dict[str, DeliveryProfile]:
    """Every profile by its id.

    Raises
    ------
    RequestError
        if the table is wrong, naming the row and the field.
    """
    return read_profiles(files("bandmate").joinpath("data", "delivery.toml").read_text(encoding="utf-8"))


def read_profiles(text: str) -> dict[str, DeliveryProfile]:
    """A table such as ``data/delivery.toml`` as profiles by id; errors as `delivery_profiles`."""
    try:
        rows = tomllib.loads(text).get("profile", [])
    except tomllib.TOMLDecodeError as failure:
        raise RequestError(f"the delivery table is no TOML: {str(failure).lower()}; correct it there") from failure
    found: dict[str, DeliveryProfile] = {}
    for number, row in enumerate(rows, 1):
        place = f'row {number} ("{row.get("id", "without id")}")'
        profile = read_profile(row, place)
        if profile.id in found:
            raise wrong(place, "id", f'"{profile.id}" is there twice', "give it another")
        found[profile.id] = profile
    if not found:
        raise RequestError("the delivery table has no rows; each begins with [[profile]]")
    return found


def read_profile(row: dict[str, Any], place: str) -> DeliveryProfile:
    """One row, checked."""
    values = {"loudness_lufs": None, "rate_hz": None, "bits": None} | row
    playback = values.get("playback")
    if playback is not None:
        modes = made_all(PlaybackMode, playback.get("modes", ()), f"{place} playback modes")
        values["playback"] = made(Playback, playback | {"modes": modes}, f"{place} playback")
    values["codecs"] = made_all(ServiceCodec, row.get("codecs", ()), f"{place} codecs")
    values["side_lengths"] = made_all(SideLength, row.get("side_lengths", ()), f"{place} side_lengths")
    for name in ("rates_hz", "notes", "competitive_lufs"):
        if name in row:
            values[name] = tuple(row[name])
    profile: DeliveryProfile = made(DeliveryProfile, values, place)
    check_profile(profile, place)
    return profile


def made_all(kind: type, items: Iterable[dict[str, Any]], place: str) -> tuple[Any, ...]:
    return tuple(made(kind, item, f"{place} {number}") for number, item in enumerate(items, 1))


def made(kind: type, values: dict[str, Any], place: str) -> Any:
    """A value of the table's fields; missing ones, unknown ones and numbers in quotes are refused by name."""
    known = {field.name: field for field in fields(kind)}
    for name in values:
        if name not in known:
            raise wrong(place, name, "there is no such field", f"known are: {', '.join(known)}")
    for name, field in known.items():
        if name not in values and field.default is MISSING:
            raise wrong(place, name, "it is missing", "write it down")
        value = values.get(name)
        wants_number = any(word in str(field.type) for word in ("float", "int")) and "tuple" not in str(field.type)
        if wants_number and value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise wrong(place, name, f"{value!r} is no number", "write it without quotes")
    return kind(**values)


def check_profile(profile: DeliveryProfile, place: str) -> None:
    """What no type says: levels within their ranges, known words, a date, and a source for everything."""
    check_levels(profile, place)
    for mode in profile.playback.every_mode if profile.playback else ():
        if mode.turns_up not in TURNS_UP:
            raise wrong(place, "turns_up", f'"{mode.turns_up}" is not known', f"known are: {', '.join(TURNS_UP)}")
        if mode.turns_up != "never" and mode.headroom_dbtp is None:
            raise wrong(place, "headroom_dbtp", "it is missing", f'"{mode.turns_up}" needs it')
    for codec in profile.codecs:
        if codec.codec not in CODEC_NAMES:
            raise wrong(place, "codecs", f'"{codec.codec}" is not known', f"known are: {', '.join(CODEC_NAMES)}")
        if not codec.is_lossless and not codec.kbps:
            raise wrong(place, "codecs", f"{codec.codec} has no bit rate", "write its kbps")
    if not isinstance(profile.read, datetime.date):
        raise wrong(place, "read", f"{profile.read!r} is no date", "write it as 2026-11-22, without quotes")
    if not profile.source.strip():
        raise wrong(place, "source", "it is empty", "say who states these figures")


def check_levels(profile: DeliveryProfile, place: str) -> None:
    """Every loudness and every peak within what can be meant."""
    loudness = [("loudness_lufs", profile.loudness_lufs)]
    loudness += [("competitive_lufs", value) for value in profile.competitive_lufs or ()]
    peaks = [("ceiling_dbtp", profile.ceiling_dbtp), ("loud_ceiling_dbtp", profile.loud_ceiling_dbtp)]
    for mode in profile.playback.every_mode if profile.playback else ():
        loudness.append(("normalises_to_lufs", mode.normalises_to_lufs))
        peaks.append(("headroom_dbtp", mode.headroom_dbtp))
    for (low, high), unit, rows in ((LOUDNESS_RANGE_LUFS, "LUFS", loudness), (PEAK_RANGE_DBTP, "dBTP", peaks)):
        for name, value in rows:
            if value is not None and not low <= value <= high:
                raise wrong(place, name, f"{value} {unit} is not from {low} to {high} {unit}", "correct it")


def wrong(place: str, field: str, reason: str, step: str) -> RequestError:
    """The error for a field of the table."""
    return RequestError(f"delivery table, {place}, {field}: {reason}; {step}")


def delivery_profile(name: str) -> DeliveryProfile:
    """The profile of that id or name; case, blanks and hyphens do not count.

    Raises
    ------
    UnknownName
        listing the profiles there are.
    """
    wanted = squeezed(name)
    for profile in delivery_profiles().values():
        if wanted in (squeezed(profile.id), squeezed(profile.name)):
            return profile
    raise UnknownName("delivery profile", name, delivery_profiles())


def squeezed(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
