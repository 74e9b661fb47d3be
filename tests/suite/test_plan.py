import pytest

from npfs.schema import Size
from npfs.suite.options import make_plan
from npfs.suite.plan import (
    PRESETS,
    Case,
    Plan,
    case_and_number,
    repetition_id,
    repetitions_that_fit,
    shuffled,
)


def plan(**options: str | None) -> Plan:
    return make_plan(backends="python,numpy", **options)


def test_the_standard_preset_is_the_published_one() -> None:
    one = [Size(n, 1) for n in (10, 100, 1_000, 10_000, 100_000, 1_000_000)]
    assert list(plan().sizes) == [*one, Size(10_000, 4), Size(10_000, 16), Size(10_000, 64)]


def test_full_goes_to_ten_million_samples() -> None:
    assert {10, 10_000_000} <= {size.n_samples for size in plan(preset="full").sizes}


def test_every_preset_has_its_sizes_once() -> None:
    for preset in PRESETS.values():
        assert len(set(preset.sizes)) == len(preset.sizes)


def test_ids_are_short() -> None:
    cases = [str(case) for case in plan(sizes="10,1e4", features="1,16").cases]
    assert cases == [
        "python-10", "numpy-10", "python-10x16", "numpy-10x16",
        "python-10000", "numpy-10000", "python-10000x16", "numpy-10000x16",
    ]  # fmt: skip
    assert str(Case("numpy", Size(10_000, 16))) == "numpy-10000x16"


def test_dtypes_are_an_axis() -> None:
    cases = plan(sizes="10", dtypes="float64,float32").cases
    assert [str(case) for case in cases] == [
        "python-10", "numpy-10", "python-10-float32", "numpy-10-float32"
    ]  # fmt: skip


def test_features_alone_use_the_presets_many_feature_size() -> None:
    assert plan(features="2,3").sizes == (Size(10_000, 2), Size(10_000, 3))
    assert plan(sizes="1_000").sizes == (Size(1000, 1),)


def test_the_order_is_another_in_each_run_and_can_be_made_again() -> None:
    names = [f"case-{k}" for k in range(20)]
    repetitions = [*names, *(f"{name}~2" for name in names)]
    orders = [shuffled(repetitions, 0, run) for run in range(1, 6)]
    for order in orders:
        assert sorted(order[:20]) == sorted(names)  # every first repetition before any second one
        assert sorted(order[20:]) == sorted(f"{name}~2" for name in names)
        assert [f"{name}~2" for name in order[:20]] != order[20:]
    assert len({tuple(order) for order in orders}) == 5
    assert shuffled(repetitions[::-1], 0, 3) == orders[2]
    assert shuffled(repetitions, 1, 3) != orders[2]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_id_of_a_repetition_tells_its_case_and_its_number(number: int) -> None:
    repetition = repetition_id(Case("numpy", Size(10_000, 16)), number)
    assert case_and_number(repetition) == ("numpy-10000x16", number)
    assert (repetition == "numpy-10000x16") == (number == 1)


@pytest.mark.parametrize(
    ("first_pass_s", "runs", "budget_s", "repetitions"),
    [(4.0, 5, 60.0, 3), (4.0, 5, 59.0, 2), (4.0, 5, 19.0, 1), (4.0, 1, 12.0, 3), (1.0, 5, 1e6, 3)],
)
def test_the_repetitions_of_all_runs_fit_into_the_budget_or_there_is_one(
    first_pass_s: float, runs: int, budget_s: float, repetitions: int
) -> None:
    assert repetitions_that_fit(first_pass_s, runs, budget_s) == repetitions
