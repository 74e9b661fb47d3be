"""``npfs advise``: the time of a job with each backend, predicted from the stored runs."""

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from typer import Option

from npfs.cli import shared
from npfs.drawing.numbers import counted, n_bytes, significant, time, time_span
from npfs.schema import Size

if TYPE_CHECKING:
    from npfs.analysis.prediction import Beyond, Estimate, Prediction, Predictor
    from npfs.data import TableOptions
    from npfs.report.formatting import Sentences
    from npfs.suite.advice_check import Checked, Summary

SCHEMA, CHECK_SCHEMA = 1, 2
WIDE = 110  # columns of a terminal that has room for the whole table
NARROW_COLUMNS = ("backend", "time to result", "memory")


class Question(NamedTuple):
    """A job: so many fits, of so many epochs, on data of that size."""

    n_samples: int
    n_features: int
    epochs: int
    fits: int

    @property
    def size(self) -> Size:
        """Return the size of the data."""
        return Size(self.n_samples, self.n_features)


def advise(
    samples: Annotated[int | None, Option(min=1, max=10**12, help="Rows of the data.")] = None,
    features: Annotated[
        int | None, Option(min=1, max=10**6, help="Columns of the data. (default: 1)")
    ] = None,
    epochs: Annotated[int, Option(min=1, help="Steps of gradient descent in a fit.")] = 1000,
    fits: Annotated[int, Option(min=1, help="Fits on the same data.")] = 1,
    data: Annotated[
        Path | None, Option(metavar="FILE", help="A file to take the size of the data from.")
    ] = None,
    target: Annotated[str | None, Option(metavar="COLUMN", help="Its column to predict.")] = None,
    columns: Annotated[
        str | None,
        Option(metavar="A,B", help="Its columns to predict from. (default: all others)"),
    ] = None,
    missing: shared.Missing = "error",
    missing_values: shared.MissingValues = None,
    separator: shared.Separator = None,
    decimal: shared.Decimal = None,
    header: shared.Header = None,
    check: Annotated[
        bool,
        Option("--check", help="Time fits that were predicted, and show the errors (minutes)."),
    ] = False,
    seed: Annotated[int, Option(min=0, help="Of the sizes that --check draws.")] = 0,
    reports: shared.Reports = shared.REPORTS,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
) -> None:
    """Recommend a backend for data of a given size, from the stored runs."""
    from npfs.analysis.prediction import NoPrediction
    from npfs.estimator.auto import stored_predictor

    given = {"missing": missing, "separator": separator, "decimal": decimal, "header": header}
    options = None
    if target is not None:
        options = shared.table_options("--columns", columns, missing_values, target=target, **given)
    shared.recover_runs(reports)
    with shared.mistakes(NoPrediction, OSError):
        with shared.working("reading the data and the runs", quiet=quiet or as_json):
            size = (0, 0) if check else _size(samples, features, data, options)
            predictor = stored_predictor(reports)
        if check:
            _check(predictor, seed, as_json=as_json, quiet=quiet)
        else:
            _advise(Question(*size, epochs, fits), predictor, as_json=as_json, quiet=quiet)


def _size(
    samples: int | None, features: int | None, data: Path | None, options: "TableOptions | None"
) -> tuple[int, int]:
    """Return samples and features, as given or of a file."""
    if data is None:
        if options is not None:
            raise shared.Mistake("--target names a column of a file; give it with --data FILE")
        if samples is None:
            way = "Give --samples N (and --features D), or --data FILE --target COLUMN"
            raise shared.Mistake(f"how large are the data? {way}")
        return samples, features or 1
    if options is None:
        raise shared.Mistake("which column of the file is to be predicted? Give --target COLUMN")
    if samples is not None or features is not None:
        raise shared.Mistake("the size is that of the file: leave --samples and --features out")
    from npfs.data import BadTable, open_table
    from npfs.data.table import read_opened

    with shared.mistakes(BadTable, MemoryError):
        X = read_opened(open_table(data, options)).X
    return len(X), X.shape[1]


