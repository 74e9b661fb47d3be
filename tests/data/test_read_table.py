"""Tables as people have them, read and compared with what was written."""

import csv
import decimal
import gzip
import io
import sys
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from pyarrow import feather, ipc, parquet
from sklearn.datasets import load_diabetes

from npfs.data import BadTable, Table, read_table

ROWS = [(1.0, 2.0, 3.0), (4.0, 5.5, 6.0), (7.0, -8.0, 10.0), (0.0, 1e-3, 2.0)]
CSV = "a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in ROWS)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def assert_is_rows(table: Table) -> None:
    assert [(*x, y) for x, y in zip(table.X.tolist(), table.y.tolist(), strict=True)] == ROWS
    assert table.X.dtype == table.y.dtype == np.float64
    assert table.X.flags.c_contiguous
    assert table.y.flags.c_contiguous


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", CSV),
        ("no line end.csv", CSV.rstrip()),
        ('b\'om "1".csv', b"\xef\xbb\xbf" + CSV.encode()),
        ("crlf.csv", CSV.replace("\n", "\r\n")),
        ("cr.csv", CSV.replace("\n", "\r")),
        ("utf16.csv", CSV.encode("utf-16")),
        ("blank lines.csv", "\n\n" + CSV.replace("\n", "\n\n")),
        ("packed.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("packed.csv", gzip.compress(CSV.encode(), mtime=0)),
        ("not packed.csv.gz", CSV),
        ("quoted.csv", CSV.replace("a,b", '"a",b').replace("5.5", '"5.5"')),
        ("spaces.csv", CSV.replace(",", ", ")),
        ("end.csv", CSV.replace("\n", ",\n")),
    ],
)
def test_a_csv_is_a_csv_however_it_is_written(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    table = read_table(write(tmp_path / name, content), target="y")
    assert_is_rows(table)
    assert (table.feature_names, table.target_name, table.notes) == (("a", "b"), "y", ())


@pytest.mark.parametrize(
    ("separator", "decimal", "note"),
    [
        (";", ".", "It was read as separated by semicolons."),
        (";", ",", "It was read as separated by semicolons, with a comma as decimal sign."),
        ("\t", ".", "It was read as separated by tabs."),
        ("\t", ",", "It was read as separated by tabs, with a comma as decimal sign."),
        ("|", ".", "It was read as separated by bars."),
    ],
)
@pytest.mark.parametrize("has_header", [True, False])
def test_separator_and_decimal_sign_are_found_and_said(
    tmp_path: Path, separator: str, decimal: str, note: str, has_header: bool
) -> None:
    text = CSV if has_header else CSV.partition("\n")[2]
    text = text.replace(",", separator).replace(".", decimal)
    table = read_table(write(tmp_path / "t.txt", text), target=2)
    assert_is_rows(table)
    assert table.notes == (note,)
    assert table.feature_names == (("a", "b") if has_header else ("column 0", "column 1"))
    given = read_table(tmp_path / "t.txt", target=2, separator=separator, decimal=decimal)
    assert_is_rows(given)
    assert given.notes == ()


MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = st.floats(-1e150, 1e150)


@MANY
@given(data=st.data())
def test_what_the_csv_module_writes_comes_back(data: Any, tmp_path: Path) -> None:
    """Any separator, decimal sign, quotes and line ends, with a column of text not chosen."""
    separator = data.draw(st.sampled_from(",;\t|"))
    decimal = data.draw(st.sampled_from("." if separator == "," else ".,"))
    texts = st.text("ab ,;|\t\"'\n")
    rows = data.draw(st.lists(st.tuples(NUMBERS, texts, NUMBERS), min_size=2))
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=separator,
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
    )
    if data.draw(st.booleans()):
        writer.writerow(["x", "text", "y"])
    for x, words, y in rows:
        writer.writerow([str(x).replace(".", decimal), words, str(y).replace(".", decimal)])
    path = write(tmp_path / "t.csv", text.getvalue())
    table = read_table(path, target="2", features=["0"], separator=separator, decimal=decimal)
    assert table.X[:, 0].tolist() == [x for x, _, _ in rows]
    assert table.y.tolist() == [y for _, _, y in rows]


@MANY
@given(data=st.data())
def test_how_numbers_are_written_is_always_found(data: Any, tmp_path: Path) -> None:
    separator = data.draw(st.sampled_from(",;\t|"))
    decimal = data.draw(st.sampled_from("." if separator == "," else ".,"))
    n_columns = data.draw(st.integers(2, 4))
    row = st.lists(NUMBERS, min_size=n_columns, max_size=n_columns)
    rows = data.draw(st.lists(row, min_size=1))
    lines = [separator.join(str(cell).replace(".", decimal) for cell in row) for row in rows]
    table = read_table(write(tmp_path / "t.csv", "\n".join(lines)), target=-1)
    assert np.column_stack([table.X, table.y]).tolist() == rows


