"""Advice in words: which backend for so many fits, what each would take, and what that rests on."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from npfs.analysis.evidence import Evidence
from npfs.analysis.prediction import Estimate, Prediction
from npfs.analysis.records import Size
from npfs.drawing import numbers
from npfs.report import wording

SCHEMA = 1
NARROW_COLUMNS = ("backend", "in all", "memory")
COLUMNS = ("backend", "in all", "to start", "conversion", "each fit", "memory", "times the best")


class Question(NamedTuple):
    """What is asked: so many fits, of so many epochs, on data of that size."""

    n_samples: int
    n_features: int
    epochs: int
    fits: int

    def __str__(self) -> str:
        size = wording.size(Size(self.n_features, self.n_samples))
        fits = "one fit" if self.fits == 1 else f"{numbers.count(self.fits)} fits"
        epochs = "one epoch" if self.epochs == 1 else f"{numbers.count(self.epochs)} epochs"
        return f"{fits} of {epochs} on {size}"


def best(predictions: Sequence[Prediction]) -> list[Prediction]:
    """Return the fastest that does the work in every epoch, and those that cannot be told from it."""
    candidates = [p for p in predictions if not p.is_shortcut] or list(predictions)
    return [p for p in candidates if p is candidates[0] or not p.differs_from(candidates[0])]


def sentences(
    question: Question, predictions: Sequence[Prediction], evidence: Evidence
) -> list[str]:
    """Answer in a sentence, and in a second one if a shortcut is faster still."""
    chosen = best(predictions)
    names = "; or ".join(evidence.title(p.backend) for p in chosen)
    noise = " (within noise of each other)" if len(chosen) > 1 else ""
    first = chosen[0]
    start = f", {numbers.time(first.start.value)} of it to start" if first.start else ""
    answer = [
        f"Use {names}{noise}: {question} take{'s' if question.fits == 1 else ''} {span(first.total)}{start}."
    ]
    faster = [p for p in predictions if p.is_shortcut and p.total.value < first.total.value]
    answer += [
        f"A shortcut, {evidence.title(p.backend)}, takes {span(p.total)}: the same steps from less work."
        for p in faster[:1]
        if p.differs_from(first)
    ]
    return answer


def rows(predictions: Sequence[Prediction], evidence: Evidence) -> list[tuple[str, ...]]:
    """Return a row of ``COLUMNS`` for each backend, the fastest first."""
    fastest = best(predictions)[0].total.value
    return [
        (
            evidence.title(p.backend) + (" (shortcut)" if p.is_shortcut else ""),
            span(p.total),
            numbers.time(p.start.value) if p.start else "not measured",
            numbers.time(p.prepare.value),
            numbers.time(p.fit.value),
            "not measured" if p.memory_bytes is None else numbers.n_bytes(p.memory_bytes),
            f"{numbers.significant(p.total.value / fastest)}×",
        )
        for p in predictions
    ]


def notes(
    predictions: Sequence[Prediction], evidence: Evidence, missing: Mapping[str, str]
) -> list[str]:
    """Say what the numbers rest on, what is extrapolated and by how much, and what is not foretold, and why."""
    number = len(evidence.runs)
    runs = "1 run" if number == 1 else f"{number} runs"
    lines = [
        f"Foretold from {runs}, the newest of {evidence.newest.started[:10]}; in parentheses 95 % intervals. In all: "
        "the start of a process, the conversion of the arrays once, and the fits; reading a file is not in it. Memory: at "
        "most, X and y included."
    ]
    lines += beyond(predictions, evidence)
    lines += [f"Not foretold: {name}, {why}." for name, why in missing.items()]
    return lines


def beyond(predictions: Sequence[Prediction], evidence: Evidence) -> list[str]:
    """Say for which backends the size lies beyond what was measured, and how far."""
    reasons: dict[str, list[str]] = {}
    for p in predictions:
        parts = []
        if p.reach.samples > 1:
            parts.append(f"{numbers.significant(p.reach.samples, 2)} times the data")
        if p.reach.features > 1:
            parts.append(f"{numbers.significant(p.reach.features, 2)} times the features")
        if parts:
            reasons.setdefault(" and ".join(parts), []).append(evidence.title(p.backend))
    return [
        f"Extrapolated: {numbers.listed(names)}, to {what} of the largest that was measured with about as many features."
        for what, names in reasons.items()
    ]


def document(
    question: Question,
    predictions: Sequence[Prediction],
    evidence: Evidence,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Return the advice for programs: seconds and bytes; what is not known is null."""
    return {
        "schema": SCHEMA,
        "question": question._asdict(),
        "answer": " ".join(sentences(question, predictions, evidence)),
        "best": [p.backend for p in best(predictions)],
        "predictions": [
            {
                "backend": p.backend,
                "title": evidence.title(p.backend),
                "is_shortcut": p.is_shortcut,
                "total_s": _numbers(p.total),
                "start_s": None if p.start is None else _numbers(p.start),
                "prepare_s": _numbers(p.prepare),
                "fit_s": _numbers(p.fit),
                "memory_bytes": p.memory_bytes,
                "extrapolated": p.reach._asdict() if not p.reach.is_inside else None,
            }
            for p in predictions
        ],
        "notes": list(notes),
    }


def span(of: Estimate) -> str:
    """Format an estimate with its interval."""
    return numbers.time_span(of.value, of.low, of.high)


def _numbers(of: Estimate) -> dict[str, float]:
    return {"value": of.value, "low": of.low, "high": of.high}
