"""Text files that only people write: headers of numbers, marks of thousands, missing values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npfs.data import BadTable, Table, read_table


def read(path: Path, text: str, **options: Any) -> Table:
    file = path / "t.csv"
    file.write_text(text)
    return read_table(file, **{"target": -1, **options})


def problem(path: Path, text: str, **options: Any) -> str:
    with pytest.raises(BadTable) as caught:
        read(path, text, **options)
    return str(caught.value).partition(": ")[2]


NAMES = "was read as names; --no-header reads it as data."
DATA = "was read as data; --header reads it as names."


@pytest.mark.parametrize(
    ("text", "names", "rows", "note"),
    [
        # Columns as pandas names them, counted from 0, over floats and over whole numbers.
        ("0,1,2\n0.5,1,2\n1.5,2,4\n", ("0", "1", "2"), 2, f"The first row, '0, 1, 2', {NAMES}"),
        ("0,1,2\n5,6,7\n7,9,8\n", ("0", "1", "2"), 2, f"The first row, '0, 1, 2', {NAMES}"),
        ("2019,2020,2021\n5,6,7\n7,9,8\n", ("2019", "2020", "2021"), 2, "'2019, 2020, 2021'"),
        # With the index of pandas in the first column.
        (",0,1,2\n0,.5,1,2\n1,1.5,2,4\n", ("column 0", "0", "1", "2"), 2, "', 0, 1, 2'"),
        (",7,3\n0,5,1\n1,1,2\n2,9,4\n", ("column 0", "7", "3"), 3, "', 7, 3'"),
        (",0.0,0.5,1.0\n0,5.5,1,2\n1,1.5,2,4\n", ("column 0", "0.0", "0.5", "1.0"), 2, NAMES),
        # What may be a missing value names nothing.
        ("1,?,3\n2,5,8\n4,4,1\n", ("column 0", "column 1", "column 2"), 3, DATA),
        ("NA,none\n1,2\n3,5\n", ("NA", "none"), 2, NAMES),
        # Identifiers, in any order, over floats.
        ("30,7,12\n0.5,1.5,2.5\n1.5,2.5,4.5\n", ("30", "7", "12"), 2, NAMES),
        # Whole numbers over whole numbers may be either: a note says so.
        ("30,7,12\n5,1,2\n15,2,4\n", ("column 0", "column 1", "column 2"), 3, DATA),
        # What is no guess has no note.
        ("1.5,2.5,3\n1,2,3\n2,1,5\n", ("column 0", "column 1", "column 2"), 3, None),
        ("1,1,3\n2,4,3\n2,1,5\n", ("column 0", "column 1", "column 2"), 3, None),
        ("a,7,y\n2,4,3\n2,1,5\n", ("a", "7", "y"), 2, None),
    ],
)
def test_a_first_row_of_numbers(
    tmp_path: Path, text: str, names: tuple[str, ...], rows: int, note: str | None
) -> None:
    marks = {"missing_values": ["?"], "missing": "drop"} if "?" in text else {}
    table = read(tmp_path, text, **marks)
    assert (*table.feature_names, table.target_name) == names
    assert len(table.y) == rows - ("?" in text)
    notes = [n for n in table.notes if "first row" in n]
    assert (notes == []) if note is None else (note in notes[0])
    # What the note says to do is done, and then nothing is a guess.
    for header in (True, False) if note else ():
        other = read(tmp_path, text, header=header, missing="drop", missing_values=["?"])
        is_lost = text.startswith((",", "1,?", "NA")) and not header
        assert len(other.y) == text.count("\n") - header - is_lost
        assert not any("first row" in n for n in other.notes)


def test_years_over_numbers_beside_a_column_of_text(tmp_path: Path) -> None:
    table = read(tmp_path, "c,2019,2020\nA,1,2\nB,2,4\n", target="2020", features=["2019"])
    assert table.X.tolist() == [[1], [2]]
    assert "'c, 2019, 2020', was read as names" in table.notes[0]


@pytest.mark.parametrize("text", ["x\ty\n1,234\t2\n2,345\t4\n999\t6\n", "x;y\n1;1,234\n2;2,345\n"])
def test_a_comma_that_may_mark_thousands_is_asked_about(tmp_path: Path, text: str) -> None:
    assert problem(tmp_path, text) == (
        "the comma in '1,234' may be a decimal sign or mark thousands: if it is a decimal sign, "
        "say so with --decimal ','; if not, write the numbers without it"
    )
    column = read(tmp_path, text, decimal=",").X if text[1] == "\t" else None
    assert column is None or column[:, 0].tolist() == [1.234, 2.345, 999]
    # One cell that marks no thousands tells.
    assert read(tmp_path, text.replace("1,234", "0,125")).y.size


def test_a_hint_is_tried_before_it_is_given(tmp_path: Path) -> None:
    head = "a;b;y\n" + "1;2;3\n2;5;4\n" * 40
    said = problem(tmp_path, head + "3;2,5;1\n")
    assert said.startswith(
        "column 'b' holds text, such as '2,5' in data row 81 (if ',' is its decimal sign, say so "
        "with --decimal ','); choose columns"
    )
    assert read(tmp_path, head + "3;2,5;1\n", decimal=",").X[-1].tolist() == [3, 2.5]
    assert "--decimal" not in problem(tmp_path, head + "3;2,5;1\n1.5;2;1\n")
    assert "--decimal" not in problem(tmp_path, 'a,b,y\n1,"1,234",3\n2,3,4\n')
    said = problem(tmp_path, "a,b,y\n1,?,3\n2,3,4\n3,?,1\n")
    assert "(if '?' stands for a missing value, say so with --missing-values '?')" in said
    found = read(tmp_path, "a,b,y\n1,?,3\n2,3,4\n3,?,1\n", missing_values=["?"], missing="drop")
    assert found.y.tolist() == [4]
    assert "--missing-values" not in problem(tmp_path, "a,b,y\n1,?,3\n2,x,4\n3,?,1\n")


@pytest.mark.parametrize("is_late", [False, True])
def test_a_missing_value_is_one_however_it_is_written(tmp_path: Path, is_late: bool) -> None:
    """In the rows that are looked at first, and beyond them."""
    ways = ["na", "Null", "  NA", "   ", "nOnE ", "\t", "N/a", "#N/A", "NaN", "nan", "", " null"]
    rows = [f"{k},{k + 0.5},1\n" for k in range(100 if is_late else 1)]
    text = "a,b,y\n" + "".join(rows) + "".join(f"1,{way},2\n" for way in ways) + "5,True,3\n"
    table = read(tmp_path, text, missing="drop")
    assert table.y.tolist() == [1.0] * len(rows) + [3]
    assert table.X[-1].tolist() == [5, 1]
    assert f"Left out {len(ways)} of {len(rows) + len(ways) + 1} rows" in table.notes[0]


def test_other_missing_values_are_named(tmp_path: Path) -> None:
    text = "a,b,y\n1,2.5,3\n4,Unknown,6\n7,.,8\n9,1,-\n"
    table = read(tmp_path, text, missing_values=["unknown", ".", "-"], missing="drop")
    assert np.column_stack([table.X, table.y]).tolist() == [[1, 2.5, 3]]


def test_the_first_line_of_excel_is_its_separator(tmp_path: Path) -> None:
    for first in ("sep=;\n", '"sep=;"\r\n', "\ufeffSEP=;\n"):
        table = read(tmp_path, first + "a;b;y\n1,5;2;3\n2;5;4\n")
        assert (table.feature_names, table.X[0].tolist()) == (("a", "b"), [1.5, 2])
        assert table.notes == (
            "2 rows cannot tell 2 features apart: other weights fit as well, so the solution is "
            "not unique.",
        )
    assert read(tmp_path, "sep=|\n1.5|2\n2|5\n").X.tolist() == [[1.5], [2]]


def test_a_quoted_cell_may_lie_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a file is cut into parts, and beside a quotation mark that is none."""
    for name in ("CHUNK_BYTES", "READ_AT_ONCE_BYTES"):
        monkeypatch.setattr(f"npfs.data.text_file.{name}", 50)
    rows = [(k, f'"line\nof {k}, and ""more"""', k % 7) for k in range(200)]
    text = "a,t,y\n" + "".join(f"{a},{t},{y}\n" for a, t, y in rows)
    table = read(tmp_path, text, features=["a"])
    assert table.X[:, 0].tolist() == list(range(200))
    assert table.y.tolist() == [k % 7 for k in range(200)]
    inches = "a,t,y\n" + "".join(f'{k},5" pipe,{k % 7}\n' for k in range(200))
    assert read(tmp_path, inches, features=["a"]).y.tolist() == [k % 7 for k in range(200)]
    said = problem(tmp_path, inches + "1,2\n", features=["a"])
    assert said.startswith("data row 201 has 2 cells where 3 are expected")


