"""What a person drew, took or recorded, held in memory until it is sealed or erased."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.attachment import Attachment

PNG, JPEG, OGG, WAV, WEBM, TEXT = (
    *("image/png", "image/jpeg", "audio/ogg", "audio/wav", "video/webm", "text/plain"),
)
_ENDINGS = {PNG: "png", JPEG: "jpg", OGG: "ogg", WAV: "wav", WEBM: "webm", TEXT: "txt"}
_LONGEST_STEM = 40


@dataclass(frozen=True)
class Making:
    """How an attachment came about, for who wants to go on with it.

    Attributes:
        seconds: how long a recording is; 0 for what has no length.
        origin: what it was made of, such as the strokes of a drawing; None where nothing is kept.
    """

    seconds: float = 0.0
    origin: Any = None


@dataclass
class _Held:
    """One attachment, made or still to be made."""

    content: bytes | Callable[[], bytes]
    media_type: str


class Attachments(Mapping[str, Attachment]):
    """The attachments of one entry by name; never on the disk.

    Names are made here, other ones each time, so that files of many contributions can lie in one
    folder (as ODK Collect names them).

    Args:
        token: gives a few characters that were never given before.
    """

    def __init__(self, token: Callable[[], str] = lambda: secrets.token_hex(6)) -> None:
        self._token = token
        self._held: dict[str, _Held] = {}
        self._making: dict[str, Making] = {}
        self.ways: dict[str, str] = {}
        """How the person wants to answer a question, by its path, where there are several ways."""

    def keep(
        self,
        question: str,
        content: bytes | Callable[[], bytes],
        media_type: str,
        making: Making | None = None,
        *,
        instead_of: str = "",
    ) -> str:
        """Hold this content, and say its name: what the answer is.

        Args:
            question: path or name of the question it answers.
            content: its bytes, or what makes them once they are needed.
            media_type: one of those that this module names.
            making: how it came about.
            instead_of: the name of what it replaces, and is dropped.
        """
        self.drop(instead_of)
        stem = re.sub(r"[^A-Za-z0-9_-]", "", question.rpartition("/")[2])[:_LONGEST_STEM]
        name = f"{stem or 'file'}-{self._token()}.{_ENDINGS[media_type]}"
        self._held[name] = _Held(content, media_type)
        self._making[name] = making or Making()
        return name

    def making(self, name: str) -> Making:
        """How that one came about."""
        return self._making.get(name, Making())

    def note(self, name: str, making: Making) -> None:
        """Remember more of how one came about."""
        if name in self._held:
            self._making[name] = making

    def drop(self, name: str) -> None:
        """Let go of one; nothing happens where there is none of that name."""
        self._held.pop(name, None)
        self._making.pop(name, None)

    def clear(self) -> None:
        """Let go of all."""
        self._held.clear()
        self._making.clear()
        self.ways.clear()

    def named_in(self, answers: Iterable[str]) -> tuple[Attachment, ...]:
        """Those that answers name, in their order: the others belong to nothing any more."""
        return tuple(self[answer] for answer in answers if answer in self._held)

    def __getitem__(self, name: str) -> Attachment:
        held = self._held[name]
        if not isinstance(held.content, bytes):
            held.content = held.content()
        return Attachment(name, held.content, held.media_type)

    def media_type(self, name: str) -> str:
        """Of what kind that one is; "" where there is none of that name."""
        return self._held[name].media_type if name in self._held else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
