"""The plugin on suites that people have: fixtures, classes, marks, options, and what goes wrong."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from npfs.analysis.runs import RunFolder, read_runs
from npfs.analysis.suites import Suite

CONFTEST = """
import os
from pathlib import Path

import pytest

EVENTS = Path(__file__).parent / "events"


def note(event):
    EVENTS.mkdir(exist_ok=True)
    with (EVENTS / str(os.getpid())).open("a") as file:
        file.write(event + "\\n")


@pytest.fixture(scope="session")
def everything():
    note("make everything")
    yield 1
    note("end everything")


@pytest.fixture(scope="session", params=[10, 20])
def table(request, everything):
    note(f"make table {request.param}")
    yield list(range(request.param, 0, -1))
    note(f"end table {request.param}")


@pytest.fixture(scope="module")
def index(table):
    note(f"make index {len(table)}")
    yield sorted(table)
    note(f"end index {len(table)}")


@pytest.fixture(scope="module")
def words(request, everything):
    note(f"make words of {request.module.__name__}")
    yield [str(k) for k in range(99)]
    note(f"end words of {request.module.__name__}")
"""
ONE = """
import pytest

LEFT = [3]


def test_join(benchmark, words):
    print("x" * 10_000)
    assert benchmark(",".join, words)


@pytest.mark.benchmark(group="tables")
def test_find(benchmark, index, table):
    assert benchmark(index.index, len(table)) == len(table) - 1


class TestIn:
    made = 0

    @classmethod
    def setup_class(cls):
        cls.made += 1

    @pytest.mark.parametrize("n", [1, 100])
    @pytest.mark.parametrize("kind", [list, set])
    def test_in(self, benchmark, kind, n):
        assert self.made == 1
        assert benchmark((n - 1).__class__(n - 1).__eq__, n - 1)


def test_pedantic(benchmark):
    benchmark.pedantic(sorted, setup=lambda: (([2, 1],), {}), rounds=3)


@pytest.mark.xfail(reason="not yet")
def test_expected(benchmark):
    benchmark(int, "x")


@pytest.mark.skipif(True, reason="not here")
def test_elsewhere(benchmark):
    benchmark(int)


def test_state(benchmark):
    LEFT.append(LEFT.pop() - 1)
    assert LEFT[0] > 0
    benchmark(int)


def test_exit(benchmark):
    raise SystemExit(3)
"""
TWO = """
import random

import pytest


def test_split(benchmark, words):
    benchmark(" ".join(words).split)


@pytest.mark.parametrize("k", [random.randrange(10**9)])
def test_random(benchmark, k):
    benchmark(abs, k)
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    plugins = ("npfs.plugin.entry", "pytest_benchmark.plugin")
    loaded = [word for plugin in plugins for word in ("-p", plugin)]
    command = [sys.executable, "-m", "pytest", *loaded, "--npfs-repetitions=4", *options]
    variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=120
    )


def runs(folder: Path) -> RunFolder:
    found = read_runs(folder / "reports" / "runs")
    assert not found.rejected
    return found


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("suite")
    for name, text in (("conftest", CONFTEST), ("test_one", ONE), ("test_two", TWO)):
        (folder / f"{name}.py").write_text(text)
    result = run(folder, "--npfs-runs=2", "--npfs-baseline=kind=list")
    assert result.returncode == 1, result.stdout + result.stderr
    return folder, result.stdout


def test_a_fixture_is_made_once_a_process_and_ends_after_what_is_made_of_it(
    suite: tuple[Path, str],
) -> None:
    processes = list((suite[0] / "events").iterdir())
    assert len(processes) == 2
    for process in processes:
        events = process.read_text().split("\n")[:-1]
        assert set(Counter(events).values()) == {1}
        made = {event.removeprefix("make ") for event in events if event.startswith("make")}
        modules = {f"words of {name}" for name in ("test_one", "test_two")}
        assert made == modules | {"everything", "table 10", "table 20", "index 10", "index 20"}
        assert {event.removeprefix("end ") for event in events if event.startswith("end")} == made
        for size in (10, 20):
            ends = [events.index(f"end {what}") for what in (f"index {size}", f"table {size}")]
            assert ends == sorted(ends)
        assert events[-1] == "end everything"


def test_what_can_be_timed_is_and_the_rest_has_its_reason(suite: tuple[Path, str]) -> None:
    for made in runs(suite[0]).runs:
        timed = {case.id.partition("::")[2].partition("[")[0] for case in made.all_cases}
        assert timed == {
            "test_join", "test_find", "TestIn::test_in", "test_pedantic", "test_split", "test_random"
        }  # fmt: skip
        assert all(len(case.repetitions) == 4 for case in made.all_cases)
        assert {name.partition("::")[2]: why for name, why in made.skipped.items()} == {
            "test_expected": "it is expected to fail: not yet",
            "test_elsewhere": "Skipped: not here",
        } or made.skipped["test_one.py::test_elsewhere"] == "not here"
        failed = {name.partition("::")[2]: why for name, why in made.failed.items()}
        assert failed.keys() == {"test_state", "test_exit"}
        assert "(in repetition 3; those before passed)" in failed["test_state"]
        assert failed["test_exit"] == "SystemExit: 3"
        find = next(case for case in made.all_cases if "test_find" in case.id)
        assert find.group == "benchmark"


