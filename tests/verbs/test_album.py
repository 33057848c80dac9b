"""An album from files to a disc: loudness by another meter, what is kept, what is refused, going on after a stop."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bandmate.formats.cue_sheet import read_cue_sheet
from bandmate.formats.ddp_check import read_ddp
from bandmate.project.folder import Project
from bandmate.song.clips import AudioClip
from bandmate.song.errors import Cancelled, MediaError, OutOfRange, RequestError, UnknownName
from bandmate.sound.audio import Audio
from bandmate.stages.master.brief import MasterBrief
from bandmate.verbs.album import master_album
from bandmate.verbs.album_plan import AlbumOptions
from bandmate.verbs.album_results import AlbumResults
from bandmate.verbs.album_sheet import SheetChanges
from tests.conformance.test_independent_meter import ffmpeg_reading
from tests.verbs.album_tracks import RATE_HZ, visible, write_album, write_track

MADE: dict[str, AlbumResults] = {}
SHEET = """
title = "Tag und Nacht"
artist = "The Hours"
ean = "4006381333931"
[[track]]
file = "02 Noon.wav"
isrc = "de-abc-26-00002"
[[track]]
file = "01 Dawn.wav"
title = "Dawn & after"
gap_before_seconds = 3.0
fade_in_ms = 500
fade_out_ms = 1000
[[track]]
file = "03 Ночь.wav"
title = "Ночь"
artist = "Час"
gap_before_seconds = 0.0
"""


@pytest.fixture(scope="session")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three tracks, which no test may change."""
    return write_album(tmp_path_factory.mktemp("album") / "Day & night")


@pytest.fixture
def spotify(tracks: Path, tmp_path_factory: pytest.TempPathFactory) -> AlbumResults:
    """The album for a service, which no test may change."""
    if "spotify" not in MADE:
        MADE["spotify"] = master_album(tracks, tmp_path_factory.mktemp("out") / "out")
    return MADE["spotify"]


@pytest.fixture
def cd(tracks: Path, tmp_path_factory: pytest.TempPathFactory) -> AlbumResults:
    """The album as a CD with a list, which no test may change."""
    if "cd" not in MADE:
        folder = shutil.copytree(tracks, tmp_path_factory.mktemp("cd") / "in")
        (folder / "album.toml").write_text(SHEET, encoding="utf-8")
        MADE["cd"] = master_album(folder, folder / "out", target="cd", brief=MasterBrief(loudness_lufs=-18.0))
    return MADE["cd"]


def whole(paths: list[Path]) -> Audio:
    """Files one after another."""
    pieces = [soundfile.read(path, dtype="float32", always_2d=True)[0].T for path in paths]
    return Audio(np.ascontiguousarray(np.concatenate(pieces, axis=1)), soundfile.info(paths[0]).samplerate)


def test_the_album_is_as_loud_as_was_asked_for_and_no_track_against_another(spotify: AlbumResults) -> None:
    assert spotify.after_lufs == pytest.approx(-14.0, abs=0.06)
    other = ffmpeg_reading(whole([row.path for row in spotify.tracks]))
    assert other.integrated_lufs == pytest.approx(-14.0, abs=0.1)
    assert other.dbtp <= -1.0
    assert spotify.spread.after_lu == pytest.approx(spotify.spread.before_lu, abs=0.1)
    assert spotify.spread.most_changed_lu < 0.1
    assert spotify.step_lu is not None
    for row in spotify.tracks:
        assert row.before.lufs is not None and row.after.lufs is not None
        assert row.after.lufs - row.before.lufs == pytest.approx(spotify.step_lu, abs=0.1)


def test_the_files_are_numbered_and_carry_their_tags(spotify: AlbumResults) -> None:
    names = ["01 Dawn.wav", "02 Noon.wav", "03 Ночь.wav"]
    assert [row.path.name for row in spotify.tracks] == names
    assert sorted(visible(spotify.folder)) == sorted([*names, "album.html", "album.json"])
    for number, row in enumerate(spotify.tracks, 1):
        with soundfile.SoundFile(row.path) as file:
            assert (file.tracknumber, file.album, file.title) == (str(number), "Day & night", row.ask.title)
            assert (file.subtype, file.samplerate) == ("PCM_24", RATE_HZ)
            assert len(file) == 5 * RATE_HZ, "nobody asked for a gap"


