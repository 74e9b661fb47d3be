"""From run files to the files of a report."""

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.image import imread

from npfs.report import figures
from npfs.report.build import TEXTS, Report, build_report, read_evidence, texts
from npfs.report.context import Context
from npfs.report.page import PageFigure
from npfs.report.provenance import NoRuns
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.report import figure_samples
from tests.report.test_page_content import Seen

MANY = {("python", 10_000, d): 3.0 * d for d in (4, 16)} | {
    ("numpy", 10_000, d): 1.0 for d in (4, 16)
}
ENDS = (".png", ".svg", "-dark.svg")


def drawn(report: Report) -> list[str]:
    return [figure.name for figure in report.page.figures]


def test_everything_is_written_from_files_alone_and_again_the_same(tmp_path: Path) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10 | MANY))
    before = dict(mpl.rcParams)
    report = build_report(tmp_path)
    assert dict(mpl.rcParams) == before
    names = drawn(report)
    assert len(names) > 3
    texts = set(TEXTS) - {"startup.csv"}  # of which nothing was measured
    written = {f"{name}{end}" for name in names for end in ENDS} | texts
    assert {path.name for path in report.paths} == written
    assert {path.name for path in tmp_path.iterdir()} == {*written, "runs"}
    first = [path.read_bytes() for path in report.paths]
    assert [path.read_bytes() for path in build_report(tmp_path).paths] == first
    for name in names:
        assert imread(tmp_path / f"{name}.png").std() > 0.01
        assert (tmp_path / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "NumPy is 8.33× (8.33 to 8.33) faster than lists." in text_of(tmp_path)
    seen = Seen((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert seen.tags.count("figure") == len(names)


def text_of(folder: Path) -> str:
    return (folder / "verdict.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_images")
@pytest.mark.parametrize(
    "seconds",
    [
        {("numpy", 10, 1): 1e-9},
        {("numpy", 10, 3): 3600.0, ("python", 10, 3): 1.0},
        {(f"plug-in {k}", n, 1): 1.0 + k for k in range(12) for n in (10, 100)},
        {("<script>", 10, 1): 1.0, ("numpy", 10, 1): 1.0, ("$x$ & | _", 10, 1): 2.0},
        {("numpy", 10, 1): 1.0, ("שלום", 10, 1): 2.0, ("two\nlines", 10, 1): 3.0},
    ],
)
def test_odd_runs_give_a_report_too(tmp_path: Path, seconds: dict[Any, float]) -> None:
    run_files.write(tmp_path, repeated(seconds, runs=1))
    written = {path.name for path in build_report(tmp_path).paths}
    assert {"verdict.md", "results.csv", "learning.svg"} <= written
    table = text_of(tmp_path).partition("Every case's numbers</summary>")[2]
    assert table.count("\n| ") == len(seconds) + 2


@pytest.mark.usefixtures("no_images")
def test_what_has_no_evidence_is_not_there_and_an_old_file_of_it_goes(tmp_path: Path) -> None:
    for old in (*figures.file_names(), "startup.csv", "results.csv"):
        (tmp_path / old).touch()
    cells = {("numpy-gram", 10, 4): 1.0}
    run_files.write(tmp_path, [run_files.document(cells, number=9, epochs=3)])
    names = {path.name for path in build_report(tmp_path).paths}
    assert "learning.svg" in names
    assert {path.name for path in tmp_path.iterdir()} == {*names, "runs"}
    assert "Startup, memory and code" not in text_of(tmp_path)
    once = [run_files.startup("numpy-gram", 1.0)]
    run_files.write(tmp_path, [run_files.document(cells, 9, once, epochs=3)])
    assert "startup.csv" in {path.name for path in build_report(tmp_path).paths}
    assert "Startup, memory and code" in text_of(tmp_path)


def test_no_runs_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoRuns, match=r"no runs in .*; make some with: python -m pytest bench"):
        build_report(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "x.json").write_text("{}")
    with pytest.raises(NoRuns, match=r"x\.json was not written by npfs"):
        build_report(tmp_path)
    page = Seen((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "python -m pytest bench --benchmark-only" in page.text
    with pytest.raises(NoRuns):
        build_report(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


@pytest.mark.usefixtures("no_figures")
def test_a_newest_run_without_cases_is_a_report_of_nothing(tmp_path: Path) -> None:
    """It was cut short at once, under other conditions than those before it."""
    cut = run_files.document({}, number=2, epochs=3, interrupted=True)
    run_files.write(tmp_path, [run_files.document({("numpy", 10, 1): 1.0}), cut])
    report = build_report(tmp_path)
    assert (report.page.answer, report.page.jobs) == ((), None)
    [missing] = report.page.decisive
    assert missing.startswith("No fit was timed, so there is no answer.")
    assert "Run 1 was left out" in report.terminal_text()


@pytest.mark.usefixtures("no_figures")
def test_from_ten_runs_on_the_report_says_how_well_intervals_hold(tmp_path: Path) -> None:
    for runs, is_checked in ((9, False), (10, True)):
        run_files.write(tmp_path, repeated(LISTS_WIN_AT_10, runs=runs))
        report = build_report(tmp_path)
        page = Seen((tmp_path / "index.html").read_text(encoding="utf-8"))
        assert (report.context.calibration is not None) == is_checked
        assert ("were split at random" in page.text) == is_checked
        assert ("The 10 stored runs were split at random" in text_of(tmp_path)) == is_checked


@pytest.mark.parametrize(
    "documents",
    [
        figure_samples.documents(),
        repeated(LISTS_WIN_AT_10, runs=1),
        repeated({("numpy", 10, 4): 1.0}, runs=1),
    ],
    ids=["everything", "one run", "one case"],
)
def test_the_verdict_is_twenty_lines_and_then_folded(
    tmp_path: Path, documents: list[dict[str, Any]]
) -> None:
    run_files.write(tmp_path, documents)
    context = Context(read_evidence(tmp_path))
    figure = PageFigure("time", "Time", "Read it.", "A line.", "<svg></svg>", "<svg></svg>")
    page, files = texts(context, [figure])
    above = files["verdict.md"].partition("<details>")[0]
    assert len([line for line in above.splitlines() if line.strip()]) <= 20
    for text in (files["verdict.md"], files["results.csv"], *page.all_warnings):
        assert not re.search(r"\b(nan|None|inf)\b", text)


@pytest.mark.usefixtures("no_figures")
def test_a_command_ends_with_warnings_fits_answer_jobs_and_the_place_of_the_page(
    tmp_path: Path,
) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10, runs=1))
    text = build_report(tmp_path).terminal_text()
    assert all(len(line) <= 80 for line in text.splitlines()[:-1])
    parts = [
        "! This is one run", "One fit of 1,000 rows", "In one run, at 1,000 rows, NumPy was 8.3×",
        "Time to result (* first or tied)", "All figures and numbers:", "index.html",
    ]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.usefixtures("no_figures")
def test_the_share_of_a_command_in_its_rounds(tmp_path: Path) -> None:
    """Two runs of two cases and a read pass: 2 * (0.3 + 0.3 + 0.1) s of 11 s."""
    documents = [
        run_files.document({("numpy", 10, 1): 1e-5, ("numpy", 1000, 1): 1e-3}, number=k)
        for k in (1, 2)
    ]
    for document in documents:
        document["benchmarks"].append(figure_samples.read_pass(1000, 1))
    run_files.write(tmp_path, documents)
    effort = build_report(tmp_path).effort("job", 11.0)
    assert effort == "2 runs in 11 s, 13 % of it in timed rounds"
