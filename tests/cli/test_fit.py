"""``npfs fit`` on files as people have them."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from npfs.estimator import plots
from tests.cli.conftest import Npfs


@pytest.fixture
def diabetes(tmp_path: Path) -> Path:
    """scikit-learn's diabetes data as a CSV file, 442 × 10 and the target."""
    path = tmp_path / "diabetes data's.csv"
    load_diabetes(as_frame=True, scaled=False).frame.to_csv(path, index=False)
    return path


def solution() -> tuple[np.ndarray, np.ndarray]:
    """Return the exact solution of the diabetes data, and the standardised data with ones."""
    X, y = load_diabetes(return_X_y=True, scaled=False)
    design = np.column_stack([(X - X.mean(0)) / X.std(0), np.ones(len(X))])
    weights = np.linalg.lstsq(design, y, rcond=None)[0]
    coefficients = weights[:-1] / X.std(0)
    return np.append(coefficients, weights[-1] - coefficients @ X.mean(0)), design


def test_a_real_file_ends_at_the_exact_solution_to_the_digits_that_convergence_promises(
    npfs: Npfs, diabetes: Path
) -> None:
    """Each epoch shrinks the distance to the solution by 1 - rate × least eigenvalue, or more."""
    exact, design = solution()
    eigenvalues = np.linalg.eigvalsh(2 * design.T @ design / len(design))
    for epochs in (1000, 20_000):
        result = npfs("fit", diabetes, "--target", "target", "--epochs", epochs, "--json")
        assert (result.returncode, result.stderr) == (0, "")
        found = json.loads(result.stdout)
        assert found["learning_rate"] == pytest.approx(1 / eigenvalues[-1], rel=1e-3)
        fitted = np.array([of["value"] for of in found["coefficients"]] + [found["intercept"]])
        X, y = load_diabetes(return_X_y=True, scaled=False)
        # In standardised units, where the contraction holds.
        off = (fitted - exact)[:-1] * X.std(0)
        start = np.linalg.norm(exact[:-1] * X.std(0)) + abs(y.mean())
        left = (1 - found["learning_rate"] * eigenvalues[0]) ** epochs
        assert np.linalg.norm(off) <= left * start + 1e-9 * start
    assert left < 1e-4, "the bound says something"
    assert found["r2"] == pytest.approx(0.5177, abs=1e-4)


def test_a_person_reads_coefficients_score_and_what_to_know(npfs: Npfs, diabetes: Path) -> None:
    result = npfs(
        "fit", diabetes, "--target", "target", "--features", "bmi,bp", "--backend", "python"
    )
    assert "target from 442 samples of 2 features" in result.stdout
    assert "bmi" in result.stdout
    assert "s1" not in result.stdout
    assert "R² 0.39" in result.stdout
    assert "python, learning rate" in result.stdout
    quiet = npfs("fit", diabetes, "--target", "target", "--features", "bmi", "--quiet")
    assert [line.split()[0] for line in quiet.stdout.splitlines() if line.strip()][2:] == [
        "bmi",
        "intercept",
    ]


