import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from npfs.analysis.findings import Finding
from npfs.analysis.statistics import Interval
from npfs.harness import environment, load
from npfs.schema import Blas, Environment, Load, Snapshot
from npfs.suite import doctor, probes
from tests.analysis.test_findings import environment as good

HASWELL = {"OPENBLAS_CORETYPE": "Haswell"}
WHERE = "OPENBLAS_CORETYPE=Haswell, measured on 10,000 samples of 64 features."


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (Interval(0.8, 0.75, 0.84, 5), f"NumPy loses 20 % (16 to 25) of its speed with {WHERE}"),
        (Interval(1.1, 1.05, 1.2, 5), f"NumPy gains 10 % (5 to 20) of its speed with {WHERE}"),
        (Interval(0.9, 0.8, 1.1, 5), f"NumPy loses and gains nothing beyond noise with {WHERE}"),
        (
            Interval(1.0, 0.1, 10.0, 5),
            f"The times of NumPy vary too much to tell its loss with {WHERE}",
        ),
    ],
)
def test_a_loss_has_its_interval(kept: Interval, sentence: str) -> None:
    assert doctor.loss_sentence(kept, HASWELL) == sentence


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "WATCHED_S", 0.0)
    for name in environment.SPEED_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def printed(found: doctor.Diagnosis) -> str:
    console = Console(width=300, file=io.StringIO())
    doctor.print_diagnosis(found, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.usefixtures("quick")
def test_numpys_loss_is_measured_where_a_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def seconds(variables: dict[str, str]) -> tuple[list[float], list[float]]:
        asked.append([*variables])
        return [2.0, 2.0], [1.0, 1.0]

    monkeypatch.setattr(probes, "numpy_seconds", seconds)
    assert doctor.examine().kept is None
    assert asked == []
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    found = doctor.examine()
    assert asked == [["OPENBLAS_CORETYPE"]]
    assert f"! NumPy loses 50 % (50 to 50) of its speed with {WHERE}" in printed(found)


@pytest.mark.usefixtures("quick")
def test_a_loss_that_cannot_be_measured_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(_: list[str]) -> None:
        raise probes.ProbeFailed("no memory")

    monkeypatch.setenv("OPENBLAS_L2_SIZE", "64")
    monkeypatch.setattr(probes, "numpy_seconds", seconds)
    text = printed(doctor.examine())
    assert "What it costs NumPy is not known: no memory." in text


@pytest.mark.usefixtures("quick")
def test_nothing_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "collect", lambda info: good())
    quiet = {"load_1min": 0.0, "thread_sync_s": 1e-6, "on_battery": None}
    idle = msgspec.structs.replace(load.snapshot(), **quiet)
    monkeypatch.setattr(load, "snapshot", lambda: idle)
    assert printed(doctor.examine()).rstrip().endswith("\nNothing to mend.")
    monkeypatch.setattr(environment, "collect", lambda info: good(boost=True))
    text = printed(doctor.examine())
    assert "i Boost is on" in text
    assert "Nothing to mend." in text
    monkeypatch.setattr(environment, "collect", lambda info: good(governor="powersave"))
    text = printed(doctor.examine())
    assert "! The CPU governor is powersave" in text
    assert "Nothing to mend." not in text


def test_what_is_not_known_is_printed_as_such() -> None:
    known = ("cpu", "system", "python", "libraries", "blas", "machine")
    kept = {name: getattr(environment.collect({}), name) for name in known}
    nothing = Environment(**kept, cores=None, usable_cores=None, speed_variables={})
    unknown = Snapshot(at_s=0.0, process_s=0.0)
    finding = Finding("a", "Found [bold]", "mend it")
    found = doctor.Diagnosis(nothing, Load(unknown, unknown), [finding], {}, None, "")
    text = printed(found)
    assert text.count(doctor.NOT_KNOWN) > 15
    assert "! Found [bold]; mend it." in text
    assert "None" not in text


def test_cores_are_printed_as_ranges() -> None:
    found = doctor._ranges([0, 1, 2, 5, 7, 8])
    assert found == "0-2, 5, 7-8"


def npfs(*arguments: str, folder: Path, **variables: str) -> str:
    program = Path(sys.executable).with_name("npfs")
    result = subprocess.run(
        [program, "doctor", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={k: v for k, v in os.environ.items() if k not in environment.SPEED_VARIABLES}
        | {"PYTHONIOENCODING": "utf-8"}
        | variables,
        encoding="utf-8",
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_json_holds_all_of_it(tmp_path: Path) -> None:
    found = json.loads(npfs("--json", folder=tmp_path, NUMBA_OPT="1"))
    assert "numba-opt" in [finding["name"] for finding in found["findings"]]
    assert found["environment"]["speed_variables"] == {"NUMBA_OPT": "1"}
    assert found["environment"]["numba"]["threads"] >= 1
    assert found["numpy_time_without_over_with"] is None
    meet = found["load"]["before"]["thread_sync_s"]
    assert meet is None or (math.isfinite(meet) and meet > 0)


def test_older_kernels_are_found_and_their_loss_measured(tmp_path: Path) -> None:
    blas = (environment.blas_in_effect() or (Blas(),))[0]
    if blas.library != "openblas" or blas.architecture in (None, "Haswell"):
        pytest.skip(
            "the kernels of this BLAS are not chosen by OPENBLAS_CORETYPE, or are Haswell's"
        )
    text = npfs(folder=tmp_path, **HASWELL)
    assert "kernels for Haswell" in text
    assert "! OPENBLAS_CORETYPE=Haswell was set, which can make NumPy slower" in text
    [last] = [line for line in text.splitlines() if line.endswith(WHERE)]
    if "vary too much" not in last and "beyond noise" not in last:  # on a busy machine
        assert "% (" in last
