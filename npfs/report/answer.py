"""The answer in three sentences, and the findings in detail. No backend is favoured.

Nothing is said without a measured number: a rule that lacks its numbers says nothing. Runs of large
data have sentences of their own: where memory ends, what a file costs, where workers pay.
"""

import math
from collections.abc import Callable, Mapping

from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, VARIANTS, Evidence
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
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report.context import SHORT, Context
from npfs.report.formatting import Sentences
from npfs.schema import ClusterEpoch, Size

ANSWER, FINDINGS = Sentences("answer"), Sentences("findings")
# Of fewer numbers a fit is mostly its calls, and reading them is no limit.
READING_COUNTS_FROM = 10_000

SCALE = Sentences("scale")
PREDICTED_WORKERS = (4, 16, 100, 1_000)
SCALE_NAMES = ("mapped", "workers", "epoch", "prediction", "one_pass")
IN_SHORT = SCALE_NAMES[:3]

Values = dict[str, object]


def question(context: Context) -> str:
    """Return the question that the runs answer."""
    return ANSWER("question_of_large_data" if context.is_large_data else "question")


def answer(context: Context) -> list[str]:
    """Return the answer: lists or NumPy, NumPy or Numba, and what startup costs."""
    if context.is_large_data:
        return scale_answer(context.evidence)
    rules: tuple[Callable[[Context], str], ...] = (lists_or_numpy, numpy_or_numba, startup_costs)
    return [sentence for rule in rules if (sentence := rule(context))]


def lists_or_numpy(context: Context) -> str:
    """Compare lists with NumPy: the crossover, and the speedups at both ends."""
    evidence = context.evidence
    shared = shared_sizes(evidence, NUMPY, LISTS, n_features=1)
    if not shared:
        return _with_features(evidence, NUMPY, LISTS)
    most = shared[-1]
    speedup = speedup_of(evidence, NUMPY, LISTS, most)
    if speedup.is_too_wide or not speedup.is_significant:
        return _compared(evidence, NUMPY, LISTS, most)
    if speedup.is_below_one:
        lists = speedup_of(evidence, LISTS, NUMPY, most)
        return ANSWER("use_lists", most=most.n_samples, speedup=lists.value)
    crossover = evidence.crossover(NUMPY, LISTS)
    won = [size for size in shared if speedup_of(evidence, LISTS, NUMPY, size).is_above_one]
    return ANSWER(
        "use_numpy",
        start=crossover.above if crossover and crossover.below is not None else None,
        most=most.n_samples,
        speedup=speedup.value,
        few=won[0].n_samples if won else None,
        lists_speedup=speedup_of(evidence, LISTS, NUMPY, won[0]).value if won else None,
    )


def numpy_or_numba(context: Context) -> str:
    """Say from when on Numba's result is there first; without startups compare the fits."""
    evidence, overtakes_s = context.evidence, context.decisions.numba_overtakes_s
    one = shared_sizes(evidence, NUMBA, NUMPY, n_features=1)
    if not one:
        return _with_features(evidence, NUMBA, NUMPY)
    speedups = {size: speedup_of(evidence, NUMBA, NUMPY, size) for size in one}
    above = {size: of for size, of in speedups.items() if of.is_above_one and not of.is_too_wide}
    wide = _wide(evidence)
    if overtakes_s and len(above) == len(one):
        return ANSWER("numba_overtakes", seconds=overtakes_s, wide=wide)
    if all(speedup.is_below_one for speedup in speedups.values()):
        numpy = speedup_of(evidence, NUMPY, NUMBA, one[-1])
        return ANSWER("no_numba", most=one[-1].n_samples, speedup=numpy.value, wide=wide)
    if not above:
        return _compared(evidence, NUMBA, NUMPY, one[-1])
    low, high = least_and_most(above)
    values = {"low": above[low].value, "high": above[high].value, "n_samples": high.n_samples}
    return ANSWER("numba_faster", **values, sizes=len(above), of=len(one), wide=wide)


def _wide(evidence: Evidence) -> str:
    """Return a clause on the most features: who is faster."""
    many = [size for size in shared_sizes(evidence, NUMBA, NUMPY) if size.n_features > 1]
    if not many:
        return ""
    size = max(many, key=lambda size: (size.n_features, -abs(size.n_samples - READING_COUNTS_FROM)))
    numpy, numba = (speedup_of(evidence, *pair, size) for pair in ((NUMPY, NUMBA), (NUMBA, NUMPY)))
    if not numpy.is_significant or numpy.is_too_wide:
        return ANSWER("wide_alike", size=size) if numpy.is_known else ""
    name, of = ("wide_numpy", numpy) if numpy.is_above_one else ("wide_numba", numba)
    return ANSWER(name, size=size, speedup=of.value)


def startup_costs(context: Context) -> str:
    """Return the startup of lists, NumPy and Numba; nothing of fewer than two."""
    predictor = context.decisions.predictor
    known = {} if predictor is None else {name: predictor.startup(name) for name in SHORT}
    costs = [(SHORT[name], of.value) for name, of in known.items() if of is not None]
    return ANSWER("startup", costs=costs) if len(costs) > 1 else ""


