"""The headline and the findings, on runs written by hand: every number can be checked by eye."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.answer import answer, findings, question
from npfs.report.context import Context
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, Cell, repeated

REFERENCE = Path(__file__).parents[2] / "reports" / "reference"
NUMBER = re.compile(r"(?<![\d-])\d[\d,.]*(?=×| %| n?s\b| [mµ]s\b)")
UNITS = {"s", "ms", "µs", "ns", "%", "×"}
STARTS = [
    run_files.startup("python", 0.25),
    run_files.startup("numpy", 1.25),
    run_files.startup("numba", 11.75),
]


def of(name: str, **seconds: float) -> dict[Cell, float]:
    """Seconds by the number of rows, such as ``n10``."""
    return {(name, int(n.removeprefix("n")), 1): s for n, s in seconds.items()}


def noisy(seconds: Mapping[Cell, tuple[float, float, float]]) -> list[dict[str, Any]]:
    return [
        run_files.document({cell: times[k] for cell, times in seconds.items()}, number=k + 1)
        for k in range(3)
    ]


def context(folder: Path, documents: Sequence[dict[str, Any]]) -> Context:
    run_files.write(folder, documents)
    return Context(Evidence(read_runs(folder)))


def headline(of: Context) -> list[str]:
    """The answer, which is short whatever the runs: no interval, two significant digits."""
    found = answer(of)
    assert len(found) <= 3
    for sentence in found:
        words = [word for word in sentence.split() if word.strip(".,;:") not in UNITS]
        assert len(words) <= 20, sentence
        assert "(" not in sentence, "an interval"
        for number in NUMBER.findall(sentence):
            assert len(number.replace(",", "").replace(".", "").strip("0")) <= 2, sentence
    return found


def answered(
    folder: Path, seconds: Mapping[Cell, float], runs: int = 3, once: Sequence[Any] = ()
) -> list[str]:
    documents = repeated(seconds, runs)
    for document in documents:
        document["benchmarks"] += once
    return headline(context(folder, documents))


def found_in(folder: Path, seconds: Mapping[Cell, float]) -> list[str]:
    return findings(context(folder, repeated(seconds)))


def test_the_answer_is_fits_then_jobs_then_startup(tmp_path: Path) -> None:
    """Numba, which starts 10 s later, halves fits: it overtakes where they take NumPy 20 s."""
    seconds = (
        of("python", n10=1.0, n1000=100.0)
        | of("numpy", n10=2.0, n1000=10.0)
        | of("numba", n10=1.0, n1000=5.0)
        | {("numpy", 1000, 64): 1.0, ("numba", 1000, 64): 4.0}
    )
    assert answered(tmp_path, seconds, once=STARTS) == [
        "NumPy fits faster from about 1,000 rows: 10× at 1,000; at 10 rows, lists fit 2.0× faster.",
        "Numba overtakes where NumPy needs over about 20 s, startup included; at 1,000 × 64, NumPy "
        "fits 4.0× faster.",
        "Startup adds 500 ms with lists, 1.5 s with NumPy, 12 s with Numba.",
    ]


@pytest.mark.parametrize(
    ("numpy", "sentence"),
    [
        (
            {"n10": 0.5, "n1000000": 10.0},
            ["NumPy fits faster at every measured size: 10× at 1 million rows."],
        ),
        (
            {"n10": 0.5, "n1000000": 94.0},
            ["NumPy fits faster at every measured size: 6.4 % at 1 million rows."],
        ),
        (
            {"n10": 2.0, "n1000000": 400.0},
            ["Use lists here: at 1 million rows they are 4.0× faster than NumPy."],
        ),
        (
            {"n10": 2.0, "n1000000": 100.0},
            ["At 1,000,000 rows, NumPy and lists show no significant difference."],
        ),
        ({"n500": 2.0}, []),
    ],
)
def test_lists_are_not_disfavoured(
    tmp_path: Path, numpy: dict[str, float], sentence: list[str]
) -> None:
    seconds = of("python", n10=1.0, n1000000=100.0) | of("numpy", **numpy)
    assert answered(tmp_path, seconds) == sentence


def test_a_late_crossover_leaves_room_for_lists(tmp_path: Path) -> None:
    seconds = {("python", 10**k, 1): 2.0**k for k in (1, 6, 7)}
    seconds |= {("numpy", 10**k, 1): 2.0 ** (13 - k) for k in (1, 6, 7)}
    assert answered(tmp_path, seconds | of("numpy", n1000000=60.0)) == [
        "NumPy fits faster from 1 million rows: 2.0× at 10 million; at 10 rows, lists fit 2,000× "
        "faster."
    ]


@pytest.mark.parametrize(
    ("numba", "sentence"),
    [
        ({"n10": 0.5, "n1000": 2.5}, "Numba fits 2.0× to 4.0× faster than NumPy."),
        ({"n10": 0.5, "n1000": 5.0}, "Numba fits 2.0× faster than NumPy."),
        ({"n10": 0.95, "n1000": 2.5}, "Numba fits 5.3 % to 4.0× faster than NumPy."),
        ({"n10": 2.0, "n1000": 2.5}, "Numba fits 4.0× faster than NumPy at 1,000 rows alone."),
        (
            {"n10": 0.5, "n100": 0.5, "n1000": 30.0},
            "Numba fits 2.0× to 6.0× faster than NumPy at 2 of 3 sizes.",
        ),
        (
            {"n10": 2.0, "n1000": 20.0},
            "Numba is not needed here: at 1,000 rows, NumPy is 2.0× faster.",
        ),
        (
            {"n10": 2.0, "n1000": 10.0},
            "At 1,000 rows, Numba and NumPy show no significant difference.",
        ),
    ],
)
def test_numba_is_not_disfavoured_nor_favoured(
    tmp_path: Path, numba: dict[str, float], sentence: str
) -> None:
    """Also where its startup is known, as long as it is not faster at every size."""
    seconds = of("numpy", n10=1.0, n100=3.0, n1000=10.0) | of("numba", **numba)
    assert answered(tmp_path, seconds) == [sentence]
    if "%" not in sentence and not sentence.endswith("than NumPy."):
        assert answered(tmp_path / "started", seconds, once=STARTS)[0] == sentence


@pytest.mark.parametrize(
    ("numba", "clause"),
    [
        (0.5, "; at 10,000 × 64, Numba fits 2.0× faster."),
        (4.0, "; at 10,000 × 64, NumPy fits 4.0× faster."),
        (1.0, "; at 10,000 × 64, no significant difference."),
    ],
)
@pytest.mark.parametrize("with_one", [0.5, 2.0])
def test_the_clause_on_many_features_names_who_is_faster(
    tmp_path: Path, with_one: float, numba: float, clause: str
) -> None:
    """Of several sizes with the most features the one nearest to 10,000 rows."""
    seconds = of("numpy", n10=1.0, n1000000=1.0)
    seconds |= of("numba", n10=with_one, n1000000=with_one)
    for n_samples in (1_000, 10_000, 100_000):
        right = n_samples == 10_000
        seconds[("numpy", n_samples, 64)] = 1.0
        seconds[("numba", n_samples, 64)] = numba if right else 9.0
    assert answered(tmp_path, seconds)[0].endswith(clause)


def test_features_alone_are_compared_too(tmp_path: Path) -> None:
    seconds = {("python", 1000, 64): 9.0, ("numpy", 1000, 64): 1.0, ("numba", 1000, 64): 4.0}
    assert answered(tmp_path, seconds) == [
        "At 1,000 rows × 64 features, NumPy is 9.0× faster than lists.",
        "At 1,000 rows × 64 features, NumPy is 4.0× faster than Numba.",
    ]


def test_one_run_says_so_in_every_sentence(tmp_path: Path) -> None:
    seconds = (
        of("python", n10=1.0, n1000=1.0)
        | of("numpy", n10=2.0, n1000=10.0)
        | of("numba", n1000=10.0)
    )
    assert answered(tmp_path, seconds, runs=1) == [
        "In one run, at 1,000 rows, lists were 10× faster than NumPy.",
        "In one run, at 1,000 rows, Numba and NumPy were equally fast.",
    ]


def test_runs_that_differ_by_a_decade_allow_no_comparison(tmp_path: Path) -> None:
    documents = noisy({("python", 10, 1): (1.0, 1.0, 1.0), ("numpy", 10, 1): (1.0, 9.0, 0.1)})
    found = context(tmp_path, documents)
    assert headline(found) == [
        "The runs differ too much to compare NumPy with lists: close other programs and add runs."
    ]
    assert findings(found)[-1] == (
        "At 10 rows, the runs differ too much to compare NumPy with lists: close other programs "
        "and add runs."
    )


def test_what_was_not_measured_is_not_mentioned(tmp_path: Path) -> None:
    assert answered(tmp_path, of("numpy", n10=1.0), once=STARTS[1:2]) == []
    assert found_in(tmp_path, of("numpy", n10=1.0)) == []


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in REFERENCE.rglob("runs")), ids=lambda p: p.name
)
def test_the_committed_runs_have_a_short_answer(folder: Path) -> None:
    found = Context(Evidence(read_runs(folder / "runs")))
    assert len(headline(found)) == 3
    assert question(found).endswith("?")


def test_where_lists_are_faster_is_a_finding(tmp_path: Path) -> None:
    assert found_in(tmp_path, LISTS_WIN_AT_10 | {("numpy", 100, 1): 20.0}) == [
        "NumPy is faster than lists from 1,000 rows; at 100 it is slower.",
        "At 10 rows, lists are 9.00× (9.00 to 9.00) faster than NumPy.",
        "At 1,000 rows, NumPy is 8.33× (8.33 to 8.33) faster than lists.",
    ]


@pytest.mark.parametrize(
    ("numpy", "where"),
    [
        ((0.5, 0.5, 0.5), "NumPy is faster than lists at every measured number of rows."),
        ((2.0, 2.0, 2.0), "NumPy is slower than lists at every measured number of rows."),
        (
            (2.0, 2.0, 1.0),
            "At no measured number of rows is NumPy significantly faster than lists.",
        ),
        ((2.0, 0.5, 2.0), "NumPy is faster than lists at 100 rows; at the most rows it is slower."),
        (
            (2.0, 0.5, 1.0),
            "NumPy is faster than lists at 100 rows; at the most rows there is no significant "
            "difference.",
        ),
        (
            (2.0, 1.0, 0.5),
            "NumPy is faster than lists from 1,000 rows; at 100 there is no significant "
            "difference.",
        ),
    ],
)
def test_where_numpy_is_faster_goes_by_significant_differences(
    tmp_path: Path, numpy: Sequence[float], where: str
) -> None:
    seconds = of("python", n10=1.0, n100=1.0, n1000=1.0)
    seconds |= {("numpy", 10 * 10**k, 1): s for k, s in enumerate(numpy)}
    assert found_in(tmp_path, seconds)[0] == where


def test_numpy_is_not_favoured_over_numba(tmp_path: Path) -> None:
    seconds = {("numpy", n, 1): 1.0 * n for n in (10, 1000)} | {
        ("numba", 10, 1): 2.0,
        ("numba", 1000, 1): 500.0,
        ("numpy", 1000, 64): 10.0,
        ("numba", 1000, 64): 30.0,
    }
    assert found_in(tmp_path, seconds) == [
        "Numba is faster than NumPy at every measured number of rows: from 2.00× (2.00 to 2.00) "
        "at 1,000 to 5.00× (5.00 to 5.00) at 10.",
        "At 1,000 rows × 64 features, NumPy is 3.00× (3.00 to 3.00) faster than Numba.",
    ]


def test_a_difference_that_may_be_chance_is_none(tmp_path: Path) -> None:
    """Of ratios of 0.9 to 1.1, and of one whose interval is above 1 among many that are not."""
    same = context(
        tmp_path, noisy({("python", 10, 1): (1.0, 1.0, 1.0), ("numpy", 10, 1): (0.9, 1.1, 1.0)})
    )
    assert findings(same)[0].startswith(
        "At 10 rows, NumPy and lists show no significant difference: 1.00× ("
    )
    many: dict[Cell, tuple[float, float, float]] = {
        (name, 10**k, 1): (1.0, 1.0, 1.0) for name in ("python", "numpy") for k in range(1, 6)
    }
    many |= {("numpy", 10**k, 1): (0.9, 1.1, 1.0) for k in range(1, 5)}
    chance = context(tmp_path / "many", noisy(many | {("numpy", 10**5, 1): (0.8, 0.9, 0.83)}))
    assert re.fullmatch(
        r"At 100,000 rows, NumPy seems 1.19× \(1.0\d to 1.3\d\) faster than lists, but 3 runs "
        "cannot rule out chance.",
        findings(chance)[-1],
    )


def test_every_size_means_every_size(tmp_path: Path) -> None:
    """Numba's least speedup is significant; another is not."""
    times = {("numpy", n, 1): (2.0, 2.0, 2.0) for n in (10, 100)}
    times |= {("numba", 10, 1): (1.0, 1.0, 1.0), ("numba", 100, 1): (1.0, 0.05, 2.0)}
    found = " ".join(findings(context(tmp_path, noisy(times))))
    assert "Numba" in found
    assert "every measured" not in found


