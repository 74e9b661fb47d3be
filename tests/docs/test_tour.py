"""The tour: exercises, drawings, the other examples and their measured numbers, and the notebook."""

import ast
import json
import math
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.docs.pages import DOCS, ROOT, page_id

TOUR = sorted((DOCS / "tour").glob("*.md"))
TEXTS = {page.stem: page.read_text(encoding="utf-8") for page in TOUR}
EXAMPLES = DOCS / "examples"
MEASURED = json.loads((EXAMPLES / "measured.json").read_text(encoding="utf-8"))
CASES = {(case["example"], case["tool"], case["n"]): case for case in MEASURED["cases"]}
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DETAILS = re.compile(
    r'<details class="answer">\n<summary>Answer</summary>\n\n.+?\n\n</details>', re.DOTALL
)
NOT_OUR_WORDS = re.compile(
    r"within noise|\b(fore)?told\b|foretell|\brungs?\b|comes once|ceiling|\bseen once|\bvisits?\b",
    re.IGNORECASE,
)
# Runs the cells of a notebook as a kernel does: in one namespace, from top to bottom.
KERNEL = """
import json, sys

cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
for cell in cells:
    if cell["cell_type"] != "code":
        continue
    try:
        exec(compile(cell["source"], cell["id"], "exec"))
    except Exception:
        if "raises-exception" not in cell["metadata"].get("tags", ()):
            raise
"""


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import an extension of the site by its name."""
    monkeypatch.syspath_prepend(DOCS / "extensions")
    return import_module


@pytest.mark.parametrize("page", TOUR, ids=page_id)
def test_each_page_ends_with_exercises_and_folded_answers(page: Path) -> None:
    _, heading, exercises = TEXTS[page.stem].partition("\n## Predict, then run\n")
    assert heading
    assert "\n## " not in exercises
    numbers = re.findall(r"^\*\*(\d)\.\*\* ", exercises, re.MULTILINE)
    assert numbers in (["1", "2"], ["1", "2", "3"])
    assert len(DETAILS.findall(exercises)) == exercises.count("<details") == len(numbers)


@pytest.mark.parametrize("page", TOUR, ids=page_id)
def test_the_words_are_ours(page: Path) -> None:
    assert NOT_OUR_WORDS.findall(TEXTS[page.stem]) == []


def test_the_first_block_of_the_tour_leads_to_a_timing() -> None:
    first, second, *_ = BLOCK.findall(TEXTS[TOUR[0].stem])
    assert "import timeit" in first
    assert second.count("timeit(") == 2


def test_the_drawings_are_those_of_the_reference(extension: Any) -> None:
    drawings = extension("memory_drawings")
    for name in drawings.DRAWINGS:
        for file, svg in drawings.files(name).items():
            committed = (DOCS / "_static" / file).read_text(encoding="utf-8")
            assert words(committed) == words(svg), "run python docs/extensions/memory_drawings.py"


def words(svg: str) -> list[tuple[str, str]]:
    return re.findall(r"<text[^>]*>([^<]+)</text>|aria-label=\"([^\"]+)", svg)


def test_the_bytes_of_the_drawing_are_those_of_this_interpreter(extension: Any) -> None:
    layout = extension("memory_drawings").measured_layout()
    numbers = [k / 3 for k in range(1_000)]
    assert layout.object_bytes == sys.getsizeof(numbers[0])
    assert layout.array_bytes == np.array(numbers).itemsize
    assert f"{layout.pointer_bytes + layout.gap_bytes:g} bytes a number" in (
        DOCS / "_static" / "pointers.svg"
    ).read_text(encoding="utf-8")


class Counted(np.ndarray[Any, Any]):
    """An array that notes which arrays each operation reads, and what it writes."""

    notes: list[tuple[int, bool]]

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any
    ) -> Any:
        plain = [np.asarray(one) for one in inputs]
        given = tuple(np.asarray(one) for one in out if one is not None)
        result = getattr(ufunc, method)(*plain, **({"out": given} if given else {}), **options)
        reads = {one.ctypes.data for one in plain if one.ndim}
        is_array = isinstance(result, np.ndarray) and result.ndim > 0
        self.notes.append((len(reads), is_array))
        return counted(result, self.notes) if is_array else result

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.dot:
            self.notes.append((len({one.ctypes.data for one in args}), False))
            return np.dot(*map(np.asarray, args))
        return super().__array_function__(func, types, args, kwargs)


def counted(array: NDArray[Any], notes: list[tuple[int, bool]]) -> Counted:
    found = array.view(Counted)
    found.notes = notes
    return found


@pytest.mark.parametrize("name", ["FORMULA", "IN_PLACE"])
def test_the_passes_of_the_drawing_are_those_of_numpy(extension: Any, name: str) -> None:
    version = getattr(extension("memory_drawings"), name)
    notes: list[tuple[int, bool]] = []
    arrays = {array: counted(np.arange(1.0, 4.0), notes) for array in version.made_before}
    variables = {"np": np, "weight": 3.0, "bias": 0.5, **arrays}
    for operation in version.operations:
        notes.clear()
        exec(operation.code, variables)
        [(reads, writes)] = notes
        assert (reads, writes) == (len(operation.reads), bool(operation.writes)), operation.code
    error = 3.0 * np.arange(1.0, 4.0) + 0.5 - np.arange(1.0, 4.0)
    assert variables["loss"] == pytest.approx(np.mean(error**2))


def test_the_loop_of_the_drawing_reads_the_data_alone(extension: Any) -> None:
    loop = extension("memory_drawings").LOOP
    code = "\n".join(operation.code for operation in loop.operations)
    assert sorted(set(re.findall(r"(\w+)\[i\]", code))) == ["x", "y"]
    assert loop.passes == 2
    assert not loop.new_arrays


def test_the_pages_show_the_functions_that_are_timed() -> None:
    source = (EXAMPLES / "three_ways.py").read_text(encoding="utf-8")
    shown = TEXTS["1-lists-and-arrays"] + TEXTS["6-beyond-regression"]
    functions = [one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)]
    assert len(functions) >= 7
    for function in functions:
        assert f"{ast.get_source_segment(source, function)}\n" in shown


def test_the_examples_are_a_suite_of_benchmarks() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "bench_three_ways.py"]
    options = ["-p", "no:cacheprovider", "--npfs-runs=1"]
    result = subprocess.run(
        [*command, *options], cwd=EXAMPLES, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    found = set(re.findall(r"\[(\w+)-(\w+)-(\d+)\]", result.stdout))
    assert found == {(example, tool, str(n)) for example, tool, n in CASES}


def test_the_intervals_of_the_examples_are_over_runs() -> None:
    for case in CASES.values():
        logs = np.log(case["of_runs"])
        assert len(logs) == MEASURED["runs"] >= 3
        low, high = stats.t.interval(0.95, len(logs) - 1, loc=logs.mean(), scale=stats.sem(logs))
        found = [case[name] for name in ("seconds", "low", "high")]
        assert found == pytest.approx([math.exp(log) for log in (logs.mean(), low, high)])


def test_the_pages_quote_what_was_measured(extension: Any, site: Path) -> None:
    examples = extension("examples_measured")
    page = (site / "tour" / "6-beyond-regression.html").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    asked = "speedup nearest numpy over lists 1,000"
    assert examples.answer(asked) in text
    lists, arrays = (CASES["nearest", tool, 1_000]["of_runs"] for tool in ("lists", "numpy"))
    ratio = stats.gmean(np.divide(lists, arrays))
    assert float(examples.answer(asked).partition("×")[0]) == pytest.approx(ratio, rel=0.006)
    for wrong in ("speedup nearest c over lists 10", "time nearest numpy 11", "colour", "time sum"):
        with pytest.raises(LookupError):
            examples.answer(wrong)


def test_the_last_page_draws_the_right_conclusions() -> None:
    def seconds(example: str, tool: str, n: int) -> float:
        return float(CASES[example, tool, n]["seconds"])

    assert seconds("nearest", "numba", 1_000) < seconds("nearest", "numpy", 1_000)
    assert seconds("nearest", "numpy", 1_000) < seconds("nearest", "lists", 1_000) / 5
    for _, _, n in (case for case in CASES if case[:2] == ("smooth", "numpy")):
        assert seconds("smooth", "numpy", n) > seconds("smooth", "lists", n)
    assert seconds("smooth", "numba", 100_000) < seconds("smooth", "lists", 100_000) / 5
    assert seconds("sum", "lists", 10) < seconds("sum", "numpy", 10)


@pytest.fixture
def notebook(site: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((site / "tour.ipynb").read_text(encoding="utf-8"))
    return found


def test_the_notebook_has_all_code_of_the_numbered_pages_in_order(notebook: dict[str, Any]) -> None:
    cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    in_notebook = "\n".join(cells)
    in_pages = ""
    for page in TOUR:
        for block in BLOCK.findall(TEXTS[page.stem]) if page.stem[0].isdigit() else ():
            lines = block.splitlines()
            if lines[0].startswith(">>> "):
                lines = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
            in_pages += "\n".join(line for line in lines if line) + "\n"
    assert "\n".join(line for line in in_notebook.splitlines() if line) + "\n" == in_pages


def test_the_notebook_is_whole(notebook: dict[str, Any]) -> None:
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    texts = "\n".join(
        cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )
    for page in TOUR:
        title = TEXTS[page.stem].partition("\n")[0]
        assert (title in texts) == page.stem[0].isdigit()
    assert texts.count("data:image/svg+xml;base64,") == 6
    assert "{measured}" not in texts
    assert "```{" not in texts
    assert ".md)" not in texts
    assert len(DETAILS.findall(texts)) == texts.count("**1.**") + texts.count(
        "**2.**"
    ) + texts.count("**3.**")


def test_the_notebook_runs(site: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KERNEL, str(site / "tour.ipynb")]
    result = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr


def test_a_failing_cell_is_marked(extension: Any) -> None:
    made = extension("tour_notebook")
    block = ">>> 1 / 0\nTraceback (most recent call last):\n    ...\nZeroDivisionError: division by zero\n>>> 1\n1\n"
    fails, works = made.code(block)
    assert fails["metadata"] == {"tags": ["raises-exception"]}
    assert (works["source"], works["metadata"]) == ("1", {})
    for unknown in ("a {role}`of others`\n", "```{directive} x\n```\n"):
        with pytest.raises(ValueError, match="does not know"):
            list(made.cells_of(unknown))


def test_the_workflow_publishes_the_site() -> None:
    yaml = pytest.importorskip("yaml")
    text = (ROOT / ".github" / "workflows" / "site.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow[True]["push"] == {"branches": ["main"]}  # YAML 1.1 reads `on` as true
    assert workflow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"].partition("@")[0] for step in steps if "uses" in step]
    assert [name for name in used if "pages" in name] == [
        "actions/configure-pages",
        "actions/upload-pages-artifact",
        "actions/deploy-pages",
    ]
    build = next(step["run"] for step in steps if "sphinx" in step.get("run", ""))
    assert "-m sphinx -W -b html docs docs/_build" in build
    assert "python -m sphinx -W -b html docs docs/_build" in (DOCS / "building.md").read_text(
        "utf-8"
    )
