"""Sentences on large data, from runs written by hand."""

from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.answer import answer, findings, question, scale_sentences
from npfs.report.context import Context
from tests import run_files
from tests.report.test_answer import headline

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
        document["npfs"]["backends"]["dask-gram"]["same_work"] = False
        run_files.write(folder, [document])
    return Evidence(read_runs(folder))


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return of_large_data(tmp_path)


def test_where_each_variant_pays_has_its_numbers(evidence: Evidence) -> None:
    mapped, workers, parts, predicted, shortcut = scale_sentences(evidence)
    assert "fitted 0.735× (0.735 to 0.735) as fast as in memory" in mapped  # 1.25 / 1.7
    assert (
        "pays from about 150,000,000 rows" in mapped
    )  # 24 GB / (4 copies of 5 numbers of 8 bytes)
    assert (
        "2 Dask workers are faster than one core from 10,000,000 rows, and not yet at 1,000,000"
        in workers
    )
    assert "from about 1,700,000)" in workers  # 2 ms / (2.5 - 1.3) ns
    assert (
        "An epoch of 100,000,000 rows on 2 workers takes 132 ms: 130 ms of computing, 1.00 ms"
        in parts
    )
    assert "the parallel efficiency over one worker is 0.989" in parts  # 261.2 / (2 * 132)
    assert "68.0 ms on 4" in predicted  # 260 / 4 + 1 + 4 * 0.5
    assert "1,000 workers" in predicted
    assert "dask" not in shortcut


def test_runs_of_large_data_alone_answer_another_question(evidence: Evidence) -> None:
    found = Context(evidence)
    assert question(found).startswith("When memory ends")
    assert headline(found) == [
        "Data mapped from a file are fitted 0.74× as fast as in memory; mapping pays from about "
        "150 million rows.",
        "2 Dask workers are faster than one core from 10 million rows.",
        "An epoch of 100 million rows on 2 workers takes 130 ms, 98 % of it computing.",
    ]
    assert findings(found)[-5:] == scale_sentences(evidence)


@pytest.mark.parametrize(
    ("dask_s", "workers"),
    [
        (10.0, "2 Dask workers are not faster than one core at any measured number of rows."),
        (0.1, "2 Dask workers are faster than one core at every measured number of rows."),
    ],
)
def test_workers_that_always_or_never_pay(tmp_path: Path, dask_s: float, workers: str) -> None:
    seconds = {("numba-simd", 10**6, 4): 1.0, ("dask", 10**6, 4): dask_s}
    once = [run_files.cluster(10**6, (2, dask_s / 10, 1e-3, 1e-3))]
    run_files.write(tmp_path, [run_files.document(seconds, k, once) for k in (1, 2, 3)])
    assert workers in headline(Context(Evidence(read_runs(tmp_path))))


def test_without_a_variant_for_large_data_there_is_no_sentence(tmp_path: Path) -> None:
    run_files.write(tmp_path, [run_files.document({("numpy", 10, 1): 1.0})])
    found = Evidence(read_runs(tmp_path))
    assert scale_sentences(found) == answer(Context(found)) == []
