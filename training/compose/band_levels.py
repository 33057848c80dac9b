"""How loud every sound of the genres' bands is through the default sound set: the rows of ``band_levels.toml``.

Each genre's sets of sounds play a sketch of four bars; every track is rendered alone with its fader at 0 dB and
measured (integrated loudness, EBU R 128). Of a sound that several genres have the mean counts.

    python -m training.compose.band_levels --out src/bandmate/data/compose/band_levels.toml
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from msgspec.structs import replace

from bandmate.render.media import MemoryMedia
from bandmate.render.rendering import render
from bandmate.song.clips import NoteClip
from bandmate.sound.loudness import measure_loudness
from bandmate.stages.compose.brief import GENRES
from bandmate.stages.compose.genres import band_of
from bandmate.stages.compose.sketch import sketch_songs
from bandmate.stages.compose.sketch_brief import SKETCH_PARTS, SketchBrief
from bandmate.stages.compose.sketch_parts import load_sketch_models

BARS, SEED = 4, 2
HEAD = """# How loud the sounds of the bands are through the default sound set with the fader at 0 dB, in LUFS, by part
# and General MIDI program (for drums: the kit): measured on sketches of four bars by training/compose/band_levels.py.
"""


def measured() -> dict[str, dict[int, float]]:
    """Mean loudness by part and program."""
    models, media = load_sketch_models(), MemoryMedia({})
    rows: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for genre in GENRES:
        for number in range(len(band_of(genre).sounds)):
            parts = () if genre == "chorale" else SKETCH_PARTS
            brief = SketchBrief(genre=genre, bars=BARS, alternatives=1, sounds=number + 1, parts=parts)
            song = sketch_songs(brief, models, SEED)[0].song
            level = replace(song, tracks=tuple(replace(track, gain_db=0.0, pan=0.0) for track in song.tracks))
            for track in level.tracks:
                clip = track.clips[0]
                assert isinstance(clip, NoteClip)
                found = measure_loudness(render(level, media, tracks=[track.id]).audio).integrated_lufs
                if found is not None:
                    part = "voice" if genre == "chorale" else track.id
                    rows[part, clip.instrument.program].append(found)
    table: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for (part, program), values in sorted(rows.items()):
        table[part][program] = round(sum(values) / len(values), 1)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    lines = [HEAD]
    for part, row in measured().items():
        lines += [f"[{part}]", *(f"{program} = {value}" for program, value in row.items()), ""]
    asked.out.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
