"""Run files written by hand: known seconds in, so that every finding can be checked by hand."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ENVIRONMENT: dict[str, Any] = {
    "machine": "Linux-x86_64-Test-2cpu",
    "cpu": "Test CPU",
    "cores": 2,
    "usable_cores": 2,
    "system": "Linux 6",
    "python": "CPython 3.11.7",
    "libraries": {"numpy": "2.4.6", "numba": "0.68.1", "llvmlite": "0.50.0", "npfs": "0.1.0"},
    "blas": "openblas 0.3",
    "speed_variables": {},
}
TITLES = {"python": "Python lists", "numpy": "NumPy", "numba": "Numba"}
LEARNING = {
    "x": [0.0, 1.0, 2.0],
    "y": [0.1, 2.9, 6.2],
    "slope": 3.0,
    "learning_rate": 0.1,
    "backends": {
        name: {"lines": [[0, 0.0, 0.0], [1, 1.5, 0.3], [9, 3.0, 0.0]], "loss": [9.0, 3.0, 1.1]}
        for name in TITLES
    },
}


def document(
    seconds: Mapping[tuple[str, int, int], float], number: int = 1, **ours: Any
) -> dict[str, Any]:
    """A run file's content with these seconds for ``(backend, n_samples, n_features)``."""
    return {
        "machine_info": {},
        "commit_info": {},
        "datetime": "2026-01-01T00:00:00+00:00",
        "version": "5.3.1",
        "benchmarks": [
            {
                "name": f"bench_fit[{backend}-{n}x{d}]",
                "extra_info": {
                    "backend": backend,
                    "n_samples": n,
                    "n_features": d,
                    "dtype": "float64",
                    "timed_s": 0.3,
                },
                "stats": {"data": [value * 0.9, value, value * 5]},
            }
            for (backend, n, d), value in seconds.items()
        ],
        "npfs": {
            "schema": 1,
            "job": "job",
            "run": number,
            "started": f"2026-01-01T00:{number:02d}:00+00:00",
            "wall_s": 10.0,
            "interrupted": False,
            "preset": "standard",
            "epochs": 10,
            "seed": 0,
            "order": [],
            "environment": ENVIRONMENT,
            "backends": {
                name: {
                    "title": TITLES.get(name, name),
                    "same_work": name != "numpy-gram",
                    "note": "",
                    "source": "abc",
                }
                for name in {backend for backend, _, _ in seconds}
            },
            "timing": {"timer": "perf_counter"},
            "unavailable": {},
            "skipped": {},
            "failed": {},
            "learning": LEARNING,
            **ours,
        },
    }


def write(folder: Path, documents: Sequence[dict[str, Any]]) -> list[Path]:
    """Write the documents as numbered run files of one machine."""
    home = folder / "runs" / ENVIRONMENT["machine"]
    home.mkdir(parents=True, exist_ok=True)
    paths = []
    for content in documents:
        number = content["npfs"]["run"]
        paths.append(home / f"{number:04d}_20260101T000000Z.json")
        paths[-1].write_text(json.dumps(content))
    return paths