def _advise(question: Question, predictor: "Predictor", *, as_json: bool, quiet: bool) -> None:
    """Print the backend to use, and what each takes."""
    predictions, title = predictor.rank(*question), predictor.evidence.title
    # The fastest that does the same work, and those without significant difference.
    candidates = [p for p in predictions if not p.is_shortcut] or predictions
    best = [p for p in candidates if p is candidates[0] or not p.differs_from(candidates[0])]
    answer = _answer(question, predictions, best, title)
    notes = _notes(predictions, predictor)
    if as_json:
        shared.print_json(
            {
                "schema": SCHEMA,
                "question": question._asdict(),
                "answer": " ".join(answer),
                "best": [p.backend for p in best],
                "predictions": [_document(p, title(p.backend)) for p in predictions],
                "notes": notes,
            }
        )
        return
    shared.print_lines(*answer)
    if not quiet:
        rows = [_row(p, title(p.backend), best[0].total.value) for p in predictions]
        if shared.console().width < WIDE:
            rows = [{name: row[name] for name in NARROW_COLUMNS} for row in rows]
        shared.print_table(rows)
        shared.print_lines(*notes)


def _answer(
    question: Question,
    predictions: Sequence["Prediction"],
    best: Sequence["Prediction"],
    title: Callable[[str], str],
) -> list[str]:
    """Answer in a sentence, and in a second one if a shortcut is faster still."""
    say, first, fastest = _say(), best[0], predictions[0]
    names = [title(p.backend) for p in best]
    answer = [say("use", names=names, of=question, total=first.total, startup=first.startup)]
    if fastest.is_shortcut and fastest.differs_from(first):
        answer.append(say("shortcut", name=title(fastest.backend), total=fastest.total))
    return answer


def _say() -> "Sentences":
    from npfs.report.formatting import Sentences

    return Sentences("advice")


def _row(p: "Prediction", title: str, best_s: float) -> dict[str, str]:
    """Return the cells of the table by their headings."""
    unknown = "not measured"
    return {
        "backend": f"{title} (shortcut)" if p.is_shortcut else title,
        "time to result": _span(p.total),
        "startup": time(p.startup.value) if p.startup else unknown,
        "conversion": time(p.conversion.value) if p.conversion else unknown,
        "each fit": time(p.fit.value),
        "memory": unknown if p.memory_bytes is None else n_bytes(p.memory_bytes),
        "over the best": f"{significant(p.total.value / best_s)}×",
    }


def _notes(predictions: Sequence["Prediction"], predictor: "Predictor") -> list[str]:
    """Name the runs behind the numbers, what is extrapolated, and what is missing."""
    from npfs.estimator.auto import MEASURE, made_elsewhere
    from npfs.harness import machine

    say, evidence = _say(), predictor.evidence
    notes = [say("provenance", runs=len(evidence.runs), date=evidence.newest.started[:10])]
    if not predictor.tells_calls:
        notes.append(say("no_calls", command=MEASURE))
    for part in ("startup", "conversion"):
        lacking = [evidence.title(p.backend) for p in predictions if getattr(p, part) is None]
        notes += [say("without", part=part, names=lacking)] if lacking else []
    beyond: dict[Beyond, list[str]] = {}
    for p in predictions:
        if not p.beyond.is_inside:
            beyond.setdefault(p.beyond, []).append(evidence.title(p.backend))
    notes += [say("extrapolated", names=names, **of._asdict()) for of, names in beyond.items()]
    timed = {*evidence.backends, *evidence.shortcuts} - {*predictor.backends}
    missing = {evidence.title(name): say("not_float64") for name in sorted(timed)}
    missing |= dict.fromkeys(evidence.newest.unavailable, say("not_available"))
    notes += [say("not_predicted", name=name, why=why) for name, why in missing.items()]
    memory = machine.memory()["memory_bytes"] or math.inf
    too_large = [evidence.title(p.backend) for p in predictions if (p.memory_bytes or 0) > memory]
    notes += [say("too_large", memory=memory, names=too_large)] if too_large else []
    elsewhere = made_elsewhere(predictor)
    return [*notes, elsewhere] if elsewhere else notes


