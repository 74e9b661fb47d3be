"""Predictions from hand-made runs of known speed."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from npfs.analysis.cost_models import CostModel, FixedCost
from npfs.analysis.evidence import Evidence
from npfs.analysis.prediction import (
    Beyond,
    Estimate,
    NoPrediction,
    Prediction,
    Predictor,
    add,
)
from npfs.analysis.runs import RunFolder, read_runs
from npfs.schema import Size
from tests import run_files

SIZES = [(10**k, 1) for k in range(1, 7)] + [(10_000, d) for d in (4, 16, 64)]
EPOCHS, MANY = 10, 1_000
REFERENCE = Path(__file__).parents[2] / "reports" / "reference"
Work = Callable[[int, int], tuple[float, float]]


def lists(n: int, d: int) -> tuple[float, float]:
    """Seconds of a call and of an epoch."""
    return 1e-9, 50e-9 * n * (d + 1)


def numpy(n: int, d: int) -> tuple[float, float]:
    return 20e-6, 10e-6 + 1e-9 * n * (d + 1)


def gram(n: int, d: int) -> tuple[float, float]:
    return 5e-9 * n * (d + 1), 3e-6


WORKS: dict[str, Work] = {"python": lists, "numpy": numpy, "numpy-gram": gram}


def seconds(work: Work, n: int, d: int, epochs: int) -> float:
    call_s, epoch_s = work(n, d)
    return call_s + epochs * epoch_s


def evidence(
    folder: Path,
    *,
    spread: float = 0.0,
    tells_calls: bool = True,
    runs: int = 5,
    works: Mapping[str, Work] = WORKS,
    conversion_s: Mapping[str, float] | None = None,
) -> Evidence:
    """Runs of the standard sizes that differ by ``spread`` from one to the next.

    Calls of more than a twentieth of a fit are timed in more epochs as well.
    """
    documents = []
    for run in range(1, runs + 1):
        factor = math.exp(spread * (run - (runs + 1) / 2))
        cases = {
            (name, n, d): factor * seconds(work, n, d, EPOCHS)
            for name, work in works.items()
            for n, d in SIZES
        }
        more = [
            run_files.other_epochs(name, n, d, MANY, factor * seconds(work, n, d, MANY))
            for name, work in works.items()
            for n, d in SIZES
            if tells_calls and work(n, d)[0] > 0.05 * seconds(work, n, d, EPOCHS)
        ]
        more += [run_files.startup(name, 0.1, first_fit_s=0.7) for name in works]
        if run == 1:
            more.append(run_files.memory("numpy", 100_000, 1_600_000, 3_200_000))
        document = run_files.document(cases, run, more)
        for benchmark in document["benchmarks"]:
            info = benchmark["extra_info"]
            if info["group"] == "fit":
                found = (conversion_s or {}).get(info["params"]["backend"], 1e-4)
                info["prepare_s"] = [found, 50 * found, found / 2]
        documents.append(document)
    run_files.write(folder, documents)
    return Evidence(read_runs(folder / "runs"))


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor(evidence(tmp_path_factory.mktemp("runs")))


@pytest.mark.parametrize("name", ["numpy", "numpy-gram"])
@pytest.mark.parametrize("epochs", [1, 10, 1_000])
def test_call_and_epoch_of_a_timed_size_are_recovered(
    predictor: Predictor, name: str, epochs: int
) -> None:
    found = predictor.predict(name, 1_000, 1, epochs)
    call_s, epoch_s = WORKS[name](1_000, 1)
    assert found.call is not None
    assert (found.call.value, found.epoch.value) == pytest.approx((call_s, epoch_s))
    assert found.fit.value == pytest.approx(call_s + epochs * epoch_s)


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("epochs", [1, 10, 1_000])
@pytest.mark.parametrize(
    ("n", "d"), [(500, 3), (30_000, 12), (300_000, 1), (70, 50), (5_000_000, 1), (10**6, 8)]
)
def test_a_size_between_and_beyond_is_predicted(
    predictor: Predictor, name: str, n: int, d: int, epochs: int
) -> None:
    found = predictor.predict(name, n, d, epochs)
    assert found.fit.value == pytest.approx(seconds(WORKS[name], n, d, epochs), rel=0.15)
    assert found.beyond.is_inside == (n * (d + 1) <= 2 * 10**6)


def test_a_call_that_was_too_short_to_be_timed_is_small_and_uncertain(
    predictor: Predictor,
) -> None:
    found = predictor.predict("python", 10, 1, 1)
    assert found.call is not None
    assert found.call.value == pytest.approx(0.025 * seconds(lists, 10, 1, 10))
    assert found.call.low < 0.3 * found.call.value
    assert predictor.predict("python", 10**6, 1, 1).fit.value == pytest.approx(0.1, rel=1e-3)


def test_a_call_that_was_disturbed_at_one_size_counts_there_alone(tmp_path: Path) -> None:
    """Only a shortcut's call depends on the size; the median of the others holds elsewhere."""
    evidence(tmp_path, runs=1, works={"numpy": numpy})
    [path] = (tmp_path / "runs").rglob("*.json")
    document = json.loads(path.read_text())
    slow = run_files.other_epochs("numpy", 10_000, 16, 100, 100 * 1e-9)  # no epochs, all call
    document["benchmarks"].append(slow)
    run_files.write(tmp_path, [document])
    found = Predictor(Evidence(read_runs(tmp_path / "runs"))).predict("numpy", 10_000, 20, 1)
    assert found.call is not None
    assert found.call.value == pytest.approx(20e-6)


