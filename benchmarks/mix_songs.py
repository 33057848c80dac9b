"""Songs with known truth to measure mixing with: stems in a balanced mix, with roles, form, tempo, and pairs of twins.

``songs(24)`` gives them one after the other, made on the first call and then read from the benchmarks' cache;
``python -m benchmarks.mix_songs [COUNT]`` makes them and prints what they are like. A song is 10 to 20 tracks of about
a minute; ``long_song()`` has 24 tracks of four minutes.

Balanced means: every stem's loudness while it plays, after its pan, is at its role's usual place
(``data/roles.toml``), shared where several tracks have one role, with a musician's taste of 1.5 dB (standard
deviation) on top; kick, snare, bass and lead in the centre, the others moderately to the sides; the peak of the mix at
-7 dBFS. Faders are at 0: the stems carry the balance. The song itself says nothing of tempo, form or roles.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from benchmarks.mix_arranging import METERS, Score, score, seed_of

if TYPE_CHECKING:
    from bandmate.render.media import MemoryMedia
    from bandmate.song.song import Song
    from bandmate.sound.audio import Audio
    from bandmate.stages.ears import Ears, Memory
    from benchmarks.mix_bench import Fault

Samples = npt.NDArray[np.float32]

VERSION = 1
SEED = 4
COUNT = 24
TASTE_DB = 1.5
LEAD_LUFS, PEAK_DBFS = -22.0, -7.0
LONG_PARTS = 23
"""The bass is on two tracks."""
REAL_LEAD_LUFS, REAL_GAIN_DB = -31.0, -12.0
TWINS = {"Bass": "Bass Amp", "Snare": "Snare Bottom"}
RATES_HZ = (48_000, 48_000, 44_100)


@dataclass(frozen=True, slots=True)
class SectionTruth:
    """A section of the form as it was written."""

    name: str
    letter: str
    start_bar: int
    bars: int
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class BenchSong:
    """A song and all that is true of it.

    ``truth`` is role by track id; ``twins`` are pairs of ids that heard one source, in phase. ``recordings`` are named
    by what is in them, so one memory of the ears serves a song and all its faulty versions. ``known`` are faults that
    its recordings have by themselves: to find them is right, with and without planted ones beside them.
    """

    name: str
    song: Song
    recordings: Mapping[str, Audio]
    truth: Mapping[str, str]
    sections: tuple[SectionTruth, ...] = ()
    twins: tuple[tuple[str, str], ...] = ()
    genre: str = ""
    bpm: float = 120.0
    meter: tuple[int, int] = (4, 4)
    first_beat_seconds: float = 0.0
    other_names: Mapping[str, str] = None  # type: ignore[assignment]
    known: tuple[Fault, ...] = ()

    @property
    def media(self) -> MemoryMedia:
        """What plays the recordings."""
        from bandmate.render.media import MemoryMedia

        return MemoryMedia(self.recordings)

    def ears(self, memory: Memory | None = None) -> Ears:
        """Ears for it; with a memory they hear nothing twice."""
        from bandmate.stages.ears import Ears

        return Ears(self.media, memory=memory)

    def audio(self, track_id: str) -> Audio:
        """The one recording of a track."""
        return self.recordings[self.song.track(track_id).clips[0].audio]

    def unnamed(self) -> BenchSong:
        """The same with names as a recorder gives them."""
        from msgspec.structs import replace as changed

        tracks = (changed(t, name=f"Audio {i:02d}") for i, t in enumerate(self.song.tracks, 1))
        return replace(self, name=f"{self.name}, unnamed", song=changed(self.song, tracks=tuple(tracks)))

    def with_audio(self, changes: Mapping[str, Audio]) -> BenchSong:
        """The song with other recordings on some of its tracks."""
        from msgspec.structs import replace as changed

        recordings, tracks = dict(self.recordings), []
        for track in self.song.tracks:
            if track.id in changes:
                audio = changes[track.id]
                recordings[content_name(audio)] = audio
                track = changed(track, clips=(clip_of(audio),))
            tracks.append(track)
        return replace(self, song=changed(self.song, tracks=tuple(tracks)), recordings=recordings)

    def with_track(self, track_id: str, **values: Any) -> BenchSong:
        """The song with other settings on one strip."""
        from msgspec.structs import replace as changed

        tracks = tuple(changed(t, **values) if t.id == track_id else t for t in self.song.tracks)
        return replace(self, song=changed(self.song, tracks=tracks))

    def with_new_track(self, track_id: str, name: str, audio: Audio, *, like: str) -> BenchSong:
        """The song with one more track, with role and pan of another, right after it."""
        from msgspec.structs import replace as changed

        tracks: list[Any] = []
        for track in self.song.tracks:
            tracks.append(track)
            if track.id == like:
                tracks.append(changed(track, id=track_id, name=name, clips=(clip_of(audio),)))
        recordings = {**self.recordings, content_name(audio): audio}
        truth = {**self.truth, track_id: self.truth[like]}
        return replace(self, song=changed(self.song, tracks=tuple(tracks)), recordings=recordings, truth=truth)


def songs(count: int = COUNT, *, seed: int = SEED, first: int = 0, named: bool = True) -> Iterator[BenchSong]:
    """Songs ``first`` to ``first + count - 1`` of the series ``seed``, each loaded when it is its turn."""
    for number in range(first, first + count):
        made = song(number, seed=seed)
        yield made if named else made.unnamed()


def song(number: int, *, seed: int = SEED) -> BenchSong:
    """One song of a series."""
    return loaded(stored(f"{seed}-{number:02d}", number, seed))


def long_song() -> BenchSong:
    """24 tracks, four minutes."""
    return loaded(long_folder())


def long_folder() -> Path:
    """Where the stems of the long song are, as files with their tracks' names."""
    return stored("long", 0, SEED + 1, seconds=240.0, tracks=LONG_PARTS)


