"""Numbers of the reference report, taken from its runs when the site is built: none is typed.

The role ``{measured}`` takes what is asked and puts it with its interval; a size is ``1,000``, or ``10,000x64`` with features:

- ``time numpy 1,000``: one fit; ``per-sample numpy 1,000``: its share for a sample and an epoch
- ``speedup numba over numpy 1,000``, ``share-of-limit numba 1,000``: of the speed at which the data can be read
- ``first-result numba``, ``first-result-uncompiled numba``: in a fresh process; ``break-even numba over numpy 1,000``: in fits
- ``memory python 1,000,000``: the most that a fit takes beside the arrays it is given
- ``instructions python``: of the interpreter, in an epoch or for each further sample
- ``machine``: where all of it was measured; ``calibration``: the coverage of the intervals

The directive ``{measured-table}`` has a column for each line of its content, ``heading: what is asked without the size``,
and a row for each number of samples of one feature, or for each of its option ``:samples:``. ``{measured-answer}`` is the
report's answer.
"""

from collections.abc import Callable, Iterable

from docutils import nodes
from docutils.parsers.rst import directives
from reference_evidence import context, depends_on, evidence
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from npfs.analysis import startup
from npfs.analysis.statistics import Interval
from npfs.drawing import numbers
from npfs.report import formatting, provenance
from npfs.report.answer import answer
from npfs.schema import COLD, WARM, Size


class NotMeasured(ValueError):
    """The reference report does not hold what a page asks of it."""


def measured(asked: str) -> str:
    """Return what is asked, as the report writes it.

    Raises
    ------
    NotMeasured
        If there is no such number, or no such question.
    """
    what, *words = asked.split()
    if what not in ANSWERS:
        raise NotMeasured(f"{asked!r} asks for {what!r}; known are {', '.join(ANSWERS)}")
    try:
        return ANSWERS[what](*words)
    except TypeError:
        raise NotMeasured(f"{asked!r} has too many words or too few") from None


def _size(text: str) -> Size:
    samples, _, features = text.replace(",", "").partition("x")
    return Size(int(samples), int(features or 1))


def _known(interval: Interval | None, *asked: str) -> Interval:
    if interval is None:
        raise NotMeasured(f"the reference report has no {' '.join(asked)}")
    return interval


def time(backend: str, size: str) -> str:
    """Return the time of one fit."""
    return formatting.duration(_known(evidence().time(backend, _size(size)), "time", backend, size))


def per_sample(backend: str, size: str) -> str:
    """Return the time of one fit for each of its samples and epochs."""
    found = _known(evidence().time(backend, _size(size)), "time", backend, size)
    return formatting.duration(found.scaled(1 / (evidence().newest.epochs * _size(size).n_samples)))


def speedup(backend: str, over: str, reference: str, size: str) -> str:
    """Return how many times as fast a backend is as another."""
    found = evidence().speedup(backend, reference, _size(size))
    return formatting.factor(_known(found, "speedup", backend, over, reference, size))


def share_of_limit(backend: str, size: str) -> str:
    """Return the share of the speed at which the data can be read at all."""
    found = evidence().fraction_of_bandwidth_limit(backend, _size(size))
    return formatting.share(_known(found, "read pass", backend, size))


def first_result(backend: str) -> str:
    """Return the time to the first result in a fresh process."""
    return _startup(backend, WARM)


def first_result_uncompiled(backend: str) -> str:
    """Return the same where no compiled code is on disk."""
    return _startup(backend, COLD)


def _startup(backend: str, cache: str) -> str:
    found = _known(startup.seconds(evidence(), backend, cache=cache), "first result", backend)
    return formatting.duration(found) + ("" if found.is_known else " (one measurement)")


def break_even(backend: str, over: str, reference: str, size: str) -> str:
    """Return the number of fits that repay a later start."""
    found = startup.break_even(evidence(), backend, reference, _size(size))
    fits = None if found is None else found.fits
    return formatting.number(_known(fits, "break-even", backend, over, reference, size))


def memory(backend: str, size: str) -> str:
    """Return the most memory that a fit takes beside the arrays it is given."""
    peak = startup.memory(evidence(), backend, _size(size))[1]
    if peak is None:
        raise NotMeasured(f"the reference report has no memory {backend} {size}")
    return numbers.n_bytes(peak)


def instructions(backend: str) -> str:
    """Return the interpreter's instructions in an epoch, or for each sample if they grow with it."""
    found = context().instructions(backend)
    if found is None:
        raise NotMeasured(f"the reference report has no instructions {backend}")
    return (
        numbers.count(found.counts[0][1])
        if found.is_constant
        else numbers.significant(found.per_sample)
    )


def coverage() -> str:
    """Return the sentence on the coverage of the intervals."""
    found = context().calibration
    if found is None:
        raise NotMeasured("the reference report has too few runs for a calibration")
    return provenance.coverage(found)


def machine() -> str:
    """Return the processor, the system and the versions."""
    return ", ".join(provenance.machine_parts(context()))


ANSWERS: dict[str, Callable[..., str]] = {
    "time": time,
    "per-sample": per_sample,
    "speedup": speedup,
    "share-of-limit": share_of_limit,
    "first-result": first_result,
    "first-result-uncompiled": first_result_uncompiled,
    "break-even": break_even,
    "memory": memory,
    "instructions": instructions,
    "machine": machine,
    "calibration": coverage,
}


class Measured(SphinxRole):
    """Put a number of the report into a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return its text."""
        self.env.note_dependency(depends_on())
        try:
            text = measured(self.text)
        except NotMeasured as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline(self.rawtext, text, classes=["measured"])], []


class MeasuredTable(SphinxDirective):
    """A table over the numbers of samples; what was not measured stays empty."""

    has_content = True
    option_spec = {"samples": directives.unchanged}  # noqa: RUF012 - as docutils declares it

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_dependency(depends_on())
        one_feature = evidence().sizes(n_features=1)
        samples = self.options.get("samples", "").split() or [
            numbers.count(size.n_samples) for size in one_feature
        ]
        columns = [line.partition(":")[::2] for line in self.content]
        head = ["samples", *(heading for heading, _ in columns)]
        rows = [[size, *(_cell(asked, size) for _, asked in columns)] for size in samples]
        return [table(head, rows)]


def _cell(asked: str, size: str) -> str:
    try:
        return measured(f"{asked} {size}")
    except NotMeasured:
        return ""


def table(head: list[str], rows: Iterable[list[str]], kind: str = "measured-table") -> nodes.table:
    """Return a table of texts."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group, classes=[kind])


def _row(cells: Iterable[str]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))


def measured_on(below: str) -> nodes.paragraph:
    """Return the machine of the runs in a folder below the reference, and how many there are."""
    found = context(below)
    sentences = [provenance.measured_on(found), *provenance.trust(found)[:1]]
    return nodes.paragraph("", " ".join(sentences), classes=["measured-on"])


class MeasuredAnswer(SphinxDirective):
    """The answer of the report, a sentence for each item."""

    def run(self) -> list[nodes.Node]:
        """Return the sentences."""
        self.env.note_dependency(depends_on())
        items = [
            nodes.list_item("", nodes.paragraph("", sentence)) for sentence in answer(context())
        ]
        return [nodes.bullet_list("", *items, classes=["measured-answer"])]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the role and the directives."""
    app.add_role("measured", Measured())
    app.add_directive("measured-table", MeasuredTable)
    app.add_directive("measured-answer", MeasuredAnswer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
