"""Run files written by hand: known seconds in, so that every finding can be checked by hand."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from npfs.schema import SCHEMA, Size

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
    seconds: Mapping[tuple[str, int, int], float],
    number: int = 1,
    once: Sequence[dict[str, Any]] = (),
    sources: Mapping[str, str] | None = None,
    **ours: Any,
) -> dict[str, Any]:
    """A run file's content with these seconds for ``(backend, n_samples, n_features)``.

    ``once`` are further benchmarks, such as ``startup`` makes; ``sources`` are digests by backend.
    """
    return {
        "machine_info": {},
        "commit_info": {},
        "datetime": "2026-01-01T00:00:00+00:00",
        "version": "5.3.1",
        "benchmarks": [
            benchmark(
                f"{backend}-{n}" + (f"x{d}" if d > 1 else ""),
                "fit",
                {"backend": backend, "n_samples": n, "n_features": d, "dtype": "float64"},
                [value * 0.9, value, value * 5],
                timed_s=0.3,
                source=(sources or {}).get(backend, "abc"),
            )
            for (backend, n, d), value in seconds.items()
        ]
        + list(once),
        "npfs": {
            "schema": SCHEMA,
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


def change_source(document: dict[str, Any], backend: str, source: str) -> None:
    """Give every case of a backend another digest of its source."""
    for benchmark in document["benchmarks"]:
        if benchmark["extra_info"]["params"].get("backend") == backend:
            benchmark["extra_info"]["source"] = source


def benchmark(
    case: str, group: str, params: Mapping[str, Any], rounds: Sequence[float], **info: Any
) -> dict[str, Any]:
    """A benchmark of a document; ``info`` are further fields of its case."""
    return {
        "name": f"bench_{group}[{case}]",
        "extra_info": {"id": case, "group": group, "params": dict(params), **info},
        "stats": {"data": list(rounds)},
    }


def other_epochs(
    backend: str, n_samples: int, n_features: int, epochs: int, seconds: float, **info: Any
) -> dict[str, Any]:
    """A fit of another number of epochs than the run's."""
    params = {"backend": backend, "n_samples": n_samples, "n_features": n_features}
    case = f"more-epochs-{backend}-{n_samples}x{n_features}"
    info = {"epochs": epochs, "source": "abc", **info}
    return benchmark(case, "fit", params | {"epochs": epochs}, [seconds], **info)


def startup(
    backend: str,
    import_s: float,
    *,
    first_fit_s: float = 0.5,
    second_fit_s: float = 0.5,
    cache: str = "warm",
    interpreter_s: float = 0.25,
    n_samples: int = 1000,
    source: str = "abc",
) -> dict[str, Any]:
    """A startup, to be added to a document's benchmarks."""
    params = {"backend": backend, "n_samples": n_samples, "n_features": 1, "cache": cache}
    parts = {
        "interpreter_s": interpreter_s,
        "import_s": import_s,
        "first_fit_s": first_fit_s,
        "second_fit_s": second_fit_s,
    }
    case = f"startup-{backend}-{cache}"
    return benchmark(case, "startup", params, [2.0], timed_s=2.0, startup=parts, source=source)


def memory(backend: str, n_samples: int, held: float | None, peak: float | None) -> dict[str, Any]:
    """The memory of a backend at one size of one feature."""
    entry = {
        "size": {"n_samples": n_samples, "n_features": 1},
        "held_bytes": _whole(held),
        "peak_bytes": _whole(peak),
        "reason": "nobody looked" if peak is None else "",
    }
    params = {"backend": backend}
    case = f"memory-{backend}"
    return benchmark(case, "memory", params, [1.0], timed_s=1.0, memory=[entry], source="abc")


def _whole(n_bytes: float | None) -> float | None:
    return int(n_bytes) if n_bytes is not None and math.isfinite(n_bytes) else n_bytes


def conversion(direction: str, n_samples: int, seconds: float) -> dict[str, Any]:
    """A conversion of one feature."""
    params = {"direction": direction, "n_samples": n_samples, "n_features": 1}
    rounds = [seconds * 0.9, seconds, seconds * 5]
    return benchmark(f"{direction}-{n_samples}", "conversion", params, rounds, timed_s=0.1)


def read_pass(cores: str, size: Size, seconds: float, **info: Any) -> dict[str, Any]:
    """Ten read passes of so many seconds each, on "one" core or "all"."""
    info = {"passes": 10, "timed_s": 0.1, "source": "abc", **info}
    params = {"cores": cores, **size.params()}
    return benchmark(f"read-{cores}-{size}", "read", params, [10 * seconds], **info)


def instructions(backend: str, counts: Any) -> dict[str, Any]:
    """The instructions of a backend for each epoch, as ``[n_samples, count]`` rows."""
    case, found = f"instructions-{backend}", {"counts": counts}
    params = {"backend": backend}
    return benchmark(case, "instructions", params, [1.0], instructions=found, source="abc")


def layout(shares: Mapping[str, bool | None]) -> dict[str, Any]:
    """The layout of numbers, and which libraries take an array without a copy."""
    found = {
        "pointer_bytes": 8.0,
        "object_bytes": 24,
        "gap_bytes": 32,
        "gap_share": 0.99,
        "array_bytes": 8,
        "stride_bytes": 8,
        "is_contiguous": True,
        "zero_copy": [
            {"library": name, "shares": None, "reason": "not installed"}
            if share is None
            else {"library": name, "shares": share, "version": "1.0"}
            for name, share in shares.items()
        ],
    }
    return benchmark("layout", "layout", {}, [1.0], layout=found)


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


def cluster(
    n_samples: int, *parts: tuple[int, float, float, float], n_features: int = 4
) -> dict[str, Any]:
    """An epoch on a cluster: workers, then seconds of computing, communication and scheduling."""
    size = {"n_samples": n_samples, "n_features": n_features}
    found = [
        {
            "size": size,
            "workers": workers,
            "epoch_s": compute + communication + scheduling,
            "compute_s": compute,
            "communication_s": communication,
            "scheduling_s": scheduling,
        }
        for workers, compute, communication, scheduling in parts
    ]
    params = {"backend": "dask", **size}
    return benchmark(f"cluster-{n_samples}", "cluster", params, [1.0], cluster=found)
