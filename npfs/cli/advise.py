"""``npfs advise``: the backend for data of a size, from the stored runs."""

from pathlib import Path
from typing import Annotated

from typer import Option

from npfs.cli.shared import (
    REPORTS,
    AsJson,
    Missing,
    Quiet,
    Reports,
    mistakes,
    recover_runs,
    working,
)


def advise(
    samples: Annotated[int | None, Option(min=1, max=10**12, help="Rows of the data.")] = None,
    features: Annotated[
        int | None, Option(min=1, max=10**6, help="Columns of the data. [default: 1]")
    ] = None,
    epochs: Annotated[int, Option(min=1, help="Steps of gradient descent in a fit.")] = 1000,
    fits: Annotated[int, Option(min=1, help="Fits on the same data.")] = 1,
    data: Annotated[
        Path | None, Option(metavar="FILE", help="A file to take the size of the data from.")
    ] = None,
    target: Annotated[str | None, Option(metavar="COLUMN", help="Its column to predict.")] = None,
    columns: Annotated[
        str | None,
        Option(metavar="A,B", help="Its columns to predict from. [default: all others]"),
    ] = None,
    missing: Missing = "error",
    check: Annotated[
        bool,
        Option(
            "--check",
            help="Time fits at sizes that were not measured, and say how far off advice is (minutes).",
        ),
    ] = False,
    seed: Annotated[int, Option(min=0, help="Of the sizes that --check draws.")] = 0,
    reports: Reports = REPORTS,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which backend to use for data of a size, and what each would take, from the stored runs."""
    from npfs.cli import advise_command as command
    from npfs.data import BadTable
    from npfs.estimator.auto import NoAdvice
    from npfs.harness.option_values import split_names

    recover_runs(reports)
    with mistakes(NoAdvice, BadTable, command.BadQuestion, OSError):
        if check:
            command.check(reports, seed, as_json=as_json, quiet=quiet)
            return
        with mistakes(ValueError):
            chosen = None if columns is None else split_names("--columns", columns)
        with working("reading the file", quiet=quiet or as_json or data is None):
            question = command.question(
                samples, features, epochs, fits, data, target, missing, chosen
            )
        command.advise(question, reports, as_json=as_json, quiet=quiet)
