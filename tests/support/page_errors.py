"""PageErrors: docs/errors.md, made of the error table, the guards and the exit codes."""

from callboard.actors.adapters.config_fields import fields
from callboard.actors.adapters.exits import CODES as EXITS
from callboard.actors.adapters.exits import Exit
from callboard.actors.policies.error_codes import CODES, KINDS
from callboard.actors.policies.error_table import classify
from callboard.actors.policies.guard_table import GUARDS
from callboard.actors.policies.retry import POLICIES, RULES, Rule
from callboard.messages.values import ErrorKind, Operation, Phase
from support.doc_guards import without_a_guard, words_of
from support.doc_sources import code, table

INTRODUCTION = """# Errors and refusals

Three things end otherwise than wished, and each says why:
a request at the venue that fails, an order that a guard refuses, and a command that ends with \
an exit code.
"""
KINDS_TEXT = """## What a failed request means

The error table judges a failed request by how far it got, then by the venue's code, then by the \
HTTP status.
It names a kind; the kind has an outcome, and a directive that the supervisor gives.
Unknown is an outcome of its own: the order is looked for, and never sent again blind.
What the table does not know is unknown for a request that changes something, and asked again \
for one that reads.
A read whose outcome would be unknown counts as not executed.
"""
PHASES = (
    (Phase.NOT_CONNECTED, 0, "no connection"),
    (Phase.NOT_SENT, 0, "not sent"),
    (Phase.MAYBE_SENT, 0, "no readable answer"),
)
STATUSES = (400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 504)
UNAVAILABLE = "Service Unavailable."
CODES_TEXT = """## The venue's codes

Read on 2026-11-20 from the venue's own pages.
"""
GUARDS_TEXT = """## What a guard refuses

`OrderRefused` carries the guard, the figure that broke it, and the limit.
`safety_guard` is which of the seven classic guards it stands for, or `callboard`.
Exits are refused by few of these: exits by signal need their place in `risk.actions`, and what \
people, stops and breakers close is never refused.
"""
EXITS_TEXT = """## How a command ends

A command whose input is wrong says what was wrong and where, and never shows a traceback.
"""
MEANINGS = {
    Exit.OK: "it did what it was asked for",
    Exit.FAILED: "it failed, or what it compared differs",
    Exit.USAGE: "it was called wrongly",
    Exit.CONFIGURATION: "the settings have faults, which it lists",
    Exit.UNREACHABLE: "there is no engine, service or port to reach",
    Exit.REFUSED: "a safety gate, a guard or the service refuses it",
    Exit.HALTED: "trading is halted",
    Exit.INTERRUPTED: "a second Ctrl-C ended it at once (143: SIGTERM), or the first one a search",
}


def errors() -> str:
    """Return the page."""
    assert not list(without_a_guard(GUARDS)), "each has words for a guard that is there"
    parts = (_kinds(), _evidence(), _codes(), _retries(), _guards(), _exits())
    return "\n".join([INTRODUCTION, *parts])


def _kinds() -> str:
    head = ("kind", "outcome", "directive", "because", "escalates to", "fixed first by")
    rows = [(code(kind), code(KINDS[kind].outcome), *_directive(RULES[kind])) for kind in ErrorKind]
    return f"{KINDS_TEXT}\n{table(head, rows)}"


def _directive(rule: Rule) -> tuple[str, str, str, str]:
    escalates = "" if rule.escalate is None else code(rule.escalate)
    return code(rule.action), rule.reason, escalates, "" if rule.fix is None else code(rule.fix)


def _evidence() -> str:
    place = Operation.PLACE
    seen = [(words, classify(place, phase, status, None, "")) for phase, status, words in PHASES]
    seen += [
        (f"HTTP {status}", classify(place, Phase.ANSWERED, status, None, "")) for status in STATUSES
    ]
    unavailable = classify(place, Phase.ANSWERED, 503, None, UNAVAILABLE)
    seen.append((f"HTTP 503 with the text `{UNAVAILABLE}`", unavailable))
    rows = [(words, code(each.kind), code(each.outcome)) for words, each in seen]
    says = "Of an order, without a code that the table knows:\n"
    return f"{says}\n{table(('what is seen', 'kind', 'outcome'), rows)}"


def _codes() -> str:
    head = ("code", "name", "kind", "outcome", "type", "severity")
    rows = [
        (
            code(row.code),
            row.name,
            code(row.kind),
            code(row.outcome),
            code(row.error_type),
            code(row.severity),
        )
        for row in sorted(CODES.values(), key=lambda row: -row.code)
    ]
    return f"{CODES_TEXT}\n{table(head, rows)}"


def _retries() -> str:
    head = ("type", "first wait", "longest wait", "repetitions")
    rows = [
        (code(kind), f"{each.base_ms} ms", f"{each.cap_ms} ms", str(each.retries_max))
        for kind, each in POLICIES.items()
    ]
    says = (
        "The waits double, each is drawn up to 25 % longer or shorter, and all are settings under"
    )
    link = "[`[callboard.retry]`](configuration.md#callboardretry)."
    return f"## How a request is repeated\n\n{says} {link}\n\n{table(head, rows)}"


def _guards() -> str:
    rows: list[tuple[str, ...]] = []
    for guard, stands_for in GUARDS.items():
        says, keys = words_of(guard)
        assert all(key in fields() for key in keys), f"the settings of {guard} are settings"
        rows.append((code(guard), says, ", ".join(map(code, keys)), code(stands_for)))
    head = ("guard", "refuses", "settings", "stands for")
    return f"{GUARDS_TEXT}\n{table(head, rows)}"


def _exits() -> str:
    rows = [(str(int(each)), MEANINGS[each], ", ".join(_errors_of(each))) for each in Exit]
    return f"{EXITS_TEXT}\n{table(('exit code', 'meaning', 'errors'), rows)}"


def _errors_of(code_: Exit) -> list[str]:
    return [code(_name(kind)) for kind, ends_with in EXITS if ends_with is code_]


def _name(kind: type[Exception]) -> str:
    """Return the name of an error, with its module where that is not ours."""
    is_plain = kind.__module__ == "builtins" or kind.__module__.startswith("callboard.")
    return kind.__name__ if is_plain else f"{kind.__module__}.{kind.__name__}"
