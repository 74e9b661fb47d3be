"""A pytest plugin for benchmarks whose figures nobody looks at: to draw them takes most of the time."""

import sys
from types import ModuleType

import pytest


class NoFigures(ModuleType):
    """Stand in for the figures, which load matplotlib."""

    def figures(self, _: object) -> list[object]:
        return []

    page_figures = figures

    def save(self, *_: object) -> None:
        return

    def file_names(self) -> set[str]:
        return set()


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary() -> None:
    """Draw none: by then everything is measured."""
    import npfs.report

    vars(npfs.report)["figures"] = sys.modules["npfs.report.figures"] = NoFigures("figures")
