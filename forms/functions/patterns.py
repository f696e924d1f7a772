r"""Regular expressions as Java reads them, put into the words of the regex library.

Forms are written for Collect, whose `regex()` is Java's `Pattern.matches`. The two languages look
alike and differ in what they mean: `\w` and `\p{Alpha}` are ASCII's, `[a-z&&[^bc]]` intersects,
`$` and `.` know six ends of a line. Every part is read by Java's grammar and written so that it
means the same, with nothing left to the library's own defaults: no flag of Java's reaches it.

Java 17, `java.util.regex.Pattern`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from forms.functions.classes import ANYTHING, NOTHING, Signs, cases_of, same_letter, written_sign
from forms.functions.properties import (
    BLANK_SIGNS,
    DIGIT,
    LINE_SIGNS,
    SPACE,
    WORD,
    UnknownProperty,
    property_of,
)

DEEPEST = 100
"""Groups or classes inside each other."""

_FLAGS_SET = "(?#)"
_ENDS = r"\n\r\x85\u2028\u2029"
_LINE = r"(?:\r\n|[\n-\r\x85\u2028\u2029])"
_LINE_END = r"(?=\r\n|[\n\r\x85\u2028\u2029]|\Z)(?<!\r(?=\n))"
_LAST_END = r"(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\Z)(?<!\r(?=\n))"
_LINE_START = r"(?:\A|(?<=[\n\x85\u2028\u2029]|\r(?!\n)))(?!\Z)"
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_GROUPS = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"}


class NotJava(ValueError):
    """Java takes no such regular expression, or this program cannot read it; it says why."""


def _boundary(word: str) -> str:
    """Where a word begins or ends: marks belong to the letter or digit that they stand on."""
    letter = r"[\p{L}\p{Nd}]"
    before = rf"(?<=[{word}]|{letter}\p{{Mn}}*)"
    after = rf"(?:(?=[{word}])|(?<={letter}\p{{Mn}}*)(?=\p{{Mn}}))"
    return f"(?:{before}(?!{after})|(?!{before}){after})"


@dataclass(frozen=True, slots=True)
class Flags:
    """What `(?…)` sets: i, u, d, m, s, x, U of Java."""

    any_case: bool = False
    unicode_case: bool = False
    unix_lines: bool = False
    multiline: bool = False
    dot_all: bool = False
    comments: bool = False
    unicode: bool = False


_FLAGS = {
    "i": "any_case",
    "u": "unicode_case",
    "d": "unix_lines",
    "m": "multiline",
    "s": "dot_all",
    "x": "comments",
    "U": "unicode",
}


def from_java(pattern: str) -> str:
    """A regular expression of Java for the regex library, to be matched against a whole text.

    Raises:
        NotJava: it is none, or cannot be read here.
    """
    return _Reader(pattern).read()


class _Reader:
    """Reads one pattern from the left; `at` is the place."""

    def __init__(self, pattern: str) -> None:
        self.pattern = _without_quotes(pattern)
        self.at = 0
        self.flags = Flags()
        self.opened = 0
        self.unclosed: list[int] = []
        self.names: set[str] = set()
        self.deep = 0

    def read(self) -> str:
        found = self.alternatives()
        if self.at < len(self.pattern):
            raise NotJava("a bracket is closed that was never opened")
        return found

    # --- signs -------------------------------------------------------------------------------

    def ahead(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def peek(self) -> str:
        """The next sign; "" at the end."""
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        found = self.peek()
        self.at += 1
        return found

    def took(self, text: str) -> bool:
        """Go past a text, where it comes next."""
        if not self.ahead(text):
            return False
        self.at += len(text)
        return True

    def skip_comments(self) -> None:
        """Go past what `(?x)` lets stand between."""
        while self.flags.comments and self.at < len(self.pattern):
            if self.peek() in " \t\n\x0b\f\r":
                self.at += 1
            elif self.peek() == "#":
                while self.at < len(self.pattern) and self.peek() not in "\n\r\x85\u2028\u2029":
                    self.at += 1
            else:
                return

    # --- structure ---------------------------------------------------------------------------

    def alternatives(self) -> str:
        found = [self.sequence()]
        while self.took("|"):
            found.append(self.sequence())
        return "|".join(found)

    def sequence(self) -> str:
        found: list[str] = []
        while True:
            self.skip_comments()
            if self.peek() in {"", "|", ")"}:
                return "".join(found)
            atom = self.atom()
            found.append(atom if atom == _FLAGS_SET else self.repeated(atom))

    def repeated(self, atom: str) -> str:
        """An atom with what says how often it comes."""
        self.skip_comments()
        least, most = 1, 1
        sign = self.peek()
        if sign in {"?", "*", "+"}:
            self.at += 1
            often = sign
        elif sign == "{":
            least, most = self.counted()
            often = f"{{{least},{'' if most < 0 else most}}}"
        else:
            return atom
        manner = self.take() if self.peek() in {"?", "+"} else ""
        whole = manner == "+" or atom == _LINE  # what one round has taken is not given back
        return f"{'(?>' if whole else '(?:'}{atom}){often}{manner}"

    def counted(self) -> tuple[int, int]:
        """`{2}`, `{2,}`, `{2,4}`; most is -1 for no end."""
        self.at += 1
        least = self.number()
        most = least
        if self.took(","):
            most = -1 if self.peek() == "}" else self.number()
        if not self.took("}"):
            raise NotJava("“{” opens a count that is never closed")
        if 0 <= most < least:
            raise NotJava(f"a count goes from {least} to {most}")
        return least, most

    def number(self) -> int:
        digits = ""
        while self.peek().isascii() and self.peek().isdigit():
            digits += self.take()
        if not digits:
            raise NotJava("“{” stands where no count is; a sign of that shape is “\\{”")
        if len(digits) > 6:
            raise NotJava("a count is beyond 999999")
        return int(digits)

    def atom(self) -> str:
        sign = self.peek()
        if sign == "[":
            return self.bracketed().written()
        if sign == "(":
            return self.group()
        if sign == "\\":
            return self.escape()
        if sign in {"*", "+", "?"}:
            raise NotJava(f"“{sign}” has nothing before it to repeat")
        if sign == "{":
            return ""
        self.at += 1
        if sign == ".":
            ends = "" if self.flags.dot_all else r"\n" if self.flags.unix_lines else _ENDS
            return f"[^{ends}]" if ends else ANYTHING
        if sign == "^":
            return self.line_start()
        if sign == "$":
            return self.line_end()
        return self.one(ord(sign)).written()

    def line_start(self) -> str:
        if not self.flags.multiline:
            return r"\A"
        return r"(?:\A|(?<=\n))(?!\Z)" if self.flags.unix_lines else _LINE_START

    def line_end(self, last: bool = False) -> str:
        if self.flags.multiline and not last:
            return r"(?=\n|\Z)" if self.flags.unix_lines else _LINE_END
        return r"(?=\n?\Z)" if self.flags.unix_lines else _LAST_END

    # --- groups ------------------------------------------------------------------------------

    def group(self) -> str:
        before = self.flags
        self.deep += 1
        if self.deep > DEEPEST:
            raise NotJava(f"more than {DEEPEST} brackets stand inside each other")
        opening = self.opening()
        if opening is None:
            self.deep -= 1
            return _FLAGS_SET
        counts = opening == "(" or opening.startswith("(?P")
        if counts:
            self.unclosed.append(self.opened)
        inner = self.alternatives()
        if not self.took(")"):
            raise NotJava("a bracket is never closed")
        if counts:
            self.unclosed.pop()
        self.flags = before
        self.deep -= 1
        return f"{opening}{inner})"

    def opening(self) -> str | None:
        """How a group begins; None where the brackets only set flags for what follows."""
        if not self.ahead("(?"):
            self.at += 1
            self.opened += 1
            return "("
        for kind in _GROUPS:
            if self.took(kind):
                return kind
        if self.took("(?<"):
            name = self.name(">")
            if name in self.names:
                raise NotJava(f"two groups are named “{name}”")
            self.names.add(name)
            self.opened += 1
            return f"(?P<{name}>"
        self.at += 2
        self.flags = self.flagged()
        if self.took(")"):
            return None
        if not self.took(":"):
            raise NotJava(f"“(?{self.peek()}” begins no group of Java's")
        return "(?:"

    def flagged(self) -> Flags:
        """The flags after those that are named here."""
        found = {name: getattr(self.flags, name) for name in _FLAGS.values()}
        wanted = True
        while self.peek() and self.peek() in "idmsuxU-":
            sign = self.take()
            if sign == "-":
                wanted = False
                continue
            found[_FLAGS[sign]] = wanted
            if sign == "U" and wanted:
                found["unicode_case"] = True
        return Flags(**found)

    def name(self, end: str) -> str:
        stop = self.pattern.find(end, self.at)
        name = self.pattern[self.at : stop] if stop >= 0 else ""
        if not (name.isascii() and name.isalnum() and name[:1].isalpha()):
            raise NotJava("a group's name has to be of letters and digits, a letter first")
        self.at = stop + len(end)
        return name

    # --- escapes -----------------------------------------------------------------------------

    def escape(self) -> str:
        """What a backslash begins, outside classes."""
        start = self.at
        self.at += 1
        sign = self.take()
        if sign.isdigit() and sign != "0":
            return self.back_reference(sign)
        if sign == "b" and self.took("{g}"):
            raise NotJava("“\\b{g}” is not supported")
        match sign:
            case "k":
                return self.named_reference()
            case "b" | "B":
                word = r"_\p{L}\p{Nd}"
                if self.flags.unicode:
                    word = property_of("IsWord", unicode=True, any_case=False)[0]
                return _boundary(word) if sign == "b" else f"(?!{_boundary(word)})"
            case "A" | "G":
                return r"\A"
            case "z":
                return r"\Z"
            case "Z":
                return self.line_end(last=True)
            case "R":
                return _LINE
            case "X":
                return r"\X"
        self.at = start
        return self.escaped().written()

    def named_reference(self) -> str:
        name = self.name(">") if self.took("<") else ""
        if name not in self.names:
            raise NotJava("“\\k” names a group that does not come before it")
        return self.folded(f"(?P={name})")

    def back_reference(self, sign: str) -> str:
        r"""`\1`, and more digits as long as there are so many groups."""
        number = int(sign)
        while self.peek().isascii() and self.peek().isdigit():
            longer = number * 10 + int(self.peek())
            if longer > self.opened:
                break
            number = longer
            self.at += 1
        if number > self.opened or number in self.unclosed:
            return NOTHING
        return self.folded(rf"(?:\{number})")

    def folded(self, reference: str) -> str:
        return f"(?i:{reference})" if self.flags.any_case else reference

    def escaped(self) -> Signs:
        """A class or a sign that a backslash begins."""
        found = self.escaped_class()
        return self.one(self.code()) if found is None else found

    def escaped_class(self) -> Signs | None:
        r"""`\d` and its like; None where the backslash begins a single sign."""
        sign = self.pattern[self.at + 1 : self.at + 2]
        if sign in {"p", "P"}:
            self.at += 2
            return self.property(sign == "P")
        members = {"d": DIGIT, "s": SPACE, "w": WORD, "h": BLANK_SIGNS, "v": LINE_SIGNS}
        kind = sign.lower()
        if not sign or kind not in members:
            return None
        self.at += 2
        found = Signs(members[kind])
        if self.flags.unicode and kind in "dsw":
            name = {"d": "Digit", "s": "Space", "w": "IsWord"}[kind]
            found = Signs(property_of(name, unicode=True, any_case=False)[0])
        return found.without() if sign.isupper() else found

    def property(self, negated: bool) -> Signs:
        if self.took("{"):
            stop = self.pattern.find("}", self.at)
            if stop < 0:
                raise NotJava("“\\p{” is never closed")
            name = self.pattern[self.at : stop]
            self.at = stop + 1
        else:
            name = self.take()
        try:
            members, rest = property_of(
                name, unicode=self.flags.unicode, any_case=self.flags.any_case
            )
        except UnknownProperty as unknown:
            raise NotJava(str(unknown)) from None
        found = Signs(members)
        return found.without() if negated != rest else found

    def code(self) -> int:
        """The sign that comes next, maybe by its number."""
        if not self.peek():
            raise NotJava("it ends too early")
        if not self.took("\\"):
            return ord(self.take())
        sign = self.take()
        if not sign:
            raise NotJava("it ends in a backslash")
        match sign:
            case "x" if self.took("{"):
                return self.hexadecimal(self.until("}"))
            case "x":
                return self.hexadecimal(self.some(2))
            case "u":
                return self.hexadecimal(self.some(4))
            case "0":
                return self.octal()
            case "c":
                controlled = self.take()
                if not controlled:
                    raise NotJava("“\\c” names no sign")
                return ord(controlled) ^ 64
            case "N":
                return self.called()
        if sign in _ESCAPED:
            return ord(_ESCAPED[sign])
        if sign.isascii() and sign.isalnum():
            raise NotJava(f"“\\{sign}” means nothing in Java")
        return ord(sign)

    def some(self, count: int) -> str:
        found = self.pattern[self.at : self.at + count]
        self.at += count
        return found if len(found) == count else ""

    def until(self, end: str) -> str:
        stop = self.pattern.find(end, self.at)
        found = self.pattern[self.at : stop] if stop >= 0 else ""
        self.at = stop + len(end)
        return found

    def hexadecimal(self, digits: str) -> int:
        if not digits or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise NotJava("“\\x” or “\\u” is followed by no number in base 16")
        found = int(digits, 16)
        if 0xD800 <= found < 0xDC00 and self.ahead("\\u"):
            low = self.pattern[self.at + 2 : self.at + 6]
            if len(low) == 4 and low[:2].lower() in {"dc", "dd", "de", "df"}:
                self.at += 6
                return 0x10000 + ((found - 0xD800) << 10) + (self.hexadecimal(low) - 0xDC00)
        if found > 0x10FFFF:
            raise NotJava("there is no sign of so high a number")
        return found

    def octal(self) -> int:
        digits = ""
        while self.peek() and self.peek() in "01234567" and len(digits) < 3:
            if len(digits) == 2 and digits[0] > "3":
                break
            digits += self.take()
        if not digits:
            raise NotJava("“\\0” is followed by no number in base 8")
        return int(digits, 8)

    def called(self) -> int:
        name = self.until("}") if self.took("{") else ""
        try:
            return ord(unicodedata.lookup(name))
        except KeyError:
            raise NotJava(f"no sign is called “{name}”") from None

    # --- classes -----------------------------------------------------------------------------

    def one(self, code: int) -> Signs:
        """One sign, with its other case where that counts as the same."""
        return Signs("".join(written_sign(one) for one in self.alike(code)))

    def alike(self, code: int) -> Iterable[int]:
        if not self.flags.any_case:
            return (code,)
        if self.flags.unicode_case:
            return same_letter(chr(code))
        swapped = ord(chr(code).swapcase()) if code < 128 else code
        return (code,) if swapped == code else (code, swapped)

    def span(self, first: int, last: int) -> Signs:
        """`a-z`."""
        if first > last:
            raise NotJava(f"a class goes from “{chr(first)}” back to “{chr(last)}”")
        members = f"{written_sign(first)}-{written_sign(last)}"
        if not self.flags.any_case:
            return Signs(members)
        if self.flags.unicode_case:
            return Signs(members + "".join(map(written_sign, cases_of(first, last))))
        for low, high in ((65, 90), (97, 122)):
            start, stop = max(first, low), min(last, high)
            if start <= stop:
                members += f"{written_sign(start ^ 32)}-{written_sign(stop ^ 32)}"
        return Signs(members)

    def bracketed(self) -> Signs:
        """A class, from its opening bracket to its closing one."""
        self.deep += 1
        if self.deep > DEEPEST:
            raise NotJava(f"more than {DEEPEST} brackets stand inside each other")
        self.at += 1
        self.skip_comments()
        negated = self.took("^")
        found: Signs | None = None
        had: Signs | None = None
        while True:
            self.skip_comments()
            sign = self.peek()
            if not sign:
                raise NotJava("a class “[…” is never closed")
            if sign == "]" and (had is not None or found is not None):
                self.at += 1
                break
            if sign == "[":
                had = self.joined(had, self.bracketed())
            elif self.took("&&"):
                if found is None and had is None and self.peek() in {"]", "&"}:
                    raise NotJava("“&&” has nothing on one side")
                if self.peek() not in {"]", "&"}:
                    found, had = self.met(found, had), None
            else:
                had = self.joined(had, self.member())
        self.deep -= 1
        whole = self.met(found, had)
        if whole is None:
            raise NotJava("a class holds nothing")
        return whole.without() if negated else whole

    @staticmethod
    def joined(had: Signs | None, more: Signs) -> Signs:
        return more if had is None else had | more

    @staticmethod
    def met(found: Signs | None, had: Signs | None) -> Signs | None:
        if found is None or had is None:
            return found or had
        return found.also_in(had)

    def member(self) -> Signs:
        """A sign of a class, a span of signs, or a class by its letter."""
        if self.peek() == "\\":
            named = self.escaped_class()
            if named is not None:
                return named
        first = self.code()
        self.skip_comments()
        if self.peek() != "-" or self.pattern[self.at + 1 : self.at + 2] in {"]", "[", ""}:
            return self.one(first)
        self.at += 1
        self.skip_comments()
        return self.span(first, self.code())


def _without_quotes(pattern: str) -> str:
    r"""A pattern with what `\Q…\E` quotes escaped sign by sign."""
    if "\\Q" not in pattern:
        return pattern
    found: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("\\Q", at):
            stop = pattern.find("\\E", at)
            quoted = pattern[at + 2 : stop if stop >= 0 else len(pattern)]
            found.extend(
                one if one.isascii() and one.isalnum() else rf"\x{{{ord(one):x}}}" for one in quoted
            )
            at = stop + 2 if stop >= 0 else len(pattern)
            continue
        length = 2 if pattern[at] == "\\" else 1
        found.append(pattern[at : at + length])
        at += length
    return "".join(found)
