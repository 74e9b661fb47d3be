"""Charts described as data, and drawn on a canvas at any width: lines, rows, a grid, a map.

A chart is a title that states its finding, and one or more panels: side by side where there is
room, one below the other on a phone.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import contourpy
import numpy as np

from npfs.drawing import numbers
from npfs.drawing.canvas import (
    Box,
    Canvas,
    Place,
    Spot,
    around,
    box_of,
    fitting,
    free_spot,
    text_px,
    wrapped,
)
from npfs.drawing.labels import spread
from npfs.drawing.scales import plain, round_numbers

WIDE, NARROW = 700, 360  # pixels of a figure on a page, and on a phone
SIXTEEN_NINE = 9 / 16
SMALL, TEXT, TITLE = 11.0, 12.0, 16.0  # pixels
GAP = 15.0  # between the middles of two labels
OFFSET = 14.0  # between the end of a line and its label
NAMES, LABELS = 0.36, 0.42  # of the width at most, for names beside a picture and its labels
MARGIN = 12.0
LINE = {"bold": 2.6, "thin": 1.3, "dashed": 1.3, "dotted": 1.3}
DASH = {"dashed": (6.0, 3.0), "dotted": (1.5, 3.0)}
BAND, CERTAIN, REGION = 0.16, 0.3, 0.16  # opacity
STRONGEST = 0.6  # opacity of the largest factor in a grid, on which text is still read
CELL = 36.0  # pixels of a cell's width at least
PLACES = 40  # at most, of which the best is chosen for a label
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
        power = 10 ** math.floor(math.log10((self.high - self.low) / most))
        for step in (power, 2 * power, 5 * power, 10 * power):
            first = math.ceil(self.low / step - 1e-9)
            ticks = [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]
            if len(ticks) <= most:
                break
        return ticks

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
    """A stroke between two places, and what it says; beside one place a dot, with its ``tip``."""

    text: str
    places: tuple[tuple[float, float], ...]
    tip: str = ""
    of: str = ""


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
        picture = 0.72 * width if width <= NARROW else width * SIXTEEN_NINE - 40
        return max(picture, 230, GAP * sum(bool(line.label) for line in self.series) + 70)

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw axes, bands, lines, marks and labels."""
        right = max(text_px(line.label, SMALL, bold=_is_bold(line)) for line in self.series)
        right = min(right, LABELS * width)
        x, y = self._scales(left, top + 20, width - right - OFFSET - 2, height - 58)
        _y_axis(canvas, y, x, self.y_text, self.y_label, top + 6)
        _x_axis(canvas, x, y, self.x_text, self.x_label)
        for place in self.dots:
            canvas.dot((x.at(place[0]), y.at(place[1])), "point", 2, opacity=0.6)
        for line in sorted(self.series, key=_is_bold):
            _draw_line(canvas, line, x, y)
        _label_ends(canvas, self.series, x, y, right)
        box = x.start, y.stop, x.stop + OFFSET + right, y.start
        marks = [(mark, [(x.at(a), y.at(b)) for a, b in mark.places]) for mark in self.marks]
        for mark, places in marks:
            if len(places) == 1:
                canvas.dot(places[0], "ink", 3.5, of=mark.of, tip=mark.tip)
            else:
                canvas.line(places, "ink", 1, dash=(2.0, 2.0), of=mark.of)
        for mark, places in marks:
            spots = around(places[0]) if len(places) == 1 else _beside(places)
            _boxed(canvas, mark.text, spots, box, mark.of)

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
        return 26.0 * len(self.rows) + 50

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw the rows from the top."""
        names = min(max(text_px(row.label, TEXT) for row in self.rows), NAMES * width)
        start = left + names + 10
        values = [b for row in self.rows for b in (*(row.value or ()), *row.dots)]
        values += [] if self.limit is None else [self.limit]
        low, high = _padded(values, log=self.log)
        if self.from_zero and not self.log:
            low, high = 0.0, max(values)
        x = Scale(low, high, start, start + self._room(low, high, left + width - start), self.log)
        bottom = top + 26.0 * len(self.rows) + 8
        y = Scale(0, 1, bottom, top, log=False)
        _x_axis(canvas, x, y, self.x_text, self.x_label)
        for k, row in enumerate(self.rows):
            middle = top + 26 * k + 17
            label = fitting(row.label, names, TEXT)
            canvas.text((start - 8, middle), label, size=TEXT, anchor="end", of=row.of)
            end = self._draw_row(canvas, row, x, middle)
            text = fitting(row.text, left + width - end - 8, SMALL)
            canvas.text((end + 8, middle), text, "soft", SMALL, of=row.of)
        if self.limit is not None:
            place = x.at(self.limit)
            canvas.line([(place, top + 4), (place, bottom)], "ink", 1.4, dash=(2.0, 3.0))

    def _room(self, low: float, high: float, width: float) -> float:
        """Return the pixels from ``low`` to ``high`` that leave room for what every row says."""
        share = Scale(low, high, 0, 1, self.log)
        rooms = [width]
        for row in self.rows:
            end = max(share.at(b) for b in (*(row.value or ()), *row.dots, low))
            rooms.append((width - min(text_px(row.text, SMALL), width / 2) - 12) / max(end, 0.01))
        return min(rooms)

    def _draw_row(self, canvas: Canvas, row: Row, x: Scale, middle: float) -> float:
        """Draw bar, interval and dots of a row, and return where they end."""
        end = x.start
        if row.value is not None:
            value, *bounds = (x.at(b) for b in row.value)
            base = x.at(self.limit) if self.log and self.limit else x.start
            end = max(end, base, value, *bounds)
            if not row.dots:
                near, far = min(base, value), max(base, value)
                box = (near, middle - 8), max(far - near, 1.5), 16
                canvas.rectangle(*box, row.color, of=row.of, tip=row.tip)
            if bounds[1] - bounds[0] > 1:
                canvas.line([(b, middle) for b in bounds], "ink", 1.4, of=row.of)
        for dot in row.dots:
            looks: Looks = {"of": row.of, "tip": row.tip, "opacity": 0.6}
            canvas.dot((x.at(dot), middle), row.color, 3, **looks)
            end = max(end, x.at(dot))
        return end


@dataclass(frozen=True)
class Grid:
    """Factors of rows × columns, in colours on both sides of 1; None is not measured.

    Rows are ids with names.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    cells: tuple[tuple[float | None, ...], ...]
    tips: tuple[tuple[str, ...], ...]
    x_label: str

    def height(self, width: float) -> float:
        """Return the height of all rows, and of the names of columns, which may be turned."""
        _, _, turned = self._columns(width)
        return 28.0 * len(self.rows) + 44 + 0.7 * turned

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw a cell for each; where there is little room, for some of the columns."""
        names, shown, turned = self._columns(width)
        start = left + names + 8
        each = (left + width - start) / len(shown)
        for k, ((of, name), cells, tips) in enumerate(
            zip(self.rows, self.cells, self.tips, strict=True)
        ):
            middle = top + 28 * k + 14
            label = fitting(name, names, TEXT)
            canvas.text((start - 8, middle), label, size=TEXT, anchor="end", of=of)
            for place, column in enumerate(shown):
                value = cells[column]
                if value is None:
                    continue
                strength = STRONGEST * min(abs(math.log(value)) / LARGEST, 1)
                color = "faster" if value >= 1 else "slower"
                at = start + place * each
                looks: Looks = {"opacity": max(strength, 0.03), "of": of, "tip": tips[column]}
                canvas.rectangle((at + 1, middle - 13), each - 2, 26, color, **looks)
                looks = {"size": SMALL, "anchor": "middle", "of": of}
                canvas.text((at + each / 2, middle), short_factor(value), **looks)
        bottom = top + 28 * len(self.rows) + 10
        looks = {"anchor": "end", "angle": -40} if turned else {"anchor": "middle"}
        for k, column in enumerate(shown):
            canvas.text(
                (start + (k + 0.5) * each, bottom), self.columns[column], "soft", SMALL, **looks
            )
        canvas.text((left, bottom + 18 + 0.7 * turned), self.x_label, "soft", SMALL)

    def _columns(self, width: float) -> tuple[float, list[int], float]:
        """Return the room for names of rows, and the columns that there is room for.

        The last is the length of the columns' names, where these have to be turned.
        """
        names = min(max(text_px(name, TEXT) for _, name in self.rows), NAMES * width)
        room = width - names - 8
        shown = thinned(range(len(self.columns)), max(2, int(room / CELL)))
        widest = max(text_px(self.columns[column], SMALL) for column in shown)
        return names, shown, 0.0 if widest < room / len(shown) - 4 else widest


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
    points: tuple[Mark, ...]
    x_label: str
    y_label: str

    def height(self, width: float) -> float:
        """Return the height of a wide picture, or of a square one."""
        return 0.95 * width if width <= NARROW else width * SIXTEEN_NINE

    def draw(self, canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
        """Draw regions, dashed lines, and points; then names where there is room for them."""
        y = Scale(self.y[0], self.y[-1], top + height - 40, top + 20)
        ticks = y.ticks(_most(y.start - y.stop, 35))
        start = left + max(text_px(plain(tick), SMALL) for tick in ticks) + 6
        x = Scale(self.x[0], self.x[-1], start, left + width - 6)
        _y_axis(canvas, y, x, plain, self.y_label, top + 6)
        _x_axis(canvas, x, y, plain, self.x_label)
        xs, ys = [x.at(v) for v in self.x], [y.at(v) for v in self.y]
        canvas.rectangle(
            (x.start, y.stop), x.stop - x.start, y.start - y.stop, "other", opacity=REGION
        )
        for name, lead in self.leads.items():
            color, _ = self.labels[name]
            for level, opacity in ((0.0, REGION), (self.certain, CERTAIN)):
                for places in _filled(xs, ys, np.clip(lead, -40, 40), level):
                    canvas.area(places, color, opacity=opacity, of=name)
        ratio = np.log(self.ratio) if self.levels else np.zeros((len(ys), len(xs)))
        generator: Any = contourpy.contour_generator(xs, ys, ratio)
        dashed = [
            (f"{level:g}×", [(float(a), float(b)) for a, b in line])
            for level in self.levels
            for line in generator.lines(math.log(level))
        ]
        for _, places in dashed:
            canvas.line(places, "ink", 1, dash=(4.0, 3.0), opacity=0.7)
        points = [(x.at(a), y.at(b)) for a, b in (mark.places[0] for mark in self.points)]
        for mark, place in zip(self.points, points, strict=True):
            canvas.dot(place, "ink", 4, tip=mark.tip)
        box = x.start, y.stop, x.stop, y.start
        for name, lead in self.leads.items():
            _, label = self.labels[name]
            spots = _centred(_inside(xs, ys, lead, points))
            _boxed(canvas, label, spots, box, name, size=TITLE)
        for mark, place in zip(self.points, points, strict=True):
            _boxed(canvas, mark.text, around(place), box)
        for label, places in dashed:
            middle = len(places) / 2
            order = thinned(range(2, len(places) - 2), PLACES)
            order.sort(key=lambda k: abs(k - middle))
            _boxed(canvas, label, _centred([places[k] for k in order]), box)


def short_factor(value: float) -> str:
    """Format a factor for a cell: 1.1k, 35, 0.98, 0.007, 2e-5."""
    if value >= 1000:
        return plain(float(f"{value:.1e}"))
    if value < 0.001:
        return f"{value:.0e}".replace("e-0", "e-")
    return numbers.significant(value, 2 if value > 0.1 else 1)


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
    for most in range(_most(x.stop - x.start, 40), 1, -1):
        ticks = [(x.at(tick), write(tick)) for tick in x.ticks(most)]
        boxes = [box_of(((at, 0), "middle"), text, SMALL) for at, text in ticks]
        if all(a[2] + 12 <= b[0] for a, b in pairwise(boxes)):
            break
    for at, text in ticks:
        canvas.line([(at, y.start), (at, y.stop)], "grid")
        canvas.text((at, y.start + 12), text, "soft", SMALL, anchor="middle")
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


def _label_ends(canvas: Canvas, series: Sequence[Series], x: Scale, y: Scale, width: float) -> None:
    """Write each label beside the end of its line, moved apart where they would touch."""
    named = [line for line in series if line.label and line.points]
    ends = sorted((y.at(line.points[-1][1][0]), k) for k, line in enumerate(named))
    placed = spread([at for at, _ in ends], GAP, y.stop, y.start)
    for (at, k), height in zip(ends, placed, strict=True):
        line, is_bold = named[k], _is_bold(named[k])
        end = x.at(line.points[-1][0])
        ends_early = end < x.stop - 1
        if abs(height - at) > 4 or ends_early:  # dotted where it could be taken for the line
            tie = [(end + 5, at), (x.stop + OFFSET - 3, height)]
            dash = DASH["dotted"] if ends_early else ()
            canvas.line(tie, line.color, 0.8, dash=dash, of=line.of)
        label = fitting(line.label, width, SMALL, bold=is_bold)
        looks: Looks = {"bold": is_bold, "of": line.of}
        color = line.color if is_bold else "soft"
        canvas.text((x.stop + OFFSET, height), label, color, SMALL, **looks)


def _beside(places: Sequence[Place]) -> list[Spot]:
    """Return places for a text beside a stroke, the best first."""
    (x, y), (_, other) = places
    heights = [y + share * (other - y) for share in (0.5, 0.35, 0.65, 0.2, 0.8)]
    return [
        spot
        for height in heights
        for spot in (((x - 5, height), "end"), ((x + 5, height), "start"))
    ]


def _centred(places: Sequence[Place]) -> list[Spot]:
    return [(place, "middle") for place in places]


def _boxed(
    canvas: Canvas, text: str, spots: Sequence[Spot], inside: Box, of: str = "", size: float = SMALL
) -> None:
    """Write a text at the best of these places, on a box that hides the lines behind it."""
    is_bold = size > SMALL
    spot = free_spot(canvas, text, size, spots, inside, bold=is_bold)
    if spot is None:
        return
    left, top, right, bottom = box_of(spot, text, size, bold=is_bold)
    looks: Looks = {"opacity": 0.75, "of": of}
    canvas.rectangle((left - 2, top), right - left + 4, bottom - top, "page", **looks)
    place, anchor = spot
    canvas.text(place, text, "ink", size, anchor=anchor, bold=is_bold, of=of)


def _filled(
    xs: Sequence[float], ys: Sequence[float], values: Any, level: float
) -> list[list[tuple[float, float]]]:
    """Return the polygons where values are above a level."""
    generator: Any = contourpy.contour_generator(xs, ys, values, fill_type="OuterCode")
    polygons, _ = generator.filled(level, 1e9)
    return [[(float(a), float(b)) for a, b in polygon] for polygon in polygons]


def _inside(
    xs: Sequence[float], ys: Sequence[float], lead: Any, points: Sequence[Place]
) -> list[Place]:
    """Return places in a region, the farthest from its border and from points first."""
    inside = np.asarray(lead) > 0
    if not inside.any():
        return []
    if inside.all():
        return [((xs[0] + xs[-1]) / 2, (ys[0] + ys[-1]) / 2)]
    cells = np.stack(np.meshgrid(xs, ys), axis=-1)
    edges = [(x, y) for y in ys for x in (xs[0] - 30, xs[-1] + 30)]
    edges += [(x, y) for x in xs for y in (ys[0] + 4, ys[-1] - 4)]
    others = np.concatenate([cells[~inside], np.array([*points, *edges])])
    own = cells[inside]
    apart = (own[:, None, :] - others[None, :, :]) / (2.5, 1.0)  # a name is wider than high
    nearest = (apart**2).sum(axis=-1).min(axis=1)
    return [(float(a), float(b)) for a, b in own[np.argsort(-nearest, kind="stable")[:PLACES]]]


def thinned(items: Sequence[int], most: int) -> list[int]:
    """Keep at most that many, evenly, with both ends."""
    if len(items) <= most:
        return list(items)
    return [items[round(k * (len(items) - 1) / (most - 1))] for k in range(most)]
