"""A stretch of the song to render.

Conventions: frames at the song's rate, from ``start_frame`` up to and not including ``end_frame``; bars are counted
from 1, and a span of bars includes the last.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.song.errors import OutOfRange
from bandmate.song.song import Song


@dataclass(frozen=True, slots=True)
class Span:
    """From one frame to another.

    Raises
    ------
    OutOfRange
        if it begins before the song, or ends before it begins.
    """

    start_frame: int
    end_frame: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_frame <= self.end_frame:
            raise OutOfRange(
                f"a span from frame {self.start_frame} to {self.end_frame} is not possible; "
                "it begins at 0 or later and ends where it begins or later"
            )

    @classmethod
    def of_seconds(cls, song: Song, start_seconds: float, end_seconds: float) -> Span:
        """The frames nearest to two times."""
        return cls(round(start_seconds * song.rate_hz), round(end_seconds * song.rate_hz))

    @classmethod
    def of_bars(cls, song: Song, first_bar: int, last_bar: int) -> Span:
        """Whole bars, ``last_bar`` included."""
        first, after = song.meters.ticks_at_bar(first_bar), song.meters.ticks_at_bar(last_bar + 1)
        return cls(song.tempo.frame_at(first, song.rate_hz), song.tempo.frame_at(after, song.rate_hz))
