"""The largest magnitude in a stretch of sound: the first thing that most meters must know.

Conventions: full scale 1. NaN counts as larger than infinity, so one look tells whether all samples are finite.

Not covered: several channels at once; call it for each.
"""

from __future__ import annotations

import numpy as np

from bandmate.sound.audio import Samples
from bandmate.sound.kernel import kernel


@kernel
def magnitude(samples: Samples) -> float:
    """The largest magnitude, shape (frames,); 0 for no frames, NaN where one is NaN.

    subtle: compared as the bits of the float32, for positive floats have the same order and whole numbers vectorize;
    the casts keep them 32 bits wide.
    """
    bits, highest = samples.view(np.int32), np.int32(0)
    for i in range(bits.shape[0]):
        highest = np.int32(max(highest, np.int32(bits[i] & np.int32(0x7FFFFFFF))))
    return float(np.int32(highest).view(np.float32))
