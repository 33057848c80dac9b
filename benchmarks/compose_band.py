"""The band: dials of bass and keys, roots and kick, kinship of sections, lengths, and how long a sketch takes to write.

No corpus of bass lines or comping with a licence is known, so that there is no peer and no baseline for those; what is
checked is what the parts promise. Songs are drawn by seed; nothing here was used for setting anything.

    python -m benchmarks.compose_band
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from statistics import mean

from scipy.stats import spearmanr

from bandmate.song.chord_tones import symbol_from
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord, Key
from bandmate.song.song import length_seconds
from bandmate.stages.compose.band_ground import KICKS
from bandmate.stages.compose.bass_ideas import bass_ideas
from bandmate.stages.compose.brief import DIALS, GENRES, ComposeBrief, Dials, Genre, PartKind
from bandmate.stages.compose.drum_ideas import drum_ideas
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.keys_ideas import keys_ideas
from bandmate.stages.compose.measures import material_of
from bandmate.stages.compose.measures_scale import dial_of, scale_of
from bandmate.stages.compose.passage import Bar, Part, Passage
from bandmate.stages.compose.sketch import sketch_songs
from bandmate.stages.compose.sketch_brief import SketchBrief
from bandmate.stages.compose.sketch_parts import SketchModels, load_sketch_models
from benchmarks.goals import reached

PROGRESSIONS = (("Am F C G", 9, "minor"), ("Dm7 G7 Cmaj7 A7", 0, "major"), ("E D/F# A B7", 4, "major"))
VALUES = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
DIAL_GENRES: tuple[Genre, ...] = ("pop", "funk", "jazz", "folk")
BARS = 8
SECONDS = (15.0, 30.0, 47.5, 60.0, 180.0)


def passage(number: int, bars: int = BARS) -> Passage:
    """Bars of 4/4 over one of the progressions."""
    symbols, tonic, mode = PROGRESSIONS[number % len(PROGRESSIONS)]
    key = Key(tonic=tonic, mode=mode)  # type: ignore[arg-type]
    every = tuple(Bar(at + 1, at * 3840, 4, 4, key) for at in range(bars))
    words = symbols.split()
    chords = tuple(
        Chord(id=f"c{at}", start_ticks=at * 3840, length_ticks=3840, **symbol_from(words[at % len(words)])._asdict())
        for at in range(bars)
    )
    return Passage(every, every, 112.0, chords)


def written(part: PartKind, where: Passage, brief: ComposeBrief, seed: int) -> tuple[Idea, ...]:
    return bass_ideas(where, brief, seed) if part == "bass" else keys_ideas(where, brief, seed)


def dials(part: PartKind) -> dict[str, float]:
    """Spearman's rank correlation of what was asked for and what was measured, for each dial."""
    found = {}
    for dial in DIALS:
        asked, got = [], []
        for genre in DIAL_GENRES:
            for number in range(2):
                where = passage(number)
                for value in VALUES:
                    brief = ComposeBrief(part=part, genre=genre, dials=Dials(**{dial: value}), alternatives=1)
                    idea = written(part, where, brief, number + 5)[0]
                    read = dial_of(dial, material_of(idea, where, brief), scale_of(where, brief))
                    if read is not None:
                        asked.append(value)
                        got.append(read)
        found[dial] = float(spearmanr(asked, got)[0])
    return found


