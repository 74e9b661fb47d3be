"""The decisions in words, on runs written by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.content import Table
from npfs.report.tables import decision_notes, decision_table
from tests import run_files
from tests.analysis.test_evidence import Cell, repeated

COLUMNS = (
    "situation", "choose", "against lists", "against NumPy", "first result", "memory", "to install",
    "lines of code",
)  # fmt: skip
COSTS = {
    "python": {"lines_of_code": 70, "installed_bytes": {}},
    "numpy": {"lines_of_code": 40, "installed_bytes": {"numpy": 57_300_000}},
    "numba": {
        "lines_of_code": None,
        "installed_bytes": {"numba": 15_000_000, "llvmlite": 180_000_000, "a": 1, "b": 2},
    },
}


def made(evidence: Evidence) -> Table:
    found = decision_table(evidence)
    assert found is not None
    return found


def table(
    folder: Path, seconds: dict[Cell, float], once: Sequence[dict[str, Any]] = (), runs: int = 3
) -> tuple[dict[str, dict[str, str]], Evidence]:
    documents = repeated(seconds, runs)
    for document in documents:
        document["benchmarks"] += once
        for name, backend in document["npfs"]["backends"].items():
            backend.update(COSTS.get(name, {}))
    run_files.write(folder, documents)
    evidence = Evidence(read_runs(folder))
    rows = {
        row[0].text.partition(" (")[0]: dict(zip(COLUMNS, (c.text for c in row), strict=True))
        for row in made(evidence).rows
    }
    return rows, evidence


def test_a_row_names_the_choice_its_factors_and_its_costs(tmp_path: Path) -> None:
    once = [
        run_files.startup("numba", 11.25),
        run_files.startup("numpy", 1.25),
        run_files.memory("numba", 10**6, 16e6, 16e6),
        run_files.memory("numpy", 10**6, 16e6, 40e6),
    ]
    seconds = {("python", 10, 1): 6.0, ("numpy", 10, 1): 4.0, ("numba", 10, 1): 2.0}
    rows, evidence = table(tmp_path, seconds, once)
    assert rows["a handful of numbers"] == {
        "situation": "a handful of numbers (a fit of 10 samples)",
        "choose": "Numba",
        "against lists": "3.00× (3.00 to 3.00) as fast",
        "against NumPy": "2.00× (2.00 to 2.00) as fast",
        "first result": "12.0 s (12.0 to 12.0)",
        "memory": "16.0 MB (1.0× the data)",
        "to install": "195 MB (llvmlite, numba, b and 1 more)",
        "lines of code": "",
    }
    assert rows["a script that runs once"]["choose"] == "NumPy"
    assert rows["a script that runs once"]["against NumPy"] == "the choice itself"
    assert rows["data near the memory's size"]["against NumPy"] == "1.75× less memory (seen once)"
    assert "a fit of 1,000,000 samples takes" in decision_notes(evidence)[1]


def test_what_is_within_noise_is_named_together_and_called_so(tmp_path: Path) -> None:
    rows, _ = table(tmp_path, {("python", 10, 1): 2.0, ("numpy", 10, 1): 2.0})
    row = rows["a handful of numbers"]
    assert row["choose"] == "NumPy or Python lists (within noise)"
    assert row["against lists"] == "1.00× (1.00 to 1.00), within noise"
    assert row["lines of code"] == "40"


def test_what_was_not_measured_says_what_it_takes(tmp_path: Path) -> None:
    rows, _ = table(tmp_path, {("python", 10, 1): 2.0, ("numpy", 10, 1): 1.0}, runs=1)
    assert rows["millions"]["choose"] == "not measured; it takes --sizes 1e6"
    assert set(list(rows["millions"].values())[2:]) == {""}
    lists = rows["a handful of numbers"]["against lists"]
    assert lists == "2.00× (one run, so no interval) as fast"


def test_lists_need_nothing(tmp_path: Path) -> None:
    rows, _ = table(tmp_path, {("python", 10, 1): 1.0, ("numpy", 10, 1): 2.0})
    assert rows["a handful of numbers"]["to install"] == "nothing"


def test_the_columns_say_what_of(tmp_path: Path) -> None:
    once = [run_files.startup("numpy", 1.0), run_files.memory("numpy", 10**6, 16e6, 40e6)]
    _, evidence = table(tmp_path, {("numpy", 10, 1): 2.0}, once)
    assert made(evidence).columns[4:6] == ("first result of 1k", "memory of 1M")


def test_one_backend_needs_another(tmp_path: Path) -> None:
    rows, _ = table(tmp_path, {("numpy", 10, 1): 2.0})
    choice = rows["a handful of numbers"]["choose"]
    assert choice == "not measured; it takes more than one backend"


def test_runs_that_differ_too_much_choose_nothing(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): s, ("numpy", 10, 1): 2.0}, number=k)
        for k, s in enumerate((1.0, 9.0), start=1)
    ]
    run_files.write(tmp_path, documents)
    evidence = Evidence(read_runs(tmp_path))
    row = made(evidence).rows[0]
    assert row[1].text == "the runs differ too much to tell; add runs"
    assert {cell.text for cell in row[2:]} == {""}


def test_what_was_not_timed_at_a_size_is_said_beside_the_choice(tmp_path: Path) -> None:
    seconds = {("python", 10, 1): 4.0, ("numpy", 10, 1): 2.0, ("numba", 100, 1): 1.0}
    rows, _ = table(tmp_path, seconds)
    assert rows["a handful of numbers"]["choose"] == "NumPy (of 2 timed)"
