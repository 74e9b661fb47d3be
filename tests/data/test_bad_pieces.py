"""What is wrong with a large file: a sentence as it is opened, or one that names the piece."""

import os
import random
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from npfs.data import BadTable, npy_pieces, open_pieces, read_table
from npfs.data.pieces import BadPiece

NUMBERS = np.random.default_rng(0).standard_normal((60, 3))


def columns(numbers: np.ndarray[Any, Any] = NUMBERS) -> dict[str, Any]:
    return dict(zip("aby", numbers.T, strict=True))


def write(path: Path, table: dict[str, Any] | pa.Table, **options: Any) -> Path:
    parquet.write_table(pa.table(table), path, **options)
    return path


def sentence(caught: pytest.ExceptionInfo[ValueError], begin: str = "") -> str:
    said = str(caught.value)
    assert "\n" not in said
    assert said.isprintable()
    assert said.startswith(begin)
    return said.removeprefix(begin)


def problem(path: Path, **options: Any) -> str:
    """Return the sentence of opening, without the path that it begins with."""
    with pytest.raises(BadTable) as caught:
        open_pieces(path, **{"target": -1, **options})
    return sentence(caught, f"{str(path)!r}: ")


def problem_inside(path: Path, **options: Any) -> str:
    """Return the first sentence of reading."""
    pieces = open_pieces(path, **{"target": -1, "block_bytes": 240, **options})
    with pytest.raises(BadPiece) as caught:
        _ = [piece.read() for piece in pieces.pieces]
    return sentence(caught)


@pytest.mark.parametrize("kind", ["npy", "parquet"])
@pytest.mark.parametrize(
    "options",
    [
        {"target": "z"},
        {"target": 3},
        {"target": "-4"},
        {"features": ["A"]},
        {"features": []},
        {"features": [0, 0]},
        {"features": [2]},
        {"features": "c", "features_option": "--columns"},
        {"missing": "fill"},
    ],
)
def test_a_bad_choice_is_said_as_of_a_table(
    tmp_path: Path, kind: str, options: dict[str, Any]
) -> None:
    path = tmp_path / f"t.{kind}"
    np.save(path, NUMBERS) if kind == "npy" else write(path, columns())
    with pytest.raises(BadTable) as caught:
        read_table(path, **{"target": -1, **options})
    assert problem(path, **options) == sentence(caught, f"{str(path)!r}: ")


@pytest.mark.parametrize(
    "content",
    [
        np.arange(3),
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        np.zeros((3, 1)),
        np.array([[1, 2j]]),
        np.array([["1", "2"], ["3", "4"]], order="F"),
        np.array([[1, None]]),
        np.array([["2020-01-01"] * 2], "M8[D]"),
        np.array([("u", 1.0), ("v", 2.0)], dtype=[("name", "U1"), ("y", float)]),
        np.ones(3, dtype=[("pair", float, 2), ("y", float)]),
        np.ones((3, 2), dtype=[("x", float), ("y", float)]),
        np.ones((), dtype=[("x", float), ("y", float)]),
        {"t": ["u", "v"], "l": [[1], [2]], "a": [1.0, 2.0], "y": [1.0, 2.0]},
        {"t": [None, "1"], "c": pa.array(["u", "v"]).dictionary_encode(), "y": [1, 2]},
        {"a": [1, 2], "y": ["u", "v"]},
        {"a": pa.nulls(2), "y": [1, 2]},
        {"y": [1, 2]},
        {"a": pa.array([], pa.float64()), "y": pa.array([], pa.float64())},
    ],
)
def test_what_no_table_can_be_is_said_as_of_a_table(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "t"
    if isinstance(content, dict):
        write(path, content)
    else:
        with path.open("wb") as file:
            np.save(file, content)
    with pytest.raises(BadTable) as caught:
        read_table(path, target=-1)
    assert problem(path) == sentence(caught, f"{str(path)!r}: ")


def test_text_without_an_example_in_the_first_rows_is_told_by_its_type(tmp_path: Path) -> None:
    path = write(tmp_path / "t", {"t": [None] * 2000 + ["u"], "y": [1.0] * 2001})
    assert problem(path) == (
        "column 't' holds values of type string; choose columns of numbers with --features"
    )


def test_a_file_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "t.npy", NUMBERS)
    path = write(tmp_path / "t", columns())
    piece = open_pieces(path, target="y").pieces[0]
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"] + ["pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    X, _ = open_pieces(tmp_path / "t.npy", target=-1).pieces[0].read()
    assert np.array_equal(X, NUMBERS[:, :2])
    assert "is not installed: python -m pip install 'npfs[data]'" in problem(path)
    with pytest.raises(BadPiece, match=r"row group 0\): pyarrow.* is not installed"):
        piece.read()


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    assert problem(tmp_path / "absent") == "there is no such file; is the path right?"
    assert "it cannot be read (embedded null byte)" in problem(tmp_path / "nul\0")
    assert "it cannot be read (File name too long)" in problem(tmp_path / ("x" * 1000))


