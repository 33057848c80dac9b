"""The mix stage: listens to every track, and proposes what measurably helps.

In this order, each step on the song as the steps before would leave it: polarity and delay between related tracks,
rumble, static balance, headroom on the main bus. Every move is tried before it is shown: the changed track is played
again and measured again, and a move that does not do what it is for is left out with a remark. Moves at a locked place
are not made. For a balanced song the proposal is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np

from bandmate.song.address import ABSENT, covers
from bandmate.song.clips import AudioClip
from bandmate.song.devices import Equalizer
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, apply
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.ears import Ears
from bandmate.stages.hearing import Hearing
from bandmate.stages.mix.balance import Part, Rebalance, rebalances
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.checks import remarks_on
from bandmate.stages.mix.phase import PhaseFault, find_phase_faults
from bandmate.stages.mix.roles import SURE_ENOUGH, Guess, role_of, role_table
from bandmate.stages.mix.rumble import (
    LEAST_REDUCTION_DB,
    MOST_LOUDNESS_CHANGE_LU,
    Rumble,
    find_rumble,
    insert_first,
    low_level_db,
    rumble_filter,
)
from bandmate.stages.words import clock, spoken_name, spoken_role

STAGE = "mix"
HIGHEST_FADER_DB = 6.0
TRIM_ID = "headroom"
BOTH_SIDES_LU = 3.01
"""A mono track is heard before its pan; from there it plays on both sides, which is twice the energy."""


@dataclass
class Draft:
    """A proposal in the making: the song with the moves so far, and what is known of its tracks."""

    song: Song
    ears: Ears
    brief: MixBrief
    hearings: dict[str, Hearing]
    guesses: dict[str, Guess]
    moves: list[Move] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def make(self, move: Move) -> None:
        """Take a move into the proposal and make it on the draft's song."""
        self.song = apply(self.song, move)
        self.moves.append(move)

    def may_move(self, address: str) -> bool:
        """Whether brief and locks leave that place free."""
        parts = address.split("/")
        if parts[0] == "tracks" and not self.brief.allows(parts[1]):
            return False
        return not any(covers(lock.address, address) or covers(address, lock.address) for lock in self.song.locks)


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
    return f"no suggestion: {len(draft.hearings)} tracks heard, nothing measured outside its tolerance"


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


def add_rumble(draft: Draft) -> None:
    """High-passes where rumble was measured, tried on the sound."""
    for track in draft.song.tracks:
        if track.id not in draft.hearings:
            continue
        lowest_hz = role_table()[draft.guesses[track.id].role].lowest_hz
        rumble = find_rumble(draft.hearings[track.id], lowest_hz)
        if rumble is None:
            continue
        device = rumble_filter(lowest_hz)
        if any(existing.id == device.id for existing in track.inserts):
            continue
        bare = insert_first(track, device)
        if not draft.may_move(bare.address):
            continue
        try_rumble(draft, track, bare, rumble)


def try_rumble(draft: Draft, track: Track, bare: Move, rumble: Rumble) -> None:
    """Play the track with the filter and keep the move if the rumble goes and the music stays."""
    before = draft.hearings[track.id]
    after = draft.ears.track(apply(draft.song, bare), track.id)
    low_before, low_after = (low_level_db(heard, rumble.below_hz) for heard in (before, after))
    change_lu = (after.active_lufs or -100.0) - (before.active_lufs or -100.0)
    name = spoken_name(track)
    if low_before - low_after < LEAST_REDUCTION_DB or abs(change_lu) > MOST_LOUDNESS_CHANGE_LU:
        draft.remarks.append(f"{name}: rumble, but a filter would take music with it ({change_lu:+.1f} LU); left alone")
        return
    evidence = (
        Evidence(what=f"level below {rumble.below_hz:.0f} Hz", unit="dBFS", before=low_before, after=low_after),
        Evidence(what="what the filter takes off the rumble", unit="dB", after=low_before - low_after),
        Evidence(what="highest frequency of the rumble", unit="Hz", before=rumble.below_hz),
        Evidence(what="loudness while playing", unit="LUFS", before=before.active_lufs, after=after.active_lufs),
        Evidence(what="quiet moments of the rumble against its mean", unit="dB", before=rumble.steady_db),
    )
    because = (
        f"{name} has a steady rumble below {rumble.below_hz:.0f} Hz, under anything it plays; "
        f"the filter takes {low_before - low_after:.0f} dB off it"
    )
    certainty = min(0.95, 0.75 + max(0.0, rumble.share_db + 24.0) / 100.0)
    draft.make(msgspec.structs.replace(bare, because=because, evidence=evidence, confidence=round(certainty, 2)))
    draft.hearings[track.id] = after


def add_balance(draft: Draft) -> None:
    """Faders that are far from where such tracks usually sit."""
    parts = []
    for track in draft.song.tracks:
        if track.id not in draft.hearings:
            continue
        if any(one.parameter == "gain_db" and one.points for one in track.automation):
            draft.remarks.append(f"{spoken_name(track)}: its fader is automated; its balance is left alone")
            continue
        parts.append(part_of(track, draft))
    for found in rebalances(parts):
        track = draft.song.track(found.part.track_id)
        bare = fader_move(track, found.gain_db)
        if not draft.may_move(bare.address):
            continue
        if found.confidence < SURE_ENOUGH:
            draft.remarks.append(
                f"{found.part.name}: {abs(found.distance_lu):.1f} LU from its usual place, which may be meant; left alone"
            )
            continue
        if not found.helps:
            draft.remarks.append(
                f"{found.part.name}: {abs(found.distance_lu):.1f} LU from its usual place, "
                "but moving it would not make anything easier to hear; left alone"
            )
            continue
        draft.make(with_balance_reason(bare, found))


