"""Charts described as data, and drawn on a canvas at any width: lines, rows, a grid, a map.

A chart is a title that states its finding, and one or more panels: side by side where there is
room, one below the other on a phone.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import contourpy
import numpy as np

from npfs.drawing import numbers
from npfs.drawing.canvas import Canvas
from npfs.drawing.labels import spread, text_width
from npfs.drawing.scales import plain, round_numbers

WIDE, NARROW = 700, 360  # pixels of a figure on a page, and on a phone
SIXTEEN_NINE = 9 / 16
SMALL, TEXT, TITLE = 11.0, 12.0, 16.0  # pixels
GAP = 15.0  # between the middles of two labels
MARGIN = 12.0
LINE = {"bold": 2.6, "thin": 1.3, "dashed": 1.3, "dotted": 1.3}
DASH = {"dashed": (6.0, 3.0), "dotted": (1.5, 3.0)}
BAND, CERTAIN, REGION = 0.16, 0.3, 0.16  # opacity
STRONGEST = 0.6  # opacity of the largest factor in a grid, on which text is still read
CELL = 36.0  # pixels of a cell's width at least
LARGEST = math.log(32)  # a factor from which colours do not get stronger

Looks = dict[str, Any]
Formatter = Callable[[float], str]
Bounds = tuple[float, float, float]  # value, low, high


class Panel(Protocol):
    """A part of a chart that has axes of its own."""

    @property
    def title(self) -> str:
        """Return its name; empty where it is the only one."""

    def height(self, width: float) -> float:
        """Return the pixels that it asks for at that width."""

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw it into that box."""


@dataclass(frozen=True)
class Chart:
    """A figure: its title states the finding."""

    title: str
    panels: tuple[Panel, ...]

    def draw(self, width: float = WIDE) -> Canvas:
        """Draw it at a width."""
        lines = wrapped(self.title, width - 2 * MARGIN, TITLE)
        top = MARGIN + 20 * len(lines) + 4
        beside = len(self.panels) if width > NARROW else 1
        each = (width - MARGIN * (beside + 1)) / beside
        rows = [self.panels[k : k + beside] for k in range(0, len(self.panels), beside)]
        heights = [max(panel.height(each) for panel in row) for row in rows]
        canvas = Canvas(width, top + sum(heights) + MARGIN * len(rows))
        for k, line in enumerate(lines):
            canvas.text((MARGIN, MARGIN + 10 + 20 * k), line, size=TITLE, bold=True)
        for row, height in zip(rows, heights, strict=True):
            for k, panel in enumerate(row):
                left, over = MARGIN + k * (each + MARGIN), 20 if panel.title else 0
                if panel.title:
                    canvas.text((left, top + 8), panel.title, size=TEXT, bold=True)
                panel.draw(canvas, left, top + over, each, height - over)
            top += height + MARGIN
        return canvas


