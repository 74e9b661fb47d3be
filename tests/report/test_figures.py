import math
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Text

from npfs.analysis.decisions import fastest
from npfs.analysis.evidence import Evidence
from npfs.drawing.style import house_style
from npfs.report.figures import svg_of
from npfs.schema import Size
from tests import run_files
from tests.analysis.test_evidence import repeated
from tests.report import figure_samples
from tests.report.figure_samples import SPECS, drawn


def points(axes: Axes) -> list[list[list[float]]]:
    """The points of every line, as lists of x and y."""
    return [np.asarray(line.get_xydata()).tolist() for line in axes.get_lines()]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_the_main_figure_shows_nanoseconds_per_sample_and_epoch(tmp_path: Path) -> None:
    """1 ms for 1,000 samples and 10 epochs is 100 ns; a read pass of 2 µs is 2 ns a sample."""
    documents = [
        run_files.document({("numpy", 10, 1): 1e-5, ("numpy", 1000, 1): 1e-3}, number=k)
        for k in (1, 2)
    ]
    for document in documents:
        read = figure_samples.read_pass(1000, 1)
        read["stats"]["data"] = [2e-5]
        document["benchmarks"].append(read)
    evidence = figure_samples.evidence(tmp_path, documents)
    [axes] = drawn("time", evidence).axes
    assert [[10, pytest.approx(100)], [1000, pytest.approx(100)]] in points(axes)
    assert [[1000, pytest.approx(2)]] in points(axes)
    alt = SPECS["time"].alt(evidence)
    assert "NumPy 100 ns at 10 and 100 ns at 1,000 samples" in alt
    assert "Just reading the data takes 2.00 ns at 1,000 samples" in alt


def test_every_run_of_what_has_two_values_is_drawn(tmp_path: Path) -> None:
    documents = [
        run_files.document({("python", 10, 1): 1.0, ("numpy", 10, 1): seconds}, number)
        for number, seconds in enumerate((0.1, 0.22, 0.1, 0.221, 0.1), start=1)
    ]
    [axes] = drawn("time", figure_samples.evidence(tmp_path, documents)).axes
    assert [len(line) for line in points(axes)].count(5) == 1


def test_a_speedup_over_times_that_vary_shows_the_runs_of_a_two_valued_backend(
    tmp_path: Path,
) -> None:
    lists = (1.0, 1.5, 0.7, 1.2, 0.9)
    documents = [
        run_files.document({("python", 10, 1): slow, ("numpy", 10, 1): seconds}, number)
        for number, (slow, seconds) in enumerate(
            zip(lists, (0.1, 0.22, 0.1, 0.221, 0.1), strict=True), start=1
        )
    ]
    evidence = figure_samples.evidence(tmp_path, documents)
    speedup = evidence.speedup("numpy", "python", Size(10, 1))
    assert speedup is not None
    assert speedup.bimodal is None
    [axes] = drawn("speedup", evidence).axes
    assert [len(line) for line in points(axes)].count(5) == 1


def test_the_map_names_the_fastest_and_what_cannot_be_told_from_it(tmp_path: Path) -> None:
    """At 10 lists win; at 1,000 NumPy and Numba are 1 % apart, which is no difference."""
    seconds = {
        ("python", 10, 1): 1.0, ("numpy", 10, 1): 4.0, ("numba", 10, 1): 2.0,
        ("python", 1000, 1): 9.0, ("numpy", 1000, 1): 1.0, ("numba", 1000, 1): 1.01,
        ("numpy", 1000, 3): 1.0,
    }  # fmt: skip
    evidence = figure_samples.evidence(tmp_path, repeated(seconds))
    assert fastest(evidence, Size(10, 1)) == ["python"]
    assert fastest(evidence, Size(1000, 1)) == ["numpy", "numba"]
    assert fastest(evidence, Size(1000, 3)) == []
    figure = drawn("winners", evidence)
    texts = words(figure)
    # lists take a quarter of NumPy's time
    assert {"Python lists", "4.00×", "or Numba", "too close to tell", "only one measured"} <= {
        *texts
    }
    assert texts.count("not measured") == 1
    filled = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert [patch.get_fill() for patch in filled] == [True, True, False]
    alt = SPECS["winners"].alt(evidence)
    assert "10 samples: Python lists, 4.00×" in alt
    assert "1,000 samples: NumPy or Numba (too close to tell)" in alt


def test_rungs_are_over_the_time_of_reading(sample: Evidence) -> None:
    """100,000 samples: a read pass of 2e5 * 8e-11 s = 16 µs; an epoch with lists of about 10 ms."""
    figure = drawn("rungs", sample)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "1,000 samples",
        "100,000 samples",
    ]
    epoch = sample.time("python", Size(100_000, 1))
    assert epoch is not None
    expected = epoch.value / figure_samples.EPOCHS / 16e-6
    ends = [line[-1][0] for line in points(figure.axes[1])]
    assert any(math.isclose(end, expected, rel_tol=1e-6) for end in ends)
    assert f"Python lists {expected:.0f}×" in SPECS["rungs"].alt(sample)


