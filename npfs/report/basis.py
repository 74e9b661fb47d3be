"""What the numbers rest on: runs and machine, how they were made, and what is lacking."""

from collections.abc import Mapping
from typing import Any

from npfs.analysis import recorded
from npfs.analysis import startup as once
from npfs.analysis.evidence import Evidence
from npfs.analysis.records import Size
from npfs.analysis.scale import is_all_there_is
from npfs.drawing import numbers
from npfs.report import wording
from npfs.report.caveats import one_run
from npfs.report.claims import ADD_A_RUN, newest_layout
from npfs.report.details import ONE_BACKEND


def basis(evidence: Evidence) -> str:
    """Say how many runs there are, on which data if not on synthetic ones, and of what machine and versions."""
    sentences = (_runs(evidence), _data(evidence), machine(evidence))
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _runs(evidence: Evidence) -> str:
    number, epochs = len(evidence.runs), evidence.newest.epochs
    if number == 1:
        return f"1 run, a fresh process, {epochs} epochs a fit"
    among = ""
    if evidence.significance.comparisons:
        among = (
            ", and a difference is called one where it stands out among all "
            f"{evidence.significance.comparisons} comparisons (Benjamini and Hochberg, 5 %)"
        )
    return (
        f"{number} runs, each a fresh process, {epochs} epochs a fit; in parentheses 95 % intervals (Student's t over "
        f"runs, on logarithms; speedups paired within runs){among}"
    )


def _data(evidence: Evidence) -> str:
    data, published = evidence.newest.data, evidence.newest.published
    if published is not None:
        return f"Fits are timed on the published problem {published}"
    if data is None:
        return ""
    size = wording.size(Size(data.n_features, data.n_samples))
    return (
        f"Fits are timed on the table {data.file} ({size}, standardised; target {data.target}; digest {data.digest}), "
        "not on synthetic data"
    )


def machine(evidence: Evidence) -> str:
    """Name the processor, the system and the versions."""
    environment = evidence.newest.environment
    libraries = environment["libraries"]
    versions = [
        f"{name} {libraries[key]}"
        for name, key in (("NumPy", "numpy"), ("Numba", "numba"))
        if libraries[key]
    ]
    cores = f"{environment['cores'] or 'unknown'} cores"
    parts = [environment["cpu"], cores, environment["system"], environment["python"], *versions]
    return ", ".join(parts)


def environment_rows(evidence: Evidence) -> list[tuple[str, str]]:
    """Return what is recorded of the machine, name and value; what its system does not tell is left out."""
    told = evidence.newest.environment
    blas = recorded.first_group(told, "blas_in_effect")
    numba = recorded.group(told, "numba")
    variables = recorded.group(told, "speed_variables")
    libraries = recorded.group(told, "libraries")
    caches = recorded.group(told, "caches")
    rows = [
        ("Processor", told["cpu"]),
        ("Cores", _joined(told, (("cores", "{}"), ("usable_cores", "{} usable"), ("physical_cores", "{} physical")))),
        ("Caches", _joined(caches, tuple((name, f"{name} {{:bytes}}") for name in caches))),
        ("Memory", _joined(told, (("memory_bytes", "{:bytes}"), ("available_bytes", "{:bytes} free at the start")))),
        ("System", told["system"] + (", a virtual machine" if told.get("virtual_machine") else "")),
        ("CPU governor", _text(told.get("governor"))),
        ("Boost", _switch(told.get("boost"))),
        ("Huge pages", _text(told.get("huge_pages"))),
        ("Python", told["python"]),
        ("NumPy", _text(libraries.get("numpy"))),
        ("BLAS", " ".join(filter(None, (told["blas"], _in_parentheses(blas, ("architecture", "{} kernels"), ("threads", "{} threads")))))),
        ("Numba", " ".join(filter(None, (_text(libraries.get("numba")), _in_parentheses({**numba, **libraries}, ("threads", "{} threads"), ("threading_layer", "{}"), ("cpu", "for {}"), ("scipy", "which imports SciPy {}")))))),
        ("Variables", ", ".join(f"{name}={value}" for name, value in variables.items()) or "none that change speed"),
    ]  # fmt: skip
    return [(name, value) for name, value in rows if value]


