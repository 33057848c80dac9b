"""The stems of our own song with faults planted in them, so that everybody can see what is found and what is not.

Conventions: one stereo WAV of 24 bit for each track, at the song's rate, named like its track; all of one length, the
song and two seconds in which it rings out. The faults are made the way they are made in life: faders in the wrong
place, an amplifier wired the wrong way round, noise from the floor. Equal seeds give equal bytes.

Not covered: what Bandmate finds; that is compared elsewhere. The clean version (``faults=False``) has the same stems
in a sensible balance and is the test that nothing is proposed where nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from bandmate.song.devices import Band, Equalizer, Saturator
from bandmate.song.errors import MediaError, ProjectError
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.wire import song_from_json
from bandmate.verbs.progress import Progress, silent

if TYPE_CHECKING:
    from bandmate.render.cache import RenderCache
    from bandmate.render.engine import Renderer
    from bandmate.sound.audio import Samples

FaultKind = Literal["buried", "too-loud", "rumble", "polarity"]

SONG_FILE = "evening_tram.song.json"
DI_GAIN_DB = -2.5
AMP_GAIN_DB = 1.5
AMP_DRIVE_DB = 24.0
AMP_LOW_PASS_HZ = 4_000.0
RUMBLE_HZ = (20.0, 40.0)
RUMBLE_ORDER = 4
SETTLING_SECONDS = 2
RING_SECONDS = 2


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One thing that is wrong with the demo stems, and by how much.

    Attributes
    ----------
    kind : str
        ``buried``, ``too-loud``, ``rumble`` or ``polarity``.
    track : str
        name of the stem.
    sentence : str
        what a musician would say.
    amount : float
    unit : str
        of ``amount``: the fader's error in dB, the rumble's level in dBFS (RMS), the turn in degrees.
    """

    kind: FaultKind
    track: str
    sentence: str
    amount: float
    unit: str


FAULTS = (
    PlantedFault("buried", "Lead Vox", "the lead vocal is buried: its fader is 11 dB too low", -11.0, "dB"),
    PlantedFault("too-loud", "Pad", "the pad covers the song: its fader is 9 dB too high", 9.0, "dB"),
    PlantedFault("rumble", "Guitar", "rumble from the floor, 20 to 40 Hz, runs through the guitar", -41.0, "dBFS"),
    PlantedFault(
        "polarity", "Bass Amp", "the bass amplifier is upside down against its direct signal", 180.0, "degrees"
    ),
)


def make_demo_stems(
    folder: Path | str,
    *,
    seed: int = 7,
    faults: bool = True,
    cache: RenderCache | None = None,
    progress: Progress = silent,
) -> tuple[PlantedFault, ...]:
    """Write the stems of Evening Tram into a folder, by default with faults planted in them.

    Parameters
    ----------
    folder : Path or str
        is made when it is missing; stems of an earlier run are overwritten.
    seed : int
        of the rumble and the dither.
    faults : bool
        False gives the balanced stems.
    cache : RenderCache, optional
        keeps the played notes, so that a second run is several times as fast; makes no difference to the files.
    progress : callable

    Returns
    -------
    tuple of PlantedFault
        what was planted; empty without faults.

    Raises
    ------
    MediaError
        if this installation lacks the song.
    ProjectError
        if the folder cannot be written to, or the disk is full.
    """
    from bandmate.render.engine import Renderer
    from bandmate.render.media import MemoryMedia

    planted = FAULTS if faults else ()
    song = demo_song()
    for fault in planted:
        song = with_fault(song, fault)
    target = made_folder(Path(folder))
    renderer = Renderer(song, MemoryMedia({}), cache)
    for count, track in enumerate(song.tracks):
        progress(f"playing {track.name}", count / len(song.tracks))
        rumble = next((fault for fault in planted if fault.kind == "rumble" and fault.track == track.name), None)
        write_stem(target / f"{track.name}.wav", renderer, track, rumble=rumble, seed=seed + count)
    progress("stems written", 1.0)
    return planted


def demo_song() -> Song:
    """Evening Tram with its bass on two tracks, as it would be recorded: direct, and from the amplifier.

    Raises
    ------
    MediaError
        if this installation lacks the song.
    """
    song = song_from_json(song_path().read_bytes())
    tracks = [part for track in song.tracks for part in (two_basses(track) if track.role == "bass" else (track,))]
    return replace(song, tracks=tuple(tracks))