def test_diabetes_is_what_scikit_learn_has(tmp_path: Path) -> None:
    data = load_diabetes(scaled=False)
    path = tmp_path / "diabetes.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "progression"])
        writer.writerows([*x, y] for x, y in zip(data.data.tolist(), data.target, strict=True))
    table = read_table(path, target="progression")
    assert np.array_equal(table.X, data.data)
    assert np.array_equal(table.y, data.target)
    assert table.feature_names == tuple(data.feature_names)
    assert table.notes == ()


def arrow_table() -> Any:
    a, b, y = zip(*ROWS, strict=True)
    return pa.table({"a": a, "text": list("wxyz"), "b": b, "y": y})


def write_arrow(path: Path, kind: str) -> None:
    table = arrow_table()
    if kind == "parquet":
        parquet.write_table(table, path)
    elif kind == "feather":
        feather.write_feather(table, path)
    else:
        new = ipc.new_file if kind == "arrow" else ipc.new_stream
        with new(path, table.schema) as file:
            file.write_table(table)


@pytest.mark.parametrize("kind", ["parquet", "feather", "arrow", "stream"])
def test_a_binary_table_is_known_by_its_content(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.csv"
    write_arrow(path, kind)
    table = read_table(path, target="y", features=["a", "b"])
    assert_is_rows(table)
    assert table.notes == ()


def test_arrow_types_that_are_numbers_become_floats(tmp_path: Path) -> None:
    columns = {
        "whole": pa.array([1, 0, 1, 1], pa.uint8()),
        "flag": [True, False, True, None],
        "decimal": [decimal.Decimal("1.25"), decimal.Decimal(0), decimal.Decimal(1), None],
        "half": pa.array(np.array([1, 0, 1, 1], np.float16)),
        "coded": pa.array([0.5, 0.25, 0.5, 2.0]).dictionary_encode(),
    }
    feather.write_feather(pa.table(columns), tmp_path / "t.feather")
    table = read_table(tmp_path / "t.feather", target="coded", missing="drop")
    assert table.X.tolist() == [[1, 1, 1.25, 1], [0, 0, 0, 0], [1, 1, 1, 1]]
    assert table.y.tolist() == [0.5, 0.25, 0.5]


def test_a_text_file_may_begin_like_a_binary_one(tmp_path: Path) -> None:
    """The first column of a table may be called PK (primary key)."""
    for name in ("PAR1", "PK", "ARROW1"):
        path = write(tmp_path / "t.csv", CSV.replace("a", name, 1))
        table = read_table(path, target="y")
        assert_is_rows(table)
        assert table.feature_names[0] == name


def test_cells_may_go_over_several_lines(tmp_path: Path) -> None:
    """In the header, and where pyarrow parts a file into blocks."""
    n = 100_000
    cell = '"first\n' + "x" * 20 + '"'
    text = '"a\nin m",t,y\n' + "".join(f"{k},{cell},{k % 9}\n" for k in range(n))
    path = write(tmp_path / "t.csv", text)
    table = read_table(path, target="y", features=["a in m"])
    assert np.array_equal(table.X[:, 0], np.arange(n))
    path = write(tmp_path / "t.csv", text.replace("\nin m", ""))
    assert np.array_equal(read_table(path, target="y", features=["a"]).y, np.arange(n) % 9)


def test_arrays_need_no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    rows = np.array(ROWS)
    np.save(tmp_path / "matrix.npy", np.asfortranarray(rows))
    assert_is_rows(read_table(tmp_path / "matrix.npy", target=-1))
    fields = np.array(ROWS, dtype=[("a", float), ("b", float), ("y", float)])
    np.save(tmp_path / "fields.npy", fields)
    assert_is_rows(read_table(tmp_path / "fields.npy", target="y"))
    np.savez(tmp_path / "columns.npz", a=rows[:, 0], b=rows[:, 1], y=rows[:, 2])
    assert_is_rows(read_table(tmp_path / "columns.npz", target="y"))
    np.savez_compressed(tmp_path / "both.npz", X=rows[:, :2], y=rows[:, 2])
    table = read_table(tmp_path / "both.npz", target="y")
    assert_is_rows(table)
    assert table.feature_names == ("X0", "X1")
    with pytest.raises(
        BadTable, match=r"pyarrow.* is not installed: python -m pip install 'npfs\[data\]'"
    ):
        read_table(write(tmp_path / "t.csv", CSV), target="y")


@pytest.mark.parametrize("target", ["y", 2, "2", -1, "-1"])
def test_a_target_is_a_name_or_a_position(tmp_path: Path, target: str | int) -> None:
    assert_is_rows(read_table(write(tmp_path / "t.csv", CSV), target=target))


def test_features_are_in_the_order_asked_for(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "t.csv", CSV), target="a", features=["2", "b"])
    assert table.feature_names == ("y", "b")
    assert table.X.tolist() == [[y, b] for _, b, y in ROWS]


