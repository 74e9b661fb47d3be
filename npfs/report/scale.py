"""Sentences on large data: where memory ends, what a file costs, where workers pay."""

import math

from npfs.analysis.evidence import Evidence
from npfs.analysis.scale import (
    ALL_CORES,
    MAPPED,
    ONE_CORE,
    ONE_PASS,
    WORKERS,
    Scale,
    best_workers,
    predicted_epoch,
    rows_from_which_it_pays,
)
from npfs.report.sentences import Sentences
from npfs.schema import ClusterEpoch

SCALE = Sentences("scale")
PREDICTED_WORKERS = (4, 16, 100, 1_000)
NAMES = ("mapped", "workers", "epoch", "prediction", "one_pass")
ANSWERS = NAMES[:3]

Values = dict[str, object]


def scale_sentences(evidence: Evidence) -> list[str]:
    """Return the sentences on the variants for large data; nothing if none was measured."""
    return [SCALE(name, **values) for name, values in _found(evidence)]


def scale_answer(evidence: Evidence) -> list[str]:
    """Return the first three of them in short, without intervals."""
    in_short = ((name, values) for name, values in _found(evidence) if name in ANSWERS)
    return [SCALE(f"{name}_in_short", **values) for name, values in in_short]


def _found(evidence: Evidence) -> list[tuple[str, Values]]:
    """Return the names of the sentences, with their values."""
    scale = Scale.of(evidence)
    if scale is None:
        return []
    rules = (_mapped, _workers, _parts, _prediction, _one_pass)
    found = zip(NAMES, (rule(scale) for rule in rules), strict=True)
    return [(name, values) for name, values in found if values]


def _mapped(scale: Scale) -> Values:
    found = scale.speed(MAPPED, ALL_CORES)
    rows = None if scale.rows_that_fit is None else _round(scale.rows_that_fit)
    return {"size": found[0], "speedup": found[1], "rows": rows} if found else {}


def _workers(scale: Scale) -> Values:
    crossover = scale.where_workers_pay()
    if crossover is None:
        return {}
    count = scale.measured.workers if scale.measured else 0
    return {"count": count, **crossover._asdict(), "predicted": _predicted_rows(scale)}


def _predicted_rows(scale: Scale) -> int | None:
    measured = scale.measured
    one = scale.evidence.time(ONE_CORE, measured.size) if measured else None
    if measured is None or one is None:
        return None
    rows = rows_from_which_it_pays(one.value / scale.evidence.newest.epochs, measured)
    return None if rows == math.inf else _round(rows)


def _parts(scale: Scale) -> Values:
    measured = scale.measured
    if measured is None:
        return {}
    return {"measured": measured, "parts": parts_of(measured), "efficiency": scale.efficiency()}


def _prediction(scale: Scale) -> Values:
    measured = scale.measured
    if measured is None:
        return {}
    each = [(workers, predicted_epoch(measured, workers)) for workers in PREDICTED_WORKERS]
    return {"epochs": each, "best": best_workers(measured, max(PREDICTED_WORKERS))}


def _one_pass(scale: Scale) -> Values:
    found = scale.speed(ONE_PASS, WORKERS)
    epochs = scale.evidence.newest.epochs
    return {"size": found[0], "speedup": found[1], "epochs": epochs} if found else {}


def parts_of(measured: ClusterEpoch) -> tuple[tuple[str, float], ...]:
    """Return the parts of an epoch with their names."""
    return (
        ("computing", measured.compute_s),
        ("communication", measured.communication_s),
        ("scheduling", measured.scheduling_s),
    )


def _round(rows: float) -> int:
    """Return a number of rows with two digits, which is as well as a model knows it."""
    return int(float(f"{rows:.2g}"))
