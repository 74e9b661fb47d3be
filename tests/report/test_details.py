"""The rules on runs written by hand: every sentence and number can be checked by eye."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.report.details import details
from npfs.report.provenance import all_warnings
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import LISTS_WIN_AT_10, Cell, repeated


def made(folder: Path, documents: list[dict[str, Any]]) -> Evidence:
    run_files.write(folder, documents)
    return Evidence(read_runs(folder))


def sentences(folder: Path, seconds: Mapping[Cell, float]) -> list[str]:
    return details(made(folder, repeated(seconds)))


def test_where_lists_win_is_said(tmp_path: Path) -> None:
    found = sentences(tmp_path, LISTS_WIN_AT_10 | {("numpy", 100, 1): 20.0})
    assert found == [
        "On 1,000 samples a fit with NumPy is 8.33× (8.33 to 8.33) as fast as with Python lists.",
        "NumPy is faster than Python lists from 1,000 samples on; at 100 it is slower.",
        "On 10 samples a fit with Python lists is 9.00× (9.00 to 9.00) as fast as with NumPy.",
        "Fastest per fit at 10 to 100 samples: Python lists.",
        "Fastest per fit at 1,000 samples: NumPy.",
        "These are times of a fit alone: importing a library and compiling come once, on top.",
    ]


def test_numpy_is_not_favoured_over_numba(tmp_path: Path) -> None:
    seconds = {("numpy", n, 1): 1.0 * n for n in (10, 1000)} | {
        ("numba", 10, 1): 2.0,
        ("numba", 1000, 1): 500.0,
        ("numpy", 1000, 64): 10.0,
        ("numba", 1000, 64): 30.0,
    }
    found = sentences(tmp_path, seconds)
    assert found[:2] == [
        "Numba is faster than NumPy at every measured number of samples of one feature: from "
        "2.00× (2.00 to 2.00) at 1,000 to 5.00× (5.00 to 5.00) at 10.",
        "On 1,000 samples of 64 features a fit with NumPy is 3.00× (3.00 to 3.00) as fast as with "
        "Numba.",
    ]


def test_what_cannot_be_told_apart_is_within_noise(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): 1.0, ("numpy", 10, 1): s}, number=k)
        for k, s in enumerate((0.9, 1.1, 1.0), 1)
    ]
    found = details(made(tmp_path, documents))
    assert found[0].startswith(
        "On 10 samples fits with NumPy and with Python lists are within noise of each other: 1.00× ("
    )
    assert any(re.match("Fastest per fit at 10 samples: .* or .*", sentence) for sentence in found)


def noisy(seconds: Mapping[Cell, tuple[float, float, float]]) -> list[dict[str, Any]]:
    return [
        run_files.document({cell: times[k] for cell, times in seconds.items()}, number=k + 1)
        for k in range(3)
    ]


def test_faster_in_the_middle_is_not_nowhere(tmp_path: Path) -> None:
    same = (1.0, 1.0, 1.0)
    found = details(
        made(
            tmp_path,
            noisy(
                {("python", n, 1): same for n in (10, 100, 1000)}
                | {("numpy", 10, 1): same, ("numpy", 100, 1): (0.1, 0.1, 0.1)}
                | {("numpy", 1000, 1): (0.5, 1.0, 2.0)}
            ),
        )
    )
    assert (
        "NumPy is faster than Python lists at 100 samples; at the largest measured number it is not told apart."
    ) in found
    assert not any("do not show" in sentence for sentence in found)


def test_runs_that_differ_by_a_decade_tell_nothing(tmp_path: Path) -> None:
    documents = noisy({("python", 10, 1): (1.0, 1.0, 1.0), ("numpy", 10, 1): (1.0, 9.0, 0.1)})
    found = details(made(tmp_path, documents))
    assert found[0] == (
        "On 10 samples the runs differ too much to compare NumPy with Python lists; close other programs "
        "and add runs."
    )
    assert not any("within noise" in sentence for sentence in found)


def test_a_smaller_run_does_not_change_what_is_known(tmp_path: Path) -> None:
    documents = repeated(LISTS_WIN_AT_10)
    before = details(made(tmp_path, documents))
    documents.append(run_files.document({("numpy", 10, 4): 1.0, ("python", 10, 4): 2.0}, number=9))
    assert details(made(tmp_path, documents))[:3] == before[:3]


def test_float32_alone_gets_its_verdict(tmp_path: Path) -> None:
    documents = repeated({("numpy", 10, 1): 4.0, ("numba", 10, 1): 1.0})
    for document in documents:
        for benchmark in document["benchmarks"]:
            benchmark["extra_info"]["params"]["dtype"] = "float32"
    assert any("Numba is 4.00×" in sentence for sentence in details(made(tmp_path, documents)))


def test_float32_beside_float64_is_compared(tmp_path: Path) -> None:
    """4 s in float64 and 2 s in float32: twice as fast."""
    documents = repeated({("numpy", 10, 1): 4.0})
    for document, half in zip(documents, repeated({("numpy", 10, 1): 2.0}), strict=True):
        half["benchmarks"][0]["extra_info"]["params"]["dtype"] = "float32"
        document["benchmarks"] += half["benchmarks"]
    assert (
        "On 10 samples NumPy in float32 is 2.00× (2.00 to 2.00) as fast as in float64."
    ) in details(made(tmp_path, documents))


def test_only_features_get_a_verdict_too(tmp_path: Path) -> None:
    found = sentences(tmp_path, {("python", 10, 3): 4.0, ("array", 10, 3): 1.0})
    assert found[0] == "Fastest per fit at 10 samples of 3 features: array."


def test_a_shortcut_alone_with_numpy_is_compared(tmp_path: Path) -> None:
    found = sentences(tmp_path, {("numpy", 10, 1): 4.0, ("numpy-gram", 10, 1): 1.0})
    assert len(found) == 1
    assert "numpy-gram is 4.00× (4.00 to 4.00) as fast as with NumPy" in found[0]


def test_why_a_backend_was_not_there_is_said(tmp_path: Path) -> None:
    unavailable = {
        "jax": "backend 'jax' needs the package 'jax', which is not installed; install it with ...",
        "c": "backend 'c' needs a C compiler and found none",
    }
    documents = [
        run_files.document({("numpy", 10, 1): 1.0}, number=k, unavailable=unavailable)
        for k in (1, 2)
    ]
    assert all_warnings(made(tmp_path, documents)) == [
        "Not installed, so not compared: jax.",
        "Not compared: backend 'c' needs a C compiler and found none.",
    ]


def test_every_size_means_every_size(tmp_path: Path) -> None:
    """Numba's least factor is beyond noise; another size is not."""
    found = details(
        made(
            tmp_path,
            noisy(
                {("numpy", n, 1): (2.0, 2.0, 2.0) for n in (10, 100)}
                | {("numba", 10, 1): (1.0, 1.0, 1.0), ("numba", 100, 1): (1.0, 0.05, 2.0)}
            ),
        )
    )
    assert not any("every measured" in sentence for sentence in found)


