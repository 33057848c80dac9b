"""From chords in four parts to lines: passing notes and suspensions where no rule is hurt, then notes.

Conventions: each slot has two moments, its beginning and its middle; row ``2 * slot`` and the one behind it. A passing
note fills a third with the step between; a suspension holds a tone of the chord before and comes down by a step at the
middle. A chance is taken only if the faults of the moments around do not become more. The rules are those of
``part_rules``, told here on moments only.

Not covered: figures in notes shorter than half a slot, ornaments of the melody.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bandmate.models.part_costs import Rows, hard_leap
from bandmate.song.scales import scale_of
from bandmate.sound.kernel import kernel
from bandmate.stages.compose.harmony_ground import HarmonyGround
from bandmate.stages.compose.harmony_slots import Slot
from bandmate.stages.compose.passage import Tone

PASSING, SUSPENSION, NEIGHBOUR, BROKEN = range(4)
SHORTEST_TICKS = 480
"""Slots shorter than this stay plain."""


def moments_of(ground: HarmonyGround, chosen: Rows) -> tuple[Rows, Rows]:
    """Pitches (moments, 4) of the plain chords; and of each moment what the soprano sings last, its lowest and highest
    note, the tonic, and whether it follows without a rest."""
    pitches = np.repeat(chosen[:, :4], 2, axis=0)
    facts = np.zeros((len(pitches), 5), np.int64)
    for at, slot in enumerate(ground.slots):
        pitches[2 * at + 1, 0] = slot.at_middle
        joins = at > 0 and ground.slots[at - 1].end == slot.start
        facts[2 * at] = (slot.last, slot.lowest, slot.highest, slot.key.tonic, int(joins))
        facts[2 * at + 1] = (slot.last, slot.lowest, slot.highest, slot.key.tonic, 1)
        facts[2 * at, 0] = before_middle(ground, slot)
    return pitches, facts


def before_middle(ground: HarmonyGround, slot: Slot) -> int:
    """What the melody sings just before the middle of a slot."""
    sung = [tone.pitch + ground.shift for tone in ground.line if tone.start_ticks < slot.middle]
    return sung[-1] if sung else slot.soprano


def chances(ground: HarmonyGround, chosen: Rows) -> Rows:
    """Every passing note, suspension, neighbour, broken chord and anticipation that might be: kind, slot, voice, pitch
    at the beginning, pitch at the middle."""
    found = []
    held = [{pin.voice for pin in ground.pins if touches(pin.tone, slot)} for slot in ground.slots]
    for at, (slot, after) in enumerate(pairwise(ground.slots)):
        if slot.end - slot.start < SHORTEST_TICKS or slot.end != after.start:
            continue
        scale = set(scale_of(slot.key))
        joins = at > 0 and ground.slots[at - 1].end == slot.start
        given = ground.chords[at]
        suspended = False
        # subtle: a bass that the song names stays under its chord.
        named = set() if given is None or given.bass is None else {3}
        for voice in sorted({1, 2, 3} - held[at] - named):
            now, then = int(chosen[at, voice]), int(chosen[at + 1, voice])
            step = 1 if then > now else -1
            if abs(then - now) == 4:
                found.append((PASSING, at, voice, now, now + 2 * step))
            elif abs(then - now) == 3:
                middles = [now + size * step for size in (1, 2) if (now + size * step) % 12 in scale]
                found += [(PASSING, at, voice, now, middle) for middle in middles[:1]]
            elif then == now and after.strikes:
                middles = [now - size for size in (1, 2) if (now - size) % 12 in scale]
                found += [(NEIGHBOUR, at, voice, now, middle) for middle in middles[:1]]
            elif abs(then - now) <= 2:
                found.append((BROKEN, at, voice, now, then))
            if (broken := broken_tone(chosen[at], voice)) is not None:
                found.append((BROKEN, at, voice, now, broken))
            if joins and slot.strength < 2 and voice not in held[at - 1]:
                before = int(chosen[at - 1, voice])
                if before - now in (1, 2) and not is_tone(chosen[at], before) and not (given and suspended):
                    suspended = True
                    found.append((SUSPENSION, at, voice, before, now))
    return np.array(found, np.int64).reshape(-1, 5)


def broken_tone(state: Rows, voice: int) -> int | None:
    """The next tone of the chord below a voice, or above it, that is not the next voice's own; at most a fourth off."""
    now = int(state[voice])
    classes = {int(pitch) % 12 for pitch in state[:4]}
    sizes = [size for size in (-3, -4, 3, 4, -5, 5) if (now + size) % 12 in classes]
    return next((now + size for size in sizes if now + size not in state[:4]), None)