def test_each_track_has_a_project_with_its_moves_accepted(spotify: AlbumResults) -> None:
    for row in spotify.tracks:
        with Project.open(row.project) as project:
            assert project.verify() == ()
            assert project.song.main.inserts == row.trial.chain
            assert [state.state for state in project.proposals()] == ["accepted"]


def test_the_report_says_what_the_files_say_and_is_not_dated(spotify: AlbumResults) -> None:
    said = json.loads((spotify.folder / "album.json").read_bytes())
    assert said["created_at"] == "" and str(spotify.folder) not in json.dumps(said)
    assert said["album"]["now_lufs"] == pytest.approx(spotify.after_lufs)
    for row, track in zip(spotify.tracks, said["album"]["tracks"], strict=True):
        assert track["now_lufs"] == pytest.approx(row.after.lufs)
        assert track["tone_drift_db"] == pytest.approx(row.drift_after_db)
        assert track["remarks"] == list(row.trial.sentences)
    page = (spotify.folder / "album.html").read_text(encoding="utf-8")
    assert "Ночь" in page and "tone drift" in page
    assert json.dumps(spotify.facts()) and len(spotify.summary()) == 5


def test_a_second_run_works_nothing_out_and_changes_nothing(spotify: AlbumResults, tracks: Path) -> None:
    said: list[str] = []
    before = visible(spotify.folder)
    master_album(tracks, spotify.folder, progress=lambda what, _: said.append(what))
    assert visible(spotify.folder) == before
    assert not [what for what in said if what.startswith(("trying", "writing D", "writing N"))]


def test_the_disc_can_be_sent_to_a_plant_and_burnt(cd: AlbumResults) -> None:
    disc = read_ddp(cd.folder / "cd" / "ddp")
    assert disc.problems == ()
    assert (disc.disc.ean, disc.disc.title, disc.disc.artist) == ("4006381333931", "Tag und Nacht", "The Hours")
    assert [track.title for track in disc.disc.tracks] == ["02 Noon", "Dawn & after", "Noch"]
    assert [track.isrc for track in disc.disc.tracks] == ["DEABC2600002", "", ""]
    assert [track.pause_sectors for track in disc.disc.tracks] == [150, 225, 0]
    sheet = read_cue_sheet(cd.folder / "cd" / "Tag und Nacht.cue")
    assert [track.title for track in sheet.disc.tracks] == ["02 Noon", "Dawn & after", "Ночь"]
    assert [track.artist for track in sheet.disc.tracks] == ["The Hours", "The Hours", "Час"]
    assert any("Ночь" in remark for remark in cd.remarks)


def test_the_disc_has_the_samples_of_the_files(cd: AlbumResults) -> None:
    image, _ = soundfile.read(cd.folder / "cd" / "Tag und Nacht.wav", dtype="int16")
    files = [soundfile.read(row.path, dtype="int16")[0] for row in cd.tracks]
    assert {soundfile.info(row.path).subtype for row in cd.tracks} == {"PCM_16"}
    second = 5 * RATE_HZ + 3 * RATE_HZ
    assert (image[: 5 * RATE_HZ] == files[0]).all()
    assert not image[5 * RATE_HZ : second].any()
    assert (image[second : second + 5 * RATE_HZ] == files[1]).all()
    assert (image[second + 5 * RATE_HZ :][: 5 * RATE_HZ] == files[2]).all()
    pressed = np.fromfile(cd.folder / "cd" / "ddp" / "IMAGE.DAT", "<i2").reshape(-1, 2)
    assert (pressed[2 * RATE_HZ :][: len(image)] == image).all()