def _with_features(evidence: Evidence, a: str, b: str) -> str:
    """Compare two backends at the largest size, where none has one feature."""
    shared = shared_sizes(evidence, a, b)
    return _compared(evidence, a, b, shared[-1]) if shared else ""


def _compared(evidence: Evidence, a: str, b: str, size: Size) -> str:
    """Compare two backends at one size, without an interval."""
    speedup = speedup_of(evidence, a, b, size)
    first, second = SHORT[a], SHORT[b]
    if speedup.is_too_wide:
        return ANSWER("too_uncertain", a=first, b=second)
    if speedup.is_known and not speedup.is_significant:
        return ANSWER("no_difference", a=first, b=second, size=size)
    value = speedup.value
    if value < 1:
        first, second, value = second, first, speedup_of(evidence, b, a, size).value
    name = "compared" if speedup.is_known else "in_one_run"
    return ANSWER(name, faster=first, slower=second, size=size, speedup=value)


def findings(context: Context) -> list[str]:
    """Return the findings in detail, in the order of reading."""
    evidence = context.evidence
    rules: tuple[Callable[[Context], list[str]], ...] = (
        where_lists_are_faster,
        numba_over_numpy,
        variants_and_others,
        distance_to_the_bandwidth_limit,
        gain_of_a_shortcut,
        gain_of_float32,
    )
    return [sentence for rule in rules for sentence in rule(context)] + scale_sentences(evidence)


def where_lists_are_faster(context: Context) -> list[str]:
    """Name the size from which NumPy is faster than lists; compare them at both ends."""
    evidence = context.evidence
    shared = compared_sizes(evidence, NUMPY, LISTS)
    where = where_faster(context, NUMPY, LISTS, shared) if len(shared) > 1 else []
    ends = dict.fromkeys([*shared[:1], *shared[-1:]])
    return [*where, *(comparison(context, NUMPY, LISTS, size) for size in ends)]


def numba_over_numpy(context: Context) -> list[str]:
    """Give the range of Numba's speedups: over the rows of one feature, and with many features."""
    evidence, found = context.evidence, []
    every = {
        size: speedup_of(evidence, NUMBA, NUMPY, size)
        for size in shared_sizes(evidence, NUMBA, NUMPY)
    }
    one = {size: of for size, of in every.items() if size.n_features == 1}
    many = {size: of for size, of in every.items() if size.n_features > 1}
    if len(one) > 1 and all(speedup.is_above_one for speedup in one.values()):
        low, high = least_and_most(one)
        ends = {"low": one[low], "at_low": low.n_samples, "high": one[high]}
        found.append(
            FINDINGS("range", a=SHORT[NUMBA], b=SHORT[NUMPY], **ends, at_high=high.n_samples)
        )
        one = {}
    elif len(one) > 1:
        found += where_faster(context, NUMBA, NUMPY, list(one))
    for speedups in (one, many):
        extremes = dict.fromkeys(least_and_most(speedups)) if speedups else ()
        found += [comparison(context, NUMBA, NUMPY, size) for size in extremes]
    return found


def least_and_most(speedups: Mapping[Size, Interval]) -> tuple[Size, Size]:
    """Return the sizes of the least and of the greatest speedup."""

    def value(size: Size) -> float:
        return speedups[size].value

    return min(speedups, key=value), max(speedups, key=value)


def variants_and_others(context: Context) -> list[str]:
    """Compare each variant with what it improves, and each further backend with NumPy."""
    evidence = context.evidence
    compared = {LISTS, *(name for pair in VARIANTS for name in pair)}
    others = [(name, NUMPY) for name in evidence.backends if name not in compared]
    return [
        comparison(context, name, reference, shared[-1])
        for name, reference in (*VARIANTS, *others)
        if (shared := compared_sizes(evidence, name, reference))
    ]


def distance_to_the_bandwidth_limit(context: Context) -> list[str]:
    """Return the share of the memory bandwidth that the fastest backend reaches on most data."""
    evidence = context.evidence
    for size in reversed(evidence.sizes(n_features=1)):
        shares = {
            name: share
            for name in evidence.backends
            if (share := evidence.fraction_of_bandwidth_limit(name, size)) is not None
        }
        if shares and size.numbers >= READING_COUNTS_FROM:
            name, share = max(shares.items(), key=lambda item: item[1].value)
            is_reached = share.is_known and share.low <= 1 <= share.high
            name = context.name(name)
            return [FINDINGS("bandwidth", name=name, size=size, share=share, is_reached=is_reached)]
    return []


