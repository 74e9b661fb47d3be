"""What several tests of the report look at."""

from typing import Any

import pytest

from npfs.drawing.canvas import Canvas
from npfs.report import figures
from npfs.report.context import Context
from tests.report import figure_samples


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Runs in which every figure but that of large data has something to show."""
    folder = tmp_path_factory.mktemp("runs")
    return figure_samples.context(folder, figure_samples.documents())


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a test that looks at none: drawing them takes most of its time."""
    monkeypatch.setattr(figures, "figures", lambda _: [])


@pytest.fixture
def no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the figures, and write files that hold none: of a test that asks which there are."""

    def nothing(*_: Any) -> bytes:
        return b""

    monkeypatch.setattr(Canvas, "png", nothing)
