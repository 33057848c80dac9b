"""The curves of a mix report: spectra of the tracks of a finding, loudness of a track over time, faders.

Conventions: levels are as they leave the fader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bandmate.stages.words import spoken_name
from bandmate.verbs.mix_heard import HeardMix, TwoMixes

if TYPE_CHECKING:
    from bandmate.report.data import Curve
    from bandmate.report.master_data import SectionRow
    from bandmate.report.mix_data import FaderRide, Spectra, TrackHistory
    from bandmate.song.findings import Finding
    from bandmate.song.song import Song

NARROW_OCTAVES = 1.0
"""A single track and a range up to so wide are drawn in fine bands."""

HISTORY_STEP = 5
"""Of the short-term loudness every fifth value is drawn: half a second apart."""


def spectra_of(mixes: TwoMixes, finding: Finding, most_tracks: int = 3) -> Spectra | None:
    """The spectra of a finding's tracks over its stretch; None where it is about no range, or nothing sounds."""
    import math

    from bandmate.report.mix_data import Spectra, SpectrumLine

    low, high = finding.low_hz, finding.high_hz
    if low is None or high is None or low <= 0:
        return None
    ids = [track_id for track_id in finding.tracks if track_id in mixes.was.scene.ids][:most_tracks]
    is_fine = len(finding.tracks) == 1 and math.log2(high / low) <= NARROW_OCTAVES
    lines: list[SpectrumLine] = []
    band_hz: tuple[float, ...] = ()
    for track_id in ids:
        pair = [(fine_levels if is_fine else third_levels)(mix, track_id, finding) for mix in (mixes.was, mixes.now)]
        name = spoken_name(mixes.was.song.track(track_id))
        lines.append(SpectrumLine(track=name, was_db=pair[0], now_db=pair[1]))
        session = mixes.was.session
        band_hz = session.closeup(track_id).fine_hz if is_fine else session.hearing(track_id).band_hz
    if not lines:
        return None
    bands = 24 if is_fine else 3
    return Spectra(band_hz=band_hz, tracks=tuple(lines), low_hz=low, high_hz=high, bands_an_octave=bands)


def third_levels(mix: HeardMix, track_id: str, finding: Finding) -> Curve:
    """Mean level by 1/3 octave while the track plays; empty where it does not."""
    from bandmate.stages.mix.masking import ACCOMPANIES_DB, hops_of, playing

    if track_id not in mix.scene.ids:
        return ()
    power = mix.session.power(track_id)
    hop_seconds = mix.session.hearing(track_id).hop_seconds
    start, end = stretch_of(finding, power.shape[1] * hop_seconds)
    first, last = hops_of((start, end), hop_seconds, power.shape[1])
    stretch = power[:, first:last]
    return levels_db(stretch[:, playing(power, ACCOMPANIES_DB)[first:last]])


def fine_levels(mix: HeardMix, track_id: str, finding: Finding) -> Curve:
    """Mean level by 1/24 octave of the snapshots within the finding's stretch; of all where none is."""
    import numpy as np

    if track_id not in mix.scene.ids:
        return ()
    closeup, hearing = mix.session.closeup(track_id), mix.session.hearing(track_id)
    levels, at = closeup.fine_db.astype(np.float64), closeup.fine_at_seconds
    start, end = stretch_of(finding, hearing.seconds)
    inside = (at >= start) & (at < end)
    if inside.any():
        levels, at = levels[:, inside], at[inside]
    ridden = mix.session.fader_power(track_id, hearing.hops, hearing.hop_seconds)
    hops = np.clip((at / hearing.hop_seconds).astype(int), 0, max(hearing.hops - 1, 0))
    return levels_db(10 ** (levels / 10) * ridden[hops]) if levels.size else ()


def stretch_of(finding: Finding, seconds: float) -> tuple[float, float]:
    """From and to; the whole song where the finding names no stretch."""
    is_long = finding.end_seconds > finding.start_seconds
    return (finding.start_seconds, finding.end_seconds) if is_long else (0.0, seconds)


def levels_db(power: Any) -> Curve:
    """Mean powers of rows as levels; None for nothing, and empty for no column."""
    import math

    if not power.shape[1]:
        return ()
    return tuple(10 * math.log10(mean) if mean > 1e-15 else None for mean in power.mean(axis=1, dtype=float).tolist())


