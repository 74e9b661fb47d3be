"""Who may import whom: package by package, in the source and in the processes of real commands."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import npfs
from tests import loaded_modules
from tests.bench.commands import Job
from tests.loaded_modules import loaded_by

PACKAGE = Path(npfs.__file__).parent
# Package by package, and nothing else; the command line may import anything, and nothing imports it.
MAY_IMPORT = {
    "regression": "",
    "schema": "",
    "drawing": "",
    "backends": "regression",
    "data": "regression",
    "largedata": "regression backends data",
    "analysis": "schema",
    "estimator": "regression backends data largedata analysis drawing",
    "harness": "schema analysis",
    "suite": "regression backends data largedata schema harness analysis",
    "report": "schema analysis drawing",
    "plugin": "schema harness analysis report drawing",
    "cli": "regression backends data largedata schema harness analysis suite report drawing "
    "estimator plugin",
}
HEAVY = {"numba", "matplotlib", "typer", "rich", "pytest", "pyarrow", "sklearn", "scipy"}
HEAVY |= {"pandas", "dask", "distributed"}
# Modules of npfs in all processes of a quick main job together.
MOST_MODULES = 80


def package_of(module: str) -> str:
    return module.split(".")[1]


def in_source() -> Iterator[tuple[str, str]]:
    """Yield (importer, imported) for every import statement, wherever it stands."""
    for path in PACKAGE.rglob("*.py"):
        if path == PACKAGE / "__init__.py":  # it loads names when they are first used
            continue
        importer = ".".join(("npfs", *path.relative_to(PACKAGE).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{importer} has a relative import"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            yield from ((importer, name) for name in names if name.startswith("npfs."))


def forbidden(edges: Iterator[tuple[str, str]] | set[tuple[str, str]]) -> list[str]:
    return sorted(
        f"{importer} -> {imported}"
        for importer, imported in edges
        if (of := package_of(importer)) != (other := package_of(imported))
        and other not in MAY_IMPORT[of].split()
        and imported != "npfs.__version__"
    )


def test_packages_import_one_way() -> None:
    edges = set(in_source())
    assert {package_of(importer) for importer, _ in edges} <= set(MAY_IMPORT)
    assert len(edges) > 500
    assert not forbidden(edges)


def test_the_top_level_holds_packages_and_the_schema_alone() -> None:
    files = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert files == {"__init__.py", "py.typed", "schema.py"}
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders == MAY_IMPORT.keys() - {"schema"}


def test_the_processes_of_the_main_job_import_one_way(main_job: Job) -> None:
    edges = loaded_modules.imports(main_job.modules)
    importers = {package_of(importer) for importer, _ in edges}
    assert {"analysis", "backends", "harness", "suite", "report"} <= importers
    assert not forbidden(edges)


def test_the_main_job_loads_few_modules(main_job: Job) -> None:
    processes = loaded_modules.loaded(main_job.modules)
    assert len(processes) > 10  # runs, and probes of every backend
    ours = {name for modules in processes for name in modules if name.split(".")[0] == "npfs"}
    assert len(ours) <= MOST_MODULES, sorted(ours)


def test_a_process_that_is_timed_loads_no_report_and_no_schema(main_job: Job) -> None:
    probes = [m for m in loaded_modules.loaded(main_job.modules) if "npfs.suite.probe_process" in m]
    timed = [m for m in probes if "pytest" not in m]
    assert len(timed) > 5
    for modules in timed:
        ours = {package_of(name) for name in modules if name.startswith("npfs.")}
        assert ours <= {"backends", "regression", "suite", "harness"}
        of_harness = {name for name in modules if name.startswith("npfs.harness.")}
        assert of_harness <= {"npfs.harness.reporter"}
        assert "msgspec" not in modules


def test_importing_the_package_loads_nothing_heavy(tmp_path: Path) -> None:
    modules = loaded_by(tmp_path, "-c", "import npfs")
    assert not modules & {*HEAVY, "numpy", "npfs.backends", "npfs.report"}


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (
            "report --reports {reference} --format markdown",
            "npfs.backends npfs.harness npfs.suite numba pytest",
        ),
        ("fit {table} --target y", "npfs.suite npfs.report pytest numba dask sklearn"),
        ("--help", "npfs.report npfs.suite npfs.backends numpy matplotlib psutil numba"),
        ("doctor --help", "npfs.report npfs.backends matplotlib numba"),
    ],
)
def test_a_command_loads_what_it_needs(arguments: str, absent: str, tmp_path: Path) -> None:
    table = tmp_path / "line.csv"
    table.write_text("x,y\n" + "".join(f"{x},{3 * x + 1}\n" for x in range(20)))
    reference = PACKAGE.parent / "reports" / "reference"
    command = arguments.format(table=table, reference=reference).split()
    code = f"import sys; sys.argv[1:] = {command}; from npfs.cli import main; main()"
    modules = loaded_by(tmp_path, "-c", code)
    assert "npfs.cli" in modules
    assert modules & set(absent.split()) == set()
    assert not forbidden(loaded_modules.imports(tmp_path))


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("npfs.analysis.evidence", HEAVY),
        ("npfs.analysis.prediction", HEAVY),
        ("npfs.backends.registry", HEAVY),
        ("npfs.backends.conformance", HEAVY),
        ("npfs.data", HEAVY),
        ("npfs.estimator.linear_regression", HEAVY),
        ("npfs.estimator.plots", HEAVY),
        ("npfs.harness.machine", HEAVY),
        ("npfs.report.build", {"numba", "pytest", "typer"}),
        ("npfs.suite.doctor", {"numba", "matplotlib", "pytest"}),
    ],
)
def test_a_module_loads_what_it_needs(module: str, absent: set[str], tmp_path: Path) -> None:
    assert loaded_by(tmp_path, "-c", f"import {module}") & absent == set()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'npfs' has no attribute 'absent'"):
        _ = npfs.absent
    assert set(npfs.__all__) <= set(dir(npfs))
    for name in npfs.__all__:
        assert getattr(npfs, name) is not None
