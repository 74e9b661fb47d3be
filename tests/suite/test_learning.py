"""The lesson of a run: what it records must be what gradient descent does."""

import msgspec
import numpy as np
import pytest

from npfs.backends.base import Backend, Fit
from npfs.backends.registry import load_backend
from npfs.regression.learning_rate import SHARES_OF_STABLE, largest_stable_rate
from npfs.regression.problem import Array
from npfs.schema import Learning
from npfs.suite import learning


def test_the_largest_stable_rate_is_where_descent_turns() -> None:
    """A feature of +1 and -1 has the Hessian 2 I: its rate is 1, whatever the targets."""
    X = np.array([[1.0], [-1.0]])
    assert largest_stable_rate(X) == pytest.approx(1.0)
    backend = load_backend("numpy")
    data = backend.prepare(X, np.array([2.0, -2.0]))
    for rate, grows in ((0.99, False), (1.01, True)):
        loss = backend.fit(data, 200, rate).loss_history
        assert (float(loss[-1]) > float(loss[0])) == grows


def test_rates_run_from_slow_to_diverging() -> None:
    lesson = learning.record([load_backend("python"), load_backend("numpy")])
    assert msgspec.convert(msgspec.to_builtins(lesson), Learning) == lesson
    assert lesson.rates is not None
    losses = [loss for _, loss in lesson.rates.losses]
    rates = [rate / lesson.rates.largest_stable for rate, _ in lesson.rates.losses]
    assert rates == pytest.approx(SHARES_OF_STABLE)
    slow, usual, best, _, diverging = losses
    assert slow[0] == best[0] == diverging[0]
    assert best[5] < usual[5] < slow[5] < slow[0] < diverging[5]
    assert len(best) == learning.EPOCHS


def test_standardised_features_learn_sooner_than_raw_ones() -> None:
    scaling = learning.record([load_backend("numpy")]).scaling
    assert scaling is not None
    raw, standardised = scaling.raw.loss, scaling.standardised.loss
    assert raw[0] == pytest.approx(standardised[0])
    assert standardised[8] < 0.5 * raw[8]


def test_another_backend_teaches_where_numpy_is_not_there_or_fails() -> None:
    lists = load_backend("python")

    def failing(data: object, epochs: int, learning_rate: float) -> Fit:
        raise ValueError

    broken = Backend("numpy", "Broken", lists.prepare, failing)
    lesson = learning.record([broken, lists])
    assert lesson.backends.keys() == {"python"}
    assert lesson.rates is not None
    assert len(lesson.rates.losses) == len(SHARES_OF_STABLE)
    assert learning.record([broken]).rates is None


def test_a_backend_of_one_feature_teaches_no_scales_and_the_run_goes_on() -> None:
    lists = load_backend("python")

    def prepare(X: Array, y: Array) -> object:
        if X.shape[1] > 1:
            raise ValueError("one feature alone")
        return lists.prepare(X, y)

    lesson = learning.record([Backend("narrow", "Narrow", prepare, lists.fit)])
    assert lesson.backends.keys() == {"narrow"}
    assert lesson.rates is not None
    assert lesson.scaling is None
    assert msgspec.convert(msgspec.to_builtins(lesson), Learning) == lesson


def test_the_largest_curvature_sets_the_rate() -> None:
    """A feature of +2 and -2 has the eigenvalues 8 and 2."""
    assert largest_stable_rate(np.array([[2.0], [-2.0]])) == pytest.approx(2 / 8)
