"""What commands that master have in common: options, and the brief that they make.

Conventions: shares are typed in percent. ``propose master``, ``master``, ``album`` and ``batch`` mean the same by the
same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bandmate.song.errors import OutOfRange

if TYPE_CHECKING:
    from bandmate.stages.master.brief import MasterBrief

DEFAULT_PERCENT = 100.0

References = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        "-r",
        help="Record to compare with: a file, a folder or a kept target; weights behind it: song.wav@tone=100,width=0.",
    ),
]
Tone = Annotated[float, typer.Option(help="How far the tone may go, in percent.")]
Dynamics = Annotated[float, typer.Option(help="How far the dynamics may go, in percent.")]
Width = Annotated[float, typer.Option(help="How far the width may go, in percent.")]
Loudness = Annotated[float, typer.Option(help="How far the loudness may go, in percent.")]
Guard = Annotated[float, typer.Option(help="Never further towards the references than this, in percent.")]
Style = Annotated[str, typer.Option(help="Limiter: transparent, balanced or loud.")]
SoftClip = Annotated[float, typer.Option(help="Decibels that a soft clipper rounds off before the limiter.")]
LinearPhase = Annotated[bool, typer.Option("--linear-phase", help="An equalizer that keeps phases.")]
ByPassage = Annotated[bool, typer.Option("--by-passage", help="A gain for each passage, as verse and chorus.")]
MonoBelow = Annotated[float | None, typer.Option(help="Bass in one channel below this frequency, in Hz.")]
Lufs = Annotated[float | None, typer.Option(help="Loudness in LUFS instead of the destination's.")]
Ceiling = Annotated[float | None, typer.Option(help="Ceiling in dBTP instead of the destination's.")]


def asked_for(percents: dict[str, float], others: dict[str, object]) -> MasterBrief:
    """The brief out of percentages and other settings.

    Raises
    ------
    OutOfRange
        for a percentage that is not from 0 to 100.
    """
    from bandmate.stages.master.brief import MasterBrief

    for name, percent in percents.items():
        if not 0.0 <= percent <= 100.0:
            hint = "; for a loudness in LUFS there is --lufs" if name == "loudness" and percent < 0.0 else ""
            raise OutOfRange(f"{name} is {percent:g} %; possible are 0 to 100 %{hint}")
    return MasterBrief(**{name: percent / 100.0 for name, percent in percents.items()}, **others)  # type: ignore[arg-type]


def checked_style(style: str) -> str:
    """A style of the limiter.

    Raises
    ------
    UnknownName
        listing those there are.
    """
    from typing import get_args

    from bandmate.song.devices import LimiterStyle
    from bandmate.song.errors import UnknownName

    if style not in get_args(LimiterStyle):
        raise UnknownName("limiter style", style, get_args(LimiterStyle))
    return style
