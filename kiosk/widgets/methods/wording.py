"""What cards of a method say: a title and a quieter line, an amount of money."""

import re
from decimal import Decimal

from babel.numbers import format_currency

from kiosk.language import locale_of, tr

DASH = " — "
_COMMAS = re.compile("[,،，、]")


def title_and_note(label: str) -> tuple[str, str]:
    """A label as a title and what follows its first long dash; "" where there is none."""
    title, _, note = label.partition(DASH)
    return title.strip(), note.strip()


def without_amount(note: str, amount: Decimal) -> str:
    """A note without the amount at its end, where a card shows that by itself.

    Labels say what a project costs, so that tools without a purse show it as well.
    """
    for comma in reversed(list(_COMMAS.finditer(note))):
        if _is_amount(note[comma.end() :], amount):  # 6,000 has a comma of its own
            return note[: comma.start()].strip()
    return "" if _is_amount(note, amount) else note


def money(amount: Decimal, currency: str = "EUR") -> str:
    """An amount as the person's language writes it, with cents only where there are any."""
    locale = locale_of(tr.language)
    pattern = locale.currency_formats["standard"].pattern
    if amount == amount.to_integral_value():
        pattern = pattern.replace("0.00", "0")
    return str(format_currency(amount, currency, pattern, locale=locale, currency_digits=False))


def _is_amount(text: str, amount: Decimal) -> bool:
    digits = "".join(character for character in text if character.isdecimal())
    letters = any(character.isalpha() for character in text)
    if not digits or letters:
        return False
    return Decimal(digits) in {amount, amount * 10, amount * 100}  # with tenths, with hundredths
