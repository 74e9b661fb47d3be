"""The commands for a person's own data: fit, advise, backends."""

from pathlib import Path
from typing import Annotated

import typer

from npfs.cli.shared import (
    AsJson,
    Quiet,
    Reports,
    columns,
    ended_by_ctrl_c,
    told_as_a_sentence,
    working,
)

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="CSV (also .gz), Parquet (also a folder of it), Arrow, .npy or .npz.",
    ),
]
Target = Annotated[
    str,
    typer.Option(metavar="COLUMN", help="The column to predict: its name, or its position from 0."),
]
Missing = Annotated[
    str, typer.Option(metavar="error|drop", help="What to do about rows with missing values.")
]
DEFAULT_REPORTS = Path("reports")


def fit(
    file: File,
    target: Target,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Columns to predict from: names or positions. [default: all others]"
        ),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A name that npfs backends lists, or auto: advised from stored runs.",
        ),
    ] = "auto",
    epochs: Annotated[
        int, typer.Option(help="Steps of gradient descent, or with --tol at most so many.")
    ] = 1000,
    learning_rate: Annotated[
        str, typer.Option(metavar="RATE", help="auto, or a number above 0.")
    ] = "auto",
    tol: Annotated[
        float | None,
        typer.Option(help="Stop when the gradient's norm is at most this."),
    ] = None,
    standardize: Annotated[
        bool, typer.Option(help="Bring all features to one scale first.")
    ] = True,
    missing: Missing = "error",
    separator: Annotated[
        str | None,
        typer.Option(metavar="CHARACTER", help="Between cells of a text file. [default: found]"),
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(metavar="SIGN", help="Decimal sign, . or , [default: found]")
    ] = None,
    header: Annotated[
        bool | None,
        typer.Option(help="Whether the first row names the columns. [default: found]"),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT", help="Draw the fit and its loss into this file: .png, .svg, .pdf."
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Fit in the workers of this Dask cluster: tcp://host:8786."
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep there how far the fit is, and fit block by block."),
    ] = None,
    checkpoint_every: Annotated[
        str | None,
        typer.Option(metavar="N|Ns", help="Epochs, 100, or seconds, 30s. [default: 10s]"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from --checkpoint.")] = False,
    scratch: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where blocks are kept that memory cannot hold. [default: TMPDIR, or /var/tmp]",
        ),
    ] = None,
    reports: Reports = DEFAULT_REPORTS,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit a linear regression to a table in a file, by gradient descent."""
    from npfs.cli import fit_command as command
    from npfs.cli import large_data
    from npfs.data import BadTable, Table, read_table
    from npfs.data.pieces import BadPiece
    from npfs.largedata.checkpoint import BadCheckpoint

    def read() -> Table:
        return read_table(
            file,
            target=target,
            features=columns(features),
            missing=missing,
            separator=separator,
            decimal=decimal,
            header=header,
        )

    is_still = quiet or as_json
    mistakes = (BadTable, BadPiece, BadCheckpoint, command.CannotFit, OSError)
    with told_as_a_sentence("fit", *mistakes):
        with working("reading the file", quiet=is_still):
            asked = command.FitOptions(backend, epochs, learning_rate, tol, standardize, reports)
            asked.check(plot)
            options = large_data.BlockOptions(
                scheduler, checkpoint, checkpoint_every, resume, scratch
            )
            options.check(backend)
            source = large_data.Source(file, target, columns(features), missing)
            pieces = large_data.pieces_if_needed(source, asked, options, read)
            table = read() if pieces is None else None
        if pieces is not None:
            with (
                working("fitting", quiet=is_still) as say,
                large_data.told_where_it_is_kept(options),
            ):
                fitted = large_data.fit(pieces, asked, options, say, is_drawn=plot is not None)
        elif table is not None:
            with working("fitting", quiet=is_still), ended_by_ctrl_c():
                fitted = command.fit(table, asked)
        if plot is not None:
            with working("drawing", quiet=is_still):
                command.draw(fitted, plot)
    command.show(fitted, plot, as_json=as_json, quiet=quiet)


def advise(
    samples: Annotated[
        int | None, typer.Option(min=1, max=10**12, help="Rows of the data.")
    ] = None,
    features: Annotated[
        int | None, typer.Option(min=1, max=10**6, help="Columns of the data. [default: 1]")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Steps of gradient descent in a fit.")] = 1000,
    fits: Annotated[int, typer.Option(min=1, help="Fits on the same data.")] = 1,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file to take the size of the data from.")
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Its column to predict.")
    ] = None,
    columns_: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="A,B", help="Its columns to predict from. [default: all others]"
        ),
    ] = None,
    missing: Missing = "error",
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Time fits at sizes that were not measured, and say how far off advice is (minutes).",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the sizes that --check draws.")] = 0,
    reports: Reports = DEFAULT_REPORTS,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which backend to use for data of a size, and what each would take, from the stored runs."""
    from npfs.cli import advise_command as command
    from npfs.data import BadTable
    from npfs.estimator.auto import NoAdvice
    from npfs.harness.recovery import recover

    for found in recover(reports / "runs"):
        typer.echo(found, err=True)
    with told_as_a_sentence("advise", NoAdvice, BadTable, command.BadQuestion, OSError):
        if check:
            command.check(reports, seed, as_json=as_json, quiet=quiet)
            return
        with working("reading the file", quiet=quiet or as_json or data is None):
            question = command.question(
                samples, features, epochs, fits, data, target, missing, columns(columns_)
            )
        command.advise(question, reports, as_json=as_json, quiet=quiet)


def backends(as_json: AsJson = False) -> None:
    """List the backends: which are available, of which version, and why the others are not."""
    from npfs.cli.backends_command import show

    show(as_json=as_json)
