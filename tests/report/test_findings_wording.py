"""The wording of findings; which findings there are is tested where they are made."""

import ast
import re
from pathlib import Path

import pytest

import npfs
from npfs.analysis import findings
from npfs.analysis.findings import Finding
from npfs.report.provenance import message, remedy, sentence_on
from tests.analysis.test_findings import LOADED, SPOILED, found_in

# At least one of each name, made by the analysis where it makes them.
FINDINGS = [
    *(finding for spoiled, *_ in SPOILED for finding in found_in(**spoiled)),
    *(finding for loads, *_ in LOADED for finding in found_in(*loads)),
    Finding("disturbed", {"share": 0.63, "threshold": 0.1}),
    Finding("numba", {"error": "no LLVM"}),
    Finding("numba-threads", {"error": "Numba cannot start its threads (x)", "settings": []}),
    Finding("numba-threads", {"error": "Numba cannot (x)", "settings": ["NUMBA_NUM_THREADS=0"]}),
    Finding("numba-cache"),
]
IDS = [f"{finding.name}-{number}" for number, finding in enumerate(FINDINGS)]
BANNED = r"\b(told|said|met|meet|seen|noise|mend|that which)\b|None|  "


def names_in_source() -> set[str]:
    """Return the first argument of each ``Finding(...)``, and the names of variables."""
    names = {*findings.THREAD_LIMITS, *findings.HARMLESS, "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
    found = {name.lower().replace("_", "-") for name in names}
    for path in Path(npfs.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name("Finding"), [ast.Constant(str(name)), *_]):
                    found.add(name)
    return found


def test_every_finding_is_worded() -> None:
    assert {finding.name for finding in FINDINGS} == names_in_source()


@pytest.mark.parametrize("finding", FINDINGS, ids=IDS)
def test_message_and_remedy_are_short_sentences(finding: Finding) -> None:
    for text in (message(finding), remedy(finding)):
        assert re.fullmatch(r"[A-Z0-9].*\.", text)
        assert not re.search(BANNED, text)
        assert len(text.split()) <= 25
    assert sentence_on(finding) == f"{message(finding)} {remedy(finding)}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "openblas-coretype",
            "OPENBLAS_CORETYPE=Haswell is set, which can make NumPy slower: its Haswell kernels do "
            "not use this processor's AVX-512. Unset it and measure again.",
        ),
        ("omp-num-threads", "OMP_NUM_THREADS=1,2 is set, which limits BLAS and OpenMP to 1 of 4"),
        ("numba-num-threads", "NUMBA_NUM_THREADS=3 is set, which limits Numba to 3 of 4 usable"),
        ("container-quota", "The container may use 1.5 of the 4 cores that it sees"),
        ("usable-cores", "Only 4 of 8 cores can be used."),
        ("governor", "The CPU governor is powersave, so the clock rate varies with the load."),
        ("memory", "Only 1.5 GB of memory is free, and the largest cases need 1.3 GB."),
        ("swap", "2.0 GB is swapped out"),
        ("load", "The load average before the measurement was 2.4 on 4 cores."),
        ("others", "Other programs used up to 10 % of the CPU time during the measurement."),
        ("steal", "The hypervisor withheld up to 2.5 % of this virtual machine's CPU time."),
        (
            "thread-sync",
            "Thread synchronisation latency varied from 1.1 to 4.4 µs: multi-core results are less "
            "stable than single-core ones.",
        ),
        (
            "disturbed",
            "63 % of the repetitions were disturbed (more than 10 % slower than the fastest of "
            "their case). Measure again",
        ),
        ("numba", "Numba cannot be loaded (no LLVM)."),
        ("numba-threads", "Numba cannot start its threads (x). Reinstall numba."),
    ],
)
def test_a_sentence_has_its_numbers_and_names(name: str, expected: str) -> None:
    [first, *_] = [finding for finding in FINDINGS if finding.name == name]
    assert sentence_on(first).startswith(expected)


def test_the_cause_is_worded_where_it_is_known() -> None:
    older = Finding(
        "openblas-coretype",
        {"variable": "OPENBLAS_CORETYPE", "value": "Nehalem", "older_kernels": None},
    )
    assert message(older) == "OPENBLAS_CORETYPE=Nehalem is set, which can make NumPy slower."
    preempted = Finding("thread-sync", {"fastest_s": 1e-6, "slowest_s": 8e-3, "preempted": True})
    assert "from 1.0 µs to 8.0 ms: threads waited for cores" in message(preempted)
    stopped = Finding("numba-threads", {"error": "x", "settings": ["A=1", "B=2"]})
    assert remedy(stopped) == "Unset A=1 and B=2."
