"""Codec preview: what MP3, AAC, Vorbis and Opus make of a master, measured before anybody hears it.

The file is sent through every codec and back in one pass, in bounded memory. Of each is told how high the true peak
comes, what becomes of the loudness, how much noise is added in which band, and how low the ceiling of the master would
have to be so that what is decoded stays where it should.

Conventions: the peaks and the loudness of the original are those of the file as it is; where a codec needs another
rate, what resampling changes is in the figures. "The" true peak, of which headroom and ceiling are computed, is the one
at 16x. FFmpeg's AAC encoder is not Apple's nor Fraunhofer's: exact for this encoder, indicative of a service.

Not covered: what a service does with the level (`bandmate.stages.master.services`); whether anybody hears the noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.formats.codec_round_trip import CodecSetting, codec_setting
from bandmate.song.errors import OutOfRange, RequestError
from bandmate.verbs.codec_meters import CodecMeters, Level, Source, measured
from bandmate.verbs.progress import Progress, part, silent

if TYPE_CHECKING:
    from bandmate.stages.master.delivery import DeliveryProfile
    from bandmate.verbs.codec_listening import HeardFiles

USUAL_CODECS = ("aac:128", "aac:256", "mp3:320", "vorbis:160", "opus:128")
"""One of each kind, and the lower rate of the codec that lifts peaks most."""

WANTED_RANGE_DBTP = (-6.0, 3.0)
SPARE_DB = 0.1
"""On top of a margin, because the next master is lifted a little differently."""

INDICATIVE = "FFmpeg's AAC encoder is neither Apple's nor Fraunhofer's: its figures are indicative of a service"


@dataclass(frozen=True, slots=True)
class NoiseBand:
    """A 1/3-octave band: the original's level, and the noise against it; None where the original has nothing."""

    centre_hz: float
    signal_db: float
    noise_to_signal_db: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedMaster:
    """What one codec makes of the file.

    Attributes
    ----------
    codec, kbps, rate_hz
        ``rate_hz`` is that of what is decoded.
    services : tuple of str
        the ids of the delivery profiles that stream it, of those asked for.
    level : Level
        of what is decoded.
    loudness_change_lu, peak_change_db : float or None
        decoded less original; None for silence.
    headroom_db : float
        from the decoded true peak up to 0 dBTP; negative where it clips, inf for digital silence.
    needed_ceiling_dbtp : float or None
        the true peak that the master may have so that the decoded one is not above the one wanted, if the codec lifts
        it by as much again; None for silence. Preview again after changing it.
    over_samples : int
        decoded samples beyond full scale, over all channels.
    noise_to_signal_db : float or None
        all noise against all of the signal; None for silence.
    noise : tuple of NoiseBand
    nmr_mean_db, nmr_p95_db : float or None
    nmr_over_share : float
        noise-to-mask ratio, a figure for ranking: see `bandmate.sound.added_noise`.
    difference_lufs : float or None
        loudness of decoded less original; None where that is silent.
    verdict : str
        ``fine``; ``too high`` (above what was wanted); ``clips`` (above 0 dBTP); ``silent``.
    files : HeardFiles or None
    """

    codec: str
    kbps: int
    rate_hz: int
    services: tuple[str, ...]
    level: Level
    loudness_change_lu: float | None
    peak_change_db: float | None
    headroom_db: float
    needed_ceiling_dbtp: float | None
    over_samples: int
    noise_to_signal_db: float | None
    noise: tuple[NoiseBand, ...]
    nmr_mean_db: float | None
    nmr_p95_db: float | None
    nmr_over_share: float
    difference_lufs: float | None
    verdict: str
    files: HeardFiles | None = None

    @property
    def label(self) -> str:
        """Such as ``aac 128``."""
        return f"{self.codec} {self.kbps}"


@dataclass(frozen=True, slots=True)
class CodecPreview:
    """What several codecs make of one file; ``needed_ceiling_dbtp`` is the lowest that one of them needs."""

    path: Path
    rate_hz: int
    channels: int
    seconds: float
    level: Level
    wanted_dbtp: float
    codecs: tuple[CodedMaster, ...]
    needed_ceiling_dbtp: float | None
    remarks: tuple[str, ...]

    @property
    def decoded_dbtp(self) -> dict[str, float]:
        """True peak after each codec by its label, as `bandmate.stages.master.services` wants it.

        Of one codec at two sample rates, the higher.
        """
        lowest_first = sorted(self.codecs, key=lambda coded: coded.level.true_peak_16x_dbtp)
        return {coded.label: coded.level.true_peak_16x_dbtp for coded in lowest_first}


