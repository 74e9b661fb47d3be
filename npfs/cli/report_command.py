"""``npfs report``: the whole report, or one form of it."""

import sys
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path

from npfs.analysis.evidence import Evidence
from npfs.report import calibration, figures, results_json, tables
from npfs.report.build import PAGE, NoRuns, build_report, read_evidence
from npfs.report.content import Page
from npfs.report.markdown import verdict_markdown
from npfs.report.page import page_html
from npfs.report.page_content import page_content
from npfs.whole_file import write_whole

EVERYTHING = "all"


def run_report(
    reports: Path, form: str, out: Path | None, *, open_page: bool = False, quiet: bool = False
) -> int:
    """Write or print the report; return the exit code, 2 where there is nothing to report or bad input."""
    if form not in (EVERYTHING, *FORMS):
        known = ", ".join((EVERYTHING, *FORMS))
        return _fail(f"--format takes one of {known}; got {form!r}")
    if open_page and form not in (EVERYTHING, "html"):
        return _fail(f"--open shows the page; --format {form} makes none")
    if open_page and form == "html" and out is None:
        return _fail("--open needs a file to show: give --out FILE, or leave --format out")
    try:
        everything = form == EVERYTHING
        page = _everything(reports, out, quiet) if everything else _one(reports, form, out, quiet)
    except NoRuns as error:
        return _fail(str(error))
    except OSError as error:
        where = out or reports
        return _fail(
            f"{where} cannot be written: {error.strerror or error}; name another place with --out"
        )
    if open_page and page is not None:
        webbrowser.open(page.resolve().as_uri())
    return 0


def _everything(reports: Path, out: Path | None, quiet: bool) -> Path:
    if out is not None and out.exists() and not out.is_dir():
        raise OSError("it is a file, and the whole report takes a folder")
    built = build_report(reports, out)
    if not quiet:
        print("\n".join(built.terminal_lines()))
    return next(path for path in built.paths if path.name == PAGE)


def _one(reports: Path, form: str, out: Path | None, quiet: bool) -> Path | None:
    text = FORMS[form](read_evidence(reports))
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(
            text.encode()
        )  # UTF-8, whatever a terminal or a redirect would take
        sys.stdout.buffer.flush()
    else:
        if out.is_dir():
            raise OSError("it is a folder, and one form takes a file")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, text)
        if not quiet:
            print(f"wrote {out}")
    return out


def _page(evidence: Evidence, *, with_figures: bool) -> Page:
    """Return the page's content, with no files beside it."""
    drawn = []
    if with_figures:
        with tempfile.TemporaryDirectory() as folder:
            drawn = figures.save_figures(evidence, Path(folder))
    return page_content(evidence, calibration.if_possible(evidence), drawn, downloads=())


FORMS: dict[str, Callable[[Evidence], str]] = {
    "html": lambda evidence: page_html(_page(evidence, with_figures=True)),
    "markdown": lambda evidence: verdict_markdown(_page(evidence, with_figures=False)),
    "csv": tables.results_csv,
    "json": results_json.results_json,
    "github-action-benchmark": results_json.github_action_benchmark,
}


def _fail(message: str) -> int:
    print(f"npfs report: {message}", file=sys.stderr)
    return 2
