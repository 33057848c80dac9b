"""From a design to a master: gain and limiter solved on the sound, everything measured, what did not help dropped.

A chain is tried as a whole. Whatever did not measurably help is taken out and the rest is tried again. So what is
proposed is what was measured.

Not covered: turning nodes into moves (``bandmate.stages.master.propose``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from bandmate.song.devices import Limiter
from bandmate.song.evidence import Evidence
from bandmate.sound.limiter_forecast import Forecast
from bandmate.stages.hearing import Hearing
from bandmate.stages.master.design import Colour, Design, Request, colour_behind, complete, front_of
from bandmate.stages.master.nodes import CHAIN_IDS, LIMITER, Node, chain_of
from bandmate.stages.master.outlook import Outlook
from bandmate.stages.master.passages import Passage
from bandmate.stages.master.portrait import portrait_of
from bandmate.stages.master.reasons import change, node_for
from bandmate.stages.master.search import Bounds, next_gain
from bandmate.stages.master.sketch import Reals
from bandmate.stages.master.solve import MOST_MEAN_REDUCTION_DB, NEAR_ENOUGH_DB, Solved, settled
from bandmate.stages.master.study import Chain, Study
from bandmate.stages.master.target import Target
from bandmate.stages.master.tone_match import ToneMatch
from bandmate.stages.master.tone_need import tone_error_db
from bandmate.stages.words import clock

CEILING_ROUNDS = 3
LOUDNESS_ROUNDS = 8
LOUDNESS_OFF_LU = 0.04
TONE_OFF_DB = 0.6
WORTH_CORRECTING_DB = 0.05
COST_NEAR_LU = 0.1

HARD_DB = 6.0
VERY_HARD_DB = 9.0
"""Most that the limiter takes off: beyond the first it is said, beyond the second no more than even odds are given."""


@dataclass(frozen=True, slots=True)
class Mastered:
    """A master that was tried: its nodes in the order of the chain, and what it measures."""

    request: Request
    nodes: tuple[Node, ...]
    before: Hearing
    after: Hearing
    solved: Solved | None
    cost: Forecast | None = None
    passages: tuple[Passage, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def chain(self) -> Chain:
        return chain_of(self.nodes)

    def node(self, device_id: str) -> Node:
        return next(node for node in self.nodes if node.id == device_id)


@dataclass(frozen=True, slots=True)
class Finished:
    """A chain with its limiter, as measured; no limiter where none is needed or asked for, with ``why``. ``cost`` is
    what the loudness asked for would have taken, where it was not reached."""

    chain: Chain
    after: Hearing
    solved: Solved | None
    limiter: Limiter | None
    why: Node | None = None
    cost: Forecast | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A whole chain as it was tried: every device left in it helps, ``dropped`` are those that did not."""

    design: Design
    done: Finished
    nodes: tuple[Node, ...]
    dropped: tuple[Node, ...]

    def tone_off_db(self, target: Target | None) -> float | None:
        """How far the tone came out from the references; None where it was not matched."""
        match = self.design.tone
        if not isinstance(match, ToneMatch) or target is None:
            return None
        now = tone_error_db(portrait_of(self.done.after), target, match.needs)
        return now.mid_db if now else None


def mastered(study: Study, request: Request) -> Mastered:
    """The master that the request asks for.

    The piece must have a loudness: not silent, and 400 ms or longer.
    """
    trial = tried(study, request)
    colour = colour_to_correct(trial, request)
    if colour is not None:
        again = tried(study, request, colour=colour)
        trial = again if is_nearer(again, trial, request) else trial
    settled = trial.design.settled
    limiter = limiter_node(request, trial.done, study)
    nodes = {node.id: node for node in (*settled, *trial.dropped, *trial.nodes, limiter)}
    return Mastered(
        request=request,
        nodes=tuple(nodes[device_id] for device_id in CHAIN_IDS if device_id in nodes),
        before=study.before,
        after=trial.done.after,
        solved=trial.done.solved,
        cost=trial.done.cost,
        passages=trial.design.passages,
        remarks=tuple(remark.text for remark in study.repairs.remarks),
    )


def tried(study: Study, request: Request, *, colour: Colour | None = None) -> Trial:
    """A chain, tried again without what did not help until everything in it does."""
    dropped: dict[str, Node] = {}
    limited_db = early_reductions(study, request) if colour is None else None
    while True:
        without = frozenset(dropped)
        design = front_of(study, request, without=without, colour=colour, limited_db=limited_db)
        outlook = outlook_of(study, design.chain, request)
        complete(design, request, outlook, without=without)
        done = finished(design, request, outlook)
        nodes = tried_nodes(design, request, done)
        worse = {node.id: node for node in nodes if node.state == "dropped"}
        if not worse:
            return Trial(design, done, tuple(nodes), tuple(dropped.values()))
        dropped |= worse


