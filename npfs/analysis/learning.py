"""The lesson that a run recorded, checked for what the figures draw of it."""

import math
from collections.abc import Mapping
from typing import Any

HISTORIES = ("raw", "standardised")
SMALLEST_LOSS = 1e-200  # noise is part of the data, so a fit leaves far more


def read_learning(learning: dict[str, Any]) -> Mapping[str, Any]:
    """Return the lesson as it was recorded (``npfs.suite.learning``); empty if it was not.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing, of the wrong kind, or no finite number.
    """
    if not learning:  # the run ended before it was recorded
        return {}
    numbers = [*learning["x"], *learning["y"], learning["slope"]]
    for lesson in learning["backends"].values():
        numbers += lesson["loss"]
        for epoch, weight, bias in lesson["lines"]:
            numbers += [epoch, weight, bias]
    if not learning["x"] or len(learning["x"]) != len(learning["y"]):
        raise ValueError("learning has no points, or not as many x as y")
    if "rates" in learning:  # older files have none
        numbers.append(learning["rates"]["largest_stable"])
        for rate, losses in learning["rates"]["losses"]:
            numbers += [rate, *losses]
    if "scaling" in learning:
        numbers += learning["scaling"]["scales"]
        for name in HISTORIES:
            history = learning["scaling"][name]
            numbers += [history["learning_rate"], *history["loss"]]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("learning holds a number that is not finite")
    return _drawable(learning)


def _drawable(learning: dict[str, Any]) -> Mapping[str, Any]:
    """Leave out what no logarithmic axis shows: losses of zero, below it, or too small to be told from it."""
    backends = learning["backends"]
    found = dict(learning)
    found["backends"] = {
        name: lesson for name, lesson in backends.items() if _is_positive(lesson["loss"])
    }
    rates = [losses for _, losses in learning.get("rates", {}).get("losses", ())]
    scaling = learning.get("scaling")
    if not all(map(_is_positive, rates)):
        del found["rates"]
    if scaling and not all(_is_positive(scaling[name]["loss"]) for name in HISTORIES):
        del found["scaling"]
    return found


def _is_positive(losses: list[float]) -> bool:
    return min(losses, default=1.0) > SMALLEST_LOSS
