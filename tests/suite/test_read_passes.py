from typing import Any

import numpy as np
import pytest

from npfs.suite.read_passes import READ_PASSES


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (40_000, 2)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_read_pass_reads_every_number_once(shape: tuple[int, int], dtype: str) -> None:
    numbers: Any = np.random.default_rng(0).integers(0, 9, shape[0] * shape[1]).astype(dtype)
    for read in READ_PASSES.values():
        assert read(numbers, 3) == 3 * numbers.sum(dtype=float)
