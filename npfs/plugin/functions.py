"""Compare functions without pytest: the harness times them in fresh processes of its own."""

import html
import itertools
import os
import pickle
import reprlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cloudpickle
import numpy as np

from npfs.analysis.runs import RunFolder, read_runs
from npfs.analysis.statistics import Interval
from npfs.analysis.suites import NoBaseline, Suite, Timing
from npfs.drawing import labels, numbers, scales, style
from npfs.harness.processes import fresh_process
from npfs.harness.progress import Progress
from npfs.plugin import bench_functions
from npfs.plugin.bench_functions import VARIABLE, copied
from npfs.report import formatting, provenance
from npfs.report import suite as of_suite
from npfs.report.context import Context

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BENCHMARKS = Path(bench_functions.__file__)
SILENCE_S = 1e6  # the harness in that process ends a run that hangs
SIZE = (7.2, 4.4)  # inches
NO_RATIO = Interval(float("nan"), float("nan"), float("nan"), 0)

Functions = Mapping[str, Callable[[Any], Any]]
Agree = Callable[[Any, Any], bool] | Literal[False] | None


class FunctionsDisagree(ValueError):
    """Two functions give different results; the message names them, the size and where."""


@dataclass(frozen=True, eq=False)
class FunctionComparison:
    """Times of functions over sizes, with 95 % intervals over runs.

    ``print`` writes a table, and a notebook shows it.

    Attributes
    ----------
    suite : npfs.analysis.suites.Suite
        All that was measured.
    baseline : str
        The function that the others are compared with.
    failed : dict of (str, int) to str
        For each function and size that could not be timed, the reason.
    """

    suite: Suite
    baseline: str
    failed: Mapping[tuple[str, int], str]
    _order: tuple[str, ...]

    @property
    def table(self) -> list[dict[str, Any]]:
        """Return a row for each size and function, as ``pandas.DataFrame`` takes them.

        ``seconds`` of a call lie between ``low`` and ``high``. ``ratio``, from ``ratio_low`` to
        ``ratio_high``, says how many times as fast as the baseline; the baseline has none (NaN).
        """
        return [
            {
                "n": n, "function": name,
                "seconds": one.time.value, "low": one.time.low, "high": one.time.high,
                "ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high,
                "significant": ratio.is_significant,
            }
            for n, name, one in self._timings
            for ratio in (one.ratio or NO_RATIO,)
        ]  # fmt: skip

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the time of a call over n with its interval, on ``ax`` or a new figure's axes."""
        import matplotlib.pyplot as plt  # noqa: PLC0415 - loaded when something is drawn

        with style.house_style():
            axes = plt.subplots(figsize=SIZE, layout="constrained")[1] if ax is None else ax
            table, ends, seen = self.table, [], list[float]()
            timed = dict.fromkeys(row["function"] for row in table)
            for name, color in zip(timed, itertools.cycle(style.PALETTE), strict=False):
                rows = [row for row in table if row["function"] == name]
                n, value, low, high = (
                    [float(row[key]) for row in rows] for key in ("n", "seconds", "low", "high")
                )
                axes.plot(n, value, "o-", color=color)
                axes.fill_between(n, low, high, color=color, alpha=0.16, linewidth=0)
                text = style.readable(color, style.BACKGROUND)
                ends.append(labels.End(labels.in_font(name), n[-1], value[-1], text))
                seen += [*value, *low, *high]
            scales.log_axis(axes.xaxis, *scales.log_limits(row["n"] for row in table))
            scales.log_axis(axes.yaxis, *scales.log_limits(seen), scales.duration)
            axes.set(xlabel="n", ylabel="time of a call")
            figure: Any = axes.get_figure(root=True)
            figure.draw_without_rendering()  # labels are moved apart by the height of the axes
            labels.label_ends(axes, ends)
        return axes

    def __str__(self) -> str:
        return "\n".join(
            [*formatting.aligned(self._cells, sys.maxsize, from_the_right={0}), "", *self._notes]
        )

    def _repr_html_(self) -> str:
        """Return the figure and the table for a notebook."""
        head, *rows = ["</td><td>".join(map(html.escape, cells)) for cells in self._cells]
        body = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
        notes = "<br>".join(map(html.escape, self._notes))
        [drawn] = of_suite.figure(self.suite)
        figure = drawn.chart.draw().svg(drawn.alt, style.LIGHT, style.BACKGROUND)
        head = head.replace("td>", "th>")
        return f"{figure}<table><tr><th>{head}</th></tr>{body}</table><p>{notes}</p>"

    @property
    def _timings(self) -> list[tuple[int, str, Timing]]:
        """Return the size and the function of each timing, in the order of the table."""
        found = [(int(t.params["n"]), str(t.params["function"]), t) for t in self.suite.timings]
        return sorted(found, key=lambda of: (of[0], self._order.index(of[1])))

    @property
    def _cells(self) -> list[tuple[str, ...]]:
        """Return the table as a person reads it, with its headings."""
        cells = [("n", "function", "time of a call", f"times as fast as {self.baseline}")]
        for n, name, one in self._timings:
            alone = "1×" if name == self.baseline else ""
            over = alone if one.ratio is None else formatting.ratio(one.ratio)
            cells.append((numbers.count(n), name, formatting.duration(one.time), over))
        return [tuple(" ".join(cell.split()) for cell in row) for row in cells]

    @property
    def _notes(self) -> list[str]:
        """Return what could not be timed, warnings, and what the numbers are."""
        return [
            *(f"{name} at n = {n:,}: {why}" for (name, n), why in self.failed.items()),
            *provenance.decisive_warnings(Context(self.suite.evidence)),
            " ".join(of_suite.texts(self.suite, ())[0].trust),
        ]


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
        Seconds within which to end, with fewer runs or repetitions if need be.
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
    chosen = list(dict.fromkeys(sizes)) if isinstance(sizes, Iterable) else []
    is_known = isinstance(functions, Mapping) and all(
        isinstance(name, str) and callable(function) for name, function in functions.items()
    )
    for option, given, is_right, what in (
        ("functions", functions, functions and is_known, "map at least one name to a function"),
        ("make", make, callable(make), "be a function of a size"),
        ("sizes", sizes, chosen and all(map(_is_count, chosen)), "be integers of at least 1"),
        ("runs", runs, _is_count(runs), "be an integer of at least 1"),
        ("budget", budget, budget is None or budget > 0, "be seconds above 0"),
        ("baseline", baseline, baseline is None or baseline in functions, "name a function"),
    ):
        if not is_right:
            raise ValueError(f"{option} must {what}; got {reprlib.repr(given)}")
    if VARIABLE in os.environ:
        raise RuntimeError(
            "compare_functions is called by a module that holds its functions, whenever that is "
            'imported; put the call below `if __name__ == "__main__":`'
        )
    counts = [int(n) for n in chosen]
    pickled = {name: _pickled(repr(name), function) for name, function in functions.items()}
    pickled_make = _pickled("make", make)
    changes = _check_results(functions, counts, make, agree)
    options = {"runs": runs, "budget": budget, "repetitions": _repetitions}
    found = _time((pickled, pickled_make, counts, changes), options, is_shown=progress)
    first = next(iter(functions)) if baseline is None else baseline
    try:
        suite = Suite(found, f"function={first}")
    except NoBaseline:  # it failed at every size
        suite = Suite(found)
    ids = {f"{_escaped(name)}-{n}": (name, n) for name in functions for n in counts}
    ended = {**suite.evidence.not_timed, **suite.evidence.failed}
    failed = {ids[case.partition("[")[2][:-1]]: why for case, why in ended.items()}
    return FunctionComparison(suite, first, failed, tuple(functions))


