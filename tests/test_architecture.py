"""Architecture: the house rules that a tool can see, kept over every file of the project.

Owns the arrows between the floors and the list of files that the core's purity does not bind.
Each rule is also tried on text that breaks it, so that none passes because it looks at nothing.
"""

import ast
import builtins
import inspect
from typing import get_args

import pytest

import source_rules as rules
import source_tree as project
from callboard.actors.adapters.binance.account_reader import AccountReader, Look
from callboard.actors.adapters.binance.public_market import PublicMarket, PublicRead
from callboard.actors.adapters.binance_requests import build_request
from callboard.messages.venue import ListOpenOrders, ListPositions, ListTrades, ReadAccount

COMPOSITION_ROOT = ("actors/engine.py", "actors/system.py")
"""What there is, and how a host's machine runs it: threads, the journal's folder, start and stop.

Two files, since the simulation puts the same actors together without any of the second's parts.
"""

HOST_FILES = (
    "actors/aio.py",
    "actors/runtime/dispatcher.py",
    "actors/runtime/front.py",
    "actors/runtime/inbox.py",
    "actors/runtime/threads.py",
)
"""The threaded host: the only files below the adapters that may know a thread or a clock."""

MESSAGES = "callboard.messages"
ACTORS = "callboard.actors"
SCENARIOS = "callboard.scenarios"
ADAPTERS = "callboard.actors.adapters"
FLOORS = (MESSAGES, ACTORS, SCENARIOS)

FILES_INSIDE = project.inside()
FILES_OUTSIDE = project.outside()
FILES_OF_MESSAGES = tuple(file for file in FILES_INSIDE if file.startswith("messages/"))
FILES_OF_PURE_FOLDERS = tuple(
    file for file in FILES_INSIDE if file.startswith(("actors/policies/", "actors/runtime/"))
)
FILES_OF_CORE = tuple(
    file
    for file in FILES_INSIDE
    if file.startswith(("messages/", "actors/"))
    and not file.startswith("actors/adapters/")
    and file not in (*COMPOSITION_ROOT, *HOST_FILES)
)
INIT_FILES = tuple(file for file in FILES_INSIDE if file.endswith("/__init__.py"))
OFFERING_FILES = ("scenarios/__init__.py", "scenarios/strategies/__init__.py")
"""Beside the root, the packages whose names are offered to others."""
FILES_OF_TALK = tuple(file for file in FILES_OF_MESSAGES if file != "messages/codec.py")
"""The conversations; the codec beside them is machinery and holds no message."""

EXCEPTIONS = {
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
}
THAWED_ROOTS = frozenset({"Enum", "IntEnum", "Protocol", "StrEnum"} | EXCEPTIONS)


def is_below(module: str, *prefixes: str) -> bool:
    """Say whether a module is one of the prefixes or inside one."""
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def ours(file: str) -> list[str]:
    """List the modules of this package that a package file imports."""
    return [name for name in project.imported_modules(file) if is_below(name, project.PACKAGE)]


def actor_modules() -> list[str]:
    """Name the modules of `actors` itself that hold an actor."""
    direct = (file for file in FILES_INSIDE if file.startswith("actors/") and file.count("/") == 1)
    return [project.module_name(file) for file in direct if rules.has_actor(project.parse(file))]


def floor_of(module: str) -> str | None:
    """Name the floor that a module stands on; the roof stands on none."""
    return next((floor for floor in FLOORS if is_below(module, floor)), None)


