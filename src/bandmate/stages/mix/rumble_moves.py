"""Moves that take rumble away, tried on the sound before they are shown."""

from __future__ import annotations

from msgspec.structs import replace

from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, apply
from bandmate.song.tracks import Track
from bandmate.stages.mix.draft import Draft
from bandmate.stages.mix.roles import role_table
from bandmate.stages.mix.rumble import (
    LEAST_REDUCTION_DB,
    MOST_LOUDNESS_CHANGE_LU,
    Rumble,
    find_rumble,
    insert_first,
    low_level_db,
    rumble_filter,
)
from bandmate.stages.words import spoken_name

UNKNOWN_ROLE_SHARE = 0.7
"""What is left of the confidence where it is not known how low the track can play."""


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
    taken_db = low_before - low_after
    if abs(change_lu) > MOST_LOUDNESS_CHANGE_LU:
        draft.remarks.append(f"{name}: rumble, but a filter would take music with it ({change_lu:+.1f} LU); left alone")
        return
    if taken_db < LEAST_REDUCTION_DB:
        draft.remarks.append(
            f"{name}: rumble so near to what it may play that a filter takes only {taken_db:.0f} dB off it; left alone"
        )
        return
    evidence = (
        Evidence(what=f"level below {rumble.below_hz:.0f} Hz", unit="dBFS", before=low_before, after=low_after),
        Evidence(what="what the filter takes off the rumble", unit="dB", after=taken_db),
        Evidence(what="highest frequency of the rumble", unit="Hz", before=rumble.below_hz),
        Evidence(what="loudness while playing", unit="LUFS", before=before.active_lufs, after=after.active_lufs),
        Evidence(what="quiet moments of the rumble against its mean", unit="dB", before=rumble.steady_db),
    )
    because = (
        f"{name} has a steady rumble below {rumble.below_hz:.0f} Hz, under anything it plays; "
        f"the filter takes {taken_db:.0f} dB off it"
    )
    certainty = min(0.95, 0.75 + max(0.0, rumble.share_db + 24.0) / 100.0)
    if draft.guesses[track.id].role == "unknown":
        certainty *= UNKNOWN_ROLE_SHARE
    draft.make(replace(bare, because=because, evidence=evidence, confidence=round(certainty, 2)))
