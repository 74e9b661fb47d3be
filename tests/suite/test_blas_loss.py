import os
import subprocess
import sys
from typing import Any

import pytest

from npfs.suite import blas_loss


def test_processes_alternate_with_the_variable_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def run(_: list[str], *, env: dict[str, str], **__: Any) -> subprocess.CompletedProcess[str]:
        assert env["PATH"] == os.environ["PATH"]
        asked.append("OPENBLAS_CORETYPE" in env)
        return subprocess.CompletedProcess([], 0, stdout=f"said\n{2.0 if asked[-1] else 1.0}\n")

    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setattr(subprocess, "run", run)
    assert blas_loss.seconds_with_and_without(["OPENBLAS_CORETYPE"], 3) == ([2.0] * 3, [1.0] * 3)
    assert asked == [True, False, False, True, True, False]


def test_a_process_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(blas_loss.__file__))
    with pytest.raises(blas_loss.LossNotMeasured, match="gave no time"):
        blas_loss.seconds_with_and_without(["OPENBLAS_CORETYPE"], 1)


def test_a_process_gives_a_time() -> None:
    [with_it], [without] = blas_loss.seconds_with_and_without(["ABSENT"], 1)
    assert with_it > 0
    assert without > 0
