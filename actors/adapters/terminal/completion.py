"""Completion: the script with which a shell completes this program's words.

Owns nothing but the names of the shells; click makes the script and answers it.
"""

import click
from click.shell_completion import get_completion_class

from ..exits import exits

SHELLS = ("bash", "zsh", "fish")
PROGRAM, VARIABLE = "callboard", "_CALLBOARD_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
@exits
def completion_command(ctx: click.Context, shell: str) -> None:
    r"""Print the script that lets a shell complete callboard's words.

    \b
    bash:  eval "$(callboard completion bash)"   in ~/.bashrc
    zsh:   eval "$(callboard completion zsh)"    in ~/.zshrc
    fish:  callboard completion fish > ~/.config/fish/completions/callboard.fish
    """
    found = get_completion_class(shell)
    assert found is not None, shell
    click.echo(found(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
