"""What is wrong with files, folders and streams: a sentence as they are opened, or as they are read."""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from npfs.data import BadTable, TableOptions, files, open_table, read_table
from tests.data.test_batches import small_batches

NUMBERS = np.random.default_rng(0).standard_normal((60, 3))


def columns(numbers: np.ndarray[Any, Any] = NUMBERS) -> dict[str, Any]:
    return dict(zip("aby", numbers.T, strict=True))


def write(path: Path, table: dict[str, Any] | pa.Table, **options: Any) -> Path:
    parquet.write_table(pa.table(table), path, **options)
    return path


def problem(path: Path, **options: Any) -> str:
    """Return the sentence, without the path that it begins with."""
    with pytest.raises(BadTable) as caught:
        read_table(path, **{"target": -1, **options})
    said = str(caught.value)
    assert "\n" not in said
    assert said.isprintable()
    assert said.startswith(f"{str(path)!r}: ")
    return said.removeprefix(f"{str(path)!r}: ")


def test_an_array_without_its_end_is_told_from_its_size(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", NUMBERS)
    os.truncate(tmp_path / "t.npy", 128 + 60 * 3 * 8 - 1)
    with pytest.raises(BadTable, match=r"it cannot be read \(.*\); is the file whole"):
        open_table(tmp_path / "t.npy", TableOptions(target=-1))


def test_a_footer_has_one_number_of_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", columns(), row_group_size=25)
    whole, n_opened = path.read_bytes(), 0
    for at in range(len(whole) - 8 - int.from_bytes(whole[-8:-4], "little"), len(whole) - 8):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 2]) + whole[at + 1 :])
        try:
            reader = open_table(path, TableOptions(target=-1))
        except BadTable:
            continue
        assert reader.n_rows == 60
        n_opened += 1
    assert n_opened > 100


def test_folders_without_data_are_said(tmp_path: Path) -> None:
    remedy = "give a file, or a folder of CSV, Parquet or other files"
    assert problem(tmp_path) == f"it is an empty folder; {remedy}"
    (tmp_path / "_SUCCESS").touch()
    assert problem(tmp_path) == f"it is an empty folder; {remedy}"
    (tmp_path / "t.txt").write_text("a,y\n1,2\n")
    assert problem(tmp_path) == f"it holds 't.txt' and no table; {remedy}"
    (tmp_path / "1.parquet").touch()
    assert problem(tmp_path).startswith("its file '1.parquet': it is empty; give a file with a row")
    write(tmp_path / "1.parquet", columns(NUMBERS[:0]))
    assert problem(tmp_path) == "it has columns and no row; add a row for each sample"
    (tmp_path / "year=2024").mkdir()
    assert problem(tmp_path) == (
        "it holds the folder 'year=2024'; give a folder whose files are not parted into folders"
    )
    (tmp_path / "_delta_log").mkdir()
    assert problem(tmp_path).startswith("it is a Delta table, of which not every file counts;")


@pytest.mark.parametrize(
    ("second", "how"),
    [
        ({"a": [1.0], "y": [1.0]}, "only the first has a column 'b'"),
        ({"c": [1.0], **columns()}, "only the second has a column 'c'"),
        ({"a": [1], "b": [1.0], "y": [1.0]}, "'a' is of type double in the first and int64 in the second"),
        ({"a": [1.0], "b": [1.0], "y": pa.nulls(1)}, "'y' is of type double in the first and null in the second"),
    ],
)  # fmt: skip
def test_two_schemas_are_told_apart(tmp_path: Path, second: dict[str, Any], how: str) -> None:
    write(tmp_path / "1.parquet", columns())
    write(tmp_path / "2.parquet", columns(NUMBERS[:1]))
    write(tmp_path / "3.parquet", {"a": pa.nulls(0)})  # without a row it counts for nothing
    many = {k: np.resize(v, 60) if not isinstance(v, pa.Array) else pa.nulls(60) for k, v in second.items()}  # fmt: skip
    write(tmp_path / "4.parquet", many)
    assert problem(tmp_path, target="y") == (
        f"its files '1.parquet' and '4.parquet' differ: {how}; write all files of a folder with "
        "one schema"
    )


def test_text_files_of_other_columns_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,y\n1.5,2\n")
    (tmp_path / "2.csv").write_text("a,z\n1.5,2\n")
    said = "its files '1.csv' and '2.csv' differ: only the first has a column 'y'"
    assert problem(tmp_path).startswith(said)
    (tmp_path / "2.csv").write_text("y,a\n1.5,2\nx,3\n")
    said = "the target 'y' holds text, such as 'x' in data row 2 of '2.csv'; choose a column"
    assert problem(tmp_path).startswith(said)
    rows = "1.5,2\n" * 70
    (tmp_path / "2.csv").write_text(f"y,a\n{rows}x,3\n")
    said = "its file '2.csv': column 'y' holds text, such as 'x' in data row 71; choose columns"
    assert problem(tmp_path).startswith(said)


