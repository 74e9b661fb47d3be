import math
from typing import Any

import pytest

from npfs.analysis import recorded


@pytest.mark.parametrize("value", [True, "1", None, [], math.nan, math.inf, 10**400])
def test_what_is_no_number_is_unknown(value: Any) -> None:
    assert recorded.number({"a": value}, "a") is None
    assert recorded.number({}, "a") is None
    assert recorded.number({"a": 2}, "a") == 2.0


def test_kinds() -> None:
    record = {"text": "x", "empty": "", "one": 1, "group": {"a": 1}, "list": [{"b": 2}], "no": [1]}
    assert [recorded.text(record, name) for name in ("text", "empty", "one")] == ["x", None, None]
    assert recorded.flag(record, "one") is None
    assert recorded.flag({"a": False}, "a") is False
    assert [recorded.group(record, name) for name in ("group", "list", "x")] == [{"a": 1}, {}, {}]
    first = [recorded.first_group(record, name) for name in ("list", "no", "group", "x")]
    assert first == [{"b": 2}, {}, {}, {}]
