"""``npfs report``: the whole report, or one form of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from npfs.cli import shared

if TYPE_CHECKING:
    from npfs.analysis.runs import RunFolder

WHOLE = "all"
# Each form that can be printed, and the file of the whole report that holds the same.
FORMS = {
    "html": "index.html",
    "markdown": "verdict.md",
    "csv": "results.csv",
    "json": "results.json",
    "github-action-benchmark": "github-action-benchmark.json",
}


def report(
    reports: shared.Reports = shared.REPORTS,
    form: Annotated[
        str,
        Option(
            "--format",
            metavar="FORM",
            help=f"all (every file, with figures), or one of {', '.join(FORMS)}, printed.",
        ),
    ] = WHOLE,
    out: Annotated[
        Path | None, Option(help="Write there instead: a folder for all, a file for one.")
    ] = None,
    baseline: Annotated[
        str | None,
        Option(
            metavar="NAME|PARAM=VALUE",
            help="Of another suite: the benchmark to compare with. (default: that of the runs)",
        ),
    ] = None,
    open_page: Annotated[bool, Option("--open", help="Open the page in the browser.")] = False,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
) -> None:
    """Build the report again from the saved runs: page, verdict, figures and tables."""
    from npfs.analysis.runs import read_runs
    from npfs.analysis.suites import NoBaseline
    from npfs.report import suite, suite_page
    from npfs.report.build import PAGE, Report, build_report
    from npfs.report.provenance import NoRuns

    form = "json" if as_json else form
    _require_possible(form, out, open_page)
    shared.recover_runs(reports, to_stderr=form != WHOLE)
    page, remedy = out, "name another place with --out"
    with (
        shared.working("building the report", quiet=quiet),
        shared.mistakes(NoRuns, NoBaseline, OSError, remedy=remedy),
    ):
        folder = read_runs(reports / "runs")
        is_other = suite.is_one(folder)
        if baseline is not None and folder.runs and not is_other:
            raise shared.Mistake("--baseline is for runs of another suite, which these are not")
        if form == WHOLE:
            if is_other:
                built: Report | suite_page.SuiteReport = suite_page.build(reports, out, baseline)
            else:
                built = build_report(reports, out, folder)
            lines = [built.terminal_text()]
            page = next(path for path in built.paths if path.name == PAGE)
        else:
            lines = _write(_text(form, reports, folder, baseline), out)
    if not quiet and lines:
        print("\n".join(lines))
    if open_page and page is not None:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


def _require_possible(form: str, out: Path | None, open_page: bool) -> None:
    if form not in (WHOLE, *FORMS):
        raise shared.Mistake(f"--format takes one of {', '.join((WHOLE, *FORMS))}; got {form!r}")
    if open_page and form not in (WHOLE, "html"):
        raise shared.Mistake(f"--open shows the page; --format {form} makes none")
    if open_page and form == "html" and out is None:
        raise shared.Mistake("--open needs a file to show: give --out FILE, or leave --format out")
    if out is not None and form == WHOLE and out.exists() and not out.is_dir():
        raise shared.Mistake(f"--out {out} is a file, and the whole report takes a folder")


def _text(form: str, reports: Path, folder: "RunFolder", baseline: str | None) -> str:
    """Return the report in one form; a page with its figures, and with no link to other files."""
    from npfs.report import build, figures, suite, suite_page
    from npfs.report.context import Context

    if suite.is_one(folder):
        found = suite.read(reports, baseline)
        drawn = figures.page_figures(suite_page.figure(found)) if form == "html" else []
        return suite_page.texts(found, drawn, with_links=False)[1][FORMS[form]]
    context = Context(build.read_evidence(reports, folder))
    drawn = figures.page_figures(figures.figures(context)) if form == "html" else []
    _, texts = build.texts(context, drawn, with_links=False)
    return texts.get(FORMS[form], "")


def _write(text: str, out: Path | None) -> list[str]:
    """Write one form into a file or print it; return the lines to say so."""
    from npfs.schema import write_whole

    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())  # UTF-8, whatever a terminal or a pipe would take
        sys.stdout.buffer.flush()
        return []
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, text)
    return [f"wrote {out}"]
