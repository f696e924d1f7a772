"""HTTP message signatures with Ed25519 (RFC 9421) over requests, and body digests (RFC 9530).

What Parvis needs of the standard, and no more: requests, one algorithm, components without
parameters. Everything else is refused by name rather than guessed at.

Covered, always: `@method`, `@authority`, `@path`, `@query`, and `content-digest` where there is a
body. `@target-uri` and `@scheme` are left out because a reverse proxy that ends TLS changes them;
`@authority` stays, so that a request for one server cannot be shown to another. A proxy must
therefore hand on the `Host` header. `@path` is the path below the server's address: a proxy that
serves it as `https://town.example/parvis` takes `/parvis` off, or leaves it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from sync.errors import SyncError

WINDOW_SECONDS = 300
"""How far `created` may lie from the verifier's clock, either way."""

_TAG = "parvis"
_LABEL = "parvis"
_DERIVED = ("@method", "@authority", "@path", "@query")
_MOST_SIGNATURES = 4
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class SignatureRefused(SyncError):
    """A request's signature does not let it through."""


class Unsigned(SignatureRefused):
    """The request carries no signature that this server can read."""


class UnknownSigner(SignatureRefused):
    """The request is signed, by a key that has no right here."""


class Forged(SignatureRefused):
    """The signature does not fit the request."""


class Stale(SignatureRefused):
    """The signature was made too long ago, or in the future: a replay, or a wrong clock."""


@dataclass(frozen=True)
class RequestParts:
    """What of a request is signed; the same on both sides.

    Attributes:
        method: as sent, in capitals.
        authority: host, and port unless it is the scheme's own, in lower case (RFC 9421, 2.2.3).
        path: as sent, percent-encoded (2.2.6).
        query: with its leading "?", "?" alone where there is none (2.2.7).
        headers: names in lower case; several fields of one name joined by ", " (2.1).
    """

    method: str
    authority: str
    path: str
    query: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, method: str, url: str, headers: Iterable[tuple[str, str]] = ()) -> RequestParts:
        """The parts of a request for `url`, absolute."""
        split = urlsplit(url)
        return cls(
            method=method.upper(),
            authority=_authority(split.netloc.rpartition("@")[2], split.scheme),
            path=split.path or "/",
            query="?" + split.query,
            headers=_joined(headers),
        )

    @classmethod
    def below(cls, server: str, method: str, path: str) -> RequestParts:
        """The parts of a request to a server.

        Args:
            server: its address; a path of it is not signed: a proxy may take it off.
            method: of HTTP.
            path: below the address, with its query.
        """
        own = urlsplit(path)
        at = cls.of(method, server)
        return cls(at.method, at.authority, own.path or "/", "?" + own.query, {})

    @classmethod
    def received(
        cls,
        method: str,
        scheme: str,
        raw_path: bytes,
        query: bytes,
        headers: Iterable[tuple[str, str]],
    ) -> RequestParts:
        """The parts of a request as a server received it."""
        joined = _joined(headers)
        return cls(
            method=method,
            authority=_authority(joined.get("host", ""), scheme),
            path=raw_path.decode("latin-1") or "/",
            query="?" + query.decode("latin-1"),
            headers=joined,
        )

    @cached_property
    def signatures(self) -> tuple[_Candidate, ...]:
        """The signatures that claim to be Parvis's, not yet believed.

        Raises:
            Unsigned: they cannot be read.
        """
        return tuple(_signatures(self))

    def component(self, name: str) -> str:
        """The value of one covered component.

        Raises:
            Unsigned: the request has no such component, or it is one not handled here.
        """
        match name:
            case "@method":
                return self.method
            case "@authority":
                return self.authority
            case "@path":
                return self.path
            case "@query":
                return self.query
        if name.startswith("@") or name not in self.headers:
            raise Unsigned(f"The signature covers “{name}”, which this request does not have.")
        return self.headers[name]


