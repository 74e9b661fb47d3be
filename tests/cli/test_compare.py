"""``npfs compare`` on hand-made runs."""

import json
from pathlib import Path

import pytest

from npfs.schema import ANY
from tests import run_files
from tests.cli.conftest import Npfs


def measured(folder: Path, *, factor: float = 1.0, first: int = 1) -> None:
    """Five runs with a scatter of one per cent."""
    run_files.write(
        folder,
        [
            run_files.document({("numpy", 1000, 1): factor * (1 + scatter)}, number=first + k)
            for k, scatter in enumerate((0.0, 0.01, -0.01, 0.005, -0.005))
        ],
    )


@pytest.mark.parametrize(("percent", "code"), [(None, 0), ("5%", 1), ("15%", 1), ("30%", 0)])
def test_the_newest_job_is_judged_and_fails_if_it_is_slower(
    tmp_path: Path, npfs: Npfs, percent: str | None, code: int
) -> None:
    measured(tmp_path / "before")
    measured(tmp_path / "reports", factor=1.2, first=6)
    options = ["--fail-on-slower", percent] if percent else []
    result = npfs("compare", "before", *options)
    assert result.returncode == code
    assert result.stdout.startswith("1 of 1 case is slower")
    fails = f"npfs compare: 1 case is slower by more than {percent}".replace("%", " %")
    assert result.stderr.startswith(fails) if code else result.stderr == ""


def test_compare_writes_json_alone_to_the_output_or_a_file(tmp_path: Path, npfs: Npfs) -> None:
    measured(tmp_path / "a")
    measured(tmp_path / "b", first=6)
    printed = npfs("compare", "a", "b", "--format", "json")
    assert json.loads(printed.stdout)["counts"]["no_significant_difference"] == 1
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
        (["a", "b", "--format", "xml"], "--format 'xml' is unknown; give terminal or markdown or"),
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


def test_quiet_is_the_summary_alone(tmp_path: Path, npfs: Npfs) -> None:
    measured(tmp_path / "a")
    measured(tmp_path / "b", factor=2, first=6)
    quiet, whole = npfs("compare", "a", "b", "--quiet").stdout, npfs("compare", "a", "b").stdout
    assert quiet.startswith("1 of 1 case is slower")
    assert whole.startswith(quiet.splitlines()[0][:60])
    assert len(quiet.splitlines()) < len(whole.splitlines())
    assert json.loads(npfs("compare", "a", "b", "--json").stdout)["counts"]["slower"] == 1


def test_the_times_of_new_for_github_action_benchmark(tmp_path: Path, npfs: Npfs) -> None:
    measured(tmp_path / "a")
    measured(tmp_path / "b", factor=2, first=6)
    [entry] = json.loads(npfs("compare", "a", "b", "--format", "github-action-benchmark").stdout)
    assert entry["name"] == "numpy-1000"
    assert entry["unit"] == "s"
    low, _, high = entry["range"].partition(" to ")
    assert float(low) < entry["value"] < float(high)
    assert entry["value"] == pytest.approx(2, rel=0.01)
    assert entry["extra"].startswith("2.00× (1.9")
    assert entry["extra"].endswith(" the time of BASE, slower; 5 runs, 95 % interval")


def test_runs_of_any_suite_are_compared_and_say_nothing_of_backends(
    tmp_path: Path, npfs: Npfs
) -> None:
    for folder, factor, first in (("a", 1.0, 1), ("b", 0.5, 4)):
        timed = [
            run_files.benchmark("test_it.py::test_sort[10]", ANY, {"n": 10}, [factor * seconds])
            for seconds in (1.0, 1.01, 0.99)
        ]
        documents = [run_files.document({}, first + k, [one]) for k, one in enumerate(timed)]
        run_files.write(tmp_path / folder, documents)
    result = npfs("compare", "a", "b")
    assert result.stdout.startswith("0 of 1 case are slower, 1 faster")
    assert "test_it.py::test_sort[10]" in result.stdout
    assert "source code" not in result.stdout
