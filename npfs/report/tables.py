"""The tables of a report: the jobs that people have, what tools cost, and every case."""

from npfs.analysis import startup
from npfs.analysis.decisions import PLAIN, Decision, Job
from npfs.analysis.evidence import LISTS, NUMPY
from npfs.analysis.prediction import Estimate
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.context import SHORT, Context
from npfs.report.formatting import Sentences
from npfs.report.page import Cell, Table
from npfs.schema import TO_ARRAY, TO_LISTS, Size

HEADINGS = (
    "backend", "rows × features", "one fit", "ns per row and epoch", "over lists", "over NumPy",
    "of the memory bandwidth limit", "runs",
)  # fmt: skip

JOBS = Sentences("jobs")
CAPTION = "Time to result"
NAMED = 2  # backends without significant difference; the others are counted


def job_table(context: Context) -> Table | None:
    """Return a row for each job; None for large data, and where no job can be decided."""
    rows = [_job_row(context, decision) for decision in decisions(context)]
    if not rows:
        return None
    columns = ("job", *(SHORT[name] for name in PLAIN), "good enough", "NumPy vs. first")
    columns = (*columns, "fastest of all backends")
    return Table(CAPTION, columns, tuple(rows), (False, True, True, True, False, True, False))


def decisions(context: Context) -> list[Decision]:
    """Return the decisions, where one can be taken at all."""
    found = [] if context.is_large_data else context.decisions.jobs
    return found if any(decision.first for decision in found) else []


def without(context: Context) -> list[str]:
    """Name the parts that no total has: "startup", "conversion"."""
    return list(dict.fromkeys(part for one in decisions(context) for part in one.without))


def left_out_of_totals(context: Context) -> list[str]:
    """Say that a part is in no total, which changes who is first."""
    parts = without(context)
    return [JOBS("without", parts=parts)] if parts else []


def job_notes(context: Context) -> list[str]:
    """Return how the times add up, what they lack, and which answers are close."""
    found = decisions(context)
    if not found:
        return []
    to_lists, to_array = (_conversion(context, name) for name in (TO_LISTS, TO_ARRAY))
    notes = [JOBS("how_it_adds_up", to_lists=to_lists, to_array=to_array)]
    for decision in found:
        for limit, names in (decision.otherwise or {}).items():
            short = [SHORT[name] for name in names]
            notes.append(JOBS("otherwise", job=job(decision.job), limit=limit, names=short))
    return notes


def other_lines(context: Context) -> list[str]:
    """Return how to read the table, and a line for a notebook."""
    lines = []
    if decisions(context):
        lines.append(JOBS("how_to_read", without=without(context)))
        choices: dict[tuple[str, ...], list[str]] = {}
        for decision in context.decisions.notebook:
            names = tuple(SHORT[name] for name in decision.good_enough)
            if names:
                choices.setdefault(names, []).append(job(decision.job))
        if choices:
            lines.append(JOBS("notebook", choices=list(choices.items())))
    return lines


def memory_line(context: Context) -> str:
    """Return the bytes that a program needs with lists, NumPy and Numba; "" of fewer than two."""
    memory = context.decisions.memory
    known = {} if memory is None else {n: memory.n_bytes[n] for n in PLAIN if n in memory.n_bytes}
    if memory is None or len(known) < 2:
        return ""
    needs = [(SHORT[name], n_bytes) for name, n_bytes in known.items()]
    return JOBS("memory", size=memory.size, needs=needs)


def job(of: Job) -> str:
    """Name a job."""
    return JOBS(of.name.replace("-", "_"))


def names(context: Context, backends: tuple[str, ...]) -> str:
    """Name backends that show no significant difference; many are counted."""
    shown = [context.name(name) for name in backends]
    if len(shown) > NAMED + 1:
        shown = [*shown[:NAMED], f"{len(shown) - NAMED} others"]
    return JOBS("alike", names=shown)


def estimate(context: Context, of: Estimate, unit: str = "") -> formatting.Text:
    """Format a time to a result, or a ratio, with its interval; one run has none."""
    text = formatting.span(of.value, of.low, of.high, unit)
    return text if len(context.evidence.runs) > 1 else formatting.Text(text.value)


def _job_row(context: Context, decision: Decision) -> tuple[Cell, ...]:
    what = JOBS("described", name=job(decision.job), job=decision.job)
    if not decision.first:
        return (Cell(what), *(Cell(JOBS("not_measured")),) * 3, Cell(""), Cell(""), Cell(""))
    cells = []
    for name in PLAIN:
        prediction = decision.predictions.get(name)
        if prediction is None:
            cells.append(Cell(JOBS("not_measured")))
            continue
        text = estimate(context, prediction.total)
        if not prediction.beyond.is_inside:
            text = formatting.Text(text.value, f"{text.note} {JOBS('extrapolated')}".strip())
        cells.append(Cell(text, prediction.total.value, is_best=name in decision.first))
    over = decision.numpy_over_first
    good_enough = [SHORT[name] for name in decision.good_enough]
    cells.append(Cell(JOBS("perhaps", names=good_enough)))
    shown = JOBS("first") if NUMPY in decision.first else ""
    cells.append(Cell(shown if over is None else estimate(context, over, "×")))
    return (Cell(what), *cells, Cell(names(context, decision.fastest)))


