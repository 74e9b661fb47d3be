"""Runs on a table: kept apart from others, and reported as such."""

import json
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence, pool
from npfs.analysis.runs import NotARun, read_run, read_runs
from npfs.report.answer import answer, findings
from npfs.report.claims import claims
from npfs.report.context import Context
from npfs.report.provenance import measured_on, missing
from npfs.report.tables import job_table
from tests import run_files

DATA = {
    "file": "diabetes.csv", "digest": "e9c1f755", "n_samples": 442, "n_features": 10,
    "target": "progression", "features": ["age"], "notes": [],
}  # fmt: skip
ON_TABLE = {("python", 442, 10): 8e-3, ("numpy", 442, 10): 4e-3, ("numba", 442, 10): 1e-3}


def pooled(tmp_path: Path, *data: Any) -> tuple[list[int], list[str]]:
    documents = [run_files.document(ON_TABLE, n, data=of) for n, of in enumerate(data, 1)]
    for document in documents:
        if document["npfs"]["data"] == "absent":  # as before tables could be timed
            del document["npfs"]["data"]
    run_files.write(tmp_path, documents)
    kept, left_out = pool(read_runs(tmp_path).runs)
    return [run.number for run in kept], [why for _, why in left_out]


def test_runs_of_one_table_are_pooled(tmp_path: Path) -> None:
    noted = DATA | {"notes": ["Left out 1 of 443 rows."], "features": ["other names"]}
    assert pooled(tmp_path, DATA, noted) == ([1, 2], [])


def test_older_files_are_of_synthetic_data(tmp_path: Path) -> None:
    assert pooled(tmp_path, "absent", None, "absent") == ([1, 2, 3], [])


@pytest.mark.parametrize(
    ("there", "now", "why"),
    [
        (None, DATA, "data: synthetic there, diabetes.csv (e9c1f755) now"),
        ("absent", DATA, "data: synthetic there, diabetes.csv (e9c1f755) now"),
        (DATA, "absent", "data: diabetes.csv (e9c1f755) there, synthetic now"),
        (
            DATA | {"digest": "0123"},
            DATA,
            "data: diabetes.csv (0123) there, diabetes.csv (e9c1f755) now",
        ),
    ],
)
def test_runs_on_other_data_are_kept_apart(tmp_path: Path, there: Any, now: Any, why: str) -> None:
    assert pooled(tmp_path, there, now) == ([2], [why])


@pytest.mark.parametrize("data", ["text", {"file": "x"}, DATA | {"n_samples": "many"}])
def test_a_record_that_is_none_is_named(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run_files.document(ON_TABLE, data=data)))
    with pytest.raises(NotARun, match="is damaged"):
        read_run(path)


def context(tmp_path: Path, data: dict[str, Any] | None = DATA) -> Context:
    """Three runs whose times differ by up to 2 %, in other orders for each backend."""
    spread = {"python": (1.0, 1.01, 0.99), "numpy": (1.01, 0.99, 1.0), "numba": (0.99, 1.0, 1.01)}
    run_files.write(
        tmp_path,
        [
            run_files.document(
                {case: s * spread[case[0]][n - 1] for case, s in ON_TABLE.items()}, n, data=data
            )
            for n in (1, 2, 3)
        ],
    )
    return Context(Evidence(read_runs(tmp_path)))


def test_the_report_names_the_table(tmp_path: Path) -> None:
    assert measured_on(context(tmp_path)).endswith(
        "Fits are timed on the table diabetes.csv (442 rows × 10 features, standardized; target "
        "progression; digest e9c1f755), not on synthetic data."
    )
    assert "table" not in measured_on(context(tmp_path, None))


def test_what_a_table_lacks_is_not_asked_for_by_sizes(tmp_path: Path) -> None:
    lacks = " ".join(missing(context(tmp_path)))
    assert "The one size is that of diabetes.csv, so nothing shows how times grow." in lacks
    assert "--sizes" not in lacks
    assert "--features" not in lacks
    assert "--sizes" in " ".join(missing(context(tmp_path, None)))


def test_the_answer_and_the_choice_are_those_of_the_table(tmp_path: Path) -> None:
    """A fit of 10 epochs takes NumPy 4 ms, so one of 1,000 about 0.4 s."""
    found = context(tmp_path)
    on = "At 442 rows × 10 features,"
    assert answer(found) == [
        f"{on} NumPy is 2.0× faster than lists.",
        f"{on} Numba is 4.0× faster than NumPy.",
    ]
    assert any(sentence.startswith(f"{on} NumPy is 2.00×") for sentence in findings(found))
    assert [claim.id for claim in claims(found)][2] == "confirmed"
    table = job_table(found)
    assert table is not None
    one, many = table.rows
    assert one[0].text == "your table: 442 rows × 10, 1,000 epochs"
    assert [cell.value for cell in one[1:4]] == ["800 ms", "400 ms", "100 ms"]
    assert [cell.is_best for cell in one[1:4]] == [False, False, True]
    assert many[0].text.startswith("many models of your table: 1,000 fits")
