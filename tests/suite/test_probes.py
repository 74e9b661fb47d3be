"""Probes of real processes; of times only what must hold on any machine."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npfs.backends.base import BackendUnavailable
from npfs.backends.registry import load_backend, location
from npfs.harness.processes import Ended
from npfs.schema import Size
from npfs.suite import probe_process, probes

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a fit")
BACKEND = """
import os, time
from npfs.backends.base import Backend
from npfs.backends.python_lists import prepare, fit
{statement}
BACKEND = Backend("odd", "Odd", prepare, fit)
"""


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Make a backend's module that runs a statement when it is imported."""

    def make(statement: str) -> str:
        (tmp_path / "odd_backend.py").write_text(BACKEND.format(statement=statement))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return "odd_backend:BACKEND"

    return make


def test_the_parts_of_a_first_call_fit_into_the_process() -> None:
    start = time.perf_counter()
    call = probes.measure_startup(location("numpy"), 10)
    wall_s = time.perf_counter() - start
    parts = (call.interpreter_s, call.import_s, call.first_fit_s, call.second_fit_s)
    assert min(parts) > 0
    assert sum(parts) < wall_s


def test_each_part_holds_what_is_done_in_it(odd: Callable[[str], str]) -> None:
    """0.3 s of sleep in the import, 0.2 s in the first fit alone."""
    call = probes.measure_startup(
        odd(
            "time.sleep(0.3)\n"
            "fits, lists_fit = [], fit\n"
            "def fit(*arguments):\n"
            "    time.sleep(0.2 * (not fits))\n"
            "    fits.append(1)\n"
            "    return lists_fit(*arguments)\n"
        ),
        1,
    )
    assert call.import_s >= 0.3
    assert call.first_fit_s >= 0.2


def test_lists_do_not_wait_for_numpy(odd: Callable[[str], str]) -> None:
    probes.measure_startup(
        odd("import sys; assert 'numpy' not in sys.modules, 'NumPy is there'"), 1
    )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("raise RuntimeError('no licence')", "exit code 1, .* RuntimeError: no licence"),
        ("os._exit(7)", "exit code 7 and printed nothing"),
        ("print('hello'); os.abort()", r"signal SIGABRT|exit code \d+"),
        ("time.sleep(60)", r"took longer than 1 s"),
    ],
)
def test_a_process_that_fails_is_a_reason(
    odd: Callable[[str], str], statement: str, reason: str
) -> None:
    target = odd(statement)
    with pytest.raises(probes.ProbeFailed, match=reason):
        probes.measure_startup(target, 10, limit_s=1.0 if "sleep" in statement else 60.0)


def test_what_a_backend_prints_is_not_the_answer(odd: Callable[[str], str]) -> None:
    target = odd("import atexit; print('{}'); atexit.register(print, 'bye')")
    assert probes.measure_startup(target, 10).import_s > 0


@pytest.mark.parametrize(
    ("name", "suffixes"),
    [("numba", [".nbc", ".nbi"]), ("c", [".dll" if sys.platform == "win32" else ".so"])],
)
def test_a_cold_call_compiles_into_the_empty_folder(
    name: str, suffixes: list[str], tmp_path: Path
) -> None:
    try:
        backend = load_backend(name)
    except BackendUnavailable as error:
        pytest.skip(str(error))
    probes.measure_startup(location(name), 10, variables={backend.cache_variable: str(tmp_path)})
    kept = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert kept == set(suffixes)


def test_an_empty_cache_is_there_for_the_block_alone() -> None:
    with probes.empty_cache("SOME_VARIABLE") as variables:
        [(name, folder)] = variables.items()
        assert name == "SOME_VARIABLE"
        assert os.listdir(folder) == []  # noqa: PTH208
    assert not Path(folder).exists()
    with probes.empty_cache("") as variables:
        assert variables == {}


@LINUX
@pytest.mark.parametrize(
    ("backend", "held", "peak", "within"),
    [
        # a list holds pointers of 8 bytes to floats of 24, which are 32 apart
        ("python", 2 * 40, 2 * 40, 1.3),
        # two arrays of 8 bytes; at most errors, their squares and what is added up to them
        ("numpy", 2 * 8, 5 * 8, 1.3),
        ("numba", 2 * 8, 2 * 8, 1.3),
    ],
)
def test_memory_is_what_the_containers_take(
    backend: str, held: int, peak: int, within: float
) -> None:
    n = 200_000
    [use] = probes.measure_costs(location(backend), 10, [Size(10_000, 1), Size(n, 1)]).memory
    assert (use.size, use.reason) == (Size(n, 1), "")  # less than 1 MB cannot be seen
    assert use.held_bytes is not None
    assert use.peak_bytes is not None
    assert 1 / within < use.held_bytes / (held * n) < within
    assert 1 / within < use.peak_bytes / (peak * n) < within


def test_what_a_process_has_measured_before_it_fails_is_kept(odd: Callable[[str], str]) -> None:
    target = odd(
        "lists_prepare = prepare\n"
        "def prepare(X, y):\n"
        "    if len(y) > 150_000: os._exit(7)\n"
        "    return lists_prepare(X, y)\n"
    )
    found = probes.measure_costs(target, 10, [Size(100_000, 1), Size(200_000, 1)])
    assert found.startup.import_s > 0
    assert found.instructions is not None
    seen, failed = found.memory
    assert seen.held_bytes is not None
    assert failed.held_bytes is None
    assert failed.reason == found.problem
    assert "exit code 7" in found.problem
    with pytest.raises(probes.ProbeFailed, match="no licence"):
        probes.measure_costs(odd("raise RuntimeError('no licence')"), 10)


@LINUX
def test_the_peak_is_that_since_it_was_reset() -> None:
    big = bytearray(os.urandom(1)) * 30_000_000
    del big
    assert probe_process.reset_peak_rss()
    peak = probe_process.peak_bytes()
    assert peak is not None
    assert abs(peak - probe_process.resident_bytes()) < 5_000_000


def test_where_the_system_does_not_tell_the_peak_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_process, "CLEAR", tmp_path / "absent" / "clear_refs")
    monkeypatch.setattr(probe_process, "STATUS", tmp_path / "status")
    assert not probe_process.reset_peak_rss()
    assert probe_process.peak_bytes() is None
    assert probe_process.own_bytes() > 1_000_000


def test_processes_alternate_with_the_variable_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def run(
        command: list[str], on_event: Callable[..., Any], *, environment: dict[str, str], **_: Any
    ) -> Ended:
        assert environment["PATH"] == os.environ["PATH"]
        asked.append("OPENBLAS_CORETYPE" in environment)
        on_event({"part": "seconds", "answer": 1.0 + asked[-1]})
        return Ended(0, "printed")

    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setattr(probes, "fresh_process", run)
    assert probes.numpy_seconds(["OPENBLAS_CORETYPE"], 3) == ([2.0] * 3, [1.0] * 3)
    assert asked == [True, False, False, True, True, False]


def test_a_process_that_cannot_be_started_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(probes.__file__))
    with pytest.raises(probes.ProbeFailed, match="no fresh process could be started: "):
        probes.numpy_seconds(["OPENBLAS_CORETYPE"], 1)


def test_a_process_gives_a_time() -> None:
    [with_it], [without] = probes.numpy_seconds(["ABSENT"], 1)
    assert with_it > 0
    assert without > 0
