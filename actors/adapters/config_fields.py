"""Config fields: the settings as a flat list of keys, and how raw values become theirs.

Owns the walk over `Settings` and the reading of single values: from TOML (numbers as their text,
never through a float), from the environment, from a flag, and from the JSON of a manifest. A value
that cannot be read is a `ValueError` that says what was expected.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, cast

import attrs
from attrs import frozen

from ..settings import Settings, StrategyLimits
from .secret import without_user

ROOT = ""
LOSSES = frozenset(
    {
        "risk.stop_loss_pct_default",
        "risk.stop_loss_pct_max",
        "risk.drawdown_pct_max",
        "protection.stop_failed_pct",
        "breaker.daily_reduce_pct",
        "breaker.daily_halt_pct",
        "breaker.drawdown_halt_pct",
    }
)
"""Percentages of a loss, which some write with a minus."""


@frozen
class Field:
    """One key: its section ("" for the top), name, type and default."""

    section: str
    name: str
    kind: Any
    default: Any

    @property
    def key(self) -> str:
        """The key as people write it, e.g. `risk.cooldown_ms`."""
        return f"{self.section}.{self.name}" if self.section else self.name


@cache
def fields() -> Mapping[str, Field]:
    """Return every field of the settings by its key, sections in the order of the class."""
    top = [Field(ROOT, *each) for each in _leaves(Settings)]
    below = [
        Field(name, *each) for name, section in sections().items() for each in _leaves(section)
    ]
    return {field.key: field for field in (*top, *below)}


@cache
def sections() -> Mapping[str, type]:
    """Return the sections of the settings by name."""
    attrs.resolve_types(Settings)
    kinds: dict[str, Any] = {each.name: each.type for each in attrs.fields(Settings)}
    return {name: kind for name, kind in kinds.items() if _is_section(kind)}


def read_value(field: Field, raw: Any) -> Any:
    """Return the value that a raw one stands for; text is read as a flag's or variable's."""
    kind = field.kind
    if _is_list(kind):
        return _read_list(kind, raw)
    if kind is bool:
        return _read_boolean(raw)
    if kind is int:
        return _read_integer(field.name, raw)
    if kind is Decimal:
        return _read_decimal(raw)
    if issubclass(kind, StrEnum):
        return _read_word(kind, raw)
    return _read_text(raw)


def normalised(field: Field, value: Any) -> Any:
    """Return a loss without its sign: -3.1 percent and 3.1 percent mean the same (C-10)."""
    is_loss = field.key in LOSSES and isinstance(value, Decimal)
    return abs(value) if is_loss else value


def _read_list(kind: Any, raw: Any) -> tuple[Any, ...]:
    record = _record_of(kind)
    if record is None:
        return tuple(_read_text(each) for each in _members(raw))
    return tuple(_read_record(record, each) for each in _tables(raw))


def _read_record(record: type, raw: Mapping[str, Any]) -> Any:
    """Return one table of a list as the record that it stands for."""
    known = {each.name: each for each in attrs.fields(record)}
    values: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in known:
            raise ValueError(f"knows no {name}; its keys are {', '.join(known)}")
        kind = _without_none(known[name].type)
        field = Field("", name, kind, None)
        try:
            values[name] = None if value is None else read_value(field, value)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
    missing = [name for name, each in known.items() if each.default is attrs.NOTHING]
    for name in missing:
        if name not in values:
            raise ValueError(f"{name} is missing")
    return record(**values)


def build(values: Mapping[str, Any]) -> Settings:
    """Return the settings of read values by key; what is absent has its default."""
    parts: dict[str, Any] = {
        name: cls(**_of_section(values, name)) for name, cls in sections().items()
    }
    return Settings(**_of_section(values, ROOT), **parts)


def settings_of_plain(plain: Mapping[str, Any]) -> Settings:
    """Return the settings that a manifest holds as JSON values.

    Raises:
        ValueError: A key is unknown to this version, or a value cannot be read.
    """
    values: dict[str, Any] = {}
    for key, raw in flat(plain).items():
        field = fields().get(key)
        if field is None:
            raise ValueError(f"{key} is no setting of this version")
        values[key] = read_value(field, raw)
    return build(values)


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested table as keys of one level: `{"risk": {"x": 1}}` gives `{"risk.x": 1}`."""
    result: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", value)
            result |= {f"{name}.{key}": each for key, each in flat(inner).items()}
        else:
            result[name] = value
    return result


