"""Values of options from text; each is checked, and refused in a sentence that names the option."""

import math
import re


def split_names(option: str, text: str) -> list[str]:
    """Split ``"a,b"`` into its names, each once."""
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise ValueError(
            f"{option} must name at least one of them, separated by commas; got {text!r}"
        )
    return names


def whole_number(option: str, text: str, *, at_least: int) -> int:
    """Parse an integer such as ``1000``, ``1_000`` or ``1e3``."""
    try:
        value = float(text)
        if value != int(value):
            raise ValueError
        number = int(text) if text.strip("+-").replace("_", "").isdigit() else int(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{option} takes integers such as 1000 or 1e3; got {text!r}") from None
    if number < at_least:
        raise ValueError(f"{option} must be at least {at_least}; got {text}")
    return number


def numbers(option: str, text: str) -> list[int]:
    """Parse integers from 1 on, such as ``100,1e4``."""
    return [whole_number(option, part, at_least=1) for part in split_names(option, text)]


def number(option: str, text: str, takes: str, *, zero: bool = False) -> float:
    """Parse a finite number above 0, with ``zero`` also 0; ``takes`` names such a number."""
    value = _real(text)
    if not (0 < value < math.inf or (zero and value == 0)):
        raise ValueError(f"{option} takes {takes}; got {text!r}")
    return value


def seconds(option: str, text: str) -> float:
    """Parse a number of seconds above 0."""
    return number(option, text, "a number of seconds above 0, such as 60")


def share(option: str, text: str) -> float:
    """Parse a share between 0 and 1, such as 0.05 or 5%."""
    percent = text.strip().removesuffix("%")
    value = _real(percent) / (100 if percent != text.strip() else 1)
    if not 0 < value < 1:
        raise ValueError(
            f"{option} takes a share between 0 and 1, such as 0.05 or 5%; got {text!r}"
        )
    return value


def percentage(option: str, text: str) -> float:
    """Parse a percentage such as 5% or 2.5 % as a fraction; without its sign it could be either."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text, re.ASCII)
    if match is None or not math.isfinite(float(match[1])):
        raise ValueError(
            f"{option} {text!r} is not a percentage; write one with its sign, as 5% or 2.5%"
        )
    return float(match[1]) / 100


def _real(text: str) -> float:
    """Return the number, NaN if there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
