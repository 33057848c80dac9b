"""What libsonare's mix assistant says of the same songs: how many changes it makes to a balanced mix, and its speed.

Runs in the peers' environment (``benchmarks.peers``), on the same stems as WAV without names, at its own defaults.
A change is a line of its explanation that alters sound: what it routes and creates is not counted. The change of levels
is that of ``benchmarks.mix_judging.change_db``, from the trims and faders of its scene.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.mix_songs import BenchSong

JOB = Path(__file__).parent / "mix_peer_job.py"
FAMILIES = {
    "kick": "kick", "snare": "snare", "hiHat": "hats", "tom": "toms", "cymbal": "cymbals", "bass": "bass",
    "guitar": "guitar", "keys": "keys", "strings": "strings", "vocal": "voice", "backing": "voice",
    "percussion": "percussion", "fx": "effects", "drumKit": "drums", "lead": "lead",
}  # fmt: skip
"""Its classes, as coarse families that our roles can be folded into."""
OURS = {
    "electric-guitar": ("guitar",), "acoustic-guitar": ("guitar",), "lead-guitar": ("guitar", "lead"),
    "piano": ("keys",), "keys": ("keys",), "organ": ("keys",), "synth": ("keys", "lead"), "pad": ("keys", "strings"),
    "strings": ("strings",), "brass": ("lead",), "woodwind": ("lead",), "lead-vox": ("voice", "lead"),
    "backing-vox": ("voice",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PeerSaid:
    """What the peer made of a balanced song."""

    song: str
    changes: int
    levels_db: float
    cpu_seconds: float
    stem_seconds: float
    right: int
    unknown: int
    tracks: int


def peer_said(song: BenchSong) -> PeerSaid | None:
    """Ask it; None where it cannot be installed."""
    import soundfile

    from benchmarks.peers import environment

    try:
        python = environment()
    except SystemExit:
        return None
    with tempfile.TemporaryDirectory() as folder:
        for track in song.song.tracks:
            audio = song.audio(track.id)
            soundfile.write(Path(folder) / f"{track.id}.wav", audio.samples.T, audio.rate_hz, "FLOAT")
        done = subprocess.run([str(python), str(JOB), folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the peer's job ended with {done.returncode}\n{done.stderr}")
    facts = json.loads(done.stdout.splitlines()[-1])
    classes, steps = facts["classes"], facts["steps_db"]
    truth = song.truth
    right = sum(FAMILIES.get(classes.get(i, ""), "") in OURS.get(role, (role,)) for i, role in truth.items())
    return PeerSaid(
        song=song.name,
        changes=facts["changes"],
        levels_db=weighted_change(song, steps),
        cpu_seconds=facts["cpu_seconds"],
        stem_seconds=sum(song.audio(track.id).seconds for track in song.song.tracks),
        right=right,
        unknown=sum(classes.get(i, "unknown") == "unknown" for i in truth),
        tracks=len(truth),
    )


def weighted_change(song: BenchSong, steps_db: dict[str, float]) -> float:
    """RMS of the changes of level, weighted by loudness; what all tracks share is taken out, for its main bus does that
    too."""
    from benchmarks.mix_playing import active_lufs

    ids = [track.id for track in song.song.tracks if track.id in steps_db]
    weights = np.array([10 ** (active_lufs(song.audio(i).samples, song.song.rate_hz) / 10) for i in ids])
    steps = np.array([steps_db[i] for i in ids])
    steps -= np.average(steps, weights=weights)
    return float(np.sqrt(np.average(steps**2, weights=weights)))
