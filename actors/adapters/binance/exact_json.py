"""ExactJson: JSON of the venue without a float: what is no whole number stays text.

A binary float is no price: 0.1 of one is not 0.1 of the other. Raises `ValueError` for what is no
JSON, NaN and infinities included, however deep it is nested.
"""

import json
from typing import Any, NoReturn


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


_DECODER = json.JSONDecoder(parse_float=str, parse_constant=_no_number)


def parse_exactly(data: bytes) -> Any:
    """Return the value that bytes hold; raises `ValueError` when they hold none."""
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except RecursionError:
        raise ValueError("is nested too deep") from None