def test_backends_of_separate_runs_are_not_compared(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): 1.0}, number=1),
        run_files.document({("numpy", 10, 1): 2.0}, number=2),
    ]
    expected = "Fastest per fit at 10 samples: Python lists, in one run."
    assert details(made(tmp_path, documents))[0] == expected


def test_a_changed_source_is_said(tmp_path: Path) -> None:
    documents = repeated({("numpy", 10, 1): 4.0})
    run_files.change_source(documents[0], "numpy", "older")
    found = all_warnings(made(tmp_path, documents))
    assert found == ["NumPy of run 1 was left out: its source has changed since."]


def test_a_failed_case_is_said_and_so_is_one_that_only_some_runs_timed(tmp_path: Path) -> None:
    documents = repeated({("numpy", 10, 1): 4.0})
    documents[0]["npfs"] |= {
        "skipped": {"numpy-10": "too slow then", "python-99": "too slow"},
        "failed": {"numba-10": "ConformanceError: wrong"},
    }
    assert all_warnings(made(tmp_path, documents)) == [
        "python-99 was not timed: too slow.",
        "numpy-10 was not timed in every run: too slow then.",
        "numba-10 failed: ConformanceError: wrong.",
    ]


def test_cases_that_share_a_reason_share_a_sentence(tmp_path: Path) -> None:
    documents = repeated({("numpy", 10, 1): 4.0})
    skipped = {f"python-{k}": "the budget of 1 s was spent" for k in range(10, 20)}
    documents[0]["npfs"]["skipped"] = skipped | {"numba-99": "too slow"}
    assert all_warnings(made(tmp_path, documents)) == [
        "numba-99 was not timed: too slow.",
        "10 cases were not timed (python-10, python-11, python-12, python-13, python-14, python-15, python-16, "
        "python-17, ...): the budget of 1 s was spent.",
    ]


def test_a_plug_in_gets_a_sentence(tmp_path: Path) -> None:
    found = sentences(tmp_path, {("numpy", 10, 1): 4.0, ("mine", 10, 1): 2.0})
    assert "On 10 samples a fit with mine is 2.00× (2.00 to 2.00) as fast as with NumPy." in found


def test_one_backend_gives_no_comparison(tmp_path: Path) -> None:
    found = sentences(tmp_path, {("numpy", 10, 1): 4.0})
    assert found == ["Only one backend was measured: there is nothing to compare it with."]


def test_one_run_says_that_it_has_no_interval(tmp_path: Path) -> None:
    found = made(tmp_path, [run_files.document(LISTS_WIN_AT_10)])
    assert "8.33× (one run, so no interval)" in details(found)[0]
    assert not any("not faster" in sentence for sentence in details(found))
    assert "Fastest per fit at 100 to 1,000 samples: NumPy, in one run." in details(found)
    assert all_warnings(found)[0].startswith("This is one run: it gives no interval")


