"""Advice from hand-made runs of known speed."""

import math
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from npfs.analysis.evidence import Evidence
from npfs.analysis.memory_cost import MemoryCost
from npfs.analysis.prediction import Estimate, NoSurvey, Prediction, Predictor, add
from npfs.analysis.runs import read_runs
from npfs.analysis.surface import Reach
from tests import run_files

SAMPLES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
FEATURES = (1, 2, 4, 8, 16)
Work = Callable[[int, int], tuple[float, float]]


def lists(n: int, d: int) -> tuple[float, float]:
    """Seconds of a call and of an epoch."""
    return 0.0, 50e-9 * n * (d + 1)


def numpy(n: int, d: int) -> tuple[float, float]:
    return 2e-6, 10e-6 + 1e-9 * n * (d + 1)


def gram(n: int, d: int) -> tuple[float, float]:
    return 5e-9 * n * (d + 1), 3e-6


WORKS: dict[str, Work] = {"python": lists, "numpy": numpy, "numpy-gram": gram}


def evidence(
    folder: Path,
    *,
    factor: float = 1.0,
    spread: float = 0.0,
    surveyed: bool = True,
    runs: int = 5,
    works: dict[str, Work] = WORKS,
) -> Evidence:
    """Runs whose cases take ``factor`` of what was surveyed, and differ by ``spread`` from run to run."""
    documents = []
    for run in range(1, runs + 1):
        off = factor * math.exp(spread * (run - (runs + 1) / 2))
        seconds = {
            (name, n, 1): off * (work(n, 1)[0] + 10 * work(n, 1)[1])
            for name, work in works.items()
            for n in (1_000, 100_000)
        }
        once = [
            run_files.first_call(name, 0.1, first_fit_s=0.7, second_fit_s=0.5) for name in works
        ]
        if surveyed and run == 1:
            once += [
                run_files.survey(name, {(n, d): work(n, d) for n in SAMPLES for d in FEATURES})
                for name, work in works.items()
            ]
            once.append(run_files.memory("numpy", 100_000, 1.6e6, 3.2e6))
        documents.append(run_files.document(seconds, run, once))
    run_files.write(folder, documents)
    return Evidence(read_runs(folder / "runs"))


def total(name: str, n: int, d: int, epochs: int) -> float:
    call_s, epoch_s = WORKS[name](n, d)
    return call_s + epochs * epoch_s


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize(("n", "d", "epochs"), [(500, 3, 7), (30_000, 12, 1000), (10, 1, 1)])
def test_a_fit_of_any_size_and_epochs_is_foretold(
    tmp_path: Path, name: str, n: int, d: int, epochs: int
) -> None:
    estimate, reach = Predictor(evidence(tmp_path)).fit(name, n, d, epochs)
    assert estimate.value == pytest.approx(total(name, n, d, epochs), rel=1e-3)
    assert reach.is_inside


@pytest.mark.parametrize("name", WORKS)
def test_a_decade_beyond_the_lines_go_on(tmp_path: Path, name: str) -> None:
    estimate, reach = Predictor(evidence(tmp_path)).fit(name, 10**7, 3, 100)
    assert estimate.value == pytest.approx(total(name, 10**7, 3, 100), rel=1e-3)
    assert reach.samples > 1


def test_what_was_timed_in_every_run_corrects_what_was_looked_at_once(tmp_path: Path) -> None:
    predictor = Predictor(evidence(tmp_path, factor=1.25))
    for epochs in (10, 1000):
        estimate, _ = predictor.fit("numpy", 100_000, 1, epochs)
        assert estimate.value == pytest.approx(1.25 * total("numpy", 100_000, 1, epochs), rel=1e-3)


def test_the_spread_between_runs_is_in_the_interval(tmp_path: Path) -> None:
    estimate, _ = Predictor(evidence(tmp_path, spread=0.1)).fit("numpy", 100_000, 1, 10)
    spread = 0.1 * math.sqrt(2.5) * math.sqrt(1 + 1 / 5)  # of -0.2 to 0.2 in five runs
    spread *= (
        2.7764451 / 1.96
    )  # Student's t with 4 degrees of freedom, in place of the normal quantile
    assert estimate.error == pytest.approx(spread, rel=1e-6)