def roots_and_kicks(models: SketchModels) -> tuple[float, float]:
    """Shares of chords that begin with their bass (or early), and of kicks that the bass plays with."""
    roots, kicks = [], []
    for genre in GENRES:
        for number in range(len(PROGRESSIONS)):
            where = passage(number)
            drums = drum_ideas(where, ComposeBrief(part="drums", genre=genre, alternatives=1), models.drums, number)[0]
            heard = Passage(where.bars, where.all_bars, where.bpm, where.chords,
                            (Part("d", "d", "drums", 0, True, drums.tones),))  # fmt: skip
            tones = bass_ideas(heard, ComposeBrief(part="bass", genre=genre, alternatives=1), number)[0].tones
            for chord in where.chords:
                end = chord.start_ticks + chord.length_ticks
                sounding = [tone for tone in tones if tone.start_ticks < end and tone.end_ticks > chord.start_ticks]
                bass = chord.root if chord.bass is None else chord.bass
                if sounding:
                    roots.append(sounding[0].pitch % 12 == bass)
            starts = [tone.start_ticks for tone in tones]
            hits = [tone.start_ticks for tone in drums.tones if tone.pitch in KICKS]
            if genre in ("pop", "rock", "funk", "soul", "hip-hop"):
                kicks += [any(abs(hit - start) <= 30 for start in starts) for hit in hits]
    return mean(roots), mean(kicks)


def speed(part: PartKind) -> float:
    """Milliseconds of CPU for eight bars in three alternatives, the worst genre, without dials."""
    worst = 0.0
    for genre in GENRES:
        brief = ComposeBrief(part=part, genre=genre)
        written(part, passage(0), brief, 0)
        start = time.process_time()
        written(part, passage(1), brief, 1)
        worst = max(worst, time.process_time() - start)
    return 1000 * worst


def sketches(models: SketchModels, briefs: Iterable[SketchBrief]) -> tuple[float, float]:
    """The longest time for one sketch (seconds of CPU), and the greatest error of its length (seconds)."""
    worst, error = 0.0, 0.0
    for number, brief in enumerate(briefs):
        start = time.process_time()
        found = sketch_songs(brief, models, number)[0]
        worst = max(worst, time.process_time() - start)
        if brief.seconds is not None:
            error = max(error, abs(float(length_seconds(found.song)) - brief.seconds))
    return worst, error


def kinship(models: SketchModels) -> tuple[float, float]:
    """Share of bass notes that a section that comes back with its chords has in common, and another section has."""
    own, other = [], []
    for seed in range(4):
        found = sketch_songs(SketchBrief(genre="soul", bars=64, alternatives=1), models, seed)[0]
        clip = next(track for track in found.song.tracks if track.id == "bass").clips[0]
        assert isinstance(clip, NoteClip)
        rows = []
        for section in found.form.sections:
            start = (section.start_bar - 1) * 3840
            end = start + min(section.bars, 4) * 3840
            rows.append(
                {(round((n.start_ticks - start) / 240), n.pitch) for n in clip.notes if start <= n.start_ticks < end}
            )
        for at, section in enumerate(found.form.sections):
            if section.same_as is not None and rows[at] and rows[section.same_as]:
                own.append(len(rows[at] & rows[section.same_as]) / len(rows[at] | rows[section.same_as]))
                other += [
                    len(rows[at] & row) / len(rows[at] | row)
                    for place, row in enumerate(rows)
                    if row and found.form.sections[place].name != section.name
                ]
    return mean(own), mean(other)


def main() -> None:
    """Print how the goals were met."""
    models = load_sketch_models()
    for part in ("bass", "keys"):
        for dial, rank in dials(part).items():  # type: ignore[arg-type]
            reached(f"{part}, dial {dial}, asked against measured", rank, "Spearman", at_least=0.9)
        reached(f"{part}, 8 bars × 3, worst genre", speed(part), "ms CPU", at_most=300)  # type: ignore[arg-type]
    roots, kicks = roots_and_kicks(models)
    reached("chords that the bass begins with their bass note", roots, "share", at_least=0.99)
    reached("kicks that the bass plays with (pop, rock, funk, soul, hip-hop)", kicks, "share", at_least=0.5)
    worst, error = sketches(models, [SketchBrief(genre="pop", seconds=s, alternatives=1) for s in SECONDS])
    reached("length in seconds, worst error", error, "s", at_most=0.001)
    reached("pop sketches to 180 s, the slowest", worst, "s CPU", at_most=5)
    own, other = kinship(models)
    reached("bass of a section that comes back, notes in common", own, "share", at_least=0.8)
    reached("bass of sections of other names, notes in common", other, "share", at_most=0.5)


if __name__ == "__main__":
    main()