def cost_table(context: Context) -> Table | None:
    """Return what lists, NumPy and Numba cost beside the time of fits, as far as measured."""
    predictor, needs = context.decisions.predictor, context.decisions.memory
    rows = []
    if predictor is not None and any(predictor.startup(name) for name in PLAIN):
        starts = (predictor.startup(name) for name in PLAIN)
        cells = (Cell("" if of is None else estimate(context, of)) for of in starts)
        rows.append((Cell(JOBS("startup_row")), *cells))
    if needs is not None:
        known = (needs.n_bytes.get(name) for name in PLAIN)
        cells = (Cell("" if of is None else numbers.n_bytes(of, 2)) for of in known)
        rows.append((Cell(JOBS("memory_row", size=needs.size)), *cells))
    costs = [context.costs.get(name) for name in PLAIN]
    if any(costs):
        sizes = (None if of is None else of.installed_bytes for of in costs)
        cells = (Cell(JOBS("installed", n_bytes=size)) for size in sizes)
        rows.append((Cell(JOBS("install_row")), *cells))
    if any(of and of.fit_lines for of in costs):
        lines = (of.fit_lines if of else None for of in costs)
        cells = (Cell("" if number is None else str(number)) for number in lines)
        rows.append((Cell(JOBS("lines_row")), *cells))
    columns = (JOBS("cost"), *(SHORT[name] for name in PLAIN))
    return Table(JOBS("costs"), columns, tuple(rows), (False, True, True, True)) if rows else None


def terminal_table(context: Context) -> list[tuple[str, ...]]:
    """Return a row for each job, without intervals; a star marks the first."""
    rows = []
    for decision in decisions(context):
        if decision.first:
            times = [_short_time(decision, name) for name in PLAIN]
            good_enough = JOBS(
                "perhaps_short", names=[SHORT[name] for name in decision.good_enough]
            )
            rows.append((JOBS("work", job=decision.job), *times, good_enough))
    head = (JOBS("heading"), *(SHORT[name] for name in PLAIN), JOBS("good_enough"))
    return [head, *rows] if rows else []


def _short_time(decision: Decision, name: str) -> str:
    prediction = decision.predictions.get(name)
    if prediction is None:
        return "-"
    near = "" if prediction.beyond.is_inside else "~"
    mark = "*" if name in decision.first else " "
    return f"{near}{numbers.time(prediction.total.value, 2)}{mark}"


def _conversion(context: Context, direction: str) -> dict[str, object] | None:
    sizes = [size for size in startup.conversion_sizes(context.evidence) if size.n_features == 1]
    size: Size | None = sizes[-1] if sizes else None
    seconds = startup.conversion(context.evidence, direction, size) if size else None
    return None if seconds is None else {"size": size, "seconds": seconds}


def numbers_table(context: Context) -> Table:
    """Return a row for each case: time, ratios to lists and NumPy, and to the bandwidth limit."""
    evidence = context.evidence
    epochs = evidence.newest.epochs
    rows = []
    for backend, size, seconds in context.cases:
        is_shortcut = backend in evidence.shortcuts
        each = seconds.scaled(1e9 / (size.n_samples * epochs))
        share = None if is_shortcut else evidence.fraction_of_bandwidth_limit(backend, size)
        ratios = [_ratio(context, backend, reference, size) for reference in (LISTS, NUMPY)]
        rows.append(
            (
                Cell(evidence.title(backend) + (", a shortcut" if is_shortcut else "")),
                Cell(_size(size), size.numbers),
                Cell(formatting.duration(seconds), seconds.value),
                Cell(numbers.significant(each.value), each.value),
                *ratios,
                Cell("") if share is None else Cell(formatting.share(share), share.value),
                Cell(str(seconds.runs), seconds.runs),
            )
        )
    return Table("The numbers", HEADINGS, tuple(rows), (False, *(True,) * 7))


def fit_lines(context: Context) -> list[str]:
    """Return the times of one fit at the largest size that all backends have, aligned.

    A row for each backend: its time, the margin of error, and the speedup over lists.
    """
    size = _common_size(context)
    if size is None:
        return []
    evidence = context.evidence
    rows = [("", "time", "margin", "over lists" if LISTS in evidence.backends else "")]
    for backend in evidence.backends:
        seconds = evidence.time(backend, size)
        if seconds is not None:
            ratio = evidence.speedup(backend, LISTS, size)
            over = formatting.rough(ratio.value) if ratio else ""
            over = "1×" if backend == LISTS else over
            rows.append((evidence.title(backend), *_time(seconds), over))
    heading = f"One fit of {formatting.size(size)}, {evidence.newest.epochs} epochs"
    return [heading, *formatting.aligned(rows, 76, from_the_right={1, 2, 3})]


def _common_size(context: Context) -> Size | None:
    """Return the largest size that every backend has, or as many as any size."""
    evidence = context.evidence
    counts = {
        size: sum(evidence.time(name, size) is not None for name in evidence.backends)
        for size in evidence.sizes(n_features=1) or evidence.sizes()
    }
    return max(counts, key=lambda size: (counts[size], size.numbers), default=None)


def _time(seconds: Interval) -> tuple[str, str]:
    margin = "" if not seconds.is_known else f"± {numbers.percent(seconds.margin_of_error)} %"
    return numbers.time(seconds.value), "too uncertain" if seconds.is_too_wide else margin


def _size(size: Size) -> str:
    dtype = "" if size.dtype == "float64" else f", {size.dtype}"
    return f"{numbers.count(size.n_samples)} × {size.n_features}{dtype}"


def _ratio(context: Context, backend: str, reference: str, size: Size) -> Cell:
    speedup = None if backend == reference else context.evidence.speedup(backend, reference, size)
    if speedup is None:
        return Cell("")
    return Cell(formatting.ratio(speedup), speedup.value)
