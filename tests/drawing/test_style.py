import pytest

from npfs.drawing import style

TEXT = ("ink", "soft", "python", "numpy", "numba", "other")


def test_contrast_is_that_of_the_standard() -> None:
    """WCAG: black on white is 21; #767676 is the lightest grey that is at least 4.5."""
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("colors", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_text_and_lines_are_seen_on_a_light_and_a_dark_page(colors: dict[str, str]) -> None:
    for ground in ("page", "panel"):
        assert all(style.contrast(colors[name], colors[ground]) >= 4.5 for name in TEXT)
    assert style.contrast(colors["page"], colors["ink"]) >= 4.5  # the value under the pointer
    for name in ("point", "faster", "slower"):
        assert style.contrast(colors[name], colors["page"]) >= 3


def test_both_pages_have_the_same_colours_of_their_own() -> None:
    assert list(style.LIGHT) == list(style.DARK)
    for colors in (style.LIGHT, style.DARK):
        assert len({colors[name] for name in ("python", "numpy", "numba", "other", "point")}) == 5


@pytest.mark.parametrize("number", [1, 2, 6, 8, 20])
def test_a_ramp_can_be_read(number: int) -> None:
    ramp = style.ramp(number)
    assert len(ramp) == number
    assert all(style.contrast(text, style.BACKGROUND) >= 4.5 for _, text in ramp)
    assert len({line for line, _ in ramp}) == min(number, style.RAMP_STEPS)


@pytest.mark.parametrize("color", [style.WARNING, style.MUTED, style.INK])
def test_neutral_text_can_be_read(color: str) -> None:
    assert style.contrast(color, style.BACKGROUND) >= 4.5
