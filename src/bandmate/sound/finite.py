"""The check that every meter makes first: a block of the right shape, without NaN and infinity.

Conventions: frames are counted from the first block fed, starting at 0; channels are named from 1 as on a desk. A
meter's ``feed`` makes the check; who feeds one block to several meters makes it once and calls their ``take``.

Not covered: repair. A NaN in a file means a broken export or a broken plug-in, so a meter refuses it by frame and time
instead of guessing; ``bandmate.sound.levels`` counts such samples without refusing them.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import numpy.typing as npt

from bandmate.song.errors import RequestError
from bandmate.sound.audio import Samples, checked_samples


def checked_block(block: npt.ArrayLike, channels: int) -> Samples:
    """``block`` as contiguous float32 of exactly ``channels`` channels, in a read-only view.

    subtle: numba compiles a kernel anew for read-only arrays; so that one version does, all blocks are.

    Raises
    ------
    RequestError
        if the block has another number of channels, or is not two-dimensional.
    """
    samples = checked_samples(block)
    if samples.shape[0] != channels:
        raise RequestError(
            f"block has {samples.shape[0]} channels, the meter was made for {channels}; make a meter per layout"
        )
    view = samples.view()
    view.flags.writeable = False
    return view


def finite_block(block: npt.ArrayLike, channels: int, *, start_frame: int, rate_hz: int) -> Samples:
    """As `checked_block`, and every sample finite.

    Parameters
    ----------
    block : array (channels, frames)
    channels : int
    start_frame : int
        where in the whole signal the block begins, for the message.
    rate_hz : int

    Raises
    ------
    RequestError
        naming the first frame that is NaN or infinite, with its time.
    """
    samples = checked_block(block, channels)
    if samples.size and not (np.isfinite(samples.max()) and np.isfinite(samples.min())):
        refuse_bad_frame(samples, start_frame=start_frame, rate_hz=rate_hz)
    return samples


def refuse_bad_frame(samples: Samples, *, start_frame: int, rate_hz: int) -> NoReturn:
    """Raise for the first frame of ``samples`` that is NaN or infinite; there must be one."""
    bad = ~np.isfinite(samples)
    frame = int(bad.any(axis=0).argmax())
    channel = int(bad[:, frame].argmax())
    raise RequestError(
        f"channel {channel + 1} is {samples[channel, frame]} at frame {start_frame + frame} "
        f"({(start_frame + frame) / rate_hz:.3f} s); a meter needs finite samples; repair or cut that place first"
    )
