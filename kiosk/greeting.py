"""What the welcome says, kept from the last time: public words, in `greeting.json`.

A consultation's form and package take longer to read than a window to open. What people see first
is therefore kept beside them, and shown while they are read and checked. It holds nothing but what
the welcome shows to everybody, and is used only where the same packages lie in the device's
directory as when it was written, and the same of them are open today.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kiosk.errors import DeviceError

if TYPE_CHECKING:  # what people see first imports nothing of it
    from sync.device import Device

log = logging.getLogger(__name__)

FILE = "greeting.json"
_PACKAGES = "consultations"
_ALSO = ("kiosk.toml",)  # the device's languages


@dataclass(frozen=True)
class Words:
    """What is asked, in one language."""

    who: str
    title: str
    asks: str
    why: str = ""


@dataclass(frozen=True)
class Greeting:
    """What is asked here, in each language that people can choose.

    Attributes:
        languages: their tags, the one spoken first of all first.
        words: by tag.
        minutes: how long it takes; 0 where that is not said.
        asks_which: whether several consultations are open, so that one is chosen first.
    """

    languages: tuple[str, ...]
    words: Mapping[str, Words]
    minutes: int
    asks_which: bool

    def title(self, language: str) -> str:
        """As an offer has it."""
        return self.words[language].title

    def notice(self, language: str) -> Words:
        """As much of an offer's notice as the welcome shows."""
        return self.words[language]


class Offered(Protocol):
    """As much of an offer as is kept here."""

    @property
    def consultation(self) -> Any:
        """The consultation."""

    @property
    def minutes(self) -> int:
        """How long it takes."""

    def title(self, language: str) -> str:
        """Its title."""

    def notice(self, language: str) -> Any:
        """What it is about."""


def keep_greeting(
    data: Path, offers: Iterable[Offered], held: Iterable[Any], languages: tuple[str, ...]
) -> None:
    """Keep what the first of these offers says for the next start.

    Args:
        data: the device's directory.
        offers: what is open today.
        held: all consultations that lie in the directory.
        languages: what people can choose from.
    """
    first, *others = offers
    words = {}
    for language in languages:
        notice = first.notice(language)
        words[language] = Words(notice.who, first.title(language), notice.asks, notice.why)
    greeting = Greeting(languages, words, first.minutes, bool(others))
    spans = [[_written(one.opens), _written(one.closes)] for one in held]
    document = {
        "files": _files(data),
        "spans": spans,
        "open": _open(spans, date.today()),
        "greeting": asdict(greeting),
    }
    fresh = data / f"{FILE}.new"
    fresh.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    fresh.replace(data / FILE)


def renew_greeting(device: "Device", data: Path) -> None:
    """Have the next start greet with what is open today, where other packages came by a command.

    Where that cannot be kept, or a form cannot be read, that start tells it, and takes its time.
    """
    if read_greeting(data, date.today()) is not None:
        return
    from forms.errors import FormError
    from kiosk.devices.configuration import read_configuration
    from kiosk.offer import Programme
    from sync.catalogues import available_languages, offered

    try:
        offers = Programme(device, lambda: datetime.now().astimezone()).today()
        if offers:
            ours = read_configuration(data).languages or available_languages()
            spoken = offered(offers[0].languages, ours)
            keep_greeting(data, offers, device.consultations(), spoken)
    except (OSError, FormError, DeviceError) as error:
        log.warning("The next start will be slower: %s", error)


def read_greeting(data: Path, today: date) -> Greeting | None:
    """What was kept, if it still holds; None where everything has to be read first."""
    try:
        document = json.loads((data / FILE).read_text(encoding="utf-8"))
        if document["files"] != _files(data) or document["open"] != _open(document["spans"], today):
            return None
        kept = document["greeting"]
        words = {language: Words(**said) for language, said in kept["words"].items()}
        languages = tuple(kept["languages"])
        if not languages or not all(language in words for language in languages):
            return None
        return Greeting(languages, words, int(kept["minutes"]), bool(kept["asks_which"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _files(data: Path) -> list[list[object]]:
    """The packages and the configuration as the file system tells them apart."""
    paths = [*sorted((data / _PACKAGES).glob("*")), *(data / name for name in _ALSO)]
    found: list[list[object]] = []
    for path in paths:
        if path.exists():
            known = path.stat()
            found.append([path.name, known.st_size, known.st_mtime_ns, known.st_ino])
    return found


def _open(spans: list[list[str]], today: date) -> list[bool]:
    day = today.isoformat()
    return [(opens or day) <= day <= (closes or day) for opens, closes in spans]


def _written(day: date | None) -> str:
    return day.isoformat() if day else ""
