"""The contract of a backend: its input, the timed call, and its result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsFloat

if TYPE_CHECKING:  # a backend without NumPy does not wait for its import
    from npfs.regression.problem import Array


class BackendUnavailable(ImportError):
    """The backend is known, but something that it needs is not installed."""


class Fit(NamedTuple):
    """The result of a fit, in the backend's own scalars and sequences.

    Attributes
    ----------
    weights : sequence of numbers, length n_features
    bias : number
    loss_history : sequence of numbers, length epochs
        The mean squared error before each update.
    """

    weights: "Sequence[SupportsFloat] | Array"
    bias: SupportsFloat
    loss_history: "Sequence[SupportsFloat] | Array"


class Sums(NamedTuple):
    """An epoch's sums over some samples; those of other samples are added to them.

    Attributes
    ----------
    loss : number
        Of the squared errors, with ``error = y_pred - y``.
    dw : array of shape (n_features,)
        Of ``error * x``.
    db : number
        Of the errors.
    """

    loss: float
    dw: "Array"
    db: float


@dataclass(frozen=True)
class BlockKernel:
    """The functions for a part of the samples, for data that are not one array in memory.

    Attributes
    ----------
    layout : callable ``(X, y) -> block``
        Lays out the numbers of a block as the kernel reads them, as ``Backend.prepare`` does:
        arrays, or a tuple of arrays and numbers. It can be pickled, and holds nothing that is not
        needed in every epoch.
    sums : callable ``(block, weights, bias) -> Sums``
        The sums over the block's samples at these parameters, by the kernel that ``Backend.fit``
        runs. ``weights`` is float64 of shape (n_features,).
    """

    layout: Callable[[Any, Any], Any]
    sums: Callable[[Any, "Array", float], Sums]


@dataclass(frozen=True)
class Backend:
    """A way to run the gradient descent.

    Attributes
    ----------
    name : str
        The id in results, options and figures: ``"numpy"``.
    title : str
        For a person: ``"NumPy, vectorized"``.
    prepare : callable ``(X, y) -> data``
        Untimed: native containers, layout, scratch buffers. ``X`` is C-contiguous, of one of
        ``dtypes`` and shape (n_samples, n_features), ``y`` of the same dtype and shape
        (n_samples,). Neither may be changed.
    fit : callable ``(data, epochs, learning_rate) -> Fit``
        The only timed call. Starts at zero; each epoch predicts, records the mean squared error,
        computes ``dw`` and ``db`` and updates. It may be called again with the same data.
    same_work : bool
        False for a shortcut: the same iterates by less work than a pass over the data in each
        epoch.
    dtypes : tuple of str
        Types that its data may have, ``"float64"`` among them.
    build : str
        Versions of a library or a compiler, on which its speed depends beside its source.
    cache_variable : str
        The environment variable that names the folder where its compiled code is kept for later
        processes; empty if it keeps none. Its first call is then measured with an empty folder as
        well.
    note : str
        A sentence about its times on this machine; empty if there is nothing to note.
    blocks : BlockKernel, optional
        For data block by block: out of core, or in the workers of a cluster.
    """

    name: str
    title: str
    prepare: Callable[[Any, Any], Any]
    fit: Callable[[Any, int, float], Fit]
    same_work: bool = True
    dtypes: tuple[str, ...] = ("float64",)
    build: str = ""
    cache_variable: str = ""
    note: str = ""
    blocks: BlockKernel | None = None


def fit_by_features(
    fit_one_feature: Callable[[Any, Any, int, float], Any],
    fit_many_features: Callable[[Any, Any, int, float], Any],
) -> Callable[[Any, int, float], Fit]:
    """Return the ``fit`` of a backend with a kernel of its own for one feature.

    Its data are ``x`` of shape (n_samples,) or ``X`` of shape (n_samples, n_features), and ``y``.
    """

    def fit(data: tuple[Any, Any], epochs: int, learning_rate: float) -> Fit:
        """Run ``epochs`` steps of gradient descent from zero."""
        X, y = data
        if X.ndim == 1:
            return Fit(*fit_one_feature(X, y, epochs, learning_rate))
        return Fit(*fit_many_features(X, y, epochs, learning_rate))

    # It is pickled, and its source is found, as the function ``fit`` of the backend's module.
    fit.__module__, fit.__qualname__ = fit_one_feature.__module__, "fit"
    return fit
