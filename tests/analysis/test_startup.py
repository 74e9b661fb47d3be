"""Startup, memory and conversions, from run files written by hand."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from npfs.analysis import startup
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import NotARun, read_run, read_runs
from npfs.analysis.startup import Outcome
from npfs.schema import Size
from tests import run_files

AT_1000 = Size(1000, 1)
# Lists: 4 s a fit, NumPy 2 s.
FITS = {("python", 1000, 1): 4.0, ("numpy", 1000, 1): 2.0}


def evidence(
    folder: Path,
    *onces: Sequence[dict[str, Any]],
    fits: Sequence[Mapping[tuple[str, int, int], float]] = (),
) -> Evidence:
    """One run for each of ``onces``; all have ``FITS`` unless given."""
    run_files.write(
        folder,
        [
            run_files.document(fits[k] if fits else FITS, number=k + 1, once=run_once)
            for k, run_once in enumerate(onces)
        ],
    )
    return Evidence(read_runs(folder))


def starts(numpy_s: float, lists_s: float) -> list[dict[str, Any]]:
    return [run_files.startup("numpy", numpy_s), run_files.startup("python", lists_s)]


def test_the_first_result_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    """0.25 + 3.25 + 0.5 = 4 and 0.25 + 15.25 + 0.5 = 16; the geometric mean is 8."""
    found = evidence(tmp_path, starts(3.25, 1.0), starts(15.25, 1.0))
    seconds = startup.seconds(found, "numpy")
    assert seconds is not None
    assert seconds.value == pytest.approx(8.0)
    assert seconds.runs == 2
    assert seconds.high == pytest.approx(8 * math.exp(12.706204736 * math.log(4) / 2))
    assert startup.seconds(found, "numpy", cache="cold") is None
    assert startup.backends(found) == ["python", "numpy"]


def test_files_without_them_read_as_empty(tmp_path: Path) -> None:
    found = evidence(tmp_path, [])
    [run] = found.runs
    assert {case.group for case in run.all_cases} == {"fit"}
    assert run.timed_s == pytest.approx(0.6)
    assert startup.backends(found) == []
    assert [*startup.memory_sizes(found), *startup.conversion_sizes(found)] == []
    assert startup.break_even(found, "numpy", "python", AT_1000) is None


def test_first_calls_of_an_older_source_do_not_count(tmp_path: Path) -> None:
    documents = [run_files.document(FITS, number=k, once=starts(k, 1.0)) for k in (1, 2, 3)]
    run_files.change_source(documents[0], "numpy", "older")
    run_files.write(tmp_path, documents)
    found = Evidence(read_runs(tmp_path))
    assert sorted(startup.startups(found, "numpy")) == [1, 2]
    assert sorted(startup.startups(found, "python")) == [0, 1, 2]


def test_memory_is_the_median_of_the_runs_that_looked(tmp_path: Path) -> None:
    looks = [[run_files.memory("numpy", 1000, held, 9.0)] for held in (3.0, 5.0, 4.0)]
    looks.append([run_files.memory("python", 1000, 7.0, None)])
    found = evidence(tmp_path, *looks, [])
    assert startup.memory(found, "numpy", AT_1000) == (4.0, 9.0)
    assert startup.memory(found, "python", AT_1000) == (7.0, None)
    assert startup.memory(found, "python", Size(10, 1)) == (None, None)
    assert startup.memory_reasons(found) == ["nobody looked"]
    assert AT_1000.data_bytes == 16_000


def test_conversions_are_compared_with_fits_of_the_same_run(tmp_path: Path) -> None:
    """All of a run is slower by the same factor: 3 conversions are 0.75 fits in each."""
    found = evidence(
        tmp_path,
        *([run_files.conversion("to_array", 1000, 3.0 * f)] for f in (1, 2, 4)),
        fits=[{cell: s * f for cell, s in FITS.items()} for f in (1, 2, 4)],
    )
    conversion = startup.conversion(found, "to_array", AT_1000)
    assert conversion is not None
    assert conversion.value == pytest.approx(6.0)
    in_fits = startup.conversion_in_fits(found, "to_array", "python", AT_1000)
    assert in_fits is not None
    assert (in_fits.low, in_fits.high) == pytest.approx((0.75, 0.75))
    assert startup.conversion(found, "to_lists", AT_1000) is None
    assert startup.conversion_in_fits(found, "to_lists", "python", AT_1000) is None


def test_break_even_by_hand(tmp_path: Path) -> None:
    """NumPy starts 20 s later and gains 2 s a fit: even after 10 fits, whatever a run's speed."""
    found = evidence(
        tmp_path,
        *(starts(21.0 * f, 1.0 * f) for f in (1, 2, 4)),
        fits=[{cell: s * f for cell, s in FITS.items()} for f in (1, 2, 4)],
    )
    even = startup.break_even(found, "numpy", "python", AT_1000)
    assert even is not None
    assert even.outcome is Outcome.AFTER
    assert even.fits is not None
    assert (even.fits.low, even.fits.value, even.fits.high) == pytest.approx((10, 10, 10))
    # a simulation of both programs agrees: ahead for the first time with fit 11, level at 10
    ahead = [k for k in range(1, 100) if 21 + 2 * k < 1 + 4 * k]
    assert ahead[0] == 11
    backwards = startup.break_even(found, "python", "numpy", AT_1000)
    assert backwards is not None
    assert backwards.outcome is Outcome.NEVER