def gain_of_a_shortcut(context: Context) -> list[str]:
    """Compare a shortcut with the fastest backend that does the work, on the most data."""
    evidence, found = context.evidence, []
    for shortcut in evidence.shortcuts:
        sizes = [size for size in evidence.sizes(n_features=1) if evidence.time(shortcut, size)]
        speedups = {
            name: speedup
            for name in evidence.backends
            if sizes and (speedup := evidence.speedup(shortcut, name, sizes[-1])) is not None
        }
        if speedups:
            name = min(speedups, key=lambda name: speedups[name].value)
            of = {"speedup": speedups[name], "reference": context.name(name)}
            found.append(FINDINGS("shortcut", name=context.name(shortcut), size=sizes[-1], **of))
    return found


def gain_of_float32(context: Context) -> list[str]:
    """Compare half-sized numbers with full ones, for NumPy on the most data of one feature."""
    evidence = context.evidence
    for size in reversed(evidence.sizes(n_features=1, dtype="float32")):
        full = Size(size.n_samples, size.n_features)
        speedup = evidence.speedup(NUMPY, NUMPY, size, reference_size=full)
        if speedup is not None:
            alike = speedup.is_known and not speedup.is_significant
            return [
                FINDINGS("float32", name=SHORT[NUMPY], size=full, speedup=speedup, is_alike=alike)
            ]
    return []


def where_faster(context: Context, a: str, b: str, shared: list[Size]) -> list[str]:
    """Name the size from which ``a`` is faster than ``b``; nothing where intervals are unknown."""
    evidence = context.evidence
    speedups = {size: speedup_of(evidence, a, b, size) for size in shared}
    if not all(speedup.is_known for speedup in speedups.values()):
        return []
    names = {"a": context.name(a), "b": context.name(b)}
    crossover = evidence.crossover(a, b)
    if crossover is not None and crossover.above is not None:
        if crossover.below is None:
            return [FINDINGS("faster_everywhere", **names)]
        below = next(size for size in shared if size.n_samples == crossover.below)
        slower = speedups[below].is_below_one
        found = {"above": crossover.above, "below": crossover.below, "is_slower": slower}
        return [FINDINGS("faster_from", **names, **found)]
    won = [numbers.count(size.n_samples) for size in speedups if speedups[size].is_above_one]
    if won:
        slower = speedups[max(speedups)].is_below_one
        return [FINDINGS("faster_in_between", **names, sizes=won, is_slower=slower)]
    is_slower = all(speedup.is_below_one for speedup in speedups.values())
    return [FINDINGS("slower_everywhere" if is_slower else "nowhere_faster", **names)]


def comparison(context: Context, a: str, b: str, size: Size) -> str:
    """Return the speedup of the faster of two backends at a size, with its interval."""
    evidence = context.evidence
    speedup = speedup_of(evidence, a, b, size)
    values: dict[str, object] = {"a": context.name(a), "b": context.name(b), "size": size}
    if speedup.is_too_wide:
        return FINDINGS("too_uncertain", **values)
    if speedup.is_known and not speedup.is_significant and speedup.low <= 1 <= speedup.high:
        return FINDINGS("no_difference", **values, speedup=speedup)
    if speedup.value < 1:
        values |= {"a": context.name(b), "b": context.name(a)}
        speedup = speedup_of(evidence, b, a, size)
    is_chance = speedup.is_known and not speedup.is_significant
    return FINDINGS("perhaps_faster" if is_chance else "faster", **values, speedup=speedup)


def speedup_of(evidence: Evidence, backend: str, reference: str, size: Size) -> Interval:
    """Return a speedup at a size that both were measured at."""
    speedup = evidence.speedup(backend, reference, size)
    assert speedup is not None, "asked only for sizes that both were measured at"
    return speedup


def shared_sizes(
    evidence: Evidence, a: str, b: str, *, n_features: int | None = None
) -> list[Size]:
    """Return the sizes that some run measured both backends at, ascending."""
    return [
        size
        for size in evidence.sizes(n_features=n_features)
        if evidence.speedup(a, b, size) is not None
    ]


def compared_sizes(evidence: Evidence, a: str, b: str) -> list[Size]:
    """Return the shared sizes of one feature; a table has as many features as it has."""
    if evidence.newest.data is not None:
        return shared_sizes(evidence, a, b)
    return shared_sizes(evidence, a, b, n_features=1)


def scale_sentences(evidence: Evidence) -> list[str]:
    """Return the sentences on the variants for large data; nothing if none was measured."""
    return [SCALE(name, **values) for name, values in _scale_values(evidence)]


def scale_answer(evidence: Evidence) -> list[str]:
    """Return the first three of them in short, without intervals."""
    in_short = ((name, values) for name, values in _scale_values(evidence) if name in IN_SHORT)
    return [SCALE(f"{name}_in_short", **values) for name, values in in_short]


def _scale_values(evidence: Evidence) -> list[tuple[str, Values]]:
    """Return the names of the sentences, with their values."""
    scale = Scale.of(evidence)
    if scale is None:
        return []
    rules = (_mapped, _workers, _parts, _prediction, _one_pass)
    found = zip(SCALE_NAMES, (rule(scale) for rule in rules), strict=True)
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
