"""RuleFile: the rules that are built in and those of a file, read with every fault.

A table `[[rule]]` of a file with the name of one that is there changes the keys that it gives;
`enabled = false` turns it off. Names of figures and of what the engine says must be known: a rule
that could never fire is a fault, told with the nearest name that exists.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from ....messages.values import Severity
from ...errors import ConfigurationError
from .occurrences import known_names
from .rules import COMPARISONS, RISES, Condition, Rule, RuleSet

BUILT_IN = "builtin.toml"
KEYS = (
    *("name", "severity", "text", "enabled", "figure", "op", "value", "for", "also"),
    *("event", "ends", "quiet"),
)
CONDITION_KEYS = ("figure", "op", "value")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
DURATION = re.compile(r"(\d{1,6})(ms|s|m|h|d)")
UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
RULES_MAX = 500
TEXT_MAX = 1_000

Table = Mapping[str, Any]


def load_rules(path: Path | None, figures: Collection[str]) -> RuleSet:
    """Return the rules in force: those that are built in, changed and joined by a file's.

    Raises:
        ConfigurationError: With every fault of the file, each naming its rule.
    """
    tables = {str(each["name"]): (BUILT_IN, each) for each in built_in()}
    faults: list[str] = []
    if path is not None:
        for source, table in _of_file(path, faults):
            name = str(table["name"])
            before = tables.get(name, ("", {}))[1]
            tables[name] = (source, {**before, **table})
    reading = _Reading(frozenset(figures), faults)
    rules = [reading.rule(source, table) for source, table in tables.values()]
    if reading.faults:
        raise ConfigurationError(*reading.faults)
    return RuleSet(tuple(rule for rule in rules if rule is not None))


def built_in() -> list[dict[str, Any]]:
    """Return the tables of the rules that Callboard brings."""
    text = Path(__file__).with_name(BUILT_IN).read_text(encoding="utf-8")
    return cast("list[dict[str, Any]]", tomllib.loads(text, parse_float=Decimal)["rule"])


def _of_file(path: Path, faults: list[str]) -> Iterator[tuple[str, Table]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    faults.extend(
        f"{path}: {key}: unknown key; rules stand in tables [[rule]]"
        for key in data
        if key != "rule"
    )
    tables = _list_of(data.get("rule", []))
    if len(tables) > RULES_MAX:
        raise ConfigurationError(f"{path}: {len(tables)} rules, of {RULES_MAX} that may be there")
    seen: set[str] = set()
    for number, table in enumerate(tables, start=1):
        where = f"{path}: rule {number}"
        name: Any = cast("Table", table).get("name") if isinstance(table, Mapping) else None
        if not isinstance(name, str) or not NAME.fullmatch(name):
            faults.append(f"{where}: name must be a lower-case name, not {name!r}")
        elif name in seen:
            faults.append(f"{where}: there is a rule {name} above")
        else:
            seen.add(name)
            yield f"{path}: rule {name}", cast("Table", table)


@define(eq=False)
class _Reading:
    """Reads tables to rules, and collects what is wrong with them."""

    figures: frozenset[str]
    faults: list[str]
    _source: str = field(init=False, default="")

    def rule(self, source: str, table: Table) -> Rule | None:
        """Return the rule of a table, None for one that is at fault or turned off."""
        self._source = source
        before = len(self.faults)
        for key in table:
            if key not in KEYS:
                self._fault(
                    f"{key}: unknown key{nearest(key, KEYS)}; the keys are {', '.join(KEYS)}"
                )
        is_enabled = table.get("enabled", True)
        if not isinstance(is_enabled, bool):
            self._fault(f"enabled must be true or false, not {is_enabled!r}")
        rule = self._read(table)
        return rule if is_enabled and len(self.faults) == before else None

    def _read(self, table: Table) -> Rule | None:
        watches, waits = "figure" in table, "event" in table
        if watches == waits:
            self._fault("give it a figure with op and value, or an event: one of them")
            return None
        if watches:
            self._withheld(table, ("ends", "quiet"), "figure")
        else:
            self._withheld(table, ("op", "value", "for"), "event")
        events, ends = self._names(table, "event"), self._names(table, "ends")
        quiet_ms = self._duration(table, "quiet")
        if waits and not ends and not quiet_ms:
            self._fault('say when it is over: ends, or quiet, as in quiet = "15m"')
        if table.get("op") == RISES and not self._duration(table, "for"):
            self._fault('say within which time it rises: for, as in for = "5m"')
        return Rule(
            name=str(table["name"]),
            text=self._text(table),
            severity=self._severity(table, is_needed=watches),
            condition=self._condition(table, "") if watches else None,
            for_ms=self._duration(table, "for"),
            events=events,
            ends=ends,
            quiet_ms=quiet_ms,
            also=self._also(table),
        )

    def _condition(self, table: Table, within: str) -> Condition | None:
        figure, op, value = (table.get(key) for key in CONDITION_KEYS)
        before = len(self.faults)
        if not isinstance(figure, str) or figure not in self.figures:
            near = nearest(str(figure), self.figures)
            self._fault(f"{within}figure: there is no figure {figure!r}{near}")
        if op not in COMPARISONS:
            self._fault(f"{within}op must be one of {', '.join(COMPARISONS)}, not {op!r}")
        number = self._number(f"{within}value", value)
        if len(self.faults) > before or number is None:
            return None
        return Condition(str(figure), str(op), number)

    def _also(self, table: Table) -> Condition | None:
        given: Any = table.get("also")
        if given is None:
            return None
        if not isinstance(given, Mapping) or set(cast("Table", given)) != set(CONDITION_KEYS):
            self._fault("also must be a table of figure, op and value")
            return None
        return self._condition(cast("Table", given), "also.")

    def _number(self, key: str, value: Any) -> Decimal | None:
        if isinstance(value, int | Decimal | str) and not isinstance(value, bool):
            try:
                number = Decimal(value)
            except InvalidOperation:
                number = Decimal("NaN")
            if number.is_finite():
                return number
        self._fault(f"{key} must be a number, not {value!r}")
        return None

    def _duration(self, table: Table, key: str) -> int:
        value = table.get(key, "0s")
        found = milliseconds(value) if isinstance(value, str) else None
        if found is None:
            self._fault(f"{key} must be a time as 30s, 5m or 1h, not {value!r}")
        return found or 0

    def _names(self, table: Table, key: str) -> tuple[str, ...]:
        value: Any = table.get(key, [])
        if not isinstance(value, str | list):
            self._fault(f"{key} must be a name or a list of names, not {value!r}")
            return ()
        names = _list_of(value)
        known = known_names()
        for name in names:
            if name not in known:
                self._fault(f"{key}: the engine never says {name!r}{nearest(str(name), known)}")
        return tuple(str(name) for name in names)

    def _severity(self, table: Table, *, is_needed: bool) -> Severity | None:
        value = table.get("severity")
        if value is None and not is_needed:
            return None
        words = [each.value.lower() for each in Severity]
        if not isinstance(value, str) or value.lower() not in words:
            self._fault(f"severity must be one of {', '.join(words)}, not {value!r}")
            return None
        return Severity(value.upper())

    def _text(self, table: Table) -> str:
        value = table.get("text", "")
        if not isinstance(value, str) or len(value) > TEXT_MAX:
            self._fault(f"text must be a text of at most {TEXT_MAX} characters")
        return str(value)

    def _withheld(self, table: Table, keys: tuple[str, ...], what: str) -> None:
        for key in keys:
            if key in table:
                self._fault(
                    f"{key} says nothing of {'a figure' if what == 'figure' else 'an event'}"
                )

    def _fault(self, text: str) -> None:
        self.faults.append(f"{self._source}: {text}")


def _list_of(value: Any) -> list[Any]:
    """Return a list, or what stands alone as the only member of one."""
    return [*cast("Sequence[Any]", value)] if isinstance(value, list) else [value]


def milliseconds(text: str) -> int | None:
    """Return a time as people write it, as in 5m; None for what is none."""
    found = DURATION.fullmatch(text)
    return None if found is None else int(found[1]) * UNITS[found[2]]


def nearest(name: str, known: Collection[str]) -> str:
    """Return which known names are like one that is not, as the end of a sentence."""
    near = get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""
