"""The notes, chords and words of a song as the text of one ABC tune.

Conventions: a track with notes is a voice; L: is an eighth (480 ticks), and every length is an exact fraction of it.
Where notes overlap they are cut into chords with ties, and at bar lines, chords, tempi and syllables too. Every bar is
filled up with rests. An accidental is written again in its bar, so that it is read alike whether it counts for one
octave or all. Words stand under the voice that begins the most notes where syllables are.

Not covered: drums, muted clips, audio, velocities, sections, markers, syllables where that voice has no note; of two
notes of one pitch that overlap the first ends where the second begins. Tuplets are written as fractions (``C2/3``),
which not every program prints well.

References: the ABC music standard 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from bandmate.formats.abc_fields import LETTERS, MODE_FIFTHS, SHARPS_IN_ORDER, SHIFT, signature_from
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Key
from bandmate.song.song import Song
from bandmate.song.time import TICKS_PER_QUARTER, tempo_steps
from bandmate.song.tracks import Track

UNIT_TICKS = TICKS_PER_QUARTER // 2
TONICS = tuple(letter + sign for letter in SHARPS_IN_ORDER for sign in ("", "#", "b"))
SIGNS = {-1: "_", 0: "=", 1: "^"}
BARS_IN_A_LINE = 4


@dataclass(slots=True)
class Part:
    """One voice: what it plays, and where its notes must be cut."""

    name: str
    program: int
    notes: list[tuple[int, int, int]]
    """start, end, pitch; no two of one pitch overlap."""

    above: dict[int, str] = field(default_factory=dict)
    """What is written before the sound at these ticks: tempi and chords."""

    words: dict[int, str] = field(default_factory=dict)


def song_as_abc(song: Song) -> str:
    """The text of one tune; a song without notes gives its header and one empty bar."""
    parts = [part for track in song.tracks if (part := part_of(track)) is not None] or [Part("Melody", 0, [])]
    end = max((note[1] for part in parts for note in part.notes), default=1)
    starts, _, rates = tempo_steps(song.tempo)
    bpms = [float(60 / (rate * TICKS_PER_QUARTER)) for rate in rates]
    above = {at: f"[Q:1/4={plain(bpm)}]" for at, bpm in zip(starts[1:], bpms[1:], strict=True) if at < end}
    for chord in song.chords:
        if chord.start_ticks < end:
            above[chord.start_ticks] = above.get(chord.start_ticks, "") + quoted(str(chord))
    parts[0].above = above
    words = {lyric.at_ticks: lyric.text for lyric in song.lyrics}
    singer = max(parts, key=lambda part: len({start for start, _, _ in part.notes} & words.keys()))
    singer.words = {at: text for at, text in words.items() if any(s <= at < e for s, e, _ in singer.notes)}
    numerator, denominator = song.meters.step_at(0).numerator, song.meters.step_at(0).denominator
    header = ["X:1", f"T:{one_line(song.title)}", f"M:{numerator}/{denominator}", "L:1/8", f"Q:1/4={plain(bpms[0])}"]
    lines = [*header, f"K:{key_name(song.key)}"]
    for number, part in enumerate(parts, 1):
        lines += [f"V:{number} name={quoted(part.name)}", f"%%MIDI program {part.program}"]
        lines += part_lines(song, part, end)
    return "\n".join(lines) + "\n"


def part_of(track: Track) -> Part | None:
    """What a track plays with pitches, or None."""
    clips = [c for c in track.clips if isinstance(c, NoteClip) and not c.mute and not c.instrument.is_drums]
    sounding: dict[int, list[tuple[int, int]]] = {}
    for clip in clips:
        for note in clip.notes:
            if note.start_ticks < clip.length_ticks:
                stop = clip.start_ticks + min(clip.length_ticks, note.start_ticks + note.length_ticks)
                sounding.setdefault(note.pitch, []).append((clip.start_ticks + note.start_ticks, stop))
    notes = [(start, end, pitch) for pitch, times in sounding.items() for start, end in without_overlap(times)]
    return Part(track.name or track.id, clips[0].instrument.program, sorted(notes)) if notes else None


def without_overlap(times: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Notes of one pitch: each ends where the next begins; of those that begin together the longest."""
    longest = dict(sorted(times))
    begins = [*sorted(longest), None]
    for start, after in pairwise(begins):
        if start is not None:
            yield start, longest[start] if after is None else min(longest[start], after)


