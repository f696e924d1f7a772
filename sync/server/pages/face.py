"""The public pages over HTTP: server-rendered, no script, no cookie, nothing of the visitor kept.

GET /                      what is asked here, and a way to one's contribution
GET /c/{id}                one consultation and its register
GET /r?code=…              my contribution, by the code that was typed
GET /R/{receipt}           my contribution, by the receipt's QR code
GET /style.css, /parvis-verify.py
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync import consultation as packages
from sync import verify
from sync.answers import Labelled, Theme, shown_leaves
from sync.consultation import Consultation, Traceability
from sync.erasure import ids_of
from sync.errors import ForgedReceipt, MistypedCode
from sync.promise import Channel, allows
from sync.receipt import Receipt, read_code, receipt_code
from sync.register import checkpoint
from sync.register.checkpoint import origin_of
from sync.register.entry import Reason
from sync.server.pages import words
from sync.server.prefix import prefix_of, root_of
from sync.server.register import Whereabouts
from sync.server.service import Service
from sync.server.signed_registers import NotRegistered
from sync.server.stored import UnknownConsultationHere

PROMISED = timedelta(days=30)
"""Within which a confirmed contribution is to be in the register (`docs/format.md`, section 7)."""

_Text = TypeVar("_Text")


def N_(text: str) -> str:  # noqa: N802
    """Marks a sentence to be translated where it is used."""
    return text


_HERE = Path(__file__).parent
_CONSULTATION = re.compile(r"[0-9A-Z]{8,64}")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}
_STILL = {"Cache-Control": "public, max-age=86400"}


class Pages:
    """The pages of one server.

    Args:
        service: what they tell of.
        aside: does what touches the disk in a thread.
    """

    def __init__(
        self,
        service: Service,
        aside: Callable[[Callable[[], Response]], Awaitable[Response]],
    ) -> None:
        self._service = service
        self._aside = aside
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, extensions=[]
        )
        self._read: dict[tuple[str, int], Consultation] = {}

    def routes(self) -> list[Route]:
        """The addresses."""

        def page(path: str, show: Callable[[Request], Response]) -> Route:
            async def answer(request: Request) -> Response:
                return await self._aside(lambda: show(request))

            return Route(path, answer)

        return [
            page("/", self.home),
            page("/c/{id}", self.consultation),
            page("/r", self.by_code),
            page("/R", self.by_code),
            page("/R/{receipt}", self.by_receipt),
            page("/style.css", lambda _: _file(_HERE / "style.css", "text/css; charset=utf-8")),
            page("/parvis-verify.py", lambda _: _file(Path(verify.__file__), "text/x-python")),
        ]

    def home(self, request: Request) -> Response:
        """What is asked here."""
        visit = _Visit(request)
        listed = []
        for published in self._service.store.consultations():
            known = self._consultation(published.id)
            title, language = _in_language(known.title, visit.language)
            counted = visit.counted(self._service.registers.size(known.id))
            listed.append(
                {
                    "id": known.id,
                    "title": title,
                    "lang": _lang(language, visit),
                    "organiser": known.organiser,
                    "counted": counted,
                }
            )
        return self._page(visit, "home.html", consultations=listed)

    def consultation(self, request: Request) -> Response:
        """One consultation."""
        visit = _Visit(request)
        id_ = request.path_params["id"]
        try:
            known = self._consultation(id_ if _CONSULTATION.fullmatch(id_) else "")
        except UnknownConsultationHere:
            return self.wrong(request)
        title, language = _in_language(known.title, visit.language)
        notice, noticed = _in_language(known.notice, visit.language, known.title)
        said = self._service.answers.said(id_)
        more: dict[str, object] = {}
        try:
            note = self._service.registers.checkpoint(id_)
            size = checkpoint.read(note, origin_of(id_), self._service.public_key).size
            more = {"checkpoint": note.decode(), "size": visit.number(size)}
            more["size_words"] = visit.words.ngettext(
                "contribution inscrite", "contributions inscrites", size
            )
        except NotRegistered:
            pass
        return self._page(
            visit,
            "consultation.html",
            id=id_,
            title=title,
            lang=_lang(language or noticed, visit),
            organiser=known.organiser,
            dates=visit.dates(known),
            notice=notice,
            key=self._service.registers.key(id_),
            address=_address(request),
            follow=self._service.answers.promised(id_).value,
            themes=[_theme(one, visit, known) for one in said.themes] if said else [],
            **more,
        )

    def by_code(self, request: Request) -> Response:
        """My contribution, by the code on the receipt."""
        visit = _Visit(request)
        typed = request.query_params.get("code", "")[:100]
        if not typed.strip():
            return self._page(visit, "mine.html")
        kept = f"&code={quote(typed)}"
        try:
            code = read_code(typed)
        except MistypedCode:
            mistake = visit.words.gettext(
                "Ce code contient une erreur. Comparez-le avec votre reçu, lettre par lettre."
            )
            return self._page(visit, "mine.html", mistake=mistake, code=typed, kept=kept)
        ids = ids_of(code)
        for published in self._service.store.consultations():
            found = self._service.registers.whereabouts(published.id, ids)
            if found is not None:
                return self._found(visit, request, found, kept=kept)
        return self._unknown(visit, code, kept)

    def by_receipt(self, request: Request) -> Response:
        """My contribution, by what the QR code holds."""
        visit = _Visit(request)
        text = request.path_params["receipt"]
        try:
            receipt = Receipt.from_qr(text[:1000])
        except ForgedReceipt:
            mistake = visit.words.gettext(
                "Cette adresse n’est pas complète. Lisez l’image de nouveau, ou tapez le code."
            )
            return self._page(visit, "mine.html", mistake=mistake)
        ids = (receipt.id, receipt.id)
        found = self._service.registers.whereabouts(receipt.consultation, ids)
        if found is not None:
            return self._found(visit, request, found, link=f"{_address(request)}{request.url.path}")
        if not self._is_genuine(receipt):
            return self._unknown(visit, receipt.code)
        due = receipt.day + PROMISED
        today = datetime.fromtimestamp(self._service.now(), UTC).date()
        return self._page(
            visit,
            "mine.html",
            awaited=True,
            promised=visit.dated(N_("Elle est promise au registre pour le {day}."), day=due),
            overdue=today > due,
            code=receipt.code,
        )

    def wrong(self, request: Request) -> Response:
        """There is no such page."""
        answer = self._page(_Visit(request), "wrong.html")
        answer.status_code = 404
        return answer

    def _unknown(self, visit: _Visit, code: str, kept: str = "") -> Response:
        """What is told of a code that no device of this server is known to have given.

        Whoever can count makes a code that fits: it tells only that it was not mistyped.
        """
        advice = visit.words.ngettext(
            "S’il manque encore après {n} jour, parlez-en à l’organisateur.",
            "S’il manque encore après {n} jours, parlez-en à l’organisateur.",
            PROMISED.days,
        ).format(n=visit.number(PROMISED.days))
        return self._page(visit, "mine.html", unknown=True, advice=advice, code=code, kept=kept)

    def _is_genuine(self, receipt: Receipt) -> bool:
        """Whether a device of this server has promised it, for a consultation of this server."""
        known = {published.id for published in self._service.store.consultations()}
        for device in self._service.store.devices(receipt.device_key_id.hex()):
            with suppress(ForgedReceipt):
                receipt.verify(device.public_key)
                return receipt.consultation in known
        return False

    def _found(
        self,
        visit: _Visit,
        request: Request,
        found: Whereabouts,
        link: str = "",
        kept: str = "",
    ) -> Response:
        known = self._consultation(found.consultation)
        promised = self._service.answers.promised(found.consultation)
        title, language = _in_language(known.title, visit.language)
        day = datetime.fromtimestamp(found.received_at, UTC).date()
        place = ""
        if found.index is not None:
            place = visit.words.gettext("Elle y porte le numéro {n}.").format(
                n=visit.number(found.index + 1)
            )
        commitment = (found.commitment or b"").hex()
        if not allows(Channel.WHEREABOUTS, promised):
            return self._page(
                visit,
                "mine.html",
                kept=kept,
                unfollowed={
                    "consultation": found.consultation,
                    "title": title,
                    "lang": _lang(language, visit),
                },
            )
        return self._page(
            visit,
            "mine.html",
            kept=kept,
            address=_address(request),
            found={
                "consultation": found.consultation,
                "title": title,
                "lang": _lang(language, visit),
                "code": receipt_code(found.id),
                "received": visit.dated(N_("Le {day}."), day=day),
                "index": found.index,
                "place": place,
                "erased": _why_erased(found.erased, visit),
                **self._became(visit, found, promised),
                "proof": f"v1/consultations/{found.consultation}/register/{commitment}",
                "key": self._service.registers.key(found.consultation),
                "link": link,
            },
        )

    def _became(
        self, visit: _Visit, found: Whereabouts, promised: Traceability
    ) -> dict[str, object]:
        """What the organiser made of a contribution; of an erased one nothing is told."""
        answered = self._service.answers.of(found.consultation, found.id)
        if found.erased or answered is None or answered.state is None:
            return {"read": False}
        state, answers = answered.state, answered.answers
        known = self._consultation(found.consultation)
        became: dict[str, object] = {
            "read": True,
            "themes": [_theme(answers.themes[place], visit, known) for place in state.themes],
        }
        if state.published and allows(Channel.TEXT, promised):
            leaves, left_out = shown_leaves(state.published)
            form = dict(leaves).get("form", "").partition(" ")[0]
            became["text"] = [
                one
                for path, value in leaves
                if (
                    one := _shown(
                        answers.question(path, form, found.id.hex()), path, value, visit, known
                    )
                )
            ]
            became["left_out"] = visit.words.ngettext(
                "{n} élément n’est pas publié.", "{n} éléments ne sont pas publiés.", left_out
            ).format(n=visit.number(left_out))
            address = f"v1/consultations/{found.consultation}/published/{found.id.hex()}"
            became["published"] = address
        return became

    def _consultation(self, id_: str) -> Consultation:
        newest = self._service.store.versions(id_)[0]
        place = (id_, newest.version)
        if place not in self._read:
            self._read[place] = packages.read(self._service.store.package(id_))
        return self._read[place]

    def _page(self, visit: _Visit, template: str, **more: object) -> Response:
        text = self._templates.get_template(template).render(
            _=visit.words.gettext,
            language=visit.language,
            root=visit.root,
            languages=[(code, words.own_name(code)) for code in words.languages()],
            rtl=words.base(visit.language) in words.RIGHT_TO_LEFT,
            in_language=visit.in_language,
            **{"kept": "", **more},
        )
        headers = {**_HEADERS, "Content-Language": visit.language, "Vary": "Accept-Language"}
        return Response(text, 200, headers, "text/html; charset=utf-8")


class _Visit:
    """One visitor's language, and how it writes."""

    def __init__(self, request: Request) -> None:
        asked = request.query_params.get("lang", "")
        self.root = root_of(request)
        self.language = words.chosen(asked, request.headers.get("accept-language", ""))
        # Only who chose a language carries it in the addresses.
        self.in_language = f"?lang={self.language}" if asked == self.language else ""
        self.words = words.catalogue(self.language)
        self._locale = words.locale_of(self.language)

    def number(self, value: int) -> str:
        return str(format_decimal(value, locale=self._locale))

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    def dated(self, sentence: str, **days: date) -> str:
        """A sentence with days in full; some languages end a day with a full stop of its own."""
        spoken = {name: self.day(one) for name, one in days.items()}
        return self.words.gettext(sentence).format(**spoken).replace("..", ".")

    def counted(self, count: int) -> str:
        text = self.words.ngettext(
            "{n} contribution inscrite", "{n} contributions inscrites", count
        )
        return text.format(n=self.number(count))

    def dates(self, known: Consultation) -> str:
        opens, closes = known.opens, known.closes
        if opens and closes:
            return self.dated(N_("Du {opens} au {closes}."), opens=opens, closes=closes)
        if closes:
            return self.dated(N_("Jusqu’au {closes}."), closes=closes)
        if opens:
            return self.dated(N_("À partir du {opens}."), opens=opens)
        return ""


