"""A town hall for tests: real consultations, a real device, the real screens, a person's hands."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from forms.xform import read_form
from kiosk.access.commands import KEYBOARD, KeyMap
from kiosk.counter import Counter
from kiosk.demo.hands import Hands
from kiosk.idle import IdleWatch
from kiosk.language import own_name, tr
from kiosk.offer import Offer
from kiosk.people import accounts
from kiosk.people.accounts import Role
from kiosk.stage import Kiosk
from kiosk.theme.theme import Panel, theme
from sync import batch
from sync import consultation as packages
from sync.client.background import Rhythm
from sync.compression import Dictionary
from sync.consultation import Consultation, Notice
from sync.contribution import Contribution
from sync.desk.publish import publish
from sync.device import Device
from sync.envelope import Opener
from sync.key_directory import KeyDirectory
from sync.keys import Suite
from tests.forms.writing import compiled
from tests.kiosk import driver  # isort: split  it sets what Kivy reads when it is imported
from tests.sync.town import Town

MEDIATOR, MEDIATOR_PIN = "Samia", "4731"
STEWARD, STEWARD_PIN = "Marc", "9056"
TODAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = Rhythm(settle=0.05, first=0.1, longest=0.5)

NOTICE = Notice(
    "La ville",
    "Que voulez-vous ?",
    "Pour décider ensemble.",
    "Tout est lu.",
    "Vos réponses, un an.",
)
ENGLISH_NOTICE = Notice(
    "The town", "What do you want?", "To decide together.", "All is read.", "Your answers, a year."
)

EVERY_KIND = """
| survey | type | name | label::Français (fr) | label::English (en) | required | relevant | constraint | constraint_message::Français (fr) | constraint_message::English (en) | parameters | appearance |
| | note | accueil | Bonjour. | Hello. | | | | | | | |
| | text | idee | Votre idée ? | Your idea? | | | | | | | |
| | integer | age | Votre âge ? | Your age? | yes | | . >= 16 and . < 130 | De 16 à 129 ans. | From 16 to 129. | | |
| | decimal | km | Combien de kilomètres ? | How many kilometres? | | | | | | | |
| | date | depuis | Depuis quand ? | Since when? | | | | | | | |
| | select_one oui_non | velo | À vélo ? | By bicycle? | | | | | | | |
| | select_multiple lieux | ou | Où ? | Where? | | ${velo} = 'oui' | | | | | |
| | rank lieux | ordre | Dans quel ordre ? | In which order? | | | | | | | |
| | range | note | Une note ? | A mark? | | | | | | start=0 end=10 step=1 | |
| | range | centimes | Combien ? | How much? | | | | | | start=0 end=5 step=0.25 | |
| | trigger | lu | Lisez ceci. | Read this. | | | | | | | |
| choices | list_name | name | label::Français (fr) | label::English (en) |
| | oui_non | oui | Oui | Yes |
| | oui_non | non | Non | No |
| | lieux | place | La place | The square |
| | lieux | parc | Le parc | The park |
| | lieux | quai | Le quai | The quay |
| settings | form_title | form_id | version | default_language |
| | Toutes les questions | toutes | 1 | Français (fr) |
"""


@cache
def form(survey: str = EVERY_KIND) -> bytes:
    """The XForm of an XLSForm in Markdown, compiled once."""
    return compiled(survey)


@cache
def keys() -> KeyDirectory:
    """The organiser's keys, made once."""
    folder = Path(tempfile.mkdtemp(prefix="parvis-tests-"))
    return KeyDirectory.create(folder / "keys", label="Ville", suite=Suite.X25519)


@cache
def from_catalogue(name: str) -> Consultation:
    """A consultation of the catalogue, published once."""
    published, _ = publish(name, keys())
    return published


@cache
def consultation(
    survey: str = EVERY_KIND,
    *,
    opens: date | None = None,
    closes: date | None = None,
    media: tuple[tuple[str, bytes], ...] = (),
) -> Consultation:
    """A consultation about a form written in a test."""
    read = read_form(form(survey))
    draft = Consultation(
        organiser="Ville",
        organiser_key=keys().organiser.public_key().public_bytes_raw(),
        version=1,
        title={"fr": "La place", "en": "The square"},
        notice={"fr": NOTICE, "en": ENGLISH_NOTICE},
        form_id=read.form_id,
        form_version=read.version,
        form=form(survey),
        recipients=(keys().recipient.public,),
        opens=opens,
        closes=closes,
        media=dict(media),
    )
    return packages.publish(draft, keys().organiser)


