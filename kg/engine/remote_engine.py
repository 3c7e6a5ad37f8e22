"""Any SPARQL 1.1 endpoint as an engine, through SPARQLWrapper.

Follows the `SPARQL 1.1 Protocol <https://www.w3.org/TR/sparql11-protocol/>`_: content
negotiation only, GET for short queries and POST for long ones, an agent name of our own.
"""

import http.client
import json
import re
import time
import urllib.error
from dataclasses import dataclass
from typing import Final

import pyoxigraph
from SPARQLWrapper import JSON, POST, TURTLE, SPARQLExceptions, SPARQLWrapper

from kg.engine import Answer, Triples
from kg.engine.network_guard import refuse_service
from kg.engine.oxigraph_engine import from_triple
from kg.errors import EngineError, InvalidQuery
from kg.table import Table
from kg.terms import RDF_LANG_STRING, XSD, BlankNode, Iri, Literal, Term
from kg.version import VERSION

USER_AGENT: Final = f"alliance-kg/{VERSION} (https://w3id.org/alliance-kg/)"
_LONGEST_GET: Final = 2000
_WORTH_ANOTHER_TRY: Final = (429, 502, 503, 504)
_LONGEST_PAUSE: Final = 30.0


@dataclass(frozen=True)
class RemoteEngine:
    """Answers from a SPARQL endpoint.

    `timeout` is the longest wait for one answer in seconds; a busy endpoint (429, 502, 503, 504)
    or a broken connection is asked again up to `retries` times, after a pause that doubles or
    that the endpoint's Retry-After names. It is asked `at_once` questions at a time at the most,
    of `default_graph` where one is named instead of what it serves as its own.
    """

    endpoint: str
    timeout: int = 60
    retries: int = 3
    pause: float = 0.5
    at_once: int = 2
    default_graph: Iri | None = None

    @property
    def name(self) -> str:
        """The endpoint's address."""
        return self.endpoint

    def query(self, sparql: str) -> Answer:
        """Answers a query; raises InvalidQuery or EngineError."""
        refuse_service(sparql)
        wrapper = SPARQLWrapper(self.endpoint, agent=USER_AGENT)
        wrapper.setOnlyConneg(True)
        wrapper.setTimeout(self.timeout)
        if self.default_graph:
            wrapper.addDefaultGraph(self.default_graph.value)
        wrapper.setQuery(sparql)
        wrapper.setReturnFormat(JSON if wrapper.queryType in ("SELECT", "ASK") else TURTLE)
        if len(sparql) > _LONGEST_GET:
            wrapper.setMethod(POST)
        body, media_type = self._ask_again_if_busy(wrapper)
        if wrapper.queryType in ("SELECT", "ASK"):
            return self._read_results(body, sparql)
        return self._read_triples(body, media_type)

    def _ask_again_if_busy(self, wrapper: SPARQLWrapper) -> tuple[bytes, str]:
        for attempt in range(self.retries + 1):
            try:
                response = wrapper.query()
                return response.response.read(), str(response.info().get("content-type", ""))
            except SPARQLExceptions.QueryBadFormed as error:
                raise InvalidQuery(f"{self.endpoint} says: {_first_words(error)}") from error
            except SPARQLExceptions.SPARQLWrapperException as error:
                raise EngineError(
                    f"{self.endpoint} failed: {_first_words(error)} Check the address, or answer "
                    "from the embedded store by leaving --at out."
                ) from error
            except urllib.error.HTTPError as error:
                if error.code not in _WORTH_ANOTHER_TRY or attempt == self.retries:
                    raise EngineError(
                        f"{self.endpoint} answered with status {error.code} ({error.reason}). "
                        "Try again later, or answer from the embedded store by leaving --at out."
                    ) from error
                self._wait(attempt, error.headers.get("Retry-After"))
            except TimeoutError as error:
                raise self._too_slow() from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                if "timed out" in str(error):
                    raise self._too_slow() from error
                if attempt == self.retries or isinstance(error, ValueError):
                    reason = getattr(error, "reason", None) or error or type(error).__name__
                    raise EngineError(
                        f"{self.endpoint} cannot be reached: {reason}. Check the address and the "
                        "connection, or answer from the embedded store by leaving --at out."
                    ) from error
                self._wait(attempt, None)
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, attempt: int, retry_after: str | None) -> None:
        seconds = re.fullmatch(r"[0-9]{1,5}", retry_after or "")
        named = float(seconds[0]) if seconds else 0.0
        time.sleep(min(max(named, self.pause * 2**attempt), _LONGEST_PAUSE))

    def _too_slow(self) -> EngineError:
        return EngineError(
            f"{self.endpoint} gave no answer within {self.timeout} s. Ask for less, or wait "
            "longer with --timeout."
        )

    def _read_results(self, body: bytes, sparql: str) -> Answer:
        try:
            document = json.loads(body)
            if "boolean" in document:
                if not isinstance(document["boolean"], bool):
                    raise ValueError("an ASK query is answered by true or false")
                return bool(document["boolean"])
            columns = tuple(document["head"]["vars"])
            rows = [
                tuple(_read_term(binding.get(column)) for column in columns)
                for binding in document["results"]["bindings"]
            ]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise EngineError(
                f"{self.endpoint} did not answer with SPARQL JSON results: it sent "
                f'"{_beginning(body)}". Check that the address is that of a SPARQL endpoint.'
            ) from error
        return Table(columns, rows, sparql)

    def _read_triples(self, body: bytes, media_type: str) -> Triples:
        format = pyoxigraph.RdfFormat.from_media_type(media_type) or pyoxigraph.RdfFormat.TURTLE
        try:
            parsed = pyoxigraph.parse(body, format=format, base_iri=self.endpoint)
            return Triples([from_triple(quad.triple) for quad in parsed])
        except (SyntaxError, ValueError, AttributeError) as error:
            raise EngineError(
                f"{self.endpoint} did not answer with RDF that can be read ({error}): it sent "
                f'"{_beginning(body)}". Check that the address is that of a SPARQL endpoint.'
            ) from error


def _read_term(binding: dict[str, str] | None) -> Term | None:
    if binding is None:
        return None
    value = binding["value"]
    if not isinstance(value, str):
        raise TypeError("a value is text")
    if binding["type"] == "uri":
        return Iri(value)
    if binding["type"] == "bnode":
        return BlankNode(value)
    if language := binding.get("xml:lang"):
        return Literal(value, RDF_LANG_STRING, language)
    return Literal(value, binding.get("datatype", XSD + "string"))


def _beginning(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split())[:80]


def _first_words(error: Exception) -> str:
    words = " ".join(str(error).replace("\\n", " ").split())
    return words if len(words) <= 300 else words[:300] + " …"
