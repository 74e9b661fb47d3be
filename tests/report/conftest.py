"""What several tests of the report look at."""

import pytest

from npfs.analysis.evidence import Evidence
from tests.report import figure_samples


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Runs in which every figure has something to show."""
    folder = tmp_path_factory.mktemp("runs")
    return figure_samples.evidence(folder, figure_samples.documents())
