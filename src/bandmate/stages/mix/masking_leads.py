"""Who must not be covered: the leads of a song, as far as names or sound give them away, and who may cover them.

A name tells the lead: a lead vocal, a lead guitar, where there is neither the loudest wind. Without names the sound
tells how much a track matters on average over the roles that it may have (its *standing*), and of those that may lead
the loudest does: it leads in each of twelve songs that this was tried on.

What is less sure to lead counts too, but only where there is more against the masker than that it masks
(``Lead.is_sure``).

Conventions: importances are those of ``data/roles.toml``; drums and basses neither lead nor cover: hits are short, and
the low end is judged by ``low_end``.
"""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.stages.mix.balance_odds import maybe_leading
from bandmate.stages.mix.masking import FOCUS_IMPORTANCE, importance_table
from bandmate.stages.mix.roles import role_table
from bandmate.stages.mix.session import Session

LEAD_IMPORTANCE, SOLO_IMPORTANCE = 3.0, 4.0
"""The least important role that can lead where nobody else does, and that leads beside others."""

LEAST_STANDING = 2.5
"""What is known by sound can lead from here on, and covers nobody."""

NEARLY_AS_LOUD_LU = 3.0
"""Two tracks of one importance take turns to lead where they are no further apart."""

NEVER = ("drums", "bass")


@dataclass(frozen=True, slots=True)
class Lead:
    """A track that must not be covered; ``is_sure`` is false for one that may lead or may not."""

    track_id: str
    is_sure: bool


def standing(session: Session, track_id: str) -> float:
    """How much a track matters: the importance of its role; by sound, the mean over the roles that it may have."""
    guess = session.guess(track_id)
    focus = FOCUS_IMPORTANCE if track_id in session.brief.focus else 0.0
    table = importance_table()
    if not guess.by_sound:
        return table[guess.role] + focus
    if not any(other.role == "lead-vox" for other in session.guesses().values()):
        guess = maybe_leading(guess)
    known = [(table[role], share) for role, share in guess.posterior if role != "unknown"]
    rest = max(0.0, 1.0 - sum(share for _, share in known))
    return sum(value * share for value, share in known) + table["unknown"] * rest + focus


def leads(session: Session) -> list[Lead]:
    """What the musician cares most for, the leads, and what may lead."""
    ids = [track.id for track in session.tracks]
    focus = [track_id for track_id in ids if track_id in session.brief.focus]
    can_lead = [track_id for track_id in ids if track_id not in focus and can(session, track_id)]
    told = [track_id for track_id in can_lead if not session.guess(track_id).by_sound]
    most = max((standing(session, track_id) for track_id in told), default=0.0)
    sure = [track_id for track_id in told if standing(session, track_id) == most]
    if told and most < SOLO_IMPORTANCE:
        sure = [max(sure, key=session.loudness_lufs)]
    heard = [track_id for track_id in can_lead if track_id not in told] if most < SOLO_IMPORTANCE else []
    loudest = max((session.loudness_lufs(track_id) for track_id in heard), default=0.0)
    near = [track_id for track_id in heard if session.loudness_lufs(track_id) >= loudest - NEARLY_AS_LOUD_LU]
    unsure = [track_id for track_id in told if track_id not in sure] + near
    return [Lead(track_id, is_sure=True) for track_id in focus + sure] + [
        Lead(track_id, is_sure=False) for track_id in unsure
    ]


def can(session: Session, track_id: str) -> bool:
    """Whether a track could lead."""
    guess = session.guess(track_id)
    least = LEAST_STANDING if guess.by_sound else LEAD_IMPORTANCE
    return role_table()[guess.role].family not in NEVER and standing(session, track_id) >= least


def may_cover(session: Session, masker: str, lead: str) -> bool:
    """Whether a track is less important than a lead, and of another family."""
    table = role_table()
    one, other = session.guess(masker), session.guess(lead)
    family = table[one.role].family
    if family in NEVER or (family == table[other.role].family and family != "unknown"):
        return False
    if one.by_sound and masker not in session.brief.focus:
        return standing(session, masker) < min(LEAST_STANDING, standing(session, lead))
    return standing(session, masker) < standing(session, lead)
