"""Compare functions without pytest: the harness times them in fresh processes of its own."""

import html
import os
import pickle
import reprlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cloudpickle
import numpy as np

from npfs.analysis.runs import RunFolder, read_runs
from npfs.analysis.suites import NoBaseline, Suite, Timing
from npfs.drawing import labels, numbers, scales, style
from npfs.harness import option_values
from npfs.harness.processes import fresh_process
from npfs.harness.progress import Progress
from npfs.plugin import bench_functions
from npfs.plugin.bench_functions import copied
from npfs.report import formatting, provenance
from npfs.report.context import Context
from npfs.report.figures import drawn_bounds
from npfs.report.suite import record, trust
from npfs.report.suite_page import figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VARIABLE = bench_functions.VARIABLE
BENCHMARKS = Path(bench_functions.__file__)
SILENCE_S = 1e6  # the harness in that process ends a run that hangs
SIZE = (7.2, 4.4)  # inches

Functions = Mapping[str, Callable[[Any], Any]]
Agree = Callable[[Any, Any], bool] | Literal[False] | None


class FunctionsDisagree(ValueError):
    """Two functions give different results; the message names them, the size and where."""


@dataclass(frozen=True, eq=False, repr=False)
class FunctionComparison:
    """Times of functions over sizes, with 95 % intervals over runs.

    ``print`` writes a table, and a notebook shows it below the figure.

    Attributes
    ----------
    suite : npfs.analysis.suites.Suite
        All that was measured.
    functions : tuple of str
        Names, in the order given.
    baseline : str
        The function that the others are compared with.
    failed : dict of str to str
        What could not be timed, such as ``"lists-1000"``, with the reason.
    """

    suite: Suite
    functions: tuple[str, ...]
    baseline: str
    failed: Mapping[str, str]

    @property
    def table(self) -> list[dict[str, Any]]:
        """Return a row for each size and function, as ``pandas.DataFrame`` takes them.

        ``seconds`` of a call and ``times_as_fast`` as the baseline have bounds, ``_low`` and
        ``_high``. What is not known is None.
        """
        return [{"n": n, "function": name, **record(one)} for n, name, one in self._timings]

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the time of a call over n with its interval, on ``ax`` or a new figure's axes."""
        import matplotlib.pyplot as plt  # noqa: PLC0415 - loaded when something is drawn

        points = [(name, n, *drawn_bounds(one.time)) for n, name, one in self._timings]
        with style.house_style():
            axes = plt.subplots(figsize=SIZE, layout="constrained")[1] if ax is None else ax
            ends = []
            for name, color in zip(self.functions, cycle(style.PALETTE), strict=False):
                if mine := [point for function, *point in points if function == name]:
                    n, value, low, high = zip(*mine, strict=True)
                    axes.plot(n, value, "o-", color=color)
                    axes.fill_between(n, low, high, color=color, alpha=0.16, linewidth=0)
                    text = style.readable(color, style.BACKGROUND)
                    ends.append(labels.End(labels.in_font(name), n[-1], value[-1], text))
            times = [bound for _, _, *bounds in points for bound in bounds]
            scales.log_axis(axes.xaxis, *scales.log_limits(n for _, n, *_ in points))
            scales.log_axis(axes.yaxis, *scales.log_limits(times), scales.duration)
            axes.set(xlabel="n", ylabel="time of a call")
            drawn: Any = axes.get_figure(root=True)
            drawn.draw_without_rendering()  # labels are moved apart by the height of the axes
            labels.label_ends(axes, ends)
        return axes

    def __repr__(self) -> str:
        lines = formatting.aligned(self._cells, sys.maxsize, from_the_right={0})
        return "\n".join([*lines, "", *self._notes])

    def _repr_html_(self) -> str:
        """Return the figure and the table for a notebook."""
        [drawn] = figure(self.suite)
        svg = drawn.chart.draw().svg(drawn.alt, style.LIGHT, style.BACKGROUND)
        cells = (f"<td>{'</td><td>'.join(map(html.escape, row))}</td>" for row in self._cells)
        table = "".join(f"<tr>{row}</tr>" for row in cells).replace("td>", "th>", 8)  # the headings
        notes = "<br>".join(map(html.escape, self._notes))
        return f"{svg}<table>{table}</table><p>{notes}</p>"

    @property
    def _timings(self) -> list[tuple[int, str, Timing]]:
        """Return size, function and timing, in the order of the table."""
        found = [(int(t.params["n"]), str(t.params["function"]), t) for t in self.suite.timings]
        return sorted(found, key=lambda of: (of[0], self.functions.index(of[1])))

    @property
    def _cells(self) -> list[tuple[str, ...]]:
        """Return the table as a person reads it, with its headings."""
        cells = [("n", "function", "time of a call", f"times as fast as {self.baseline}")]
        for n, name, one in self._timings:
            over = formatting.ratio(one.ratio) if one.ratio else ""
            cells.append((numbers.count(n), name, formatting.duration(one.time), over))
        return [tuple(" ".join(cell.split()) for cell in row) for row in cells]

    @property
    def _notes(self) -> list[str]:
        """Return what could not be timed, warnings, and what the numbers are."""
        failed = [f"{case} could not be timed: {why}" for case, why in self.failed.items()]
        warnings = provenance.decisive_warnings(Context(self.suite.evidence))
        return [*failed, *warnings, " ".join(trust(self.suite))]