@dataclass(frozen=True)
class Scale:
    """An axis from ``low`` to ``high``, drawn from pixel ``start`` to ``stop``."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = True

    def at(self, value: float) -> float:
        """Return the pixel of a value; beyond the ends the end."""
        low, high, value = (self._of(v) for v in (self.low, self.high, value))
        return self.start + (self.stop - self.start) * min(max((value - low) / (high - low), 0), 1)

    def ticks(self, most: int) -> list[float]:
        """Return at most so many round numbers."""
        if self.log:
            return round_numbers(self.low, self.high, most)
        rough = (self.high - self.low) / max(1, most - 1)
        power = 10 ** math.floor(math.log10(rough))
        step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _of(self, value: float) -> float:
        return math.log(max(value, 1e-300)) if self.log else value


@dataclass(frozen=True)
class Series:
    """A line of values with their bounds, and the label at its end.

    ``of`` is the id of its backend, ``tip`` tells the value at a place.
    """

    of: str
    label: str
    points: tuple[tuple[float, Bounds], ...]
    color: str
    weight: str = "bold"
    tips: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A stroke between two places, and what it says; beside one place a dot."""

    text: str
    places: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Lines:
    """Lines over a quantity, each labelled at its end."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_text: Formatter = plain
    y_text: Formatter = plain
    x_log: bool = True
    y_log: bool = True
    marks: tuple[Mark, ...] = ()
    dots: tuple[tuple[float, float], ...] = ()

    def height(self, width: float) -> float:
        """Return the height of a wide picture, or a less wide one where there is little room."""
        return max(0.72 * width if width <= NARROW else width * SIXTEEN_NINE - 40, 230)

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw axes, bands, lines, marks and labels."""
        right = max(text_px(line.label, SMALL, bold=_is_bold(line)) for line in self.series)
        x, y = self._scales(left, top + 20, width - right - 12, height - 58)
        _y_axis(canvas, y, x, self.y_text, self.y_label, top + 6)
        _x_axis(canvas, x, y, self.x_text, self.x_label)
        for place in self.dots:
            canvas.dot((x.at(place[0]), y.at(place[1])), "point", 2, opacity=0.6)
        for line in sorted(self.series, key=_is_bold):
            _draw_line(canvas, line, x, y)
        for mark in self.marks:
            places = [(x.at(a), y.at(b)) for a, b in mark.places]
            if len(places) == 1:
                canvas.dot(places[0], "ink", 3.5)
                _boxed(canvas, (places[0][0] + 8, places[0][1] + 12), mark.text, "start")
            else:
                canvas.line(places, "ink", 1, dash=(2.0, 2.0))
                middle = sum(b for _, b in places) / len(places)
                _boxed(canvas, (places[0][0] - 5, middle), mark.text, "end")
        _label_ends(canvas, self.series, x, y)

    def _scales(self, left: float, top: float, width: float, height: float) -> tuple[Scale, Scale]:
        xs = [place for line in self.series for place, _ in line.points]
        xs += [place for place, _ in self.dots]
        ys = [b for line in self.series for _, bounds in line.points for b in bounds]
        ys += [value for _, value in self.dots]
        low, high = _padded(ys, log=self.y_log)
        y = Scale(low, high, top + height, top, self.y_log)
        start = left + max(text_px(self.y_text(tick), SMALL) for tick in y.ticks(_most(height, 35)))
        low, high = (min(xs), max(xs)) if min(xs) < max(xs) else _padded(xs, log=self.x_log)
        return Scale(low, high, start + 8, left + width, self.x_log), y


@dataclass(frozen=True)
class Row:
    """A row: a name, a bar from the start of the axis to a value, what it says, and dots."""

    of: str
    label: str
    color: str
    value: Bounds | None
    text: str
    dots: tuple[float, ...] = ()
    tip: str = ""


