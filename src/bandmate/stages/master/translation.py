"""Translation: what is left of a record where it is played, system by system, measured on the simulated playback.

Every system of ``bandmate.sound.playback`` plays the record once, all in one pass, and what its speakers give is
measured: loudness, true peak, and the power in six regions of the spectrum. Beside that stands what is true of the
record itself wherever both channels become one: the mono sum and the correlation, whole, below 120 Hz, and by third of
an octave up to 200 Hz. A remark is made only where a limit of ``data/playback.toml`` is passed; a balanced stereo
record gets none.

Conventions: changes are against the record as it is, in dB, at the same setting of the volume. Regions are made of
whole 1/3-octave bands. Silence and what is too short to measure give None. Memory: some hundred numbers per second.

Not covered: what a listener makes of it, rooms, masking band by band: the noise of the car is compared in loudness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bandmate.sound.audio import Samples
from bandmate.sound.band_pair import BandPair, PairMeter
from bandmate.sound.filters import low_pass_sections
from bandmate.sound.loudness import ABSOLUTE_GATE_LUFS, Loudness, LoudnessMeter
from bandmate.sound.playback import Playback, PlaybackSystem, playback_systems
from bandmate.sound.spectrum import BandLevels, SpectrumMeter
from bandmate.sound.stereo import ratio_db
from bandmate.sound.truepeak import TruePeakMeter
from bandmate.stages.hearing import peeked
from bandmate.stages.master.translated import Drowned, LowBand, MonoSum, RegionChange, TranslationRow
from bandmate.stages.master.translation_words import remarks_on, sentence_on

Tape = Callable[[], Iterable[Samples]]
"""Gives the blocks of a signal from its beginning, shape (channels, frames), each time it is called."""

Reals = npt.NDArray[np.float64]

REGIONS = (
    ("sub", 20.0, 50.0),
    ("bass", 63.0, 200.0),
    ("low mids", 250.0, 400.0),
    ("mids", 500.0, 1_600.0),
    ("presence", 2_000.0, 5_000.0),
    ("air", 6_300.0, 20_000.0),
)
"""Name, and centres of the lowest and the highest 1/3-octave band in it."""

VOICE_HZ = (315.0, 3_150.0)
LOW_HZ = 120.0
LOW_SLOPE_ORDER = 4
LOW_BANDS_HZ = (31.5, 200.0)
LOW_BAND_HEARD_DB = 20.0
"""A band so far under the strongest of the low ones has no phase to speak of: its neighbours leak into it."""

WORST_SECONDS = 3.0
HOP_MS = 1_000
"""Long windows: low bands are told apart, and little is kept."""

STEP_SECONDS = 0.1
SPREAD_QUANTILES = (0.1, 0.95)
SAME_HZ = 1.03
"""Band centres are named by rounded figures."""


def translate(tape: Tape, rate_hz: int, systems: Sequence[PlaybackSystem] | None = None) -> tuple[TranslationRow, ...]:
    """Play a record on every system and say what is left of it; one row for each system, in the order of the table.

    Parameters
    ----------
    tape : callable
        gives the blocks, shape (1 or 2, frames); it is called once. Mono plays on both sides. No block at all is
        silence of no length.
    rate_hz : int
    systems : sequence of PlaybackSystem, optional
        only these.

    Returns
    -------
    tuple of TranslationRow
        silence and less than 400 ms have no loudness, no change and no remark.

    Raises
    ------
    RequestError
        for more than two channels, or naming the first NaN or infinite frame.
    """
    first, blocks = peeked(tape())
    channels = first.shape[0]
    wanted = tuple(playback_systems().values()) if systems is None else tuple(systems)
    itself = Ear(rate_hz, channels)
    whole = PairMeter(rate_hz, channels)
    low = PairMeter(rate_hz, channels, low_pass_sections(LOW_HZ, rate_hz, order=LOW_SLOPE_ORDER))
    listeners = [(Playback(system, rate_hz=rate_hz, channels=channels), Ear(rate_hz, 2)) for system in wanted]
    for block in blocks:
        for meter in (itself, whole, low):
            meter.feed(block)
        for playback, ear in listeners:
            ear.feed(playback.play(block))
    record = itself.result()
    mono = mono_sum(whole.result(), low.result(), record.bands)
    rows = []
    for playback, ear in listeners:
        ear.feed(playback.finish())
        rows.append(row_of(playback.system, record, ear.result(), mono))
    return tuple(rows)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What comes out of one pair of speakers. ``power`` is by 1/3-octave band, mean of both channels."""

    loudness: Loudness
    true_peak_dbtp: float
    bands: BandLevels
    power: Reals


