"""The mix stage: listens to every track, says what it finds, and proposes what measurably helps.

Family by family (``bandmate.stages.mix.families``), each on the song as the moves before would leave it. Every move is
tried before it is shown: what changed is played and measured again, and a move that does not do what it is for is left
out with a remark. Moves at a locked place are not made. For a balanced song the proposal is empty.
"""

from __future__ import annotations

import msgspec

from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.balance_moves import balance_remarks
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.checks import remarks_on
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.families import FAMILIES
from bandmate.stages.mix.headroom import add_headroom
from bandmate.stages.mix.rumble_moves import add_rumble
from bandmate.stages.mix.session import Session, plays

STAGE = "mix"


def propose_mix(song: Song, brief: MixBrief, *, ears: Ears, version: str = "", seed: int = 0) -> Proposal:
    """Moves towards a clean and balanced mix of ``song``, each with measured evidence, and what was found.

    ``seed`` is recorded; this stage uses no randomness. For silence and for a balanced song there are no moves, and the
    remarks say what was looked at.
    """
    session = Session(song, ears, brief)
    session.listen()
    draft = Draft(session)
    for track in song.tracks:
        if plays(track):
            draft.remarks += remarks_on(song, track, session.hearing(track.id))
    if "noise" in brief.aspects:
        add_rumble(draft)
    if "balance" in brief.aspects:
        draft.remarks += balance_remarks(draft.session)
    for family in FAMILIES:
        findings = list(family.find(draft.session))
        draft.findings += findings
        if family.aspect in brief.aspects:
            for finding in findings:
                draft.answer(family, finding)
    if "headroom" in brief.aspects:
        add_headroom(draft)
    if not draft.moves:
        draft.remarks.append(nothing_to_do(draft))
    count = len(draft.moves)
    return Proposal(
        stage=STAGE,
        title=f"{count} {'move' if count == 1 else 'moves'} for the mix" if count else "nothing to propose for the mix",
        moves=tuple(draft.moves),
        remarks=tuple(draft.remarks),
        findings=tuple(draft.findings),
        brief=msgspec.to_builtins(brief),
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def nothing_to_do(draft: Draft) -> str:
    if not draft.hearings:
        return "no suggestion: there is no track that sounds"
    count = len(draft.hearings)
    heard = "1 track" if count == 1 else f"{count} tracks"
    return f"no suggestion: {heard} heard, nothing measured outside its tolerance"
