"""The sentences of reports, comparisons and advice: Jinja macros under ``templates/sentences/``.

No code builds a sentence or looks into one. A macro gets numbers and names, formats them by the
filters below and decides no more than the wording.
"""

from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from npfs.drawing import numbers
from npfs.report import formatting

FILTERS = {
    "about": numbers.about,
    "amount": numbers.amount,
    "apart": formatting.apart,
    "bytes": numbers.n_bytes,
    "count": numbers.count,
    "counted": numbers.counted,
    "does": formatting.does,
    "duration": formatting.duration,
    "estimate": formatting.estimate,
    "either": partial(numbers.listed, last="or"),
    "factor": formatting.factor,
    "faster": formatting.faster,
    "gain": formatting.gain,
    "listed": numbers.listed,
    "md": formatting.markdown,
    "number": formatting.number,
    "numbered_runs": formatting.numbered_runs,
    "percent": numbers.percent,
    "rough": formatting.rough,
    "row": formatting.table_row,
    "rows": formatting.rows,
    "share": formatting.share,
    "significant": numbers.significant,
    "size": formatting.size,
    "start": formatting.start,
    "time": numbers.time,
    "wrapped": formatting.wrapped,
}


class Sentences:
    """The sentences about one topic, which is the name of a template."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def __call__(self, name: str, /, **values: object) -> str:
        """Return the sentence of that name, on one line."""
        macro = getattr(environment().get_template(f"sentences/{self._topic}.j2").module, name)
        return " ".join(str(macro(**values)).split())


@cache
def environment(*, autoescape: bool = False) -> Environment:
    """Return the environment of text, where nothing is escaped, or of a page, which escapes all."""
    made = Environment(
        loader=PackageLoader("npfs.report", "templates"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= FILTERS
    return made
