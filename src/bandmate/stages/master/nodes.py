"""The nodes of the mastering chain: which there are, in which order, and what became of each.

Conventions: a node is one device at the end of the main bus, known by its id. Every node has a state even where it has
no device, so that a report can say what was looked at and why nothing was done.

Not covered: how the devices are found (``bandmate.stages.master.design``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bandmate.song.devices import AnyDevice
from bandmate.song.evidence import Evidence

State = Literal["on", "not needed", "off", "locked", "dropped"]

REPAIR, SUBSONIC, TONE, MULTIBAND = "master-repair", "master-subsonic", "master-tone", "master-multiband"
RIDE, WIDTH, CLIP, LIMITER = "master-ride", "master-width", "master-clip", "master-limiter"

CHAIN_IDS = (REPAIR, SUBSONIC, TONE, MULTIBAND, WIDTH, RIDE, CLIP, LIMITER)
"""The devices that this stage puts on the main bus, in their order."""

NAMES = {
    REPAIR: "repair",
    SUBSONIC: "subsonic filter",
    TONE: "tone",
    MULTIBAND: "multiband dynamics",
    RIDE: "ride",
    WIDTH: "stereo",
    CLIP: "soft clip",
    LIMITER: "gain and limiter",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node as it came out.

    Attributes
    ----------
    id : str
        one of `CHAIN_IDS`.
    state : str
        ``on``; ``not needed``: looked at, nothing to do; ``off``: not asked for; ``locked``; ``dropped``: tried, and
        it did not help.
    strength : float or None
        of its aspect, 0 to 1, where it has one.
    sentence : str
        the reason, or why there is none; every number in it is in ``evidence``.
    """

    id: str
    state: State
    sentence: str
    device: AnyDevice | None = None
    strength: float | None = None
    evidence: tuple[Evidence, ...] = ()
    confidence: float = 1.0

    @property
    def name(self) -> str:
        return NAMES[self.id]


def chain_of(nodes: tuple[Node, ...]) -> tuple[AnyDevice, ...]:
    """The devices of the nodes that are on."""
    return tuple(node.device for node in nodes if node.state == "on" and node.device is not None)
