"""Written text as a synthesiser says it rightly: signs, units and numbers that it reads wrongly.

espeak-ng 1.51 says “−” in English, “·” as a word, “216 m” as a letter, and passes over “€” and the
decimal comma in some languages. What it says rightly by itself is left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sync.catalogues import base


@dataclass(frozen=True)
class Names:
    """What signs and units are called; "" where the synthesiser knows it.

    Attributes:
        minus: before a number.
        number: the sign № and its kin.
        metres: after a number.
        kilometres: after a number.
        euros: after a number.
        percent: after a number.
        comma: between a number and its decimals.
    """

    minus: str
    number: str = ""
    metres: str = ""
    kilometres: str = ""
    euros: str = ""
    percent: str = ""
    comma: str = ""


_NAMES: Mapping[str, Names] = {
    "fr": Names("moins", "numéro", "mètres"),
    "en": Names("minus", "number", "metres", "kilometres"),
    "es": Names("menos", "número", "metros", "kilómetros"),
    "pt": Names("menos", "número", "metros", "quilómetros"),
    "tr": Names("eksi", "numara", "metre", "kilometre"),
    "ar": Names("ناقص", "رقم", "متر", "كيلومتر", percent="بالمئة", comma="فاصلة"),
    "uk": Names("мінус", "номер", "метрів", "кілометрів", "євро", "відсотків", "кома"),
    "zh": Names("负", "第", "米", "公里", "欧元", comma="点"),
}
_NO_BREAK = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_THOUSANDS = re.compile(rf"(?<=\d)[{_NO_BREAK}](?=\d{{3}}(?!\d))")
_BETWEEN = re.compile(r"\s+·\s+")
_MINUS = re.compile(r"[−–](?=\d)|(?<=\s)−(?=\s|$|[.,])")
_NUMBER_SIGN = re.compile(r"(?:\bn°|\bn\.º|№)\s*(?=\d)", re.IGNORECASE)
_DECIMAL = re.compile(r"(?<![\d.,])(\d+)[.,٫](\d{1,2})(?![\d.,]*\d)")
_HOURS = re.compile(r"\b(\d{1,2})\s?h(?:\s?(\d{2}))?\b")
_CHINESE_TIME = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_CHINESE_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*[%％]")


def aloud(text: str, language: str) -> str:
    """The same text, for a synthesiser of this language."""
    tag = base(language)
    names = _NAMES.get(tag)
    text = _BETWEEN.sub(", ", _THOUSANDS.sub("", text))
    if names is None:
        return text
    if tag == "fr":
        text = _HOURS.sub(_french_hours, text)
        text = re.sub(r"\bM\. (?=[A-ZÀ-Ý])", "Monsieur ", text)
    if tag == "tr":  # it passes over the stroke of "3 / 41"
        text = re.sub(r"\b(\d+) / (\d+)\b", r"\2 üzerinden \1", text)
    if tag == "zh":
        text = _CHINESE_TIME.sub(_chinese_time, text)
        text = _CHINESE_PERCENT.sub(r"百分之\1", text)
        text = re.sub(r"€\s*(\d[\d.,]*\d|\d)", r"\1 €", text).replace(",000", "000")
    text = _MINUS.sub(f"{names.minus} ", text)
    if names.number:
        text = _NUMBER_SIGN.sub(f"{names.number} ", text)
    if names.comma:
        text = _DECIMAL.sub(rf"\1 {names.comma} \2", text)
    for unit, name in (
        ("(?:km|км|كم)", names.kilometres),
        ("(?:m|м|م)", names.metres),
        ("€", names.euros),
        ("[%٪]", names.percent),
    ):
        if name:
            text = re.sub(rf"(?<=\d)\s?{unit}(?!\w)", f" {name}", text)
    return text


def _french_hours(found: re.Match[str]) -> str:
    hours, minutes = found.groups()
    return f"{hours} heures {minutes}" if minutes else f"{hours} heures"


def _chinese_time(found: re.Match[str]) -> str:
    hours, minutes = (int(part) for part in found.groups())
    return f"{hours}点{minutes}分" if minutes else f"{hours}点"