def early_reductions(study: Study, request: Request) -> Reals | None:
    """What the limiter alone would take off each tenth of a second; None where there is none, or no tone to match."""
    if request.target is None or not request.target.mid_db or request.brief.strength("tone") == 0.0:
        return None
    outlook = outlook_of(study, (), request)
    if outlook is None or outlook.bounds is None:
        return None
    gain_db = next_gain(outlook.forecaster.at, [], outlook.bounds)
    study.tape(()).forget()
    return None if gain_db is None else outlook.forecaster.reductions_db(gain_db)


def colour_to_correct(trial: Trial, request: Request) -> Colour | None:
    """What the rest of the chain did to the tone, where that left it further from the references than foretold."""
    match, off_db = trial.design.tone, trial.tone_off_db(request.target)
    if off_db is None or not isinstance(match, ToneMatch) or match.mid is None:
        return None
    if off_db <= match.mid.error_after_db + TONE_OFF_DB:
        return None
    return colour_behind(trial.design, portrait_of(trial.done.after))


def is_nearer(one: Trial, other: Trial, request: Request) -> bool:
    """Whether a corrected chain is worth it: nearer in tone, and no less loud where the loudness was reached."""
    distances = [trial.tone_off_db(request.target) for trial in (one, other)]
    reached = [trial.done.solved is None or trial.done.solved.reached for trial in (one, other)]
    if distances[0] is None or distances[1] is None or reached[0] < reached[1]:
        return False
    return distances[0] < distances[1] - WORTH_CORRECTING_DB


def tried_nodes(design: Design, request: Request, done: Finished) -> list[Node]:
    """The nodes of the devices that still have to prove themselves."""
    settled = {node.id for node in design.settled if node.state == "on"}
    open_ones = [device.id for device in design.devices if device.id not in settled]
    if not open_ones:
        return []
    heard = change(design.study.before, done.after)
    return [node_for(device_id, design, request, heard) for device_id in open_ones]


def outlook_of(study: Study, front: Chain, request: Request) -> Outlook | None:
    """What the limiter will do to the front of a chain; None where there will be none."""
    brief, goal = request.brief, request.goal
    if brief.loudness == 0.0 or not request.is_free(LIMITER):
        return None
    now = study.before.integrated_lufs
    assert now is not None, "silence is not mastered"
    wanted = goal.partly(now, brief.loudness)
    limiter = Limiter(id=LIMITER, ceiling_dbtp=goal.ceiling_dbtp, style=brief.style)
    bounds = None if wanted is None else bounds_for(wanted, limiter)
    return Outlook(study.tape(front).forecaster(limiter, study.rate_hz), limiter, bounds)


def bounds_for(wanted_lufs: float, limiter: Limiter) -> Bounds:
    return Bounds(
        target_lufs=wanted_lufs,
        most_mean_reduction_db=MOST_MEAN_REDUCTION_DB[limiter.style],
        within_db=NEAR_ENOUGH_DB,
    )


def finished(design: Design, request: Request, outlook: Outlook | None) -> Finished:
    """The chain with gain and limiter, as they come out of real runs, and heard."""
    study, goal, chain = design.study, request.goal, design.chain
    if outlook is None:
        is_locked = request.brief.loudness > 0.0
        why = ("the main bus is locked", "locked") if is_locked else ("not asked for", "off")
        return without_limiter(study, chain, *why)
    wanted = outlook.bounds.target_lufs if outlook.bounds else None
    nearly = replace(goal, loudness_lufs=wanted)
    if (not chain or wanted is None) and nearly.is_met_by(study.heard(chain)):
        return without_limiter(study, chain, f"the song meets {goal.name} as it is; left alone", "not needed")
    return with_limiter(design, outlook)


def without_limiter(study: Study, chain: Chain, why: str, state: str) -> Finished:
    node = Node(id=LIMITER, state=state, sentence=why)  # type: ignore[arg-type]
    return Finished(chain, study.heard(chain), None, None, node)


def with_limiter(design: Design, outlook: Outlook) -> Finished:
    """Run the chain until loudness and ceiling are as asked for; as a rule once or twice."""
    study, chain, limiter = design.study, design.chain, outlook.limiter
    ceiling_dbtp = limiter.ceiling_dbtp
    for _ in range(CEILING_ROUNDS):
        solved = run_to_loudness(design, replace(outlook, limiter=limiter)) if outlook.bounds else None
        limiter = solved.limiter if solved else limiter
        after = study.heard((*chain, limiter))
        over = after.highest_peak_dbtp - ceiling_dbtp
        if over <= 0.0:
            break
        limiter = msgspec.structs.replace(limiter, ceiling_dbtp=limiter.ceiling_dbtp - over - 0.02)
    cost = None if solved is None or solved.reached else cost_of(design, outlook)
    return Finished((*chain, limiter), after, solved, limiter, cost=cost)


def cost_of(design: Design, outlook: Outlook) -> Forecast | None:
    """What it would take to reach the loudness all the same, as forecast; None where no gain gives it."""
    assert outlook.bounds is not None
    forecaster = outlook.ridden(design.range.device if design.range else None)
    gain_db = next_gain(forecaster.at, [], Bounds(target_lufs=outlook.bounds.target_lufs))
    forecast = None if gain_db is None else forecaster.at(gain_db)
    if forecast is None or forecast.loudness_lufs is None:
        return None
    return forecast if abs(forecast.loudness_lufs - outlook.bounds.target_lufs) < COST_NEAR_LU else None


