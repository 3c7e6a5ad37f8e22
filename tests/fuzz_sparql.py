"""Texts of SPARQL that nobody would write, and headers to ask for their answers with.

`odd_queries()` gives those that were thought of; `mutated(texts, seed, count)` mutates good ones.
"""

import random
from collections.abc import Callable, Iterator, Sequence

DEEP = 10_000


def odd_queries() -> dict[str, str]:
    """Gives odd queries by what is odd about them."""
    rows = " ".join(f'("{number}" {number})' for number in range(5000))
    far = "https://example.org/" + "a" * 200_000
    found = {
        "nothing": "",
        "white space": " \t\r\n",
        "a comment": "# nothing",
        "NUL": "ASK {\0}",
        "a byte order mark": "\ufeffASK {}",
        "no character": 'SELECT ("\ufffe\uffff\U0010ffff" AS ?x) {}',
        "an escaped surrogate": 'SELECT ("\\uD800" AS ?x) {}',
        "an escape beyond Unicode": 'SELECT ("\\UFFFFFFFF" AS ?x) {}',
        "an escaped NUL": 'SELECT ("\\u0000" AS ?x) {}',
        "an escaped brace": "ASK \\u007B \\u007D",
        "text to the left": 'SELECT ("\u202eevil\u2066" AS ?x) {}',
        "deep parentheses": "ASK { FILTER(" + "(" * DEEP + "1" + ")" * DEEP + ") }",
        "deep groups": "ASK " + "{" * DEEP + "}" * DEEP,
        "deep groups of a relation": "ASK { ?s org:memberOf ?o " + "{" * DEEP + "}" * DEEP + "}",
        "a deep path of a relation": "ASK { ?s "
        + "(" * DEEP
        + "org:memberOf"
        + ")" * DEEP
        + " ?o }",
        "deep filters": "ASK { " + "FILTER EXISTS { " * DEEP + "}" * DEEP + " }",
        "deep optionals": "ASK { " + "OPTIONAL { ?a ?b ?c " * DEEP + "}" * DEEP + " }",
        "deep sub-selects": "ASK { " + "{ SELECT * { " * DEEP + "} }" * DEEP + " }",
        "deep negation": "ASK { FILTER(" + "!" * DEEP + "true) }",
        "deep minus": "SELECT (" + "-" * DEEP + "1 AS ?x) {}",
        "deep lists": "ASK { ?x ?y " + "(" * DEEP + ")" * DEEP + " }",
        "deep blank nodes": "ASK { ?x ?y " + "[ ?z " * DEEP + "1" + "]" * DEEP + " }",
        "a long sum": "SELECT (" + "1+" * 50_000 + "1 AS ?x) {}",
        "a long union": "ASK { " + "{ ?a ?b 1 } UNION " * 2000 + "{} }",
        "a long path": "ASK { ?s " + "a/" * 5000 + "a ?o }",
        "a long choice of paths": "ASK { ?s " + "a|" * 5000 + "a ?o }",
        "a path that goes round": "SELECT * { ?s (!<x:y>|^!<x:y>)* ?o }",
        "a path of paths": "ASK { ?s ((((a*)*)*)*)* ?o }",
        "a huge number": f"SELECT ({'9' * 5000} AS ?x) {{}}",
        "a huge power": "SELECT (1e999999999 * 1e999999999 AS ?x) {}",
        "a number too many": "SELECT (9223372036854775807 + 1 AS ?x) (1/0 AS ?y) {}",
        "a silly limit": "SELECT * { ?s ?p ?o } LIMIT 99999999999999999999999",
        "a negative offset": "SELECT * { ?s ?p ?o } OFFSET -1",
        "a silly year": 'SELECT (YEAR("99999999999999-01-01"^^xsd:date) AS ?x) {}',
        "a silly duration": 'SELECT ("P99999999999999999999Y"^^xsd:duration AS ?x) {}',
        "a long IRI": f"ASK {{ <{far}> ?p ?o }}",
        "a long name": "ASK { ?" + "a" * 200_000 + " ?p ?o }",
        "many variables": "SELECT * { "
        + " ".join(f"BIND({number} AS ?v{number})" for number in range(3000))
        + " }",
        "a regular expression that explodes": "SELECT * { BIND(REGEX('"
        + "a" * 5000
        + "!', '^(a+)+$') AS ?x) }",
        "a large regular expression": "SELECT (REGEX('a', '((a{1,100}){1,100}){1,100}') AS ?x) {}",
        "no regular expression": "SELECT (REGEX('a', '(((') AS ?x) {}",
        "a text that doubles": "SELECT (STRLEN(?n) AS ?x) { BIND('aaaaaaaa' AS ?a) "
        + " ".join(
            f"BIND(CONCAT({', '.join([f'?{chr(97 + step)}'] * 32)}) AS ?{chr(98 + step)})"
            for step in range(8)
        )
        + " BIND(?i AS ?n) }",
        "values": f"SELECT * {{ VALUES (?a ?b) {{ {rows} }} }}",
        "values that multiply": f"SELECT (COUNT(*) AS ?n) {{ VALUES (?a ?b) {{ {rows} }} "
        f"{{ VALUES (?c ?d) {{ {rows} }} }} }}",
        "values of a wrong width": "SELECT * { VALUES (?a ?b) { (1) } }",
        "a file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
        "a named file": "SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
        "loading": "LOAD <file:///etc/passwd>",
        "dropping": "DROP ALL",
        "an insert behind a query": "ASK {} ; INSERT DATA { <x:a> <x:b> 1 }",
        "a service": "ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "a service in pieces": "ASK { s\\u0065rvice <http://127.0.0.1:1/> {} }",
        "a silent service": "ASK { SERVICE/**/SILENT ?x {} }",
        "a service behind a comment": "ASK { #\rSERVICE\n<http://169.254.169.254/> {} }",
        "a service in a name": "PREFIX SERVICE: <x:> ASK { SERVICE:a SERVICE:b 'SERVICE <x:> {}' }",
        "blank nodes": "CONSTRUCT { [] <x:p> [] . _:a <x:q> _:a } { VALUES ?x { 1 2 3 } }",
        "a subject that is none": "CONSTRUCT { ?x <x:p> ?x } { VALUES ?x { 1 'a' <x:y> } }",
        "a property without a name": "CONSTRUCT { <x:a> <http://example.org/> 1 } {}",
        "a description of all": "DESCRIBE * { ?s ?p ?o } LIMIT 10",
        "a triple as a term": "SELECT * { << ?s ?p ?o >> ?q ?r }",
        "the same variable twice": "SELECT (1 AS ?x) (2 AS ?x) {}",
        "a sum of nothing": "SELECT (SUM(?x) AS ?y) (AVG(?x) AS ?z) {} GROUP BY ?x",
        "an unknown function": "SELECT (<x:evil>(1) AS ?x) {}",
        "an unknown prefix": "ASK { evil:a evil:b evil:c }",
        "a prefix of its own": "PREFIX org: <http://example.org/> ASK { ?s org:memberOf ?o }",
        "a base": "BASE <file:///> ASK { <etc/passwd> ?p ?o }",
        "html": "<script>alert(1)</script>",
    }
    for day in ("0000-00-00", "9999-12-31", "-1-1-1", "2022-10-12%00", "today", "x/y", "1e9"):
        for clock in ("on", "known-on"):
            view = f"https://w3id.org/alliance-kg/view/{clock}/{day}"
            found[f"the view {clock} {day}"] = (
                f"SELECT * {{ GRAPH <{view}> {{ ?s ?p ?o }} }} LIMIT 1"
            )
    return found


ACCEPTS = [
    "", "*/*", "text/html", "text/turtle", "application/sparql-results+json", "text/csv;q=0",
    "application/sparql-results+xml;q=0.1, text/html;q=1.0001", "a/b", "*/csv", "text/*;level=1",
    ";;;,,,", "text/html;q=", "text/html;charset=utf-16", ", ,*/*;q=0.000", "text/csv," * 900,
    '"text/html"', "text/html; q=\"1\"", "image/png", "\xff\xfe", "text/html\t;\tq=1",
]  # fmt: skip
FORMATS = [None, "json", "CSV", " xml ", "html", "ttl", "exe", "\0", "../../etc/passwd", "a" * 999]
_TOKENS = [
    "{", "}", "(", ")", "[", "]", "<", ">", '"', "'", '"""', "\\", "?", "$", "@en", "^^", ".", ";",
    ",", "|", "/", "^", "*", "+", "!", "=", "#", "\n", "\0", "\ufffe", "\u202e", "𝔘", "SELECT",
    "ASK", "CONSTRUCT", "DESCRIBE", "WHERE", "FILTER", "OPTIONAL", "MINUS", "UNION", "GRAPH",
    "SERVICE", "VALUES", "BIND", "FROM <file:///etc/passwd>", "ORDER BY", "GROUP BY", "HAVING",
    "LIMIT -1", "OFFSET 99999999999999999999", "DISTINCT", "UNDEF", "NOT EXISTS", "IN", "AS",
    "9" * 400, "1e400", "-0.0", "true", "<x:y>", "_:b", "[]", "()", "a", "NOW()", "RAND()",
    "UUID()", "org:memberOf", "?member", "?state", "COUNT(*)", "<< ?s ?p ?o >>",
    "<https://w3id.org/alliance-kg/view/on/2022-13-99>",
]  # fmt: skip


def mutated(texts: Sequence[str], seed: int, count: int) -> Iterator[str]:
    """Gives texts that were mutated between one and five times, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(texts)
        for _ in range(chance.randint(1, 5)):
            text = chance.choice(_MUTATIONS)(text, chance)
        yield text


def _insert(text: str, chance: random.Random) -> str:
    at = chance.randint(0, len(text))
    return f"{text[:at]} {chance.choice(_TOKENS)} {text[at:]}"


def _delete(text: str, chance: random.Random) -> str:
    start = chance.randint(0, len(text))
    return text[:start] + text[start + chance.randint(1, 30) :]


def _repeat(text: str, chance: random.Random) -> str:
    start = chance.randint(0, len(text))
    part = text[start : start + chance.randint(1, 60)]
    return text[:start] + part * chance.randint(2, 5) + text[start + len(part) :]


def _move(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    words.insert(chance.randrange(len(words)), words.pop(chance.randrange(len(words))))
    return " ".join(words)


def _change(text: str, chance: random.Random) -> str:
    if not text:
        return text
    at = chance.randrange(len(text))
    return (
        text[:at] + chr(chance.choice([chance.randrange(128), 0xFFFD, 0x10FFFF])) + text[at + 1 :]
    )


_MUTATIONS: list[Callable[[str, random.Random], str]] = [
    _insert, _insert, _insert, _delete, _repeat, _move, _change,
]  # fmt: skip
