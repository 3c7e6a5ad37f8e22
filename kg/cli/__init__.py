"""The command line: `kg query`, `kg explain`, `kg why-not`, `kg changed` and the others.

Data goes to standard output, words to standard error. Exit codes: 0 done, 1 the answer is no
(violations were found, an ASK query is false, a verdict no longer holds, an answer changed), 2 the
request was wrong.
"""

import importlib
import os
import sys
from typing import Any, Final

import click

from kg.cli.output import say
from kg.errors import EXIT_WRONG_REQUEST, KgError
from kg.version import VERSION

_COMMANDS: Final = {
    "article": "Hold an article against the graph, claim by claim.",
    "changed": "Tell which answers changed since a day or revision, and why.",
    "completion": "Print the script that completes kg in your shell.",
    "explain": "Show what an answer rests on: statements and sources.",
    "export": "Write the graph, or one subject, as Turtle, JSON-LD …",
    "query": "Ask a stored question.",
    "serve": "Put the graph on the web: SPARQL, questions, linked data.",
    "sparql": "Run any SPARQL query.",
    "validate": "Check the graph, or Turtle files against it.",
    "why-not": "Say why a row is not in an answer, and what is nearest.",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are used: start-up time is a feature."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"kg.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 the answer is no, 2 the request was wrong.",
)
@click.version_option(VERSION, "-V", "--version", prog_name="alliance-kg")
def command() -> None:
    """Who was a member on that day? Who has not ratified? Who says so?

    \b
    kg query members --organisation NATO --on 2022-10-12
    kg query not-ratified --candidate Sweden --organisation NATO --on 2022-10-12
    kg query                      lists the questions
    kg query members --help       shows a question's parameters
    """  # noqa: D301  # click needs the character itself


def main(arguments: list[str] | None = None) -> Any:
    """Runs the command line; a person's mistake becomes one message and exit code 2."""
    try:
        return command.main(args=arguments, prog_name="kg", standalone_mode=True)
    except KgError as error:
        say(f"kg: {error}", error=True)
        sys.exit(EXIT_WRONG_REQUEST)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:  # a full disk, a closed output
        say(f"kg: the output cannot be written: {error.strerror or error}.", error=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(EXIT_WRONG_REQUEST)
