"""SavedValues: the plain values of a saved record as people write them, and back.

Owns the forms by type: milliseconds are a duration with a unit ("24.886s"), an enum is its value, a
share is a number from 0 to 1. Whatever is not of its form is a `ValueError` that says the form.
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import Enum
from typing import Any, get_args, get_origin

from attrs import frozen

UNITS_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([a-z]+)")
FROM_ONE = ("nth",)
"""Whole numbers that begin at 1."""
REPEATED = ("times", "repeats")
REPEATED_MAX = 10_000
"""Whole numbers of things that are all planned before a run begins, and the most of them."""
SIGNED = "bps"
"""What a name ends in that may be negative."""
NEAR_MAX = 3


@frozen
class Form:
    """How one field's value is written."""

    key: str
    """Its name in the file."""
    name: str
    """Its name in the class."""
    kind: Any
    """Its type; None is no part of it, since what is None is left out."""
    words: tuple[str, ...] = ()
    """What a text, or each of several, may be; any text when there are none."""

    @property
    def is_duration(self) -> bool:
        """True for milliseconds."""
        return self.kind is int and self.name.endswith("_ms")


def value_of(form: Form, raw: Any, *, is_bare: bool) -> Any:
    """Return the value that a file says; `is_bare` when the key says the unit.

    Raises `ValueError` with what it must be.
    """
    kind = form.kind
    if get_origin(kind) is tuple:
        return _several(form, raw)
    if kind is bool:
        return _typed(raw, bool, "is true or false")
    if kind is int:
        return _time(raw, is_bare=is_bare) if form.is_duration else _whole(form.name, raw)
    if kind is float:
        return _share(raw)
    if kind is Decimal:
        return _exact(raw)
    return _word(form, raw)


def text_of(form: Form, value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, tuple):
        items: tuple[Any, ...] = value  # pyright: ignore[reportUnknownVariableType] - any value
        each = Form(form.key, form.name, get_args(form.kind)[0])
        return f"[{', '.join(text_of(each, item) for item in items)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if form.is_duration and form.key != form.name:
        return quoted(duration_text(value))
    if isinstance(value, Enum):
        return quoted(str(value.value))
    return quoted(str(value)) if isinstance(value, str | Decimal) else repr(value)


def near(word: str, words: Iterable[str]) -> str:
    """Return the nearest valid names as the end of a sentence; all, when none is near."""
    valid = tuple(words)
    close = get_close_matches(word, valid, n=NEAR_MAX)
    return f"near: {', '.join(close)}" if close else f"there are: {', '.join(valid)}"


def quoted(text: str) -> str:
    """Return a text as a TOML string, one without escapes where that is possible."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(map(_letter, text))}"'


def duration_ms(raw: Any) -> int:
    """Return a duration that is said with its unit, in ms; `ValueError` for one that is not."""
    form = 'is a time with its unit (ms, s, min, h), as in "1.5s"'
    found = DURATION.fullmatch(_typed(raw, str, form))
    if found is None or found[2] not in UNITS_MS:
        raise ValueError(f"{form}, not {raw!r}")
    exact_ms = Decimal(found[1]) * UNITS_MS[found[2]]
    if exact_ms != int(exact_ms):
        raise ValueError(f"is a whole number of ms, not {raw!r}")
    return int(exact_ms)


def duration_text(duration_ms: int) -> str:
    """Return a duration as people write it."""
    if duration_ms < UNITS_MS["s"]:
        return f"{duration_ms}ms"
    return f"{(Decimal(duration_ms) / UNITS_MS['s']).normalize():f}s"


def _letter(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def _typed(raw: Any, kind: type, form: str) -> Any:
    # True is an int to Python, and no number to a person.
    if isinstance(raw, kind) and (kind is bool or not isinstance(raw, bool)):
        return raw
    raise ValueError(f"{form}, not {raw!r}")


def _time(raw: Any, *, is_bare: bool) -> int:
    if is_bare and isinstance(raw, int):
        return _counted(_typed(raw, int, "is a whole number of ms"), 0)
    return duration_ms(raw)


def _whole(name: str, raw: Any) -> int:
    number: int = _typed(raw, int, "is a whole number")
    if name in REPEATED and number > REPEATED_MAX:
        raise ValueError(f"is a whole number up to {REPEATED_MAX}, not {number}")
    return number if name.endswith(SIGNED) else _counted(number, 1 if name in FROM_ONE else 0)


def _counted(number: int, least: int) -> int:
    if number < least:
        raise ValueError(f"is a whole number from {least}, not {number}")
    return number


def _share(raw: Any) -> float:
    form = "is a share from 0 to 1"
    share = float(_typed(raw, Decimal | int, form))  # type: ignore[arg-type]  # isinstance takes it
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{form}, not {raw}")
    return share


def _exact(raw: Any) -> Decimal:
    form = "is a number"
    try:
        exact = Decimal(raw if isinstance(raw, str) else _typed(raw, Decimal | int, form))  # type: ignore[arg-type]  # isinstance takes it
    except InvalidOperation:
        raise ValueError(f"{form}, not {raw!r}") from None
    if not exact.is_finite():
        raise ValueError(f"{form}, not {raw!r}")
    return exact


def _word(form: Form, raw: Any) -> Any:
    text: str = _typed(raw, str, "is a text")
    words = form.words
    if not words and issubclass(form.kind, Enum):
        words = tuple(str(member.value) for member in form.kind)
    if words and text not in words:
        raise ValueError(f"there is no {text!r}; {near(text, words)}")
    return form.kind(text)


def _several(form: Form, raw: Any) -> tuple[Any, ...]:
    items: list[Any] = _typed(raw, list, "is a list")
    each = Form(form.key, form.name, get_args(form.kind)[0], form.words)
    return tuple(value_of(each, item, is_bare=True) for item in items)