def test_fades_are_moves_in_the_project_and_heard_in_the_file(cd: AlbumResults) -> None:
    with Project.open(cd.tracks[1].project) as project:
        clip = project.song.tracks[0].clips[0]
        assert isinstance(clip, AudioClip)
        assert (clip.fade_in_ms, clip.fade_out_ms) == (500.0, 1000.0)
        addresses = [made.move.address for one in project.log() for made in project.made(one.id)]
        assert f"tracks/{project.song.tracks[0].id}/clips/clip-1/fade_in_ms" in addresses
    sound = np.abs(whole([cd.tracks[1].path]).samples).max(axis=0)
    assert sound[:441].max() < 0.1 * sound.max() and sound[-441:].max() < 0.1 * sound.max()


def test_a_loudness_for_the_disc_is_kept(cd: AlbumResults) -> None:
    assert cd.after_lufs == pytest.approx(-18.0, abs=0.06)
    assert [row.pause_after_seconds for row in cd.tracks] == [3.0, 0.0, None]


def test_without_a_loudness_a_disc_keeps_that_of_the_tracks(tracks: Path, tmp_path: Path) -> None:
    done = master_album(tracks, tmp_path / "out", target="cd")
    assert done.step_lu is None and "no loudness was asked for" in done.sentences()[0]
    assert done.after_lufs == pytest.approx(done.before_lufs, abs=0.1)


def test_the_loudest_track_can_be_what_counts(tracks: Path, tmp_path: Path) -> None:
    done = master_album(tracks, tmp_path / "out", options=AlbumOptions(anchor="loudest"))
    loudest = max(row.after.lufs or -99.0 for row in done.tracks)
    assert loudest == pytest.approx(-14.0, abs=0.06) and done.spread.most_changed_lu < 0.1


def test_a_bound_on_drift_moves_what_is_outside_and_nothing_else(
    tracks: Path, tmp_path: Path, spotify: AlbumResults
) -> None:
    drifts = [row.drift_after_db or 0.0 for row in spotify.tracks]
    bound_db = round((sorted(drifts)[-1] + sorted(drifts)[-2]) / 2, 1)
    done = master_album(tracks, tmp_path / "out", options=AlbumOptions(drift_db=bound_db))
    now = [row.drift_after_db or 0.0 for row in done.tracks]
    assert max(now) <= bound_db + 0.05 < max(drifts)
    assert done.after_lufs == pytest.approx(-14.0, abs=0.06) and done.spread.most_changed_lu < 0.1
    furthest = int(np.argmax(drifts))
    assert [any(s.startswith("tone") for s in row.trial.sentences) for row in done.tracks] == [
        number == furthest for number in range(3)
    ]
    with Project.open(done.tracks[furthest].project) as project:
        remarks = project.proposal("P1").proposal.remarks
    assert "compared with: the album's mean" in remarks
    assert remarks[0].startswith("album: all tracks are moved by +")