def test_a_name_that_is_a_number_wins_over_a_position(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "1,0,y\n5,6,7\n8,9,1\n2,2,2\n")
    table = read_table(path, target="0", header=True)
    assert (table.target_name, table.y.tolist()) == ("0", [6, 9, 2])


def test_rows_with_missing_values_are_left_out_on_request(tmp_path: Path) -> None:
    holes = ["", "NA", "NaN", "null", " NA", " "]
    text = CSV + "".join(f"9,{hole},9\n" for hole in holes) + ",9,9\n9,9,\n5,4,3\n"
    table = read_table(write(tmp_path / "t.csv", text), target="y", missing="drop")
    assert table.X.tolist() == [[a, b] for a, b, _ in [*ROWS, (5, 4, 3)]]
    assert table.y.tolist() == [y for _, _, y in ROWS] + [3]
    assert table.notes == (
        "Left out 8 of 13 rows: 8 values missing in 'a', 'b', 'y', the first in data row 5 of 'b'.",
    )


def test_a_row_that_lacks_what_was_not_chosen_is_kept(tmp_path: Path) -> None:
    text = CSV.replace("\n", ",c\n", 1).replace("3.0\n", "3.0,\n").replace("0\n", "0,1\n")
    assert_is_rows(read_table(write(tmp_path / "t.csv", text), target="y", features=["a", "b"]))


def test_many_rows_are_all_there(tmp_path: Path) -> None:
    """Many blocks, and a column that is whole numbers in all but the last of them."""
    n = 300_000
    text = "a,b,y\n" + "".join(f"{k},{k % 7},{2 * k}\n" for k in range(n)) + "0.5,0.25,0.125\n"
    table = read_table(write(tmp_path / "t.csv", text), target="y")
    k = np.arange(n)
    assert np.array_equal(table.X[:-1], np.column_stack([k, k % 7]))
    assert np.array_equal(table.y[:-1], 2 * k)
    assert (*table.X[-1], table.y[-1]) == (0.5, 0.25, 0.125)


def test_ten_thousand_columns(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).integers(0, 2, (60, 10_000))
    numbers[:, 9_000] = numbers[:, 17]
    numbers[:, 9_001] = 1
    path = tmp_path / "wide.csv"
    np.savetxt(path, numbers, delimiter=",", fmt="%.7f")  # rows longer than what is looked at first
    table = read_table(path, target=0)
    assert np.array_equal(table.X, numbers[:, 1:])
    assert table.notes == (
        "60 rows cannot tell 9,999 features apart: other weights fit as well, so the solution is "
        "not unique.",
        "Constant, so they say nothing about the target: 'column 9001'.",
        "The same numbers as an earlier column, so the solution is not unique: 'column 9000'.",
    )


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ("1,1,2\n1,2,3\n1,5,1\n", "Constant, so they say nothing about the target: 'a'."),
        ("1,1,2\n2,2,2\n3,5,2\n", "The target 'y' is constant, so there is nothing to learn from."),
        (
            "-0.0,0,2\n1,1,3\n4,4,4\n",
            "The same numbers as an earlier column, so the solution is not unique: 'b'.",
        ),
        ("1,2,2\n3,3,3\n4,0,0\n", "The same numbers as the target, so the fit is trivial: 'b'."),
        (
            "1,2,3\n2,5,4\n",
            "2 rows cannot tell 2 features apart: other weights fit as well, so the solution is "
            "not unique.",
        ),
        (
            f"1,{2**53 + 1},3\n{2**53},{2**53},4\n1,1,1\n",
            "Integers beyond 2**53, rounded to float64: 'a', 'b'.",
        ),
        (
            "1,2e9,3\n2,0,4\n1,1,1\n",
            "Columns differ much in size ('a' up to 2, 'b' up to 2e+09): gradient descent needs "
            "them standardised.",
        ),
    ],
)
def test_what_makes_a_fit_mean_less_is_said(tmp_path: Path, rows: str, note: str) -> None:
    path = write(tmp_path / "t.csv", f"a,b,y\n{rows}")
    assert read_table(path, target="y").notes == (note,)


def test_names_that_leave_something_open_are_said(tmp_path: Path) -> None:
    index = write(
        tmp_path / "index.csv",
        ",b,b,y\n" + "".join(f"{k},{k % 2},{k % 3},{k % 5}\n" for k in range(9)),
    )
    table = read_table(index, target="y")
    assert table.feature_names == ("column 0", "b", "b")
    assert table.notes == (
        "The header gives no name to 'column 0' (the numbers of the rows?); it is used as a "
        "feature.",
        "More than one column has the name 'b'.",
    )
    assert read_table(index, target="y", features=["2"]).X[:, 0].tolist() == [
        k % 3 for k in range(9)
    ]
