"""The report of a suite that is not of npfs: page, verdict, a figure, tables, a command's end."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from npfs import __version__
from npfs.analysis.disturbance import DISTURBED
from npfs.analysis.runs import RunFolder
from npfs.analysis.statistics import Interval
from npfs.analysis.suites import Suite, Timing
from npfs.drawing import scales
from npfs.drawing.canvas import one_line
from npfs.drawing.charts import TITLE, Chart, Lines, Row, Rows, Series
from npfs.drawing.texts import fitting
from npfs.report import exports, formatting, provenance
from npfs.report.build import PAGE, read_folder, save, shown, with_texts
from npfs.report.content import Cell, Page, PageFigure, Table
from npfs.report.context import Context
from npfs.report.figures import Figure, described, drawn_bounds, page_figures
from npfs.report.page import terminal_text
from npfs.report.provenance import NAMED
from npfs.report.sentences import Sentences

SUITE = Sentences("suite")
NAME = "suite"  # of the figure
HOW_TO_RUN = "pytest FILE --benchmark-only --npfs-runs 5"
WIDTH = 100
MOST_LINES, MOST_ROWS = 12, 30  # that a figure holds
IN_TITLE = 200.0  # pixels of a name there: two of them and a ratio have room on a phone
DECADE = 10.0  # a span from which an axis is logarithmic
COLORS = ("numpy", "python", "numba", "other")


@dataclass(frozen=True)
class SuiteReport:
    """What was written, and what it was written from."""

    suite: Suite
    page: Page
    paths: list[Path]

    def terminal_text(self, width: int = WIDTH) -> str:
        """Return the end of a command: warnings, table, answer, and where the page is."""
        page = self.page
        if more := len(page.left_out[NAMED:]):
            page = replace(page, left_out=(*page.left_out[:NAMED], SUITE("more", number=more)))
        path = next(path for path in self.paths if path.name == PAGE)
        where = provenance.PROVENANCE("read_on", path=shown(path))
        return terminal_text(page, [_lines_of_table(self.suite, width)], where, width)


def is_one(folder: RunFolder) -> bool:
    """Test whether the runs are of another suite alone."""
    runs = folder.runs
    return any(run.others for run in runs) and not any(run.cases for run in runs)


def read(reports: Path, baseline: str | None = None) -> Suite:
    """Read ``reports/runs``.

    Raises
    ------
    NoRuns
        If there is no benchmark in it; the message names what was found instead.
    NoBaseline
        If no benchmark is the baseline.
    """
    return Suite(read_folder(reports, "others", HOW_TO_RUN), baseline)


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
    context, timings = Context(suite.evidence), suite.timings
    cases = [case for run in suite.runs for case in run.others]
    repetitions = max((case.repetitions for case in cases), default=1)
    page = Page(
        question=SUITE("question", baseline=suite.baseline),
        version=__version__,
        answer=tuple(_answer(suite)),
        machine=provenance.measured_on(context),
        where=provenance.where(context),
        trust=tuple(_trust(suite)),
        decisive=(*_missing(suite, context), *provenance.decisive_warnings(context)),
        warnings=tuple(provenance.other_warnings(context)),
        figures=tuple(drawn),
        numbers=_table(suite) if timings else None,
        is_open=True,
        environment=tuple(provenance.environment_rows(context)),
        observations=tuple(provenance.observations(context)),
        method=(
            SUITE("method", repetitions=repetitions),
            *provenance.effort(context),
            SUITE("intervals"),
        ),
        left_out=tuple(provenance.left_out(context)),
        not_timed=tuple(provenance.not_timed(context)),
        not_timed_in_short=provenance.not_timed_in_short(context),
    )
    records = [_record(one) for one in timings]
    document = {"schema": 1, "baseline": suite.baseline, "benchmarks": records}
    cells = [
        [value if isinstance(value, str | None) else json.dumps(value) for value in record.values()]
        for record in records
    ]
    beside = {
        "results.csv": exports.csv_text(list(records[0]) if records else [], cells),
        "results.json": json.dumps(document, indent=1, allow_nan=False) + "\n",
        "github-action-benchmark.json": exports.github_action_benchmark(
            (one.id, "", one.time) for one in timings
        ),
    }
    return with_texts(page, beside, with_links)


def _answer(suite: Suite) -> list[str]:
    times = [one.time for one in suite.timings]
    if not times:
        return []
    margin = max(time.margin_of_error for time in times)
    values = [time.value for time in times]
    known = {"low": min(values), "high": max(values), "margin": margin if margin < 1 else None}
    found = [SUITE("times", number=len(times), **known)]
    ratios = _known_ratios(suite)
    if ratios:
        faster, slower = (
            sum(of.is_above_one for of in ratios),
            sum(of.is_below_one for of in ratios),
        )
        counts = {"faster": faster, "slower": slower, "alike": len(ratios) - faster - slower}
        found.insert(0, SUITE("counts", baseline=suite.baseline, total=len(ratios), **counts))
    return found


def _known_ratios(suite: Suite) -> list[Interval]:
    return [one.ratio for one in suite.timings if one.ratio and one.ratio.is_known]


def _trust(suite: Suite) -> list[str]:
    found = [SUITE("runs", runs=len(suite.runs))]
    disturbance = suite.evidence.disturbance
    if disturbance.repetitions:
        found.append(SUITE("disturbed", share=disturbance.share, threshold=DISTURBED))
    if comparisons := len(_known_ratios(suite)):
        found.append(SUITE("significance", comparisons=comparisons))
    return found


def _missing(suite: Suite, context: Context) -> list[str]:
    """Name what makes numbers uncertain, and the way to better ones."""
    if not suite.timings:
        return [SUITE("nothing")]
    found = provenance.one_run(context, HOW_TO_RUN)
    if names := [one_line(suite.name(case)) for case in suite.not_in_all_runs]:
        found.append(SUITE("not_in_all_runs", names=names[:NAMED], more=len(names[NAMED:])))
    return found


def _table(suite: Suite) -> Table:
    """Return a row for each benchmark; runs only where they differ in number."""
    columns = ["benchmark", SUITE("time_of_call")]
    has_runs = len({one.time.runs for one in suite.timings}) > 1
    columns += [SUITE("times_as_fast", baseline=suite.baseline)] if suite.baseline else []
    columns += ["runs"] if has_runs else []
    rows = []
    for one in suite.timings:
        name = one_line(one.name)
        row = [Cell(name, name), Cell(formatting.duration(one.time), one.time.value)]
        row += [_ratio(one)] if suite.baseline else []
        row += [Cell(str(one.time.runs), one.time.runs)] if has_runs else []
        rows.append(tuple(row))
    numeric = (False, *(True,) * (len(columns) - 1))
    return Table(SUITE("heading", runs=len(suite.runs)), tuple(columns), tuple(rows), numeric)


def _ratio(one: Timing) -> Cell:
    if one.ratio is None:
        return Cell("baseline", 1.0) if one.baseline == one.id else Cell("")
    text = formatting.ratio(one.ratio) if one.ratio.is_known else formatting.rough(one.ratio.value)
    return Cell(text, one.ratio.value, one.ratio.is_above_one)


def _lines_of_table(suite: Suite, width: int) -> list[str]:
    """Return the table for a terminal: long names and what is not significant in short."""
    if not suite.timings:
        return []
    table = _table(suite)
    columns = [_short(column, width // 3) for column in table.columns[2:]]
    interval = "95 % interval" if len(suite.runs) > 1 else ""
    rows = [("benchmark", "time", interval, *columns)]
    for one, (name, time, *others) in zip(suite.timings, table.rows, strict=True):
        cells = [cell.text for cell in others]
        if one.ratio and one.ratio.is_known and not one.ratio.is_significant:
            cells[0] = SUITE("alike")
        rows.append((_short(name.text, width // 2), time.value, time.note, *cells))
    return [table.caption, *formatting.aligned(rows, width - 2, from_the_right={1})]


def _short(text: str, most: int) -> str:
    """Leave out the middle of what is longer."""
    return text if len(text) <= most else f"{text[: most // 2]}…{text[1 - most // 2 :]}"


def _record(one: Timing) -> dict[str, Any]:
    """Return what programs read of a benchmark; None is not known."""
    is_known = one.ratio is not None and one.ratio.is_known
    return {
        "id": one.id,
        "params": dict(one.params),
        "runs": one.time.runs,
        **_bounds("seconds", one.time),
        "baseline": one.baseline,
        **_bounds("times_as_fast", one.ratio),
        "significant": one.ratio.is_significant if one.ratio and is_known else None,
    }


def _bounds(name: str, of: Interval | None) -> dict[str, float | None]:
    values = (of.value, of.low, of.high) if of else (math.nan,) * 3
    ends = zip(("", "_low", "_high"), values, strict=True)
    return {f"{name}{end}": float(f"{v:.6g}") if math.isfinite(v) else None for end, v in ends}


def figure(suite: Suite) -> list[Figure]:
    """Return the figure: lines over a numeric parameter, or a row for each benchmark."""
    if not suite.timings:
        return []
    x = _parameter(suite.timings)
    title, named = _title(suite, x)
    panel, number = _lines(suite, x, named) if x else _rows(suite, named)
    of = {"x": x, "intervals": len(suite.runs) > 1, "baseline": suite.baseline}
    caption = SUITE("caption", **of, shown=number, total=len(suite.timings))
    return [described(NAME, Chart(title, (panel,)), caption)]


def _at(one: Timing, x: str) -> float | None:
    """Return the value of a numeric parameter."""
    value = one.params.get(x)
    return None if isinstance(value, str | bool) else value


def _parameter(timings: Sequence[Timing]) -> str:
    """Return the numeric parameter of most values, if half of the benchmarks are on its lines."""
    values: dict[str, set[float]] = {}
    for one in timings:
        for name in one.params:
            if (value := _at(one, name)) is not None:
                values.setdefault(name, set()).add(value)
    most = max(values, key=lambda x: (len(values[x]), max(values[x]) - min(values[x])), default="")
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
    """Return what tells a benchmark from the others at the same ``x``."""
    others = [(name, value) for name, value in one.params.items() if name != x]
    parts = [of if isinstance(of, str) else f"{name}={of}" for name, of in others]
    if not parts or len({each.function for each in suite.timings}) > 1:
        parts.insert(0, one.function if x or parts else one.name)
    return one_line(", ".join(parts))


def _title(suite: Suite, x: str) -> tuple[str, set[str]]:
    """State the largest significant ratio, or the span of times; return the ids it names too."""
    timings = suite.timings

    def of(
        name: str, both: Sequence[Timing], at: float | None, **values: Any
    ) -> tuple[str, set[str]]:
        place = {"x": "" if at is None else one_line(x), "value": at}
        labels = [one_line(one.name) if at is None else _label(suite, one, x) for one in both]
        names = [fitting(label, IN_TITLE, TITLE, bold=True) for label in labels]
        return SUITE(name, names=names, **place, **values), {one.id for one in both}

    compared = [(one, one.ratio) for one in timings if one.ratio]
    one_run = not _known_ratios(suite)
    judged = [pair for pair in compared if one_run or _is_clear(pair[1])]
    if judged:
        one, ratio = max(judged, key=lambda pair: abs(math.log(pair[1].value)))
        base = next(other for other in timings if other.id == one.baseline)
        at = _at(one, x) if _at(one, x) == _at(base, x) else None
        return of("differs", (one, base), at, ratio=ratio.value, one_run=one_run)
    if compared:
        return SUITE("none_differs", baseline=suite.baseline), set()
    largest = max((at for one in timings if (at := _at(one, x)) is not None), default=None)
    last = [one for one in timings if largest is not None and _at(one, x) == largest]
    last, largest = (last, largest) if len(last) > 1 else (timings, None)
    both = [choose(last, key=lambda one: one.time.value) for choose in (min, max)]
    return of("span", both, largest, times=[one.time.value for one in both])


def _is_clear(ratio: Interval) -> bool:
    return ratio.is_significant and not ratio.is_too_wide


def _lines(suite: Suite, x: str, named: set[str]) -> tuple[Lines, int]:
    """Draw lines, those with a named benchmark first; count the benchmarks on them."""
    lines = _by_line(suite.timings, x)
    lines.sort(key=lambda line: not named & {one.id for one in line})
    del lines[MOST_LINES:]
    series = [
        Series(
            "",
            SUITE("label", name=_label(suite, line[-1], x), time=line[-1].time.value),
            tuple((_at(one, x) or 0.0, drawn_bounds(one.time)) for one in line),
            "ink" if line[0].id == line[0].baseline else COLORS[k % len(COLORS)],
            tips=tuple(map(_tip, line)),
        )
        for k, line in enumerate(lines)
    ]
    points = [point for of in series for point in of.points]
    x_log = _is_log([at for at, _ in points])
    y_log = _is_log([bound for _, bounds in points for bound in bounds])
    label = SUITE("time_of_call")
    axes: dict[str, Any] = {"x_log": x_log, "y_log": y_log, "y_text": scales.duration}
    return Lines("", x, label, tuple(series), **axes), len(points)


def _rows(suite: Suite, named: set[str]) -> tuple[Rows, int]:
    """Draw a row for each benchmark, the fastest first: bars, or on a log axis the runs."""
    kept = sorted(suite.timings, key=lambda one: one.id not in named)[:MOST_ROWS]
    kept.sort(key=lambda one: one.time.value)
    log = _is_log([bound for one in kept for bound in drawn_bounds(one.time)])
    rows = tuple(
        Row(
            "",
            _label(suite, one, ""),
            _color(suite, one),
            drawn_bounds(one.time),
            SUITE("row", time=one.time.value, ratio=one.ratio),
            one.time.values if log else (),
            _tip(one),
        )
        for one in kept
    )
    return Rows("", SUITE("time_of_call"), rows, x_text=_duration, log=log), len(rows)


def _color(suite: Suite, one: Timing) -> str:
    if not suite.baseline:
        return COLORS[0]
    if one.ratio is None or not one.ratio.is_significant:
        return "other"
    return "faster" if one.ratio.is_above_one else "slower"


def _tip(one: Timing) -> str:
    return SUITE("tip", name=one_line(one.name), time=one.time, ratio=one.ratio)


def _is_log(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) >= DECADE * min(values)


def _duration(seconds: float) -> str:
    return scales.duration(seconds) if seconds else "0"
