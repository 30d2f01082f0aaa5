"""ExactJson: JSON of the venue without a float: a number that is not whole stays text.

A binary float is no price: 0.1 of one is not 0.1 of the other. NaN and infinities are text too,
which whoever needs a number refuses by the field's name.
"""

import json
from typing import Any

_DECODER = json.JSONDecoder(parse_float=str, parse_constant=str)


def parse_exactly(data: bytes) -> Any:
    """Return the value that bytes hold; `ValueError` for none, and for one nested too deep."""
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except RecursionError:
        raise ValueError("is nested too deep") from None
