"""Where the numbers come from, how far to trust them, and what is missing or was left out."""

from pathlib import Path

from msgspec import UNSET

from npfs import __version__
from npfs.analysis.calibration import Calibration
from npfs.analysis.disturbance import DISTURBED
from npfs.analysis.findings import Finding
from npfs.analysis.runs import RunFolder, read_runs
from npfs.drawing import numbers
from npfs.report.context import Context
from npfs.report.formatting import Sentences, by_reason
from npfs.report.page import Page
from npfs.schema import Blas, Size

PROVENANCE, MACHINE, CALIBRATION = map(Sentences, ("provenance", "machine", "calibration"))
NAMED = 8  # cases of one reason; the rest is counted
HOW_TO_RUN = "python -m pytest bench --benchmark-only (in the clone of npfs)"
# Warnings of what makes times vary; every other one may change a conclusion.
NOISE = frozenset(
    ("governor", "load", "others", "steal", "battery", "thread-sync", "memory", "container-quota")
)
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


class NoRuns(ValueError):
    """There is nothing to report yet."""


def read_folder(
    reports: Path, kind: str, command: str, folder: RunFolder | None = None
) -> RunFolder:
    """Read the runs; that none has a case of that kind is ``NoRuns``, with the command for some."""
    folder = folder or read_runs(reports / "runs")
    if not any(getattr(run, kind) for run in folder.runs):
        found = "".join(f"\n{path.name} {why}" for path, why in folder.rejected)
        raise NoRuns(f"no runs in {reports / 'runs'}; make some with: {command}{found}")
    return folder


def base_page(context: Context) -> Page:
    """Return what every page has of the machine, of what disturbed it, and of what is left out."""
    return Page(
        question="",
        version=__version__,
        machine=measured_on(context),
        where=where(context),
        warnings=tuple(other_warnings(context)),
        environment=tuple(environment_rows(context)),
        observations=tuple(observations(context)),
        left_out=(*left_out(context), *not_recorded(context)),
        not_timed=tuple(not_timed(context)),
        not_timed_in_short=not_timed_in_short(context),
    )


def measured_on(context: Context) -> str:
    """Name the machine and the versions, and the data if they are not synthetic."""
    data, published = context.evidence.newest.data, context.evidence.newest.published
    sentences = [PROVENANCE("machine", parts=machine_parts(context))]
    if published is not None:
        sentences.append(PROVENANCE("published", problem=str(published)))
    elif data is not None:
        values = {"file": data.file, "target": data.target, "digest": data.digest}
        size = Size(data.n_samples, data.n_features)
        sentences.append(PROVENANCE("data", **values, size=size))
    return " ".join(sentences)


def machine_parts(context: Context) -> list[str]:
    """Return the processor, the system and the versions."""
    environment = context.evidence.newest.environment
    versions = [
        f"{name} {environment.libraries[key]}"
        for name, key in (("NumPy", "numpy"), ("Numba", "numba"))
        if environment.libraries.get(key)
    ]
    cores = [numbers.counted(environment.cores, "core")] if environment.cores else []
    return [environment.cpu, *cores, environment.system, environment.python, *versions]


def where(context: Context) -> str:
    """Name the project, the date of the newest run, and the machine."""
    newest = context.evidence.newest
    parts = machine_parts(context)
    return PROVENANCE("where", date=newest.started[:10], parts=parts[:2])


def trust(context: Context) -> list[str]:
    """Say how far the numbers can be trusted, in up to three sentences."""
    evidence, found = context.evidence, context.calibration
    runs, epochs = len(evidence.runs), evidence.newest.epochs
    sentences = [PROVENANCE("timed_runs", runs=runs, epochs=epochs)]
    if comparisons := evidence.significance.comparisons:
        sentences.append(PROVENANCE("significance", comparisons=comparisons))
    if found is not None:
        sentences.append(PROVENANCE("coverage", share=found.summary().times))
    return sentences