@dataclass(frozen=True)
class Rows:
    """A row for each backend; a dotted line at ``limit``."""

    title: str
    x_label: str
    rows: tuple[Row, ...]
    x_text: Formatter = plain
    log: bool = False
    limit: float | None = None
    from_zero: bool = True

    def height(self, width: float) -> float:
        """Return the height of all rows."""
        return 26.0 * len(self.rows) + 62

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw the rows from the top."""
        names = max(text_px(row.label, TEXT) for row in self.rows)
        is_narrow = names > 0.34 * width
        start = left + (0.34 * width if is_narrow else names) + 10
        values = [b for row in self.rows for b in (*(row.value or ()), *row.dots)]
        values += [] if self.limit is None else [self.limit]
        low, high = _padded(values, log=self.log)
        if self.from_zero and not self.log:
            low, high = 0.0, max(values)
        words = max(text_px(row.text, SMALL) for row in self.rows) + 12
        x = Scale(low, high, start, left + max(width - words, 0.6 * width), self.log)
        bottom = top + 26.0 * len(self.rows) + 8
        y = Scale(0, 1, bottom, top, log=False)
        _x_axis(canvas, x, y, self.x_text, self.x_label)
        for k, row in enumerate(self.rows):
            middle = top + 26 * k + 17
            label = fitting(row.label, start - left - 8, TEXT)
            canvas.text((start - 8, middle), label, size=TEXT, anchor="end")
            at = start
            if row.value is not None:
                value, *bounds = (x.at(b) for b in row.value)
                at = max(at, value, *bounds)
                base = x.at(self.limit) if self.log and self.limit else start
                if not row.dots:
                    size = max(value - base, 1.5)
                    canvas.rectangle((base, middle - 8), size, 16, row.color, of=row.of)
                if bounds[1] - bounds[0] > 1:
                    canvas.line([(b, middle) for b in bounds], "ink", 1.4)
            for dot in row.dots:
                canvas.dot((x.at(dot), middle), row.color, 3, opacity=0.6)
                at = max(at, x.at(dot))
            if row.tip and row.value:
                canvas.dot((x.at(row.value[0]), middle), row.color, 4, of=row.of, tip=row.tip)
            canvas.text((at + 8, middle), row.text, "soft", SMALL)
        if self.limit is not None:
            place = x.at(self.limit)
            canvas.line([(place, top + 4), (place, bottom)], "ink", 1.4, dash=(2.0, 3.0))


@dataclass(frozen=True)
class Grid:
    """Factors of rows × columns, in colours on both sides of 1; None is not measured."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    tips: tuple[tuple[str, ...], ...]
    x_label: str

    def height(self, width: float) -> float:
        """Return the height of all rows; on a phone columns stand at an angle."""
        return 28.0 * len(self.rows) + 72

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw a cell for each; where there is little room, for some of the columns."""
        names = min(max(text_px(name, TEXT) for name in self.rows), 0.3 * width)
        start = left + names + 8
        shown = thinned(range(len(self.columns)), max(2, int((left + width - start) / CELL)))
        each = (left + width - start) / len(shown)
        for k, (name, cells, tips) in enumerate(zip(self.rows, self.cells, self.tips, strict=True)):
            middle = top + 28 * k + 14
            label = fitting(name, names, TEXT)
            canvas.text((start - 8, middle), label, size=TEXT, anchor="end")
            for place, column in enumerate(shown):
                value = cells[column]
                if value is None:
                    continue
                strength = STRONGEST * min(abs(math.log(value)) / LARGEST, 1)
                color = "faster" if value >= 1 else "slower"
                at = start + place * each
                box = (at + 1, middle - 13), each - 2, 26
                canvas.rectangle(*box, color, opacity=max(strength, 0.03))
                text = numbers.significant(value, 2 if value > 0.1 else 1)
                canvas.text((at + each / 2, middle), text, size=SMALL, anchor="middle")
                canvas.dot((at + each / 2, middle), "page", 9, opacity=0, tip=tips[column])
        bottom = top + 28 * len(self.rows) + 10
        widest = max(text_px(self.columns[column], SMALL) for column in shown)
        looks: Looks = {"anchor": "middle"} if widest < each else {"anchor": "end", "angle": -40}
        for k, column in enumerate(shown):
            canvas.text(
                (start + (k + 0.5) * each, bottom), self.columns[column], "soft", SMALL, **looks
            )
        below = bottom + 20 if widest < each else bottom + 14 + 0.7 * widest
        canvas.text((left, below), self.x_label, "soft", SMALL)


@dataclass(frozen=True)
class Regions:
    """Who is first over two quantities: a region for each, lighter where that is uncertain.

    ``leads`` holds for each backend its distance to the best other one in standard errors; dashed
    lines are where ``ratio`` has one of ``levels``.
    """

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    leads: Mapping[str, Any]
    certain: float
    ratio: Any
    levels: tuple[float, ...]
    labels: Mapping[str, tuple[str, str]]
    points: tuple[tuple[float, float, str], ...]
    x_label: str
    y_label: str

    def height(self, width: float) -> float:
        """Return the height of a wide picture, or of a square one."""
        return 0.95 * width if width <= NARROW else width * SIXTEEN_NINE

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw regions, dashed lines, and the jobs as points."""
        start = left + text_px("1M", SMALL) + 14
        x = Scale(self.x[0], self.x[-1], start, left + width - 6)
        y = Scale(self.y[0], self.y[-1], top + height - 40, top + 20)
        _y_axis(canvas, y, x, plain, self.y_label, top + 6)
        _x_axis(canvas, x, y, plain, self.x_label)
        xs, ys = [x.at(v) for v in self.x], [y.at(v) for v in self.y]
        box = (x.start, y.stop), x.stop - x.start, y.start - y.stop
        canvas.rectangle(*box, "other", opacity=REGION)  # where no one is ahead
        for name, lead in self.leads.items():
            color, label = self.labels[name]
            for level, opacity in ((0.0, REGION), (self.certain, CERTAIN)):
                for places in _filled(xs, ys, np.clip(lead, -40, 40), level):
                    canvas.area(places, color, opacity=opacity, of=name)
            points = [(x.at(a), y.at(b)) for a, b, _ in self.points]
            if place := _inside(xs, ys, lead, points):
                canvas.text(place, label, color, TITLE, bold=True, anchor="middle", of=name)
        generator: Any = contourpy.contour_generator(xs, ys, np.log(self.ratio))
        for level in self.levels:
            for line in generator.lines(math.log(level)):
                places = [(float(a), float(b)) for a, b in line]
                canvas.line(places, "ink", 1, dash=(4.0, 3.0), opacity=0.7)
                if len(places) > 6:
                    _boxed(canvas, places[len(places) // 5], f"{level:g}×", "middle")
        for k, (a, b, name) in enumerate(self.points):
            place = x.at(a), y.at(b)
            canvas.dot(place, "ink", 4)
            share = (place[0] - x.start) / (x.stop - x.start)
            anchor = "start" if share < 0.2 else "end" if share > 0.8 else "middle"
            _boxed(canvas, (place[0], place[1] + (14 if k % 2 else -14)), name, anchor)


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break a title into lines of at most that many pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_px(longer, size, bold=True) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fitting(line, width, size, bold=True) for line in lines[:3]]


@cache
def fitting(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Shorten a text to that many pixels."""
    if text_px(text, size, bold=bold) <= width:
        return text
    while text and text_px(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip(" ,") + "…"


def text_px(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in pixels."""
    return 72 * text_width(text, size, "bold" if bold else "normal")


def _is_bold(line: Series) -> bool:
    return line.weight == "bold"


def _most(pixels: float, each: float) -> int:
    return max(2, int(pixels / each))


def _padded(values: Sequence[float], *, log: bool) -> tuple[float, float]:
    known = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    low, high = min(known), max(known)
    if log:
        factor = max((high / low) ** 0.04, 1.15)
        return low / factor, high * factor
    pad = 0.05 * (high - low) or 1.0
    return low - pad, high + pad


def _y_axis(
    canvas: Canvas, y: Scale, x: Scale, write: Formatter, label: str, label_y: float
) -> None:
    for tick in y.ticks(_most(abs(y.stop - y.start), 35)):
        at = y.at(tick)
        canvas.line([(x.start, at), (x.stop, at)], "grid")
        canvas.text((x.start - 6, at), write(tick), "soft", SMALL, anchor="end")
    canvas.text((x.start, label_y), label, "soft", SMALL)


def _x_axis(canvas: Canvas, x: Scale, y: Scale, write: Formatter, label: str) -> None:
    ticks = x.ticks(_most(x.stop - x.start, 55 if x.log else 40))
    for tick in ticks:
        at = x.at(tick)
        canvas.line([(at, y.start), (at, y.stop)], "grid")
        canvas.text((at, y.start + 12), write(tick), "soft", SMALL, anchor="middle")
    canvas.text((x.start, y.start + 30), label, "soft", SMALL)


def _draw_line(canvas: Canvas, line: Series, x: Scale, y: Scale) -> None:
    looks: Looks = {"of": line.of}
    places = [(x.at(place), y.at(value)) for place, (value, *_) in line.points]
    if _is_bold(line) and len(places) > 1:
        low = [(x.at(place), y.at(bounds[1])) for place, bounds in line.points]
        high = [(x.at(place), y.at(bounds[2])) for place, bounds in line.points]
        canvas.area([*low, *reversed(high)], line.color, opacity=BAND, **looks)
    dash = DASH.get(line.weight, ())
    canvas.line(places, line.color, LINE[line.weight], dash=dash, **looks)
    for place, tip in zip(places, line.tips or [""] * len(places), strict=True):
        if tip or len(places) == 1:
            size = 4.0 if _is_bold(line) else 3.0
            canvas.dot(place, line.color, size, tip=tip, **looks)


def _label_ends(canvas: Canvas, series: Sequence[Series], x: Scale, y: Scale) -> None:
    """Write each label beside the end of its line, moved apart where they would touch."""
    named = [line for line in series if line.label and line.points]
    ends = sorted((y.at(line.points[-1][1][0]), k) for k, line in enumerate(named))
    placed = spread([at for at, _ in ends], GAP, y.stop, y.start)
    for (at, k), height in zip(ends, placed, strict=True):
        line = named[k]
        end = x.at(line.points[-1][0])
        if abs(height - at) > 4 or end < x.stop - 1:
            canvas.line([(end + 3, at), (x.stop + 7, height)], line.color, 0.8, of=line.of)
        looks: Looks = {"bold": _is_bold(line), "of": line.of}
        color = line.color if _is_bold(line) else "soft"
        canvas.text((x.stop + 9, height), line.label, color, SMALL, **looks)


def _boxed(canvas: Canvas, place: tuple[float, float], text: str, anchor: Any) -> None:
    """Write a text on a box that hides the lines behind it."""
    width = text_px(text, SMALL)
    left = {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    canvas.rectangle((place[0] - left - 2, place[1] - 7), width + 4, 14, "page", opacity=0.75)
    canvas.text(place, text, "ink", SMALL, anchor=anchor)


def _filled(
    xs: Sequence[float], ys: Sequence[float], values: Any, level: float
) -> list[list[tuple[float, float]]]:
    """Return the polygons where values are above a level."""
    generator: Any = contourpy.contour_generator(xs, ys, values, fill_type="OuterCode")
    polygons, _ = generator.filled(level, 1e9)
    return [[(float(a), float(b)) for a, b in polygon] for polygon in polygons]


def _inside(
    xs: Sequence[float], ys: Sequence[float], lead: Any, points: Sequence[tuple[float, float]]
) -> tuple[float, float] | None:
    """Return the place in a region that is farthest from its border and from points.

    None if it has hardly any cells.
    """
    inside = np.asarray(lead) > 0
    if inside.sum() < 4:
        return None
    cells = np.stack(np.meshgrid(xs, ys), axis=-1)
    edges = [(x, y) for y in ys for x in (xs[0] - 30, xs[-1] + 30)]
    edges += [(x, y) for x in xs for y in (ys[0] + 4, ys[-1] - 4)]
    others = np.concatenate([cells[~inside], np.array([*points, *edges])])
    own = cells[inside]
    apart = (own[:, None, :] - others[None, :, :]) / (2.5, 1.0)  # a name is wider than high
    nearest = (apart**2).sum(axis=-1).min(axis=1)
    best = own[int(nearest.argmax())]
    return float(best[0]), float(best[1])


def thinned(items: Sequence[int], most: int) -> list[int]:
    """Keep at most that many, evenly, with both ends."""
    if len(items) <= most:
        return list(items)
    return [items[round(k * (len(items) - 1) / (most - 1))] for k in range(most)]
