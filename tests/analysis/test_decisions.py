"""What to use for a job, on runs of a hand-made machine: the times are known by a formula."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from npfs.analysis.decisions import (
    JOBS,
    Decisions,
    Job,
)
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.schema import Size
from tests import run_files

EPOCHS, MANY = 10, 1_000
SIZES = [(10**k, 1) for k in range(1, 7)] + [(10_000, d) for d in (4, 16, 64)]
Work = Callable[[int, int], tuple[float, float]]
LINES = {"python": 15, "numpy": 12, "numba": 20}
PREPARE_S = {"python": 2e-3, "numpy": 1e-5, "numba": 1e-5}


def python(n: int, d: int) -> tuple[float, float]:
    """Seconds of a call and of an epoch."""
    return 1e-9, 50e-9 * n * (d + 1)


def numpy(n: int, d: int) -> tuple[float, float]:
    return 1e-6, 10e-6 + 2e-9 * n * (d + 1)


def numba(n: int, d: int) -> tuple[float, float]:
    return 1e-6, 1e-8 + 0.5e-9 * n * (d + 1) * (1 if d == 1 else 8)


WORKS: dict[str, Work] = {"python": python, "numpy": numpy, "numba": numba}
STARTUP_S = {"python": 0.02, "numpy": 0.08, "numba": 0.4}


def made(
    folder: Path,
    *,
    works: Mapping[str, Work] = WORKS,
    startup_s: Mapping[str, float] = STARTUP_S,
    spread: float = 1e-4,
    runs: int = 5,
    sizes: list[tuple[int, int]] = SIZES,
    lines: Mapping[str, int | None] = LINES,
) -> Decisions:
    """Decisions from runs that differ by ``spread``: a job takes what ``seconds`` says."""
    documents = []
    for run in range(1, runs + 1):
        factor = math.exp(spread * (run - (runs + 1) / 2))
        cases = {
            (name, n, d): factor * (work(n, d)[0] + EPOCHS * work(n, d)[1])
            for name, work in works.items()
            for n, d in sizes
        }
        more = [
            run_files.other_epochs(
                name, n, d, MANY, factor * (work(n, d)[0] + MANY * work(n, d)[1])
            )
            for name, work in works.items()
            for n, d in sizes
        ]
        more += [
            run_files.startup(
                name, factor * seconds / 4, first_fit_s=0.5, interpreter_s=factor * seconds * 3 / 4
            )
            for name, seconds in startup_s.items()
        ]
        document = run_files.document(cases, run, more)
        for benchmark in document["benchmarks"]:
            info = benchmark["extra_info"]
            if info["group"] == "fit":
                info["prepare_s"] = [PREPARE_S.get(info["params"]["backend"], 1e-5)]
        for name, backend in document["npfs"]["backends"].items():
            backend |= {"fit_lines": lines.get(name), "installed_bytes": {name: 10 * len(name)}}
        documents.append(document)
    run_files.write(folder, documents)
    return Decisions(Evidence(read_runs(folder / "runs")))


def seconds(name: str, job: Job, *, with_startup: bool = True) -> float:
    call_s, epoch_s = WORKS[name](job.n_samples, job.n_features)
    once = PREPARE_S[name] + (STARTUP_S[name] if with_startup else 0.0)
    return once + job.fits * (call_s + job.epochs * epoch_s)


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Decisions:
    return made(tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
@pytest.mark.parametrize("with_startup", [True, False])
def test_the_time_to_a_result_is_startup_conversion_and_fits(
    decisions: Decisions, job: Job, with_startup: bool
) -> None:
    found = decisions.decide(job, with_startup=with_startup)
    expected = {name: seconds(name, job, with_startup=with_startup) for name in WORKS}
    for name, prediction in found.predictions.items():
        assert prediction.total.value == pytest.approx(expected[name], rel=0.03)
    assert found.first == (min(expected, key=lambda name: expected[name]),)
    assert not found.is_extrapolated
    assert found.without == ()
    over = found.numpy_over_first
    if found.first == ("numpy",):
        assert over is None
    else:
        assert over is not None
        factor = expected["numpy"] / min(expected.values())
        assert over.value == pytest.approx(factor, rel=0.05)


def test_lists_numpy_and_numba_are_first_in_turn(decisions: Decisions) -> None:
    found = {decision.job.name: decision for decision in decisions.jobs}
    assert found["formula"].first == ("python",)
    assert found["data-set"].first == ("numpy",)  # 0.08 + 0.41 s against 0.4 + 0.1 s
    assert found["wide"].first == ("numpy",)
    assert found["million"].first == ("numba",)


def test_the_fastest_fit_is_not_the_first_result(decisions: Decisions) -> None:
    """On ten rows a fit with Numba is by far the fastest, and its result is the last."""
    formula = next(one for one in decisions.jobs if one.job.name == "formula")
    for name in ("python", "numpy"):
        speedup = decisions.evidence.speedup("numba", name, Size(10, 1))
        assert speedup is not None
        assert speedup.is_above_one
    assert list(formula.predictions) == ["python", "numpy", "numba"]
    assert decisions.decide(formula.job, with_startup=False).first == ("numba",)


def test_good_enough_is_the_simplest_within_a_tenth_of_a_second_or_a_quarter(
    decisions: Decisions,
) -> None:
    found = {decision.job.name: decision for decision in decisions.jobs}
    # NumPy has the fewest lines: 0.081 s against 0.0221 for lists, less than 0.1 s more.
    assert found["formula"].good_enough == ("numpy",)
    # With 0.05 s it would be lists, which come next by lines.
    assert found["formula"].otherwise == {0.05: ("python",)}
    # 0.49 s with NumPy, 0.5 with Numba.
    assert found["data-set"].good_enough == ("numpy",)
    # 4.1 s with NumPy against 1.4 with Numba; 0.2 s do not change that.
    assert found["million"].good_enough == ("numba",)
    assert found["million"].otherwise == {}


def test_two_hundred_milliseconds_may_change_the_answer(tmp_path: Path) -> None:
    """NumPy takes 0.736 s and Numba 0.56: good enough only if 0.2 s did not matter."""
    found = made(tmp_path).decide(Job("one", 100_000, 1, 1_600))
    assert found.first == found.good_enough == ("numba",)
    assert found.otherwise == {0.2: ("numpy",)}


def test_what_cannot_be_told_apart_is_first_together(tmp_path: Path) -> None:
    """Startups of 0.08 and 0.081 s that differ by 20 % between runs."""
    startup_s = {"python": 0.08, "numpy": 0.081, "numba": 3.0}
    found = made(tmp_path, startup_s=startup_s, spread=0.1).decide(JOBS[0])
    assert set(found.first) == {"python", "numpy"}
    assert found.numpy_over_first is None


def test_an_interval_that_spans_the_limit_names_both(tmp_path: Path) -> None:
    """NumPy, the simplest, takes 0.1 s more than lists, give or take 10 %."""
    startup_s = {"python": 0.02, "numpy": 0.12, "numba": 3.0}
    found = made(tmp_path, startup_s=startup_s, spread=0.1).decide(JOBS[0])
    assert found.good_enough == ("numpy", "python")


def test_the_limit_is_as_uncertain_as_the_first(tmp_path: Path) -> None:
    """Lists need a second, give or take 10 %, and so the limit; NumPy just more, for certain."""
    documents = []
    for run, factor in enumerate((0.88, 0.94, 1.0, 1.06, 1.13), start=1):
        cases = {("python", 10, 1): factor * 1.0, ("numpy", 10, 1): 1.3}
        documents.append(run_files.document(cases, run))
        for name, backend in documents[-1]["npfs"]["backends"].items():
            backend |= {"fit_lines": LINES[name], "installed_bytes": {}}
    run_files.write(tmp_path, documents)
    found = Decisions(Evidence(read_runs(tmp_path / "runs"))).decide(Job("one", 10, 1, 10))
    assert found.first == ("python",)
    assert found.good_enough == ("numpy", "python")


def test_older_runs_know_no_lines_so_the_least_to_install_is_simplest(tmp_path: Path) -> None:
    found = made(tmp_path, lines={}).decide(JOBS[0])
    assert found.good_enough == ("numpy",)  # 50 bytes; lists "install" 60 here
    assert found.first == ("python",)


def test_a_part_that_one_of_them_lacks_is_in_no_total(tmp_path: Path) -> None:
    startup_s = {name: STARTUP_S[name] for name in ("python", "numpy")}
    found = made(tmp_path, startup_s=startup_s).decide(JOBS[0])
    assert found.without == ("startup",)
    assert found.first == ("numba",)
    assert all(prediction.startup is None for prediction in found.predictions.values())
    assert made(tmp_path / "none", startup_s={}).numba_overtakes_s is None


def test_another_backend_is_fastest_of_all_and_never_first(tmp_path: Path) -> None:
    works = {**WORKS, "turbo": lambda n, d: (1e-9, 1e-12 * n * (d + 1))}
    startup_s = {**STARTUP_S, "turbo": 0.001}
    found = made(tmp_path, works=works, startup_s=startup_s).decide(JOBS[0])
    assert found.fastest == ("turbo",)
    assert found.first == ("python",)
    # One whose startup is not known is not ranked beside the others.
    assert made(tmp_path / "2", works=works).decide(JOBS[0]).fastest == ("python",)


def test_a_shortcut_is_no_choice(tmp_path: Path) -> None:
    works = {**WORKS, "numpy-gram": lambda n, d: (1e-9, 1e-12)}
    found = made(tmp_path, works=works, startup_s={**STARTUP_S, "numpy-gram": 1e-3}).jobs
    assert not any("numpy-gram" in decision.predictions for decision in found)


def test_a_job_beyond_the_measured_sizes_is_extrapolated_or_not_decided(tmp_path: Path) -> None:
    sizes = [(10, 1), (1_000, 1), (100_000, 1)]
    found = {one.job.name: one for one in made(tmp_path, sizes=sizes).jobs}
    assert found["million"].is_extrapolated
    assert found["million"].first
    assert not found["wide"].first  # nothing is known of 64 features
    assert not found["data-set"].is_extrapolated
    found = {one.job.name: one for one in made(tmp_path / "2", sizes=sizes[:2]).jobs}
    assert not found["million"].first


def test_one_backend_decides_nothing(tmp_path: Path) -> None:
    found = made(tmp_path, works={"numpy": numpy}, startup_s={"numpy": 0.1})
    assert not any(decision.first for decision in found.jobs)
    assert found.first_map is None
    assert found.memory is None


def test_the_map_says_who_is_first_where(decisions: Decisions) -> None:
    """Every cell against the formula, away from the borders; there the lead is small."""
    found = decisions.first_map
    assert found is not None
    assert (found.samples[0], found.samples[-1]) == (10, 10**6)
    assert (found.epochs[0], found.epochs[-1]) == (1, 10**6)
    winners = set()
    for row, epochs in enumerate(found.epochs):
        for column, n in enumerate(found.samples):
            totals = {one: seconds(one, Job("", n, 1, epochs)) for one in WORKS}
            best, following, _ = sorted(totals.values())
            name = found.first(row, column)
            winners.add(name)
            if following > 1.1 * best:
                assert totals[name] == best
            factor = found.numpy_over_first[row][column]
            assert factor == pytest.approx(totals["numpy"] / best, rel=0.1)
            assert sum(leads[row][column] > 0 for leads in found.leads.values()) == 1
    assert winners == set(WORKS)


def test_the_borders_of_the_map_are_as_wide_as_the_runs_differ(tmp_path: Path) -> None:
    def doubtful(found: Decisions) -> int:
        assert found.first_map is not None
        rows = (row for leads in found.first_map.leads.values() for row in leads)
        return sum(abs(lead) < 1.96 for row in rows for lead in row)

    sharp, vague = made(tmp_path / "1"), made(tmp_path / "2", spread=0.1)
    assert doubtful(sharp) < doubtful(vague) / 2


def test_numba_overtakes_numpy_at_the_same_time_whatever_the_epochs(decisions: Decisions) -> None:
    """NumPy takes startup + conversion + e epochs; the equal number of epochs by hand."""
    expected = []
    for n in (10**k for k in range(1, 7)):
        gain = numpy(n, 1)[1] - numba(n, 1)[1]
        epochs = (STARTUP_S["numba"] - STARTUP_S["numpy"]) / gain
        expected.append(seconds("numpy", Job("", n, 1, math.ceil(epochs))))
    assert decisions.numba_overtakes_s == pytest.approx(max(expected), rel=0.03)


def test_numba_that_is_slower_somewhere_never_overtakes(tmp_path: Path) -> None:
    works = {**WORKS, "numba": lambda n, d: (1e-6, 20e-6 + 4e-9 * n * (d + 1))}
    assert made(tmp_path, works=works).numba_overtakes_s is None


def test_memory_is_the_data_and_what_is_taken_beside_them(tmp_path: Path) -> None:
    """1e6 rows are 16 MB: lists take 96 MB, without them; NumPy 56 with them, Numba 32."""
    once = [
        run_files.memory("python", 10**6, 96e6, 96e6),
        run_files.memory("numpy", 10**6, 16e6, 40e6),
        run_files.memory("numba", 10**6, 16e6, 16e6),
        run_files.memory("numba-simd", 10**6, 16e6, 17e6),  # less than 5 % more says nothing
    ]
    names = ("python", "numpy", "numba", "numba-simd")
    cases = {(name, 10**6, 1): 1.0 for name in names}
    run_files.write(tmp_path, [run_files.document(cases, once=once)])
    found = Decisions(Evidence(read_runs(tmp_path / "runs"))).memory
    assert found is not None
    assert found.n_bytes == {"python": 96e6, "numpy": 56e6, "numba": 32e6, "numba-simd": 33e6}
    assert found.least == ("numba", "numba-simd")


def test_a_table_of_one_s_own_has_jobs_of_its_own(tmp_path: Path) -> None:
    data = {"file": "a.csv", "digest": "1", "n_samples": 500, "n_features": 3, "target": "y"}
    cases = {("python", 500, 3): 2e-3, ("numpy", 500, 3): 1e-4}
    run_files.write(tmp_path, [run_files.document(cases, data=data)])
    found = Decisions(Evidence(read_runs(tmp_path / "runs"))).jobs
    assert [(one.job.name, one.job.size) for one in found] == [
        ("table", Size(500, 3)),
        ("table-models", Size(500, 3)),
    ]
    assert found[0].first == ("numpy",)


def test_a_tool_that_another_beats_is_not_first_though_the_best_is_noisy(tmp_path: Path) -> None:
    """Numba is best on average and varies, so that lists cannot be told from it.

    NumPy beats lists in every run.
    """
    noisy = ((0.45, 1.0), (2.12, 1.01), (0.45, 0.99), (2.12, 1.0), (0.67, 1.01))
    documents = [
        run_files.document(
            {("python", 10, 1): 2.0 * f, ("numpy", 10, 1): 1.0 * f, ("numba", 10, 1): s}, number=k
        )
        for k, (s, f) in enumerate(noisy, start=1)
    ]
    run_files.write(tmp_path, documents)
    found = Decisions(Evidence(read_runs(tmp_path / "runs"))).decide(Job("one", 10, 1, 10))
    assert set(found.first) == {"numpy", "numba"}
