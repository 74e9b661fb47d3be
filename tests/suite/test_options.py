import pytest

from npfs.suite.options import make_plan
from npfs.suite.plan import Plan


def plan(**options: str | None) -> Plan:
    return make_plan(backends="python,numpy", **options)


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


def test_a_share_may_be_given_in_per_cent() -> None:
    assert plan(precision="5%", budget="1e2").precision == 0.05
    assert plan(precision="0.05", budget="1e2").budget_s == 100
    assert plan(runs="7").record["runs"] == "7"
