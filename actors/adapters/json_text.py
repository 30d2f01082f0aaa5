"""JSON text: one object of somebody's text, whose numbers keep the text in which they came.

Owns what counts as an object: UTF-8, no name twice, not nested beyond reason. Numbers are read
from their text, so that no price ever was a float (C-18); NaN and infinities are told by whoever
reads the field. A fault is a `BadField` named `json` or as the name that stands there twice. Pure.
"""

import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from .signal_words import BadField

Json = Mapping[str, Any]


@frozen
class Number:
    """A bare JSON number, as it was written."""

    text: str

    def __repr__(self) -> str:
        return self.text


def json_object(data: bytes) -> dict[str, Any]:
    """Return the object that a text is; raises `BadField`."""
    try:
        found = json.loads(
            # As text: of bytes the parser would guess at UTF-16.
            data.decode().strip(),
            parse_float=Number,
            parse_int=Number,
            parse_constant=Number,
            object_pairs_hook=_without_repeats,
        )
    except BadField:
        raise
    except json.JSONDecodeError as error:
        raise BadField("json", f"{error.msg} at column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise BadField("json", f"is not UTF-8 at byte {error.start + 1}") from None
    except RecursionError:
        raise BadField("json", "is nested too deeply") from None
    except ValueError as error:
        raise BadField("json", str(error)) from None
    if not isinstance(found, dict):
        raise BadField("json", "is no object")
    return found  # pyright: ignore[reportUnknownVariableType]


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadField(repeated, "stands there twice")
    return data
