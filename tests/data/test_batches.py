"""Files of any size, batch by batch: together they hold what the file holds, in bounded memory."""

import bz2
import gzip
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from pyarrow import csv as pa_csv
from pyarrow import feather, parquet

from npfs.data import Reader, Table, TableOptions, open_table, read_table

MANY = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DTYPES = ("<f8", ">f8", "<f4", "<f2", "<i8", ">i2", "u1", "?", "g")
NUMBERS = np.random.default_rng(0).standard_normal((900, 5)) * 50


def opened(path: Path, **options: Any) -> Reader:
    return open_table(path, TableOptions(**options))


def rows_of(table: Table) -> np.ndarray[Any, Any]:
    assert table.X.dtype == table.y.dtype == np.float64
    assert table.X.flags.c_contiguous
    assert table.y.flags.c_contiguous
    return np.column_stack([table.X, table.y])


def small_batches(patch: pytest.MonkeyPatch, numbers: int) -> None:
    for name in ("files.BATCH_NUMBERS", "arrow.BATCH_NUMBERS", "arrow.PART_NUMBERS"):
        patch.setattr(f"npfs.data.{name}", numbers)
    for name in ("files.PART_BYTES", "text_file.CHUNK_BYTES", "text_file.READ_AT_ONCE_BYTES"):
        patch.setattr(f"npfs.data.{name}", 7 * numbers)


def arrow_table(numbers: np.ndarray[Any, Any] = NUMBERS) -> pa.Table:
    return pa.table(dict(zip("abcdy", numbers.T, strict=True)))


