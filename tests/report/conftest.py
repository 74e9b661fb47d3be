"""What several tests of the report look at."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from npfs.analysis.evidence import Evidence
from npfs.report import figures
from tests.report import figure_samples


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Runs in which every figure has something to show."""
    folder = tmp_path_factory.mktemp("runs")
    return figure_samples.evidence(folder, figure_samples.documents())


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a test that looks at none: drawing them takes most of its time."""
    monkeypatch.setattr(figures, "save_figures", lambda *_: [])


@pytest.fixture
def no_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the figures, and write files that hold none: of a test that asks which there are."""
    monkeypatch.setattr(figures, "svg_of", lambda *_: "<svg></svg>")
    monkeypatch.setattr(FigureCanvasAgg, "print_png", lambda _, path: path.write_bytes(b""))
