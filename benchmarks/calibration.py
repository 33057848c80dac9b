"""How often the mix stage is right: faults planted at random into a balanced song, found or not.

The song is Evening Tram in its clean version, twenty seconds from its chorus. In each trial every fader first moves by
a random 2.5 dB (standard deviation), for no two musicians balance alike; that is taste and no fault. Then none to three
faults are planted: a fader moved by 3 to 14 dB either way, a track turned upside down against its twin, rumble of some
strength. A move is right when it is on a track with a fault, of the right kind and in the right direction. The table of
confidence against how often the moves were right is the one in ``docs/mixing.md``.
"""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.formats.audio_files import open_audio
from bandmate.render.media import MemoryMedia
from bandmate.song.clips import AudioClip
from bandmate.song.moves import Move
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.sound.audio import Audio
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.propose import propose_mix
from bandmate.verbs.demo_stems import make_demo_stems

TRIALS = 120
TASTE_DB = 2.5
EXCERPT_SECONDS = (28.0, 48.0)
BINS = (0.5, 0.7, 0.9, 1.01)
TWIN = "Bass Amp"
RUMBLE_FREE = ("Kick", "Drums", "Bass DI", "Bass Amp")


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to which track; ``size`` is in dB, for rumble against full scale."""

    kind: str
    track: str
    size: float


def clean_stems() -> dict[str, Audio]:
    """Twenty seconds of every stem of the balanced song."""
    with tempfile.TemporaryDirectory() as folder:
        make_demo_stems(folder, faults=False)
        found = {}
        for path in sorted(Path(folder).glob("*.wav")):
            with open_audio(path) as reader:
                first, last = (round(s * reader.rate_hz) for s in EXCERPT_SECONDS)
                found[path.stem] = Audio(reader.read(first, last - first), reader.rate_hz)
    return found


def planted(rng: np.random.Generator, names: list[str]) -> list[Fault]:
    """None to three faults, each on a track of its own."""
    faults = []
    for name in rng.choice(names, size=rng.integers(0, 4), replace=False):
        kind = rng.choice(["fader", "fader", "fader", "rumble", "polarity"])
        if kind == "polarity":
            faults.append(Fault("polarity", TWIN, 0.0))
        elif kind == "rumble" and name not in RUMBLE_FREE:
            faults.append(Fault("rumble", str(name), float(rng.uniform(-50, -30))))
        else:
            faults.append(Fault("fader", str(name), float(rng.choice([-1, 1]) * rng.uniform(3, 14))))
    return list({fault.track: fault for fault in faults}.values())


def damaged(stem: Audio, fault: Fault, rng: np.random.Generator) -> Audio:
    if fault.kind == "fader":
        return Audio(stem.samples * np.float32(10 ** (fault.size / 20)), stem.rate_hz)
    if fault.kind == "polarity":
        return Audio(-stem.samples, stem.rate_hz)
    spectrum = np.fft.rfft(rng.standard_normal(stem.frames))
    freqs = np.fft.rfftfreq(stem.frames, 1 / stem.rate_hz)
    spectrum[(freqs < 18) | (freqs > 40)] = 0
    noise = np.fft.irfft(spectrum, stem.frames)
    noise *= 10 ** (fault.size / 20) / np.sqrt(np.mean(noise**2))
    return Audio(stem.samples + noise[None, :].astype(np.float32), stem.rate_hz)


def song_of(stems: dict[str, Audio]) -> tuple[Song, Ears]:
    tracks = []
    for name, audio in stems.items():
        clip = AudioClip(id="c", audio=name, source_frames=audio.frames, source_rate_hz=audio.rate_hz)
        tracks.append(Track(id=slug(name), name=name, clips=(clip,)))
    rate_hz = next(iter(stems.values())).rate_hz
    return Song(rate_hz=rate_hz, tracks=tuple(tracks)), Ears(MemoryMedia(stems))


def is_right(move: Move, faults: list[Fault]) -> bool:
    """Whether a move undoes a fault."""
    track = move.address.split("/")[1]
    for fault in faults:
        if fault.kind == "polarity" and move.address.endswith("polarity_inverted"):
            return True
        if slug(fault.track) != track:
            continue
        if fault.kind == "rumble" and "rumble" in str(move.after):
            return True
        if fault.kind == "fader" and move.address.endswith("gain_db"):
            return (move.after > move.before) == (fault.size < 0)
    return False


def main() -> None:
    """Run the trials and print both tables."""
    stems = clean_stems()
    rng = np.random.default_rng(3)
    said: list[tuple[float, bool]] = []
    missed: list[tuple[Fault, bool]] = []
    clean: list[int] = []
    for _ in range(TRIALS):
        faults = planted(rng, list(stems))
        broken = {n: damaged(s, Fault("fader", n, float(rng.normal(0, TASTE_DB))), rng) for n, s in stems.items()}
        for fault in faults:
            broken[fault.track] = damaged(broken[fault.track], fault, rng)
        song, ears = song_of(broken)
        moves = propose_mix(song, MixBrief(aspects=("phase", "noise", "balance")), ears=ears).moves
        said += [(move.confidence, is_right(move, faults)) for move in moves]
        missed += [(fault, any(is_right(move, [fault]) for move in moves)) for fault in faults]
        if not faults:
            clean.append(len(moves))
    print_confidence(said)
    print_recall(missed)
    print(f"{clean.count(0)} of {len(clean)} songs without a fault got no move")


def print_confidence(said: list[tuple[float, bool]]) -> None:
    print("| stated confidence | moves | right |")
    print("|---|---|---|")
    error = 0.0
    for low, high in itertools.pairwise(BINS):
        inside = [(c, right) for c, right in said if low <= c < high]
        if inside:
            share = float(np.mean([right for _, right in inside]))
            error += abs(share - float(np.mean([c for c, _ in inside]))) * len(inside) / len(said)
            print(f"| {low:.1f} to {min(high, 1.0):.1f} | {len(inside)} | {share:.0%} |")
    right = np.mean([right for _, right in said])
    print(f"\n{len(said)} moves, {right:.0%} right; mean distance of confidence and truth {error:.2f}")


def print_recall(missed: list[tuple[Fault, bool]]) -> None:
    for kind in ("fader", "rumble", "polarity"):
        found = [ok for fault, ok in missed if fault.kind == kind]
        print(f"{kind}: {sum(found)} of {len(found)} found")
    for fault_low, fault_high in ((3, 6), (6, 9), (9, 14)):
        found = [ok for fault, ok in missed if fault.kind == "fader" and fault_low <= abs(fault.size) < fault_high]
        print(f"  faders wrong by {fault_low} to {fault_high} dB: {sum(found)} of {len(found)} found")
    print("  (a fader inside its role's tolerance is left alone on purpose)")


if __name__ == "__main__":
    main()
