"""The seconds of a part of a job at any size, from those at the sizes that were measured."""

import bisect
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from npfs.schema import Size

# The share of an overhead that may be noise. Of a cost that does not depend on the size nothing but
# noise would lie beyond the overhead, and that would be carried to other numbers of features.
NOISE = 0.05
SMALLEST = 1e-12  # seconds
# The squared error for each factor e in size, where too few sizes show it: 30 % for a decade.
UNKNOWN_VARIANCE = 0.04


@dataclass(frozen=True)
class CostModel:
    """Seconds of one part of the work at any size, interpolated between measured sizes.

    The part takes an overhead. Beyond it, the numbers that it reads, ``n_samples * (n_features +
    1)``, decide which cache holds them: the curve of each number of features goes in straight lines
    through its measured sizes, on logarithms. Where few sizes were measured it runs in parallel to
    the curve of the features with the most. Between two curves, the seconds for each sample, at
    equal numbers, grow in a straight line with the features.

    Attributes
    ----------
    seconds : mapping of Size to float
        Measured seconds, all positive.
    """

    seconds: Mapping[Size, float]

    @cached_property
    def overhead(self) -> float:
        """Extrapolate the line through the two smallest sizes to no data at all."""
        curve = self._measured[self._widest]
        if len(curve) == 1:
            return 0.0
        (low, of_low), (high, of_high) = curve[:2]
        slope = max(0.0, (of_high - of_low) / (high - low))
        at_zero = min(of_low - slope * low, *self.seconds.values())
        return (1 - NOISE) * max(0.0, at_zero)

    def at(self, size: Size) -> float:
        """Return the seconds at a size."""
        log_numbers = math.log(size.numbers)
        per_sample = {
            d: math.exp(self._log_excess(d, log_numbers) - log_numbers) * (d + 1)
            for d in self._measured
        }
        return self.overhead + size.n_samples * _across(per_sample, size.n_features)

    def error(self, size: Size) -> float:
        """Return the standard error of ``at``, on logarithms.

        Its square grows with the distance to the nearest measured size, as that of a random walk.
        """
        return math.sqrt(self._variance * self._distance(size))

    @cached_property
    def _measured(self) -> dict[int, list[tuple[int, float]]]:
        """Sort numbers and seconds by the number of features."""
        curves: dict[int, list[tuple[int, float]]] = {}
        for size in sorted(self.seconds):
            curves.setdefault(size.n_features, []).append((size.numbers, self.seconds[size]))
        return curves

    @cached_property
    def _widest(self) -> int:
        """Find the number of features with the most sizes."""
        return max(self._measured, key=lambda d: (len(self._measured[d]), -d))

    @cached_property
    def _parallel_to(self) -> dict[int, int]:
        """Choose the features to whose curve that of others is parallel, rather several as well."""
        others = [d for d in self._measured if d != self._widest]
        second = max(others, key=lambda d: (len(self._measured[d]), -d), default=0)
        if second == 0 or len(self._measured[second]) == 1:
            return dict.fromkeys(others, self._widest)
        return {d: self._widest if d == second else second for d in others}

    @cached_property
    def _curves(self) -> dict[int, tuple[list[float], list[float]]]:
        """Return logarithms of numbers and of the seconds beyond the overhead.

        Where a curve is parallel to another, the latter are its distances from that one.
        """
        curves = {}
        for n_features, curve in self._measured.items():
            logs = [math.log(numbers) for numbers, _ in curve]
            excess = [math.log(max(of - self.overhead, SMALLEST)) for _, of in curve]
            curves[n_features] = logs, excess
        # First those that are parallel to one that is not parallel itself.
        order = sorted(self._parallel_to, key=lambda d: self._parallel_to[d] in self._parallel_to)
        apart = dict(curves)
        for d in order:
            logs, excess = curves[d]
            base = [self._on(apart, self._parallel_to[d], log) for log in logs]
            apart[d] = logs, [of - on for of, on in zip(excess, base, strict=True)]
        return apart

    def _log_excess(self, n_features: int, log_numbers: float) -> float:
        """Return the logarithm of the seconds beyond the overhead, on one of the curves."""
        return self._on(self._curves, n_features, log_numbers)

    def _on(
        self,
        curves: Mapping[int, tuple[list[float], list[float]]],
        n_features: int,
        log_numbers: float,
    ) -> float:
        logs, values = curves[n_features]
        parallel = self._parallel_to.get(n_features)
        if parallel is not None:
            return self._on(curves, parallel, log_numbers) + _interpolated(
                log_numbers, logs, values
            )
        inside = min(max(log_numbers, logs[0]), logs[-1])
        found = math.exp(_interpolated(inside, logs, values))
        # Beyond the measured sizes in proportion to the numbers, except what may be noise.
        noise = min(self.overhead * NOISE / (1 - NOISE), found)
        grown = (found - noise) * math.exp(log_numbers - inside)
        return math.log(max(noise + grown, SMALLEST))

    @cached_property
    def _variance(self) -> float:
        """Estimate the squared error for each factor e in size, each predicted from the others.

        Source: leave-one-out cross-validation, Hastie, Tibshirani, Friedman, *The Elements of
        Statistical Learning*, 2nd ed., section 7.10.
        """
        found = []
        for size, value in self.seconds.items():
            others = CostModel({one: of for one, of in self.seconds.items() if one != size})
            if len(others.seconds) > 1:
                off = math.log(others.at(size) / value)
                found.append(off * off / others._distance(size))
        return statistics.fmean(found) if found else UNKNOWN_VARIANCE

    def _distance(self, size: Size) -> float:
        """Return the distance of the nearest measured size: factors in samples and in features."""
        return min(
            abs(math.log(one.n_samples / size.n_samples))
            + abs(math.log((one.n_features + 1) / (size.n_features + 1)))
            for one in self.seconds
        )


