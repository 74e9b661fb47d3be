import math
import os
import time

import msgspec
import numba
import numpy as np
import psutil
import pytest
from numba.core import config

from npfs.analysis.findings import use_between
from npfs.harness import machine, thread_sync
from npfs.schema import Load


def test_own_work_is_not_that_of_others() -> None:
    """A process that works all the time on one core: its share is in the total and not in the others'."""
    before = machine.snapshot()
    while machine.snapshot().at_s - before.at_s < 0.6:
        pass
    after = machine.snapshot()
    use = use_between(Load(before, after))
    assert use is not None
    assert 0 <= use.others <= 1
    own = after.process_s - before.process_s
    assert 0.05 < own < 5
    # Against what psutil counts for this process alone.
    assert before.cpu_s is not None
    assert after.cpu_s is not None
    first, last = (msgspec.structs.asdict(cpu) for cpu in (before.cpu_s, after.cpu_s))
    busy = sum(last[name] - first[name] for name in ("user", "system"))
    waited = sum((last[name] or 0) - (first[name] or 0) for name in last)
    assert use.others == pytest.approx(max(0, busy - own) / waited)


def test_children_that_were_waited_for_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "times", lambda: os.times_result((1.0, 0.2, 0.03, 0.004, 99.0)))
    assert machine.snapshot().process_s == pytest.approx(1.234)


def test_what_a_system_does_not_tell_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        raise OSError("not here")

    for name in ("cpu_times", "cpu_stats", "sensors_battery"):
        monkeypatch.setattr(psutil, name, nothing, raising=False)
    monkeypatch.delattr("os.getloadavg", raising=False)
    monkeypatch.setattr(thread_sync, "thread_sync_latency", nothing)
    told = msgspec.structs.asdict(machine.snapshot())
    known = {name for name, value in told.items() if value is not None}
    assert known == {"at_s", "process_s"}


@pytest.mark.parametrize(("plugged", "expected"), [(True, False), (False, True), (None, None)])
def test_battery(
    monkeypatch: pytest.MonkeyPatch, plugged: bool | None, expected: bool | None
) -> None:
    class Battery:
        power_plugged = plugged

    monkeypatch.setattr(psutil, "sensors_battery", Battery, raising=False)
    assert machine.snapshot().on_battery is expected


def test_each_meeting_does_its_work() -> None:
    numbers = np.zeros(thread_sync.NUMBERS)
    thread_sync.meet(numbers, 7)
    assert (numbers == 7).all()


def test_the_time_to_meet_is_that_of_one_meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that adds 2 µs for each meeting and 1 µs for each look at it."""
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1e-6
        return now

    def meet(_: object, times: int) -> None:
        nonlocal now
        now += times * 2e-6

    monkeypatch.setattr(thread_sync, "meet", meet)
    monkeypatch.setattr(time, "perf_counter", clock)
    if numba.get_num_threads() < 2:
        assert thread_sync.thread_sync_latency() is None
        return
    assert thread_sync.thread_sync_latency() == pytest.approx(2.1e-6)
    assert now < thread_sync.ENOUGH_S + 1e-3


def test_one_thread_meets_nobody_and_the_number_of_threads_is_put_back() -> None:
    threads = numba.get_num_threads()
    found = thread_sync.thread_sync_latency()
    assert found is None if threads == 1 else found is not None and math.isfinite(found)
    assert numba.get_num_threads() == threads
    numba.set_num_threads(1)
    try:
        assert thread_sync.thread_sync_latency() is None
    finally:
        numba.set_num_threads(threads)


def test_two_of_many_threads_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(numba, "get_num_threads", lambda: 64)
    monkeypatch.setattr(numba, "set_num_threads", asked.append)
    thread_sync.thread_sync_latency()
    assert asked == [2, 64]


def test_without_a_compiler_threads_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DISABLE_JIT", True)
    assert thread_sync.thread_sync_latency() is None
