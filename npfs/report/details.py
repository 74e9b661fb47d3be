"""The findings in detail. Each rule gives sentences with measured numbers, or nothing.

No backend is favoured: a rule states the faster one, whichever that is, with the interval of the
factor, or says that the difference is within noise.
"""

from collections.abc import Callable, Mapping

from npfs.analysis.decisions import fastest
from npfs.analysis.evidence import LISTS, NUMBA, NUMPY, VARIANTS, Evidence
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.scale import scale_sentences
from npfs.schema import Size

# What a sentence calls them where the title would be long.
SHORT = {LISTS: "Python lists", NUMPY: "NumPy", NUMBA: "Numba"}
# Of fewer numbers a fit is mostly its calls, and reading them is no limit.
READING_COUNTS_FROM = 10_000
ONE_BACKEND = "Only one backend was measured: there is nothing to compare it with."


def details(evidence: Evidence) -> list[str]:
    """Return the findings, in the order of reading."""
    rules: tuple[Callable[[Evidence], list[str]], ...] = (
        numpy_against_lists_at_the_largest_size,
        where_lists_win,
        numba_against_numpy_for_one_feature,
        numba_against_numpy_for_many_features,
        what_using_a_tool_well_gains,
        other_backends_against_numpy,
        how_near_the_bandwidth_limit,
        what_an_algorithm_gains,
        what_float32_gains,
        scale_sentences,
        what_to_choose,
    )
    return [sentence for rule in rules for sentence in rule(evidence)]


def numpy_against_lists_at_the_largest_size(evidence: Evidence) -> list[str]:
    """Compare NumPy with lists on the most data."""
    shared = compared_sizes(evidence, NUMPY, LISTS)
    return [comparison(evidence, NUMPY, LISTS, shared[-1])] if shared else []


def where_lists_win(evidence: Evidence) -> list[str]:
    """Name the size from which NumPy is faster than lists, and the speedup of lists below."""
    shared = shared_sizes(evidence, NUMPY, LISTS, n_features=1)
    if len(shared) < 2:
        return []
    sentences = where_faster(evidence, NUMPY, LISTS, shared)
    won = [size for size in shared if speedup_of(evidence, LISTS, NUMPY, size).value > 1]
    if won and won[0] != shared[-1]:
        sentences.append(comparison(evidence, LISTS, NUMPY, won[0]))
    return sentences


def numba_against_numpy_for_one_feature(evidence: Evidence) -> list[str]:
    """Name the sizes at which a compiled loop is faster, and the range of its speedups."""
    shared = shared_sizes(evidence, NUMBA, NUMPY, n_features=1)
    if not shared:
        return []
    speedups = {size: speedup_of(evidence, NUMBA, NUMPY, size) for size in shared}
    smallest, largest = least_and_most(speedups)
    if len(shared) > 1 and all(speedup.is_above_one for speedup in speedups.values()):
        return [
            f"Numba is faster than NumPy at every measured number of samples of one feature: from "
            f"{formatting.factor(speedups[smallest])} at {numbers.count(smallest.n_samples)} to "
            f"{formatting.factor(speedups[largest])} at {numbers.count(largest.n_samples)}."
        ]
    where = where_faster(evidence, NUMBA, NUMPY, shared) if len(shared) > 1 else []
    extremes = dict.fromkeys((smallest, largest))
    return [*where, *(comparison(evidence, NUMBA, NUMPY, size) for size in extremes)]


def numba_against_numpy_for_many_features(evidence: Evidence) -> list[str]:
    """Compare them with many features, where NumPy calls BLAS: the least and the most speedup."""
    speedups = {
        size: speedup_of(evidence, NUMBA, NUMPY, size)
        for size in shared_sizes(evidence, NUMBA, NUMPY)
        if size.n_features > 1
    }
    extremes = dict.fromkeys(least_and_most(speedups)) if speedups else ()
    return [comparison(evidence, NUMBA, NUMPY, size) for size in extremes]


def least_and_most(speedups: Mapping[Size, Interval]) -> tuple[Size, Size]:
    """Return the sizes of the least and of the greatest speedup."""

    def value(size: Size) -> float:
        return speedups[size].value

    return min(speedups, key=value), max(speedups, key=value)


def other_backends_against_numpy(evidence: Evidence) -> list[str]:
    """Give each further backend one sentence, at the largest size it shares with NumPy."""
    compared = {LISTS, *(name for pair in VARIANTS for name in pair)}
    return [
        comparison(evidence, backend, NUMPY, shared[-1])
        for backend in evidence.backends
        if backend not in compared and (shared := compared_sizes(evidence, backend, NUMPY))
    ]


def what_using_a_tool_well_gains(evidence: Evidence) -> list[str]:
    """Compare each variant with the one that it improves, on the most data of one feature."""
    return [
        comparison(evidence, variant, plainer, shared[-1])
        for variant, plainer in VARIANTS
        if (shared := compared_sizes(evidence, variant, plainer))
    ]


def how_near_the_bandwidth_limit(evidence: Evidence) -> list[str]:
    """Return the share of the memory's speed that the fastest backend reaches on the most data."""
    sizes = [
        size
        for size in evidence.sizes(n_features=1)
        if evidence.bandwidth_limit(size) is not None and size.numbers >= READING_COUNTS_FROM
    ]
    if not sizes:
        return []
    size = sizes[-1]
    fractions = {
        name: fraction
        for name in evidence.backends
        if (fraction := evidence.fraction_of_bandwidth_limit(name, size)) is not None
    }
    if not fractions:
        return []
    name, fraction = max(fractions.items(), key=lambda item: item[1].value)
    reaches = f"reaches {formatting.share(fraction)} of that speed"
    if fraction.is_known and fraction.low <= 1 <= fraction.high:
        reaches = f"reaches that speed, within noise: {formatting.share(fraction)}"
    return [
        f"The limit is reading the data once an epoch. On {formatting.size(size)} "
        f"{evidence.title(name)} {reaches}."
    ]


