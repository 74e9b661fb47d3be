import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.provenance import all_warnings, provenance
from tests import run_files
from tests.analysis.test_findings import ODD_ENVIRONMENT, ODD_LOAD, QUIET, run

ONE = {("numpy", 10, 1): 1.0}


def made(folder: Path, *runs: dict[str, Any]) -> Evidence:
    run_files.write(
        folder, [run_files.document(ONE, number=k, **ours) for k, ours in enumerate(runs, 1)]
    )
    return Evidence(read_runs(folder))


def test_the_findings_of_the_newest_command_are_repeated(tmp_path: Path) -> None:
    slow = run_files.ENVIRONMENT | {"governor": "powersave", "virtual_machine": True}
    older = {"load": run({"on_battery": True}), "job": "older", "environment": slow}
    newest = [{"load": load, "environment": slow} for load in (QUIET, run(threads_meet_s=5e-6))]
    found = all_warnings(made(tmp_path, older, *newest))
    assert [sentence.split(",")[0] for sentence in found] == [
        "The CPU governor is powersave",
        "Two threads met in 1.1 µs at one time and in 5.0 µs at another",
        "This is a virtual machine",
    ]


@given(ODD_ENVIRONMENT, ODD_LOAD)
def test_no_value_of_what_is_recorded_ends_the_report(odd: dict[str, Any], load: Any) -> None:
    """It is unknown, or the file is named as no run."""
    with TemporaryDirectory() as folder:
        [path] = run_files.write(
            Path(folder),
            [run_files.document(ONE, environment=run_files.ENVIRONMENT | odd, load=load)],
        )
        path.write_text(json.dumps(json.loads(path.read_text())))
        found = read_runs(Path(folder))
        if found.rejected:
            assert not found.runs
            return
        evidence = Evidence(found)
        assert provenance(evidence).endswith(".")
        assert all(sentence.endswith((".", "npfs)")) for sentence in all_warnings(evidence))
