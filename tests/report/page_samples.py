"""Pages with numbers that were measured once: the whole of one, and odd ones."""

import csv
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from npfs.drawing.canvas import Canvas
from npfs.drawing.numbers import significant
from npfs.report import figures
from npfs.report.formatting import Text
from npfs.report.page import Cell, Claim, Page, PageFigure, Table
from tests.report import figure_samples

REFERENCE = Path(__file__).parents[2] / "reports" / "reference"
_TITLES = {
    "python": "Python lists",
    "numpy": "NumPy, vectorized",
    "numpy-inplace": "NumPy, in place",
    "numpy-gram": "NumPy, Gram matrix once, a shortcut",
    "numba": "Numba, compiled loop",
    "numba-simd": "Numba, SIMD",
    "numba-parallel": "Numba, all cores",
}
NASTY = (
    "<script>document.title = 'injected'</script>",
    "</script></style><img src=x onerror=\"document.title = 'injected'\">",
    "\" onmouseover=\"document.title = 'injected'\" '",
    "javascript:document.title='injected'",
    "{{ 7 * 7 }} & &amp; %3Cb%3E",
    "W" * 200,
)


def whole_page() -> Page:
    """Return a page with all its parts."""
    return Page(
        where="npfs report · 2026-11-24 · AMD EPYC, 2 cores",
        question="Why NumPy, and not lists? And do I need Numba?",
        answer=(
            "On 1,000,000 samples a fit with NumPy, vectorized is 32.7× (31.1 to 34.4) as fast as with Python lists.",
            "On 10 samples Python lists win: 9.28× (9.20 to 9.37) as fast as NumPy, vectorized.",
            "Numba is 31.5× (29.8 to 33.3) as fast again on all cores; it pays from the 14th fit on.",
        ),
        jobs=_jobs(),
        job_lines=("In a notebook with everything imported, NumPy is good enough for a lesson.",),
        costs=_costs(),
        backends=tuple(figure_samples.TITLES.items()),
        trust=(
            "20 runs in fresh processes timed fits of 10 epochs.",
            "Differences are significant at a 5 % false discovery rate.",
        ),
        decisive=("OPENBLAS_CORETYPE=Haswell is set, which can make NumPy slower.",),
        job_notes=(
            "The first result comes from a fresh process: start, import and one fit of 1,000 samples.",
            "Lines of code are those of the kernel, without comments.",
        ),
        warnings=(
            "Two threads met in 1.1 µs at one time and in 3.1 µs at another, so what runs on several cores was faster at some times than at others; close other programs and add runs.",
            "This is a virtual machine, whose host may move its cores or give them to others; measure more runs, at different times, before you trust a small difference.",
        ),
        observations=("The clock has a resolution of 40 ns.",),
        claims=_claims(),
        figures=sample_figures(),
        findings=(
            "NumPy is faster than Python lists from 1,000 samples on; at 100 it is slower.",
            "Numba is faster than NumPy at every measured number of samples of one feature: from 2.06× (2.05 to 2.06) at 100,000 to 73.4× (72.6 to 74.1) at 10.",
            "On 10,000 samples of 4 features a fit with Numba, compiled loop is 1.34× (1.33 to 1.35) as fast as with NumPy, vectorized.",
            "On 10,000 samples of 64 features a fit with NumPy, vectorized is 3.25× (3.10 to 3.41) as fast as with Numba, compiled loop.",
            "The limit is reading the data once an epoch. On 1,000,000 samples Numba, all cores reaches 95 % (93 to 98) of that speed.",
            "These are times of a fit alone: importing a library and compiling come once, on top.",
        ),
        startup=(
            "A program with NumPy starts later than one with Python lists; it is ahead after 63.8 (60.6 to 67.1) fits of 1,000 samples.",
            "A program with Numba starts later than one with NumPy; it is ahead after 13.9 (12.8 to 15.1) fits of 1,000,000 samples.",
        ),
        startup_table=_startup(),
        startup_notes=("Lines of code are those of the fit and its kernel.",),
        numbers=numbers(),
        calibration=(
            "On this machine, intervals from 5 runs held in 97 % of cases (97 % for speedups); identical code was called different in 0.0 %, over random halves of 20 stored runs.",
        ),
        environment=(
            ("Processor", "AMD EPYC, 2 cores, 32 kB L1, 1 MB L2, 32 MB L3"),
            ("Memory", "8.2 GB, 6.1 GB free at the start"),
            ("System", "Linux 6.18.44-fc-v669-x86_64-with-glibc2.36"),
            ("Python", "CPython 3.11.7"),
            ("Libraries", "NumPy 2.4.6 (OpenBLAS 0.3.31, Zen kernels, 2 threads), Numba 0.68.1"),
        ),
        method=(
            "A run is one fresh process; it times every case in an order shuffled with a recorded seed, in three repetitions spread over the run.",
            "Intervals are Student’s t over runs, on logarithms; speedups are paired within runs.",
            "A difference is called one where it stands out among all 189 comparisons (Benjamini and Hochberg, 5 %).",
        ),
        left_out=("Run 7 was left out: other versions of NumPy.",),
        not_timed=("c was not timed: cffi is not installed.",),
        words=(("epoch", "one step of gradient descent"), ("run", "one fresh process")),
        version="0.1.0",
        downloads=(
            ("verdict.md", "verdict.md"),
            ("results.csv", "results.csv"),
            ("results.json", "results.json"),
        ),
    )


