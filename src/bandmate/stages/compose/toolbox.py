"""The models that the compose stage works with, each loaded when it is first needed.

A musician's own model takes the place of the one that comes with Bandmate; her catalogue is looked at by the copy gate
and the genericness meter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bandmate.models.chorale import ChoraleModel, load_chorale
from bandmate.models.chords import ChordModel, load_chord_model
from bandmate.models.drums import DrumModel, load_drums
from bandmate.models.form import FormModel, load_form
from bandmate.models.melody import MelodyModel, load_melody_model
from bandmate.models.originality import OriginalityModel, load_originality
from bandmate.models.works_index import WorksIndex
from bandmate.stages.compose.copy_gate import CopyGate
from bandmate.stages.compose.genericness import Meter


@dataclass(frozen=True)
class Toolbox:
    """Models by what they are for; loading one that is missing or damaged raises ``ModelError``.

    Attributes
    ----------
    melody_file : Path, optional
        a melody model of the musician's own.
    catalogue : WorksIndex, optional
        lines of her own songs (``catalogue_index``).
    """

    melody_file: Path | None = None
    catalogue: WorksIndex | None = None

    @property
    def melody(self) -> MelodyModel:
        return load_melody_model(self.melody_file)

    @property
    def chords(self) -> ChordModel:
        return load_chord_model()

    @property
    def chorale(self) -> ChoraleModel:
        return load_chorale()

    @property
    def drums(self) -> DrumModel:
        return load_drums()

    @property
    def form(self) -> FormModel:
        return load_form()

    @property
    def originality(self) -> OriginalityModel:
        return load_originality()

    @property
    def gate(self) -> CopyGate:
        return CopyGate(self.originality.indices["pitches"], self.catalogue)

    @property
    def meter(self) -> Meter:
        return Meter(self.originality, self.chords, self.form, self.catalogue)
