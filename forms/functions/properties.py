r"""What `\p{…}` means in a regular expression of Java, as members of a class of the regex library.

Java's own names (java.util.regex.Pattern, "Predefined Character classes" and after): POSIX classes
are those of ASCII, `Is…` names a script, a category or a binary property, `In…` a block.
"""

from __future__ import annotations

import re

import regex

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": r"\x20-~",
    "Blank": r"\x20\t",
    "Cntrl": r"\x00-\x1f\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": r"\x20\t-\r",
}
DIGIT, SPACE, WORD = _POSIX["Digit"], _POSIX["Space"], "a-zA-Z0-9_"
BLANK_SIGNS = r"\x20\t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
"""`\\h`."""
LINE_SIGNS = r"\n-\r\x85\u2028\u2029"
"""`\\v`."""

_BLANK = r"\p{Zs}\t"
_UNICODE = {
    "ALPHABETIC": r"\p{Alphabetic}",
    "LETTER": r"\p{L}",
    "IDEOGRAPHIC": r"\p{Ideographic}",
    "LOWERCASE": r"\p{Lowercase}",
    "UPPERCASE": r"\p{Uppercase}",
    "TITLECASE": r"\p{Lt}",
    "WHITE_SPACE": r"\p{White_Space}",
    "CONTROL": r"\p{Cc}",
    "PUNCTUATION": r"\p{P}",
    "HEX_DIGIT": r"\p{Nd}\uff10-\uff19\uff21-\uff26\uff41-\uff46a-fA-F",
    "ASSIGNED": r"\P{Cn}",
    "NONCHARACTER_CODE_POINT": r"\p{Noncharacter_Code_Point}",
    "DIGIT": r"\p{Nd}",
    "ALNUM": r"\p{Alphabetic}\p{Nd}",
    "BLANK": _BLANK,
    "WORD": r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200c\u200d",
    "JOIN_CONTROL": r"\u200c\u200d",
}
_UNICODE |= {name.replace("_", ""): _UNICODE[name] for name in _UNICODE if "_" in name}
_UNICODE_POSIX = {
    "ALPHA": _UNICODE["ALPHABETIC"],
    "LOWER": _UNICODE["LOWERCASE"],
    "UPPER": _UNICODE["UPPERCASE"],
    "SPACE": _UNICODE["WHITE_SPACE"],
    "PUNCT": _UNICODE["PUNCTUATION"],
    "XDIGIT": _UNICODE["HEX_DIGIT"],
    "ALNUM": _UNICODE["ALNUM"],
    "CNTRL": _UNICODE["CONTROL"],
    "DIGIT": _UNICODE["DIGIT"],
    "BLANK": _BLANK,
}
_INVISIBLE = r"\p{White_Space}\p{Cc}\p{Cs}\p{Cn}"
"""What `\\p{IsGraph}` does not have."""

_JAVA = {
    "LowerCase": r"\p{Lowercase}",
    "UpperCase": r"\p{Uppercase}",
    "Alphabetic": r"\p{Alphabetic}",
    "Ideographic": r"\p{Ideographic}",
    "TitleCase": r"\p{Lt}",
    "Digit": r"\p{Nd}",
    "Defined": r"\P{Cn}",
    "Letter": r"\p{L}",
    "LetterOrDigit": r"\p{L}\p{Nd}",
    "JavaIdentifierStart": r"\p{L}\p{Nl}\p{Sc}\p{Pc}",
    "JavaIdentifierPart": (
        r"\p{L}\p{Nl}\p{Sc}\p{Pc}\p{Nd}\p{Mc}\p{Mn}\p{Cf}\x00-\x08\x0e-\x1b\x7f-\x9f"
    ),
    "UnicodeIdentifierStart": r"\p{ID_Start}",
    "UnicodeIdentifierPart": r"\p{ID_Continue}\p{Cf}\x00-\x08\x0e-\x1b\x7f-\x9f",
    "IdentifierIgnorable": r"\p{Cf}\x00-\x08\x0e-\x1b\x7f-\x9f",
    "SpaceChar": r"\p{Z}",
    "Whitespace": (r"\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"),
    "ISOControl": r"\x00-\x1f\x7f-\x9f",
    "Mirrored": r"\p{Bidi_Mirrored}",
}
_CASED = frozenset({"Lu", "Ll", "Lt"})
_ANY_CASE = r"\p{Lu}\p{Ll}\p{Lt}"
_CATEGORIES = re.compile("C[cfnos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?")
_BLOCKS = {
    "greek": "GreekandCoptic",
    "combiningmarksforsymbols": "CombiningDiacriticalMarksforSymbols",
    "combining_marks_for_symbols": "CombiningDiacriticalMarksforSymbols",
    "cyrillic_supplementary": "CyrillicSupplement",
    "cyrillicsupplementary": "CyrillicSupplement",
}


