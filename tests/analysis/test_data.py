"""Runs on a table: kept apart from others, and said to be on it."""

import json
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.decisions import Situation, decisions
from npfs.analysis.evidence import Evidence, pool
from npfs.analysis.runs import NotARun, read_run, read_runs
from npfs.report import claims, provenance, verdict
from npfs.report.details import details
from npfs.schema import Size
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


def evidence(tmp_path: Path, data: dict[str, Any] | None = DATA) -> Evidence:
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
    return Evidence(read_runs(tmp_path))


def test_the_report_says_on_which_table(tmp_path: Path) -> None:
    said = provenance.provenance(evidence(tmp_path))
    assert (
        "5 %). Fits are timed on the table diabetes.csv (442 samples of 10 features, "
        "standardised; target progression; "
        "digest e9c1f755), not on synthetic data. Test CPU" in said
    )
    assert "table" not in provenance.provenance(evidence(tmp_path, None))


def test_what_a_table_lacks_is_not_asked_for_by_sizes(tmp_path: Path) -> None:
    lacks = " ".join(provenance.missing(evidence(tmp_path)))
    assert "The one size is that of diabetes.csv, so nothing shows how times grow." in lacks
    assert "--sizes" not in lacks
    assert "--features" not in lacks
    assert "--sizes" in " ".join(provenance.missing(evidence(tmp_path, None)))


def test_the_answer_and_the_choice_are_those_of_the_table(tmp_path: Path) -> None:
    found = evidence(tmp_path)
    lists_or_numpy, numpy_or_numba = verdict.answer(found)
    on = "On 442 samples of 10 features a fit with"
    assert lists_or_numpy.startswith(f"{on} NumPy is 2.00× (")
    assert numpy_or_numba.startswith(f"{on} Numba is 4.00× (")
    assert any(sentence.startswith(f"{on} NumPy is 2.00×") for sentence in details(found))
    [faster] = [claim for claim in claims.claims(found) if "faster than with lists" in claim.claim]
    assert faster.standing == "borne out"
    chosen, once = decisions(found)
    assert (chosen.situation, chosen.size) == (Situation.TABLE, Size(442, 10))
    assert chosen.choices == ("numba",)
    assert chosen.factors["python"].value == pytest.approx(8)
    assert once.situation is Situation.ONCE
    assert len(decisions(evidence(tmp_path, None))) == 7
