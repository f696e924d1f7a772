"""Texts without the marks that style them: XLSForm's Markdown, and the few tags it allows.

ODK Collect shows **strong** words, *emphasis*, headings, links and coloured spans; the kiosk has
one size and one weight for each kind of text, and says it aloud: it shows the words alone
(XLSForm, "Styling prompts").
"""

from __future__ import annotations

import re

_MARKED = re.compile(r"[*_#\[<\\]")
_BREAK = re.compile(r"<br\s*/?>|</p\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:span|p|b|i|u|em|strong|font|small|big|sub|sup|div|center|a|h[1-6])(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]\n]+)\]\((?:[^()\s]|\([^()\s]*\))+\)")
_PAIRS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\*\*(?=\S)([^\n]+?)(?<=\S)\*\*",
        r"(?<!\w)__(?=\S)([^\n]+?)(?<=\S)__(?!\w)",
        r"(?<![\w*\\])\*(?=[^\s*])([^*\n]*?)(?<=[^\s*])\*(?![\w*])",
        r"(?<![\w\\])_(?=[^\s_])([^_\n]*?)(?<=[^\s_])_(?!\w)",
    )
)
_ESCAPED = re.compile(r"\\([*_#\\\[\]])")


def unstyled(text: str) -> str:
    """A text without its marks; as it is where it has none."""
    if _MARKED.search(text) is None:
        return text
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = _LINK.sub(r"\1", _HEADING.sub("", text))
    for pair in _PAIRS:
        text = pair.sub(r"\1", text)
    return _ESCAPED.sub(r"\1", text).strip()