def part_lines(song: Song, part: Part, end: int) -> Iterator[str]:
    """Four bars to a line, with their words below."""
    signature = signature_from(key_name(song.key))
    shifts = signature.shifts if signature else {}
    cuts = sorted(
        {tick for start, stop, _ in part.notes for tick in (start, stop)} | part.above.keys() | part.words.keys()
    )
    music, words = "", ""
    bar, at, meter = 1, 0, song.meters.step_at(0)
    first_cut = first_note = 0
    while at < end:
        step = song.meters.step_at(at)
        if (step.numerator, step.denominator) != (meter.numerator, meter.denominator):
            music += f"[M:{step.numerator}/{step.denominator}]"
            meter = step
        after = song.meters.ticks_at_bar(bar + 1)
        while first_cut < len(cuts) and cuts[first_cut] <= at:
            first_cut += 1
        inside = []
        for cut in cuts[first_cut:]:
            if cut >= after:
                break
            inside.append(cut)
        while first_note < len(part.notes) and part.notes[first_note][1] <= at:
            first_note += 1
        text, sung = bar_text(part, [at, *inside, after], part.notes[first_note:], shifts)
        music, words = f"{music}{text}|", f"{words}{sung}|"
        if bar % BARS_IN_A_LINE == 0 or after >= end:
            yield music
            if re.search(r"[^*|\s]", words):
                yield f"w:{words}"
            music, words = "", ""
        bar, at = bar + 1, after


def bar_text(part: Part, cuts: list[int], notes: list[tuple[int, int, int]], shifts: dict[str, int]) -> tuple[str, str]:
    """The music of one bar and the syllables under it."""
    near = []
    for note in notes:
        if note[0] >= cuts[-1]:
            break
        near.append(note)
    music, words = "", ""
    used: dict[str, int] = {}
    for start, stop in pairwise(cuts):
        here = [(pitch, end > stop) for begin, end, pitch in near if begin <= start < end]
        names = [spelt(pitch, shifts, used) + "-" * is_held for pitch, is_held in sorted(here)]
        length = length_text(stop - start)
        music += part.above.get(start, "")
        if len(names) == 1:
            music += names[0].removesuffix("-") + length + "-" * here[0][1] + " "
        else:
            music += (f"[{''.join(names)}]" if names else "z") + length + " "
        if names:
            words += syllable(part.words.get(start, "")) + " "
    return music, words


def spelt(pitch: int, shifts: dict[str, int], used: dict[str, int]) -> str:
    """A pitch as a letter with its octave, with a sign where the key or the bar asks for one."""
    flats = any(shift < 0 for shift in shifts.values())
    fitting = [
        (letter, shift) for letter in LETTERS for shift in (-1, 0, 1) if (LETTERS[letter] + shift - pitch) % 12 == 0
    ]
    letter, shift = min(
        fitting,
        key=lambda pair: (pair[1] != shifts.get(pair[0], 0), pair[1] != 0, pair[1] != (-1 if flats else 1)),
    )
    is_plain = shift == shifts.get(letter, 0) and letter not in used
    if not is_plain:
        used[letter] = shift
    octave = (pitch - shift - LETTERS[letter]) // 12 - 5
    name = letter.lower() + "'" * (octave - 1) if octave > 0 else letter + "," * -octave
    return ("" if is_plain else SIGNS[shift]) + name


def length_text(ticks: int) -> str:
    length = Fraction(ticks, UNIT_TICKS)
    top = "" if length.numerator == 1 else str(length.numerator)
    return top if length.denominator == 1 else f"{top}/{length.denominator}"


def key_name(key: Key | None) -> str:
    """``F#minor``; of two names for one key the one with fewer signs."""
    if key is None:
        return "none"
    names = [name for name in TONICS if (LETTERS[name[0]] + SHIFT[name[1:]] - key.tonic) % 12 == 0]
    best = min(names, key=lambda name: abs(fifths_of(name) + MODE_FIFTHS[key.mode]))
    return best + key.mode


def fifths_of(name: str) -> int:
    return SHARPS_IN_ORDER.index(name[0]) - 1 + 7 * SHIFT[name[1:]]


def syllable(text: str) -> str:
    """A syllable so that it stays one; ``*`` for none."""
    text = one_line(text)
    body, hyphen = (text[:-1], "-") if text.endswith("-") and len(text) > 1 else (text, "")
    body = re.sub(r"[_*|%\\]", "", body).replace("-", "\\-").strip()
    return re.sub(r"\s+", "~", body) + hyphen if body else "*"


def quoted(text: str) -> str:
    return '"' + one_line(text).replace('"', "'").replace("\\%", "") + '"'


def one_line(text: str) -> str:
    return " ".join(text.split()).replace("%", "\\%")


def plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
