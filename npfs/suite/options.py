"""The options of the benchmark: added to pytest's, checked, and made into a plan."""

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
from npfs.harness.runs import UnfinishedSet, unfinished_set
from npfs.harness.spec import REPETITIONS, RunSpec, Settings
from npfs.harness.stock import given_arguments
from npfs.regression.published import PUBLISHED, Published, published
from npfs.schema import Size
from npfs.suite import plan
from npfs.suite.plan import COLUMNS_OPTION, PRESETS, DataOptions, OwnData, Plan


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
RUNS = f"as many as fit into {plan.UNTIL_S:g} s, at least {plan.RUNS}"
ENDS = ("runs", "budget", "precision")  # each says when to end
GROUPINGS = ("group", "name", "func", "fullname", "fullfunc", "param")
OPTIONS = (
    Option("preset", "NAME", _preset, f"sizes to time: {', '.join(PRESETS)}", "standard"),
    *OF_SIZES,
    Option("backends", "NAME,NAME", split_names, "those to time (default: all installed)"),
    Option("dtypes", "T,T", _dtypes, f"kinds of numbers: {', '.join(plan.DTYPES)}", "float64"),
    Option("epochs", "N", _count, f"gradient-descent steps in a fit (default: {plan.EPOCHS})"),
    Option("runs", "N", _count, f"fresh processes that each time every case (default: {RUNS})"),
    Option("seed", "N", partial(whole_number, at_least=0), "of the data and the order", "0"),
    Option("budget", "SECONDS", seconds, "end the whole command within this time"),
    Option("precision", "SHARE", share, "go on until every speedup is known to within it: 0.05"),
    Option("problem", "NAME", _published, f"of a published comparison: {', '.join(PUBLISHED)}"),
    Option("data", "FILE", _text, "time on this table: CSV, Parquet, Arrow, .npy or .npz"),
    *OF_TABLE,
)


def options_with(unfinished: UnfinishedSet, data: str | None) -> dict[str, Any]:
    """Return the options with the present path of the table: a run keeps only its file's name.

    Raises
    ------
    ValueError
        If the runs were not made on a table, or its file is not here.
    """
    table = unfinished.newest.data
    if table is None:
        if data is not None:
            raise ValueError("--resume finishes runs that were made without --data; leave it out")
        return unfinished.options
    path = data or table.file
    if not Path(path).exists():
        raise ValueError(
            f"--resume finds no {path!r} here; say where the table is, with --data beside it"
        )
    return {**unfinished.options, "data": path}


def _require_same(unfinished: UnfinishedSet, data: OwnData | None) -> None:
    """Refuse a table whose numbers are not those that the first runs were made on.

    Raises
    ------
    ValueError
        Names the file.
    """
    table = unfinished.newest.data
    if table and data and data.record.digest != table.digest:
        raise ValueError(
            f"{str(data.options.path)!r} has other numbers than when these runs began; bring "
            "the table back, or start anew without --resume"
        )


