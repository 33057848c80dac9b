"""All families of findings, in the order of the work: what is wrong with a recording before what is between recordings.

The order counts: each family is asked about the song as the moves before would leave it. The balance comes before what
moves a fader over time, for a fader that moves is left where it is. Masking comes before the tone of single tracks: a
bump that covers somebody is named for that.
"""

from __future__ import annotations

from bandmate.stages.mix.balance_family import BALANCE
from bandmate.stages.mix.boxiness import BOXINESS
from bandmate.stages.mix.delivered_family import DELIVERED
from bandmate.stages.mix.dynamics import UNEVEN_HITS, UNEVEN_PHRASES
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.gate import BLEED
from bandmate.stages.mix.harshness import HARSHNESS
from bandmate.stages.mix.hum import HUM
from bandmate.stages.mix.low_end_family import LOW_END
from bandmate.stages.mix.masking_family import MASKING
from bandmate.stages.mix.noise import NOISE
from bandmate.stages.mix.pan_family import PAN
from bandmate.stages.mix.phase_family import PHASE
from bandmate.stages.mix.resonance import RESONANCE
from bandmate.stages.mix.room_family import TOO_LITTLE_ROOM
from bandmate.stages.mix.rumble_moves import RUMBLE
from bandmate.stages.mix.sibilance import SIBILANCE
from bandmate.stages.mix.space_family import TOO_MUCH_ROOM
from bandmate.stages.mix.stereo_family import STEREO

FAMILIES: tuple[Family, ...] = (
    *DELIVERED,
    *STEREO,
    PHASE,
    HUM,
    RUMBLE,
    NOISE,
    BLEED,
    RESONANCE,
    MASKING,
    HARSHNESS,
    BOXINESS,
    SIBILANCE,
    TOO_MUCH_ROOM,
    BALANCE,
    UNEVEN_PHRASES,
    UNEVEN_HITS,
    LOW_END,
    *PAN,
    TOO_LITTLE_ROOM,
)
