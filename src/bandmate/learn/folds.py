"""Folds: which works teach, which are used for tuning, and which are kept back to judge by; told from the work alone.

Conventions: of every corpus about 85 % teach, 5 % tune and 10 % are held back. A work is known by its corpus and its
name without case, marks and article, so that two settings of one tune fall on the same side. The same name falls on
the same side for ever.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Literal

Fold = Literal["teach", "tune", "held"]
SHARES: tuple[tuple[Fold, int], ...] = (("held", 2), ("tune", 1), ("teach", 17))
ARTICLES = re.compile(r"^(the|a|an|da|der|die|das|le|la|les|el|il)\s+|,\s*(the|a|an)$")


def fold_of(corpus: str, name: str) -> Fold:
    """The fold of a work; ``name`` is its title, or its file's name where it has none."""
    digest = hashlib.sha256(f"{corpus}/{plain_name(name)}".encode()).digest()
    place = int.from_bytes(digest[:4], "big") % sum(share for _, share in SHARES)
    for fold, share in SHARES:
        if place < share:
            return fold
        place -= share
    raise AssertionError("the shares cover every place")


def plain_name(name: str) -> str:
    """``The Enchanted Valley.`` and ``Enchanted Valley, The`` are both ``enchanted valley``."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return re.sub(r"[^\w]+", " ", ARTICLES.sub("", bare.strip(" .!?\"'"))).strip()
