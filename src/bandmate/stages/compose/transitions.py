"""From section to section: fills, crashes, beats of silence, pick-ups of the lead, and an end.

Conventions: song ticks; General MIDI drum numbers. Everything here is written, and only takes away, cuts or adds notes
in the last bar of a section and on the first beat of the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from bandmate.song.scales import scale_of
from bandmate.stages.compose.arrangement import EARLY_TICKS, Scene
from bandmate.stages.compose.passage import Bar, Tone

SNARE, CRASH, KICK = 38, 49, 36
TOMS = (50, 48, 45, 43)
DRUM_TICKS = 120
FILLS = (
    ("S", "S", "1", "2"),
    ("S.SS", "1122"),
    ("S.S1", "1.34"),
    ("SS1.", "2.4."),
)
"""Written fills over the last beats: snare, toms from high (1) to low (4)."""

FILL_PIECES = {"S": SNARE, "1": TOMS[0], "2": TOMS[1], "3": TOMS[2], "4": TOMS[3]}

Parts = Mapping[str, tuple[Tone, ...]]


def with_transitions(
    parts: Parts, found: Sequence[Scene], bars: Sequence[Bar], *, seed: int, is_looped: bool, has_end: bool
) -> dict[str, tuple[Tone, ...]]:
    """The parts with what happens between sections.

    Parameters
    ----------
    parts : mapping
        notes by part, already laid out.
    is_looped : bool
        whether the drums still need fills and crashes (a loop has none of its own).
    has_end : bool
        whether the last bar ends the piece: everybody holds its first beat.
    """
    result = dict(parts)
    by_number = {bar.number: bar for bar in bars}
    for number, scene in enumerate(found):
        first, last = by_number[scene.section.start_bar], by_number[scene.last_bar]
        if is_looped and "drums" in result:
            if scene.has_fill and "drums" in scene.parts:
                result["drums"] = filled(result["drums"], last, scene.section.energy, Random(f"fill/{seed}/{number}"))
            if scene.has_crash and "drums" in scene.parts and number:
                result["drums"] = crashed(result["drums"], first)
        if scene.silence and last.numerator > 1:
            for part in result:
                if part not in ("lead", "drums") or (part == "drums" and scene.silence > 1):
                    result[part] = silenced(result[part], last, scene.silence)
    if has_end and bars:
        result = {part: ended(tones, bars[-1], part) for part, tones in result.items()}
    return result


def filled(tones: Sequence[Tone], bar: Bar, energy: float, rng: Random) -> tuple[Tone, ...]:
    """A written fill over the last one or two beats of a bar; feet and hats stay."""
    groups = FILLS[rng.randrange(len(FILLS))]
    beats = list(groups)[-(2 if energy >= 0.6 else 1) :]
    beats = beats[-max(1, min(len(beats), bar.length_ticks // 960 - 1)) :] if bar.length_ticks >= 1920 else beats[-1:]
    start = max(bar.start_ticks, bar.end_ticks - 960 * len(beats))
    found = [
        tone
        for tone in tones
        if not start <= tone.start_ticks + EARLY_TICKS < bar.end_ticks or tone.pitch in (KICK, 35, 44)
    ]
    for place, group in enumerate(beats):
        step = 960 // len(group)
        for at, letter in enumerate(group):
            ticks = start + place * 960 + at * step
            if letter in FILL_PIECES and ticks < bar.end_ticks:
                velocity = 84 + 8 * place + 4 * at + rng.randint(-4, 4)
                length = min(DRUM_TICKS, bar.end_ticks - ticks)
                found.append(Tone(ticks, length, FILL_PIECES[letter], max(1, min(127, velocity))))
    return tuple(sorted(found))


def crashed(tones: Sequence[Tone], bar: Bar) -> tuple[Tone, ...]:
    """A crash with the kick on the first beat, unless there is one."""
    here = [tone for tone in tones if abs(tone.start_ticks - bar.start_ticks) <= EARLY_TICKS]
    found = list(tones)
    if not any(tone.pitch in (49, 57) for tone in here):
        found.append(Tone(bar.start_ticks, min(960, bar.length_ticks), CRASH, 108))
    if not any(tone.pitch in (35, 36) for tone in here):
        found.append(Tone(bar.start_ticks, DRUM_TICKS, KICK, 104))
    return tuple(sorted(found))


def silenced(tones: Sequence[Tone], bar: Bar, beats: int) -> tuple[Tone, ...]:
    """Nothing in the last beats of a bar."""
    start = max(bar.start_ticks + bar.beat_ticks, bar.end_ticks - beats * bar.pulse_ticks)
    return tuple(
        tone._replace(length_ticks=max(1, min(tone.end_ticks, start) - tone.start_ticks))
        if tone.start_ticks < start
        else tone
        for tone in tones
        if not start <= tone.start_ticks + EARLY_TICKS < bar.end_ticks
    )


def ended(tones: Sequence[Tone], bar: Bar, part: str) -> tuple[Tone, ...]:
    """The last bar with its first beat held to the end, and nothing behind it."""
    before = [tone for tone in tones if tone.start_ticks < bar.start_ticks - EARLY_TICKS]
    first = [tone for tone in tones if abs(tone.start_ticks - bar.start_ticks) <= EARLY_TICKS]
    if part == "drums":
        hits = {tone.pitch: tone for tone in first}
        if tones and before:
            hits.setdefault(KICK, Tone(bar.start_ticks, DRUM_TICKS, KICK, 108))
            hits.setdefault(CRASH, Tone(bar.start_ticks, 960, CRASH, 108))
        return (*before, *sorted(hits.values()))
    if not first:
        late = [tone for tone in tones if tone.start_ticks > bar.start_ticks]
        together = [tone for tone in late if tone.start_ticks == min(one.start_ticks for one in late)]
        first = [tone._replace(start_ticks=bar.start_ticks) for tone in together]
    held = {tone.pitch: tone for tone in first}
    return (*before, *sorted(tone._replace(length_ticks=bar.end_ticks - tone.start_ticks) for tone in held.values()))


def picked_up(lead: Sequence[Tone], first: Tone, bar: Bar, quiet_from: int) -> tuple[Tone, ...]:
    """Two or three steps of the scale into a note, where the lead is silent before it."""
    if quiet_from > bar.end_ticks - 960 or any(
        tone.end_ticks > bar.end_ticks - 960 and tone.start_ticks < bar.end_ticks for tone in lead
    ):
        return ()
    scale = scale_of(bar.key)
    below = [pitch for pitch in range(first.pitch - 9, first.pitch) if pitch % 12 in scale][-2:]
    return tuple(
        Tone(bar.end_ticks - 480 * (len(below) - at), 480, pitch, max(1, first.velocity - 10))
        for at, pitch in enumerate(below)
    )
