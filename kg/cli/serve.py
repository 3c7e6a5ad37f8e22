"""`kg serve`: the graph on the web."""

import ipaddress
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from kg.cli.output import tell_unless
from kg.errors import InvalidValue, KgError, UnknownName
from kg.project import locate

_SHORTEST_TOKEN: Final = 16
_LIMITS: Final = {
    "timeout": ("seconds", "SECONDS", "How long a request may be worked on."),
    "workers": ("workers", "NUMBER", "How many requests are worked on at once."),
    "client": ("client", "NUMBER", "How many requests of one client are worked on at once."),
    "waiting": ("waiting", "NUMBER", "How many requests may wait for their turn."),
    "memory": ("memory", "MB", "How much memory a request may use beyond the graph itself."),
    "rows": ("rows", "NUMBER", "How many rows or triples an answer may have."),
    "size": ("size", "MB", "How large an answer may be."),
    "cache": ("cache", "MB", "How much of answers is remembered."),
}


def _limit_options() -> list[click.Option]:
    """Gives an option for each limit that people set, with its default."""
    from kg.web.settings import Limits

    defaults = Limits()
    return [
        click.Option(
            [f"--{name}", f"limit_{field}"],
            type=click.IntRange(min=0 if name == "cache" else 1, max=1 << 30),
            default=int(getattr(defaults, field)),
            show_default=True,
            metavar=metavar,
            help=help_,
        )
        for name, (field, metavar, help_) in _LIMITS.items()
    ]


def _run(**options: Any) -> None:
    try:
        import uvicorn  # noqa: F401  # an extra that not everyone needs
    except ImportError as error:
        raise KgError(
            "What kg serve needs is not installed. Install it with: pip install "
            "'alliance-kg[serve]'"
        ) from error
    if not hasattr(os, "fork"):
        raise KgError(
            "kg serve needs a system whose processes can copy themselves: Linux, macOS, or Windows "
            "with WSL."
        )
    from kg.web.app import make_app
    from kg.web.federation.addresses import check_endpoint
    from kg.web.service import Service
    from kg.web.serving import serve
    from kg.web.settings import Limits, Settings
    from kg.web.snapshot import take_snapshot

    limits = replace(
        Limits(), **{field: options[f"limit_{field}"] for field, _, _ in _LIMITS.values()}
    )
    for endpoint in options["services"]:
        check_endpoint(endpoint)
    settings = Settings(
        host=options["host"],
        port=options["port"],
        at=options["at"],
        writable=options["writable"],
        token=_token(options["token_file"]),
        reload=options["reload"],
        services=options["services"],
        base=_base(options["base"]),
        access_log=not options["quiet"],
        limits=limits,
    )
    _check(settings.host, writable=settings.writable, token=settings.token)
    project = locate(settings.at)
    if project.endpoint:
        raise UnknownName(
            f"{project.endpoint} is an endpoint already. kg serve answers from a folder: give "
            "--at FOLDER, or leave it out for the packaged graph."
        )
    snapshot = take_snapshot(project, tell=tell_unless(options["quiet"]))
    try:
        service = Service(settings, project, snapshot)
        serve(make_app(service), settings, _ready, on_refused=service.refused)
        if service.failure:
            raise service.failure
    finally:
        snapshot.discard()


def _ready(address: str) -> None:
    click.echo(f"alliance-kg answers at {address} and ends with Ctrl-C.")


def _check(host: str, *, writable: bool, token: str | None) -> None:
    """Raises InvalidValue where anybody could write."""
    if token and not writable:
        raise InvalidValue("--token-file is for --writable. Give both, or neither.")
    if writable and not token and not _is_loopback(host):
        raise InvalidValue(
            f"With --writable on {host} anybody who reaches it could write. Give --token-file with "
            "a file that holds a secret, or leave --host out to serve this machine alone."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _token(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{file} cannot be read, given for --token-file: {error}.") from error
    if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise InvalidValue(
            f"{file} holds no token: at least {_SHORTEST_TOKEN} printable ASCII characters. Make "
            "one with: python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return token


def _base(address: str | None) -> str | None:
    if address is not None and not address.startswith(("http://", "https://")):
        raise InvalidValue(f'"{address}" is no address, given for --base. Begin with https://.')
    return address


command = click.Command(
    "serve",
    callback=_run,
    params=[
        click.Option(["--host"], default="127.0.0.1", show_default=True, help="Where to listen."),
        click.Option(
            ["--port"],
            type=click.IntRange(0, 65535),
            default=8000,
            show_default=True,
            help="The port; 0 takes any free one.",
        ),
        click.Option(
            ["--at"],
            metavar="FOLDER",
            help="Serve this folder instead of the packaged graph; KG_AT names one too.",
        ),
        click.Option(
            ["--writable"],
            is_flag=True,
            help="Allow SPARQL Update and the graph store, on a scratch copy in memory.",
        ),
        click.Option(
            ["--token-file"],
            metavar="FILE",
            help="What a writing client has to send as a bearer token.",
        ),
        click.Option(["--reload"], is_flag=True, help="Take over the files when they change."),
        click.Option(
            ["--service", "services"],
            multiple=True,
            metavar="URL",
            help="An endpoint that SERVICE may name; can be repeated. None by default.",
        ),
        click.Option(
            ["--base"],
            metavar="URL",
            help="The address that people use, if it is another (behind a proxy).",
        ),
        *_limit_options(),
        click.Option(["-q", "--quiet"], is_flag=True, help="Write no access log."),
    ],
    help="""Serve the graph: a SPARQL endpoint, the stored questions as an API, and linked data.

    It only reads, unless --writable is given, and holds to its limits, so that it can be left
    open. /query lists the questions, /openapi.json describes everything.

    \b
    kg serve
    kg serve --port 8080 --at . --reload
    kg serve --host 0.0.0.0 --base https://kg.example.org
    kg serve --writable
    kg serve --writable --host 0.0.0.0 --token-file token.txt""",
)
