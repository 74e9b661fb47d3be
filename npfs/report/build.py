"""From the runs in a reports folder to figures, table and verdict in the same folder."""

import tempfile
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from npfs.evidence.analysis import Evidence
from npfs.evidence.calibration import Calibration
from npfs.evidence.runs import read_runs
from npfs.report import calibration, caveats, figures, first_call, tables
from npfs.report import verdict as rules


class NoRuns(ValueError):
    """There is nothing to report yet."""


@dataclass(frozen=True)
class Report:
    """What was written, and the evidence it was written from."""

    evidence: Evidence
    calibration: Calibration | None
    paths: list[Path]

    def terminal_lines(self, width: int = 100) -> list[str]:
        """Return the verdict, what to know before trusting it, and the paths, wrapped to ``width``."""
        lines = [rules.QUESTION, ""]
        for sentence in rules.verdict(self.evidence):
            lines += textwrap.wrap(sentence, width, initial_indent="  ", subsequent_indent="    ")
        for caveat in caveats.caveats(self.evidence):
            lines += textwrap.wrap(caveat, width, initial_indent="! ", subsequent_indent="  ")
        lines += ["", *textwrap.wrap(basis(self.evidence), width)]
        if self.calibration is not None:
            lines += textwrap.wrap(calibration.sentence(self.calibration), width)
        return [*lines, *(f"wrote {_shown(path)}" for path in self.paths)]

    def effort(self, job: str, wall_s: float) -> str:
        """Say what share of the time of a command, ``wall_s`` seconds, its rounds took."""
        runs = [run for run in self.evidence.runs if run.job == job]
        timed_s = sum(run.timed_s for run in runs)
        return (
            f"{len(runs)} run{'s' if len(runs) > 1 else ''} in {wall_s:.0f} s, "
            f"{timed_s / wall_s:.0%} of it inside timed rounds and their calibration"
        )


def build_report(reports: Path) -> Report:
    """Read ``reports/runs``, write the report into ``reports``.

    Raises
    ------
    NoRuns
        If there is no run that can be read; the message names what was found instead.
    OSError
        If the folder cannot be written.
    """
    folder = read_runs(reports / "runs")
    if not any(run.cases for run in folder.runs):
        found = "".join(f"\n{path.name} {why}" for path, why in folder.rejected)
        raise NoRuns(f"no runs in {reports / 'runs'}; make some with: {caveats.HOW_TO_RUN}{found}")
    evidence = Evidence(folder)
    with tempfile.TemporaryDirectory(dir=reports, prefix=".building-") as building:
        work = Path(building)
        saved = figures.save_figures(evidence, work)
        (work / "results.csv").write_text(tables.results_csv(evidence), encoding="utf-8")
        held = calibration.if_possible(evidence)
        if once := first_call.csv_text(evidence):
            (work / first_call.FILE_NAME).write_text(once, encoding="utf-8")
        (work / "verdict.md").write_text(verdict_markdown(evidence, held, saved), encoding="utf-8")
        paths = []
        # A person reads the last line first: the verdict.
        for path in sorted(work.iterdir(), key=lambda path: (path.name == "verdict.md", path.name)):
            paths.append(reports / path.name)
            path.replace(paths[-1])
        for stale in {*figures.file_names(), first_call.FILE_NAME} - {path.name for path in paths}:
            (reports / stale).unlink(missing_ok=True)  # of an earlier report, on other evidence
    return Report(evidence, held, paths)


def verdict_markdown(
    evidence: Evidence, held: Calibration | None, drawn: Sequence[figures.Drawn]
) -> str:
    """Return the verdict with its caveats, the figures in ``drawn``, table, basis and calibration."""
    lines = [f"# {rules.QUESTION}", ""]
    lines += [f"- {sentence}" for sentence in rules.verdict(evidence)]
    warnings = caveats.caveats(evidence)
    if warnings:
        lines += ["", "## Before you trust this", "", *(f"- {warning}" for warning in warnings)]
    for figure in drawn:
        lines += ["", f"![{_image_text(figure.alt)}]({figure.spec.name}.svg)"]
    lines += first_call.section(evidence)
    lines += ["", "## The numbers", "", *tables.markdown_table(evidence), "", basis(evidence), ""]
    if held is not None:
        lines += [*calibration.markdown(held, evidence), ""]
    return "\n".join(lines)


def basis(evidence: Evidence) -> str:
    """Say what the numbers rest on."""
    run = evidence.newest
    libraries = run.environment["libraries"]
    versions = ", ".join(
        f"{name} {libraries[key]}"
        for name, key in (("NumPy", "numpy"), ("Numba", "numba"))
        if libraries[key]
    )
    number = len(evidence.runs)
    intervals = ""
    if number > 1:
        intervals = (
            "; in parentheses 95 % intervals (Student's t over runs, on logarithms; speedups paired within runs), "
            f"and a difference is called one where it stands out among all {evidence.noise.comparisons} comparisons "
            "(Benjamini and Hochberg, 5 %)"
        )
    cores = run.environment["cores"]
    return (
        f"{number} run{'s, each' if number > 1 else ','} a fresh process, {run.epochs} epochs a fit{intervals}. {run.environment['cpu']}, {cores or 'unknown'} cores, "
        f"{run.environment['system']}, {run.environment['python']}, {versions}."
    )


def _image_text(alt: str) -> str:
    """Escape what would end the text of an image in Markdown."""
    return alt.replace("[", r"\[").replace("]", r"\]")


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
