"""How well tempo, beats, bars and sections are found: music whose truth is known, and real stems to be looked at.

Played drums, songs without drums, bands and our own demo are rendered and listened to track by track. Printed are, by
kind: the F-measure of beats and of bar lines (70 ms), tempo right within 4 % and with other octaves allowed, the median
distance of beats from the truth, the share of section boundaries that were hit to the bar, and the time it took.

``python -m benchmarks.structure`` needs the shared corpora; ``BANDMATE_SHARED`` names their folder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.render.engine import Renderer
from bandmate.render.media import MemoryMedia
from bandmate.song.clips import AudioClip
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.sound.audio import Samples
from bandmate.sound.onsets import OnsetMeter, Onsets
from bandmate.sound.spectrum import SpectrumMeter
from bandmate.stages.structure import Structure, structure_of
from benchmarks.goals import reached
from benchmarks.shared_stems import stem_files
from benchmarks.structure_pieces import (
    Piece,
    as_recordings,
    band_pieces,
    demo_piece,
    drum_pieces,
    score_pieces,
    shared,
)

NEAR_SECONDS = 0.07
TEMPO_SHARE = 0.04
HOP_SECONDS = 0.1
LEAST_SPEED = 400.0
LEAST_BEATS_F = 0.75
MOST_OFFSET_MS = 10.0

Listened = tuple[dict[str, Onsets], dict[str, npt.NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class Score:
    """One piece, judged. Shares are 0 to 1; ``offset_ms`` is NaN where no beat was near."""

    name: str
    kind: str
    beats_f: float
    bars_f: float
    is_tempo_right: bool
    is_octave_right: bool
    is_steady: bool
    offset_ms: float
    sections_hit: float
    sections_found_right: float
    seconds: float
    cpu_seconds: float
    summary: str


def pieces() -> Iterator[Piece]:
    yield demo_piece()
    yield from drum_pieces("validation", 24)
    yield from score_pieces("openscore_lieder", "validation", 7)
    yield from score_pieces("openewld", "validation", 7)
    yield from band_pieces("validation", 16)


def listened(tracks: Iterable[tuple[str, Iterable[Samples]]], rate_hz: int) -> Listened:
    """Onsets and powers of each track."""
    onsets, power = {}, {}
    for name, blocks in tracks:
        meters: tuple[OnsetMeter, SpectrumMeter] | None = None
        for block in blocks:
            meters = meters or (OnsetMeter(rate_hz, len(block)), SpectrumMeter(rate_hz, len(block), erb=False))
            for meter in meters:
                meter.feed(block)
        if meters:
            onsets[name], power[name] = meters[0].result(), meters[1].result().third_octaves.power
    return onsets, power


def played(piece: Piece) -> Listened:
    renderer = Renderer(piece.song, MemoryMedia({}))
    return listened(((t.id, renderer.track_blocks(t.id, "inserts")) for t in piece.song.tracks), piece.song.rate_hz)


def judged(piece: Piece, heard: Listened) -> Score:
    song = as_recordings(piece.song)
    start = time.process_time()
    found = structure_of(song, *heard, hop_seconds=HOP_SECONDS)
    cpu = time.process_time() - start
    ratio = found.bpm / piece.bpm if found.bpm else 0.0
    beats, truth = np.array(found.beat_seconds), np.array(piece.beats)
    late = near(truth, beats)
    bar = 60 / piece.bpm * piece.beats_per_bar
    starts = np.array([section.start_seconds for section in found.sections[1:]])
    true_starts = np.array(piece.sections[1:])
    return Score(
        name=piece.name,
        kind=piece.kind,
        beats_f=f_measure(truth, beats[beats < truth[-1] + NEAR_SECONDS]),
        bars_f=f_measure(np.array(piece.bars), within(np.array(found.bar_seconds), piece.bars)),
        is_tempo_right=abs(ratio - 1) < TEMPO_SHARE,
        is_octave_right=any(abs(ratio / other - 1) < TEMPO_SHARE for other in (1 / 3, 0.5, 1, 2, 3)),
        is_steady=found.is_steady,
        offset_ms=1000 * float(np.median(late)) if len(late) else float("nan"),
        sections_hit=share_near(true_starts, starts, bar / 2),
        sections_found_right=share_near(starts, true_starts, bar / 2) if len(true_starts) else float("nan"),
        seconds=song.tracks[0].clips[0].source_frames / song.rate_hz,  # type: ignore[union-attr]
        cpu_seconds=cpu,
        summary=summary(found),
    )


def within(times: npt.NDArray[np.float64], truth: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """What lies between the first and the last true moment."""
    return times[(times > truth[0] - NEAR_SECONDS) & (times < truth[-1] + NEAR_SECONDS)]


def near(truth: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How late the found moments are that lie near a true one, seconds."""
    if not len(truth) or not len(found):
        return np.zeros(0)
    late = found - truth[np.abs(found[:, None] - truth).argmin(axis=1)]
    return np.asarray(late[np.abs(late) <= NEAR_SECONDS])


