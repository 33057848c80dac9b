"""The pictures of a mix. Warnings are errors here, so a missing letter would fail."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image

from bandmate.report.mix_plots import map_ticks, mix_plots
from tests.report.mix_samples import ERB_HZ, empty_report, masking, mix_report


def test_everything_has_its_picture_and_equal_data_gives_equal_bytes() -> None:
    pictures = mix_plots(mix_report())
    assert list(pictures) == [
        "finding-1-masking-without",
        "finding-1-masking-with",
        "finding-1-spectra",
        "finding-2-loudness",
        "lead-without",
        "lead-with",
        "loudness",
        "fader-1",
        "fader-2",
    ]
    assert {Image.open(io.BytesIO(png)).size for png in pictures.values()} == {(1120, 476)}
    assert len(set(pictures.values())) == len(pictures)
    assert mix_plots(mix_report(findings=()))["lead-with"] == pictures["lead-with"]


def test_a_picture_with_nothing_to_show_is_left_out() -> None:
    assert mix_plots(empty_report()) == {}
    one = replace(masking(), lost_now=tuple((None,) * len(row) for row in masking().lost_now))
    only = replace(empty_report(), lead=one)
    assert list(mix_plots(only)) == ["lead-without"]


def test_ticks_beside_a_map_do_not_touch() -> None:
    assert map_ticks(ERB_HZ)[0] == 10_000
    assert len(map_ticks(ERB_HZ)) >= 5
