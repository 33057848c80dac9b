"""The stages of a master for its report: what each node of the chain aimed at, what was there, what came out.

Every node has a row, also one that had nothing to do: then the figure that it looks at is told all the same. The last
row is the delivery: from the end of the chain to the file on disk.

Conventions: ``was`` is the piece as it came and ``now`` the whole chain, both as in the node's own evidence; only the
delivery's ``now`` is the file's. Every number in a sentence is in the evidence beside it.

Not covered: the curves (``bandmate.verbs.master_curves``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandmate.song.evidence import Evidence
from bandmate.verbs.printing import Printed

if TYPE_CHECKING:
    from bandmate.report.master_data import StageRow, StageState
    from bandmate.song.devices import AnyDevice
    from bandmate.stages.master.finish import Mastered
    from bandmate.stages.master.nodes import Node
    from bandmate.verbs.mastering import MadeMaster

STATES: dict[str, StageState] = {
    "on": "on",
    "not needed": "not needed",
    "off": "off by request",
    "locked": "locked",
    "dropped": "tried and dropped",
}
BITS = {"wav-16": 16, "wav-24": 24}
NO_LOUDNESS = "The piece is silent or shorter than 400 ms; nothing was tried."


@dataclass(frozen=True, slots=True)
class Figure:
    """One number on its way."""

    measures: str
    unit: str
    was: float | None
    now: float | None
    target: float | None = None


def stage_rows(master: MadeMaster, rate_hz: int) -> tuple[StageRow, ...]:
    """A row for each node of the chain in its order, and one for the delivery; ``rate_hz`` is the song's."""
    from bandmate.report.master_data import StageRow
    from bandmate.stages.master.nodes import CHAIN_IDS, NAMES

    done = master.done
    if done is None:
        nodes = tuple(StageRow(name=NAMES[one], state="not needed", sentence=NO_LOUDNESS) for one in CHAIN_IDS)
    else:
        nodes = tuple(node_row(node, done) for node in done.nodes)
    return (*nodes, delivery_row(master, rate_hz))


def node_row(node: Node, done: Mastered) -> StageRow:
    """One node as the report says it."""
    from bandmate.report.master_data import StageRow

    figure = figure_of(node, done)
    strength = strength_of(node.id, done)
    return StageRow(
        name=node.name,
        state=state_of(node, strength),
        strength_percent=None if strength is None else round(100.0 * strength, 6),
        measures=figure.measures,
        target=figure.target,
        was=figure.was,
        now=figure.now,
        unit=figure.unit,
        sentence=as_sentence(node.sentence),
        settings=settings_of(node.device) if node.state == "on" and node.device is not None else (),
        evidence=node.evidence,
    )


def state_of(node: Node, strength: float | None) -> StageState:
    """In one word; what has no strength was not switched off, but not asked for."""
    return "not asked for" if node.state == "off" and strength != 0.0 else STATES[node.state]


def strength_of(node_id: str, done: Mastered) -> float | None:
    """How far the aspect of a node may go; None for those that repair."""
    from bandmate.stages.master.nodes import LIMITER, MULTIBAND, RIDE, TONE, WIDTH

    brief = done.request.brief
    match node_id:
        case _ if node_id == TONE:
            return brief.strength("tone")
        case _ if node_id in (MULTIBAND, RIDE):
            return brief.strength("dynamics")
        case _ if node_id == WIDTH:
            return brief.strength("width")
        case _ if node_id == LIMITER:
            return brief.strength("loudness")
    return None


def figure_of(node: Node, done: Mastered) -> Figure:
    """The number that a node is about: the first of its evidence that has a before and an after, else what it looks
    at."""
    for fact in node.evidence:
        if fact.before is not None and fact.after is not None:
            return Figure(fact.what, fact.unit, fact.before, fact.after, fact.target)
    return looked_at_by(node.id, done)


