"""Texts in the letters of ISO 8859-1."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.formats.latin_text import LETTERS, change_remark, fits_latin, latin_text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Café Déjà Vu", "Café Déjà Vu"),
        ("Дорога домой", "Doroga domoi"),
        ("ЩУКА", "SHCHUKA"),
        ("Щука", "Shchuka"),
        ("Київ", "Kiiv"),
        ("Ψυχή", "Psychi"),
        ("Łódź – “Őrült”", 'Lódz - "Orült"'),
        ("Dvořák…", "Dvorák..."),
        ("夜 (Night)", "? (Night)"),
        ("夜", ""),
        ("", ""),
        ("e\u0301", "é"),
    ],
)
def test_texts_are_written_for_a_reader_of_latin_letters(text: str, written: str) -> None:
    assert latin_text(text) == written


@settings(deadline=None)
@given(st.text())
def test_whatever_comes_out_fits(text: str) -> None:
    written = latin_text(text)
    assert fits_latin(written)
    assert latin_text(written) == written
    if fits_latin(text):
        assert written is text


def test_every_letter_of_the_tables_has_a_small_and_a_capital_form() -> None:
    for small, written in LETTERS.items():
        assert written.isascii() and latin_text("x" + small) == "x" + written
        assert latin_text("x" + small.upper()).lower() == "x" + written


def test_a_change_is_told() -> None:
    assert change_remark("title:", "夜", "") == (
        'title: "夜" cannot be written in ISO 8859-1 and is left out; give it in Latin letters'
    )
    assert 'is written as "Noch"' in change_remark("title:", "Ночь", "Noch")
