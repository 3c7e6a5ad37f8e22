"""An article's text: its sentences by number, and whether a quotation stands in one.

A line is a paragraph, a caption or a heading. A sentence ends with a full stop, a question
mark or an exclamation mark, a closing quotation mark included, before white space and a capital
letter, a digit, a currency sign or an opening quotation mark. Sentences are counted from 1.
"""

import re
from typing import Final

_END: Final = re.compile(r"""(?<=[.!?])(["'”’»)]*)\s+(?=["'“‘«(]?[\w$£€])""")
_ABBREVIATION: Final = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|St|No|vs|e\.g|i\.e|[A-Z])\.$")
_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})


def split_sentences(text: str) -> list[str]:
    r"""Gives the sentences of a text in order.

    >>> split_sentences('What is it?\nMr. Brown said: "No." He left. It cost 2.5m.')
    ['What is it?', 'Mr. Brown said: "No."', 'He left.', 'It cost 2.5m.']
    """
    sentences: list[str] = []
    for line in text.splitlines():
        position = 0
        stripped = line.strip()
        for match in _END.finditer(stripped):
            piece = stripped[position : match.end(1)]
            following = stripped[match.end() : match.end() + 1]
            if _ABBREVIATION.search(piece) or following.islower():
                continue
            sentences.append(piece)
            position = match.end()
        if stripped[position:]:
            sentences.append(stripped[position:])
    return sentences


def stands_in(quotation: str, sentence: str) -> bool:
    """Whether a quotation stands in a sentence, whatever its quotation marks and white space.

    >>> stands_in('its "fast-track" request', "He sent its  “fast-track” request.")
    True
    """
    return _plain(quotation) in _plain(sentence)


def first_words(sentence: str, count: int = 15) -> str:
    """Gives the first words of a sentence, as many as may be quoted."""
    return " ".join(sentence.split()[:count])


def _plain(text: str) -> str:
    return " ".join(text.translate(_QUOTES).split())
