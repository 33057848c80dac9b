"""Faults of a recording that no device mends: said with time and figures, and left to the musician.

Conventions: every number in a remark is a field of its evidence.

Not covered: faults that are mended (``bandmate.stages.master.checks``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bandmate.song.evidence import Evidence
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.diagnosis import Diagnosis
from bandmate.stages.words import clock

LEADING_SECONDS = 1.0
TRAILING_SECONDS = 4.0
"""Longer than the pause that finished files have before and after the music."""

OVER_DBTP = 0.1
"""Meters of good quality differ by less than this."""

DOUBTFUL_CORRELATION = -0.2
"""Eighteen finished pieces: 0.19 to 0.98."""

EDGE_SHARE, HIGH_RATE_EDGE_SHARE = 0.9, 0.925
"""A top that breaks off below this share of half the rate is no ordinary converter's: 19.8 kHz at 44.1 kHz, 22.2 kHz
from 48 kHz on, so that what was once 44.1 kHz is seen."""

HIGH_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found, in words and in figures; ``at_seconds`` where it has a place."""

    check: str
    text: str
    evidence: tuple[Evidence, ...] = ()
    at_seconds: float | None = None

    def __str__(self) -> str:
        return self.text


def remarks_on(hearing: Hearing, found: Diagnosis) -> tuple[Remark, ...]:
    """Everything that is worth saying of a sound; for silence only that."""
    if found.levels.bad_samples:
        return (bad_samples(found),)
    if hearing.first_sound_seconds is None:
        return (Remark("silence", "there is nothing to hear: all of it is silent"),)
    played = (clipping, silent_channel, top_edge)
    return (*(remark for check in played for remark in check(hearing, found)), *remarks_on_hearing(hearing))


def remarks_on_hearing(hearing: Hearing) -> tuple[Remark, ...]:
    """What the hearing alone says, of a sound that is not silent."""
    return tuple(remark for check in (overs, dual_mono, silence_around) for remark in check(hearing))


def bad_samples(found: Diagnosis) -> Remark:
    count = found.levels.bad_samples
    evidence = Evidence(what="samples that are no numbers", unit="samples", before=float(count))
    text = f"{count} samples are no numbers: a broken plug-in or export does that; export it again"
    return Remark("samples", text, (evidence,))


def clipping(hearing: Hearing, found: Diagnosis) -> Iterator[Remark]:
    """Flat tops: how many, the first, the longest."""
    if not hearing.clipped_runs or not found.levels.clipped:
        return
    first = min(run.start_frame for run in found.levels.clipped) / hearing.rate_hz
    longest = max(found.levels.clipped, key=lambda run: run.frames)
    at, length_ms = longest.start_frame / hearing.rate_hz, 1000 * longest.frames / hearing.rate_hz
    tops = "1 flat top" if hearing.clipped_runs == 1 else f"{hearing.clipped_runs} flat tops"
    text = f"clipped: {tops}, the first at {clock(first)}, the longest at {clock(at)} for {length_ms:.2f} ms"
    evidence = (
        Evidence(what="flat tops", unit="tops", before=float(hearing.clipped_runs)),
        Evidence(what="first flat top", unit="s", before=first),
        Evidence(what="longest flat top", unit="ms", before=length_ms, where=clock(at)),
        Evidence(what="where the longest flat top is", unit="s", before=at),
    )
    yield Remark("clipping", f"{text}; no master mends that: take the declipping to the mix", evidence, first)


def overs(hearing: Hearing) -> Iterator[Remark]:
    """Peaks above full scale between the samples of a file that stays below it, or in a float file."""
    if hearing.true_peak_dbtp <= OVER_DBTP:
        return
    where = "" if hearing.peak_at_seconds is None else f" at {clock(hearing.peak_at_seconds)}"
    evidence = (
        Evidence(what="true peak", unit="dBTP", before=hearing.true_peak_dbtp, where=where.removeprefix(" at ")),
        Evidence(what="highest sample", unit="dBFS", before=hearing.sample_peak_dbfs),
    )
    sample = f"{round(hearing.sample_peak_dbfs, 1) + 0.0:.1f} dBFS"
    text = (
        f"peaks reach {hearing.true_peak_dbtp:.1f} dBTP{where}, the highest sample {sample}: players and codecs clip "
        "that as it is"
    )
    yield Remark("overs", text, evidence, hearing.peak_at_seconds)


