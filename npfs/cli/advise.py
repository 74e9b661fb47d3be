"""``npfs advise``: the time of a job with each backend, predicted from the stored runs."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from typer import Option

from npfs.cli.shared import (
    REPORTS,
    AsJson,
    Missing,
    Mistake,
    Quiet,
    Reports,
    mistakes,
    print_json,
    print_lines,
    print_table,
    recover_runs,
    width,
    working,
)
from npfs.drawing.numbers import count, listed, n_bytes, significant, time, time_span

if TYPE_CHECKING:
    from npfs.analysis.prediction import Estimate, Prediction, Predictor
    from npfs.suite.advice_check import Checked, Summary

SCHEMA, CHECK_SCHEMA = 1, 2
WIDE = 110  # columns of a terminal that has room for the whole table
NARROW_COLUMNS = ("backend", "in all", "memory")
COLUMNS = ("backend", "in all", "startup", "conversion", "each fit", "memory", "times the best")


class Question(NamedTuple):
    """A job: so many fits, of so many epochs, on data of that size."""

    n_samples: int
    n_features: int
    epochs: int
    fits: int

    def __str__(self) -> str:
        fits = "one fit" if self.fits == 1 else f"{count(self.fits)} fits"
        epochs = "one epoch" if self.epochs == 1 else f"{count(self.epochs)} epochs"
        samples = f"{count(self.n_samples)} sample{'s' if self.n_samples > 1 else ''}"
        features = f" of {self.n_features} features" if self.n_features > 1 else ""
        return f"{fits} of {epochs} on {samples}{features}"


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
        Option("--check", help="Time fits that were predicted, and show the errors (minutes)."),
    ] = False,
    seed: Annotated[int, Option(min=0, help="Of the sizes that --check draws.")] = 0,
    reports: Reports = REPORTS,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which backend to use for data of a size, and what each takes, from the stored runs."""
    from npfs.analysis.prediction import NoPrediction

    recover_runs(reports)
    is_still = quiet or as_json
    with mistakes(NoPrediction, OSError):
        if check:
            _check(reports, seed, as_json=as_json, quiet=quiet)
            return
        with working("reading the file", quiet=is_still or data is None):
            n_samples, n_features = _size(samples, features, data, target, missing, columns)
        question = Question(n_samples, n_features, epochs, fits)
        _advise(question, reports, as_json=as_json, quiet=quiet)


def _size(
    samples: int | None,
    features: int | None,
    data: Path | None,
    target: str | None,
    missing: str,
    columns: str | None,
) -> tuple[int, int]:
    """Return samples and features, as given or those of a file."""
    if data is None:
        if target is not None:
            raise Mistake("--target names a column of a file; give it with --data FILE")
        if samples is None:
            raise Mistake(
                "how large are the data? Give --samples N (and --features D), or --data FILE "
                "--target COLUMN"
            )
        return samples, features or 1
    if samples is not None or features is not None:
        raise Mistake("the size is that of the file: leave --samples and --features out, or --data")
    if target is None:
        raise Mistake("which column of the file is to be predicted? Give --target COLUMN")
    from npfs.data import BadTable, read_table
    from npfs.harness.option_values import split_names

    with mistakes(BadTable, ValueError):
        chosen = None if columns is None else split_names("--columns", columns)
        table = read_table(
            data, target=target, missing=missing, features=chosen, features_option="--columns"
        )
    return len(table.X), table.X.shape[1]


def _advise(question: Question, reports: Path, *, as_json: bool, quiet: bool) -> None:
    from npfs.estimator.auto import stored_predictor

    with working("reading the runs", quiet=quiet or as_json):
        predictor = stored_predictor(reports)
    predictions = predictor.rank(*question)
    answer = _answer(question, predictions, predictor)
    notes = _notes(predictions, predictor)
    if as_json:
        best = [prediction.backend for prediction in _best(predictions)]
        print_json(
            {
                "schema": SCHEMA,
                "question": question._asdict(),
                "answer": " ".join(answer),
                "best": best,
                "predictions": [_document(one, predictor) for one in predictions],
                "notes": notes,
            }
        )
        return
    print_lines(*answer)
    if not quiet:
        _print_table(COLUMNS, _rows(predictions, predictor))
        print_lines(*notes)


def _best(predictions: Sequence["Prediction"]) -> list["Prediction"]:
    """Return the fastest that does the same work, and those without significant difference."""
    candidates = [p for p in predictions if not p.is_shortcut] or list(predictions)
    return [p for p in candidates if p is candidates[0] or not p.differs_from(candidates[0])]


