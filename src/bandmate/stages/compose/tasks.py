"""Which generator does what was asked for: one table of verbs and parts.

Conventions: the kind of part is the brief's for what is written anew; what is done with a clip follows from the track
that it is on. Drums have generators of their own.

Not covered: choosing among the ideas, and putting them into the song (``propose``).
"""

from __future__ import annotations

from collections.abc import Callable

from bandmate.song.errors import RequestError
from bandmate.stages.compose.bass_ideas import bass_ideas
from bandmate.stages.compose.brief import ComposeBrief, PartKind, Verb
from bandmate.stages.compose.chorale_ideas import harmonise_ideas
from bandmate.stages.compose.chord_ideas import chord_ideas, next_chord_ideas
from bandmate.stages.compose.clip_morph import laid_in
from bandmate.stages.compose.clip_verbs import (
    answer_ideas,
    continue_ideas,
    counter_ideas,
    enrich_ideas,
    harmony_line_ideas,
    infill_ideas,
    morph_ideas,
    simplify_ideas,
    vary_ideas,
)
from bandmate.stages.compose.drum_clips import (
    drum_continue_ideas,
    drum_enrich_ideas,
    drum_infill_ideas,
    drum_simplify_ideas,
    drum_vary_ideas,
    drumify_ideas,
)
from bandmate.stages.compose.drum_ideas import drum_ideas
from bandmate.stages.compose.groove_ideas import groove_ideas
from bandmate.stages.compose.idea import Idea
from bandmate.stages.compose.keys_ideas import keys_ideas
from bandmate.stages.compose.melody_ideas import melody_ideas
from bandmate.stages.compose.passage import Passage, Tone
from bandmate.stages.compose.reharmonise import reharmonise_ideas
from bandmate.stages.compose.toolbox import Toolbox

USUAL_DISTANCE = 0.3
USUAL_FEEL = 1.0
USUAL_CHANGE = 0.5

Generator = Callable[[Passage, ComposeBrief, Toolbox, int], tuple[Idea, ...]]

PARTS_ANEW: dict[PartKind, Generator] = {
    "chords": lambda p, b, t, s: chord_ideas(p, b, t.chords, s),
    "melody": lambda p, b, t, s: melody_ideas(p, b, t.melody, s),
    "bass": lambda p, b, t, s: bass_ideas(p, b, s),
    "keys": lambda p, b, t, s: keys_ideas(p, b, s),
    "drums": lambda p, b, t, s: drum_ideas(p, b, t.drums, s),
    "harmony": lambda p, b, t, s: harmony_line_ideas(p, b, t.melody, s, lead=lead_of(p, b)),
    "counter": lambda p, b, t, s: counter_ideas(p, b, t.melody, s, lead=lead_of(p, b)),
}
CLIP_VERBS: dict[Verb, Generator] = {
    "continue": lambda p, b, t, s: continue_ideas(p, b, t.melody, s),
    "answer": lambda p, b, t, s: answer_ideas(p, b, t.melody, s),
    "infill": lambda p, b, t, s: infill_ideas(p, b, t.melody, s),
    "simplify": lambda p, b, t, s: simplify_ideas(p, b, t.melody, s),
    "enrich": lambda p, b, t, s: enrich_ideas(p, b, t.melody, s),
    "vary": lambda p, b, t, s: vary_ideas(p, b, t.melody, s, amount=amount_of(b, USUAL_DISTANCE)),
    "groove": lambda p, b, t, s: groove_ideas(p, b, t.drums, s, amount=amount_of(b, USUAL_FEEL)),
    "drumify": lambda p, b, t, s: drumify_ideas(p, b, t.drums, s),
    "harmonise": lambda p, b, t, s: harmonise_ideas(p, b, t.chorale, s),
    "reharmonise": lambda p, b, t, s: reharmonise_ideas(p, b, t.chords, s),
    "next": lambda p, b, t, s: next_chord_ideas(p, b, t.chords, s),
    "morph": lambda p, b, t, s: morphed(p, b, t, s),
}
DRUM_VERBS: dict[Verb, Generator] = {
    "continue": lambda p, b, t, s: drum_continue_ideas(p, b, t.drums, s),
    "answer": lambda p, b, t, s: drum_continue_ideas(p, b, t.drums, s),
    "infill": lambda p, b, t, s: drum_infill_ideas(p, b, t.drums, s),
    "vary": lambda p, b, t, s: drum_vary_ideas(p, b, t.drums, s, amount=amount_of(b, USUAL_DISTANCE)),
    "simplify": lambda p, b, t, s: drum_simplify_ideas(p, b, t.drums, s, amount=amount_of(b, USUAL_CHANGE)),
    "enrich": lambda p, b, t, s: drum_enrich_ideas(p, b, t.drums, s, amount=amount_of(b, USUAL_CHANGE)),
}


def ideas_for(passage: Passage, brief: ComposeBrief, tools: Toolbox, seed: int) -> tuple[Idea, ...]:
    """Ideas for what the brief asks, the best first.

    Raises
    ------
    RequestError
        if there is nothing to work on, or a pin cannot be met.
    """
    if brief.verb == "generate":
        if brief.part not in PARTS_ANEW:
            raise RequestError(f'"{brief.part}" is not written into bars; ask for a form with: bandmate propose form')
        return PARTS_ANEW[brief.part](passage, brief, tools, seed)
    table = DRUM_VERBS if brief.part == "drums" and brief.verb in DRUM_VERBS else CLIP_VERBS
    return table[brief.verb](passage, brief, tools, seed)


def amount_of(brief: ComposeBrief, usual: float) -> float:
    return usual if brief.amount is None else brief.amount


def lead_of(passage: Passage, brief: ComposeBrief) -> tuple[Tone, ...] | None:
    """What the named track plays, for what goes along with it; None lets the song's leading part be found."""
    return next((part.tones for part in passage.parts if part.track == brief.track), None) if brief.track else None


def morphed(passage: Passage, brief: ComposeBrief, tools: Toolbox, seed: int) -> tuple[Idea, ...]:
    """The steps between the part's own bars and those of another track, or other bars of its own."""
    source = next((part.tones for part in passage.parts if part.track == brief.other), passage.own)
    begin = passage.start_ticks
    if brief.other_bar is not None:
        bar = next((bar for bar in passage.all_bars if bar.number == brief.other_bar), None)
        if bar is None:
            raise RequestError(f"there is no bar {brief.other_bar} to morph to; the song ends before it")
        begin = bar.start_ticks
    elif source is passage.own:
        raise RequestError("a morph needs a second clip; name another track, or the bar that it begins in")
    end = laid_in(source, begin, passage)
    found = morph_ideas(
        passage, brief, tools.melody, seed, one=passage.inside(), other=end, steps=max(1, brief.alternatives)
    )
    return found[1:-1]
