import pytest

from npfs.measure.plan import PRESETS, Case, Plan, Size, make_plan, shuffled


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
    return make_plan(backends=["python", "numpy"], **{**given, **options})  # type: ignore[arg-type]


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
        ({"preset": "fast"}, "--preset must be one of quick, standard, full; got 'fast'"),
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
        ({"runs": "0"}, "--runs must be at least 1; got 0"),
        ({"seed": "-1"}, "--seed must be at least 0; got -1"),
    ],
)
def test_a_bad_option_is_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("1.5", r"1\.5")):
        plan(**options)


def test_the_order_is_another_in_each_run_and_can_be_made_again() -> None:
    ids = [f"case-{k}" for k in range(20)]
    orders = [shuffled(ids, 0, run) for run in range(1, 6)]
    assert all(sorted(order) == sorted(ids) for order in orders)
    assert len({tuple(order) for order in orders}) == 5
    assert shuffled(list(reversed(ids)), 0, 3) == orders[2]
    assert shuffled(ids, 1, 3) != orders[2]
