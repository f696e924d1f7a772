"""What a server answers when it does not do what was asked: problem documents (RFC 9457).

Every refusal has a name that programs can rely on and a sentence that people can act on. The same
may be sent again after 408, 429 and 5xx; after another 4xx it is no use.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import rfc8785

from sync.wording import printable

MEDIA_TYPE = "application/problem+json"
_PREFIX = "urn:parvis:problem:"
_LONGEST_DETAIL = 500  # characters of a stranger's text that are shown to anybody


@dataclass(frozen=True)
class Problem:
    """A refusal.

    Attributes:
        status: of HTTP.
        name: for programs; "" where the answer is no problem document of Parvis.
        detail: a sentence for people.
        retry_after: seconds, where the server says when to come back.
    """

    status: int
    name: str
    detail: str
    retry_after: int | None = None

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (408, 425, 429) or self.status >= 500

    def body(self) -> bytes:
        """As JSON."""
        return rfc8785.dumps(
            {
                "type": _PREFIX + self.name,
                "title": self.name.replace("-", " ").capitalize(),
                "status": self.status,
                "detail": self.detail,
            }
        )

    @classmethod
    def read(cls, status: int, body: bytes, retry_after: str | None) -> Problem:
        """A refusal as received, whoever it comes from: perhaps a proxy, or a captive portal."""
        wait = None
        if retry_after is not None and retry_after.strip().isdecimal():
            wait = int(retry_after)
        try:
            document = json.loads(body)
            kind, detail = document["type"], document["detail"]
            if kind.startswith(_PREFIX) and isinstance(detail, str):
                said = printable(detail[:_LONGEST_DETAIL])
                return cls(status, printable(kind.removeprefix(_PREFIX)), said, wait)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        return cls(status, "", f"The server answered with status {status}.", wait)
