"""Which worker gets which block, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs.largedata.block_store import spread


def loads(sizes: dict[int, int], place: dict[int, str]) -> dict[str, int]:
    return {w: sum(sizes[i] for i in place if place[i] == w) for w in sorted(set(place.values()))}


def test_equal_blocks_go_round() -> None:
    assert spread(dict.fromkeys(range(5), 10), ["a", "b"], {}, {}) == {
        0: "a", 1: "b", 2: "a", 3: "b", 4: "a",
    }  # fmt: skip


def test_blocks_stay_where_they_are_unless_that_is_lopsided() -> None:
    sizes = dict.fromkeys(range(4), 10)
    here = {0: "b", 1: "b", 2: "a", 3: "a"}
    assert spread(sizes, ["a", "b"], {}, here) == here
    everything_on_a = dict.fromkeys(range(4), "a")
    place = spread(sizes, ["a", "b"], {}, everything_on_a)
    assert loads(sizes, place) == {"a": 20, "b": 20}


def test_a_large_block_is_worth_many_small_ones() -> None:
    sizes = {0: 1, 1: 1, 2: 1, 3: 1, 4: 4}
    assert loads(sizes, spread(sizes, ["a", "b"], {}, {})) == {"a": 4, "b": 4}


def test_what_is_lost_goes_to_the_worker_that_is_new_and_the_rest_is_not_touched() -> None:
    sizes = dict.fromkeys(range(6), 10)
    kept = {0: "a", 2: "a", 4: "a"}
    assert spread(sizes, ["a", "new"], kept, {}) == kept | {1: "new", 3: "new", 5: "new"}
    # without a new one, the worker that is left takes all
    assert set(spread(sizes, ["a"], kept, {}).values()) == {"a"}


def test_a_preferred_worker_that_is_gone_is_none() -> None:
    assert spread({0: 10}, ["a"], {}, {0: "gone"}) == {0: "a"}


@given(
    sizes=st.lists(st.integers(1, 100), min_size=1, max_size=30),
    workers=st.integers(1, 5),
    data=st.data(),
)
def test_none_has_more_than_a_block_more_than_another(
    sizes: list[int], workers: int, data: st.DataObject
) -> None:
    names = [f"w{i}" for i in range(workers)]
    of = dict(enumerate(sizes))
    preferred = {i: data.draw(st.sampled_from(names)) for i in of}
    place = spread(of, names, {}, preferred)
    assert place.keys() == of.keys()
    load = dict.fromkeys(names, 0) | loads(of, place)
    assert max(load.values()) - min(load.values()) <= max(sizes)
    assert place == spread(of, names, {}, preferred)


@pytest.mark.parametrize("size", [0, 5])
def test_blocks_of_no_bytes_are_placed_too(size: int) -> None:
    assert spread({0: size, 1: 0}, ["a", "b"], {}, {}).keys() == {0, 1}
