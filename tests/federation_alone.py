"""Federation in a network of its own: run in a new network namespace, it prints what it saw.

There 8.8.8.8 is this machine's, so that servers with a public address can be asked and nothing
else can. The argument is a folder with the file graph.nt for a real SPARQL server. Printed is a
JSON object: of each question the answer or the problem and how long it took, and what the servers
were sent.
"""

import asyncio
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from kg.project import locate
from kg.web.federation.relay import Relay
from kg.web.pool.pool import Pool
from kg.web.replies import Problem
from kg.web.service import Service
from kg.web.settings import Limits, Settings
from kg.web.snapshot import take_snapshot

HOST = "8.8.8.8"
REMOTE = f"http://{HOST}:7878/query"
MOVING = "http://moving.example:7000/"
PORTS = {"redirect": 7001, "slow": 7002, "endless": 7003, "wrong": 7004, "packed": 7005}
LIMITS = Limits(seconds=3.0, size=4)
RESULTS = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"%s"}}]}}'
HEAD = (
    b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: application/sparql-results+json\r\n%s\r\n"
)
seen: dict[str, list[str]] = {}


def address(kind: str) -> str:
    return f"http://{HOST}:{PORTS[kind]}/"


async def resolver(host: str, port: int) -> Sequence[str]:
    """Gives a public address at first, and loopback whenever it is asked again."""
    asked = seen.setdefault(f"resolved {host}", [])
    asked.append(str(port))
    if host == "moving.example":
        return [HOST] if len(asked) == 1 else ["127.0.0.1"]
    if host == "two.example":
        return [HOST, "127.0.0.1"]
    return [HOST] if host.endswith("secure.example") else [host]


