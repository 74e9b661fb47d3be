"""What a reader must know before trusting the verdict, and what was left out of it."""

from collections.abc import Mapping

from npfs.analysis.evidence import Evidence
from npfs.analysis.findings import findings
from npfs.drawing import numbers
from npfs.report import wording

MISSING = "needs the package"  # in the reason of a backend whose library is not installed
NAMED = 8  # cases of one reason; the rest is counted
HOW_TO_RUN = "python -m pytest bench --benchmark-only (in the clone of npfs)"


def caveats(evidence: Evidence) -> list[str]:
    """Return what a reader must know and what was left out; empty if there is nothing."""
    return [*one_run(evidence), *besides_one_run(evidence)]


def besides_one_run(evidence: Evidence) -> list[str]:
    """Return all of it but that there is one run alone, which the report says with what it lacks."""
    return [*warnings(evidence), *observations(evidence), *left_out(evidence)]


def one_run(evidence: Evidence) -> list[str]:
    """Say that one run is no measurement, if there is one alone."""
    if len(evidence.runs) > 1:
        return []
    return [
        "This is one run: it gives no interval, and a second one may contradict it. "
        f"Add runs with: {HOW_TO_RUN}"
    ]


def warnings(evidence: Evidence) -> list[str]:
    """Return what a reader must know before trusting the verdict."""
    sentences = _findings(evidence, "warning")
    cut = [run.number for run in evidence.runs if run.interrupted]
    if cut:
        what = f"Run {cut[0]} was" if len(cut) == 1 else f"{len(cut)} runs were"
        sentences.append(f"{what} interrupted; the cases finished by then count.")
    newest = evidence.newest
    return sentences + [f"{newest.titles[name]}: {note}." for name, note in newest.notes.items()]


def observations(evidence: Evidence) -> list[str]:
    """Return what was found of the machine that makes no number wrong."""
    return _findings(evidence, "information")


def left_out(evidence: Evidence) -> list[str]:
    """Return which files, runs, backends and cases are not in the numbers, and why."""
    sentences = [f"{path.name} was left out: {why}." for path, why in evidence.rejected]
    sentences += [
        f"{clause[0].upper()}{clause[1:]}. The report follows the newest run's settings."
        for clause in wording.left_out(evidence.left_out)
    ]
    sentences += [
        f"{evidence.title(name)} of {wording.numbered_runs(runs)} left out: its source has changed since."
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
    by_reason: dict[str, list[str]] = {}
    for name, why in reasons.items():
        by_reason.setdefault(why, []).append(name)
    return [
        f"{names[0]} was not timed: {why}."
        if len(names) == 1
        else f"{len(names)} cases were not timed ({', '.join(names[:NAMED])}"
        f"{', ...' if len(names) > NAMED else ''}): {why}."
        for why, names in by_reason.items()
    ]


def _findings(evidence: Evidence, severity: str) -> list[str]:
    newest = evidence.newest
    loads = [run.load for run in evidence.runs if run.job == newest.job]
    found = findings(newest.environment, loads)
    return [str(finding) for finding in found if finding.severity == severity]
