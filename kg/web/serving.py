"""The service as a process: its sockets, its start, its graceful stop."""

import contextlib
import errno
import functools
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from kg.errors import InvalidValue, KgError
from kg.web.edge.bodies import SafeAnswers
from kg.web.edge.connections import Refused, protocol_for
from kg.web.settings import Limits, Settings

SECONDS_TO_FINISH: Final = 10
"""How long requests may go on when the service stops."""
_FIRST_INHERITED: Final = 3
_FURTHER_FILES: Final = 256


class CannotListen(KgError):
    """The address of the service cannot be had."""


def serve(
    app: ASGIApp,
    settings: Settings,
    ready: Callable[[str], None],
    *,
    on_refused: Refused | None = None,
    seconds_to_finish: int = SECONDS_TO_FINISH,
) -> None:
    """Serves until SIGTERM or SIGINT; `ready` is told the address once connections are accepted.

    Requests that are being answered then have a time to finish. Raises CannotListen where the
    address cannot be had.
    """
    listeners = inherited() or [listen(settings.host, settings.port)]
    for listener in listeners:
        os.register_at_fork(after_in_child=functools.partial(_let_go, listener))
    _allow_files(settings.limits)
    config = uvicorn.Config(
        SafeAnswers(app),
        http=protocol_for(settings.limits, on_refused=on_refused),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_graceful_shutdown=seconds_to_finish,
    )
    _Server(config, lambda: ready(address_of(listeners[0]))).run(listeners)


def listen(host: str, port: int) -> socket.socket:
    """Gives a socket that is bound to a host and a port, any free one for 0."""
    if not 0 <= port <= 65535:
        raise InvalidValue(f"{port} is no port. Choose one from 0 to 65535 with --port.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(
            f'The host "{host}" has no address. Choose another with --host, such as 127.0.0.1.'
        ) from error
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        raise CannotListen(_why_not(error, host, port)) from error
    return listener


def inherited() -> list[socket.socket]:
    """Gives the listening sockets that systemd hands to the process, if it does.

    See `sd_listen_fds <https://www.freedesktop.org/software/systemd/man/sd_listen_fds.html>`_.
    """
    owner, number = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    if owner != str(os.getpid()) or not number.isdecimal():
        return []
    files = range(_FIRST_INHERITED, _FIRST_INHERITED + int(number))
    return [socket.socket(fileno=file) for file in files]


def address_of(listener: socket.socket) -> str:
    """Gives the address of a listening socket as people write it."""
    name = listener.getsockname()
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return str(name)
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"


class _Server(uvicorn.Server):
    """Tells when it is ready, and ends with exit code 0 where uvicorn raises the signal again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            _notify("READY=1")
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        _notify("STOPPING=1")
        self.handle_exit(number, frame)


def _notify(state: str) -> None:
    """Tells systemd a state, where it asks for it."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if place:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(state.encode(), "\0" + place[1:] if place.startswith("@") else place)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. Choose another with --port, or 0 for any free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is kept for the system. Choose one from 1024 upwards with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f'"{host}" is no address of this machine. Choose another with --host.'
    reason = error.strerror or str(error)
    return (
        f"{host}, port {port}, cannot be listened on: {reason}. Choose others with --host, --port."
    )


def _let_go(listener: socket.socket) -> None:
    """Closes the file of a socket that the event loop, of which this is a copy, still refers to."""
    if listener.fileno() >= 0:
        os.close(listener.fileno())


def _allow_files(limits: Limits) -> None:
    """Lets the process open as many files as connections, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + _FURTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