def preview_codecs(
    path: Path | str,
    *,
    profiles: Iterable[str | DeliveryProfile] = (),
    codecs: Iterable[str | CodecSetting] = (),
    folder: Path | str | None = None,
    wanted_dbtp: float = 0.0,
    difference_gain_db: float = 0.0,
    progress: Progress = silent,
) -> CodecPreview:
    """Send a file through codecs and back, and measure what comes out; with ``folder``, write it to be heard.

    Parameters
    ----------
    path : Path or str
        any sound file that Bandmate reads, mono or stereo.
    profiles : iterable of str or DeliveryProfile
        all lossy codecs of these destinations.
    codecs : iterable of str or CodecSetting
        such as ``aac:128``. Without codecs and profiles, ``USUAL_CODECS``.
    folder : Path or str, optional
        where decoded files, pairs at one loudness and differences go; see `bandmate.verbs.codec_listening`.
    wanted_dbtp : float
        the decoded true peak that is still fine, -6 to 3.
    difference_gain_db : float
        how much louder the difference is written than it is; -60 to 60.

    Raises
    ------
    MediaError
        if the file cannot be read, or is neither mono nor stereo.
    UnknownName, OutOfRange
        for an unknown profile or codec, an impossible bit rate or level.
    RequestError
        if none of the profiles streams anything lossy.
    ProjectError
        if the folder cannot be written to.
    """
    from bandmate.formats.audio_files import check_mixable, probe
    from bandmate.verbs.codec_listening import check_gain, make_folder, with_files
    from bandmate.verbs.readiness import make_ready

    low, high = WANTED_RANGE_DBTP
    if not low <= wanted_dbtp <= high:
        raise OutOfRange(f"a decoded peak of {wanted_dbtp:g} dBTP cannot be asked for; take {low:g} to {high:g}")
    check_gain(difference_gain_db)
    asked = wanted_codecs(profiles, codecs)
    path = Path(path)
    facts = probe(path)
    check_mixable(facts, path.name)
    services = at_their_rates(asked, facts.rate_hz)
    if folder is not None:
        make_folder(Path(folder))
    make_ready(progress)
    source = Source(path, facts.rate_hz, facts.channels, facts.frames)
    measuring = part(progress, 0.0, 1.0 if folder is None else 0.5)
    level, meters = measured(source, services, measuring)
    made = tuple(coded_master(meter, level, services[meter.setting], wanted_dbtp) for meter in meters)
    if folder is not None:
        made = with_files(source, level, made, Path(folder), difference_gain_db, part(progress, 0.5, 1.0))
    ceilings = [coded.needed_ceiling_dbtp for coded in made if coded.needed_ceiling_dbtp is not None]
    return CodecPreview(
        path,
        rate_hz=facts.rate_hz,
        channels=facts.channels,
        seconds=facts.seconds,
        level=level,
        wanted_dbtp=wanted_dbtp,
        codecs=made,
        needed_ceiling_dbtp=min(ceilings, default=None),
        remarks=remarks_on(level, made),
    )


def margin_for(previews: CodecPreview | Iterable[CodecPreview], wanted_dbtp: float = 0.0) -> float:
    """By how many dB to lower the ceiling of these masters so that nothing decodes above ``wanted_dbtp``.

    0 where nothing does, and for silence; else what the highest is above it and `SPARE_DB` more. A codec does not lift
    every version of a master by as much: lower the ceiling, master again, and preview again.
    """
    excess_db = excess_over(previews, wanted_dbtp)
    return excess_db + SPARE_DB if excess_db > 0.0 else 0.0


def excess_over(previews: CodecPreview | Iterable[CodecPreview], wanted_dbtp: float = 0.0) -> float:
    """How far the highest decoded true peak is above ``wanted_dbtp``; 0 where it is not."""
    several = (previews,) if isinstance(previews, CodecPreview) else tuple(previews)
    peaks = [coded.level.true_peak_16x_dbtp for preview in several for coded in preview.codecs]
    return max(0.0, max(peaks, default=float("-inf")) - wanted_dbtp)


