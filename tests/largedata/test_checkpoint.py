"""A descent that is cut short goes on, to the same end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from npfs import DivergenceError, LinearRegression
from npfs.backends.base import Sums
from npfs.largedata.block_descent import State, descend_by_sums
from npfs.largedata.block_fitting import Checkpointing
from npfs.largedata.checkpoint import BadCheckpoint, Checkpoints, Fitted
from npfs.largedata.file_blocks import FileBlocks
from npfs.largedata.moments import Moments
from npfs.regression.problem import make_problem
from tests.largedata.test_file_blocks import pieces_of

PROBLEM = make_problem(2_000, 3, intercept=1.0, seed=6)
OF = Fitted(Moments.of(PROBLEM.X, PROBLEM.y), standardize=True, learning_rate=0.1)


def fit(folder: Path, epochs: int, checkpointing: Checkpointing | None = None) -> LinearRegression:
    model = LinearRegression("numpy-inplace", epochs=epochs)
    with FileBlocks(pieces_of(PROBLEM, 500), folder) as blocks:
        model.fit_blocks(blocks, checkpointing)
    return model


def test_resumed_after_a_part_it_ends_at_the_same_numbers(tmp_path: Path) -> None:
    path = tmp_path / "kept.npz"
    whole = fit(tmp_path, 50)
    fit(tmp_path, 20, Checkpointing(path, every_epochs=7))
    resumed = fit(tmp_path, 50, Checkpointing(path, every_epochs=7, resume=True))
    np.testing.assert_array_equal(resumed.coef_, whole.coef_)
    np.testing.assert_array_equal(resumed.loss_history_, whole.loss_history_)
    assert resumed.intercept_ == whole.intercept_


def test_it_is_written_every_so_many_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    monkeypatch.setattr(Checkpoints, "write", lambda self, state: written.append(state.epoch))
    keep = Checkpoints(tmp_path / "kept", OF, every_epochs=10)
    state = State.start(1)
    for _ in range(25):
        state.advance(np.zeros(1), 0.0, 1.0)
        keep(state)
    assert written == [10, 20]


def test_seconds_count_from_the_last_one_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("npfs.largedata.checkpoint.time.monotonic", lambda: now[0])
    keep = Checkpoints(tmp_path / "kept.npz", OF, every_seconds=3)
    state, seen = State.start(1), []
    for second in range(1, 9):
        now[0] = float(second)
        state.advance(np.zeros(1), 0.0, 1.0)
        keep(state)
        seen.append(keep.read()[0].epoch if keep.path.exists() else 0)
    assert seen == [0, 0, 3, 3, 3, 6, 6, 6]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"hello"])
def test_what_is_no_checkpoint_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept.npz"
    with pytest.raises(BadCheckpoint, match=r"no checkpoint .* to go on from"):
        Checkpoints(path, OF).read()
    path.write_bytes(content)
    with pytest.raises(BadCheckpoint, match="that can be read"):
        Checkpoints(path, OF).read()


def test_damaged_ones_are_said_whatever_byte_it_is(tmp_path: Path) -> None:
    keep = Checkpoints(tmp_path / "kept.npz", OF)
    keep.write(State(np.ones(3), 3.0, [1.0]))
    whole, random = keep.path.read_bytes(), np.random.default_rng(0)
    for at in random.integers(0, len(whole), 400):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << random.integers(8)
        keep.path.write_bytes(damaged)
        with contextlib.suppress(BadCheckpoint):
            keep.read()


@pytest.mark.parametrize(
    "other",
    [
        Fitted(Moments.of(PROBLEM.X, PROBLEM.y + 1e-3), True, 0.1),
        Fitted(Moments.of(PROBLEM.X[1:], PROBLEM.y[1:]), True, 0.1),
        Fitted(Moments.of(PROBLEM.X[:, :2], PROBLEM.y), True, 0.1),
        Fitted(Moments.of(PROBLEM.X, PROBLEM.y), False, 0.1),
        Fitted(Moments.of(PROBLEM.X, PROBLEM.y), True, 0.2),
    ],
)
def test_that_of_other_data_or_steps_is_refused(tmp_path: Path, other: Fitted) -> None:
    path = tmp_path / "kept.npz"
    Checkpoints(path, OF).write(State.start(3))
    with pytest.raises(BadCheckpoint, match="of other data or other options"):
        Checkpoints(path, other).read()


def test_one_of_the_same_data_in_other_pieces_and_of_another_kernel_is_gone_on_from(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kept.npz"
    fit(tmp_path, 20, Checkpointing(path, every_epochs=7))
    model = LinearRegression("numba", epochs=50)
    with FileBlocks(pieces_of(PROBLEM, 77), tmp_path) as blocks:
        found = model.fit_blocks(blocks, Checkpointing(path, every_epochs=7, resume=True))
    assert found.resumed_at == 20
    np.testing.assert_allclose(model.coef_, fit(tmp_path, 50).coef_, rtol=1e-12)
    with (
        FileBlocks(pieces_of(PROBLEM, 77), tmp_path) as blocks,
        pytest.raises(BadCheckpoint, match="at epoch 50 already, beyond the 10"),
    ):
        LinearRegression("numba", epochs=10).fit_blocks(
            blocks, Checkpointing(path, every_epochs=7, resume=True)
        )


def test_what_ends_an_epoch_in_its_middle_leaves_the_one_before() -> None:
    """Ctrl-C comes between any two statements; here while the state moves."""

    class Interrupts(float):
        def __float__(self) -> float:
            raise KeyboardInterrupt

    calls = 0

    def total(weights: np.ndarray, bias: float) -> Sums:
        nonlocal calls
        calls += 1
        return Sums(1.0, np.ones(1), 1.0)

    state = State.start(1)
    descend_by_sums(total, 1, state, epochs=3, learning_rate=0.1)
    before = state.moved()
    with pytest.raises(KeyboardInterrupt):
        state.advance(np.ones(1), float(Interrupts()), 9.0)
    state._losses.append(9.0)  # as far as an advance that was cut short may come
    for kept, was in zip(state.moved(), before, strict=True):
        np.testing.assert_array_equal(kept, was)
    descend_by_sums(total, 1, state, epochs=4, learning_rate=0.1)
    assert state.moved()[2].tolist() == [1.0] * 4


def test_a_half_written_one_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Checkpoints(tmp_path / "kept.npz", OF)
    keep.write(State(np.ones(2), 3.0, [1.0]))

    def torn(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", torn)
    with pytest.raises(OSError, match="No space"):
        keep.write(State(np.zeros(2), 0.0, []))
    assert keep.read()[0].epoch == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kept.npz"]


KILLED = """
import sys, time
from pathlib import Path
from npfs.largedata.block_fitting import Checkpointing
from npfs.largedata.moments import Moments
from tests.largedata import test_checkpoint as here
class Slow(here.FileBlocks):
    def total(self, weights, bias):
        time.sleep(0.01)
        return super().total(weights, bias)
