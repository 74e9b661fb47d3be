"""Where a list and an array keep their numbers, and whether other libraries take an array without a copy."""

import importlib
import importlib.util
import platform
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from npfs.backends.aligned import aligned_copy
from npfs.regression.problem import Array, make_problem


def of_numbers(n_samples: int) -> dict[str, Any]:
    """Describe one feature as a list and as an array: bytes for each number, and how far apart they lie.

    ``gap_bytes`` is the most frequent distance from one number of the list to the next, ``gap_share`` how often
    it occurs; None where the interpreter does not tell addresses.
    """
    array = make_problem(n_samples).X[:, 0]
    numbers = array.tolist()
    gap = share = None
    if platform.python_implementation() == "CPython":  # there an id is an address
        gaps = Counter(b - a for a, b in pairwise(map(id, numbers)))
        [(gap, times)] = gaps.most_common(1)
        share = times / gaps.total()
    return {
        "n_samples": n_samples,
        "list": {
            "bytes_in_list": (sys.getsizeof(numbers) - sys.getsizeof([])) / n_samples,
            "bytes_of_number": sys.getsizeof(numbers[0]),
            "gap_bytes": gap,
            "gap_share": share,
        },
        "array": {
            "bytes_of_number": array.itemsize,
            "stride_bytes": array.strides[0],
            "contiguous": bool(array.flags.c_contiguous),
        },
    }


def hand_over() -> dict[str, dict[str, Any]]:
    """Hand one array to PyTorch and to JAX; say whether it stays in its place, or why that was not seen.

    ``shares`` is None if the library is not installed, or failed; ``reason`` says which.
    """
    array = aligned_copy(np.arange(1000.0))
    return {name: _handed(name, address, array) for name, address in _ADDRESSES.items()}


def _handed(name: str, address: Callable[[Array], int], array: Array) -> dict[str, Any]:
    if importlib.util.find_spec(name) is None:
        return {"shares": None, "reason": "not installed", "version": None}
    try:
        shares = address(array) == array.ctypes.data
        version = str(importlib.import_module(name).__version__)
    except (
        Exception
    ) as error:  # a library that does not load here is a reason, and no failure of ours
        return {"shares": None, "reason": f"{type(error).__name__}: {error}"[:200], "version": None}
    return {"shares": shares, "reason": "", "version": version}


def _torch_address(array: Array) -> int:
    torch: Any = importlib.import_module("torch")
    return int(torch.from_numpy(array).data_ptr())


def _jax_address(array: Array) -> int:
    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)  # it would make float32 of the numbers, in a copy
    return int(jax.dlpack.from_dlpack(array).unsafe_buffer_pointer())


_ADDRESSES = {"torch": _torch_address, "jax": _jax_address}