def content_digest(body: bytes) -> str:
    """The `Content-Digest` field for `body` (RFC 9530), SHA-256."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(
    parts: RequestParts, body: bytes, key: Ed25519PrivateKey, key_id: str, created: int
) -> dict[str, str]:
    """The header fields that sign this request.

    Args:
        parts: the request, before these fields are added.
        body: its whole body, empty where there is none.
        key: signs.
        key_id: tells the other side which key that is.
        created: now, in seconds since 1970.
    """
    fields: dict[str, str] = {}
    components = list(_DERIVED)
    if body:
        fields["Content-Digest"] = content_digest(body)
        components.append("content-digest")
    covering = RequestParts(
        parts.method,
        parts.authority,
        parts.path,
        parts.query,
        {**parts.headers, **{name.lower(): value for name, value in fields.items()}},
    )
    listed = " ".join(f'"{name}"' for name in components)
    params = (
        f'({listed});created={created};keyid={_string(key_id)};alg="ed25519";tag={_string(_TAG)}'
    )
    signature = key.sign(signature_base(covering, components, params))
    fields["Signature-Input"] = f"{_LABEL}={params}"
    fields["Signature"] = f"{_LABEL}=:{base64.b64encode(signature).decode()}:"
    return fields


def verify_request(
    parts: RequestParts,
    body: bytes,
    public_key: Callable[[str], Ed25519PublicKey | None],
    now: float,
    *,
    window: int | None = WINDOW_SECONDS,
) -> str:
    """Check who signed this request, and that nothing of it was changed.

    Args:
        parts: the request as received.
        body: its whole body.
        public_key: the key of an id that may ask here, or None.
        now: this side's clock, in seconds since 1970.
        window: how far `created` may be off, in seconds; None where something else (a token that
            works once) already rules out a replay, and the other clock may be wrong.

    Returns:
        The id of the key that signed.

    Raises:
        Unsigned: no signature that can be read covers what must be covered.
        UnknownSigner: signed by a key that `public_key` does not know.
        Forged: the signature, or the body's digest, does not fit.
        Stale: `created` lies outside the window.
    """
    required = {*_DERIVED, *(("content-digest",) if body else ())}
    unknown: str | None = None
    for candidate in parts.signatures:
        key = public_key(candidate.key_id)
        if key is None:
            unknown = candidate.key_id
            continue
        missing = required.difference(candidate.components)
        if missing:
            raise Unsigned(f"The signature does not cover {', '.join(sorted(missing))}.")
        if body and not _digest_fits(parts.headers.get("content-digest", ""), body):
            raise Forged("The body is not the one that was signed.")
        base = signature_base(parts, candidate.components, candidate.params)
        try:
            key.verify(candidate.signature, base)
        except InvalidSignature:
            raise Forged("The signature does not fit this request.") from None
        if window is not None and abs(now - candidate.created) > window:
            raise Stale(
                "This request was signed too long ago, or the two clocks differ by more than "
                f"{window // 60} minutes: set the clock of this machine."
            )
        return candidate.key_id
    if unknown is not None:
        raise UnknownSigner(f"The key {unknown} has no right to ask for this.")
    raise Unsigned("This request must be signed (RFC 9421, Ed25519), and is not.")


def signers(parts: RequestParts) -> tuple[str, ...]:
    """The ids of the keys that a request says it is signed by; not yet believed.

    Raises:
        Unsigned: the signatures cannot be read.
    """
    return tuple(candidate.key_id for candidate in parts.signatures)


def signature_base(parts: RequestParts, components: Iterable[str], params: str) -> bytes:
    """The bytes that are signed (RFC 9421, 2.5); `params` is the `@signature-params` value."""
    lines = [f'"{name}": {parts.component(name)}' for name in components]
    lines.append(f'"@signature-params": {params}')
    return "\n".join(lines).encode("latin-1")


@dataclass(frozen=True)
class _Candidate:
    """One signature of a request, read but not yet believed."""

    components: tuple[str, ...]
    params: str
    key_id: str
    created: int
    signature: bytes


def _signatures(parts: RequestParts) -> Iterable[_Candidate]:
    """The signatures that claim to be Parvis's; those of proxies and others are passed over."""
    inputs = _Fields(parts.headers.get("signature-input", "")).inner_lists()
    values = _Fields(parts.headers.get("signature", "")).byte_sequences()
    for label, (components, parameters, params) in list(inputs.items())[:_MOST_SIGNATURES]:
        if label not in values or parameters.get("tag") != _TAG:
            continue
        created, key_id = parameters.get("created"), parameters.get("keyid")
        if parameters.get("alg", "ed25519") != "ed25519":
            raise Unsigned("The signature is not Ed25519.")
        if not isinstance(created, int) or not isinstance(key_id, str):
            raise Unsigned("The signature says neither when nor by which key it was made.")
        if len(set(components)) != len(components):
            raise Unsigned("The signature covers one component twice.")
        yield _Candidate(components, params, key_id, created, values[label])