def compare_functions(
    functions: Functions,
    *,
    sizes: Iterable[int],
    make: Callable[[int], Any],
    runs: int = 5,
    agree: Agree = None,
    baseline: str | None = None,
    budget: float | None = None,
    progress: bool = True,
    _repetitions: int | None = None,
) -> FunctionComparison:
    """Time functions on the same data over several sizes, in fresh processes.

    First each function is called once at every size in this process, and the results have to agree;
    the result of one that returns None is its argument. Then all are timed in ``runs`` fresh
    processes, on newly made data in every repetition. If one of them changes its argument, every
    call gets an argument of its own.

    Parameters
    ----------
    functions : dict of str to callable
        By name. Each takes one argument. The other processes import it where they can; else it is
        pickled.
    sizes : sequence of int
    make : callable
        Makes the one argument from a size. This is not timed.
    runs : int, default 5
        Fresh processes. One gives no intervals.
    agree : callable or False, optional
        Whether two results agree, in place of equality up to the rounding of floats. False leaves
        the check out.
    baseline : str, optional
        The function that the others are compared with; by default the first one.
    budget : float, optional
        Seconds that the runs may take, with fewer of them or of their repetitions if need be.
    progress : bool, default True
        Whether to show it on the standard error stream.

    Returns
    -------
    FunctionComparison
        A function that fails at a size is left out there, with the reason in ``failed``.

    Raises
    ------
    ValueError
        If an argument is wrong, results do not agree, or a function cannot be pickled.
    RuntimeError
        If nothing could be timed.
    """
    sizes = sizes if isinstance(sizes, Iterable) else [sizes]
    counts = option_values.numbers("sizes", ",".join(map(str, sizes)))
    option_values.whole_number("runs", str(runs), at_least=1)
    if budget is not None:
        option_values.seconds("budget", str(budget))
    if not functions or not all(map(callable, (make, *functions.values()))):
        raise ValueError("functions must map names to functions, and make be a function of a size")
    if baseline not in (None, *functions):
        raise ValueError(f"baseline must be one of {list(functions)}; got {baseline!r}")
    if VARIABLE in os.environ:
        raise RuntimeError(
            'call compare_functions below `if __name__ == "__main__":`, since the other processes '
            "import the module of its functions"
        )
    pickled = {str(name): _pickled(repr(name), one) for name, one in functions.items()}
    pickled_make = _pickled("make", make)
    changes = _check_results(functions, counts, make, agree)
    options = {"runs": runs, "budget": budget, "repetitions": _repetitions}
    found = _time((pickled, pickled_make, counts, changes), options, is_shown=progress)
    first = next(iter(pickled)) if baseline is None else baseline
    try:
        suite = Suite(found, f"function={first}")
    except NoBaseline:  # it failed at every size
        suite = Suite(found)
    ended = {**suite.evidence.not_timed, **suite.evidence.failed}
    failed = {case.partition("[")[2][:-1]: why for case, why in ended.items()}
    return FunctionComparison(suite, tuple(pickled), first, failed)


