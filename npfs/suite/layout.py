"""The layout of numbers in a list and an array, and libraries that take one without a copy."""

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
    """Measure one feature as a list and as an array, for ``npfs.schema.Layout``.

    The gaps are None where the interpreter does not tell addresses.
    """
    array = make_problem(n_samples).X[:, 0]
    numbers = array.tolist()
    gap = share = None
    if platform.python_implementation() == "CPython":  # there an id is an address
        gaps = Counter(b - a for a, b in pairwise(map(id, numbers)))
        [(gap, times)] = gaps.most_common(1)
        share = times / gaps.total()
    return {
        "pointer_bytes": (sys.getsizeof(numbers) - sys.getsizeof([])) / n_samples,
        "object_bytes": sys.getsizeof(numbers[0]),
        "gap_bytes": gap,
        "gap_share": share,
        "array_bytes": array.itemsize,
        "stride_bytes": array.strides[0],
        "is_contiguous": bool(array.flags.c_contiguous),
    }


def zero_copy() -> list[dict[str, Any]]:
    """Pass one array to PyTorch and to JAX; tell for each whether it is used without a copy.

    ``shares`` is None if the library is not installed, or failed; ``reason`` tells which.
    """
    array = aligned_copy(np.arange(1000.0))
    return [
        {"library": name, **_passed(name, address, array)} for name, address in _ADDRESSES.items()
    ]


def _passed(name: str, address: Callable[[Array], int], array: Array) -> dict[str, Any]:
    if importlib.util.find_spec(name) is None:
        return {"shares": None, "reason": "not installed"}
    try:
        shares = address(array) == array.ctypes.data
        version = str(importlib.import_module(name).__version__)
    except Exception as error:  # a library that does not load here is no failure of ours
        return {"shares": None, "reason": f"{type(error).__name__}: {error}"[:200]}
    return {"shares": shares, "version": version}


def _torch_address(array: Array) -> int:
    torch: Any = importlib.import_module("torch")
    return int(torch.from_numpy(array).data_ptr())


def _jax_address(array: Array) -> int:
    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)  # it would make float32 of the numbers, in a copy
    return int(jax.dlpack.from_dlpack(array).unsafe_buffer_pointer())


_ADDRESSES = {"torch": _torch_address, "jax": _jax_address}
