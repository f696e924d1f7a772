"""Arabic counts in six ways: each number falls on the form that is written for it."""

import pytest
from babel.messages.pofile import read_po

from sync.catalogues import TRANSLATIONS, read_catalogue

CATALOGUE = read_catalogue("ar")
CHOICES = ("{n} choix", "{n} choix")


def expected(n):
    """By grammar: 3 to 10 take the plural, 11 to 99 a singular with tanwin, hundreds without."""
    if n in (1, 2):
        return ("خيار واحد", "خياران")[n - 1]
    if 3 <= n % 100 <= 10:
        return "{n} خيارات"
    return "{n} خيارًا" if n % 100 >= 11 else "{n} خيار"


@pytest.mark.parametrize("n", range(121))
def test_each_number_of_choices_is_said_as_arabic_says_it(n):
    assert CATALOGUE.ngettext(*CHOICES, n) == expected(n)


def plurals():
    with (TRANSLATIONS / "ar" / "parvis.po").open("rb") as file:
        return [message.id for message in read_po(file, "ar") if isinstance(message.id, tuple)]


@pytest.mark.parametrize("message", plurals(), ids=lambda message: message[0][:40])
def test_of_every_counted_sentence_only_eleven_to_ninety_nine_take_the_tanwin(message):
    said = {n: CATALOGUE.ngettext(*message, n) for n in range(121)}
    assert len({said[n] for n in (0, 100, 101, 102)}) == 1 or "شيئًا" in said[0], "none is as many"
    assert len({said[n] for n in (*range(3, 11), *range(103, 111))}) == 1
    assert len({said[n] for n in (*range(11, 100), *range(111, 121))}) == 1
    marks = {n: said[n].count("ًا") for n in (11, 100)}
    assert marks[11] >= marks[100]
    if said[11] != said[100]:
        assert marks[11] == marks[100] + 1
    if "{n}" in message[0]:
        assert all("{n}" in said[n] for n in range(3, 121))


def test_of_nothing_left_out_it_is_not_said_that_nothing_was_published():
    message = ("{n} élément n’est pas publié.", "{n} éléments ne sont pas publiés.")
    assert "لم يُنشر" not in CATALOGUE.ngettext(*message, 0)
