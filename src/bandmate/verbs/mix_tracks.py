"""The tracks and the whole of a mix report: every track without and with the moves, the mix, its stereo field.

Conventions: as in ``bandmate.report.mix_data``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bandmate.stages.words import spoken_name, spoken_role
from bandmate.verbs.listening import measured
from bandmate.verbs.mix_heard import HeardMix, TwoMixes
from bandmate.verbs.mix_maps import hidden_over_time, masking_map

if TYPE_CHECKING:
    from bandmate.report.master_data import SectionRow, StereoField
    from bandmate.report.mix_data import MaskingMap, MixState, TrackRow, TrackState
    from bandmate.song.tracks import Track
    from bandmate.sound.stereo_picture import StereoPicture
    from bandmate.stages.ears import Ears, Memory

PICTURE, PICTURE_VERSION = "stereo picture", "1"
NOTHING_DB = -100.0


def track_rows(mixes: TwoMixes, findings: Mapping[str, Sequence[int]]) -> tuple[TrackRow, ...]:
    """All tracks that have anything to play, in the order of the song; ``findings`` are numbers by track id."""
    return tuple(track_row(mixes, track, findings) for track in mixes.now.song.tracks if track.clips)


def track_row(mixes: TwoMixes, track: Track, findings: Mapping[str, Sequence[int]]) -> TrackRow:
    from bandmate.report.mix_data import TrackRow
    from bandmate.song.moves import lock_at

    session = mixes.now.session
    is_heard = track.id in mixes.now.scene.ids
    guess = session.guess(track.id) if is_heard else None
    silent = () if is_heard else ("muted" if track.mute else "silent",)
    return TrackRow(
        id=track.id,
        name=spoken_name(track),
        role=spoken_role(guess.role if guess else track.role),
        role_confidence=guess.confidence if guess else None,
        channels=session.hearing(track.id).channels if is_heard else None,
        was=track_state(mixes.was, mixes, track.id),
        now=track_state(mixes.now, mixes, track.id),
        findings=tuple(findings.get(track.id, ())),
        is_locked=lock_at(session.song, f"tracks/{track.id}") is not None,
        remarks=silent,
    )


def track_state(mix: HeardMix, mixes: TwoMixes, track_id: str) -> TrackState:
    """One track in one state; only the fader of one that is not heard."""
    from bandmate.report.mix_data import TrackState

    track = mix.song.track(track_id)
    if track_id not in mix.scene.ids:
        return TrackState(gain_db=track.gain_db, pan=track.pan)
    hearing = mix.session.hearing(track_id)
    return TrackState(
        loudness_lufs=mix.session.loudness_lufs(track_id),
        true_peak_dbtp=hearing.true_peak_dbtp,
        crest_db=hearing.crest_db,
        range_lu=hearing.range_lu,
        width_db=hearing.width_db if hearing.channels == 2 else None,
        heard_share=mix.heard_share.get(track_id),
        gain_db=track.gain_db,
        pan=track.pan,
        hidden=hidden_over_time(mix, mixes, track_id),
    )


def lead_map(mixes: TwoMixes, sections: Sequence[SectionRow]) -> MaskingMap | None:
    """What all others take of the track that matters most; None for fewer than two tracks."""
    from bandmate.stages.mix.masking import importance

    session, ids = mixes.was.session, mixes.was.scene.ids
    if len(ids) < 2:
        return None
    return masking_map(mixes, max(ids, key=lambda track_id: importance(session, track_id)), sections=sections)


def mix_state(mix: HeardMix, label: str) -> MixState:
    """The whole mix in numbers."""
    from bandmate.report.mix_data import MixState, StereoSums

    if mix.main is None:
        return MixState(label=label)
    main = mix.main
    sums = StereoSums(
        width_db=main.width_db,
        correlation=main.correlation,
        low_correlation=main.low_correlation,
        mono_loss_db=main.mono_loss_db,
    )
    return MixState(label=label, measured=measured(main), stereo=sums)


def stereo_field(mixes: TwoMixes, ears: Ears, memory: Memory) -> StereoField | None:
    """Width and correlation by band and the stereo pictures; None for a mix without sides in both states."""
    from bandmate.report.master_data import StereoField

    if mixes.was.main is None or mixes.now.main is None:
        return None
    was, now = widths_db(mixes.was), widths_db(mixes.now)
    if not any(db is not None for db in was + now):
        return None
    pictures = [picture_of(mix, ears, memory) for mix in (mixes.was, mixes.now)]
    first, second = ((one.correlation, one.counts) if one else ((), ()) for one in pictures)
    return StereoField(
        band_hz=mixes.was.main.band_hz,
        was_db=was,
        now_db=now,
        correlation_was=first[0],
        correlation_now=second[0],
        density_was=first[1],
        density_now=second[1],
    )


def widths_db(mix: HeardMix) -> tuple[float | None, ...]:
    """Side over mid by band; None where one of them has nothing."""
    import math

    if mix.main is None:
        return ()
    whole = mix.main.power.sum(axis=1, dtype=float)
    side = mix.main.side_power.sum(axis=1, dtype=float)
    found = []
    for both, apart in zip(whole.tolist(), side.tolist(), strict=True):
        mid = both - apart
        is_there = min(apart, mid) > 0 and 10 * math.log10(apart / mid) > NOTHING_DB
        found.append(10 * math.log10(apart / mid) if is_there else None)
    return tuple(found)


def picture_of(mix: HeardMix, ears: Ears, memory: Memory) -> StereoPicture | None:
    """Where the sound lies, remembered by content; None for silence."""
    import msgspec

    from bandmate.render.content import main_content
    from bandmate.sound.stereo_picture import PictureMeter, StereoPicture
    from bandmate.verbs.master_looks import PICTURE_ROOM_DB, SILENT_DBFS

    heard = mix.main
    if heard is None or heard.sample_peak_dbfs < SILENT_DBFS:
        return None
    content = main_content(mix.song)
    known = memory.recall(content, PICTURE, PICTURE_VERSION)
    if known is not None:
        return msgspec.msgpack.decode(known, type=StereoPicture)
    edge_dbfs = heard.sample_peak_dbfs - heard.crest_db + PICTURE_ROOM_DB
    meter = PictureMeter(heard.rate_hz, heard.channels, edge_dbfs=edge_dbfs)
    for block in ears.renderer(mix.song).blocks():
        meter.feed(block)
    found = meter.result()
    memory.remember(content, PICTURE, PICTURE_VERSION, msgspec.msgpack.encode(found))
    return found
