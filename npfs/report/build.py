"""From the runs in a reports folder to the report: page, verdict, figures and tables."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from npfs import __version__
from npfs.analysis.evidence import Evidence
from npfs.analysis.runs import RunFolder
from npfs.report import (
    answer,
    claims,
    figures,
    formatting,
    provenance,
    results,
    startup_costs,
    tables,
)
from npfs.report.context import Context
from npfs.report.page import Page, PageFigure, page_html, terminal_text, verdict_markdown
from npfs.schema import write_whole

PAGE = "index.html"
WIDTH = 80  # columns of the end of a command
# What each file is for, in the order in which the page names them.
TEXTS = {
    PAGE: "this page",
    "verdict.md": "the verdict as Markdown, for a pull request",
    "results.csv": "every case's numbers",
    "results.json": "all numbers and findings, for programs",
    results.STARTUP: "startup, memory and conversions",
    "github-action-benchmark.json": "times for github-action-benchmark (customSmallerIsBetter)",
}
# Files that older versions wrote, or the report of another suite.
FORMER = (
    "first_call.csv",
    *(
        f"{name}{suffix}"
        for name in ("time", "winners", "rungs", "total", "rates", "suite")
        for suffix in (".svg", "-dark.svg", ".png")
    ),
)


@dataclass(frozen=True)
class Report:
    """What was written, and what it was written from."""

    context: Context
    page: Page
    paths: list[Path]

    def terminal_text(self, width: int = WIDTH) -> str:
        """Return the end of a command: warnings, fits, answer, jobs, and where the page is."""
        table = tables.terminal_table(self.context)
        aligned = formatting.aligned(table, width, from_the_right={1, 2, 3}) if table else []
        note = formatting.wrapped(
            tables.JOBS("good_enough_is", without=tables.without(self.context)), width, "  ", "  "
        )
        aligned += note.splitlines() if table else []
        blocks = (tables.fit_lines(self.context), aligned)
        path = next(path for path in self.paths if path.name == PAGE)
        where = provenance.PROVENANCE("read_on", path=shown(path))
        return terminal_text(self.page, blocks, where, width)

    def effort(self, job: str, wall_s: float) -> str:
        """Return the share of a command's ``wall_s`` seconds in its rounds, as a sentence."""
        runs = [run for run in self.context.evidence.runs if run.job == job]
        share = sum(run.timed_s for run in runs) / wall_s
        return provenance.PROVENANCE("share_of_time", runs=len(runs), wall_s=wall_s, share=share)


def read_evidence(reports: Path, folder: RunFolder | None = None) -> Evidence:
    """Read ``reports/runs``, unless its runs are given.

    Raises
    ------
    NoRuns
        If there is no run that can be read; the message names what was found instead.
    """
    return Evidence(provenance.read_folder(reports, "cases", provenance.HOW_TO_RUN, folder))


def build_report(reports: Path, out: Path | None = None, folder: RunFolder | None = None) -> Report:
    """Read ``reports/runs``, unless given; write the report into ``out``, or into ``reports``.

    Raises
    ------
    NoRuns
        As ``read_evidence``. A page that says so is written where the folder is there.
    OSError
        If the folder cannot be written.
    """
    out = out or reports
    try:
        evidence = read_evidence(reports, folder)
    except provenance.NoRuns as error:
        if out.is_dir():
            question = answer.ANSWER("question")
            page = Page(question=question, decisive=(str(error),), version=__version__)
            write_whole(out / PAGE, page_html(page))
        raise
    context = Context(evidence)
    drawn = figures.figures(context)
    page, written = texts(context, figures.page_figures(drawn))
    return Report(context, page, save(out, drawn, written))


def save(out: Path, drawn: "Sequence[figures.Figure]", written: Mapping[str, str]) -> list[Path]:
    """Write figures and texts into ``out``, each file whole; return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as building:
        work = Path(building)
        figures.save(drawn, work)
        for name, text in written.items():
            (work / name).write_text(text, encoding="utf-8", newline="\n")
        paths = []
        for path in sorted(work.iterdir()):
            paths.append(out / path.name)
            path.replace(paths[-1])
    # Of an earlier report, on other evidence or by an older version.
    for stale in {*figures.file_names(), *TEXTS, *FORMER} - {path.name for path in paths}:
        (out / stale).unlink(missing_ok=True)
    return paths


def texts(
    context: Context, drawn: list[PageFigure], *, with_links: bool = True
) -> tuple[Page, dict[str, str]]:
    """Return the page, and the content of every file that is no figure by its name.

    The page names the others, if ``with_links``.
    """
    found, evidence = context.calibration, context.evidence
    measured = [*evidence.backends, *evidence.shortcuts]
    page = replace(
        provenance.base_page(context),
        question=answer.question(context),
        answer=tuple(answer.answer(context)),
        jobs=tables.job_table(context),
        job_lines=tuple(tables.other_lines(context)),
        job_notes=tuple(tables.job_notes(context)),
        memory_line=tables.memory_line(context),
        costs=tables.cost_table(context),
        backends=tuple((name, evidence.title(name)) for name in measured),
        trust=tuple(provenance.trust(context)),
        decisive=(
            *provenance.missing(context),
            *tables.left_out_of_totals(context),
            *provenance.decisive_warnings(context),
        ),
        claims=tuple(claims.claims(context)),
        figures=tuple(drawn),
        findings=tuple(answer.findings(context)),
        startup=tuple(startup_costs.sentences(context)),
        startup_table=startup_costs.startup_table(context),
        startup_notes=tuple(startup_costs.notes(context)),
        numbers=tables.numbers_table(context),
        calibration=() if found is None else provenance.coverage_and_method(found),
        words=tuple(provenance.vocabulary(context)),
        method=tuple(provenance.method(context)),
    )
    document = results.results(context, page)
    beside = {
        "results.csv": results.results_csv(document),
        "results.json": results.results_json(document),
        results.STARTUP: results.startup_csv(context, document),
        "github-action-benchmark.json": results.github_action_benchmark(
            (f"{one.backend}-{one.size}", document.backends[one.backend].title, one.seconds)
            for one in document.cases
        ),
    }
    return with_texts(page, {name: text for name, text in beside.items() if text}, with_links)


def with_texts(
    page: Page, beside: Mapping[str, str], with_links: bool
) -> tuple[Page, dict[str, str]]:
    """Return the page and all texts of the report; the page names those ``beside`` it, if asked."""
    names = ("verdict.md", *beside) if with_links else ()
    page = replace(page, downloads=tuple((TEXTS[name], name) for name in names))
    markdown = verdict_markdown(page, with_links=with_links)
    return page, {PAGE: page_html(page), "verdict.md": markdown, **beside}


def shown(path: Path) -> str:
    """Return a path as it is seen from the folder of the command."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
