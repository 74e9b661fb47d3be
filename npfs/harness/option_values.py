"""Values of options from text; each is checked, and refused in a sentence that names the option."""

import math


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


def seconds(option: str, text: str) -> float:
    """Parse a positive number of seconds."""
    number = _real(option, text, "a number of seconds such as 60")
    if not 0 < number < math.inf:
        raise ValueError(f"{option} takes a number of seconds above 0; got {text!r}")
    return number


def share(option: str, text: str) -> float:
    """Parse a share such as 0.05 or 5%."""
    percent = text.strip().endswith("%")
    number = _real(option, text.strip().removesuffix("%"), "a share such as 0.05 or 5%")
    number = number / 100 if percent else number
    if not 0 < number < 1:
        raise ValueError(
            f"{option} takes a share between 0 and 1, such as 0.05 or 5%; got {text!r}"
        )
    return number


def _real(option: str, text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{option} takes {what}; got {text!r}") from None


def numbers(option: str, text: str) -> list[int]:
    """Parse integers from 1 on, such as ``100,1e4``."""
    return [whole_number(option, part, at_least=1) for part in split_names(option, text)]
