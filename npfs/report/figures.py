"""The figures: what each shows and says, from the context; charts of ``npfs.drawing`` draw them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from npfs.analysis import startup
from npfs.analysis.decisions import PLAIN, SAME_MEMORY
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, Evidence
from npfs.analysis.prediction import QUANTILE
from npfs.analysis.scale import (
    ALL_CORES,
    MAPPED,
    ONE_CORE,
    WORKERS,
    predicted_epoch,
)
from npfs.analysis.scale import (
    Scale as LargeData,
)
from npfs.analysis.statistics import TOO_WIDE, Interval
from npfs.drawing import numbers, scales, style
from npfs.drawing.canvas import fitting
from npfs.drawing.charts import (
    NARROW,
    TITLE,
    WIDE,
    Bounds,
    Chart,
    Grid,
    Lines,
    Mark,
    Panel,
    Regions,
    Row,
    Rows,
    Series,
    thinned,
)
from npfs.report import formatting
from npfs.report.answer import speedup_of
from npfs.report.context import SHORT, Context
from npfs.report.formatting import Sentences
from npfs.report.page import PageFigure
from npfs.report.tables import job, without
from npfs.schema import Learning, Size

FIGURES = Sentences("figures")
SUFFIXES = (".svg", "-dark.svg", ".png")
PNG_SCALE = 2.0
NUMPY_COSTS = (1.25, 2.0, 4.0)
MOST_COLUMNS = 14
SCALE_COLORS = {ONE_CORE: "other", ALL_CORES: "numba", MAPPED: "python", WORKERS: "numpy"}
FITS = [10 ** (k / 4) for k in range(25)]  # numbers of fits over which a startup pays off


@dataclass(frozen=True)
class Figure:
    """A figure of the report, and the words beside it."""

    name: str
    chart: Chart
    caption: str
    alt: str


def names() -> list[str]:
    """Return the names of all figures, in the order of reading."""
    return [rule.__name__ for rule in RULES]


def file_names() -> list[str]:
    """Return the names of all files that figures can be saved as."""
    return [f"{name}{suffix}" for name in names() for suffix in SUFFIXES]


def figures(context: Context) -> list[Figure]:
    """Return every figure for which there is evidence."""
    found = []
    for rule in RULES:
        chart = rule(context)
        if chart is not None:
            name = rule.__name__
            found.append(described(name, chart, _caption(context, name)))
    return found


def described(name: str, chart: Chart, caption: str) -> Figure:
    """Return a chart with its caption, and in words for who cannot see it."""
    return Figure(name, chart, caption, f"{chart.title}. {_told(chart)}")


def _caption(context: Context, name: str) -> str:
    """Return the words below a figure, which name no more than it shows."""
    if name == first.__name__:
        return FIGURES(name, without="startup" in without(context))
    if name != hero.__name__:
        return FIGURES(name)
    evidence = context.evidence
    has_others = not set(evidence.backends) <= set(PLAIN)
    return FIGURES(name, bands=len(evidence.runs) > 1, others=has_others)


def page_figures(found: Sequence[Figure]) -> list[PageFigure]:
    """Draw figures for a page: for a screen, and for a phone."""
    return [
        PageFigure(
            figure.name,
            figure.chart.title,
            figure.caption,
            figure.alt,
            figure.chart.draw(WIDE).svg(figure.alt),
            figure.chart.draw(NARROW).svg(figure.alt),
        )
        for figure in found
    ]


def save(found: Sequence[Figure], folder: Path) -> None:
    """Write figures as SVG, as SVG for a dark page, and as PNG."""
    for figure in found:
        canvas = figure.chart.draw(WIDE)
        light, dark, png = (folder / f"{figure.name}{suffix}" for suffix in SUFFIXES)
        for path, colors in ((light, style.LIGHT), (dark, style.DARK)):
            svg = canvas.svg(figure.alt, colors, colors["page"])
            path.write_text(svg + "\n", encoding="utf-8")
        png.write_bytes(canvas.png(PNG_SCALE))


def hero(context: Context) -> Chart | None:
    """Draw the time of one fit over the rows: lists, NumPy, Numba; other backends in grey."""
    evidence = context.evidence
    sizes = evidence.sizes(n_features=1)
    series = _times(context, evidence.backends, sizes)
    if len(series) < 2 or len(sizes) < 2:
        return None
    limit = [
        (size.n_samples, (found.value * evidence.newest.epochs,) * 3)
        for size in sizes
        if (found := evidence.bandwidth_limit(size)) is not None
    ]
    if limit:
        reading = FIGURES("reading")
        series.append(Series("", reading, tuple(limit), "point", "dotted"))
    pair = _compared(evidence)
    both = [size for size in sizes if pair and evidence.speedup(*pair, size)]
    marks = [_ratio(evidence, pair, both[-1]), *_crossing(context, pair)] if pair else []
    epochs = evidence.newest.epochs
    panel = Lines(
        "",
        FIGURES("rows"),
        FIGURES("time_of_fit", epochs=epochs),
        tuple(series),
        y_text=scales.duration,
        marks=tuple(marks),
    )
    return Chart(_hero_title(context, pair, both), (panel,))


def _compared(evidence: Evidence) -> tuple[str, str] | None:
    """Choose the two backends that the first figure compares: NumPy with lists, if it can."""
    pairs = [(NUMPY, LISTS), (NUMBA, NUMPY), (NUMBA, LISTS)]
    pairs += [(a, b) for a in reversed(evidence.backends) for b in evidence.backends if a != b]
    sizes = evidence.sizes(n_features=1)
    return next((pair for pair in pairs if any(evidence.speedup(*pair, s) for s in sizes)), None)


def _ratio(evidence: Evidence, pair: tuple[str, str], size: Size) -> Mark:
    """Mark how far two lines are apart at a size."""
    ratio = speedup_of(evidence, *pair, size).value
    places = tuple((size.n_samples, _seconds(evidence, name, size)) for name in reversed(pair))
    return Mark(formatting.rough(max(ratio, 1 / ratio)), places, of=pair[1])


def _crossing(context: Context, pair: tuple[str, str]) -> list[Mark]:
    """Mark where the first of two overtakes the other, on straight lines between two sizes."""
    evidence, (name, _) = context.evidence, pair
    crossover = evidence.crossover(*pair)
    if crossover is None or crossover.below is None or crossover.above is None:
        return []
    low, high = Size(crossover.below, 1), Size(crossover.above, 1)
    at_low, at_high = (speedup_of(evidence, *pair, size).value for size in (low, high))
    if at_low >= 1:
        return []
    share = math.log(1 / at_low) / math.log(at_high / at_low)
    seconds = [_seconds(evidence, name, size) for size in (low, high)]
    place = (
        low.n_samples * (high.n_samples / low.n_samples) ** share,
        seconds[0] * (seconds[1] / seconds[0]) ** share,
    )
    text = FIGURES("equal_at", rows=place[0])
    names = [context.name(name) for name in pair]
    return [Mark(text, (place,), FIGURES("crossing_tip", names=names, rows=place[0]), pair[1])]


def _seconds(evidence: Evidence, name: str, size: Size) -> float:
    time = evidence.time(name, size)
    assert time is not None, "asked only for sizes that were timed"
    return time.value


def _hero_title(context: Context, pair: tuple[str, str] | None, both: Sequence[Size]) -> str:
    if pair is None:
        return FIGURES("hero_plain")
    evidence, most, names = context.evidence, both[-1], [_in_title(context, n) for n in pair]
    ratio = speedup_of(evidence, *pair, most)
    if ratio.is_too_wide:
        return FIGURES("hero_uncertain", names=names)
    if ratio.is_known and not ratio.is_significant:
        return FIGURES("hero_alike", names=names, most=most.n_samples)
    faster, slower = names if ratio.value >= 1 else reversed(names)
    values = {"faster": faster, "slower": slower, "most": most.n_samples}
    speedup = max(ratio.value, 1 / ratio.value)
    if not ratio.is_known:
        return FIGURES("hero_one_run", **values, speedup=speedup)
    few = speedup_of(evidence, *pair, both[0])
    turns = few.is_significant and not few.is_too_wide and (few.value < 1) != (ratio.value < 1)
    other = max(few.value, 1 / few.value) if turns else None
    return FIGURES("hero_title", **values, speedup=speedup, few=both[0].n_samples, other=other)


def first(context: Context) -> Chart | None:
    """Draw who has the result first, over rows and epochs, startup included."""
    found = context.decisions.first_map
    if found is None or context.is_large_data:
        return None
    low, high = found.samples[0], found.samples[-1]
    points = [
        Mark(
            job(decision.job),
            ((decision.job.n_samples, decision.job.epochs * decision.job.fits),),
            FIGURES("job_tip", job=job(decision.job), names=[SHORT[n] for n in decision.first]),
        )
        for decision in context.decisions.jobs
        if decision.job.n_features == 1 and decision.first
        and low <= decision.job.n_samples <= high
    ]  # fmt: skip
    shown = {found.first(r, c) for r in range(len(found.epochs)) for c in range(len(found.samples))}
    panel = Regions(
        "",
        tuple(map(float, found.samples)),
        tuple(map(float, found.epochs)),
        found.leads,
        QUANTILE,
        found.numpy_over_first,
        NUMPY_COSTS if NUMPY in found.leads else (),
        {name: (name, SHORT[name]) for name in found.leads},
        tuple(points),
        FIGURES("rows"),
        FIGURES("epochs_in_all"),
    )
    shorts = [SHORT[name] for name in PLAIN if name in shown]
    return Chart(FIGURES("first_title", names=shorts), (panel,))


def heatmap(context: Context) -> Chart | None:
    """Draw how many times as fast as NumPy each backend is at each size."""
    evidence = context.evidence
    sizes = [size for size in evidence.sizes() if evidence.time(NUMPY, size)]
    rows = [name for name in evidence.backends if name != NUMPY]
    if not rows or not sizes:
        return None
    sizes = [sizes[k] for k in thinned(range(len(sizes)), MOST_COLUMNS)]
    ratios = [[evidence.speedup(name, NUMPY, size) for size in sizes] for name in rows]
    cells = tuple(tuple(None if of is None else of.value for of in row) for row in ratios)
    tips = tuple(
        tuple("" if of is None else _tip(context, name, size, formatting.ratio(of))
              for size, of in zip(sizes, row, strict=True))
        for name, row in zip(rows, ratios, strict=True)
    )  # fmt: skip
    titles = tuple((name, context.name(name)) for name in rows)
    columns = tuple(short_size(size) for size in sizes)
    panel = Grid("", columns, titles, cells, tips, FIGURES("size"))
    found = [
        (name, size, of)
        for name, row in zip(rows, ratios, strict=True)
        for size, of in zip(sizes, row, strict=True)
        if of is not None
    ]
    return Chart(_most(context, NUMPY, found), (panel,)) if found else None


def speedup(context: Context) -> Chart | None:
    """Draw the speedup of each backend over lists, one feature."""
    return _speedups(context, LISTS)


def speedup_over_numpy(context: Context) -> Chart | None:
    """Draw the speedup of each backend over NumPy, one feature."""
    return _speedups(context, NUMPY)


def _speedups(context: Context, reference: str) -> Chart | None:
    evidence = context.evidence
    sizes = evidence.sizes(n_features=1)
    others = [name for name in evidence.backends if name != reference]

    def value(name: str, size: Size) -> Interval | None:
        return evidence.speedup(name, reference, size)

    series = _lines(context, others, sizes, value, formatting.rough, formatting.ratio)
    if not series:
        return None
    label = FIGURES("times_as_fast", reference=SHORT[reference])
    panel: Panel = Lines("", FIGURES("rows"), label, tuple(series), y_text=scales.times)
    if len({x for line in series for x, _ in line.points}) == 1:  # of a person's own table
        rows = tuple(
            Row(line.of, context.name(line.of), _color(line.of), bounds,
                formatting.rough(bounds[0]), tip=line.tips[0])
            for line in series
            for _, bounds in line.points
        )  # fmt: skip
        panel = Rows("", label, rows, x_text=scales.times, log=True, limit=1.0)
    found = [
        (name, size, of)
        for name in others
        for size in sizes
        if (of := value(name, size)) is not None
    ]
    return Chart(_most(context, reference, found), (panel,))


def _most(context: Context, reference: str, found: Sequence[tuple[str, Size, Interval]]) -> str:
    """State the largest significant speedup; of a single run the largest."""
    one_run = not any(of.is_known for *_, of in found)
    faster = [
        (of.value, name, size)
        for name, size, of in found
        if (of.value > 1 if one_run else of.is_above_one and not of.is_too_wide)
    ]
    values = {"reference": SHORT[reference], "one_run": one_run}
    if not faster:
        return FIGURES("none_is_faster", **values)
    ratio, name, size = max(faster)
    return FIGURES("up_to", name=_in_title(context, name), speedup=ratio, size=size, **values)


def memory(context: Context) -> Chart | None:
    """Draw the bytes that a program needs with each backend; equal ones share a bar."""
    needs = context.decisions.memory
    if needs is None:
        return None
    alike: dict[int, list[str]] = {}
    for name, n_bytes in needs.n_bytes.items():
        alike.setdefault(round(n_bytes / needs.size.data_bytes * 10), []).append(name)
    rows = []
    for group in alike.values():
        n_bytes = needs.n_bytes[group[0]]
        group.sort(key=lambda name: name not in PLAIN)
        shown = [context.name(name) for name in group]
        text = numbers.n_bytes(n_bytes, 2)
        tip = FIGURES("memory_tip", names=shown, n_bytes=n_bytes, data=needs.size.data_bytes)
        if len(group) > 1:
            text = FIGURES("and_others", text=text, others=len(group) - 1)
        of, color = "" if len(group) > 1 else group[0], _color(group[0])
        rows.append(Row(of, shown[0], color, (n_bytes,) * 3, text, tip=tip))
    most, least = max(needs.n_bytes.values()), min(needs.n_bytes.values())
    worst = max(needs.n_bytes, key=lambda name: needs.n_bytes[name])
    values = {"name": _in_title(context, worst), "factor": most / least, "size": needs.size}
    title = FIGURES("memory_alike" if most < SAME_MEMORY * least else "memory_title", **values)
    panel = Rows(
        "", FIGURES("bytes_needed"), tuple(rows), x_text=_bytes, limit=needs.size.data_bytes
    )
    return Chart(title, (panel,))


def bandwidth(context: Context) -> Chart | None:
    """Draw an epoch over reading its data once, at the largest size that all have."""
    evidence = context.evidence
    for size in reversed(evidence.sizes(n_features=1) or evidence.sizes()):
        shares = {
            name: share
            for name in evidence.backends
            if (share := evidence.fraction_of_bandwidth_limit(name, size)) is not None
        }
        if shares and len(shares) == len([n for n in evidence.backends if n in _common(evidence)]):
            break
    else:
        return None
    rows = []
    for name, share in shares.items():
        value = 1 / share.value
        low, high = (1 / b for b in reversed(drawn_bounds(share)[1:]))
        text = formatting.rough(value)
        color = _color(name)
        shown = context.name(name)
        tip = FIGURES("bandwidth_tip", name=shown, share=share)
        rows.append(Row(name, shown, color, (value, low, high), text, tip=tip))
    name, share = max(shares.items(), key=lambda item: item[1].value)
    title = FIGURES("bandwidth_title", name=_in_title(context, name), share=share.value, size=size)
    label = FIGURES("over_reading")
    panel = Rows("", label, tuple(rows), x_text=scales.times, log=True, limit=1.0)
    return Chart(title, (panel,))


def break_even(context: Context) -> Chart | None:
    """Draw the time of a program over its number of fits, where lines cross."""
    evidence = context.evidence
    for size in evidence.sizes(n_features=1):
        programs = startup.many_fits(evidence, PLAIN, size)
        found = startup.break_even(evidence, NUMPY, LISTS, size)
        if found is not None and _is_drawn(found.fits):
            break
    else:
        return None
    series = []
    for name, program in programs.items():
        totals = [program.total(fits) for fits in FITS]
        points = tuple((fits, drawn_bounds(of)) for fits, of in zip(FITS, totals, strict=True))
        series.append(Series(name, SHORT[name], points, _color(name)))
    label = FIGURES("time_of_program", size=size)
    numba = startup.break_even(evidence, NUMBA, NUMPY, size)
    pays = [of for of in (found, numba) if of is not None and _is_drawn(of.fits)]
    marks = tuple(
        Mark(
            numbers.significant(of.fits.value, 2),
            ((of.fits.value, programs[NUMPY].total(of.fits.value).value),),
            FIGURES(
                "pays_off", name=SHORT[of.backend], reference=SHORT[of.reference], fits=of.fits
            ),
        )
        for of in pays
        if of.fits is not None
    )
    panel = Lines(
        "", FIGURES("number_of_fits"), label, tuple(series), y_text=scales.duration, marks=marks
    )
    fits = [(SHORT[of.backend], of.fits.value) for of in pays if of.fits is not None]
    return Chart(FIGURES("break_even_title", size=size, fits=fits), (panel,))


def _is_drawn(fits: Interval | None) -> bool:
    return fits is not None and FITS[0] <= fits.value <= FITS[-1]


def shortcut(context: Context) -> Chart | None:
    """Draw a shortcut, which does less work, beside NumPy and the fastest that does it all."""
    evidence = context.evidence
    sizes = evidence.sizes(n_features=1)
    if not any(evidence.time(name, size) for name in evidence.shortcuts for size in sizes):
        return None
    shown = [n for n in dict.fromkeys((NUMPY, *evidence.backends[-1:])) if n in evidence.backends]
    series = _times(context, [*shown, *evidence.shortcuts], sizes)
    panel = Lines(
        "",
        FIGURES("rows"),
        FIGURES("time_of_fit", epochs=evidence.newest.epochs),
        tuple(series),
        y_text=scales.duration,
    )
    return Chart(_shortcut_title(context, shown, sizes), (panel,))


def _shortcut_title(context: Context, shown: Sequence[str], sizes: Sequence[Size]) -> str:
    """Compare the gain of the fastest shortcut with that of the fastest tool, at the most rows."""
    evidence = context.evidence
    if shown[:1] == [NUMPY]:
        for size in reversed(sizes):
            gains = [of for n in evidence.shortcuts if (of := evidence.speedup(n, NUMPY, size))]
            tool = evidence.speedup(shown[-1], NUMPY, size) if shown[1:] else None
            if gains:
                gain = max(of.value for of in gains)
                of_tool = None if tool is None or tool.value <= 1 else tool.value
                return FIGURES("shortcut_title", gain=gain, size=size, of_tool=of_tool)
    return FIGURES("shortcut_plain")


def learning(context: Context) -> Chart | None:
    """Draw the line that turns to the data, and the loss that falls meanwhile."""
    lesson = newest_lesson(context.evidence)
    if lesson is None:
        return None
    name = NUMPY if NUMPY in lesson.backends else next(iter(lesson.backends), None)
    if name is None or not lesson.x:
        return None
    learned = lesson.backends[name]
    low, high = min(lesson.x), max(lesson.x)
    lines = []
    for epoch, weight, bias in learned.lines:
        ends = tuple((x, (weight * x + bias,) * 3) for x in (low, high))
        is_last = epoch == learned.lines[-1][0]
        label = FIGURES("epoch", epoch=epoch, slope=weight)
        lines.append(
            Series("", label, ends, "numpy" if is_last else "point", "bold" if is_last else "thin")
        )
    points = tuple(zip(lesson.x, lesson.y, strict=True))
    turning = Lines(
        FIGURES("line_turns", slope=lesson.slope), "x", "y", tuple(lines), x_log=False,
        y_log=False, x_text=_short, y_text=_short, dots=points,
    )  # fmt: skip
    losses = tuple((float(epoch), (loss,) * 3) for epoch, loss in enumerate(learned.loss))
    curve = Series("", "", losses, "numpy")
    falling = Lines(
        FIGURES("loss_falls"), FIGURES("epoch_axis"), FIGURES("loss"), (curve,), x_log=False,
        x_text=_short,
    )  # fmt: skip
    return Chart(FIGURES("learning_title", slope=lesson.slope), (turning, falling))


def spread(context: Context) -> Chart | None:
    """Draw the time of each run over the mean, at the largest size that all have."""
    evidence = context.evidence
    if len(evidence.runs) < 2:
        return None
    sizes = evidence.sizes(n_features=1) or evidence.sizes()
    times = {
        size: {n: t for n in evidence.backends if (t := evidence.time(n, size)) and t.is_known}
        for size in sizes
    }
    most = max((len(found) for found in times.values()), default=0)
    if not most:
        return None
    size = [size for size, found in times.items() if len(found) == most][-1]
    rows = []
    for name, of in times[size].items():
        ratios = tuple(value / of.value for value in of.values)
        text = FIGURES("margin", margin=of.margin_of_error)
        value, low, high = (bound / of.value for bound in drawn_bounds(of))
        color, shown = _color(name), context.name(name)
        tip = FIGURES("tip", name=shown, size=size, value=formatting.duration(of))
        rows.append(Row(name, shown, color, (value, low, high), text, ratios, tip))
    panel = Rows(
        "", FIGURES("over_mean"), tuple(rows), x_text=scales.times, limit=1.0, from_zero=False
    )
    widest = max(of.margin_of_error for of in times[size].values())
    fewest = min(of.runs for of in times[size].values())
    return Chart(FIGURES("spread_title", runs=fewest, size=size, margin=widest), (panel,))


def scale(context: Context) -> Chart | None:
    """Draw large data: an epoch over the rows, and over the workers of a cluster."""
    evidence, found = context.evidence, LargeData.of(context.evidence)
    if found is None:
        return None
    shown = [n for n in (ONE_CORE, ALL_CORES, MAPPED, WORKERS) if n in evidence.backends]
    epochs = evidence.newest.epochs

    def epoch(name: str, size: Size) -> Interval | None:
        time = evidence.time(name, size)
        return time and time.scaled(1 / epochs)

    series = [
        replace(line, color=SCALE_COLORS[line.of], weight="bold")
        for line in _lines(context, shown, found.sizes, epoch, numbers.time, formatting.duration)
    ]
    panels: list[Panel] = []
    if series:
        rows = FIGURES("rows_of", n_features=found.n_features)
        panels.append(
            Lines(FIGURES("epoch_by_rows"), rows, FIGURES("time_of_epoch"), tuple(series),
                  y_text=scales.duration)
        )  # fmt: skip
    measured = found.measured
    if measured is not None:
        counts = sorted({round(10 ** (k / 20)) for k in range(61)})
        predicted = tuple((float(w), (predicted_epoch(measured, w),) * 3) for w in counts)
        seen = tuple((float(w), drawn_bounds(of)) for w, of in found.epoch_times.items())
        tips = tuple(
            FIGURES("workers_tip", workers=w, time=of) for w, of in found.epoch_times.items()
        )
        lines = (
            Series(WORKERS, FIGURES("predicted"), predicted, SCALE_COLORS[WORKERS], "dashed"),
            Series(WORKERS, "", seen, SCALE_COLORS[WORKERS], tips=tips),
        )
        panels.append(
            Lines(FIGURES("epoch_by_workers"), FIGURES("workers"), FIGURES("time_of_epoch"), lines,
                  y_text=scales.duration)
        )  # fmt: skip
    pays, workers = found.where_workers_pay(), measured.workers if measured else 0
    title = FIGURES("scale_title", workers=workers, pays=pays)
    return Chart(title, tuple(panels)) if panels else None


RULES: tuple[Callable[[Context], Chart | None], ...] = (
    hero,
    first,
    heatmap,
    speedup,
    speedup_over_numpy,
    memory,
    bandwidth,
    break_even,
    learning,
    shortcut,
    spread,
    scale,
)


def newest_lesson(evidence: Evidence) -> Learning | None:
    """Return the newest recorded lesson; None if its losses cannot be drawn."""
    return next(
        (
            run.learning
            for run in reversed(evidence.runs)
            if run.learning
            and all(min(one.loss, default=0) > 0 for one in run.learning.backends.values())
        ),
        None,
    )


def short_size(size: Size) -> str:
    """Format a size for an axis: 10k, 10k×16."""
    features = f"×{size.n_features}" if size.n_features > 1 else ""
    return numbers.short_count(float(f"{size.n_samples:.3g}")) + features


def _times(context: Context, names: Sequence[str], sizes: Sequence[Size]) -> list[Series]:
    """Return a line of the time of a fit for each backend."""
    time = context.evidence.time
    return _lines(context, names, sizes, time, numbers.time, formatting.duration)


def _lines(
    context: Context,
    names: Sequence[str],
    sizes: Sequence[Size],
    value: Callable[[str, Size], Interval | None],
    write: Callable[[float], str],
    tell: Callable[[Interval], str],
) -> list[Series]:
    """Return a line over the rows for each backend, bold for lists, NumPy and Numba."""
    series = []
    for name in names:
        known = [(size, of) for size in sizes if (of := value(name, size)) is not None]
        if not known:
            continue
        is_plain = name in PLAIN
        last = known[-1][1].value
        label = f"{SHORT[name]} {write(last)}" if is_plain else context.name(name)
        if is_plain and known[-1][0] != sizes[-1]:
            label += f" at {numbers.short_count(known[-1][0].n_samples)}"
        tips = tuple(_tip(context, name, size, tell(of)) for size, of in known)
        points = tuple((float(size.n_samples), drawn_bounds(of)) for size, of in known)
        weight = "bold" if is_plain else "thin"
        weight = "dashed" if name in context.evidence.shortcuts else weight
        series.append(Series(name, label, points, name if is_plain else "point", weight, tips))
    return series


def _in_title(context: Context, name: str) -> str:
    """Return the name of a backend, so short that it leaves room for what a title says."""
    return fitting(context.name(name), NARROW - 80, TITLE, bold=True)


def _tip(context: Context, name: str, size: Size, value: str) -> str:
    return FIGURES("tip", name=context.name(name), size=size, value=value)


def _color(name: str) -> str:
    return name if name in PLAIN else "other"


def _common(evidence: Evidence) -> set[str]:
    """Return the backends that the largest size with lists has; else all."""
    for size in reversed(evidence.sizes(n_features=1)):
        if LISTS in evidence.backends and evidence.time(LISTS, size):
            return {name for name in evidence.backends if evidence.time(name, size)}
    return set(evidence.backends)


def drawn_bounds(of: Interval) -> Bounds:
    """Return value and bounds to draw: no further apart than what already says nothing."""
    if not of.is_known:
        return of.value, of.value, of.value
    return of.value, max(of.low, of.value / TOO_WIDE), min(of.high, of.value * TOO_WIDE)


def _bytes(value: float) -> str:
    return "0" if value == 0 else numbers.n_bytes(value, 2)


def _short(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _told(chart: Chart) -> str:
    """Describe a chart for who cannot see it, by the labels and values that it shows."""
    parts = []
    for panel in chart.panels:
        if isinstance(panel, Lines):
            for line in panel.series:
                parts += [*line.tips[:1], *line.tips[-1:]] if line.tips else [line.label]
            parts += [mark.tip for mark in panel.marks if mark.tip]
        elif isinstance(panel, Rows):
            parts += [row.tip for row in panel.rows]
        elif isinstance(panel, Grid):
            parts += [row[-1] for row in panel.tips if row[-1]]
        elif isinstance(panel, Regions):
            parts += [mark.tip for mark in panel.points]
    return "; ".join(dict.fromkeys(filter(None, parts))) + "."
