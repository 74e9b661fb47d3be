"""``npfs bench``: the benchmark, as pytest runs it."""

import typer

from npfs.cli.shared import mistakes


def bench(context: typer.Context) -> None:
    """Run the benchmark: the same as python -m pytest bench --benchmark-only, with its options.

    Such as --preset quick, --runs 10, --data FILE --target COLUMN; npfs bench -- --help lists all.
    """
    from npfs.harness.fresh_runs import CannotMeasure, bench_command, run_in_place

    with mistakes(CannotMeasure):
        command = bench_command(context.args)
    raise typer.Exit(run_in_place(command))
