"""`kg why-not`: why a row is not in the answer of a stored question."""

import sys
from typing import Any

import click

from kg.cli.explain import read_where
from kg.cli.output import choose, tell_unless, write
from kg.cli.questions import (
    StoredQueries,
    given_values,
    list_questions,
    opened,
    question_command,
)
from kg.errors import EXIT_DONE, EXIT_NO, InvalidValue
from kg.explain.asked import why_not_question
from kg.explain.why_not_formats import FORMATS
from kg.sparql_file import SparqlFile


def _command(query: SparqlFile) -> click.Command:
    own = [
        click.Option(
            ["--where"],
            multiple=True,
            metavar="COLUMN=VALUE",
            help="What the row would have in a column, such as name=Sweden; can be repeated.",
        ),
        click.Option(
            ["-f", "--format"],
            default="text",
            show_default=True,
            metavar="|".join(FORMATS),
            help="How the answer is written.",
        ),
    ]
    return question_command(query, _run, own, called="kg why-not")


def _run(query: SparqlFile, options: dict[str, Any]) -> None:
    writer = FORMATS[choose(options["format"], FORMATS, what="format for why-not")]
    where = read_where(options["where"])
    if not where:
        raise InvalidValue(
            "It is not said which row is meant. Give --where column=value, for example "
            "--where name=Sweden."
        )
    graph, values = opened(options), given_values(query, options)
    tell = tell_unless(options["quiet"])
    answer = why_not_question(graph, query.name, values, where=where, tell=tell)
    write(writer(answer, graph.project.prefixes), options["output"])
    sys.exit(EXIT_DONE if answer.is_there else EXIT_NO)


@click.group(
    "why-not",
    cls=StoredQueries,
    make=_command,
    invoke_without_command=True,
    epilog="Exit codes: 0 the row is there, 1 it is not, 2 the request was wrong.",
)
@click.option("--at", metavar="FOLDER|URL", help="Answer from this folder or SPARQL endpoint.")
@click.pass_context
def command(context: click.Context, at: str | None) -> None:
    """Say why a row is not in an answer: what fails, what is missing, what is nearest.

    \b
    kg why-not members --organisation NATO --on 2022-10-12 --where name=Sweden
    kg why-not not-ratified --candidate Sweden --on 2022-10-12 --where name=France
    kg why-not supplied-to --stage delivered --on 2022-10-12 --where name=NASAMS
    """  # noqa: D301  # click needs the character itself
    if context.invoked_subcommand is None:
        list_questions(at)
