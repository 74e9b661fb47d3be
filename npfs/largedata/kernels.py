"""What workers do with a block: the kernels of the backends, and the one that sums up the Gram matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from npfs.backends.base import BackendUnavailable, BlockKernel
from npfs.backends.registry import load_backend
from npfs.largedata.errors import ClusterError
from npfs.regression.problem import Array

DASK, GRAM = "dask", "dask-gram"
ON_ALL_CORES = ("numba-parallel",)


@dataclass(frozen=True)
class GramKernel:
    """What takes the Gram matrix of a block.

    Attributes
    ----------
    layout : callable ``(X, y) -> block``
    gram : callable ``(block) -> matrix`` of shape (n_features + 2, n_features + 2)
        The products of all columns of ``[X, 1, y]``.
    """

    layout: Callable[[Any, Any], Any]
    gram: Callable[[Any], Array]


def kernel_of(backend: str) -> BlockKernel | GramKernel:
    """Return the kernel of a backend; that of ``dask-gram`` takes Gram matrices.

    Raises
    ------
    ClusterError
        If the backend has none.
    """
    if backend == GRAM:
        from npfs.largedata import gram_blocks  # noqa: PLC0415 - compiled code is loaded where it runs

        return GramKernel(gram_blocks.layout, gram_blocks.gram)
    kernel = load_backend(backend).blocks
    if kernel is None:
        raise ClusterError(
            f"the backend {backend!r} takes no data in blocks; choose one that does, such as numba-simd or numpy-inplace"
        )
    return kernel


def kernel_on_workers(backend: str) -> str:
    """Return the backend whose kernel workers run for ``backend``.

    For ``dask`` that is the fastest one of a single core that can be loaded here. For one that uses all cores it is the same:
    a worker has as many calls at once as it has threads.
    """
    if backend not in (DASK, *ON_ALL_CORES):
        return backend
    try:
        load_backend("numba-simd")
    except BackendUnavailable:
        return "numpy-inplace"
    return "numba-simd"