def short_page() -> Page:
    """Return a page with all its parts, each of few rows."""
    table = numbers()
    return replace(whole_page(), numbers=replace(table, rows=table.rows[:8]))


def empty_page() -> Page:
    """Return what is left without a run."""
    return Page(
        question="Why NumPy, and not lists? And do I need Numba?",
        decisive=("There are no runs yet. Make some with: pytest bench --benchmark-only",),
        version="0.1.0",
    )


def nasty_page() -> Page:
    """Return a page with what would be code, or break the layout, in every part that holds text."""
    cells = tuple((Cell(text, text), Cell(text, 1.0), Cell(text)) for text in NASTY)
    table = Table(NASTY[0] + NASTY[5], (NASTY[1], "backend", NASTY[5]), cells, (False, False, True))
    canvas = Canvas(360, 40)
    canvas.text((0, 10), " ".join(NASTY))
    canvas.dot((20, 20), "numpy", of=NASTY[2], tip=NASTY[1])
    svg = canvas.svg(NASTY[2])
    names = ["hero", *(f"n{index}" for index in range(len(NASTY) - 2)), "spread"]
    return replace(
        whole_page(),
        question=" ".join(NASTY),
        answer=NASTY,
        jobs=replace(table, caption=NASTY[4]),
        job_lines=NASTY,
        job_notes=NASTY,
        where=" ".join(NASTY),
        backends=tuple(zip(NASTY, NASTY, strict=True)),
        costs=replace(table, caption=NASTY[1]),
        trust=NASTY,
        observations=NASTY,
        startup_notes=NASTY,
        not_timed=NASTY,
        words=tuple(zip(NASTY, NASTY, strict=True)),
        decisive=NASTY,
        warnings=NASTY,
        claims=tuple(
            Claim(text, text, "not_confirmed", NASTY, replace(table, caption=text + NASTY[5]))
            for text in NASTY
        ),
        figures=tuple(
            PageFigure(name, text, text, text, svg, svg)
            for name, text in zip(names, NASTY, strict=True)
        ),
        findings=NASTY,
        startup=NASTY,
        startup_table=replace(table, caption=NASTY[2]),
        numbers=replace(table, caption=NASTY[3]),
        calibration=NASTY,
        environment=tuple(zip(NASTY, NASTY, strict=True)),
        method=NASTY,
        left_out=NASTY,
        version=NASTY[0],
        downloads=tuple(zip(NASTY, NASTY, strict=True)),
    )


@cache
def sample_figures() -> tuple[PageFigure, ...]:
    """Return every figure but that of large data."""
    with tempfile.TemporaryDirectory() as folder:
        found = figure_samples.context(Path(folder), figure_samples.documents())
        return tuple(figures.page_figures(figures.figures(found)))


def _costs() -> Table:
    cells = (
        Cell("startup"),
        Cell(Text("26.4 ms", "(25.6 to 27.1)")),
        Cell("81.7 ms"),
        Cell("356 ms"),
    )
    columns = ("cost", "lists", "NumPy", "Numba")
    return Table("What they cost beside", columns, (cells,), (False, True, True, True))


def _jobs() -> Table:
    def row(job: str, lists: str, numpy: str, use: str) -> tuple[Cell, ...]:
        return Cell(job), Cell(Text(lists, "(1 to 2)")), Cell(numpy, is_best=True), Cell(use)

    return Table(
        "Time to result",
        ("job", "lists", "NumPy", "good enough"),
        (
            row("a formula: 10 rows, 100 epochs", "26.5 ms", "82.2 ms", "lists"),
            row("a lesson: 1,000 rows, 1,000 epochs", "119 ms", "88.4 ms", "lists"),
            row("a data set: 100,000 rows, 1,000 epochs", "9.31 s", "246 ms", "NumPy"),
        ),
        (False, True, True, False),
    )


