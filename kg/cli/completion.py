"""`kg completion`: completion for the shell."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from kg.cli.output import choose, write

_SHELLS: Final = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", metavar="|".join(_SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, questions, parameters and names of things.

    \b
    kg completion bash >> ~/.bashrc
    kg completion zsh >> ~/.zshrc
    kg completion fish > ~/.config/fish/completions/kg.fish
    """  # noqa: D301  # click needs the character itself
    completion = get_completion_class(choose(shell, _SHELLS, what="shell"))
    assert completion is not None, "click completes the shells above"
    root = context.find_root().command
    write(completion(root, {}, "kg", "_KG_COMPLETE").source(), None)
