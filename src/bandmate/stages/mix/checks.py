"""What an engineer would say on opening the stems: faults that no fader mends, said and left to the musician."""

from __future__ import annotations

from bandmate.song.clips import AudioClip
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.hearing import Hearing
from bandmate.stages.words import place, spoken_name

DC_LIMIT = 0.005
"""Of full scale, -46 dB: what converters leave is far below, and less costs no headroom worth a word."""

SILENT_DBFS = -140.0
"""Below the last bit of 24: dither at most."""


def remarks_on(song: Song, track: Track, hearing: Hearing) -> tuple[str, ...]:
    """One sentence for each thing that is odd about a track; empty when nothing is."""
    name = spoken_name(track)
    if hearing.active_lufs is None and hearing.sample_peak_dbfs > SILENT_DBFS:
        return (
            f"{name}: too quiet or too short to measure, its peak is {hearing.sample_peak_dbfs:.0f} dBFS; left alone",
        )
    if hearing.active_lufs is None:
        return (f"{name}: silent; left alone",)
    found = []
    if hearing.clipped_runs:
        times = "once" if hearing.clipped_runs == 1 else f"{hearing.clipped_runs} times"
        first = place(song, hearing.clipped_at_seconds or 0.0)
        found.append(f"{name}: the recording clips {times}, first at {first}; a fader cannot mend that")
    if abs(hearing.dc) > DC_LIMIT:
        found.append(f"{name}: a constant offset (DC) of {hearing.dc:+.3f} of full scale")
    if not any(isinstance(clip, AudioClip) for clip in track.clips):
        # What is played from notes is no file: how many channels the synthesizer writes is not the musician's doing.
        return tuple(found)
    if hearing.stereo_kind == "dual mono":
        found.append(f"{name}: a stereo file with the same sound on both sides; it could be mono")
    if hearing.stereo_kind in ("left only", "right only"):
        found.append(f"{name}: a stereo file that sounds on the {hearing.stereo_kind.split()[0]} side only")
    return tuple(found)