def opposite_channels(hearing: Hearing) -> Iterator[Remark]:
    """Channels that are opposite more than alike, where that may be width and is not mended."""
    correlation, loss_db = hearing.correlation, hearing.mono_loss_db
    if correlation is None or loss_db is None or correlation >= DOUBTFUL_CORRELATION:
        return
    evidence = (
        Evidence(what="correlation of the channels", unit="", before=correlation),
        Evidence(what="what mono loses", unit="dB", before=loss_db),
    )
    text = (
        f"the channels are opposite more than alike (correlation {correlation:.2f}), and mono loses {loss_db:.1f} dB: "
        "one may be in the wrong polarity; turn it over and listen"
    )
    yield Remark("opposite channels", text, evidence)


def silent_channel(hearing: Hearing, found: Diagnosis) -> Iterator[Remark]:
    """One channel with nothing in it."""
    if hearing.stereo_kind in ("left only", "right only"):
        silent = "right" if hearing.stereo_kind == "left only" else "left"
        text = f"the {silent} channel is silent: if this is a mono record, give it as mono; else export it again"
        levels = [channel.rms_dbfs for channel in found.levels.channels]
        sides = zip(("left", "right"), levels, strict=False)
        evidence = tuple(
            Evidence(what=f"level of the {side} channel", unit="dBFS", before=level) for side, level in sides
        )
        yield Remark("silent channel", text, evidence)


def dual_mono(hearing: Hearing) -> Iterator[Remark]:
    """Two channels with the same in them."""
    if hearing.stereo_kind == "dual mono":
        evidence = Evidence(what="correlation of the channels", unit="", before=hearing.correlation)
        yield Remark("dual mono", "both channels are the same: this is a mono record in a stereo file", (evidence,))


def silence_around(hearing: Hearing) -> Iterator[Remark]:
    """Long silence before the first sound and after the last."""
    if hearing.first_sound_seconds is None or hearing.last_sound_seconds is None:
        return
    before, after = hearing.first_sound_seconds, hearing.seconds - hearing.last_sound_seconds
    if before > LEADING_SECONDS:
        evidence = Evidence(what="silence before the first sound", unit="s", before=before)
        yield Remark("leading silence", f"{before:.1f} s of silence before the first sound", (evidence,), 0.0)
    if after > TRAILING_SECONDS:
        evidence = Evidence(what="silence after the last sound", unit="s", before=after)
        text = f"{after:.1f} s of silence after the last sound"
        yield Remark("trailing silence", text, (evidence,), hearing.last_sound_seconds)


def top_edge(hearing: Hearing, found: Diagnosis) -> Iterator[Remark]:
    """A spectrum that breaks off below what the rate can hold."""
    edge_hz, half_hz = found.top_edge_hz, hearing.rate_hz / 2
    share = HIGH_RATE_EDGE_SHARE if hearing.rate_hz >= HIGH_RATE_HZ else EDGE_SHARE
    if edge_hz is None or edge_hz >= share * half_hz:
        return
    evidence = (
        Evidence(what="where the spectrum breaks off", unit="kHz", before=edge_hz / 1000),
        Evidence(what="what the rate can hold", unit="kHz", before=half_hz / 1000),
    )
    text = (
        f"nothing above {edge_hz / 1000:.1f} kHz, though the rate holds up to {half_hz / 1000:.1f}: this comes from a "
        "lossy file, a lower rate or a low-pass; if there is a better source, take it"
    )
    yield Remark("top", text, evidence)