class Ear:
    """The meters that listen to one pair of speakers, or to the record itself; mono counts as a pair of equals."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._channels = channels
        self._loudness, self._peak = LoudnessMeter(rate_hz, 2), TruePeakMeter(rate_hz, channels)
        self._spectrum = SpectrumMeter(rate_hz, channels, hop_ms=HOP_MS)

    def feed(self, block: Samples) -> None:
        """Take the next block, shape (channels, frames)."""
        self._peak.feed(block)
        self._spectrum.feed(block)
        self._loudness.feed(np.repeat(block, 2, axis=0) if self._channels == 1 else block)

    def result(self) -> Heard:
        """What was heard."""
        bands = self._spectrum.result().third_octaves
        peak = self._peak.result().dbtp
        return Heard(self._loudness.result(), peak, bands, 10 ** (bands.total_db / 10))


def row_of(system: PlaybackSystem, record: Heard, played: Heard, mono: MonoSum) -> TranslationRow:
    """One row of the table, with what is to be said."""
    before, after = record.loudness.integrated_lufs, played.loudness.integrated_lufs
    regions = region_changes(record, played)
    row = TranslationRow(
        system=system.id,
        name=system.name,
        about=system.about,
        home_made=system.home_made,
        loudness_lufs=after,
        loudness_change_lu=None if before is None or after is None else after - before,
        true_peak_dbtp=played.true_peak_dbtp,
        regions=regions,
        voice_change_db=voice_change_db(record, played),
        presence_over_mids_db=presence_over_mids_db(regions),
        mono=mono if system.speakers == 1 or system.mono_below_hz else None,
        drowned=None if system.noise_below_lu is None else drowned(played.loudness, system.noise_below_lu),
        sentence="",
        remarks=(),
    )
    return replace(row, sentence=sentence_on(row), remarks=remarks_on(row))


def between(bands: BandLevels, low_hz: float, high_hz: float) -> npt.NDArray[np.bool_]:
    """Which bands are centred from one to the other, both included."""
    centres = bands.bands.centre_hz
    return (centres > low_hz / SAME_HZ) & (centres < high_hz * SAME_HZ)


def region_changes(record: Heard, played: Heard) -> tuple[RegionChange, ...]:
    """Every region before and after; regions that the rate does not carry are left out."""
    totals = [max(float(heard.power.sum()), np.finfo(float).tiny) for heard in (record, played)]
    found = []
    for name, low_hz, high_hz in REGIONS:
        inside = between(record.bands, low_hz, high_hz)
        if not inside.any():
            continue
        before, after = (float(heard.power[inside].sum()) for heard in (record, played))
        found.append(
            RegionChange(
                region=name,
                low_hz=float(record.bands.bands.low_hz[inside][0]),
                high_hz=float(record.bands.bands.high_hz[inside][-1]),
                share_before=before / totals[0],
                share_after=after / totals[1],
                change_db=ratio_db(after, before) if before > 0 else None,
            )
        )
    return tuple(found)


def voice_change_db(record: Heard, played: Heard) -> float | None:
    """How far the region of the voice comes forward against the rest (+) or goes back (-)."""
    ratios = []
    for heard in (record, played):
        inside = between(heard.bands, *VOICE_HZ)
        voice, rest = float(heard.power[inside].sum()), float(heard.power[~inside].sum())
        if min(voice, rest) <= 0:
            return None
        ratios.append(ratio_db(voice, rest))
    return ratios[1] - ratios[0]


def presence_over_mids_db(regions: Sequence[RegionChange]) -> float | None:
    """Power of the presence over that of the mids, as played; None when one of them is missing."""
    after = {part.region: part.share_after for part in regions}
    presence, mids = after.get("presence", 0.0), after.get("mids", 0.0)
    return ratio_db(presence, mids) if min(presence, mids) > 0 else None


def mono_sum(whole: BandPair, low: BandPair, bands: BandLevels) -> MonoSum:
    """What becomes of the record in mono, from its sums and its spectrum."""
    has_low = low.energy > 0 and ratio_db(low.energy, whole.energy) > -60.0
    worst = low.worst(WORST_SECONDS) if has_low else None
    return MonoSum(
        loss_db=whole.mono_loss_db,
        low_loss_db=low.mono_loss_db if has_low else None,
        correlation=whole.correlation,
        low_correlation=low.correlation if has_low else None,
        worst_low_correlation=worst[1] if worst else None,
        worst_low_at_seconds=worst[0] if worst else None,
        by_region=tuple(region_losses(bands)),
        low_bands=tuple(low_bands(bands)),
    )


def region_losses(bands: BandLevels) -> Iterator[float | None]:
    """What the mono sum loses in every region that the rate carries."""
    mid, side = 10 ** (bands.mid_db / 10), 10 ** (bands.side_db / 10)
    for _, low_hz, high_hz in REGIONS:
        inside = between(bands, low_hz, high_hz)
        if inside.any():
            kept, lost = float(mid[inside].sum()), float(side[inside].sum())
            yield min(ratio_db(kept + lost, kept), 60.0) if kept + lost > 0 else None


def low_bands(bands: BandLevels) -> Iterator[LowBand]:
    """How far the channels agree in every low band that is heard."""
    inside = between(bands, *LOW_BANDS_HZ)
    level = bands.total_db[inside]
    for centre, mid_db, side_db, total_db in zip(
        bands.bands.centre_hz[inside], bands.mid_db[inside], bands.side_db[inside], level, strict=True
    ):
        if np.isfinite(total_db) and total_db > level.max() - LOW_BAND_HEARD_DB:
            mid, side = 10 ** (mid_db / 10), 10 ** (side_db / 10)
            yield LowBand(float(centre), float((mid - side) / (mid + side)))


def drowned(played: Loudness, noise_below_lu: float) -> Drowned | None:
    """What the noise covers; None for silence and for less than three seconds."""
    integrated, short_term = played.integrated_lufs, played.short_term_lufs
    sounding = short_term > ABSOLUTE_GATE_LUFS
    if integrated is None or not sounding.any():
        return None
    noise = integrated - noise_below_lu
    covered = sounding & (short_term < noise)
    start, length = longest_run(covered)
    return Drowned(
        noise_lufs=noise,
        share=float(covered.sum() / sounding.sum()),
        seconds=float(covered.sum()) * STEP_SECONDS,
        longest_seconds=length * STEP_SECONDS,
        longest_at_seconds=start * STEP_SECONDS if length else None,
        spread_lu=spread_lu(short_term[sounding]),
        spread_left_lu=spread_lu(10 * np.log10(10 ** (short_term[sounding] / 10) + 10 ** (noise / 10))),
    )


def spread_lu(lufs: Reals) -> float:
    """From the quiet moments to the loud ones."""
    quiet, loud = np.quantile(lufs, SPREAD_QUANTILES)
    return float(loud - quiet)


def longest_run(flags: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest run of true begins, and how long it is; 0 and 0 where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    if not len(starts):
        return 0, 0
    longest = int(lengths.argmax())
    return int(starts[longest]), int(lengths[longest])
