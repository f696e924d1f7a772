"""The interface's words in nine languages, and how each counts and dates."""

from datetime import date

import pytest

from kiosk.language import OFFERED, Language, available_languages, name_in, offered, own_name
from kiosk.language import tr as tr_of_the_kiosk
from sync.catalogues import TRANSLATIONS
from tests.kiosk import driver, hall

DAY = date(2026, 11, 21)


@pytest.fixture
def tr():
    return Language()


def test_nine_languages_are_there_french_first_and_each_is_named_in_itself():
    assert available_languages() == OFFERED
    assert [own_name(code) for code in OFFERED] == [
        *("Français", "Français facile", "English", "العربية", "Українська"),
        *("Português", "Türkçe", "Español", "中文"),
    ]


@pytest.mark.parametrize(
    "code, told",
    [
        ("fr", ["Environ 1 minute", "Environ 2 minutes"]),
        ("fr-x-falc", ["Cela dure environ 1 minute", "Cela dure environ 2 minutes"]),
        ("ar", ["حوالي دقيقة واحدة", "حوالي دقيقتين", "حوالي 5 دقائق", "حوالي 12 دقيقة"]),
        ("uk", ["Близько 1 хвилини", "Близько 2 хвилин", "Близько 21 хвилини"]),
        ("zh", ["大约 1 分钟", "大约 2 分钟"]),
        ("en", ["About 1 minute", "About 2 minutes"]),
        ("fr-BE", ["Environ 1 minute", "Environ 2 minutes"]),
        ("de", ["Environ 1 minute", "Environ 2 minutes"]),  # not there: French
    ],
)
def test_each_language_counts_in_its_own_forms(tr, code, told):
    numbers = {"ar": (1, 2, 5, 12), "uk": (1, 2, 21)}.get(code, (1, 2))
    one, many = "Environ {n} minute", "Environ {n} minutes"
    assert [tr.say_plural(code, one, many, n) for n in numbers] == told
    tr.speak(code)
    assert [tr.plural(one, many, n) for n in numbers] == told


def test_nothing_is_singular_in_french_and_plural_in_english(tr):
    one, many = "Environ {n} minute", "Environ {n} minutes"
    assert tr.plural(one, many, 0) == "Environ 0 minute"
    tr.speak("en")
    assert tr.plural(one, many, 0) == "About 0 minutes"


@pytest.mark.parametrize(
    "code, day, number",
    [
        ("fr", "21 novembre 2026", "12\N{NARROW NO-BREAK SPACE}500,5"),
        ("fr-x-falc", "21 novembre 2026", "12\N{NARROW NO-BREAK SPACE}500,5"),
        ("en", "21 November 2026", "12,500.5"),
        ("ar", "21 نوفمبر 2026", "12,500.5"),
        ("uk", "21 листопада 2026\N{NARROW NO-BREAK SPACE}р.", "12\N{NO-BREAK SPACE}500,5"),
        ("pt", "21 de novembro de 2026", "12\N{NO-BREAK SPACE}500,5"),
        ("tr", "21 Kasım 2026", "12.500,5"),
        ("es", "21 de noviembre de 2026", "12.500,5"),
        ("zh", "2026年11月21日", "12,500.5"),
    ],
)
def test_each_language_writes_dates_and_numbers_its_own_way(tr, code, day, number):
    tr.speak(code)
    assert tr.date(DAY).replace("\u200f", "") == day
    assert tr.number(12500.5) == number


def test_easy_french_is_french_and_arabic_runs_from_right_to_left(tr):
    tr.speak("fr-x-falc")
    assert (tr.french, tr.rtl) == (True, False)
    tr.speak("ar-MA")
    assert (tr.french, tr.rtl) == (False, True)


