"""From the runs in a reports folder to the report: page, verdict, figures and tables."""

import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

from npfs import __version__
from npfs.analysis.calibration import Calibration
from npfs.analysis.decisions import decisions
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import read_runs
from npfs.analysis.scale import is_all_there_is
from npfs.drawing import numbers
from npfs.report import (
    calibration,
    claims,
    details,
    exports,
    figures,
    first_call,
    provenance,
    tables,
    verdict,
)
from npfs.report.content import Page, PageFigure
from npfs.report.page import page_html, verdict_markdown
from npfs.schema import write_whole

PAGE = "index.html"
# What each file is for, in the order in which the page names them.
TEXTS = {
    PAGE: "this page",
    "verdict.md": "the verdict as Markdown, for a pull request",
    "results.csv": "every case's numbers",
    "results.json": "all numbers and findings, for programs",
    exports.FIRST_CALL: "what comes once: first calls, memory, conversions",
    "github-action-benchmark.json": "times for github-action-benchmark (customSmallerIsBetter)",
}


class NoRuns(ValueError):
    """There is nothing to report yet."""


@dataclass(frozen=True)
class Report:
    """What was written, and the evidence it was written from."""

    evidence: Evidence
    calibration: Calibration | None
    paths: list[Path]

    def terminal_lines(self, width: int = 100) -> list[str]:
        """Return the verdict, its warnings and where the rest is, wrapped to ``width``."""
        lines = [verdict.question(self.evidence), ""]
        for sentence in [*verdict.answer(self.evidence), *provenance.missing(self.evidence)]:
            lines += textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")
        lines += ["", *decision_lines(self.evidence, width), ""]
        for caveat in provenance.besides_one_run(self.evidence):
            lines += textwrap.wrap(caveat, width, initial_indent="! ", subsequent_indent="  ")
        lines += ["", *textwrap.wrap(provenance.provenance(self.evidence), width)]
        if self.calibration is not None:
            lines += textwrap.wrap(calibration.sentence(self.calibration), width)
        page = next(path for path in self.paths if path.name == PAGE)
        return [
            *lines,
            f"Read on, with figures and every number: {_shown(page)} (and {len(self.paths) - 1} "
            "more files beside it)",
        ]

    def effort(self, job: str, wall_s: float) -> str:
        """Return the share of a command's ``wall_s`` seconds in its rounds, as a sentence."""
        runs = [run for run in self.evidence.runs if run.job == job]
        timed_s = sum(run.timed_s for run in runs)
        return (
            f"{numbers.counted(len(runs), 'run')} in {wall_s:.0f} s, "
            f"{timed_s / wall_s:.0%} of it inside timed rounds"
        )


def decision_lines(evidence: Evidence, width: int) -> list[str]:
    """Return the decisions for a terminal: a situation, and under it what to choose."""
    if is_all_there_is(evidence):
        return []
    lines = ["What to choose"]
    for decision in decisions(evidence):
        situation = tables.situation(decision)
        lines += textwrap.wrap(situation, width, initial_indent="  ", subsequent_indent="    ")
        spoken = tables.spoken(evidence, decision)
        lines += textwrap.wrap(spoken, width, initial_indent="    > ", subsequent_indent="      ")
    return lines


def read_evidence(reports: Path) -> Evidence:
    """Read ``reports/runs``.

    Raises
    ------
    NoRuns
        If there is no run that can be read; the message names what was found instead.
    """
    folder = read_runs(reports / "runs")
    if not any(run.cases for run in folder.runs):
        found = "".join(f"\n{path.name} {why}" for path, why in folder.rejected)
        raise NoRuns(
            f"no runs in {reports / 'runs'}; make some with: {provenance.HOW_TO_RUN}{found}"
        )
    return Evidence(folder)


def build_report(reports: Path, out: Path | None = None) -> Report:
    """Read ``reports/runs``, write the report into ``out``, or into ``reports``.

    Raises
    ------
    NoRuns
        As ``read_evidence``. A page that says so is written where the folder is there.
    OSError
        If the folder cannot be written.
    """
    out = out or reports
    try:
        evidence = read_evidence(reports)
    except NoRuns as error:
        if out.is_dir():
            page = Page(question=verdict.QUESTION, missing=(str(error),), version=__version__)
            write_whole(out / PAGE, page_html(page))
        raise
    out.mkdir(parents=True, exist_ok=True)
    held = calibration.if_possible(evidence)
    with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as building:
        work = Path(building)
        drawn = figures.save_figures(evidence, work)
        for name, text in texts(evidence, held, drawn).items():
            (work / name).write_text(text, encoding="utf-8", newline="\n")
        paths = []
        for path in sorted(work.iterdir()):
            paths.append(out / path.name)
            path.replace(paths[-1])
    for stale in {*figures.file_names(), *TEXTS} - {path.name for path in paths}:
        (out / stale).unlink(missing_ok=True)  # of an earlier report, on other evidence
    return Report(evidence, held, paths)


def texts(
    evidence: Evidence,
    held: Calibration | None,
    drawn: list[PageFigure],
    *,
    with_links: bool = True,
) -> dict[str, str]:
    """Return the content of every file that is no figure, by its name; without evidence no file.

    The page names the others, if ``with_links``.
    """
    beside = {
        "results.csv": exports.results_csv(evidence),
        "results.json": exports.results_json(evidence),
        exports.FIRST_CALL: exports.first_call_csv(evidence),
        "github-action-benchmark.json": exports.github_action_benchmark(evidence),
    }
    beside = {name: text for name, text in beside.items() if text}
    names = ("verdict.md", *beside) if with_links else ()
    page = Page(
        question=verdict.question(evidence),
        missing=tuple(provenance.missing(evidence)),
        answer=tuple(verdict.answer(evidence)),
        provenance=provenance.provenance(evidence),
        decisions=tables.decision_table(evidence),
        decision_notes=tuple(tables.decision_notes(evidence)),
        warnings=tuple(provenance.warnings(evidence)),
        claims=tuple(claims.claims(evidence)),
        figures=tuple(drawn),
        findings=tuple(details.details(evidence)),
        once=tuple(first_call.sentences(evidence)),
        once_table=first_call.once_table(evidence),
        once_notes=tuple(first_call.notes(evidence)),
        numbers=tables.numbers_table(evidence),
        calibration=() if held is None else calibration.sentences(held),
        environment=tuple(provenance.environment_rows(evidence)),
        observations=tuple(provenance.observations(evidence)),
        words=tuple(provenance.vocabulary(evidence)),
        method=tuple(provenance.method(evidence)),
        left_out=tuple(provenance.left_out(evidence)),
        version=__version__,
        downloads=tuple((TEXTS[name], name) for name in names),
    )
    return {PAGE: page_html(page), "verdict.md": verdict_markdown(page), **beside}


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
