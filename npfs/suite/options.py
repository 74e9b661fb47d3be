"""The options of the benchmark: added to pytest's, checked, and made into a plan."""

import argparse
import importlib
import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from npfs.backends.base import Backend, BackendUnavailable
from npfs.backends.registry import UnknownBackend, backend_names, load_all, load_backend
from npfs.harness.option_values import numbers, seconds, share, split_names, whole_number
from npfs.regression.published import PUBLISHED, Published, published
from npfs.schema import Size
from npfs.suite import plan
from npfs.suite.own_data import COLUMNS_OPTION, DataOptions, table_options
from npfs.suite.plan import PRESETS, Plan
from npfs.suite.resume import UnfinishedSet, unfinished_set


def _text(option: str, text: str) -> str:
    return text


def _yes(option: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{option} takes yes, no or nothing; got {text!r}")
    return text == "yes"


def _published(option: str, text: str) -> Published:
    return published(text)


def _preset(option: str, text: str) -> str:
    if text not in PRESETS:
        raise ValueError(f"{option} must be one of {', '.join(PRESETS)}; got {text!r}")
    return text


def _dtypes(option: str, text: str) -> list[str]:
    names = split_names(option, text)
    for name in names:
        if name not in plan.DTYPES:
            raise ValueError(f"{option} takes {' and '.join(plan.DTYPES)}; got {name!r}")
    return names


class Option(NamedTuple):
    """An option of the plan; ``parse`` takes its name and what was given."""

    name: str
    metavar: str
    parse: Callable[[str, str], Any]
    help: str
    default: str | None = None


_count = partial(whole_number, at_least=1)
OF_SIZES = (
    Option("sizes", "N,N", numbers, "samples, such as 100,1e4; in place of the preset's sizes"),
    Option("features", "D,D", numbers, "numbers of features, each with each of the sizes"),
)
OF_TABLE = (
    Option("target", "COL", _text, "of --data: the column to predict, by name or position"),
    Option("columns", "A,B", split_names, "of --data: those to predict from (default: all others)"),
    Option("missing", "error|drop", _text, "of --data: what to do about rows with missing values"),
    Option("separator", "C", _text, "of a text file of --data: between cells (default: found)"),
    Option("decimal", "C", _text, "of a text file of --data: its decimal sign (default: found)"),
    Option("missing-values", "?,.", split_names, "of a text file of --data: more missing values"),
    Option("header", "yes|no", _yes, "of a text file of --data: --header or --no-header"),
)
GROUPINGS = ("group", "name", "func", "fullname", "fullfunc", "param")
OPTIONS = (
    Option("preset", "NAME", _preset, f"sizes to time: {', '.join(PRESETS)}", "standard"),
    *OF_SIZES,
    Option("backends", "NAME,NAME", split_names, "those to time (default: all installed)"),
    Option("dtypes", "T,T", _dtypes, f"kinds of numbers: {', '.join(plan.DTYPES)}", "float64"),
    Option("epochs", "N", _count, f"gradient-descent steps in a fit (default: {plan.EPOCHS})"),
    Option("runs", "N", _count, "fresh processes that each time every case", str(plan.RUNS)),
    Option("seed", "N", partial(whole_number, at_least=0), "of the data and the order", "0"),
    Option("budget", "SECONDS", seconds, "end the whole command within this time"),
    Option("precision", "SHARE", share, "go on until every speedup is known to within it: 0.05"),
    Option("problem", "NAME", _published, f"of a published comparison: {', '.join(PUBLISHED)}"),
    Option("data", "FILE", _text, "time on this table: CSV, Parquet, Arrow, .npy or .npz"),
    *OF_TABLE,
)
# From the first run's process to the further ones.
HIDDEN = (
    ("further", None),  # the set of runs that this process makes one of
    ("repetitions", plan.REPETITIONS),
    ("only", None),
    ("without", ""),
    ("seconds", None),
)


@dataclass(frozen=True)
class Chosen:
    """What the options ask for; ``unfinished`` is the set of runs that is to be finished."""

    plan: Plan
    backends: dict[str, Backend]
    unavailable: dict[str, str]
    unfinished: UnfinishedSet | None = None


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the plan, of the report and of what goes between processes."""
    group = parser.getgroup("npfs", "npfs: what is timed")
    reports = Option("reports", "DIR", _text, "folder for runs, figures and verdict", "reports")
    for name, metavar, _, text, default in (*OPTIONS, reports):
        shown = "" if default is None else f" (default: {default})"
        kind: dict[str, Any] = {"nargs": "?", "const": "yes"} if name == "header" else {}
        group.addoption(f"--{name}", metavar=metavar, default=default, help=text + shown, **kind)
    group.addoption("--resume", action="store_true", help="finish an interrupted set of runs")
    for name, value in HIDDEN:
        group.addoption(f"--npfs-{name}", default=value, help=argparse.SUPPRESS)


def make_plan(**given: str | None) -> Plan:
    """Check the values of ``OPTIONS`` and make a plan; those that are left out have their defaults.

    Without ``backends`` the plan names none yet: all that can be loaded are meant. A table is read,
    and its samples and features take the place of the preset's sizes. ``record`` keeps the values
    as they were given, but of the table the name of its file without the folders.

    Raises
    ------
    ValueError
        Names the option, what was given and what it takes; or says what is wrong with the table.
    """
    record = {option.name: given.get(option.name, option.default) for option in OPTIONS}
    values: dict[str, Any] = {
        option.name: text if text is None else option.parse(f"--{option.name}", text)
        for option, text in zip(OPTIONS, record.values(), strict=True)
    }
    named, file, table = values["problem"], values["data"], None
    if named is not None:
        problem = "cannot be chosen for --problem, which brings its own data; leave {} out"
        _require_none(["data", *_names(OF_SIZES)], record, problem)
    if file is None:
        problem = "belongs to --data FILE; add it, or leave {} out"
        _require_none(_names(OF_TABLE), record, problem)
    else:
        problem = "cannot be chosen for --data, which brings its own; leave {} out "
        problem += f"({COLUMNS_OPTION} a,b chooses columns)"
        _require_none(_names(OF_SIZES), record, problem)
        if values["target"] is None:
            raise ValueError("--data needs the column that is to be predicted; add --target COL")
        of_table = {name: values[name] for name in _names(OF_TABLE) if values[name] is not None}
        table = DataOptions(Path(file), table_options(**of_table)).read()
        record["data"] = Path(file).name
    if named is not None:
        sizes = plan.grid([named.n_samples], named.n_features)
    elif table is not None:
        sizes = (Size(*table.X.shape),)
    elif values["sizes"] or values["features"]:
        samples = values["sizes"] or [plan.MANY_FEATURES_SAMPLES]
        sizes = plan.grid(samples, values["features"] or [1])
    else:
        sizes = PRESETS[values["preset"]].sizes
    return Plan(
        preset=values["preset"],
        sizes=tuple(
            msgspec.structs.replace(size, dtype=dtype)
            for dtype in values["dtypes"]
            for size in sizes
        ),
        backends=tuple(values["backends"] or ()),
        epochs=values["epochs"] or (plan.EPOCHS if named is None else named.epochs),
        runs=values["runs"],
        seed=values["seed"],
        budget_s=values["budget"],
        precision=values["precision"],
        record=record | {"runs": str(values["runs"])},
        data=table,
        published=named,
    )


def _names(options: Iterable[Option]) -> list[str]:
    return [option.name for option in options]


def _require_none(names: Iterable[str], given: Mapping[str, str | None], problem: str) -> None:
    """Refuse options that do not go with the others; ``problem`` follows their name."""
    for name in names:
        if given[name] is not None:
            raise ValueError(f"--{name} {problem.format(f'--{name}')}")


def chosen(config: pytest.Config) -> Chosen:
    """Check the options, and load the backends that they name.

    Raises
    ------
    pytest.UsageError
        One sentence: what was given, and what to give.
    """
    _require_stock(config)
    try:
        options = {name: config.getoption(f"--{name}") for name in _names(OPTIONS)}
        if options["data"] is not None and config.getoption("no_header"):  # an option of pytest
            options["header"] = "no"
        unfinished = None
        if config.getoption("resume"):
            reports = config.invocation_params.dir / config.getoption("reports")
            unfinished = unfinished_set(reports / "runs", _given_of_plan(config) - {"--data"})
            options = unfinished.options_with(data=config.getoption("data"))
        made = make_plan(**options)
        if unfinished is not None:
            unfinished.require_same(made.data)
            made = replace(made, runs=unfinished.runs_missing)
        # Which takes seconds: after all else is checked.
        unavailable: dict[str, str] = {}
        if made.backends:
            backends = {name: load_backend(name) for name in made.backends}
        else:
            names = made.limits.backends or backend_names(also_if_named=False)
            backends, unavailable = load_all(names)
    except (ValueError, UnknownBackend, BackendUnavailable) as error:
        raise pytest.UsageError(str(error)) from None
    record = {**made.record, "backends": ",".join(backends)}
    made = replace(made, backends=tuple(backends), record=record)
    if (left := config.getoption("npfs_seconds")) is not None:
        made = replace(made, budget_s=float(left))
    return Chosen(made, backends, unavailable, unfinished)


def _require_stock(config: pytest.Config) -> None:
    """Refuse what leaves no run, or no report, once everything is measured.

    Raises
    ------
    pytest.UsageError
        One sentence: what was given, and what to give.
    """
    if not str(config.getoption("reports")).strip():
        raise pytest.UsageError("--reports takes a folder, such as reports; got ''")
    if config.getoption("benchmark_group_by", None) is None:
        raise pytest.UsageError(
            "the runs are timed by pytest-benchmark, which is switched off here (-p no:benchmark); "
            "leave that out"
        )
    others = (("count", "pytest-repeat", 1), ("codspeed", "pytest-codspeed", False))
    for option, plugin, usual in others:
        if (config.getoption(option, None) or usual) != usual:
            raise pytest.UsageError(
                f"--{option} of {plugin} does not go with the runs of npfs, which repeat each case "
                "by themselves; leave it out (--runs N makes more runs)"
            )
    grouping = str(config.getoption("benchmark_group_by"))
    unknown = [name for name in grouping.split(",") if name not in GROUPINGS]
    if unknown:
        raise pytest.UsageError(
            f"--benchmark-group-by takes {', '.join(GROUPINGS)} here, as not all benchmarks have "
            f"one parameter; got {unknown[0]!r}"
        )
    if config.getoption("benchmark_histogram"):
        try:
            importlib.import_module("pygal")
        except ImportError:
            raise pytest.UsageError(
                "--benchmark-histogram needs pygal: python -m pip install "
                "'pytest-benchmark[histogram]', or leave it out: the report has figures"
            ) from None


def set_benchmark_defaults(config: pytest.Config, made: Plan) -> None:
    """Set pytest-benchmark's options that the user left open.

    A further run writes its own file alone.
    """
    given = _given(config)
    for option, value in (
        ("max-time", str(made.seconds_per_repetition)),
        ("min-time", str(plan.ROUND_SECONDS)),
        ("min-rounds", plan.MIN_ROUNDS),
    ):
        if not any(argument.startswith(f"--benchmark-{option}") for argument in given):
            setattr(config.option, f"benchmark_{option.replace('-', '_')}", value)
    # The stock table is one run's, without intervals: shown to those who use a stock option.
    stock = [argument for argument in given if argument.startswith("--benchmark-")]
    config.option.benchmark_quiet |= set(stock) <= {"--benchmark-only"}
    if config.getoption("npfs_further"):
        for name, off in (("json", None), ("save", None), ("autosave", None), ("compare", [])):
            setattr(config.option, f"benchmark_{name}", off)
        config.option.benchmark_histogram = config.option.benchmark_cprofile_dump = []
        config.option.benchmark_compare_fail = config.option.xmlpath = None


def joined(arguments: Iterable[Any]) -> list[str]:
    """Return arguments with each of our options and its value in one, as ``--reports=DIR``.

    pytest looks for ``conftest.py`` before it knows our options: it would take a value that names a
    folder for the place of the benchmarks.
    """
    ours = {f"--{name}" for name in ("reports", *_names(OPTIONS)) if name != "header"}
    found: list[str] = []
    for argument in map(str, arguments):
        if found and found[-1] in ours:
            found[-1] += f"={argument}"
        else:
            found.append(argument)
    return found


def _given(config: pytest.Config) -> list[str]:
    """Return the arguments of the user, on the command line and elsewhere."""
    return [
        *(str(argument) for argument in config.invocation_params.args),
        *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")),
        *config.getini("addopts"),
    ]


def _given_of_plan(config: pytest.Config) -> set[str]:
    given = {argument.partition("=")[0] for argument in _given(config)}
    return given & {f"--{name}" for name in _names(OPTIONS)}
