"""Command line: the roof that joins the command bodies of the floors below, lazily.

Owns the table of commands and nothing of what they do: a body is imported only when its command
is named, so that `callboard version` never pays for the engine. Holds no state. A name that is
not in the table is click's usage error, exit code 2.
"""

import os
from importlib import import_module, metadata

import click

_COMMANDS: dict[str, str] = {
    "alerts": "actors.adapters.alerts.commands:alerts",
    "audit": "actors.adapters.records.audit_commands:audit",
    "cancel-all": "actors.adapters.commands:cancel_all",
    "completion": "actors.adapters.terminal.completion:completion_command",
    "config": "actors.adapters.commands:config",
    "dash": "actors.adapters.terminal.top_verb:dash_command",
    "demo": "scenarios.demo.command:demo",
    "doctor": "actors.adapters.doctor.command:doctor",
    "flatten": "actors.adapters.commands:flatten",
    "halt": "actors.adapters.commands:halt",
    "journal": "actors.adapters.journal_commands:journal",
    "logs": "actors.adapters.terminal.logs_verbs:logs",
    "order": "actors.adapters.order_commands:order",
    "orders": "actors.adapters.terminal.show_verbs:orders_command",
    "positions": "actors.adapters.terminal.show_verbs:positions_command",
    "reconcile": "actors.adapters.commands:reconcile",
    "replay": "scenarios.fork.command:replay",
    "report": "actors.adapters.report.command:report_command",
    "resume": "actors.adapters.commands:resume",
    "run": "scenarios.running.commands:run",
    "scenario": "scenarios.search.commands:scenario",
    "serve": "actors.adapters.service.serve_command:serve",
    "status": "actors.adapters.commands:status",
    "store": "actors.adapters.records.store_commands:store",
    "top": "actors.adapters.terminal.top_verb:top_command",
    "trades": "actors.adapters.terminal.show_verbs:trades_command",
    "upgrade": "actors.adapters.upgrade_command:upgrade",
    "venue": "scenarios.running.venue_command:venue",
}
"""Command name -> "module:object" below this package."""


class LazyGroup(click.Group):
    """A click group that imports a command's body when the command is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the table beside the commands defined here, in order."""
        return sorted({*super().list_commands(ctx), *_COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's body, or return None for a name that nobody offers."""
        target = _COMMANDS.get(cmd_name)
        return super().get_command(ctx, cmd_name) if target is None else _load(target)


def _load(target: str) -> click.Command:
    module_name, _, attribute = target.partition(":")
    command = getattr(import_module(f".{module_name}", __package__), attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{target} is not a click command")
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """Execute orders on Binance USDM futures, or on the built-in venue."""
    if "NO_COLOR" in os.environ:
        ctx.color = False


@main.command()
def version() -> None:
    """Print the version and leave."""
    click.echo(metadata.version("callboard"))


if __name__ == "__main__":
    main(prog_name="callboard")
