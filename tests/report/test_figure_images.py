"""The figures of hand-made runs: nothing is cut off or overlaps; they are compared with stored images.

To store them anew after an intended change, look at each: ``pytest tests/report/test_figure_images.py
--mpl-generate-path=tests/report/baseline``.
"""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from npfs.analysis.evidence import Evidence
from tests.report.figure_samples import SPECS, drawn
from tests.report.test_figure_layout import assert_readable
from tests.report.test_scale import of_large_data


def test_images_are_compared(pytestconfig: pytest.Config) -> None:
    """Without its plugin the tests below would pass whatever is drawn."""
    plugins = {type(plugin).__name__ for plugin in pytestconfig.pluginmanager.get_plugins()}
    assert "ImageComparison" in plugins
    baseline = Path(__file__).parent / "baseline"
    assert {path.stem for path in baseline.iterdir()} == {f"test_image_{name}" for name in SPECS}


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.mpl_image_compare(tolerance=1, savefig_kwargs={"dpi": 60}, style="default")
def test_image(name: str, sample: Evidence, tmp_path: Path) -> Figure:
    figure = drawn(name, of_large_data(tmp_path) if name == "scale" else sample)
    assert_readable(name, figure)
    return figure