def test_what_cannot_be_read_in_pieces_says_how_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sentence says to do is done."""
    monkeypatch.chdir(tmp_path)
    table = pa.table(columns())
    (tmp_path / "text").mkdir()
    text = tmp_path / "text" / "it's big.csv"
    text.write_text("a,b,y\n" + "".join(",".join(map(str, row)) + "\n" for row in NUMBERS))
    arrow = tmp_path / "big.arrow"
    with ipc.new_file(arrow, table.schema) as file:
        file.write_table(table)
    for path, what in ((text, "a text file"), (arrow, "an Arrow file")):
        said = re.fullmatch(
            f"{what} cannot be read in pieces; save it as Parquet, in Python: (.*); then give "
            "'(.*)'"
            if path is arrow
            else f'{what} cannot be read in pieces; save it as Parquet, in Python: (.*); then give "(.*)"',
            problem(path),
        )
        assert said
        exec(said[1])
        X, y = open_pieces(said[2], target="y").pieces[0].read()
        assert np.array_equal(np.column_stack([X, y]), NUMBERS)


def test_an_array_without_its_end_is_told_from_its_size(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", NUMBERS)
    os.truncate(tmp_path / "t.npy", 128 + 60 * 3 * 8 - 1)
    assert problem(tmp_path / "t.npy") == (
        "it cannot be read (it has 1,567 of the 1,568 bytes that its header says); is the file "
        "whole, and in the format that it seems to have?"
    )


def test_a_footer_has_one_number_of_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", columns(), row_group_size=25)
    whole, n_opened = path.read_bytes(), 0
    for at in range(len(whole) - 8 - int.from_bytes(whole[-8:-4], "little"), len(whole) - 8):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 2]) + whole[at + 1 :])
        with suppress(BadTable):
            assert open_pieces(path, target=-1).n_samples == 60
            n_opened += 1
    assert n_opened > 100


def test_other_kinds_are_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=NUMBERS)
    remedy = "and cannot be read in pieces; save the table as Parquet, or as .npy with numpy.save"
    assert problem(tmp_path / "t.npz") == f"it is an .npz or other zip archive, {remedy}"
    (tmp_path / "t").write_bytes(bytes(range(20)))
    assert problem(tmp_path / "t") == f"it is no Parquet or .npy file, {remedy}"


def test_folders_without_data_are_said(tmp_path: Path) -> None:
    remedy = "give a file, or a folder of Parquet files"
    assert problem(tmp_path) == f"it is an empty folder; {remedy}"
    (tmp_path / "_SUCCESS").touch()
    assert problem(tmp_path) == f"it is an empty folder; {remedy}"
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    assert problem(tmp_path) == f"it holds 't.csv' and no Parquet file; {remedy}"
    (tmp_path / "1.parquet").touch()
    assert problem(tmp_path).startswith("its file '1.parquet': it cannot be read (Parquet file")
    write(tmp_path / "1.parquet", columns(NUMBERS[:0]))
    assert problem(tmp_path) == "it has columns and no row; add a row for each sample"
    (tmp_path / "year=2024").mkdir()
    assert problem(tmp_path) == (
        "it holds the folder 'year=2024'; give a folder whose Parquet files are not parted into "
        "folders"
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


def test_other_types_of_what_is_not_chosen_do_not_matter(tmp_path: Path) -> None:
    write(tmp_path / "1.parquet", columns())
    write(tmp_path / "2.parquet", {**columns(), "b": ["text"] * 60})
    pieces = open_pieces(tmp_path, target="y", features=["a"]).pieces
    assert [len(piece.read()[1]) for piece in pieces] == [60, 60]


def test_names_that_occur_twice_need_one_order(tmp_path: Path) -> None:
    for name, order in (("1.parquet", "aay"), ("2.parquet", "aya")):
        arrays = [pa.array([1.0])] * 3
        write(tmp_path / name, pa.Table.from_arrays(arrays, names=list(order)))
    assert problem(tmp_path, target="y") == (
        "its files '1.parquet' and '2.parquet' differ: their columns are not in one order; write "
        "all files of a folder with one schema"
    )


@pytest.mark.parametrize(
    ("row", "column", "value", "missing", "said"),
    [
        (37, 1, np.nan, "error", "'{1}' is {nan} in row 37; fill such values in, or leave those rows out with --missing drop"),
        (37, 2, np.nan, "error", "'{2}' is {nan} in row 37; fill such values in, or leave those rows out with --missing drop"),
        (37, 0, np.inf, "drop", "'{0}' is inf in row 37, which no fit can use; correct the cell, or leave the column out"),
        (37, 2, -np.inf, "error", "'{2}' is -inf in row 37, which no fit can use; correct the cell, or leave the column out"),
        (37, 0, -2e150, "error", "'{0}' is -2e+150 in row 37, whose square is too large for float64; give the column in a larger unit"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["C", "F", "parquet"])
def test_a_number_that_cannot_be_used_is_named_by_its_row_in_the_file(
    tmp_path: Path, order: Any, row: int, column: int, value: float, missing: str, said: str
) -> None:
    numbers = NUMBERS.copy()
    numbers[row, column] = value
    if missing == "drop":
        numbers[32:36, 1] = np.nan  # left out in the same piece, before it
    if order == "parquet":
        path = write(tmp_path / "t.parquet", columns(numbers), row_group_size=45)
        name, nan = "rows 30 to 39 of 't.parquet' (row group 0): ", "nan or null"
        names = list("aby")
    else:
        np.save(path := tmp_path / "t.npy", numbers.copy(order=order))
        name, nan = "rows 30 to 39 of 't.npy': ", "nan"
        names = [f"column {k}" for k in range(3)]
    assert problem_inside(path, missing=missing) == name + said.format(*names, nan=nan)


def test_a_long_double_beyond_float64_is_infinite(tmp_path: Path) -> None:
    large = np.array([[1, 2], [np.longdouble(10) ** 400, 3]])
    np.save(tmp_path / "t.npy", large)
    expected = "'column 0' is inf in row 1, which" if np.isfinite(large).all() else "'column 0' is"
    assert expected in problem_inside(tmp_path / "t.npy")


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
@pytest.mark.parametrize("kind", ["npy", "parquet"])
@pytest.mark.parametrize("are_read", [0, 2])
def test_a_file_that_is_not_the_one_that_was_opened(
    tmp_path: Path, kind: str, how: str, are_read: int
) -> None:
    path = tmp_path / f"t.{kind}"
    np.save(path, NUMBERS) if kind == "npy" else write(path, columns())
    pieces = open_pieces(path, target=-1, block_bytes=240).pieces
    for piece in pieces[:are_read]:
        piece.read()
    change(path, how)
    for piece in pieces:
        with pytest.raises(BadPiece) as caught:
            piece.read()
        said = sentence(caught, f"{piece.name}: {str(path)!r} ")
        if how == "deleted":
            assert said == (
                "cannot be read any more (No such file or directory); put it back, or where this "
                "process can see it"
            )
        else:
            assert said == "was changed after it was opened; open it again"


def test_a_file_that_is_cut_short_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a program that writes it again; this ends a process that has the file mapped."""
    path = tmp_path / "t.npy"
    np.save(path, NUMBERS)
    piece = open_pieces(path, target=-1).pieces[0]
    read = npy_pieces._read

    def cut_and_read(*args: Any) -> None:
        os.truncate(path, 200)
        read(*args)

    monkeypatch.setattr(npy_pieces, "_read", cut_and_read)
    with pytest.raises(BadPiece, match=r"'t.npy': '.*' was changed after it was opened"):
        piece.read()


