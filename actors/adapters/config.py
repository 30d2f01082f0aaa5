"""Config: the settings of a run from files, environment and flags, with all faults at once.

Owns the order (flag over environment over file over default) and the source of each value. Files
are TOML with the tables `[callboard]` and `[callboard.<section>]`; variables are
`CALLBOARD__SECTION__KEY`; numbers are taken by their text, so that a Decimal never was a float.
Each may use the other names of `config_aliases`; two names in one source that say different things
of one setting are refused. Unknown keys, wrong types and figures out of range are collected and
told in one `ConfigurationError`: where it stands, the key, what is wrong and what is allowed.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import attrs
from attrs import define, field, frozen

from ..errors import ConfigurationError
from ..settings import Settings, StrategyLimits
from .config_aliases import ALIASES, VARIABLES, Target, converted
from .config_fields import (
    Field,
    build,
    fields,
    flat,
    members_of,
    normalised,
    read_value,
    sections,
    value_of,
)
from .config_rules import RULES, limiter_fault, pair_faults
from .secret import without_user

TABLE = "callboard"
VARIABLE_PREFIX = "CALLBOARD__"
DEFAULT = "default"
RECORDED = "the recorded run"
NOT_IN_FILES = ("live_confirm",)
"""Said at each start anew, beside the file that asks for it: one switch more than the mode."""


@frozen
class Setting:
    """One value and where it comes from."""

    key: str
    value: Any
    source: str


@frozen
class Loaded:
    """The settings of a run, and each value with its source."""

    settings: Settings
    values: tuple[Setting, ...]

    def source_of(self, key: str) -> str:
        """Return where a value comes from; `DEFAULT` if nobody set it."""
        return next(each.source for each in self.values if each.key == key)


@frozen
class _Raw:
    """A value as somebody wrote it."""

    source: str
    key: str
    value: Any
    alias: str = ""
    """The other name that it was written under."""
    target: Target | None = None
    """How the alias's value becomes the setting's."""

    @property
    def name(self) -> str:
        """The name as somebody wrote it."""
        return self.alias or self.key

    @property
    def origin(self) -> str:
        """Where it was written, with the name where that is another one."""
        is_named = self.alias in ("", self.source)
        return self.source if is_named else f"{self.source} ({self.alias})"


@define
class _Reading:
    """What was read so far."""

    raws: dict[str, list[_Raw]] = field(factory=dict[str, list[_Raw]])
    """Key -> what the highest source so far says of it, once a name."""
    faults: list[str] = field(factory=list[str])

    def take(self, raws: Iterable[_Raw], *, withheld: tuple[str, ...] = ()) -> None:
        """Let a source replace what lower ones say; a key that is none, or not its, is a fault."""
        said: dict[str, list[_Raw]] = {}
        for raw in raws:
            for each in _meant(raw):
                if each.key in withheld:
                    self.faults.append(f"{raw.source}: {raw.key}: never stands in a file")
                elif each.key in fields():
                    said.setdefault(each.key, []).append(each)
                else:
                    unknown = f"{raw.key}: unknown key{_did_you_mean(raw.key)}"
                    self.faults.append(f"{raw.source}: {unknown}")
        self.raws |= said


def load(
    files: Sequence[Path] = (),
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    *,
    recorded: Mapping[str, Any] | None = None,
) -> Loaded:
    """Return the settings of these sources; a later file overrides an earlier one.

    `recorded` are the settings of a run's manifest, which stand in for the defaults.

    Raises:
        ConfigurationError: With every fault of every source.
    """
    reading = _Reading()
    reading.take(_Raw(RECORDED, key, raw) for key, raw in flat(recorded or {}).items())
    for path in files:
        reading.take(_from_file(path, reading.faults), withheld=NOT_IN_FILES)
    reading.take(_from_environment(environ or {}))
    reading.take(_from_flags(flags or {}))
    known = _read_all(reading)
    settings = build(known)
    _check_together(settings, reading, known)
    if reading.faults:
        raise ConfigurationError(*reading.faults)
    return Loaded(settings, tuple(_settings(settings, reading.raws)))


def shown(value: Any) -> str:
    """Return a value as TOML would write it; an address without its user and password."""
    if isinstance(value, StrategyLimits):
        given = {name: each for name, each in attrs.asdict(value).items() if each is not None}
        return f"{{{', '.join(f'{name} = {shown(each)}' for name, each in given.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(shown(each) for each in members_of(value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | Decimal) else f'"{without_user(value)}"'


def template() -> str:
    """Return a commented TOML file with every key, its default and what is allowed."""
    lines = [
        "# Callboard's settings. Every line that is commented out shows the default.",
        f"# The environment overrides this file, as in {VARIABLE_PREFIX}RISK__COOLDOWN_MS=60000.",
        "",
        f"[{TABLE}]",
    ]
    section = ""
    for each in fields().values():
        if each.key in NOT_IN_FILES:
            continue
        if each.section != section:
            section = each.section
            lines += ["", f"[{TABLE}.{section}]"]
        rule = RULES.get(each.key)
        note = f"  # {rule}" if rule is not None else ""
        lines.append(f"# {each.name} = {shown(each.default)}{note}")
    return "\n".join(lines) + "\n"


def _from_file(path: Path, faults: list[str]) -> Iterator[_Raw]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")
        return
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{path}: is no TOML: {error}")
        return
    for name, value in document.items():
        if name != TABLE or not isinstance(value, dict):
            hint = f"; is it [{TABLE}.{name}]?" if name in sections() else ""
            faults.append(f"{path}: {name}: everything stands in [{TABLE}]{hint}")
            continue
        for key, raw in flat(cast("dict[str, Any]", value)).items():
            yield _Raw(str(path), key, raw)


def _from_environment(environ: Mapping[str, str]) -> Iterator[_Raw]:
    for name in sorted(environ):
        if name in VARIABLES:
            yield _Raw(name, name, environ[name])
        if name.startswith(VARIABLE_PREFIX):
            key = name.removeprefix(VARIABLE_PREFIX).lower().replace("__", ".")
            yield _Raw(name, key, environ[name])


def _from_flags(flags: Mapping[str, str]) -> Iterator[_Raw]:
    for key, text in flags.items():
        yield _Raw("command line", key, text)


def _meant(raw: _Raw) -> Iterator[_Raw]:
    """Yield what is said of each setting that the name stands for; a setting is its own name."""
    alias = ALIASES.get(raw.key.lower()) if raw.key not in fields() else None
    if alias is None:
        yield raw
        return
    for target in alias.targets:
        yield _Raw(raw.source, target.key, raw.value, alias.name, target)


def _read_all(reading: _Reading) -> dict[str, Any]:
    """Return the values by key without those at fault; what is counted in another comes last."""
    known: dict[str, Any] = {}
    for key in sorted(reading.raws, key=lambda key: any(map(_is_counted, reading.raws[key]))):
        said = [(raw, _read(fields()[key], raw, reading, known)) for raw in reading.raws[key]]
        values = [value for _, value in said if value is not None]
        if len(values) < len(said):
            continue
        (first, value), *others = said
        known[key] = value
        for other, contrary in others:
            if contrary != value:
                both = f"{other.name} = {shown(other.value)} contradicts {first.name} = "
                reading.faults.append(f"{other.source}: {both}{shown(first.value)}")
    return known


def _is_counted(raw: _Raw) -> bool:
    return raw.target is not None and bool(raw.target.per)


def _read(target: Field, raw: _Raw, reading: _Reading, known: Mapping[str, Any]) -> Any:
    """Return the value, or None and a fault."""
    rule = RULES.get(target.key)
    try:
        value = normalised(target, read_value(target, _in_own_unit(target, raw, known)))
    except ValueError as error:
        allowed = f" ({rule})" if rule is not None and raw.target is None else ""
        reading.faults.append(f"{raw.source}: {raw.name}: {error}{allowed}")
        return None
    wrong = [each for each in members_of(value) if rule is not None and not rule.admits(each)]
    if wrong:
        named = raw.key if raw.target is None else f"{raw.alias}: {raw.key}"
        reading.faults.append(f"{raw.source}: {named}: must be {rule}, not {shown(wrong[0])}")
        return None
    return value


def _in_own_unit(target: Field, raw: _Raw, known: Mapping[str, Any]) -> Any:
    if raw.target is None:
        return raw.value
    return converted(
        raw.target, target, raw.value, lambda key: known.get(key, fields()[key].default)
    )


def _check_together(settings: Settings, reading: _Reading, known: Mapping[str, Any]) -> None:
    """Look at the pairs, but not at one with a member that was refused already."""
    refused = tuple(key for key in reading.raws if key not in known)
    values = {key: value_of(settings, key) for key in fields()}
    for key, other, what in pair_faults(values):
        if key not in refused and other not in refused:
            culprit = key if key in known else other
            reading.faults.append(f"{_source(reading, culprit)}: {key}: {what}")
    limiter = limiter_fault(settings.limits)
    if limiter and not any(key.startswith("limits.") for key in refused):
        reading.faults.append(f"{_source(reading, 'limits.')}: limits: {limiter}")


def _source(reading: _Reading, prefix: str) -> str:
    named = [raws[0].origin for key, raws in reading.raws.items() if key.startswith(prefix)]
    return named[-1] if named else DEFAULT


def _settings(settings: Settings, raws: Mapping[str, Sequence[_Raw]]) -> Iterator[Setting]:
    for key in fields():
        source = raws[key][0].origin if key in raws else DEFAULT
        yield Setting(key, value_of(settings, key), source)


def _did_you_mean(key: str) -> str:
    if key in sections():
        return f", but a section: [{TABLE}.{key}]"
    close = get_close_matches(key, [*fields(), *ALIASES], n=1, cutoff=0.6)
    if not close:
        name = key.rpartition(".")[2]
        close = [other for other in fields() if other.rpartition(".")[2] == name][:1]
    return f"; did you mean {close[0]}?" if close else ""
