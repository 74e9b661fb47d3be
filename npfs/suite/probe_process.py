"""What a fresh process measures of itself; ``npfs.suite.probes`` starts it and reads the answer.

Until the backend is imported nothing but the standard library is: NumPy's import belongs to those that use
NumPy, and lists do without. Data are made and prepared afterwards, outside all that is measured.
"""

import sys
from time import perf_counter
from typing import Any

STARTED = perf_counter()  # the clock is the same for all processes of the machine (Python 3.10 on)
ANSWER_MARK = "[npfs probe] "
LEARNING_RATE = 0.1  # stable for the standard normal feature of ``make_problem``


def main(arguments: list[str]) -> None:
    """Run the probe that the arguments name, and print its answer as the last line."""
    probe, target, *numbers = arguments
    answer: dict[str, Any]
    if probe == "layout":
        answer = _layout(*numbers)
    else:
        backend_began = perf_counter()
        backend = _load(target)
        import_s = perf_counter() - backend_began
        if probe == "startup":
            answer = _startup(backend, import_s, *numbers)
        elif probe == "memory":
            answer = _memory(backend, *numbers)
        else:
            answer = _instructions(backend, *numbers)
    import json

    print(f"\n{ANSWER_MARK}{json.dumps(answer)}", flush=True)


def _load(target: str) -> Any:
    """Import ``"package.module:NAME"`` without a look at the entry points, which would take its own time."""
    module, _, attributes = target.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    return found


def _startup(
    backend: Any, import_s: float, spawned: str, n_samples: str, epochs: str
) -> dict[str, float]:
    """Fit twice; return the seconds of every part."""
    from npfs.regression.problem import make_problem

    problem = make_problem(int(n_samples))
    data = backend.prepare(problem.X, problem.y)
    seconds = []
    for _ in range(2):
        began = perf_counter()
        backend.fit(data, int(epochs), LEARNING_RATE)
        seconds.append(perf_counter() - began)
    return {
        "interpreter_s": STARTED - float(spawned),
        "import_s": import_s,
        "first_fit_s": seconds[0],
        "second_fit_s": seconds[1],
    }


def _memory(backend: Any, n_samples: str, n_features: str, dtype: str, seed: str) -> dict[str, Any]:
    """Prepare and fit once what was compiled before; return the bytes that it took.

    The problem is there before and is not counted. All is done once at full size first, and let go: some
    choose or compile their code for each shape. (CPython keeps one arena of 1 MiB of what lists let go, so that
    lists may seem to hold as much less.)
    """
    import gc

    from npfs.regression.problem import make_problem
    from npfs.suite import resident

    problem = make_problem(int(n_samples), int(n_features), seed=int(seed))
    X, y = problem.X.astype(dtype, copy=False), problem.y.astype(dtype, copy=False)
    backend.fit(backend.prepare(X, y), 1, 0.0)
    gc.collect()

    before = resident.own_bytes()
    data = backend.prepare(X, y)
    gc.collect()
    held = max(0, resident.own_bytes() - before)
    at_rest, is_watched = resident.resident_bytes(), resident.forget_peak()
    backend.fit(data, 1, 0.0)
    highest = resident.peak_bytes()
    if highest is None or not is_watched:
        return {"held_bytes": held, "peak_bytes": None, "reason": resident.NO_PEAK}
    return {"held_bytes": held, "peak_bytes": held + max(0, highest - at_rest), "reason": ""}


def _instructions(backend: Any, *samples: str) -> dict[str, Any]:
    """Count the interpreter's instructions for each epoch of one feature, at each number of samples."""
    from npfs.regression.problem import make_problem
    from npfs.suite.instructions import instructions_per_epoch

    counts = []
    for n_samples in map(int, samples):
        problem = make_problem(n_samples)
        data = backend.prepare(problem.X, problem.y)
        counts.append([n_samples, instructions_per_epoch(backend.fit, data, LEARNING_RATE)])
    return {"counts": counts}


def _layout(n_samples: str) -> dict[str, Any]:
    """Look at where a list and an array keep their numbers, and who takes the array without a copy."""
    from npfs.suite import layout

    return {**layout.of_numbers(int(n_samples)), "zero_copy": layout.zero_copy()}


if __name__ == "__main__":
    main(sys.argv[1:])
