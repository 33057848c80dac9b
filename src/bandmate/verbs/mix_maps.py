"""The masking maps of a mix report: what is lost of a track over time, and by band and moment.

Conventions: both states are cut into the same columns over time, at most ``MOST_COLUMNS`` of equal width. What is lost
is a share of partial loudness (``bandmate.stages.mix.masking``), 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bandmate.stages.words import spoken_name
from bandmate.verbs.mix_heard import HeardMix, TwoMixes

if TYPE_CHECKING:
    from bandmate.report.data import Curve
    from bandmate.report.master_data import SectionRow
    from bandmate.report.mix_data import Grid, MapPart, MaskingMap
    from bandmate.song.findings import Finding

MOST_COLUMNS = 160
MATTERS = 0.08
"""A cell of a map is drawn where the track has this much of the loudness of its loudest cells."""

LEFT_OVER = 0.05
"""Where third tracks leave less than this of a track, it is no use to ask what one of them takes."""


def column_count(seconds: float, hop_seconds: float = 0.1) -> int:
    """How many columns a song is cut into; 0 for no time."""
    return min(MOST_COLUMNS, int(seconds / hop_seconds + 0.5))


def in_columns(values: Any, mixes: TwoMixes, hop_seconds: float) -> Any:
    """Sums of the hops of each column, shape (..., columns); silence after the end of what is shorter."""
    import numpy as np

    columns = column_count(mixes.seconds, hop_seconds)
    hops = max(int(np.ceil(mixes.seconds / hop_seconds)), columns)
    room = max(hops - values.shape[-1], 0)
    padded = np.pad(values[..., :hops], [(0, 0)] * (values.ndim - 1) + [(0, room)])
    starts = np.round(np.linspace(0, hops, columns + 1)[:-1]).astype(int)
    return np.add.reduceat(padded.astype(np.float64), starts, axis=-1) if columns else padded[..., :0]


def hidden_over_time(mix: HeardMix, mixes: TwoMixes, track_id: str) -> Curve:
    """Share of a track's own bands in which it cannot be heard, in each column; None where it rests."""
    from bandmate.stages.mix.audible import audible_cells

    if track_id not in mix.scene.ids:
        return ()
    matters, heard = audible_cells(mix.session.power(track_id), mix.rest(track_id))
    hop_seconds = mix.session.hearing(track_id).hop_seconds
    counts, found = (in_columns(one.sum(axis=0), mixes, hop_seconds) for one in (matters, matters & heard))
    pairs = zip(counts.tolist(), found.tolist(), strict=True)
    return tuple(1.0 - inside / count if count > 0 else None for count, inside in pairs)


def masking_map(
    mixes: TwoMixes, victim: str, masker: str = "", finding: Finding | None = None, sections: Sequence[SectionRow] = ()
) -> MaskingMap | None:
    """What the masker (or all others) takes of a track in both states; None where one of them is not heard."""
    from bandmate.report.mix_data import MaskingMap

    wanted = [one for one in (victim, masker) if one]
    if any(track_id not in mix.scene.ids for mix in (mixes.was, mixes.now) for track_id in wanted):
        return None
    looks = [MapLook(mix, mixes, victim, masker, finding) for mix in (mixes.was, mixes.now)]
    names = {track.id: spoken_name(track) for track in mixes.was.song.tracks}
    centre_hz = mixes.was.scene.centre_hz
    return MaskingMap(
        victim=names[victim],
        masker=names.get(masker, ""),
        band_hz=centre_hz,
        column_seconds=mixes.seconds / max(1, column_count(mixes.seconds)),
        lost_was=looks[0].grid(),
        lost_now=looks[1].grid(),
        low_hz=finding.low_hz if finding else None,
        high_hz=finding.high_hz if finding else None,
        start_seconds=finding.start_seconds if finding else None,
        end_seconds=finding.end_seconds if finding else None,
        share_was=looks[0].share(),
        share_now=looks[1].share(),
        parts=map_parts(looks, sections),
    )


def map_parts(looks: Sequence[MapLook], sections: Sequence[SectionRow]) -> tuple[MapPart, ...]:
    """What is lost in each section, within the range of the finding."""
    from bandmate.report.mix_data import MapPart

    return tuple(
        MapPart(
            name=row.name,
            start_seconds=row.start_seconds,
            end_seconds=row.end_seconds,
            was=looks[0].share((row.start_seconds, row.end_seconds)),
            now=looks[1].share((row.start_seconds, row.end_seconds)),
        )
        for row in sections
    )


class MapLook:
    """One state of a pair: what could be heard of the victim and what is heard of it, by band and hop."""

    def __init__(self, mix: HeardMix, mixes: TwoMixes, victim: str, masker: str, finding: Finding | None) -> None:
        import numpy as np

        from bandmate.sound.partial_loudness import loudness_in_quiet, partial_loudness
        from bandmate.stages.mix.masking import bands_between

        scene = mix.scene
        self._mixes, self._hop_seconds = mixes, scene.hop_seconds
        own, rest = scene.excitations[victim], scene.rest(victim)
        self._sounds = scene.sounds[victim]
        self._counts = scene.together(victim, masker) if masker else self._sounds
        self._quiet = loudness_in_quiet(own, scene.centre_hz)
        others = np.maximum(rest - scene.excitations[masker], 0.0) if masker else None
        self._could = self._quiet if others is None else partial_loudness(own, others, scene.centre_hz)
        self._heard = partial_loudness(own, rest, scene.centre_hz)
        has_range = finding is not None and finding.low_hz is not None and finding.high_hz is not None
        low, high = (finding.low_hz or 0.0, finding.high_hz or 0.0) if finding and has_range else (0.0, np.inf)
        self._bands = bands_between(scene.centre_hz, low, high)
        is_long = finding is not None and finding.end_seconds > finding.start_seconds
        self._stretch = (finding.start_seconds, finding.end_seconds) if finding and is_long else None

    def grid(self) -> Grid:
        """Share that is lost by band and column."""
        import numpy as np

        named = (self._quiet, self._could, self._heard)
        quiet, could, heard = (in_columns(one * self._sounds, self._mixes, self._hop_seconds) for one in named)
        loud = float(np.quantile(quiet, 0.99)) if quiet.size else 0.0
        matters = (quiet > MATTERS * loud) & (could > LEFT_OVER * quiet) & (quiet > 0)
        lost = np.clip(1.0 - heard / np.where(could > 0, could, 1.0), 0.0, 1.0)
        return tuple(
            tuple(round(value, 4) if is_drawn else None for value, is_drawn in zip(row, drawn, strict=True))
            for row, drawn in zip(lost.tolist(), matters.tolist(), strict=True)
        )

    def share(self, stretch: tuple[float, float] | None = None) -> float | None:
        """Share that is lost in a stretch (the finding's by default), within the finding's range."""
        from bandmate.stages.mix.masking import hops_of

        chosen = stretch or self._stretch or (0.0, self._mixes.seconds)
        start, end = hops_of(chosen, self._hop_seconds, self._could.shape[1])
        counts = self._counts[start:end]
        could = float(self._could[self._bands, start:end][:, counts].sum(dtype=float))
        heard = float(self._heard[self._bands, start:end][:, counts].sum(dtype=float))
        return min(1.0, max(0.0, 1.0 - heard / could)) if could > 0 else None