def _document(p: "Prediction", title: str) -> dict[str, Any]:
    """Return a prediction for programs: seconds and bytes; null is not known."""
    return {
        "backend": p.backend,
        "title": title,
        "is_shortcut": p.is_shortcut,
        "total_s": _numbers(p.total),
        "start_s": _numbers(p.startup),
        "prepare_s": _numbers(p.conversion),
        "call_s": _numbers(p.call),
        "epoch_s": _numbers(p.epoch),
        "fit_s": _numbers(p.fit),
        "memory_bytes": p.memory_bytes,
        "extrapolated": None if p.beyond.is_inside else p.beyond._asdict(),
    }


def _check(predictor: "Predictor", seed: int, *, as_json: bool, quiet: bool) -> None:
    """Time fits that were predicted, and print the errors."""
    from rich.console import Console
    from rich.progress import track

    from npfs.backends.registry import load_all
    from npfs.suite import advice_check

    is_still = quiet or as_json or not sys.stderr.isatty()
    with shared.working("loading the backends", quiet=is_still):
        backends, _ = load_all(predictor.backends)
    tasks = advice_check.draw(predictor, backends, seed)
    timed = track(
        advice_check.check(predictor, tasks, seed),
        "timing",
        advice_check.REPETITIONS * len(tasks),
        console=Console(stderr=True),
        auto_refresh=False,  # a thread that redraws would take time from the fits
        transient=True,
        disable=is_still,
    )
    checked = [one for some in timed for one in some]
    if not checked:
        raise shared.Mistake("no size could be timed: each would take too long or too much memory")
    summaries = advice_check.summaries(checked)
    if as_json:
        shared.print_json(_check_document(checked, summaries))
        return
    shared.print_lines(_check_answer(summaries))
    if quiet:
        return
    shared.print_table(_check_rows(summaries))
    if left_out := len(tasks) - len({(one.backend, one.size) for one in checked}):
        shared.print_lines(f"Not timed, as too slow or too large for memory: {left_out} sizes.")


def _check_answer(summaries: Sequence["Summary"]) -> str:
    """Say in a sentence how far off predictions were, and how many intervals covered."""
    of_all = {summary.is_inside: summary for summary in summaries if not summary.backend}
    covered = sum(summary.covered for summary in of_all.values())
    fits = sum(summary.fits for summary in of_all.values())
    ranges = {"inside": of_all.get(True), "beyond": of_all.get(False)}
    return _say()("checked", **ranges, covered=covered, fits=fits)


def _check_rows(summaries: Sequence["Summary"]) -> list[dict[str, str]]:
    """Return cells by headings: median errors by epochs, of each backend and of all."""
    epochs = sorted({n for s in summaries for n in s.median_errors})
    rows = []
    for s in summaries:
        row = {"median error of": s.backend or "all backends"}
        row["where"] = "inside" if s.is_inside else "beyond"
        for n in epochs:
            error = s.median_errors.get(n)
            row[counted(n, "epoch")] = "" if error is None else f"{100 * error:.1f} %"
        row["largest"] = f"{100 * s.largest_error:.0f} %"
        row["intervals that covered"] = f"{s.covered} of {s.fits}"
        rows.append(row)
    return rows


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


def _span(of: "Estimate") -> str:
    """Format an estimate with its interval."""
    return time_span(of.value, of.low, of.high)


def _numbers(of: "Estimate | None") -> dict[str, float] | None:
    return {"value": of.value, "low": of.low, "high": of.high} if of else None
