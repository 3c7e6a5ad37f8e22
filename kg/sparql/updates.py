"""What the service asks of SPARQL Update texts before an engine runs them.

Only the tokens between operations are read; the engine remains the judge of what is SPARQL
(`SPARQL 1.1 Update, section 3 <https://www.w3.org/TR/sparql11-update/#graphUpdate>`_).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from kg.errors import InvalidQuery
from kg.sparql.keywords import may_hold, sure_tokens
from kg.sparql.tokens import Token, refusal
from kg.terms import Iri

_BEFORE_A_NAME: Final = frozenset(
    ("PREFIX", "GRAPH", "WITH", "USING", "NAMED", "TO", "INTO", "SILENT", "ADD", "MOVE", "COPY")
)
_OPERATIONS: Final = frozenset(("LOAD", "CLEAR", "DROP", "CREATE", "INSERT", "DELETE"))
_OTHERS: Final = frozenset(("BASE", "VERSION", "DATA", "WHERE", "DEFAULT", "ALL"))
_WORDS: Final = _BEFORE_A_NAME | _OPERATIONS | _OTHERS


def refuse_load(text: str) -> None:
    """Raises InvalidQuery if an update would fetch what it loads, or may do so."""
    if not may_hold("load", text):
        return
    try:
        found = next((each for each in _outside_braces(text) if _begins(each, "LOAD")), None)
    except InvalidQuery as error:
        raise InvalidQuery(
            f"LOAD is off, and whether the text holds one cannot be told. {error.reason}",
            line=error.line,
            column=error.column,
        ) from error
    if found:
        raise refusal(
            text,
            found.start,
            "LOAD is off: updates do not reach the network. Fetch the file and send it to "
            "/graph-store, or write its triples into INSERT DATA.",
        )


def with_dataset(text: str, *, using: Sequence[Iri] = (), using_named: Sequence[Iri] = ()) -> str:
    """Gives an update whose operations match their WHERE against the graphs that are named.

    That is what using-graph-uri and using-named-graph-uri ask for
    (`SPARQL 1.1 Protocol, section 2.2.3
    <https://www.w3.org/TR/sparql11-protocol/#update-dataset>`_). Raises InvalidQuery where the
    text names graphs itself, by USING or WITH.

    >>> with_dataset("DELETE WHERE { ?s ?p ?o }", using=[Iri("http://x/g")])
    'DELETE { ?s ?p ?o } USING <http://x/g> WHERE { ?s ?p ?o }'
    """
    if not (using or using_named):
        return text
    clauses = [f"USING {each.n3()}" for each in using]
    clauses += [f"USING NAMED {each.n3()}" for each in using_named]
    dataset = " ".join(clauses)
    parts: list[str] = []
    written = 0
    before = ""
    outside = list(_outside_braces(text))
    for number, token in enumerate(outside):
        word = _word(text, token)
        if word in ("USING", "WITH"):
            raise refusal(
                text,
                token.start,
                f"{word} names graphs, and so does using-graph-uri or using-named-graph-uri. "
                "Leave one of them out.",
            )
        if word == "WHERE":
            parts.append(text[written : token.start])
            if before == "DELETE":  # what is matched is deleted: the pattern is said twice
                parts.append(_group(text, outside[number + 1 :]) + " ")
            parts.append(dataset + " ")
            written = token.start
        before = word
    return "".join([*parts, text[written:]])


def _outside_braces(text: str) -> Iterator[Token]:
    """Gives the tokens that stand in no braces, and the braces themselves.

    Names of graphs and prefixes are left out, so that what remains may be a keyword.
    """
    depth = 0
    before = ""
    for token in sure_tokens(text):
        if token.text == "}":
            depth -= 1
        is_name = token.kind == "name" and before in _BEFORE_A_NAME
        if depth == 0 and not is_name:
            yield token
        depth += token.text == "{"
        before = token.text.upper()


def _begins(token: Token, word: str) -> bool:
    """Tells whether a token begins with a keyword: engines want no space after it."""
    return token.kind in ("word", "name") and token.text.upper().startswith(word)


def _word(text: str, token: Token) -> str:
    """Gives the keyword that a token is, or its text; raises InvalidQuery for several in one."""
    word = token.text.upper()
    if token.kind == "name" or (token.kind == "word" and word not in _WORDS):
        raise refusal(text, token.start, f'"{token.text}" is no keyword. Write spaces between.')
    return word


def _group(text: str, tokens: Sequence[Token]) -> str:
    """Gives the text of the braces that come next."""
    if len(tokens) < 2 or tokens[0].text != "{":
        raise refusal(text, len(text), "WHERE is followed by a group in braces.")
    return text[tokens[0].start : tokens[1].start + 1]
