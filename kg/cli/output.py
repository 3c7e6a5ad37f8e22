"""What the commands share: their common options, and where their output goes."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from kg.clocks import IN_FORCE, STAGES
from kg.errors import OutputError, UnknownName, did_you_mean


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --at, --timeout, --output and --quiet to a command."""
    for option in reversed(common_parameters()):
        function = _as_decorator(option)(function)
    return function


def common_parameters() -> list[click.Option]:
    """Gives the options that every command has."""
    return [
        click.Option(
            ["--at"],
            metavar="FOLDER|URL",
            help="Answer from this folder or SPARQL endpoint instead of the packaged graph; "
            "KG_AT names one too.",
        ),
        click.Option(
            ["--timeout"],
            type=click.IntRange(min=1, max=86400),
            default=60,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for an endpoint's answer.",
        ),
        click.Option(["-o", "--output"], metavar="FILE", help="Write to a file instead."),
        click.Option(
            ["-q", "--quiet"], is_flag=True, help="Say nothing on standard error but errors."
        ),
    ]


def clock_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --on, --known-on and --joined-by to a command."""
    for option in reversed(clock_parameters()):
        function = _as_decorator(option)(function)
    return function


def clock_parameters(*, with_on: bool = True) -> list[click.Option]:
    """Gives the options that say as of when is answered, --on unless the command has its own."""
    on = click.Option(["--on"], metavar="DATE", help="The day that is asked about.  [optional]")
    return [
        *([on] if with_on else []),
        click.Option(
            ["--known-on"],
            metavar="DATE",
            help="Answer with what could be known on this day: no act, publication or correction "
            "that came later.  [optional]",
        ),
        click.Option(
            ["--joined-by"],
            default=IN_FORCE,
            show_default=True,
            metavar="|".join(STAGES),
            shell_complete=lambda context, option, incomplete: [
                stage for stage in STAGES if stage.startswith(incomplete)
            ],
            help="Which step counts as joining an organisation.",
        ),
    ]


def choose(name: str, known: Iterable[str], *, what: str) -> str:
    """Gives back a name that is known; raises UnknownName with the nearest names."""
    names = list(known)
    if name in names:
        return name
    raise UnknownName(
        f'No {what} is called "{name}".{did_you_mean(name, names)} Choose from {", ".join(names)}.'
    )


def tell_unless(quiet: bool) -> Callable[[str], None]:
    """Gives a function that says a line on standard error, or nothing."""
    return (lambda line: None) if quiet else say


def say(line: str, *, error: bool = False) -> None:
    """Says a line on standard error; an error in red where colours are wanted."""
    coloured = error and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    click.echo(click.style(line, fg="red") if coloured else line, err=True)


def write(text: str, output: str | None) -> None:
    """Writes data to a file, whole or not at all, or to standard output as it is.

    Raises OutputError where the file cannot be written.
    """
    if output == "":
        raise OutputError("--output is empty. Name a file, or leave it out.")
    if output is None or output == "-":
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
        return
    import tempfile  # it takes longer to load than a query to run

    path = Path(output).resolve()
    try:
        if path.exists() and not path.is_file():  # a device or a pipe is written to as it is
            path.write_bytes(text.encode("utf-8"))
            return
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise OutputError(
            f"{output} cannot be written: {error.strerror}. Name a file in a folder that exists "
            "and that you may write to."
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise OutputError(f"{output} cannot be written: {error.strerror}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _as_decorator(option: click.Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        parameters: list[click.Parameter] = getattr(function, "__click_params__", [])
        parameters.append(option)
        function.__click_params__ = parameters  # type: ignore[attr-defined]  # click's own way
        return function

    return add
