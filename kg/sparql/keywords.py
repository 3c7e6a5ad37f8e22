"""Where a keyword may stand in SPARQL text, whichever way an engine reads it.

Engines want no space around keywords, and Oxigraph has no tokens: it reads `(?a<#b> …` as a
comparison with a comment after it, where the standard sees an IRI.
"""

from collections.abc import Iterator
from typing import Final

from kg.errors import InvalidQuery
from kg.sparql.tokens import Token, refusal, tokens

_OPERANDS: Final = ("iri", "string", "variable", "language", "blank", "name", "number")
_CHANGES_WHAT_FOLLOWS: Final = frozenset("#'()")


def may_hold(word: str, text: str) -> bool:
    """Tells whether a word may be a keyword in SPARQL text; if in doubt, it may.

    In strings, IRIs, comments, variables and after the colon of a name it is none.

    >>> may_hold("service", "SELECT ?service { ?s ?p ex:service } # SERVICE")
    False
    >>> may_hold("service", "SELECT * { ?s ?p ex:.SERVICE <http://x/> {} }")
    True
    """
    if word not in text.lower():
        return False
    try:
        return any(word in _code(token).lower() for token in sure_tokens(text))
    except InvalidQuery:
        return True


def sure_tokens(text: str) -> Iterator[Token]:
    """Gives the tokens of SPARQL text; raises InvalidQuery where engines may read others."""
    brackets = [""]
    before: Token | None = None
    of_values = False
    for token in tokens(text):
        if token.kind == "iri" and brackets[-1] == "(" and before and _may_compare(before, token):
            raise refusal(
                text,
                token.start,
                "this may be an IRI or a comparison. Write a space after the sign <, or a comma "
                "or a name before the IRI.",
            )
        if token.text in ("(", "[", "{"):
            in_row = token.text == "(" and brackets[-1] in ("values", "row")
            named = "row" if in_row else token.text
            brackets.append("values" if of_values and token.text == "{" else named)
        elif token.text in (")", "]", "}") and len(brackets) > 1:
            brackets.pop()
        if token.kind == "word" or token.text == "{":
            of_values = token.text.upper() == "VALUES"
        yield token
        before = token


def _may_compare(before: Token, token: Token) -> bool:
    """Tells whether `<` may be a sign here, and what follows it then would be read otherwise."""
    return (
        before.kind in _OPERANDS
        or before.text in (")", "]", "}")
        or before.text.lower() in ("true", "false")
    ) and not _CHANGES_WHAT_FOLLOWS.isdisjoint(token.text)


def _code(token: Token) -> str:
    """Gives the part of a token in which an engine may find a keyword."""
    if token.kind == "name":
        return token.text.partition(":")[0]
    return token.text if token.kind == "word" else ""
