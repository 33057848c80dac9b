"""Small projects for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from msgspec.structs import replace

from bandmate.song.moves import Move
from bandmate.song.proposal import Author, Proposal
from bandmate.song.song import Song
from bandmate.song.tracks import Bus, Track

MIX_STAGE = Author(kind="assistant", name="mix", version="1", seed=7)


def song(title: str = "Tram") -> Song:
    return Song(title=title, tracks=(Track(id="vox"), Track(id="bass"), Track(id="keys")), buses=(Bus(id="plate"),))


def titled(old: Song, title: str) -> Song:
    return replace(old, title=title)


def fader(track: str, before: float, after: float) -> Move:
    return Move(address=f"tracks/{track}/gain_db", before=before, after=after, because="it is too loud")


def proposal(*moves: Move) -> Proposal:
    chosen = moves or (fader("vox", 0.0, -4.0), fader("bass", 0.0, 2.0), fader("keys", 0.0, -6.0))
    return Proposal(stage="mix", title="balance", moves=chosen, author=MIX_STAGE)


def write_wav(path: Path, *, frames: int = 2000, rate_hz: int = 48_000, channels: int = 2, seed: int = 1) -> Path:
    """Noise, 16 bit."""
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (frames, channels))
    soundfile.write(path, samples, rate_hz, subtype="PCM_16", format=path.suffix[1:].upper())
    return path
