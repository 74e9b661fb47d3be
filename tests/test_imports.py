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
        ("npfs.analysis.evidence", ("npfs.backends", "npfs.suite", "npfs.report", *HEAVY)),
        ("npfs.analysis.sides", ("npfs.backends", "npfs.suite", "npfs.report", *HEAVY)),
        ("npfs.cli.compare_command", ("npfs.backends", "npfs.suite", *HEAVY)),
        ("npfs.report.build", ("npfs.backends", "npfs.suite", "numba", "pytest", "typer")),
        ("npfs.suite.benchmark_run", ("npfs.analysis", "npfs.report", "matplotlib", "typer")),
        ("npfs.backends.registry", ("npfs.suite", "npfs.analysis", "npfs.report", *HEAVY)),
        ("npfs.backends.conformance", ("npfs.suite", "npfs.analysis", "npfs.report", *HEAVY)),
        (
            "npfs.cli",
            ("npfs.report", "npfs.suite.doctor", "numba", "numpy", "matplotlib", "psutil"),
        ),
        ("npfs.suite.doctor", ("npfs.report", "numba", "matplotlib", "pytest")),
        ("npfs.analysis.findings", ("npfs.backends", "npfs.suite", "psutil", *HEAVY)),
        ("npfs.data", ("npfs.backends", "npfs.suite", "npfs.analysis", "npfs.report", *HEAVY)),
        (
            "npfs.estimator.linear_regression",
            ("npfs.suite", "npfs.analysis", "npfs.report", *HEAVY),
        ),
        ("npfs.analysis.prediction", ("npfs.backends", "npfs.suite", "npfs.report", *HEAVY)),
        ("npfs.cli.advice_text", ("npfs.backends", "npfs.suite", *HEAVY)),
        ("npfs.estimator.plots", ("npfs.suite", "npfs.analysis", "npfs.report", *HEAVY)),
        ("npfs.harness.load", ("npfs.analysis", "npfs.report", *HEAVY)),
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
