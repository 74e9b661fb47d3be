"""The claims about NumPy, and what runs written by hand say of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.claims import claims
from npfs.report.context import Context
from npfs.report.page import Claim
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated

CLAIMS = ("side by side", "the loop", "is faster", "frameworks")
STANDINGS = {"confirmed", "partly_confirmed", "not_confirmed", "not_measured"}


def claimed_by(folder: Path, documents: Sequence[dict[str, Any]]) -> dict[str, Claim]:
    run_files.write(folder, documents)
    found = claims(Context(Evidence(read_runs(folder))))
    for claim in found:
        assert claim.id in STANDINGS
        assert claim.standing == claim.id.replace("_", " ")
    return dict(zip(CLAIMS, found, strict=True))


def claimed(folder: Path, once: Sequence[dict[str, Any]] = (), runs: int = 3) -> dict[str, Claim]:
    documents = repeated(LISTS_WIN_AT_10, runs)
    for document in documents:
        document["benchmarks"] += once
    return claimed_by(folder, documents)


def test_without_evidence_a_claim_is_not_measured(tmp_path: Path) -> None:
    found = claimed(tmp_path)
    assert [claim.id for claim in found.values()] == [
        "not_measured", "not_measured", "partly_confirmed", "not_measured",
    ]  # fmt: skip


def test_the_layout_speaks_for_itself(tmp_path: Path) -> None:
    once = [
        run_files.layout({"torch": True}),
        run_files.memory("python", 10**6, 80e6, None),
        run_files.memory("numpy", 10**6, 16e6, None),
    ]
    found = claimed(tmp_path, once)["side by side"]
    assert found.id == "confirmed"
    assert found.evidence == (
        "In an array, a number takes 8 bytes and the next one starts 8 bytes later.",
        "In a list, it takes a pointer of 8 bytes and an object of 24; 99.0 % of the objects of a "
        "new list lie 32 bytes apart, so a number takes 40 bytes.",
        "For 1,000,000 rows, a process held 80.0 MB more with lists and 16.0 MB more with arrays.",
    )
    strided = run_files.layout({})
    strided["extra_info"]["layout"]["stride_bytes"] = 16
    assert claimed(tmp_path, [strided])["side by side"].id == "not_confirmed"


@pytest.mark.parametrize(
    ("lists", "arrays", "standing"),
    [
        ([[10, 300], [1000, 29_010]], [[10, 562], [1000, 562]], "confirmed"),
        ([[10, 300], [1000, 300]], [[10, 562], [1000, 562]], "partly_confirmed"),
        ([[10, 300], [1000, 29_010]], [[10, 562], [1000, 563]], "not_confirmed"),
    ],
)
def test_instructions_decide_who_loops(
    tmp_path: Path, lists: Any, arrays: Any, standing: str
) -> None:
    once = [run_files.instructions("python", lists), run_files.instructions("numpy", arrays)]
    found = claimed(tmp_path, once)["the loop"]
    assert found.id == standing
    assert found.table is not None
    assert [cell.text for cell in found.table.rows[0]] == [
        "Python lists", *(f"{count:,}" for _, count in lists)
    ]  # fmt: skip


def test_speed_is_confirmed_where_it_was_measured(tmp_path: Path) -> None:
    found = claimed(tmp_path)["is faster"]
    assert found.table is not None
    assert [(row[0].text, row[1].text) for row in found.table.rows] == [
        ("10", "0.111× (0.111 to 0.111)"),
        ("100", "1.00× (1.00 to 1.00)"),
        ("1,000", "8.33× (8.33 to 8.33)"),
    ]
    assert claimed(tmp_path / "one", runs=1)["is faster"].id == "not_measured"


@pytest.mark.parametrize(
    ("shares", "standing"),
    [
        ({"torch": True, "jax": None}, "confirmed"),
        ({"torch": True, "jax": False}, "partly_confirmed"),
        ({"torch": False}, "not_confirmed"),
        ({"torch": None, "jax": None}, "not_measured"),
    ],
)
def test_the_frameworks_that_are_there_decide(
    tmp_path: Path, shares: dict[str, bool | None], standing: str
) -> None:
    found = claimed(tmp_path, [run_files.layout(shares)])["frameworks"]
    assert found.id == standing
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
    assert claimed_by(tmp_path, documents)["the loop"].id == "not_measured"


def test_runs_that_differ_too_much_confirm_nothing(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): s, ("numpy", 10, 1): 1.0}, number=k)
        for k, s in enumerate((1e3, 1e6, 1e4, 1e5), start=1)
    ]
    assert claimed_by(tmp_path, documents)["is faster"].id == "not_confirmed"
