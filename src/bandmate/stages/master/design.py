"""Choosing the devices of a mastering chain, each on the sketch of what those before it leave.

Nothing here is taken for true: what each device does is measured on the sound afterwards
(``bandmate.stages.master.finish``), and what does not help is dropped.

Not covered: gain and limiter, which are solved on the sound itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from msgspec.structs import replace

from bandmate.song.devices import AnyDevice, Equalizer, SoftClipper, Width
from bandmate.stages.master.brief import MasterBrief
from bandmate.stages.master.density_match import DensityMatch, match_density
from bandmate.stages.master.goal import Goal
from bandmate.stages.master.nodes import CLIP, MULTIBAND, REPAIR, RIDE, SUBSONIC, TONE, WIDTH, Node
from bandmate.stages.master.outlook import Outlook
from bandmate.stages.master.passages import Passage, find_passages
from bandmate.stages.master.portrait import Portrait, levels_db, loud_hops
from bandmate.stages.master.range_match import LEAST_CHANGE_LU, RangeMatch, gain_at, hop_times, match_range
from bandmate.stages.master.sketch import FLOOR_DB, Reals, Sketch, sketch_of
from bandmate.stages.master.study import Chain, Study
from bandmate.stages.master.target import SOUNDS_WITHIN_DB, Target
from bandmate.stages.master.tone import ToneFault, find_tone_fault
from bandmate.stages.master.tone_match import ToneMatch, match_tone, tilt_device
from bandmate.stages.master.width_match import WidthMatch, match_width, why_no_width

EXCERPT_SECONDS = 12.0
RIDE_ROUNDS = 4
MOST_MAKEUP_DB = 12.0
RIDE_NEAR_LU = 0.2

Colour = tuple[Reals, Reals]
"""What is done to each band of mid and side, dB."""

CLIP_KNEE_DB = 2.0
"""The soft clipper begins to round this far under its ceiling."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a chain is designed for. ``is_free`` says whether a device may be moved, ``lone_instrument`` names the only
    track of a song that is no mix."""

    brief: MasterBrief
    goal: Goal
    target: Target | None
    is_free: Callable[[str], bool]
    lone_instrument: str = ""


@dataclass(slots=True)
class Design:
    """A chain that grows from node to node, with the sketch of what it leaves.

    ``settled`` are the nodes that have their last word already; ``tone``, ``density``, ``range`` and ``width`` say what
    the others rest on. ``dry`` is the sketch before the tone.
    """

    study: Study
    sketch: Sketch
    dry: Sketch
    devices: list[AnyDevice] = field(default_factory=list)
    settled: list[Node] = field(default_factory=list)
    passages: tuple[Passage, ...] = ()
    tone: ToneMatch | ToneFault | None = None
    density: DensityMatch | None = None
    range: RangeMatch | None = None
    width: WidthMatch | None = None
    colour: Colour | None = None
    limited_db: Reals | None = None

    @property
    def chain(self) -> Chain:
        return tuple(self.devices)

    def add(self, device: AnyDevice, sketch: Sketch) -> None:
        self.devices.append(device)
        self.sketch = sketch

    def leave(self, device_id: str, why: str, *, state: str = "not needed") -> None:
        self.settled.append(Node(id=device_id, state=state, sentence=why))  # type: ignore[arg-type]


def front_of(
    study: Study,
    request: Request,
    *,
    without: frozenset[str] = frozenset(),
    colour: Colour | None = None,
    limited_db: Reals | None = None,
) -> Design:
    """The front of a chain: repairs, tone, multiband dynamics, stereo.

    Parameters
    ----------
    without : set of str
        ids of devices that were tried already and did not help.
    colour : optional
        what the rest of the chain was measured to do to the spectrum.
    limited_db : array (tenths of a second,), optional
        by how much a limiter alone would turn each moment down: loud moments count for less behind it.
    """
    design = Design(study, study.sketch, study.sketch, colour=colour, limited_db=limited_db)
    add_repairs(design, request)
    for device_id, add in ((TONE, add_tone), (MULTIBAND, add_density)):
        add_if_free(design, request, without, device_id, add)
    if colour is None:
        match_tone_again(design, request)
    add_if_free(design, request, without, WIDTH, add_width)
    return design


def complete(design: Design, request: Request, outlook: Outlook | None, *, without: frozenset[str]) -> None:
    """The rest of the chain up to the limiter: ride and soft clip. No ``outlook`` is no limiter."""

    def add_ride(design: Design, request: Request) -> None:
        add_range(design, request, outlook)

    for device_id, add in ((RIDE, add_ride), (CLIP, add_clip)):
        add_if_free(design, request, without, device_id, add)


def add_if_free(
    design: Design,
    request: Request,
    without: frozenset[str],
    device_id: str,
    add: Callable[[Design, Request], None],
) -> None:
    if device_id in without:
        return
    if request.is_free(device_id):
        add(design, request)
    else:
        design.leave(device_id, "the main bus is locked", state="locked")


def add_repairs(design: Design, request: Request) -> None:
    """Faults of the recording, each measured before and after."""
    study = design.study
    found = study.repairs
    for repair in found.repairs:
        if request.is_free(repair.device.id):
            design.settled.append(
                Node(
                    id=repair.device.id,
                    state="on",
                    sentence=repair.because,
                    device=repair.device,
                    evidence=repair.evidence,
                    confidence=repair.confidence,
                )
            )
            design.devices.append(repair.device)
    if design.devices:
        design.sketch = design.dry = sketch_of(study.heard(design.chain))
    for device_id, what in ((REPAIR, "both channels are level and in polarity"), (SUBSONIC, "no DC and no rumble")):
        if all(device.id != device_id for device in design.devices):
            design.leave(device_id, what)


def add_tone(design: Design, request: Request) -> None:
    brief, target = request.brief, request.target
    strength = brief.strength("tone")
    if strength == 0.0:
        design.leave(TONE, "not asked for", state="off")
    elif target is not None and target.mid_db:
        match = tone_match_of(as_it_comes_out(design), request)
        if match is None:
            design.leave(TONE, "the tone is as near to the references as an equalizer would bring it")
        else:
            design.tone = match
            add_equalizer(design, match.device)
    else:
        add_tone_fault(design, request)
    if brief.tilt_db and strength:
        add_tilt(design, brief)


def as_it_comes_out(design: Design) -> Sketch:
    """What the rest of the chain will leave of the sound if the tone stays as it is, as far as is known."""
    if design.colour is not None:
        return design.sketch.coloured(*design.colour)
    return design.sketch.ridden(-limited_db(design))


def limited_db(design: Design) -> Reals:
    """What a limiter will take off each hop."""
    found = np.zeros(design.sketch.hops)
    if design.limited_db is not None:
        count = min(len(found), len(design.limited_db))
        found[:count] = design.limited_db[:count]
    return found


def tone_match_of(sketch: Sketch, request: Request) -> ToneMatch | None:
    brief = request.brief
    assert request.target is not None
    match = match_tone(
        sketch,
        request.target,
        strength=brief.strength("tone"),
        guard=brief.guard,
        shape_sides=brief.strength("width") > 0.0,
        linear_phase=brief.is_linear_phase,
    )
    return None if match is None else dataclasses.replace(match, device=at_one_loudness(match.device, sketch))


def at_one_loudness(device: Equalizer, sketch: Sketch) -> Equalizer:
    """The equalizer with its level made up, so that bypassing it compares tone with tone and not loud with quiet."""
    before, after = sketch.integrated_lufs(), sketch.equalized(device.bands).integrated_lufs()
    if before is None or after is None:
        return device
    return replace(device, gain_db=round(min(max(before - after, -MOST_MAKEUP_DB), MOST_MAKEUP_DB), 1) + 0.0)


def add_tone_fault(design: Design, request: Request) -> None:
    """Without a reference only a fault is worth an equalizer."""
    if request.target is not None:
        design.leave(TONE, "no reference has a weight for tone")
    elif request.lone_instrument:
        design.leave(TONE, f"{request.lone_instrument} alone is not judged against whole records; left alone")
    else:
        fault = find_tone_fault(design.study.before)
        if fault is None:
            design.leave(TONE, "every region is inside the tolerance; left alone")
            return
        design.tone = fault
        strength = request.brief.strength("tone")
        bands = tuple(replace(band, gain_db=band.gain_db * strength) for band in fault.device.bands)
        phase = "linear" if request.brief.is_linear_phase else "minimum"
        add_equalizer(design, replace(fault.device, bands=bands, phase=phase))


def add_equalizer(design: Design, device: Equalizer) -> None:
    design.add(device, design.sketch.equalized(device.bands, device.gain_db))


def add_tilt(design: Design, brief: MasterBrief) -> None:
    """Taste, on top of what was measured: part of the same equalizer, or one of its own."""
    tilt = tilt_device(brief.tilt_db)
    present = next((device for device in design.devices if device.id == TONE), None)
    if not isinstance(present, Equalizer):
        add_equalizer(design, replace(tilt, phase="linear" if brief.is_linear_phase else "minimum"))
        design.settled = [node for node in design.settled if node.id != TONE]
        return
    bands = tuple(replace(band, id=f"tilt-{band.id}") for band in tilt.bands)
    design.devices[design.devices.index(present)] = replace(present, bands=(*present.bands, *bands))
    design.sketch = design.sketch.equalized(bands)


def colour_behind(design: Design, after: Portrait) -> Colour | None:
    """What everything behind the tone did to the spectrum of the loud parts; None without a tone to compare with."""
    device = next((device for device in design.devices if device.id == TONE), None)
    if not isinstance(device, Equalizer) or not isinstance(design.tone, ToneMatch):
        return None
    toned = design.dry.equalized(device.bands, device.gain_db)
    mid, side = levels_db(toned, loud_hops(toned))
    floor_db = max(mid.max(), side.max()) - SOUNDS_WITHIN_DB
    found = []
    for foretold, measured in ((mid, np.array(after.mid_db)), (side, np.array(after.side_db))):
        heard = (foretold > floor_db) & (measured > FLOOR_DB / 2)
        found.append(np.where(heard, measured - foretold, 0.0))
    return found[0], found[1]


def add_density(design: Design, request: Request) -> None:
    target, strength = request.target, request.brief.strength("dynamics")
    if strength == 0.0:
        design.leave(MULTIBAND, "not asked for", state="off")
        return
    if target is None or not target.density_db:
        design.leave(MULTIBAND, "no reference to compare with; left alone")
        return
    excerpt = design.study.excerpt(design.chain, EXCERPT_SECONDS)
    design.density = match_density(design.sketch, target.density_db, excerpt, strength=strength)
    if design.density is None:
        design.leave(MULTIBAND, "no region is more uneven than in the references; left alone")
    else:
        design.add(design.density.device, design.sketch.multiplied(design.density.gain_db))


def match_tone_again(design: Design, request: Request) -> None:
    """Fit the tone once more, now that it is known what the dynamics behind it do to the spectrum.

    A compressor turns some regions down when they are loud; a ride brings other moments among the loud ones. How the
    ride will be is only guessed here, for the limiter is not known yet.
    """
    nth = next((n for n, device in enumerate(design.devices) if device.id == TONE), None)
    if nth is None or not isinstance(design.tone, ToneMatch) or request.target is None or request.brief.tilt_db:
        return
    gain_db = np.zeros(design.dry.mid.shape) if design.density is None else design.density.gain_db
    squeezed = design.dry.multiplied(gain_db)
    strength, range_lu = request.brief.strength("dynamics"), request.target.range_lu
    guess = match_range(design.sketch, range_lu, strength=strength) if range_lu is not None else None
    if guess is None and design.density is None:
        return
    ride_db = gain_at(guess.device, hop_times(squeezed)) if guess else np.zeros(squeezed.hops)
    again = tone_match_of(squeezed.ridden(ride_db - limited_db(design)), request)
    if again is not None:
        design.tone, design.devices[nth] = again, again.device
        design.sketch = squeezed.equalized(again.device.bands, again.device.gain_db)


def add_range(design: Design, request: Request, outlook: Outlook | None) -> None:
    target, strength = request.target, request.brief.strength("dynamics")
    if strength == 0.0:
        design.leave(RIDE, "not asked for", state="off")
        return
    if target is None or target.range_lu is None:
        design.leave(RIDE, "no reference to compare with; left alone")
        return
    design.passages = find_passages(design.sketch) if request.brief.is_by_passage else ()
    design.range = ride_for(design, target.range_lu, strength, outlook)
    if design.range is None:
        design.leave(RIDE, "the loudness range is near enough to the references; left alone")
    else:
        design.devices.append(design.range.device)


def ride_for(design: Design, target_lu: float, strength: float, outlook: Outlook | None) -> RangeMatch | None:
    """A ride that leaves the wanted range behind the limiter, as far as that can be foretold."""
    was = design.study.before.range_lu
    if was is None:
        return None
    wanted = was + strength * (target_lu - was)
    left = outlook.range_lu(None) if outlook else design.sketch.range_lu()
    if left is None or abs(left - wanted) < LEAST_CHANGE_LU:
        return None
    best, best_short = None, abs(wanted - left)
    aim = (design.sketch.range_lu() or 0.0) + (wanted - left)
    for _ in range(RIDE_ROUNDS):
        match = match_range(design.sketch, aim, strength=1.0, passages=design.passages)
        if match is None:
            break
        got = outlook.range_lu(match.device) if outlook else match.foretold_lu
        short = wanted - (got or 0.0)
        if abs(short) < best_short:
            best = RangeMatch(match.device, was, wanted, target_lu, wanted - short, left)
            best_short = abs(short)
        if abs(short) < RIDE_NEAR_LU:
            break
        aim += short
    return best


def add_width(design: Design, request: Request) -> None:
    brief, target, goal = request.brief, request.target, request.goal
    strength = brief.strength("width")
    if strength == 0.0 and not goal.mono_below_hz:
        design.leave(WIDTH, "not asked for", state="off")
        return
    if target is not None and target.width_db and strength:
        design.width = match_width(
            design.sketch,
            target,
            strength=strength,
            guard=brief.guard,
            mono_below_hz=goal.mono_below_hz,
            before=design.dry,
        )
    device = design.width.device if design.width else Width(id=WIDTH, mono_below_hz=goal.mono_below_hz)
    device = replace(device, side=min(max(device.side * brief.side, 0.0), 4.0))
    if device == device.neutral():
        has_target = target is not None and target.width_db
        why = why_no_width(design.sketch, target) if target and has_target else "no reference to compare with"
        design.leave(WIDTH, f"{why}; left alone")
        return
    design.add(device, design.sketch.widened(device.side, device.mono_below_hz))


def add_clip(design: Design, request: Request) -> None:
    """A clipper that takes off the stated part of the highest peak that comes out of the chain so far."""
    if request.brief.soft_clip_db == 0.0 or request.brief.loudness == 0.0:
        design.leave(CLIP, "not asked for", state="off")
        return
    peak_dbfs = design.study.heard(design.chain).sample_peak_dbfs
    if peak_dbfs < -100.0:
        design.leave(CLIP, "there is no sound to clip")
        return
    ceiling = round(peak_dbfs - request.brief.soft_clip_db, 2)
    design.devices.append(SoftClipper(id=CLIP, ceiling_dbfs=ceiling, knee_db=CLIP_KNEE_DB))
