"""Plan: the settings as they would be used, their mode, and its keys.

Owns no rule: those of the settings, the modes and the keys are asked, and every fault of each is a
finding. What cannot be judged without a fault before it is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define

from ...errors import ConfigurationError
from ...policies.mode_rules import MODES
from ...settings import Settings
from ..binance.credentials import Credentials
from ..binance.environment import Environment, VenueAddress
from ..binance.keys import PREFIXES, paper_credentials, read_credentials
from ..config import DEFAULT, Loaded, load
from ..halt_path import NO_FOLDER
from ..modes import address, environment_of, market_address, mode_faults
from ..secret import FILE_SUFFIX
from ..settings_advice import advice_on
from .finding import Finding, fail, ok, warn


@define
class Plan:
    """What a start would be made of, as far as it can be had."""

    settings: Settings | None = None
    address: VenueAddress | None = None
    """Of a venue that may be asked."""
    credentials: Credentials | None = None
    market: VenueAddress | None = None
    """Whose public prices the built-in venue would trade at."""


def check_plan(
    plan: Plan,
    files: Sequence[Path],
    environ: Mapping[str, str],
    flags: Mapping[str, str],
    data_dir: Path | None,
    *,
    is_market_live: bool = False,
) -> Iterator[Finding]:
    """Yield what is found of settings, mode and keys, and put what is good into the plan."""
    try:
        loaded = load(files, environ, flags)
    except ConfigurationError as error:
        remedy = "callboard config show says where each value comes from"
        yield from (fail("settings", fault, remedy) for fault in error.faults)
        return
    plan.settings = loaded.settings
    yield _settings(loaded)
    for each in advice_on(loaded.settings):
        yield warn("settings", f"{each.key}: {each.text}", each.remedy)
    yield from _mode(plan, loaded.settings, data_dir)
    yield from _keys(plan, loaded.settings, environ)
    if is_market_live and MODES[loaded.settings.mode].sends_orders:
        yield from _market(plan, loaded.settings)


def _market(plan: Plan, settings: Settings) -> Iterator[Finding]:
    """Yield where the prices of `--market live` come from; a venue elsewhere has its own."""
    if environment_of(settings) is not Environment.LOOPBACK or settings.exchange.rest_url:
        yield fail("market", "a live one is for the built-in venue", "leave --market out")
        return
    try:
        plan.market = market_address(settings)
    except ConfigurationError as error:
        yield from (fail("market", each, "correct what is named") for each in error.faults)
        return
    yield ok("market", f"live, at {plan.market.rest}; read without a key")


def _settings(loaded: Loaded) -> Finding:
    changed = sum(each.source != DEFAULT for each in loaded.values)
    text = f"{len(loaded.values)}, {changed} of them set by you"
    if not loaded.settings.risk.symbols and loaded.settings.mode != "paper":
        return warn("settings", f"{text}; risk.symbols is empty", "name the symbols to be traded")
    return ok("settings", text)


def _mode(plan: Plan, settings: Settings, data_dir: Path | None) -> Iterator[Finding]:
    faults = list(mode_faults(settings))
    if MODES[settings.mode].is_guarded and data_dir is None:
        faults.append(NO_FOLDER)
    remedy = "the safety notes of the README say what each mode needs"
    yield from (fail("mode", fault, remedy) for fault in faults)
    if faults:
        return
    if environment_of(settings) is Environment.LOOPBACK and not settings.exchange.rest_url:
        yield ok("mode", f"{settings.mode}, reaches the built-in venue alone")
        return
    plan.address = address(settings)
    does = "reaches" if MODES[settings.mode].sends_orders else "only looks at"
    yield ok("mode", f"{settings.mode}, {does} {plan.address.rest}")


def _keys(plan: Plan, settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    environment = environment_of(settings)
    if environment not in PREFIXES:
        plan.credentials = paper_credentials(settings.exchange.account)
        yield ok("keys", f"{settings.mode} reads none")
        return
    try:
        plan.credentials = read_credentials(environment, environ)
    except ConfigurationError as error:
        remedy = f"make a pair for {environment} at the venue, without leave to withdraw"
        yield from (fail("keys", fault, remedy) for fault in error.faults)
        return
    name = f"{PREFIXES[environment]}_SECRET"
    name = name if name in environ else name + FILE_SUFFIX
    yield ok("keys", f"of {environment}, {plan.credentials.kind} from {name}")
