"""A trim before everything else on the main bus, where the tracks together leave too little room."""

from __future__ import annotations

import math

from msgspec.structs import replace

from bandmate.song.address import ABSENT, by_id, ids_of
from bandmate.song.devices import AnyDevice, Equalizer, Limiter
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, apply
from bandmate.song.values import slug
from bandmate.stages.mix.draft import Draft
from bandmate.stages.words import clock

TRIM_ID = "headroom"
STEP_DB = 0.5
"""A gain that a musician can read and set; rounded down, so that the peaks stay below what was asked for."""


def add_headroom(draft: Draft) -> None:
    """A trim before everything on the main bus, when the sum of the tracks leaves too little room.

    With a limiter on the main bus the song is being mastered already, and less level would change the master.
    """
    if any(isinstance(device, Limiter) and device.enabled for device in draft.song.main.inserts):
        return
    heard = draft.ears.main(draft.song)
    address = f"main/inserts/{TRIM_ID}"
    if heard.true_peak_dbtp <= draft.brief.most_peak_dbtp or not draft.may_move(address):
        return
    bare = trim_move(draft.song.main.inserts, draft.brief.peak_dbtp - heard.true_peak_dbtp)
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
    draft.make(replace(bare, because=because, evidence=evidence, confidence=0.95))


def trim_move(inserts: tuple[AnyDevice, ...], change_db: float) -> Move:
    """The bare move that turns everything down before ``inserts`` by ``change_db``: an earlier trim is set anew."""
    gain_db = math.floor(change_db / STEP_DB) * STEP_DB
    earlier = by_id(inserts).get(TRIM_ID)
    if isinstance(earlier, Equalizer):
        address = f"main/inserts/{TRIM_ID}/gain_db"
        return Move(address=address, before=earlier.gain_db, after=earlier.gain_db + gain_db)
    # A musician's own device may have the name that the trim would have.
    trim = Equalizer(id=slug(TRIM_ID, frozenset(ids_of(inserts))), gain_db=gain_db)
    if not inserts:
        return Move(address=f"main/inserts/{trim.id}", before=ABSENT, after=trim)
    return Move(address="main/inserts", before=inserts, after=(trim, *inserts))
