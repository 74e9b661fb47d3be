"""The report of a suite that is not of npfs: page, verdict, a figure, and tables for programs."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any

from npfs.analysis.suites import Suite, Timing
from npfs.drawing import scales
from npfs.drawing.canvas import fitting
from npfs.drawing.charts import TITLE, Chart, Lines, Row, Rows, Series
from npfs.drawing.numbers import one_line
from npfs.report import provenance, results
from npfs.report.build import PAGE, save, shown, with_texts
from npfs.report.figures import Figure, described, drawn_bounds, page_figures
from npfs.report.page import Page, PageFigure
from npfs.report.suite import SUITE, at_the_end, known_ratios, page_of, read, record, short

MOST_LINES, MOST_ROWS = 12, 30  # that a figure holds
IN_ROW = 40  # characters of a name there
IN_TITLE = 200.0  # pixels of a name there: two of them and a ratio have room on a phone
DECADE = 10.0  # a span from which an axis is logarithmic
COLORS = ("numpy", "python", "numba", "other")


@dataclass(frozen=True)
class SuiteReport:
    """What was written, and what it was written from."""

    suite: Suite
    page: Page
    paths: list[Path]

    def terminal_text(self) -> str:
        """Return the end of a command."""
        path = next(path for path in self.paths if path.name == PAGE)
        return at_the_end(self.suite, provenance.PROVENANCE("read_on", path=shown(path)))


def build(reports: Path, out: Path | None = None, baseline: str | None = None) -> SuiteReport:
    """Read ``reports/runs``, write the report into ``out``, or into ``reports``.

    Raises
    ------
    NoRuns, NoBaseline
        As ``read``.
    OSError
        If the folder cannot be written.
    """
    suite = read(reports, baseline)
    drawn = figure(suite)
    page, written = texts(suite, page_figures(drawn))
    return SuiteReport(suite, page, save(out or reports, drawn, written))


def texts(
    suite: Suite, drawn: Sequence[PageFigure], *, with_links: bool = True
) -> tuple[Page, dict[str, str]]:
    """Return the page, and the content of every file that is no figure by its name."""
    records = [record(one) for one in suite.timings]
    document = {"schema": 1, "baseline": suite.baseline, "benchmarks": records}
    cells = [[of if isinstance(of, str | None) else json.dumps(of) for of in one.values()]
             for one in records]  # fmt: skip
    times = [(one.id, "", one.time) for one in suite.timings]
    beside = {
        "results.csv": results.csv_text(list(records[0]) if records else [], cells),
        "results.json": json.dumps(document, indent=1, allow_nan=False) + "\n",
        "github-action-benchmark.json": results.github_action_benchmark(times),
    }
    return with_texts(replace(page_of(suite), figures=tuple(drawn)), beside, with_links)


def figure(suite: Suite) -> list[Figure]:
    """Return the figure: lines over a numeric parameter, or a row for each benchmark."""
    if not suite.timings:
        return []
    x = _parameter(suite.timings)
    title, named = _title(suite, x)
    panel, number = _lines(suite, x, named) if x else _rows(suite, named)
    of = {"x": x, "intervals": suite.most_runs > 1, "baseline": suite.baseline}
    of |= {"shown": number, "total": len(suite.timings), "dots": getattr(panel, "log", False)}
    return [described("suite", Chart(title, (panel,)), SUITE("caption", **of))]


def _at(one: Timing, x: str) -> float | None:
    """Return the value of a numeric parameter."""
    value = one.params.get(x)
    return None if isinstance(value, str | bool) else value


def _parameter(timings: Sequence[Timing]) -> str:
    """Return the numeric parameter of most values, if half of the benchmarks are on its lines."""
    names = {name for one in timings for name in one.params}
    found = {name: {at for one in timings if (at := _at(one, name)) is not None} for name in names}
    sizes = {name: (len(of), max(of) - min(of), name) for name, of in found.items() if of}
    most = max(sizes, key=sizes.__getitem__, default="")
    lines = _by_line(timings, most)
    on_lines = sum(len(line) for line in lines if _at(line[0], most) != _at(line[-1], most))
    return most if 2 * on_lines >= len(timings) else ""


def _by_line(timings: Iterable[Timing], x: str) -> list[list[Timing]]:
    """Return the benchmarks that differ in ``x`` alone, each list in its order."""
    lines: dict[object, list[tuple[float, Timing]]] = {}
    for one in timings:
        if (at := _at(one, x)) is not None:
            others = tuple((name, value) for name, value in one.params.items() if name != x)
            lines.setdefault((one.function, others), []).append((at, one))
    return [[one for _, one in sorted(line, key=lambda pair: pair[0])] for line in lines.values()]


def _label(suite: Suite, one: Timing, x: str) -> str:
    """Return what tells a benchmark from others at the same ``x``; without ``x`` from all."""
    if not x:
        shorts = [each.name.rpartition("::")[2] for each in suite.timings]
        short_name = one.name.rpartition("::")[2]
        return one_line(one.name if shorts.count(short_name) > 1 else short_name)
    others = [(name, value) for name, value in one.params.items() if name != x]
    parts = [of if isinstance(of, str) else f"{name}={of}" for name, of in others]
    if not parts or len({each.function for each in suite.timings}) > 1:
        parts.insert(0, one.function)
    return one_line(", ".join(parts))


def _title(suite: Suite, x: str) -> tuple[str, set[str]]:
    """State the largest significant ratio, or the span of times; return the ids it names too."""
    timings, one_run = suite.timings, not known_ratios(suite)
    compared = [(one, one.ratio) for one in timings if one.ratio]
    clear = [(one, of) for one, of in compared if of.is_significant and not of.is_too_wide]
    judged = compared if one_run else clear
    if compared and not judged:
        return SUITE("none_differs", baseline=suite.baseline), set()
    values: dict[str, Any] = {"one_run": one_run}
    if judged:
        one, values["ratio"] = max(judged, key=lambda pair: abs(math.log(pair[1].value)))
        both = [one, next(other for other in timings if other.id == one.baseline)]
    else:
        most = max((at for one in timings if (at := _at(one, x)) is not None), default=None)
        last = [one for one in timings if most is not None and _at(one, x) == most]
        ordered = sorted(last if len(last) > 1 else timings, key=lambda one: one.time.value)
        both = [ordered[0], ordered[-1]]
    at, other = (_at(one, x) for one in both)
    x, values["at"] = (x, at) if at is not None and other in (at, None) else ("", None)
    shared = f"{both[0].function}, " if both[0].function == both[1].function else ""
    labels = [_label(suite, one, x).removeprefix(shared) for one in both]
    names = [fitting(label, IN_TITLE, TITLE, bold=True) for label in labels]
    values |= {"names": names, "times": [one.time.value for one in both], "x": one_line(x)}
    return SUITE("differs" if judged else "span", **values), {one.id for one in both}


def _lines(suite: Suite, x: str, named: set[str]) -> tuple[Lines, int]:
    """Draw lines, those with a named benchmark first; count the benchmarks on them."""
    lines = _by_line(suite.timings, x)
    lines.sort(key=lambda line: not named & {one.id for one in line})
    series = []
    for line, color in zip(lines[:MOST_LINES], cycle(COLORS)):
        label = SUITE("label", name=_label(suite, line[-1], x), time=line[-1].time.value)
        points = tuple((_at(one, x) or 0.0, drawn_bounds(one.time)) for one in line)
        is_baseline = line[0].id == line[0].baseline
        tips = tuple(map(_tip, line))
        series.append(Series("", label, points, "ink" if is_baseline else color, tips=tips))
    drawn = [point for of in series for point in of.points]
    ends, number = (min(drawn)[0], max(drawn)[0]), len(drawn)
    for one in suite.timings:  # a baseline without the parameter
        if one.id == one.baseline and _at(one, x) is None:
            label = SUITE("label", name=_label(suite, one, x), time=one.time.value)
            points = tuple((end, drawn_bounds(one.time)) for end in ends)
            series.append(Series("", label, points, "ink", "dashed", tips=(_tip(one),) * 2))
            drawn += points
            number += 1
    x_log = _is_log([at for at, _ in drawn])
    y_log = _is_log([bound for _, bounds in drawn for bound in bounds])
    axes: dict[str, Any] = {"x_log": x_log, "y_log": y_log, "y_text": scales.duration}
    return Lines("", x, SUITE("time_of_call"), tuple(series), **axes), number


def _rows(suite: Suite, named: set[str]) -> tuple[Rows, int]:
    """Draw a row for each benchmark, the fastest first: bars, or on a log axis the runs."""
    kept = sorted(suite.timings, key=lambda one: one.id not in named)[:MOST_ROWS]
    kept.sort(key=lambda one: one.time.value)
    log = _is_log([bound for one in kept for bound in drawn_bounds(one.time)])
    rows = []
    for one in kept:
        name, bounds = short(_label(suite, one, ""), IN_ROW), drawn_bounds(one.time)
        text = SUITE("row", time=one.time.value, ratio=one.ratio)
        dots = one.time.values if log else ()
        rows.append(Row("", name, _color(suite, one), bounds, text, dots, _tip(one)))
    return Rows("", SUITE("time_of_call"), tuple(rows), x_text=_duration, log=log), len(rows)


def _color(suite: Suite, one: Timing) -> str:
    if suite.baseline is None:
        return COLORS[0]
    if one.ratio and one.ratio.is_above_one:
        return "faster"
    return "slower" if one.ratio and one.ratio.is_below_one else "other"


def _tip(one: Timing) -> str:
    return SUITE("tip", name=one_line(one.name), time=one.time, ratio=one.ratio)


def _is_log(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) >= DECADE * min(values)


def _duration(seconds: float) -> str:
    return scales.duration(seconds) if seconds else "0"
