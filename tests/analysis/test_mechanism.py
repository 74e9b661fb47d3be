"""Reading how speed comes about, and what a backend costs, from run files."""

from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.runs import NotARun, RunRecord, parse_run
from tests import run_files


def read(*once: dict[str, Any], **ours: Any) -> RunRecord:
    import json

    document = run_files.document({("numpy", 10, 1): 1.0}, once=once, **ours)
    return parse_run(Path("run.json"), json.dumps(document).encode())


def test_what_is_not_there_is_not_known() -> None:
    run = read()
    assert (run.instructions, run.layout, run.backends["numpy"].installed) == ((), None, None)


def test_instructions_are_counted_by_samples() -> None:
    [(_, record)] = read(run_files.instructions("numpy", [[10, 300], [1000, 29_010]])).instructions
    assert not record.is_constant
    assert record.per_sample == 29
    [(_, constant)] = read(run_files.instructions("numpy", [[10, 300], [1000, 300]])).instructions
    assert constant.is_constant
    assert constant.per_sample == 0


def test_the_layout_adds_up_what_a_number_takes() -> None:
    layout = read(run_files.layout({"torch": True, "jax": None})).layout
    assert layout is not None
    assert (layout.list_bytes, layout.array_bytes, layout.stride_bytes) == (32, 8, 8)
    assert (layout.gap_bytes, layout.gap_share, layout.is_contiguous) == (32, 0.99, True)
    torch, jax = layout.zero_copy
    assert (torch.library, torch.shares, torch.version) == ("torch", True, "1.0")
    assert (jax.shares, jax.reason) == (None, "not installed")


def test_costs_are_read_where_they_are_recorded() -> None:
    backend = {"title": "NumPy", "same_work": True, "note": ""}
    costs = {"lines_of_code": 41, "installed_bytes": {"numpy": 1000, "more": 24}}
    run = read(backends={"numpy": backend | costs})
    assert run.backends["numpy"].installed_bytes == 1024
    assert run.backends["numpy"].lines_of_code == 41
    unread = read(backends={"numpy": backend | costs | {"lines_of_code": None}})
    assert unread.backends["numpy"].lines_of_code is None


@pytest.mark.parametrize(
    "counts", [[[10, 1]], [[10, 1], [10, 1]], [[10, 1], [5, 1]], "x", [[0, 1], [2, 1]]]
)
def test_odd_counts_are_no_run(counts: Any) -> None:
    with pytest.raises(NotARun):
        read(run_files.instructions("numpy", counts))


def test_odd_costs_are_no_run() -> None:
    backend = {"title": "NumPy", "same_work": True, "note": ""}
    with pytest.raises(NotARun, match="`int` >= 0"):
        read(backends={"numpy": backend | {"lines_of_code": -1, "installed_bytes": {}}})


@pytest.mark.parametrize(
    "wrong",
    [{"rates": {"largest_stable": 1.0, "losses": [[0.1, [float("inf")]]]}}, {"scaling": {}}],
)
def test_an_odd_lesson_is_no_run(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotARun):
        read(learning=run_files.LEARNING | wrong)
