"""Generated songs for laws: small, but with every kind of value in them."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from bandmate.song import clips, devices, harmony, notes, tracks
from bandmate.song.song import Lock, Song
from bandmate.song.time import MeterMap, MeterPoint, TempoMap, TempoPoint

IDS = st.sampled_from([*string.ascii_lowercase[:6], "lead-vox", "бас", "2"])
NAMES = st.text(alphabet=st.characters(codec="utf-8"), max_size=6)
TICKS = st.integers(0, 40_000)
GAINS = st.floats(-60, 24, allow_nan=False)
HASHES = st.sampled_from(["0" * 64, "ab" * 32])


def items(made: type, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return unique_items(st.builds(made, id=IDS, **fields))


def unique_items(one: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=most, unique_by=lambda item: item.id).map(tuple)


BANDS = items(
    devices.Band,
    kind=st.sampled_from(["bell", "low-shelf", "high-pass", "low-pass", "notch"]),
    freq_hz=st.floats(20, 20_000),
    gain_db=GAINS,
    q=st.floats(0.1, 10),
    enabled=st.booleans(),
)
DYNAMIC_BANDS = items(devices.DynamicBand, upper_hz=st.floats(100, 10_000), ratio=st.floats(1, 8))
DYNAMIC_EQ_BANDS = items(
    devices.DynamicEqBand,
    kind=st.sampled_from(["bell", "low-shelf", "high-shelf"]),
    freq_hz=st.floats(20, 20_000),
    range_db=st.floats(-24, 24),
    threshold_dbfs=st.floats(-60, 0),
)
DEVICES = st.one_of(
    st.builds(devices.DynamicEqualizer, id=IDS, bands=DYNAMIC_EQ_BANDS),
    st.builds(devices.Equalizer, id=IDS, enabled=st.booleans(), bands=BANDS),
    st.builds(devices.Compressor, id=IDS, ratio=st.floats(1, 20), threshold_dbfs=st.floats(-60, 0), makeup_db=GAINS),
    st.builds(devices.Gate, id=IDS, range_db=st.floats(-80, 0)),
    st.builds(devices.DeEsser, id=IDS, range_db=st.floats(-20, 0)),
    st.builds(devices.MultibandCompressor, id=IDS, bands=DYNAMIC_BANDS),
    st.builds(devices.Saturator, id=IDS, drive_db=st.floats(0, 24)),
    st.builds(devices.Width, id=IDS, side=st.floats(0, 2), mono_below_hz=st.floats(0, 300)),
    st.builds(devices.Limiter, id=IDS, gain_db=GAINS, ceiling_dbtp=st.floats(-20, 0)),
    st.builds(devices.Reverb, id=IDS, decay_seconds=st.floats(0.1, 8)),
    st.builds(devices.Delay, id=IDS, length_ticks=st.integers(1, 3840), feedback=st.floats(0, 0.9)),
    st.builds(devices.Plugin, id=IDS, format=st.just("vst3"), identifier=NAMES, name=NAMES, state_base64=NAMES),
)
INSERTS = unique_items(DEVICES)
NOTES = items(
    notes.Note,
    start_ticks=TICKS,
    length_ticks=st.integers(1, 4000),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
)
CLIPS = unique_items(
    st.one_of(
        st.builds(
            clips.AudioClip,
            id=IDS,
            audio=HASHES,
            name=NAMES,
            start_seconds=st.floats(0, 100),
            source_frames=st.integers(0, 100_000),
            source_rate_hz=st.sampled_from([44_100, 48_000, 96_000]),
            fade_in_ms=st.floats(0, 100),
        ),
        st.builds(
            clips.NoteClip,
            id=IDS,
            start_ticks=TICKS,
            length_ticks=st.integers(1, 10_000),
            notes=NOTES,
            instrument=st.builds(notes.Instrument, program=st.integers(0, 127), is_drums=st.booleans()),
        ),
    )
)
AUTOMATION = st.lists(
    st.builds(
        tracks.Automation,
        id=IDS,
        parameter=st.sampled_from(["gain_db", "pan"]),
        points=items(tracks.AutomationPoint, at_ticks=TICKS, value=st.floats(-1, 1)),
    ),
    max_size=2,
    unique_by=lambda item: item.id,
).map(tuple)
TRACKS = items(
    tracks.Track,
    name=NAMES,
    role=st.sampled_from(["kick", "bass", "lead-vox", "unknown"]),
    clips=CLIPS,
    polarity_inverted=st.booleans(),
    delay_ms=st.floats(-20, 20),
    inserts=INSERTS,
    gain_db=GAINS,
    pan=st.floats(-1, 1),
    sends=items(tracks.Send, bus=IDS, gain_db=GAINS, pre_fader=st.booleans()),
    automation=AUTOMATION,
    mute=st.booleans(),
    output=IDS,
)
TEMPO = st.builds(TempoMap, points=items(TempoPoint, at_ticks=TICKS, bpm=st.floats(20, 300)))
METERS = st.builds(
    MeterMap,
    points=items(
        MeterPoint,
        at_bar=st.integers(1, 20),
        numerator=st.integers(1, 13),
        denominator=st.sampled_from([1, 2, 4, 8, 16]),
    ),
)
KEYS = st.none() | st.builds(harmony.Key, tonic=st.integers(0, 11), mode=st.sampled_from(["major", "minor"]))
CHORDS = items(
    harmony.Chord,
    start_ticks=TICKS,
    length_ticks=st.integers(1, 4000),
    root=st.integers(0, 11),
    quality=NAMES,
    bass=st.none() | st.integers(0, 11),
)


def songs(*, locked: bool = True) -> st.SearchStrategy[Song]:
    """Any song; without locks when ``locked`` is false."""
    locks = items(Lock, address=st.sampled_from(["tracks/a", "main", "tracks/b/gain_db"]))
    return st.builds(
        Song,
        title=NAMES,
        rate_hz=st.sampled_from([44_100, 48_000]),
        tempo=TEMPO,
        meters=METERS,
        key=KEYS,
        sections=items(harmony.Section, name=NAMES, start_bar=st.integers(1, 9), bars=st.integers(1, 9)),
        chords=CHORDS,
        lyrics=items(harmony.Lyric, at_ticks=TICKS, text=NAMES),
        markers=items(harmony.Marker, at_ticks=TICKS, name=NAMES),
        tracks=TRACKS,
        buses=items(tracks.Bus, name=NAMES, inserts=INSERTS, gain_db=GAINS, output=IDS),
        main=st.builds(tracks.Main, inserts=INSERTS, gain_db=GAINS),
        locks=locks if locked else st.just(()),
    )
