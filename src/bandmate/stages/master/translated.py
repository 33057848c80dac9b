"""What translation finds, as plain values: a record on one system, its regions, its mono sum, what noise covers.

Conventions: shares are 0 to 1, changes and losses in dB, loudness in LUFS, changes of it in LU. None means that there
was nothing to measure: silence, or too short.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegionChange:
    """A part of the spectrum on a system.

    ``share_before`` and ``share_after`` are its parts of the power; ``change_db`` is what the system does to its level,
    -inf where nothing is left; None where the record has nothing there.
    """

    region: str
    low_hz: float
    high_hz: float
    share_before: float
    share_after: float
    change_db: float | None


@dataclass(frozen=True, slots=True)
class LowBand:
    """How far both channels agree in a 1/3-octave band: 1 the same, 0 unrelated, -1 opposite polarity."""

    centre_hz: float
    agreement: float


@dataclass(frozen=True, slots=True)
class MonoSum:
    """What becomes of the record when both channels are added up.

    Losses in dB against the mean power of both channels: 0 for equal channels, 3 for unrelated ones, at most 60;
    ``by_region`` has one for each region, None where there is nothing. ``worst_low_at_seconds`` is where the three
    seconds with the lowest correlation below 120 Hz begin, among those with bass to speak of.
    """

    loss_db: float | None
    low_loss_db: float | None
    correlation: float | None
    low_correlation: float | None
    worst_low_correlation: float | None
    worst_low_at_seconds: float | None
    by_region: tuple[float | None, ...]
    low_bands: tuple[LowBand, ...]


@dataclass(frozen=True, slots=True)
class Drowned:
    """What the noise of the room covers.

    A moment is covered where the short-term loudness of what plays (3 s, every 100 ms) is below the noise; silence is
    not. ``spread_lu`` is how far the quiet moments (a tenth is quieter) are below the loud ones (a twentieth is louder)
    as played, ``spread_left_lu`` the same for a listener in the noise. Unlike the loudness range of EBU Tech 3342 it
    counts the quietest moments too, for it is those that the noise takes.
    """

    noise_lufs: float
    share: float
    seconds: float
    longest_seconds: float
    longest_at_seconds: float | None
    spread_lu: float
    spread_left_lu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRow:
    """A record on one system.

    ``loudness_change_lu`` and ``voice_change_db`` are against the record as it is; the voice is what is between 280 and
    3550 Hz, against the rest. ``presence_over_mids_db`` is as played. ``mono`` is there for systems that add the
    channels up, ``drowned`` for those with noise. Every number in ``sentence`` and ``remarks`` is one of these figures.
    """

    system: str
    name: str
    about: str
    home_made: bool
    loudness_lufs: float | None
    loudness_change_lu: float | None
    true_peak_dbtp: float
    regions: tuple[RegionChange, ...]
    voice_change_db: float | None
    presence_over_mids_db: float | None
    mono: MonoSum | None
    drowned: Drowned | None
    sentence: str
    remarks: tuple[str, ...]