@pytest.mark.parametrize(
    "other", [np.array(["2020"], "M8[s]"), np.array([1], "m8[s]"), np.array(["1"]), np.array([1j])]
)
def test_each_array_of_a_folder_holds_numbers(tmp_path: Path, other: np.ndarray[Any, Any]) -> None:
    np.save(tmp_path / "1.npy", NUMBERS)
    np.save(tmp_path / "2.npy", np.broadcast_to(other, (4, 3)))
    said = f"the target 'column 2' holds values of type {other.dtype}, such as "
    assert problem(tmp_path).startswith(said)
    assert problem(tmp_path).endswith(
        "in data row 1 of '2.npy'; choose a column of numbers with --target"
    )


def test_an_index_that_one_file_lacks_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame(columns())
    frame.to_parquet(tmp_path / "1.parquet")
    frame[frame.a > 0].to_parquet(tmp_path / "2.parquet")
    table = read_table(tmp_path, target="y")
    assert table.feature_names == ("a", "b")
    assert len(table.y) == 60 + (frame.a > 0).sum()
    only = pd.DataFrame({"y": [1.0, 2, 3]}, index=pd.Index([3, 5, 9], name="k"))
    only.to_parquet(tmp_path / "2.parquet")
    (tmp_path / "1.parquet").unlink()
    assert problem(tmp_path / "2.parquet", target="y") == (
        "it has no feature beside the index that pandas wrote, 'k'; choose of it with --features"
    )
    assert read_table(tmp_path / "2.parquet", target="y", features=["k"]).X.tolist() == [
        [3],
        [5],
        [9],
    ]


def test_options_of_text_belong_to_text(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", NUMBERS)
    for option, value in (("header", False), ("separator", ","), ("decimal", ".")):
        said = problem(tmp_path / "t.npy", **{option: value})
        assert said.startswith("it is no text file, to which --")
    with pytest.raises(BadTable, match="DataFrame: it is no text file, to which --separator"):
        read_table(pd.DataFrame(columns()), target="y", separator=",")


@pytest.mark.parametrize("data", [None, 5, "x" * 9, np.ones((3, 2)), [1, 2], pd.Series([1, 2])])
def test_what_is_no_table_is_said(data: Any) -> None:
    with pytest.raises(BadTable, match=r"it is no table|there is no such file"):
        read_table(data, target=0)


def test_large_integers_beside_missing_ones_are_rounded(tmp_path: Path) -> None:
    table = {"a": pa.array([2**53 + 1, None, 3, 4]), "y": [1.0, 2, 3, 4]}
    found = read_table(write(tmp_path / "t", table), target="y", missing="drop")
    assert found.X[0, 0] == 2.0**53
    assert "Integers beyond 2**53, rounded to float64: 'a'." in found.notes


def test_other_types_of_what_is_not_chosen_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "1.parquet", columns())
    write(tmp_path / "2.parquet", {**columns(), "b": ["text"] * 60})
    assert len(read_table(tmp_path, target="y", features=["a"]).y) == 120


def test_names_that_occur_twice_need_one_order(tmp_path: Path) -> None:
    for name, order in (("1.parquet", "aay"), ("2.parquet", "aya")):
        arrays = [pa.array([1.0])] * 3
        write(tmp_path / name, pa.Table.from_arrays(arrays, names=list(order)))
    assert problem(tmp_path, target="y") == (
        "its files '1.parquet' and '2.parquet' differ: their columns are not in one order; write "
        "all files of a folder with one schema"
    )


