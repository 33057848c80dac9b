"""The mix stage: listens to every track, says what it finds, and proposes what measurably helps.

Family by family (``bandmate.stages.mix.families``), each on the song as the moves before would leave it. Every move is
tried before it is shown: what changed is played and measured again, and a move that does not do what it is for is left
out with a remark. Moves at a locked place are not made. For a balanced song the proposal is empty.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.balance_moves import balance_remarks
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.directions import DIRECTIONS, add_direction
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.families import FAMILIES
from bandmate.stages.mix.headroom import add_headroom
from bandmate.stages.mix.reference import MixReference
from bandmate.stages.mix.reference_moves import add_reference
from bandmate.stages.mix.reference_whole import add_density, add_width
from bandmate.stages.mix.session import Session

STAGE = "mix"


def propose_mix(
    song: Song,
    brief: MixBrief,
    *,
    ears: Ears,
    references: Sequence[MixReference] = (),
    version: str = "",
    seed: int = 0,
) -> Proposal:
    """Moves towards a clean and balanced mix of ``song``, each with measured evidence, and what was found.

    With ``references`` the balance goes after them and not after what is usual, and so do low end, tone, width and
    dynamics of the whole where the brief allows them.
    ``seed`` is recorded; this stage uses no randomness. For silence and for a balanced song there are no moves, and the
    remarks say what was looked at.
    """
    session = Session(song, ears, brief)
    session.listen()
    draft = Draft(session)
    is_fitted = False
    for family in FAMILIES:
        if references and family.aspect == "balance":
            if not is_fitted:
                add_reference(draft, references)
            is_fitted = True
            continue
        findings = list(family.find(draft.session))
        draft.findings += findings
        if family.aspect in brief.aspects:
            for finding in findings:
                draft.answer(family, finding)
    if references and "stereo" in brief.aspects:
        add_width(draft, references)
    if references and "dynamics" in brief.aspects:
        add_density(draft, references)
    if "balance" in brief.aspects and not references:
        draft.remarks += balance_remarks(draft.session)
    if "headroom" in brief.aspects:
        add_headroom(draft)
    if not draft.moves:
        draft.remarks.append(nothing_to_do(draft))
    return proposal_of(draft, "for the mix", version=version, seed=seed)


def propose_directions(
    song: Song, brief: MixBrief, *, ears: Ears, version: str = "", seed: int = 0
) -> tuple[Proposal, ...]:
    """Three mixes that differ in a stated direction: one proposal each, for the musician to choose one, or none."""
    session = Session(song, ears, brief)
    session.listen()
    found = []
    for direction in DIRECTIONS:
        draft = Draft(session)
        add_direction(draft, direction)
        found.append(proposal_of(draft, f"for a mix that is {direction}", version=version, seed=seed))
    return tuple(found)


def proposal_of(draft: Draft, what_for: str, *, version: str, seed: int) -> Proposal:
    """The draft as it is handed to the musician."""
    count = len(draft.moves)
    return Proposal(
        stage=STAGE,
        title=f"{count} {'move' if count == 1 else 'moves'} {what_for}" if count else f"nothing to propose {what_for}",
        moves=tuple(draft.moves),
        remarks=tuple(draft.remarks),
        findings=tuple(draft.findings),
        brief=msgspec.to_builtins(draft.brief),
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def nothing_to_do(draft: Draft) -> str:
    if not draft.hearings:
        return "no suggestion: there is no track that sounds"
    count = len(draft.hearings)
    heard = "1 track" if count == 1 else f"{count} tracks"
    return f"no suggestion: {heard} heard, nothing measured outside its tolerance"
