"""What is said of NumPy, and whether runs written by hand bear it out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.claims import claims
from npfs.report.content import STANDINGS, Claim
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated

CLAIMS = ("side by side", "the loop", "is faster", "frameworks")


def claimed(
    folder: Path, once: Sequence[dict[str, Any]] = (), runs: int = 3, **numpy: float
) -> dict[str, Claim]:
    documents = repeated(LISTS_WIN_AT_10, runs)
    for document in documents:
        document["benchmarks"] += once
    run_files.write(folder, documents)
    found = claims(Evidence(read_runs(folder)))
    assert all(claim.standing in STANDINGS for claim in found)
    return dict(zip(CLAIMS, found, strict=True))


def test_what_was_not_looked_at_is_not_measured(tmp_path: Path) -> None:
    found = claimed(tmp_path)
    assert [claim.standing for claim in found.values()] == [
        "not measured", "not measured", "borne out in part", "not measured",
    ]  # fmt: skip


def test_the_layout_speaks_for_itself(tmp_path: Path) -> None:
    found = claimed(tmp_path, [run_files.layout({"torch": True})])["side by side"]
    assert found.standing == "borne out"
    assert found.evidence[:2] == (
        "In an array a number takes 8 bytes and the next begins 8 bytes further on.",
        "In a list it takes a pointer of 8 bytes and an object of its own of 24; 99.0 % of these objects lie 32 bytes apart "
        "in a list that was just made, so it is 40 bytes in all.",
    )
    strided = run_files.layout({})
    strided["extra_info"]["layout"]["stride_bytes"] = 16
    assert claimed(tmp_path, [strided])["side by side"].standing == "not borne out"


@pytest.mark.parametrize(
    ("lists", "arrays", "standing"),
    [
        ([[10, 300], [1000, 29_010]], [[10, 562], [1000, 562]], "borne out"),
        ([[10, 300], [1000, 300]], [[10, 562], [1000, 562]], "borne out in part"),
        ([[10, 300], [1000, 29_010]], [[10, 562], [1000, 563]], "not borne out"),
    ],
)
def test_instructions_decide_who_loops(
    tmp_path: Path, lists: Any, arrays: Any, standing: str
) -> None:
    once = [run_files.instructions("python", lists), run_files.instructions("numpy", arrays)]
    found = claimed(tmp_path, once)["the loop"]
    assert found.standing == standing
    assert found.table is not None
    assert [cell.text for cell in found.table.rows[0]] == [
        "Python lists", *(f"{count:,}" for _, count in lists)
    ]  # fmt: skip


def test_speed_is_borne_out_where_it_was_measured(tmp_path: Path) -> None:
    found = claimed(tmp_path)["is faster"]
    assert found.table is not None
    assert [(row[0].text, row[1].text) for row in found.table.rows] == [
        ("10", "0.111× (0.111 to 0.111)"),
        ("100", "1.00× (1.00 to 1.00)"),
        ("1,000", "8.33× (8.33 to 8.33)"),
    ]
    assert claimed(tmp_path / "one", runs=1)["is faster"].standing == "not measured"


@pytest.mark.parametrize(
    ("shares", "standing"),
    [
        ({"torch": True, "jax": None}, "borne out"),
        ({"torch": True, "jax": False}, "borne out in part"),
        ({"torch": False}, "not borne out"),
        ({"torch": None, "jax": None}, "not measured"),
    ],
)
def test_the_frameworks_that_are_there_decide(
    tmp_path: Path, shares: dict[str, bool | None], standing: str
) -> None:
    found = claimed(tmp_path, [run_files.layout(shares)])["frameworks"]
    assert found.standing == standing
    assert len(found.evidence) == len(shares)
    assert found.evidence[0].startswith("PyTorch")


def test_a_count_of_an_older_source_counts_no_more(tmp_path: Path) -> None:
    once = [
        run_files.instructions("python", [[10, 300], [1000, 29_010]]),
        run_files.instructions("numpy", [[10, 562], [1000, 562]]),
    ]
    documents = repeated(LISTS_WIN_AT_10, 2)
    documents[0]["benchmarks"] += once
    run_files.change_source(documents[1], "numpy", "changed")
    run_files.write(tmp_path, documents)
    found = claims(Evidence(read_runs(tmp_path)))[1]
    assert found.standing == "not measured"


def test_runs_that_differ_too_much_bear_nothing_out(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): s, ("numpy", 10, 1): 1.0}, number=k)
        for k, s in enumerate((1e3, 1e6, 1e4, 1e5), start=1)
    ]
    run_files.write(tmp_path, documents)
    assert claims(Evidence(read_runs(tmp_path)))[2].standing == "not borne out"