def value_of(settings: Settings, key: str) -> Any:
    """Return a setting by its key."""
    section, _, name = key.rpartition(".")
    return getattr(getattr(settings, section) if section else settings, name)


def members_of(value: Any) -> tuple[Any, ...]:
    """Return the members of a list, or a single value as the only member."""
    return tuple(cast("Sequence[Any]", value)) if isinstance(value, tuple) else (value,)


def _leaves(cls: Any) -> list[tuple[str, Any, Any]]:
    attrs.resolve_types(cls)
    return [
        (each.name, each.type, each.default)
        for each in attrs.fields(cls)
        if not _is_section(each.type)
    ]


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and attrs.has(kind)


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _record_of(kind: Any) -> type | None:
    """Return the class of a list of tables, None for a list of texts."""
    member = kind.__args__[0]
    if not _is_section(member):
        return None
    attrs.resolve_types(member)
    return cast("type", member)


def _without_none(kind: Any) -> Any:
    """Return the kind of a value that may also be absent."""
    members = [each for each in getattr(kind, "__args__", ()) if each is not type(None)]
    return members[0] if isinstance(kind, UnionType) else kind


def _tables(raw: Any) -> list[Mapping[str, Any]]:
    given: list[Any] = list(cast("Sequence[Any]", raw)) if isinstance(raw, list | tuple) else [raw]
    tables: list[Mapping[str, Any]] = []
    for each in given:
        table = attrs.asdict(each) if isinstance(each, StrategyLimits) else each
        if not isinstance(table, Mapping):
            raise ValueError(f"must be tables of a settings file, not {_shown(raw)}")  # noqa: TRY004 - one kind of error
        tables.append(cast("Mapping[str, Any]", table))
    return tables


def _of_section(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    known = fields()
    return {known[key].name: each for key, each in values.items() if known[key].section == section}


def _members(raw: Any) -> list[Any]:
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if isinstance(raw, list | tuple):
        return list(raw)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise ValueError(f"must be a list of texts, not {raw!r}")


def _read_text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"must be text, not {_shown(raw)}")  # noqa: TRY004 - one kind of error
    return raw


def _read_boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return bool(raw == "true")
    raise ValueError(f"must be true or false, not {_shown(raw)}")


def _read_integer(name: str, raw: Any) -> int:
    if type(raw) is int:
        return raw
    if isinstance(raw, str) and raw.removeprefix("-").isdecimal():
        return int(raw)
    unit = unit_of(name)
    raise ValueError(f"must be a whole number{f' of {unit}' if unit else ''}, not {_shown(raw)}")


def _read_decimal(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        raise ValueError(f"must be a number, not {_shown(raw)}")  # noqa: TRY004 - one kind of error
    try:
        number = Decimal(raw)
    except InvalidOperation:
        raise ValueError(f"must be a number, not {_shown(raw)}") from None
    if not number.is_finite():
        raise ValueError(f"must be a finite number, not {_shown(raw)}")
    return number


def _read_word(kind: type[StrEnum], raw: Any) -> StrEnum:
    try:
        return kind(raw)
    except ValueError:
        words = ", ".join(member.value for member in kind)
        raise ValueError(f"must be one of {words}, not {_shown(raw)}") from None


def unit_of(name: str) -> str:
    """Return the unit that a key's name carries, empty for none."""
    words = name.removesuffix("_max").removesuffix("_min").removesuffix("_default").split("_")
    return {"ms": "ms", "pct": "percent", "percent": "percent", "bps": "bps", "bytes": "bytes"}.get(
        words[-1], ""
    )


def _shown(raw: Any) -> str:
    return str(raw) if isinstance(raw, Decimal) else without_user(repr(raw))
