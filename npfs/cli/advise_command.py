"""What ``npfs advise`` does: make a question, foretell, print; or check how well that holds."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from npfs.analysis.advice_errors import Checked
from npfs.analysis.evidence import Evidence
from npfs.analysis.prediction import Prediction, Predictor
from npfs.backends.registry import load_all
from npfs.cli import advice_check_text as check_words
from npfs.cli import advice_text as words
from npfs.cli.advice_text import Question
from npfs.cli.shared import width, working
from npfs.data import read_table
from npfs.drawing.numbers import listed, n_bytes
from npfs.estimator.auto import NoAdvice, made_elsewhere, predictor
from npfs.harness import machine
from npfs.suite import advice_check

WIDE = 110  # columns of a terminal that has room for the whole table


class BadQuestion(ValueError):
    """The question lacks something, or says it twice; the message says what to give."""


def question(
    samples: int | None,
    features: int | None,
    epochs: int,
    fits: int,
    data: Path | None,
    target: str | None,
    missing: str,
    columns: list[str] | None = None,
) -> Question:
    """Return what is asked, its size given or taken from a file."""
    if data is None:
        if target is not None:
            raise BadQuestion("--target names a column of a file; give it with --data FILE")
        if samples is None:
            raise BadQuestion(
                "how large are the data? Give --samples N (and --features D), or --data FILE --target COLUMN"
            )
        return Question(samples, features or 1, epochs, fits)
    if samples is not None or features is not None:
        raise BadQuestion(
            "the size is that of the file: leave --samples and --features out, or --data"
        )
    if target is None:
        raise BadQuestion("which column of the file is to be predicted? Give --target COLUMN")
    table = read_table(
        data, target=target, missing=missing, features=columns, features_option="--columns"
    )
    return Question(len(table.X), table.X.shape[1], epochs, fits)


def advise(asked: Question, reports: Path, *, as_json: bool, quiet: bool) -> None:
    """Print what each backend would take."""
    with working("reading the runs", quiet=quiet or as_json):
        foretells = predictor(reports)
    evidence = foretells.evidence
    predictions = foretells.advise(*asked)
    notes = [
        *words.notes(predictions, evidence, _missing(foretells)),
        *_too_large(predictions, evidence),
        *filter(None, [made_elsewhere(foretells)]),
    ]
    if as_json:
        print(json.dumps(words.document(asked, predictions, evidence, notes), indent=1))
        return
    console = Console(width=width(), highlight=False)
    for line in words.sentences(asked, predictions, evidence):
        console.print(line, markup=False)
    if quiet:
        return
    _print_table(console, words.COLUMNS, words.rows(predictions, evidence))
    for note in notes:
        console.print(note, markup=False)


def check(reports: Path, seed: int, *, as_json: bool, quiet: bool) -> None:
    """Time fits that were foretold, and print how far off that was."""
    with working("reading the runs, loading the backends", quiet=quiet or as_json):
        foretells = predictor(reports)
        backends, _ = load_all(foretells.backends)
    visits = advice_check.number_of_visits(foretells, backends)
    done = advice_check.check(foretells, backends, seed)
    checked = [one for one in _tracked(done, visits, quiet=quiet or as_json) if one is not None]
    if not checked:
        raise NoAdvice("no size could be timed: each would take too long or too much memory")
    if as_json:
        print(json.dumps(check_words.document(checked), indent=1))
        return
    console = Console(width=width(), highlight=False)
    console.print(check_words.sentence(checked), markup=False)
    if quiet:
        return
    _print_table(console, check_words.COLUMNS, check_words.rows(checked))
    left_out = advice_check.number_of_sizes(foretells, backends) - len(checked)
    if left_out:
        console.print(
            f"Not timed, as too slow or too large for the memory that is free: {left_out} sizes."
        )


def _tracked(
    checks: Iterable[Checked | None], total: int, *, quiet: bool
) -> Iterable[Checked | None]:
    if quiet or not sys.stderr.isatty():
        return checks
    # Drawn between fits only: a thread that redraws would take time from them.
    console = Console(stderr=True)
    return track(checks, "timing", total, console=console, auto_refresh=False, transient=True)


def _missing(foretells: Predictor) -> dict[str, str]:
    evidence = foretells.evidence
    timed = [*evidence.backends, *evidence.shortcuts]
    found = {
        evidence.title(
            name
        ): "too few sizes were looked at; run the benchmark once more without a budget"
        for name in timed
        if name not in foretells.backends
    }
    unavailable = evidence.newest.unavailable
    return found | dict.fromkeys(unavailable, "it was not available when the runs were made")


def _too_large(predictions: Sequence[Prediction], evidence: Evidence) -> list[str]:
    """Name the backends that would need more memory than this machine has."""
    memory = machine.memory()["memory_bytes"]
    names = [
        evidence.title(p.backend) for p in predictions if memory and (p.memory_bytes or 0) > memory
    ]
    if not names:
        return []
    return [f"More than the {n_bytes(memory or 0)} of this machine's memory: {listed(names)}."]


def _print_table(console: Console, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    shown = list(rows)
    if console.width < WIDE:  # names and totals come first
        kept = [columns.index(name) for name in words.NARROW_COLUMNS if name in columns]
        kept = kept if len(kept) > 1 else list(range(len(columns)))
        columns, shown = [columns[k] for k in kept], [[row[k] for k in kept] for row in shown]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, heading in enumerate(columns):
        table.add_column(heading, justify="left" if index == 0 else "right", no_wrap=index > 0)
    for row in shown:
        table.add_row(*map(escape, row))
    console.print(table)
