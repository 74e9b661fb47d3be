"""What is said and drawn of large data, from runs written by hand."""

from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.analysis.scale import Scale
from npfs.drawing import style
from npfs.report.figures.scale import scale_alt, scale_figure
from npfs.report.scale import scale_sentences
from npfs.report.verdict import answer
from tests import run_files

SIZES = (10**6, 10**7, 10**8)
NS = {"numba-simd": 2.5, "numba-parallel": 1.25, "memmap": 1.7}  # for each row and epoch
OVERHEAD_S, WORKER_NS = 2e-3, 1.3


def epoch_s(backend: str, n: int) -> float:
    if backend == "dask":
        return OVERHEAD_S + WORKER_NS * 1e-9 * n
    if backend == "dask-gram":
        return (OVERHEAD_S + 2 * WORKER_NS * 1e-9 * n) / 10
    return NS[backend] * 1e-9 * n


def of_large_data(folder: Path) -> Evidence:
    for number in (1, 2, 3):
        off = 1 + 0.01 * (number - 2)
        cases = {
            (backend, n, 4): 10 * epoch_s(backend, n) * off
            for backend in [*NS, "dask", "dask-gram"]
            for n in SIZES
        }
        once = [
            run_files.cluster(
                n,
                (1, 2 * WORKER_NS * 1e-9 * n, 1e-3, 0.2e-3),
                (2, WORKER_NS * 1e-9 * n * off, 1e-3, 1e-3),
            )
            for n in SIZES
        ]
        environment: dict[str, Any] = {**run_files.ENVIRONMENT, "memory_bytes": 24 * 10**9}
        document = run_files.document(cases, number, once, environment=environment, preset="scale")
        for name in ("dask-gram",):
            document["npfs"]["backends"][name]["same_work"] = False
        run_files.write(folder, [document])
    return Evidence(read_runs(folder))


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return of_large_data(tmp_path)


def test_where_each_begins_to_pay_is_said_with_its_numbers(evidence: Evidence) -> None:
    said = scale_sentences(evidence)
    mapped, workers, parts, foretold, shortcut = said
    assert "0.735×" in mapped  # 1.25 / 1.7
    assert "from about 150,000,000 rows on" in mapped  # 24 GB / (4 copies of 5 numbers of 8 bytes)
    assert (
        "2 Dask workers are faster than one core from 10,000,000 rows on and not yet at 1,000,000"
        in workers
    )
    assert "from about 1,700,000)" in workers  # 2 ms / (2.5 - 1.3) ns
    assert (
        "An epoch of 100,000,000 rows on 2 workers takes 132 ms: 130 ms of computing, 1.00 ms"
        in parts
    )
    assert "efficiency of 0.989" in parts  # 261.2 / (2 * 132)
    assert "68.0 ms on 4" in foretold  # 260 / 4 + 1 + 4 * 0.5
    assert "1,000 workers" in foretold
    assert "dask" not in shortcut
    assert answer(evidence) == said[:3], "no other question can be answered from these runs"


def test_a_figure_is_drawn_and_told_in_words(evidence: Evidence) -> None:
    with style.house_style():
        figure = scale_figure(evidence)
    assert figure is not None
    rows, workers = figure.axes
    assert "memory ends" in " ".join(text.get_text() for text in rows.texts)
    assert "one core, 10M rows" in " ".join(text.get_text() for text in rows.texts)
    assert workers.get_title(loc="left") == "An epoch of 100M rows"
    assert "From 10,000,000 rows on the workers are faster" in scale_alt(evidence)


def test_without_a_rung_for_large_data_nothing_is_said(tmp_path: Path) -> None:
    run_files.write(tmp_path, [run_files.document({("numpy", 10, 1): 1.0})])
    found = Evidence(read_runs(tmp_path))
    assert Scale.of(found) is None
    assert scale_sentences(found) == []
    assert scale_figure(found) is None