def _escaped(name: str) -> str:
    """Return a name as it is in pytest's ids."""
    return name.encode("unicode_escape").decode()


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0


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
    changes = False
    for n in sizes:
        data, first = make(n), None
        for name, function in functions.items():
            given = copied(data, make, n)
            try:
                result = function(given)
            except Exception:  # the runs say so
                continue
            changes = changes or bool(difference(data, given))
            result = given if result is None else result
            if first is None:
                first = name, result
                continue
            if agree is None:
                found = difference(first[1], result)
            else:
                found = "" if agree is False or agree(first[1], result) else "by the rule given"
            if found:
                raise FunctionsDisagree(f"{first[0]!r} and {name!r} disagree at n = {n:,}: {found}")
    return changes


def difference(a: Any, b: Any) -> str:
    """Return the first difference of two values; empty where they are equal up to rounding."""
    try:
        try:
            x, y = np.asarray(a), np.asarray(b)
        except ValueError:  # sequences of different lengths within one
            of_all = "" if len(a) == len(b) else f"lengths {len(a)} and {len(b)}"
            return next(filter(None, map(difference, a, b)), of_all)
        if x.shape != y.shape:
            return f"shapes {x.shape} and {y.shape}"
        kinds = {x.dtype.kind, y.dtype.kind}
        is_rounded = kinds <= set("biufc") and kinds & set("fc")
        equal = np.asarray(np.isclose(x, y, equal_nan=True) if is_rounded else x == y, dtype=bool)
        if equal.all():
            return ""
        place = np.argwhere(~equal)[0].tolist()
        values = (reprlib.repr(of[(*place, ...)].tolist()) for of in (x, y))
        return " and ".join(values) + (f" at {place}" if place else "")
    except Exception as error:
        return f"they cannot be compared ({error}); give a rule of your own by agree"


def _time(given: Any, options: Mapping[str, float | None], *, is_shown: bool) -> RunFolder:
    """Time the functions in runs, without settings, conftest.py and plugins of the user's.

    Raises
    ------
    RuntimeError
        If nothing could be timed.
    """
    progress = Progress(
        sys.stderr if is_shown else None, int(options["runs"] or 1), time.perf_counter()
    )

    def hear(event: dict[str, Any]) -> None:
        progress.begin_run(int(event.get("run", 1)))
        progress.advance(event.get("share", 1.0))

    with tempfile.TemporaryDirectory(prefix="npfs-", ignore_cleanup_errors=True) as folder:
        file, settings = Path(folder, "functions.pickle"), Path(folder, "pytest.ini")
        file.write_bytes(pickle.dumps(given))
        settings.touch()
        command = [
            sys.executable, "-m", "pytest", str(BENCHMARKS), "-c", str(settings), "--noconftest",
            f"--rootdir={BENCHMARKS.parent}", "--import-mode=importlib", "-p", "no:cacheprovider",
            "-p", "npfs.plugin.entry", "-p", "pytest_benchmark.plugin", f"--npfs-reports={folder}",
            "-o", "python_functions=bench_*",
            *(f"--npfs-{name}={value}" for name, value in options.items() if value is not None),
        ]  # fmt: skip
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # where functions come from
            VARIABLE: str(file),
        }
        try:
            ended = fresh_process(command, hear, environment=environment, silence_s=SILENCE_S)
        finally:
            progress.close()
        found = read_runs(Path(folder, "runs"))
    if not found.runs:
        lines = [*ended.output.splitlines(), ended.cause]
        errors = [line[1:].strip() for line in lines if line.startswith("E ")]
        raise RuntimeError(f"nothing could be timed: {[*lines[-2:-1], *errors][-1]}")
    return found
