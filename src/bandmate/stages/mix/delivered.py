"""What an engineer says of a delivery before mixing it: every finding about files, their sides and their phase.

Conventions: these are the same families of findings that the mix stage answers with moves; here nothing is answered.
"""

from __future__ import annotations

from bandmate.song.findings import Finding
from bandmate.stages.mix.delivered_family import DELIVERED
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.phase_family import PHASE
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.stereo_family import STEREO

DELIVERY: tuple[Family, ...] = (*DELIVERED, *STEREO, PHASE)
"""What can be wrong with files before anybody mixes them."""


def delivery_findings(session: Session) -> tuple[Finding, ...]:
    """All findings about the delivery, in the order of the work; none for clean files and for a song without tracks."""
    return tuple(finding for family in DELIVERY for finding in family.find(session))