def test_every_factor_has_an_interval(tmp_path: Path) -> None:
    for sentence in sentences(tmp_path, LISTS_WIN_AT_10):
        for match in re.finditer("×", sentence):
            assert sentence[match.end() :].startswith(" ("), sentence


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    older = run_files.document({("numpy", 10, 1): 1.0}, number=1, epochs=20)
    slow = run_files.ENVIRONMENT | {"speed_variables": {"OPENBLAS_CORETYPE": "Haswell"}}
    newer = run_files.document(
        {("numpy", 10, 1): 1.0},
        number=2,
        interrupted=True,
        skipped={"python-10000000": "one fit would take 9 s, the limit is 3 s"},
        environment=slow,
    )
    run_files.write(tmp_path, [older, newer])
    (tmp_path / "runs" / "broken.json").write_text("{")
    found = " ".join(all_warnings(Evidence(read_runs(tmp_path))))
    for part in (
        "OPENBLAS_CORETYPE=Haswell was set, which can make NumPy slower",
        "Run 2 was interrupted",
        "broken.json was left out: is not valid JSON",
        "Run 1 was left out: epochs: 20 there, 10 now",
        "The report follows the newest run's settings.",
        "python-10000000 was not timed: one fit would take 9 s, the limit is 3 s.",
    ):
        assert part in found


def test_each_rung_is_compared_with_the_one_below(tmp_path: Path) -> None:
    found = sentences(
        tmp_path,
        {("numpy", 10, 1): 8.0, ("numpy-inplace", 10, 1): 4.0, ("numba", 10, 1): 3.0}
        | {("numba-simd", 10, 1): 1.0, ("numba-parallel", 10, 1): 2.0},
    )
    for sentence in (
        "On 10 samples a fit with numpy-inplace is 2.00× (2.00 to 2.00) as fast as with NumPy.",
        "On 10 samples a fit with numba-simd is 3.00× (3.00 to 3.00) as fast as with Numba.",
        "On 10 samples a fit with numba-simd is 2.00× (2.00 to 2.00) as fast as with numba-parallel.",
    ):
        assert found.count(sentence) == 1


def with_ceiling(
    documents: list[dict[str, Any]], seconds: float, n_samples: int = 10
) -> list[dict[str, Any]]:
    for document in documents:
        for cores, factor in (("one", 3.0), ("all", 1.0)):
            read = run_files.read_pass(cores, Size(n_samples, 1), seconds * factor)
            document["benchmarks"].append(read)
    return documents


def test_the_ceiling_is_the_faster_read_pass_against_one_epoch(tmp_path: Path) -> None:
    """A fit of 10 epochs in 4 s is 0.4 s an epoch; a read pass of 0.1 s is a quarter of that."""
    documents = with_ceiling(
        [run_files.document({("numpy", 10_000, 1): 4.0}, number=k) for k in (1, 2)], 0.1, 10_000
    )
    found = details(made(tmp_path, documents))
    assert (
        "The limit is reading the data once an epoch. On 10,000 samples NumPy reaches "
        "25 % (25 to 25) of that speed."
    ) in found


def test_a_fit_as_fast_as_reading_is_said_to_be_so_within_noise(tmp_path: Path) -> None:
    """An epoch of 0.4 s, and read passes of 0.4 and 0.44 s in two runs: no fit is faster than reading."""
    documents = [run_files.document({("numpy", 10_000, 1): 4.0}, number=k) for k in (1, 2)]
    pairs = zip(documents, (0.4, 0.44), strict=True)
    read = [document for one, s in pairs for document in with_ceiling([one], s, 10_000)]
    found = details(made(tmp_path, read))
    assert any("NumPy reaches that speed, within noise: 105 % (" in sentence for sentence in found)


def test_a_shortcut_is_labelled_and_never_the_fastest(tmp_path: Path) -> None:
    found = sentences(
        tmp_path, {("numpy", 10, 1): 8.0, ("python", 10, 1): 9.0, ("numpy-gram", 10, 1): 1.0}
    )
    assert (
        "A shortcut, which does less work in an epoch, beside the fastest that does it all: On 10 "
        "samples a fit with numpy-gram is 8.00× (8.00 to 8.00) as fast as with NumPy."
    ) in found
    assert "Fastest per fit at 10 samples: NumPy." in found


@pytest.mark.parametrize("reverse", [False, True])
def test_the_rules_do_not_care_about_the_order_of_runs(tmp_path: Path, reverse: bool) -> None:
    documents = repeated(LISTS_WIN_AT_10)
    run_files.write(tmp_path, list(reversed(documents)) if reverse else documents)
    assert len(details(Evidence(read_runs(tmp_path)))) == 7
