"""Two runs that take turns: never at once, each first as often, and none waits for one that ended."""

import socket
import threading
import time

from npfs.harness.turns import Turn, take_turns


def run(name: str, port: int, passes: int, events: list[tuple[str, str]]) -> None:
    turn = Turn(port)
    for _ in range(passes):
        turn.wait()
        events.append((name, "begin"))
        time.sleep(0.002)
        events.append((name, "end"))
    turn.end()


def events_of(passes: dict[str, int]) -> list[tuple[str, str]]:
    events: list[tuple[str, str]] = []
    with take_turns() as ports:
        runs = [
            threading.Thread(target=run, args=(name, port, number, events))
            for (name, number), port in zip(passes.items(), ports, strict=True)
        ]
        for one in runs:
            one.start()
        for one in runs:
            one.join(10)
            assert not one.is_alive()
    return events


def test_one_pass_at_a_time_and_each_run_is_first_as_often() -> None:
    events = events_of({"a": 6, "b": 6})
    for begin, end in zip(events[::2], events[1::2], strict=True):
        assert begin[0] == end[0]
        assert (begin[1], end[1]) == ("begin", "end")
    first, *order = [name for name, what in events if what == "begin"]
    other = {"a": "b", "b": "a"}[first]
    assert [first, *order] == [first, other, other, first] * 3


def test_a_run_that_ends_early_is_not_waited_for() -> None:
    events = events_of({"short": 1, "long": 5})
    assert sum(event == ("long", "end") for event in events) == 5


def test_a_run_that_never_begins_is_not_waited_for() -> None:
    assert events_of({"only": 3, "none": 0}).count(("only", "end")) == 3


def test_a_run_that_is_killed_before_the_other_begins_is_not_waited_for() -> None:
    with take_turns() as (killed, late):
        Turn(killed).end()
        Turn(killed).end()  # as who started it does
        turn = Turn(late)
        for _ in range(3):
            turn.wait()
        turn.end()


def test_where_nobody_gives_turns_nothing_waits() -> None:
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    turn = Turn(port)
    turn.wait()
    turn.end()
