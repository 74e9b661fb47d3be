"""Blocks in a file: the same fit as in memory, of no more memory than a block."""

import gc
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npfs import LinearRegression
from npfs.backends.registry import load_backend
from npfs.data.pieces import BadPiece, Pieces, of_arrays, require_usable
from npfs.largedata import file_blocks
from npfs.largedata.file_blocks import BlockFile, DiskFull, FileBlocks, rebatched
from npfs.regression.problem import Problem, make_problem

KERNELS = ("numpy-inplace", "numba", "numba-simd", "numba-parallel")


def pieces_of(problem: Problem, block_samples: int) -> Pieces:
    names = tuple(f"x{k}" for k in range(problem.n_features))
    return of_arrays(problem.X, problem.y, block_samples, names, "y")


@pytest.mark.parametrize("kernel", [*KERNELS, "numpy-gram"])
@pytest.mark.parametrize("n_features", [1, 5])
@pytest.mark.parametrize("standardize", [True, False])
def test_a_fit_on_blocks_is_the_fit_on_the_whole(
    kernel: str, n_features: int, standardize: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(file_blocks, "BLOCK_BYTES", 1_000 * 8)  # several blocks, across pieces
    problem = make_problem(1_234, n_features, intercept=2.0, seed=4)
    whole = LinearRegression("numpy", epochs=150, standardize=standardize)
    whole.fit(problem.X, problem.y)
    model = LinearRegression(
        kernel, epochs=150, standardize=standardize, learning_rate=whole.learning_rate_
    )
    with FileBlocks(pieces_of(problem, 333), tmp_path) as blocks:
        found = model.fit_blocks(blocks)
    assert not list(tmp_path.iterdir()), "the temporary file is gone"
    np.testing.assert_allclose(model.coef_, whole.coef_, rtol=1e-9)
    assert model.intercept_ == pytest.approx(whole.intercept_, rel=1e-9)
    np.testing.assert_allclose(model.loss_history_, whole.loss_history_, rtol=1e-6)
    left = float(np.mean((problem.y - whole.predict(problem.X)) ** 2))
    assert found.rest == pytest.approx(left, rel=1e-6)
    assert model.backend_ == kernel


def test_the_rate_and_the_end_are_found_as_on_the_whole(tmp_path: Path) -> None:
    problem = make_problem(3_000, 3, intercept=1.0, seed=5)
    whole = LinearRegression("numpy-inplace", tol=1e-9, epochs=2_000).fit(problem.X, problem.y)
    model = LinearRegression("numpy-inplace", tol=1e-9, epochs=2_000)
    with FileBlocks(pieces_of(problem, 1_000), tmp_path) as blocks:
        model.fit_blocks(blocks)
    assert model.learning_rate_ == pytest.approx(whole.learning_rate_)
    assert model.n_iter_ == whole.n_iter_ < 2_000


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(1, 50))
def test_parts_of_any_lengths_become_blocks_of_one(lengths: list[int], block: int) -> None:
    total = sum(lengths)
    X, y = np.arange(2.0 * total).reshape(total, 2), np.arange(float(total))
    ends = np.cumsum([0, *lengths])
    parts = [(X[a:b], y[a:b]) for a, b in itertools.pairwise(ends)]
    found = list(rebatched(parts, block))
    assert [len(y) for _, y in found[:-1]] == [block] * (len(found) - 1)
    if total:
        np.testing.assert_array_equal(np.concatenate([X for X, _ in found]), X)
        np.testing.assert_array_equal(np.concatenate([y for _, y in found]), y)
    assert not any(np.shares_memory(X, part) for part, _ in found)


def test_what_is_appended_comes_back_in_its_order(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    blocks = [(random.random((n, 3)), random.random((2, n)), n) for n in (1, 1000, 7, 4096)]
    with BlockFile(tmp_path) as file:
        for block in blocks:
            file.append(block)
        assert len(file) == 4
        for _ in range(2):
            for (a, b, n), (x, y, m) in zip(file, blocks, strict=True):
                np.testing.assert_array_equal(a, x)
                np.testing.assert_array_equal(b, y)
                assert n == m
                assert a.ctypes.data % file_blocks.ALIGNMENT == 0
                assert b.ctypes.data % file_blocks.ALIGNMENT == 0


def test_reading_ahead_goes_without_advice_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    read: list[tuple[int, int]] = []
    original = BlockFile._read

    def seen(self: BlockFile, entry: Any) -> None:
        original(self, entry)
        read.append((entry.offset, entry.length))

    monkeypatch.setattr(BlockFile, "_read", seen)
    with BlockFile(tmp_path) as file:
        for k in range(5):
            file.append(np.full(10_000, float(k)))
        assert [block[0] for block in file] == [0, 1, 2, 3, 4]
        offsets = [entry.offset for entry in file._entries]
    assert [offset for offset, _ in read] == offsets[1:], "each block but the first, once"
    assert all(length > 80_000 for _, length in read)


@pytest.mark.skipif(
    not hasattr(os, "posix_fadvise") or not hasattr(os, "RWF_NOWAIT"), reason="Linux takes advice"
)
def test_the_whole_of_the_next_block_is_asked_for_and_nothing_of_what_is_cached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda fd, at, length, how: asked.append((at, length)))
    with BlockFile(tmp_path) as file:
        for k in range(3):
            file.append(np.full(100_000, float(k)))
        assert len(list(file)) == 3
        assert asked == [], "it was just written"
        monkeypatch.setattr(file_blocks, "_is_cached", lambda *part: False)
        assert len(list(file)) == 3
        later = file._entries[1:]
    covered = [at for at, length in asked for at in range(at, at + length, 4096)]
    wanted = [at for e in later for at in range(e.offset, e.offset + e.length, 4096)]
    assert [at for at in covered if at in set(wanted)] == wanted
    assert max(length for _, length in asked) <= file_blocks.ADVISED


