"""Ideas become moves that touch nothing but the bars asked for."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord
from bandmate.song.moves import apply
from bandmate.song.notes import Note
from bandmate.song.song import Song
from bandmate.song.tracks import Track
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.passage import Tone, passage_of, tones_of_track
from bandmate.stages.compose.writing import Offer, Player, moves_of

BAR = 3840
BARS = 6
OFFER = Offer("melody", 1, "busier")

notes = st.lists(
    st.tuples(st.integers(0, BARS * BAR - 1), st.integers(1, 3000), st.integers(40, 80), st.integers(1, 127)),
    max_size=12,
    unique_by=lambda one: (one[0], one[2]),
)


def song_with(first: list[tuple[int, ...]], second: list[tuple[int, ...]]) -> Song:
    def clip(name: str, start: int, length: int, rows: list[tuple[int, ...]]) -> NoteClip:
        own = tuple(
            Note(id=f"x{i}", start_ticks=s - start, length_ticks=n, pitch=p, velocity=v)
            for i, (s, n, p, v) in enumerate(rows)
            if start <= s < start + length
        )
        return NoteClip(id=name, start_ticks=start, length_ticks=length, notes=own)

    clips = (clip("a", 0, 3 * BAR, first), clip("b", 3 * BAR, 2 * BAR, first))
    other = Track(id="other", clips=(clip("c", 0, BARS * BAR, second),))
    chords = tuple(Chord(id=f"h{i}", start_ticks=i * 2 * BAR, length_ticks=2 * BAR, root=i) for i in range(3))
    return Song(tracks=(Track(id="lead", clips=clips), other), chords=chords)


@given(notes, notes, notes, st.integers(1, BARS), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_only_the_bars_asked_for_change(
    first: list[tuple[int, ...]], second: list[tuple[int, ...]], new: list[tuple[int, ...]], bar: int, more: int
) -> None:
    song = song_with(first, second)
    passage = passage_of(song, bar, min(BARS, bar + more), "lead")
    start, end = passage.start_ticks, passage.end_ticks
    tones = tuple(sorted(Tone(s, min(n, end - s), p, v) for s, n, p, v in new if start <= s < end))
    moves = moves_of(song, passage, Idea(tones=tones), song.track("lead"), OFFER)
    changed = apply(song, moves)
    before, after = tones_of_track(song.track("lead")), tones_of_track(changed.track("lead"))
    assert sorted(tone for tone in after if start <= tone.start_ticks < end) == list(tones)
    assert [t for t in after if not start <= t.start_ticks < end] == [
        t for t in before if not start <= t.start_ticks < end
    ]
    assert changed.track("other") is song.track("other")
    assert changed.chords is song.chords
    assert apply(song, moves, 0.0) is song


@given(st.integers(1, BARS), st.integers(0, 3), st.lists(st.integers(0, 11), max_size=4))
@settings(max_examples=60, deadline=None)
def test_chords_are_cut_at_the_border_only(bar: int, more: int, roots: list[int]) -> None:
    song = song_with([], [])
    passage = passage_of(song, bar, min(BARS, bar + more))
    start, end = passage.start_ticks, passage.end_ticks
    step = (end - start) // max(1, len(roots))
    new = tuple(
        Chord(id=f"n{i}", start_ticks=start + i * step, length_ticks=step, root=root, quality="7")
        for i, root in enumerate(roots)
    )
    changed = apply(song, moves_of(song, passage, Idea(chords=new), Player("Keys"), OFFER))
    for bar_at in range(0, BARS * BAR, BAR // 2):
        old, now = (
            next(c for c in one.chords if c.start_ticks <= bar_at < c.start_ticks + c.length_ticks)
            for one in (song, changed)
        )
        if not new or not start <= bar_at < end:
            assert (old.root, old.quality) == (now.root, now.quality)
        else:
            assert now.quality == "7"
    ends = [chord.start_ticks + chord.length_ticks for chord in changed.chords]
    assert all(end <= nxt.start_ticks for end, nxt in zip(ends, changed.chords[1:], strict=False))


def test_a_new_part_gets_a_track_with_one_clip_over_the_bars() -> None:
    song = song_with([], [])
    passage = passage_of(song, 3, 4)
    idea = Idea(tones=(Tone(2 * BAR, 960, 60, 90), Tone(3 * BAR, 960, 62, 90)))
    changed = apply(song, moves_of(song, passage, idea, Player("Lead", program=73), OFFER))
    track = changed.tracks[-1]
    assert (track.id, track.name) == ("lead-2", "Lead")
    (clip,) = track.clips
    assert isinstance(clip, NoteClip)
    assert (clip.start_ticks, clip.length_ticks, clip.instrument.program) == (2 * BAR, 2 * BAR, 73)
    assert tones_of_track(track) == idea.tones


def test_a_note_that_only_moved_keeps_its_id_so_half_a_strength_is_half_the_way() -> None:
    song = song_with([(0, 480, 60, 80), (960, 480, 64, 80)], [])
    passage = passage_of(song, 1, 1, "lead")
    idea = Idea(tones=(Tone(20, 480, 60, 100), Tone(960, 480, 64, 80)))
    moves = moves_of(song, passage, idea, song.track("lead"), OFFER)
    assert tones_of_track(apply(song, moves, 0.5).track("lead")) == (Tone(10, 480, 60, 90), Tone(960, 480, 64, 80))
    assert moves_of(song, passage, Idea(tones=passage.inside()), song.track("lead"), OFFER) == ()
