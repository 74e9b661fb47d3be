"""The choice of a backend for data of a size, from the runs that are stored on this machine."""

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from npfs.analysis.evidence import Evidence
from npfs.analysis.evidence import pool
from npfs.analysis.prediction import NoSurvey, Prediction, Predictor
from npfs.analysis.runs import read_runs
from npfs.backends.base import BackendUnavailable
from npfs.backends.registry import UnknownBackend, load_backend
from npfs.drawing import numbers
from npfs.harness import libraries

REPORTS = Path("reports")
WITHOUT_RUNS = "numpy"
MEASURE = "npfs bench"


class NoAdvice(ValueError):
    """Nothing is stored from which advice could be given; the message says what to do."""


@dataclass(frozen=True)
class Choice:
    """A backend, and why it was chosen."""

    backend: str
    reason: str


def predictor(reports: Path = REPORTS) -> Predictor:
    """Return what foretells times from the runs below ``reports``: those that pool with the newest that has a survey.

    Runs that were made since without one (within a budget, or for a part of the cases) say nothing of other sizes.

    Raises
    ------
    NoAdvice
        If there are no runs, or none that looked at enough sizes.
    """
    folder = read_runs(reports / "runs")
    if not folder.runs:
        raise NoAdvice(
            f"{reports / 'runs'} holds no runs to advise from; measure this machine with {MEASURE}, or name another "
            "folder with --reports"
        )
    surveyed = [run for run in folder.runs if run.survey][-1:]
    runs = pool([*folder.runs, *surveyed])[0][:-1] if surveyed else folder.runs
    try:
        return Predictor(Evidence(replace(folder, runs=tuple(runs))))
    except NoSurvey as error:
        raise NoAdvice(str(error)) from None


def made_elsewhere(foretells: Predictor) -> str:
    """Say how the machine of the runs differs from this one; empty if it does not seem to."""
    then = foretells.evidence.newest.environment
    here = {"cores": os.cpu_count(), **libraries.versions()}
    measured = {"cores": then["cores"], **then["libraries"]}
    differs = [
        f"{name} {measured[name] or 'not installed'} there, {here[name] or 'not installed'} here"
        for name in ("cores", "numpy", "numba")
        if measured.get(name) != here[name]
    ]
    if not differs:
        return ""
    return f"The runs were made elsewhere or earlier ({'; '.join(differs)}): measure anew with {MEASURE}."


def choose_backend(
    n_samples: int, n_features: int, epochs: int, *, fits: int = 1, reports: Path = REPORTS
) -> Choice:
    """Choose the backend that is foretold to be the first to have done so many fits, conversion and start included.

    A shortcut is not chosen: it is another algorithm. Without stored runs it is NumPy. The start is that of a new process,
    also where a library is loaded already.
    """
    try:
        foretells = _stored(reports, _stamp(reports))
    except NoAdvice as error:
        return Choice(WITHOUT_RUNS, f"no advice on a faster one, since {error}")
    for prediction in foretells.advise(n_samples, n_features, epochs, fits):
        if not prediction.is_shortcut and _is_available(prediction.backend):
            why = f"{_why(prediction)}. {made_elsewhere(foretells)}".rstrip(" .")
            return Choice(prediction.backend, why)
    return Choice(WITHOUT_RUNS, "no backend that was measured is installed here")


def _why(prediction: Prediction) -> str:
    total = numbers.time_span(prediction.total.value, prediction.total.low, prediction.total.high)
    return f"foretold from stored runs to have done first, {total} from the start of a process"


def _is_available(name: str) -> bool:
    try:
        load_backend(name)
    except (BackendUnavailable, UnknownBackend):
        return False
    return True


@lru_cache(maxsize=4)
def _stored(reports: Path, stamp: tuple[tuple[str, int], ...]) -> Predictor:
    """Return the predictor of a folder, read again only when its files have changed."""
    return predictor(reports)


def _stamp(reports: Path) -> tuple[tuple[str, int], ...]:
    files = sorted((reports / "runs").rglob("*.json"))
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)
