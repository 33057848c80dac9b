"""A trim before everything else on the main bus, where the tracks together leave too little room."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from bandmate.song.address import ABSENT
from bandmate.song.devices import Equalizer, Limiter
from bandmate.song.evidence import Evidence
from bandmate.song.moves import Move, apply
from bandmate.stages.mix.draft import Draft
from bandmate.stages.words import clock

TRIM_ID = "headroom"


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
    draft.make(replace(bare, because=because, evidence=evidence, confidence=0.95))
