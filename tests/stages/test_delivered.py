"""What is wrong with files as they are delivered is found, mended where a desk can, and clean files are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from scipy.signal import fftconvolve

from bandmate.song.findings import Finding
from bandmate.stages.mix.checks import remarks_on
from bandmate.stages.mix.delivered import delivery_findings
from bandmate.stages.mix.delivered_duplicates import find_duplicates
from bandmate.stages.mix.delivered_family import CLIPPING, DC, DUPLICATES, OFFSETS, SILENT
from bandmate.stages.mix.delivered_names import are_named_sides, are_named_takes, is_named_copy, side_of, words_of
from bandmate.stages.mix.groups import groups
from tests.stages.sessions import first_trial, heard
from tests.stages.stems import RATE_HZ, Reals, hits, noise, stems
from tests.stages.test_mix import assert_reason_rests_on_evidence


def kinds(findings: tuple[Finding, ...] | list[Finding]) -> list[tuple[str, ...]]:
    return [(finding.kind, *finding.tracks) for finding in findings]


def band() -> dict[str, Reals]:
    return {name: samples[: 8 * RATE_HZ] for name, samples in stems().items()}


def test_clean_files_get_no_finding() -> None:
    assert delivery_findings(heard(band())) == ()
    assert delivery_findings(heard({})) == ()


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_any_rate_is_answered(rate_hz: int) -> None:
    rng = np.random.default_rng(3)
    recordings = {name: 0.1 * rng.standard_normal(rate_hz) for name in ("Бас", "Kick", "Вокал")}
    assert delivery_findings(heard(recordings, rate_hz=rate_hz)) == ()


def test_files_of_different_rates_are_compared_in_the_song() -> None:
    rng = np.random.default_rng(5)
    drum = 0.2 * rng.standard_normal(4 * 22_050) * np.exp(-(np.arange(4 * 22_050) / 22_050 % 0.4) / 0.05)
    recordings = {"Барабан": drum, "Барабан копия": 0.5 * np.repeat(drum, 2), "Бас": stems()["Bass"][: 4 * RATE_HZ]}
    session = heard(recordings, rates_hz={"Барабан": 22_050})
    assert [finding.kind for finding in delivery_findings(session)] in ([], ["duplicate"])


def test_silence_and_a_whisper_are_said_and_left_alone() -> None:
    recordings = {**band(), "Вокал": np.zeros(RATE_HZ), "Pad 2": np.full(RATE_HZ, 1e-6)}
    session = heard(recordings)
    found = list(SILENT.find(session))
    assert [finding.tracks for finding in found] == [("вокал",), ("pad-2",)] or len(found) == 2
    assert found[0].sentence == "Вокал: silent; left alone" and "too quiet" in found[1].sentence
    assert SILENT.gauge(session, found[0]) == 100.0
    assert remarks_on(session.song, session.song.tracks[7], session.hearing(found[0].tracks[0])) == (found[0].sentence,)


def test_a_constant_offset_is_filtered_away() -> None:
    recordings = band()
    recordings["Guitar"] = recordings["Guitar"] - 0.03
    session = heard(recordings)
    (finding,) = DC.find(session)
    assert finding.sentence == "Guitar: a constant offset (DC) of -0.030 of full scale"
    trial = first_trial(session, DC, finding)
    (move,) = trial.moves
    assert move.evidence[0].after < 1e-3 and list(DC.find(trial.session)) == []
    assert_reason_rests_on_evidence(move)
    before, after = session.hearing("guitar"), trial.session.hearing("guitar")
    assert after.active_lufs == pytest.approx(before.active_lufs, abs=0.1)


def test_clipping_is_found_at_full_scale_and_after_it_was_turned_down() -> None:
    loud = np.clip(16.0 * band()["Guitar"], -1.0, 1.0)
    (hard,) = CLIPPING.find(heard({**band(), "Guitar": loud}))
    assert "the recording clips" in hard.sentence and hard.confidence > 0.9
    session = heard({**band(), "Guitar": 0.35 * loud})
    (soft,) = CLIPPING.find(session)
    assert "clipped and turned down afterwards" in soft.sentence and "break off at -9.1 dBFS" in soft.sentence
    assert CLIPPING.gauge(session, soft) == soft.evidence[0].before
    assert CLIPPING.answers(session, soft) == ()


def test_clipped_noise_whose_tops_are_steep_is_found() -> None:
    at = np.arange(8 * RATE_HZ)
    hiss = 0.2 * np.random.default_rng(8).standard_normal(len(at)) * (at % RATE_HZ < 6_000) * (0.3 + at / len(at))
    hiss[1:] += 0.9 * hiss[:-1]
    ceiling = 0.55 * np.abs(hiss).max()
    (found,) = CLIPPING.find(heard({**band(), "Shaker": 0.5 * np.clip(hiss, -ceiling, ceiling)}))
    assert "turned down afterwards" in found.sentence
    assert list(CLIPPING.find(heard({**band(), "Shaker": 0.5 * hiss}))) == []


def test_squares_and_music_that_was_limited_are_not_called_clipped() -> None:
    square = 0.3 * np.sign(np.sin(2 * np.pi * 220 * np.arange(4 * RATE_HZ) / RATE_HZ) + 1e-9)
    rounded = 0.4 * np.tanh(6.0 * band()["Lead Vox"])
    assert list(CLIPPING.find(heard({**band(), "Chip Lead": square, "Lead Vox": rounded}))) == []


@pytest.mark.parametrize(("gain", "name"), [(1.0, "Guitar copy"), (0.84, "Audio 09"), (0.5, "Гитара копия")])
def test_a_duplicate_is_found_and_muted(gain: float, name: str) -> None:
    session = heard({**band(), name: gain * band()["Guitar"]})
    (found,) = find_duplicates(session)
    assert (found.track.name, found.original.name) == (name, "Guitar")
    assert found.is_exact is (gain == 1.0)
    (finding,) = DUPLICATES.find(session)
    (move,) = first_trial(session, DUPLICATES, finding).moves
    assert move.address == f"tracks/{found.track.id}/mute" and move.after is True
    assert_reason_rests_on_evidence(replace(move, because=move.because.replace(name, "")))


def test_a_copy_that_is_turned_over_or_late_is_one_finding() -> None:
    snare = band()["Snare"]
    for copy in (-0.7 * snare, 0.7 * np.roll(snare, 300)):
        found = delivery_findings(heard({**band(), "Audio 09": copy}))
        assert kinds(found) == [("duplicate", "audio-09", "snare")]


def test_microphones_sides_and_other_takes_are_no_duplicates() -> None:
    snare = band()["Snare"]
    tail = noise(51, 100, 9000)[: len(snare)]
    assert find_duplicates(heard({"Snare Top": snare, "Snare Bottom": 0.8 * snare + 0.002 * tail})) == ()
    assert find_duplicates(heard({"Pad": snare, "Pad 2": snare}, pans={"Pad": -1.0, "Pad 2": 1.0})) == ()
    again = noise(52, 180, 8000)[: len(snare)] * hits(1.0, 0.12, 0.5)[: len(snare)]
    assert find_duplicates(heard({"Snare": 0.3 * again, "Snare 2": snare})) == ()


def test_of_three_copies_the_loudest_stays() -> None:
    keys = band()["Keys"]
    found = find_duplicates(heard({"Keys A": 0.5 * keys, "Keys B": keys, "Keys C": 0.7 * keys}))
    assert {one.track.name for one in found} == {"Keys A", "Keys C"}


def played(seed: int, low_hz: float, seconds: float = 12.0) -> Reals:
    """An instrument that plays the rhythm that all others play, at its own pitch."""
    rhythm = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0, 1])
    own = np.random.default_rng(seed).random(len(rhythm)) < 0.8
    strokes = np.zeros(round(12.0 * RATE_HZ))
    strokes[(np.flatnonzero(rhythm & own) * 0.43 * RATE_HZ + 0.5 * RATE_HZ).astype(int)] = 1.0
    decay = np.exp(-np.arange(RATE_HZ // 3) / (0.05 * RATE_HZ))
    envelope = fftconvolve(strokes, decay)[: len(strokes)]
    return (0.2 * noise(200 + seed, low_hz, 3 * low_hz) * envelope)[: round(seconds * RATE_HZ)]


def ensemble() -> dict[str, Reals]:
    return {f"Audio {i:02d}": played(i, 90.0 * 2.1**i) for i in range(1, 6)}


def test_a_file_with_silence_before_it_is_cut_to_its_place() -> None:
    recordings = ensemble()
    late = round(0.73 * RATE_HZ)
    recordings["Audio 03"] = np.pad(recordings["Audio 03"], (late, 0))
    session = heard(recordings)
    (finding,) = OFFSETS.find(session)
    assert finding.tracks == ("audio-03",) and "0.730 s later than it should be" in finding.sentence
    trial = first_trial(session, OFFSETS, finding)
    clip = trial.session.song.track("audio-03").clips[0]
    assert (clip.source_start_frame, clip.source_frames) == (late, 12 * RATE_HZ)
    assert_reason_rests_on_evidence(replace(trial.moves[0], because=trial.moves[0].because.replace("Audio 03", "")))
    assert list(OFFSETS.find(trial.session)) == []


def test_a_file_that_was_cut_at_its_first_bar_is_moved_to_its_place() -> None:
    recordings = ensemble()
    early = round(2.22 * RATE_HZ)
    sounding = np.flatnonzero(np.abs(recordings["Audio 04"]) > 1e-3)
    early = int(sounding[sounding > early][0])
    recordings["Audio 04"] = recordings["Audio 04"][early:]
    session = heard(recordings)
    (finding,) = OFFSETS.find(session)
    trial = first_trial(session, OFFSETS, finding)
    assert trial.moves[0].address == "tracks/audio-04/clips/clip-1/start_seconds"
    assert trial.moves[0].after == pytest.approx(early / RATE_HZ, abs=1e-3)


def test_a_twin_tells_the_place_to_the_frame() -> None:
    recordings = ensemble()
    recordings["Audio 06"] = np.pad(0.7 * recordings["Audio 02"], (20_001, 0))[: 12 * RATE_HZ + 19_000]
    (finding,) = OFFSETS.find(heard(recordings))
    assert finding.tracks == ("audio-06", "audio-02") and finding.confidence > 0.9
    assert finding.evidence[1].before == pytest.approx(20_001 / RATE_HZ, abs=1e-6)


def test_files_of_any_lengths_and_a_song_that_begins_at_once_are_left_alone() -> None:
    recordings = {name: samples[: (5 + i) * RATE_HZ] for i, (name, samples) in enumerate(ensemble().items())}
    assert list(OFFSETS.find(heard(recordings))) == []
    at_once = {name: samples[round(0.5 * RATE_HZ) :] for name, samples in ensemble().items()}
    at_once["Audio 01"] = at_once["Audio 01"][: 6 * RATE_HZ]
    assert list(OFFSETS.find(heard(at_once))) == []


def test_groups_are_sections_pairs_microphones_and_takes() -> None:
    made = band()
    double = (
        made["Guitar"] * 0.7 + 0.6 * noise(61, 200, 3000)[: len(made["Guitar"])] * hits(0.25, 0.3)[: 8 * RATE_HZ] * 0.2
    )
    recordings = {
        "Kick": made["Kick"],
        "Snare Top": made["Snare"],
        "Snare Bottom": 0.6 * made["Snare"] + 0.01 * made["Kick"],
        "Гитара L": made["Guitar"],
        "Гитара R": double,
        "Lead Vox": made["Lead Vox"],
        "BV 1": 0.3 * noise(62, 300, 2000)[: 8 * RATE_HZ] * hits(1.5, 0.7)[: 8 * RATE_HZ],
        "BV 2": 0.3 * noise(63, 300, 2000)[: 8 * RATE_HZ] * hits(1.5, 0.7)[: 8 * RATE_HZ],
    }
    found = {(group.kind, group.track_ids) for group in groups(heard(recordings))}
    assert ("section", ("kick", "snare-top", "snare-bottom")) in found
    assert any(kind == "left-right" and len(ids) == 2 for kind, ids in found)
    assert ("microphones", ("snare-top", "snare-bottom")) in found
    assert ("doubles", ("bv-1", "bv-2")) in found
    assert groups(heard({"Mix": made["Pad"]})) == () and groups(heard({})) == ()


def test_names_give_away_sides_takes_and_copies() -> None:
    tracks = heard({}).song.tracks
    assert tracks == ()
    track = heard({"A": np.zeros(10)}).song.tracks[0]
    names = {
        name: replace(track, name=name) for name in ("GtrL_02", "Gtr R 02", "Гитара левая", "L", "Vox", "Vox copy")
    }
    assert words_of("GtrL_02") == ("gtr", "l", "02")
    assert [side_of(each) for each in names.values()] == ["left", "right", "left", "", "", ""]
    assert are_named_sides(names["GtrL_02"], names["Gtr R 02"])
    assert not are_named_sides(names["GtrL_02"], names["Гитара левая"])
    assert is_named_copy(names["Vox"], names["Vox copy"]) and not is_named_copy(names["Vox"], names["L"])
    assert are_named_takes(replace(track, name="BV 1"), replace(track, name="BV 2 Double"))
