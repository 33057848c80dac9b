"""Bleed between microphones: what a take has heard of the other recordings of its song.

Only looked for where it is asked for by name: bleed is often a part of the sound. Every other track that plays
recordings is held against the take, each by its first clip; their places in the song say how they lie to each other.

Not covered: parting sources that no microphone of their own heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bandmate.song.clip_edits import BleedReduction
from bandmate.song.clips import AudioClip
from bandmate.song.evidence import Evidence
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.sound.audio import Samples
from bandmate.sound.bleed_reduction import find_bleed
from bandmate.stages.edit.brief import EditBrief
from bandmate.stages.edit.repair import Found, RepairFinder
from bandmate.stages.edit.take import Take
from bandmate.stages.words import spoken_name

USUAL_DB = 12.0
Recorded = Callable[[str], Samples]


def bleed_finders(song: Song, track: Track, clip: AudioClip, recorded: Recorded) -> Iterator[RepairFinder]:
    """A finder for every other track that plays a recording, in the order of the song."""
    for other in song.tracks:
        heard = next((one for one in other.clips if isinstance(one, AudioClip) and not one.mute), None)
        if other.id != track.id and heard is not None and heard.audio != clip.audio:
            yield RepairFinder("bleed", finder_of(other, heard, clip, recorded))


def finder_of(
    other: Track, heard: AudioClip, clip: AudioClip, recorded: Recorded
) -> Callable[[Take, EditBrief], Found | str]:
    """What looks for one other track in a take."""
    name = spoken_name(other)

    def find(take: Take, brief: EditBrief) -> Found | str:
        early = round((clip.recording_start_seconds - heard.recording_start_seconds) * take.rate_hz)
        found = find_bleed(take.samples, recorded(heard.audio), take.rate_hz, early)
        if found is None:
            return ""
        by_db = brief.reduction_db or USUAL_DB
        late_ms = 1000 * found.delay_seconds
        return Found(
            edit=BleedReduction(
                id=slug(f"bleed-{other.id}"), source=heard.audio, early_frames=early, reduction_db=by_db
            ),
            sentence=f"{name} is heard in it {late_ms:.1f} ms later, {found.below_db:.0f} dB below what plays",
            evidence=(
                Evidence(what=f"how far {name} is below what plays", unit="dB", before=found.below_db),
                Evidence(what=f"how much later {name} is heard", unit="ms", before=late_ms),
                Evidence(what="most that it is turned down", unit="dB", after=by_db),
            ),
            confidence=found.confidence,
        )

    return find
