"""Excerpts of the corpora as material that the dials measure, eight bars each.

Conventions: at most ``MOST`` excerpts of a work, from its beginning on; a work in changing meter is cut where the
meter changes. 960 ticks for a quarter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from bandmate.song.chord_tones import tones_of
from bandmate.song.harmony import Chord, Key
from bandmate.song.notes import PITCH_NAMES
from bandmate.stages.compose.brief import PartKind
from bandmate.stages.compose.measures import Material, together, window
from bandmate.stages.compose.passage import Bar, Tone, tones_of_track
from training.compose.works import Work, billboard, folk_tunes, grooves, scores

BARS = 8
MOST = 3
BPM = 110.0
Excerpt = tuple[str, Work, Material]

KINDS = {
    "major": "", "dominant": "7", "minor-seventh": "m7", "minor": "m", "major-seventh": "maj7", "diminished": "dim",
    "major-sixth": "6", "dominant-ninth": "9", "diminished-seventh": "dim7", "minor-sixth": "m6", "augmented": "aug",
    "augmented-seventh": "aug7", "half-diminished": "m7b5", "suspended-fourth": "sus4", "dominant-13th": "13",
    "minor-ninth": "m9", "major-ninth": "maj9", "minor-11th": "m11", "power": "5", "minor-major": "m(maj7)",
}  # fmt: skip
SHORTHAND = {
    "maj": "", "min": "m", "7": "7", "min7": "m7", "maj7": "maj7", "maj(9)": "add9", "sus4": "sus4", "maj6": "6",
    "sus4(b7,9)": "9sus4", "sus4(b7)": "7sus4", "7(#9)": "7#9", "min9": "m9", "maj9": "maj9", "9": "9", "13": "13",
    "min11": "m11", "11": "11", "dim": "dim", "maj6(9)": "69", "sus2": "sus2", "min6": "m6", "hdim7": "m7b5", "5": "5",
    "aug(b7)": "aug7", "min(9)": "madd9", "aug": "aug", "dim7": "dim7",
}  # fmt: skip


def excerpts() -> Iterator[Excerpt]:
    """Every excerpt that teaches, with the scale that it belongs to."""
    yield from itertools.chain(lead_sheets(), tunes(), pianos(), chorales(), progressions_of_songs(), drummers())


def teaching(works: Iterator[Work]) -> Iterator[Work]:
    return (work for work in works if work.fold == "teach")


def bars_from(start: int, count: int, meter: tuple[int, int], key: Key) -> tuple[Bar, ...]:
    length = meter[0] * 3840 // meter[1]
    return tuple(Bar(number + 1, start + number * length, *meter, key) for number in range(count))


def cut(
    part: PartKind,
    tones: list[Tone],
    chords: list[Chord],
    meter: tuple[int, int],
    first: int,
    key: Key,
    bpm: float = BPM,
) -> Iterator[Material]:
    """Eight bars at a time from ``first`` on, those in which anything happens."""
    length = meter[0] * 3840 // meter[1]
    low, high = window(part, None)
    end = max([tone.end_ticks for tone in tones] + [chord.start_ticks + chord.length_ticks for chord in chords])
    for number in range(min(MOST, (end - first) // (BARS * length))):
        bars = bars_from(first + number * BARS * length, BARS, meter, key)
        inside = tuple(t for t in tones if bars[0].start_ticks <= t.start_ticks < bars[-1].end_ticks)
        under = tuple(c for c in chords if bars[0].start_ticks <= c.start_ticks < bars[-1].end_ticks)
        if under if part == "chords" else len(inside) >= BARS:
            yield Material(bars, bpm, part, inside, under, low, high)


def meter_of(row: dict[str, Any]) -> tuple[int, int] | None:
    """The one meter of a work; None for several or an odd one."""
    signs = {(int(sign[1]), int(sign[2])) for sign in row["timesig"] if str(sign[1]).isdigit()}
    return signs.pop() if len(signs) == 1 else None


def key_of(row: dict[str, Any], last_class: int) -> Key | None:
    """The relative of the signature that a work ends on."""
    if not row["key"]:
        return None
    major = row["key"][0][1] * 7 % 12
    if last_class == major:
        return Key(tonic=major, mode="major")
    return Key(tonic=(major + 9) % 12, mode="minor") if last_class == (major + 9) % 12 else None


def first_bar(row: dict[str, Any], meter: tuple[int, int]) -> int:
    """Where the first whole bar begins, in ticks."""
    at = [round(place * 960) for place in row["measures"][:2]]
    whole = meter[0] * 3840 // meter[1]
    return at[0] if len(at) < 2 or at[1] - at[0] == whole else at[1]


def tones_in(part: dict[str, Any]) -> list[Tone]:
    return sorted(
        Tone(round(start * 960), max(1, round(length * 960)), int(pitch)) for start, length, pitch in part["notes"]
    )


def chords_in(row: dict[str, Any]) -> list[Chord]:
    """Chord symbols, each until the next."""
    marks = [(round(start * 960), root, KINDS.get(kind)) for start, root, kind, _ in row["chords"] if root is not None]
    ends = [start for start, _, _ in marks[1:]] + [marks[-1][0] + 3840] if marks else []
    return [
        Chord(id="h1", start_ticks=start, length_ticks=end - start, root=root, quality=kind)
        for (start, root, kind), end in zip(marks, ends, strict=True)
        if kind is not None and end > start
    ]


def lead_sheets() -> Iterator[Excerpt]:
    for work in teaching(scores("openewld")):
        row = work.content
        meter, chords = meter_of(row), chords_in(row)
        if meter is None or not chords or not row["parts"]:
            continue
        key = key_of(row, chords[-1].root)
        if key is not None:
            for material in cut("melody", tones_in(row["parts"][0]), chords, meter, first_bar(row, meter), key):
                yield "melody", work, material


def tunes() -> Iterator[Excerpt]:
    for work in teaching(folk_tunes()):
        song = work.content
        meters = {(point.numerator, point.denominator) for point in song.meters.points}
        tones = list(tones_of_track(song.tracks[0])) if song.tracks else []
        key = song.key_at_bar(2) or song.key_at_bar(1)
        if len(tones) < BARS or key is None:
            continue
        meter = song.meters.step_at(song.meters.ticks_at_bar(2))
        pair = (meter.numerator, meter.denominator)
        if len(meters) <= 2 and pair in meters:
            first = song.meters.ticks_at_bar(2) if len(meters) == 2 else 0
            for material in itertools.islice(cut("melody", tones, [], pair, first, key), 1):
                yield "folk", work, material


def pianos() -> Iterator[Excerpt]:
    """Piano parts of songs, all of it as keys, and its lowest notes as a bass."""
    for work in teaching(scores("openscore_lieder")):
        row = work.content
        part = next((one for one in row["parts"] if "piano" in one["name"].lower()), None)
        meter = meter_of(row)
        if part is None or meter is None or not part["notes"]:
            continue
        tones = tones_in(part)
        groups = together(tones)
        key = key_of(row, groups[-1][0].pitch % 12)
        if key is None:
            continue
        low = [group[0] for group in groups if group[0].pitch < 60]
        for material in itertools.islice(cut("keys", tones, [], meter, first_bar(row, meter), key), 1):
            yield "keys", work, material
        for material in itertools.islice(cut("bass", low, [], meter, first_bar(row, meter), key) if low else (), 1):
            yield "bass", work, material


def chorales() -> Iterator[Excerpt]:
    for work in teaching(scores("bach_chorales")):
        row = work.content
        meter = meter_of(row)
        if meter is None or len(row["parts"]) < 4 or not row["key"]:
            continue
        fifths, mode = row["key"][0][1], row["key"][0][2] or "major"
        tonic = (fifths * 7 + (9 if mode == "minor" else 0)) % 12
        key = Key(tonic=tonic, mode="minor" if mode == "minor" else "major")
        tones = sorted(tone for part in row["parts"][:4] for tone in tones_in(part))
        for material in cut("harmony", tones, [], meter, first_bar(row, meter), key):
            yield "harmony", work, material


def progressions_of_songs() -> Iterator[Excerpt]:
    for work in teaching(billboard()):
        for number, section in enumerate(work.content["sections"]):
            meter = tuple(int(part) for part in (section.get("metre") or "0/0").split("/"))
            if meter[0] < 2 or len(section["bars"]) < BARS or number > 5 or section.get("tonic") not in NAMES:
                continue
            chords = chords_of_bars(section["bars"], meter[0] * 3840 // meter[1])
            if not chords:
                continue
            tonic = NAMES[section["tonic"]]
            minor = sum(c.length_ticks for c in chords if c.root == tonic and 3 in tones_of(c.quality))
            major = sum(c.length_ticks for c in chords if c.root == tonic and 4 in tones_of(c.quality))
            key = Key(tonic=tonic, mode="minor" if minor > major else "major")
            for material in itertools.islice(cut("chords", [], chords, (meter[0], meter[1]), 0, key), 1):
                yield "chords", work, material


NAMES = {name: at for at, name in enumerate(PITCH_NAMES)} | {
    "Db": 1, "D#": 3, "Gb": 6, "G#": 8, "A#": 10, "Cb": 11, "B#": 0, "E#": 5, "Fb": 4,
}  # fmt: skip


def chords_of_bars(bars: list[list[str]], length: int) -> list[Chord]:
    """The labels of bars as chords; one that goes on is one chord."""
    found: list[Chord] = []
    for number, labels in enumerate(bars):
        for at, label in enumerate(labels):
            root, _, kind = label.partition(":")
            quality = SHORTHAND.get(kind.split("/")[0])
            start, long = number * length + at * length // len(labels), length // len(labels)
            same = found and root in NAMES and (found[-1].root, found[-1].quality) == (NAMES[root], quality)
            if found and (label == "." or same):
                found[-1] = longer(found[-1], start + long)
            elif root in NAMES and quality is not None:
                found.append(Chord(id="h1", start_ticks=start, length_ticks=long, root=NAMES[root], quality=quality))
    return found


def longer(chord: Chord, end: int) -> Chord:
    return Chord(
        id=chord.id, start_ticks=chord.start_ticks, length_ticks=end - chord.start_ticks, root=chord.root,
        quality=chord.quality,
    )  # fmt: skip


def drummers() -> Iterator[Excerpt]:
    from bandmate.formats.midi import read_midi

    for work in grooves():
        row = work.content
        if row["split"] != "train" or row["beat_type"] != "beat":
            continue
        song = read_midi(row["path"]).song
        tones = sorted(tone for track in song.tracks for tone in tones_of_track(track))
        meter = tuple(int(part) for part in row["time_signature"].split("-"))
        if len(tones) >= BARS:
            key = Key(tonic=0, mode="major")
            for material in itertools.islice(
                cut("drums", tones, [], (meter[0], meter[1]), 0, key, float(row["bpm"])), 1
            ):
                yield "drums", work, material
