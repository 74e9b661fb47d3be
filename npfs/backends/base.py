"""The contract of a backend: its input, the timed call, and its result."""

from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsFloat

if TYPE_CHECKING:  # a backend without NumPy does not wait for its import
    from npfs.regression.problem import Array


class BackendUnavailable(ImportError):
    """The backend is known, but cannot be used here; ``package`` is what is not installed, if any.

    Other errors of its module are wrapped in one by ``registry.load_all``.
    """

    def __init__(self, reason: str, package: str = "") -> None:
        super().__init__(reason)
        self.package = package


class DoesNotFit(ValueError):
    """The data do not fit where the backend keeps them: one sentence that says what to do."""


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
    blocks: InitVar[None] = None  # gone

    def __post_init__(self, blocks: None) -> None:
        if blocks is not None:
            raise TypeError(
                f"backend {self.name!r} gives blocks, which are gone: data of any size are fitted "
                "in one pass (npfs.Moments); leave the argument out"
            )


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
