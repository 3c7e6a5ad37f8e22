"""Lists the stored questions with their parameters."""

import json
from collections.abc import Mapping
from typing import Any

from kg.parameters import described
from kg.web.html import render
from kg.web.jobs import Held
from kg.web.jobs.question import example_of
from kg.web.replies import Reply


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the questions by name, each with what it asks, its parameters and an example."""
    graph = held.graph
    listed = [
        {
            "name": name,
            "question": query.head.get("question", query.summary),
            "summary": query.summary,
            "parameters": [
                {
                    "name": each.name,
                    "meaning": each.meaning,
                    "type": each.type,
                    "kind": each.kind,
                    "required": each.is_required,
                    "default": each.default,
                    "allowed": [choice.value for choice in each.allowed],
                }
                for each in described(query, graph)
            ],
            "example": example_of(query, described(query, graph)),
        }
        for name, query in graph.queries.items()
    ]
    if request["form"] == "html":
        return Reply(render("questions.html", queries=listed).encode(), request["media_type"])
    written = json.dumps({"queries": listed}, ensure_ascii=False, indent=1) + "\n"
    return Reply(written.encode(), request["media_type"])