def looked_at_by(node_id: str, done: Mastered) -> Figure:
    """What a node looks at, where it has nothing to show for itself."""
    from bandmate.stages.master.nodes import CLIP, LIMITER, MULTIBAND, REPAIR, RIDE, SUBSONIC, TONE, WIDTH

    was, now, target, goal = done.before, done.after, done.request.target, done.request.goal
    figures = {
        REPAIR: lambda: Figure("right channel over left", "dB", was.balance_db, now.balance_db),
        SUBSONIC: lambda: Figure("constant offset", "% of full scale", 100.0 * was.dc, 100.0 * now.dc),
        TONE: lambda: tone_figure(done),
        MULTIBAND: lambda: density_figure(done),
        RIDE: lambda: Figure("loudness range", "LU", was.range_lu, now.range_lu, target.range_lu if target else None),
        WIDTH: lambda: width_figure(done),
        CLIP: lambda: Figure("crest", "dB", was.crest_db, now.crest_db),
        LIMITER: lambda: Figure(
            "integrated loudness", "LUFS", was.integrated_lufs, now.integrated_lufs, goal.loudness_lufs
        ),
    }
    return figures[node_id]()


def tone_figure(done: Mastered) -> Figure:
    """Mean distance to the references; without any, that of the furthest region from the usual spectrum."""
    from bandmate.stages.master.portrait import portrait_of
    from bandmate.stages.master.tone import REGIONS, TOLERANCE_DB, distances_db
    from bandmate.stages.master.tone_need import needs_of, tone_error_db

    target = done.request.target
    if target is not None and target.mid_db:
        before, after = portrait_of(done.before), portrait_of(done.after)
        needs = needs_of(before, target)
        was, now = tone_error_db(before, target), tone_error_db(after, target, needs)
        return Figure(
            "mid, mean distance to the references", "dB", was.mid_db if was else None, now.mid_db if now else None, 0.0
        )
    off, left = distances_db(done.before), distances_db(done.after)
    furthest = max(range(len(REGIONS)), key=lambda n: abs(off[n]))
    return Figure(
        f"{REGIONS[furthest].name} against the usual spectrum; up to {TOLERANCE_DB:g} dB either way is taste",
        "dB",
        float(off[furthest]),
        float(left[furthest]),
    )


def density_figure(done: Mastered) -> Figure:
    """The region that is most uneven against the references; without any, the crest."""
    from bandmate.stages.master.portrait import REGIONS, portrait_of

    target = done.request.target
    if target is None or not target.density_db:
        return Figure("crest", "dB", done.before.crest_db, done.after.crest_db)
    was, now = portrait_of(done.before).density_db, portrait_of(done.after).density_db
    most = max(range(len(REGIONS)), key=lambda n: was[n] - target.density_db[n])
    what = f"{REGIONS[most].name}: loudest moments above the mean"
    return Figure(what, "dB", was[most], now[most], target.density_db[most])


def width_figure(done: Mastered) -> Figure:
    """The sides against the references; without any, side over mid."""
    from bandmate.stages.master.portrait import portrait_of
    from bandmate.stages.master.width_match import width_error_db

    target = done.request.target
    if target is None or not target.width_db:
        return Figure("side over mid", "dB", done.before.width_db, done.after.width_db)
    was, now = (width_error_db(portrait_of(heard), target) for heard in (done.before, done.after))
    return Figure("sides against the references", "dB", was, now, 0.0)


def delivery_row(master: MadeMaster, rate_hz: int) -> StageRow:
    """From the end of the chain to the file: rate, bits, dither, and the check of what is on disk."""
    from bandmate.report.master_data import StageRow
    from bandmate.stages.master.nodes import LIMITER

    printed, done = master.printed, master.done
    heard = printed.hearing
    keeps = done is not None and done.node(LIMITER).state == "on"
    ceiling_dbtp = done.request.goal.ceiling_dbtp if done is not None and keeps else None
    return StageRow(
        name="delivery",
        state="on",
        measures="true peak of the file, the higher of the 4x and 16x readings",
        target_text="at most" if keeps else "",
        target=ceiling_dbtp,
        was=done.after.highest_peak_dbtp if done else None,
        now=heard.highest_peak_dbtp,
        unit="dBTP",
        sentence=delivery_sentence(master, rate_hz),
        settings=(f"{heard.rate_hz / 1000:g} kHz", f"{BITS[printed.kind]} bit", dither_in_words(master)),
        evidence=delivery_evidence(master, rate_hz, ceiling_dbtp),
    )


