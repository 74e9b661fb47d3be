"""What a reader must know before trusting the verdict."""

from npfs.evidence.analysis import Evidence
from npfs.evidence.findings import findings
from npfs.report import wording

MISSING = "needs the package"  # in the reason of a backend whose library is not installed
HOW_TO_RUN = "python -m pytest bench --benchmark-only (in the clone of npfs)"


def caveats(evidence: Evidence) -> list[str]:
    """Return what a reader must know before trusting the verdict; empty if there is nothing."""
    sentences = []
    if len(evidence.runs) == 1:
        sentences.append(
            "This is one run: it gives no interval, and a second one may contradict it. "
            f"Add runs with: {HOW_TO_RUN}"
        )
    newest = evidence.newest
    loads = [run.load for run in evidence.runs if run.job == newest.job]
    sentences += [str(finding) for finding in findings(newest.environment, loads)]
    cut = [run.number for run in evidence.runs if run.interrupted]
    if cut:
        what = f"Run {cut[0]} was" if len(cut) == 1 else f"{len(cut)} runs were"
        sentences.append(f"{what} interrupted; the cases finished by then count.")
    sentences += [f"{path.name} was left out: {why}." for path, why in evidence.rejected]
    sentences += [
        f"{clause[0].upper()}{clause[1:]}. The report follows the newest run's settings."
        for clause in wording.left_out(evidence.left_out)
    ]
    sentences += [
        f"{evidence.title(name)} of {wording.numbered_runs(runs)} left out: its source has changed since."
        for name, runs in evidence.older_source.items()
    ]
    sentences += [f"{newest.titles[name]}: {note}." for name, note in newest.notes.items()]
    if newest.unavailable:
        broken = {n: why for n, why in newest.unavailable.items() if MISSING not in why}
        absent = [name for name in newest.unavailable if name not in broken]
        if absent:
            sentences.append(f"Not installed, so not compared: {wording.listed(absent)}.")
        sentences += [f"Not compared: {why}." for why in broken.values()]
    sentences += [f"{name} was not timed: {why}." for name, why in evidence.not_timed.items()]
    sentences += [f"{name} failed: {why}." for name, why in evidence.failed.items()]
    return sentences