def test_gaps_order_and_titles_of_single_files(tracks: Path, tmp_path: Path) -> None:
    changes = SheetChanges(title="Night", gap_seconds=0.5, order=(3, 1, 2))
    done = master_album(tracks, tmp_path / "out", options=AlbumOptions(changes=changes))
    assert [row.path.name for row in done.tracks] == ["01 Ночь.wav", "02 Dawn.wav", "03 Noon.wav"]
    frames = [soundfile.info(row.path).frames for row in done.tracks]
    assert frames == [round(5.5 * RATE_HZ)] * 2 + [5 * RATE_HZ]
    ends = [whole([row.path]).samples[:, -RATE_HZ // 4 :] for row in done.tracks]
    assert np.abs(ends[0]).max() < 1e-6, "the gap is silent, but for the dither"
    again = SheetChanges(title="Night", gap_seconds=0.5, order=(1, 2, 3))
    changed = master_album(tracks, tmp_path / "out", options=AlbumOptions(changes=again))
    assert sorted(path.name for path in (tmp_path / "out").glob("*.wav")) == [row.path.name for row in changed.tracks]
    assert [row.ask.title for row in changed.tracks] == ["Dawn", "Noon", "Ночь"]


def test_silence_at_the_ends_is_cut_off_where_asked_for(tmp_path: Path) -> None:
    write_track(tmp_path / "in" / "one.wav", silent_seconds=2.0)
    (tmp_path / "in" / "album.toml").write_text("trim_start = true\ntrim_end = true\n", encoding="utf-8")
    done = master_album(tmp_path / "in", tmp_path / "out")
    assert done.tracks[0].after.hearing.seconds == pytest.approx(5.1, abs=0.02)
    (tmp_path / "in" / "album.toml").unlink()
    assert master_album(tmp_path / "in", tmp_path / "out").tracks[0].after.hearing.seconds == 9.0


def test_a_run_that_is_stopped_anywhere_goes_on_to_the_same_bytes(tmp_path: Path, cd: AlbumResults) -> None:
    """Stopped at the second word of progress, then at the fourth, and so on to the end."""
    brief, source, out = MasterBrief(loudness_lufs=-18.0), cd.album.folder, tmp_path / "out"
    before, calls, stops = visible(cd.folder), 0, 0
    while calls < 200:
        calls += 2
        seen = 0

        def stopping(what: str, share: float, limit: int = calls) -> None:
            nonlocal seen
            seen += 1
            if seen >= limit:
                raise Cancelled("stopped by the test")

        try:
            master_album(source, out, target="cd", brief=brief, progress=stopping)
        except Cancelled:
            stops += 1
            continue
        break
    assert stops >= 4
    assert visible(out) == before
    assert not (out / ".bandmate-album" / "drafts").exists()
    for row in cd.tracks:
        with Project.open(out / "projects" / row.project.name) as project:
            assert project.verify() == () and len(project.proposals()) == 1


def test_a_changed_track_or_brief_is_done_anew_and_ends_as_if_alone(tracks: Path, tmp_path: Path) -> None:
    folder, out = Path(shutil.copytree(tracks, tmp_path / "in")), tmp_path / "out"
    master_album(folder, out)
    write_track(folder / "02 Noon.wav", rms_dbfs=-18.0, tilt_db=0.5)
    said: list[str] = []
    brief = MasterBrief(loudness_lufs=-16.0)
    master_album(folder, out, brief=brief, progress=lambda what, _: said.append(what))
    assert {what for what in said if what.startswith("listening to")} >= {"listening to Noon"}
    fresh = master_album(folder, tmp_path / "fresh", brief=brief)
    assert visible(out) == visible(tmp_path / "fresh")
    with Project.open(out / "projects" / "02 Noon") as project:
        assert project.verify() == () and len(project.media.recordings()) == 2
        assert project.song.main.inserts == fresh.tracks[1].trial.chain


def test_what_the_musician_changed_is_not_written_over(tracks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = master_album(tracks, out, options=AlbumOptions(changes=SheetChanges(title="One")))
    done.tracks[0].path.write_bytes(b"mine")
    with pytest.raises(RequestError, match=r'"01 Dawn\.wav" in ".*" was changed since it was written; move it away'):
        master_album(tracks, out)
    other = tmp_path / "other"
    other.mkdir()
    (other / "album.html").write_text("mine", encoding="utf-8")
    with pytest.raises(RequestError, match=r"has album\.html already; choose another folder"):
        master_album(tracks, other)
    assert [path.name for path in other.iterdir()] == ["album.html"]


def test_one_track_is_an_album_and_so_are_silence_mono_and_other_rates(tmp_path: Path) -> None:
    write_track(tmp_path / "in" / "a mono.wav", channels=1, rate_hz=48_000)
    write_track(tmp_path / "in" / "b low.wav", rate_hz=22_050)
    soundfile.write(tmp_path / "in" / "c silence.wav", np.zeros((5 * RATE_HZ, 2)), RATE_HZ)
    done = master_album(tmp_path / "in", tmp_path / "out")
    assert done.after_lufs == pytest.approx(-14.0, abs=0.06)
    assert {soundfile.info(row.path).samplerate for row in done.tracks} == {48_000}
    assert "the files have different sample rates (22.05, 44.1, 48 kHz); all are written at 48 kHz" in done.remarks
    assert done.tracks[2].after.lufs is None
    assert "track 3: silent, or too short to have a loudness; written as it is" in done.summary()
    single = master_album(
        tmp_path / "in", tmp_path / "mute", options=AlbumOptions(changes=SheetChanges(order=(3, 1, 2)))
    )
    assert single.tracks[0].after.lufs is None


def test_an_album_of_silence_says_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "c silence.wav", np.zeros((5 * RATE_HZ, 2)), RATE_HZ)
    done = master_album(tmp_path / "in", tmp_path / "out", target="cd", options=AlbumOptions(drift_db=3.0))
    assert done.sentences() == ("the album is silent, so it has no loudness",)
    assert read_ddp(tmp_path / "out" / "cd" / "ddp").problems == ()


def refused(folder: Path, out: Path, **asked: object) -> None:
    """Nothing may be written by what is refused."""
    before = sorted(folder.parent.rglob("*"))
    try:
        master_album(folder, out, **asked)  # type: ignore[arg-type]
    finally:
        assert sorted(folder.parent.rglob("*")) == before


def test_what_cannot_be_is_refused_before_anything_is_written(tracks: Path, tmp_path: Path) -> None:
    out = tracks.parent / "refused"
    with pytest.raises(RequestError, match=r"an album is made for one destination at a time, not for spotify, cd"):
        refused(tracks, out, target="spotify,cd")
    with pytest.raises(UnknownName, match=r'no delivery profile named "tape"'):
        refused(tracks, out, target="tape")
    with pytest.raises(UnknownName, match=r'no anchor of an album named "first"'):
        refused(tracks, out, options=AlbumOptions(anchor="first"))
    with pytest.raises(OutOfRange, match=r"the bound on tone drift is 0.2 dB"):
        refused(tracks, out, options=AlbumOptions(drift_db=0.2))
    with pytest.raises(RequestError, match=r"has the tracks of the album in it; write the results into another folder"):
        refused(tracks, tracks)
    with pytest.raises(RequestError, match=r'there is no reference ".*none\.wav"'):
        refused(tracks, out, references=[tmp_path / "none.wav"])
    with pytest.raises(RequestError, match=r'"123" is no bar code'):
        refused(tracks, out, options=AlbumOptions(changes=SheetChanges(ean="123")))


def test_a_bad_file_is_named_before_anything_is_written(tmp_path: Path) -> None:
    write_track(tmp_path / "in" / "good.wav", seconds=1.0)
    (tmp_path / "in" / "bad.flac").write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(MediaError, match=r"bad\.flac.*nothing was imported"):
        refused(tmp_path / "in", tmp_path / "out")


def test_damage_inside_a_compressed_file_is_found_first(tmp_path: Path) -> None:
    write_track(tmp_path / "in" / "good.wav", seconds=1.0)
    samples, rate_hz = soundfile.read(tmp_path / "in" / "good.wav")
    path = tmp_path / "in" / "torn.flac"
    soundfile.write(path, samples, rate_hz)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"torn\.flac"):
        refused(tmp_path / "in", tmp_path / "out")


def test_a_short_track_and_too_many_are_no_disc(tmp_path: Path) -> None:
    write_track(tmp_path / "in" / "short.wav", seconds=3.0)
    with pytest.raises(OutOfRange, match=r"track 1 is 3\.00 s long; a CD needs 4 s or more"):
        refused(tmp_path / "in", tmp_path / "out", target="cd")
    for number in range(99):
        shutil.copy(tmp_path / "in" / "short.wav", tmp_path / "in" / f"{number}.wav")
    with pytest.raises(OutOfRange, match=r"a CD has 1 to 99 tracks, this has 100"):
        refused(tmp_path / "in", tmp_path / "out", target="cd")
