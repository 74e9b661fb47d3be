"""``npfs calibrate``: the coverage of the intervals of the stored runs."""

from typing import Annotated

from typer import Option

from npfs.cli import shared


def calibrate(
    reports: shared.Reports = shared.REPORTS,
    measure: Annotated[
        int, Option(min=0, metavar="N", help="First add N runs of npfs' own benchmarks.")
    ] = 0,
    half: Annotated[int, Option(min=2, help="Runs in a half.")] = 5,
    as_json: shared.AsJson = False,
    quiet: shared.Quiet = False,
) -> None:
    """Measure how often the interval of one half of the stored runs covers the other."""
    from npfs.analysis import calibration
    from npfs.analysis.evidence import Evidence
    from npfs.cli.bench import CannotMeasure, add_runs
    from npfs.report import calibration as written
    from npfs.report import provenance
    from npfs.report.build import read_evidence

    with shared.mistakes(CannotMeasure, provenance.NoRuns, calibration.TooFewRuns):
        if measure:
            add_runs(measure, reports)
        shared.recover_runs(reports)
        with shared.working("splitting the runs in halves", quiet=quiet or as_json):
            try:
                evidence = read_evidence(reports)
            except provenance.NoRuns:  # of npfs' own benchmarks
                evidence = Evidence(
                    provenance.read_folder(reports, "others", provenance.HOW_TO_RUN)
                )
            found = calibration.calibrate(evidence, half=half)
    if as_json:
        shared.print_json(written.document(found))
    elif quiet:
        print(provenance.coverage(found))
    else:
        print("\n".join(written.plain(found, evidence)))