def touches(tone: Tone, slot: Slot) -> bool:
    return tone.start_ticks < slot.end and tone.end_ticks > slot.start


def is_tone(state: Rows, pitch: int) -> bool:
    """Whether a pitch class is among those that a state sings."""
    return any((pitch - one) % 12 == 0 for one in state[:4].tolist())


@kernel
def classes_of(row: Rows, root: int) -> int:
    """The pitch classes of a moment above a root, a bit each."""
    mask = 0
    for pitch in row:
        mask |= 1 << ((pitch - root) % 12)
    return mask


@kernel
def leading_of(row: Rows, tonic: int) -> int:
    """The pitch class that leads, as ``part_rules`` tells it; -1 for none."""
    for root in range(12):
        above = classes_of(row, root)
        if above & ~0b010010010001 == 0 and above & 0b010000010000 == 0b010000010000:
            return (root + 4) % 12
    above = classes_of(row, tonic)
    if above & ~0b100110100100 == 0 and above & 0b100000000100 == 0b100000000100:
        return (tonic + 11) % 12
    return -1


@kernel
def loose(before: Rows, now: Rows, tonic: int) -> int:
    """Sevenths that do not fall and leading tones on top that do not rise, where a dominant goes home."""
    leading = leading_of(before, tonic)
    if leading < 0:
        return 0
    above = classes_of(now, leading + 1)
    if not above & 1 or not above & 0b11000:
        return 0
    found = int(before[0] % 12 == leading and now[0] - before[0] not in (0, 1))
    if not classes_of(before, leading + 8) & 1 or classes_of(now, leading + 6) & 1:
        return found
    for voice in range(4):
        falls = before[voice] - now[voice]
        if before[voice] % 12 == (leading + 6) % 12 and (falls < 0 or falls > 2):
            found += 1
    return found


@kernel
def standing(row: Rows, fact: Rows) -> int:
    """Faults of one moment: crossing, spacing, a doubled leading tone."""
    found = int(row[1] > fact[1]) + int(row[2] > row[1]) + int(row[3] > row[2])
    found += int(row[1] - row[2] > 12) + int(row[2] - row[3] > 24) + int(fact[2] - row[1] > 12)
    leading = leading_of(row, fact[3])
    if leading >= 0:
        times = 0
        for pitch in row:
            times += int(pitch % 12 == leading)
        found += max(0, times - 1)
    return found


@kernel
def moving(before: Rows, last: int, now: Rows, tonic: Rows) -> int:
    """Faults between two moments; ``last`` is the soprano's last note before the second."""
    found = 0
    for upper in range(3):
        was = last if upper == 0 else before[upper]
        for lower in range(upper + 1, 4):
            rise, other = now[upper] - was, now[lower] - before[lower]
            if rise * other > 0:
                interval, old = (now[upper] - now[lower]) % 12, (was - before[lower]) % 12
                if interval in (0, 7) and (interval == old or (upper == 0 and lower == 3 and abs(rise) > 2)):
                    found += 2
        if now[upper] < before[upper + 1] or now[upper + 1] > was:
            found += 1
    for voice in range(1, 4):
        found += hard_leap(before[voice], now[voice], tonic)
    if last == before[0]:
        found += loose(before, now, tonic[0])
    return found


@kernel
def faults_around(pitches: Rows, facts: Rows, first: int, last: int) -> int:
    """Faults of the moments from ``first`` to ``last`` and between them."""
    found = 0
    for row in range(max(0, first), min(len(pitches), last + 1)):
        found += standing(pitches[row], facts[row])
        if row > 0 and row > first and facts[row, 4]:
            found += moving(pitches[row - 1], facts[row - 1, 0], pitches[row], facts[row, 3:4])
    return found


