"""npfs, NumPy From Scratch: one regression, several tools, and what they cost on your machine.

Names are loaded when they are first used, so that ``import npfs`` loads nothing heavy. The public
API is ``__all__``, ``npfs.backends.base``, the entry points, the command line and the files.

The packages, each with those that it imports:

- ``regression``: the mathematics (nothing)
- ``backends``: the contract of a backend, and one file for each tool (regression)
- ``data``: load a table as ``X`` and ``y`` (regression)
- ``largedata``: data larger than memory, clusters (regression, backends, data)
- ``estimator``: ``LinearRegression`` and its plots (the four above, analysis, drawing)
- ``schema``: every stored record, once (nothing)
- ``analysis``: runs to findings, pure (schema)
- ``harness``: how a number is made, for any benchmark (schema, analysis)
- ``suite``: the benchmark of the regression (all above but estimator)
- ``drawing``: what every plot shares (nothing)
- ``report``: findings to what a person reads (schema, analysis, drawing)
- ``plugin``: the harness for a person's own benchmarks (schema, harness, analysis, report, drawing)
- ``cli``: the ``npfs`` command, one file a command (anything; nothing imports it)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from npfs.backends.conformance import check_backend as check_backend
    from npfs.backends.registry import load_backend as load_backend
    from npfs.data import read_table as read_table
    from npfs.estimator.linear_regression import LinearRegression as LinearRegression
    from npfs.estimator.plots import plot_fit as plot_fit
    from npfs.estimator.plots import plot_learning_rates as plot_learning_rates
    from npfs.estimator.plots import plot_loss as plot_loss
    from npfs.largedata.moments import Moments as Moments
    from npfs.plugin.functions import compare_functions as compare_functions
    from npfs.regression.errors import ConvergenceWarning as ConvergenceWarning
    from npfs.regression.errors import DivergenceError as DivergenceError
    from npfs.regression.problem import Problem as Problem
    from npfs.regression.problem import make_problem as make_problem
    from npfs.regression.published import load_published as load_published

__version__ = "0.1.0"

_HOME_OF = {
    "ConvergenceWarning": "npfs.regression.errors",
    "DivergenceError": "npfs.regression.errors",
    "LinearRegression": "npfs.estimator.linear_regression",
    "Moments": "npfs.largedata.moments",
    "Problem": "npfs.regression.problem",
    "check_backend": "npfs.backends.conformance",
    "compare_functions": "npfs.plugin.functions",
    "load_backend": "npfs.backends.registry",
    "load_published": "npfs.regression.published",
    "make_problem": "npfs.regression.problem",
    "read_table": "npfs.data",
    "plot_fit": "npfs.estimator.plots",
    "plot_learning_rates": "npfs.estimator.plots",
    "plot_loss": "npfs.estimator.plots",
}

__all__ = ["__version__", *_HOME_OF]  # noqa: PLE0604 - all are names


def __getattr__(name: str) -> Any:
    if name == "open_pieces":
        raise AttributeError(
            "npfs.open_pieces is gone: fit a file of any size with `npfs fit`, or give batches to "
            "LinearRegression.partial_fit"
        )
    if name not in _HOME_OF:
        raise AttributeError(f"module 'npfs' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
