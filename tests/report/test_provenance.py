"""What the numbers rest on, and what to know before trusting them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.provenance import all_warnings, environment_rows, method, missing, provenance
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.analysis.test_findings import ODD_ENVIRONMENT, ODD_LOAD, QUIET, run

ONE = {("numpy", 10, 1): 1.0}


def made(folder: Path, **environment: Any) -> Evidence:
    documents = repeated(LISTS_WIN_AT_10)
    for document in documents:
        document["npfs"]["environment"] = run_files.ENVIRONMENT | environment
    run_files.write(folder, documents)
    return Evidence(read_runs(folder))


def test_the_basis_names_runs_comparisons_and_machine(tmp_path: Path) -> None:
    assert provenance(made(tmp_path)) == (
        "3 runs, each a fresh process, 10 epochs a fit; in parentheses 95 % intervals (Student's t over runs, on "
        "logarithms; speedups paired within runs), and a difference is called one where it stands out among all 3 "
        "comparisons (Benjamini and Hochberg, 5 %). Test CPU, 2 cores, Linux 6, CPython 3.11.7, NumPy 2.4.6, Numba 0.68.1."
    )


def test_what_the_system_tells_is_shown_and_what_it_does_not_is_left_out(tmp_path: Path) -> None:
    rows = dict(environment_rows(made(tmp_path)))
    assert rows == {
        "Processor": "Test CPU",
        "Cores": "2, 2 usable",
        "System": "Linux 6",
        "Python": "CPython 3.11.7",
        "NumPy": "2.4.6",
        "BLAS": "openblas 0.3",
        "Numba": "0.68.1",
        "Variables": "none that change speed",
    }
    rows = dict(
        environment_rows(
            made(
                tmp_path,
                memory_bytes=16 * 10**9, caches={"L1d": 32_000}, virtual_machine=True, boost=False,
                blas_in_effect=[{"architecture": "Zen", "threads": 2}], numba={"threads": 2},
                speed_variables={"OMP_NUM_THREADS": "2"},
                libraries=run_files.ENVIRONMENT["libraries"] | {"scipy": "1.17"},
            )
        )
    )  # fmt: skip
    assert rows["Memory"] == "16.0 GB"
    assert rows["Caches"] == "L1d 32.0 kB"
    assert rows["System"] == "Linux 6, a virtual machine"
    assert rows["Boost"] == "off"
    assert rows["BLAS"] == "openblas 0.3 (Zen kernels, 2 threads)"
    assert rows["Numba"] == "0.68.1 (2 threads, which imports SciPy 1.17)"
    assert rows["Variables"] == "OMP_NUM_THREADS=2"


def test_the_method_counts_what_was_done(tmp_path: Path) -> None:
    """Three runs of six cases with three rounds; 0.3 s timed for each case, of 10 s a run."""
    [here] = [text for text in method(made(tmp_path)) if text.startswith("Here")]
    assert here.startswith("Here 3 runs of 1 command made 54 rounds, 5 s of 30 s inside them")
    assert "between 2026-01-01 00:01 and 2026-01-01 00:03 UTC" in here


def test_nothing_is_lacking_where_everything_was_looked_at(tmp_path: Path) -> None:
    assert len(missing(made(tmp_path))) == 3  # ceiling, first call, layout
    read = run_files.read_pass("one", Size(10, 1), 1e-9)
    documents = repeated(LISTS_WIN_AT_10)
    for document in documents:
        document["benchmarks"] += [
            read, run_files.startup("numpy", 1.0), run_files.layout({"torch": None})
        ]  # fmt: skip
    run_files.write(tmp_path, documents)
    assert missing(Evidence(read_runs(tmp_path))) == []


def made_of(folder: Path, *runs: dict[str, Any]) -> Evidence:
    run_files.write(
        folder, [run_files.document(ONE, number=k, **ours) for k, ours in enumerate(runs, 1)]
    )
    return Evidence(read_runs(folder))


def test_the_findings_of_the_newest_command_are_repeated(tmp_path: Path) -> None:
    slow = run_files.ENVIRONMENT | {"governor": "powersave", "virtual_machine": True}
    older = {"load": run({"on_battery": True}), "job": "older", "environment": slow}
    newest = [{"load": load, "environment": slow} for load in (QUIET, run(thread_sync_s=5e-6))]
    found = all_warnings(made_of(tmp_path, older, *newest))
    assert [sentence.split(",")[0] for sentence in found] == [
        "The CPU governor is powersave",
        "Thread synchronisation latency varied from 1.1 to 5.0 µs: multi-core results are less "
        "stable than single-core ones. Close other programs and add runs; in a virtual machine",
        "This is a virtual machine",
    ]


@given(ODD_ENVIRONMENT, ODD_LOAD)
def test_no_value_of_what_is_recorded_ends_the_report(odd: dict[str, Any], load: Any) -> None:
    """It is unknown, or the file is named as no run."""
    with TemporaryDirectory() as folder:
        [path] = run_files.write(
            Path(folder),
            [run_files.document(ONE, environment=run_files.ENVIRONMENT | odd, load=load)],
        )
        path.write_text(json.dumps(json.loads(path.read_text())))
        found = read_runs(Path(folder))
        if found.rejected:
            assert not found.runs
            return
        evidence = Evidence(found)
        assert provenance(evidence).endswith(".")
        assert all(sentence.endswith((".", "npfs)")) for sentence in all_warnings(evidence))
