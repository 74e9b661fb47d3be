"""``npfs calibrate`` on hand-made runs."""

import json
import re
from pathlib import Path

from npfs.report import formatting
from npfs.schema import ANY, Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.cli.conftest import Npfs


def test_calibrate_prints_coverage_method_and_table(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10, runs=12))
    result = npfs("calibrate")
    assert (result.returncode, result.stderr) == (0, "")
    assert "The 12 stored runs were split" in " ".join(result.stdout.split())
    assert "all cases" in result.stdout
    assert formatting.size(Size(1000, 1)) in result.stdout
    assert not re.search(r"\d\.\d\d", result.stdout)  # a spread of rounding errors is 0.0 %


def test_calibrate_names_what_is_missing(tmp_path: Path, npfs: Npfs) -> None:
    nothing = npfs("calibrate")
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("npfs calibrate: no runs in reports")
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10, runs=7))
    few = npfs("calibrate")
    assert few.returncode == 2
    assert "there are 7 that timed one case: add 3 with the command" in few.stderr
    assert "Traceback" not in few.stderr + nothing.stderr


def test_calibrate_for_programs_and_in_a_sentence(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10, runs=10))
    found = json.loads(npfs("calibrate", "--json").stdout)
    assert (found["schema"], found["runs"]) == (2, 10)
    of_equal_runs = {case["coverage"] for case in found["cases"]}
    assert of_equal_runs <= {0.99, 1.0}
    quiet = npfs("calibrate", "--quiet").stdout.splitlines()
    assert quiet == [found["answer"]]


def test_runs_of_any_suite_are_calibrated_by_benchmark(tmp_path: Path, npfs: Npfs) -> None:
    names = ("test_it.py::test_dump", "test_it.py::test_sort[10]")
    documents = [
        run_files.document(
            {}, number, [run_files.benchmark(name, ANY, {}, [1 + number / 100]) for name in names]
        )
        for number in range(1, 13)
    ]
    run_files.write(tmp_path / "reports", documents)
    result = npfs("calibrate")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line.partition("  ")[0].strip() for line in result.stdout.splitlines()]
    assert lines[-3:] == ["all cases", *names]
    assert "speedup" not in result.stdout
    found = json.loads(npfs("calibrate", "--json").stdout)
    assert [case["backend"] for case in found["cases"]] == list(names)
    assert {case["size"] for case in found["cases"]} == {None}
    run_files.write(tmp_path / "few", documents[:7])
    assert "there are 7 that timed one case" in npfs("calibrate", "--reports", "few").stderr