def test_total_time_is_what_comes_once_and_the_fits(tmp_path: Path) -> None:
    """NumPy starts 0.9 s later, and its fits take 1 s less of 2 s: ahead after 0.9 fits; of 20 ms, after 90."""
    once = [run_files.startup("python", 0.1), run_files.startup("numpy", 1.0)]
    seconds = {
        ("python", 1000, 1): 0.02, ("numpy", 1000, 1): 0.01,
        ("python", 9000, 1): 2.0, ("numpy", 9000, 1): 1.0,
    }  # fmt: skip
    evidence = figure_samples.evidence(
        tmp_path, [run_files.document(seconds, k, once) for k in (1, 2)]
    )
    figure = drawn("total", evidence)
    lines = points(figure.axes[0])
    # the interpreter's 0.25 s, once 0.1 s or 1 s, and one fit
    assert [1, pytest.approx(0.25 + 0.1 + 0.02)] in [line[0] for line in lines]
    assert [1, pytest.approx(0.25 + 1.0 + 0.01)] in [line[0] for line in lines]
    # ahead after 0.9 / 0.01 fits, where both have taken 0.35 + 90 * 0.02 s
    assert [[pytest.approx(90), pytest.approx(2.15)]] in lines
    assert "after 90 fits" in words(figure)
    assert not any("after 0" in text for text in words(figure))  # paid for within the first fit
    assert "NumPy is ahead of Python lists after 90 fits" in SPECS["total"].alt(evidence)


def test_memory_is_in_multiples_of_the_data(sample: Evidence) -> None:
    """100,000 samples are 1.6 MB: lists hold 5 times that, NumPy once and 2.5 times in a fit."""
    [axes] = drawn("memory", sample).axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [bar.get_width() for bar in bars] == pytest.approx([5.0, 1.0, 1.5, 1.0])
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, True, False]
    alt = SPECS["memory"].alt(sample)
    assert "Python lists 8.0 MB, 5.0×" in alt
    assert "NumPy, vectorized 1.6 MB held, 4.0 MB in a fit, 2.5×" in alt
    assert "Numba, compiled loop 1.6 MB held, in a fit not known" in alt


def test_the_spread_shows_every_run(tmp_path: Path) -> None:
    """The mean of 1 and 4 is 2: the points lie at a half and at 2."""
    documents = [
        run_files.document({("numpy", 10, 1): s, ("python", 10, 1): 3.0}, number=k)
        for k, s in enumerate((1.0, 4.0), 1)
    ]
    evidence = figure_samples.evidence(tmp_path, documents)
    numpy = next(a for a in drawn("spread", evidence).axes if a.get_title(loc="left") == "NumPy")
    [dots] = [patch for patch in numpy.patches if isinstance(patch, PathPatch)]
    heights = np.asarray(dots.get_path().vertices)[::2, 1]
    assert heights.tolist() == pytest.approx([0.5, 2.0])
    assert "NumPy at most 4.00× from the fastest to the slowest run, at 10 samples" in SPECS[
        "spread"
    ].alt(evidence)


def test_the_spread_names_what_has_two_values(sample: Evidence) -> None:
    assert words(drawn("spread", sample)).count("two values") == 1
    assert "Two values: Numba, compiled loop at 10,000 samples of 16 features." in SPECS[
        "spread"
    ].alt(sample)


def test_every_point_of_the_spread_reaches_the_svg(sample: Evidence) -> None:
    with house_style():
        svg = svg_of(drawn("spread", sample), "")
    cases = len(figure_samples.COSTS) * len(figure_samples.SIZES)
    assert len(re.findall(r"h0\b", svg)) == cases * figure_samples.RUNS


def test_losses_that_agree_are_one_line_and_others_their_own(tmp_path: Path) -> None:
    document = figure_samples.document(1)
    evidence = figure_samples.evidence(tmp_path / "same", [document])
    right = drawn("learning", evidence).axes[1]
    assert right.get_title(loc="left") == "The loss falls, the same for all 6 backends"
    document["npfs"]["learning"]["backends"]["python"]["loss"][-1] *= 1.1
    evidence = figure_samples.evidence(tmp_path / "differs", [document])
    figure = drawn("learning", evidence)
    assert figure.axes[1].get_title(loc="left") == "The loss falls"
    assert {"5 backends", "Python lists"} <= set(words(figure))
    assert "5 backends from 10.0 to 1.00; Python lists" not in SPECS["learning"].alt(evidence)
    assert "slope 0.00 at epoch 0; 0.60 at epoch 1" in SPECS["learning"].alt(evidence)


def test_learning_rates_are_labelled_and_the_last_one_diverges(sample: Evidence) -> None:
    left, right = drawn("rates", sample).axes
    assert [[0, 10.0], [1, pytest.approx(1 + 9 * 0.8**2)]] in [line[:2] for line in points(left)]
    texts = words(left.get_figure(root=True))  # type: ignore[arg-type]
    assert {"rate 0.003", "rate 1.1, diverges", "raw, rate 0.001", "standardised, rate 0.3"} <= {
        *texts
    }
    assert "the loss falls with rates up to 0.99" in texts
    assert left.get_ylim()[1] < figure_samples.losses(1.1)[-1]  # it leaves the figure
    assert right.get_title(loc="left") == "Features on scales 1 and 30"
    assert "rate 1.1, diverges: from 10.0 to" in SPECS["rates"].alt(sample)


@pytest.mark.parametrize("kept", ["rates", "scaling"])
def test_one_half_of_the_rates_is_drawn_alone(kept: str, tmp_path: Path) -> None:
    document = figure_samples.document(1)
    dropped = {"rates": "scaling", "scaling": "rates"}[kept]
    del document["npfs"]["learning"][dropped]
    assert len(drawn("rates", figure_samples.evidence(tmp_path, [document])).axes) == 1