class UnknownProperty(ValueError):
    """There is no such property in Java."""


def property_of(name: str, *, unicode: bool, any_case: bool) -> tuple[str, bool]:
    r"""The members of `\p{name}`, and whether they are those that it leaves out.

    Args:
        name: what stands between the braces, or the one letter.
        unicode: whether POSIX names mean Unicode's properties: `(?U)`.
        any_case: whether small and capital letters count as the same: `(?i)`.

    Raises:
        UnknownProperty: Java knows no such name.
    """
    key, equals, value = name.partition("=")
    if equals:
        return _named_by_key(key.lower(), value, name, any_case=any_case), False
    if name.startswith("In"):
        return _block(name[2:], name), False
    if name.startswith("Is"):
        return _is(name[2:], name, any_case=any_case)
    if unicode and (found := _posix_in_unicode(name, any_case=any_case)) is not None:
        return found
    found_category = _category(name, any_case=any_case)
    if found_category is not None:
        return found_category, False
    if name in {"L1", "LD"}:
        return r"\x00-\xff" if name == "L1" else r"\p{L}\p{Nd}", False
    if name == "all":
        return r"\x00-\U0010ffff", False
    if name in _POSIX:
        folded = any_case and name in {"Lower", "Upper"}
        return "a-zA-Z" if folded else _POSIX[name], False
    if name.startswith("java") and name[4:] in _JAVA:
        folded = any_case and name[4:] in {"LowerCase", "UpperCase", "TitleCase"}
        return _cased() if folded else _JAVA[name[4:]], False
    raise UnknownProperty(f"there is no property “{name}”")


def _cased() -> str:
    return r"\p{Lowercase}\p{Uppercase}\p{Lt}"


def _posix_in_unicode(name: str, *, any_case: bool) -> tuple[str, bool] | None:
    if any_case and name.upper() in {"LOWER", "UPPER"}:
        return _cased(), False
    if name.upper() == "GRAPH":
        return _INVISIBLE, True
    if name.upper() == "PRINT":
        return r"\p{Zl}\p{Zp}\p{Cc}\p{Cs}\p{Cn}", True
    found = _UNICODE_POSIX.get(name.upper())
    return None if found is None else (found, False)


def _is(name: str, whole: str, *, any_case: bool) -> tuple[str, bool]:
    upper = name.upper()
    if upper in {"GRAPH", "PRINT"}:
        found = _posix_in_unicode(upper, any_case=False)
        assert found is not None
        return found
    if upper in _UNICODE:
        folded = any_case and upper in {"LOWERCASE", "UPPERCASE", "TITLECASE"}
        return _cased() if folded else _UNICODE[upper], False
    category = _category(name, any_case=any_case)
    if category is not None:
        return category, False
    posix = _posix_in_unicode(name, any_case=any_case)
    return (_script(name, whole), False) if posix is None else posix


def _category(name: str, *, any_case: bool) -> str | None:
    if name == "LC" or (any_case and name in _CASED):
        return _ANY_CASE
    return rf"\p{{{name}}}" if _CATEGORIES.fullmatch(name) else None


def _named_by_key(key: str, value: str, whole: str, *, any_case: bool) -> str:
    if key in {"sc", "script"}:
        return _script(value, whole)
    if key in {"blk", "block"}:
        return _block(value, whole)
    if key in {"gc", "general_category"}:
        category = _category(value, any_case=any_case)
        if category is not None:
            return category
    raise UnknownProperty(f"there is no property “{whole}”")


def _block(name: str, whole: str) -> str:
    found = _BLOCKS.get(name.lower(), name).replace(" ", "").replace("-", "").replace("_", "")
    return _known(rf"\p{{Block={found}}}", whole)


def _script(name: str, whole: str) -> str:
    return _known(rf"\p{{Script={name}}}", whole)


def _known(members: str, whole: str) -> str:
    try:
        regex.compile(members)
    except regex.error:
        raise UnknownProperty(f"there is no property “{whole}”") from None
    return members