def environment_rows(context: Context) -> list[tuple[str, str]]:
    """Return names and values of what is recorded of the machine, unknown ones left out."""
    known = context.evidence.newest.environment
    blas = known.blas_in_effect[0] if known.blas_in_effect else Blas()
    numba, libraries = known.numba or None, known.libraries
    variables = [f"{name}={value}" for name, value in known.speed_variables.items()]
    usable, physical = ("{} usable", known.usable_cores), ("{} physical", known.physical_cores)
    free = ("{} free at the start", _bytes(known.available_bytes))
    caches = [f"{name} {_bytes(size)}" for name, size in (known.caches or {}).items()]
    kernels = _joined(("{} kernels", blas.architecture), ("{} threads", blas.threads))
    in_effect = _joined(
        ("{} threads", numba and numba.threads),
        ("{}", numba and numba.threading_layer),
        ("for {}", numba and numba.cpu),
        ("which imports SciPy {}", libraries.get("scipy")),
    )
    rows = [
        ("Processor", known.cpu),
        ("Cores", _joined(("{}", known.cores), usable, physical)),
        ("Caches", ", ".join(caches)),
        ("Memory", _joined(("{}", _bytes(known.memory_bytes)), free)),
        ("System", known.system + (", a virtual machine" if known.virtual_machine else "")),
        ("CPU governor", known.governor or ""),
        ("Boost", "" if known.boost in (None, UNSET) else "on" if known.boost else "off"),
        ("Huge pages", known.huge_pages or ""),
        ("Python", known.python),
        ("NumPy", libraries.get("numpy") or ""),
        ("BLAS", f"{known.blas} {kernels and f'({kernels})'}".strip()),
        ("Numba", f"{libraries.get('numba') or ''} {in_effect and f'({in_effect})'}".strip()),
        ("Variables", ", ".join(variables) or "none that change speed"),
    ]
    return [(name, value) for name, value in rows if value]


def method(context: Context) -> list[str]:
    """Explain the method, with the recorded numbers of it."""
    evidence = context.evidence
    repetitions = max((fit.repetitions for run in evidence.runs for fit in run.cases), default=1)
    return [
        PROVENANCE("timed", epochs=evidence.newest.epochs),
        PROVENANCE("same_work"),
        PROVENANCE("runs", repetitions=repetitions),
        *effort(context),
        PROVENANCE("intervals"),
        PROVENANCE("read_pass"),
    ]


def effort(context: Context) -> list[str]:
    """Say how many repetitions were disturbed, and how much was measured."""
    runs, newest = context.evidence.runs, context.evidence.newest
    found = context.evidence.disturbance
    disturbed = {"share": found.share, "threshold": DISTURBED, "bimodal": found.by_themselves}
    options = [
        f"--{name} {newest.planned[name]}"
        for name in ("preset", "backends")
        if newest.planned.get(name)
    ]
    measured = PROVENANCE(
        "effort",
        runs=len(runs),
        jobs=len({run.job for run in runs}),
        rounds=sum(case.rounds for run in runs for case in (*run.cases, *run.others)),
        timed_s=sum(run.timed_s for run in runs),
        wall_s=sum(run.wall_s for run in runs),
        first=_minute(runs[0].started),
        last=_minute(newest.started),
        options=options,
    )
    return [*([PROVENANCE("disturbed", **disturbed)] if found.repetitions else []), measured]


def missing(context: Context) -> list[str]:
    """Name the parts that the report lacks, and the way to get them."""
    evidence = context.evidence
    if not evidence.seconds:
        return [PROVENANCE("no_fit", command=HOW_TO_RUN)]
    found = one_run(context)
    if len(evidence.backends) + len(evidence.shortcuts) == 1:
        found.append(PROVENANCE("one_backend"))
    sizes, data = evidence.sizes(), evidence.newest.data
    if data is not None:
        found.append(PROVENANCE("one_table", file=data.file))
    elif len(sizes) == 1:
        found.append(PROVENANCE("one_size", size=sizes[0]))
    if context.is_large_data:
        return found
    if not evidence.sizes(n_features=1) and data is None:
        found.append(PROVENANCE("no_one_feature"))
    return found


def not_recorded(context: Context) -> list[str]:
    """Name what the runs did not look at, which changes no conclusion, and the way to get it."""
    evidence = context.evidence
    if context.is_large_data or not evidence.seconds:
        return []
    found = []
    if not any(evidence.bandwidth_limit(size) for size in evidence.sizes()):
        found.append(PROVENANCE("no_read_pass"))
    if context.layout is None:
        found.append(PROVENANCE("no_layout"))
    return found


def one_run(context: Context, command: str = HOW_TO_RUN) -> list[str]:
    """Warn of a single run, which gives no interval."""
    single = len(context.evidence.runs) == 1
    return [PROVENANCE("one_run", command=command)] if single else []


def message(finding: Finding) -> str:
    """Return what was found, as a sentence with its numbers."""
    kind = "thread_limit" if "libraries" in finding.values else finding.name
    return MACHINE(kind.replace("-", "_"), of=finding.values)


def remedy(finding: Finding) -> str:
    """Return what to do about a finding, as a sentence."""
    kind = "variable" if "variable" in finding.values else finding.name
    return MACHINE(f"{kind}_remedy".replace("-", "_"), of=finding.values)


def sentence_on(finding: Finding) -> str:
    """Return the message and the remedy."""
    return f"{message(finding)} {remedy(finding)}"


def decisive_warnings(context: Context) -> list[str]:
    """Return the warnings that may change a conclusion, except that there is one run."""
    return [sentence_on(one) for one in context.findings if _is_decisive(one)]