@dataclass(frozen=True)
class Chosen:
    """What the options ask for.

    Attributes
    ----------
    options : dict
        As a further run needs them: with the path of a table.
    unfinished : UnfinishedSet or None
        The runs that are to be finished.
    """

    plan: Plan
    backends: dict[str, Backend]
    unavailable: dict[str, BackendUnavailable]
    options: dict[str, str | None]
    unfinished: UnfinishedSet | None = None

    def settings(self, config: pytest.Config, spec: RunSpec) -> Settings:
        """Return what the harness needs to know."""
        plan, left = self.plan, self.unfinished
        asked = int(config.getoption("npfs_repetitions") or REPETITIONS)
        repetitions = min(asked, plan.limits.repetitions)
        return Settings(
            reports=config.invocation_params.dir / config.getoption("reports"),
            runs=plan.runs,
            until_s=plan.until_s,
            budget_s=plan.budget_s,
            precision=plan.precision,
            repetitions=repetitions,
            passes=None if left is None else left.repetitions,
            repetition_s=plan.repetition_s,
            seed=plan.seed,
            planned={**plan.record, "preset": plan.preset},
            job="" if left is None else left.job,
            arguments=tuple(joined(config.invocation_params.args)),
        )


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the plan, of the report and of what goes between processes."""
    group = parser.getgroup("npfs", "npfs: what is timed")
    reports = Option("reports", "DIR", _text, "folder for runs, figures and verdict", "reports")
    for name, metavar, _, text, default in (*OPTIONS, reports):
        shown = "" if default is None else f" (default: {default})"
        kind: dict[str, Any] = {"nargs": "?", "const": "yes"} if name == "header" else {}
        group.addoption(f"--{name}", metavar=metavar, default=default, help=text + shown, **kind)
    group.addoption("--resume", action="store_true", help="finish an interrupted set of runs")


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
        table = DataOptions(Path(file), of_table).read()
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
        runs=values["runs"] or plan.RUNS,
        until_s=None if any(values[name] for name in ENDS) else PRESETS[values["preset"]].until_s,
        seed=values["seed"],
        budget_s=values["budget"],
        precision=values["precision"],
        record=record | {"runs": str(values["runs"] or plan.RUNS)},
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


def chosen(config: pytest.Config, spec: RunSpec) -> Chosen:
    """Check the options, and load the backends that they name.

    A further run takes both from its specification.

    Raises
    ------
    pytest.UsageError
        One sentence: what was given, and what to give.
    """
    _require_ours(config)
    try:
        options: dict[str, str | None] = spec.chosen.get("options") or {
            name: config.getoption(f"--{name}") for name in _names(OPTIONS)
        }
        if options["data"] is not None and config.getoption("no_header"):  # an option of pytest
            options["header"] = "no"
        unfinished = None
        if config.getoption("resume") and spec.is_first:
            reports = config.invocation_params.dir / config.getoption("reports")
            unfinished = unfinished_set(reports / "runs", _given_of_plan(config) - {"--data"})
            options = options_with(unfinished, config.getoption("data"))
        made = make_plan(**options)
        if unfinished is not None:
            _require_same(unfinished, made.data)
            made = replace(made, runs=unfinished.runs_missing, until_s=None)
        # Which takes seconds: after all else is checked.
        unavailable: dict[str, BackendUnavailable] = {}
        if made.backends:
            backends = {name: load_backend(name) for name in made.backends}
        else:
            names = made.limits.backends or backend_names(also_if_named=False)
            backends, unavailable = load_all(names)
    except (ValueError, UnknownBackend, BackendUnavailable) as error:
        raise pytest.UsageError(str(error)) from None
    loaded = ",".join(backends)
    made = replace(made, backends=tuple(backends), record={**made.record, "backends": loaded})
    return Chosen(made, backends, unavailable, {**options, "backends": loaded}, unfinished)


def _require_ours(config: pytest.Config) -> None:
    """Refuse what leaves no report once everything is measured.

    Raises
    ------
    pytest.UsageError
        One sentence: what was given, and what to give.
    """
    if not str(config.getoption("reports")).strip():
        raise pytest.UsageError("--reports takes a folder, such as reports; got ''")
    if config.getoption("npfs_runs") is not None:
        raise pytest.UsageError("--npfs-runs is for other benchmarks; give --runs N here")
    grouping = str(config.getoption("benchmark_group_by"))
    unknown = [name for name in grouping.split(",") if name not in GROUPINGS]
    if unknown:
        raise pytest.UsageError(
            f"--benchmark-group-by takes {', '.join(GROUPINGS)} here, as not all benchmarks have "
            f"one parameter; got {unknown[0]!r}"
        )


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


def _given_of_plan(config: pytest.Config) -> set[str]:
    given = {argument.partition("=")[0] for argument in given_arguments(config)}
    return given & {f"--{name}" for name in _names(OPTIONS)}