def test_a_guess_is_told_where_it_leads_to_an_error(tmp_path: Path) -> None:
    said = problem(tmp_path, "30,7,12\n5,1,2\n15,2,4\n", target="7")
    assert said.endswith(
        "The first row, '30, 7, 12', was read as data; --header reads it as names.)"
    )


@pytest.mark.parametrize("cell", ["1,234", "12,345,678", "1 234", "1'234", "1.234,5"])
def test_marks_of_thousands_are_named(tmp_path: Path, cell: str) -> None:
    rows = "1;2;3\n" * 60
    for text in (f"a;b;y\n1;{cell};3\n{rows}", f"a;b;y\n{rows}1;{cell};3\n"):
        if cell == "1.234,5":
            assert "holds text, such as '1.234,5' in data row" in problem(tmp_path, text)
        elif cell == "1,234" and not text.endswith(f"{cell};3\n"):
            assert "may be a decimal sign or mark thousands" in problem(tmp_path, text)
        else:
            said = problem(tmp_path, text)
            assert "(write numbers without marks of thousands" in said
            assert ("with --decimal ','" in said) == (cell == "1,234")


def test_points_that_may_mark_thousands_are_said(tmp_path: Path) -> None:
    table = read(tmp_path, "x;y\n1.234;2\n2.345;4\n999;6\n")
    assert table.notes[-1].startswith(
        "The point in '1.234' was read as a decimal sign; if it marks"
    )
    assert len(read(tmp_path, "x;y\n1.234;2\n2.34;4\n999;6\n").notes) == 1


