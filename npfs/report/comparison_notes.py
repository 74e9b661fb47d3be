"""What to know beside the table of a comparison: what differs between its sides, and what was left out."""

from npfs.analysis.comparison import READ_PASS, Comparison, Key, Label, Side, case_id
from npfs.analysis.statistics import bimodal
from npfs.drawing import numbers
from npfs.report import wording

_FEW = 8  # names in a sentence before the rest is counted


def differences(comparison: Comparison) -> list[str]:
    """Say what differs between the sides besides the times."""
    base, new = comparison.base, comparison.new
    sentences = []
    machines = [side.newest.environment["machine"] for side in (base, new)]
    if machines[0] != machines[1]:
        sentences.append(
            f"BASE was measured on {machines[0]} and NEW on {machines[1]}: "
            "this compares machines, and not code alone."
        )
    sentences += [
        f"{name}: {before} in BASE, {after} in NEW."
        for name, before, after in comparison.differences
        if name != "machine"
    ]
    changed = [_backend(name) for name in comparison.changed_sources]
    sentences.append(
        f"Source changed: {numbers.listed(changed)}."
        if changed
        else "The source of everything timed on both sides is the same."
    )
    return sentences


def notes(comparison: Comparison) -> list[str]:
    """Return what a reader must know before trusting the table."""
    sides = (comparison.base, comparison.new)
    sentences = [sentence for side in sides for sentence in _notes_of(side)]
    sentences += _missing(comparison, comparison.base, comparison.new)
    sentences += _missing(comparison, comparison.new, comparison.base)
    reads = [c for c in comparison.changes if c.backend == READ_PASS and c.is_significant]
    if reads:
        sentences.append(
            f"The read ceiling differs at {len(reads)} size{'s' if reads[1:] else ''}, and no backend "
            "is in it: the machine itself may have been slower or faster on one side."
        )
    sentences += [sentence for side in sides for sentence in _two_valued(comparison, side)]
    noise = [c for c in comparison.changes if c.label is Label.WITHIN_NOISE]
    outside = [c for c in noise if c.leaves_out_one]
    if outside:
        sentences.append(
            f"{len(outside)} interval{'s leave' if outside[1:] else ' leaves'} out 1 but "
            f"{'are' if outside[1:] else 'is'} within noise: among so many cases some do by chance."
        )
    return sentences


def _notes_of(side: Side) -> list[str]:
    role, sentences = side.role, []
    if len(side.runs) == 1:
        sentences.append(
            f"{role} is one run, which gives no interval: no case is called, and none can fail. "
            "Measure it with more runs."
        )
    cut = [str(run.number) for run in side.runs if run.interrupted]
    if cut:
        sentences.append(
            f"{role}: {wording.numbered_runs(cut)} interrupted; the cases finished by then count."
        )
    sentences += [f"{role}: {path.name} was left out: {why}." for path, why in side.rejected]
    sentences += [
        f"{role}: {clause}. A side follows its newest run's settings."
        for clause in wording.left_out(side.left_out)
    ]
    sentences += [
        f"{role}: {_backend(name)} of {wording.numbered_runs(runs)} left out: its source changed within {role}."
        for name, runs in side.older_source.items()
    ]
    return sentences


def _missing(comparison: Comparison, side: Side, other: Side) -> list[str]:
    """Name the cases that only ``side`` has, with the reason where the other's runs tell one."""
    unexplained, sentences = [], []
    for key in comparison.only_in(side):
        why = _why_missing(key, other)
        if why:
            sentences.append(f"{case_id(key)} is only in {side.role}; in {other.role}: {why}.")
        else:
            unexplained.append(case_id(key))
    if unexplained:
        sentences.append(f"Only in {side.role}: {_few(unexplained)}.")
    return sentences


def _why_missing(key: Key, side: Side) -> str | None:
    for run in reversed(side.runs):
        for reasons in (run.failed, run.skipped):
            if case_id(key) in reasons:
                return reasons[case_id(key)]
        if key[0] in run.unavailable:
            return run.unavailable[key[0]]
    return None


def _two_valued(comparison: Comparison, side: Side) -> list[str]:
    """Name the cases whose runs lie around two values on a side: their ratio may be of states, not code."""
    names = [
        change.case
        for change in comparison.changes
        if bimodal(side.times[change.backend, change.size]) is not None
    ]
    if not names:
        return []
    return [
        f"{side.role}: the runs of {_few(names)} lie around two values, as of a machine in two states; "
        "a difference there may be the machine's."
    ]


def _few(names: list[str]) -> str:
    """List the first names and count the rest."""
    more = [f"{len(names) - _FEW} more"] if len(names) > _FEW else []
    return numbers.listed(names[:_FEW] + more)


def _backend(name: str) -> str:
    return "the read ceiling" if name == READ_PASS else name
