import pytest

from npfs.drawing import style

BACKENDS = [*style._KNOWN, "another", "one more", "and one", "last"]


def test_contrast_is_that_of_the_standard() -> None:
    """WCAG: black on white is 21; #767676 is the lightest grey that is at least 4.5."""
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("backend", BACKENDS)
def test_text_can_be_read_on_both_pages(backend: str) -> None:
    look = style.looks(BACKENDS)[backend]
    assert style.contrast(look.text, style.BACKGROUND) >= 4.5
    assert style.contrast(style.DARK[look.text], style.DARK_BACKGROUND) >= 4.5
    # ink on the cells of the map, and lines on the page
    assert style.contrast(style.INK, look.tint) >= 4.5
    assert style.contrast(style.DARK[style.INK], style.DARK[look.tint]) >= 4.5
    assert style.contrast(look.line, style.BACKGROUND) >= 2.9
    assert style.contrast(style.DARK[look.line], style.DARK_BACKGROUND) >= 4.5


@pytest.mark.parametrize("text", [style.INK, style.MUTED, style.WARNING])
@pytest.mark.parametrize("ground", [style.BACKGROUND, style.SHADE])
def test_neutral_text_can_be_read_on_both_pages(text: str, ground: str) -> None:
    assert style.contrast(text, ground) >= 4.5
    assert style.contrast(style.DARK[text], style.DARK[ground]) >= 4.5


@pytest.mark.parametrize("number", [1, 2, 6, 8, 20])
def test_a_ramp_can_be_read_on_both_pages(number: int) -> None:
    ramp = style.ramp(number)
    assert len(ramp) == number
    for line, text in ramp:
        assert style.contrast(text, style.BACKGROUND) >= 4.5
        assert style.contrast(style.DARK[text], style.DARK_BACKGROUND) >= 4.5
        assert line in style.DARK
    assert len({line for line, _ in ramp}) == min(number, style.RAMP_STEPS)


def test_every_look_is_its_own() -> None:
    looks = style.looks(BACKENDS)
    assert len({look.marker for look in looks.values()}) == len(BACKENDS)
    assert len({look.line for look in looks.values()}) == len(BACKENDS)
    assert len({style.DARK[look.line] for look in looks.values()}) == len(BACKENDS)