def offer(survey: str = EVERY_KIND) -> Offer:
    """What the screens see of it; for the form it is always noon."""
    return Offer(consultation(survey), lambda: NOON)


class TownOf(Town):
    """A town that consults about one of these, instead of its small form."""

    def __init__(self, root: Path, about: Consultation) -> None:
        self._about = about
        super().__init__(root)
        self.keys = keys()

    def publication(self, version: int = 1, dictionary: bytes = b"") -> Consultation:
        return self._about


@dataclass
class Seconds:
    """A clock moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Hall:
    """A kiosk in use.

    Attributes:
        kiosk: the root widget.
        hands: a person's hands at it, for `driver.perform`.
        seconds: the clock by which it notices that nobody is there.
        device: what it stands on.
    """

    kiosk: Kiosk
    hands: Hands
    seconds: Seconds
    device: Device
    before: int = 0

    @property
    def sealed(self) -> int:
        """How many contributions were sealed here since `before` was counted."""
        counts = self.device.outbox.counts()
        return counts.waiting + counts.sent - self.before

    def touch(self, *words: str) -> None:
        """Touch the things that say these words."""
        for one in words:
            driver.perform(self.hands.touch(one))

    def on(self, times: int = 1) -> None:
        """Touch the button that leads on, whatever it says."""
        for _ in range(times):
            driver.tap(self.kiosk.page.ids.next)

    def back(self) -> None:
        """Touch the button that leads back."""
        driver.tap(self.kiosk.page.ids.back)

    def choose(self, name: str = "") -> None:
        """Touch a choice, or the first; where it is out of sight, lead down to it before."""
        page = self.kiosk.page
        cards = page.answer.cards
        card = cards[name] if name else next(iter(cards.values()))
        for _ in range(10):
            if page.ids.paged._view.collide_point(*card.center):
                break
            self.on()
        driver.tap(card)

    def tool(self, name: str) -> None:
        """Touch one of the tools above, by its id."""
        driver.tap(self.kiosk.page.ids.tools.ids[name])

    def begin(self, language: str = "fr") -> None:
        """From the idle screen to the first question, or to a mediator's first words."""
        if self.name == "welcome":
            driver.tap(self.kiosk.page.ids.start)
        self.touch(own_name(language))
        if self.name == "notice":
            self.on()

    def sign_in(self, name: str, pin: str) -> None:
        """As a mediator or the steward."""
        self.kiosk.open_sign_in()
        self.touch(name, *pin, tr._("Valider"))

    def type(self, text: str) -> None:
        """Write on the kiosk's keyboard, and put it away where it hides the way on."""
        driver.perform(self.hands.type(text))
        if self.kiosk.page.bare:
            self.touch(tr._("Fini"))

    def wait(self, seconds: float) -> None:
        """Let so much time go by for the idle watch, and let it look."""
        self.seconds.now += seconds
        self.kiosk._tick()
        driver.frames(2)

    def skip_to_review(self) -> None:
        """Pass over every question that is left; one that may not be passed over is refused."""
        for _ in range(3 * len(self.kiosk.journey.steps())):
            if self.name in ("question", "together", "series"):
                self.on()
        self.wait_for_review()

    def wait_for_review(self) -> None:
        """Let the review list all answers: it shows the first at once, the others bit by bit."""
        while self.name == "review" and self.kiosk.page._left:
            driver.frames(1)

    @property
    def name(self) -> str:
        """The screen that is shown, by its module's name."""
        return type(self.kiosk.page).__module__.rpartition(".")[2]

    @property
    def things(self) -> list[str]:
        """What can be touched, as it says itself."""
        return [thing.said for thing in self.hands.things()]


@contextmanager
def quick_pins() -> Iterator[None]:
    """PINs hashed with little memory: what they cost is tested beside the accounts."""
    usual, accounts._MEMORY_KIB = accounts._MEMORY_KIB, 64
    try:
        yield
    finally:
        accounts._MEMORY_KIB = usual


