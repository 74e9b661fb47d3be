"""Whether the workers' memory holds the data: asked before, since a worker that runs out of it is killed."""

from collections.abc import Mapping

from npfs.largedata.errors import ClusterError
from npfs.largedata.scheduler import Worker

# Of a worker's limit; beyond it Dask writes data to disk, to read it again in every epoch (its default "target").
USABLE = 0.6


def require_memory(data_bytes: int | None, workers: Mapping[str, Worker]) -> None:
    """Refuse what the workers cannot hold.

    Raises
    ------
    ClusterError
        With both sizes.
    """
    limits = [worker.memory_limit for worker in workers.values()]
    if data_bytes is None or not all(limits):
        return
    usable = USABLE * sum(limits)
    if data_bytes > usable:
        raise ClusterError(
            f"the data take {data_bytes / 1e9:,.2f} GB and the workers, {len(limits)} of them, hold {usable / 1e9:,.2f} GB "
            f"({USABLE:.0%} of their memory limits); add workers or memory, or fit without Dask, block by block from a file "
            "(--backend numba-parallel)"
        )