def share_near(of: npt.NDArray[np.float64], others: npt.NDArray[np.float64], reach: float) -> float:
    """The share of moments that have another within reach; NaN for none."""
    if not len(of):
        return float("nan")
    if not len(others):
        return 0.0
    return float((np.abs(of[:, None] - others).min(axis=1) <= reach).mean())


def f_measure(truth: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> float:
    hit, right = share_near(truth, found, NEAR_SECONDS), share_near(found, truth, NEAR_SECONDS)
    return 2 * hit * right / (hit + right) if hit + right > 0 else 0.0


def summary(found: Structure) -> str:
    if found.bpm is None:
        return "no pulse"
    form = " ".join(f"{one.letter}{one.bars}" for one in found.sections)
    sure = f"{found.tempo_confidence:.2f}/{found.downbeat_confidence:.2f}"
    return f"{found.bpm:.2f} {'steady' if found.is_steady else 'sways'} {found.beats_per_bar}/bar {sure} {form}"


def mean(scores: Iterable[Score], name: str) -> float:
    values = [float(getattr(score, name)) for score in scores]
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")


def report(scores: list[Score]) -> None:
    for score in scores:
        print(f"  {score.kind:17}{score.name:46} beats {score.beats_f:.2f} bars {score.bars_f:.2f}  {score.summary}")
    print(f"\n  {'':17} n   beats  bars  tempo octave steady offset/ms boundaries hit/right")
    for kind in [*dict.fromkeys(score.kind for score in scores), "all"]:
        group = [score for score in scores if kind in (score.kind, "all")]
        offsets = [abs(score.offset_ms) for score in group if score.offset_ms == score.offset_ms]
        print(
            f"  {kind:17}{len(group):3} {mean(group, 'beats_f'):6.3f} {mean(group, 'bars_f'):6.3f}"
            f" {mean(group, 'is_tempo_right'):6.2f} {mean(group, 'is_octave_right'):6.2f}"
            f" {mean(group, 'is_steady'):6.2f} {np.median(offsets):9.1f}"
            f" {mean(group, 'sections_hit'):10.2f} / {mean(group, 'sections_found_right'):.2f}"
        )


def real_stems() -> None:
    """What is found in the shared stems; there is no truth for them."""
    stems = stem_files()
    if not stems:
        return
    names = {stem.stem: stem for stem in stems}
    print("\n  real stems, without a truth:")
    song, heard = recorded(names)
    found = structure_of(song, *heard, hop_seconds=HOP_SECONDS)
    print(f"    all tracks: {summary(found)}")
    for section in found.sections:
        print(f"      {section.letter} {section.name:9} {found.bars_text(section.start_seconds, section.end_seconds)}")
    for name in names:
        alone = ({name: heard[0][name]}, {name: heard[1][name]})
        print(f"    {name} alone: {summary(structure_of(song, *alone, hop_seconds=HOP_SECONDS))}")


def recorded(paths: Mapping[str, object]) -> tuple[Song, Listened]:
    """A song of recordings of one rate, and what was heard of each."""
    from bandmate.formats.audio_files import read_audio

    audios = {name: read_audio(path) for name, path in paths.items()}  # type: ignore[arg-type]
    rate_hz = next(iter(audios.values())).rate_hz
    tracks = tuple(
        Track(
            id=name,
            clips=(AudioClip(id="c", audio="0" * 64, source_frames=audio.frames, source_rate_hz=audio.rate_hz),),
        )
        for name, audio in audios.items()
    )
    return Song(rate_hz=rate_hz, tracks=tracks), listened(
        ((name, [audio.samples]) for name, audio in audios.items()), rate_hz
    )


def main() -> int:
    if not (shared() / "data" / "groove_midi").is_dir():
        print(f"no corpora in {shared()}; set BANDMATE_SHARED to the folder that has them")
        return 0
    scores = []
    for piece in pieces():
        print(f"  {piece.name}", end="\r", flush=True)
        scores.append(judged(piece, played(piece)))
    report(scores)
    real_stems()
    speed = sum(score.seconds for score in scores) / sum(score.cpu_seconds for score in scores)
    offsets = [abs(score.offset_ms) for score in scores if score.offset_ms == score.offset_ms]
    met = [
        reached("structure: beats found", mean(scores, "beats_f"), "F-measure", at_least=LEAST_BEATS_F),
        reached("structure: beats are in place", float(np.median(offsets)), "ms", at_most=MOST_OFFSET_MS),
        reached("structure: speed, given the meters", speed, "x real time", at_least=LEAST_SPEED),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