def other_warnings(context: Context) -> list[str]:
    """Return the warnings of what makes times vary, of runs cut short, and notes of backends."""
    evidence = context.evidence
    found = [
        sentence_on(one)
        for one in context.findings
        if one.severity == "warning" and not _is_decisive(one)
    ]
    cut = [str(run.number) for run in evidence.runs if run.interrupted]
    found += [PROVENANCE("interrupted", runs=cut)] if cut else []
    noted = [one for one in evidence.newest.backends.values() if one.note]
    return found + [PROVENANCE("note", title=one.title, note=one.note) for one in noted]


def _is_decisive(finding: Finding) -> bool:
    return finding.severity == "warning" and finding.name not in NOISE


def observations(context: Context) -> list[str]:
    """Return findings of the machine that make no number wrong."""
    found = [one for one in context.findings if one.severity == "information"]
    return [sentence_on(one) for one in found]


def left_out(context: Context) -> list[str]:
    """Name the files, runs, backends and cases that are not in the numbers, with the reasons."""
    evidence = context.evidence
    found = [
        PROVENANCE("file_left_out", file=path.name, why=why) for path, why in evidence.rejected
    ]
    reasons = by_reason((str(run.number), why) for run, why in evidence.left_out)
    found += [PROVENANCE("runs_left_out", runs=runs, why=why) for why, runs in reasons.items()]
    found += [
        PROVENANCE("older_source", title=evidence.title(name), runs=runs)
        for name, runs in evidence.older_source.items()
    ]
    found += [PROVENANCE("failed", name=n, why=why) for n, why in evidence.failed.items()]
    newest = evidence.newest
    absent = [name for name in newest.unavailable if name in newest.not_installed]
    broken = [why for name, why in newest.unavailable.items() if name not in absent]
    found += [PROVENANCE("not_installed", names=absent)] if absent else []
    return found + [PROVENANCE("not_available", why=why) for why in broken]


def not_timed_in_short(context: Context) -> str:
    """Count the cases that were not timed, or not in every run; the page has the reasons."""
    number = len(context.evidence.not_timed) + len(context.evidence.partly_timed)
    return PROVENANCE("not_timed_in_short", number=number) if number else ""


def not_timed(context: Context) -> list[str]:
    """Name the cases that were not timed; those that share a reason are counted."""
    evidence = context.evidence
    partly = evidence.partly_timed.items()
    return [
        PROVENANCE("not_timed", name=names[0], why=why)
        if len(names) == 1
        else PROVENANCE(
            "cases_not_timed",
            count=len(names),
            names=names[:NAMED],
            more=len(names) > NAMED,
            why=why,
        )
        for why, names in by_reason(evidence.not_timed.items()).items()
    ] + [PROVENANCE("partly_timed", name=name, why=why) for name, why in partly]


def _joined(*parts: tuple[str, object]) -> str:
    """Join the known values, each in its form."""
    return ", ".join(form.format(value) for form, value in parts if value)


def _bytes(number: int | None) -> str:
    return "" if number is None else numbers.n_bytes(number)


def _minute(started: str) -> str:
    """Return a time of ISO 8601 to the minute."""
    return started[:16].replace("T", " ")


def vocabulary(context: Context) -> list[tuple[str, str]]:
    """Return each word with its meaning: of the benchmark, then of the measured backends."""
    evidence = context.evidence
    epochs = numbers.counted(evidence.newest.epochs, "epoch")
    measured = [*evidence.backends, *evidence.shortcuts]
    return [
        ("Fit", f"one training of a linear regression by gradient descent: {epochs}"),
        ("Epoch", "one step: predict all rows, take the loss, step against its gradients"),
        ("Rows, features", "the samples, and the columns that they are predicted from"),
        ("Backend", "one way to write the fit; all do the same work, except a shortcut"),
        ("Run", "one fresh process that times every case; an interval is taken over runs"),
        ("Startup", "starting Python, importing the library, and loading or compiling code"),
        ("95 % confidence interval", "the range in which the mean of many such runs lies"),
        ("No significant difference", "chance explains it, at a 5 % false discovery rate"),
        ("Memory bandwidth limit", "the time of reading the data once; no epoch can be faster"),
        *((evidence.title(name), EXPLAINED[name]) for name in measured if name in EXPLAINED),
    ]


def coverage(calibration: Calibration) -> str:
    """Return the coverage of the intervals, the false alarms and the width."""
    return CALIBRATION("coverage", half=calibration.half, found=calibration.summary())


def coverage_and_method(calibration: Calibration) -> tuple[str, str]:
    """Return the coverage, and the method behind it."""
    found, half, runs = calibration.summary(), calibration.half, calibration.runs
    return coverage(calibration), CALIBRATION("method", half=half, runs=runs, found=found)
