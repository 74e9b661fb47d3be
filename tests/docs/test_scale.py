"""The page on large data: its numbers are those of the committed runs of the preset scale, computed anew."""

import json
import re
from pathlib import Path

import pytest
from scipy import stats

from tests.docs.pages import ROOT

RUNS = sorted((ROOT / "reports/reference/scale/runs").rglob("*.json"))
UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}
ROWS = 10**8


@pytest.fixture
def text(site: Path) -> str:
    page = (site / "beyond-memory.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def parts(workers: int) -> list[dict[str, float]]:
    """Return the parts of an epoch that each run measured, in the order of the runs."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in RUNS]
    probes = [probe for document in documents for probe in document["npfs"]["probes"]]
    return [
        part
        for probe in probes
        for part in probe.get("cluster") or ()
        if part["workers"] == workers and part["size"]["n_samples"] == ROWS
    ]


def in_seconds(words: str) -> float:
    value, unit = words.split()
    return float(value.replace(",", "")) * UNITS[unit]


def test_the_parts_of_an_epoch_are_those_of_the_middle_run(text: str) -> None:
    runs = sorted(parts(2), key=lambda part: part["epoch_s"])
    middle = runs[(len(runs) - 1) // 2]
    time = r"([\d.,]+ (?:ms|µs|s))"
    found = re.search(
        rf"rows on 2 workers takes {time}: {time} of computing, {time} of communication and {time} of scheduling",
        text,
    )
    assert found
    names = ("epoch_s", "compute_s", "communication_s", "scheduling_s")
    for words, name in zip(found.groups(), names, strict=True):
        assert in_seconds(words) == pytest.approx(middle[name], rel=0.006)
    predicted = re.search(rf"takes {time} on 4, ", text)
    assert predicted
    # half of the computing, one round trip, and four calls where there were two
    epoch = middle["compute_s"] / 2 + middle["communication_s"] + 2 * middle["scheduling_s"]
    assert in_seconds(predicted[1]) == pytest.approx(epoch, rel=0.006)


def test_the_efficiency_is_that_of_the_runs(text: str) -> None:
    each = [
        one["epoch_s"] / (2 * two["epoch_s"]) for one, two in zip(parts(1), parts(2), strict=True)
    ]
    found = re.search(r"efficiency over one worker is ([\d.]+) \(([\d.]+) to ([\d.]+)\)", text)
    assert found
    value, low, high = map(float, found.groups())
    assert value == pytest.approx(stats.gmean(each), rel=0.006)
    assert low < value < high