@MANY
@given(
    dtype=st.sampled_from(DTYPES),
    order=st.sampled_from("CF"),
    n_rows=st.integers(1, 900),
    target=st.integers(-5, 4),
    numbers=st.integers(1, 5_000),
)
def test_a_matrix_of_any_type_and_order(
    tmp_path: Path, dtype: str, order: Any, n_rows: int, target: int, numbers: int
) -> None:
    written = NUMBERS[:n_rows].astype(dtype, order=order)
    np.save(tmp_path / "t.npy", written)
    with pytest.MonkeyPatch.context() as patch:
        small_batches(patch, numbers)
        table = read_table(tmp_path / "t.npy", target=target)
        reader = opened(tmp_path / "t.npy", target=target)
        largest = max(len(batch.columns[0]) for batch in reader.batches())
    expected = written.astype(np.float64)
    others = [k for k in range(5) if k != target % 5]
    assert np.array_equal(rows_of(table), expected[:, [*others, target]])
    assert largest <= max(1, numbers // 5)


@settings(MANY, max_examples=25)
@given(
    group_rows=st.lists(st.integers(0, 200), min_size=1, max_size=12),
    numbers=st.integers(5, 3_000),
)
def test_row_groups_of_any_sizes(tmp_path: Path, group_rows: list[int], numbers: int) -> None:
    expected = np.resize(NUMBERS, (sum(group_rows), 5))
    table, path, at = arrow_table(expected), tmp_path / "t.parquet", 0
    with parquet.ParquetWriter(path, table.schema) as file:
        for n_rows in group_rows:
            file.write_table(table.slice(at, n_rows))
            at += n_rows
    if not at:
        return
    with pytest.MonkeyPatch.context() as patch:
        small_batches(patch, numbers)
        reader = opened(path, target="y")
        assert reader.n_rows == at
        assert np.array_equal(rows_of(read_table(path, target="y")), expected)
    firsts = [part.first_row for part, _ in reader.parts]
    assert firsts == sorted(firsts)
    for part in reader.parts:
        for batch in replace(reader, parts=[part]).batches():
            assert batch.columns[0][0] == expected[batch.row, 0]


KINDS = ["csv", "csv.gz", "csv.bz2", "csv.zst", "tsv", "arrow", "feather", "parquet", "npy"]


def write(path: Path, numbers: np.ndarray[Any, Any]) -> Path:
    """Write numbers as a file of the kind that its name says."""
    table, kind = arrow_table(numbers), path.name.partition(".")[2]
    if kind in ("arrow", "feather"):
        feather.write_feather(table, path, compression="uncompressed" if kind == "arrow" else "lz4")
    elif kind == "parquet":
        parquet.write_table(table, path, row_group_size=60)
    elif kind == "npy":
        np.save(path, numbers)
    else:
        options = pa_csv.WriteOptions(delimiter="\t" if kind == "tsv" else ",")
        if kind.endswith("zst"):
            with pa.CompressedOutputStream(str(path), "zstd") as packed:
                pa_csv.write_csv(table, packed, options)
            return path
        pa_csv.write_csv(table, path, options)
        if kind == "csv.gz":
            path.write_bytes(gzip.compress(path.read_bytes()))
        elif kind == "csv.bz2":
            path.write_bytes(bz2.compress(path.read_bytes()))
    return path


@pytest.fixture(params=["at once", "in small batches"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "at once":
        small_batches(monkeypatch, 500)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_and_a_folder_of_each_kind(tmp_path: Path, kind: str) -> None:
    one = write(tmp_path / f"one.{kind}", NUMBERS)
    assert np.array_equal(rows_of(read_table(one, target=-1)), NUMBERS)
    folder = tmp_path / "folder"
    folder.mkdir()
    for k, rows in enumerate(np.split(NUMBERS, [130, 131, 700])):
        write(folder / f"part-{9 - k}.{kind}", rows)
    for name in ("_SUCCESS", ".part.crc", "READ ME.txt"):
        (folder / name).write_text("some words\n")
    table = read_table(folder, target=-1)
    parts = [NUMBERS[a:b] for a, b in ((700, 900), (131, 700), (130, 131), (0, 130))]
    assert np.array_equal(rows_of(table), np.concatenate(parts))
    assert table.notes[-1].endswith("files: 'READ ME.txt'.")


@pytest.mark.parametrize(
    "options",
    [
        {"target": "y"},
        {"target": -1, "features": ["d", "a"]},
        {"target": "0", "features": [-2, "y", 1]},
        {"target": "c", "features": "b", "features_option": "--columns"},
    ],
)
def test_columns_are_chosen_by_name_or_position(tmp_path: Path, options: dict[str, Any]) -> None:
    kinds = list(zip("abcdy", ("f8", "i4", ">f4", "?", "u2"), strict=True))
    fields = np.array([tuple(abs(row)) for row in NUMBERS], dtype=kinds)
    np.save(tmp_path / "t.npy", fields)
    parquet.write_table(pa.table({n: fields[n].astype("f8") for n in "abcdy"}), tmp_path / "t")
    one, other = read_table(tmp_path / "t.npy", **options), read_table(tmp_path / "t", **options)
    names = [*one.feature_names, one.target_name]
    assert np.array_equal(rows_of(one), np.column_stack([fields[n].astype("f8") for n in names]))
    assert np.array_equal(rows_of(other), rows_of(one))
    assert other.feature_names == one.feature_names


def test_names_of_fields_in_any_alphabet(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="3.0"):
        np.save(tmp_path / "t.npy", np.ones(3, dtype=[("größe", float), ("価格", float)]))
    assert read_table(tmp_path / "t.npy", target="価格").feature_names == ("größe",)


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
    table = read_table(tmp_path / "t.parquet", target="y", missing="drop")
    kept = whole[(whole % 7 > 0) & (whole % 11 > 0) & (whole % 13 > 0)]
    expected = [kept, kept % 256, kept % 3 == 0, kept, kept % 5, kept, kept, kept]
    assert np.array_equal(rows_of(table), np.column_stack(expected))


def test_a_name_that_occurs_twice_is_read_by_its_position(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(column) for column in NUMBERS.T], names=list("aaaay"))
    parquet.write_table(table, tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet", target="y", features=[2, 0])
    assert np.array_equal(rows_of(found), NUMBERS[:, [2, 0, 4]])
    notes = read_table(tmp_path / "t.parquet", target="y").notes
    assert notes == ("More than one column has the name 'a'.",)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("kind", ["csv", "parquet", "npy", "arrow"])
def test_rows_without_a_value_are_left_out_and_counted(tmp_path: Path, kind: str) -> None:
    numbers = NUMBERS.copy()
    numbers[np.arange(7, 900, 7), np.arange(7, 900, 7) % 5] = np.nan
    numbers[400:500] = np.nan
    path = write(tmp_path / f"t.{kind}", numbers)
    table = read_table(path, target=-1, missing="drop")
    kept = numbers[np.isfinite(numbers).all(axis=1)]
    assert np.array_equal(rows_of(table), kept)
    n_missing = int(np.isnan(numbers).sum())
    assert table.notes[0].startswith(f"Left out {900 - len(kept)} of 900 rows: {n_missing} values ")
    name = "column 2" if kind == "npy" else "c"
    assert table.notes[0].endswith(f"the first in data row 8 of {name!r}.")


def test_the_order_of_columns_in_files_does_not_matter(tmp_path: Path) -> None:
    for name, columns in (("1.parquet", "aby"), ("2.parquet", "yba")):
        table = pa.table({column: [float(ord(column))] for column in columns})
        parquet.write_table(table, tmp_path / name)
    assert rows_of(read_table(tmp_path, target="y")).tolist() == [[97, 98, 121]] * 2


class Frame:
    """A frame of a library that Arrow knows by its interface alone, as polars has it."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


def test_data_frames_are_tables_too() -> None:
    frame = pd.DataFrame(NUMBERS, columns=list("abcdy"))
    for data in (frame, arrow_table(), Frame(arrow_table())):
        assert np.array_equal(rows_of(read_table(data, target="y")), NUMBERS)
    with pytest.raises(ValueError, match="DataFrame: column 't' holds values of type timestamp"):
        read_table(pd.DataFrame({"t": pd.date_range("2020", periods=3), "y": [1, 2, 3]}), target=1)


def test_an_index_of_pandas_is_left_out_and_said(tmp_path: Path) -> None:
    frame = pd.DataFrame(NUMBERS, columns=list("abcdy"))
    part = frame[frame.a > 0]
    part.to_parquet(tmp_path / "t.parquet")
    named = part.rename_axis("id")
    note = "Left out, as the index that pandas wrote: '__index_level_0__'."
    for data in (tmp_path / "t.parquet", part):
        table = read_table(data, target="y")
        assert table.feature_names == tuple("abcd")
        assert table.notes == (note,)
        chosen = read_table(data, target="y", features=["__index_level_0__"])
        assert np.array_equal(chosen.X[:, 0], part.index)
    assert read_table(named, target="y").notes == (note.replace("__index_level_0__", "id"),)
    assert read_table(named, target="id").notes == ()
    frame.to_parquet(tmp_path / "range.parquet")
    assert read_table(tmp_path / "range.parquet", target="y").notes == ()


ELSEWHERE = """
import pickle, sys
from dataclasses import replace
reader = pickle.load(sys.stdin.buffer)
found = [
    [batch.columns for batch in replace(reader, parts=[part]).batches()] for part in reader.parts
]
pickle.dump(found, sys.stdout.buffer)
"""


@pytest.mark.parametrize("kind", ["npy", "parquet", "csv.gz", "feather"])
def test_a_part_is_read_in_another_process(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / f"t.{kind}", NUMBERS)
    monkeypatch.chdir(tmp_path)  # where the other process is not
    small_batches(monkeypatch, 700)
    reader = opened(Path(f"t.{kind}"), target=-1)
    read = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps(reader),
        stdout=subprocess.PIPE,
        cwd=tmp_path.parent,
        check=True,
        timeout=60,
    )
    rows = [np.array(columns).T for batches in pickle.loads(read.stdout) for columns in batches]
    assert np.array_equal(np.concatenate(rows), NUMBERS)


PEAK = """
import sys
from pathlib import Path
from npfs.data import TableOptions, open_table

def now(what):
    return int(Path("/proc/self/status").read_text().split(what)[1].split()[0]) / 1024

for batch in open_table(sys.argv[2], TableOptions(target=-1)).batches():  # loads what it needs
    pass
before = now("VmHWM:")
n = sum(len(b.columns[0]) for b in open_table(sys.argv[1], TableOptions(target=-1)).batches())
print(n, now("VmHWM:") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it tells no peak of memory")
@pytest.mark.parametrize("kind", ["c.npy", "f.npy", "parquet", "csv"])
def test_memory_is_set_by_the_batch(tmp_path: Path, kind: str) -> None:
    n_rows, path = 5_000_000, tmp_path / f"t.{kind}"
    if kind.endswith("npy"):
        shape, is_fortran = (n_rows, 5), kind.startswith("f")
        with path.open("wb") as file:  # a hole, which takes no disk
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f8", "fortran_order": is_fortran, "shape": shape}
            )
            file.truncate(file.tell() + n_rows * 5 * 8)
    elif kind == "csv":
        path.write_bytes(b"1.5,2,3,4,5.25\n" + b"1,2.5,3,4,5\n" * n_rows)
    else:
        table = pa.table(dict.fromkeys("abcdy", np.resize(NUMBERS, n_rows)))
        options: dict[str, Any] = {"compression": "none", "use_dictionary": False}
        parquet.write_table(table, path, row_group_size=n_rows, **options)
    small = write(tmp_path / f"small.{kind.partition('.')[2] or kind}", NUMBERS)
    in_chunks = "import npfs.data.text_file as t; t.READ_AT_ONCE_BYTES = 0\n"  # as a larger file
    command: list[str | Path] = [sys.executable, "-c", in_chunks + PEAK, path, small]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    n, more = map(float, said.stdout.split())
    assert n == n_rows + (kind == "csv")
    assert more < 120
