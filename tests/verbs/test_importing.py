"""What comes into a project, and what is said about it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

import bandmate
from bandmate.formats.midi import write_midi
from bandmate.project.folder import Project
from bandmate.song.clips import AudioClip, NoteClip
from bandmate.song.errors import MediaError, RequestError
from bandmate.song.harmony import Key
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.verbs.importing import Imported, common_rate, shown_name
from tests.verbs.studio import contents, nobodys_folder, state_of, tone


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return bandmate.new_project(tmp_path / "song")


def score(path: Path, *, name: str = "piano") -> Path:
    notes = tuple(Note(id=f"n{i}", start_ticks=960 * i, length_ticks=960, pitch=60 + i) for i in range(4))
    clip = NoteClip(id="c", length_ticks=3840, notes=notes)
    write_midi(Song(tracks=(Track(id="t", name=name, clips=(clip,)),)), path)
    return path


def clip_of(project: Project, track: str) -> AudioClip:
    clip = project.song.track(track).clips[0]
    assert isinstance(clip, AudioClip)
    return clip


def test_each_recording_becomes_a_track_with_a_role_from_its_name(project: Project, stems: Path) -> None:
    done = bandmate.import_files(project, [stems])
    assert done.tracks == ("bass", "drums", "lead-vocal", "pad")
    assert [track.role for track in project.song.tracks] == ["bass", "drums", "lead-vox", "pad"]
    assert project.song.rate_hz == 44_100 and done.remarks == ()
    assert project.head.message == "import 4 files: bass.wav, drums.wav, lead vocal.wav …"
    assert project.head.author.kind == "import"
    assert project.verify() == ()


def test_mixed_rates_and_lengths_are_taken_and_said(project: Project, tmp_path: Path) -> None:
    tone(tmp_path / "in" / "a.wav", rate_hz=48_000)
    tone(tmp_path / "in" / "b.flac", rate_hz=96_000, channels=1, seconds=3.0)
    tone(tmp_path / "in" / "c.aiff", rate_hz=48_000)
    done = bandmate.import_files(project, [tmp_path / "in"])
    assert project.song.rate_hz == 48_000
    assert done.remarks == (
        "the files have different sample rates (2 at 48 kHz, 1 at 96 kHz); they are converted as they play",
        "the files are 1.0 to 3.0 seconds long; all begin at the start of the song",
    )
    assert clip_of(project, "b").source_rate_hz == 96_000 and clip_of(project, "b").source_frames == 288_000
    printed = bandmate.render_mix(project, tmp_path / "mix.wav", kind="wav-32f")
    assert printed.hearing.seconds == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(("rates", "rate_hz"), [([8_000], 44_100), ([96_000], 96_000), ([44_100, 48_000], 48_000)])
def test_the_song_takes_the_rate_that_most_files_have(
    project: Project, tmp_path: Path, rates: list[int], rate_hz: int
) -> None:
    for number, rate in enumerate(rates):
        tone(tmp_path / f"{number}.wav", rate_hz=rate, seconds=0.1)
    bandmate.import_files(project, [tmp_path / f"{number}.wav" for number in range(len(rates))])
    assert project.song.rate_hz == rate_hz


def test_the_higher_of_two_equally_frequent_rates_is_taken(project: Project, tmp_path: Path) -> None:
    from bandmate.formats.audio_files import probe
    from bandmate.verbs.importing import Found

    files = [tone(tmp_path / f"{rate}.wav", rate_hz=rate, seconds=0.1) for rate in (44_100, 96_000)]
    assert common_rate([Found(path, probe(path)) for path in files]) == 96_000


def test_two_files_with_one_name_become_two_tracks_and_it_is_said(project: Project, tmp_path: Path) -> None:
    tone(tmp_path / "in" / "take 1" / "vox.wav", seconds=0.2)
    tone(tmp_path / "in" / "take 2" / "vox.wav", seconds=0.3)
    done = bandmate.import_files(project, [tmp_path / "in"])
    assert done.tracks == ("vox", "vox-2")
    assert done.remarks == ('there is a track "vox" already; vox.wav became vox-2',)


def test_the_same_recording_twice_is_kept_once_and_said(project: Project, tmp_path: Path) -> None:
    first = tone(tmp_path / "in" / "a.wav", seconds=0.2)
    shutil.copy(first, tmp_path / "in" / "b.wav")
    done = bandmate.import_files(project, [tmp_path / "in"])
    assert done.remarks == ("b.wav is the same recording as a.wav",)
    assert clip_of(project, "a").audio == clip_of(project, "b").audio
    assert len(project.media.recordings()) == 1


def test_a_recording_that_the_song_has_already_is_said(project: Project, tmp_path: Path) -> None:
    first = tone(tmp_path / "guitar.wav", seconds=0.2)
    bandmate.import_files(project, [first])
    done = bandmate.import_files(project, [first])
    assert done.tracks == ("guitar-2",)
    assert done.remarks == (
        'guitar.wav is the same recording as track "guitar"',
        'there is a track "guitar" already; guitar.wav became guitar-2',
    )


def test_a_cyrillic_folder_with_spaces_is_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "Мои песни" / "Вечерний трамвай"
    tone(folder / "дорожки" / "бас гитара.wav", seconds=0.3)
    tone(folder / "дорожки" / "вокал.wav", seconds=0.3)
    with bandmate.new_project(folder / "песня") as project:
        done = bandmate.import_files(project, [folder / "дорожки"])
        assert [track.name for track in project.song.tracks] == ["бас гитара", "вокал"]
        assert len(set(done.tracks)) == 2 and project.song.title == "песня"
        printed = bandmate.render_mix(project, folder / "сведение 1.wav")
        assert printed.path.is_file() and project.verify() == ()


@pytest.mark.parametrize("seconds", [1e-9, 0.001, 3.0])
def test_short_files_are_songs_too(project: Project, tmp_path: Path, seconds: float) -> None:
    path = tone(tmp_path / "short.wav", seconds=seconds)
    bandmate.import_files(project, [path])
    heard = bandmate.listen(project)
    assert heard.mix is not None
    assert heard.mix.seconds == pytest.approx(soundfile.info(path).duration, abs=1e-6)
    assert bandmate.propose_mix(project).proposal.moves == ()
    assert bandmate.render_mix(project, tmp_path / "mix.wav").path.is_file()


def test_silence_is_heard_as_silence(project: Project, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros((44_100, 2)), 44_100)
    bandmate.import_files(project, [tmp_path / "silence.wav"])
    heard = bandmate.listen(project)
    assert heard.tracks[0].measured.integrated_lufs is None
    assert bandmate.propose_mix(project).proposal.moves == ()
    assert bandmate.propose_master(project).proposal.moves == ()


def test_a_single_stereo_mix_can_be_mastered(project: Project, tmp_path: Path, stems: Path) -> None:
    path = tone(tmp_path / "my mix.wav", rate_hz=96_000, seconds=4.0)
    bandmate.import_files(project, [path])
    assert project.song.rate_hz == 96_000
    state = bandmate.propose_master(project)
    project.accept(state.id)
    from bandmate.stages.master.delivery import delivery_profile

    done = bandmate.render_master(project, tmp_path / "master.wav", delivery_profile("spotify"))
    assert done.hearing.integrated_lufs == pytest.approx(-14.0, abs=0.1)


def test_midi_comes_in_as_notes_with_its_tempo(project: Project, tmp_path: Path) -> None:
    done = bandmate.import_files(project, [score(tmp_path / "верх.mid", name="Lead Piano")])
    track = project.song.track(done.tracks[0])
    clip = track.clips[0]
    assert isinstance(clip, NoteClip) and [note.pitch for note in clip.notes] == [60, 61, 62, 63]
    assert track.role == "piano"


def test_recordings_and_midi_come_in_together(project: Project, tmp_path: Path) -> None:
    tone(tmp_path / "in" / "drums.wav", seconds=0.3)
    score(tmp_path / "in" / "keys.mid")
    done = bandmate.import_files(project, [tmp_path / "in"])
    assert len(done.tracks) == 2 and project.head.message == "import 2 files: drums.wav, keys.mid"


def test_what_is_hidden_and_what_bandmate_wrote_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    tone(folder / "bass.wav", seconds=0.2)
    tone(folder / ".trash" / "old.wav", seconds=0.2)
    tone(folder / "._bass.wav", seconds=0.2)
    tone(folder / "produced" / "mix.wav", seconds=0.2)
    bandmate.new_project(folder / "produced" / "project").close()
    with bandmate.new_project(folder) as project:
        assert bandmate.import_files(project, [folder]).tracks == ("bass",)
        assert (folder / "audio").is_dir()
        assert bandmate.import_files(project, [folder]).tracks == ("bass-2",)


def test_one_file_alone_is_told_by_its_content(project: Project, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav", seconds=0.2).rename(tmp_path / "take.bak")
    assert bandmate.import_files(project, [tmp_path / "take.bak"]).tracks == ("take",)


def test_an_import_can_be_undone_and_done_again(project: Project, tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", seconds=0.2)
    done = bandmate.import_files(project, [path])
    assert isinstance(done, Imported) and done.revision == project.head.id
    project.undo()
    assert project.song.tracks == ()
    project.redo()
    assert [track.id for track in project.song.tracks] == ["a"]


def test_progress_goes_from_nothing_to_all(project: Project, stems: Path) -> None:
    seen: list[tuple[str, float]] = []
    bandmate.import_files(project, [stems], progress=lambda what, share: seen.append((what, share)))
    assert seen[0] == ("looking at bass.wav", 0.0) and seen[-1] == ("imported", 1.0)
    shares = [share for _, share in seen]
    assert shares == sorted(shares)


def test_the_files_that_were_imported_stay_as_they_were(project: Project, tmp_path: Path, stems: Path) -> None:
    before = contents(stems)
    bandmate.import_files(project, [stems])
    assert contents(stems) == before


def no_files(folder: Path) -> Path:
    (folder / "notes.txt").write_text("buy strings")
    return folder


def text_as_wav(folder: Path) -> Path:
    (folder / "lyrics.wav").write_text("la la la " * 100)
    return folder


def cut_off(folder: Path) -> Path:
    data = tone(folder / "take.wav", seconds=1.0).read_bytes()
    (folder / "take.wav").write_bytes(data[: len(data) // 2])
    return folder


def no_frames(folder: Path) -> Path:
    soundfile.write(folder / "empty.wav", np.zeros((0, 2)), 44_100)
    return folder


def seven_channels(folder: Path) -> Path:
    return tone(folder / "surround.wav", channels=7).parent


def not_a_number(folder: Path) -> Path:
    samples = np.full((44_100, 2), 0.1, np.float32)
    samples[30_000, 1] = np.nan
    soundfile.write(folder / "broken.wav", samples, 44_100, subtype="FLOAT")
    return folder


def no_bytes(folder: Path) -> Path:
    (folder / "nothing.wav").touch()
    return folder


def not_midi(folder: Path) -> Path:
    tone(folder / "a.wav")
    (folder / "song.mid").write_text("no score")
    return folder


def missing(folder: Path) -> Path:
    return folder / "stems"


BAD = [
    (
        no_files,
        RequestError,
        r'nothing to import in ".+": no sound file or written music there; give a folder of stems',
    ),
    (text_as_wav, MediaError, r'"lyrics\.wav" .+; nothing was imported'),
    (cut_off, MediaError, r'"take\.wav" is cut off: its header promises 1\.000 s, .+; nothing was imported'),
    (no_frames, MediaError, r'"empty\.wav" has 0 frames: a header and no sound; .+; nothing was imported'),
    (seven_channels, MediaError, r'"surround\.wav" has 7 channels; Bandmate mixes mono and stereo\. Split it'),
    (not_a_number, MediaError, r'"broken\.wav" is nan at frame 30000 \(0\.680 s\), channel 2; a broken plug-in'),
    (no_bytes, MediaError, r'"nothing\.wav" .+; nothing was imported'),
    (not_midi, MediaError, r'"song\.mid" .+; nothing was imported'),
    (missing, MediaError, r'there is no file ".+stems"; check the name and the folder; nothing was imported'),
]
"""What makes a bad input, the error, its message."""


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_input_is_named_and_nothing_is_imported(
    project: Project, tmp_path: Path, make: object, error: type[Exception], message: str
) -> None:
    (tmp_path / "in").mkdir()
    given = make(tmp_path / "in")  # type: ignore[operator]
    before, inputs = state_of(project.folder), contents(tmp_path / "in")
    with pytest.raises(error, match=message):
        bandmate.import_files(project, [given])
    assert state_of(project.folder) == before
    assert not list(project.folder.rglob("*.wav")) and contents(tmp_path / "in") == inputs


def test_of_several_bad_files_three_are_told(project: Project, tmp_path: Path) -> None:
    for make in (cut_off, no_frames, seven_channels, text_as_wav):
        (tmp_path / "in").mkdir(exist_ok=True)
        make(tmp_path / "in")
    message = r'"empty\.wav" has 0 .+ \(and 3 more: "lyrics\.wav" .+; "surround|take\.wav" .+\); nothing was imported'
    with pytest.raises(MediaError, match=message):
        bandmate.import_files(project, [tmp_path / "in"])


def test_a_file_that_was_cut_off_is_taken_on_request(project: Project, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    done = bandmate.import_files(project, [cut_off(tmp_path / "in")], allow_truncated=True)
    assert done.tracks == ("take",)
    assert done.remarks == ("take.wav is cut off; the 0.500 s that are there were imported",)
    assert bandmate.render_mix(project, tmp_path / "mix.wav").hearing.seconds == pytest.approx(0.5, abs=0.01)
    whole = soundfile.read(tone(tmp_path / "in" / "take.wav"))[0]
    kept, _ = soundfile.read(project.media.path(clip_of(project, "take").audio))
    assert np.array_equal(kept, whole[: len(kept)])


def test_nothing_given_is_nothing_to_import(project: Project) -> None:
    with pytest.raises(RequestError, match="nothing to import in the list of files"):
        bandmate.import_files(project, [])


def test_a_file_and_a_folder_without_permission_are_named(project: Project, tmp_path: Path) -> None:
    bandmate.import_files(project, [tone(tmp_path / "a.wav", seconds=0.1)])
    with nobodys_folder() as folder, bandmate.new_project(folder / "song") as own:
        take = tone(folder / "take.wav", seconds=0.1)
        take.chmod(0)
        with pytest.raises(
            MediaError, match=r'"take\.wav" may not be read; give yourself permission .+; nothing was imp'
        ):
            bandmate.import_files(own, [take])
        (folder / "closed").mkdir(mode=0)
        with pytest.raises(MediaError, match='"closed" may not be read; give yourself permission to read it'):
            bandmate.import_files(own, [folder / "closed"])
        assert own.log()[0].number == 1


def test_a_link_back_to_its_own_folder_is_not_followed(project: Project, tmp_path: Path) -> None:
    tone(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in", target_is_directory=True)
    assert bandmate.import_files(project, [tmp_path / "in"]).tracks == ("a",)


def test_a_link_that_leads_nowhere_is_missed_by_name(project: Project, tmp_path: Path) -> None:
    tone(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "vox.wav").symlink_to(tmp_path / "gone.wav")
    with pytest.raises(MediaError, match=r'no file ".+vox.wav".+nothing was imported'):
        bandmate.import_files(project, [tmp_path / "in"])


def test_control_characters_do_not_come_into_the_names_of_tracks() -> None:
    assert shown_name(Path("\x1b[31mlead\nvox .wav")) == "[31mlead vox"
    assert shown_name(Path("\x07.wav")) == "item"
    assert shown_name(Path("Гитара 2.wav")) == "Гитара 2"


@pytest.mark.parametrize("name", ["песня.abc", "song.musicxml", "song.mxl", "song.mid"])
def test_written_music_comes_in_and_goes_out(tmp_path: Path, name: str) -> None:
    source = tmp_path / "tune.abc"
    source.write_text('X:1\nT:Tune\nM:3/4\nL:1/4\nK:G\n"G"G A B|"D7"d2 c|"G"B3|', encoding="utf-8")
    with bandmate.new_project(tmp_path / "first") as first:
        bandmate.import_files(first, [source])
        bandmate.export_score(first, tmp_path / name)
    with bandmate.new_project(tmp_path / "second") as second:
        bandmate.import_files(second, [tmp_path / name])
        song = second.song
    notes = [
        note.pitch for track in song.tracks for clip in track.clips if isinstance(clip, NoteClip) for note in clip.notes
    ]
    assert notes == [67, 69, 71, 74, 72, 71]
    assert song.key == Key(tonic=7)
    assert [str(chord) for chord in song.chords] == ([] if name.endswith(".mid") else ["G", "D7", "G"])
