"""How inner loops are compiled, where nothing can be kept on disk too."""

from __future__ import annotations

import pytest
from numba.core import caching

from bandmate.sound.kernel import contracted_kernel, kernel


def test_a_kernel_runs_where_no_folder_for_machine_code_can_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])

    def doubled(value: float) -> float:
        return 2 * value

    assert kernel(doubled)(21.0) == 42.0
    assert contracted_kernel(doubled)(21.0) == 42.0
