"""Repair checks, the first node of the mastering chain: faults of a recording, mended where a device can.

==================  ========================================================  =======================================
fault               when                                                      what follows
==================  ========================================================  =======================================
DC                  above -60 dBFS in a channel                               high-pass 6 dB per octave at 6 Hz
rumble              more than a twentieth of the energy is below 22 Hz        high-pass 24 dB per octave at 20 Hz
polarity            correlation under -0.6, mono loses over 6 dB, and the     right channel turned over
                    bass is opposite too; under -0.2 only a remark
channel level       correlation over 0.8, and bass, low mids and mids all     both channels meet in the middle
                    lean to one side by more than 1 dB, alike and steadily
all others          see ``bandmate.stages.master.faults``                     a remark
==================  ========================================================  =======================================

Every repair is tried on the sound and heard again before it is shown; one that does not help is left out. Hard panning
is intent: what the bands do not agree on is not a level fault.

Conventions: a sound is given as a hearing of it and a tape that plays it again. Clean music gives nothing.

Not covered: mending clipping, clicks and hum (that belongs to repair, before the mix), delay between the channels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bandmate.song.devices import AnyDevice, Band, ChannelTrim, Equalizer
from bandmate.song.evidence import Evidence
from bandmate.sound.audio import Samples
from bandmate.sound.processors import processor_for
from bandmate.stages.hearing import Hearing, hear, peeked
from bandmate.stages.master.diagnosis import BandBalance, Diagnosis, Tape, diagnose, measured_balance
from bandmate.stages.master.faults import Remark, opposite_channels, remarks_on, remarks_on_hearing
from bandmate.stages.master.nodes import REPAIR, SUBSONIC

DC_DBFS = -60.0
"""Below this nobody loses headroom or hears a click at an edit."""

DC_BAND = Band(id="1", kind="high-pass", freq_hz=6.0, slope_db=6)
"""Any high-pass takes DC away; a steep one turns the phases of the bass, and the peaks of clipped records rise: with 24
dB per octave at 10 Hz by 0.7 to 1.8 dB, with this one by -0.1 to 0.4 dB."""

RUMBLE_BAND = Band(id="1", kind="high-pass", freq_hz=20.0, slope_db=24)
"""Both take less than 0.2 dB at 30 Hz."""

RUMBLE_SHARE = 0.05
"""Of eighteen finished pieces fourteen are under 0.03, and four from 0.13 to 0.67."""

OPPOSITE_CORRELATION = -0.6
OPPOSITE_LOSS_DB = 6.0
"""Correlation -0.6 with equal levels loses 7 dB."""
VERY_OPPOSITE_CORRELATION = -0.8

ALIKE_CORRELATION = 0.8
LEANING_DB = 1.0
"""A listener begins to hear the middle move at about this difference."""
BANDS_AGREE_DB = 1.0
STEADY_DB = 1.5
"""A wrong gain is the same in all bands and at all times; an instrument off the middle is not."""
BAND_CORRELATION = 0.6
STEP_DB = 0.1

LOWEST_HEARD_HZ = 22.0
TOP_FROM_HZ, TOP_STEP_DB = 15_000.0, 20.0
"""The two highest 1/3 octaves of a record are rarely further apart, where nothing is cut off. A cut above 18 kHz is not
seen in them."""

SURE, FAIRLY_SURE = 0.9, 0.7


@dataclass(frozen=True, slots=True)
class Repair:
    """A device that mends a fault, why, what was measured before and after, and how sure that is (0 to 1)."""

    device: AnyDevice
    because: str
    evidence: tuple[Evidence, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class RepairFindings:
    """What the checks found. Repairs are in the order of the chain: channels first, then the high-pass."""

    repairs: tuple[Repair, ...]
    remarks: tuple[Remark, ...]

    @property
    def devices(self) -> tuple[AnyDevice, ...]:
        """Only the devices."""
        return tuple(repair.device for repair in self.repairs)


def is_suspicious(hearing: Hearing) -> bool:
    """Whether a hearing leaves room for any of the faults; rather too often than too seldom."""
    levels = dict(zip(hearing.band_hz, hearing.band_db, strict=True))
    above = sum(10 ** (db / 10) for hz, db in levels.items() if hz > LOWEST_HEARD_HZ)
    whole = 10 ** ((hearing.sample_peak_dbfs - hearing.crest_db) / 10)
    top = [db for hz, db in levels.items() if hz > TOP_FROM_HZ]
    correlation, balance_db = hearing.correlation, hearing.balance_db
    leans = balance_db is not None and abs(balance_db) > LEANING_DB / 2
    return (
        hearing.stereo_kind not in ("stereo", "dual mono", "mono")
        or hearing.integrated_lufs is None
        or hearing.clipped_runs > 0
        or max(abs(dc) for dc in hearing.channel_dc) > 0.5 * 10 ** (DC_DBFS / 20)
        or above < (1.0 - RUMBLE_SHARE / 2) * whole
        or (correlation is not None and correlation < 0.0)
        or (leans and (correlation or 0.0) > BAND_CORRELATION)
        or len(top) < 2
        or top[-1] < top[-2] - TOP_STEP_DB
    )


def find_repairs(hearing: Hearing, tape: Tape, rate_hz: int) -> RepairFindings:
    """Check a sound for faults.

    Parameters
    ----------
    hearing : Hearing
        of the sound.
    tape : callable
        plays it from its beginning each time it is called: once to diagnose, and once or twice more for each repair.
    rate_hz : int

    Returns
    -------
    RepairFindings
        empty for clean music; for silence only the remark that it is silent.

    What the hearing says is enough to know of most records that there is nothing to look for; they are not played.
    """
    if not is_suspicious(hearing):
        return RepairFindings((), remarks_on_hearing(hearing))
    found = diagnose(tape, rate_hz)
    remarks = remarks_on(hearing, found)
    if found.levels.bad_samples or hearing.integrated_lufs is None:
        return RepairFindings((), remarks)
    repairs: list[Repair] = []
    now, heard = tape, hearing
    trim = channel_repair(hearing, found, tape, rate_hz)
    if trim is not None:
        repairs.append(trim)
        now, heard = through(tape, (trim.device,), rate_hz), hear(through(tape, (trim.device,), rate_hz)(), rate_hz)
    if trim is None or hearing.correlation is None or hearing.correlation > OPPOSITE_CORRELATION:
        remarks += tuple(opposite_channels(hearing))
    subsonic = subsonic_repair(heard, found, now, rate_hz)
    if subsonic is not None:
        repairs.append(subsonic)
    return RepairFindings(tuple(repairs), remarks)


def through(tape: Tape, devices: tuple[AnyDevice, ...], rate_hz: int) -> Tape:
    """The tape played through devices that act at once."""

    def played() -> Iterator[Samples]:
        first, blocks = peeked(tape())
        made = [processor_for(device, rate_hz=rate_hz, channels=first.shape[0]) for device in devices]
        for block in blocks:
            for processor in made:
                block = block if processor is None else processor.process(block)
            yield block

    return played


def subsonic_repair(hearing: Hearing, found: Diagnosis, tape: Tape, rate_hz: int) -> Repair | None:
    """A high-pass against DC and rumble: so low that nothing above 30 Hz moves by 0.3 dB, and as gentle as will do."""
    dc_dbfs = loudest_dc_dbfs(hearing)
    has_dc, has_rumble = dc_dbfs > DC_DBFS, found.rumble_share > RUMBLE_SHARE
    if not (has_dc or has_rumble):
        return None
    band = RUMBLE_BAND if has_rumble else DC_BAND
    device = Equalizer(id=SUBSONIC, bands=(band,))
    cleaned = through(tape, (device,), rate_hz)
    after, again = hear(cleaned(), rate_hz), diagnose(cleaned, rate_hz)
    after_dc_dbfs = loudest_dc_dbfs(after)
    evidence = (
        Evidence(what="highest DC of a channel", unit="dBFS", before=dc_dbfs, after=after_dc_dbfs, target=DC_DBFS),
        Evidence(
            what="share of the energy below 22 Hz, without DC",
            unit="share",
            before=found.rumble_share,
            after=again.rumble_share,
            target=RUMBLE_SHARE,
        ),
        Evidence(what="true peak", unit="dBTP", before=hearing.true_peak_dbtp, after=after.true_peak_dbtp),
        Evidence(what="corner of the high-pass", unit="Hz", after=band.freq_hz),
        Evidence(what="slope of the high-pass", unit="dB per octave", after=float(band.slope_db)),
    )
    if (has_dc and after_dc_dbfs >= dc_dbfs) or (has_rumble and again.rumble_share >= found.rumble_share):
        return None
    parts = [f"a channel has DC at {dc_dbfs:.1f} dBFS ({after_dc_dbfs:.1f} after)"] if has_dc else []
    if has_rumble:
        parts.append(f"{found.rumble_share:.0%} of the energy is below 22 Hz ({again.rumble_share:.1%} after)")
    peaks = f"the true peak goes from {hearing.true_peak_dbtp:.1f} to {after.true_peak_dbtp:.1f} dBTP"
    because = (
        f"{' and '.join(parts)}: nobody hears that, but limiters and cones follow it; with a high-pass of "
        f"{band.slope_db} dB per octave at {band.freq_hz:.0f} Hz {peaks}"
    )
    return Repair(device, because, evidence, SURE if has_dc else FAIRLY_SURE)


def loudest_dc_dbfs(hearing: Hearing) -> float:
    """The highest DC of a channel, -150 for none to speak of."""
    highest = max((abs(dc) for dc in hearing.channel_dc), default=0.0)
    return max(-150.0, 20 * math.log10(highest)) if highest > 0 else -150.0


def channel_repair(hearing: Hearing, found: Diagnosis, tape: Tape, rate_hz: int) -> Repair | None:
    """Polarity and level of the channels, in one device."""
    inverted = is_opposite(hearing, found)
    leaning = leaning_db(hearing, found.balance, is_inverted=inverted)
    if not inverted and leaning is None:
        return None
    half = 0.0 if leaning is None else round(leaning / 2 / STEP_DB) * STEP_DB
    device = ChannelTrim(
        id=REPAIR, left_db=round(half, 1) + 0.0, right_db=0.0 - round(half, 1), right_inverted=inverted
    )
    mended = through(tape, (device,), rate_hz)
    after, balance = hear(mended(), rate_hz), measured_balance(mended, rate_hz)
    evidence: list[Evidence] = []
    parts: list[str] = []
    if inverted:
        if (after.mono_loss_db or 0.0) >= (hearing.mono_loss_db or 0.0):
            return None
        evidence += polarity_evidence(hearing, after)
        parts.append(
            f"both channels are in opposite polarity (correlation {hearing.correlation:.2f}): in mono "
            f"{hearing.mono_loss_db:.1f} dB are lost, with the right one turned over {after.mono_loss_db:.1f}"
        )
    if leaning is not None:
        evidence += balance_evidence(hearing, after, found.balance, balance)
        side = "right" if leaning > 0 else "left"
        parts.append(
            f"the {side} channel is louder in every band ({figures(found.balance)} dB right over left) although both "
            f"play nearly the same; they meet in the middle ({figures(balance)} dB)"
        )
    is_sure = inverted and leaning is None and (hearing.correlation or 0.0) < VERY_OPPOSITE_CORRELATION
    return Repair(device, "; ".join(parts), tuple(evidence), SURE if is_sure else FAIRLY_SURE)


def is_opposite(hearing: Hearing, found: Diagnosis) -> bool:
    """Whether a channel is turned over: as a whole, and in the bass, where no effect of width is made."""
    correlation, loss_db = hearing.correlation, hearing.mono_loss_db
    if correlation is None or loss_db is None:
        return False
    is_bass_opposite = found.low_correlation is None or found.low_correlation < 0.0
    return correlation < OPPOSITE_CORRELATION and loss_db > OPPOSITE_LOSS_DB and is_bass_opposite


def leaning_db(hearing: Hearing, balance: tuple[BandBalance, ...], *, is_inverted: bool) -> float | None:
    """By how much the right channel is louder (+) or quieter (-) by a wrong gain; None without one."""
    sign = -1.0 if is_inverted else 1.0
    if hearing.correlation is None or sign * hearing.correlation <= ALIKE_CORRELATION or not balance:
        return None
    leans: list[float] = []
    for band in balance:
        if band.balance_db is None or band.correlation is None or band.spread_db is None:
            return None
        if band.spread_db > STEADY_DB or sign * band.correlation < BAND_CORRELATION:
            return None
        leans.append(band.balance_db)
    if min(abs(lean) for lean in leans) <= LEANING_DB or max(leans) - min(leans) > BANDS_AGREE_DB:
        return None
    return float(np.median(leans))


def polarity_evidence(before: Hearing, after: Hearing) -> list[Evidence]:
    return [
        Evidence(what="correlation of the channels", unit="", before=before.correlation, after=after.correlation),
        Evidence(what="what mono loses", unit="dB", before=before.mono_loss_db, after=after.mono_loss_db),
    ]


def balance_evidence(
    before: Hearing, after: Hearing, bands_before: tuple[BandBalance, ...], bands_after: tuple[BandBalance, ...]
) -> list[Evidence]:
    whole = Evidence(what="right over left", unit="dB", before=before.balance_db, after=after.balance_db, target=0.0)
    return [
        whole,
        *(
            Evidence(
                what=f"right over left, {one.band} in the loud parts",
                unit="dB",
                before=one.balance_db,
                after=other.balance_db,
                target=0.0,
                where=f"{one.low_hz:.0f} to {one.high_hz:.0f} Hz",
            )
            for one, other in zip(bands_before, bands_after, strict=True)
        ),
    ]


def figures(balance: tuple[BandBalance, ...]) -> str:
    """``1.9, 2.0 and 2.1``."""
    said = [f"{round(band.balance_db or 0.0, 1) + 0.0:+.1f}" for band in balance]
    return " and ".join([*[", ".join(said[:-1])][: len(said) - 1], said[-1]])
