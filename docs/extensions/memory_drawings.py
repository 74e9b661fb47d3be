"""Draw where numbers lie, and how often arrays are read and written: ``python docs/extensions/memory_drawings.py``.

It writes ``docs/_static/pointers.svg`` and ``temporaries.svg``, each for light and for dark pages, with the bytes that the
reference report has. The directive ``{drawing} pointers`` shows one; its content is the caption.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import reference_evidence
import two_schemes
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from npfs.drawing import style
from npfs.drawing.canvas import Canvas, Place
from npfs.schema import Layout

STATIC = Path(__file__).parents[1] / "_static"
WIDTH, LEFT, RIGHT = 760.0, 24.0, 736.0
SMALL, NORMAL, TITLE = 12.0, 13.0, 16.0
WORD = 36.0  # pixels for 8 bytes, so that all boxes are to scale
HEIGHT = 30.0  # of a box
NUMBERS = ("0.5", "1.5", "2.5", "3.5", "4.5")
OBJECTS: tuple[Place, ...] = ((445, 160), (120, 160), (590, 160), (264, 218), (450, 218))


@dataclass(frozen=True)
class Operation:
    """A statement, the arrays that it reads, and the one that it writes."""

    code: str
    reads: tuple[str, ...]
    writes: str = ""


@dataclass(frozen=True)
class Version:
    """A way to compute the errors of a line and their loss."""

    title: str
    color: str
    operations: tuple[Operation, ...]
    made_before: tuple[str, ...] = ("x", "y")

    @property
    def passes(self) -> int:
        """Count how often an array is read or written."""
        return sum(len(of.reads) + bool(of.writes) for of in self.operations)

    @property
    def new_arrays(self) -> set[str]:
        """Return the arrays that are made."""
        return {of.writes for of in self.operations if of.writes} - set(self.made_before)


FORMULA = Version(
    "NumPy, as the formula reads",
    "numpy",
    (
        Operation("product = weight * x", ("x",), "product"),
        Operation("y_pred = product + bias", ("product",), "y_pred"),
        Operation("error = y_pred - y", ("y_pred", "y"), "error"),
        Operation("squares = error**2", ("error",), "squares"),
        Operation("loss = np.mean(squares)", ("squares",)),
    ),
)
IN_PLACE = Version(
    "NumPy, in place",
    "numpy",
    (
        Operation("np.multiply(x, weight, out=error)", ("x",), "error"),
        Operation("np.add(error, bias, out=error)", ("error",), "error"),
        Operation("np.subtract(error, y, out=error)", ("error", "y"), "error"),
        Operation("loss = np.dot(error, error) / len(y)", ("error",)),
    ),
    ("x", "y", "error"),
)
LOOP = Version(
    "A compiled loop",
    "numba",
    (
        Operation("error = weight * x[i] + bias - y[i]", ("x", "y")),
        Operation("total += error * error", ()),
    ),
)
VERSIONS = (FORMULA, IN_PLACE, LOOP)


def pointers(layout: Layout) -> Canvas:
    """Draw five numbers in a list and in an array, to scale."""
    canvas = Canvas(WIDTH, 366)
    canvas.text((LEFT, 26), "A list holds addresses, an array holds numbers", size=TITLE, bold=True)
    _row_title(canvas, 86, "list", "python", per_number(layout))
    step = layout.gap_bytes or layout.object_bytes
    for k, (number, (x, y)) in enumerate(zip(NUMBERS, OBJECTS, strict=True)):
        left = 120 + k * WORD
        _box(canvas, (left, 71), WORD, "python")
        _object(canvas, (x, y), number, step)
        _arrow(canvas, (left + WORD / 2, 86), (x + 10, y))
    beside = f"addresses, {layout.pointer_bytes:g} bytes each"
    canvas.text((120 + 5 * WORD + 12, 86), beside, "soft", NORMAL)
    held = f"each number is an object of {layout.object_bytes:g} bytes: a count of its users, its type, the number"
    canvas.text((120, 272), f"{held};", "soft", NORMAL)
    canvas.text((120, 290), f"the next one begins {step:g} bytes further on", "soft", NORMAL)
    _row_title(canvas, 335, "array", "numpy", f"{layout.stride_bytes:g} bytes a number")
    for k, number in enumerate(NUMBERS):
        _box(canvas, (120 + k * WORD, 320), WORD, "numpy", number)
    beside = f"numbers, {layout.array_bytes:g} bytes each, side by side"
    canvas.text((120 + 5 * WORD + 12, 335), beside, "soft", NORMAL)
    return canvas


def per_number(layout: Layout) -> str:
    """Return the bytes that a number takes in a list, with its address and the gap behind it."""
    return f"{layout.pointer_bytes + (layout.gap_bytes or layout.object_bytes):g} bytes a number"


def pointers_alt(layout: Layout) -> str:
    """Return the drawing in words."""
    return (
        f"A list of five numbers is a row of five addresses of {layout.pointer_bytes:g} bytes. An arrow leads from each to an "
        f"object elsewhere in memory, {layout.object_bytes:g} bytes large, of which the number is the last third: "
        f"{per_number(layout)}. An array of the same numbers is a row of five boxes of {layout.array_bytes:g} bytes, each a number."
    )


def temporaries(layout: Layout) -> Canvas:
    """Draw the passes over memory of each version."""
    heights = [34 + 26 * len(version.operations) for version in VERSIONS]
    canvas = Canvas(WIDTH, 80 + sum(heights))
    title = f"The same loss: {FORMULA.passes} passes over memory, or {LOOP.passes}"
    canvas.text((LEFT, 26), title, size=TITLE, bold=True)
    top = 60.0
    for version, height in zip(VERSIONS, heights, strict=True):
        canvas.text((LEFT, top), version.title, version.color, NORMAL, bold=True)
        canvas.text((RIGHT, top), _totals(version), version.color, NORMAL, bold=True, anchor="end")
        made = set(version.made_before)
        for k, operation in enumerate(version.operations):
            middle = top + 26 * (k + 1)
            canvas.text((LEFT + 12, middle), operation.code, size=NORMAL)
            _passes(canvas, middle, operation, made)
        top += height
    canvas.text(
        (LEFT, top + 4),
        "Each box is one pass over an array, from its first number to its last.",
        "soft",
        SMALL,
    )
    return canvas


def temporaries_alt(layout: Layout) -> str:
    """Return the drawing in words."""
    parts = [f"{version.title}: {_totals(version)}" for version in VERSIONS]
    return f"The operations for the errors of a line and their loss, and the arrays that each reads or writes. {'; '.join(parts)}."


DRAWINGS: dict[str, tuple[Callable[[Layout], Canvas], Callable[[Layout], str]]] = {
    "pointers": (pointers, pointers_alt),
    "temporaries": (temporaries, temporaries_alt),
}


def files(name: str) -> dict[str, str]:
    """Return a drawing for light and for dark pages, by the name of its file."""
    draw, alt = DRAWINGS[name]
    layout = measured_layout()
    schemes = (("", style.LIGHT), ("-dark", style.DARK))
    return {
        f"{name}{end}.svg": draw(layout).svg(alt(layout), colors, colors["page"]) + "\n"
        for end, colors in schemes
    }


def measured_layout() -> Layout:
    """Return the bytes of a number, as the reference report has them."""
    layout = reference_evidence.context().layout
    assert layout is not None, "the reference has the layout of numbers"
    return layout


def _row_title(canvas: Canvas, middle: float, title: str, color: str, total: str) -> None:
    canvas.text((LEFT, middle), title, color, TITLE, bold=True)
    canvas.text((RIGHT, middle), total, color, NORMAL, bold=True, anchor="end")


def _box(canvas: Canvas, place: Place, width: float, color: str, text: str = "") -> None:
    x, y = place
    canvas.rectangle(place, width, HEIGHT, color, opacity=0.16)
    corners = [(x, y), (x + width, y), (x + width, y + HEIGHT), (x, y + HEIGHT), (x, y)]
    canvas.line(corners, color)
    if text:
        canvas.text((x + width / 2, y + HEIGHT / 2), text, size=SMALL - 1, anchor="middle")


def _object(canvas: Canvas, place: Place, number: str, step: float) -> None:
    """Draw an object of three words, and the gap behind it."""
    x, y = place
    for k, text in enumerate(("count", "type", number)):
        _box(canvas, (x + k * WORD, y), WORD, "python" if text == number else "other", text)
    end = x + step / 8 * WORD
    canvas.line(
        [(x + 3 * WORD, y), (end, y), (end, y + HEIGHT), (x + 3 * WORD, y + HEIGHT)],
        "line",
        dash=(3, 3),
    )


def _arrow(canvas: Canvas, start: Place, end: Place) -> None:
    """Draw an arrow that points down."""
    canvas.dot(start, "python", 3)
    x, y = end
    length = ((x - start[0]) ** 2 + (y - start[1]) ** 2) ** 0.5
    along = ((x - start[0]) / length, (y - start[1]) / length)
    base = (x - 9 * along[0], y - 9 * along[1])
    canvas.line([start, base], "python", 1.2)
    across = (-4 * along[1], 4 * along[0])
    canvas.area(
        [
            end,
            (base[0] + across[0], base[1] + across[1]),
            (base[0] - across[0], base[1] - across[1]),
        ],
        "python",
    )


def _passes(canvas: Canvas, middle: float, operation: Operation, made: set[str]) -> None:
    """Draw a box for each array that is read or written; ``made`` are those that exist."""
    left, width, gap = 322.0, 128.0, 8.0
    texts = [(f"read {name}", "other", False) for name in operation.reads]
    if operation.writes:
        is_new = operation.writes not in made
        texts.append((f"write {operation.writes}{' (new)' if is_new else ''}", "slower", is_new))
        made.add(operation.writes)
    for k, (text, color, is_new) in enumerate(texts):
        x = left + k * (width + gap)
        canvas.rectangle((x, middle - 10), width, 20, color, opacity=0.45 if is_new else 0.2)
        canvas.text((x + width / 2, middle), text, size=SMALL, anchor="middle")


def _totals(version: Version) -> str:
    arrays = len(version.new_arrays)
    return f"{version.passes} passes, {arrays or 'no'} new arrays"


class Drawing(SphinxDirective):
    """Show a drawing."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        name = self.arguments[0]
        if name not in DRAWINGS:
            raise self.error(f"there is no drawing {name!r}")
        layout = measured_layout()
        caption = nodes.caption("", " ".join(self.content))
        alt = DRAWINGS[name][1](layout)
        light, dark = (f"_static/{file}" for file in files(name))
        return [two_schemes.figure(light, dark, alt=alt, name=name, caption=caption)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the directive."""
    app.add_directive("drawing", Drawing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for drawing in DRAWINGS:
        for file, svg in files(drawing).items():
            (STATIC / file).write_text(svg, encoding="utf-8")
