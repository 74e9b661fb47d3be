"""Which worker holds which block."""

from collections.abc import Mapping, Sequence


def spread(
    sizes: Mapping[int, int],
    workers: Sequence[str],
    kept: Mapping[int, str],
    preferred: Mapping[int, str],
) -> dict[int, str]:
    """Return a worker for each block, such that all have nearly as many bytes; the same for the same arguments.

    Parameters
    ----------
    sizes : mapping
        Bytes of each block.
    workers : sequence of str
    kept : mapping
        Blocks that stay where they are.
    preferred : mapping
        Where a block goes unless another worker has less: it need not be sent.
    """
    load = dict.fromkeys(workers, 0)
    for index, worker in kept.items():
        load[worker] += sizes[index]
    placed: dict[int, str] = {}
    for index in sorted(sizes.keys() - kept.keys(), key=lambda index: (-sizes[index], index)):
        worker = preferred.get(index, "")
        if worker not in load:
            worker = min(workers, key=load.__getitem__)
        placed[index] = worker
        load[worker] += sizes[index]
    while (move := _move(sizes, placed, load)) is not None:
        index, worker = move
        load[placed[index]] -= sizes[index]
        load[worker] += sizes[index]
        placed[index] = worker
    return {**kept, **placed}


def _move(
    sizes: Mapping[int, int], placed: Mapping[int, str], load: Mapping[str, int]
) -> tuple[int, str] | None:
    """Return the block whose move to the emptiest worker brings it nearest to the fullest one that has such a block."""
    emptiest = min(load, key=load.__getitem__)
    for fullest in sorted(load, key=lambda worker: -load[worker]):
        gap = load[fullest] - load[emptiest]
        movable = [i for i, worker in placed.items() if worker == fullest and 0 < sizes[i] < gap]
        if movable:
            return min(movable, key=lambda i: (abs(gap - 2 * sizes[i]), i)), emptiest
    return None
