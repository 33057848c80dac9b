"""The mix stage: listens to every track, and proposes what measurably helps.

In this order, each step on the song as the steps before would leave it: polarity and delay between related tracks,
rumble, static balance, headroom on the main bus. Every move is tried before it is shown: the changed track is played
again and measured again, and a move that does not do what it is for is left out with a remark. Moves at a locked place
are not made. For a balanced song the proposal is empty.
"""

from __future__ import annotations

import msgspec

from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.balance_moves import add_balance
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.checks import remarks_on
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.headroom import add_headroom
from bandmate.stages.mix.phase_moves import add_phase
from bandmate.stages.mix.roles import role_of
from bandmate.stages.mix.rumble_moves import add_rumble
from bandmate.stages.words import spoken_name

STAGE = "mix"


def propose_mix(song: Song, brief: MixBrief, *, ears: Ears, version: str = "", seed: int = 0) -> Proposal:
    """Moves towards a clean and balanced static mix of ``song``, each with measured evidence.

    ``seed`` is recorded; this stage uses no randomness. For silence and for a balanced song there are no moves, and the
    remarks say what was looked at.
    """
    playing = [track for track in song.tracks if track.clips and not track.mute]
    hearings = ears.tracks(song, [track.id for track in playing])
    guesses = {track.id: role_of(track.role, spoken_name(track), hearings[track.id]) for track in playing}
    draft = Draft(song, ears, brief, hearings, guesses)
    for track in playing:
        draft.remarks += remarks_on(song, track, hearings[track.id])
    draft.hearings = {i: hearing for i, hearing in hearings.items() if hearing.active_lufs is not None}
    if brief.phase:
        add_phase(draft)
    if brief.rumble:
        add_rumble(draft)
    if brief.balance:
        add_balance(draft)
    if brief.headroom:
        add_headroom(draft)
    if not draft.moves:
        draft.remarks.append(nothing_to_do(draft))
    count = len(draft.moves)
    return Proposal(
        stage=STAGE,
        title=f"{count} {'move' if count == 1 else 'moves'} for the mix" if count else "nothing to propose for the mix",
        moves=tuple(draft.moves),
        remarks=tuple(draft.remarks),
        brief=msgspec.to_builtins(brief),
        author=Author(kind="assistant", name=STAGE, version=version, seed=seed),
    )


def nothing_to_do(draft: Draft) -> str:
    if not draft.hearings:
        return "no suggestion: there is no track that sounds"
    count = len(draft.hearings)
    heard = "1 track" if count == 1 else f"{count} tracks"
    return f"no suggestion: {heard} heard, nothing measured outside its tolerance"