def test_a_fixed_cost_is_what_was_measured_there_and_the_usual_elsewhere() -> None:
    cost = FixedCost({Size(10, 1): 3e-6, Size(100, 1): 9e-6}, 5e-6, 0.4)
    assert (cost.at(Size(100, 1)), cost.error(Size(100, 1))) == (9e-6, 0.0)
    assert (cost.at(Size(1_000, 1)), cost.error(Size(1_000, 1))) == (5e-6, 0.4)


def test_few_features_go_on_the_line_of_many() -> None:
    """One feature has a kernel of its own, ten times as fast."""

    def cost(n: int, d: int) -> float:
        return n * (1e-10 if d == 1 else 2e-9 + 3e-10 * d)

    model = CostModel({Size(n, d): cost(n, d) for n, d in SIZES})
    for n, d in [(10_000, 2), (500, 3), (100_000, 10)]:
        assert model.at(Size(n, d)) == pytest.approx(cost(n, d), rel=1e-3)


def test_a_curve_of_few_sizes_bends_where_that_of_many_does() -> None:
    """Beyond a million numbers no cache holds them, and each takes three times as long."""

    def cost(n: int, d: int) -> float:
        return 1e-9 * n * (d + 1) * (3 if n * (d + 1) > 10**6 else 1)

    model = CostModel({Size(n, d): cost(n, d) for n, d in SIZES})
    assert model.at(Size(10**6, 16)) == pytest.approx(cost(10**6, 16), rel=1e-3)


def test_the_error_grows_with_the_distance_to_what_was_measured(predictor: Predictor) -> None:
    errors = [predictor.predict("numpy", n, 1, 10).fit.error for n in (10**6, 10**7, 10**8)]
    assert errors == sorted(errors)
    assert errors[0] < errors[1] < errors[2]
    near, far = (predictor.predict("numpy", 10_000, d, 10).fit.error for d in (4, 8))
    assert near < far


def test_the_spread_between_runs_is_in_the_interval(tmp_path: Path) -> None:
    found = Predictor(evidence(tmp_path, spread=0.1)).predict("numpy", 100_000, 1, 10)
    spread = 0.1 * math.sqrt(2.5) * math.sqrt(1 + 1 / 5)  # of -0.2 to 0.2 in five runs
    t = stats.t.ppf(0.975, 4) / stats.norm.ppf(0.975)
    assert found.fit.error == pytest.approx(spread * t, rel=1e-3)


def test_all_that_a_script_waits_for_is_in_the_total(predictor: Predictor) -> None:
    best = predictor.predict("numpy", 100_000, 1, 1000, fits=3)
    assert best.startup is not None
    assert best.startup.value == pytest.approx(0.25 + 0.1 + 0.2)
    assert best.conversion is not None
    assert best.conversion.value == pytest.approx(1e-4), "the median of the repetitions"
    parts = 0.55 + 1e-4 + 3 * seconds(numpy, 100_000, 1, 1000)
    assert best.total.value == pytest.approx(parts, rel=1e-2)
    assert best.total.low < best.total.value < best.total.high


def test_the_fastest_comes_first_and_differences_are_significant_or_not(
    predictor: Predictor,
) -> None:
    small, large = predictor.rank(10, 1, 1), predictor.rank(100_000, 1, 1000)
    assert [p.backend for p in large] == ["numpy-gram", "numpy", "python"]
    assert large[0].is_shortcut
    assert large[2].differs_from(large[1])
    assert not small[0].differs_from(small[1]), "all of them wait for the startup alone"


def test_runs_that_do_not_tell_calls_bound_them(tmp_path: Path) -> None:
    """What 10 samples take beyond their numbers may be all the call's, or all the epochs'."""
    predictor = Predictor(evidence(tmp_path, tells_calls=False))
    assert not predictor.tells_calls
    ten, many = (predictor.predict("numpy", 10, 1, epochs) for epochs in (10, 1_000))
    assert ten.call is None
    assert ten.fit.value == pytest.approx(seconds(numpy, 10, 1, 10), rel=1e-3)
    assert many.fit.low < seconds(numpy, 10, 1, 1_000) < many.fit.high
    assert many.fit.low < 0.1 * seconds(numpy, 10, 1, 1_000)
    large = predictor.predict("numpy", 10**6, 1, 1_000)
    assert large.fit.value == pytest.approx(seconds(numpy, 10**6, 1, 1_000), rel=0.02)


