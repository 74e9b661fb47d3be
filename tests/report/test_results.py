"""What other tools read: results.json against its schema, the CSV files, github-action-benchmark."""

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.build import texts
from npfs.report.context import Context
from npfs.report.results import json_schema
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.report.test_scale import of_large_data

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "results.schema.json"
RUNS = sorted((ROOT / "reports" / "reference").rglob("runs"))


def strict(text: str) -> Any:
    """Read JSON as strict readers do: NaN and Infinity are none."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def made(folder: Path, runs: int = 3) -> Context:
    documents = repeated(LISTS_WIN_AT_10, runs)
    once = [
        run_files.startup("python", 0.25),
        run_files.startup("numpy", 3.25),
        run_files.startup("numpy", 3.25, cache="cold"),
        run_files.memory("numpy", 10**6, 16e6, None),
        run_files.conversion("to_array", 1000, 3.0),
        run_files.instructions("numpy", [[10, 5], [20, 5]]),
        run_files.layout({"torch": None}),
        run_files.read_pass("one", Size(1000, 1), 0.3),
    ]
    for document in documents:
        document["benchmarks"] += once
        document["npfs"]["backends"]["numpy"]["fit_lines"] = 12
        document["npfs"]["backends"]["numpy"]["installed_bytes"] = {"numpy": 10**6}
    run_files.write(folder, documents)
    return Context(Evidence(read_runs(folder)))


def files(of: Context) -> Mapping[str, str]:
    return texts(of, [])[1]


def document(of: Context) -> Any:
    return strict(files(of)["results.json"])


def table(of: Context, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files(of)[name].splitlines()))


def test_the_published_schema_is_that_of_the_document() -> None:
    current = json.dumps(json_schema(), indent=1) + "\n"
    assert PUBLISHED.read_text(encoding="utf-8") == current, "write json_schema() into it"
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_documents_follow_the_schema(tmp_path: Path, runs: int) -> None:
    found = document(made(tmp_path, runs))
    jsonschema.validate(found, json_schema())
    for wrong in ({"schema": 3}, {"schema": 1}, {"answer": ["a"] * 4}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(found | wrong, json_schema())


def test_documents_of_large_data_follow_it_too(tmp_path: Path) -> None:
    found = document(Context(of_large_data(tmp_path)))
    jsonschema.validate(found, json_schema())
    assert (found["jobs"], found["first_map"]) == ([], None)


@pytest.mark.parametrize("runs", RUNS, ids=lambda path: path.parent.name)
def test_documents_of_the_committed_runs_follow_it_too(runs: Path) -> None:
    jsonschema.validate(document(Context(Evidence(read_runs(runs)))), json_schema())


def test_the_document_holds_the_numbers(tmp_path: Path) -> None:
    context = made(tmp_path)
    found = document(context)
    [case] = [
        c for c in found["cases"] if (c["backend"], c["size"]["n_samples"]) == ("numpy", 1000)
    ]
    seconds = context.evidence.time("numpy", Size(1000, 1))
    assert seconds is not None
    assert case["seconds"]["value"] == seconds.value
    assert case["seconds"]["high"] == seconds.high
    assert case["seconds"]["values"] == pytest.approx([12.0, 12.12, 12.0])
    assert case["speedup_over_python"]["value"] == pytest.approx(100 / 12)
    assert case["speedup_over_python"]["significant"] is True
    assert case["speedup_over_numpy"]["significant"] is False
    assert case["share_of_bandwidth_limit"]["value"] == pytest.approx(0.3 / 1.2, rel=0.01)
    numpy = found["backends"]["numpy"]
    assert (numpy["fit_lines"], numpy["installed_bytes"]) == (12, {"numpy": 10**6})
    assert numpy["instructions"] == [[10, 5], [20, 5]]
    assert numpy["memory"][0]["held_bytes"] == 16e6
    assert numpy["startup"]["cold"]["import_s"]["value"] == 3.25
    assert [run["number"] for run in found["runs"]] == [1, 2, 3]


def test_the_document_holds_the_sentences_and_the_jobs_of_the_page(tmp_path: Path) -> None:
    """A formula takes lists 0.5 s to start and 10 s to fit, NumPy 3.5 s and 90 s."""
    context = made(tmp_path)
    page, _ = texts(context, [])
    found = document(context)
    assert tuple(found["answer"]) == page.answer
    assert tuple(found["warnings"]) == page.all_warnings
    assert [claim["standing"] for claim in found["claims"]] == [one.id for one in page.claims]
    [formula] = [one for one in found["jobs"] if one["job"]["name"] == "formula"]
    assert formula["job"]["epochs"] == 100
    assert formula["first"] == formula["good_enough"] == ["python"]
    lists = formula["time_to_result"]["python"]
    assert lists["low"] < lists["value"] < lists["high"]
    assert set(found["first_map"]["leads"]) == {"python", "numpy"}
    assert found["numba_overtakes_s"] is None


def test_one_run_has_no_bounds(tmp_path: Path) -> None:
    context = made(tmp_path, 1)
    found = document(context)
    case, job = found["cases"][0], found["jobs"][0]
    assert (case["seconds"]["low"], case["seconds"]["high"]) == (None, None)
    assert case["speedup_over_python"]["significant"] is None
    assert {total["low"] for total in job["time_to_result"].values()} == {None}
    for row in table(context, "results.csv"):
        assert row["seconds_low"] == row["speedup_over_python_high"] == ""
    assert all("range" not in one for one in strict(files(context)["github-action-benchmark.json"]))


def test_the_table_of_results_has_a_row_for_each_case(tmp_path: Path) -> None:
    rows = table(made(tmp_path), "results.csv")
    assert len(rows) == len(LISTS_WIN_AT_10)
    for row in rows:
        low, value, high = (float(row[f"seconds{bound}"]) for bound in ("_low", "", "_high"))
        assert low < value < high
        assert (row["share_of_bandwidth_limit"] == "") == (row["n_samples"] != "1000")
    [row] = [r for r in rows if (r["backend"], r["n_samples"]) == ("numpy", "1000")]
    assert row["same_work"] == "true"
    assert float(row["seconds"]) == pytest.approx(12.04, rel=1e-3)
    assert float(row["speedup_over_python"]) == pytest.approx(100 / 12, rel=1e-5)
    assert float(row["speedup_over_numpy"]) == 1.0


def test_the_table_of_startup_has_a_row_for_each_quantity(tmp_path: Path) -> None:
    rows = table(made(tmp_path), "startup.csv")
    values = {(row["backend"], row["quantity"], row["cache"]): row["value"] for row in rows}
    assert values["numpy", "first_result_s", "warm"] == "4"
    assert values["numpy", "import_s", "cold"] == "3.25"
    assert values["numpy", "held_bytes", ""] == "16000000"
    assert ("numpy", "peak_bytes", "") not in values
    assert values["", "to_array_s", ""] == "3"
    assert len(rows) == 3 * 5 + 1 + 1


def test_github_action_benchmark_gets_its_fields(tmp_path: Path) -> None:
    """``customSmallerIsBetter``: name, unit and value are required; range and extra are text."""
    entries = strict(files(made(tmp_path))["github-action-benchmark.json"])
    assert len({entry["name"] for entry in entries}) == len(entries) == len(LISTS_WIN_AT_10)
    [entry] = [entry for entry in entries if entry["name"] == "numpy-1000"]
    assert entry["unit"] == "s"
    assert entry["value"] == pytest.approx(12 * math.exp(math.log(1.01) / 3))
    low, _, high = entry["range"].partition(" to ")
    assert float(low) < entry["value"] < float(high)
    assert entry["extra"] == "NumPy; 3 runs, 95 % interval"