def part_of(track: Track, draft: Draft) -> Part:
    """A track with its fader, for the balance. Tracks of unknown role share nothing."""
    hearing, guess = draft.hearings[track.id], draft.guesses[track.id]
    factor = np.float32(10 ** (track.gain_db / 10))
    lufs = (hearing.active_lufs or -100.0) + track.gain_db + (BOTH_SIDES_LU if hearing.channels == 1 else 0.0)
    same = sum(draft.guesses[other].role == guess.role for other in draft.hearings)
    sharing = 1 if guess.role == "unknown" else same
    return Part(track.id, spoken_name(track), guess, lufs, hearing.power * factor, sharing)


def fader_move(track: Track, change_db: float) -> Move:
    """The fader, or the gain of the clip where the fader would go higher than most desks have it."""
    wanted = track.gain_db + change_db
    clip = track.clips[0]
    if wanted > HIGHEST_FADER_DB and len(track.clips) == 1 and isinstance(clip, AudioClip) and not track.inserts:
        return Move(
            address=f"tracks/{track.id}/clips/{clip.id}/gain_db", before=clip.gain_db, after=clip.gain_db + change_db
        )
    return Move(address=f"tracks/{track.id}/gain_db", before=track.gain_db, after=wanted)


def with_balance_reason(bare: Move, found: Rebalance) -> Move:
    part, up = found.part, found.gain_db > 0
    after_lu = found.distance_lu + found.gain_db
    heard = f"{part.name} itself" if up else "the other tracks"
    evidence = (
        Evidence(
            what=f"distance from where a {spoken_role(part.guess.role)} usually sits in such a mix",
            unit="LU",
            before=found.distance_lu,
            after=after_lu,
            target=0.0,
            where=part.track_id,
        ),
        Evidence(
            what="loudness while playing",
            unit="LUFS",
            before=part.active_lufs,
            after=part.active_lufs + found.gain_db,
            where=part.track_id,
        ),
        Evidence(
            what=f"share of time and bands in which {heard} can be heard",
            unit="share",
            before=found.audible_before,
            after=found.audible_after,
            where=part.track_id,
        ),
    )
    side = "below" if found.distance_lu < 0 else "above"
    effect = "it is heard in" if up else "the others are heard in"
    because = (
        f"{part.name} plays {abs(found.distance_lu):.1f} LU {side} where a {spoken_role(part.guess.role)} usually sits "
        f"against these tracks; {effect} {found.audible_after:.2f} instead of {found.audible_before:.2f} of its places"
        if up
        else f"{part.name} plays {abs(found.distance_lu):.1f} LU {side} where a {spoken_role(part.guess.role)} usually "
        f"sits against these tracks; {effect} {found.audible_after:.2f} instead of {found.audible_before:.2f} of theirs"
    )
    return msgspec.structs.replace(bare, because=because, evidence=evidence, confidence=round(found.confidence, 2))


def add_headroom(draft: Draft) -> None:
    """A trim before everything on the main bus, when the sum of the tracks leaves too little room."""
    heard = draft.ears.main(draft.song)
    address = f"main/inserts/{TRIM_ID}"
    if heard.true_peak_dbtp <= draft.brief.most_peak_dbtp or not draft.may_move(address):
        return
    gain_db = np.floor((draft.brief.peak_dbtp - heard.true_peak_dbtp) * 2) / 2
    inserts = draft.song.main.inserts
    trim = Equalizer(id=TRIM_ID, gain_db=float(gain_db))
    if any(device.id == TRIM_ID for device in inserts):
        old = next(device for device in inserts if device.id == TRIM_ID)
        assert isinstance(old, Equalizer)
        bare = Move(address=f"{address}/gain_db", before=old.gain_db, after=old.gain_db + float(gain_db))
    elif inserts:
        bare = Move(address="main/inserts", before=inserts, after=(trim, *inserts))
    else:
        bare = Move(address=address, before=ABSENT, after=trim)
    after = draft.ears.main(apply(draft.song, bare))
    if after.true_peak_dbtp >= heard.true_peak_dbtp:
        return
    at = clock(heard.peak_at_seconds) if heard.peak_at_seconds is not None else ""
    evidence = (
        Evidence(
            what="true peak of the mix with the other moves made",
            unit="dBTP",
            before=heard.true_peak_dbtp,
            after=after.true_peak_dbtp,
            target=draft.brief.peak_dbtp,
            where=at,
        ),
        Evidence(what="loudness of the mix", unit="LUFS", before=heard.integrated_lufs, after=after.integrated_lufs),
    )
    because = (
        f"the tracks together peak at {heard.true_peak_dbtp:.1f} dBTP{' at ' if at else ''}{at}; turned down before "
        f"anything else on the main bus they peak at {after.true_peak_dbtp:.1f} dBTP"
    )
    draft.make(msgspec.structs.replace(bare, because=because, evidence=evidence, confidence=0.95))
