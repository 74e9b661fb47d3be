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
    seconds: Mapping[tuple[str, int, int], float],
    number: int = 1,
    once: Sequence[dict[str, Any]] = (),
    **ours: Any,
) -> dict[str, Any]:
    """A run file's content with these seconds for ``(backend, n_samples, n_features)``.

    ``once`` are further benchmarks, such as ``first_call`` makes.
    """
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
        ]
        + list(once),
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


def first_call(
    backend: str,
    import_s: float,
    *,
    first_fit_s: float = 0.5,
    second_fit_s: float = 0.5,
    **info: Any,
) -> dict[str, Any]:
    """A first call whose interpreter took 0.25 s; a whole benchmark, to be added to a document's."""
    return {
        "name": f"bench_first_call[{backend}]",
        "extra_info": {
            "first_call": backend,
            "cache": "warm",
            "interpreter_s": 0.25,
            "import_s": import_s,
            "first_fit_s": first_fit_s,
            "second_fit_s": second_fit_s,
            "n_samples": 1000,
            "n_features": 1,
            "dtype": "float64",
            "timed_s": 2.0,
            **info,
        },
        "stats": {"data": [2.0]},
    }


def memory(backend: str, n_samples: int, held: float | None, peak: float | None) -> dict[str, Any]:
    """The memory of a backend at one size of one feature."""
    entry = {"n_samples": n_samples, "n_features": 1, "dtype": "float64", "reason": ""}
    entry |= {"held_bytes": held, "peak_bytes": peak}
    entry |= {"reason": "nobody looked"} if peak is None else {}
    return {
        "name": f"bench_memory[{backend}]",
        "extra_info": {"memory": backend, "sizes": [entry], "timed_s": 1.0},
        "stats": {"data": [1.0]},
    }


def conversion(direction: str, n_samples: int, seconds: float) -> dict[str, Any]:
    """A conversion of one feature."""
    return {
        "name": f"bench_conversion[{direction}]",
        "extra_info": {
            "conversion": direction,
            "n_samples": n_samples,
            "n_features": 1,
            "dtype": "float64",
            "timed_s": 0.1,
        },
        "stats": {"data": [seconds * 0.9, seconds, seconds * 5]},
    }


def instructions(backend: str, counts: Any) -> dict[str, Any]:
    """The instructions of a backend for each epoch, as ``[n_samples, count]`` rows."""
    return {
        "name": f"bench_instructions[{backend}]",
        "extra_info": {"instructions": backend, "counts": counts, "timed_s": 1.0},
        "stats": {"data": [1.0]},
    }


def layout(shares: Mapping[str, bool | None]) -> dict[str, Any]:
    """The layout of numbers, and which libraries take an array without a copy."""
    hand_over = {
        name: {"shares": None, "reason": "not installed", "version": None}
        if share is None
        else {"shares": share, "reason": "", "version": "1.0"}
        for name, share in shares.items()
    }
    of_list = {"bytes_in_list": 8.0, "bytes_of_number": 24, "gap_bytes": 32, "gap_share": 0.99}
    of_array = {"bytes_of_number": 8, "stride_bytes": 8, "contiguous": True}
    return {
        "name": "bench_layout",
        "extra_info": {
            "layout": {"n_samples": 100, "list": of_list, "array": of_array},
            "hand_over": hand_over,
            "timed_s": 1.0,
        },
        "stats": {"data": [1.0]},
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


def survey(
    backend: str, looks: Mapping[tuple[int, int], tuple[float, float]], prepare_s: float = 1e-4
) -> dict[str, Any]:
    """A survey: the seconds of a call and of an epoch for each ``(n_samples, n_features)``."""
    sizes = [
        {"n_samples": n, "n_features": d, "dtype": "float64", "prepare_s": prepare_s}
        | {"call_s": call_s, "epoch_s": epoch_s}
        for (n, d), (call_s, epoch_s) in looks.items()
    ]
    return {
        "name": f"bench_survey[{backend}]",
        "extra_info": {"survey": backend, "sizes": sizes, "timed_s": 1.0},
        "stats": {"data": [1.0]},
    }


def cluster(
    n_samples: int, *parts: tuple[int, float, float, float], n_features: int = 4
) -> dict[str, Any]:
    """The parts of an epoch on a cluster: workers, then seconds of computing, communication and scheduling."""
    return {
        "name": f"bench_cluster[{n_samples}]",
        "extra_info": {
            "cluster": "dask",
            "n_samples": n_samples,
            "n_features": n_features,
            "dtype": "float64",
            "parts": [
                {
                    "workers": workers,
                    "epoch_s": compute + communication + scheduling,
                    "compute_s": compute,
                    "communication_s": communication,
                    "scheduling_s": scheduling,
                }
                for workers, compute, communication, scheduling in parts
            ],
            "timed_s": 1.0,
        },
        "stats": {"data": [1.0]},
    }
