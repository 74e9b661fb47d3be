import math
from pathlib import Path
from statistics import fmean, median
from typing import Any

import msgspec
import numpy as np
import pytest

from npfs.analysis.calibration import SEED, TooFewRuns, calibrate
from npfs.analysis.comparison import compare_times
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import RunFolder, read_run
from npfs.analysis.statistics import log_ratio, margin_of_mean
from npfs.schema import Size
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


def without_most_of_the_first(whole: Evidence) -> Evidence:
    """Take all but three cases out of the first run."""
    runs = whole.runs
    first = msgspec.structs.replace(runs[0], cases=runs[0].cases[:3])
    return Evidence(RunFolder((first, *runs[1:]), ()))


def test_independent_runs_are_covered_as_often_as_intervals_promise(tmp_path: Path) -> None:
    logs = np.random.default_rng(0).normal(0, 0.05, (40, 24))
    found = calibrate(evidence(tmp_path, logs))
    summary = found.summary()
    assert (found.runs, found.half, len(found.coverages)) == (40, 5, 24 + 32)
    assert [summary.times, summary.speedups] == pytest.approx([0.95, 0.95], abs=0.015)
    for references in ({None}, {"python", "numpy"}):
        alone = [of.coverage_alone for of in found.coverages if of.reference in references]
        assert fmean(alone) == pytest.approx(0.95, abs=0.015)
    assert found.any_alarm <= 0.1  # 0.05 is promised; of 100 splits that share runs
    assert summary.false_alarms is not None
    assert summary.false_alarms <= 0.01
    # 2 t(0.975, 4) 0.05 / sqrt(5), less the bias of the median of a standard deviation of five
    assert summary.width_of_times == pytest.approx(0.12, abs=0.015)


def test_intervals_that_promise_too_much_are_found_out(tmp_path: Path) -> None:
    """One run in ten is slow: most sets of five never see it, and predict what does not come."""
    generator = np.random.default_rng(0)
    logs = generator.normal(0, 0.001, (20, 24)) + 0.05 * (np.arange(20) % 10 == 0)[:, None]
    found = calibrate(evidence(tmp_path, logs)).coverages
    assert fmean(of.coverage_alone for of in found if of.reference is None) < 0.8


def test_too_few_runs_say_how_to_add_some(tmp_path: Path) -> None:
    few = evidence(tmp_path, np.zeros((7, 24)))
    with pytest.raises(TooFewRuns, match="there are 7 that timed one case: add 3 with the command"):
        calibrate(few)
    assert calibrate(few, half=3).half == 3


def test_equal_times_are_covered_and_raise_no_alarm(tmp_path: Path) -> None:
    found = calibrate(evidence(tmp_path, np.zeros((10, 24))))
    assert list(vars(found.summary()).values()) == [1, 1, 1, 0, 0, 0]
    assert found.any_alarm == 0


def test_a_summary_is_of_all_of_a_backend_or_of_a_size(tmp_path: Path) -> None:
    logs = np.random.default_rng(0).normal(0, 0.05, (12, 24))
    found = calibrate(evidence(tmp_path, logs))
    of_numba = [of for of in found.coverages if of.backend == "numba" and of.reference]
    assert found.summary(backend="numba").speedups == fmean(of.coverage for of in of_numba)
    widths = [of.width for of in found.coverages if str(of.size) == "20" and not of.reference]
    assert found.summary(size=Size(20, 1)).width_of_times == median(widths)
    assert set(vars(found.summary(backend="jax")).values()) == {None}


@pytest.mark.parametrize("half", [2, 5])
def test_it_is_what_comparing_one_pair_of_halves_after_another_gives(
    tmp_path: Path, half: int
) -> None:
    """Against ``log_ratio``, ``margin_of_mean`` and the comparison itself, split by split.

    The spread between runs is larger for some cases, some runs lack cases, and a shift of half of
    the runs makes some differences significant.
    """
    generator = np.random.default_rng(1)
    logs = generator.normal(0, np.geomspace(0.001, 0.3, 24), (12, 24))
    logs[:6, :12] += 0.02
    runs = without_most_of_the_first(evidence(tmp_path, logs))
    splits = 20
    found = calibrate(runs, half=half, splits=splits)
    slow = one_after_another(runs, half, splits)
    assert found.any_alarm == slow.pop("any_alarm") > 0
    assert {(of.backend, of.reference, of.size) for of in found.coverages} == slow.keys()
    for of in found.coverages:
        covered, alone, alarms, width = slow[of.backend, of.reference, of.size]
        assert (of.coverage, of.coverage_alone) == (covered, alone)
        assert of.false_alarms == (alarms if of.reference is None else None)
        assert of.width == pytest.approx(width, rel=1e-12)
    assert {of.coverage for of in found.coverages} > {1.0}


def one_after_another(runs: Evidence, half: int, splits: int) -> dict[Any, Any]:
    """Return shares and median width of each quantity, and the share of splits with an alarm."""
    generator = np.random.default_rng(SEED)
    outcomes: dict[Any, list[tuple[bool, bool, bool, float]]] = {}
    any_alarm = []
    for _ in range(splits):
        order = generator.permutation(len(runs.runs)).tolist()
        halves: dict[Any, list[list[float]]] = {}
        for (backend, size), seconds in runs.seconds.items():
            for reference in (None, "python", "numpy"):
                over = runs.seconds[reference, size] if reference else dict.fromkeys(order, 1.0)
                both = [over[k] / seconds[k] for k in order if k in seconds and k in over]
                if backend != reference and len(both) >= 2 * half:
                    halves[backend, reference, size] = [both[:half], both[half : 2 * half]]
        times = {key: of for key, of in halves.items() if key[1] is None}
        changes, _ = compare_times(
            *({(k[0], k[2]): of[i] for k, of in times.items()} for i in (0, 1))
        )
        alarms = {(c.backend, c.size) for c in changes if c.is_significant}
        any_alarm.append(bool(alarms))
        for key, (one, other) in halves.items():
            difference, margin = log_ratio(np.log(one), np.log(other)), margin_of_mean(np.log(one))
            outcomes.setdefault(key, []).append(
                (
                    difference.p_value >= 0.05,
                    abs(difference.value) <= margin * math.sqrt(2),
                    (key[0], key[2]) in alarms,
                    math.expm1(2 * margin),
                )
            )
    columns = {key: list(zip(*of, strict=True)) for key, of in outcomes.items()}
    slow: dict[Any, Any] = {
        key: (*(fmean(map(float, of)) for of in shares), median(widths))
        for key, (*shares, widths) in columns.items()
    }
    return slow | {"any_alarm": fmean(map(float, any_alarm))}