class Standing:
    """A kiosk that many tests share, as one person comes to it after the other.

    It is taken down where another test wants the window for itself, and stands up again for the
    next that asks: tests may come in any order.

    Args:
        folder: for its devices, a new one each time that it stands up.
        about: as of `hall`.
        more: as of `hall`.
    """

    _up: ClassVar[Standing | None] = None

    def __init__(self, folder: Path, *about: Consultation, **more: Any) -> None:
        self._folder = folder
        self._about = about
        self._more = more
        self._times = 0
        self._opened = ExitStack()
        self._hall: Hall | None = None

    def __enter__(self) -> Standing:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> Hall:
        """The kiosk; at whatever the test before has left it."""
        if self._hall is None:
            self._times += 1
            folder = self._folder / str(self._times)
            self._hall = self._opened.enter_context(hall(folder, *self._about, **self._more))
            Standing._up = self
        return self._hall

    def down(self) -> None:
        """Take it down, if it stands."""
        if self._hall is not None:
            Standing._up = self._hall = None
            self._opened.close()


def make_room() -> None:
    """Take down the kiosk that others share: there is one window."""
    if Standing._up is not None:
        Standing._up.down()


_LOOKED_THROUGH_EVERY = 25  # kiosks
_kiosks = count()


def _set_apart() -> None:
    """Each erasure collects: not all that the tests before have left; that is done now and then."""
    if next(_kiosks) % _LOOKED_THROUGH_EVERY == 0:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


@contextmanager
def kiosk_at(
    device: Device,
    offers: Sequence[Offer] = (),
    *,
    screen: driver.Screen = driver.MIDDLE,
    uplink: Any = None,
    pictures: Path = Path(),
    people: bool = False,
    voice: Any = None,
    key_map: KeyMap = KEYBOARD,
) -> Iterator[Hall]:
    """The real screens on the window, over a device; taken down again afterwards."""
    make_room()
    _set_apart()
    driver.clear()
    driver.resize(screen)
    theme.fit(Panel(screen.width, screen.height, screen.diagonal))
    theme.calm_down()
    seconds = Seconds()
    counter = Counter(device, uplink, "Mairie")
    if people:
        counter.accounts.add(MEDIATOR, Role.MEDIATOR, MEDIATOR_PIN)
        counter.accounts.add(STEWARD, Role.STEWARD, STEWARD_PIN)
    shown = tuple(offers) or tuple(Offer(one, lambda: NOON) for one in device.consultations())
    kiosk = Kiosk(
        shown,
        counter,
        voice=voice,
        key_map=key_map,
        idle=IdleWatch(seconds),
        today=lambda: TODAY,
    )
    hands = Hands(kiosk, pictures, settling=0, patience=60)
    driver.show(kiosk)
    try:
        yield Hall(kiosk, hands, seconds, device)
    finally:
        kiosk.account = None
        kiosk.erase()
        kiosk.close()
        driver.clear()
        tr.speak("fr")
        theme.rtl = False
        theme.calm_down()


@contextmanager
def hall(
    folder: Path,
    *about: Consultation,
    screen: driver.Screen = driver.MIDDLE,
    people: bool = False,
    **more: Any,
) -> Iterator[Hall]:
    """A kiosk on a device of its own, with these consultations, which no server knows."""
    make_room()  # first: whoever comes down gives back what it found, PINs' cost among it
    with Device.open(folder / "device") as device:
        for one in about or (consultation(),):
            device.hold(one.data)
        with (
            quick_pins(),
            kiosk_at(device, screen=screen, pictures=folder, people=people, **more) as opened,
        ):
            yield opened


def opened(device: Device) -> list[Contribution]:
    """What the organiser reads of what a device has sealed, oldest first."""
    dictionaries = [Dictionary(one.dictionary) for one in device.consultations()]
    opener = Opener([keys().recipient], dictionaries)
    said = []
    for outgoing in device.outbox.every_batch():
        read = batch.read(outgoing.data, device.key.public_key())
        for section in read.sections:
            session = opener.open_session(
                section.header, consultation=read.consultation, device_key_id=read.device_key_id
            )
            said += [session.open(record).contribution for record in section.records]
    return said