def run_to_loudness(design: Design, outlook: Outlook) -> Solved:
    """The limiter at the gain that gives the loudness, found by forecast and settled by real runs."""
    bounds, study, chain = outlook.bounds, design.study, design.chain
    assert bounds is not None
    forecaster = outlook.ridden(design.range.device if design.range else None)

    def run(gain_db: float) -> Solved:
        limiter = msgspec.structs.replace(outlook.limiter, gain_db=gain_db)
        now = study.limited(chain, limiter, bounds.target_lufs)
        return replace(now, reached=abs(now.loudness_lufs - bounds.target_lufs) <= LOUDNESS_OFF_LU)

    return settled(forecaster.at, run, bounds, rounds=LOUDNESS_ROUNDS) or run(outlook.limiter.gain_db)


def limiter_node(request: Request, done: Finished, study: Study) -> Node:
    """What gain and limiter do, in words and numbers."""
    if done.limiter is None:
        assert done.why is not None
        return done.why
    return Node(
        id=LIMITER,
        state="on",
        sentence=limiter_reason(request, study.before, done),
        device=done.limiter,
        strength=request.brief.loudness,
        evidence=limiter_evidence(request, study.before, done),
        confidence=limiter_confidence(done.solved),
    )


def limiter_reason(request: Request, before: Hearing, done: Finished) -> str:
    goal, after, solved = request.goal, done.after, done.solved
    if goal.loudness_lufs is None or solved is None:
        return (
            f"the song peaks at {before.highest_peak_dbtp:.1f} dBTP; {goal.name} wants at most "
            f"{goal.ceiling_dbtp:.1f}, with the limiter it peaks at {after.highest_peak_dbtp:.1f}"
        )
    return (
        f"the song measures {before.integrated_lufs:.1f} LUFS with peaks to {before.highest_peak_dbtp:.1f} dBTP; "
        f"the target for {goal.name} is {goal.loudness_lufs:.1f}; with gain and limiter it measures "
        f"{after.integrated_lufs:.1f} LUFS and {after.highest_peak_dbtp:.1f} dBTP, "
        f"and the limiter takes off {solved.max_reduction_db:.1f} dB at most"
    )


def limiter_evidence(request: Request, before: Hearing, done: Finished) -> tuple[Evidence, ...]:
    goal, after, solved = request.goal, done.after, done.solved
    found = [
        Evidence(
            what="integrated loudness",
            unit="LUFS",
            before=before.integrated_lufs,
            after=after.integrated_lufs,
            target=goal.loudness_lufs,
            where=goal.name,
        ),
        Evidence(
            what="true peak, the higher of the 4x and 16x readings",
            unit="dBTP",
            before=before.highest_peak_dbtp,
            after=after.highest_peak_dbtp,
            target=goal.ceiling_dbtp,
        ),
        Evidence(what="loudness range", unit="LU", before=before.range_lu, after=after.range_lu),
    ]
    if solved is not None:
        at = clock(solved.reduction_at_seconds) if solved.reduction_at_seconds is not None else ""
        found += [
            Evidence(what="most that the limiter takes off", unit="dB", after=solved.max_reduction_db, where=at),
            Evidence(what="what it takes off on average", unit="dB", after=solved.mean_reduction_db),
        ]
    if done.cost is not None:
        mean, most = done.cost.mean_reduction_db, done.cost.max_reduction_db
        found += [
            Evidence(what="what the target would take off on average, as forecast", unit="dB", after=mean),
            Evidence(what="most that the target would take off, as forecast", unit="dB", after=most),
        ]
    return tuple(found)


def limiter_confidence(solved: Solved | None) -> float:
    """The harder the limiter has to work, the less sure that this is what the musician wants."""
    if solved is None or solved.max_reduction_db <= HARD_DB / 2:
        return 0.95
    if solved.max_reduction_db <= HARD_DB:
        return 0.85
    return 0.7 if solved.max_reduction_db <= VERY_HARD_DB else 0.5


def hard_work(solved: Solved | None, cost: Forecast | None = None) -> str | None:
    """What the musician should know about a limiter that works hard; None for one that does not."""
    if solved is None:
        return None
    if not solved.reached:
        would = (
            f": the target would take {cost.mean_reduction_db:.1f} dB on average and {cost.max_reduction_db:.1f} dB "
            "at most"
            if cost
            else f"; no gain would make the {solved.limiter.style} limiter reach the target"
        )
        return (
            f"loudness: stopped at {solved.loudness_lufs:.1f} LUFS, where the limiter takes off "
            f"{solved.mean_reduction_db:.1f} dB on average; more would squash the song{would}"
        )
    if solved.max_reduction_db > HARD_DB:
        at = f" at {clock(solved.reduction_at_seconds)}" if solved.reduction_at_seconds is not None else ""
        return f"limiter is working hard: {solved.max_reduction_db:.1f} dB reduction{at}; a lower target is gentler"
    return None
