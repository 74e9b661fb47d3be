import msgspec
import pytest

from npfs.harness import environment, machine
from npfs.suite import doctor, probes
from tests.analysis.test_findings import environment as good


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "WATCHED_S", 0.0)
    for name in environment.SPEED_VARIABLES:
        monkeypatch.delenv(name, raising=False)


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
    assert found.variables == {"OPENBLAS_CORETYPE": "Haswell"}
    assert found.kept is not None
    assert (found.kept.low, found.kept.value, found.kept.high) == (0.5, 0.5, 0.5)


def test_a_loss_that_cannot_be_measured_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(_: dict[str, str]) -> None:
        raise probes.ProbeFailed("no memory")

    monkeypatch.setenv("OPENBLAS_L2_SIZE", "64")
    monkeypatch.setattr(probes, "numpy_seconds", seconds)
    found = doctor.examine()
    assert (found.kept, found.not_measured) == (None, "no memory")


@pytest.mark.parametrize(
    ("spoiled", "names"), [({}, []), ({"governor": "powersave"}, ["governor"])]
)
def test_the_findings_are_those_of_the_machine(
    spoiled: dict[str, str], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "collect", lambda info: good(**spoiled))
    quiet = {"load_1min": 0.0, "thread_sync_s": 1e-6, "on_battery": None}
    idle = msgspec.structs.replace(machine.snapshot(), **quiet)
    monkeypatch.setattr(machine, "snapshot", lambda: idle)
    assert [finding.name for finding in doctor.examine().findings] == names
