"""What cards of a method say: a title and a quieter line, an amount of money."""

from decimal import Decimal

from babel.numbers import format_currency

from kiosk.language import locale_of, tr

DASH = " — "


def title_and_note(label: str) -> tuple[str, str]:
    """A label as a title and what follows its first long dash; "" where there is none."""
    title, _, note = label.partition(DASH)
    return title.strip(), note.strip()


def without_amount(note: str, amount: Decimal) -> str:
    """A note without the amount at its end, where a card shows that by itself.

    Labels say what a project costs, so that tools without a purse show it as well.
    """
    before, comma, last = note.rpartition(",")
    while comma and not _is_amount(last, amount):
        before, comma, more = before.rpartition(",")  # 6,000 has a comma of its own
        last = f"{more},{last}"
    if comma:
        return before.strip()
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
    return bool(digits) and not letters and Decimal(digits) == amount
