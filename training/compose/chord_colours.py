"""Counts beside the chord changes: when chords change in a bar, how sections end, suffixes and basses as written.

Conventions: those of ``models/chords.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.models.chord_steps import KINDS, SECTIONS, SYMBOLS, kind_of, lean
from bandmate.models.chords import METERS
from bandmate.song.chord_tones import is_known
from training.compose.chord_charts import LEAD_SHEET_KINDS, SUFFIXES, Chart, pitch_class

MOST_MASKS = 40
PREVIOUS = 4
BILLBOARD = {
    "maj": "", "min": "m", "7": "7", "min7": "m7", "maj7": "maj7", "5": "5", "maj(9)": "add9", "sus4": "sus4",
    "sus4(b7,9)": "9sus4", "maj6": "6", "7(#9)": "7#9", "sus4(b7)": "7sus4", "min9": "m9", "maj9": "maj9",
    "11": "9sus4", "9": "9", "13": "13", "dim": "dim", "min11": "m11", "maj6(9)": "69", "sus2": "sus2", "min6": "m6",
    "hdim7": "m7b5", "aug(b7)": "aug7", "min(9)": "madd9", "7(b9)": "7b9", "dim7": "dim7", "aug": "aug",
    "maj13": "maj13", "7(#11)": "7#11", "maj7(#11)": "maj7#11", "minmaj7": "m(maj7)", "min13": "m13",
    "7(b13)": "7b13",
}  # fmt: skip
LEAD_SHEETS = {
    "major": "", "dominant": "7", "minor-seventh": "m7", "minor": "m", "major-seventh": "maj7", "diminished": "dim",
    "major-sixth": "6", "dominant-ninth": "9", "diminished-seventh": "dim7", "minor-sixth": "m6", "augmented": "aug",
    "augmented-seventh": "aug7", "half-diminished": "m7b5", "suspended-fourth": "sus4", "dominant-13th": "13",
    "minor-ninth": "m9", "major-ninth": "maj9", "minor-major": "m(maj7)", "minor-11th": "m11", "maj69": "69",
}  # fmt: skip
BASS_STEPS = {
    "b9": 1, "9": 2, "b3": 3, "3": 4, "11": 5, "#11": 6, "b5": 6, "5": 7, "b13": 8, "13": 9, "b7": 10, "7": 11,
}  # fmt: skip


def written(chart: Chart) -> Iterator[tuple[int, str, int]]:
    """Of every chord of a chart its kind, its suffix (empty where it is not understood) and its bass above the root."""
    if chart.work.corpus == "openewld":
        for _, root, kind, bass in chart.work.content["chords"]:
            if kind in LEAD_SHEET_KINDS:
                of_bass = 0 if bass is None else (int(bass) - root) % 12
                yield LEAD_SHEET_KINDS[kind], LEAD_SHEETS.get(kind, "?"), of_bass
        return
    for section in chart.work.content["sections"]:
        for bar in section["bars"]:
            for word in bar:
                root, colon, rest = word.partition(":")
                if colon and pitch_class(root) is not None:
                    suffix, _, bass = rest.partition("/")
                    kind = next((kind for start, kind in SUFFIXES if suffix.startswith(start)), 0)
                    yield kind, BILLBOARD.get(suffix, "?"), BASS_STEPS.get(bass, 0)


def colour_counts(found: Sequence[Chart], least: int) -> tuple[list[str], NDArray[np.int64]]:
    """Suffixes that came at least so often, and their counts (source, kind, suffix).

    Only suffixes that read back as their kind count, so that a colour never changes what the model has said.
    """
    counts = Counter((chart.source, kind, suffix) for chart in found for kind, suffix, _ in written(chart))
    counts = Counter(
        {
            key: number
            for key, number in counts.items()
            if key[2] != "?" and is_known(key[2]) and (kind_of(key[2]) == key[1])
        }
    )
    totals: Counter[str] = Counter()
    for (_, _, suffix), number in counts.items():
        totals[suffix] += number
    names = sorted(name for name, number in totals.items() if number >= least)
    out = np.zeros((2, len(KINDS), len(names)), np.int64)
    for (source, kind, suffix), number in counts.items():
        if suffix in names:
            out[source, kind, names.index(suffix)] = number
    return names, np.minimum(out, 65535)


def bass_counts(found: Sequence[Chart]) -> NDArray[np.int64]:
    """How often each half step above the root lay in the bass (source, kind, half step)."""
    out = np.zeros((2, len(KINDS), 12), np.int64)
    for chart in found:
        for kind, _, bass in written(chart):
            out[chart.source, kind, bass] += 1
    return np.minimum(out, 65535)


def edge_counts(found: Sequence[Chart]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last chords of sections (mode of the whole song, section, symbol).

    A song without sections counts its first chord for no section and its last one for outros.
    """
    starts, ends = (np.zeros((2, len(SECTIONS), SYMBOLS), np.int64) for _ in range(2))
    for chart in found:
        last, is_minor = len(chart.symbols) - 1, int(sum(map(lean, chart.symbols)) < 0)
        for at, (symbol, place) in enumerate(zip(chart.symbols, chart.places, strict=True)):
            if place.starts_section:
                starts[is_minor, place.section, symbol] += 1
            if at == last or chart.places[at + 1].starts_section:
                ends[is_minor, place.section or (SECTIONS.index("outro") if at == last else 0), symbol] += 1
    return starts, ends


