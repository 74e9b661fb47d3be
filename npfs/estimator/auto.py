"""Choose a backend for data of a given size, from the runs stored on this machine."""

import os
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from npfs.analysis.evidence import Evidence, pool
from npfs.analysis.prediction import NoPrediction, Predictor
from npfs.analysis.runs import RunRecord, read_runs
from npfs.backends.base import BackendUnavailable
from npfs.backends.registry import UnknownBackend, load_backend
from npfs.drawing.numbers import time_span

REPORTS = Path("reports")
WITHOUT_RUNS = "numpy"
MEASURE = "npfs bench"
FEWEST_SIZES = 3  # of a run that says how time depends on the size


@dataclass(frozen=True)
class Choice:
    """A backend, and why it was chosen."""

    backend: str
    reason: str


def stored_predictor(reports: Path = REPORTS) -> Predictor:
    """Return the predictor of the runs below ``reports``.

    They are those that pool with the newest run of several sizes that tells a call from an epoch: a
    later one of a single table, or within a budget, says less. Without one, the newest run counts.

    Raises
    ------
    NoPrediction
        If there are no runs, or none that timed a fit in float64.
    """
    folder = read_runs(reports / "runs")
    if not folder.runs:
        raise NoPrediction(
            f"{reports / 'runs'} holds no runs to predict from; measure this machine with "
            f"{MEASURE}, or name another folder with --reports"
        )
    telling = [run for run in folder.runs if _is_telling(run)]
    runs = pool([*folder.runs, telling[-1]])[0][:-1] if telling else folder.runs
    return Predictor(Evidence(replace(folder, runs=tuple(runs))))


def _is_telling(run: RunRecord) -> bool:
    return bool(run.other_epochs) and len({case.size for case in run.cases}) >= FEWEST_SIZES


def made_elsewhere(predictor: Predictor) -> str:
    """Describe how the machine of the runs differs from this one; empty if it does not seem to."""
    then = predictor.evidence.newest.environment
    compared: list[tuple[str, object, object]] = [("cores", then.cores, os.cpu_count())]
    compared += [(name, then.libraries.get(name), _version(name)) for name in ("numpy", "numba")]
    differs = [
        f"{name} {there or 'not installed'} there, {here or 'not installed'} here"
        for name, there, here in compared
        if there != here
    ]
    if not differs:
        return ""
    return (
        f"The runs were made elsewhere or earlier ({'; '.join(differs)}): measure anew with "
        f"{MEASURE}."
    )


def choose_backend(
    n_samples: int, n_features: int, epochs: int, *, fits: int = 1, reports: Path = REPORTS
) -> Choice:
    """Choose the backend that is predicted to finish so many fits first, startup included.

    A shortcut is not chosen: it is another algorithm. Without stored runs it is NumPy. The startup
    is that of a new process, also where a library is loaded already.
    """
    try:
        predictor = _stored(reports, _stamp(reports))
    except NoPrediction as error:
        return Choice(WITHOUT_RUNS, f"no prediction of a faster one, since {error}")
    for prediction in predictor.rank(n_samples, n_features, epochs, fits):
        if not prediction.is_shortcut and _is_available(prediction.backend):
            total = prediction.total
            span = time_span(total.value, total.low, total.high)
            why = f"predicted from stored runs to finish first, {span} from the start of a process"
            return Choice(prediction.backend, f"{why}. {made_elsewhere(predictor)}".rstrip(" ."))
    return Choice(WITHOUT_RUNS, "no backend that was measured is installed here")


def _is_available(name: str) -> bool:
    try:
        load_backend(name)
    except (BackendUnavailable, UnknownBackend):
        return False
    return True


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


@lru_cache(maxsize=4)
def _stored(reports: Path, stamp: tuple[tuple[str, int], ...]) -> Predictor:
    """Return the predictor of a folder, read again only when its files have changed."""
    return stored_predictor(reports)


def _stamp(reports: Path) -> tuple[tuple[str, int], ...]:
    files = sorted((reports / "runs").rglob("*.json"))
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)