def delivery_sentence(master: MadeMaster, rate_hz: int) -> str:
    printed = master.printed
    to_hz, bits = printed.hearing.rate_hz, BITS[printed.kind]
    if master.is_untouched:
        words = f"Nothing was done to the sound: {bits} bit at {to_hz / 1000:g} kHz hold the piece sample for sample"
        return f"{words}; read back and checked, peaks measured at 16x."
    rate = f"Resampled from {rate_hz / 1000:g} to {to_hz / 1000:g} kHz" if to_hz != rate_hz else f"{to_hz / 1000:g} kHz"
    words = f"{rate}, {bits} bit, dithered once and last; read back and checked, peaks measured at 16x"
    return f"{words}; {retries(printed)}." if printed.rounds > 1 else f"{words}."


def retries(printed: Printed) -> str:
    """What was done where converting lifted a peak over the ceiling."""
    return (
        f"written {printed.rounds} times and turned down by {-printed.trim_db:.3f} dB, until the peaks were low enough"
    )


def dither_in_words(master: MadeMaster) -> str:
    return "no dither: the samples fit as they are" if master.is_untouched else "triangular dither, two steps wide"


def delivery_evidence(master: MadeMaster, rate_hz: int, ceiling_dbtp: float | None) -> tuple[Evidence, ...]:
    printed, done = master.printed, master.done
    heard = printed.hearing
    after = done.after if done else None
    found = [
        Evidence(what="sample rate", unit="kHz", before=rate_hz / 1000, after=heard.rate_hz / 1000),
        Evidence(what="bits", unit="", after=float(BITS[printed.kind])),
        Evidence(
            what="true peak at 16x",
            unit="dBTP",
            before=after.true_peak_16x_dbtp if after else None,
            after=heard.true_peak_16x_dbtp,
            target=ceiling_dbtp,
        ),
        Evidence(
            what="integrated loudness of the file",
            unit="LUFS",
            before=after.integrated_lufs if after else None,
            after=heard.integrated_lufs,
        ),
        Evidence(what="times written", unit="", after=float(printed.rounds)),
    ]
    if printed.rounds > 1:
        found.append(Evidence(what="turned down after writing", unit="dB", after=-printed.trim_db))
    return tuple(found)


def settings_of(device: AnyDevice) -> tuple[str, ...]:
    """A device in words, one setting each."""
    from bandmate.song.devices import Equalizer, Limiter, MultibandCompressor
    from bandmate.song.spoken_devices import band_settings, device_settings

    match device:
        case Equalizer():
            gain = (f"gain {device.gain_db:+g} dB",) if device.gain_db else ()
            bands = tuple(
                f"{band_settings(band)}{'' if band.kind.endswith('pass') else f', Q {band.q:.2g}'}"
                for band in device.bands
            )
            return (*bands, *gain, f"{device.phase} phase")
        case Limiter():
            return (
                f"style {device.style}",
                f"gain {device.gain_db:+.2f} dB",
                f"ceiling {device.ceiling_dbtp:.2f} dBTP",
                f"look-ahead {device.lookahead_ms:g} ms, release {device.release_ms:g} ms",
            )
        case MultibandCompressor():
            return tuple(device_settings(device).split("; "))
    return (device_settings(device),)


def as_sentence(words: str) -> str:
    """With a capital letter and a full stop."""
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words.endswith(".") else ".")
