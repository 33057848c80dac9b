"""Real music to measure mastering with: tracks out of Debian's game-music packages, and the mix of our own demo.

The packages are fetched by their names with ``apt-get download`` and unpacked with ``dpkg-deb -x`` into the cache of
the benchmarks; nothing is installed, and nothing of it is ours to pass on: it is for measuring only. Each track becomes
a WAV of 16 bit and 44.1 kHz, stereo, as it would lie on a CD: what a decoder raises above full scale is clipped there.

``BANDMATE_MUSIC`` names a folder of WAV files of your own instead; ``BANDMATE_CACHE`` another cache.
``python -m benchmarks.music`` makes the material and prints what it is like.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OWN_MUSIC = "BANDMATE_MUSIC"
RATE_HZ = 44_100
BLOCK_FRAMES = 1 << 18
WITHOUT = (
    f"set {OWN_MUSIC} to a folder with at least two WAV files of finished music (44.1 kHz, stereo) "
    "to measure with those instead"
)

WESNOTH = ("wesnoth-1.16-music", "wesnoth-1.18-music", "wesnoth-1.14-music")
NEXUIZ, SINGULARITY = ("nexuiz-music",), ("singularity-music",)
WARZONE, HYPERROGUE = ("warzone2100-music",), ("hyperrogue-music",)


@dataclass(frozen=True, slots=True)
class Track:
    """A piece of music: the packages that may hold it, by Debian release, and the name of its file in there."""

    name: str
    packages: tuple[str, ...]
    file: str
    style: str


TRACKS = (
    Track("wanderer", WESNOTH, "wanderer.ogg", "orchestra, quiet"),
    Track("legends", WESNOTH, "legends_of_the_north.ogg", "orchestra"),
    Track("minstrels", WESNOTH, "traveling_minstrels.ogg", "folk"),
    Track("northerners", WESNOTH, "northerners.ogg", "orchestra and drums"),
    Track("frantic", WESNOTH, "frantic.ogg", "orchestra, hot, energy up to 21 kHz"),
    Track("battle", WESNOTH, "battle.ogg", "orchestra, wide range, clipped"),
    Track("coherence", SINGULARITY, "Coherence.ogg", "electronic"),
    Track("awakening", SINGULARITY, "Awakening.ogg", "electronic"),
    Track("warzone-menu", WARZONE, "menu.opus", "ambient"),
    Track("warzone-3", WARZONE, "albums/original_soundtrack/track3.opus", "ambient, dark"),
    Track("warzone-3-enhanced", WARZONE, "albums/aftermath_soundtrack/track3_enhanced.opus", "the same, remade"),
    Track("hunting", HYPERROGUE, "hr-domina-hunting.ogg", "chamber, almost mono"),
    Track("hell", HYPERROGUE, "hr3-hell.ogg", "electronic, dense"),
    Track("northern-lights", NEXUIZ, "northern-lights.ogg", "ambient, very quiet"),
    Track("chaos-fog", NEXUIZ, "chaos-fog.ogg", "breakbeat, quiet"),
    Track("digital-pursuit", NEXUIZ, "digital-pursuit.ogg", "techno"),
    Track("sixtyfour", NEXUIZ, "sixtyfour_.ogg", "techno, loud"),
    Track("stairs", NEXUIZ, "stairs.ogg", "rock, very loud, clipped"),
)
DEMO = "demo-mix"
PAIRS = (
    ("wanderer", "frantic"),
    ("legends", "northerners"),
    ("minstrels", "northerners"),
    ("battle", "frantic"),
    ("coherence", "awakening"),
    ("warzone-3", "warzone-3-enhanced"),
    ("warzone-menu", "warzone-3-enhanced"),
    ("hunting", "hell"),
    ("northern-lights", "digital-pursuit"),
    ("chaos-fog", "sixtyfour"),
    ("stairs", "sixtyfour"),
    (DEMO, "digital-pursuit"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A recording to master, and the record that it shall come near to."""

    target: Path
    reference: Path

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.target.stem} to {self.reference.stem}"


