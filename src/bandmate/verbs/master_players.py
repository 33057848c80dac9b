"""The players of a master's report: the same stretch of the piece and of every master, and one of each reference.

Conventions: the stretch is the loudest half minute of the piece as it came (all of a shorter one); of a reference it is
its own loudest. Each is measured by itself, so that exactly what is heard is equally loud; none comes above -1 dBTP.
What is silent has no player.

Not covered: whole files at one loudness (``bandmate.verbs.master_extras``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.verbs.master_extras import PEAK_ROOM_DBTP, Sound, level_of, sounds_of, stretch
from bandmate.verbs.players import KBPS
from bandmate.verbs.printing import at_rate, turned

if TYPE_CHECKING:
    from bandmate.report.data import Player
    from bandmate.stages.hearing import Hearing
    from bandmate.stages.master.study import Study
    from bandmate.verbs.master_making import Draft

EXCERPT_SECONDS = 30.0
MOST_REFERENCES = 2


@dataclass(frozen=True, slots=True)
class HeardReference:
    """A reference that is a file, what was heard of it, and the sha256 of the file."""

    name: str
    path: Path
    hearing: Hearing
    sha256: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a sound, with its loudness and its true peak."""

    sound: Sound
    start_seconds: float
    lufs: float
    dbtp: float


def excerpt_players(
    study: Study, drafts: Sequence[Draft], references: Sequence[HeardReference]
) -> tuple[tuple[Player, ...], float]:
    """The players, and where in the piece they begin, in seconds; no players for silence."""
    from bandmate.stages.master.study import loudest_seconds

    start = loudest_seconds(study.before, EXCERPT_SECONDS)
    wanted = [(sound, start) for sound in sounds_of(study, drafts)]
    for one in references[:MOST_REFERENCES]:
        heard = one.hearing
        sound = Sound(one.name, heard.rate_hz, heard.integrated_lufs, heard.highest_peak_dbtp, path=one.path)
        wanted.append((sound, loudest_seconds(heard, EXCERPT_SECONDS)))
    found = [excerpt(sound, at) for sound, at in wanted]
    known = [one for one in found if one is not None]
    if found[0] is None or len(known) < 2:
        return (), start
    common_lufs = min(one.lufs + min(0.0, PEAK_ROOM_DBTP - one.dbtp) for one in known)
    # Encoding is the slowest part and does not hold Python's lock: two threads.
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(lambda one: player(one, common_lufs - one.lufs), known)), start


def excerpt(sound: Sound, start_seconds: float) -> Excerpt | None:
    """A stretch of a sound; None where it has no loudness."""
    level = level_of(sound, (start_seconds, EXCERPT_SECONDS))
    if level is None:
        return None
    return Excerpt(sound, start_seconds, *level)


def player(one: Excerpt, gain_db: float) -> Player:
    """An excerpt as MP3 with that gain in it."""
    from bandmate.formats.audio_write import AudioWriter, WriteOptions, writable_rate_hz
    from bandmate.report.data import Player

    from_hz = one.sound.rate_hz
    rate_hz = writable_rate_hz("mp3", from_hz)
    blocks = stretch(one.sound, (one.start_seconds, EXCERPT_SECONDS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "excerpt.mp3"
        with AudioWriter(path, rate_hz, 2, kind="mp3", options=WriteOptions(kbps=KBPS)) as writer:
            for block in at_rate(turned(blocks, gain_db), from_hz, rate_hz):
                writer.write(block)
        data = path.read_bytes()
    return Player(label=one.sound.name, mime="audio/mpeg", data=data, gain_db=gain_db, loudness_lufs=one.lufs)
