"""Findings: what an attentive ear has to say about a mix, each with its place, its figures and the tracks concerned.

A finding changes nothing. The moves that answer it name it (``Move.finding``); a finding without an answer is worth
saying all the same.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bandmate.song.evidence import Evidence

FindingKind = Literal[
    "masking",
    "low-end-conflict",
    "rumble",
    "resonance",
    "harshness",
    "sibilance",
    "boxiness",
    "mud",
    "nasality",
    "buried",
    "sticking-out",
    "uneven",
    "polarity",
    "delay",
    "comb",
    "mono-loss",
    "crowded-centre",
    "wide-low-end",
    "clipping",
    "noise",
    "hum",
    "too-much-room",
    "too-little-room",
    "bleed",
    "dc",
    "duplicate",
    "dual-mono",
    "one-sided",
    "offset",
    "silent",
    "reference",
    "direction",
]


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that was heard.

    Attributes
    ----------
    id : str
        unique within a proposal: its kind and the tracks, such as ``masking-pad-lead-vox``.
    tracks : tuple of str
        ids; the first is the one at fault or to be helped.
    start_seconds, end_seconds : float
        where in the song.
    where : str
        the same in words: bars, or minutes and seconds.
    low_hz, high_hz : float or None
        the range that it is about; None where it is about all of the sound.
    sentence : str
        what was heard, with figures; every number is a field of ``evidence``.
    hint : str
        where to listen and for what, without a figure, for whoever wants to find it herself.
    confidence : float
        how sure, 0 to 1.
    evidence : tuple of Evidence
        the first is the figure that the finding is judged by.
    """

    id: str
    kind: FindingKind
    tracks: tuple[str, ...]
    start_seconds: float = 0.0
    end_seconds: float = 0.0
    where: str = ""
    low_hz: float | None = None
    high_hz: float | None = None
    sentence: str
    hint: str = ""
    confidence: float = 1.0
    evidence: tuple[Evidence, ...] = ()
