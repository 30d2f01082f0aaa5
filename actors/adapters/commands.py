"""Commands: `config`, `status` and what brakes an engine, of the command line.

Owns the options and the words that people read; what is done is done elsewhere. Data goes to the
standard output, everything else to the error output; exit codes are those of `exits.py`.
"""

import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from .exits import Exit, end, exits, say
from .terminal.place import PLACE, Place, Url

CONFIG_NAME = "callboard.toml"
ANSWER_SECONDS = 10.0
OUTCOME_SECONDS = 90.0
Decorated = TypeVar("Decorated", bound=Callable[..., Any])
ORDER_COUNTS = ("executed", "failed", "cancelled", "pending")

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
CONFIG = click.option(
    "-c",
    "--config",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A settings file; repeatable, the last one wins.",
)
SET = click.option(
    "-s", "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="One setting; repeatable."
)


def _timeout(seconds: float, text: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        "--timeout",
        "timeout_seconds",
        default=seconds,
        show_default=True,
        type=click.FloatRange(0.1, 600),
        help=text,
    )


TIMEOUT = _timeout(ANSWER_SECONDS, "Seconds to wait for the engine's answer.")
OUTCOME_TIMEOUT = _timeout(
    OUTCOME_SECONDS, "Seconds to wait for what comes of it; the engine goes on all the same."
)
BY = click.option("--by", default="operator", show_default=True, help="Who gives the command.")
REASON = click.option("--reason", default="", help="Why; kept in the journal.")


@click.group("config")
def config() -> None:
    """Write, check or show settings."""


