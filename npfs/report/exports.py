"""The numbers and findings for programs: CSV, and JSON as in ``docs/results.schema.json``."""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from npfs import __version__
from npfs.analysis import startup
from npfs.analysis.decisions import Decision, costs, decisions
from npfs.analysis.evidence import LISTS, NUMPY, Evidence
from npfs.analysis.statistics import Interval
from npfs.report import claims, provenance, verdict
from npfs.report.tables import cases
from npfs.schema import COLD, TO_ARRAY, TO_LISTS, WARM, Size

SCHEMA = 1
FIRST_CALL = "first_call.csv"
QUANTITIES = (
    "seconds", f"speedup_over_{LISTS}", f"speedup_over_{NUMPY}", "fraction_of_ceiling"
)  # fmt: skip
COLUMNS = (
    "backend", "same_work", "n_samples", "n_features", "dtype", "runs",
    *(f"{quantity}{bound}" for quantity in QUANTITIES for bound in ("", "_low", "_high")),
)  # fmt: skip
FIRST_CALL_COLUMNS = (
    "backend", "quantity", "cache", "n_samples", "n_features", "dtype", "runs",
    "value", "low", "high",
)  # fmt: skip


def results_csv(evidence: Evidence) -> str:
    """Return one row for each case: seconds of a fit and ratios, each with 95 % bounds.

    A bound that one run cannot give, and a ratio to what was not measured, is left empty.
    """
    rows = []
    for backend, size, seconds in cases(evidence):
        same_work = str(backend not in evidence.shortcuts).lower()
        row = [backend, same_work, size.n_samples, size.n_features, size.dtype, seconds.runs]
        for interval in (
            seconds,
            evidence.speedup(backend, LISTS, size),
            evidence.speedup(backend, NUMPY, size),
            evidence.fraction_of_bandwidth_limit(backend, size),
        ):
            row += _bounds(interval)
        rows.append(row)
    return _csv(COLUMNS, rows)