def test_easy_french_has_its_own_words():
    """It would be no language of its own if its sentences were those of the ordinary French."""
    from tests.translations import EASY_FRENCH, ROOT, _path, _read, _said, _texts

    catalogue = _read(_path(ROOT, EASY_FRENCH), EASY_FRENCH)
    pairs = [
        (said, told)
        for message in _said(catalogue)
        for said, told in zip(_texts(message.id), _texts(message.string), strict=True)
    ]
    sentences = [(said, told) for said, told in pairs if len(said.split()) > 6]
    assert len(sentences) > 10
    assert sum(said != told for said, told in sentences) >= 0.8 * len(sentences)


def test_a_machine_translation_says_so_in_its_head():
    for code in OFFERED[1:]:
        path = TRANSLATIONS / code / "parvis.po"
        head = path.read_text("utf-8").partition("msgid")[0]
        assert "unreviewed" in head, code


@pytest.mark.parametrize("code", ["zh", "fr-x-falc", "tr"])
def test_where_the_form_lacks_the_language_the_screen_says_so_and_the_answers_are_sealed(
    tmp_path, code
):
    with hall.hall(tmp_path) as kiosk:
        driver.tap(kiosk.kiosk.page.ids.start)
        kiosk.touch(own_name(code))
        assert (tr_of_the_kiosk.language, kiosk.name) == (code, "notice")
        french = {"zh": "法语", "fr-x-falc": "français", "tr": "Fransızca"}[code]
        assert french in kiosk.kiosk.page.say()
        kiosk.on()
        assert kiosk.kiosk.page.question == "Bonjour."
        kiosk.on()
        kiosk.tool("language")
        kiosk.touch("English")
        assert kiosk.kiosk._ask is None, "the form speaks English: there is nothing to say"
        kiosk.tool("language")
        kiosk.touch(own_name(code))
        assert french in kiosk.kiosk._ask.title
        kiosk.touch(tr_of_the_kiosk._("D’accord"))
        kiosk.on()
        kiosk.type("17")
        kiosk.skip_to_review()
        kiosk.on()
        kiosk.on()
        assert kiosk.name == "receipt"
        (said,) = hall.opened(kiosk.device)
        assert said.language == code


def test_languages_can_be_left_without_choosing_and_one_is_where_one_was(tmp_path):
    with hall.hall(tmp_path) as kiosk:
        kiosk.begin()
        kiosk.on()
        kiosk.type("Un banc")
        kiosk.tool("language")
        kiosk.back()
        assert (kiosk.name, kiosk.kiosk.page.answer.field.text) == ("question", "Un banc")


def test_the_form_s_languages_come_first_and_easy_french_beside_french():
    assert offered(("en", "fr"), OFFERED) == (
        *("en", "fr", "fr-x-falc", "ar", "uk", "pt", "tr", "es", "zh"),
    )
    assert offered(("fr-BE",), ("fr", "fr-x-falc", "en")) == ("fr-BE", "fr-x-falc", "en")
    assert offered(("br",), ("fr", "fr-x-falc")) == ("br", "fr", "fr-x-falc")


def test_what_the_form_says_is_heard_in_the_form_s_language(tmp_path):
    with hall.hall(tmp_path) as kiosk:
        driver.tap(kiosk.kiosk.page.ids.start)
        kiosk.touch(own_name("zh"))
        said = {part.text: part.language for part in kiosk.kiosk.page.spoken()}
        assert said["Pour décider ensemble."] == "fr"
        assert said["为什么？"] == "zh"
        kiosk.on()
        said = {part.text: part.language for part in kiosk.kiosk.page.spoken()}
        assert said["Bonjour."] == "fr"
        kiosk.tool("language")
        kiosk.touch("English")
        said = {part.text: part.language for part in kiosk.kiosk.page.spoken()}
        assert said["Hello."] == "en"


def test_a_language_that_nobody_has_described_is_named_by_its_code_and_stops_nothing(tr):
    assert own_name("qxx") == "qxx"
    tr.speak("qxx")
    assert tr.date(DAY) == "21 novembre 2026"
    assert name_in("qxx", "fr") == "qxx"
    assert name_in("fr", "qxx") == "français"
    assert own_name("kab") == "Taqbaylit"