def test_compiling_comes_once_and_a_first_fit_itself_does_not(tmp_path: Path) -> None:
    """NumPy's first fit takes 7 s, 2 s of them a fit: 1 + 5 - 1 = 5 s later, 2 s gained a fit."""
    first = [
        run_files.startup("numpy", 1.0, first_fit_s=7.0, second_fit_s=2.0),
        run_files.startup("python", 1.0, first_fit_s=4.0, second_fit_s=4.5),
    ]
    even = startup.break_even(evidence(tmp_path, first, first), "numpy", "python", AT_1000)
    assert even is not None
    assert even.fits is not None
    assert even.fits.value == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("numpy_starts", "numpy_fits", "outcome"),
    [
        ((0.5, 0.5, 0.5), (2.0, 2.0, 2.0), Outcome.AT_ONCE),
        ((0.9, 1.1, 1.0), (2.0, 2.0, 2.0), Outcome.STARTS_ALIKE),
        ((5.0, 5.0, 5.0), (3.6, 4.4, 4.0), Outcome.FITS_ALIKE),
        ((5.0, 5.0, 5.0), (9.0, 9.0, 9.0), Outcome.NEVER),
        ((0.5, 0.5, 0.5), (9.0, 9.0, 9.0), Outcome.NEVER),
    ],
)
def test_only_significant_differences_give_a_number(
    tmp_path: Path,
    numpy_starts: Sequence[float],
    numpy_fits: Sequence[float],
    outcome: Outcome,
) -> None:
    found = evidence(
        tmp_path,
        *(starts(s, 1.0) for s in numpy_starts),
        fits=[{("python", 1000, 1): 4.0, ("numpy", 1000, 1): s} for s in numpy_fits],
    )
    even = startup.break_even(found, "numpy", "python", AT_1000)
    assert even is not None
    assert even.outcome is outcome
    assert even.fits is None
    assert (even.fewest, even.most) == (None, None)


def test_where_a_run_says_otherwise_there_is_a_range_alone(tmp_path: Path) -> None:
    """Beyond noise on average over nine runs, and yet lists start later in one of them."""
    found = evidence(tmp_path, *(starts(s, 1.0) for s in (*[11.0] * 8, 0.8)))
    even = startup.break_even(found, "numpy", "python", AT_1000)
    assert even is not None
    assert even.outcome is Outcome.AFTER
    assert even.fits is None
    assert even.fewest == pytest.approx(-0.1)
    assert even.most == pytest.approx(5.0)


def test_a_single_run_gives_a_number_without_bounds(tmp_path: Path) -> None:
    even = startup.break_even(evidence(tmp_path, starts(21.0, 1.0)), "numpy", "python", AT_1000)
    assert even is not None
    assert even.fits is not None
    assert even.fits.value == pytest.approx(10.0)
    assert not even.fits.is_known


def startup_of(backend: Any, import_s: Any) -> dict[str, Any]:
    return run_files.startup(backend, import_s)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (run_files.startup("numpy", -1.0), r"`float` > 0.0 - at .*startup\.import_s"),
        (run_files.startup("numpy", math.nan), "is not valid JSON"),
        (startup_of("numpy", "1"), r"Expected `float`, got `str` - at .*import_s"),
        (startup_of("numpy", None), r"Expected `float`, got `null`"),
        (startup_of(["numpy"], 1.0), "is damaged: Expected"),
        (run_files.startup("numpy", 1.0, n_samples=0), "`int` >= 1 - at `..n_samples`"),
        (run_files.memory("numpy", 10, -1.0, 1.0), r"held_bytes"),
        (run_files.memory("numpy", 10, 1, math.inf), "is not valid JSON"),
        (run_files.conversion("to_array", 10, 0.0), "`float` > 0.0"),
        (run_files.benchmark("x", "memory", {}, [1.0], memory=3), "Expected `array`, got `int`"),
        (run_files.benchmark("x", "conversion", {}, [1.0]), "missing required field `n_samples`"),
        (run_files.benchmark("x", "conversion", {}, []), "length >= 1"),
    ],
)
def test_bad_values_make_no_run(tmp_path: Path, bad: dict[str, Any], reason: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(run_files.document(FITS, once=[bad])))
    with pytest.raises(NotARun, match=reason):
        read_run(path)
