"""Make `forms/functions/calendar.tsv`: run by hand when babel brings newer words of the CLDR.

    python packaging/calendar_words.py

A line for each language: its code, its names in itself and in English, and its short words for the
twelve months and the seven days from Monday on. `forms` itself does not need babel.
"""

from pathlib import Path

from babel import Locale, localedata

TABLE = Path(__file__).resolve().parent.parent / "forms" / "functions" / "calendar.tsv"


def lines() -> list[str]:
    """The table, by code."""
    found = []
    for code in sorted(localedata.locale_identifiers()):
        localedata._cache.clear()  # what one language leaves there comes out in the next
        locale = Locale.parse(code)
        if locale.territory or locale.variant or code == "root":
            continue
        months = [locale.months["format"]["abbreviated"][number] for number in range(1, 13)]
        days = [locale.days["format"]["abbreviated"][number] for number in range(7)]
        if all(month.startswith("M") and month[1:].isdigit() for month in months):
            continue  # nobody has told the CLDR
        own, english = locale.get_display_name(), locale.get_display_name("en")
        found.append("\t".join((code.replace("_", "-"), own or "", english or "", *months, *days)))
    return found


if __name__ == "__main__":
    TABLE.write_text("\n".join(lines()) + "\n", encoding="utf-8")