def first_call_csv(evidence: Evidence) -> str:
    """Return a row for each quantity in seconds (with 95 % bounds) or bytes; "" if there are none.

    A conversion has no backend, and only a first call has a cache.
    """
    rows = [*_first_call_rows(evidence), *_memory_rows(evidence), *_conversion_rows(evidence)]
    return _csv(FIRST_CALL_COLUMNS, rows) if rows else ""


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def results_json(evidence: Evidence) -> str:
    """Return the document as text; seconds and bytes, what is not known is null."""
    document = {
        "schema": SCHEMA,
        "npfs": __version__,
        "question": verdict.question(evidence),
        "answer": verdict.answer(evidence),
        "decisions": [_decision(decision) for decision in decisions(evidence)],
        "claims": [
            {"claim": claim.claim, "standing": claim.standing, "evidence": list(claim.evidence)}
            for claim in claims.claims(evidence)
        ],
        "cases": [
            _case(evidence, backend, size, seconds) for backend, size, seconds in cases(evidence)
        ],
        "ceilings": [
            {**size.params(), "seconds": _interval(ceiling)}
            for size in evidence.sizes()
            if (ceiling := evidence.bandwidth_limit(size)) is not None
        ],
        "backends": _backends(evidence),
        "disturbance": {
            "repetitions": evidence.disturbance.repetitions,
            "disturbed": evidence.disturbance.disturbed,
            "by_themselves": list(evidence.disturbance.by_themselves),
        },
        "caveats": provenance.all_warnings(evidence),
        "conditions": dict(evidence.newest.conditions),
        "epochs": evidence.newest.epochs,
        "runs": [
            {"number": run.number, "job": run.job, "started": run.started, "file": run.path.name}
            for run in evidence.runs
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def github_action_benchmark(evidence: Evidence) -> str:
    """Return seconds of fits as github-action-benchmark's ``customSmallerIsBetter`` reads them."""
    entries = []
    for backend, size, seconds in cases(evidence):
        entry: dict[str, Any] = {"name": f"{backend}-{size}", "unit": "s", "value": seconds.value}
        runs = "1 run"
        if seconds.is_known and not math.isinf(seconds.high):
            entry["range"] = f"{seconds.low:.4g} to {seconds.high:.4g}"
            runs = f"{seconds.runs} runs, 95 % interval"
        entry["extra"] = f"{evidence.title(backend)}; {runs}"
        entries.append(entry)
    return json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "situation": decision.situation.value,
        "quantity": decision.quantity.value,
        "size": None if decision.size is None else decision.size.params(),
        "choices": list(decision.choices),
        **{f"over_{name}": _ratio(decision.factors.get(name)) for name in (LISTS, NUMPY)},
    }


def _case(evidence: Evidence, backend: str, size: Size, seconds: Interval) -> dict[str, Any]:
    return {
        "backend": backend,
        "same_work": backend not in evidence.shortcuts,
        **size.params(),
        "seconds": _interval(seconds),
        f"speedup_over_{LISTS}": _ratio(evidence.speedup(backend, LISTS, size)),
        f"speedup_over_{NUMPY}": _ratio(evidence.speedup(backend, NUMPY, size)),
        "fraction_of_ceiling": _interval(evidence.fraction_of_bandwidth_limit(backend, size)),
    }


def _backends(evidence: Evidence) -> dict[str, Any]:
    """Return the known facts of each backend beside its times."""
    known = costs(evidence)
    names = dict.fromkeys([*evidence.backends, *evidence.shortcuts, *startup.backends(evidence)])
    return {
        name: {
            "title": evidence.title(name),
            "lines_of_code": known[name].lines_of_code if name in known else None,
            "installed_bytes": known[name].installed if name in known else None,
            "first_call": {
                cache: {
                    part: _interval(startup.seconds(evidence, name, part, cache))
                    for part in startup.PARTS
                }
                for cache in (WARM, COLD)
                if startup.startups(evidence, name, cache)
            },
            "memory": [
                {**size.params(), "held_bytes": held, "peak_bytes": peak}
                for size in startup.memory_sizes(evidence)
                for held, peak in [startup.memory(evidence, name, size)]
                if (held, peak) != (None, None)
            ],
            "instructions": [list(row) for row in found.counts]
            if (found := claims.instructions(evidence, name))
            else None,
        }
        for name in names
    }


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    modes = interval.bimodal
    return {
        "value": interval.value,
        "low": _finite(interval.low),
        "high": _finite(interval.high),
        "runs": interval.runs,
        "values": list(interval.values),
        "two_values": None if modes is None else [mode.value for mode in modes],
    }


def _ratio(interval: Interval | None) -> dict[str, Any] | None:
    found = _interval(interval)
    if found is None or interval is None:
        return None
    return found | {"within_noise": not interval.is_significant if interval.is_known else None}


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _first_call_rows(evidence: Evidence) -> Iterator[list[Any]]:
    size = Size(startup.startup_samples(evidence), 1)
    for backend in startup.backends(evidence):
        for cache in (WARM, COLD):
            for part in startup.PARTS:
                if seconds := startup.seconds(evidence, backend, part, cache):
                    measured = [*size.params().values(), seconds.runs, *_bounds(seconds)]
                    yield [backend, part, cache, *measured]


def _memory_rows(evidence: Evidence) -> Iterator[list[Any]]:
    for backend in startup.backends(evidence):
        for size in startup.memory_sizes(evidence):
            amounts = startup.memory(evidence, backend, size)
            for quantity, amount in zip(("held_bytes", "peak_bytes"), amounts, strict=True):
                if amount is not None:
                    value = f"{amount:.0f}"
                    yield [backend, quantity, "", *size.params().values(), "", value, "", ""]


def _conversion_rows(evidence: Evidence) -> Iterator[list[Any]]:
    for size in startup.conversion_sizes(evidence):
        for direction in (TO_ARRAY, TO_LISTS):
            if seconds := startup.conversion(evidence, direction, size):
                measured = [*size.params().values(), seconds.runs, *_bounds(seconds)]
                yield ["", f"{direction}_s", "", *measured]


def _bounds(interval: Interval | None) -> list[str]:
    """Return the cells for a value and its bounds; what is not known is empty."""
    if interval is None:
        return ["", "", ""]
    bounds = [interval.low, interval.high] if interval.is_known else []
    return [f"{value:.6g}" for value in (interval.value, *bounds)] + [""] * (2 - len(bounds))