class _Fields:
    """Reads the two structured fields (RFC 8941 dictionaries) as far as signatures need them."""

    _KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
    _INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
    _STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
    _BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
    _SEPARATOR = re.compile(r"[ \t]*,[ \t]*")

    def __init__(self, text: str) -> None:
        self._text = text.strip(" \t")
        self._at = 0

    def inner_lists(self) -> dict[str, tuple[tuple[str, ...], dict[str, int | str], str]]:
        """Label → covered components, parameters, and both in their one canonical spelling."""
        found = {}
        for label in self._labels():
            components = self._components()
            parameters, spelt = self._parameters()
            listed = " ".join(_string(name) for name in components)
            found[label] = (components, parameters, f"({listed}){spelt}")
        return found

    def byte_sequences(self) -> dict[str, bytes]:
        """Label → signature."""
        found = {}
        for label in self._labels():
            try:
                found[label] = base64.b64decode(self._take(self._BYTES).group(1), validate=True)
            except binascii.Error:
                raise Unsigned("The signature is not written as RFC 9421 asks.") from None
        return found

    def _labels(self) -> Iterable[str]:
        while self._at < len(self._text):
            label = self._take(self._KEY).group()
            self._expect("=")
            yield label
            if self._at < len(self._text):
                self._take(self._SEPARATOR)

    def _components(self) -> tuple[str, ...]:
        self._expect("(")
        names: list[str] = []
        while True:
            self._spaces()
            if self._peek() == ")":
                self._at += 1
                return tuple(names)
            names.append(_unescaped(self._take(self._STRING)))
            if self._peek() not in (" ", ")"):
                raise Unsigned("The signature covers a component in a way not handled here.")

    def _parameters(self) -> tuple[dict[str, int | str], str]:
        read: dict[str, int | str] = {}
        spelt = ""
        while self._peek() == ";":
            self._at += 1
            self._spaces()
            name = self._take(self._KEY).group()
            self._expect("=")
            if self._peek() == '"':
                read[name] = text = _unescaped(self._take(self._STRING))
                spelt += f";{name}={_string(text)}"
            else:
                read[name] = number = int(self._take(self._INTEGER).group())
                spelt += f";{name}={number}"
        return read, spelt

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise Unsigned("The signature is not written as RFC 9421 asks.")
        self._at = match.end()
        return match

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise Unsigned("The signature is not written as RFC 9421 asks.")
        self._at += 1

    def _spaces(self) -> None:
        while self._peek() == " ":
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]


def _digest_fits(field: str, body: bytes) -> bool:
    """Whether `Content-Digest` names SHA-256 of the body; other algorithms beside it do no harm."""
    try:
        digests = _Fields(field).byte_sequences()
    except Unsigned:
        return False
    return digests.get("sha-256") == hashlib.sha256(body).digest()


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.lower(), value.strip(" \t")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def _authority(host: str, scheme: str) -> str:
    return host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, " "))


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unescaped(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match.group(1))
