"""``npfs report`` on hand-made runs."""

import json
from pathlib import Path

import pytest

from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.cli.conftest import Npfs
from tests.report import test_suite_report


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is done with the files of a report; the first test draws its figures."""
    monkeypatch.setattr("npfs.report.figures.figures", lambda _: [])


def test_report_builds_again_and_ends_with_the_paths(tmp_path: Path, npfs_process: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    result = npfs_process("report")
    assert (result.returncode, result.stderr) == (0, "")
    assert "8.3× at 1,000" in result.stdout
    last = result.stdout.splitlines()[-1]
    assert last == f"All figures and numbers: {Path('reports/index.html')}"
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert page.count("<figure ") == len(list((tmp_path / "reports").glob("*.png"))) > 0


def test_no_runs_is_one_sentence_and_exit_code_2(tmp_path: Path, npfs: Npfs) -> None:
    result = npfs("report", "--reports", "elsewhere")
    assert result.returncode == 2
    assert result.stderr.startswith("npfs report: no runs in elsewhere")
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("html", "<!doctype html>"),
        ("markdown", "# Why NumPy"),
        ("csv", "backend,same_work,"),
        ("json", '{\n "schema": 2,'),
        ("github-action-benchmark", '[\n {\n  "name": "python-10",'),
    ],
)
def test_one_form_is_printed_or_written(tmp_path: Path, npfs: Npfs, form: str, begins: str) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    printed = npfs("report", "--format", form)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.lower().startswith(begins.lower())
    written = npfs("report", "--format", form, "--out", "deep/report.txt")
    assert written.stdout.strip() == f"wrote {Path('deep/report.txt')}"
    assert (tmp_path / "deep" / "report.txt").read_text(encoding="utf-8") == printed.stdout
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["runs"]


@pytest.mark.usefixtures("no_figures")
def test_the_whole_report_can_go_elsewhere(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    assert npfs("report", "--out", "other").returncode == 0
    assert (tmp_path / "other" / "index.html").is_file()
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["runs"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--format", "pdf"], "--format takes one of all, html, markdown"),
        (["--format", "csv", "--open"], "--open shows the page"),
        (["--format", "html", "--open"], "give --out FILE"),
        (["--out", "a-file"], "a-file is a file, and the whole report takes a folder"),
        (
            ["--format", "csv", "--out", "a-folder"],
            "a-folder is no plain file; name another place with --out",
        ),
    ],
)
def test_bad_options_of_report_are_one_sentence(
    tmp_path: Path, npfs: Npfs, options: list[str], reason: str
) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    (tmp_path / "a-file").write_text("kept")
    (tmp_path / "a-folder").mkdir()
    result = npfs("report", *options)
    assert result.returncode == 2
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1
    assert (tmp_path / "a-file").read_text() == "kept"


@pytest.mark.usefixtures("no_figures")
def test_open_shows_the_page(tmp_path: Path, npfs: Npfs, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10))
    assert npfs("report", "--reports", ".", "--open").returncode == 0
    assert npfs("report", "--reports", ".", "--format", "html", "--out", "one.html", "--open")
    assert shown == [(tmp_path / name).resolve().as_uri() for name in ("index.html", "one.html")]


@pytest.mark.usefixtures("no_figures")
def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10))
    (tmp_path / "verdict.md").mkdir()
    result = npfs("report", "--reports", ".")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("no_figures")
def test_quiet_prints_nothing_and_json_is_a_form(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    assert npfs("report", "--quiet").stdout == ""
    assert (tmp_path / "reports" / "index.html").is_file()
    assert json.loads(npfs("report", "--json").stdout)["schema"] == 2


@pytest.mark.usefixtures("no_figures")
def test_report_brings_back_a_run_that_was_killed(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    home = tmp_path / "reports" / "runs" / run_files.ENVIRONMENT["machine"]
    document = run_files.document(LISTS_WIN_AT_10, 4)
    entries = [{"run": {**document, "benchmarks": []}}]
    for benchmark in document["benchmarks"]:
        benchmark["extra_info"] |= {"repetitions": [3], "wall_s": 1.0}
        benchmark["stats"]["iterations"] = 1
        entries.append({"case": benchmark["name"], "benchmark": benchmark})
    (home / "0004.jsonl").write_text("\n".join(map(json.dumps, entries)))
    result = npfs("report")
    assert "Run 4 had ended early; its 6 finished cases were brought back." in result.stdout
    assert "Run 4 was interrupted; the cases that were finished count." in result.stdout
    assert "4 runs in fresh processes" in result.stdout


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("html", "<!doctype html>"),
        ("markdown", "# How do these benchmarks compare with how=numpy?"),
        ("csv", "id,params,runs,seconds,"),
        ("json", '{\n "schema": 1,\n "baseline": "how=numpy"'),
        ("github-action-benchmark", '[\n {\n  "name": "sort.py::test_sort[lists-10]"'),
    ],
)
def test_of_another_suite_each_form_is_printed(
    tmp_path: Path, npfs: Npfs, form: str, begins: str
) -> None:
    test_suite_report.write(tmp_path / "reports", test_suite_report.SORTING)
    printed = npfs("report", "--baseline", "how=numpy", "--format", form)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.lower().startswith(begins.lower())


def test_the_report_of_another_suite_is_built(tmp_path: Path, npfs: Npfs) -> None:
    test_suite_report.write(
        tmp_path / "reports",
        test_suite_report.SORTING,
        planned={"runs": "5", "baseline": "how=numpy"},
    )
    printed = npfs("report").stdout
    assert "times as fast as how=numpy" in printed
    assert printed.rstrip().endswith(str(Path("reports/index.html")))
    assert "times as fast as how=lists" in npfs("report", "--baseline", "how=lists").stdout


def test_a_baseline_that_is_not_there_is_one_sentence(tmp_path: Path, npfs: Npfs) -> None:
    test_suite_report.write(tmp_path / "reports", test_suite_report.SORTING)
    assert "how is one of lists, numpy" in npfs("report", "--baseline", "how=x").stderr
    run_files.write(tmp_path / "fits", repeated(LISTS_WIN_AT_10))
    result = npfs("report", "--reports", "fits", "--baseline", "x")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "--baseline is for runs of another suite" in result.stderr
