"""A field of a run file, or None: absent, unknown to the system it was recorded on, or of the wrong kind."""

import math
from collections.abc import Mapping
from typing import Any


def number(record: Mapping[str, Any], name: str) -> float | None:
    """Return a finite number."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number may have any length
        return None


def text(record: Mapping[str, Any], name: str) -> str | None:
    """Return a text that is not empty."""
    value = record.get(name)
    return value if isinstance(value, str) and value else None


def flag(record: Mapping[str, Any], name: str) -> bool | None:
    """Return true or false."""
    value = record.get(name)
    return value if isinstance(value, bool) else None


def group(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a group of fields, empty if there is none."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def first_group(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the first of a list of groups, empty if there is none."""
    value = record.get(name)
    first = value[0] if isinstance(value, list) and value else None
    return first if isinstance(first, Mapping) else {}
