"""`kg changed`: which questions are answered differently now than before, and why."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from kg.changes.asked import MOST, Wanted, changed
from kg.changes.formats import FORMATS
from kg.cli.output import choose, clock_parameters, common_parameters, say, tell_unless, write
from kg.errors import EXIT_DONE, EXIT_NO, InvalidValue
from kg.opening import open_graph
from kg.project import locate
from kg.sparql_file import SparqlFolder

_HELP = """Tell which stored questions are answered differently now than before, row by row.

Behind each row stand the statements that are new, changed or gone, with their sources. --since is
a day, whose knowledge is compared with all that is known now, or a revision of the Git repository
that the folder is in. Both are asked about one day, --on or today, so that time itself shows no
change. Without a question all are asked, with their examples as parameters.

\b
kg changed --since 2022-10-12
kg changed members not-ratified --since 2022-10-12 --on 2024-04-01
kg changed members --organisation NATO --since 2022-10-12 --until 2023-06-01
kg changed --since HEAD~5 --at . --format markdown -o brief.md
"""


def _run(**options: Any) -> None:
    writer = FORMATS[choose(options["format"], FORMATS, what="format for changes")]
    names, values = read_words(options["words"])
    if not options["since"]:
        raise InvalidValue(
            "--since is missing: from when are changes told? Give a day such as 2022-10-12, or a "
            "revision such as HEAD~5."
        )
    tell = tell_unless(options["quiet"])
    graph = open_graph(
        options["at"], timeout=options["timeout"], tell=tell, joined_by=options["joined_by"]
    )
    changes = changed(
        graph,
        options["since"],
        options["until"],
        on=options["on"],
        wanted=Wanted(names, values, None if options["all"] else MOST),
        tell=tell,
        progress=_progress(options["quiet"]),
    )
    write(writer(changes, graph.project.prefixes), options["output"])
    sys.exit(EXIT_NO if changes else EXIT_DONE)


def read_words(words: Iterable[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Gives the questions that are named, and their parameters; raises InvalidValue.

    >>> read_words(["members", "--organisation", "NATO"])
    (('members',), {'organisation': 'NATO'})
    """
    names: list[str] = []
    values: dict[str, str] = {}
    waiting = iter(words)
    for word in waiting:
        if not word.startswith("-"):
            names.append(word)
            continue
        name, sign, value = word.removeprefix("--").partition("=")
        given = value if sign else next(waiting, None)
        if name == "known-on":
            raise InvalidValue(
                "--known-on is no option of kg changed. --since and --until take the days whose "
                "knowledge is compared."
            )
        if not word.startswith("--") or not name or given is None:
            raise InvalidValue(
                f'"{word}" is no option of kg changed, and no parameter with a value, such as '
                "--organisation NATO. See kg changed --help."
            )
        values[name] = given
    return tuple(names), values


def _progress(quiet: bool) -> Callable[[int, int], None]:
    """Gives a function that tells how many questions of many are asked."""

    def tell(done: int, of: int) -> None:
        if not quiet and of > 1 and done == 0:
            say(f"Asking {of} questions of both, which takes some seconds.")
        if not quiet and of > 1 and sys.stderr.isatty():
            click.echo(f"\r{done} of {of}\r", nl=False, err=True)

    return tell


command = click.Command(
    "changed",
    callback=_run,
    context_settings={"ignore_unknown_options": True},
    params=[
        click.Argument(
            ["words"],
            nargs=-1,
            type=click.UNPROCESSED,
            metavar="[QUESTION]... [--PARAMETER VALUE]...",
            shell_complete=lambda context, argument, incomplete: [
                name
                for name in SparqlFolder(locate(context.params.get("at")).queries)
                if name.startswith(incomplete)
            ],
        ),
        click.Option(["--since"], metavar="DATE|REVISION", help="From when changes are told."),
        click.Option(
            ["--until"],
            metavar="DATE|REVISION",
            help="Until when.  [default: all that is known now, in the files as they are]",
        ),
        click.Option(["--all"], is_flag=True, help=f"Explain all rows, not {MOST} of each kind."),
        click.Option(
            ["-f", "--format"],
            default="text",
            show_default=True,
            metavar="|".join(FORMATS),
            help="How changes are written; markdown is a brief to paste.",
        ),
        *(each for each in clock_parameters() if each.name != "known_on"),
        *common_parameters(),
    ],
    help=_HELP,
    epilog="Exit codes: 0 no answer changed, 1 some did, 2 the request was wrong.",
)