def _pickled(name: str, thing: Any) -> bytes:
    try:
        return bytes(cloudpickle.dumps(thing))
    except Exception as error:
        why = f"cannot be pickled, so no other process can call it: {error}"
        raise ValueError(f"{name} {why}") from error


def _check_results(
    functions: Functions, sizes: Iterable[int], make: Callable[[int], Any], agree: Agree
) -> bool:
    """Return whether a function changes its argument.

    Raises
    ------
    FunctionsDisagree
    """

    def by_rule(a: Any, b: Any) -> str:
        return "" if agree is False or (agree and agree(a, b)) else "by the rule given"

    changes, differ = False, difference if agree is None else by_rule
    for n in sizes:
        data, results = make(n), dict[str, Any]()
        for name, function in functions.items():
            given = copied(data, make, n)
            try:
                result = function(given)
            except Exception:  # the runs say so
                continue
            changes = changes or bool(difference(data, given))
            results[name] = given if result is None else result
            first, *others = results
            if others and (found := differ(results[first], results[name])):
                raise FunctionsDisagree(f"{first!r} and {name!r} disagree at n = {n:,}: {found}")
    return changes


def difference(a: Any, b: Any) -> str:
    """Return the first difference of two values; empty where they are equal up to rounding."""
    try:
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape:
            return f"shapes {x.shape} and {y.shape}"
        kinds = {x.dtype.kind, y.dtype.kind}
        is_rounded = kinds <= set("biufc") and kinds & set("fc")
        equal = np.asarray(np.isclose(x, y, equal_nan=True) if is_rounded else x == y, dtype=bool)
    except Exception as error:
        if isinstance(a, list | tuple) and isinstance(b, list | tuple):  # of unequal lengths within
            of_lengths = "" if len(a) == len(b) else f"lengths {len(a)} and {len(b)}"
            return next(filter(None, map(difference, a, b)), of_lengths)
        return f"they cannot be compared ({error}); give a rule of your own by agree"
    if equal.all():
        return ""
    place = np.argwhere(~equal)[0].tolist()
    values = (reprlib.repr(of[(*place, ...)].tolist()) for of in (x, y))
    return " and ".join(values) + (f" at {place}" if place else "")


def _time(given: Any, options: Mapping[str, float | None], *, is_shown: bool) -> RunFolder:
    """Time the functions in runs, without settings, conftest.py and plugins of the user's.

    Raises
    ------
    RuntimeError
        If nothing could be timed.
    """
    file = sys.stderr if is_shown else None
    progress = Progress(file, int(options["runs"] or 1), time.perf_counter())

    def hear(event: dict[str, Any]) -> None:
        progress.begin_run(int(event.get("run", 1)))
        progress.advance(event.get("share", 1.0))

    with tempfile.TemporaryDirectory(prefix="npfs-", ignore_cleanup_errors=True) as folder:
        pickled, settings = Path(folder, "functions.pickle"), Path(folder, "pytest.ini")
        pickled.write_bytes(pickle.dumps(given))
        settings.touch()
        command = [
            sys.executable, "-m", "pytest", str(BENCHMARKS), "-c", str(settings), "--noconftest",
            f"--rootdir={BENCHMARKS.parent}", "--import-mode=importlib", "-p", "no:cacheprovider",
            "-p", "npfs.plugin.entry", "-p", "pytest_benchmark.plugin", f"--npfs-reports={folder}",
            "-o", "python_functions=bench_*", f"--benchmark-storage=file://{folder}",
            *(f"--npfs-{name}={value}" for name, value in options.items() if value is not None),
        ]  # fmt: skip
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # where functions come from
            VARIABLE: str(pickled),
        }
        try:
            ended = fresh_process(command, hear, environment=environment, silence_s=SILENCE_S)
        finally:
            progress.close()
        found = read_runs(Path(folder, "runs"))
    if not found.runs:
        lines = [*ended.output.splitlines(), ended.cause]
        errors = [line[1:].strip() for line in lines if line.startswith("E ")]
        raise RuntimeError(f"nothing could be timed: {[*lines[-2:], *errors][-1]}")
    return found
