"""What other tools read: results.json against its schema, and github-action-benchmark's list."""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.exports import github_action_benchmark, results_json
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))


def strict(text: str) -> Any:
    """Read JSON as strict readers do: NaN and Infinity are none."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def made(folder: Path, runs: int = 3, **ours: Any) -> Evidence:
    documents = repeated(LISTS_WIN_AT_10, runs)
    once = [
        run_files.startup("python", 0.25),
        run_files.startup("numpy", 3.25),
        run_files.startup("numpy", 3.25, cache="cold"),
        run_files.memory("numpy", 10**6, 16e6, None),
        run_files.instructions("numpy", [[10, 5], [20, 5]]),
        run_files.layout({"torch": None}),
    ]
    for document in documents:
        document["benchmarks"] += once
    run_files.write(folder, documents)
    return Evidence(read_runs(folder))


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_it_follows_its_schema(tmp_path: Path, runs: int) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(strict(results_json(made(tmp_path, runs))), SCHEMA)


def test_the_reference_follows_it_too() -> None:
    evidence = Evidence(read_runs(ROOT / "reports" / "reference" / "runs"))
    document = strict(results_json(evidence))
    jsonschema.validate(document, SCHEMA)
    jsonschema.validate(
        strict((ROOT / "reports" / "reference" / "results.json").read_text("utf-8")), SCHEMA
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"schema": 2}, SCHEMA)


def test_it_holds_the_numbers(tmp_path: Path) -> None:
    evidence = made(tmp_path)
    document = strict(results_json(evidence))
    [case] = [
        c for c in document["cases"] if (c["backend"], c["n_samples"]) == ("numpy", 1000)
    ]  # fmt: skip
    seconds = evidence.time("numpy", Size(1000, 1))
    assert seconds is not None
    assert case["seconds"]["value"] == seconds.value
    assert case["seconds"]["high"] == seconds.high
    assert case["seconds"]["values"] == pytest.approx([12.0, 12.12, 12.0])
    assert case["speedup_over_python"]["value"] == pytest.approx(100 / 12)
    assert case["speedup_over_python"]["within_noise"] is False
    assert case["speedup_over_numpy"]["within_noise"] is True
    assert document["backends"]["numpy"]["instructions"] == [[10, 5], [20, 5]]
    assert document["backends"]["numpy"]["memory"][0]["held_bytes"] == 16e6
    assert document["backends"]["numpy"]["first_call"]["cold"]["import_s"]["value"] == 3.25
    assert [run["number"] for run in document["runs"]] == [1, 2, 3]


def test_one_run_has_no_bounds(tmp_path: Path) -> None:
    case = strict(results_json(made(tmp_path, 1)))["cases"][0]
    assert (case["seconds"]["low"], case["seconds"]["high"]) == (None, None)
    assert case["speedup_over_python"]["within_noise"] is None


def test_github_action_benchmark_gets_its_fields(tmp_path: Path) -> None:
    """``customSmallerIsBetter``: name, unit and value are required; range and extra are text."""
    evidence = made(tmp_path)
    entries = strict(github_action_benchmark(evidence))
    assert len({entry["name"] for entry in entries}) == len(entries) == len(LISTS_WIN_AT_10)
    [entry] = [entry for entry in entries if entry["name"] == "numpy-1000"]
    assert entry["unit"] == "s"
    assert entry["value"] == pytest.approx(12 * math.exp(math.log(1.01) / 3))
    low, _, high = entry["range"].partition(" to ")
    assert float(low) < entry["value"] < float(high)
    assert "3 runs" in entry["extra"]
    assert all("range" not in e for e in strict(github_action_benchmark(made(tmp_path / "1", 1))))
