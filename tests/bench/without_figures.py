"""A pytest plugin for benchmarks whose figures nobody looks at: to draw them takes most of the time."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary() -> None:
    """Draw none: by then everything is measured."""
    from npfs.report import figures

    figures.save_figures = lambda *_: []