def meter_of(chart: Chart) -> int:
    """The number in ``METERS`` of a chart's meter."""
    content = chart.work.content
    if chart.work.corpus == "openewld":
        top, bottom = (int(one) for one in content["timesig"][0][1:]) if content["timesig"] else (4, 4)
    else:
        top, bottom = (int(one) for one in re.findall(r"\d+", content["metre"] or "4/4")[:2])
    return meter_number(top, bottom)


def meter_number(top: int, bottom: int) -> int:
    """4/4, 12/8: four pulses; 3/4, 9/8: three; 2/4, 2/2, 6/8: two."""
    pulses = top // 3 if bottom == 8 and top % 3 == 0 and top > 3 else top
    return METERS.index({4: "four", 3: "three", 2: "two"}.get(pulses, "four"))


def rhythm_counts(found: Sequence[Chart]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Masks of bars, and how often each came (source, meter, bar of four, changes in the bar before, mask)."""
    seen: Counter[tuple[int, ...]] = Counter()
    for chart in found:
        meter = meter_of(chart)
        for bars in bars_of(chart):
            before = 0
            for number, mask in enumerate(bars):
                seen[chart.source, meter, number % 4, min(before, PREVIOUS - 1), mask] += 1
                before = mask.bit_count()
    totals: Counter[int] = Counter()
    for key, number in seen.items():
        totals[key[4]] += number
    masks = [mask for mask, _ in sorted(totals.items(), key=lambda one: (-one[1], one[0]))[:MOST_MASKS]]
    out = np.zeros((2, len(METERS), 4, PREVIOUS, len(masks)), np.int64)
    for (source, meter, cell, before, mask), number in seen.items():
        if mask in masks:
            out[source, meter, cell, before, masks.index(mask)] = number
    return np.array(masks), np.minimum(out, 65535)


def bars_of(chart: Chart) -> Iterator[list[int]]:
    """Of each section the masks of its bars."""
    sections: list[dict[int, int]] = []
    for place in chart.places:
        if place.starts_section:
            sections.append({})
        sections[-1][place.bar] = sections[-1].get(place.bar, 0) | 1 << place.slot
    lengths = [bars for _, bars in chart.bars_of_sections if bars]
    for number, found in enumerate(sections):
        bars = lengths[number] if len(lengths) == len(sections) else max(found) + 1
        yield [found.get(bar, 0) for bar in range(bars)]
