"""Moves that turn a track over or line it up."""

from __future__ import annotations

from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.phase import PhaseFault, find_phase_faults
from bandmate.stages.words import spoken_name


def add_phase(draft: Draft) -> None:
    """Polarity and delay fixes."""
    for fault in find_phase_faults(draft.song, draft.hearings, draft.guesses, draft.ears):
        move = phase_move(fault)
        if draft.may_move(move.address):
            draft.make(move)


def phase_move(fault: PhaseFault) -> Move:
    name, partner = spoken_name(fault.track), spoken_name(fault.partner)
    relation = fault.relation
    level = Evidence(
        what=f"level of {name} and {partner} together",
        unit="dBFS",
        before=fault.sum_before_db,
        after=fault.sum_after_db,
        where=fault.track.id,
    )
    gain = Evidence(what="what the sum gains", unit="dB", after=fault.gain_db, where=fault.track.id)
    if fault.invert:
        likeness = Evidence(
            what="correlation of the two",
            unit="-1 to 1",
            before=-relation.correlation_after if relation.delay_frames else relation.correlation_before,
            after=relation.correlation_after,
            where=fault.track.id,
        )
        return Move(
            address=f"tracks/{fault.track.id}/polarity_inverted",
            before=fault.track.polarity_inverted,
            after=not fault.track.polarity_inverted,
            because=f"{name} is upside down against {partner}; turned over, the two gain {fault.gain_db:.1f} dB",
            evidence=(gain, level, likeness),
            confidence=round(0.6 + 0.35 * relation.confidence, 2),
        )
    late = Evidence(what=f"delay of {name} behind {partner}", unit="ms", before=fault.delay_ms, after=0.0)
    return Move(
        address=f"tracks/{fault.track.id}/delay_ms",
        before=fault.track.delay_ms,
        after=fault.track.delay_ms - fault.delay_ms,
        because=f"{name} is {fault.delay_ms:.2f} ms behind {partner}; lined up, the two together gain "
        f"{fault.gain_db:.1f} dB",
        evidence=(late, gain, level),
        confidence=round(0.4 + 0.35 * relation.confidence, 2),
    )
