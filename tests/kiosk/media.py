"""Forms that ask for pictures, voices and places, and devices that can give them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from kivy.uix.widget import Widget
from PIL import Image, ImageDraw

from kiosk.devices.camera import Frame, NoPicture
from kiosk.devices.equipment import Equipment
from kiosk.devices.place import FixedPlace
from kiosk.devices.recorder import NothingRecorded, Recording
from kiosk.devices.scanner import ZxingScanner
from kiosk.devices.sound import RATE, OpusWriter
from kiosk.maps.earth import Spot, on_map
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
    return Equipment(FakeRecorder(), FakePlayer(), FakeCamera(), ZxingScanner(), FixedPlace(NANTES))


def consultation() -> Consultation:
    """About everything that is answered otherwise than in words."""
    return hall.consultation(UPLOADS)


@contextmanager
def hall_with(
    folder: Path,
    equipment: Equipment,
    screen: driver.Screen = driver.MIDDLE,
    *,
    about: Consultation | None = None,
) -> Iterator[hall.Hall]:
    """A kiosk that has this equipment, at the first question of that form, or of another."""
    with hall.hall(folder, about or consultation(), screen=screen) as opened:
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


class FakeCamera:
    """A camera that sees what a test shows it."""

    def __init__(self, frame: Frame | None = None) -> None:
        self.seen = frame or striped()
        self.looks = False
        self.broken = False

    def start(self) -> None:
        self.looks = True

    def frame(self) -> Frame | None:
        if self.broken:
            raise NoPicture("broken")
        return self.seen if self.looks else None

    def stop(self) -> None:
        self.looks = False


def striped(width: int = 320, height: int = 240) -> Frame:
    """A picture whose left half is red, whose right half is blue."""
    half = width // 2
    return Frame(
        width, height, (b"\xc8\x10\x10" * half + b"\x10\x10\xc8" * (width - half)) * height
    )


NANTES = Spot(47.2184, -1.5536)


def tiles(folder: Path, around: Spot = NANTES, zooms: range = range(12, 17)) -> bytes:
    """An MBTiles file: made streets, each tile saying which it is."""
    path = folder / "made.mbtiles"
    path.unlink(missing_ok=True)
    wide = 0.02
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        database.execute(
            "CREATE TABLE tiles"
            " (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)"
        )
        west, east = around.longitude - wide, around.longitude + wide
        south, north = around.latitude - wide / 2, around.latitude + wide / 2
        told = {
            "name": "made",
            "format": "png",
            "bounds": f"{west},{south},{east},{north}",
            "center": f"{around.longitude},{around.latitude},14",
            "attribution": '<a href="https://example.org">© made for tests</a>',
        }
        database.executemany("INSERT INTO metadata VALUES (?, ?)", told.items())
        for zoom in zooms:
            count = 2**zoom
            left, top = (int(part * count) for part in on_map(north, west))
            right, bottom = (int(part * count) for part in on_map(south, east))
            for column in range(left, right + 1):
                for row in range(top, bottom + 1):
                    picture = _street(zoom, column, row)
                    database.execute(
                        "INSERT INTO tiles VALUES (?, ?, ?, ?)",
                        (zoom, column, count - 1 - row, picture),
                    )
        database.commit()
    return path.read_bytes()


def _street(zoom: int, column: int, row: int) -> bytes:
    picture = Image.new("RGB", (256, 256), (242, 238, 226))
    pen = ImageDraw.Draw(picture)
    step = 2 ** (zoom - 12) * 16
    for at in range(-step, 257, step):
        x, y = at - (column * 256) % step, at - (row * 256) % step
        pen.line((x, 0, x, 256), (255, 255, 255), 6 if zoom > 13 else 2)
        pen.line((0, y, 256, y), (255, 214, 120), 5 if zoom > 13 else 2)
    pen.ellipse((90, 90, 150, 140), (190, 222, 170))
    pen.text((6, 4), f"{zoom}/{column}/{row}", (120, 120, 120))
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


PLACES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
                "properties": {"title": title},
            }
            for title, latitude, longitude in (
                ("La mairie", 47.2181, -1.5528),
                ("Le marché couvert", 47.2170, -1.5560),
                ("Le passage des Érables", 47.2199, -1.5501),
            )
        ],
    }
).encode()
