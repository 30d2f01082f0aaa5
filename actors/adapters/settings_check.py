"""Settings check: the rules of the configuration, for settings that a host made by hand.

Owns no rule: keys and types are `config_fields`', ranges and pairs are `config_rules`'. A host may
write 5 for a decimal or a list for a tuple; what comes back has the types that the engine counts
on. All faults are told at once, in one `ConfigurationError`.
"""

from collections.abc import Iterator
from typing import Any

from ..errors import ConfigurationError
from ..settings import Settings
from .config_fields import Field, build, fields, members_of, normalised, read_value, value_of
from .config_rules import RULES, limiter_fault, pair_faults


def checked(settings: Settings) -> Settings:
    """Return the settings in their own types; raises `ConfigurationError` with every fault."""
    faults: list[str] = []
    values: dict[str, Any] = {}
    for key, field in fields().items():
        try:
            values[key] = _read(field, value_of(settings, key))
        except ValueError as error:
            faults.append(f"{key}: {error}")
    if not faults:
        faults += _faults_together(build(values), values)
    if faults:
        raise ConfigurationError(*faults)
    return build(values)


def _read(field: Field, raw: Any) -> Any:
    value = normalised(field, read_value(field, raw))
    rule = RULES.get(field.key)
    for member in members_of(value):
        if rule is not None and not rule.admits(member):
            raise ValueError(f"must be {rule}, not {member}")
    return value


def _faults_together(settings: Settings, values: dict[str, Any]) -> Iterator[str]:
    for key, _other, what in pair_faults(values):
        yield f"{key}: {what}"
    limiter = limiter_fault(settings.limits)
    if limiter:
        yield f"limits: {limiter}"
