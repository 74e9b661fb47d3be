"""Who may import whom, read from the modules that a fresh interpreter has loaded."""

import subprocess
import sys

import pytest

HEAVY = (
    "numba",
    "matplotlib",
    "typer",
    "rich",
    "pytest",
    "pyarrow",
    "sklearn",
    "scipy",
    "pandas",
    "dask",
    "distributed",
)


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(result.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = loaded_by("import npfs")
    assert not loaded & {*HEAVY, "npfs.backends", "npfs.report"}


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("npfs.evidence.analysis", ("npfs.backends", "npfs.measure", "npfs.report", *HEAVY)),
        ("npfs.evidence.sides", ("npfs.backends", "npfs.measure", "npfs.report", *HEAVY)),
        ("npfs.report.compare_command", ("npfs.backends", "npfs.measure", *HEAVY)),
        ("npfs.report.build", ("npfs.backends", "npfs.measure", "numba", "pytest", "typer")),
        ("npfs.measure.benchmark_run", ("npfs.evidence", "npfs.report", "matplotlib", "typer")),
        ("npfs.backends.registry", ("npfs.measure", "npfs.evidence", "npfs.report", *HEAVY)),
        ("npfs.conformance", ("npfs.measure", "npfs.evidence", "npfs.report", *HEAVY)),
        ("npfs.cli", ("npfs.report", "npfs.doctor", "numba", "numpy", "matplotlib", "psutil")),
        ("npfs.doctor", ("npfs.report", "numba", "matplotlib", "pytest")),
        ("npfs.evidence.findings", ("npfs.backends", "npfs.measure", "psutil", *HEAVY)),
        ("npfs.tables", ("npfs.backends", "npfs.measure", "npfs.evidence", "npfs.report", *HEAVY)),
        ("npfs.regression", ("npfs.measure", "npfs.evidence", "npfs.report", *HEAVY)),
        ("npfs.evidence.prediction", ("npfs.backends", "npfs.measure", "npfs.report", *HEAVY)),
        ("npfs.report.advice", ("npfs.backends", "npfs.measure", *HEAVY)),
        ("npfs.plots", ("npfs.measure", "npfs.evidence", "npfs.report", *HEAVY)),
        ("npfs.measure.load", ("npfs.evidence", "npfs.report", *HEAVY)),
    ],
)
def test_the_arrows_hold(module: str, forbidden: tuple[str, ...]) -> None:
    assert not loaded_by(f"import {module}") & set(forbidden)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    import npfs

    with pytest.raises(AttributeError, match="module 'npfs' has no attribute 'absent'"):
        _ = npfs.absent
    assert set(npfs.__all__) <= set(dir(npfs))
    for name in npfs.__all__:
        assert getattr(npfs, name) is not None