def test_what_has_not_converged_is_said(npfs: Npfs, diabetes: Path) -> None:
    early = npfs("fit", diabetes, "--target", "target", "--epochs", 20)
    losses = json.loads(
        npfs("fit", diabetes, "--target", "target", "--epochs", 20, "--json").stdout
    )["loss_history"]
    fell = 100 * (1 - losses[-1] / losses[-3])  # over the last two of twenty epochs
    said = re.search(r"The loss was still falling: by ([\d.]+) % over", early.stdout)
    assert said
    assert float(said[1]) == pytest.approx(fell, rel=0.05)
    assert "--epochs 2000 --tol 1e-6 stops" in " ".join(early.stdout.split())
    short = npfs("fit", diabetes, "--target", "target", "--epochs", 20, "--tol", "1e-9")
    assert "The gradient's norm" in short.stdout
    assert "still falling" not in short.stdout, "the one says it all"
    done = npfs("fit", diabetes, "--target", "target", "--features", "bmi", "--tol", "1e-6")
    assert "still falling" not in done.stdout
    assert "gradient" not in done.stdout


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_fit_is_drawn(npfs: Npfs, diabetes: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"a plot.{suffix}"
    result = npfs("fit", diabetes, "--target", "target", "--epochs", 50, "--plot", out)
    assert result.returncode == 0, result.stderr
    assert f"wrote {out}" in result.stdout
    beginning = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert out.read_bytes().startswith(beginning)


def test_auto_says_why(npfs: Npfs, runs: Path, diabetes: Path) -> None:
    result = npfs("fit", diabetes, "--target", "target", "--backend", "auto")
    assert "Backend numpy: predicted from stored runs" in result.stdout


def test_semicolons_decimal_commas_and_gzip_are_found(npfs: Npfs, tmp_path: Path) -> None:
    text = "größe;preis\n" + "\n".join(f"{k},5;{3 * k + 1},5" for k in range(20))
    path = tmp_path / "preise.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found = json.loads(npfs("fit", path, "--target", "preis", "--json").stdout)
    assert found["coefficients"] == [{"feature": "größe", "value": pytest.approx(3)}]
    assert found["intercept"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--target", "targt"], "did you mean 'target'?"),
        (["--target", "target", "--features", "bmi,bmj"], "it has no column 'bmj' for --features"),
        (["--target", "target", "--backend", "nump"], "known backends: python, numpy"),
        (["--target", "target", "--epochs", "0"], "--epochs must be at least 1"),
        (["--target", "target", "--learning-rate", "fast"], "takes auto or a number above 0"),
        (
            ["--target", "target", "--learning-rate", "-1"],
            "--learning-rate takes auto or a number above 0",
        ),
        (["--target", "target", "--learning-rate", "5"], "largest stable"),
        (["--target", "target", "--plot", "out.bmp"], "--plot writes .png, .svg, .pdf"),
        (
            ["--target", "target", "--plot", "no/such/folder/out.png"],
            "there is no folder no/such/folder for --plot; make it, or name another",
        ),
        (["--target", "target", "--missing", "guess"], "--missing takes error or drop"),
        (["--target", "target", "--tol", "-1"], "--tol takes a number of at least 0"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(
    npfs: Npfs, diabetes: Path, options: list[str], says: str
) -> None:
    result = npfs("fit", diabetes, *options)
    assert result.returncode == 2
    assert result.stderr.startswith("npfs fit: ")
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_not_there_is_a_sentence(npfs: Npfs) -> None:
    result = npfs("fit", "no such file.csv", "--target", "y")
    assert result.returncode == 2
    assert "'no such file.csv'" in result.stderr


def test_formula_like_cells_are_text_and_printed_as_such(npfs: Npfs, tmp_path: Path) -> None:
    path = tmp_path / "formulas.csv"
    path.write_text("a,b\n1,2\n=1+1,3\n3,4\n")
    result = npfs("fit", path, "--target", "b")
    assert result.returncode == 2
    assert "'=1+1'" in result.stderr


ODD_NAMES = "Cost ($$),income ($$)\n" + "\n".join(f"{k},{2 * k}" for k in range(9))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"MPLBACKEND": "nonsense"},
        {"MATPLOTLIBRC": "matplotlibrc"},
        {"PYTHONPATH": "."},  # where the folder holds a matplotlib that ends the process
    ],
    ids=["names", "backend", "usetex", "crash"],
)
@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]], ids=" ".join)
def test_a_drawing_loses_no_fit(
    tmp_path: Path, settings: dict[str, str], options: list[str]
) -> None:
    """Whatever a column is called, and whatever matplotlib is set to."""
    (tmp_path / "matplotlibrc").write_text("text.usetex: True")
    (tmp_path / "d.csv").write_text(ODD_NAMES)
    env = os.environ | settings
    env.pop("PYTHONUNBUFFERED", None)
    if "PYTHONPATH" in settings:
        (tmp_path / "matplotlib.py").write_text("import os; os._exit(3)")
        env["PYTHONPATH"] = os.pathsep.join([".", os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", "from npfs.cli import main; main()", "fit", "d.csv"]
    result = subprocess.run(
        [*command, "--target", "1", "--plot", "p.png", *options],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=env,
    )  # fmt: skip
    assert "Cost ($$)" in result.stdout
    if "MPLBACKEND" in settings:
        assert result.returncode == 2
        assert "the fit is printed above, and could not be drawn to p.png" in result.stderr
    elif "PYTHONPATH" in settings:
        assert result.returncode == 3
    else:
        assert result.returncode == 0, result.stderr
        assert (tmp_path / "p.png").stat().st_size > 10_000
    if options == ["--json"]:
        assert json.loads(result.stdout)["r2"] == pytest.approx(1)
    assert ("wrote p.png" in result.stdout) == (result.returncode == 0 and not options)


@pytest.mark.parametrize(
    ("plot", "says"),
    [
        ("/nonexistent/p.png", "there is no folder /nonexistent for --plot"),
        ("{folder}/d.csv/p.png", "there is no folder"),
        ("{folder}/is.png", "is a folder; name a file in it"),
        ("{folder}/closed.png", "cannot be written; name another place"),
    ],
)
def test_a_place_for_a_drawing_is_checked_first(
    npfs: Npfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plot: str, says: str
) -> None:
    (tmp_path / "d.csv").write_text(ODD_NAMES)
    (tmp_path / "is.png").mkdir()
    if "closed" in plot:
        monkeypatch.setattr(
            os, "access", lambda _, mode: mode != os.W_OK
        )  # root may write anywhere
    moments = tmp_path / "m.npz"
    place = plot.format(folder=tmp_path)
    result = npfs("fit", tmp_path / "d.csv", "--target", 1, "--moments", moments, "--plot", place)
    assert result.returncode == 2
    assert says in result.stderr
    assert not result.stdout
    assert not moments.exists()


def test_ten_thousand_columns_are_fitted_and_not_all_printed(npfs: Npfs, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "wide.npy", rng.standard_normal((30, 10_001)))
    options = ("fit", tmp_path / "wide.npy", "--target", -1, "--epochs", 20)
    refused = npfs(*options)
    assert refused.returncode == 2
    assert "10,000 features, and moments are taken of at most 4,096; choose some" in refused.stderr
    result = npfs(*options, "--backend", "numpy")
    assert result.returncode == 0, result.stderr
    assert "and 9,960 more features" in result.stdout
    assert "not unique" in result.stdout


def test_names_with_brackets_are_printed_as_they_are(npfs: Npfs, tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("area[m2],[bold]rooms,price[EUR]\n" + "1,2,3\n2,1,5\n3,5,1\n4,4,4\n")
    result = npfs("fit", path, "--target", "price[EUR]", "--backend", "python")
    for name in ("area[m2]", "[bold]rooms", "price[EUR]"):
        assert name in result.stdout


FIT_THAT_SAYS_SO = """
from npfs.cli import main
from npfs.estimator.linear_regression import LinearRegression
fit = LinearRegression.fit
LinearRegression.fit = lambda *arguments: (print("fits", flush=True), fit(*arguments))
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="another system has no such signal")
def test_ctrl_c_ends_a_fit_at_once(diabetes: Path) -> None:
    options = ["--target", "target", "--epochs", "2000000000", "--backend"]

    def started(backend: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", FIT_THAT_SAYS_SO, "fit", diabetes, *options, backend],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    with started("numpy") as numpy, started("numba") as numba:
        for process in (numpy, numba):
            assert process.stdout is not None
            assert process.stdout.readline() == "fits\n"
        time.sleep(2)  # by then the one is in its loop, the other in compiled code
        for process in (numpy, numba):
            process.send_signal(signal.SIGINT)
        for process in (numpy, numba):
            _, errors = process.communicate(timeout=10)
            assert process.returncode == -signal.SIGINT
            assert "Traceback" not in errors


def test_the_feature_that_tells_most_is_drawn(
    npfs: Npfs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``b`` has the larger coefficient, and ``a`` varies a thousand times as much."""
    rng = np.random.default_rng(0)
    a, b = 1000 * rng.standard_normal(50), rng.standard_normal(50)
    np.savetxt(
        tmp_path / "d.csv",
        np.column_stack([b, a, a + 10 * b]),
        delimiter=",",
        header="b,a,y",
        comments="",
    )
    drawn = []
    monkeypatch.setattr(plots, "plot_fit", lambda *_, feature, ax: drawn.append(feature))
    npfs("fit", "d.csv", "--target", "y", "--plot", "out.png")
    assert drawn == [1]
