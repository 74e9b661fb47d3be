"""The options of the benchmark: added to pytest's, checked, and made into a plan."""

import argparse
import os
import shlex
from dataclasses import dataclass, replace

import pytest

from npfs.backends.base import Backend, BackendUnavailable
from npfs.backends.registry import UnknownBackend, backend_names, load_all, load_backend
from npfs.harness.recovery import Recovered
from npfs.regression.published import PUBLISHED
from npfs.suite import plan, resume
from npfs.suite.plan import VISITS

OPTIONS = (
    ("preset", "NAME", "standard", f"sizes to time: {', '.join(plan.PRESETS)}"),
    ("sizes", "N,N", None, "numbers of samples, such as 100,1e4; in place of the preset's"),
    ("features", "D,D", None, "numbers of features, each with each of the sizes"),
    ("backends", "NAME,NAME", None, "backends to time (default: all that are installed)"),
    ("dtypes", "T,T", "float64", f"kinds of numbers: {', '.join(plan.DTYPES)}"),
    ("epochs", "N", None, f"gradient-descent steps in a fit (default: {plan.EPOCHS})"),
    ("runs", "N", str(plan.RUNS), "fresh processes that each time every case"),
    ("seed", "N", "0", "of the data and of the order of cases"),
    ("budget", "SECONDS", None, "end the whole command within this time"),
    (
        "precision",
        "SHARE",
        None,
        "go on until every speedup is known to within this share, 0.05",
    ),
    ("problem", "NAME", None, f"time on that of a published comparison: {', '.join(PUBLISHED)}"),
    (
        "data",
        "FILE",
        None,
        "time on this table (CSV, Parquet, Arrow, .npy, .npz), in place of the preset's sizes",
    ),
    ("target", "COL", None, "of --data: the column to be predicted, by name or position"),
    ("columns", "A,B", None, "of --data: the columns to predict from (default: all others)"),
    ("missing", "error|drop", None, "of --data: what to do about rows with missing values"),
    ("separator", "C", None, "of a text file of --data: what parts its cells (default: found)"),
    ("decimal", "C", None, "of a text file of --data: its decimal sign (default: found)"),
)
# From the first run's process to the further ones.
HIDDEN = (
    ("further", None),  # the set of runs that this process makes one of
    ("visits", plan.VISITS),
    ("only", None),
    ("without", ""),
    ("seconds", None),
)


@dataclass(frozen=True)
class Chosen:
    """What the options ask for.

    Attributes
    ----------
    job : str or None
        The interrupted set of runs that is to be finished.
    """

    plan: plan.Plan
    backends: dict[str, Backend]
    unavailable: dict[str, str]
    job: str | None = None
    visits: int = VISITS
    recovered: tuple[Recovered, ...] = ()


def add_options(parser: pytest.Parser) -> None:
    """Add the options of the plan, of the report and of what goes between processes."""
    group = parser.getgroup("npfs", "npfs: what is timed")
    reports = ("reports", "DIR", "reports", "folder for runs, figures and verdict")
    for name, metavar, default, text in (*OPTIONS, reports):
        shown = "" if default is None else f" (default: {default})"
        group.addoption(f"--{name}", metavar=metavar, default=default, help=text + shown)
    group.addoption("--resume", action="store_true", help="finish an interrupted set of runs")
    for name, value in HIDDEN:
        group.addoption(f"--npfs-{name}", default=value, help=argparse.SUPPRESS)


def chosen(config: pytest.Config) -> Chosen:
    """Check the options, and load the backends that they name.

    Raises
    ------
    pytest.UsageError
        One sentence: what was given, and what to give.
    """
    try:
        options = {name: config.getoption(name) for name, *_ in OPTIONS}
        unfinished = None
        if config.getoption("resume"):
            reports = config.invocation_params.dir / config.getoption("reports")
            given = [option for option in _given_of_plan(config) if option != "--data"]
            unfinished = resume.unfinished_set(reports / "runs", given)
            options = unfinished.options_with(data=config.getoption("data"))
        made = plan.make_plan(**options)
        if unfinished is not None:
            unfinished.require_same(made.data)
        # Which takes seconds: after all else is checked.
        backends, unavailable = _backends(made.backends, made.limits.backends)
    except (ValueError, UnknownBackend, BackendUnavailable) as error:
        raise pytest.UsageError(str(error)) from None
    names = ",".join(backends)
    made = replace(made, backends=tuple(backends), record={**made.record, "backends": names})
    if (seconds := config.getoption("npfs_seconds")) is not None:
        made = replace(made, budget_s=float(seconds))
    if unfinished is None:
        return Chosen(made, backends, unavailable)
    made = replace(made, runs=unfinished.runs_missing)
    return Chosen(
        made, backends, unavailable, unfinished.job, unfinished.visits, unfinished.recovered
    )


def set_benchmark_defaults(config: pytest.Config, made: plan.Plan) -> None:
    """Set pytest-benchmark's options that the user left open; a further run writes its own file alone."""
    given = _given(config)
    for option, value in (
        ("max-time", str(made.seconds_per_visit)),
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


def _given(config: pytest.Config) -> list[str]:
    """Return what the user has given, on the command line and elsewhere."""
    return [
        *(str(argument) for argument in config.invocation_params.args),
        *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")),
        *config.getini("addopts"),
    ]


def _given_of_plan(config: pytest.Config) -> list[str]:
    given = {argument.partition("=")[0] for argument in _given(config)}
    return [f"--{name}" for name, *_ in OPTIONS if f"--{name}" in given]


def _backends(
    named: tuple[str, ...], of_preset: tuple[str, ...]
) -> tuple[dict[str, Backend], dict[str, str]]:
    """Load the named backends, else the preset's, else all; return with them the reason for each other."""
    if named:
        return {name: load_backend(name) for name in named}, {}
    return load_all(of_preset or backend_names(also_if_named=False))
