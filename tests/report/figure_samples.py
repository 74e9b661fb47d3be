"""Evidence for the figures, written by hand: each number follows from a formula here."""

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.drawing.canvas import Canvas
from npfs.drawing.charts import WIDE, Chart
from npfs.report.context import Context
from npfs.report.figures import RULES
from npfs.schema import Size
from tests import run_files

EPOCHS = 10
RUNS = 6
# Seconds of an epoch that come with every call, and for each number: lists win where there are few.
COSTS = {
    "python": (1e-6, 5e-8),
    "numpy": (1e-5, 1.5e-9),
    "numpy-inplace": (4e-6, 6e-10),
    "numpy-gram": (3e-6, 1e-10),
    "numba": (2e-7, 4e-10),
    "numba-simd": (2.1e-7, 1e-10),
}
SIZES = [(10, 1), (1_000, 1), (100_000, 1), (10_000, 4), (10_000, 16)]
IMPORT_S = {"python": 0.01, "numpy": 0.08, "numpy-inplace": 0.08, "numba": 0.3, "numba-simd": 0.31}
READ_S = 8e-11  # for each number
TITLES = {
    "python": "Python lists",
    "numpy": "NumPy, vectorized",
    "numpy-inplace": "NumPy, in place",
    "numpy-gram": "NumPy, Gram matrix once",
    "numba": "Numba, compiled loop",
    "numba-simd": "Numba, SIMD",
}
CHARTS = {rule.__name__: rule for rule in RULES}


def context(folder: Path, documents: Iterable[dict[str, Any]]) -> Context:
    run_files.write(folder, list(documents))
    return Context(Evidence(read_runs(folder)))


def seconds(backend: str, n_samples: int, n_features: int, run: int) -> float:
    """Runs differ by up to 3 %."""
    call, each = COSTS[backend]
    noise = 1 + 0.015 * ((run * 7 + n_samples + len(backend)) % 3)
    return EPOCHS * (call + each * n_samples * (n_features + 1)) * noise


def document(run: int, **ours: Any) -> dict[str, Any]:
    """A run with everything that a figure draws."""
    times = {(b, n, d): seconds(b, n, d, run) for b in COSTS for n, d in SIZES}
    once = [
        run_files.startup(b, s * (1 + 0.01 * (run % 2)), first_fit_s=0.01, second_fit_s=0.01)
        for b, s in IMPORT_S.items()
    ]
    once += [
        run_files.memory("python", 100_000, 8e6, 8e6),
        run_files.memory("numpy", 100_000, 1.6e6, 4e6),
        run_files.memory("numpy-inplace", 100_000, 1.6e6, 1.6e6),
        run_files.memory("numba", 100_000, 1.6e6, 1.6e6),
    ]
    found = run_files.document(times, run, once, learning=lesson(), **ours)
    for name, about in found["npfs"]["backends"].items():
        about["title"] = TITLES[name]
    found["benchmarks"] += [read_pass(n, d) for n, d in SIZES]
    return found


def documents(runs: int = RUNS) -> list[dict[str, Any]]:
    return [document(run) for run in range(1, runs + 1)]


def read_pass(n_samples: int, n_features: int) -> dict[str, Any]:
    size = Size(n_samples, n_features)
    return run_files.read_pass("one", size, READ_S * size.numbers)


def lesson() -> dict[str, Any]:
    """Losses by the formula of one weight: its distance shrinks by ``1 - 2 rate`` each epoch."""
    x = [k / 10 - 2 for k in range(41)]
    y = [3 * value + ((k * 37) % 11 - 5) / 6 for k, value in enumerate(x)]
    lines = [[epoch, 3 * (1 - 0.8**epoch), 0.0] for epoch in (0, 1, 2, 4, 8, 40)]
    loss = [1 + 9 * 0.8 ** (2 * epoch) for epoch in range(40)]
    return {
        "x": x,
        "y": y,
        "slope": 3.0,
        "learning_rate": 0.1,
        "backends": {name: {"lines": lines, "loss": loss} for name in COSTS},
    }


def with_titles(found: dict[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    changed = copy.deepcopy(found)
    for name, title in titles.items():
        changed["npfs"]["backends"][name]["title"] = title
    return changed


def chart(name: str, found: Context) -> Chart:
    """The chart of that name, which must be there."""
    made = CHARTS[name](found)
    assert made is not None
    return made


def drawn(name: str, found: Context, width: float = WIDE) -> Canvas:
    return chart(name, found).draw(width)
