"""The job of searching a thing by its name: its address, or a page of what comes near."""

import json
from collections.abc import Mapping
from typing import Any

from kg.description.search import Found, search
from kg.web.html import path_of, render
from kg.web.jobs import Held
from kg.web.negotiation import HTML, PLAIN_JSON, named
from kg.web.replies import Reply


def run(held: Held, request: Mapping[str, Any], body: bytes = b"") -> Reply:
    """Searches things by a name.

    `name` is the name, `form` html or json. A page leads on (303) where one thing alone is
    called so; JSON lists what was found, what is called so first, then what has it in its name,
    or what is nearest where there is neither.
    """
    form = named(str(request.get("form", HTML.name)), (HTML, PLAIN_JSON))
    found = search(held.graph, str(request.get("name", "")))
    if form == PLAIN_JSON:
        return Reply(_document(held, found), PLAIN_JSON.media_type)
    if len(found.exact) == 1:
        location = path_of(found.exact[0].iri)
        return Reply(b"", HTML.media_type, status=303, headers={"Location": location})
    page = render(
        "search.html", found=found, wanted=found.name, prefixes=held.graph.project.prefixes
    )
    return Reply(page.encode(), HTML.media_type)


def _document(held: Held, found: Found) -> bytes:
    shorten = held.graph.project.prefixes.shorten
    ranked = {"exact": found.exact, "containing": found.containing, "nearest": found.nearest}
    things = [
        {
            "iri": each.iri.value,
            "name": shorten(each.iri.value),
            "label": each.label,
            "path": path_of(each.iri),
            "match": match,
        }
        for match, some in ranked.items()
        for each in some
    ]
    document = {"name": found.name, "things": things, "more": found.more}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
