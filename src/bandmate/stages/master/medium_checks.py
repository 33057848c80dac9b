"""Checks before a record is cut to vinyl or goes to a club: bass, sides, sibilance, top, bottom, length, as numbers.

Conventions: every check gives a row, met or not, with its figure, its limit and one sentence whose numbers are fields
of the row. Limits come from the caller (the delivery table has those of cutting rooms); the few that have no source
there are named here with their reason. Silence has no rows.

Not covered: where a groove would really break (that is the cutter's art and head), record equalization.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.song.evidence import Evidence
from bandmate.sound.band_pair import BandPair, PairMeter
from bandmate.sound.filters import HIGHEST_SHARE, Sections, high_pass_sections, low_pass_sections
from bandmate.sound.stereo import ratio_db
from bandmate.stages.hearing import Hearing, peeked
from bandmate.stages.master.delivery import SideLength
from bandmate.stages.master.diagnosis import Tape, band_pass
from bandmate.stages.words import clock

WORST_SECONDS = 3.0
LOW_ORDER, EDGE_ORDER = 4, 8

SIBILANCE_HZ = (5_000.0, 10_000.0)
SIBILANCE_ORDER = 4
BURST_MS = 10.0
LOUDEST_SHARE = 0.01
BURST_OVER_BAND_DB = 10.0
"""Less than this over the band's own mean is a steady top and no burst."""
BURST_OVER_WHOLE_DB = -4.0
"""Eighteen finished pieces: -4.7 dB and less; a sibilant voice alone: -0.2 dB."""
APART_SECONDS = 1.0
MOST_TIMES = 5

SIDES_UNDER_MIDDLE_DB = 6.0
TOP_UNDER_WHOLE_DB = 30.0
"""With more above the low-pass than this it will be missed (eighteen pieces: 16 to 63 dB under the whole)."""

LOW_SHARE = 0.05
LOUDEST_ACCEPTED_LUFS = -10.0
"""Cutting rooms take -14 to -10 LUFS; louder files only have less of the dynamics that a groove carries."""

