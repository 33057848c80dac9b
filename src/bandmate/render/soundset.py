"""The sound set that comes with Bandmate: FluidR3Mono, as small banks for the synthesizer.

Conventions: the synthesizer plays at 48 kHz and starts and ends notes only every 64 frames. Each bank is therefore
written an octave deeper, with all its times doubled and all its filters and vibratos halved: what it plays at 48 kHz is
the sound at 96 kHz, where those 64 frames are two thirds of a millisecond and a note is at most a third of one early or
late. Only the preset that is asked for is unpacked (20 to 300 ms), and the last few are kept in memory.

Not covered: other SoundFonts.

References: FluidR3Mono_GM (MIT licence, see ``bandmate/data/FluidR3Mono_License.md``); SoundFont 2.04 section 8.1.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from importlib.resources import files

from bandmate.render.soundfont import SoundFont
from bandmate.song.errors import MediaError
from bandmate.song.notes import Instrument

SOUND_SET = "FluidR3Mono_GM.sf3"
SYNTH_HZ = 48_000
OVERSAMPLING = 2
SOUND_HZ = OVERSAMPLING * SYNTH_HZ
"""The rate at which the synthesizer's frames are to be heard."""
GRID_FRAMES = 64
"""The synthesizer acts on notes once in so many frames."""

DRUM_BANK = 128
OCTAVE_CENTS = 1200
FILTER_CUTOFF, COARSE_TUNE, RELEASE = 8, 51, 38
DELAYS_AND_TIMES = (21, 23, 25, 26, 27, 28, 30, 33, 34, 35, 36, RELEASE)
VIBRATO_RATES = (22, 24)
SHORTEST_RELEASE_CENTS = -7973
"""10 ms: a shorter release clicks."""
ATTENUATION = 48
BANK_BOOST_DB = 12.0
"""Banks are so much louder than the sound set says; the synthesizer's answer is turned down again."""
CENTIBELS_PER_DB = 25
"""The synthesizer counts an attenuation at 40 %, as sound sets expect: 10 / 0.4."""
BANKS_IN_MEMORY = 6


@cache
def sound_set() -> SoundFont:
    """The whole sound set, still packed (15 MB)."""
    return SoundFont(sound_set_bytes())


@cache
def sound_set_hash() -> str:
    """The sha256 of the sound set."""
    return hashlib.sha256(sound_set_bytes()).hexdigest()


def sound_set_bytes() -> bytes:
    """The file.

    Raises
    ------
    MediaError
        if it is missing from the installation.
    """
    asset = files("bandmate").joinpath("data", SOUND_SET)
    try:
        return asset.read_bytes()
    except OSError as problem:
        raise MediaError(f"the sound set {SOUND_SET} is missing; install Bandmate again") from problem


def preset_of(instrument: Instrument) -> tuple[int, int]:
    """Bank and program that play an instrument: the nearest kit below where there is none, else the piano."""
    known = sound_set().presets
    if not instrument.is_drums:
        return (0, instrument.program) if (0, instrument.program) in known else (0, 0)
    kits = [program for bank, program in known if bank == DRUM_BANK and program <= instrument.program]
    return DRUM_BANK, max(kits, default=0)


@lru_cache(maxsize=BANKS_IN_MEMORY)
def bank_of(bank: int, program: int) -> bytes:
    """A SoundFont with that preset only, made for ``SOUND_HZ``."""
    octaves = OVERSAMPLING.bit_length() - 1
    added = dict.fromkeys(DELAYS_AND_TIMES, OCTAVE_CENTS * octaves)
    added |= dict.fromkeys((*VIBRATO_RATES, FILTER_CUTOFF), -OCTAVE_CENTS * octaves)
    added[COARSE_TUNE] = -12 * octaves
    added[ATTENUATION] = -round(BANK_BOOST_DB * CENTIBELS_PER_DB)
    return sound_set().cut(bank, program, added, {RELEASE: SHORTEST_RELEASE_CENTS})