def test_a_checksum_finds_what_is_still_a_number(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    write(path, columns(), row_group_size=20, **options)
    content = bytearray(path.read_bytes())
    content[content.index(NUMBERS[25, 1].tobytes())] ^= 1  # its last digit
    path.write_bytes(content)
    pieces = open_pieces(path, target="y", block_bytes=240).pieces
    for piece in [*pieces[:2], *pieces[4:]]:
        piece.read()
    for piece in pieces[2:4]:
        with pytest.raises(BadPiece, match=r"\(row group 1\): it cannot be read \(.*checksum"):
            piece.read()


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
def test_a_damaged_file_ends_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """Bytes changed, cut out or cut off: finite numbers come out, or a sentence."""
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
        outcomes.update(outcomes_of(path))
    assert outcomes >= {"read", "opening"}
    assert "piece" in outcomes or path.suffix == ".npy"  # of which most are found by the size


def outcomes_of(path: Path) -> Iterator[str]:
    try:
        pieces = open_pieces(path, target=1, features=[0], missing="drop", block_bytes=200).pieces
    except BadTable:
        yield "opening"
        return
    for piece in pieces:
        try:
            X, y = piece.read()
        except BadPiece:
            yield "piece"
        else:
            yield "read"
            assert np.isfinite(X).all()
            assert np.isfinite(y).all()
            assert len(X) == len(y)