def real_song(*, is_balanced: bool = True) -> BenchSong:
    """The five shared stems, each at its role's place; or as they were recorded, 12 dB down for headroom.

    Raises SystemExit where they are not there.
    """
    import soundfile

    from bandmate.sound.audio import Audio
    from benchmarks.shared_stems import stem_files

    roles = {"bassguitar": "bass", "clav": "keys", "drums": "drums", "horns": "brass", "leadguitar": "lead-guitar"}
    audios, truth = {}, {}
    for path in stem_files():
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        truth[path.stem] = roles.get(path.stem, "unknown")
        gain_db = to_place_db(samples.T, rate_hz, truth[path.stem]) if is_balanced else REAL_GAIN_DB
        audios[path.stem] = Audio(np.ascontiguousarray(samples.T) * np.float32(10 ** (gain_db / 20)), rate_hz)
    if not audios:
        raise SystemExit("the shared stems are missing; set BANDMATE_SHARED to the folder that has audio/stems_cc0")
    song = song_of(audios, dict.fromkeys(audios, 0.0), names={})
    return BenchSong("real stems", song, named(audios), truth, known=real_faults(audios))


def real_faults(audios: Mapping[str, Audio]) -> tuple[Fault, ...]:
    """What is wrong with the shared stems as they were recorded.

    The clavinet hums. Verified with windows of 0.2 to 0.4 s in 17 of its rests from 17 to 66 s, as the file is: a line
    at 60 Hz with -52.0 dBFS (-51.0 to -52.5 in every rest), at 180 Hz with -66.7 (-65.8 to -67.7), at 300 Hz with -73
    (-70.5 to -76.6), at 120 Hz with -77; between them are -90 to -100. In ten rests from 29 to 50 s the phase of the
    lines runs on without a jump, at 59.994 Hz and three times that: one oscillation goes through all of them, where the
    next notes would be at 58.3 and 61.7 Hz. Whatever is played before a rest, the level in it is the same.

    The file of the bass guitar is stereo and holds one signal: its sides are 64 dB below its middle, which is what the
    coding leaves.
    """
    from benchmarks.mix_bench import Fault

    found = (
        Fault("hum", ("clav",), ("hum",), -52.0, "dBFS", low_hz=60.0, high_hz=300.0),
        Fault("dual-mono", ("bassguitar",), ("dual-mono",), -64.0),
    )
    return tuple(fault for fault in found if fault.tracks[0] in audios)


def to_place_db(samples: Samples, rate_hz: int, role: str) -> float:
    """The gain that brings a stem to its role's place, with the mix as loud as a lead at -31 LUFS makes it."""
    from bandmate.stages.mix.roles import role_table
    from benchmarks.mix_playing import active_lufs

    return REAL_LEAD_LUFS + role_table()[role].relative_lu - active_lufs(samples, rate_hz)


def named(audios: Mapping[str, Audio]) -> dict[str, Audio]:
    """Recordings by content."""
    return {content_name(audio): audio for audio in audios.values()}


def content_name(audio: Audio) -> str:
    """What a recording is called: a hash of its samples, rate and shape."""
    digest = hashlib.sha256(f"{audio.rate_hz} {audio.samples.shape}".encode())
    digest.update(np.ascontiguousarray(audio.samples))
    return digest.hexdigest()


