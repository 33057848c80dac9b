"""Moves of faders that are far from where such tracks usually sit.

A fader that would have to go above +6 dB stays, and the gain of the clip is raised instead: the recording is too quiet,
and a desk would run out of fader.
"""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from bandmate.song.clips import AudioClip
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move
from bandmate.song.tracks import Track
from bandmate.stages.mix.balance import FEWEST_TRACKS, Part, Rebalance, rebalances
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.roles import SURE_ENOUGH
from bandmate.stages.words import spoken_name, spoken_role

HIGHEST_FADER_DB = 6.0
BOTH_SIDES_LU = 3.01
"""A mono track is heard before its pan; from there it plays on both sides, which is twice the energy."""


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
    if 0 < len(parts) < FEWEST_TRACKS and len(draft.song.tracks) > 1:
        draft.remarks.append(f"balance: tracks to compare: {len(parts)}, too few to say what is usual; left alone")
    for found in rebalances(parts):
        track = draft.song.track(found.part.track_id)
        bare = fader_move(track, found.gain_db)
        if not draft.may_move(bare.address):
            continue
        if found.confidence < SURE_ENOUGH:
            draft.remarks.append(
                f"{found.part.name}: {abs(found.distance_lu):.1f} LU off its usual place, maybe on purpose; left alone"
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
            unit="%",
            before=100 * found.audible_before,
            after=100 * found.audible_after,
            where=part.track_id,
        ),
    )
    side = "below" if found.distance_lu < 0 else "above"
    usual = f"where a {spoken_role(part.guess.role)} usually sits against these tracks"
    shares = f"{100 * found.audible_after:.0f} % instead of {100 * found.audible_before:.0f} %"
    who, whose = ("it is", "its") if up else ("the others are", "their")
    effect = f"then {who} heard in {shares} of {whose} bands and moments"
    because = f"{part.name} plays {abs(found.distance_lu):.1f} LU {side} {usual}; {effect}"
    return replace(bare, because=because, evidence=evidence, confidence=round(found.confidence, 2))