def test_the_groups_of_the_suite_are_in_the_file(suite: tuple[Path, str]) -> None:
    document = json.loads(runs(suite[0]).runs[0].path.read_text())
    groups = {one["name"]: one["group"] for one in document["benchmarks"]}
    assert groups["test_find[10]"] == "tables"
    assert groups["test_join"] is None


def test_a_baseline_by_parameter_compares_what_differs_in_it_alone(suite: tuple[Path, str]) -> None:
    timings = {one.id: one for one in Suite(runs(suite[0])).timings}
    pairs: dict[str | None, list[str]] = defaultdict(list)
    for one in timings.values():
        pairs[one.baseline].append(one.name)
    compared = {of: sorted(names) for of, names in pairs.items() if of is not None}
    assert [name.rpartition("::")[2] for names in compared.values() for name in names] == [
        "test_in[list-1]", "test_in[set-1]", "test_in[list-100]", "test_in[set-100]",
    ]  # fmt: skip
    assert all("[list-" in of for of in compared)


def test_ids_that_change_between_runs_are_named(suite: tuple[Path, str]) -> None:
    unstable = Suite(runs(suite[0])).not_in_all_runs
    assert [name.partition("[")[0] for name in unstable] == ["test_two.py::test_random"] * 2
    assert "fixed ids" in suite[1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--npfs-baseline=x"], "--npfs-baseline belongs to --npfs-runs N; add it"),
        (["--npfs-runs=0"], "--npfs-runs must be at least 1; got 0"),
        (["--npfs-runs=2", "--npfs-baseline=test_x"], "give one of test_join, "),
        (["--npfs-runs=2", "--npfs-baseline=n=7"], "n is one of 1, 100"),
        (["--npfs-runs=2", "--npfs-budget=x"], "--npfs-budget takes a number of seconds"),
        (["--npfs-resume", "--npfs-reports=none"], "--npfs-resume found no runs in"),
        (["--npfs-runs=2", "-p", "xdist.plugin", "-n", "2"], "of pytest-xdist does not go with"),
    ],
)
def test_what_does_not_go_is_said_before_anything_is_timed(
    suite: tuple[Path, str], options: list[str], says: str
) -> None:
    before = len(runs(suite[0]).runs)
    result = run(suite[0], *options)
    assert result.returncode == 4
    assert says in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert len(runs(suite[0]).runs) == before


def test_options_of_the_same_name_are_named(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--npfs-runs')\n"
    )
    (tmp_path / "test_a.py").write_text("def test_a(benchmark): benchmark(int)\n")
    result = run(tmp_path, "test_a.py")
    assert result.returncode == 4
    assert "a conftest.py here adds an option of npfs" in result.stderr


@pytest.mark.parametrize(
    ("options", "timed"),
    [
        (["-k", "test_b"], "b"),
        (["-m", "not slow"], "ab"),
        (["--lf"], "c"),
        (["-p", "randomly"], "abc"),
    ],
)
def test_tests_are_chosen_as_always(tmp_path: Path, options: list[str], timed: str) -> None:
    """With ``--lf`` the further runs time what the first one did, which has passed since."""
    body = "import pytest\ndef test_a(benchmark): benchmark(int)\n"
    body += "def test_b(benchmark): benchmark(abs, 1)\n"
    body += "@pytest.mark.slow\ndef test_c(benchmark): assert {}; benchmark(int)\n"
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    (tmp_path / "randomly.py").write_text(
        "import random\ndef pytest_collection_modifyitems(items): random.shuffle(items)\n"
    )
    (tmp_path / "test_a.py").write_text(body.format(0))
    failed = run(tmp_path)
    assert failed.returncode == 1
    (tmp_path / "test_a.py").write_text(body.format(1))
    result = run(tmp_path, "--npfs-runs=3", *options)
    assert result.returncode == 0, result.stdout
    for made in runs(tmp_path).runs:
        assert {case.id.partition("::test_")[2] for case in made.all_cases} == {*timed}
    assert len(runs(tmp_path).runs) == 3


def test_x_stops_at_the_first_failure(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "def test_a(benchmark): assert 0\ndef test_b(benchmark): assert 0\n"
    )
    result = run(tmp_path, "--npfs-runs=2", "-x")
    assert result.returncode == 1
    assert "stopping after 1 failures" in result.stdout


def test_a_suite_without_benchmarks_says_so(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    result = run(tmp_path, "--npfs-runs=2")
    assert "No test uses the fixture benchmark" in result.stdout


def test_without_runs_nothing_of_the_harness_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import sys\n"
        "def test_a():\n"
        "    assert 'npfs.plugin.entry' in sys.modules\n"
        "    assert not {'numpy', 'numba', 'msgspec', 'npfs.harness.plugin'} & set(sys.modules)\n"
    )
    assert run(tmp_path).returncode == 0