def history_of(mixes: TwoMixes, track_id: str) -> TrackHistory | None:
    """Short-term loudness of a track in both states; None where it is not heard in both."""
    from bandmate.report.mix_data import TrackHistory
    from bandmate.verbs.listening import SHORT_TERM_SECONDS

    if any(track_id not in mix.scene.ids for mix in (mixes.was, mixes.now)):
        return None
    pair = [short_term(mix, track_id) for mix in (mixes.was, mixes.now)]
    count = min(map(len, pair))
    seconds = tuple(SHORT_TERM_SECONDS + i * HISTORY_STEP / 10 for i in range(count))
    name = spoken_name(mixes.was.song.track(track_id))
    return TrackHistory(track=name, seconds=seconds, was_lufs=pair[0][:count], now_lufs=pair[1][:count])


def short_term(mix: HeardMix, track_id: str) -> Curve:
    """As it leaves the fader; a value is raised by where the fader stands in the middle of its window."""
    import numpy as np

    from bandmate.stages.mix.session import BOTH_SIDES_LU
    from bandmate.verbs.listening import SHORT_TERM_SECONDS

    hearing = mix.session.hearing(track_id)
    values = hearing.short_term_lufs[::HISTORY_STEP].astype(np.float64)
    if not len(values):
        return ()
    ridden = mix.session.fader_power(track_id, hearing.hops, hearing.hop_seconds)
    middles = (np.arange(len(values)) * HISTORY_STEP / 10 + SHORT_TERM_SECONDS / 2) / hearing.hop_seconds
    gains = 10 * np.log10(np.maximum(ridden[np.clip(middles.astype(int), 0, hearing.hops - 1)], 1e-15))
    sides = BOTH_SIDES_LU if hearing.channels == 1 else 0.0
    return tuple(value if np.isfinite(value) else None for value in (values + gains + sides).tolist())


def rides_of(mixes: TwoMixes, sections: Sequence[SectionRow]) -> tuple[FaderRide, ...]:
    """The faders that move over time, in either state."""
    songs = (mixes.was.song, mixes.now.song)
    if mixes.seconds <= 0:
        return ()
    moving = [
        track.id
        for track in songs[1].tracks
        if any(has_gain_points(song, track.id) for song in songs) and track.id in mixes.now.scene.ids
    ]
    return tuple(ride_of(mixes, track_id, sections) for track_id in moving)


def has_gain_points(song: Song, track_id: str) -> bool:
    """Whether a fader moves over time."""
    return any(
        one.parameter == "gain_db" and one.points
        for track in song.tracks
        if track.id == track_id
        for one in track.automation
    )


def ride_of(mixes: TwoMixes, track_id: str, sections: Sequence[SectionRow]) -> FaderRide:
    """One fader in both states, at the corners of either."""
    import numpy as np

    from bandmate.report.mix_data import FaderRide, RidePart

    songs = (mixes.was.song, mixes.now.song)
    corners = np.concatenate([corner_seconds(song, track_id) for song in songs] + [np.array([0.0, mixes.seconds])])
    # subtle: of two points at one place the sound arrives at the first and goes on from the second
    times = np.unique(np.clip(np.concatenate([corners, corners - 1e-3]), 0.0, mixes.seconds))
    was, now = (fader_db(song, track_id, times) for song in songs)
    parts = []
    for row in sections:
        inside = np.linspace(row.start_seconds, max(row.end_seconds, row.start_seconds), 64, endpoint=False)
        levels = [float(fader_db(song, track_id, inside).mean()) for song in songs]
        parts.append(RidePart(section=row.name, was_db=levels[0], now_db=levels[1]))
    return FaderRide(
        track=spoken_name(songs[1].track(track_id)),
        seconds=tuple(times.tolist()),
        was_db=tuple(was.tolist()),
        now_db=tuple(now.tolist()),
        parts=tuple(parts),
    )


def corner_seconds(song: Song, track_id: str) -> Any:
    """Where the points of a fader are."""
    import numpy as np

    from bandmate.render.levels import movements

    moves = movements(song.track(track_id).automation, "gain_db", song)
    return np.concatenate([move.frames / song.rate_hz for move in moves]) if moves else np.zeros(0)


def fader_db(song: Song, track_id: str, seconds: Any) -> Any:
    """Where a fader stands at these moments, its automation added."""
    import numpy as np

    from bandmate.render.levels import movements

    track = song.track(track_id)
    level = np.full(len(seconds), track.gain_db)
    for move in movements(track.automation, "gain_db", song):
        level += np.interp(seconds * song.rate_hz, move.frames, move.values)
    return level
