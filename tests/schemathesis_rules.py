"""What schemathesis cannot know of the service: queries, and what an empty parameter means.

Loaded by `SCHEMATHESIS_HOOKS`, which `test_openapi_holds.py` sets; run by hand as told there.
"""

import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

QUERIES = [
    "SELECT ?state WHERE { ?state a kg:State } ORDER BY ?state LIMIT 3",
    "SELECT (COUNT(?s) AS ?n) WHERE { ?s org:memberOf organisation:nato }",
    'SELECT * WHERE { VALUES ?x { 1 UNDEF "a"@en } }',
]
schemathesis.openapi.format("sparql-query", st.sampled_from(QUERIES))

_rejection = CHECKS.get_one("negative_data_rejection")
_acceptance = CHECKS.get_one("positive_data_acceptance")


@schemathesis.check
def what_is_wrong_is_refused(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """As negative_data_rejection; but a parameter left empty, as in a form, is one left out."""
    if any(not str(value).strip() for value in (case.query or {}).values()):
        return None
    return _rejection(ctx, response, case)


@schemathesis.check
def what_is_right_is_accepted(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """As positive_data_acceptance; but 406 where a truth or a graph has not the form."""
    if response.status_code == 406:
        return None
    return _acceptance(ctx, response, case)
