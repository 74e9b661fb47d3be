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
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.schema import ClusterEpoch

PREDICTED_WORKERS = (4, 16, 100, 1_000)


def scale_sentences(evidence: Evidence) -> list[str]:
    """Return the sentences on the variants for large data; nothing if none was measured."""
    scale = Scale.of(evidence)
    if scale is None:
        return []
    rules = (_mapped, _workers, _parts, _prediction, _one_pass)
    return [sentence for rule in rules if (sentence := rule(scale))]


def _mapped(scale: Scale) -> str:
    found = scale.speed(MAPPED, ALL_CORES)
    if found is None:
        return ""
    size, speed = found
    where = ""
    if scale.rows_that_fit is not None:
        where = (
            f" It pays from about {numbers.count(_round(scale.rows_that_fit))} rows on, where the "
            "four copies that a fit in memory needs are more than this machine has."
        )
    return (
        f"Data in a file, mapped into memory, are fitted {formatting.factor(speed)} as fast as "
        f"data in memory, at {formatting.size(size)} that the page cache holds.{where}"
    )


def _workers(scale: Scale) -> str:
    crossover = scale.where_workers_pay()
    if crossover is None:
        return ""
    cores = scale.measured.workers if scale.measured else 0
    workers = f"{cores} Dask workers" if cores else "Dask workers"
    if crossover.above is None:
        said = f"{workers} are not faster than one core at any measured number of rows"
    elif crossover.below is None:
        said = (
            f"{workers} are faster than one core at every measured number of rows, from "
            f"{numbers.count(crossover.above)} on"
        )
    else:
        said = (
            f"{workers} are faster than one core from {numbers.count(crossover.above)} rows on and "
            f"not yet at {numbers.count(crossover.below)}"
        )
    return f"{said}{_from_which(scale)}."


def _from_which(scale: Scale) -> str:
    measured = scale.measured
    one = scale.evidence.time(ONE_CORE, measured.size) if measured else None
    if measured is None or one is None:
        return ""
    rows = rows_from_which_it_pays(one.value / scale.evidence.newest.epochs, measured)
    if rows == math.inf:
        return ""
    return f" (by the parts of an epoch, from about {numbers.count(_round(rows))})"


def _parts(scale: Scale) -> str:
    measured = scale.measured
    if measured is None:
        return ""
    parts = numbers.listed(
        [f"{numbers.time(seconds)} of {name}" for name, seconds in parts_of(measured)]
    )
    shared = ""
    if (efficiency := scale.efficiency()) is not None:
        shared = f"; over one worker that is an efficiency of {formatting.number(efficiency)}"
    return (
        f"An epoch of {numbers.count(measured.size.n_samples)} rows on {measured.workers} workers "
        f"takes {numbers.time(measured.epoch_s)}: {parts}{shared}."
    )


def _prediction(scale: Scale) -> str:
    measured = scale.measured
    if measured is None:
        return ""
    each = [
        f"{numbers.time(predicted_epoch(measured, workers))} on {workers:,}"
        for workers in PREDICTED_WORKERS
    ]
    best = best_workers(measured, max(PREDICTED_WORKERS))
    return (
        f"Foretold from these parts, an epoch of as many rows takes {numbers.listed(each)} "
        f"workers; more than {best:,} would make it no faster. That is for workers as fast as "
        "these and a network as quick as this machine's own."
    )


def _one_pass(scale: Scale) -> str:
    found = scale.speed(ONE_PASS, WORKERS)
    if found is None:
        return ""
    size, speed = found
    return (
        "The shortcut on the cluster, one pass for the Gram matrix in place of one for each epoch, "
        f"is {formatting.factor(speed)} as fast for {scale.evidence.newest.epochs} epochs of "
        f"{formatting.size(size)}."
    )


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