def wanted_codecs(
    profiles: Iterable[str | DeliveryProfile], codecs: Iterable[str | CodecSetting]
) -> dict[CodecSetting, tuple[str, ...]]:
    """Every codec that is asked for, once, with the ids of the services that stream it."""
    from bandmate.stages.master.delivery import delivery_profile

    found: dict[CodecSetting, tuple[str, ...]] = {}
    for codec in codecs:
        found.setdefault(codec if isinstance(codec, CodecSetting) else codec_setting(codec), ())
    places = [place if not isinstance(place, str) else delivery_profile(place) for place in profiles]
    for place in places:
        for one in place.lossy_codecs:
            setting = CodecSetting(one.codec, one.kbps or 0, one.rate_hz)  # type: ignore[arg-type]
            found[setting] = (*found.get(setting, ()), place.id)
    if places and not found:
        names = ", ".join(place.name for place in places)
        raise RequestError(f"{names} streams nothing lossy, so there is no codec to preview; name one, such as aac:128")
    return found or {codec_setting(codec): () for codec in USUAL_CODECS}


def at_their_rates(asked: dict[CodecSetting, tuple[str, ...]], rate_hz: int) -> dict[CodecSetting, tuple[str, ...]]:
    """The same for a file of this rate; what then is the same codec at the same rate is there once."""
    found: dict[CodecSetting, tuple[str, ...]] = {}
    for setting, services in asked.items():
        at_rate = replace(setting, rate_hz=setting.coded_rate_hz(rate_hz))
        found[at_rate] = tuple(dict.fromkeys((*found.get(at_rate, ()), *services)))
    return found


def coded_master(meter: CodecMeters, original: Level, services: tuple[str, ...], wanted_dbtp: float) -> CodedMaster:
    """The figures of one codec."""
    level, noise = meter.level.result(), meter.noise.result()
    change_lu = None
    if level.integrated_lufs is not None and original.integrated_lufs is not None:
        change_lu = level.integrated_lufs - original.integrated_lufs
    is_silent = original.is_silent or level.is_silent
    change_db = None if is_silent else level.true_peak_16x_dbtp - original.true_peak_16x_dbtp
    bands = zip(noise.bands.centre_hz, noise.signal_db, noise.noise_to_signal_db, strict=True)
    return CodedMaster(
        codec=meter.setting.codec,
        kbps=meter.setting.kbps,
        rate_hz=meter.trip.rate_hz,
        services=services,
        level=level,
        loudness_change_lu=change_lu,
        peak_change_db=change_db,
        headroom_db=-level.true_peak_16x_dbtp,
        needed_ceiling_dbtp=None if change_db is None else wanted_dbtp - max(0.0, change_db),
        over_samples=meter.over_samples,
        noise_to_signal_db=noise.total_noise_to_signal_db,
        noise=tuple(NoiseBand(float(hz), float(db), float(rel) if rel == rel else None) for hz, db, rel in bands),
        nmr_mean_db=noise.nmr_mean_db,
        nmr_p95_db=noise.nmr_p95_db,
        nmr_over_share=noise.nmr_over_share,
        difference_lufs=meter.difference.result().integrated_lufs,
        verdict="silent" if original.is_silent else verdict_on(level.true_peak_16x_dbtp, wanted_dbtp),
    )


def verdict_on(decoded_dbtp: float, wanted_dbtp: float) -> str:
    """One word for a decoded peak."""
    if decoded_dbtp > max(0.0, wanted_dbtp):
        return "clips"
    return "too high" if decoded_dbtp > wanted_dbtp else "fine"


def remarks_on(original: Level, made: Sequence[CodedMaster]) -> tuple[str, ...]:
    """What the figures do not say by themselves."""
    remarks = []
    if original.is_silent:
        remarks.append("the file is silent: there is nothing to measure")
    elif original.integrated_lufs is None:
        remarks.append("no loudness: the file is shorter than 400 ms, or nothing in it is above -70 LUFS")
    if any(coded.codec == "aac" for coded in made):
        remarks.append(INDICATIVE)
    for coded in made:
        if coded.files is not None and coded.files.remark:
            remarks.append(f"{coded.label}: {coded.files.remark}")
    return tuple(remarks)
