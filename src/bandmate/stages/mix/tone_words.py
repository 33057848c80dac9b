"""Words and certainty of what is found about the tone of a track."""

from __future__ import annotations

import math


def hz_words(freq_hz: float) -> str:
    """A frequency to the nearest hertz, such as ``2480 Hz``."""
    return f"{freq_hz:.0f} Hz"


def logistic(value: float, even: float, width: float, most: float) -> float:
    """How sure a figure makes: half of ``most`` at ``even``, nearly all of it a few ``width`` above."""
    return most / (1.0 + math.exp(-(value - even) / width))