def test_a_smaller_run_does_not_change_what_is_known(tmp_path: Path) -> None:
    documents = repeated(LISTS_WIN_AT_10)
    before = findings(context(tmp_path, documents))
    documents.append(run_files.document({("numpy", 10, 4): 1.0, ("python", 10, 4): 2.0}, number=9))
    assert findings(context(tmp_path, documents)) == before


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_files_does_not_matter(tmp_path: Path, reverse: bool) -> None:
    documents = repeated(LISTS_WIN_AT_10)
    assert len(findings(context(tmp_path, documents[:: -1 if reverse else 1]))) == 3


def in_float32(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for document in documents:
        for benchmark in document["benchmarks"]:
            benchmark["extra_info"]["params"]["dtype"] = "float32"
    return documents


def test_float32_alone_is_compared(tmp_path: Path) -> None:
    documents = in_float32(repeated({("numpy", 10, 1): 4.0, ("numba", 10, 1): 1.0}))
    found = context(tmp_path, documents)
    assert headline(found) == ["Numba fits 4.0× faster than NumPy."]
    assert findings(found) == ["At 10 rows, Numba is 4.00× (4.00 to 4.00) faster than NumPy."]


@pytest.mark.parametrize(
    ("half_s", "sentence"),
    [
        (2.0, "At 10 rows, NumPy is 2.00× (2.00 to 2.00) as fast in float32 as in float64."),
        (
            4.0,
            "At 10 rows, float32 and float64 show no significant difference with NumPy: "
            "1.00× (1.00 to 1.00).",
        ),
    ],
)
def test_float32_beside_float64_is_compared(tmp_path: Path, half_s: float, sentence: str) -> None:
    documents = repeated({("numpy", 10, 1): 4.0})
    for document, half in zip(documents, repeated({("numpy", 10, 1): half_s}), strict=True):
        document["benchmarks"] += in_float32([half])[0]["benchmarks"]
    assert findings(context(tmp_path, documents)) == [sentence]


def test_backends_of_separate_runs_are_not_compared(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): 1.0}, number=1),
        run_files.document({("numpy", 10, 1): 2.0}, number=2),
    ]
    found = context(tmp_path, documents)
    assert [*headline(found), *findings(found)] == []


