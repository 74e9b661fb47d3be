"""The published page: every figure is one of the committed runs, computed here anew from their files."""

import json
import re
import statistics
from pathlib import Path

import pytest
from scipy import stats

from npfs.regression.published import PUBLISHED
from tests.docs.pages import ROOT

CELL = re.compile(r"<td[^>]*><p>(.*?)</p></td>", re.DOTALL)
TABLE = re.compile(r'<table class="[^"]*published-table[^"]*">(.*?)</table>', re.DOTALL)
ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
UNITS = {"s": 1, "ms": 1e-3, "µs": 1e-6}


def of_runs(name: str, backend: str, n_features: int) -> list[float]:
    """Return the least disturbed repetition of each run, seconds for a fit of all its epochs."""
    seconds = []
    for path in sorted((ROOT / "reports/reference/published" / name).rglob("*.json")):
        document = json.loads(path.read_text())
        for benchmark in document["benchmarks"]:
            info = benchmark["extra_info"]
            asked = {"backend": backend, "n_features": n_features}
            if info["group"] != "fit" or not asked.items() <= info["params"].items():
                continue
            if "epochs" in info["params"]:  # timed to tell calls from epochs
                continue
            rounds, repetitions = list(benchmark["stats"]["data"]), []
            for count in info["repetitions"]:
                repetitions.append(statistics.median(rounds[:count]))
                del rounds[:count]
            seconds.append(min(repetitions) * document["npfs"]["epochs"] / info["epochs"])
    return seconds


def in_seconds(cell: str) -> tuple[float, float, float]:
    value, unit, low, high = re.fullmatch(
        r"([\d.,]+) (s|ms|µs) \(([\d.,]+) to ([\d.,]+)\)", cell
    ).groups()  # type: ignore[union-attr]
    return tuple(float(text.replace(",", "")) * UNITS[unit] for text in (value, low, high))  # type: ignore[return-value]


@pytest.fixture
def tables(site: Path) -> list[list[list[str]]]:
    page = (site / "published.html").read_text(encoding="utf-8")
    return [
        [cells for row in ROW.findall(table) if (cells := CELL.findall(row))]
        for table in TABLE.findall(page)
    ]


def test_both_comparisons_are_there(tables: list[list[list[str]]]) -> None:
    assert [len(rows) for rows in tables] == [7, 6]
    assert tables[0][0][0] == "Python lists"


@pytest.mark.parametrize(("row", "backend"), [(0, "python"), (1, "numpy")])
def test_real_python_stands_beside_ours(
    tables: list[list[list[str]]], row: int, backend: str
) -> None:
    _, here, there, ratio = tables[0][row]
    seconds = of_runs("real-python", backend, 1)
    assert len(seconds) == 5
    value, low, high = in_seconds(here)
    mean = stats.gmean(seconds)
    assert value == pytest.approx(mean, rel=0.006)
    assert low < mean < high
    published = PUBLISHED["real-python"].seconds[backend]
    shown, unit = there.split()
    assert float(shown) * UNITS[unit] == pytest.approx(published, rel=0.006)
    assert float(ratio.rstrip("×")) == pytest.approx(published / mean, rel=0.006)


def test_many_features_is_ours_at_each_size(tables: list[list[list[str]]]) -> None:
    for row, n_features in zip(tables[1], PUBLISHED["many-features"].n_features, strict=True):
        assert row[0] == str(n_features)
        for cell, backend in zip(
            row[1:], ("python", "numpy", "numba", "numba-parallel"), strict=True
        ):
            mean = stats.gmean(of_runs("many-features", backend, n_features))
            assert in_seconds(cell)[0] == pytest.approx(mean, rel=0.006)
