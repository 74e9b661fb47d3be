"""npfs, NumPy From Scratch: one regression, several tools, and what they cost on your machine.

Names are loaded when they are first used, so that ``import npfs`` costs no more than NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npfs.backends.registry import load_backend as load_backend
    from npfs.conformance import check_backend as check_backend
    from npfs.estimator_errors import ConvergenceWarning as ConvergenceWarning
    from npfs.estimator_errors import DivergenceError as DivergenceError
    from npfs.plots import plot_fit as plot_fit
    from npfs.plots import plot_learning_rates as plot_learning_rates
    from npfs.plots import plot_loss as plot_loss
    from npfs.problem import Problem as Problem
    from npfs.problem import make_problem as make_problem
    from npfs.regression import LinearRegression as LinearRegression
    from npfs.tables import open_pieces as open_pieces
    from npfs.tables import read_table as read_table

__version__ = "0.1.0"

_HOME_OF = {
    "ConvergenceWarning": "npfs.estimator_errors",
    "DivergenceError": "npfs.estimator_errors",
    "LinearRegression": "npfs.regression",
    "Problem": "npfs.problem",
    "check_backend": "npfs.conformance",
    "load_backend": "npfs.backends.registry",
    "make_problem": "npfs.problem",
    "open_pieces": "npfs.tables",
    "read_table": "npfs.tables",
    "plot_fit": "npfs.plots",
    "plot_learning_rates": "npfs.plots",
    "plot_loss": "npfs.plots",
}

__all__ = [
    "ConvergenceWarning",
    "DivergenceError",
    "LinearRegression",
    "Problem",
    "__version__",
    "check_backend",
    "load_backend",
    "make_problem",
    "open_pieces",
    "plot_fit",
    "plot_learning_rates",
    "plot_loss",
    "read_table",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'npfs' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
