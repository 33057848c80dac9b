"""Diagnosis: what there is to say about a song as it is, without a single move."""

from __future__ import annotations

from bandmate.song.findings import Finding
from bandmate.song.song import Song
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.families import FAMILIES
from bandmate.stages.mix.session import Session


def diagnose(song: Song, brief: MixBrief, *, ears: Ears) -> tuple[Finding, ...]:
    """All findings of all families, in the order of the work; none for silence and for a balanced song."""
    session = Session(song, ears, brief)
    session.listen()
    return diagnosed(session)


def diagnosed(session: Session) -> tuple[Finding, ...]:
    """The same, for a session that is there already."""
    return tuple(finding for family in FAMILIES for finding in family.find(session))
