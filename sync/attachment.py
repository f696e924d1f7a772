"""Attachments: the pictures, recordings and drawings that belong to a contribution.

The contribution names each by its hash, so that its commitment covers them; they are sealed beside
it as streams (`sync.stream`) and travel as files of their own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.errors import MalformedContribution
from sync.filename import is_plain_name

LARGEST_ATTACHMENT = 64 << 20
"""Bytes; a minute or two of video."""

MOST_ATTACHMENTS = 64
"""In one contribution."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Attachment:
    """A file that belongs to a contribution, in clear: in memory, and nowhere else.

    Attributes:
        name: the file's, as the field that refers to it holds it: "arbre.jpg".
        content: its bytes.
        media_type: such as "image/jpeg".
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class Attached:
    """What a contribution says of one of its attachments.

    Attributes:
        name: the file's.
        sha256: of its content, in hexadecimal.
        size: of its content, in bytes.
        media_type: such as "image/jpeg".
    """

    name: str
    sha256: str
    size: int
    media_type: str

    @classmethod
    def of(cls, attachment: Attachment) -> Attached:
        """What is to be said of this attachment."""
        return cls(
            attachment.name,
            hashlib.sha256(attachment.content).hexdigest(),
            len(attachment.content),
            attachment.media_type,
        )

    def document(self) -> dict[str, str | int]:
        """As it stands in the contribution's JSON."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "type": self.media_type,
        }

    def fits(self, content: bytes) -> bool:
        """Whether these bytes are the attachment's."""
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256


def check_attached(attached: Iterable[Attached]) -> None:
    """Refuse what no contribution may have attached.

    Raises:
        MalformedContribution: too many or too large; a name that leads out of its folder, or that
            two files share; no media type.
    """
    names: set[str] = set()
    for count, one in enumerate(attached, 1):
        if count > MOST_ATTACHMENTS:
            raise MalformedContribution(
                f"More than {MOST_ATTACHMENTS} files are attached to one contribution."
            )
        if not is_plain_name(one.name) or one.name.casefold() in names:
            raise MalformedContribution(
                f"{one.name!r} cannot be the name of an attached file, or two have it."
            )
        names.add(one.name.casefold())
        if not 0 <= one.size <= LARGEST_ATTACHMENT:
            raise MalformedContribution(
                f"The attached file {one.name!r} is larger than {LARGEST_ATTACHMENT >> 20} MiB."
            )
        if not _HASH.fullmatch(one.sha256) or not _MEDIA_TYPE.fullmatch(one.media_type):
            raise MalformedContribution(
                f"The attached file {one.name!r} has no media type such as “image/jpeg”, or no "
                "SHA-256."
            )
