"""The choice of a backend for data of a size, from the runs that are stored on this machine."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from npfs.backends.base import BackendUnavailable
from npfs.backends.registry import UnknownBackend, load_backend
from npfs.evidence.analysis import Evidence
from npfs.evidence.prediction import NoSurvey, Prediction, Predictor
from npfs.evidence.runs import read_runs

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
    """Return what foretells times from the runs below ``reports``.

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
    try:
        return Predictor(Evidence(folder))
    except NoSurvey as error:
        raise NoAdvice(str(error)) from None


def choose_backend(
    n_samples: int, n_features: int, epochs: int, *, fits: int = 1, reports: Path = REPORTS
) -> Choice:
    """Choose the backend that is foretold to be the first to have done so many fits, conversion and start included.

    A shortcut is not chosen: it is another algorithm. Without stored runs it is NumPy.
    """
    try:
        advice = _stored(reports, _stamp(reports)).advise(n_samples, n_features, epochs, fits)
    except NoAdvice as error:
        return Choice(WITHOUT_RUNS, f"no advice on a faster one, since {error}")
    for prediction in advice:
        if not prediction.is_shortcut and _is_available(prediction.backend):
            return Choice(prediction.backend, _why(prediction))
    return Choice(WITHOUT_RUNS, "no backend that was measured is installed here")


def _why(prediction: Prediction) -> str:
    total = prediction.total
    return (
        f"foretold from stored runs to be the first: {total.value:.2g} s ({total.low:.2g} to {total.high:.2g}) from the "
        "start of a process"
    )


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
