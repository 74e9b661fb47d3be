import pytest

from npfs.schema import Size
from npfs.suite.plan import PRESETS, Case, Plan, make_plan, shuffled


def plan(**options: str | None) -> Plan:
    given: dict[str, str | None] = {
        "preset": "standard",
        "sizes": None,
        "features": None,
        "dtypes": "float64",
        "epochs": "10",
        "runs": "5",
        "seed": "0",
    }
    return make_plan(backends="python,numpy", **{**given, **options})  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "fast"}, "--preset must be one of quick, standard, full, scale; got 'fast'"),
        ({"sizes": "0"}, "--sizes must be at least 1; got 0"),
        ({"sizes": "10,-5"}, "--sizes must be at least 1; got -5"),
        ({"sizes": "1.5"}, "--sizes takes integers such as 1000 or 1e3; got '1.5'"),
        ({"sizes": "ten"}, "--sizes takes integers such as 1000 or 1e3; got 'ten'"),
        ({"sizes": "inf"}, "--sizes takes integers such as 1000 or 1e3; got 'inf'"),
        ({"sizes": "nan"}, "--sizes takes integers"),
        ({"sizes": ","}, "--sizes must name at least one of them"),
        ({"features": "0"}, "--features must be at least 1; got 0"),
        ({"epochs": "0"}, "--epochs must be at least 1; got 0"),
        ({"dtypes": "float16"}, "--dtypes takes float64 and float32; got 'float16'"),
        ({"runs": "many"}, "--runs takes integers"),
        ({"runs": "0"}, "--runs must be at least 1; got 0"),
        ({"seed": "-1"}, "--seed must be at least 0; got -1"),
        ({"budget": "0"}, "--budget takes a number of seconds above 0, such as 60; got '0'"),
        ({"budget": "nan"}, "--budget takes a number of seconds above 0, such as 60; got 'nan'"),
        ({"budget": "a minute"}, "--budget takes a number of seconds above 0, .*; got 'a minute'"),
        (
            {"precision": "0"},
            "--precision takes a share between 0 and 1, such as 0.05 or 5%; got '0'",
        ),
        ({"precision": "-5%"}, "--precision takes a share between 0 and 1"),
        (
            {"precision": "5"},
            "--precision takes a share between 0 and 1, such as 0.05 or 5%; got '5'",
        ),
        ({"precision": "fine"}, "--precision takes a share between 0 and 1, .*; got 'fine'"),
    ],
)
def test_a_bad_option_is_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("1.5", r"1\.5")):
        plan(**options)


def test_the_order_is_another_in_each_run_and_can_be_made_again() -> None:
    names = [f"case-{k}" for k in range(20)]
    visits = {name: [name, f"{name}~2"] for name in names}
    orders = [shuffled(visits, 0, run) for run in range(1, 6)]
    for order in orders:
        assert sorted(order[:20]) == sorted(names)  # every first visit before any second one
        assert sorted(order[20:]) == sorted(f"{name}~2" for name in names)
        assert [f"{name}~2" for name in order[:20]] != order[20:]
    assert len({tuple(order) for order in orders}) == 5
    assert shuffled(dict(reversed(visits.items())), 0, 3) == orders[2]
    assert shuffled(visits, 1, 3) != orders[2]


def test_a_share_may_be_given_in_per_cent() -> None:
    assert plan(precision="5%", budget="1e2").precision == 0.05
    assert plan(precision="0.05", budget="1e2").budget_s == 100
    assert plan(runs="7").record["runs"] == "7"