def _in_language(
    texts: Mapping[str, _Text], language: str, others: Iterable[str] = ()
) -> tuple[_Text | None, str]:
    """A text of the organiser's in the visitor's language, or else in another; and in which.

    Args:
        texts: by language.
        language: the visitor's.
        others: those that most speak, the first one first.
    """
    plain = language.partition("-")[0]
    for wanted in (language, plain, *others, *texts):
        if wanted in texts:
            return texts[wanted], wanted
    return None, language


def _theme(theme: Theme, visit: _Visit, known: Consultation) -> dict[str, object]:
    """A theme with its answer, as templates show it."""
    title, titled = _in_language(theme.title, visit.language, known.title)
    answer, answered = _in_language(theme.answer, visit.language, known.title)
    return {
        "title": title,
        "lang": _lang(titled, visit),
        "answer": (answer or "").replace("\r\n", "\n").split("\n") if answer else [],
        "answer_lang": _lang(answered, visit),
        "link": theme.link,
    }


def _shown(
    question: Labelled | None, path: str, value: str, visit: _Visit, known: Consultation
) -> dict[str, object] | None:
    """A field of a published contribution; None for what is no question."""
    if question is None or not value:
        return None
    label, labelled = _in_language(question.label, visit.language, known.title)
    parts = []
    for name in filter(None, value.split(" ")) if question.several else [value]:
        text, spoken = _in_language(question.choices.get(name, {}), visit.language, known.title)
        parts.append({"text": text or name, "lang": _lang(spoken, visit) if text else Markup("")})
    return {"label": label or path, "lang": _lang(labelled, visit), "values": parts}


def _lang(language: str, visit: _Visit) -> Markup:
    """The attribute that tells a screen reader of another language than the page's."""
    if language == visit.language:
        return Markup("")
    rtl = words.base(language) in words.RIGHT_TO_LEFT
    return Markup(' lang="{}" dir="{}"').format(language, "rtl" if rtl else "ltr")


def _why_erased(reason: Reason | None, visit: _Visit) -> str:
    """What a contributor reads of an erasure; "" where there was none."""
    match reason:
        case None:
            return ""
        case Reason.ASKED:
            return visit.words.gettext("Effacée à la demande de la personne.")
        case Reason.UNLAWFUL:
            return visit.words.gettext("Effacée parce que la loi l’exige.")
        case Reason.EXPIRED:
            return visit.words.gettext("Effacée à la fin de sa durée de conservation.")


def _address(request: Request) -> str:
    """The server's address, as the visitor has it."""
    return f"{request.url.scheme}://{request.url.netloc}{prefix_of(request)}"


def _file(path: Path, media_type: str) -> Response:
    return Response(path.read_bytes(), headers=_STILL, media_type=media_type)
