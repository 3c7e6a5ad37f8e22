"""rdflib as the second opinion: the same questions, another implementation of SPARQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import rdflib
import rdflib.plugins.sparql
from pyparsing import ParseException

from kg.engine import Answer, Triples
from kg.engine.network_guard import refuse_service
from kg.errors import InvalidQuery
from kg.table import Table
from kg.terms import RDF_LANG_STRING, XSD, BlankNode, Iri, Literal, Term, Triple

rdflib.plugins.sparql.SPARQL_LOAD_GRAPHS = False  # FROM would otherwise fetch from the network


@dataclass(frozen=True)
class RdflibEngine:
    """Answers from an rdflib graph in memory; slow, and independent of the embedded engine."""

    graph: rdflib.Graph
    name: str = "rdflib"
    at_once: int = 1

    def query(self, sparql: str) -> Answer:
        """Answers a query; raises InvalidQuery."""
        refuse_service(sparql)
        try:
            result = self.graph.query(sparql)
        except ParseException as error:
            raise InvalidQuery(f"{error.msg}.", line=error.lineno, column=error.column) from error
        except Exception as error:  # rdflib raises bare exceptions, for an unknown prefix too
            raise InvalidQuery(f"{error}.") from error
        if result.type == "ASK":
            return bool(result.askAnswer)
        if result.type in ("CONSTRUCT", "DESCRIBE"):
            return Triples([_from_triple(triple) for triple in result.graph or ()])
        columns = tuple(str(variable) for variable in result.vars or ())
        rows = [
            tuple(from_term(binding.get(variable)) for variable in result.vars or ())
            for binding in result.bindings
        ]
        return Table(columns, rows, sparql)


def to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    """Gives an rdflib graph that holds the triples."""
    graph = rdflib.Graph(bind_namespaces="none")
    for subject, predicate, object_ in triples:
        graph.add((to_term(subject), to_term(predicate), to_term(object_)))
    return graph


def to_term(term: Term) -> Any:
    """Gives rdflib's term for one of ours, with the lexical form kept as it is."""
    if isinstance(term, Iri):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype == XSD + "string":
        return rdflib.Literal(term.value)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype), normalize=False)


def from_term(term: object) -> Term | None:
    """Gives our term for one of rdflib's; None for anything else."""
    if isinstance(term, rdflib.URIRef):
        return Iri(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if isinstance(term, rdflib.Literal):
        datatype = RDF_LANG_STRING if term.language else str(term.datatype or XSD + "string")
        return Literal(str(term), datatype, term.language)
    return None


def _from_triple(triple: tuple[object, object, object]) -> Triple:
    subject, predicate, object_ = map(from_term, triple)
    return subject, predicate, object_  # type: ignore[return-value]  # no place is unbound
