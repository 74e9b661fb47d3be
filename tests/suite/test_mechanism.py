"""Counted instructions and looked-up layout, against what must hold of the interpreter."""

import dis
import gc
import importlib.util
import json
import platform
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from npfs.backends.registry import location
from npfs.suite import probe_process, probes
from npfs.suite.probe_process import instructions_per_epoch


def looping(data: Any, epochs: int, learning_rate: float) -> None:
    for _ in range(epochs):
        for _ in data:
            pass


def summing(data: Any, epochs: int, learning_rate: float) -> None:
    for _ in range(epochs):
        sum(data)


def making(data: Any, epochs: int, learning_rate: float) -> None:
    for _ in range(epochs):
        data.append([[] for _ in range(50)])


def counted(fit: Callable[[Any, int, float], Any]) -> list[int]:
    return [instructions_per_epoch(fit, [1.0] * n, 0.1) for n in (10, 20, 1000)]


def test_a_loop_takes_its_own_instructions_for_each_number() -> None:
    """The inner loop of the compiled function, from its start to the jump back."""
    ten, twenty, thousand = counted(looping)
    per_number = (thousand - ten) / 990
    assert twenty - ten == 10 * per_number
    in_loops = [i for i in dis.get_instructions(looping) if i.opname == "FOR_ITER"]
    inner = in_loops[-1].offset
    body = [i for i in dis.get_instructions(looping) if i.offset >= inner]
    back = next(k for k, i in enumerate(body) if i.opname.startswith("JUMP_BACKWARD"))
    assert per_number == back + 1


def test_a_call_into_c_takes_as_many_for_any_number() -> None:
    ten, twenty, thousand = counted(summing)
    assert ten == twenty == thousand > 0


def test_what_the_garbage_collector_calls_is_not_counted() -> None:
    alone = instructions_per_epoch(making, [], 0.1)

    def called(*_: Any) -> None:
        """Take instructions of its own, as a library that watches the collector does."""

    thresholds = gc.get_threshold()
    gc.callbacks.append(called)
    gc.set_threshold(1)
    try:
        assert instructions_per_epoch(making, [], 0.1) == alone
        assert gc.isenabled()
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(called)


def test_tracing_ends_with_the_count_also_when_the_fit_fails() -> None:
    def failing(data: Any, epochs: int, learning_rate: float) -> None:
        if epochs == 2:
            raise ValueError("mine")

    before = sys.gettrace()
    counted(summing)  # nothing of an earlier count is left
    with pytest.raises(ValueError, match="mine"):
        instructions_per_epoch(failing, [], 0.1)
    assert sys.gettrace() is before
    assert counted(summing)[0] > 0


@pytest.mark.parametrize(("name", "grows"), [("python", True), ("numpy", False), ("numba", False)])
def test_lists_take_more_for_more_samples_and_arrays_do_not(name: str, grows: bool) -> None:
    found = probes.measure_costs(location(name), 10).instructions
    assert found is not None
    (few, fewer), *_, (many, more) = found.counts
    assert (few, many) == (10, 1_000)
    assert (more > 10 * fewer) if grows else (more == fewer)


def test_an_array_lies_in_one_piece_and_a_list_does_not() -> None:
    # in a fresh process, as it is measured: where numbers were freed before, new ones fill the gaps
    code = "import json; from npfs.suite import probe_process; print(json.dumps(probe_process.of_numbers(1000)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60
    )
    found = json.loads(result.stdout)
    assert (found["array_bytes"], found["stride_bytes"], found["is_contiguous"]) == (8, 8, True)
    assert found["pointer_bytes"] == pytest.approx(struct.calcsize("P"), rel=0.2)
    assert found["object_bytes"] == sys.getsizeof(1.5)
    if platform.python_implementation() == "CPython":
        assert found["gap_bytes"] >= found["object_bytes"]
        assert 0 < found["gap_share"] <= 1


def test_who_takes_the_array_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        probe_process,
        "_ADDRESSES",
        {
            "json": lambda array: array.ctypes.data,
            "csv": lambda array: array.copy().ctypes.data,
            "wave": lambda array: 1 / 0,
            "no_such_library": lambda array: 0,
        },
    )
    monkeypatch.setattr("csv.__version__", "1.0", raising=False)
    monkeypatch.setattr("json.__version__", "2.0", raising=False)
    found = {one["library"]: one for one in probe_process.zero_copy()}
    assert found["json"] == {"library": "json", "shares": True, "version": "2.0"}
    assert found["csv"]["shares"] is False
    assert found["wave"]["reason"].startswith("ZeroDivisionError")
    assert found["no_such_library"]["reason"] == "not installed"


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_the_libraries_that_are_here_take_it_without_a_copy(library: str) -> None:
    """Written through the array, read through the library."""
    if (
        importlib.util.find_spec(library) is None
    ):  # JAX is not imported here: it warns of later forks
        pytest.skip(f"{library} is not installed")
    [found] = [one for one in probes.layout(100).zero_copy if one.library == library]
    assert found.shares is True
    if library == "torch":
        torch: Any = pytest.importorskip("torch")
        numbers = np.arange(3.0)
        tensor = torch.from_numpy(numbers)
        numbers[0] = 42
        assert float(tensor[0]) == 42