SUB_BANDS = (("sub", 25.0, 60.0), ("bass", 60.0, 120.0))
SUB_ORDER = 4
SUB_CORRELATION = 0.5
CLUB_LOSS_DB = 1.0
"""What one bass for both sides may cost; channels with a correlation of 0.6 lose as much."""
CLUB_LOWEST_HZ = 30.0
QUIET_DB = -60.0
"""A band so far under the whole has no phase to speak of."""
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: its figure against its limit, whether it is met, and where it is worst.

    ``at_seconds`` has the places, worst first; ``more`` what else was measured.
    """

    check: str
    value: float | None
    unit: str
    limit: float | None
    is_met: bool
    text: str
    at_seconds: tuple[float, ...] = ()
    more: tuple[Evidence, ...] = ()

    def facts(self) -> dict[str, object]:
        """The check for programs."""
        return {"check": self.check, "value": self.value, "unit": self.unit, "limit": self.limit, "met": self.is_met}


@dataclass(frozen=True, slots=True, kw_only=True)
class VinylLimits:
    """What the cutting room asks for; ``sides`` are the discs in question."""

    mono_below_hz: float = 250.0
    least_correlation: float = 0.5
    highpass_hz: float = 30.0
    lowpass_hz: float = 16_000.0
    sides: Sequence[SideLength] = ()


def check_vinyl(
    hearing: Hearing,
    tape: Tape,
    rate_hz: int,
    limits: VinylLimits | None = None,
    *,
    side_minutes: float | None = None,
) -> tuple[CheckRow, ...]:
    """Check a pre-master for a cutting room.

    Parameters
    ----------
    hearing : Hearing
        of the sound.
    tape : callable
        plays it from its beginning; called once.
    rate_hz : int
    limits : VinylLimits, optional
        what the cutting room asks for.
    side_minutes : float, optional
        music on the side, when it is more than this one sound.

    Returns
    -------
    tuple of CheckRow
        bass, correlation, sides, sibilance, top, bottom, loudness, side length; nothing for silence. Mono has no row
        for the sides.
    """
    asked = limits or VinylLimits()
    meters = {
        "whole": None,
        "low": low_pass_sections(asked.mono_below_hz, rate_hz, order=LOW_ORDER),
        "top": high_pass_sections(asked.lowpass_hz, rate_hz, order=LOW_ORDER),
        "bottom": low_pass_sections(asked.highpass_hz, rate_hz, order=EDGE_ORDER),
    }
    has_top = asked.lowpass_hz < HIGHEST_SHARE * rate_hz
    has_sibilance = SIBILANCE_HZ[0] < HIGHEST_SHARE * rate_hz
    sibilance = band_pass(*SIBILANCE_HZ, rate_hz, order=SIBILANCE_ORDER) if has_sibilance else None
    found, bursts = measured(tape, rate_hz, meters, sibilance)
    if hearing.integrated_lufs is None or found["whole"].energy <= 0:
        return ()
    rows = [low_row(found["low"], found["whole"], asked)]
    rows += [correlation_row(hearing, asked)] if hearing.correlation is not None else []
    rows += [sides_row(hearing)] if hearing.width_db is not None and hearing.channels > 1 else []
    rows += [sibilance_row(bursts, found["whole"])] if bursts is not None else []
    rows += [top_row(found["top"], found["whole"], asked)] if has_top else []
    rows += [bottom_row(found["bottom"], found["whole"], asked.highpass_hz), loudness_row(hearing)]
    minutes = hearing.seconds / MINUTE if side_minutes is None else side_minutes
    rows += [length_row(minutes, asked.sides)] if asked.sides else []
    return tuple(rows)


def check_club(tape: Tape, rate_hz: int, *, mono_below_hz: float = 120.0) -> tuple[CheckRow, ...]:
    """Check a master for a system with one bass: what that costs, the phase of sub and bass, and what lies under 30 Hz.

    Returns
    -------
    tuple of CheckRow
        nothing for silence; a band without anything in it has no row.
    """
    meters = {
        "whole": None,
        "low": low_pass_sections(mono_below_hz, rate_hz, order=LOW_ORDER),
        "bottom": low_pass_sections(CLUB_LOWEST_HZ, rate_hz, order=EDGE_ORDER),
        **{name: band_pass(low, high, rate_hz, order=SUB_ORDER) for name, low, high in SUB_BANDS},
    }
    found, _ = measured(tape, rate_hz, meters, None)
    whole = found["whole"]
    if whole.energy <= 0:
        return ()
    rows = []
    low = found["low"]
    if is_heard(low, whole) and low.mono_loss_db is not None:
        loss_db = low.mono_loss_db
        text = f"one bass below {mono_below_hz:.0f} Hz loses {plain(loss_db)} dB"
        more = (Evidence(what="one channel below", unit="Hz", before=mono_below_hz),)
        rows.append(CheckRow("mono bass", loss_db, "dB", CLUB_LOSS_DB, loss_db <= CLUB_LOSS_DB, text, more=more))
    rows += [row for name, *_ in SUB_BANDS for row in phase_rows(name, found[name], whole)]
    return (*rows, bottom_row(found["bottom"], whole, CLUB_LOWEST_HZ))


def measured(
    tape: Tape, rate_hz: int, bands: dict[str, Sections | None], sibilance: Sections | None
) -> tuple[dict[str, BandPair], BandPair | None]:
    """Every band in hops of 100 ms, and the sibilance in hops of 10 ms, in one pass."""
    first, blocks = peeked(tape())
    channels = first.shape[0]
    meters = {
        name: PairMeter(rate_hz, channels) if sections is None else PairMeter(rate_hz, channels, sections)
        for name, sections in bands.items()
    }
    fine = None if sibilance is None else PairMeter(rate_hz, channels, sibilance, hop_ms=BURST_MS)
    for block in blocks:
        for meter in (*meters.values(), *([fine] if fine else [])):
            meter.feed(block)
    return {name: meter.result() for name, meter in meters.items()}, fine.result() if fine else None


def low_row(low: BandPair, whole: BandPair, asked: VinylLimits) -> CheckRow:
    """The bass in phase, as a whole and where it is worst."""
    limit, correlation = asked.least_correlation, low.correlation
    hz = f"{asked.mono_below_hz:.0f} Hz"
    frequency = Evidence(what="in phase below", unit="Hz", before=asked.mono_below_hz)
    if correlation is None or not is_heard(low, whole):
        return CheckRow("bass in phase", None, "correlation", limit, True, f"nothing below {hz}", more=(frequency,))
    worst = low.worst(WORST_SECONDS)
    text = f"correlation below {hz} {correlation:.2f}"
    if worst is None:
        return CheckRow(
            "bass in phase", correlation, "correlation", limit, correlation >= limit, text, more=(frequency,)
        )
    lowest = Evidence(what="lowest of three seconds", unit="correlation", before=worst[1], where=clock(worst[0]))
    is_met = correlation >= limit and worst[1] >= 0.0
    text = f"{text}, lowest {worst[1]:.2f} at {clock(worst[0])}"
    if not is_met:
        text += ": the needle moves up and down; make the bass mono"
    return CheckRow("bass in phase", correlation, "correlation", limit, is_met, text, (worst[0],), (frequency, lowest))


def correlation_row(hearing: Hearing, asked: VinylLimits) -> CheckRow:
    correlation, limit = hearing.correlation or 0.0, asked.least_correlation
    text = f"correlation of the whole {correlation:.2f}"
    return CheckRow("correlation", correlation, "correlation", limit, correlation >= limit, text)


def sides_row(hearing: Hearing) -> CheckRow:
    width_db = hearing.width_db if hearing.width_db is not None else -np.inf
    is_met = width_db <= -SIDES_UNDER_MIDDLE_DB
    text = "no sides: mono" if width_db == -np.inf else f"sides {plain(width_db)} dB against the middle"
    return CheckRow("sides", width_db, "dB", -SIDES_UNDER_MIDDLE_DB, is_met, text)


def sibilance_row(bursts: BandPair, whole: BandPair) -> CheckRow:
    """Short bursts from 5 to 10 kHz: the loudest hundredth of the moments against the mean of the whole."""
    energy = bursts.left + bursts.right
    count = max(1, round(LOUDEST_SHARE * len(energy)))
    order = np.argsort(-energy, kind="stable")
    loudest = float(energy[order[:count]].mean())
    mean = whole.energy / len(whole.left) * bursts.hop_seconds / whole.hop_seconds
    over_whole_db, over_band_db = ratio_db(loudest, mean), ratio_db(loudest, float(energy.mean()))
    is_met = over_whole_db <= BURST_OVER_WHOLE_DB or over_band_db <= BURST_OVER_BAND_DB
    times = () if is_met else tuple(apart([int(hop) * bursts.hop_seconds for hop in order[:count]]))
    text = (
        f"the loudest bursts from 5 to 10 kHz are at {plain(over_whole_db)} dB against the whole, "
        f"{plain(over_band_db)} dB over their own mean"
    )
    if times:
        text += f": de-ess at {', '.join(clock(at) for at in sorted(times))}"
    more = (Evidence(what="over the mean of the band", unit="dB", before=over_band_db, target=BURST_OVER_BAND_DB),)
    return CheckRow("sibilance", over_whole_db, "dB", BURST_OVER_WHOLE_DB, is_met, text, times, more)


def top_row(top: BandPair, whole: BandPair, asked: VinylLimits) -> CheckRow:
    level_db = ratio_db(top.energy, whole.energy)
    is_met = level_db <= -TOP_UNDER_WHOLE_DB
    khz = f"{asked.lowpass_hz / 1000:.0f} kHz"
    text = f"what is above {khz} is at {plain(level_db)} dB against the whole"
    if not is_met:
        text += "; with the low-pass of the cutting room it will be missed, so hear it with one first"
    more = (Evidence(what="low-pass of the cutting room", unit="kHz", before=asked.lowpass_hz / 1000),)
    return CheckRow("top", level_db, "dB", -TOP_UNDER_WHOLE_DB, is_met, text, more=more)


def bottom_row(bottom: BandPair, whole: BandPair, below_hz: float) -> CheckRow:
    share = bottom.energy / whole.energy
    text = f"{share:.1%} of the energy is below {below_hz:.0f} Hz"
    if share > LOW_SHARE:
        text += ": a high-pass there gives it back to what is heard"
    more = (Evidence(what="below", unit="Hz", before=below_hz),)
    return CheckRow("bottom", share, "share", LOW_SHARE, share <= LOW_SHARE, text, more=more)


def loudness_row(hearing: Hearing) -> CheckRow:
    loudness = hearing.integrated_lufs if hearing.integrated_lufs is not None else -np.inf
    is_met = loudness <= LOUDEST_ACCEPTED_LUFS
    text = f"loudness {loudness:.1f} LUFS"
    if not is_met:
        text += ": it will be cut quieter anyway; give it without the limiter"
    return CheckRow("loudness", loudness, "LUFS", LOUDEST_ACCEPTED_LUFS, is_met, text)


def length_row(minutes: float, sides: Sequence[SideLength]) -> CheckRow:
    """On which discs the side fits, at full level and only quieter."""
    good = [side for side in sides if minutes <= side.good_minutes]
    tight = [side for side in sides if side not in good and minutes <= (side.most_minutes or 0.0)]
    text = f"{minutes:.1f} minutes on a side"
    if good:
        text += f" fit at full level on {'all of these discs' if len(good) == len(sides) else listed(good)}"
    if tight:
        text += f"{' and' if good else ' fit'} only quieter on {listed(tight)}"
    if not (good or tight):
        text += " are too long for all of these discs; divide them"
    longest = max(side.good_minutes for side in sides)
    more = tuple(
        Evidence(what=f"full level on {disc(side)}", unit="minutes", before=side.good_minutes, after=side.most_minutes)
        for side in sides
    )
    return CheckRow("side length", minutes, "minutes", longest, bool(good), text, more=more)


def phase_rows(name: str, band: BandPair, whole: BandPair) -> Iterator[CheckRow]:
    """How far the channels agree in a low band, and where least."""
    correlation, worst = band.correlation, band.worst(WORST_SECONDS)
    if correlation is None or worst is None or not is_heard(band, whole):
        return
    is_met = correlation >= SUB_CORRELATION
    text = f"correlation of the {name} {correlation:.2f}, lowest {worst[1]:.2f} at {clock(worst[0])}"
    more = (Evidence(what="lowest of three seconds", unit="correlation", before=worst[1], where=clock(worst[0])),)
    yield CheckRow(f"{name} phase", correlation, "correlation", SUB_CORRELATION, is_met, text, (worst[0],), more)


def is_heard(band: BandPair, whole: BandPair) -> bool:
    return band.energy > 0 and ratio_db(band.energy, whole.energy) > QUIET_DB


def apart(seconds: Sequence[float]) -> Iterator[float]:
    """The first times of a list that are at least a second from each other, five at most."""
    kept: list[float] = []
    for at in seconds:
        if all(abs(at - other) >= APART_SECONDS for other in kept):
            kept.append(at)
            yield at
        if len(kept) == MOST_TIMES:
            return


def listed(sides: Sequence[SideLength]) -> str:
    return ", ".join(disc(side) for side in sides)


def disc(side: SideLength) -> str:
    return f'{side.inches}" at {side.rpm}'


def plain(value: float) -> str:
    """One decimal, and never -0.0."""
    return f"{round(value, 1) + 0.0:.1f}"