def test_precision_and_budget_and_resume_work_for_any_suite(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(benchmark): benchmark(sorted, range(99))\n")
    result = run(tmp_path, "--npfs-runs=2", "--npfs-precision=0.99", "--npfs-budget=60")
    assert result.returncode == 0, result.stdout
    assert "Every interval is within 0.99 of its value." in result.stdout
    shutil.rmtree(tmp_path / "reports")
    assert run(tmp_path, "--npfs-runs=2").returncode == 0
    newest = runs(tmp_path).runs[-1]
    newest.path.unlink()
    result = run(tmp_path, "--npfs-resume")
    assert result.returncode == 0, result.stdout
    assert [made.job for made in runs(tmp_path).runs] == [newest.job] * 2
    assert "has all its 2 runs" in run(tmp_path, "--npfs-resume").stderr


def test_fixtures_of_pytest_itself_and_those_asked_for_by_name_work_in_every_repetition(
    tmp_path: Path,
) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def place(request): return request.module.__name__\n"
        "@pytest.fixture(scope='session')\n"
        "def given(request): return request.param\n"
    )
    (tmp_path / "test_a.py").write_text(
        "import logging, os, pytest\n"
        "def test_own(benchmark, tmp_path, caplog, capsys):\n"
        "    caplog.set_level('INFO')\n"
        "    logging.info('here')\n"
        "    assert 'here' in caplog.text and 'test_own' in os.environ['PYTEST_CURRENT_TEST']\n"
        "    benchmark(tmp_path.exists)\n"
        "    assert not list(tmp_path.iterdir())\n"
        "    print('noise' * 99)\n"
        "@pytest.mark.parametrize('given', ['x'], indirect=True)\n"
        "def test_x(benchmark, given): assert benchmark(str, given) == 'x'\n"
        "@pytest.mark.parametrize('given', ['y'], indirect=True)\n"
        "def test_y(benchmark, given): assert benchmark(str, given) == 'y'\n"
    )
    for name in ("test_b", "test_c"):
        (tmp_path / f"{name}.py").write_text(
            "def test_named(benchmark, request):\n"
            "    assert benchmark(str, request.getfixturevalue('place')) == __name__\n"
            "def test_plain(place): assert place == __name__\n"
        )
    result = run(tmp_path, "--npfs-runs=2", "-rA")
    assert result.returncode == 0, result.stdout
    assert "7 passed" in result.stdout
    assert result.stdout.count("noise") <= 99 * 2  # what -rA shows of the first repetition


def test_a_benchmark_may_say_what_it_likes_in_extra_info(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import math, pytest\n"
        "@pytest.mark.parametrize('k', [True, math.inf, math.nan])\n"
        "def test_a(benchmark, k):\n"
        "    benchmark.extra_info.update(group='fit', params=[1], id='x', epochs='many', mine=math.inf)\n"
        "    benchmark(int)\n"
    )
    result = run(tmp_path, "--npfs-runs=1")
    assert result.returncode == 0, result.stdout
    [made] = runs(tmp_path).runs
    assert len(made.others) == 3
    assert "mine" in made.path.read_text()


def test_a_baseline_that_fails_leaves_the_times(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "def test_a(benchmark): benchmark(int)\ndef test_old(benchmark): 1 / 0\n"
    )
    for more in ([], ["--npfs-precision=0.9", "--npfs-budget=20"]):
        result = run(tmp_path, "--npfs-runs=2", "--npfs-baseline=test_old", *more)
        assert result.returncode == 1
        assert "Time of a call" in result.stdout
        assert "INTERNALERROR" not in result.stdout + result.stderr
        assert "Traceback" not in result.stderr


def test_required_options_of_a_suite_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser): parser.addoption('--env', required=True)\n"
    )
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    assert run(tmp_path, "--env=x").returncode == 0


def test_a_benchmark_that_ends_the_first_run_is_named_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_a.py").write_text(
        "import os\n"
        "def test_a(benchmark): benchmark(int)\n"
        "LEFT = [2]\n"
        "def test_end(benchmark):\n"
        "    LEFT[0] -= 1\n"
        "    benchmark(int) if LEFT[0] else os._exit(3)\n"
    )
    result = run(tmp_path, "--npfs-runs=2")
    assert result.returncode == 3
    assert "Run 1 had ended early, while test_a.py::test_end was timed" in result.stderr
    [made] = runs(tmp_path).runs
    assert made.interrupted
    assert "test_a.py::test_a" in {case.id for case in made.all_cases}


def test_a_warning_that_is_to_be_an_error_is_one(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest, warnings\n"
        "@pytest.mark.filterwarnings('error')\n"
        "def test_a(benchmark): benchmark(warnings.warn, 'old')\n"
    )
    result = run(tmp_path, "--npfs-runs=1")
    assert result.returncode == 1
    assert "UserWarning: old" in result.stdout