def test_one_run_gives_no_interval_and_no_size_from_which_a_backend_is_faster(
    tmp_path: Path,
) -> None:
    assert findings(context(tmp_path, repeated(LISTS_WIN_AT_10, runs=1))) == [
        "At 10 rows, lists are 9.00× (one run, so no interval) faster than NumPy.",
        "At 1,000 rows, NumPy is 8.33× (one run, so no interval) faster than lists.",
    ]


def test_variants_and_plug_ins_are_compared_with_what_they_improve(tmp_path: Path) -> None:
    seconds = {("numpy", 10, 1): 8.0, ("numpy-inplace", 10, 1): 4.0, ("numba", 10, 1): 3.0}
    seconds |= {("numba-simd", 10, 1): 1.0, ("numba-parallel", 10, 1): 2.0, ("mine", 10, 1): 4.0}
    documents = repeated(seconds)
    for document in documents:
        document["npfs"]["backends"]["numba-parallel"]["title"] = "Numba, all cores"
        document["npfs"]["backends"]["numpy-inplace"]["title"] = "NumPy, in place"
    assert findings(context(tmp_path, documents))[1:] == [
        "At 10 rows, NumPy, in place, is 2.00× (2.00 to 2.00) faster than NumPy.",
        "At 10 rows, numba-simd is 3.00× (3.00 to 3.00) faster than Numba.",
        "At 10 rows, numba-simd is 2.00× (2.00 to 2.00) faster than Numba, all cores.",
        "At 10 rows, mine is 2.00× (2.00 to 2.00) faster than NumPy.",
    ]


