"""The public pages in a real Chromium: no barrier in them, no script needed, nothing kept."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import consultation as packages
from sync.answers import Answers, Labelled, State, Theme
from sync.client.https import sync_once
from sync.consultation import Consultation, Notice, Traceability
from sync.contribution import Contribution, Mode
from sync.crockford import check_character, grouped
from sync.desk.answers import AnswersDesk
from sync.desk.open_data import publish_data
from sync.desk.pull import pull
from sync.desk.sources import ServerSource
from sync.erasure import ids_of
from sync.errors import MistypedCode
from sync.receipt import Receipt, read_code
from sync.server.pages import words
from sync.server.service import Service
from tests.sync.town import Town
from tests.waiting import LONG

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


UNKNOWN = "1234-5678-9AB"
"""A code that no device has given; its check character makes it fit."""


@dataclass
class Place:
    """A town with a server that runs, a receipt that has arrived, and one that has not."""

    url: str
    id: str
    arrived: Receipt
    awaited: Receipt
    answered: Receipt
    shown: Receipt
    unfollowed: Receipt

    def addresses(self) -> dict[str, str]:
        return {
            "home": "/",
            "consultation": f"/c/{self.id}",
            "asked": "/r",
            "mistaken": "/r?code=T1NS-NHBR-DBAC",
            "arrived by code": f"/r?code={self.arrived.code}",
            "arrived by QR": self.arrived.qr_payload(self.url).removeprefix(self.url.upper()),
            "answered": f"/r?code={self.answered.code}",
            "shown": f"/r?code={self.shown.code}",
            "consultation that shows texts": f"/c/{self.shown.consultation}",
            "not followed": f"/r?code={self.unfollowed.code}",
            "consultation that is not followed": f"/c/{self.unfollowed.consultation}",
            "awaited": self.awaited.qr_payload(self.url).removeprefix(self.url.upper()),
            "not known": f"/r?code={fitting(UNKNOWN)}",
            "nothing": "/c/NOTHING123",
        }


def fitting(letters: str) -> str:
    """A code that begins so, with its check character."""
    bare = letters.replace("-", "")
    return grouped(bare + check_character(bare))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    town = Town(tmp_path_factory.mktemp("town"))
    notice = {
        "fr": Notice("La Ville", "La place", "Elle est vide.", "Un banc.", "Rien."),
        "ar": Notice("المدينة", "الساحة", "إنها فارغة.", "مقعد.", "لا شيء."),
    }
    with town.service() as service:
        draft = town.publication(version=2)
        fields = {**vars(draft), "notice": notice, "title": {"fr": "La place", "ar": "الساحة"}}
        kept = {name: fields[name] for name in draft.__dataclass_fields__ if name in fields}
        town.consultation = packages.publish(type(draft)(**kept), town.keys.organiser)
        service.publish(town.consultation.data)
        full = another(town, service, "ouvert", Traceability.FULL)
        none = another(town, service, "secret", Traceability.NONE)
    with town.serving() as url, town.device("mairie", url) as device:

        def said(idea: str, consultation: str = "") -> Receipt:
            held = device.consultation(consultation or town.consultation.id)
            answers = (("/data/idea", idea),)
            form = (held.form_id, held.form_version, held.form_hash)
            return device.confirm(held.id, Contribution(*form, Mode.SELF, "fr", answers))

        receipts = [said(idea) for idea in "abc"]
        shown, secret = said("Un banc au soleil", full.id), said("e", none.id)
        assert sync_once(device).complete
        awaited = said("d")
        until = time.monotonic() + LONG
        while requests.get(f"{url}/register/{town.consultation.id}/checkpoint").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.05)
        answer(town, url, receipts[0], receipts[2], shown)
        yield Place(url, town.consultation.id, receipts[1], awaited, receipts[0], shown, secret)


def another(town: Town, service: Service, form_id: str, promised: Traceability) -> Consultation:
    """Another consultation of the town, with another promise."""
    draft = town.publication()
    other = replace(
        draft,
        data=b"",
        form_id=form_id,
        form=draft.form.replace(b'id="place"', f'id="{form_id}"'.encode()),
        options=replace(draft.options, traceability=promised),
        title={"fr": f"Consultation {promised.value}"},
    )
    published = packages.publish(other, town.keys.organiser)
    service.publish(published.data)
    return published


def answer(town: Town, url: str, answered: Receipt, read: Receipt, shown: Receipt) -> None:
    """The organiser publishes what became of three contributions, and the text of one."""
    themes = (
        Theme(
            {"fr": "Des bancs à l’ombre", "ar": "مقاعد في الظل"},
            {"fr": "Nous en posons dix.\nLe premier est là.", "ar": "سنضع عشرة."},
            "https://ville.example/bancs",
        ),
        Theme({"fr": "Des arbres"}),
    )
    today = date(2026, 11, 22)
    desk = AnswersDesk(url, town.keys.organiser)
    said = Answers(answered.consultation, 1, today, themes)
    desk.publish(said, [State(answered.id, (0, 1)), State(read.id)])
    questions = {"/data/idea": Labelled({"fr": "Votre idée", "ar": "فكرتك"})}
    said = Answers(shown.consultation, 1, today, themes, questions)
    with town.desk() as store:
        source = ServerSource(url, town.keys.organiser)
        pull(source, store, [town.keys.recipient], [])
        published = town.root / "published.jsonl"
        publish_data(store, published, shown.consultation)
    (line,) = published.read_text().splitlines()
    desk.publish(said, [State(shown.id, (1,), line)])
    desk.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"],
        )
        yield chromium
        chromium.close()


EVERY_WAY = [
    (language, scheme, width)
    for language in ("fr", "ar")
    for scheme in ("light", "dark")
    for width in (320, 1280)
]
# What differs from language to language is how long words are: the narrow page shows it.
ONE_WAY = [
    (language, "light", 320) for language in words.languages() if language not in ("fr", "ar")
]
ALIKE = {"arrived by QR", "consultation that shows texts", "consultation that is not followed"}


def test_the_pages_speak_nine_languages() -> None:
    assert len({language for language, _, _ in EVERY_WAY + ONE_WAY}) == 9


@pytest.mark.parametrize(("language", "scheme", "width"), EVERY_WAY + ONE_WAY)
def test_no_page_has_a_barrier(
    place: Place, browser: Any, language: str, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for name, address in place.addresses().items():
        if (language, scheme, width) in ONE_WAY and name in ALIKE:
            continue
        mark = "&" if "?" in address else "?"
        page.goto(f"{place.url}{address}{mark}lang={language}")
        for folded in page.locator("summary").all():
            folded.click()
        found = Axe().run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        needed = page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"{name}: {needed} pixels wide"
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    context.close()


def test_a_contribution_is_found_without_script_and_without_a_trace(
    place: Place, browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(place.url)
    page.get_by_label("Le code de votre reçu").fill(place.arrived.code.lower().replace("-", " "))
    page.get_by_role("button", name="Trouver ma contribution").click()
    assert page.get_by_role("heading", name="Reçue").is_visible()
    assert page.get_by_role("heading", name="Inscrite au registre").is_visible()
    page.goto(place.arrived.qr_payload(place.url))
    assert page.get_by_role("heading", name="Inscrite au registre").is_visible()
    assert place.arrived.code in page.inner_text("main")
    page.goto(place.awaited.qr_payload(place.url))
    assert "Elle n’est pas encore arrivée." in page.inner_text("main")
    assert context.cookies() == []
    assert all(url.startswith((place.url, place.url.upper())) for url in asked)
    context.close()


def test_a_contributor_sees_what_became_of_it(place: Place, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    addresses = place.addresses()
    page.goto(place.url + addresses["answered"])
    assert page.get_by_role("heading", name="Lue par l’organisateur").is_visible()
    assert page.get_by_role("heading", name="Des bancs à l’ombre").is_visible()
    assert page.get_by_text("Nous en posons dix.").is_visible()
    assert page.get_by_text("n’a pas encore répondu à ce thème").is_visible()
    page.goto(place.url + addresses["shown"])
    assert page.get_by_text("Un banc au soleil").is_visible()
    page.goto(place.url + addresses["arrived by code"])
    assert page.get_by_role("heading", name="Pas encore lue").is_visible()
    page.goto(place.url + addresses["not followed"])
    assert "ne permet pas de suivre" in page.inner_text("main")
    assert page.get_by_role("heading", name="Reçue").count() == 0
    context.close()


def test_nobody_is_reassured_about_a_code_that_no_device_gave(place: Place) -> None:
    forged = Receipt.promise(place.id, bytes(32), Ed25519PrivateKey.generate(), 1.8e9)
    elsewhere = replace(place.awaited, consultation="0123456789ABCDEF")
    for address in (
        f"/r?code={fitting(UNKNOWN)}",
        f"/r?code={place.awaited.code}",  # that it fits is all that is known of it
        "/r?code=T1NS-NHBR-DBAB",
        forged.qr_payload(place.url).removeprefix(place.url.upper()),
        elsewhere.qr_payload(place.url).removeprefix(place.url.upper()),
    ):
        told = requests.get(f"{place.url}{address}", headers={"Accept-Language": "fr"}).text
        assert "Nous ne connaissons pas encore ce code." in told, address
        assert "après 30 jours, parlez-en à l’organisateur" in told
        assert "en sécurité" not in told
        assert "promise au registre" not in told


def test_who_holds_a_devices_own_promise_is_told_what_was_promised(place: Place) -> None:
    address = place.awaited.qr_payload(place.url).removeprefix(place.url.upper())
    told = requests.get(place.url + address, headers={"Accept-Language": "fr"}).text
    assert "Elle n’est pas encore arrivée." in told
    assert "en sécurité" in told
    assert "promise au registre" in told


def test_the_code_that_is_shown_as_an_example_is_nobodys(place: Place) -> None:
    home = requests.get(place.url, headers={"Accept-Language": "fr"}).text
    examples = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", home)
    assert examples
    for example in examples:
        with pytest.raises(MistypedCode):
            read_code(example)


def test_what_is_printed_is_all_that_was_read_dark_on_white(
    place: Place, browser: Any, tmp_path: Path
) -> None:
    context = browser.new_context(locale="fr-FR", color_scheme="dark")
    page = context.new_page()
    addresses = place.addresses()
    for name, words_kept in {
        "shown": ("Un banc au soleil", "Votre idée", place.shown.code, "Inscrite au registre"),
        "answered": ("Nous en posons dix.", "Lue par l’organisateur", place.answered.code),
    }.items():
        page.goto(place.url + addresses[name])
        page.emulate_media(media="print")
        for kept in words_kept:
            assert page.get_by_text(kept).first.is_visible(), f"{name}: {kept}"
        style = "getComputedStyle(document.querySelector('.done .mark'))"
        assert page.evaluate(f"{style}.color") == "rgb(0, 0, 0)"
        pdf = tmp_path / f"{name}.pdf"
        page.pdf(path=str(pdf))
        page.emulate_media(media=None)
        if shutil.which("pdftotext"):
            printed = subprocess.run(
                ["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True
            ).stdout
            for kept in words_kept:
                assert kept in " ".join(printed.split()), f"{name}: {kept}"
    context.close()


def test_every_page_forbids_script_and_says_its_language(place: Place) -> None:
    for name, address in place.addresses().items():
        answer = requests.get(place.url + address, headers={"Accept-Language": "de, uk;q=0.5"})
        assert answer.status_code == (404 if name == "nothing" else 200), name
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Language"] == "uk"
        assert "Set-Cookie" not in answer.headers
        assert "<script" not in answer.text


def test_what_visitors_type_is_never_html(place: Place) -> None:
    for text in ("<script>alert(1)</script>", '"><b>', "%00", "é" * 500, "T1NS NHBR DBAC"):
        answer = requests.get(f"{place.url}/r", params={"code": text})
        assert answer.status_code == 200
        assert "<script>" not in answer.text
        assert "<b>" not in answer.text
    assert requests.get(f"{place.url}/R/{'A' * 5000}").status_code == 200
    assert requests.get(f"{place.url}/c/%2e%2e").status_code == 404


def test_the_program_that_checks_is_offered_whole(place: Place, tmp_path: Path) -> None:
    program = requests.get(f"{place.url}/parvis-verify.py").text
    (tmp_path / "parvis-verify.py").write_text(program)
    assert compile(program, "parvis-verify.py", "exec")


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        ("", "", "fr"),
        ("", "de, fr;q=0.1, en;q=0.5", "en"),
        ("", "pt-BR", "pt"),
        ("", "zh-Hans-CN,zh;q=0.9", "zh"),
        ("ar", "en", "ar"),
        ("xx", "en;q=x, tr;q=0.2", "tr"),
        ("../..", "*, ;;;,,q", "fr"),
    ],
)
def test_the_language_is_the_visitors(asked: str, accepted: str, spoken: str) -> None:
    assert words.chosen(asked, accepted) == spoken


def test_a_code_stands_for_the_ids_that_begin_as_it_does(place: Place) -> None:
    first, last = ids_of(place.arrived.code)
    assert first <= place.arrived.id <= last
    assert (int.from_bytes(last, "big") - int.from_bytes(first, "big")).bit_length() == 73
