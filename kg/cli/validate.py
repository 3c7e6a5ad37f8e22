"""`kg validate`: SHACL shapes and checks."""

import sys
from pathlib import Path
from typing import Final

import click

from kg.cli.output import choose, common_options, tell_unless, write
from kg.errors import EXIT_NO
from kg.project import locate
from kg.report import Report
from kg.validate import validate

_FORMATS: Final = {"text": Report.to_text, "json": Report.to_json, "turtle": Report.to_turtle}


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "-f",
    "--format",
    default="text",
    show_default=True,
    metavar="|".join(_FORMATS),
    help="How findings are written; turtle is a sh:ValidationReport.",
)
@click.option("--violations-only", is_flag=True, help="Leave warnings out.")
@common_options
def command(
    paths: tuple[str, ...],
    format: str,
    violations_only: bool,
    at: str | None,
    timeout: int,
    output: str | None,
    quiet: bool,
) -> None:
    """Check the whole graph, or Turtle files (or folders of them) against it.

    SHACL shapes look at each thing, checks compare things with each other. A violation makes the
    command exit with 1; a warning is only shown.

    \b
    kg validate
    kg validate graph/organisations/nato.ttl --at .
    kg validate proposal.ttl --format json
    """  # noqa: D301  # click needs the character itself
    writer = _FORMATS[choose(format, _FORMATS, what="format for reports")]
    tell = tell_unless(quiet)
    tell("Validating takes some seconds.")
    report = validate(locate(at), [Path(path) for path in paths])
    shown = Report(report.violations, report.prefixes) if violations_only else report
    write(writer(shown), output)
    tell(f"{len(report.violations)} violations, {len(report.warnings)} warnings.")
    sys.exit(0 if report.conforms else EXIT_NO)
