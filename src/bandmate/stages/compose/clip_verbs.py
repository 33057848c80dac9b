"""What can be done with a clip, all verbs in one place.

Conventions: every verb takes ``(passage, brief, model, seed)`` and returns ideas, best first, that lie inside the bars
of the passage; what it needs besides goes by keyword. What the part plays outside of the bars is never touched.

::

    before the bars      in the bars                      another part
    continue, answer     vary, simplify, enrich, infill   counter, harmony line      morph: two clips
"""

from __future__ import annotations

from bandmate.stages.compose.clip_amount import enrich_ideas, simplify_ideas
from bandmate.stages.compose.clip_continue import answer_ideas, continue_ideas, infill_ideas
from bandmate.stages.compose.clip_counter import counter_ideas
from bandmate.stages.compose.clip_harmony import harmony_line_ideas
from bandmate.stages.compose.clip_morph import laid_in, morph_ideas
from bandmate.stages.compose.clip_seed import share_of_seed, share_quoted
from bandmate.stages.compose.clip_vary import vary_ideas

__all__ = [
    "answer_ideas",
    "continue_ideas",
    "counter_ideas",
    "enrich_ideas",
    "harmony_line_ideas",
    "infill_ideas",
    "laid_in",
    "morph_ideas",
    "share_of_seed",
    "share_quoted",
    "simplify_ideas",
    "vary_ideas",
]
