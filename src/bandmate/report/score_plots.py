"""Pictures of written music as PNG or SVG: piano rolls, and lead sheets with chord symbols and words.

Conventions: as in ``plots``. A piano roll shows every track with notes in its colour, drums in rows of their own below;
a lead sheet shows one track, four bars to a line at most, with the song's chord track and words. Bars are
counted from 1.

Not covered: printed parts and full scores; write MusicXML and open it in a notation program.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from bandmate.report.engraving import (
    Area,
    Mark,
    Oval,
    Staff,
    Stroke,
    Words,
    bar_marks,
    clef_for,
    heads_of,
    places_of,
    signature,
    width_of,
)
from bandmate.report.plots import COLOURS, GRID, INK, ONE_AT_A_TIME, SOFT, STYLE, drawable, font_families
from bandmate.song.clips import NoteClip
from bandmate.song.harmony import Chord
from bandmate.song.note_values import Chorded, bar_grid, fifths_of, in_voices, nearest, spelled
from bandmate.song.notes import pitch_name
from bandmate.song.song import Song
from bandmate.song.tracks import Track

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PictureKind = Literal["png", "svg"]
BARS_A_LINE = 4
DOTS_PER_INCH = 140
INCHES_A_BAR = 1.1
INCHES_WIDE = (8.0, 40.0)
LINE_HEIGHT = 15.0
SHEET_WIDTH = 92.0
INCHES_A_SPACE = 0.085
FINEST_TICKS = 30
ROWS_OF_TEXT = 24
PIECES = {35: "kick", 36: "kick", 37: "side stick", 38: "snare", 39: "clap", 40: "snare", 42: "closed hat"} | {
    44: "pedal hat", 46: "open hat", 49: "crash", 51: "ride", 53: "bell", 54: "tambourine", 56: "cowbell", 70: "shaker",
    41: "low tom", 43: "low tom", 45: "mid tom", 47: "mid tom", 48: "high tom", 50: "high tom", 52: "china",
    55: "splash", 57: "crash 2", 59: "ride 2",
}  # fmt: skip

Sounding = tuple[int, int, int, int]
"""Start, end, pitch, velocity, in ticks of the song."""


def notes_of(track: Track) -> list[Sounding]:
    """What a track plays, cut where its clips end; muted clips are left out."""
    return sorted(
        (start, min(start + note.length_ticks, clip.start_ticks + clip.length_ticks), note.pitch, note.velocity)
        for clip in track.clips
        if isinstance(clip, NoteClip) and not clip.mute
        for note in clip.notes
        if note.start_ticks < clip.length_ticks
        for start in (clip.start_ticks + note.start_ticks,)
    )


def is_drums(track: Track) -> bool:
    """Whether a track is played by a drum kit."""
    return any(isinstance(clip, NoteClip) and clip.instrument.is_drums for clip in track.clips)


def plot_piano_roll(
    song: Song, tracks: Sequence[str] = (), *, kind: PictureKind = "png", marked: tuple[int, int] | None = None
) -> bytes:
    """The notes of a song over its bars.

    Parameters
    ----------
    tracks : sequence of str
        ids of the tracks to draw; empty: all with notes.
    kind : str
        png or svg.
    marked : (int, int), optional
        first and last bar of what is new; they are drawn on a light ground.
    """
    chosen = [track for track in song.tracks if (not tracks or track.id in tracks) and notes_of(track)]
    end = max((note[1] for track in chosen for note in notes_of(track)), default=0)
    bars = song.meters.position_at(max(0, end - 1)).bar
    width = min(INCHES_WIDE[1], max(INCHES_WIDE[0], INCHES_A_BAR * bars))

    def paint(axes: Axes) -> bool:
        if not end:
            return False
        if marked:
            spans = (song.meters.ticks_at_bar(marked[0]), song.meters.ticks_at_bar(marked[1] + 1))
            axes.axvspan(*spans, color="#fff3cf", linewidth=0)
        top, space = paint_notes(axes, chosen)
        paint_bars(axes, song, bars, top + 2.6 * space)
        for chord in song.chords:
            if chord.start_ticks < end:
                name = drawable(chord_words(song, chord))
                axes.text(chord.start_ticks, top + 1.1 * space, name, color=INK, fontsize=8, clip_on=True)
        return True

    return drawn(song.title or "Piano roll", paint, (width, 4.6), kind)


def paint_notes(axes: Axes, tracks: Sequence[Track]) -> tuple[float, float]:
    """Bars for notes, and names of pitches and drums at the side; the highest row, and how high a line of text is."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    pitched = [note[2] for track in tracks if not is_drums(track) for note in notes_of(track)]
    low, high = (min(pitched), max(pitched)) if pitched else (60, 60)
    pieces = sorted({note[2] for track in tracks if is_drums(track) for note in notes_of(track)})
    space = max(1.0, (high - low) / ROWS_OF_TEXT)
    row_of = {piece: low - (1.5 + len(pieces) - i) * space for i, piece in enumerate(pieces)}
    for number, track in enumerate(tracks):
        colour = COLOURS[number % len(COLOURS)]
        boxes, strengths = [], []
        for start, end, pitch, velocity in notes_of(track):
            row = row_of[pitch] if is_drums(track) else pitch
            length = min(end - start, 120) if is_drums(track) else max(FINEST_TICKS, end - start - 15)
            tall = (0.84 * space if is_drums(track) else 0.84) / 2
            after, low_edge, high_edge = start + length, row - tall, row + tall
            boxes.append([(start, low_edge), (after, low_edge), (after, high_edge), (start, high_edge)])
            strengths.append(0.35 + 0.65 * velocity / 127)
        axes.add_collection(PolyCollection(boxes, facecolors=[to_rgba(colour, alpha) for alpha in strengths]))
        axes.plot([], [], color=colour, linewidth=5, label=drawable(track.name or track.id))
    step = max(1, -(-(high - low) // 14))
    ticks = [*row_of.values(), *range(low, high + 1, step)]
    names = [*(PIECES.get(piece, pitch_name(piece)) for piece in pieces), *map(pitch_name, range(low, high + 1, step))]
    axes.set_yticks(ticks, names, fontsize=7)
    axes.set_ylim(min([low, *row_of.values()]) - space, high + 4.2 * space)
    return float(high), space


def paint_bars(axes: Axes, song: Song, bars: int, top: float) -> None:
    """Bar lines with their numbers, and names of sections at the height ``top``."""
    starts = [song.meters.ticks_at_bar(bar) for bar in range(1, bars + 2)]
    step = max(1, bars // 24)
    axes.set_xticks(starts[:-1:step], [str(bar) for bar in range(1, bars + 1, step)])
    axes.set_xlim(0, starts[-1])
    axes.set_xlabel("bar")
    for start in starts:
        axes.axvline(start, color=GRID, linewidth=0.8, zorder=0)
    for section in song.sections:
        at = song.meters.ticks_at_bar(section.start_bar)
        axes.axvline(at, color=SOFT, linewidth=1.2, zorder=0)
        axes.text(at, top, drawable(f" {section.name}"), color=SOFT, fontsize=8, clip_on=True)


def chord_words(song: Song, chord: Chord) -> str:
    """A chord symbol spelled as its key has it: ``Bb`` in F major, ``A#`` nowhere."""
    fifths = fifths_of(song.key_at_bar(song.meters.position_at(chord.start_ticks).bar))

    def name(pitch_class: int) -> str:
        letter, alter = spelled(pitch_class, fifths)
        return letter + ("♯" * alter if alter > 0 else "♭" * -alter)

    return name(chord.root) + chord.quality + (f"/{name(chord.bass)}" if chord.bass is not None else "")


def leading_track(song: Song) -> Track | None:
    """The track whose notes lie highest, lines before chords; None where no track with pitches plays."""

    def rank(track: Track) -> tuple[bool, float]:
        notes = notes_of(track)
        is_line = len(notes) <= 1.5 * len({note[0] for note in notes})
        return is_line, sum(note[2] for note in notes) / len(notes)

    return max((one for one in song.tracks if notes_of(one) and not is_drums(one)), key=rank, default=None)


def plot_lead_sheet(song: Song, track: str = "", *, kind: PictureKind = "png") -> bytes:
    """One track as a lead sheet: notes, chord symbols above, words below.

    Parameters
    ----------
    track : str
        its id; empty: the highest line, or where all play chords the highest of these.
    """
    chosen = song.track(track) if track else leading_track(song)
    notes = notes_of(chosen) if chosen else []
    lines = list(sheet_lines(song, notes))
    height = max(1, len(lines)) * LINE_HEIGHT

    def paint(axes: Axes) -> bool:
        axes.set_axis_off()
        axes.set_xlim(-1, SHEET_WIDTH + 1)
        axes.set_ylim(-height, 2)
        for number, marks in enumerate(lines):
            paint_marks(axes, marks, -LINE_HEIGHT * number - LINE_HEIGHT / 2)
        return bool(lines)

    size = ((SHEET_WIDTH + 2) * INCHES_A_SPACE, (height + 2) * INCHES_A_SPACE + 0.5)
    return drawn(song.title or (chosen.name if chosen else "Lead sheet"), paint, size, kind)


def sheet_lines(song: Song, notes: list[Sounding]) -> Iterable[list[Mark]]:
    """The marks of each line of a sheet."""
    end = max([note[1] for note in notes] + [c.start_ticks + c.length_ticks for c in song.chords], default=0)
    bars = song.meters.position_at(max(0, end - 1)).bar if end else 0
    clef = clef_for([note[2] for note in notes])
    for first in range(1, bars + 1, BARS_A_LINE):
        fifths = fifths_of(song.key_at_bar(first))
        staff = Staff(clef, fifths)
        lead, x = signature(clef, fifths, 0.0)
        staff.marks += lead
        x = meter_marks(song, first, x, staff)
        inside = range(first, min(bars, first + BARS_A_LINE - 1) + 1)
        heads = [bar_heads(song, notes, bar) for bar in inside]
        widths = [width_of(one) for one in heads]
        room = (SHEET_WIDTH - x) * min(1.0, len(heads) / BARS_A_LINE + 0.001)
        staff.marks += [Stroke(0, y, x + room, y, 0.1) for y in range(-2, 3)]
        for bar, own, width in zip(inside, heads, widths, strict=True):
            wide = room * width / sum(widths)
            meter = song.meters.step_at(song.meters.ticks_at_bar(bar))
            is_compound = meter.denominator == 8 and meter.numerator % 3 == 0
            places = places_of(own, x, wide)
            bar_marks(own, places, staff, 3 * meter.beat_ticks if is_compound else 960)
            above_and_below(
                song, bar, [(head.start, at) for head, at in zip(own, places, strict=True)], (x, wide), staff
            )
            x += wide
            staff.marks.append(Stroke(x, -2, x, 2, 0.35 if bar == bars else 0.12))
        yield staff.marks


def bar_heads(song: Song, notes: list[Sounding], bar: int) -> list[Any]:
    """What is printed in a bar, in one voice: of notes that overlap, the later ends the earlier."""
    start = song.meters.ticks_at_bar(bar)
    length = song.meters.ticks_at_bar(bar + 1) - start
    inside = [note for note in notes if note[0] < start + length and note[1] > start]
    edges = [min(length, max(0, at - start)) for note in inside for at in note[:2]]
    grid = bar_grid(length, edges)

    def on_grid(at: int) -> int:
        return start + nearest(grid, at - start) if start <= at <= start + length else at

    snapped = [(on_grid(a), max(on_grid(b), on_grid(a) + 120), pitch, velocity) for a, b, pitch, velocity in inside]
    voice = [chord for voice in in_voices(snapped) for chord in voice]
    return heads_of(one_voice(voice), start, length, grid)


def one_voice(chords: list[Chorded]) -> list[Chorded]:
    """Chords one after the other: what begins together is one chord, and a later one ends an earlier one."""
    by_start: dict[int, list[Chorded]] = {}
    for chord in chords:
        by_start.setdefault(chord.start, []).append(chord)
    starts = sorted(by_start)
    found = []
    for start, after in zip(starts, [*starts[1:], 2**60], strict=False):
        own = by_start[start]
        pitches = tuple(sorted({pitch for chord in own for pitch in chord.pitches}))
        found.append(Chorded(start, min(after, max(chord.end for chord in own)), pitches))
    return found


def meter_marks(song: Song, bar: int, x: float, staff: Staff) -> float:
    """The meter, in the first line and where it is new."""
    now = song.meters.step_at(song.meters.ticks_at_bar(bar))
    if bar > 1 and song.meters.step_at(song.meters.ticks_at_bar(bar) - 1)[2:] == now[2:]:
        return x
    for y, number in ((1.0, now.numerator), (-1.0, now.denominator)):
        staff.marks.append(Words(x + 0.9, y, str(number), 2.0, "center", is_bold=True))
    return x + 2.6


def above_and_below(
    song: Song, bar: int, places: list[tuple[int, float]], span: tuple[float, float], staff: Staff
) -> None:
    """Chord symbols, section names and words of a bar, each where the notes of its moment stand."""
    start = song.meters.ticks_at_bar(bar)
    length = song.meters.ticks_at_bar(bar + 1) - start

    def across(ticks: int) -> float:
        near = [at for begin, at in places if begin == ticks - start]
        return near[0] if near else span[0] + 1.2 + (span[1] - 1.2) * (ticks - start) / length

    staff.marks += [Words(span[0] + 0.2, 3.9, str(bar), 1.1)] if bar > 1 else []
    for section in song.sections:
        if section.start_bar == bar:
            staff.marks.append(Words(span[0] + 0.2, 7.0, section.name, 1.7, is_bold=True))
    for chord in song.chords:
        if start <= chord.start_ticks < start + length:
            staff.marks.append(Words(across(chord.start_ticks) - 0.6, 5.2, chord_words(song, chord), 1.8, is_bold=True))
    for lyric in song.lyrics:
        if start <= lyric.at_ticks < start + length:
            staff.marks.append(Words(across(lyric.at_ticks), -5.6, lyric.text, 1.5, "center"))


def paint_marks(axes: Axes, marks: Iterable[Mark], middle: float) -> None:
    """Marks of a staff whose middle line is at ``middle``."""
    from matplotlib.patches import Ellipse, Polygon

    points = 72 * INCHES_A_SPACE
    for mark in marks:
        if isinstance(mark, Stroke):
            style: Any = {"color": INK, "linewidth": mark.width * points, "solid_capstyle": "round"}
            axes.plot([mark.x1, mark.x2], [mark.y1 + middle, mark.y2 + middle], **style)
        elif isinstance(mark, Oval):
            face = INK if mark.is_filled else "none"
            shape = Ellipse((mark.x, mark.y + middle), mark.width, mark.height, angle=mark.angle)
            shape.set(facecolor=face, edgecolor=INK, linewidth=0.18 * points)
            axes.add_patch(shape)
        elif isinstance(mark, Area):
            axes.add_patch(Polygon([(x, y + middle) for x, y in mark.points], facecolor=INK, edgecolor="none"))
        else:
            weight = "bold" if mark.is_bold else "normal"
            size = mark.size * points * 0.72 * 1.25
            at = (mark.x, mark.y + middle)
            axes.text(*at, drawable(mark.text), fontsize=size, ha=mark.align, va="center", color=INK, weight=weight)


def drawn(title: str, paint: Any, size: tuple[float, float], kind: PictureKind) -> bytes:
    """One figure, painted and written; ``paint`` says whether there was anything to draw."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: Any = STYLE | {"font.family": list(font_families()), "axes.grid": False, "svg.hashsalt": "bandmate"}
    with ONE_AT_A_TIME, matplotlib.rc_context(settings):
        figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        if not paint(axes):
            axes.set_axis_off()
            axes.text(0.5, 0.5, "nothing to draw", color=SOFT, ha="center", va="center", transform=axes.transAxes)
        axes.set_title(drawable(title), pad=18)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=6, borderaxespad=0.0, fontsize=8)
        file = io.BytesIO()
        marks: Any = {"Software": "Bandmate"} if kind == "png" else {"Date": None, "Creator": "Bandmate"}
        figure.savefig(file, format=kind, metadata=marks)
    return file.getvalue()