def cache_folder() -> Path:
    """Where what is fetched stays; it can be deleted at any time."""
    from bandmate.verbs import readiness

    folder = readiness.cache_folder() / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pairs() -> list[Pair]:
    """What to master, and after which record; made on the first call."""
    if own := os.environ.get(OWN_MUSIC):
        return pairs_of_folder(Path(own))
    folder = cache_folder() / "music"
    names = dict.fromkeys(name for pair in PAIRS for name in pair)
    paths = {name: folder / f"{name}.wav" for name in names}
    for track in TRACKS:
        if track.name in paths and not paths[track.name].exists():
            make(paths[track.name], lambda path, track=track: decode(packaged(track), path))
    if not paths[DEMO].exists():
        make(paths[DEMO], demo_mix)
    return [Pair(paths[target], paths[reference]) for target, reference in PAIRS]


def pairs_of_folder(folder: Path) -> list[Pair]:
    """Each file after the one that is half the folder further on, in the order of the names."""
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() == ".wav")
    if len(files) < 2:
        raise SystemExit(f"{OWN_MUSIC}={folder} has {len(files)} WAV files, and 2 are needed; put music there")
    step = len(files) // 2
    return [Pair(path, files[(index + step) % len(files)]) for index, path in enumerate(files)]


def make(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        part = Path(name) / path.name
        write(part)
        part.replace(path)


def packaged(track: Track) -> Path:
    """The track's file, out of its package."""
    for package in track.packages:
        folder = cache_folder() / "packages" / package
        if folder.exists() or unpacked(package, folder):
            found = [path for path in folder.rglob(Path(track.file).name) if path.as_posix().endswith(track.file)]
            if found:
                return min(found, key=lambda path: len(path.parts))
    raise SystemExit(
        f"none of the packages {', '.join(track.packages)} with {track.file} could be had from Debian's archive; "
        f"run apt-get update, or {WITHOUT}"
    )


def unpacked(package: str, folder: Path) -> bool:
    """Fetch a package and lay out its music; whether the archive has it."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise SystemExit(f"apt-get and dpkg-deb are needed to fetch {package}, and are not here; {WITHOUT}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        print(f"fetching {package}", flush=True)
        fetched = subprocess.run(["apt-get", "download", package], cwd=name, check=False, capture_output=True)
        archives = sorted(Path(name).glob("*.deb"))
        if fetched.returncode or not archives:
            return False
        whole = Path(name) / "whole"
        subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(whole)], check=True)
        for bundle in whole.rglob("*.pk3"):  # a ZIP archive under another name
            with zipfile.ZipFile(bundle) as content:
                content.extractall(bundle.with_suffix(""))
            bundle.unlink()
        whole.replace(folder)
    return True


def decode(source: Path, path: Path) -> None:
    """Write a sound file as WAV, 16 bit, 44.1 kHz, stereo."""
    import numpy as np
    import soundfile
    import soxr

    with (
        soundfile.SoundFile(source) as file,
        soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_16") as out,
    ):
        stream = soxr.ResampleStream(file.samplerate, RATE_HZ, file.channels, dtype="float32", quality="VHQ")
        while True:
            block = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            last = len(block) == 0
            if file.samplerate != RATE_HZ:
                block = stream.resample_chunk(block, last=last)
            out.write(np.clip(np.broadcast_to(block, (len(block), 2)), -1, 1))
            if last:
                return


def demo_mix(path: Path) -> None:
    """The mix that ``bandmate demo`` makes, before its master."""
    from bandmate.verbs.demo import run_demo

    with tempfile.TemporaryDirectory() as name:
        print("rendering the demo", flush=True)
        decode(run_demo(Path(name) / "demo").produced.folder / "mix.wav", path)


def main() -> None:
    """Make the material and print what it is like."""
    from bandmate.formats.audio_files import decode_blocks, probe
    from bandmate.stages.hearing import hear

    made = pairs()
    print(f"{'':24}{'LUFS':>8}{'LRA':>7}{'dBTP':>7}{'crest':>7}{'clipped':>9}{'length':>9}")
    styles = {track.name: track.style for track in TRACKS}
    for path in dict.fromkeys(path for pair in made for path in (pair.target, pair.reference)):
        heard = hear(decode_blocks(path), probe(path).rate_hz)
        print(
            f"{path.stem:24}{heard.integrated_lufs:8.2f}{heard.range_lu:7.2f}{heard.true_peak_dbtp:7.2f}"
            f"{heard.crest_db:7.1f}{heard.clipped_runs:9}{heard.frames / heard.rate_hz:8.1f}s"
            f"  {styles.get(path.stem, '')}",
            flush=True,
        )
    print("\n".join(f"{pair.target}\n    to {pair.reference}" for pair in made))


if __name__ == "__main__":
    main()
