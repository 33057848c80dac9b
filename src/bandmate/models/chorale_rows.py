"""What is known of each note of a four-part piece before it comes: the features that the Bach model mixes.

Conventions: a piece is frames of a sixteenth, pitches of soprano, alto, tenor, bass; a voice that rests keeps its
pitch. Steps go frame by frame from the second one on, in a frame soprano, bass, alto, tenor. The symbol of a step is
the voice's move in half steps, -24 to 24, plus 24; larger moves are clipped. The key is told from the notes so far.

Not covered: whether a note of the same pitch is struck again.

References
----------
C. L. Krumhansl, Cognitive Foundations of Musical Pitch (profiles of keys).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.sound.kernel import kernel

Ints = NDArray[np.int64]

ORDER = (0, 3, 1, 2)
MOST = 24
SYMBOLS = 2 * MOST + 1
COLUMNS = (
    "voice", "place", "quarter", "held", "key_class", "last", "last2", "held_last", "moved", "moves", "sounds",
    "classes", "set", "others", "others_began", "others_held", "pitch", "room_up", "room_down", "harmony",
    "beat_harmony", "mode", "bass_class", "soprano_class", "hyper", "since_long", "figure", "frame", "rhythm",
    "before_beat", "class_now", "last3", "before_beat2", "own_rhythm", "root", "beat_root",
)  # fmt: skip
COLUMN = {name: number for number, name in enumerate(COLUMNS)}

MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
PROFILES = np.array([np.roll((one - one.mean()) / one.std(), tonic) for one in (MAJOR, MINOR) for tonic in range(12)])
FADE = 0.985
"""How much of a sixteenth's weight for the key is left after the next one."""


@kernel
def key_of(weights: NDArray[np.float64]) -> int:
    """0–11 major, 12–23 minor: the profile that fits best."""
    best, found = -1e9, 0
    mean = weights.mean()
    for key in range(24):
        fit = 0.0
        for one in range(12):
            fit += PROFILES[key, one] * (weights[one] - mean)
        if fit > best + 1e-9:
            best, found = fit, key
    return found


@kernel
def clip(value: int, most: int) -> int:
    return max(-most, min(most, value))


@kernel
def key_path(pitches: Ints) -> Ints:
    """The key as it is known before each frame."""
    keys = np.zeros(len(pitches), np.int64)
    weights = np.zeros(12)
    for frame in range(len(pitches)):
        keys[frame] = key_of(weights) if frame else 0
        weights *= FADE
        for voice in range(4):
            weights[pitches[frame, voice] % 12] += 1.0 + (0.5 if voice == 3 else 0.0)
    return keys


@kernel
def mask_of(row: Ints, tonic: int) -> int:
    """The pitch classes above a tonic, a bit each."""
    mask = 0
    for pitch in row:
        mask |= 1 << ((pitch - tonic) % 12)
    return mask


@kernel
def root_of(row: Ints) -> int:
    """The root that the sounding classes suggest: the one with most of third, fifth and seventh above it."""
    mask = mask_of(row, 0)
    best, found = -1, 0
    for root in range(12):
        if not mask >> root & 1:
            continue
        fit = 2 if row[3] % 12 == root else 0
        if mask >> ((root + 4) % 12) & 1 or mask >> ((root + 3) % 12) & 1:
            fit += 5
        if mask >> ((root + 7) % 12) & 1:
            fit += 4
        if mask >> ((root + 10) % 12) & 1:
            fit += 1
        if fit > best:
            best, found = fit, root
    return found


@kernel
def piece_rows(pitches: Ints, places: Ints, begin: int, rows: Ints, symbols: Ints) -> None:
    """Features and symbols of the frames from ``begin`` (at least 1) on, four steps each."""
    keys = key_path(pitches)
    held = np.zeros((len(pitches), 4), np.int64)
    lasts = np.zeros((len(pitches), 4, 3), np.int64)
    lengths = np.zeros((len(pitches), 4), np.int64)
    long_ago = np.zeros(len(pitches), np.int64)
    lasts[0] = 99
    for frame in range(1, len(pitches)):
        all_held = True
        for voice in range(4):
            move = pitches[frame, voice] - pitches[frame - 1, voice]
            lasts[frame, voice] = lasts[frame - 1, voice]
            lengths[frame, voice] = lengths[frame - 1, voice]
            held[frame, voice] = held[frame - 1, voice] + 1
            if move:
                lasts[frame, voice, 2] = lasts[frame - 1, voice, 1]
                lasts[frame, voice, 1] = lasts[frame - 1, voice, 0]
                lasts[frame, voice, 0] = clip(move, MOST)
                lengths[frame, voice] = min(31, held[frame - 1, voice] + 1)
                held[frame, voice] = 0
            all_held = all_held and held[frame, voice] >= 7
        long_ago[frame] = 0 if all_held else min(127, long_ago[frame - 1] + 1)
    for frame in range(begin, len(pitches)):
        for turn in range(4):
            step = (frame - begin) * 4 + turn
            symbols[step] = clip(pitches[frame, ORDER[turn]] - pitches[frame - 1, ORDER[turn]], MOST) + MOST
            voice_row(pitches, places, (frame, turn), (keys, held, lasts, lengths, long_ago), rows[step])


