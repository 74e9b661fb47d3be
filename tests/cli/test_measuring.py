import json
from pathlib import Path

import pytest

from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, repeated
from tests.cli.conftest import Npfs


def test_report_builds_again_and_ends_with_the_paths(tmp_path: Path, npfs_process: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    result = npfs_process("report")
    assert (result.returncode, result.stderr) == (0, "")
    assert "8.33× (8.33 to 8.33)" in result.stdout
    assert f"{Path('reports/index.html')} (and " in result.stdout.splitlines()[-1]


def test_no_runs_is_one_sentence_and_exit_code_2(tmp_path: Path, npfs: Npfs) -> None:
    result = npfs("report", "--reports", "elsewhere")
    assert result.returncode == 2
    assert result.stderr.startswith("npfs report: no runs in elsewhere")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("html", "<!doctype html>"),
        ("markdown", "# Why NumPy"),
        ("csv", "backend,same_work,"),
        ("json", '{\n "schema": 1,'),
        ("github-action-benchmark", '[\n {\n  "name": "python-10",'),
    ],
)
def test_one_form_is_printed_or_written(
    tmp_path: Path, npfs_process: Npfs, form: str, begins: str
) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    printed = npfs_process("report", "--format", form)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.lower().startswith(begins.lower())
    written = npfs_process("report", "--format", form, "--out", "deep/report.txt")
    assert written.stdout.strip() == f"wrote {Path('deep/report.txt')}"
    assert (tmp_path / "deep" / "report.txt").read_text(encoding="utf-8") == printed.stdout
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["runs"]


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
        (["--out", "a-file"], "a-file cannot be written: it is a file"),
        (["--format", "csv", "--out", "a-folder"], "it is a folder, and one form takes a file"),
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


def test_open_shows_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from npfs.cli.report_command import run_report

    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10))
    assert run_report(tmp_path, "all", None, open_page=True) == 0
    assert shown == [(tmp_path / "index.html").resolve().as_uri()]


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10))
    (tmp_path / "time.svg").mkdir()
    result = npfs("report", "--reports", ".")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_version(tmp_path: Path, npfs_process: Npfs) -> None:
    from npfs import __version__

    assert npfs_process("--version").stdout == f"npfs {__version__}\n"


def measured(folder: Path, *, factor: float = 1.0, first: int = 1) -> None:
    """Five runs with a scatter of one per cent."""
    run_files.write(
        folder,
        [
            run_files.document({("numpy", 1000, 1): factor * (1 + scatter)}, number=first + k)
            for k, scatter in enumerate((0.0, 0.01, -0.01, 0.005, -0.005))
        ],
    )


def test_compare_judges_the_newest_job_and_fails_on_slower(tmp_path: Path, npfs: Npfs) -> None:
    measured(tmp_path / "before")
    measured(tmp_path / "reports", factor=1.2, first=6)
    result = npfs("compare", "before", "--fail-on-slower", "5%")
    assert result.returncode == 1
    assert result.stdout.startswith("1 of 1 case is slower")
    assert result.stderr.startswith("npfs compare: 1 case is slower by more than 5 %")
    passed = npfs("compare", "before", "--fail-on-slower", "50%")
    assert (passed.returncode, passed.stderr) == (0, "")


def test_compare_writes_json_alone_to_the_output_or_a_file(tmp_path: Path, npfs: Npfs) -> None:
    measured(tmp_path / "a")
    measured(tmp_path / "b", first=6)
    printed = npfs("compare", "a", "b", "--format", "json")
    assert json.loads(printed.stdout)["counts"]["within_noise"] == 1
    out = ("--format", "json", "--out", "out.json")
    written = npfs("compare", "a", "b", *out)
    assert written.stdout.endswith("wrote out.json\n")
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == printed.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["absent"], "BASE 'absent' is no file or folder"),
        (["a", "absent"], "NEW 'absent' is no file or folder"),
        (["a", "a"], "0001_20260101T000000Z.json is on both sides"),
        (["a"], "NEW was not given, and there is no run in "),
        (["a", "b", "--fail-on-slower", "5"], "--fail-on-slower '5' is not a percentage"),
        (["a", "b", "--format", "xml"], "--format 'xml' is unknown; give terminal or markdown or json"),
        (["a", "b", "--out", "absent/out.md"], ""),
        (["a", "b", "--out", "a"], ""),
    ],
)  # fmt: skip
def test_compare_says_what_was_wrong_with_its_input(
    tmp_path: Path, npfs: Npfs, arguments: list[str], sentence: str
) -> None:
    measured(tmp_path / "a")
    measured(tmp_path / "b", first=6)
    result = npfs("compare", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"npfs compare: {sentence}")
    assert "Traceback" not in result.stderr


def test_calibrate_prints_how_well_intervals_hold(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10, runs=12))
    result = npfs("calibrate")
    assert (result.returncode, result.stderr) == (0, "")
    assert "over random halves of 12 stored runs" in " ".join(result.stdout.split())
    assert "all cases" in result.stdout
    assert "1,000 samples" in result.stdout


def test_calibrate_says_what_it_lacks(tmp_path: Path, npfs: Npfs) -> None:
    nothing = npfs("calibrate")
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("npfs calibrate: no runs in reports")
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10, runs=7))
    few = npfs("calibrate")
    assert few.returncode == 2
    assert "there are 7 that timed one case: add 3 with the command" in few.stderr
    assert "Traceback" not in few.stderr + nothing.stderr


def test_calibrate_for_programs_and_in_a_sentence(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10, runs=10))
    found = json.loads(npfs("calibrate", "--json").stdout)
    assert found["runs"] == 10
    assert {case["held"] for case in found["cases"]} <= {0.99, 1.0}, (
        "nearly equal runs hold one another"
    )
    quiet = npfs("calibrate", "--quiet").stdout.splitlines()
    assert quiet == [found["answer"]]


def test_quiet_report_and_comparison_print_the_least(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    assert npfs("report", "--quiet").stdout == ""
    assert (tmp_path / "reports" / "index.html").is_file()
    slower = {case: 2 * seconds for case, seconds in LISTS_WIN_AT_10.items()}
    later = repeated(slower)
    for document in later:
        document["npfs"]["job"] = "another"
    run_files.write(tmp_path / "new", later)
    sides = ("compare", "reports", "new")
    quiet = npfs(*sides, "--quiet").stdout
    whole = npfs(*sides).stdout
    assert "slower" in quiet
    assert quiet.splitlines()[0][:60] in whole
    assert len(quiet.splitlines()) < len(whole.splitlines())
    assert json.loads(npfs(*sides, "--json").stdout)["counts"]["slower"]
    assert json.loads(npfs("report", "--json").stdout)["schema"] == 1


def test_report_brings_back_a_run_that_was_killed(tmp_path: Path, npfs: Npfs) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    home = tmp_path / "reports" / "runs" / run_files.ENVIRONMENT["machine"]
    document = run_files.document(LISTS_WIN_AT_10, 4)
    entries = [{"run": {**document, "benchmarks": []}}]
    for benchmark in document["benchmarks"]:
        benchmark["extra_info"] |= {"visits": [3], "wall_s": 1.0}
        benchmark["stats"]["iterations"] = 1
        entries.append({"case": benchmark["name"], "benchmark": benchmark})
    (home / "0004.journal").write_text("\n".join(map(json.dumps, entries)))
    result = npfs("report")
    assert "Run 4 had ended early; its 6 finished cases were brought back." in result.stdout
    assert "Run 4 was interrupted; the cases finished by then count." in result.stdout
    assert "4 runs, each a fresh process" in result.stdout
