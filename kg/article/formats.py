"""The formats in which a checked article can be written."""

from collections.abc import Callable, Sequence
from typing import Final

from kg.article.checked import CheckedArticle
from kg.article.data_formats import write_claim_review, write_json
from kg.article.page_formats import write_html, write_markdown, write_text
from kg.prefixes import Prefixes

FORMATS: Final[dict[str, Callable[[Sequence[CheckedArticle], Prefixes], str]]] = {
    "table": write_text,
    "json": write_json,
    "markdown": write_markdown,
    "html": write_html,
    "claimreview": write_claim_review,
}
"""The formats by the names that people type."""
