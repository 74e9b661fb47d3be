"""Numbers as a person reads them: scaled here, once, and never without their interval."""

import math
import re
from collections.abc import Iterable, Sequence

from npfs.analysis.bimodal import Value
from npfs.analysis.runs import RunRecord, Size
from npfs.analysis.statistics import Interval

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTE_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def significant(value: float, digits: int = 3) -> str:
    """Format a number with that many significant digits and no exponent."""
    if value == 0 or not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(0, decimals)}f}"


def count(number: int) -> str:
    """Format a number of things: 10,000."""
    return f"{number:,}"


def short_count(number: float) -> str:
    """Format a number for an axis: 10k, 1M."""
    for factor, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= factor:
            return f"{number / factor:g}{suffix}"
    return f"{number:g}"


def factor(ratio: Interval) -> str:
    """Format a ratio with its interval."""
    value = f"{significant(ratio.value)}×"
    if not ratio.is_known:
        return f"{value} (one run, so no interval)"
    if ratio.two_values:
        low, high = ratio.two_values
        return f"{significant(low.value)}× or {significant(high.value)}× ({_in_runs(low, high)})"
    if ratio.is_too_wide:
        return f"{value} (too uncertain to tell)"
    return f"{value} ({significant(ratio.low)} to {significant(ratio.high)})"


def ratio(of: Interval) -> str:
    """Format a ratio that is compared with 1: with its interval, and "within noise" where it cannot be told from it."""
    is_told = not of.is_known or of.is_too_wide or not of.is_within_noise
    return factor(of) + ("" if is_told else ", within noise")


def number(of: Interval) -> str:
    """Format a number of things with its interval."""
    return factor(of).replace("×", "")


def n_bytes(number: float, digits: int = 3) -> str:
    """Format a number of bytes: 16.0 MB."""
    scale, unit = byte_unit(number)
    return f"{number:.0f} {unit}" if scale == 1 else f"{significant(number / scale, digits)} {unit}"


def byte_unit(number: float) -> tuple[float, str]:
    """Return the unit that suits a number of bytes, with its bytes."""
    return next(((s, unit) for s, unit in _BYTE_UNITS if number >= s), (1.0, "bytes"))


def share(ratio: Interval) -> str:
    """Format a ratio as a percentage with its interval."""
    value = f"{_percent(ratio.value)} %"
    if not ratio.is_known or ratio.is_too_wide:
        return value
    return f"{value} ({_percent(ratio.low)} to {_percent(ratio.high)})"


def _percent(ratio: float) -> str:
    """Format a share without decimals, but with two digits where it is small."""
    return f"{100 * ratio:.0f}" if ratio >= 0.1 else significant(100 * ratio, 2)


def duration(seconds: Interval) -> str:
    """Format a time with its interval, in the unit that suits its value."""
    scale, unit = _time_unit(seconds.value)
    value = time(seconds.value)
    if not seconds.is_known:
        return value
    if seconds.two_values:
        first, second = seconds.two_values
        return (
            f"{significant(first.value / scale)} or {significant(second.value / scale)} {unit} "
            f"({_in_runs(first, second)})"
        )
    if seconds.is_too_wide:
        return f"{value} (too uncertain to tell)"
    return time_span(seconds.value, seconds.low, seconds.high)


def time_span(value: float, low: float, high: float) -> str:
    """Format seconds between two bounds, in the unit that suits their value."""
    scale, unit = _time_unit(value)
    return f"{significant(value / scale)} {unit} ({significant(low / scale)} to {significant(high / scale)})"


def time(value: float) -> str:
    """Format seconds, in the unit that suits them."""
    scale, unit = _time_unit(value)
    return f"{significant(value / scale)} {unit}"


def _time_unit(value: float) -> tuple[float, str]:
    return next(((s, u) for s, u in _TIME_UNITS if value >= s), _TIME_UNITS[-1])


def seen(seconds: Interval) -> str:
    """Format a time, and say so where it was seen once."""
    return duration(seconds) + ("" if seconds.is_known else " (one run, so no interval)")


def _in_runs(first: Value, second: Value) -> str:
    return f"in {first.runs} and {second.runs} runs"


def size(of: Size) -> str:
    """Format a size: 10,000 samples; 10,000 × 16."""
    if of.n_features == 1:
        return f"{count(of.n_samples)} sample{'s' if of.n_samples > 1 else ''}"
    return f"{count(of.n_samples)} samples of {of.n_features} features"


def table_row(cells: Iterable[str]) -> str:
    """Return a row of a Markdown table; a bar in a name stays in its cell."""
    return "| " + " | ".join(markdown(cell).replace("|", r"\|") for cell in cells) + " |"


def markdown(text: str) -> str:
    """Escape what Markdown would read as a tag, a link or an image: a name stays a name."""
    return re.sub(r"[\\<\[\]]", r"\\\g<0>", text)


def numbered_runs(numbers: Sequence[str]) -> str:
    """Name runs as the subject of a sentence: run 1 was; runs 1 and 2 were."""
    if len(numbers) == 1:
        return f"run {numbers[0]} was"
    return f"runs {listed(list(numbers))} were"


def left_out(runs: Iterable[tuple[RunRecord, str]]) -> list[str]:
    """Say which runs were left out and why, a clause for each reason: "runs 1 and 2 were left out: why"."""
    reasons: dict[str, list[str]] = {}
    for run, why in runs:
        reasons.setdefault(why, []).append(str(run.number))
    return [f"{numbered_runs(numbers)} left out: {why}" for why, numbers in reasons.items()]


def listed(items: list[str]) -> str:
    """Join with commas and a last "and"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