def _interpolated(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return a straight line's value between points, and the last one's beyond them.

    ``numpy.interp`` for one number, ten times as fast: a report asks thousands of times.
    """
    if x <= xs[0] or len(xs) == 1:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    k = bisect.bisect_right(xs, x)
    return ys[k - 1] + (ys[k] - ys[k - 1]) * (x - xs[k - 1]) / (xs[k] - xs[k - 1])


def _across(per_sample: Mapping[int, float], n_features: int) -> float:
    """Return seconds for each sample of any number of features from those of some.

    One feature has kernels of its own and says little of two: rather the line of many goes on.
    """
    if n_features in per_sample or len(per_sample) == 1:
        d = n_features if n_features in per_sample else next(iter(per_sample))
        return per_sample[d] * (n_features + 1) / (d + 1)
    many = sorted(d for d in per_sample if d > 1 or len(per_sample) == 2)
    nearest = min(max(n_features, many[0]), many[-1])
    found = _interpolated(nearest, many, [per_sample[d] for d in many])
    in_proportion = found * (n_features + 1) / (nearest + 1)
    if n_features > nearest or len(many) == 1:
        return in_proportion
    slope = (per_sample[many[1]] - per_sample[many[0]]) / (many[1] - many[0])
    return min(max(found - slope * (nearest - n_features), in_proportion), found)


@dataclass(frozen=True)
class FixedCost:
    """Seconds of a part that does not depend on the size.

    Attributes
    ----------
    seconds : mapping of Size to float
        Measured seconds, which count where they were measured.
    value : float
        The seconds elsewhere.
    spread : float
        The standard error of ``value``, on logarithms.
    """

    seconds: Mapping[Size, float]
    value: float
    spread: float

    def at(self, size: Size) -> float:
        """Return the seconds at a size."""
        return self.seconds.get(size, self.value)

    def error(self, size: Size) -> float:
        """Return the standard error of ``at``, on logarithms."""
        return 0.0 if size in self.seconds else self.spread
