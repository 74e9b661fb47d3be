"""What the numbers rest on, and what to know before trusting them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.context import Context
from npfs.report.provenance import (
    decisive_warnings,
    environment_rows,
    left_out,
    measured_on,
    method,
    missing,
    not_recorded,
    not_timed,
    observations,
    other_warnings,
    trust,
    vocabulary,
)
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, Cell, repeated
from tests.analysis.test_findings import ODD_ENVIRONMENT, ODD_LOAD, QUIET, run

ONE = {("numpy", 10, 1): 1.0}
SPOILED = run_files.ENVIRONMENT | {
    "governor": "powersave",
    "virtual_machine": True,
    "speed_variables": {"OPENBLAS_CORETYPE": "Haswell"},
}


def context(folder: Path, documents: Sequence[dict[str, Any]]) -> Context:
    run_files.write(folder, documents)
    return Context(Evidence(read_runs(folder)))


def of_runs(folder: Path, *runs: dict[str, Any], cells: Mapping[Cell, float] = ONE) -> Context:
    """A run for each of ``runs``, which are fields of theirs."""
    documents = [run_files.document(cells, number=k, **ours) for k, ours in enumerate(runs, 1)]
    return context(folder, documents)


def on_machine(folder: Path, **environment: Any) -> Context:
    return of_runs(folder, {"environment": run_files.ENVIRONMENT | environment})


def warnings_of(of: Context) -> list[str]:
    return [*missing(of), *decisive_warnings(of), *other_warnings(of), *left_out(of)]


@pytest.mark.parametrize(("cores", "named"), [(2, "2 cores, "), (1, "1 core, "), (None, "")])
def test_the_machine_is_named_with_its_versions(
    tmp_path: Path, cores: int | None, named: str
) -> None:
    libraries = run_files.ENVIRONMENT["libraries"] | {"numba": None}
    assert measured_on(on_machine(tmp_path, cores=cores, libraries=libraries)) == (
        f"Measured on Test CPU, {named}Linux 6, CPython 3.11.7, NumPy 2.4.6."
    )


def test_published_problems_are_named(tmp_path: Path) -> None:
    found = measured_on(of_runs(tmp_path, {"published": "real-python"}))
    assert found.endswith("Fits are timed on the published problem real-python.")


def test_how_far_to_trust_the_numbers_goes_by_runs_and_comparisons(tmp_path: Path) -> None:
    """One run has no interval; ten are enough for a check of the intervals."""
    [one] = trust(of_runs(tmp_path, {"epochs": 1}))
    assert "No number has an interval" in one
    assert "1 epoch;" in one
    few = " ".join(trust(context(tmp_path / "few", repeated(LISTS_WIN_AT_10))))
    assert few.startswith("3 runs in fresh processes")
    assert "(Benjamini–Hochberg, 3 comparisons)" in few
    assert "covered" not in few
    both = {("numpy", 10, 1): 1.0, ("python", 10, 1): 2.0}
    many = " ".join(trust(context(tmp_path / "many", repeated(both, runs=10))))
    assert "(Benjamini–Hochberg, 1 comparison)" in many
    assert " % of cases." in many


def test_unknown_properties_of_the_machine_are_left_out(tmp_path: Path) -> None:
    assert dict(environment_rows(on_machine(tmp_path))) == {
        "Processor": "Test CPU",
        "Cores": "2, 2 usable",
        "System": "Linux 6",
        "Python": "CPython 3.11.7",
        "NumPy": "2.4.6",
        "BLAS": "openblas 0.3",
        "Numba": "0.68.1",
        "Variables": "none that change speed",
    }
    known = on_machine(
        tmp_path,
        memory_bytes=16 * 10**9,
        caches={"L1d": 32_000},
        virtual_machine=True,
        boost=False,
        blas_in_effect=[{"architecture": "Zen", "threads": 2}],
        numba={"threads": 2},
        speed_variables={"OMP_NUM_THREADS": "2"},
        libraries=run_files.ENVIRONMENT["libraries"] | {"scipy": "1.17"},
    )
    rows = dict(environment_rows(known))
    assert rows["Memory"] == "16.0 GB"
    assert rows["Caches"] == "L1d 32.0 kB"
    assert rows["System"] == "Linux 6, a virtual machine"
    assert rows["Boost"] == "off"
    assert rows["BLAS"] == "openblas 0.3 (Zen kernels, 2 threads)"
    assert rows["Numba"] == "0.68.1 (2 threads, which imports SciPy 1.17)"
    assert rows["Variables"] == "OMP_NUM_THREADS=2"


def test_the_method_has_the_effort(tmp_path: Path) -> None:
    """Three runs of six cases with three rounds; 0.3 s timed for each case, of 10 s a run."""
    documents = repeated(LISTS_WIN_AT_10)
    for document in documents:
        document["benchmarks"][0]["extra_info"]["repetitions"] = [1, 1, 1]
        document["npfs"]["planned"] = {"runs": "3", "preset": "quick"}
    found = " ".join(method(context(tmp_path, documents)))
    assert "with 10 epochs" in found
    assert "in up to 3 short repetitions" in found
    assert "3 runs of 1 command made 54 rounds, 5 s of 30 s, between 2026-01-01 00:01" in found
    assert "and 2026-01-01 00:03 UTC, with --preset quick." in found
    assert "were disturbed" not in found


def test_each_word_that_the_report_uses_is_explained(tmp_path: Path) -> None:
    words = dict(vocabulary(context(tmp_path, repeated(LISTS_WIN_AT_10))))
    assert {"Epoch", "Run", "Startup", "Memory bandwidth limit", "Python lists"} <= words.keys()
    assert words["Fit"].endswith("by gradient descent: 10 epochs")
    assert "Numba" not in words


def test_nothing_is_missing_where_everything_was_measured(tmp_path: Path) -> None:
    once = [run_files.startup("numpy", 1.0), run_files.layout({"torch": None})]
    once.append(run_files.read_pass("one", Size(10, 1), 1e-9))
    documents = repeated(LISTS_WIN_AT_10)
    for document in documents:
        document["benchmarks"] += once
    assert missing(context(tmp_path, documents)) == []


def test_what_is_missing_comes_with_the_way_to_get_it(tmp_path: Path) -> None:
    remedies = {
        "This is one run: it gives no interval": "python -m pytest bench --benchmark-only",
        "Only one backend was measured": "--backends python,numpy,numba",
        "Only one size was measured (10 rows × 4 features)": "--sizes",
        "No size of one feature": "--features 1",
        "No read pass was timed": "bench_read.py",
        "The memory layout of lists and arrays was not recorded": "the first run",
    }
    one = of_runs(tmp_path, {}, cells={("numpy", 10, 4): 1.0})
    found = [*missing(one), *not_recorded(one)]
    for sentence, (start, remedy) in zip(found, remedies.items(), strict=True):
        assert sentence.startswith(start)
        assert remedy in sentence


def test_a_warning_that_may_change_a_conclusion_is_told_from_noise(tmp_path: Path) -> None:
    """The findings are those of the newest command; an older one ran on battery."""
    older = {"load": run({"on_battery": True}), "job": "older", "environment": SPOILED}
    newest = [{"load": load, "environment": SPOILED} for load in (QUIET, run(thread_sync_s=5e-6))]
    found = of_runs(tmp_path, older, *newest)
    [decisive] = decisive_warnings(found)
    assert decisive.startswith("OPENBLAS_CORETYPE=Haswell is set")
    assert [sentence.partition(":")[0] for sentence in other_warnings(found)] == [
        "The CPU governor is powersave, so the clock rate varies with the load. Set it to "
        "performance",
        "Thread synchronisation latency varied from 1.1 to 5.0 µs",
    ]
    [observed] = observations(found)
    assert observed.startswith("This is a virtual machine")


def test_most_repetitions_disturbed_may_change_a_conclusion(tmp_path: Path) -> None:
    document = run_files.document(ONE, order=["numpy-10"] * 5)
    [benchmark] = document["benchmarks"]
    benchmark["extra_info"]["repetitions"] = [1] * 5
    benchmark["stats"]["data"] = [1.0, 2.0, 3.0, 4.0, 1.0]
    found = context(tmp_path, [document])
    start = "60 % of the repetitions were disturbed"
    assert [text[: len(start)] for text in decisive_warnings(found)] == [start]
    assert start in " ".join(method(found))


def test_runs_cut_short_and_notes_of_backends_are_warnings(tmp_path: Path) -> None:
    note = {"title": "Mine", "same_work": True, "note": "it runs on one core"}
    cut = {"interrupted": True}
    found = of_runs(tmp_path, cut, cut, {"backends": {"numpy": note}})
    assert other_warnings(found) == [
        "Runs 1 and 2 were interrupted; the cases that were finished count.",
        "Mine: it runs on one core.",
    ]


def test_everything_that_is_not_in_the_numbers_is_named_with_its_reason(tmp_path: Path) -> None:
    """Files, runs of other conditions, times of an older source, failures, absent backends."""
    unavailable = {"jax": "it needs ...", "c": "backend 'c' needs a C compiler and found none"}
    documents = [run_files.document(ONE, number=k, epochs=20) for k in (1, 2)]
    documents += [
        run_files.document(
            ONE, k, failed={"numba-10": "ConformanceError: wrong"}, unavailable=unavailable,
            not_installed=["jax"],
        )
        for k in (3, 4)
    ]  # fmt: skip
    run_files.change_source(documents[2], "numpy", "older")
    run_files.write(tmp_path, documents)
    (tmp_path / "runs" / "broken.json").write_text("{")
    found = left_out(context(tmp_path, documents))
    assert found[0].startswith("broken.json was left out: is not valid JSON")
    assert found[1:] == [
        "Runs 1 and 2 were left out: epochs: 20 there, 10 now. The report follows the newest "
        "run's settings.",
        "Run 3 was left out for NumPy, whose source has changed since.",
        "numba-10 failed: ConformanceError: wrong.",
        "Not installed: jax.",
        "Not compared: backend 'c' needs a C compiler and found none.",
    ]


def test_cases_that_were_not_timed_are_named_and_those_of_one_reason_counted(
    tmp_path: Path,
) -> None:
    of_budget = {f"python-{k}": "the budget of 1 s was spent" for k in range(10, 20)}
    slow = {"numpy-10": "too slow then", "numba-99": "too slow"}
    assert not_timed(of_runs(tmp_path, {"skipped": slow | of_budget}, {})) == [
        "numba-99 was not timed: too slow.",
        "10 cases were not timed (python-10, python-11, python-12, python-13, python-14, "
        "python-15, python-16, python-17, ...): the budget of 1 s was spent.",
        "numpy-10 was not timed in every run: too slow then.",
    ]


def is_printed(load: dict[str, Any]) -> bool:
    """Test that no load is so near the largest float that rounding makes it infinite."""
    return all((of["load_1min"] or 0) < 1e308 for of in load.values())


@given(ODD_ENVIRONMENT, ODD_LOAD.filter(is_printed))
def test_no_value_of_a_record_ends_the_report(odd: dict[str, Any], load: Any) -> None:
    """It is unknown, or the file is named as no run."""
    with TemporaryDirectory() as folder:
        environment = run_files.ENVIRONMENT | odd
        document = run_files.document(ONE, environment=environment, load=load)
        run_files.write(Path(folder), [document])
        found = read_runs(Path(folder))
        if found.rejected:
            assert not found.runs
            return
        one = Context(Evidence(found))
        assert environment_rows(one)
        assert all(
            text.endswith(".") for text in [measured_on(one), *trust(one), *warnings_of(one)]
        )
