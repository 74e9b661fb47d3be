"""What the page says: all sections, put together from the evidence."""

from collections.abc import Sequence

from npfs import __version__
from npfs.analysis.calibration import Calibration
from npfs.analysis.evidence import Evidence
from npfs.report import (
    calibration,
    claims,
    decision_table,
    details,
    first_call,
    provenance,
    tables,
    verdict,
)
from npfs.report.content import Page, PageFigure
from npfs.report.figures import Drawn


def page_content(
    evidence: Evidence,
    held: Calibration | None,
    drawn: Sequence[Drawn],
    downloads: Sequence[tuple[str, str]],
) -> Page:
    """Return the whole content; ``downloads`` names the files that lie beside the page."""
    return Page(
        question=verdict.question(evidence),
        lacks=tuple(provenance.missing(evidence)),
        answer=tuple(verdict.answer(evidence)),
        basis=provenance.provenance(evidence),
        decisions=decision_table.decision_table(evidence),
        decision_notes=tuple(decision_table.decision_notes(evidence)),
        warnings=tuple(provenance.warnings(evidence)),
        claims=tuple(claims.claims(evidence)),
        figures=tuple(
            PageFigure(
                figure.spec.name,
                figure.spec.title,
                figure.spec.how_to_read,
                figure.alt,
                figure.light_svg,
                figure.dark_svg,
            )
            for figure in drawn
        ),
        findings=tuple(details.details(evidence)),
        once=tuple(first_call.sentences(evidence)),
        once_table=first_call.once_table(evidence),
        once_notes=tuple(first_call.notes(evidence)),
        numbers=tables.numbers_table(evidence),
        calibration=() if held is None else _calibration(held),
        environment=tuple(provenance.environment_rows(evidence)),
        observations=tuple(provenance.observations(evidence)),
        words=tuple(provenance.vocabulary(evidence)),
        method=tuple(provenance.method(evidence)),
        left_out=tuple(provenance.left_out(evidence)),
        version=__version__,
        downloads=tuple(downloads),
    )


def page_without_runs(reason: str) -> Page:
    """Return what there is to say before anything was measured."""
    return Page(question=verdict.QUESTION, lacks=(reason,), version=__version__)


def _calibration(held: Calibration) -> tuple[str, ...]:
    texts = (calibration.sentence(held), *calibration.explanation(held))
    return tuple(text.replace("`", "") for text in texts)