def what_an_algorithm_gains(evidence: Evidence) -> list[str]:
    """Compare a shortcut with the fastest backend that does the work, on the most data."""
    sentences = []
    for shortcut in evidence.shortcuts:
        sizes = [size for size in evidence.sizes(n_features=1) if evidence.time(shortcut, size)]
        speedups = {
            name: speedup.value
            for name in evidence.backends
            if sizes and (speedup := evidence.speedup(shortcut, name, sizes[-1])) is not None
        }
        if speedups:
            fastest_of_all = min(speedups, key=lambda name: speedups[name])
            sentences.append(
                "A shortcut, which does less work in an epoch, beside the fastest that does it "
                f"all: {comparison(evidence, shortcut, fastest_of_all, sizes[-1])}"
            )
    return sentences


def what_float32_gains(evidence: Evidence) -> list[str]:
    """Compare half-sized numbers with full ones, for NumPy on the most data of one feature."""
    for size in reversed(evidence.sizes(n_features=1, dtype="float32")):
        full = Size(size.n_samples, size.n_features)
        speedup = evidence.speedup(NUMPY, NUMPY, size, reference_size=full)
        if speedup is not None:
            noise = ", within noise" if speedup.is_known and not speedup.is_significant else ""
            return [
                f"On {formatting.size(full)} {evidence.title(NUMPY)} in float32 is "
                f"{formatting.factor(speedup)} as fast as in float64{noise}."
            ]
    return []


def what_to_choose(evidence: Evidence) -> list[str]:
    """Name the fastest backend for each range of one-feature sizes, where it is beyond noise."""
    choices: list[tuple[str, list[Size]]] = []
    for size in evidence.sizes(n_features=1) or evidence.sizes():
        names = fastest(evidence, size)
        if not names:
            continue
        best = " or ".join(evidence.title(name) for name in names)
        best += " (too close to tell)" if len(names) > 1 else ""
        times = [evidence.time(name, size) for name in evidence.backends]
        best += "" if all(time is None or time.is_known for time in times) else ", in one run"
        if choices and choices[-1][0] == best and size.n_features == 1:
            choices[-1][1].append(size)
        else:
            choices.append((best, [size]))
    if not choices:
        compared = len(evidence.backends) + len(evidence.shortcuts) > 1
        return [] if compared else [ONE_BACKEND]
    return [f"Fastest per fit at {_range(sizes)}: {best}." for best, sizes in choices] + [
        "These are times of a fit alone: importing a library and compiling come once, on top."
    ]


def where_faster(evidence: Evidence, a: str, b: str, shared: list[Size]) -> list[str]:
    """Name the size from which ``a`` is faster than ``b``; nothing where intervals are unknown."""
    speedups = {size: speedup_of(evidence, a, b, size) for size in shared}
    speedups = {size: speedup for size, speedup in speedups.items() if speedup.is_known}
    if not speedups:
        return []
    first, second = SHORT.get(a, a), SHORT.get(b, b)
    crossover = evidence.crossover(a, b)
    if crossover is not None and crossover.above is not None:
        if crossover.below is None:
            return [f"{first} is faster than {second} at every measured number of samples."]
        below = next(size for size in shared if size.n_samples == crossover.below)
        slower = speedup_of(evidence, a, b, below).is_below_one
        then = "it is slower" if slower else "that cannot be told"
        return [
            f"{first} is faster than {second} from {numbers.count(crossover.above)} samples on; at "
            f"{numbers.count(crossover.below)} {then}."
        ]
    won = [numbers.count(size.n_samples) for size in speedups if speedups[size].is_above_one]
    if won:
        last = "slower" if speedups[max(speedups)].is_below_one else "not told apart"
        return [
            f"{first} is faster than {second} at {numbers.listed(won)} samples; at the "
            f"largest measured number it is {last}."
        ]
    if all(speedup.is_below_one for speedup in speedups.values()):
        return [f"{first} is slower than {second} at every measured number of samples."]
    return [
        f"These runs do not show that {first} is faster than {second} anywhere in the measured "
        "range."
    ]


def comparison(evidence: Evidence, a: str, b: str, size: Size) -> str:
    """Return the speedup of the faster of two backends at a size, in a sentence."""
    speedup = speedup_of(evidence, a, b, size)
    where = f"On {formatting.size(size)}"
    if speedup.is_too_wide:
        return (
            f"{where} the runs differ too much to compare {evidence.title(a)} with "
            f"{evidence.title(b)}; close other programs and add runs."
        )
    if speedup.is_known and not speedup.is_significant and not speedup.low <= 1 <= speedup.high:
        return (
            f"{where} a fit with {evidence.title(a)} seems {formatting.factor(speedup)} as fast as "
            f"with {evidence.title(b)}, which {speedup.runs} runs cannot tell from chance yet."
        )
    if speedup.is_known and not speedup.is_significant:
        return (
            f"{where} fits with {evidence.title(a)} and with {evidence.title(b)} are within noise "
            f"of each other: {formatting.factor(speedup)}."
        )
    if speedup.value < 1:
        a, b = b, a
        speedup = speedup_of(evidence, a, b, size)
    return (
        f"{where} a fit with {evidence.title(a)} is {formatting.factor(speedup)} as fast as with "
        f"{evidence.title(b)}."
    )


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


def _range(sizes: list[Size]) -> str:
    if len(sizes) == 1:
        return formatting.size(sizes[0])
    return f"{numbers.count(sizes[0].n_samples)} to {numbers.count(sizes[-1].n_samples)} samples"
