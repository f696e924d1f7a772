"""Forms that ask for pictures, voices and places, and devices that can give them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kivy.uix.widget import Widget

from kiosk.devices.equipment import Equipment
from kiosk.devices.recorder import NothingRecorded, Recording
from kiosk.devices.sound import RATE, OpusWriter
from sync.consultation import Consultation
from tests.kiosk import driver, hall  # isort: split  it sets what Kivy reads when it is imported

UPLOADS = """
| survey | type | name | label::Français (fr) | label::English (en) | label::العربية (ar) | label::Українська (uk) | appearance | required | parameters |
| | image | croquis | Dessinez la place de vos rêves. | Draw the square of your dreams. | ارسم ساحة أحلامك. | Намалюйте площу вашої мрії. | draw | | |
| | image | signature | Signez ici, s’il vous plaît. | Please sign here. | وقّع هنا من فضلك. | Будь ласка, підпишіть. | signature | | |
| | image | plan | Montrez sur le plan ce qui vous gêne. | Show on the plan what bothers you. | أشر على المخطط إلى ما يزعجك. | Покажіть на плані, що вам заважає. | annotate | | |
| | image | photo | Montrez-nous l’endroit. | Show us the place. | أرنا المكان. | Покажіть нам це місце. | | | |
| | audio | voix | Dites-nous ce que vous en pensez. | Tell us what you think. | قل لنا رأيك. | Скажіть нам, що ви думаєте. | | | |
| | video | film | Montrez-nous le passage, en film. | Film the passage for us. | صوّر لنا الممر. | Зніміть для нас прохід. | | | |
| | file | document | Joignez un document. | Add a document. | أضف مستندًا. | Додайте документ. | | | |
| | barcode | code | Le numéro du livre ? | The book’s number? | رقم الكتاب؟ | Номер книги? | | | |
| | geopoint | lieu | Où est-ce ? | Where is it? | أين هو؟ | Де це? | placement-map | | |
| | geotrace | chemin | Quel est votre chemin ? | Which way do you go? | ما هو طريقك؟ | Яким шляхом ви йдете? | placement-map | | |
| | geoshape | zone | Quel terrain ? | Which ground? | أي أرض؟ | Яка ділянка? | placement-map | | |
| settings | form_title | form_id | version | default_language |
| | Autrement qu’en mots | autrement | 1 | Français (fr) |
"""  # noqa: E501


class FakeRecorder:
    """A microphone that hears what a test says."""

    def __init__(self) -> None:
        self.runs = False
        self.seconds = 0.0
        self.level = 0.0
        self.longest = 0.0
        self.cancelled = 0

    def start(self, longest: float) -> None:
        self.runs, self.seconds, self.longest = True, 0.0, longest

    def hear(self, seconds: float, level: float = 0.5) -> None:
        """So much was said."""
        self.seconds = min(self.longest, self.seconds + seconds)
        self.level = level
        self.runs = self.seconds < self.longest

    def stop(self) -> Recording:
        self.runs = False
        if not self.seconds:
            raise NothingRecorded("nothing")
        writer = OpusWriter()
        writer.write(bytes(int(self.seconds * RATE) * 2))
        return Recording(writer.finish(), self.seconds)

    def cancel(self) -> None:
        self.cancelled += 1
        self.runs, self.seconds = False, 0.0


class FakePlayer:
    """A loudspeaker that remembers what it was given."""

    def __init__(self) -> None:
        self.plays = False
        self.played: list[bytes] = []

    def play(self, content: bytes) -> None:
        self.plays = True
        self.played.append(content)

    def hush(self) -> None:
        self.plays = False


def equipment() -> Equipment:
    """A device with everything."""
    return Equipment(FakeRecorder(), FakePlayer())


def consultation() -> Consultation:
    """About everything that is answered otherwise than in words."""
    return hall.consultation(UPLOADS)


@contextmanager
def hall_with(
    folder: Path, equipment: Equipment, screen: driver.Screen = driver.MIDDLE
) -> Iterator[hall.Hall]:
    """A kiosk that has this equipment, at the first question of that form."""
    with hall.hall(folder, consultation(), screen=screen) as opened:
        opened.kiosk.equipment = equipment
        opened.kiosk.start()
        opened.kiosk.journey.language_chosen()
        opened.kiosk.journey.begin_questions()
        opened.kiosk.show()
        driver.frames(3)
        yield opened


def to(kiosk: hall.Hall, name: str) -> Any:
    """On to the question of that name; its widget."""
    for _ in kiosk.kiosk.journey.steps():
        if kiosk.kiosk.journey.step().ref.endswith("/" + name):
            break
        kiosk.on()
    assert kiosk.kiosk.journey.step().ref.endswith("/" + name), name
    driver.frames(3)
    return kiosk.kiosk.page.answer


def draw(paper: Widget, *points: tuple[float, float]) -> None:
    """Draw with a finger over the paper, from point to point, in parts of its width and height."""
    finger = driver.finger(paper, *points[0])
    finger.touch_down()
    driver.frames()
    for across, up in points[1:]:
        x, y = paper.x + paper.width * across, paper.y + paper.height * up
        finger.touch_move(*paper.to_window(x, y))
        driver.frames()
    finger.touch_up()
    driver.frames(2)
