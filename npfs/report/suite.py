"""What a suite of benchmarks that is not of npfs says: its answer, its table, a command's end."""

import math
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import Any

from npfs.analysis import findings
from npfs.analysis.disturbance import DISTURBED
from npfs.analysis.runs import RunFolder
from npfs.analysis.statistics import Interval
from npfs.analysis.suites import Suite, Timing
from npfs.drawing.numbers import one_line
from npfs.report import formatting, provenance
from npfs.report.context import Context
from npfs.report.formatting import Sentences
from npfs.report.page import Cell, Page, Table, terminal_text
from npfs.report.provenance import NAMED, base_page, read_folder

SUITE = Sentences("suite")
HOW_TO_RUN = "pytest FILE --benchmark-only --npfs-runs 5"
WIDTH = 100


def is_one(folder: RunFolder) -> bool:
    """Test whether the newest run is of another suite."""
    newest = folder.runs[-1] if folder.runs else None
    return newest is not None and bool(newest.others) and not newest.cases


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


def page_of(suite: Suite) -> Page:
    """Return the page without its figure."""
    context = Context(suite.evidence)
    counts = [case.repetitions for run in suite.runs for case in run.others]
    measured = SUITE("method", repetitions=max(counts, default=1))
    return replace(
        base_page(context),
        question=SUITE("question", baseline=suite.baseline),
        answer=tuple(_answer(suite)),
        trust=tuple(trust(suite)),
        decisive=(*_missing(suite, context), *provenance.decisive_warnings(context)),
        numbers=_table(suite) if suite.timings else None,
        is_open=True,
        method=(measured, *provenance.effort(context), SUITE("intervals")),
    )


def at_the_end(suite: Suite, where: str, width: int = WIDTH) -> str:
    """Return the end of a command: warnings, table, answer, and ``where`` more is."""
    page = page_of(suite)
    page = replace(page, left_out=page.left_out + page.not_timed, not_timed=())
    if more := len(page.left_out[NAMED:]):
        page = replace(page, left_out=(*page.left_out[:NAMED], SUITE("more", number=more)))
    return terminal_text(page, [_lines_of_table(suite, width)], where, width)


def _answer(suite: Suite) -> list[str]:
    times, ratios = [one.time for one in suite.timings], known_ratios(suite)
    if not times:
        return []
    values, margin = [time.value for time in times], max(time.margin_of_error for time in times)
    known = {"low": min(values), "high": max(values), "margin": margin if margin < 1 else None}
    found = [SUITE("times", number=len(times), **known)]
    if ratios:
        counts = {"total": len(ratios), "faster": sum(of.is_above_one for of in ratios)}
        counts["slower"] = sum(of.is_below_one for of in ratios)
        found.insert(0, SUITE("counts", baseline=suite.baseline, **counts))
    return found


def known_ratios(suite: Suite) -> list[Interval]:
    """Return the ratios over the baseline that have an interval."""
    return [one.ratio for one in suite.timings if one.ratio and one.ratio.is_known]


def trust(suite: Suite) -> list[str]:
    """Say how far the numbers can be trusted, in up to three sentences."""
    found, disturbance = [SUITE("runs", runs=suite.most_runs)], suite.evidence.disturbance
    if disturbance.repetitions and not findings.disturbed(disturbance):  # else it is a warning
        found.append(SUITE("disturbed", share=disturbance.share, threshold=DISTURBED))
    if comparisons := len(known_ratios(suite)):
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
    """Return a row for each benchmark; ratios and runs only where there is something to say."""
    shown = (True, True, suite.baseline is not None, len({t.time.runs for t in suite.timings}) > 1)
    over = SUITE("times_as_fast", baseline=suite.baseline)
    rows = []
    for one in suite.timings:
        name, time = one_line(one.name), one.time
        cells = [Cell(name, name), Cell(formatting.duration(time), time.value), _ratio(one)]
        rows.append(tuple(compress([*cells, Cell(str(time.runs), time.runs)], shown)))
    columns = tuple(compress(("benchmark", SUITE("time_of_call"), over, "runs"), shown))
    numeric = tuple(compress((False, True, True, True), shown))
    return Table(SUITE("heading", runs=suite.most_runs), columns, tuple(rows), numeric)


def _ratio(one: Timing) -> Cell:
    if one.ratio is None:
        return Cell("baseline", 1.0) if one.baseline == one.id else Cell("")
    text = formatting.ratio(one.ratio) if one.ratio.is_known else formatting.rough(one.ratio.value)
    return Cell(text, one.ratio.value, one.ratio.is_above_one)


def _lines_of_table(suite: Suite, width: int) -> list[str]:
    """Return the table for a terminal: long names, and what is not significant, in short."""
    table = _table(suite)
    interval = "95 % interval" if suite.most_runs > 1 else ""
    columns = (short(column, width // 3) for column in table.columns[2:])
    rows = [("benchmark", "time", interval, *columns)]
    for one, (name, time, *others) in zip(suite.timings, table.rows, strict=True):
        cells = [cell.text for cell in others]
        if one.ratio and one.ratio.is_known and not one.ratio.is_significant:
            cells[0] = SUITE("alike")
        rows.append((short(name.text, width // 2), time.value, time.note, *cells))
    return [table.caption, *formatting.aligned(rows, width - 2, from_the_right={1})]


def short(text: str, most: int) -> str:
    """Leave out the middle of what is longer."""
    return text if len(text) <= most else f"{text[: most // 2]}…{text[1 - most // 2 :]}"


def record(one: Timing) -> dict[str, Any]:
    """Return what programs read of a benchmark; what is not known is None."""
    ratio = one.ratio if one.ratio and one.ratio.is_known else None
    found = {"id": one.id, "params": dict(one.params), "runs": one.time.runs}
    found |= {**_bounds("seconds", one.time), "baseline": one.baseline}
    found |= _bounds("times_as_fast", one.ratio)
    return found | {"significant": ratio and ratio.is_significant}


def _bounds(name: str, of: Interval | None) -> dict[str, float | None]:
    values = (of.value, of.low, of.high) if of else (math.nan,) * 3
    ends = zip(("", "_low", "_high"), values, strict=True)
    return {f"{name}{end}": float(f"{v:.6g}") if math.isfinite(v) else None for end, v in ends}
