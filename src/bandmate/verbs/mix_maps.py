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
MATTERS = 0.4
"""A cell matters where the track has this much of the loudness of its loudest cells: as much as 20 dB less power."""

LOUDEST = 0.99
"""What counts as the loudest cells, as a quantile."""

ROOM_BANDS = 2

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
    grids = [look.grid() for look in looks]
    bands = drawn_bands(grids, looks[0].bands if finding else None)
    names = {track.id: spoken_name(track) for track in mixes.was.song.tracks}
    return MaskingMap(
        victim=names[victim],
        masker=names.get(masker, ""),
        band_hz=mixes.was.scene.centre_hz[bands],
        column_seconds=mixes.seconds / max(1, column_count(mixes.seconds)),
        lost_was=rows_of(grids[0][bands]),
        lost_now=rows_of(grids[1][bands]),
        low_hz=finding.low_hz if finding else None,
        high_hz=finding.high_hz if finding else None,
        start_seconds=finding.start_seconds if finding else None,
        end_seconds=finding.end_seconds if finding else None,
        share_was=looks[0].share(),
        share_now=looks[1].share(),
        parts=map_parts(looks, sections),
    )


def drawn_bands(grids: Sequence[Any], named: slice | None) -> slice:
    """The bands in which anything is drawn, and those that the finding names, with a little room around them."""
    import numpy as np

    shown = [np.flatnonzero(np.isfinite(grid).any(axis=1)) for grid in grids]
    edges = [int(edge) for found in shown if found.size for edge in (found[0], found[-1])]
    edges += [named.start, named.stop - 1] if named and named.stop > named.start else []
    count = grids[0].shape[0]
    if not edges:
        return slice(0, count)
    return slice(max(0, min(edges) - ROOM_BANDS), min(count, max(edges) + 1 + ROOM_BANDS))


def rows_of(grid: Any) -> Grid:
    """A grid as plain values; None for NaN."""
    return tuple(tuple(None if share != share else round(share, 4) for share in row) for row in grid.tolist())


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
        self.bands = bands_between(scene.centre_hz, low, high)
        self._has_range = has_range
        loud = float(np.quantile(self._quiet[:, self._sounds], LOUDEST)) if self._sounds.any() else 0.0
        self._matters = (self._quiet > MATTERS * loud) & self._sounds
        is_long = finding is not None and finding.end_seconds > finding.start_seconds
        self._stretch = (finding.start_seconds, finding.end_seconds) if finding and is_long else None

    def grid(self) -> Any:
        """Share that is lost by band and column; NaN where nothing matters or third tracks leave nothing to take."""
        import numpy as np

        named = (self._quiet, self._could, self._heard)
        quiet, could, heard = (in_columns(one * self._matters, self._mixes, self._hop_seconds) for one in named)
        is_drawn = (quiet > 0) & (could > LEFT_OVER * quiet)
        lost = np.clip(1.0 - heard / np.where(could > 0, could, 1.0), 0.0, 1.0)
        return np.where(is_drawn, lost, np.nan)

    def share(self, stretch: tuple[float, float] | None = None) -> float | None:
        """Share that is lost in a stretch (the finding's by default): of all within the finding's range, as the finding
        counts it; without one, of what matters."""
        from bandmate.stages.mix.masking import hops_of

        chosen = stretch or self._stretch or (0.0, self._mixes.seconds)
        start, end = hops_of(chosen, self._hop_seconds, self._could.shape[1])
        cells = self._matters[:, start:end] & self._counts[start:end]
        if self._has_range:
            cells[:] = self._counts[start:end]
            cells[: self.bands.start] = cells[self.bands.stop :] = False
        could = float(self._could[:, start:end][cells].sum(dtype=float))
        heard = float(self._heard[:, start:end][cells].sum(dtype=float))
        return min(1.0, max(0.0, 1.0 - heard / could)) if could > 0 else None
