"""What a track is, told from its sound alone: how often that is right on real recordings and on held-out renders.

Real recordings are the shared stems and clips, none of which the model was taught with. The renders are made here, into
the cache of the training (``training/roles``): sound sets, drum kits, works and a voice that the model was not taught
with, damaged as in training. Fetching the judging sets needs Debian's ``apt-get``. ``python -m benchmarks.roles``
prints what is right, what is "unknown", recall by role, what is taken for what, and how well calibrated it all is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.sound import timbre, timbre_summary
from bandmate.sound.timbre import TimbreMeter
from bandmate.stages.mix.role_model import role_posterior
from bandmate.stages.mix.roles import SURE_ENOUGH
from benchmarks.goals import reached

TAKES = 460
STEMS = {"bassguitar": "bass", "clav": "keys", "drums": "drums", "horns": "brass", "leadguitar": "lead-guitar"}
CLIPS = {
    "sung_with_f0/vocadito_1": "lead-vox",
    "voices_instruments/singing-female": "lead-vox",
    "voices_instruments/soprano-E4": "lead-vox",
    "voices_instruments/carnatic": "lead-vox",
    "voices_instruments/vignesh": "lead-vox",
    "voices_instruments/speech-female": "lead-vox",
    "voices_instruments/speech-male": "lead-vox",
    "voices_instruments/bendir": "percussion",
    "voices_instruments/mridangam": "percussion",
    "voices_instruments/cello-phrase": "strings",
    "voices_instruments/cello-double": "strings",
    "voices_instruments/cello-double-2": "strings",
    "voices_instruments/violin-B3": "strings",
    "voices_instruments/flute-A4": "woodwind",
    "voices_instruments/oboe-A4": "woodwind",
    "voices_instruments/sax-phrase": "woodwind",
    "voices_instruments/sax-phrase-short": "woodwind",
    "voices_instruments/trumpet-A4": "brass",
    "voices_instruments/organ-C3": "organ",
    "voices_instruments/piano": "piano",
    "voices_instruments/rain": "effects",
    "voices_instruments/ocean": "effects",
    "voices_instruments/vibraphone-C6": "unknown",
    "voices_instruments/orchestra": "unknown",
}
"""Clips of one to thirty seconds, with what they are; a vibraphone and an orchestra are nothing that a role names."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording and what the model says of it."""

    name: str
    role: str
    posterior: dict[str, float]

    @property
    def first(self) -> str:
        return max(self.posterior, key=lambda role: self.posterior[role])

    @property
    def sure(self) -> float:
        return self.posterior[self.first]

    @property
    def said(self) -> str:
        """What a musician is told."""
        return self.first if self.sure >= SURE_ENOUGH else "unknown"


def shared() -> Path:
    return Path(os.environ.get("BANDMATE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "audio"


def real_recordings(names: dict[str, str], ending: str) -> list[Heard]:
    """Those of the recordings that are there and not silent."""
    import soundfile

    found = []
    for name, role in names.items():
        path = shared() / f"{name}{ending}"
        if path.exists():
            samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
            meter = TimbreMeter(rate_hz, samples.shape[1])
            meter.feed(np.ascontiguousarray(samples.T))
            result = meter.result()
            if not result.is_silent:
                found.append(Heard(Path(name).name, role, dict(role_posterior(result.features))))
    return found


def renders(takes: int) -> list[Heard]:
    """The judging renders, made on the first call."""
    from training.roles.material import make
    from training.roles.sound_sets import CACHE

    code = b"".join(Path(str(module.__file__)).read_bytes() for module in (timbre, timbre_summary))
    path = CACHE / "benchmark" / f"judge-{takes}-{hashlib.sha256(code).hexdigest()[:12]}.npz"
    if not path.exists():
        make("judge", 0, takes, path)
    rows = np.load(path)
    return [
        Heard(f"{source} {work}", str(role), dict(role_posterior(features)))
        for features, role, source, work in zip(
            rows["features"], rows["role"], rows["source"], rows["work"], strict=True
        )
    ]


def share(values: Iterable[bool]) -> float:
    every = list(values)
    return sum(every) / len(every) if every else float("nan")


def calibration_error(heard: list[Heard], bins: int = 10) -> float:
    """The mean distance between how sure the model is and how often its first guess is right, over ten bins."""
    total = 0.0
    for k in range(bins):
        inside = [each for each in heard if min(int(each.sure * bins), bins - 1) == k]
        if inside:
            right = share(each.first == each.role for each in inside)
            total += len(inside) / len(heard) * abs(right - sum(each.sure for each in inside) / len(inside))
    return total


def show(title: str, heard: list[Heard]) -> None:
    """Right, right or unknown, and the mistakes."""
    print(f"{title}: {len(heard)}")
    print(
        f"  right {share(e.said == e.role for e in heard):.3f}, unknown {share(e.said == 'unknown' for e in heard):.3f}"
    )
    pairs = Counter((e.role, e.said) for e in heard if e.said not in (e.role, "unknown"))
    for (role, said), count in pairs.most_common(12):
        print(f"  {count:3} x {role} taken for {said}")


def show_each(heard: list[Heard]) -> None:
    for each in heard:
        best = sorted(each.posterior.items(), key=lambda pair: -pair[1])[:3]
        mark = "right" if each.said == each.role else "unknown" if each.said == "unknown" else "WRONG"
        print(f"  {mark:8}{each.name:22}{each.role:12}{', '.join(f'{role} {p:.2f}' for role, p in best)}")


def show_roles(heard: list[Heard]) -> None:
    for role in sorted({each.role for each in heard}):
        own = [each for each in heard if each.role == role]
        print(f"  {role:16}{share(e.said == role for e in own):.2f} of {len(own)}")


def goals(title: str, heard: list[Heard], *, with_calibration: bool) -> bool:
    met = reached(f"{title}: right", share(e.said == e.role for e in heard), "", at_least=0.80)
    met &= reached(f"{title}: right or unknown", share(e.said in (e.role, "unknown") for e in heard), "", at_least=0.90)
    if with_calibration:
        met &= reached(f"{title}: expected calibration error", calibration_error(heard), "", at_most=0.1)
    return met


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--takes", type=int, default=TAKES)
    given = reader.parse_args()
    stems = real_recordings({f"stems_cc0/{name}": role for name, role in STEMS.items()}, ".mp3")
    clips = real_recordings(CLIPS, ".wav")
    rendered = renders(given.takes)
    show("real stems", stems)
    show_each(stems)
    show("real clips", clips)
    show_each(clips)
    show("held-out renders", rendered)
    show_roles(rendered)
    met = [goals(f"roles of {len(rendered)} held-out renders", rendered, with_calibration=True)]
    if stems:
        met.append(goals("roles of the real stems", stems, with_calibration=False))
        met.append(goals("roles of real stems and clips", stems + clips, with_calibration=True))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
