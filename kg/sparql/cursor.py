"""A place in a query's text: what comes next there, and the terms that can."""

import re
from typing import Final

from kg.errors import InvalidQuery
from kg.sparql.patterns import Place, Variable
from kg.sparql.tokens import Token, refusal, tokens
from kg.terms import RDF_LANG_STRING, XSD, Iri, Literal, Term

_ESCAPES: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


class Cursor:
    """Goes through the tokens of a text, from its beginning to its end."""

    def __init__(self, text: str, prefixes: dict[str, str]) -> None:
        self.text, self.prefixes = text, prefixes
        self.tokens = [*tokens(text), Token("end", "", len(text))]
        self.position = 0
        self.fresh = 0
        self.blank: dict[str, Variable] = {}

    @property
    def next(self) -> Token:
        """The next token."""
        return self.tokens[self.position]

    def take(self) -> Token:
        """Gives the next token and goes on."""
        token = self.next
        self.position += 1
        return token

    def sees(self, *words: str) -> bool:
        """Whether the next token is one of the words or signs."""
        return self.next.text.upper() in words and self.next.kind in ("word", "sign", "name")

    def takes(self, *words: str) -> bool:
        """Goes on if the next token is one of the words or signs, and tells whether it was."""
        if self.sees(*words):
            self.position += 1
            return True
        return False

    def expect(self, word: str) -> Token:
        """Goes past a word or sign; raises InvalidQuery where it is not there."""
        if not self.sees(word):
            raise self.refused(f'"{word}" was expected, not "{self.next.text or "the end"}".')
        return self.take()

    def refused(self, reason: str) -> InvalidQuery:
        """Gives the error that what comes next cannot be read."""
        return refusal(self.text, self.next.start, reason)

    def new_variable(self) -> Variable:
        """Gives a variable that the query does not write."""
        self.fresh += 1
        while f"_{self.fresh}" in self.text:
            self.fresh += 1
        return Variable(f"_{self.fresh}")

    def variable(self) -> Variable:
        """Reads a variable."""
        if self.next.kind != "variable":
            raise self.refused(f'A variable was expected, not "{self.next.text}".')
        return Variable(self.take().text[1:])

    def place(self) -> Place:
        """Reads a variable, a blank node (as a variable) or a term."""
        if self.next.kind == "variable":
            return self.variable()
        if self.next.kind == "blank":
            label = self.take().text
            if label not in self.blank:
                self.blank[label] = self.new_variable()
            return self.blank[label]
        return self.term()

    def iri(self) -> Iri:
        """Reads an IRI or a prefixed name."""
        if self.next.kind == "iri":
            return Iri(self.take().text[1:-1])
        if self.next.kind == "name":
            return self.expanded(self.take())
        raise self.refused(f'An IRI was expected, not "{self.next.text}".')

    def expanded(self, token: Token) -> Iri:
        """Gives the IRI of a prefixed name."""
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            raise refusal(self.text, token.start, f'The prefix "{prefix}:" is not declared.')
        return Iri(self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local))

    def term(self) -> Term:
        """Reads a term."""
        if self.next.kind in ("iri", "name"):
            return self.iri()
        if self.next.kind == "string":
            return self.string()
        if self.sees("TRUE", "FALSE"):
            return Literal(self.take().text.lower(), XSD + "boolean")
        sign = self.take().text if self.sees("+", "-") else ""
        if self.next.kind == "number":
            text = sign + self.take().text
            kind = "double" if "e" in text.lower() else "decimal" if "." in text else "integer"
            return Literal(text, XSD + kind)
        raise self.refused(f'A term was expected, not "{self.next.text or "the end"}".')

    def string(self) -> Literal:
        """Reads a literal in quotation marks."""
        text = self.take().text
        quotes = 3 if text[:3] in ('"""', "'''") else 1
        value = re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", _unescaped, text[quotes:-quotes])
        if self.next.kind == "language":
            return Literal(value, RDF_LANG_STRING, self.take().text[1:].lower())
        if self.takes("^^"):
            return Literal(value, self.iri().value)
        return Literal(value)

    def word(self) -> str:
        """Reads one token of an expression; names are written out."""
        token = self.take()
        if token.kind == "name":
            return self.expanded(token).n3()
        if token.kind == "variable":
            return f"?{token.text[1:]}"
        return token.text


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if escape[0] in "uU" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _ESCAPES.get(escape, escape)
