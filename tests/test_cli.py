import subprocess
import sys
from pathlib import Path

from tests import run_files
from tests.evidence.test_analysis import LISTS_WIN_AT_10, repeated


def npfs(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("npfs")
    return subprocess.run(
        [program, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_report_builds_again_and_ends_with_the_paths(tmp_path: Path) -> None:
    run_files.write(tmp_path / "reports", repeated(LISTS_WIN_AT_10))
    result = npfs("report", folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "8.33× (8.33 to 8.33)" in result.stdout
    assert result.stdout.rstrip().endswith(str(Path("reports/verdict.md")))


def test_no_runs_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    result = npfs("report", "--reports", "elsewhere", folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith("npfs report: no runs in elsewhere")
    assert "Traceback" not in result.stderr


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    run_files.write(tmp_path, repeated(LISTS_WIN_AT_10))
    (tmp_path / "time.svg").mkdir()
    result = npfs("report", "--reports", ".", folder=tmp_path)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_version(tmp_path: Path) -> None:
    from npfs import __version__

    assert npfs("--version", folder=tmp_path).stdout == f"npfs {__version__}\n"