def test_sizes_of_few_epochs_alone_tell_what_memory_costs(tmp_path: Path) -> None:
    """Beyond the caches an epoch of NumPy takes twice as long, and so does a shortcut's call."""
    large = (4_500_000, 1)
    found = evidence(tmp_path, runs=2)
    taken = {
        "numpy": seconds(numpy, *large, 2) + 2 * 9e-3,
        "numpy-gram": seconds(gram, *large, 2) + 45e-3,
    }
    for path in sorted((tmp_path / "runs").rglob("*.json")):
        document = json.loads(path.read_text())
        document["benchmarks"] += [
            run_files.other_epochs(name, *large, 2, of) for name, of in taken.items()
        ]
        run_files.write(tmp_path, [document])
    assert Predictor(found).predict("numpy", *large, 10).beyond.samples == pytest.approx(4.5)
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    epochs, calls = (predictor.predict(name, *large, 10) for name in taken)
    assert epochs.beyond.is_inside
    assert epochs.epoch.value == pytest.approx(18e-3, rel=0.01)
    assert calls.call is not None
    assert calls.call.value == pytest.approx(90e-3, rel=0.01)
    assert calls.epoch.value == pytest.approx(3e-6, rel=0.1)


def test_an_older_source_is_not_predicted_from(tmp_path: Path) -> None:
    """Its calls were timed with a source that no case was timed with since."""
    evidence(tmp_path, works={"numpy": numpy})
    changed = run_files.document({("numpy", 10, 1): 1.0, ("numpy", 100, 1): 2.0}, 6)
    for benchmark in changed["benchmarks"]:
        benchmark["extra_info"]["source"] = "changed"
    run_files.write(tmp_path, [changed])
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    assert predictor.predict("numpy", 10, 1, 10).fit.value == pytest.approx(1.0)


def test_a_table_of_one_size_predicts_in_proportion(tmp_path: Path) -> None:
    run_files.write(tmp_path, [run_files.document({("numpy", 1000, 3): 1e-3})])
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    found = predictor.predict("numpy", 2000, 3, 10)
    assert found.fit.value == pytest.approx(2e-3)
    assert (found.startup, found.conversion, found.memory_bytes) == (None, None, None)
    assert found.beyond == Beyond(2.0, 1.0)
    assert predictor.predict("numpy", 1000, 1, 10).beyond == Beyond(2.0, 3.0)


def test_runs_of_float32_alone_say_what_to_do(tmp_path: Path) -> None:
    document = run_files.document({("numpy", 1000, 1): 1e-3})
    document["benchmarks"][0]["extra_info"]["params"]["dtype"] = "float32"
    run_files.write(tmp_path, [document])
    with pytest.raises(NoPrediction, match="npfs bench"):
        Predictor(Evidence(read_runs(tmp_path / "runs")))


def test_runs_of_an_old_version_predict() -> None:
    runs = read_runs(Path(__file__).parent / "old_runs").runs
    predictor = Predictor(Evidence(RunFolder(runs, ())))
    assert not predictor.tells_calls
    for name in predictor.backends:
        found = predictor.predict(name, 100_000, 1, 10)
        assert found.conversion is not None
        timed = next(
            interval
            for size in predictor.evidence.sizes(n_features=1)
            if size.n_samples == 100_000
            and (interval := predictor.evidence.time(name, size)) is not None
        )
        assert found.fit.value == pytest.approx(timed.value, rel=0.02)


def test_memory_is_that_of_the_nearest_features(tmp_path: Path) -> None:
    of_one = run_files.memory("numpy", 100_000, 1_600_000, 3_200_000)  # twice the bytes of X and y
    size = {"n_samples": 10_000, "n_features": 16}
    of_many: dict[str, Any] = {"size": size, "held_bytes": 16, "peak_bytes": 17 * 8 * 10**4}
    of_one["extra_info"]["memory"].append(of_many)
    run_files.write(tmp_path, [run_files.document({("numpy", 10, 1): 1e-4}, 1, [of_one])])
    predictor = Predictor(Evidence(read_runs(tmp_path / "runs")))
    assert predictor.predict("numpy", 10**6, 20, 10).memory_bytes == pytest.approx(2 * 21 * 8e6)
    assert predictor.predict("numpy", 10**6, 2, 10).memory_bytes == pytest.approx(3 * 3 * 8e6)


def test_errors_of_a_sum_are_propagated() -> None:
    both = add([Estimate(3.0, 0.1), None, Estimate(1.0, 0.2)])
    assert both.value == 4.0
    assert both.error == pytest.approx(math.hypot(0.3, 0.2) / 4)
    assert add([Estimate(2.0, 0.3)]).error == pytest.approx(0.3)


def test_bounds_are_symmetric_on_logarithms() -> None:
    estimate = Estimate(2.0, 0.1)
    assert estimate.low * estimate.high == pytest.approx(4.0)
    assert estimate.high / estimate.low == pytest.approx(math.exp(2 * 1.96 * 0.1))


def test_two_totals_differ_if_their_distance_is_beyond_both_errors_together() -> None:
    def of(value: float) -> Prediction:
        fit = Estimate(value, 0.1)
        return Prediction("a", None, None, None, fit, fit, 1, None, Beyond(1, 1), False)

    both = 1.96 * math.hypot(0.1, 0.1)
    assert not of(1.0).differs_from(of(math.exp(0.95 * both)))
    assert of(1.0).differs_from(of(math.exp(1.05 * both)))
