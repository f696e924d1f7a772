"""String functions (bindings, "String Functions")."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from functools import lru_cache
from uuid import UUID

import regex as expressions

from forms.errors import FormError
from forms.functions.patterns import NotJava, from_java
from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import NOT_XML, Value, to_number, to_text, words_of

PATIENCE = 0.25
"""Seconds that one regular expression may take on one answer."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@function("string", Take.VALUE, least=0)
def string(context: Context, value: Value | None = None) -> Value:
    """Any value as text; without an argument, the context node's."""
    return context.node.text if value is None else to_text(value)


@function("concat", Take.VALUES, least=0, more=True)
def concat(context: Context, *values: Value) -> Value:
    """All values one after the other, every node of a path counting."""
    return "".join(to_text(value) for value in values)


@function("join", Take.TEXT, Take.VALUES, least=1, more=True)
def join(context: Context, separator: str, *values: Value) -> Value:
    """All values with a separator between them."""
    return separator.join(to_text(value) for value in values)


def _index(number: float, length: int) -> int:
    """A 0-based index, counted from the end where negative, kept inside the text."""
    if number != number:
        return 0
    bounded = max(-length, min(length, number))
    return int(bounded) if bounded >= 0 else length + int(bounded)


@function("substr", Take.TEXT, Take.NUMBER, Take.NUMBER, least=2)
def substr(context: Context, text: str, start: float, end: float | None = None) -> Value:
    """From a 0-based index to before another; negative ones count from the end."""
    last = len(text) if end is None else _index(end, len(text))
    return text[_index(start, len(text)) : last]


@function("substring", Take.TEXT, Take.NUMBER, Take.NUMBER, least=2)
def substring(context: Context, text: str, start: float, length: float | None = None) -> Value:
    """XPath 1.0's own, counted from 1, as forms from elsewhere may use it (§4.2)."""
    first = _nearest(start)
    end = math.inf if length is None else first + _nearest(length)
    return "".join(letter for place, letter in enumerate(text, 1) if first <= place < end)


def _nearest(number: float) -> float:
    """The nearest whole number, halves up; what is infinite or no number stays so."""
    return math.floor(number + 0.5) if math.isfinite(number) else number


@function("substring-before", Take.TEXT, Take.TEXT)
def substring_before(context: Context, text: str, mark: str) -> Value:
    """What comes before the first occurrence; "" where there is none."""
    before, found, _ = text.partition(mark) if mark else ("", "", "")
    return before if found else ""


@function("substring-after", Take.TEXT, Take.TEXT)
def substring_after(context: Context, text: str, mark: str) -> Value:
    """What comes after the first occurrence; "" where there is none."""
    return text.partition(mark)[2] if mark else text


@function("translate", Take.TEXT, Take.TEXT, Take.TEXT)
def translate(context: Context, text: str, these: str, those: str) -> Value:
    """Characters replaced by those at the same place; the ones without a match removed."""
    table: dict[int, str | None] = {}
    for index, character in enumerate(these):
        table.setdefault(ord(character), those[index] if index < len(those) else None)
    return text.translate(table)


@function("string-length", Take.TEXT, least=0)
def string_length(context: Context, text: str | None = None) -> Value:
    """How many characters."""
    return float(len(context.node.text if text is None else text))


@function("normalize-space", Take.TEXT, least=0)
def normalize_space(context: Context, text: str | None = None) -> Value:
    """Without spaces at the ends, and single ones between words."""
    return " ".join(words_of(context.node.text if text is None else text))


@function("contains", Take.TEXT, Take.TEXT)
def contains(context: Context, text: str, part: str) -> Value:
    """Whether a text has another inside."""
    return part in text


@function("starts-with", Take.TEXT, Take.TEXT)
def starts_with(context: Context, text: str, start: str) -> Value:
    """Whether a text begins so."""
    return text.startswith(start)


@function("ends-with", Take.TEXT, Take.TEXT)
def ends_with(context: Context, text: str, end: str) -> Value:
    """Whether a text ends so."""
    return text.endswith(end)


@function("upper-case", Take.TEXT)
def upper_case(context: Context, text: str) -> Value:
    """In capitals."""
    return text.upper()


@function("lower-case", Take.TEXT)
def lower_case(context: Context, text: str) -> Value:
    """In small letters."""
    return text.lower()


@function("uuid", Take.NUMBER, least=0, steady=False)
def uuid(context: Context, length: float | None = None) -> Value:
    """A random UUID (RFC 4122, version 4), or a random name of so many characters."""
    if length is None:
        return str(UUID(int=context.world.random.getrandbits(128), version=4))
    count = int(length) if length == length and 0 < length <= 1000 else 0
    return "".join(context.world.random.choice(_LETTERS) for _ in range(count))


_DIGESTS = {
    "md5": "md5",
    "sha-1": "sha1",
    "sha-256": "sha256",
    "sha-384": "sha384",
    "sha-512": "sha512",
}


@function("digest", Take.TEXT, Take.TEXT, Take.TEXT, least=2)
def digest(context: Context, text: str, algorithm: str, encoding: str = "base64") -> Value:
    """A digest of the text's UTF-8, in base64 or hex (XForms 1.1 §7.8.1)."""
    name = _DIGESTS.get(algorithm.strip().lower())
    if name is None:
        raise FormError(
            f"digest() knows {', '.join(_DIGESTS)}, and not the algorithm “{algorithm}”."
        )
    found = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
    return found.hex() if encoding.strip().lower() == "hex" else base64.b64encode(found).decode()


@function("base64-decode", Take.TEXT)
def base64_decode(context: Context, text: str) -> Value:
    """The text that base64 holds; "" where it is no base64.

    Bytes that are no UTF-8 become U+FFFD, as in Java; what XML cannot hold is left out.
    """
    try:
        held = base64.b64decode(text, validate=True)
    except ValueError:
        return ""
    decoded = _HALVES.sub("\ufffd".encode(), held).decode(errors="replace")
    return NOT_XML.sub("", decoded)


_HALVES = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
"""Halves of pairs of UTF-16, which UTF-8 does not have: one mistake for Java, three for Python."""


@lru_cache(maxsize=256)
def pattern_of(expression: str) -> expressions.Pattern[str]:
    """A regular expression, compiled; it means what it means in Java, as for JavaRosa.

    Raises:
        FormError: it is not a regular expression of Java.
    """
    try:
        return expressions.compile(from_java(expression), expressions.VERSION0)
    except (NotJava, expressions.error, RecursionError) as wrong:
        raise FormError(f"“{expression}” is not a regular expression: {wrong}.") from None


def _check_pattern(text: str | None, expression: str | None) -> None:
    if expression is not None:
        pattern_of(expression)


@function("regex", Take.TEXT, Take.TEXT, check=_check_pattern)
def matches(context: Context, text: str, expression: str) -> Value:
    """Whether the whole text matches; a match that takes too long counts as none."""
    try:
        return pattern_of(expression).fullmatch(text, timeout=PATIENCE) is not None
    except TimeoutError:
        return False


@function("number", Take.VALUE, least=0)
def number(context: Context, value: Value | None = None) -> Value:
    """Any value as a number; dates count days since 1970-01-01."""
    return to_number(context.node.value if value is None else value)