def _answer(
    question: Question, predictions: Sequence["Prediction"], predictor: "Predictor"
) -> list[str]:
    """Answer in a sentence, and in a second one if a shortcut is faster still."""
    title, best = predictor.evidence.title, _best(predictions)
    names = "; or ".join(title(p.backend) for p in best)
    alike = " (no significant difference)" if len(best) > 1 else ""
    first = best[0]
    of_it = f", {time(first.startup.value)} of it for startup" if first.startup else ""
    take = "take" if question.fits > 1 else "takes"
    answer = [f"Use {names}{alike}: {question} {take} {_span(first.total)}{of_it}."]
    shortcut = next((p for p in predictions if p.is_shortcut), None)
    if shortcut and shortcut.total.value < first.total.value and shortcut.differs_from(first):
        answer.append(
            f"A shortcut, {title(shortcut.backend)}, takes {_span(shortcut.total)}: the same steps "
            "from less work."
        )
    return answer


def _rows(predictions: Sequence["Prediction"], predictor: "Predictor") -> list[tuple[str, ...]]:
    """Return a row of ``COLUMNS`` for each backend, the fastest first."""
    fastest, unknown = _best(predictions)[0].total.value, "not measured"
    return [
        (
            predictor.evidence.title(p.backend) + (" (shortcut)" if p.is_shortcut else ""),
            _span(p.total),
            time(p.startup.value) if p.startup else unknown,
            time(p.conversion.value) if p.conversion else unknown,
            time(p.fit.value),
            unknown if p.memory_bytes is None else n_bytes(p.memory_bytes),
            f"{significant(p.total.value / fastest)}×",
        )
        for p in predictions
    ]


def _notes(predictions: Sequence["Prediction"], predictor: "Predictor") -> list[str]:
    """Say what the numbers rest on, what is extrapolated, and what is missing, and why."""
    from npfs.estimator.auto import MEASURE, made_elsewhere
    from npfs.harness import machine

    evidence = predictor.evidence
    runs = f"{len(evidence.runs)} run{'s' if len(evidence.runs) > 1 else ''}"
    notes = [
        f"Predicted from {runs}, the newest of {evidence.newest.started[:10]}; in parentheses 95 % "
        "intervals. In all: the startup of a process, the conversion of the arrays once, and the "
        "fits; reading a file is not in it. Memory: at most, X and y included."
    ]
    if not predictor.tells_calls:
        notes.append(
            "These runs do not tell the cost of a call from that of an epoch, so that intervals "
            f"are wide where few samples are fitted; measure both: {MEASURE}, without --budget."
        )
    notes += _extrapolated(predictions, predictor)
    timed = {*evidence.backends, *evidence.shortcuts} - {*predictor.backends}
    missing = {evidence.title(name): "it was not timed in float64" for name in sorted(timed)}
    missing |= dict.fromkeys(
        evidence.newest.unavailable, "it was not available when the runs were made"
    )
    notes += [f"Not predicted: {name}, {why}." for name, why in missing.items()]
    memory = machine.memory()["memory_bytes"]
    too_large = [
        evidence.title(p.backend) for p in predictions if memory and (p.memory_bytes or 0) > memory
    ]
    if memory and too_large:
        notes.append(
            f"More than the {n_bytes(memory)} of this machine's memory: {listed(too_large)}."
        )
    return [*notes, *filter(None, [made_elsewhere(predictor)])]


def _extrapolated(predictions: Sequence["Prediction"], predictor: "Predictor") -> list[str]:
    """Say for which backends the size lies beyond the measured ones, and how far."""
    factors: dict[str, list[str]] = {}
    for p in predictions:
        if not p.beyond.is_inside:
            parts = [
                f"{significant(factor, 2)} times the {name}"
                for factor, name in zip(p.beyond, ("data", "features"), strict=True)
                if factor > 1
            ]
            factors.setdefault(" and ".join(parts), []).append(predictor.evidence.title(p.backend))
    return [
        f"Extrapolated: {listed(names)}, to {what} of the largest that was measured."
        for what, names in factors.items()
    ]


def _document(prediction: "Prediction", predictor: "Predictor") -> dict[str, Any]:
    """Return a prediction for programs: seconds and bytes; null is not known."""
    parts = {
        "total_s": prediction.total,
        "start_s": prediction.startup,
        "prepare_s": prediction.conversion,
        "call_s": prediction.call,
        "epoch_s": prediction.epoch,
        "fit_s": prediction.fit,
    }
    beyond = prediction.beyond
    return {
        "backend": prediction.backend,
        "title": predictor.evidence.title(prediction.backend),
        "is_shortcut": prediction.is_shortcut,
        **{name: of and _numbers(of) for name, of in parts.items()},
        "memory_bytes": prediction.memory_bytes,
        "extrapolated": None if beyond.is_inside else beyond._asdict(),
    }


