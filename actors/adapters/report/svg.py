"""Svg: elements of markup as text, and the few shapes that the charts are made of.

Pure. Every text is escaped here and nowhere else. Places are percent of the drawing, so that it
takes any width while its letters keep their size; the page's policy allows no style of an element,
so looks are classes.
"""

from collections.abc import Iterable
from html import escape

Place = float


def tag(name: str, *children: str, **attributes: object) -> str:
    """Return an element; children are markup, attributes are values, `class_` is its class."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{''.join(children)}</{name}>"


def words(text: object) -> str:
    """Return a text as markup that shows it."""
    return escape(str(text), quote=False)


def bar(x: Place, y: Place, width: Place, height: Place, kind: str, told: str) -> str:
    """Return a bar that tells its figures when it is pointed at."""
    return tag(
        "rect",
        tag("title", words(told)),
        x=percent(x),
        y=percent(y),
        width=percent(width),
        height=percent(height),
        class_=kind,
    )


def rule(x1: Place, y1: Place, x2: Place, y2: Place, kind: str) -> str:
    """Return a line from one place to another."""
    return tag("line", x1=percent(x1), y1=percent(y1), x2=percent(x2), y2=percent(y2), class_=kind)


def note(x: Place, text: str, *, anchor: str = "middle") -> str:
    """Return a label below an axis."""
    return tag("text", words(text), x=percent(x), y="12", text_anchor=anchor)


def path(points: Iterable[tuple[Place, Place]], kind: str, told: str) -> str:
    """Return a line through points, whose width does not grow with the drawing."""
    text = " ".join(f"{x:.3f},{y:.3f}" for x, y in points)
    line = tag("polyline", tag("title", words(told)), points=text, class_=kind)
    return tag("svg", line, viewBox="0 0 100 100", preserveAspectRatio="none", class_="stretch")


def percent(value: Place) -> str:
    """Return a place as SVG writes it."""
    return f"{value:.3f}%".replace(".000%", "%")