@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="Linux tells what is mapped"
)
def test_only_one_block_is_mapped_at_a_time(tmp_path: Path) -> None:
    def mapped() -> int:
        maps = Path("/proc/self/maps").read_text()
        spans = [
            line.split()[0].split("-")
            for line in maps.splitlines()
            if "npfs-blocks" in line or "(deleted)" in line
        ]
        return sum(int(end, 16) - int(start, 16) for start, end in spans)

    problem = make_problem(40_000, 4)
    kernel = load_backend("numpy-inplace").blocks
    assert kernel is not None
    with BlockFile(tmp_path) as file:
        for first in range(0, 40_000, 10_000):
            part = slice(first, first + 10_000)
            file.append(kernel.layout(problem.X[part], problem.y[part]))
        gc.collect()
        before, most = mapped(), 0
        for block in file:
            kernel.sums(block, np.zeros(4), 0.0)
            del block
            most = max(most, mapped() - before)
        assert most < 2 * 10_000 * 5 * 8 + 100_000


def test_a_full_disk_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = pieces_of(make_problem(1_000, 2), 100)
    usage = type("Usage", (), {"free": 10_000})
    monkeypatch.setattr("npfs.largedata.file_blocks.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(DiskFull, match=r"GB free and the blocks take .* --scratch"):
        FileBlocks(pieces, tmp_path)
    monkeypatch.undo()
    with pytest.raises(DiskFull, match=r"takes no temporary file \(No such file"):
        FileBlocks(pieces, tmp_path / "absent")


def test_a_disk_that_fills_up_is_a_sentence() -> None:
    code = (
        "import resource, numpy as np\n"
        "from pathlib import Path\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from npfs.largedata.file_blocks import BlockFile, DiskFull\n"
        "import tempfile\n"
        "try:\n"
        "    BlockFile(Path(tempfile.gettempdir())).append(np.zeros(100_000))\n"
        "except DiskFull as error:\n"
        "    print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "could not be written" in result.stdout
    assert "--scratch" in result.stdout


def test_no_sample_at_all_is_said(tmp_path: Path) -> None:
    pieces = of_arrays(np.empty((0, 1)), np.empty(0), 10)
    with FileBlocks(pieces, tmp_path) as blocks, pytest.raises(BadPiece, match="no row is left"):
        blocks.moments()


def test_numbers_that_are_not_finite_are_named_by_piece_and_row() -> None:
    X, y = np.ones((10, 2)), np.ones(10)
    require_usable("piece", X * 1e308, y)  # whose sum overflows
    X[7, 1] = np.nan
    with pytest.raises(BadPiece, match="piece: feature 1 is nan in its row 7"):
        require_usable("piece", X, y)
    y[3] = -np.inf
    with pytest.raises(BadPiece, match="piece: the target is -inf in its row 3"):
        require_usable("piece", np.ones((10, 2)), y)


def test_arrays_with_a_number_that_is_not_finite_are_refused_by_name(tmp_path: Path) -> None:
    problem = make_problem(100, 2)
    problem.X[77, 1] = np.inf
    with (
        FileBlocks(pieces_of(problem, 10), tmp_path) as blocks,
        pytest.raises(BadPiece, match="samples 70 to 79: feature 1 is inf in its row 7"),
    ):
        blocks.moments()


def test_a_backend_without_a_kernel_for_blocks_is_refused(tmp_path: Path) -> None:
    with FileBlocks(pieces_of(make_problem(10), 10), tmp_path) as blocks:
        with pytest.raises(ValueError, match="'python' has no kernel for blocks"):
            LinearRegression("python").fit_blocks(blocks)
        with pytest.raises(ValueError, match="keep_path"):
            LinearRegression("numpy-inplace", keep_path=True).fit_blocks(blocks)