def test_numbers_may_stand_for_a_missing_value(tmp_path: Path) -> None:
    """However they are written, far down, and in a file of any kind."""
    cells = ["-999", "  -999", "-999 ", '" -999 "', "-999.0", "-9.99e2"]
    text = "a,y\n" + "1,2\n" * 6_000 + "".join(f"{cell},3\n" for cell in cells)
    table = read(tmp_path, text, missing_values=["-999"], missing="drop")
    assert set(table.y.tolist()) == {2.0}
    np.save(tmp_path / "t.npy", np.array([[1, -999.0], [2, 5], [-999, 3], [7, 1]]))
    options: dict[str, Any] = {"target": 1, "missing_values": ["-999", "?"], "missing": "drop"}
    assert read_table(tmp_path / "t.npy", **options).X.tolist() == [[2], [7]]


def test_one_missing_value_may_be_given_by_itself(tmp_path: Path) -> None:
    text = "a,y\n1,9\n-999,3\n9,4\n"
    assert read(tmp_path, text, missing_values="-999", missing="drop").y.tolist() == [9, 4]


def test_several_marks_of_missing_values_are_named_at_once(tmp_path: Path) -> None:
    text = "a,b,y\n1,?,3\n2,3,-\n3,5,1\n4,-,n.a.\n"
    said = problem(tmp_path, text)
    assert "(if '-' and '?' and 'n.a.' stand for a missing value, say so with " in said
    marks = said.partition("--missing-values '")[2].partition("'")[0]
    assert read(tmp_path, text, missing_values=marks.split(","), missing="drop").y.tolist() == [1]
    for cell in ("<NA>", "-nan", "#N/A N/A", "1.#QNAN"):
        found = read(tmp_path, f"a,y\n1,2\n{cell},3\n5,4\n", missing="drop")
        assert found.y.tolist() == [2, 4]


def test_a_cell_may_be_very_long(tmp_path: Path) -> None:
    text = "a,t,y\n" + f'1,"{"x" * 200_000}",2\n3,z,4\n'
    assert read(tmp_path, text, features=["a"]).X.tolist() == [[1], [3]]
