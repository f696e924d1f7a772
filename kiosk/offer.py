"""A consultation as the screens need it: its form read, its notice in each language."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from random import SystemRandom

from forms.engine import Entry
from forms.language_codes import language_code
from forms.methods.identity import asks_identity
from forms.methods.opinion_cards import beginning
from forms.xform import Form, read_form
from sync.consultation import Card, Consultation, Notice, Traceability
from sync.device import Device


class Programme:
    """The consultations that people can take part in today, read anew when there are others.

    Args:
        device: holds them; its background sync brings new ones and new versions.
        clock: what `today()` and `now()` in the forms mean.
    """

    def __init__(self, device: Device, clock: Callable[[], datetime]) -> None:
        self._device = device
        self._clock = clock
        self._offers: tuple[Offer, ...] = ()

    def today(self) -> tuple["Offer", ...]:
        """What is open today; the same tuple as long as nothing changed."""
        day = self._device.today()
        held = tuple(one for one in self._device.consultations() if one.is_open(day))
        if held != tuple(offer.consultation for offer in self._offers):
            known = {id(offer.consultation): offer for offer in self._offers}
            self._offers = tuple(known.get(id(one)) or Offer(one, self._clock) for one in held)
        return self._offers


@dataclass(frozen=True)
class Offer:
    """What people can take part in at this device.

    Args:
        consultation: as published.
        clock: what `today()` and `now()` in the form mean.
    """

    consultation: Consultation
    clock: Callable[[], datetime]

    @property
    def id(self) -> str:
        """The consultation's id."""
        return self.consultation.id

    @cached_property
    def form(self) -> Form:
        """The form, read once."""
        return read_form(self.consultation.form, media=self.consultation.media)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Language tags in which both the form and its notice speak, in the form's order."""
        consultation, form = self.consultation, self.form
        noticed = tuple(consultation.notice) or tuple(consultation.title)
        asked = {form.language_for(tag): tag for tag in noticed}
        spoken = tuple(asked[name] for name in form.languages if name in asked)
        first = asked.get(form.default_language)
        if first is not None:
            spoken = (first, *(tag for tag in spoken if tag != first))
        return spoken or noticed[:1]

    @property
    def minutes(self) -> int:
        """How long it takes, as said at the start; 0 where that is not said."""
        return self.consultation.options.minutes

    @property
    def traceability(self) -> Traceability:
        """How far receipts can be followed."""
        return self.consultation.options.traceability

    @cached_property
    def asks_identity(self) -> bool:
        """Whether the form may ask who somebody is."""
        return asks_identity(self.form)

    def arguments(self, language: str) -> tuple[Card, ...]:
        """The cards to read before answering, in this language or the form's own."""
        return self.notice(language).cards or self.notice(self.languages[0]).cards

    def title(self, language: str) -> str:
        """Its title in this language, or in the form's own."""
        titles = self.consultation.title
        return self.consultation.title_in(_closest((language, *self.languages), titles))

    def notice(self, language: str) -> Notice:
        """What it is about, in this language or the form's own."""
        notices = self.consultation.notice
        empty = Notice(self.consultation.organiser, "", "", "", "")
        return notices.get(_closest((language, *self.languages), notices), empty)

    def asks_in(self, language: str) -> str:
        """The tag of the language in which people who chose this one are asked."""
        return language_code(self.form_language(language)) or self.languages[0]

    def form_language(self, language: str) -> str:
        """The form's own name for this language."""
        return self.form.language_for(language) or self.form.default_language

    def speak(self, entry: Entry, language: str) -> None:
        """Let an entry ask in this language, and name days and months in that of its questions."""
        entry.language = self.form_language(language) or self.asks_in(language)

    def begin(self, seen: Mapping[str, int] | None = None) -> Entry:
        """An empty entry.

        Args:
            seen: how often each opinion card was shown here: the least seen come first. Without,
                the form itself decides.
        """
        random = SystemRandom()
        order = {} if seen is None else beginning(self.form, seen, random)
        return Entry(self.form, clock=self.clock, random=random, beginning=order)


def _closest(languages: Iterable[str], there: Container[str]) -> str:
    """The first language that is there, or is a variety of one: "fr-x-falc" finds "fr"."""
    for language in languages:
        for found in (language, language.partition("-")[0]):
            if found in there:
                return found
    return ""
