import subprocess
import sys
from typing import Any

import pytest
import threadpoolctl

from npfs.harness import libraries
from npfs.schema import Blas

POOLS: list[dict[str, Any]] = [
    {"user_api": "openmp", "filepath": "/x/libgomp.so", "num_threads": 4},
    {
        "user_api": "blas",
        "internal_api": "openblas",
        "filepath": "/home/me/lib/scipy.libs/libopenblas.so",
        "version": "0.3.30",
        "architecture": "Haswell",
        "num_threads": 2,
    },
    {
        "user_api": "blas",
        "internal_api": "openblas",
        "filepath": "/home/me/lib/numpy.libs/libopenblas.so",
        "version": "0.3.31",
        "num_threads": 3,
    },
]


def test_numpys_blas_comes_first_and_no_path_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [*POOLS])
    found = libraries.blas_in_effect()
    assert found == (
        Blas("openblas", "0.3.31", None, 3),
        Blas("openblas", "0.3.30", "Haswell", 2),
    )


def test_the_threads_are_those_in_effect() -> None:
    if not libraries.blas_in_effect():
        pytest.skip("this NumPy's BLAS is not seen by threadpoolctl")
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        limited = libraries.blas_in_effect()
    assert limited
    assert limited[0].threads == 1


def test_numba_is_not_loaded_for_being_described() -> None:
    code = (
        "import sys\nfrom npfs.harness import libraries, load\n"
        "print(libraries.numba_in_effect(), load.snapshot().thread_sync_s)\n"
        "print('numba' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.split() == ["None", "None", "False"]


def test_numba_in_effect() -> None:
    import numba

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        found = libraries.numba_in_effect()
    finally:
        numba.set_num_threads(threads)
    assert found is not None
    assert found.threads == 1
    assert isinstance(found.cpu, str)