@pytest.mark.parametrize(
    ("read_s", "finding"),
    [
        # A fit of 10 epochs in 4 s is 0.4 s an epoch.
        ((0.1, 0.1), r"NumPy runs at 25 % \(25 to 25\) of that memory bandwidth limit\."),
        ((0.4, 0.44), r"NumPy runs at 105 % \(\d+ to \d+\) of .* there is no significant diff.*"),
    ],
)
def test_the_bandwidth_limit_is_the_faster_read_pass_against_one_epoch(
    tmp_path: Path, read_s: tuple[float, float], finding: str
) -> None:
    documents = [run_files.document({("numpy", 10_000, 1): 4.0}, number=k) for k in (1, 2)]
    for document, seconds in zip(documents, read_s, strict=True):
        for cores, of_cores in (("one", 3 * seconds), ("all", seconds)):
            read = run_files.read_pass(cores, Size(10_000, 1), of_cores)
            document["benchmarks"].append(read)
    [found] = findings(context(tmp_path, documents))
    start = r"No epoch can be faster than reading the data once\. At 10,000 rows, "
    assert re.fullmatch(start + finding, found)


def test_a_shortcut_is_labelled_and_compared_with_the_fastest_that_does_the_work(
    tmp_path: Path,
) -> None:
    times = {("numpy", 10, 1): 8.0, ("python", 10, 1): 9.0, ("numpy-gram", 10, 1): 1.0}
    found = found_in(tmp_path, times)
    assert [sentence for sentence in found if "gram" in sentence] == [
        "A shortcut, which does less work in an epoch: at 10 rows, numpy-gram is 8.00× (8.00 to "
        "8.00) faster than NumPy, the fastest that does it all."
    ]


def test_every_factor_of_a_finding_has_an_interval() -> None:
    """On the committed runs, which have findings of every kind."""
    found = findings(Context(Evidence(read_runs(REFERENCE / "runs"))))
    assert len(found) > 8
    factors = re.findall(r"\d×(.{0,2})", " ".join(found))
    assert set(factors) == {" ("}
