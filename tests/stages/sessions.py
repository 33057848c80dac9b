"""Sessions for tests of findings: recordings with names, rates, lengths and pans of their own, heard once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from bandmate.render.media import MemoryMedia
from bandmate.song.clips import AudioClip
from bandmate.song.evidence import Evidence
from bandmate.song.findings import Finding
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.song.values import slug
from bandmate.sound.audio import Audio
from bandmate.stages.ears import Ears
from bandmate.stages.mix.brief import MixBrief
from bandmate.stages.mix.family import Family
from bandmate.stages.mix.session import Session
from bandmate.stages.mix.trial import Trial, tried
from tests.stages.stems import HEARD, RATE_HZ

Reals = np.ndarray


def heard(
    recordings: Mapping[str, Reals],
    *,
    rate_hz: int = RATE_HZ,
    rates_hz: Mapping[str, int] | None = None,
    pans: Mapping[str, float] | None = None,
    brief: MixBrief | None = None,
) -> Session:
    """A session of one clip a track; a recording is at the song's rate unless it has one of its own."""
    tracks: list[Track] = []
    media = {}
    for name, samples in recordings.items():
        own_rate_hz = (rates_hz or {}).get(name, rate_hz)
        audio = Audio(np.atleast_2d(np.asarray(samples, np.float32)), own_rate_hz)
        digest = hashlib.sha256(audio.samples.tobytes() + f"{own_rate_hz} {audio.samples.shape}".encode()).hexdigest()
        media[digest] = audio
        clip = AudioClip(id="clip-1", audio=digest, source_frames=audio.frames, source_rate_hz=own_rate_hz)
        track_id = slug(name, frozenset(track.id for track in tracks))
        tracks.append(Track(id=track_id, name=name, clips=(clip,), pan=(pans or {}).get(name, 0.0)))
    song = Song(rate_hz=rate_hz, tracks=tuple(tracks))
    session = Session(song, Ears(MemoryMedia(media), memory=HEARD), brief or MixBrief())
    session.listen()
    return session


def first_trial(session: Session, family: Family, finding: Finding) -> Trial:
    """The first answer to a finding, tried; it must help, and be forecast within a fifth."""
    answer = family.answers(session, finding)[0]
    trial = tried(session, family, finding, answer)
    assert isinstance(trial, Trial), trial
    figure: Evidence = trial.moves[0].evidence[0]
    assert figure.before is not None and figure.after is not None and figure.predicted is not None
    measured = figure.before - figure.after
    assert abs((figure.before - figure.predicted) - measured) <= 0.2 * abs(measured), figure
    return trial
