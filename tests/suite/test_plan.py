import pytest

from npfs.schema import Size
from npfs.suite.options import make_plan
from npfs.suite.plan import PRESETS, Case, Plan


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


def test_all_backends_at_a_size_get_as_many_repetitions() -> None:
    made = plan()
    counts = {size: made.repetitions_of(size) for size in made.sizes}
    assert set(counts.values()) == {12, 6}
    assert counts[Size(1_000_000, 1)] == counts[Size(10_000, 64)] == 6
    assert plan(preset="full").repetitions_of(Size(10_000_000, 1)) == 4
    assert plan(preset="scale").repetitions_of(Size(1_000_000, 4)) == 1
    assert plan(preset="quick").repetitions_of(Size(10, 1)) == 6


@pytest.mark.parametrize(
    ("options", "runs", "until_s"),
    [
        ({}, 5, 60.0),
        ({"preset": "quick"}, 5, None),
        ({"runs": "7"}, 7, None),
        ({"budget": "30"}, 5, None),
        ({"precision": "0.05"}, 5, None),
    ],
)
def test_as_many_runs_as_fit_into_a_minute_unless_it_is_said_when_to_end(
    options: dict[str, str], runs: int, until_s: float | None
) -> None:
    made = plan(**options)
    assert (made.runs, made.until_s) == (runs, until_s)
    assert made.record["runs"] == str(runs)  # what --resume finishes