def clip_of(audio: Audio) -> Any:
    """A clip that plays a whole recording from the start."""
    from bandmate.song.clips import AudioClip

    name = content_name(audio)
    return AudioClip(id="clip", audio=name, source_frames=audio.frames, source_rate_hz=audio.rate_hz)


def song_of(audios: Mapping[str, Audio], pans: Mapping[str, float], *, names: Mapping[str, str]) -> Song:
    """A song of one clip a track; it says nothing but what is on its strips."""
    from bandmate.song.song import Song
    from bandmate.song.tracks import Track

    tracks = tuple(
        Track(id=each, name=names.get(each, each), clips=(clip_of(audio),), pan=round(float(pans[each]), 2))
        for each, audio in audios.items()
    )
    return Song(rate_hz=next(iter(audios.values())).rate_hz, tracks=tracks)


def stored(name: str, number: int, seed: int, *, seconds: float | None = None, tracks: int | None = None) -> Path:
    """The folder of a song in the cache; made where it is not there yet."""
    from benchmarks.music import cache_folder

    folder = cache_folder() / "mix_songs" / f"v{VERSION}-{name}"
    if not (folder / "truth.json").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        print(f"  making song {name}", flush=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as part:
            whole = Path(part) / "song"
            whole.mkdir()
            make(
                whole, score(number, seed=seed, seconds=seconds, tracks=tracks), seed_of("sound", seed, number), number
            )
            whole.replace(folder)
    return folder


def loaded(folder: Path) -> BenchSong:
    """A song out of the cache."""
    import soundfile

    from bandmate.sound.audio import Audio

    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    audios = {}
    for row in truth["tracks"]:
        samples, rate_hz = soundfile.read(folder / f"{row['name']}.flac", dtype="float32", always_2d=True)
        audios[row["id"]] = Audio(np.ascontiguousarray(samples.T), rate_hz)
    rows = {row["id"]: row for row in truth["tracks"]}
    made = song_of(audios, {i: row["pan"] for i, row in rows.items()}, names={i: r["name"] for i, r in rows.items()})
    return BenchSong(
        name=truth["name"],
        song=made,
        recordings=named(audios),
        truth={i: row["role"] for i, row in rows.items()},
        sections=tuple(SectionTruth(**section) for section in truth["sections"]),
        twins=tuple((a, b) for a, b in truth["twins"]),
        genre=truth["genre"],
        bpm=truth["bpm"],
        meter=tuple(truth["meter"]),
        first_beat_seconds=truth["first_beat_seconds"],
    )


def make(folder: Path, written: Score, seed: int, number: int) -> None:
    """Play a score, balance it, and write its stems and its truth."""
    import soundfile

    from benchmarks.mix_playing import balanced, tracks_of

    rng = np.random.default_rng(seed)
    rate_hz = RATES_HZ[number % len(RATES_HZ)]
    rows = balanced(tracks_of(written, rng, number, rate_hz), rng, rate_hz)
    for row in rows:
        soundfile.write(folder / f"{row.name}.flac", row.samples.T, rate_hz, "PCM_24")
    truth = {
        "name": f"{number:02d} {written.title} ({written.genre})",
        "genre": written.genre,
        "bpm": written.bpm,
        "meter": METERS[written.metre],
        "first_beat_seconds": written.first_beat_seconds,
        "sections": [section_truth(written, index) for index in range(len(written.passages))],
        "tracks": [{"id": row.id, "name": row.name, "role": row.role, "pan": row.pan} for row in rows],
        "twins": [(row.twin_of, row.id) for row in rows if row.twin_of],
    }
    (folder / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")


def section_truth(written: Score, index: int) -> dict[str, Any]:
    """A section with its seconds."""
    passage = written.passages[index]
    start = written.first_beat_seconds + (passage.start_bar - 1) * written.bar_seconds
    return {
        "name": passage.name,
        "letter": passage.letter,
        "start_bar": passage.start_bar,
        "bars": len(passage.bars),
        "start_seconds": start,
        "end_seconds": start + len(passage.bars) * written.bar_seconds,
    }


def main(count: int) -> None:
    """Make the songs and print them."""
    for made in songs(count):
        seconds = max(audio.seconds for audio in made.recordings.values())
        print(f"{made.name:50} {len(made.song.tracks):3} tracks {seconds:5.0f} s {made.bpm:6.1f} {made.meter}")
        print(f"    {', '.join(f'{t.name} ({made.truth[t.id]})' for t in made.song.tracks)}")
        print(
            f"    {', '.join(f'{s.name} {s.start_seconds:.0f}' for s in made.sections)}; twins {made.twins}", flush=True
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