@kernel
def moves_row(now: Ints, before: Ints, at: tuple[int, int, int, int], row: Ints) -> None:
    """Features 8 to 12: how the voices that come first have moved; ``at`` is voice, turn, tonic and mode."""
    voice, turn, tonic, mode = at
    own = before[voice]
    moved = moves = sounds = classes = pitch_set = 0
    for earlier in range(turn):
        other = ORDER[earlier]
        move = clip(now[other] - before[other], MOST)
        moved = moved * 2 + (1 if move else 0)
        moves = moves * 64 + move + 25
        sounds = sounds * 256 + (now[other] - own + 90)
        classes = classes * 13 + (now[other] - own) % 12 + 1
        pitch_set |= 1 << ((now[other] - tonic) % 12)
    row[8] = moved
    row[9] = moves
    row[10] = sounds
    row[11] = classes
    row[12] = pitch_set * 2 + mode


@kernel
def others_row(before: Ints, held: Ints, voice: int, row: Ints) -> None:
    """Features 13 to 15 and 28: where the other voices were, and how long all have been held."""
    others = others_held = others_began = rhythm = 0
    for other in range(4):
        others_held = others_held * 5 + min(4, held[other])
        rhythm = rhythm * 32 + min(31, held[other])
        others_began = others_began * 2 + (1 if held[other] == 0 else 0)
        if other != voice:
            others = others * 256 + (before[other] - before[voice] + 90)
    row[13] = others
    row[14] = others_began
    row[15] = others_held
    row[28] = rhythm


@kernel
def voice_row(
    pitches: Ints, places: Ints, at: tuple[int, int], past: tuple[Ints, Ints, Ints, Ints, Ints], row: Ints
) -> None:
    """The features of one step; ``at`` is the frame and the turn in it."""
    frame, turn = at
    keys, held, lasts, lengths, long_ago = past
    voice, before, now = ORDER[turn], pitches[frame - 1], pitches[frame]
    own = before[voice]
    tonic, mode = keys[frame] % 12, keys[frame] // 12
    moves_row(now, before, (voice, turn, tonic, mode), row)
    others_row(before, held[frame - 1], voice, row)
    above = min(99, (now[voice - 1] if voice == 1 else before[voice - 1]) - own if voice > 0 else 99)
    below = min(99, own - (now[3] if voice == 2 else before[voice + 1]) if voice < 3 else 99)
    beat = max(0, frame - 1 - (places[frame] - 1) % 4)
    beat2 = max(0, beat - 4)
    row[0] = voice
    row[1] = places[frame]
    row[2] = places[frame] % 4
    row[3] = min(held[frame - 1, voice], 31)
    row[4] = (own - tonic) % 12 + 12 * mode
    row[5] = lasts[frame - 1, voice, 0]
    row[6] = lasts[frame - 1, voice, 1]
    row[7] = lengths[frame - 1, voice]
    row[16] = own
    row[17] = min(above, 13)
    row[18] = min(below, 20)
    row[19] = mask_of(before, tonic) * 2 + mode
    row[20] = mask_of(pitches[beat], tonic) * 2 + mode
    row[21] = mode
    row[22] = (now[3] - own) % 12 if turn >= 2 else 12 + (before[3] - own) % 12
    row[23] = (now[0] - own) % 12 if turn >= 1 else 12
    row[24] = frame % 32
    row[25] = min(63, long_ago[frame - 1])
    row[26] = (clip(own - pitches[beat, voice], 7) + 7) * 16 + (clip(own - pitches[beat2, voice], 7) + 7)
    row[27] = frame
    row[29] = mask_of(pitches[beat], tonic) * 4096 + mask_of(pitches[beat2], tonic)
    row[30] = own % 12
    row[31] = lasts[frame - 1, voice, 2]
    row[32] = pitches[beat, voice] - own
    row[33] = lengths[frame - 1, voice] * 32 + min(31, held[frame - 1, voice])
    row[34] = (root_of(before) - own) % 12
    row[35] = ((root_of(pitches[beat]) - tonic) % 12) * 24 + (own - tonic) % 12 + 12 * mode


def rows_of(pitches: Ints, places: Ints, begin: int = 1) -> tuple[Ints, Ints]:
    """Features (steps, columns) and symbols (steps,) of a piece; nothing for fewer than two frames."""
    steps = max(0, len(pitches) - begin) * 4
    rows, symbols = np.zeros((steps, len(COLUMNS)), np.int64), np.zeros(steps, np.int64)
    if steps:
        piece_rows(
            np.ascontiguousarray(pitches, np.int64), np.ascontiguousarray(places, np.int64), begin, rows, symbols
        )
    return rows, symbols


def compile_kernels() -> None:
    """Compile everything here, or load it from the disk."""
    rows_of(np.full((3, 4), 60, np.int64), np.arange(3))
