"""Our errors and warnings as scikit-learn's own. It imports scikit-learn: only who has it loaded may import this."""

from sklearn import exceptions

from npfs.regression import errors as ours


class ConvergenceWarning(ours.ConvergenceWarning, exceptions.ConvergenceWarning):
    """``npfs.ConvergenceWarning`` and scikit-learn's."""


class NotFittedError(ours.NotFittedError, exceptions.NotFittedError):
    """Ours and scikit-learn's."""


class DataConversionWarning(ours.DataConversionWarning, exceptions.DataConversionWarning):
    """Ours and scikit-learn's."""


class UndefinedMetricWarning(ours.UndefinedMetricWarning, exceptions.UndefinedMetricWarning):
    """Ours and scikit-learn's."""