def _claims() -> tuple[Claim, ...]:
    memory = Table(
        "One number in memory, of 1,000,000",
        ("container", "bytes a number", "from one to the next", "in one block"),
        (
            (Cell("list of floats"), Cell("32", 32.0), Cell("8 bytes to a reference"), Cell("no")),
            (Cell("NumPy array"), Cell("8", 8.0), Cell("8 bytes"), Cell("yes")),
        ),
        (False, True, True, False),
    )
    return (
        Claim(
            "Arrays keep numbers side by side in memory; lists keep references to objects.",
            "confirmed",
            "confirmed",
            ("A list holds a number in 32 bytes, an array in 8.", "Held for 1,000,000 samples: lists 79.1 MB (4.94×), NumPy 16.0 MB (1.00×)."),
            memory,
        ),
        Claim(
            "Vectorised code leaves the loop to compiled code.",
            "partly confirmed",
            "partly_confirmed",
            ("With lists an epoch takes 41 instructions of the interpreter for each sample, with NumPy 63 in all, however many there are.",),
            None,
        ),
        Claim(
            "NumPy is faster than lists.",
            "not confirmed",
            "not_confirmed",
            ("From 1,000 samples on; on 10 samples lists are 9.28× (9.20 to 9.37) as fast.",),
            None,
        ),
        Claim(
            "Deep-learning frameworks take the same array without a copy.",
            "not measured",
            "not_measured",
            ("Neither torch nor JAX is installed; to measure it: pip install 'npfs[torch]'.",),
            None,
        ),
    )  # fmt: skip


def _startup() -> Table:
    rows = (
        ("Python lists", "8.48 ms (7.97 to 9.02)", "31.3 ms (29.8 to 32.9)", "", "79.1 MB (4.94×)"),
        ("NumPy, vectorized", "57.1 ms (54.5 to 59.8)", "77.9 ms (75.2 to 80.7)", "", "16.0 MB (1.00×)"),
        ("Numba, compiled loop", "200 ms (190 to 210)", "358 ms (343 to 374)", "768 ms", "16.0 MB (1.00×)"),
        ("Numba, all cores", "200 ms (190 to 212)", "360 ms (344 to 377)", "863 ms", "16.0 MB (1.00×)"),
    )  # fmt: skip
    return Table(
        "Time and memory that come once, in fresh processes.",
        ("backend", "import", "first result", "nothing compiled yet", "memory held for 1,000,000 samples"),
        tuple(tuple(map(Cell, row)) for row in rows),
        (False, True, True, True, True),
    )  # fmt: skip


def numbers() -> Table:
    """Return the table of every case of the reference report."""
    with (REFERENCE / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = tuple(_case(row) for row in csv.DictReader(file))
    return Table(
        "One fit of each backend at each size, with 95 % intervals over runs.",
        ("rows × features", "backend", "one fit", "over lists", "over NumPy", "of the memory bandwidth limit", "runs"),
        rows,
        (False, False, True, True, True, True, True),
    )  # fmt: skip


def _case(row: dict[str, str]) -> tuple[Cell, ...]:
    samples, features = int(row["n_samples"]), int(row["n_features"])
    return (
        Cell(f"{samples:,} × {features}", float(samples * 1000 + features)),
        Cell(_TITLES[row["backend"]], _TITLES[row["backend"]]),
        _time(row),
        Cell("") if row["backend"] == "python" else _number(row, "speedup_over_python", 1, "×"),
        Cell("") if row["backend"] == "numpy" else _number(row, "speedup_over_numpy", 1, "×"),
        _share(row),
        Cell(row["runs"], float(row["runs"])),
    )


def _number(row: dict[str, str], name: str, scale: float, unit: str) -> Cell:
    if not row[name]:
        return Cell("")
    value, low, high = (
        significant(float(row[name + end]) * scale) for end in ("", "_low", "_high")
    )
    return Cell(Text(f"{value}{unit}", f"({low} to {high})"), float(row[name]))


def _time(row: dict[str, str]) -> Cell:
    seconds = float(row["seconds"])
    unit, scale = ("µs", 1e6) if seconds < 1e-3 else ("ms", 1e3)
    return _number(row, "seconds", scale, f" {unit}")


def _share(row: dict[str, str]) -> Cell:
    names = (
        "share_of_bandwidth_limit",
        "share_of_bandwidth_limit_low",
        "share_of_bandwidth_limit_high",
    )
    value, low, high = (f"{float(row[name]):.0%}".replace("%", " %") for name in names)
    return Cell(f"{value} ({low[:-2]} to {high[:-2]})", float(row[names[0]]))
