"""From a device to a node: what it rests on, before and after, measured on the finished master, in one sentence.

Conventions: ``before`` is the piece as it came, ``after`` the whole chain with the limiter. Every number in a sentence
is a field of the evidence beside it. A node that did not help is *dropped*, with the numbers that say so.

Not covered: gain and limiter (``bandmate.stages.master.finish``).
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.song.devices import Equalizer, SoftClipper, Width
from bandmate.song.evidence import Evidence
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.design import Design, Request
from bandmate.stages.master.nodes import CLIP, MULTIBAND, RIDE, TONE, WIDTH, Node
from bandmate.stages.master.portrait import REGIONS, Portrait, portrait_of
from bandmate.stages.master.tone import TOLERANCE_DB, ToneFault, distance_of
from bandmate.stages.master.tone_need import needs_of, tone_error_db
from bandmate.stages.master.width_match import width_error_db

MUST_GAIN_DB = 0.2
"""How much nearer an aspect must measurably come, or its device is dropped."""

FAULT_MUST_GAIN_DB = 0.5
SURE, LIKELY = 0.85, 0.7


@dataclass(frozen=True, slots=True)
class Change:
    """The piece before and after, as hearings and portraits."""

    before: Hearing
    after: Hearing
    was: Portrait
    now: Portrait


def change(before: Hearing, after: Hearing) -> Change:
    return Change(before, after, portrait_of(before), portrait_of(after))


def node_for(device_id: str, design: Design, request: Request, heard: Change) -> Node:
    """The node of a device of the chain: on, or dropped."""
    words = {TONE: tone_node, MULTIBAND: density_node, RIDE: range_node, WIDTH: width_node, CLIP: clip_node}
    return words[device_id](design, request, heard)


def device_of(design: Design, device_id: str) -> object:
    return next(device for device in design.devices if device.id == device_id)


def verdict(node: Node, gained: float, must: float) -> Node:
    """The node as it is, or dropped where it gained too little."""
    if gained >= must:
        return node
    return Node(id=node.id, state="dropped", sentence=f"tried and dropped: {node.sentence}", evidence=node.evidence)


def tone_node(design: Design, request: Request, heard: Change) -> Node:
    device = device_of(design, TONE)
    assert isinstance(device, Equalizer)
    if isinstance(design.tone, ToneFault):
        return fault_node(design.tone, device, request, heard)
    if design.tone is None or request.target is None:
        tilt_db = request.brief.tilt_db
        return Node(
            id=TONE,
            state="on",
            sentence=f"tilted by {tilt_db:+.1f} dB from bass to treble, as asked",
            device=device,
            evidence=(Evidence(what="tilt from bass to treble", unit="dB", after=tilt_db),),
        )
    needs = needs_of(heard.was, request.target)
    was, now = tone_error_db(heard.was, request.target), tone_error_db(heard.now, request.target, needs)
    if was is None or now is None:
        return Node(id=TONE, state="dropped", sentence="the tone cannot be compared with the references")
    evidence = []
    for scope, before, after in (("mid", was.mid_db, now.mid_db), ("side", was.side_db, now.side_db)):
        if before is not None and after is not None:
            what = f"{scope}, mean distance to the references"
            evidence.append(Evidence(what=what, unit="dB", before=before, after=after, target=0.0))
    first, last = evidence[0].before or 0.0, evidence[0].after or 0.0
    strength = request.brief.strength("tone")
    sentence = (
        f"the loud parts are {first:.1f} dB off the references on average, counted in thirds of an octave; "
        f"with the equalizer {last:.1f} dB"
    )
    node = Node(
        id=TONE,
        state="on",
        sentence=sentence,
        device=device,
        strength=strength,
        evidence=tuple(evidence),
        confidence=SURE if first - last > 1.0 else LIKELY,
    )
    return node if request.brief.tilt_db else verdict(node, first - last, MUST_GAIN_DB)


def fault_node(fault: ToneFault, device: Equalizer, request: Request, heard: Change) -> Node:
    left = distance_of(heard.after, fault.region)
    side = "above" if fault.distance_db > 0 else "below"
    sentence = (
        f"{fault.region.name} {fault.region.verb} {abs(fault.distance_db):.1f} dB {side} the usual fall of the "
        f"spectrum; the trim leaves {abs(left):.1f} dB"
    )
    node = Node(
        id=TONE,
        state="on",
        sentence=sentence,
        device=device,
        strength=request.brief.strength("tone"),
        evidence=(
            Evidence(
                what=f"{fault.region.name} against the usual spectrum",
                unit="dB",
                before=fault.distance_db,
                after=left,
                target=0.0,
            ),
        ),
        confidence=round(min(0.7, 0.5 + 0.03 * (abs(fault.distance_db) - TOLERANCE_DB)), 2),
    )
    must = FAULT_MUST_GAIN_DB * request.brief.strength("tone")
    return verdict(node, abs(fault.distance_db) - abs(left), must)


def density_node(design: Design, request: Request, heard: Change) -> Node:
    assert design.density is not None
    names = [region.name for region in REGIONS]
    evidence, gained, words = [], 0.0, []
    for one in design.density.changes:
        nth = names.index(one.region)
        was, now = heard.was.density_db[nth], heard.now.density_db[nth]
        gained += abs(was - one.target_db) - abs(now - one.target_db)
        what = f"{one.region}: loudest moments above the mean"
        evidence.append(Evidence(what=what, unit="dB", before=was, after=now, target=one.target_db))
        words.append(
            f"in the {one.region} the loudest moments stand {was:.1f} dB above the mean, in the references "
            f"{one.target_db:.1f}; with the compressor {now:.1f}"
        )
    node = Node(
        id=MULTIBAND,
        state="on",
        sentence="; ".join(words),
        device=design.density.device,
        strength=request.brief.strength("dynamics"),
        evidence=tuple(evidence),
        confidence=LIKELY,
    )
    return verdict(node, gained, MUST_GAIN_DB)


def range_node(design: Design, request: Request, heard: Change) -> Node:
    match = design.range
    assert match is not None
    was, now = heard.before.range_lu or 0.0, heard.after.range_lu or 0.0
    without = was if match.without_lu is None else match.without_lu
    node = Node(
        id=RIDE,
        state="on",
        sentence=(
            f"the loudness range is {was:.1f} LU, that of the references {match.target_lu:.1f}; without a ride the "
            f"chain would leave {without:.1f} LU, with one of at most {match.most_db:.1f} dB it leaves {now:.1f} LU"
        ),
        device=match.device,
        strength=request.brief.strength("dynamics"),
        evidence=(
            Evidence(what="loudness range", unit="LU", before=was, after=now, target=match.target_lu),
            Evidence(what="loudness range without the ride, as forecast", unit="LU", after=without),
            Evidence(what="most that the ride moves", unit="dB", after=match.most_db),
        ),
        confidence=LIKELY,
    )
    gained = max(abs(one - match.target_lu) for one in (was, without)) - abs(now - match.target_lu)
    return verdict(node, gained, MUST_GAIN_DB)


def width_node(design: Design, request: Request, heard: Change) -> Node:
    device = device_of(design, WIDTH)
    assert isinstance(device, Width)
    evidence: list[Evidence] = []
    words: list[str] = []
    gained = MUST_GAIN_DB
    if design.width is not None and request.target is not None:
        was, now = (width_error_db(portrait, request.target) for portrait in (heard.was, heard.now))
        evidence.append(Evidence(what="sides against the references", unit="dB", before=was, after=now, target=0.0))
        side = "wider" if was > 0 else "narrower"
        words.append(f"the loud parts are {abs(was):.1f} dB {side} than the references; with this {now:+.1f} dB")
        gained = abs(was) - abs(now) if request.brief.side == 1.0 else gained
    if request.brief.side != 1.0:
        evidence.append(Evidence(what="level of the sides", unit="times", after=request.brief.side))
        words.append(f"the sides at {request.brief.side:.2f} times their level, as asked")
    if device.mono_below_hz:
        before, after = heard.before.low_correlation, heard.after.low_correlation
        evidence.append(Evidence(what="one channel below", unit="Hz", after=device.mono_below_hz))
        evidence.append(Evidence(what="correlation below 120 Hz", unit="", before=before, after=after, target=1.0))
        words.append(f"the bass is one channel below {device.mono_below_hz:.0f} Hz")
        gained = MUST_GAIN_DB
    node = Node(
        id=WIDTH,
        state="on",
        sentence="; ".join(words),
        device=device,
        strength=request.brief.strength("width"),
        evidence=tuple(evidence),
        confidence=LIKELY,
    )
    return verdict(node, gained, MUST_GAIN_DB)


def clip_node(design: Design, request: Request, heard: Change) -> Node:
    device = device_of(design, CLIP)
    assert isinstance(device, SoftClipper)
    taken = request.brief.soft_clip_db
    return Node(
        id=CLIP,
        state="on",
        sentence=f"rounds off the highest {taken:.1f} dB before the limiter, as asked",
        device=device,
        evidence=(
            Evidence(what="taken off the highest peak", unit="dB", after=taken),
            Evidence(what="crest", unit="dB", before=heard.before.crest_db, after=heard.after.crest_db),
        ),
    )
