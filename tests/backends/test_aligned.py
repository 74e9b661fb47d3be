import numpy as np
import pytest
from numpy.testing import assert_array_equal

from npfs.backends.aligned import aligned_copy, aligned_empty
from npfs.backends.registry import load_all


@pytest.mark.parametrize("shape", [(1,), (1000,), (7, 3), (3, 5, 2)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_array_begins_a_cache_line_at_its_place_of_a_page(
    shape: tuple[int, ...], dtype: str, place: int
) -> None:
    arrays = [aligned_empty(shape, dtype, place=place) for _ in range(20)]
    assert {array.ctypes.data % 64 for array in arrays} == {0}
    assert len({array.ctypes.data % 4096 for array in arrays}) == 1
    other = aligned_empty(shape, dtype, place=place + 1)
    assert arrays[0].ctypes.data % 4096 != other.ctypes.data % 4096
    for array in arrays:
        assert array.flags.writeable
        array[...] = 1.5
    assert all((array == 1.5).all() for array in arrays)  # none lies over another


def test_a_copy_has_the_numbers_and_the_order() -> None:
    given = np.arange(12.0).reshape(4, 3)
    columns = aligned_copy(given, "F")
    assert_array_equal(columns, given)
    assert columns.flags.f_contiguous
    assert not np.shares_memory(columns, given)
    assert_array_equal(aligned_copy(given[::2, 1]), given[::2, 1])


@pytest.mark.parametrize("n_features", [1, 4])
def test_the_arrays_of_every_rung_begin_a_cache_line(n_features: int) -> None:
    """By luck 16 arrays of ``np.empty`` would do so in one of 4 to the 16 cases."""
    generator = np.random.default_rng(0)
    for name in ("numpy", "numpy-inplace", "numpy-gram", "numba", "numba-simd", "numba-parallel"):
        backend = load_all()[0][name]
        found = []
        for _ in range(8):
            X, y = generator.normal(size=(1000, n_features)), generator.normal(size=1000)
            found += list(arrays_in(backend.prepare(X, y)))
        assert len(found) >= 8
        assert {array.ctypes.data % 64 for array in found} == {0}, name


def arrays_in(data: object) -> list[np.ndarray]:
    if isinstance(data, np.ndarray):
        return [data]
    return [a for part in data for a in arrays_in(part)] if isinstance(data, (tuple, list)) else []
