"""Our errors and warnings as scikit-learn's own; imported only where scikit-learn is loaded."""

from sklearn import exceptions

from npfs.estimator import input as ours
from npfs.regression import errors


class ConvergenceWarning(errors.ConvergenceWarning, exceptions.ConvergenceWarning):
    """``npfs.ConvergenceWarning`` and scikit-learn's."""


class NotFittedError(ours.NotFittedError, exceptions.NotFittedError):
    """Ours and scikit-learn's."""


class DataConversionWarning(ours.DataConversionWarning, exceptions.DataConversionWarning):
    """Ours and scikit-learn's."""


class UndefinedMetricWarning(ours.UndefinedMetricWarning, exceptions.UndefinedMetricWarning):
    """Ours and scikit-learn's."""
