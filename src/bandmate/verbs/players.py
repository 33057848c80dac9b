"""Before and after for the ear: excerpts of both at the same loudness, small enough for a page."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.verbs.printing import Printed, turned

if TYPE_CHECKING:
    from bandmate.report.data import Player

MOST_SECONDS = 300
KBPS = 160
PEAK_ROOM_DBTP = -1.0


def matched_players(before: Printed, after: Printed) -> tuple[Player, ...]:
    """Both sounds as MP3 at one loudness; none where one of them is silent.

    The louder one is turned down to the quieter one; where the quieter one's peaks would clip, both go down further.
    Of sounds longer than five minutes, the first five are taken.
    """
    levels = [one.hearing.integrated_lufs for one in (before, after)]
    if any(level is None for level in levels):
        return ()
    known = [level for level in levels if level is not None]
    room = [
        level - one.hearing.true_peak_dbtp + PEAK_ROOM_DBTP for level, one in zip(known, (before, after), strict=True)
    ]
    common_lufs = min(*known, *room)
    # Encoding is the slowest part of a report and does not hold Python's lock: one thread for each sound.
    with ThreadPoolExecutor(2) as pool:
        pair = pool.map(player, ("before", "after"), (before, after), [common_lufs - level for level in known], known)
        return tuple(pair)


def player(label: str, sound: Printed, gain_db: float, loudness_lufs: float) -> Player:
    """One sound as MP3 with that gain in it."""
    from bandmate.formats.audio_files import decode_blocks
    from bandmate.formats.audio_write import AudioWriter, WriteOptions, writable_rate_hz
    from bandmate.report.data import Player
    from bandmate.verbs.printing import at_rate

    from_hz = sound.hearing.rate_hz
    rate_hz = writable_rate_hz("mp3", from_hz)
    left = MOST_SECONDS * rate_hz
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{label}.mp3"
        with AudioWriter(path, rate_hz, 2, kind="mp3", options=WriteOptions(kbps=KBPS)) as writer:
            for block in at_rate(turned(decode_blocks(sound.path), gain_db), from_hz, rate_hz):
                writer.write(block[:, :left])
                left -= block.shape[1]
                if left <= 0:
                    break
        data = path.read_bytes()
    return Player(label=label, mime="audio/mpeg", data=data, gain_db=gain_db, loudness_lufs=loudness_lufs)