def _check(reports: Path, seed: int, *, as_json: bool, quiet: bool) -> None:
    """Time fits that were predicted, and print the errors."""
    from rich.console import Console
    from rich.progress import track

    from npfs.backends.registry import load_all
    from npfs.estimator.auto import stored_predictor
    from npfs.suite import advice_check

    is_still = quiet or as_json
    with working("reading the runs, loading the backends", quiet=is_still):
        predictor = stored_predictor(reports)
        backends, _ = load_all(predictor.backends)
    tasks = advice_check.draw(predictor, backends, seed)
    done: Iterable[list[Checked]] = advice_check.check(predictor, tasks, seed)
    if sys.stderr.isatty() and not is_still:
        total, console = advice_check.REPETITIONS * len(tasks), Console(stderr=True)
        # Drawn between fits only: a thread that redraws would take time from them.
        done = track(done, "timing", total, console=console, auto_refresh=False, transient=True)
    checked = [one for some in done for one in some]
    if not checked:
        raise Mistake("no size could be timed: each would take too long or too much memory")
    summaries = advice_check.summaries(checked)
    if as_json:
        print_json(_check_document(checked, summaries))
        return
    print_lines(_check_answer(summaries))
    if not quiet:
        _print_table(*_check_table(summaries))
    left_out = len(tasks) - len({(one.backend, one.size) for one in checked})
    if left_out and not quiet:
        print_lines(f"Not timed, as too slow or too large for the free memory: {left_out} sizes.")


def _check_answer(summaries: Sequence["Summary"]) -> str:
    """Say in a sentence how far off predictions were, and how many intervals covered."""
    of_all = [summary for summary in summaries if not summary.backend]
    parts = [
        f"{100 * s.median_error:.1f} % "
        f"{'between measured sizes' if s.is_inside else 'up to ten times beyond'} "
        f"({s.fits} fit{'s' if s.fits > 1 else ''})"
        for s in of_all
    ]
    covered, fits = sum(s.covered for s in of_all), sum(s.fits for s in of_all)
    return (
        f"Half of the predictions were off by less than {' and '.join(parts)}; "
        f"{covered} of {fits} intervals covered the measured time."
    )


def _check_table(summaries: Sequence["Summary"]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows: median errors by epochs, of each backend and of all."""
    epochs = sorted({n for s in summaries for n in s.median_errors})
    of_epochs = [f"{count(n)} epoch{'s' if n > 1 else ''}" for n in epochs]
    headings = ["median error of", "where", *of_epochs, "largest", "intervals that covered"]
    rows = [
        [
            s.backend or "all backends",
            "inside" if s.is_inside else "beyond",
            *(f"{100 * s.median_errors[n]:.1f} %" if n in s.median_errors else "" for n in epochs),
            f"{100 * s.largest_error:.0f} %",
            f"{s.covered} of {s.fits}",
        ]
        for s in summaries
    ]
    return headings, rows


def _check_document(checked: Sequence["Checked"], summaries: Sequence["Summary"]) -> dict[str, Any]:
    """Return the check for programs: every fit, and the summaries."""
    return {
        "schema": CHECK_SCHEMA,
        "answer": _check_answer(summaries),
        "summaries": [summary._asdict() for summary in summaries],
        "fits": [
            {
                "backend": one.backend,
                "n_samples": one.size.n_samples,
                "n_features": one.size.n_features,
                "epochs": one.epochs,
                "is_inside": one.beyond.is_inside,
                "predicted_s": _numbers(one.predicted),
                "measured_s": one.measured_s,
            }
            for one in checked
        ],
    }


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; where the terminal is narrow, names and totals alone."""
    if width() < WIDE and set(NARROW_COLUMNS) <= set(columns):
        kept = [columns.index(name) for name in NARROW_COLUMNS]
        columns, rows = [columns[k] for k in kept], [[row[k] for k in kept] for row in rows]
    print_table(columns, rows)


def _span(of: "Estimate") -> str:
    """Format an estimate with its interval."""
    return time_span(of.value, of.low, of.high)


def _numbers(of: "Estimate") -> dict[str, float]:
    return {"value": of.value, "low": of.low, "high": of.high}
