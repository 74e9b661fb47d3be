"""Where the numbers come from, what to know before trusting them, and what is missing."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from npfs.analysis import startup
from npfs.analysis.disturbance import DISTURBED
from npfs.analysis.evidence import Evidence
from npfs.analysis.findings import disturbed, findings
from npfs.analysis.scale import is_all_there_is
from npfs.drawing import numbers
from npfs.report import formatting
from npfs.report.claims import ADD_A_RUN, newest_layout
from npfs.report.details import ONE_BACKEND
from npfs.report.machine import sentence
from npfs.schema import Blas, Size

MISSING = "needs the package"  # in the reason of a backend whose library is not installed
NAMED = 8  # cases of one reason; the rest is counted
HOW_TO_RUN = "python -m pytest bench --benchmark-only (in the clone of npfs)"
# Backends of this package; a plug-in explains itself by its title.
EXPLAINED = {
    "python": "a loop over Python's own lists and numbers",
    "numpy": "whole arrays at once, as the formula reads",
    "numpy-inplace": "the same without temporary arrays, in blocks that fit the cache",
    "numpy-gram": "a shortcut: all sums of products once (the Gram matrix), then epochs on these "
    "sums alone",
    "numba": "the loop again, compiled by Numba",
    "numba-simd": "the compiled loop with vector instructions: several numbers at once",
    "numba-parallel": "the same on all cores, where there is enough to do for them",
    "c": "the loop in C, by the compiler of this machine",
    "jax": "JAX, compiled as a whole",
    "torch": "PyTorch's tensors",
}


def provenance(evidence: Evidence) -> str:
    """Name the runs, their data if they are not synthetic, the machine and the versions."""
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
        f"{number} runs, each a fresh process, {epochs} epochs a fit; in parentheses 95 % "
        f"intervals (Student's t over runs, on logarithms; speedups paired within runs){among}"
    )


def _data(evidence: Evidence) -> str:
    data, published = evidence.newest.data, evidence.newest.published
    if published is not None:
        return f"Fits are timed on the published problem {published}"
    if data is None:
        return ""
    size = formatting.size(Size(data.n_samples, data.n_features))
    return (
        f"Fits are timed on the table {data.file} ({size}, standardised; target {data.target}; "
        f"digest {data.digest}), not on synthetic data"
    )


def machine(evidence: Evidence) -> str:
    """Name the processor, the system and the versions."""
    environment = evidence.newest.environment
    libraries = environment.libraries
    versions = [
        f"{name} {libraries[key]}"
        for name, key in (("NumPy", "numpy"), ("Numba", "numba"))
        if libraries[key]
    ]
    cores = f"{environment.cores or 'unknown'} cores"
    parts = [environment.cpu, cores, environment.system, environment.python, *versions]
    return ", ".join(parts)


def environment_rows(evidence: Evidence) -> list[tuple[str, str]]:
    """Return names and values of what is recorded of the machine, unknown ones left out."""
    told = evidence.newest.environment
    blas = told.blas_in_effect[0] if told.blas_in_effect else Blas()
    numba, libraries = told.numba or None, told.libraries
    variables = [f"{name}={value}" for name, value in told.speed_variables.items()]
    usable, physical = ("{} usable", told.usable_cores), ("{} physical", told.physical_cores)
    free = ("{} free at the start", _bytes(told.available_bytes))
    caches = [f"{name} {_bytes(size)}" for name, size in (told.caches or {}).items()]
    kernels = _joined(("{} kernels", blas.architecture), ("{} threads", blas.threads))
    in_effect = _joined(
        ("{} threads", numba and numba.threads),
        ("{}", numba and numba.threading_layer),
        ("for {}", numba and numba.cpu),
        ("which imports SciPy {}", libraries.get("scipy")),
    )
    rows = [
        ("Processor", told.cpu),
        ("Cores", _joined(("{}", told.cores), usable, physical)),
        ("Caches", ", ".join(caches)),
        ("Memory", _joined(("{}", _bytes(told.memory_bytes)), free)),
        ("System", told.system + (", a virtual machine" if told.virtual_machine else "")),
        ("CPU governor", told.governor or ""),
        ("Boost", "" if told.boost in (None, UNSET) else "on" if told.boost else "off"),
        ("Huge pages", told.huge_pages or ""),
        ("Python", told.python),
        ("NumPy", libraries.get("numpy") or ""),
        ("BLAS", f"{told.blas} {kernels and f'({kernels})'}".strip()),
        ("Numba", f"{libraries.get('numba') or ''} {in_effect and f'({in_effect})'}".strip()),
        ("Variables", ", ".join(variables) or "none that change speed"),
    ]
    return [(name, value) for name, value in rows if value]


def method(evidence: Evidence) -> list[str]:
    """Explain the method, with the recorded numbers of it."""
    runs, newest = evidence.runs, evidence.newest
    jobs = len({run.job for run in runs})
    repetitions = max((case.repetitions for run in runs for case in run.cases), default=1)
    timed_s, wall_s = sum(run.timed_s for run in runs), sum(run.wall_s for run in runs)
    rounds = sum(case.rounds for run in runs for case in run.cases)
    return [
        f"Timed is one call, fit(data, epochs, learning_rate) with {newest.epochs} epochs: each "
        "predicts, records the mean squared error, computes both gradients and updates. Making "
        "data, turning them into lists or arrays, importing and compiling lie outside; what of it "
        "comes once is measured apart, in fresh processes.",
        "Every backend does the same work and is held to the same result, before its first round "
        "and after its last; a shortcut, which does less, is named as one and compared apart.",
        "A run is one fresh process. It times every case (a backend at a size) in up to "
        f"{repetitions} short repetitions, spread over the run in an order shuffled with a "
        "recorded seed. Its number for a case is the median of the rounds of the least disturbed "
        "repetition. Where an epoch is long, fewer epochs are timed, and count for a whole fit. "
        + _disturbed(evidence),
        f"Here {len(runs)} runs of {jobs} command{'s' if jobs > 1 else ''} made "
        f"{numbers.count(rounds)} rounds, {timed_s:,.0f} s of {wall_s:,.0f} s inside them, "
        f"between {_minute(runs[0].started)} and {_minute(newest.started)} "
        f"UTC{_options(newest.planned)}.",
        "Intervals are taken over runs, never over rounds, by Student's t on logarithms, and "
        "speedups are paired within each run: rounds of one process are much more alike than the "
        "next process is. Only runs of the same machine, versions, settings and source are pooled.",
        "The ceiling is one pure read pass over the same data, by one core or all, whichever is "
        "faster.",
    ]


def _disturbed(evidence: Evidence) -> str:
    """Report how many repetitions were disturbed, and which cases vary by themselves."""
    found = evidence.disturbance
    if not found.repetitions:
        return ""
    told = (
        f"{found.share:.0%} of the repetitions were disturbed: more than {DISTURBED:.0%} longer "
        "than the least of their case."
    )
    if found.by_themselves:
        told += (
            " Slow by themselves, between neighbours that were not, were "
            f"{', '.join(found.by_themselves)}."
        )
    return told


def missing(evidence: Evidence) -> list[str]:
    """Name the parts that the report lacks, and the way to get them."""
    found = one_run(evidence)
    if len(evidence.backends) + len(evidence.shortcuts) == 1:
        found.append(f"{ONE_BACKEND} Add others with --backends python,numpy,numba")
    sizes = evidence.sizes()
    if evidence.newest.data is not None:
        found.append(
            f"The one size is that of {evidence.newest.data.file}, so nothing shows how times "
            "grow. Run the benchmark without --data for that, with another folder (--reports DIR)"
        )
    elif len(sizes) == 1:
        found.append(
            f"One size was measured ({formatting.size(sizes[0])}), so nothing shows how times grow. "
            "Add others with --sizes 10,1e3,1e5"
        )
    if is_all_there_is(evidence):
        return found
    if sizes and not evidence.sizes(n_features=1) and evidence.newest.data is None:
        found.append(
            "No size of one feature was measured, so there are no crossovers. Add --features 1"
        )
    if not any(evidence.bandwidth_limit(size) for size in sizes):
        found.append(
            "No read pass was timed, so nothing says how far a faster tool could go: leave "
            "bench_read.py in, and time a backend that uses Numba, which makes the passes."
        )
    if not startup.backends(evidence):
        found.append(
            "No startup was measured, so nothing says when a longer one has paid: time fits with "
            "more time (a larger --budget), and not of the preset scale alone."
        )
    if newest_layout(evidence) is None:
        found.append(f"Where numbers lie, and who loops over them, was not looked at: {ADD_A_RUN}.")
    return found


def _joined(*parts: tuple[str, object]) -> str:
    """Join the known values, each in its form."""
    return ", ".join(form.format(value) for form, value in parts if value)


def _bytes(number: int | None) -> str:
    return "" if number is None else numbers.n_bytes(number)


def _options(planned: Mapping[str, Any]) -> str:
    """Name the preset and the backends that were asked for."""
    said = [f"--{name} {planned[name]}" for name in ("preset", "backends") if planned.get(name)]
    return f", with {' and '.join(said)}" if said else ""


def _minute(started: str) -> str:
    """Return a time of ISO 8601 to the minute."""
    return started[:16].replace("T", " ")


def all_warnings(evidence: Evidence) -> list[str]:
    """Return the warnings, observations and omissions; empty if there are none."""
    return [*one_run(evidence), *besides_one_run(evidence)]


def besides_one_run(evidence: Evidence) -> list[str]:
    """Return all warnings but ``one_run``, which the report gives with what is missing."""
    return [*warnings(evidence), *observations(evidence), *left_out(evidence)]


def one_run(evidence: Evidence) -> list[str]:
    """Warn of a single run, which gives no interval."""
    if len(evidence.runs) > 1:
        return []
    return [
        "This is one run: it gives no interval, and a second one may contradict it. "
        f"Add runs with: {HOW_TO_RUN}"
    ]


def warnings(evidence: Evidence) -> list[str]:
    """Return the warnings that a reader needs before trusting the verdict."""
    sentences = _findings(evidence, "warning")
    cut = [run.number for run in evidence.runs if run.interrupted]
    if cut:
        what = f"Run {cut[0]} was" if len(cut) == 1 else f"{len(cut)} runs were"
        sentences.append(f"{what} interrupted; the cases finished by then count.")
    newest = evidence.newest
    return sentences + [f"{one.title}: {one.note}." for one in newest.backends.values() if one.note]


def observations(evidence: Evidence) -> list[str]:
    """Return findings of the machine that make no number wrong."""
    return _findings(evidence, "information")


def left_out(evidence: Evidence) -> list[str]:
    """Name the files, runs, backends and cases that are not in the numbers, with the reasons."""
    sentences = [f"{path.name} was left out: {why}." for path, why in evidence.rejected]
    sentences += [
        f"{clause[0].upper()}{clause[1:]}. The report follows the newest run's settings."
        for clause in formatting.left_out(evidence.left_out)
    ]
    sentences += [
        f"{evidence.title(name)} of {formatting.numbered_runs(runs)} left out: its source has changed "
        "since."
        for name, runs in evidence.older_source.items()
    ]
    unavailable = evidence.newest.unavailable
    broken = {name: why for name, why in unavailable.items() if MISSING not in why}
    absent = [name for name in unavailable if name not in broken]
    if absent:
        sentences.append(f"Not installed, so not compared: {numbers.listed(absent)}.")
    sentences += [f"Not compared: {why}." for why in broken.values()]
    sentences += _not_timed(evidence.not_timed)
    sentences += [
        f"{name} was not timed in every run: {why}." for name, why in evidence.partly_timed.items()
    ]
    return sentences + [f"{name} failed: {why}." for name, why in evidence.failed.items()]


def _not_timed(reasons: Mapping[str, str]) -> list[str]:
    """Name the cases, those that share a reason together: a short budget may leave out dozens."""
    return [
        f"{names[0]} was not timed: {why}."
        if len(names) == 1
        else f"{len(names)} cases were not timed ({', '.join(names[:NAMED])}"
        f"{', ...' if len(names) > NAMED else ''}): {why}."
        for why, names in formatting.by_reason(reasons.items()).items()
    ]


def _findings(evidence: Evidence, severity: str) -> list[str]:
    newest = evidence.newest
    loads = [run.load for run in evidence.runs if run.job == newest.job]
    found = [*findings(newest.environment, loads), *disturbed(evidence.disturbance)]
    return [sentence(finding) for finding in found if finding.severity == severity]


def vocabulary(evidence: Evidence) -> list[tuple[str, str]]:
    """Return each word with its meaning: of the benchmark, then of the measured backends."""
    epochs = evidence.newest.epochs
    measured = [*evidence.backends, *evidence.shortcuts]
    return [
        ("Fit", f"one training of a linear regression by gradient descent: {epochs} epochs"),
        ("Epoch", "one pass over all samples: predict, take the loss, step against its gradients"),
        ("Samples, features", "the rows and the columns of the data"),
        ("Backend", "one way to write the fit; all do the same work, but for a shortcut"),
        ("Run", "one fresh process that times everything once; an interval is taken over runs"),
        ("95 % interval", "in parentheses: where the mean of many such runs is expected"),
        ("Within noise", "a difference that chance explains, among all that are compared"),
        ("First result", "start of a process, import, compiling or loading, and the first fit"),
        ("Ceiling", "the time of only reading the data once, below which no epoch can be"),
        *((evidence.title(name), EXPLAINED[name]) for name in measured if name in EXPLAINED),
    ]