def method(evidence: Evidence) -> list[str]:
    """Say how the numbers were made, with what was recorded of it."""
    runs, newest = evidence.runs, evidence.newest
    jobs = len({run.job for run in runs})
    visits = max((case.visits for run in runs for case in run.cases), default=1)
    timed_s, wall_s = sum(run.timed_s for run in runs), sum(run.wall_s for run in runs)
    rounds = sum(case.rounds for run in runs for case in run.cases)
    return [
        f"Timed is one call, fit(data, epochs, learning_rate) with {newest.epochs} epochs: each predicts, records the mean "
        "squared error, computes both gradients and updates. Making data, turning them into lists or arrays, importing and "
        "compiling lie outside; what of it comes once is measured apart, in fresh processes.",
        "Every backend does the same work and is held to the same result, before its first round and after its last; a "
        "shortcut, which does less, is named as one and compared apart.",
        f"A run is one fresh process. It visits every case (a backend at a size) up to {visits} times, spread over the run, in an "
        "order shuffled with a recorded seed, each time on newly allocated data. Its number for a case is the median of "
        "the rounds of the least disturbed visit.",
        f"Here {len(runs)} runs of {jobs} command{'s' if jobs > 1 else ''} made {numbers.count(rounds)} rounds, "
        f"{timed_s:,.0f} s of {wall_s:,.0f} s inside them and their calibration, between {_minute(runs[0].started)} and "
        f"{_minute(newest.started)} UTC{_options(newest.planned)}.",
        "Intervals are taken over runs, never over rounds, by Student's t on logarithms, and speedups are paired within "
        "each run: rounds of one process are much more alike than the next process is. Only runs of the same machine, "
        "versions, settings and source are pooled.",
        "The ceiling is one pure read pass over the same data, by one core or all, whichever is faster.",
    ]


def lacks(evidence: Evidence) -> list[str]:
    """Return what the report cannot show, and how to get it."""
    found = one_run(evidence)
    if len(evidence.backends) + len(evidence.shortcuts) == 1:
        found.append(f"{ONE_BACKEND} Add others with --backends python,numpy,numba")
    sizes = evidence.sizes()
    if evidence.newest.data is not None:
        found.append(
            f"The one size is that of {evidence.newest.data.file}, so nothing shows how times grow. Run the benchmark "
            "without --data for that, with another folder (--reports DIR)"
        )
    elif len(sizes) == 1:
        found.append(
            f"One size was measured ({wording.size(sizes[0])}), so nothing shows how times grow. Add others with --sizes 10,1e3,1e5"
        )
    if is_all_there_is(evidence):
        return found
    if sizes and not evidence.sizes(n_features=1) and evidence.newest.data is None:
        found.append(
            "No size of one feature was measured, so there are no crossovers. Add --features 1"
        )
    if not any(evidence.bandwidth_limit(size) for size in sizes):
        found.append(
            "No read pass was timed, so nothing says how far a faster tool could go: leave bench_ceiling.py in."
        )
    if not once.backends(evidence):
        found.append(
            "No first call was timed, so nothing says when a longer start has paid: leave bench_first_call.py in."
        )
    if newest_layout(evidence) is None:
        found.append(f"Where numbers lie, and who loops over them, was not looked at: {ADD_A_RUN}.")
    return found


def _joined(told: Mapping[str, Any], parts: tuple[tuple[str, str], ...]) -> str:
    """Join what is known."""
    said = []
    for name, form in parts:
        value = recorded.number(told, name)
        if value is not None:
            said.append(
                form.replace("{:bytes}", numbers.n_bytes(value)).replace("{}", f"{value:g}")
            )
    return ", ".join(said)


def _in_parentheses(told: Mapping[str, Any], *parts: tuple[str, str]) -> str:
    said = ", ".join(form.format(told[name]) for name, form in parts if told.get(name))
    return f"({said})" if said else ""


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _switch(value: Any) -> str:
    return "" if value is None else "on" if value else "off"


def _options(planned: Mapping[str, Any]) -> str:
    """Name the preset and the backends that were asked for."""
    said = [f"--{name} {planned[name]}" for name in ("preset", "backends") if planned.get(name)]
    return f", with {' and '.join(said)}" if said else ""


def _minute(started: str) -> str:
    """Return a time of ISO 8601 to the minute."""
    return started[:16].replace("T", " ")
