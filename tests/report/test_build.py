import csv
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.image import imread

from npfs.report.build import NoRuns, build_report
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.report import figure_samples
from tests.report.test_page_content import Seen

FIGURES = ("learning", "speedup", "spread", "time", "winners")
WRITTEN = sorted(
    [f"{name}{end}" for name in FIGURES for end in (".png", ".svg", "-dark.svg")]
    + ["github-action-benchmark.json", "index.html", "results.csv", "results.json", "verdict.md"]
)
MANY = {("python", 10_000, d): 3.0 * d for d in (4, 16)} | {
    ("numpy", 10_000, d): 1.0 for d in (4, 16)
}


def test_everything_is_written_from_files_alone_and_again_the_same(tmp_path: Path) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10 | MANY))
    before = dict(mpl.rcParams)
    report = build_report(tmp_path)
    assert dict(mpl.rcParams) == before
    assert [path.name for path in report.paths] == WRITTEN
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*WRITTEN, "runs"])
    first = [path.read_bytes() for path in report.paths]
    assert [path.read_bytes() for path in build_report(tmp_path).paths] == first
    for name in FIGURES:
        assert imread(tmp_path / f"{name}.png").std() > 0.01
        assert (tmp_path / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg ")
    verdict = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    assert "NumPy is 8.33× (8.33 to 8.33) as fast as with Python lists." in verdict
    assert (
        "| NumPy | 1,000 × 1 | 12.0 s (11.9 to 12.2) | 1,200,000 | 8.33× (8.33 to 8.33) |  |  | 3 |"
        in verdict
    )
    seen = Seen((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert seen.tags.count("img") == 2 * len(FIGURES)


@pytest.mark.usefixtures("no_figures")
def test_the_table_holds_the_numbers(tmp_path: Path) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10, runs=1))
    build_report(tmp_path)
    text = (tmp_path / "results.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == len(LISTS_WIN_AT_10)
    assert {row["fraction_of_ceiling"] for row in rows} == {""}
    [row] = [r for r in rows if (r["backend"], r["n_samples"]) == ("numpy", "1000")]
    assert float(row["seconds"]) == 12.0
    assert float(row["speedup_over_python"]) == pytest.approx(100 / 12, rel=1e-5)
    assert row["seconds_low"] == row["speedup_over_python_high"] == ""
    assert float(row["speedup_over_numpy"]) == 1.0


@pytest.mark.usefixtures("no_figures")
def test_the_table_holds_bounds_around_each_number(tmp_path: Path) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10))
    build_report(tmp_path)
    text = (tmp_path / "results.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        low, value, high = (float(row[f"seconds{bound}"]) for bound in ("_low", "", "_high"))
        assert low < value < high


@pytest.mark.usefixtures("no_images")
@pytest.mark.parametrize(
    "seconds",
    [
        {("numpy", 10, 1): 1e-9},
        {("numpy", 10, 3): 3600.0, ("python", 10, 3): 1.0},
        {(f"plug-in {k}", n, 1): 1.0 + k for k in range(12) for n in (10, 100)},
        {("<script>", 10, 1): 1.0, ("numpy", 10, 1): 1.0, ("$x$ & | _", 10, 1): 2.0},
    ],
)
def test_odd_runs_give_a_report_too(tmp_path: Path, seconds: dict[Any, float]) -> None:
    run_files.write(tmp_path, repeated(seconds, runs=1))
    written = {path.name for path in build_report(tmp_path).paths}
    assert {"verdict.md", "results.csv", "learning.svg"} <= written
    assert ("speedup.svg" in written) == (len({backend for backend, _, _ in seconds}) > 1)
    assert ("time.svg" in written) == any(d == 1 for _, _, d in seconds)


@pytest.mark.usefixtures("no_images")
def test_a_figure_without_evidence_is_not_drawn_and_an_old_one_goes(tmp_path: Path) -> None:
    for old in ("time.svg", "time-dark.svg", "speedup.png", "first_call.csv"):
        (tmp_path / old).touch()
    run_files.write(
        tmp_path, [run_files.document({("numpy-gram", 10, 4): 1.0}, number=9, epochs=3)]
    )
    names = {path.name for path in build_report(tmp_path).paths}
    assert "learning.svg" in names
    assert {path.name for path in tmp_path.iterdir()} == {*names, "runs"}


def test_no_runs_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoRuns, match=r"no runs in .*; make some with: python -m pytest bench"):
        build_report(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "x.json").write_text("{}")
    with pytest.raises(NoRuns, match=r"x\.json was not written by npfs"):
        build_report(tmp_path)


@pytest.mark.usefixtures("no_figures")
def test_from_ten_runs_on_the_report_says_how_well_intervals_hold(tmp_path: Path) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10, runs=9))
    few = build_report(tmp_path)
    assert few.calibration is None
    assert "Do the intervals hold?" not in (tmp_path / "verdict.md").read_text(encoding="utf-8")
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10, runs=10))
    enough = build_report(tmp_path)
    verdict = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    assert "## Do the intervals hold?" in verdict
    assert "over random halves of 10 stored runs" in verdict
    assert "On this machine, intervals from 5 runs held in" in " ".join(enough.terminal_lines())
    assert "stands out among all 3 comparisons" in verdict


@pytest.mark.usefixtures("no_figures")
def test_what_has_two_values_is_given_as_two(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): 1.0, ("numpy", 10, 1): seconds}, number)
        for number, seconds in enumerate((0.1, 0.22, 0.1, 0.221, 0.1), start=1)
    ]
    run_files.write(tmp_path, documents)
    build_report(tmp_path)
    assert "100 or 220 ms (in 3 and 2 runs)" in (tmp_path / "verdict.md").read_text("utf-8")


@pytest.mark.usefixtures("no_figures")
def test_the_report_says_what_share_of_the_time_was_timed(tmp_path: Path) -> None:
    """Two runs of two cases and a read pass: 2 * (0.3 + 0.3 + 0.1) s of 11 s."""
    documents = [
        run_files.document({("numpy", 10, 1): 1e-5, ("numpy", 1000, 1): 1e-3}, number=k)
        for k in (1, 2)
    ]
    for document in documents:
        document["benchmarks"].append(figure_samples.read_pass(1000, 1))
    run_files.write(tmp_path, documents)
    effort = build_report(tmp_path).effort("job", 11.0)
    assert effort.startswith("2 runs in 11 s, 13% of it")
