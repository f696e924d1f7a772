"""The codes of languages, of what forms call them.

Apart from what forms say, for the functions of expressions need it too, and are read first.
"""

from __future__ import annotations

import re


def language_code(language: str) -> str:
    """The code of a language as forms name it: "fr" of "Français (fr)", of "fr" and of "fr-FR"."""
    match = re.search(r"\(([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\)\s*$", language)
    return (match[1] if match else language).strip().lower().replace("_", "-")
