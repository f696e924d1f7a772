"""Regular expressions of forms mean what they mean in Java, where ODK Collect runs them."""

import base64
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from forms.errors import FormError
from forms.functions.strings import pattern_of
from forms.xform import read_form
from forms.xform.expressions import WrongExpressions
from forms.xlsform import compile_form
from tests.forms.writing import entry_of, xform

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "regex"
WRITTEN = Path(__file__).with_name("patterns.txt").read_text(encoding="utf-8").split("\n")[:-1]
JAVA = Path(__file__).with_name("JavaMatches.java")

TEXTS = (
    *("", "a", "B", "k", "K", "\u212a", "s", "ſ", "S", "ß", "SS", "i", "I", "İ", "ı", "é", "É"),
    *(
        "e\u0301",
        "e\u0301a",
        "\u0301",
        "Σ",
        "σ",
        "ς",
        "Я",
        "中",
        "あ",
        "😀",
        "😀é1",
        "١٢",
        "٣",
        "Ⅷ",
    ),
    *("abc", "Abc", "ABC", "aaaa", "abab", "abba", "ab\n", "a\nb", "a\r\nb", "\r\n", "\n", "\x85"),
    *("a_b", "a-b", "a.b", "a b", "a#b", "a b c", "  ", "\t", "\xa0", "\u3000", "_", "-", "^", "&"),
    *("[", "]", "{", "}", "\\", "$", "!?", "€5", "1212", "123", "École Żółć", "Rue de l'école"),
    *("مدرسة", "Ωμέγα", "x@y.fr", "06 12 34 56 78", "2026-11-21", "\x07", "\u200c", "1a1"),
)


def matched(pattern: str, texts: tuple[str, ...] = TEXTS) -> str:
    """A 1 or a 0 for each text, or "refused"."""
    try:
        found = pattern_of(pattern)
    except FormError:
        return "refused"
    return "".join("01"[found.fullmatch(text, timeout=10) is not None] for text in texts)


