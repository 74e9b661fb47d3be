"""Files in pieces: together they hold what the file holds, and memory is set by one."""

import pickle
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from pyarrow import parquet

from npfs.data import open_pieces, parquet_pieces, read_table
from npfs.data.pieces import Piece, Pieces

MANY = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DTYPES = ("<f8", ">f8", "<f4", "<f2", "<i8", ">i2", "u1", "?", "g")
NUMBERS = np.random.default_rng(0).standard_normal((900, 5)) * 50


def joined(pieces: Pieces) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return all rows, after a look at each piece."""
    parts = [piece.read() for piece in pieces.pieces]
    for X, y in parts:
        assert X.dtype == y.dtype == np.float64
        assert X.flags.c_contiguous
        assert y.flags.c_contiguous
        assert X.shape == (*y.shape, pieces.n_features)
    return np.concatenate([X for X, _ in parts]), np.concatenate([y for _, y in parts])


def assert_same(path: Path, block_bytes: int, **options: Any) -> Pieces:
    """Compare with the table read at once; it is the file's only row group, or the only file."""
    pieces, table = (
        open_pieces(path, block_bytes=block_bytes, **options),
        read_table(path, **options),
    )
    X, y = joined(pieces)
    assert np.array_equal(X, table.X)
    assert np.array_equal(y, table.y)
    assert pieces.feature_names == table.feature_names
    assert pieces.target_name == table.target_name
    largest = max(block_bytes // 8 // (pieces.n_features + 1), 1)
    assert max(len(piece.read()[1]) for piece in pieces.pieces) <= largest
    return pieces


def as_parquet(path: Path, numbers: np.ndarray[Any, Any] = NUMBERS, **options: Any) -> Path:
    parquet.write_table(pa.table(dict(zip("abcdy", numbers.T, strict=True))), path, **options)
    return path


@MANY
@given(
    dtype=st.sampled_from(DTYPES),
    order=st.sampled_from("CF"),
    n_rows=st.integers(1, 900),
    block_bytes=st.integers(1, 50_000),
    target=st.integers(-5, 4),
    chunk=st.sampled_from([1, 1000, 1 << 18]),
)
def test_a_matrix_is_what_it_is_at_once(
    tmp_path: Path, dtype: str, order: Any, n_rows: int, block_bytes: int, target: int, chunk: int
) -> None:
    np.save(tmp_path / "t.npy", NUMBERS[:n_rows].astype(dtype, order=order))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("npfs.data.npy_pieces.CHUNK_BYTES", chunk)
        patch.setattr("npfs.data.npy_pieces.LEAST_COLUMN_BYTES", chunk // 8)
        assert_same(tmp_path / "t.npy", block_bytes, target=target)


@settings(MANY, max_examples=25)
@given(
    group_rows=st.lists(st.integers(0, 200), min_size=1, max_size=12),
    block_bytes=st.integers(400, 20_000),
    batch_rows=st.sampled_from([7, 1 << 16]),
    seed=st.randoms(use_true_random=False),
)
def test_row_groups_of_any_sizes_in_any_order(
    tmp_path: Path, group_rows: list[int], block_bytes: int, batch_rows: int, seed: random.Random
) -> None:
    table = pa.table(dict(zip("abcdy", np.resize(NUMBERS, (sum(group_rows), 5)).T, strict=True)))
    path, at = tmp_path / "t.parquet", 0
    with parquet.ParquetWriter(path, table.schema) as file:
        for n_rows in group_rows:
            file.write_table(table.slice(at, n_rows))
            at += n_rows
    if not at:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("npfs.data.parquet_pieces.BATCH_ROWS", batch_rows)
        pieces = assert_same(path, block_bytes, target="y")
        assert pieces.n_samples == at
        whole = [piece.read() for piece in pieces.pieces]
        some = seed.choices(range(len(whole)), k=10)
        for k in some:
            assert np.array_equal(pieces.pieces[k].read()[0], whole[k][0])


@pytest.mark.parametrize(
    "options",
    [
        {"target": "y"},
        {"target": -1, "features": ["d", "a"]},
        {"target": "0", "features": [-2, "y", 1]},
        {"target": "c", "features": "b", "features_option": "--columns"},
    ],
)
@pytest.mark.parametrize("kind", ["fields.npy", "t.parquet"])
def test_columns_are_chosen_as_of_a_table(
    tmp_path: Path, kind: str, options: dict[str, Any]
) -> None:
    path = tmp_path / kind
    if kind.endswith("npy"):
        kinds = list(zip("abcdy", ("f8", "i4", ">f4", "?", "u2"), strict=True))
        np.save(path, np.array([tuple(abs(row)) for row in NUMBERS], dtype=kinds))
    else:
        as_parquet(path, row_group_size=100)
    assert_same(path, 3000, **options)


def test_names_of_fields_in_any_alphabet(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="3.0"):
        np.save(tmp_path / "t.npy", np.ones(3, dtype=[("größe", float), ("価格", float)]))
    assert assert_same(tmp_path / "t.npy", 16, target="価格").feature_names == ("größe",)


def test_every_type_of_number_in_parquet(tmp_path: Path) -> None:
    whole = np.arange(900)
    columns = {
        "half": pa.array(whole.astype(np.float16)),
        "integer": pa.array(whole.astype(np.uint8)),
        "truth": pa.array(whole % 3 == 0),
        "decimal": pa.array(whole).cast(pa.decimal128(25, 2)),
        "coded": pa.array((whole % 5).astype(np.float32)).dictionary_encode(),
        "holes": pa.array([None if k % 7 == 0 else k for k in range(900)]),
        "nans": pa.array(np.where(whole % 11 == 0, np.nan, whole)),
        "y": pa.array([None if k % 13 == 0 else k for k in range(900)], pa.float32()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=250)
    pieces = assert_same(tmp_path / "t.parquet", 3000, target="y", missing="drop")
    assert pieces.n_samples == 900
    assert pieces.data_bytes == 900 * 8 * 8


def test_a_name_that_occurs_twice_is_read_by_its_position(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(column) for column in NUMBERS.T], names=list("aaaay"))
    parquet.write_table(table, tmp_path / "t.parquet")
    pieces = assert_same(tmp_path / "t.parquet", 3000, target="y", features=[2, 0])
    assert pieces.notes == ()
    pieces = assert_same(tmp_path / "t.parquet", 3000, target="y")
    assert pieces.notes == ("More than one column has the name 'a'.",)


def test_rows_without_a_value_are_left_out(tmp_path: Path) -> None:
    numbers = NUMBERS.copy()
    numbers[np.arange(0, 900, 7), np.arange(0, 900, 7) % 5] = np.nan
    numbers[400:500] = np.nan
    np.save(tmp_path / "t.npy", numbers)
    pieces = open_pieces(tmp_path / "t.npy", target=0, missing="drop", block_bytes=50 * 40)
    for _ in range(2):
        X, y = joined(pieces)
        kept = numbers[np.isfinite(numbers).all(axis=1)]
        assert np.array_equal(np.column_stack([y, X]), kept)
    assert [len(pieces.pieces[k].read()[1]) for k in (8, 9)] == [0, 0]
    assert pieces.n_samples == 900


def test_too_few_rows_are_noted(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", NUMBERS[:4])
    expected = (
        "4 rows cannot tell 4 features apart: other weights fit as well, so the solution is not "
        "unique."
    )
    assert open_pieces(tmp_path / "t.npy", target=0).notes == (expected,)


def folder_of_parts(folder: Path) -> Path:
    """Write rows in files, among what else is found in such folders."""
    folder.mkdir()
    for k, rows in enumerate(np.split(NUMBERS, [0, 130, 131, 700])):
        as_parquet(folder / f"part-{9 - k}.parquet", rows, row_group_size=60)
    (folder / "part-5.parquet").rename(folder / "part-5")  # the last rows, known by its content
    (folder / "_SUCCESS").touch()
    (folder / "_temporary").mkdir()
    (folder / ".part-9.parquet.crc").write_bytes(b"crc")
    return folder


def test_a_folder_is_its_files_by_name(tmp_path: Path) -> None:
    folder = folder_of_parts(tmp_path / "data")
    (folder / "READ ME.txt").touch()
    pieces = open_pieces(folder, target="y", block_bytes=3200)
    X, y = joined(pieces)
    expected = [NUMBERS[a:b] for a, b in ((700, 900), (131, 700), (130, 131), (0, 130))]
    assert np.array_equal(np.column_stack([X, y]), np.concatenate(expected))
    assert [piece.name for piece in pieces.pieces][:4] == [
        "rows 0 to 59 of 'part-5' (row group 0)",
        "rows 60 to 119 of 'part-5' (row group 1)",
        "rows 120 to 199 of 'part-5' (row groups 2 to 3)",
        "rows 0 to 59 of 'part-6.parquet' (row group 0)",
    ]
    assert pieces.pieces[13].name == "row 0 of 'part-7.parquet' (row group 0)"
    assert pieces.notes == ("Not read, as they are no Parquet files: 'READ ME.txt'.",)


def test_the_order_of_columns_in_files_does_not_matter(tmp_path: Path) -> None:
    for name, columns in (("1.parquet", "aby"), ("2.parquet", "yba")):
        table = pa.table({column: [float(ord(column))] for column in columns})
        parquet.write_table(table, tmp_path / name)
    X, y = joined(open_pieces(tmp_path, target="y"))
    assert X.tolist() == [[97, 98]] * 2
    assert y.tolist() == [121] * 2


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What opened row groups."""
    opened: list[Any] = []
    is_opened = parquet_pieces._Reader

    def note(groups: Any) -> Any:
        opened.append(is_opened(groups))
        return opened[-1]

    monkeypatch.setattr(parquet_pieces, "_Reader", note)
    return opened


def test_parts_of_a_row_group_decode_it_once(tmp_path: Path, readers: list[Any]) -> None:
    path = as_parquet(tmp_path / "t.parquet", row_group_size=300)
    pieces = open_pieces(path, target="y", block_bytes=4000)
    assert len(pieces.pieces) == 9
    for _ in range(2):
        joined(pieces)
    assert len(readers) == 2 * 3
    for piece in (pieces.pieces[0], pieces.pieces[2]):  # one is skipped
        piece.read()
    assert len(readers) == 7
    for piece in pieces.pieces[::-1]:
        piece.read()
    assert len(readers) == 7 + 9
    assert len(parquet_pieces._open) <= parquet_pieces.MOST_OPEN


def test_threads_may_read_at_once(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "t.parquet")
    pieces = open_pieces(path, target="y", block_bytes=1000)
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda piece: piece.read(), [*pieces.pieces] * 5))
    assert np.array_equal(np.concatenate([y for _, y in parts]), np.tile(NUMBERS[:, 4], 5))


ELSEWHERE = """
import pickle, sys
pieces = pickle.load(sys.stdin.buffer)
pickle.dump([piece.read() for piece in pieces], sys.stdout.buffer)
"""


def test_a_piece_is_read_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "t.npy", NUMBERS)
    as_parquet(tmp_path / "t.parquet", row_group_size=300)
    monkeypatch.chdir(tmp_path)  # where the other process is not
    some: list[Piece] = []
    for name in ("t.npy", "t.parquet"):
        pieces = open_pieces(name, target=-1, block_bytes=4000).pieces
        pieces[0].read()  # what is open then stays here
        some += [pieces[1], pieces[-1]]
    read = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps(some),
        stdout=subprocess.PIPE,
        cwd=tmp_path.parent,
        check=True,
        timeout=60,
    )
    for piece, (X, y) in zip(some, pickle.loads(read.stdout), strict=True):
        here = piece.read()
        assert np.array_equal(X, here[0])
        assert np.array_equal(y, here[1])


PEAK = """
import resource, sys
from pathlib import Path
from npfs.data import open_pieces

def now(what):
    return int(Path("/proc/self/status").read_text().split(what)[1].split()[0]) / 1024

for piece in open_pieces(sys.argv[2], target=-1).pieces:  # loads what it needs
    piece.read()
pieces = open_pieces(sys.argv[1], target=-1, block_bytes=4 * 2**20)
before = now("VmHWM:")
if sys.argv[1].endswith("npy"):  # nor does it need addresses; pyarrow takes many of them in advance
    resource.setrlimit(resource.RLIMIT_AS, (int(now("VmSize:") + 40) << 20,) * 2)
rows = sum(len(piece.read()[1]) for piece in pieces.pieces)
assert rows == pieces.n_samples
print(pieces.data_bytes / 2**20, now("VmHWM:") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it tells no peak of memory")
@pytest.mark.parametrize("kind", ["c.npy", "f.npy", "t.parquet"])
def test_memory_is_set_by_the_block(tmp_path: Path, kind: str) -> None:
    n_rows, path = 5_000_000, tmp_path / kind
    if kind.endswith("npy"):
        shape, is_fortran = (n_rows, 5), kind.startswith("f")
        with path.open("wb") as file:  # a hole, which takes no disk
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f8", "fortran_order": is_fortran, "shape": shape}
            )
            file.truncate(file.tell() + n_rows * 5 * 8)
    else:
        table = pa.table(dict.fromkeys("abcdy", np.resize(NUMBERS, n_rows)))
        options: dict[str, Any] = {"compression": "none", "use_dictionary": False}
        parquet.write_table(table, path, row_group_size=n_rows, **options)
    command: list[str | Path] = [sys.executable, "-c", PEAK, path]
    command.append(as_parquet(tmp_path / "small.parquet"))
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    data, more = map(float, said.stdout.split())
    assert data > 190
    assert more < 60
