"""``npfs doctor``; what it finds is tested where it is found."""

import json
import math

import pytest

from npfs.analysis.findings import Finding
from npfs.analysis.statistics import Interval
from npfs.cli import doctor
from npfs.harness import environment
from npfs.report.formatting import size
from npfs.schema import Blas, Environment, Load, Snapshot
from npfs.suite.doctor import Diagnosis
from npfs.suite.probes import BLAS_SIZE
from tests.analysis.test_findings import environment as good
from tests.cli.conftest import Npfs

HASWELL = {"OPENBLAS_CORETYPE": "Haswell"}
WHERE = f"OPENBLAS_CORETYPE=Haswell, measured on {size(BLAS_SIZE)}."
BOOST = Finding("boost", {}, "information")
GOVERNOR = Finding("governor", {"governor": "[bold]"})
IDLE = Snapshot(at_s=0.0, process_s=0.0)


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (Interval(0.8, 0.75, 0.84, 5), "NumPy loses 20 % of its speed (16 to 25 %) with"),
        (Interval(1.1, 1.05, 1.2, 5), "NumPy gains 10 % of its speed (5.0 to 20 %) with"),
        (Interval(0.9, 0.8, 1.1, 5), "NumPy's speed shows no significant difference with"),
        (Interval(1.0, 0.1, 10.0, 5), "NumPy's times vary too much to measure the effect of"),
    ],
)
def test_a_loss_has_its_interval(kept: Interval, sentence: str) -> None:
    assert doctor.loss_sentence(kept, HASWELL) == f"{sentence} {WHERE}"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    for name in environment.SPEED_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def lines_of(
    capsys: pytest.CaptureFixture[str],
    *findings: Finding,
    of: Environment | None = None,
    kept: Interval | None = None,
    not_measured: str = "",
    quiet: bool = True,
) -> list[str]:
    load = Load(IDLE, IDLE)
    found = Diagnosis(of or good(), load, [*findings], HASWELL, kept, not_measured)
    doctor.print_diagnosis(found, quiet=quiet)
    return capsys.readouterr().out.splitlines()


def test_findings_are_marked_by_severity(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys) == ["No problem found."]
    [line, last] = lines_of(capsys, BOOST)
    assert line.startswith("i Boost is on")
    assert last == "No problem found."
    [line] = lines_of(capsys, GOVERNOR)
    assert line.startswith("! The CPU governor is [bold], ")
    assert "performance" in line, "the remedy"


def test_the_loss_or_why_it_is_not_known_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    loss = Interval(0.5, 0.5, 0.5, 5)
    assert lines_of(capsys, GOVERNOR, kept=loss)[1].startswith("! NumPy loses 50 % of its speed (")
    assert lines_of(capsys, GOVERNOR, not_measured="no memory")[1:] == [
        "! The effect on NumPy's speed is not known: no memory."
    ]


def test_what_is_not_known_is_printed_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    known = ("cpu", "system", "python", "libraries", "blas", "machine")
    kept = {name: getattr(environment.collect({}), name) for name in known}
    nothing = Environment(**kept, cores=None, usable_cores=None, speed_variables={})
    text = "\n".join(lines_of(capsys, of=nothing, quiet=False))
    assert text.count(doctor.NOT_KNOWN) > 15
    assert "None" not in text


def test_cores_are_printed_as_ranges() -> None:
    found = doctor._ranges([0, 1, 2, 5, 7, 8])
    assert found == "0-2, 5, 7-8"


def test_json_holds_all_of_it(npfs_process: Npfs) -> None:
    result = npfs_process("doctor", "--json", NUMBA_OPT="1")
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert {
        "name": "numba-opt",
        "message": "NUMBA_OPT=1 is set, so Numba optimises less.",
        "remedy": "Unset it and measure again.",
        "severity": "warning",
    } in found["findings"]
    assert found["environment"]["speed_variables"] == {"NUMBA_OPT": "1"}
    assert found["environment"]["numba"]["threads"] >= 1
    assert found["numpy_time_without_over_with"] is None
    latency = found["load"]["before"]["thread_sync_s"]
    assert latency is None or (math.isfinite(latency) and latency > 0)


def test_older_kernels_are_found_and_their_loss_measured(npfs_process: Npfs) -> None:
    blas = (environment.blas_in_effect() or (Blas(),))[0]
    if blas.library != "openblas" or blas.architecture in (None, "Haswell"):
        pytest.skip(
            "the kernels of this BLAS are not chosen by OPENBLAS_CORETYPE, or are Haswell's"
        )
    result = npfs_process("doctor", **HASWELL)
    assert (result.returncode, result.stderr) == (0, "")
    assert "kernels for Haswell" in result.stdout
    assert "! OPENBLAS_CORETYPE=Haswell is set, which can make NumPy slower" in result.stdout
    [last] = [line for line in result.stdout.splitlines() if line.endswith(WHERE)]
    if "vary too much" not in last and "no significant" not in last:  # on a busy machine
        assert " % of its speed (" in last
