"""SavedFields: attrs classes as TOML tables, every field under a name for people.

Owns the names and the shape: `at_ms` is `at`, a tuple of records is an array of tables under the
singular of its name, and what is as usual is left out. A new field of a class needs nothing here.
All faults of a text are told at once, each with its line and the nearest valid names.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
from attrs import define, field, frozen

from .toml_lines import TomlPath, line_of
from .values import Form, near, text_of, value_of

Record = TypeVar("Record")


@frozen
class Style:
    """What the classes do not say themselves, by class and field."""

    keys: Mapping[tuple[type, str], str] = MappingProxyType({})
    """Another name, or one in a section, as in `market.is_thin`."""
    words: Mapping[tuple[type, str], tuple[str, ...]] = MappingProxyType({})
    """What a text may be."""


@define
class Reading:
    """A text that is being read: what it is called, where its keys stand, what was wrong."""

    source: str
    lines: Mapping[TomlPath, int]
    style: Style
    faults: list[str] = field(factory=list[str])

    def fault(self, path: TomlPath, text: str) -> None:
        """Note that something is wrong at a place."""
        self.faults.append(f"{self.source}:{line_of(self.lines, path)}: {text}")

    def record(
        self,
        kind: type[Record],
        table: Mapping[str, Any],
        path: TomlPath,
        beside: tuple[str, ...] = (),
    ) -> Record | None:
        """Return what a table makes, or None and faults; `beside` are keys that others read."""
        before = len(self.faults)
        forms = {form.key: form for form in forms_of(kind, self.style)}
        spelled = {**{form.name: form for form in forms.values() if form.is_duration}, **forms}
        values: dict[str, Any] = {}
        for key, where, raw in _entries(table, forms, path):
            form = spelled.get(key)
            if form is None:
                self.fault(where, f"{key}: is no key here; {near(key, (*forms, *beside))}")
            elif form.name in values:
                self.fault(where, f"{key}: is said twice, as {form.key} too")
            else:
                values[form.name] = self._value(form, raw, where)
        for form in forms.values():
            if form.name not in values and _usual(kind, form.name) is attrs.NOTHING:
                self.fault(path, f"{form.key}: is missing")
        return self._made(kind, values, path) if len(self.faults) == before else None

    def _made(self, kind: type[Record], values: dict[str, Any], path: TomlPath) -> Record | None:
        """Return the record; what its own class does not take is told as it says it."""
        try:
            return kind(**values)
        except ValueError as error:
            self.fault(path, str(error))
            return None

    def _value(self, form: Form, raw: Any, path: TomlPath) -> Any:
        if attrs.has(form.kind):
            if isinstance(raw, dict):
                return self.record(form.kind, cast("dict[str, Any]", raw), path)
            self.fault(path, f"{form.key}: is a table, as in [{form.key}]")
            return None
        if is_array(form):
            return self._records(form, raw, path)
        try:
            return value_of(form, raw, is_bare=path[-1] == form.name)
        except ValueError as error:
            self.fault(path, f"{form.key}: {error}")
            return None

    def _records(self, form: Form, raw: Any, path: TomlPath) -> tuple[Any, ...]:
        entries: list[Any] = raw if isinstance(raw, list) else [raw]  # pyright: ignore[reportUnknownVariableType] - any value
        tables = [cast("dict[str, Any]", each) for each in entries if isinstance(each, dict)]
        if not isinstance(raw, list) or len(tables) < len(entries):
            self.fault(path, f"{form.key}: is written as [[{form.key}]], once for each")
            return ()
        kind = get_args(form.kind)[0]
        return tuple(
            self.record(kind, table, (*path, number)) for number, table in enumerate(tables)
        )


def is_array(form: Form) -> bool:
    """Return True for several records, each with a table of its own."""
    return get_origin(form.kind) is tuple and attrs.has(get_args(form.kind)[0])


def forms_of(kind: type, style: Style) -> tuple[Form, ...]:
    """Return how each field of a class is written, in its order."""
    hints = _hints(kind)
    return tuple(
        Form(
            style.keys.get((kind, name)) or _key(name, _without_none(hints[name]), tuple(hints)),
            name,
            _without_none(hints[name]),
            style.words.get((kind, name), ()),
        )
        for name in attrs.fields_dict(kind)
    )


def written(record: object, style: Style, above: str = "") -> Iterator[str]:
    """Yield a record as lines of TOML: its own keys, sections, then tables."""
    kind = type(record)
    unusual = [
        (form, value)
        for form in forms_of(kind, style)
        if (value := getattr(record, form.name)) != _usual(kind, form.name)
    ]
    yield from _plain(unusual, "")
    for section in dict.fromkeys(_section(form) for form, _ in unusual if _section(form)):
        yield from ("", f"[{section}]", *_plain(unusual, section))
    for form, value in unusual:
        if attrs.has(form.kind):
            lines = tuple(written(value, style, f"{above}{form.key}."))
            # A table of tables alone needs no line of its own.
            yield from lines if lines[0] == "" else ("", f"[{above}{form.key}]", *lines)
        elif is_array(form):
            for each in value:
                yield from ("", f"[[{above}{form.key}]]", *written(each, style))


def _plain(unusual: list[tuple[Form, Any]], section: str) -> Iterator[str]:
    for form, value in unusual:
        if _section(form) == section and not attrs.has(form.kind) and not is_array(form):
            yield f"{form.key.rpartition('.')[2]} = {text_of(form, value)}"


def _section(form: Form) -> str:
    return form.key.rpartition(".")[0]


def _entries(
    table: Mapping[str, Any], forms: Mapping[str, Form], path: TomlPath
) -> Iterator[tuple[str, TomlPath, Any]]:
    """Yield every key with its place and value; those of a section have its name before a dot."""
    sections = {_section(form) for form in forms.values()}
    for key, raw in table.items():
        if key in sections and isinstance(raw, dict):
            inside = cast("dict[str, Any]", raw)
            yield from ((f"{key}.{name}", (*path, key, name), inside[name]) for name in inside)
        else:
            yield key, (*path, key), raw


def _key(name: str, kind: Any, names: tuple[str, ...]) -> str:
    """Return a field's plain name: several are told one by one, and times have their own unit."""
    if get_origin(kind) is tuple and attrs.has(get_args(kind)[0]):
        return name.removesuffix("es" if name.endswith(("shes", "ches")) else "s")
    short = name.removesuffix("_ms") if kind is int else name
    return name if short in names else short


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _without_none(kind: Any) -> Any:
    if get_origin(kind) not in (Union, UnionType):
        return kind
    (only,) = (each for each in get_args(kind) if each is not NoneType)
    return only


def _usual(kind: type, name: str) -> Any:
    """Return a field's value when nobody says it, `attrs.NOTHING` when somebody must."""
    default: Any = attrs.fields_dict(kind)[name].default
    factory = getattr(default, "factory", None)
    return default if factory is None else factory()