async def serve(name: str, host: str, port: int, context: ssl.SSLContext | None = None) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seen.setdefault(name, []).append((await reader.readuntil(b"\r\n\r\n")).decode())
            await _answered(name, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    await asyncio.start_server(answer, host, port, ssl=context)


async def _answered(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if name == "redirect":
        writer.write(HEAD % (b"302 Found", b"Location: http://127.0.0.1:7000/\r\n"))
    elif name == "slow":
        await reader.read()  # until the other side is gone
        seen[name].append("gone")
    elif name == "endless":
        writer.write(HEAD % (b"200 OK", b""))
        while True:
            writer.write(b" " * 65536)
            await writer.drain()
    elif name == "wrong":
        writer.write(HEAD % (b"400 Bad Request", b"Set-Cookie: a=b\r\n") + b"<b>no\nthanks</b>")
    elif name == "packed":
        writer.write(HEAD % (b"200 OK", b"Content-Encoding: gzip\r\n") + b"bomb")
    else:
        writer.write(HEAD % (b"200 OK", b"Set-Cookie: a=b\r\n") + RESULTS % name.encode())
    await writer.drain()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Gives what a server for secure.example proves itself by, and what trusts it."""
    key, chain = folder / "key.pem", folder / "chain.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=secure.example"]
    command += ["-addext", "subjectAltName=DNS:secure.example"]
    files = ["-keyout", str(key), "-out", str(chain)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain, key)
    return server, ssl.create_default_context(cafile=str(chain))


async def ask(pool: Pool, query: str, **request: str) -> dict[str, Any]:
    start = time.monotonic()
    told = {"form": "csv", "media_type": "text/csv", **request, "query": query}
    try:
        reply = await pool.run("sparql", told)
        found: dict[str, Any] = {"answer": reply.body.decode(), "lasting": reply.is_lasting}
    except Problem as problem:
        found = {"status": problem.status, "detail": problem.detail, **problem.members}
    return {**found, "seconds": time.monotonic() - start}


def service(iri: str, silent: str = "") -> str:
    return f"SELECT ?x {{ SERVICE {silent} <{iri}> {{ ?x ?property ?value }} }}"


@contextlib.asynccontextmanager
async def real_server(folder: Path) -> AsyncIterator[None]:
    """Runs a real SPARQL server that holds the graph of the folder."""
    server = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or "oxigraph"
    store = ["--location", str(folder / "store")]
    subprocess.run([server, "load", *store, "--file", str(folder / "graph.nt")], check=True)
    process = subprocess.Popen([server, "serve-read-only", *store, "--bind", f"{HOST}:7878"])
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, 7878)
                writer.close()
                break
            await asyncio.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


async def ask_real(folder: Path) -> dict[str, Any]:
    """Asks a real server, through the whole service."""
    label = f"""{{ SERVICE <{REMOTE}> {{ organisation:nato skos:prefLabel ?label }}
      FILTER(LANG(?label) = "en") }}"""
    members = f"""SELECT (COUNT(?state) AS ?members) {{ ?state org:memberOf organisation:nato .
      SERVICE <{REMOTE}> {{ ?state a kg:State }} }}"""
    many = f"SELECT * {{ ?state a kg:State LATERAL {{ SERVICE <{REMOTE}> {{ ?state a <x:y> }} }} }}"
    everything = f"SELECT (COUNT(*) AS ?triples) {{ SERVICE <{REMOTE}> {{ ?a ?b ?c }} }}"
    project = locate()
    settings = Settings(services=(REMOTE,), limits=Limits(seconds=20.0))
    whole = Service(settings, project, take_snapshot(project))
    async with real_server(folder):
        await whole.start()
        try:
            pool = whole.pool
            return {
                "label": await ask(pool, f"SELECT ?label {label}"),
                "members": await ask(pool, members, on="1999-04-01"),
                "page": await ask(pool, f"SELECT ?label {label}", form="html"),
                "truth": await ask(pool, f"ASK {label}", form="json"),
                "triples": await ask(
                    pool, f"CONSTRUCT {{ <x:a> <x:b> ?label }} {label}", form="ntriples"
                ),
                "everything": await ask(pool, everything),
                "many": await ask(pool, many),
                "many and silent": await ask(pool, many.replace("SERVICE", "SERVICE SILENT")),
            }
        finally:
            await whole.stop()


async def ask_bad(folder: Path) -> dict[str, Any]:
    """Asks servers that misbehave, and names that do."""
    mine, trust = certificate(folder)
    for name, port in PORTS.items():
        await serve(name, HOST, port)
    await serve("moving", HOST, 7000)
    await serve("trap", "127.0.0.1", 7000)
    await serve("secure", HOST, 7443, mine)
    os.environ["HTTP_PROXY"] = os.environ["ALL_PROXY"] = "http://127.0.0.1:7000"
    endpoints = {name: address(name) for name in PORTS} | {
        "moving": MOVING,
        "two": "http://two.example:7000/",
        "secure": "https://secure.example:7443/",
        "other": "https://other.secure.example:7443/",
        "closed": f"http://{HOST}:7999/",
    }
    relay = Relay(endpoints.values(), LIMITS, resolver=resolver, context=trust)
    await relay.start()
    snapshot = take_snapshot(locate())
    pool = await Pool.start(snapshot, LIMITS, is_writable=False, services=relay.addresses)
    slow = f"SERVICE SILENT <{address('slow')}> {{ ?x ?y ?z }}"
    try:
        return {
            **{name: await ask(pool, service(each)) for name, each in endpoints.items()},
            "moved": await ask(pool, service(MOVING)),
            "silent": await ask(pool, service(endpoints["closed"], "SILENT")),
            "endless and silent": await ask(pool, service(endpoints["endless"], "SILENT")),
            "slow and silent": await ask(pool, f"SELECT ?x {{ {slow} {slow} }}"),
            "secrets": [address.rpartition("/")[2] for address in relay.addresses.values()],
        }
    finally:
        pool.close()
        await relay.stop()


async def main(folder: Path) -> None:
    for command in (f"ip address add {HOST}/32 dev lo", "ip link set lo up"):
        subprocess.run(command.split(), check=True)
    answers = {**await ask_real(folder), **await ask_bad(folder)}
    print(json.dumps({"answers": answers, "seen": seen}))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
