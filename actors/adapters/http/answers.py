"""Answers: views and events of the engine as JSON values, every field of them.

Money and quantities are text in plain notation, without an exponent and without zeros that say
nothing. Pure.
"""

from decimal import Decimal
from typing import Any

from cattrs.preconf.orjson import make_converter

from ...policies.rounding import plain

_converter = make_converter(detailed_validation=False)
_converter.register_unstructure_hook(Decimal, plain)


def whole(value: object) -> dict[str, Any]:
    """Return a message's fields as JSON values."""
    fields: dict[str, Any] = _converter.unstructure(value)
    return fields
