"""Sentences on large data: where memory ends, what a file costs, where workers pay."""

import math

from npfs.analysis.evidence import Crossover, Evidence
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


def scale_sentences(evidence: Evidence) -> list[str]:
    """Return the sentences on the variants for large data; nothing if none was measured."""
    scale = Scale.of(evidence)
    if scale is None:
        return []
    rules = (_mapped, _workers, _parts, _prediction, _one_pass)
    return [sentence for rule in rules if (sentence := rule(scale))]


def scale_answer(evidence: Evidence) -> list[str]:
    """Return the same in three sentences without intervals: mapped, workers, an epoch on them."""
    scale = Scale.of(evidence)
    if scale is None:
        return []
    rules = (_mapped, _workers, _parts)
    return [sentence for rule in rules if (sentence := rule(scale, in_short=True))]


def _mapped(scale: Scale, *, in_short: bool = False) -> str:
    found = scale.speed(MAPPED, ALL_CORES)
    if found is None:
        return ""
    rows = None if scale.rows_that_fit is None else _round(scale.rows_that_fit)
    name = "mapped_in_short" if in_short else "mapped"
    return SCALE(name, size=found[0], speedup=found[1], rows=rows)


def _workers(scale: Scale) -> str:
    crossover = scale.where_workers_pay()
    if crossover is None:
        return ""
    count = scale.measured.workers if scale.measured else 0
    predicted = _predicted_rows(scale)
    return SCALE("workers", count=count, **crossover._asdict(), predicted=predicted)


def _predicted_rows(scale: Scale) -> int | None:
    measured = scale.measured
    one = scale.evidence.time(ONE_CORE, measured.size) if measured else None
    if measured is None or one is None:
        return None
    rows = rows_from_which_it_pays(one.value / scale.evidence.newest.epochs, measured)
    return None if rows == math.inf else _round(rows)


def _parts(scale: Scale) -> str:
    measured = scale.measured
    if measured is None:
        return ""
    parts, efficiency = parts_of(measured), scale.efficiency()
    return SCALE("epoch", measured=measured, parts=parts, efficiency=efficiency)


def _prediction(scale: Scale) -> str:
    measured = scale.measured
    if measured is None:
        return ""
    each = [(workers, predicted_epoch(measured, workers)) for workers in PREDICTED_WORKERS]
    best = best_workers(measured, max(PREDICTED_WORKERS))
    return SCALE("prediction", epochs=each, best=best)


def _one_pass(scale: Scale) -> str:
    found = scale.speed(ONE_PASS, WORKERS)
    if found is None:
        return ""
    epochs = scale.evidence.newest.epochs
    return SCALE("one_pass", size=found[0], speedup=found[1], epochs=epochs)


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
