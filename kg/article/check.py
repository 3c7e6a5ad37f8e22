"""Checking an article: each claim's tests are run, and what came out is kept with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from kg.article.checked import CheckedArticle, CheckedClaim, Outcome
from kg.article.evidence import STATEMENTS, Answer, answer_with_evidence
from kg.article.read import Article, read_article
from kg.article.reading_tests import ClaimTest
from kg.ask import Asker
from kg.dates import bounds
from kg.engine import ask
from kg.errors import InvalidDocument, KgError, UnknownName
from kg.explain.cited import read_statements
from kg.terms import Iri

if TYPE_CHECKING:
    from kg.graph import Graph


def check_named(graph: Graph, name: str) -> CheckedArticle:
    """Checks an article of a graph by a name that people use, as of the graph's clocks.

    Raises UnknownName for an article that the graph does not hold.
    """
    iri = graph.things.find(name, kind="article")
    if graph.base is not graph and not ask(graph.engine, f"ASK {{ {iri.n3()} a ?class }}"):
        raise UnknownName(
            f'The article "{name}" was not yet known with {graph.clocks.options}. Give a later '
            "day, or leave --known-on out."
        )
    return check_article(read_article(graph.engine, iri), graph.asker)


def check_article(article: Article, asker: Asker) -> CheckedArticle:
    """Runs all tests of an article.

    `on` left out is the asker's day, else the last day of the article's date.
    """
    days = bounds(article.issued)
    if days is None:
        raise InvalidDocument(f'{article.iri} is dated "{article.issued}", which is no date.')
    day = str(asker.on or days[1])
    asked = {test: _asked(test, asker, day) for claim in article.claims for test in claim.tests}
    needs_absences: dict[str, bool] = {}
    for test, each in asked.items():
        if each.sparql:
            expects = test.expectation.is_broken_by_more
            needs_absences[each.sparql] = needs_absences.get(each.sparql, False) or expects
    answers = _answers(asker, needs_absences)
    claims = tuple(
        CheckedClaim(
            claim,
            tuple(_outcome(test, asked[test], answers, asker, article.own) for test in claim.tests),
            claim.mistake,
        )
        for claim in article.claims
    )
    named = dict.fromkeys(each for claim in claims for each in claim.statements)
    return CheckedArticle(
        article, claims, read_statements(asker.engine, named, last=article.own_sources)
    )


@dataclass(frozen=True)
class _Asked:
    """What a test asks, as a person would type it and in SPARQL, or why it cannot be asked.

    `about` are statements that the question itself names. One that is not there is no mistake:
    it may have been taken back, and then nothing is asked.
    """

    command: str
    sparql: str = ""
    mistake: str = ""
    about: frozenset[Iri] = frozenset()


def _asked(test: ClaimTest, asker: Asker, day: str) -> _Asked:
    arguments = dict(test.arguments)
    command = f"kg query {test.query}"
    if test.mistake:
        return _Asked(command, mistake=test.mistake)
    try:
        query = asker.stored_query(test.query)
        parameters = [*query.parameters, *map(query.parameter, arguments)]
        if any(each.name == "on" for each in parameters):
            arguments.setdefault("on", day)
        left_out = [
            each.name
            for each in query.parameters
            if each.example is not None and each.name not in arguments
        ]
        if left_out:
            names = ", ".join(left_out)
            return _Asked(command, mistake=f"It gives no argument for {names} of {test.query}.")
        options = (f"--{name} {quote(value)}" for name, value in arguments.items())
        command = " ".join([command, *options])
        about = {value: _statement(value, asker) for value in arguments.values()}
        if any(each and not asker.things.is_known(each) for each in about.values()):
            return _Asked(command)
        sparql = asker.bind(test.query, arguments)
    except KgError as error:
        return _Asked(command, mistake=str(error))
    return _Asked(command, sparql, about=frozenset(filter(None, about.values())))


def _statement(value: str, asker: Asker) -> Iri | None:
    """Gives the statement that an argument or an expected value names, if it names one."""
    prefix, colon, slug = value.partition(":")
    if not colon or prefix not in STATEMENTS or not slug or " " in slug:
        return None
    return asker.things.prefixes.expand(value)


def _answers(asker: Asker, queries: Mapping[str, bool]) -> dict[str, Answer | KgError]:
    """Answers queries with their evidence, several at once where the engine can do so.

    Those whose absences are evidence too are begun first, since they take longest.
    """
    prefixes = asker.things.prefixes

    def answer(sparql: str) -> tuple[str, Answer | KgError]:
        try:
            return sparql, answer_with_evidence(
                asker.engine, sparql, prefixes, with_absences=queries[sparql]
            )
        except KgError as error:
            return sparql, error

    with ThreadPoolExecutor(asker.engine.at_once) as pool:
        return dict(pool.map(answer, sorted(queries, key=lambda each: not queries[each])))


def _outcome(
    test: ClaimTest,
    asked: _Asked,
    answers: Mapping[str, Answer | KgError],
    asker: Asker,
    own: frozenset[Iri],
) -> Outcome:
    if asked.mistake:
        return Outcome(test, asked.command, mistake=asked.mistake)
    if not asked.sparql:
        return Outcome(test, asked.command)
    given = answers[asked.sparql]
    if isinstance(given, KgError):
        return Outcome(test, asked.command, mistake=str(given))
    answer = given.leaving_out(own)
    prefixes, expectation = asker.things.prefixes, test.expectation
    if expectation.column is not None and expectation.column not in answer.columns:
        known = ", ".join(answer.columns)
        mistake = f'{test.query} has no column "{expectation.column}"; it has {known}.'
        return Outcome(test, asked.command, mistake=mistake)
    if not answer.is_traced:
        mistake = f"{test.query} counts or limits its rows: what they rest on cannot be told."
        return Outcome(test, asked.command, mistake=mistake)
    rows = answer.rows()
    if not expectation.holds(answer.columns, rows, prefixes):
        unknown = [name for name in sorted(expectation.values) if _is_unknown(name, asker)]
        if unknown:
            mistake = f"The graph knows nothing of {', '.join(unknown)}, which is expected."
            return Outcome(test, asked.command, mistake=mistake)
        return Outcome(test, asked.command, columns=answer.columns, rows=tuple(rows))
    carrying = expectation.matching(answer.columns, rows, prefixes)
    statements = [*answer.behind(carrying), *sorted(asked.about, key=str)]
    needed = frozenset(
        each
        for each in statements
        if each in asked.about
        or not expectation.holds(answer.columns, answer.rows(without=each), prefixes)
    )
    return Outcome(
        test, asked.command, True, answer.columns, tuple(carrying), tuple(statements), needed
    )


def _is_unknown(name: str, asker: Asker) -> bool:
    """Whether an expected value is written as a name of a thing, and no thing has it.

    A statement that is not there is no mistake: it may have been taken back.
    """
    prefix, colon, slug = name.partition(":")
    if not colon or prefix not in asker.things.prefixes.namespaces or " " in slug:
        return False
    if prefix in STATEMENTS:
        return False
    return not asker.things.is_known(asker.things.prefixes.expand(name))