def test_all_that_a_script_waits_for_is_in_the_total(tmp_path: Path) -> None:
    best = Predictor(evidence(tmp_path)).predict("numpy", 100_000, 1, 1000, fits=3)
    assert best.start is not None
    assert best.start.value == pytest.approx(0.25 + 0.1 + 0.2)
    assert best.prepare.value == pytest.approx(1e-4)
    parts = 0.55 + 1e-4 + 3 * total("numpy", 100_000, 1, 1000)
    assert best.total.value == pytest.approx(parts, rel=1e-3)
    assert best.memory_bytes == pytest.approx(1.6e6 + 3.2e6)
    assert best.total.low < best.total.value < best.total.high


def test_the_fastest_comes_first_and_what_differs_is_told(tmp_path: Path) -> None:
    predictor = Predictor(evidence(tmp_path))
    small, large = predictor.advise(10, 1, 1), predictor.advise(100_000, 1, 1000)
    assert [p.backend for p in large] == ["numpy-gram", "numpy", "python"]
    assert large[0].is_shortcut
    assert large[2].differs_from(large[1])
    assert not small[0].differs_from(small[1]), "all of them wait for the start alone"


def test_an_older_source_is_not_foretold_from(tmp_path: Path) -> None:
    """The survey is of a source that no case was timed with since."""
    found = evidence(tmp_path)
    document = run_files.document({("numpy", 1000, 1): 1.0, ("python", 1000, 1): 1.0}, 6)
    document["npfs"]["backends"]["numpy"]["source"] = "changed"
    run_files.write(tmp_path / "more", [document])
    (tmp_path / "more" / "runs" / "machine").mkdir(parents=True, exist_ok=True)
    for path in (tmp_path / "more").rglob("*.json"):
        path.rename(found.newest.path.with_name("9999_changed.json"))
    assert Predictor(Evidence(read_runs(tmp_path / "runs"))).backends == ["python", "numpy-gram"]


def test_runs_without_a_survey_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSurvey, match="npfs bench"):
        Predictor(evidence(tmp_path, surveyed=False))


def test_errors_of_a_sum_are_propagated() -> None:
    both = add([Estimate(3.0, 0.1), Estimate(1.0, 0.2)])
    assert both.value == 4.0
    assert both.error == pytest.approx(math.hypot(0.3, 0.2) / 4)
    assert add([Estimate(2.0, 0.3)]).error == pytest.approx(0.3)


def test_bounds_are_symmetric_on_logarithms() -> None:
    estimate = Estimate(2.0, 0.1)
    assert estimate.low * estimate.high == pytest.approx(4.0)
    assert estimate.high / estimate.low == pytest.approx(math.exp(2 * 1.96 * 0.1))


def test_both_parts_of_a_size_are_of_one_look(tmp_path: Path) -> None:
    """Of two looks one saw no call and the other no epoch: neither half of each is a fit."""
    looks = {(n, d): numpy(n, d) for n in SAMPLES for d in FEATURES}
    first, second = {**looks, (100, 2): (0.0, 2e-5)}, {**looks, (100, 2): (1e-4, 0.0)}
    documents = [
        run_files.document({("numpy", 1_000, 1): 1e-4}, run, [run_files.survey("numpy", seen)])
        for run, seen in ((1, first), (2, second))
    ]
    run_files.write(tmp_path, documents)
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    assert predictor.fit("numpy", 100, 2, 10)[0].value == pytest.approx(1e-4, rel=1e-3)


def test_the_faster_of_two_looks_counts(tmp_path: Path) -> None:
    looks = {(n, d): numpy(n, d) for n in SAMPLES for d in FEATURES}
    slow = {size: (2 * call_s, 2 * epoch_s) for size, (call_s, epoch_s) in looks.items()}
    documents = [
        run_files.document({("numpy", 7, 1): 1e-4}, run, [run_files.survey("numpy", seen)])
        for run, seen in ((1, slow), (2, looks))
    ]
    run_files.write(tmp_path, documents)
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    value = predictor.fit("numpy", 10_000, 4, 10)[0].value
    assert value == pytest.approx(total("numpy", 10_000, 4, 10), rel=1e-3)


def test_a_size_that_was_only_looked_at_is_less_certain(tmp_path: Path) -> None:
    predictor = Predictor(evidence(tmp_path))
    assert predictor.fit("numpy", 10_000, 4, 10)[0].error >= 0.05
    assert predictor.fit("numpy", 100_000, 1, 10)[0].error == pytest.approx(0, abs=1e-6)


def surveyed(folder: Path, once: Sequence[Sequence[dict[str, Any]]]) -> Predictor:
    """Runs of NumPy that all have its survey, each with further benchmarks of its own."""
    looks = {(n, d): numpy(n, d) for n in SAMPLES for d in FEATURES}
    documents = [
        run_files.document(
            {("numpy", 7, 1): 1e-4}, run, [run_files.survey("numpy", looks), *of_run]
        )
        for run, of_run in enumerate(once, start=1)
    ]
    run_files.write(folder, documents)
    return Predictor(Evidence(read_runs(folder / "runs")))


