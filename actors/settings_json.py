"""SettingsJson: the settings as JSON values, for the journal's manifest."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from attrs import asdict

from .settings import Settings


def settings_json(settings: Settings) -> Any:
    """Return the settings as JSON values, for the manifest: decimals as text, tuples as lists."""
    return _plain(asdict(settings))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _plain(each) for key, each in mapping.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in cast("list[Any]", value)]
    return value