def absolute_imports(tree: ast.Module) -> list[str]:
    """List what a file imports by an absolute name."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(node.module or "")
    return found


@pytest.mark.parametrize("file", FILES_OF_MESSAGES)
def test_messages_import_nothing_of_ours_but_messages(file: str) -> None:
    assert [] == [name for name in ours(file) if not is_below(name, MESSAGES)]


@pytest.mark.parametrize("file", FILES_INSIDE)
def test_arrows_between_the_floors_go_one_way(file: str) -> None:
    module = project.module_name(file)
    above = FLOORS[FLOORS.index(floor) + 1 :] if (floor := floor_of(module)) else ()

    assert [] == [name for name in ours(file) if is_below(name, *above)]


@pytest.mark.parametrize("file", FILES_INSIDE)
def test_nobody_imports_the_roof(file: str) -> None:
    roof = {project.PACKAGE, f"{project.PACKAGE}.__main__"}

    assert [] == [name for name in ours(file) if name in roof]


@pytest.mark.parametrize("file", FILES_OF_PURE_FOLDERS)
def test_policies_and_runtime_know_neither_adapters_nor_single_actors(file: str) -> None:
    forbidden = (ADAPTERS, SCENARIOS, *actor_modules())

    assert [] == [name for name in ours(file) if is_below(name, *forbidden)]


@pytest.mark.parametrize("file", FILES_INSIDE)
def test_only_the_composition_root_adapters_and_scenarios_import_adapters(file: str) -> None:
    # The package's own file names what it offers, and imports none of it by itself.
    may = file in (*COMPOSITION_ROOT, "__init__.py") or file.startswith(
        ("actors/adapters/", "scenarios/")
    )

    assert may or [] == [name for name in ours(file) if is_below(name, ADAPTERS)]


@pytest.mark.parametrize("file", FILES_INSIDE)
def test_imports_inside_the_package_are_relative(file: str) -> None:
    tops = {project.PACKAGE, *project.INSIDE}
    absolute = [
        name for name in absolute_imports(project.parse(file)) if name.split(".")[0] in tops
    ]

    assert [] == absolute


@pytest.mark.parametrize("file", FILES_OUTSIDE)
def test_imports_outside_the_package_are_absolute_and_by_its_name(file: str) -> None:
    tree = project.parse(file)
    bare = [name for name in absolute_imports(tree) if name.split(".")[0] in project.INSIDE]
    relative = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert ([], []) == (bare, relative)


@pytest.mark.parametrize("file", FILES_OF_CORE)
def test_the_core_holds_no_clock_random_number_thread_socket_or_ask(file: str) -> None:
    assert [] == rules.impurities(project.parse(file))


@pytest.mark.parametrize("file", FILES_OF_CORE)
def test_the_core_never_iterates_a_set(file: str) -> None:
    assert [] == rules.set_iterations(project.parse(file))


def test_every_file_of_the_threaded_host_says_so() -> None:
    present = [file for file in HOST_FILES if file in FILES_INSIDE]
    docstrings = {file: ast.get_docstring(project.parse(file)) or "" for file in present}

    silent = [file for file in present if "threaded host" not in " ".join(docstrings[file].split())]

    assert [] == silent


@pytest.mark.parametrize("file", FILES_INSIDE)
def test_only_the_risk_gate_makes_an_approved_order(file: str) -> None:
    made = rules.constructions(project.parse(file), "ApprovedOrder")

    assert file == "actors/risk_gate.py" or [] == made


def test_the_client_of_a_live_market_knows_no_key_and_no_order() -> None:
    binance = f"{ADAPTERS}.binance"
    forbidden = (
        *(f"{binance}.{name}" for name in ("client", "credentials", "exchange", "keys", "opening")),
        *(f"{binance}.{name}" for name in ("streams", "user_wire", "ws_entry")),
        f"{ADAPTERS}.binance_requests",
        "binance",
    )
    file_of = {project.module_name(file): file for file in FILES_INSIDE}
    known, waiting = set[str](), [f"{binance}.public_market"]
    while waiting:
        name = waiting.pop()
        if name not in known:
            known.add(name)
            waiting += project.imported_modules(file_of[name]) if name in file_of else ()

    assert f"{binance}.market_wire" in known
    assert [] == sorted(name for name in known if is_below(name, *forbidden))


def test_the_client_of_a_live_market_reads_from_a_closed_list_and_listens() -> None:
    parameters = {
        name: list(inspect.signature(word).parameters)
        for name, word in vars(PublicMarket).items()
        if not name.startswith("_")
    }
    tree = project.parse("actors/adapters/binance/public_market.py")
    asked = [
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "self._session"
    ]

    assert {
        "read": ["self", "what", "request_id"],
        "listen": ["self", "symbols", "listener"],
        "close": ["self"],
    } == parameters
    assert {"/fapi/v1/time", "/fapi/v1/exchangeInfo"} == set(PublicRead)
    assert ["close", "get"] == sorted(asked)


def test_who_looks_at_an_account_has_no_word_that_changes_it() -> None:
    words = {name for name in vars(AccountReader) if not name.startswith("_")}
    tree = project.parse("actors/adapters/binance/account_reader.py")
    built = sorted(
        ast.unparse(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "build_request"
    )
    orders = (ListOpenOrders(conditional=False), ListOpenOrders(conditional=True))
    looks = (ReadAccount(), ListPositions(), *orders, ListTrades("BTCUSDT", 0))

    assert {"venue_ms", "account", "positions", "open_orders", "trades"} == words - {
        *("listen", "deafen", "close")
    }
    assert ["RenewListenKey()", "look"] == built
    assert set(get_args(Look)) == set(map(type, looks))
    assert {"GET"} == {build_request(look, "").method for look in looks}
    assert [] == rules.constructions(tree, "VenueRequest")


@pytest.mark.parametrize("file", FILES_INSIDE + FILES_OUTSIDE)
def test_a_module_says_first_what_it_is(file: str) -> None:
    assert [] == rules.docstring_faults(project.parse(file))


@pytest.mark.parametrize("file", [file for file in INIT_FILES if file not in OFFERING_FILES])
def test_an_init_file_holds_a_docstring_and_nothing_else(file: str) -> None:
    body = project.parse(file).body

    assert 1 == len(body)


@pytest.mark.parametrize("file", FILES_INSIDE + FILES_OUTSIDE)
def test_no_file_is_longer_than_400_lines(file: str) -> None:
    lines = (project.ROOT / file).read_text(encoding="utf-8").count("\n")

    assert lines <= 400


@pytest.mark.parametrize("file", FILES_OF_TALK)
def test_messages_are_frozen(file: str) -> None:
    trees = tuple(project.parse(other) for other in FILES_OF_MESSAGES)
    exempt = rules.classes_below(trees, THAWED_ROOTS)

    assert [] == rules.thawed_classes(project.parse(file), exempt)


@pytest.mark.parametrize("file", FILES_OF_MESSAGES)
def test_no_message_speaks_in_floats(file: str) -> None:
    assert [] == rules.float_annotations(project.parse(file))