def song_path() -> Path:
    """Where the song is: in the package, or in ``examples`` of the repository that the package runs from."""
    package = Path(str(files("bandmate")))
    places = (package / "data" / "examples", package.parents[1] / "examples")
    for place in places:
        if (place / SONG_FILE).is_file():
            return place / SONG_FILE
    raise MediaError(f'"{SONG_FILE}" is missing from this installation; install Bandmate again to hear the demo')


def two_basses(bass: Track) -> tuple[Track, Track]:
    """The same playing direct and through a driven amplifier with a dark loudspeaker.

    The amplifier has no high-pass: it would turn the phase of the low notes and be a fault of its own.
    """
    speaker = Equalizer(id="speaker", bands=(Band(id="top", kind="low-pass", freq_hz=AMP_LOW_PASS_HZ, slope_db=12),))
    direct = replace(bass, id="bass-di", name="Bass DI", gain_db=bass.gain_db + DI_GAIN_DB)
    amplified = replace(
        bass,
        id="bass-amp",
        name="Bass Amp",
        inserts=(Saturator(id="drive", drive_db=AMP_DRIVE_DB), speaker),
        gain_db=bass.gain_db + AMP_GAIN_DB,
    )
    return direct, amplified


def with_fault(song: Song, fault: PlantedFault) -> Song:
    """The song with one fault; rumble is no matter of the song and comes in while the stem is written."""
    return replace(
        song, tracks=tuple(faulty(track, fault) if track.name == fault.track else track for track in song.tracks)
    )


def faulty(track: Track, fault: PlantedFault) -> Track:
    if fault.kind in ("buried", "too-loud"):
        return replace(track, gain_db=track.gain_db + fault.amount)
    if fault.kind == "polarity":
        return replace(track, polarity_inverted=not track.polarity_inverted)
    return track


def made_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ProjectError(f'the folder "{folder}" cannot be made: {problem.strerror}; choose another') from problem
    return folder


def write_stem(path: Path, renderer: Renderer, track: Track, *, rumble: PlantedFault | None, seed: int) -> None:
    """Write what a track plays, after its fader and pan."""
    from bandmate.formats.audio_write import AudioWriter, WriteOptions
    from bandmate.render.span import Span

    rate_hz = renderer.song.rate_hz
    whole = Span(0, renderer.song_frames + RING_SECONDS * rate_hz)
    blocks = renderer.track_blocks(track.id, "fader", whole)
    if rumble is not None:
        blocks = with_rumble(blocks, rate_hz, rms_dbfs=rumble.amount, seed=seed)
    with AudioWriter(path, rate_hz, 2, kind="wav-24", options=WriteOptions(seed=seed)) as writer:
        for block in blocks:
            writer.write(block)


def with_rumble(blocks: Iterator[Samples], rate_hz: int, *, rms_dbfs: float, seed: int) -> Iterator[Samples]:
    """The blocks with steady noise of 20 to 40 Hz added, the same on both sides.

    ``rms_dbfs`` is the level of a full-scale square wave at 0, as on a meter for RMS.
    """
    import numpy as np

    from bandmate.sound.filters import Cascade, high_pass_sections, low_pass_sections

    low_hz, high_hz = RUMBLE_HZ
    sections = np.concatenate(
        [
            high_pass_sections(low_hz, rate_hz, order=RUMBLE_ORDER),
            low_pass_sections(high_hz, rate_hz, order=RUMBLE_ORDER),
        ]
    )
    impulse = np.zeros((1, SETTLING_SECONDS * rate_hz))
    impulse[0, 0] = 1.0
    # White noise of variance 1 leaves a filter with the energy of its impulse response as variance (Parseval).
    gain = 10 ** (rms_dbfs / 20) / np.sqrt(np.square(Cascade(sections, 1).run(impulse)).sum())
    noise, source = Cascade(sections, 1), np.random.default_rng(seed)
    for block in blocks:
        rumble = noise.run(source.standard_normal((1, block.shape[1]))) * gain
        yield (block + rumble).astype(np.float32)