here.FileBlocks = Slow
here.fit(Path(sys.argv[1]), 10_000, Checkpointing(Path(sys.argv[2]), every_epochs=5))
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_goes_on_to_the_same_end(tmp_path: Path, by: signal.Signals) -> None:
    path, root = tmp_path / "kept.npz", Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), str(path)],
        cwd=root,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(by)
    assert process.wait(timeout=30) != 0
    with np.load(path) as kept:
        reached = len(kept["loss_history"])
    assert 5 <= reached < 10_000
    assert by == signal.SIGINT or reached % 5 == 0
    epochs = reached + 20
    resumed = fit(tmp_path, epochs, Checkpointing(path, every_epochs=5, resume=True))
    whole = fit(tmp_path, epochs)
    np.testing.assert_array_equal(resumed.coef_, whole.coef_)
    assert resumed.intercept_ == whole.intercept_
    left = {file.name for file in tmp_path.iterdir() if not file.name.startswith(".kept.npz.")}
    assert left == {"kept.npz"}, "of the blocks nothing is left; one checkpoint may be half-written"


def quadratic(weights: np.ndarray, bias: float) -> Sums:
    """Of one sample x = 1, y = 0."""
    error = float(weights[0]) + bias - 1.0
    return Sums(error**2, np.array([error]), error)


def test_divergence_is_named_with_its_epoch_and_the_stable_rate() -> None:
    with pytest.raises(DivergenceError) as caught:
        descend_by_sums(
            quadratic, 1, State.start(1), epochs=500, learning_rate=0.6,
            largest_stable_rate=lambda: 0.5,
        )  # fmt: skip
    assert caught.value.largest_stable_rate == 0.5
    assert caught.value.epoch == 1


def test_a_loss_that_overflows_ends_it_at_once() -> None:
    calls = []

    def total(weights: np.ndarray, bias: float) -> Sums:
        calls.append(1)
        return Sums(np.inf, weights, bias)

    with pytest.raises(ValueError, match="overflows float64"):
        descend_by_sums(
            total, 1, State.start(1), epochs=10_000, learning_rate=0.1,
            largest_stable_rate=lambda: 0.5,
        )  # fmt: skip
    assert len(calls) <= 3