@config.command("init")
@click.argument("path", default=CONFIG_NAME, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@exits
def init(path: Path, *, force: bool) -> None:
    """Write a commented settings file with every key and its default."""
    from .config import template

    if path.exists() and not force:
        raise click.UsageError(f"{path} is there already; --force replaces it")
    path.write_text(template(), encoding="utf-8")
    say(f"wrote {path}")


@config.command("check")
@CONFIG
@SET
@exits
def check(files: tuple[Path, ...], pairs: tuple[str, ...]) -> None:
    """Read the settings and tell every fault at once; exit 3 if there is one."""
    from .config import DEFAULT, load
    from .modes import check_mode
    from .settings_advice import advice_on

    loaded = load(config_files(files), os.environ, read_pairs(pairs))
    check_mode(loaded.settings)
    _check_rules(loaded.settings.alerts.rules)
    for each in advice_on(loaded.settings):
        say(f"warning: {each.key}: {each.text} -> {each.remedy}")
    changed = sum(each.source != DEFAULT for each in loaded.values)
    click.echo(f"ok: {len(loaded.values)} settings, {changed} of them set by you")


def _check_rules(path: str) -> None:
    """Read the rules of the alerts, too, where settings name a file of them."""
    from .alerts.rule_file import load_rules
    from .metrics.catalogue import figure_names

    if path:
        load_rules(Path(path), figure_names())


@config.command("show")
@CONFIG
@SET
@click.option("--changed", is_flag=True, help="Only what is not the default.")
@AS_JSON
@exits
def show(files: tuple[Path, ...], pairs: tuple[str, ...], *, changed: bool, as_json: bool) -> None:
    """Show every setting as it would be used, and where it comes from."""
    from .config import DEFAULT, load, shown

    loaded = load(config_files(files), os.environ, read_pairs(pairs))
    values = [each for each in loaded.values if not changed or each.source != DEFAULT]
    if as_json:
        plain = {each.key: {"value": shown(each.value), "source": each.source} for each in values}
        click.echo(json.dumps(plain, indent=2))
        return
    width = max((len(each.key) for each in values), default=0)
    for each in values:
        line = f"{each.key:<{width}}  {shown(each.value):<24}  "
        is_default = each.source == DEFAULT
        click.echo(line + click.style(each.source, dim=is_default, bold=not is_default))


@click.command("halt")
@PLACE
@REASON
@BY
@TIMEOUT
@AS_JSON
@exits
def halt(place: Place, reason: str, by: str, timeout_seconds: float, *, as_json: bool) -> None:
    """Stop the engine on D from opening risk; it still reduces and protects."""
    send_command(place, "halt", timeout_seconds, as_json=as_json, reason=reason, by=by)


@click.command("resume")
@PLACE
@REASON
@BY
@click.option("--approved-by", "approvals", multiple=True, help="Who agreed; repeatable.")
@TIMEOUT
@AS_JSON
@exits
def resume(
    place: Place,
    reason: str,
    by: str,
    approvals: tuple[str, ...],
    timeout_seconds: float,
    *,
    as_json: bool,
) -> None:
    """Let the engine on D trade again."""
    fields = {"reason": reason, "by": by, "approvals": approvals}
    send_command(place, "resume", timeout_seconds, as_json=as_json, **fields)


@click.command("flatten")
@PLACE
@click.option("--symbol", default="", help="Only this symbol; all without it.")
@REASON
@BY
@OUTCOME_TIMEOUT
@AS_JSON
@exits
def flatten(
    place: Place, symbol: str, reason: str, by: str, timeout_seconds: float, *, as_json: bool
) -> None:
    """Cancel the resting entries of the engine on D and close its positions.

    Says that they are flat once the venue shows none, and exits with 1 where it does not.
    """
    fields = {"symbol": symbol, "reason": reason, "by": by}
    send_command(place, "flatten", timeout_seconds, as_json=as_json, **fields)


@click.command("cancel-all")
@PLACE
@click.option("--symbol", default="", help="Only this symbol; all without it.")
@click.option(
    "--all-orders",
    is_flag=True,
    help="Also stops, targets and exits, and what others have placed on the account.",
)
@REASON
@OUTCOME_TIMEOUT
@AS_JSON
@exits
def cancel_all(
    place: Place,
    symbol: str,
    reason: str,
    timeout_seconds: float,
    *,
    all_orders: bool,
    as_json: bool,
) -> None:
    """Cancel the resting entries of the engine on D; its positions keep their stops.

    Exits with 1 when one of them could not be cancelled, and names it.
    """
    fields = {"symbol": symbol, "reason": reason, "all_orders": all_orders}
    send_command(place, "cancel-all", timeout_seconds, as_json=as_json, **fields)


@click.command("reconcile")
@PLACE
@REASON
@BY
@TIMEOUT
@AS_JSON
@exits
def reconcile(place: Place, reason: str, by: str, timeout_seconds: float, *, as_json: bool) -> None:
    """Have the engine compare its view with the venue's now; what differs is told as ever."""
    send_command(place, "reconcile", timeout_seconds, as_json=as_json, reason=reason, by=by)


@click.command("status")
@PLACE
@TIMEOUT
@AS_JSON
@exits
def status(place: Place, timeout_seconds: float, *, as_json: bool) -> None:
    """Show the trading state and the positions of the engine on D."""
    send_command(place, "status", timeout_seconds, as_json=as_json)


def config_files(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the named files, else `callboard.toml` where there is one."""
    if files:
        return files
    here = Path(CONFIG_NAME)
    return (here,) if here.is_file() else ()


def read_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return `KEY=VALUE` texts as a mapping; one without `=` is a usage error."""
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set {pair}: write KEY=VALUE")
        found[key.strip()] = value.strip()
    return found


def send_command(
    place: Place, command: str, timeout_seconds: float, *, as_json: bool, **fields: Any
) -> None:
    """Give an engine a command, print its answer and end with its code."""
    from .spool import Order, new_order_id, send

    order = Order(new_order_id(), command, **fields)
    if isinstance(place, Url):
        from .terminal.remote_commands import send_to

        answer = send_to(place, order, timeout_seconds=timeout_seconds)
    else:
        answer = dict(send(place, order, timeout_seconds=timeout_seconds))
    if as_json:
        click.echo(json.dumps(answer))
    else:
        _print_answer(answer)
    end(exit_of(answer))


def exit_of(answer: dict[str, Any]) -> Exit:
    """Return how a command ends: one that was carried out, and not to its end, has failed."""
    if answer.get("ok"):
        return Exit.OK
    return Exit.FAILED if "outcome" in answer else Exit.REFUSED


def _print_answer(answer: dict[str, Any]) -> None:
    if not answer.get("ok"):
        word = "failed:" if "outcome" in answer else "refused:"
        say(f"{click.style(word, fg='red', bold=True)} {answer.get('reason', '')}")
    for line in outcome_lines(answer.get("outcome", {})):
        click.echo(line)
    if "order" in answer:
        _print_order(answer["order"])
        return
    if "trading_state" not in answer:
        return
    state = str(answer["trading_state"])
    colour = {"ACTIVE": "green", "REDUCING": "yellow"}.get(state, "red")
    reason = f"  ({answer['reason']})" if answer.get("reason") else ""
    click.echo(f"state      {click.style(state, fg=colour, bold=True)}{reason}")
    click.echo(f"profit     {answer['realised_pnl']} realised, {answer['fees']} fees")
    if answer.get("held_symbols"):
        click.echo(f"held       {', '.join(answer['held_symbols'])}")
    click.echo(orders_line(answer["orders"]))
    for position in answer["positions"] or ():
        guard = f"stop {position['stop_price']}"
        guard = guard if position["protected"] else click.style("NO STOP", fg="red")
        click.echo(
            f"position   {position['symbol']} {position['quantity']} "
            f"at {position['entry_price']}, mark {position['mark_price']}, {guard}"
            f"{liquidation_words(position)}"
        )
    if not answer["positions"]:
        click.echo("position   none")


def liquidation_words(position: dict[str, Any]) -> str:
    """Return what is said of a position's liquidation price, empty where it is not known."""
    if position["liquidation_price"] is None:
        return ""
    distance = position["liquidation_distance_pct"]
    away = "" if distance is None else f", {distance} % away"
    return f", liquidation {position['liquidation_price']}{away}"


def _print_order(order: dict[str, Any]) -> None:
    from .order_lines import order_lines

    for line in order_lines(order):
        click.echo(line)


def outcome_lines(outcome: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that show what a command has come to."""
    if "left" in outcome:
        open_still = ", ".join(outcome["left"]) or "not known to be"
        yield f"flat       {'at the venue' if outcome['is_flat'] else f'no: {open_still}'}"
    if "done" not in outcome:
        return
    done = ", ".join(outcome["done"])
    yield f"cancelled  {done or 'nothing'}"
    for client_order_id, why in outcome["failed"].items():
        yield f"failed     {client_order_id}: {why}"
    for client_order_id in outcome["pending"]:
        yield f"pending    {client_order_id}"


def orders_line(orders: dict[str, Any]) -> str:
    """Return the line that counts orders, with the success rate in percent."""
    rate = orders["success_rate"]
    succeeded = "" if rate is None else f", success rate {Decimal(rate) * 100:.1f} %"
    counts = ", ".join(f"{orders[name]} {name}" for name in ORDER_COUNTS)
    return f"orders     {orders['total_orders']}: {counts}{succeeded}"
