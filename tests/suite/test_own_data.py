"""A table as the problem that fits are timed on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from npfs.backends.base import Backend
from npfs.backends.registry import load_backend
from npfs.regression.problem import make_problem
from npfs.schema import Size
from npfs.suite import timing
from npfs.suite.options import make_plan
from npfs.suite.plan import DataOptions, Plan, Synthetic

NUMBERS = np.array([[1.0, 100, 7, 2], [3, 300, 7, 4], [5, 200, 7, 9], [7, 400, 7, 1]])


def plan(path: Path, **options: Any) -> Plan:
    return make_plan(**{"backends": "numpy", "data": str(path), "target": "-1", **options})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    np.save(tmp_path / "t.npy", NUMBERS)
    return tmp_path / "t.npy"


def test_a_table_takes_the_place_of_the_presets_sizes(table: Path) -> None:
    made = plan(table, dtypes="float64,float32")
    assert made.sizes == (Size(4, 3), Size(4, 3, "float32"))
    assert plan(table, columns="1,0").sizes == (Size(4, 2),)
    synthetic = plan(table, data=None, target=None)
    assert synthetic.source == Synthetic(0)
    assert synthetic.data is None


def test_the_record_names_no_folder(table: Path) -> None:
    made = plan(table)
    assert made.record["data"] == "t.npy"
    assert made.data is not None
    assert made.data.record.file == "t.npy"
    assert made.data.options.path == table


def test_features_and_target_are_standardised(table: Path) -> None:
    X, y, rate = timing.fresh_data(Size(4, 3), plan(table).source)
    for column, standard in (
        (NUMBERS[:, 0], X[:, 0]),
        (NUMBERS[:, 1], X[:, 1]),
        (NUMBERS[:, 3], y),
    ):
        centred = column - sum(column) / 4
        assert standard == pytest.approx(centred / np.sqrt(sum(centred**2) / 4), rel=1e-12)
    assert X[:, 2].tolist() == [0] * 4  # constant
    assert X.flags.c_contiguous
    assert 0 < rate < 1


def test_each_allocation_gets_data_of_its_own_and_a_prediction_the_first_rows(table: Path) -> None:
    source = plan(table).source
    X, y, _ = timing.fresh_data(Size(4, 3, "float32"), source)
    assert X.dtype == y.dtype == np.float32
    keeping = Backend("keeping", "Keeps what it is given", lambda X, y: (X, y), None)  # type: ignore[arg-type]
    (one, _), (again, _) = (timing.prepare(keeping, X, y)[0] for _ in range(2))
    assert one.tolist() == X.tolist()
    assert not any(map(np.shares_memory, (one, one, again), (X, again, X)))
    few, few_y, _ = timing.fresh_data(Size(2, 3), source)
    assert few.tolist() == timing.fresh_data(Size(4, 3), source)[0][:2].tolist()
    assert few_y.shape == (2,)


def test_the_result_is_compared_with_the_reference_on_the_same_table(
    tmp_path: Path, table: Path
) -> None:
    numpy = load_backend("numpy")
    source = plan(table).source
    X, y, rate = timing.fresh_data(Size(4, 3), source)
    result = numpy.fit(numpy.prepare(X, y), 10, rate)
    timing.validate(result, numpy, Size(4, 3), 10, 10, source)
    np.save(tmp_path / "other.npy", NUMBERS[::-1] ** 2)
    with pytest.raises(AssertionError, match="the loss differs first at epoch"):
        timing.validate(result, numpy, Size(4, 3), 10, 10, plan(tmp_path / "other.npy").source)


def test_the_digest_is_that_of_the_numbers_whatever_the_file(tmp_path: Path, table: Path) -> None:
    digest = DataOptions(table, {"target": "3"}).read().record.digest
    np.savez(tmp_path / "copy.npz", X=NUMBERS[:, :3], y=NUMBERS[:, 3])
    assert DataOptions(tmp_path / "copy.npz", {"target": "y"}).read().record.digest == digest
    np.save(tmp_path / "other.npy", NUMBERS + np.array([0, 0, 0, 1e-9]))
    assert DataOptions(tmp_path / "other.npy", {"target": "3"}).read().record.digest != digest
    assert (
        DataOptions(table, {"target": "3", "columns": ("1", "0", "2")}).read().record.digest
        != digest
    )


def test_a_name_that_would_act_on_a_terminal_is_escaped(tmp_path: Path) -> None:
    named = np.array([(1.0, 2.0), (3.0, 1.0)], dtype=[("a\x1b[31m", float), ("y\n", float)])
    np.save(tmp_path / "\x1b]0;x.npy", named)
    data = DataOptions(tmp_path / "\x1b]0;x.npy", {"target": "y\n"}).read()
    record = data.record
    assert record.file == "\\x1b]0;x.npy"
    assert (record.features, record.target) == (("a\\x1b[31m",), "y\\n")
    assert str(data).isprintable()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": None}, "--data needs the column that is to be predicted; add --target COL"),
        ({"sizes": "10"}, "--sizes cannot be chosen for --data, which brings its own; leave --sizes out"),
        ({"features": "2"}, "--features cannot be chosen for --data, which brings its own; leave --features out"),
        ({"data": None}, "--target belongs to --data FILE; add it, or leave --target out"),
        ({"data": None, "target": None, "missing": "drop"}, "--missing belongs to --data FILE"),
        ({"columns": ","}, "--columns must name at least one of them"),
        ({"columns": "x"}, "it has no column 'x' for --columns"),
        ({"columns": "3"}, "cannot be a feature too; leave it out of --columns"),
        ({"missing": "fill"}, "--missing takes error or drop; got 'fill'"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_table_is_named(
    table: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        plan(table, **options)


def test_a_column_of_text_is_named_with_the_option_that_leaves_it_out(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,name,y\n" + "".join(f"{k},n{k},{k % 5}\n" for k in range(20)))
    message = (
        "column 'name' holds text, such as 'n0' in data row 1; choose columns of numbers, "
        "such as --columns 'a'"
    )
    with pytest.raises(ValueError, match=message):
        plan(table, target="y")


def test_synthetic_data_are_those_of_the_seed() -> None:
    made, wanted = Synthetic(3).problem(5, 2), make_problem(5, 2, seed=3)
    assert np.array_equal(made.X, wanted.X)
    assert np.array_equal(made.y, wanted.y)
