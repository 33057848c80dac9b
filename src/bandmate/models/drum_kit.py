"""The kit: its pieces with their General MIDI numbers, the limbs that strike them, styles, and the grid of a bar.

Conventions: a bar of four quarters has 16 slots, four to a beat. In a straight feel they are sixteenths; in a swung
feel they are thirds of a beat, and the third slot is not used::

    slot              0     1     2     3
    straight, ticks   0   240   480   720
    swung, ticks      0   320    -    640

A ghost note is a snare below ``GHOST_VELOCITY``.

Not covered: cymbals beyond ride and crash, percussion; they are read as the piece that is nearest in use.
"""

from __future__ import annotations

from typing import Final

PIECES: Final = (
    "kick",
    "snare",
    "stick",
    "hat",
    "open hat",
    "ride",
    "pedal",
    "crash",
    "high tom",
    "mid tom",
    "low tom",
    "ghost",
)
KICK, SNARE, STICK, HAT, OPEN, RIDE, PEDAL, CRASH, HIGH, MID, LOW, GHOST = range(len(PIECES))
PITCHES: Final = (36, 38, 37, 42, 46, 51, 44, 49, 48, 45, 43, 38)
"""General MIDI numbers, piece by piece."""

FEET: Final = (KICK, PEDAL)
HANDS: Final = tuple(piece for piece in range(len(PIECES)) if piece not in FEET)
TIMEKEEPERS: Final = (HAT, OPEN, RIDE)
TOMS: Final = (HIGH, MID, LOW)
GHOST_VELOCITY: Final = 45

SLOTS: Final = 16
STRAIGHT_TICKS: Final = (0, 240, 480, 720)
SWUNG_TICKS: Final = (0, 320, 480, 640)

STYLES: Final = (
    "rock",
    "pop",
    "funk",
    "soul",
    "hip-hop",
    "jazz",
    "latin",
    "reggae",
    "afrobeat",
    "punk",
    "country",
    "blues",
    "second line",
    "afro-cuban",
    "dance",
)
"""What takes of drummers are sorted into."""

NUMBERS: Final = {
    35: KICK, 36: KICK, 37: STICK, 38: SNARE, 39: SNARE, 40: SNARE, 41: LOW, 42: HAT, 43: LOW, 44: PEDAL, 45: MID,
    46: OPEN, 47: MID, 48: HIGH, 49: CRASH, 50: HIGH, 51: RIDE, 52: CRASH, 53: RIDE, 55: CRASH, 57: CRASH, 59: RIDE,
    22: HAT, 26: OPEN, 58: LOW, 56: RIDE, 54: HAT, 69: HAT, 70: HAT, 82: HAT, 60: HIGH, 61: MID, 62: HIGH, 63: MID,
    64: LOW, 65: HIGH, 66: LOW, 75: STICK, 76: STICK, 77: STICK,
}  # fmt: skip


def piece_of(pitch: int, velocity: int = 96) -> int:
    """The piece that a General MIDI number (or that of an electronic kit) is played on; unknown ones keep time."""
    piece = NUMBERS.get(pitch, HAT)
    return GHOST if piece == SNARE and velocity < GHOST_VELOCITY else piece
