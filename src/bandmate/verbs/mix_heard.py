"""A mix in two states, heard: the song without the moves of a proposal and the song with them.

Conventions: as in ``bandmate.verbs.comparing``: accepted moves are taken away for the first, and of the open ones the
first answers are made for the second. What was heard before is not heard again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bandmate.song.errors import RequestError
from bandmate.verbs.comparing import chosen_numbers, two_songs

if TYPE_CHECKING:
    from bandmate.project.decisions import ProposalState
    from bandmate.song.song import Song
    from bandmate.stages.ears import Ears
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.mix.brief import MixBrief
    from bandmate.stages.mix.masking import Scene
    from bandmate.stages.mix.session import Powers, Session


@dataclass(frozen=True, slots=True)
class HeardMix:
    """One state: its tracks in a session, who covers whom, the whole, and how much of each track can be heard (0 to 1).

    ``total`` is the power of all tracks together by 1/3 octave and hop; ``main`` is None where no track plays anything.
    """

    session: Session
    scene: Scene
    main: Hearing | None
    heard_share: dict[str, float]
    total: Powers | None

    def rest(self, track_id: str) -> Powers:
        """The power of everything but one track, shape (bands, hops)."""
        import numpy as np

        from bandmate.stages.mix.audible import padded

        assert self.total is not None
        rest: Powers = np.maximum(self.total - padded(self.session.power(track_id), self.total.shape[1]), 0.0)
        return rest

    @property
    def song(self) -> Song:
        return self.session.song


@dataclass(frozen=True, slots=True)
class TwoMixes:
    """The song without (``was``) and with (``now``) the moves of these numbers.

    ``notes`` says which moves could not be made and why; ``seconds`` is the length of the longer one.
    """

    was: HeardMix
    now: HeardMix
    moves: tuple[int, ...]
    notes: tuple[str, ...]
    seconds: float


def two_mixes(song: Song, state: ProposalState, ears: Ears) -> TwoMixes:
    """Hear the song without and with what was accepted or is open."""
    from bandmate.stages.mix.session import Session

    numbers, notes = possible_moves(song, state)
    before, after = two_songs(song, state, numbers)
    base = Session(before, ears, brief_of(state))
    was = heard_mix(base, ears)
    now = was if after == before else heard_mix(base.with_song(after), ears)
    seconds = max((one.main.seconds for one in (was, now) if one.main), default=0.0)
    return TwoMixes(was, now, numbers, notes, seconds)


def heard_mix(session: Session, ears: Ears) -> HeardMix:
    """One state of the song."""
    from bandmate.stages.mix.audible import shares
    from bandmate.stages.mix.masking import Scene
    from bandmate.stages.mix.session import plays, summed

    session.listen()
    main = ears.main(session.song) if any(plays(track) for track in session.song.tracks) else None
    ids = [track.id for track in session.tracks]
    total = summed([session.power(track_id) for track_id in ids]) if ids else None
    return HeardMix(session, Scene(session), main, shares(session, ids), total)


def brief_of(state: ProposalState) -> MixBrief:
    """What the musician asked for when the proposal was made; the usual where an earlier version wrote it down."""
    import msgspec

    from bandmate.stages.mix.brief import MixBrief

    try:
        return msgspec.convert(state.proposal.brief, MixBrief)
    except msgspec.ValidationError:
        return MixBrief()


def possible_moves(song: Song, state: ProposalState) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The numbers of the moves that can be compared, and why others cannot."""
    if not any(one.state in ("accepted", "open") for one in state.moves):
        return (), ()
    wanted = chosen_numbers(state, None)
    if fits(song, state, wanted) is None:
        return wanted, ()
    kept: list[int] = []
    notes: list[str] = []
    for number in wanted:
        why = fits(song, state, [*kept, number])
        if why is None:
            kept.append(number)
        else:
            notes.append(f"move {number} is the same in both: {why}")
    return tuple(kept), tuple(notes)


def fits(song: Song, state: ProposalState, numbers: Sequence[int]) -> str | None:
    """None where the song can be had without and with these moves; else why not."""
    try:
        two_songs(song, state, numbers)
    except RequestError as refused:
        return str(refused)
    return None
