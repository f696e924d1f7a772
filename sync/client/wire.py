"""One HTTP exchange with a server that may be slow, absent, or somebody else.

Every exchange has an end: connecting, silence and the whole of an answer are limited in time, and
the answer in size. Redirections are not followed: Parvis's server sends none, captive portals do.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import requests
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.errors import SyncError
from sync.problem import Problem
from sync.signatures import RequestParts
from sync.signed_answers import is_signed

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
ANSWER_SECONDS = 600.0

_PIECE = 64 * 1024


class NetworkTrouble(SyncError):
    """The server cannot be reached now, or somebody else answers in its place."""


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: of HTTP.
        body: whole.
        retry_after: when to come again, if the answer says so.
        offset: where an upload stands, if the answer says so.
        complete: whether the upload is complete, by the answer's word.
        signed: whether the server signed it, as the answer to this very request: nobody else's word
            changes anything.
    """

    status: int
    body: bytes
    retry_after: str | None
    offset: int | None = None
    complete: bool = False
    signed: bool = False

    @property
    def problem(self) -> Problem:
        """The answer read as a refusal."""
        return Problem.read(self.status, self.body, self.retry_after)


class Wire:
    """The way to one server; used by one thread at a time.

    Args:
        url: the server's address.
        ca_bundle: a file with the certificates of a private authority; None for the system's.
        silence: seconds without a byte after which an exchange is given up.
        sign: gives the fields that sign a request of this method for this path below the address,
            where its own headers do not: so that a server under load knows its devices from
            strangers.
        server: whose signature makes an answer the server's own; None where none is known yet.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_bundle: str | None = None,
        silence: float = SILENCE_SECONDS,
        sign: Callable[[str, str], Mapping[str, str]] | None = None,
        server: Ed25519PublicKey | None = None,
    ) -> None:
        self.url = url
        self.server = server
        self._sign = sign
        self._timeout = (min(CONNECT_SECONDS, silence), silence)
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "Parvis"
        # Said with each request: what stands in the environment would else go before it.
        self._verify = ca_bundle

    def close(self) -> None:
        """Let go of open connections."""
        self._session.close()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        most: int,
    ) -> Answer:
        """One exchange.

        Args:
            method: of HTTP.
            path: below the server's address, with its query.
            body: what is sent.
            headers: beside the usual ones.
            most: bytes that the answer may have.

        Raises:
            NetworkTrouble: there was no whole answer.
        """
        fields = dict(headers or {})
        if self._sign is not None and "Signature" not in fields:
            fields.update(self._sign(method, path))
        asked = replace(RequestParts.below(self.url, method, path), headers=_lowered(fields))
        try:
            with self._session.request(
                method,
                self.url + path,
                # In pieces: the timeout then holds for each, and not for a whole slow upload.
                data=io.BytesIO(body) if body else None,
                headers=fields,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                verify=self._verify,
            ) as response:
                content = _whole(response, most)
                return _answer(response, content, self._is_signed(asked, response, content))
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            # requests lets some of urllib3's through, and UnicodeError where a header or a name
            # cannot be read.
            raise NetworkTrouble(_in_words(error, self.url)) from None

    def _is_signed(self, asked: RequestParts, response: requests.Response, content: bytes) -> bool:
        if self.server is None:
            return False
        fields = [response.headers.get(name, "") for name in ("Signature-Input", "Signature")]
        return is_signed(asked, response.status_code, content, (fields[0], fields[1]), self.server)


def _lowered(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


def _answer(response: requests.Response, content: bytes, signed: bool) -> Answer:
    stands = response.headers.get("Upload-Offset", "")
    return Answer(
        response.status_code,
        content,
        response.headers.get("Retry-After"),
        offset=int(stands) if stands.isascii() and stands.isdigit() and len(stands) < 16 else None,
        complete=response.headers.get("Upload-Complete") == "?1",
        signed=signed,
    )


def _whole(response: requests.Response, most: int) -> bytes:
    """The body, unless it is too long or takes for ever."""
    until = time.monotonic() + ANSWER_SECONDS
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(_PIECE):
        size += len(piece)
        if size > most:
            raise NetworkTrouble(
                "What answered is not the server: its answer is far too long. Check the network."
            )
        if time.monotonic() > until:
            raise NetworkTrouble("The network is too slow now: the answer did not come in time.")
        pieces.append(piece)
    return b"".join(pieces)


def _in_words(error: Exception, url: str) -> str:
    match error:
        case requests.exceptions.SSLError():
            why = (
                "its certificate is not valid. Check the clock and the address; where the network "
                "has a sign-in page, sign in first"
            )
        case requests.exceptions.ProxyError():
            why = "the proxy does not let it through"
        case requests.exceptions.Timeout():
            why = "it did not answer in time"
        case requests.exceptions.ConnectionError() if "NameResolution" in repr(error):
            why = "its name is not known to the network. Is the device connected?"
        case requests.exceptions.ConnectionError():
            why = "nothing answers there, or the connection broke"
        case _:
            why = "the exchange failed"
    return (
        f"The server {url} cannot be reached: {why.rstrip('.?')}{'?' if why.endswith('?') else '.'}"
    )
