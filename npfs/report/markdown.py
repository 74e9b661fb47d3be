"""The verdict as Markdown: it reads in a terminal, renders beside the code, and pastes into a pull request."""

from npfs.report import wording
from npfs.report.content import Page, Table
from npfs.report.tables import markdown_rows

# Nothing outside the text is needed: a comment on a pull request has no folder for images.
NUMBERS = ("<details>", "<summary>Every case's numbers</summary>")


def verdict_markdown(page: Page) -> str:
    """Return the page's text: the answer, what to choose, the claims, findings, and the numbers folded away."""
    lines = [f"# {page.question}", "", *_list(page.answer), *_paragraphs(page.lacks)]
    lines += _section("What to choose", _table(page.decisions), _paragraphs(page.decision_notes))
    lines += _section("Before you trust this", _list(page.warnings))
    for claim in page.claims:
        lines += _section(
            wording.markdown(f"{claim.claim} ({claim.standing})"),
            _list(claim.evidence),
            _table(claim.table),
        )
    lines += _section("The findings in detail", _list(page.findings))
    lines += _section(
        "What comes once", _list(page.once), _table(page.once_table), _paragraphs(page.once_notes)
    )
    lines += _section("What was left out", _list(page.left_out))
    lines += _section("Do the intervals hold?", _paragraphs(page.calibration))
    lines += _paragraphs((page.basis,)) if page.basis else []
    if page.numbers is not None:
        lines += ["", *NUMBERS, "", *markdown_rows(page.numbers), "", "</details>"]
    return "\n".join(lines) + "\n"


def _section(heading: str, *parts: list[str] | tuple[str, ...]) -> list[str]:
    body = [line for part in parts for line in ("", *part) if part]
    return ["", f"## {heading}", *body] if body else []


def _list(sentences: tuple[str, ...]) -> list[str]:
    return [f"- {wording.markdown(sentence)}" for sentence in sentences]


def _paragraphs(texts: tuple[str, ...]) -> list[str]:
    return [line for text in texts for line in ("", wording.markdown(text))]


def _table(table: Table | None) -> list[str]:
    return [] if table is None else markdown_rows(table)