@kernel
def rubs(row: Rows, voice: int) -> bool:
    """Whether a voice is on the note of another one, or a half step beside it."""
    for other in range(4):  # noqa: SIM110
        if other != voice and abs(row[other] - row[voice]) <= 1:
            return True
    return False  # subtle: any() over a generator is nothing that numba compiles.


@kernel
def decorate(pitches: Rows, facts: Rows, options: Rows, wanted: Rows, taken: Rows) -> None:
    """Take those of the options that are wanted and hurt no rule, in their order; ``taken`` says which."""
    for number in range(len(options)):
        if not wanted[number]:
            continue
        kind, slot, voice = options[number, 0], options[number, 1], options[number, 2]
        first, middle = 2 * slot, 2 * slot + 1
        plain = pitches[first, voice]
        if pitches[middle, voice] != plain or (kind == SUSPENSION and pitches[first - 1, voice] != options[number, 3]):
            continue
        if kind != SUSPENSION and plain != options[number, 3]:
            continue
        before = faults_around(pitches, facts, first - 1, middle + 1)
        pitches[first, voice], pitches[middle, voice] = options[number, 3], options[number, 4]
        place = first if kind == SUSPENSION else middle
        if rubs(pitches[place], voice) or faults_around(pitches, facts, first - 1, middle + 1) > before:
            pitches[first, voice], pitches[middle, voice] = plain, plain
        else:
            taken[number] = 1


def lines_of(
    ground: HarmonyGround, chosen: Rows, pitches: Rows, tied: set[tuple[int, int]], *, holds: bool, loudness: int = 0
) -> tuple[tuple[Tone, ...], ...]:
    """The notes of alto, tenor and bass. ``tied``: slots and voices that begin with the tone before held over."""
    usual = int(np.median([tone.velocity for tone in ground.line])) - 6 if ground.line else 80
    velocity = max(1, min(127, usual + loudness))
    return tuple(
        with_pins_of(ground, voice, line_of(ground, (chosen, pitches, voice), tied, holds), velocity)
        for voice in (1, 2, 3)
    )


def line_of(
    ground: HarmonyGround, what: tuple[Rows, Rows, int], tied: set[tuple[int, int]], holds: bool
) -> list[list[int]]:
    """Start, end and pitch of a voice's notes."""
    chosen, pitches, voice = what
    found: list[list[int]] = []
    for at, slot in enumerate(ground.slots):
        for begin, end, row in ((slot.start, slot.middle, 2 * at), (slot.middle, slot.end, 2 * at + 1)):
            pitch = int(pitches[row, voice])
            goes_on = bool(found) and found[-1][1] == begin and found[-1][2] == pitch
            if goes_on and begin == slot.start:
                stays = at > 0 and (chosen[at - 1, 4:6] == chosen[at, 4:6]).all()
                goes_on = (at, voice) in tied or not slot.strikes or (holds and bool(stays))
            if goes_on:
                found[-1][1] = end
            elif end > begin:
                found.append([begin, end, pitch])
    return found


def with_pins_of(ground: HarmonyGround, voice: int, line: Sequence[Sequence[int]], velocity: int) -> tuple[Tone, ...]:
    """A voice's notes with its pinned ones in their places, exactly."""
    pins = [pin.tone._replace(velocity=velocity) for pin in ground.pins if pin.voice == voice]
    found = list(pins)
    for start, end, pitch in line:
        for begin, until in free_parts(start, end, pins):
            found.append(Tone(begin, until - begin, pitch, velocity))
    return tuple(sorted(found))


def free_parts(start: int, end: int, pins: Sequence[Tone]) -> list[tuple[int, int]]:
    """What is left of a stretch where pinned notes are not."""
    parts = [(start, end)]
    for pin in pins:
        parts = [
            part
            for begin, until in parts
            for part in ((begin, min(until, pin.start_ticks)), (max(begin, pin.end_ticks), until))
            if part[1] > part[0]
        ]
    return parts


def compile_kernels() -> None:
    """Compile the loops, or load them from the disk."""
    pitches, facts = np.full((4, 4), 60, np.int64), np.zeros((4, 5), np.int64)
    options, one = np.zeros((1, 5), np.int64), np.ones(1, np.int64)
    decorate(pitches, facts, options, one, np.zeros(1, np.int64))
