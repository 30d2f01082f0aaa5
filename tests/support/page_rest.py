"""PageRest: docs/rest.md, made of the OpenAPI document that the service answers with."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from support.doc_sources import code, in_one_line, table
from support.openapi_document import openapi

Json = Mapping[str, Any]

INTRODUCTION = """# The HTTP API

The service answers on `http://127.0.0.1:8002`, and draws the dashboard at `/`.
How to use it, with tokens, stands in [service.md](service.md).
The same description for programs is `/openapi.json`.

Money, prices and quantities are text in answers, times whole milliseconds UTC.
An error has one shape, and names every fault of a body at once:

```json
{
  "error": {
    "code": "invalid",
    "message": "the body has 1 fault",
    "details": [{"field": "quantity", "message": "must be above 0"}]
  }
}
```
"""
PARAMETERS = ("parameter", "in", "type", "needed", "what it is")
ANSWERS = ("status", "means", "body")
USUAL = "Calls may also be answered with these, which are not repeated below.\n"
FIELDS = ("field", "type", "needed", "what it is")
WORDS = {"integer": "whole number", "string": "text", "boolean": "yes or no", "null": "nothing"}
FORMATS = {"decimal": "decimal text"}
REFERENCE = "#/components/schemas/"


def rest() -> str:
    """Return the page."""
    document: Json = json.loads(openapi())
    usual = _usual(document)
    parts = [INTRODUCTION, _overview(document), USUAL, table(ANSWERS, usual)]
    parts += [_operation(*each, usual) for each in _operations(document)]
    schemas: Json = document.get("components", {}).get("schemas", {})
    if schemas:
        parts.append("## Objects\n")
        parts += [_object(name, schemas[name]) for name in sorted(schemas)]
    return "\n".join(parts)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "responses" in operation:
                yield method.upper(), path, cast("Json", operation)


def _usual(document: Json) -> list[tuple[str, ...]]:
    """Return the answers that at least half of all calls may give."""
    given = [set(_responses(each)) for _, _, each in _operations(document)]
    every = dict.fromkeys(answer for answers in given for answer in sorted(answers))
    often = [each for each in every if 2 * sum(each in answers for answers in given) >= len(given)]
    return sorted(each for each in often if each[0] >= "400")


def _overview(document: Json) -> str:
    rows = [
        (f"[`{method} {path}`](#{_anchor(method, path)})", in_one_line(each.get("summary", "")))
        for method, path, each in _operations(document)
    ]
    return table(("call", "does"), rows)


def _anchor(method: str, path: str) -> str:
    kept = (each for each in f"{method} {path}".lower() if each.isalnum() or each in "_- ")
    return "".join(kept).replace(" ", "-")


def _operation(method: str, path: str, operation: Json, usual: list[tuple[str, ...]]) -> str:
    parts = [f"## {method} {path}\n", _says(operation)]
    parameters = [_parameter(each) for each in operation.get("parameters", ())]
    if parameters:
        parts.append(table(PARAMETERS, parameters))
    body = operation.get("requestBody")
    if body is not None:
        parts += [_body(content["schema"]) for content in body["content"].values()]
    own = [answer for answer in _responses(operation) if answer not in usual]
    parts.append(table(ANSWERS, own))
    return "\n".join(parts)


def _body(schema: Json) -> str:
    fields = list(_fields(schema))
    return f"The body has\n\n{table(FIELDS, fields)}" if fields else f"Body: {_type(schema)}.\n"


def _fields(schema: Json) -> Iterator[tuple[str, ...]]:
    needed = schema.get("required", ())
    for field, kind in schema.get("properties", {}).items():
        says = in_one_line(kind.get("description", ""))
        yield code(field), _type(kind), "yes" if field in needed else "", says


def _says(operation: Json) -> str:
    texts = (operation.get("summary", ""), operation.get("description", ""))
    return "\n\n".join(" ".join(text.split()) for text in texts if text) + "\n"


def _parameter(parameter: Json) -> tuple[str, ...]:
    return (
        code(parameter["name"]),
        parameter["in"],
        _type(parameter.get("schema", {})),
        "yes" if parameter.get("required") else "",
        in_one_line(parameter.get("description", "")),
    )


def _responses(operation: Json) -> Iterator[tuple[str, ...]]:
    for status, answer in sorted(operation["responses"].items()):
        kinds = [_type(each.get("schema", {})) for each in answer.get("content", {}).values()]
        yield status, in_one_line(answer.get("description", "")), ", ".join(dict.fromkeys(kinds))


def _object(name: str, schema: Json) -> str:
    says = " ".join(str(schema.get("description", "")).split())
    rows = list(_fields(schema))
    fields = table(FIELDS, rows) if rows else f"{_type(schema)}\n"
    return f"### {name}\n\n{says}\n\n{fields}" if says else f"### {name}\n\n{fields}"


def _type(schema: Json) -> str:
    """Return a schema in a few words, with a link where it names another."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(REFERENCE)
        return f"[{name}](#{name.lower()})"
    either = next((schema[each] for each in ("anyOf", "oneOf", "allOf") if each in schema), None)
    if either is not None:
        return " or ".join(dict.fromkeys(map(_type, either)))
    if "enum" in schema or "const" in schema:
        return ", ".join(map(code, schema.get("enum", [schema.get("const")])))
    if schema.get("type") == "array":
        members = schema.get("prefixItems") or [schema.get("items", {})]
        return f"list of {', then '.join(map(_type, members))}"
    return _plain(schema)


def _plain(schema: Json) -> str:
    kind: Any = schema.get("type", "anything")
    kinds = cast("list[str]", kind) if isinstance(kind, list) else [str(kind)]
    said = " or ".join(WORDS.get(each, each) for each in kinds)
    if "format" in schema:
        said = FORMATS.get(schema["format"], f"{said}, {schema['format']}")
    if "minimum" in schema and "maximum" in schema:
        said = f"{said}, {schema['minimum']} to {schema['maximum']}"
    if "default" in schema:
        said = f"{said}; {code(schema['default'])} if absent"
    if schema.get("properties"):
        said = f"{said} with {', '.join(map(code, schema['properties']))}"
    return said
