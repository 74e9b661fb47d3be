from pathlib import Path
from statistics import fmean, median
from typing import Any

import msgspec
import numpy as np
import pytest

from npfs.analysis.calibration import TooFewRuns, calibrate
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import RunFolder, read_run
from tests import run_files

BACKENDS = ("python", "numpy", "numba")
SIZES = tuple(10 * 2**k for k in range(8))


def evidence(folder: Path, logs: Any) -> Evidence:
    """Evidence of a run for each row of ``logs``; a column for each backend and size."""
    keys = [(name, n, 1) for name in BACKENDS for n in SIZES]
    documents = [
        run_files.document(dict(zip(keys, np.exp(row).tolist(), strict=True)), number)
        for number, row in enumerate(logs, start=1)
    ]
    return Evidence(RunFolder(tuple(map(read_run, run_files.write(folder, documents))), ()))


def test_intervals_of_independent_runs_hold_as_often_as_they_say(tmp_path: Path) -> None:
    logs = np.random.default_rng(0).normal(0, 0.05, (40, 24))
    found = calibrate(evidence(tmp_path, logs))
    assert (found.runs, found.half, len(found.times), len(found.speedups)) == (40, 5, 24, 32)
    assert fmean(h.coverage for h in found.times) == pytest.approx(0.95, abs=0.015)
    assert fmean(h.coverage for h in found.speedups) == pytest.approx(0.95, abs=0.015)
    assert fmean(h.coverage_alone for h in found.times) == pytest.approx(0.95, abs=0.015)
    assert fmean(h.coverage_alone for h in found.speedups) == pytest.approx(0.95, abs=0.015)
    assert found.any_alarm <= 0.1  # 0.05 is promised; of 100 splits that share runs
    assert fmean(h.false_alarms for h in found.times) <= 0.01
    # 2 t(0.975, 4) 0.05 / sqrt(5), less the bias of the median of a standard deviation of five
    assert median(h.width for h in found.times) == pytest.approx(0.12, abs=0.015)


def test_intervals_that_do_not_hold_are_found_out(tmp_path: Path) -> None:
    """One run in ten is slow: most sets of five never see it, and predict what does not come."""
    generator = np.random.default_rng(0)
    logs = generator.normal(0, 0.001, (20, 24)) + 0.05 * (np.arange(20) % 10 == 0)[:, None]
    found = calibrate(evidence(tmp_path, logs))
    assert fmean(h.coverage_alone for h in found.times) < 0.8


def test_too_few_runs_say_how_to_add_some(tmp_path: Path) -> None:
    few = evidence(tmp_path, np.zeros((7, 24)))
    with pytest.raises(TooFewRuns, match="there are 7 that timed one case: add 3 with the command"):
        calibrate(few)
    assert calibrate(few, half=3).half == 3


def test_equal_times_hold_and_raise_no_alarm(tmp_path: Path) -> None:
    found = calibrate(evidence(tmp_path, np.zeros((10, 24))))
    assert fmean(h.coverage for h in found.coverages) == 1
    assert found.any_alarm == 0
    assert median(h.width for h in found.coverages) == 0


def test_a_case_that_some_runs_lack_is_split_by_the_runs_that_have_it(tmp_path: Path) -> None:
    logs = np.random.default_rng(0).normal(0, 0.05, (12, 24))
    whole = evidence(tmp_path, logs)
    partial = Evidence(RunFolder(tuple(
        run if index else msgspec.structs.replace(run, cases=run.cases[:3])
        for index, run in enumerate(whole.runs)
    ), ()))  # fmt: skip
    found = calibrate(partial)
    assert len(found.times) == 24
