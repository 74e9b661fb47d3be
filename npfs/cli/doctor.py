"""``npfs doctor``: this machine, what makes its times differ, and what to do about it."""

from npfs.cli.shared import AsJson, Quiet, print_json, working


def doctor(as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Show what this machine is, what makes its times differ, and what to do about it."""
    from rich.console import Console

    from npfs.suite.doctor import examine, print_diagnosis

    with working("looking at this machine", quiet=quiet or as_json):
        found = examine()
    if as_json:
        print_json(found.as_json())
    else:
        print_diagnosis(found, Console(), quiet=quiet)
