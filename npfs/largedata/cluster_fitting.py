"""The estimator on Dask collections."""

from typing import Any

import numpy as np

from npfs.largedata.cluster_blocks import ClusterBlocks
from npfs.largedata.collections import to_blocks
from npfs.largedata.connection import connect
from npfs.largedata.errors import ClusterError
from npfs.largedata.kernels import DASK, GRAM, kernel_of


def fit_collection(model: Any, X: Any, y: Any) -> None:
    """Fit a ``LinearRegression`` to a Dask array or data frame, in the workers of the cluster in use.

    A backend that takes no data in blocks, such as the default, stands for ``dask``.

    Raises
    ------
    ClusterError, BadPiece
        If the cluster, or a block, is not as it has to be; and as ``LinearRegression.fit_blocks``.
    """
    source = to_blocks(X, y)
    asked = model.backend
    with ClusterBlocks.place(source, connect()) as blocks:
        model.backend = asked if _takes_blocks(asked) else DASK
        try:
            model.fit_blocks(blocks)
        finally:
            model.backend = asked
    if source.feature_names is not None:
        model.feature_names_in_ = np.array(source.feature_names, dtype=object)


def _takes_blocks(backend: Any) -> bool:
    if backend in (DASK, GRAM):
        return True
    if not isinstance(backend, str):
        return backend.blocks is not None
    try:
        kernel_of(backend)
    except (ClusterError, ValueError):  # "auto" is no backend's name
        return False
    return True