def test_few_first_calls_are_told_with_students_t(tmp_path: Path) -> None:
    imports = (0.1, 0.2, 0.3)
    calls = [[run_files.first_call("numpy", seconds)] for seconds in imports]
    start = surveyed(tmp_path, calls).predict("numpy", 1_000, 1, 10).start
    assert start is not None
    logs = [math.log(0.25 + seconds) for seconds in imports]
    expected = statistics.stdev(logs) * math.sqrt(1 + 1 / 3) * stats.t.ppf(0.975, 2)
    assert start.value == pytest.approx(math.exp(statistics.fmean(logs)))
    assert math.log(start.high / start.value) == pytest.approx(expected, rel=1e-6)


def test_memory_is_that_of_about_as_many_features(tmp_path: Path) -> None:
    """One feature takes three times its data, sixteen as much again as theirs."""
    entry = {"dtype": "float64", "held_bytes": 0, "reason": ""}
    looked_at = {
        "name": "bench_memory[numpy]",
        "extra_info": {
            "memory": "numpy",
            "timed_s": 1.0,
            "sizes": [
                {**entry, "n_samples": 10**6, "n_features": 1, "peak_bytes": 3 * 16 * 10**6},
                {**entry, "n_samples": 10**4, "n_features": 16, "peak_bytes": 17 * 8 * 10**4},
            ],
        },
        "stats": {"data": [1.0]},
    }
    predictor = surveyed(tmp_path, [[looked_at]])
    assert predictor.predict("numpy", 10**6, 20, 10).memory_bytes == pytest.approx(2 * 21 * 8e6)
    assert predictor.predict("numpy", 10**6, 2, 10).memory_bytes == pytest.approx(4 * 3 * 8e6)


def test_the_spread_is_that_of_the_nearest_case(tmp_path: Path) -> None:
    looks = {(n, d): numpy(n, d) for n in SAMPLES for d in FEATURES}
    documents = []
    for run, off in enumerate((-0.2, 0.0, 0.2), start=1):
        seconds = {("numpy", 100, 1): 1e-4, ("numpy", 100_000, 1): 2e-3 * math.exp(off)}
        documents.append(run_files.document(seconds, run, [run_files.survey("numpy", looks)]))
    run_files.write(tmp_path, documents)
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    t = stats.t.ppf(0.975, 2) / stats.norm.ppf(0.975)
    expected = 0.2 * math.sqrt(1 + 1 / 3) * t
    assert predictor.fit("numpy", 100_000, 1, 10)[0].error == pytest.approx(expected, rel=1e-3)
    assert predictor.fit("numpy", 100, 1, 10)[0].error == pytest.approx(0, abs=1e-9)


def test_single_looks_at_memory_that_disagree_widen_what_is_foretold_there(tmp_path: Path) -> None:
    """What memory adds differs from row to row by a factor of three, up and down."""
    adds = {1: 1e-9, 2: 3e-9, 4: 1e-9, 8: 3e-9, 16: 1e-9}
    looks = {(n, d): numpy(n, d) for n in SAMPLES[:-1] for d in FEATURES}
    for d in FEATURES:
        n = 10**7 // (d + 1)
        looks[n, d] = (2e-6, 10e-6 + 1e-9 * 10**7 + adds[d] * 10**7)
    document = run_files.document({("numpy", 7, 1): 1e-4}, 1, [run_files.survey("numpy", looks)])
    run_files.write(tmp_path, [document])
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    memory = MemoryCost.of({at: call_s + 10 * epoch_s for at, (call_s, epoch_s) in looks.items()})
    assert memory.error > 0.2
    beyond = predictor.fit("numpy", 10**8, 2, 10)[0]
    assert beyond.error > memory.share(3 * 10**8) * memory.error


def test_two_totals_differ_if_their_distance_is_beyond_both_errors_together() -> None:
    def of(value: float) -> Prediction:
        nothing = Estimate(1e-12, 0.0)
        return Prediction("a", None, nothing, Estimate(value, 0.1), 1, None, Reach(1, 1), False)

    both = 1.96 * math.hypot(0.1, 0.1)
    assert not of(1.0).differs_from(of(math.exp(0.95 * both)))
    assert of(1.0).differs_from(of(math.exp(1.05 * both)))