@pytest.mark.parametrize(
    ("column", "value", "missing", "said"),
    [
        (1, np.nan, "error", "1 value missing in {1!r}, the first in data row 38 of {1!r}{in_file}; fill them in, or leave those rows out with --missing drop"),
        (2, np.nan, "error", "1 value missing in {2!r}, the first in data row 38 of {2!r}{in_file}; fill them in, or leave those rows out with --missing drop"),
        (0, np.inf, "drop", "column {0!r} holds inf in data row 38{of}, which no fit can use; correct the cell, or leave the column out"),
        (2, -np.inf, "error", "column {2!r} holds -inf in data row 38{of}, which no fit can use; correct the cell, or leave the column out"),
        (0, -2e150, "error", "column {0!r} holds -2e+150 in data row 38{of}, whose square is too large for float64; give the column in a larger unit"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["C", "F", "parquet", "folder"])
def test_a_number_that_cannot_be_used_is_named_by_its_row_in_the_file(
    tmp_path: Path, kind: Any, column: int, value: float, missing: str, said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    small_batches(monkeypatch, 30)
    numbers = NUMBERS.copy()
    numbers[37, column] = value
    if missing == "drop":
        numbers[32:36, 1] = np.nan  # left out in the same batch, before it
    names, of = list("aby"), ""
    if kind == "parquet":
        path = write(tmp_path / "t.parquet", columns(numbers), row_group_size=45)
    elif kind == "folder":
        path, of = tmp_path, " of '2.parquet'"
        write(tmp_path / "1.parquet", columns())
        write(tmp_path / "2.parquet", columns(numbers), row_group_size=45)
    else:
        np.save(path := tmp_path / "t.npy", numbers.copy(order=kind))
        names = [f"column {k}" for k in range(3)]
    assert problem(path, missing=missing) == said.format(
        *names, of=of, in_file=of.replace(" of ", " in ")
    )


def change(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "deleted":
        path.unlink()
    elif how == "cut short":
        path.write_bytes(content[:-9])
    elif how == "longer":
        path.write_bytes(content + content)
    else:
        path.write_bytes(content[:200] + bytes(8) + content[208:])
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


@pytest.mark.parametrize("how", ["deleted", "cut short", "longer", "overwritten"])
@pytest.mark.parametrize("kind", ["npy", "parquet", "csv"])
@pytest.mark.parametrize("is_begun", [True, False])
def test_a_file_that_is_not_the_one_that_was_opened(
    tmp_path: Path, kind: str, how: str, is_begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batches(monkeypatch, 30)
    path = tmp_path / f"t.{kind}"
    if kind == "npy":
        np.save(path, NUMBERS)
    elif kind == "csv":
        np.savetxt(path, NUMBERS, delimiter=",")
    else:
        write(path, columns())
    batches = open_table(path, TableOptions(target=-1)).batches()
    if is_begun:
        next(batches)
    change(path, how)
    with pytest.raises(BadTable) as caught:
        list(batches)
    said = str(caught.value).removeprefix(f"{str(path)!r}: ")
    if how == "deleted":
        assert said == (
            "it cannot be read any more (No such file or directory); put it back, or where this "
            "process can see it"
        )
    else:
        assert said == "it was changed after it was opened; open it again"


def test_a_file_that_is_cut_short_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a program that writes it again; this ends a process that has the file mapped."""
    path = tmp_path / "t.npy"
    np.save(path, NUMBERS)
    read = files.NpyFile._values

    def cut_and_read(*args: Any) -> Any:
        os.truncate(path, 200)
        return read(*args)

    monkeypatch.setattr(files.NpyFile, "_values", cut_and_read)
    assert problem(path) == "it was changed after it was opened; open it again"


def test_a_checksum_finds_what_is_still_a_number(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    write(path, columns(), row_group_size=20, **options)
    content = bytearray(path.read_bytes())
    content[content.index(NUMBERS[25, 1].tobytes())] ^= 1  # its last digit
    path.write_bytes(content)
    assert "checksum" in problem(path, target="y")


def damaged(rng: random.Random, whole: bytes) -> bytes:
    found = bytearray(whole)
    for _ in range(rng.choice([1, 3])):
        at = rng.randrange(len(found))
        how = rng.randrange(3)
        if how == 0:
            found[at] = rng.randrange(256)
        elif how == 1:
            found[at : at + 9] = rng.randbytes(rng.randrange(9))
        elif at:
            del found[at:]
    return bytes(found)


@pytest.mark.parametrize("kind", ["C.npy", "F.npy", "fields.npy", "t.parquet", "packed.parquet"])
def test_a_damaged_file_ends_in_a_sentence(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes changed, cut out or cut off: finite numbers come out, or a sentence."""
    small_batches(monkeypatch, 30)
    path = tmp_path / kind
    if kind == "fields.npy":
        kinds = [("a", float), ("b", "f4"), ("y", "i2")]
        np.save(path, np.array([tuple(row) for row in NUMBERS * 9], dtype=kinds))
    elif kind.endswith("npy"):
        np.save(path, NUMBERS if kind == "C.npy" else np.asfortranarray(NUMBERS))
    else:
        table = {**columns(), "a": np.arange(60) % 4, "t": list("abc" * 20)}
        options = {"compression": "none"} if kind == "t.parquet" else {}
        write(path, table, row_group_size=25, **options)
    whole = path.read_bytes()
    rng = random.Random(0)
    outcomes = set[str]()
    for _ in range(300):
        path.write_bytes(damaged(rng, whole))
        try:
            found = read_table(path, target=1, features=[0], missing="drop")
        except BadTable:
            outcomes.add("sentence")
        else:
            outcomes.add("read")
            assert np.isfinite(found.X).all()
            assert np.isfinite(found.y).all()
            assert len(found.X) == len(found.y) > 0
    assert outcomes == {"read", "sentence"}