def test_the_patterns_of_the_cases_match_what_java_matches() -> None:
    if not CASES.is_dir():
        pytest.skip("the cases are not here")
    rows = (CASES / "java.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    texts = tuple((CASES / "texts.txt").read_text(encoding="utf-8").split("\n")[:-1])
    expected = dict(row.split("\t") for row in rows)
    assert {pattern: matched(pattern, texts) for pattern in expected} == expected


@pytest.mark.parametrize(
    ("pattern", "takes", "leaves"),
    [
        (r"\p{L}+", "École", "École 2"),
        (r"^[\p{L}\p{M} .'-]+$", "Rue de l'école", "Rue 12"),
        (r"\p{L}+", "مدرسة", "١٢"),
        (r"\p{Alpha}+", "Ecole", "École"),
        (r"(?U)\p{Alpha}+", "École", "École!"),
        (r"\d+", "12", "١٢"),
        (r"\p{Nd}+", "١٢", "Ⅷ"),
        (r"\w+", "a_1", "é"),
        (r"(?i)abc", "aBC", "abd"),
        (r"(?i)é", "é", "É"),
        (r"(?iu)é", "É", "e"),
        (r"[a-z&&[^aeiou]]+", "xyz", "xaz"),
        (r"[a-c[x-z]]+", "axz", "m"),
        (r"[^\W_]+", "a1", "_"),
        (r"\p{IsGreek}+", "Ωμέγα", "Omega"),
        (r"\p{InGreek}", "Σ", "S"),
        (r"\p{javaUpperCase}\p{javaLowerCase}+", "École", "école"),
        (r"\Qa.b\E", "a.b", "axb"),
        (r"[+]?[0-9]++", "+33", "++"),
        (r"a++b", "aab", "aac"),
        (r"(?<year>[0-9]{2})\k<year>", "2020", "2021"),
        (r"\x{1F600}", "😀", "x"),
        (r"\bab\b", "ab", "aab"),
        (r"\bé_é\b", "é_é", "é é"),
        (r"a.b", "axb", "a\u2028b"),
        (r"(?s)a.b", "a\nb", "ab"),
        (r"(?m)^a$\n^b$", "a\nb", "a\r\nb"),
        (r"a\Rb", "a\r\nb", "ab"),
        (r"\h+", " \xa0\u3000", "\n"),
        (r"[]a]+", "a]", "b"),
        (r"(?x) a b # letters", "ab", "a b"),
    ],
)
def test_a_pattern_takes_what_java_takes(pattern: str, takes: str, leaves: str) -> None:
    assert matched(pattern, (takes, leaves)) == "10"


def test_a_form_takes_names_with_accents_and_in_other_scripts() -> None:
    entry = entry_of(
        "| survey |\n| | type | name | label | constraint |\n"
        r"| | text | first | First name? | regex(., '\p{L}+') |" + "\n"
    )
    for name in ("Zoé", "Żółć", "مدرسة", "Ωμέγα", "李"):
        assert entry.answer("/data/first", name).kept, name
    for name in ("Zoé 2", "a-b", "١٢"):
        assert not entry.answer("/data/first", name).kept, name


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\p{Letters}", "there is no property “Letters”"),
        (r"[a-z", "a class “[…” is never closed"),
        (r"(ab", "a bracket is never closed"),
        (r"ab)", "a bracket is closed that was never opened"),
        (r"*a", "“*” has nothing before it to repeat"),
        (r"a\y", "“\\y” means nothing in Java"),
        (r"a{,3}", "“{” stands where no count is"),
        (r"[z-a]", "a class goes from “z” back to “a”"),
        (r"\b{g}", "“\\b{g}” is not supported"),
        (r"(?P<year>a)", "begins no group of Java's"),
        ("(" * 2000, "stand inside each other"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused_with_its_form(pattern: str, why: str) -> None:
    form = xform(
        "<a/>", f"""<bind nodeset="/data/a" constraint="regex(., '{_quoted(pattern)}')"/>"""
    )
    with pytest.raises(WrongExpressions) as refusal:
        read_form(form)
    assert why in str(refusal.value)
    assert "/data/a" in str(refusal.value)


def _quoted(pattern: str) -> str:
    return pattern.replace("&", "&amp;").replace("<", "&lt;")


def test_an_author_is_told_the_row_of_a_pattern_that_cannot_be_read(tmp_path: Path) -> None:
    form = tmp_path / "form.md"
    form.write_text(
        "| survey |\n| | type | name | label | constraint |\n"
        r"| | text | first | First name? | regex(., '\p{Lettre}+') |" + "\n",
        encoding="utf-8",
    )
    with pytest.raises(FormError, match=r"survey, row 3, column constraint .*Lettre"):
        compile_form(form)


def told_by_java(patterns: list[str]) -> list[str]:
    """What Java says of patterns, as `matched` does."""
    java = shutil.which("java")
    if java is None:
        pytest.skip("Java is not here")
    lines = [str(len(TEXTS)), *(_encoded(text) for text in (*TEXTS, *patterns))]
    told = subprocess.run(
        [java, str(JAVA)], input="\n".join(lines).encode() + b"\n", capture_output=True, check=True
    )
    return told.stdout.decode().split()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def apart(patterns: list[str]) -> dict[str, tuple[str, str]]:
    """Patterns of which Java and Parvis say otherwise."""
    said = zip(patterns, told_by_java(patterns), map(matched, patterns), strict=True)
    return {pattern: (theirs, ours) for pattern, theirs, ours in said if theirs != ours}


def test_patterns_of_every_kind_match_what_java_matches() -> None:
    assert apart(WRITTEN) == {}


SIGNS = (
    *"abKs1_-. é",
    "Σ",
    "中",
    "😀",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\h",
    r"\.",
    ".",
)
MEMBERS = ("a-z", "0-9", "à-ÿ", "Α-Ω", "[a-m]", "&&[^b]", "-", ".", "é", r"\w", r"\D", r"\]", r"\\")
PROPERTIES = (
    *("L", "Lu", "Ll", "N", "Nd", "P", "Sc", "M", "Alpha", "Lower", "Digit", "Alnum", "Punct"),
    *("Space", "IsAlphabetic", "IsLatin", "IsGreek", "IsHan", "InGreek", "InBasicLatin"),
    *("script=Arabic", "gc=Lu", "javaLetter", "javaWhitespace", "IsLowercase", "IsWhite_Space"),
)


def invented(chance: Random, deep: int = 0) -> str:
    """A pattern by chance."""
    parts = []
    for _ in range(chance.randint(1, 3)):
        kind = chance.random()
        if kind < 0.4:
            part = chance.choice(SIGNS)
        elif kind < 0.6:
            part = rf"\{chance.choice('pP')}{{{chance.choice(PROPERTIES)}}}"
        elif kind < 0.85 or deep > 2:
            some = "".join(chance.choice(MEMBERS) for _ in range(chance.randint(1, 3)))
            part = f"[{chance.choice(('', '^'))}a{some}]"
        else:
            opening = chance.choice(("(", "(?:", "(?=", "(?!", "(?>", "(?i:", "(?iu:", "(?U:"))
            part = f"{opening}{invented(chance, deep + 1)})"
        often = chance.choice(("", "", "", "?", "*", "+", "{2}", "{1,3}", "*?", "++"))
        parts.append(part + often)
    return "".join(parts) + (f"|{invented(chance, 3)}" if chance.random() < 0.2 else "")


@pytest.mark.parametrize("seed", range(3))
def test_patterns_by_chance_match_what_java_matches(seed: int) -> None:
    chance = Random(seed)
    assert apart([invented(chance) for _ in range(500)]) == {}
