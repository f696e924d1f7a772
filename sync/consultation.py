"""Consultations as they travel: a signed, versioned package with all that a device needs.

`docs/format.md`, section 8: the form and its media, the notice, the dates, the recipients' keys,
the dictionary, the options; signed by the organiser's key. The consultation's id follows from that
key and the form's id, so that nobody else can publish a new version of it.
"""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any

import rfc8785
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync import crockford
from sync.compression import LARGEST_DICTIONARY
from sync.contribution import LARGEST_CONTRIBUTION
from sync.envelope import MOST_RECIPIENTS
from sync.errors import BadKey, ForgedPackage, MalformedPackage
from sync.filename import is_plain_name
from sync.keys import RecipientPublic, Suite
from sync.padding import Padding
from sync.signed import Kind, sign_file, unverified_body, verified_body
from sync.terms import (
    NO_WITNESSES,
    USUAL_EPOCHS,
    Epochs,
    Witnesses,
    read_terms,
    terms_document,
)
from sync.wire import Reader, sized

ID_CHARACTERS = 16

_SIGNING_KEY_BYTES = 32
_FORMAT = 1
_ID_BYTES = 10
_ID_LABEL = b"parvis/1 consultation id\x00"
_LARGEST_MANIFEST = 1 << 20
_LARGEST_FILES = 64 << 20
_TOO_LARGE = "This consultation is larger than 64 MiB. Make its pictures and sounds smaller."
_LEVEL = 10  # zstd's
_MOST_MEDIA = 2_000
_MOST_CARDS = 40
_LONGEST_TEXT = 20_000  # characters
_MOST_LANGUAGES = 100
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_FORM = "form.xml"
_DICTIONARY = "dictionary"
_MEDIA = "media/"


class Traceability(Enum):
    """How far a receipt can be followed; said on screen before confirming."""

    INCLUSION = "inclusion"
    FULL = "full"
    NONE = "none"


class Side(Enum):
    """What a card speaks for."""

    FOR = "for"
    AGAINST = "against"
    FACT = "fact"


@dataclass(frozen=True)
class Card:
    """A short text to read before answering."""

    side: Side
    title: str
    text: str


@dataclass(frozen=True)
class Notice:
    """What it is about, in one language, in plain text.

    Attributes:
        who: who asks.
        asks: what is asked, in a few words: what the idle screen says.
        why: why.
        becomes: what becomes of it.
        kept: what is kept, and for how long.
        cards: for and against, where the consultation has them.
    """

    who: str
    asks: str
    why: str
    becomes: str
    kept: str
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Options:
    """What the organiser chose.

    Attributes:
        traceability: how far a receipt can be followed.
        padding: how the length of a contribution is hidden.
        least: bytes that every contribution is filled up to at least, before it is sealed.
        idle_seconds: how long nobody touches the kiosk before it asks whether anyone is there.
        minutes: how long it takes, as said at the start; 0 where that is not said.
        modes: the entry modes that are offered, as in a contribution.
    """

    traceability: Traceability = Traceability.INCLUSION
    padding: Padding = Padding.PADME
    idle_seconds: int = 120
    minutes: int = 0
    modes: tuple[str, ...] = ("self", "assisted", "paper")
    least: int = 0


@dataclass(frozen=True)
class Consultation:
    """What is asked, as the organiser publishes it and the device holds it.

    Attributes:
        organiser: the organiser's name.
        organiser_key: its Ed25519 public key, 32 bytes.
        version: grows with every publication; devices refuse to go back.
        title: by language tag ("fr"), the language that most speak first.
        notice: by language tag.
        form_id: the form's own id.
        form_version: the form's own version.
        form: the XForm.
        recipients: whom contributions are sealed to.
        opens: the first day; None where it is open from the start.
        closes: the last day; None where no end is set.
        media: the form's media files by name.
        dictionary: what contributions are compressed with (`sync.dictionary`).
        options: what the organiser chose.
        readers: Ed25519 public keys, 32 bytes each, of further recipients who may fetch what is
            sealed from the server, as the organiser may.
        epochs: when the register is published.
        witnesses: who else must have signed its checkpoints.
        former_keys_until: the last day on which what is sealed to keys of an older version is
            taken; None for the usual time (`sync.terms.former_keys_until`).
        withdrawn: ids of recipient keys that nothing is taken for any more, from now on: destroyed,
            or declared stolen.
        data: the package itself; empty before it is published.
    """

    organiser: str
    organiser_key: bytes
    version: int
    title: Mapping[str, str]
    notice: Mapping[str, Notice]
    form_id: str
    form_version: str
    form: bytes = field(repr=False)
    recipients: tuple[RecipientPublic, ...]
    opens: date | None = None
    closes: date | None = None
    media: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    dictionary: bytes = field(default=b"", repr=False)
    options: Options = Options()
    readers: tuple[bytes, ...] = ()
    epochs: Epochs = USUAL_EPOCHS
    witnesses: Witnesses = NO_WITNESSES
    former_keys_until: date | None = None
    withdrawn: tuple[bytes, ...] = ()
    data: bytes = field(default=b"", repr=False, compare=False)

    @cached_property
    def id(self) -> str:
        """16 characters of Crockford base32 that follow from organiser and form."""
        return consultation_id(self.organiser_key, self.form_id)

    @cached_property
    def form_hash(self) -> str:
        """SHA-256 of the XForm, in hexadecimal."""
        return hashlib.sha256(self.form).hexdigest()

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags of its languages, the one that most speak first."""
        return tuple(self.title)

    def title_in(self, language: str) -> str:
        """The title in this language, or in the first one there is."""
        return self.title.get(language) or next(iter(self.title.values()))

    def is_open(self, today: date) -> bool:
        """Whether contributions are taken on this day."""
        return (self.opens is None or self.opens <= today) and (
            self.closes is None or today <= self.closes
        )


def consultation_id(organiser_key: bytes, form_id: str) -> str:
    """The id of the consultation that this organiser makes of the form of this id."""
    digest = hashlib.sha256(_ID_LABEL + organiser_key + sized(form_id.encode())).digest()
    return crockford.encode(digest[:_ID_BYTES])


def publish(consultation: Consultation, organiser_key: Ed25519PrivateKey) -> Consultation:
    """The same consultation with its signed package as `data`.

    Raises:
        MalformedPackage: something in it breaks the limits of the format; the message says what.
    """
    if organiser_key.public_key().public_bytes_raw() != consultation.organiser_key:
        raise ForgedPackage("This consultation belongs to another organiser's key.")
    _check(consultation)
    files = _files(consultation)
    listed: list[dict[str, Any]] = [
        {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in files
    ]
    try:
        manifest = rfc8785.dumps({**_document(consultation), "files": listed})
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        raise MalformedPackage("A text of this consultation is not valid Unicode.") from None
    if len(manifest) > _LARGEST_MANIFEST:
        raise MalformedPackage("The texts of this consultation take more than 1 MiB.")
    whole = b"".join(content for _, content in files)
    if len(whole) > _LARGEST_FILES:
        raise MalformedPackage(_TOO_LARGE)
    body = sized(manifest) + zstandard.ZstdCompressor(level=_LEVEL).compress(whole)
    try:
        published = replace(consultation, data=sign_file(Kind.PACKAGE, body, organiser_key))
    except ValueError:
        raise MalformedPackage(_TOO_LARGE) from None
    # What no device could read must not be signed.
    try:
        read(published.data)
    except MalformedPackage as error:
        raise MalformedPackage(
            f"No device would read this consultation: a text of more than {_LONGEST_TEXT} "
            f"characters, a number below zero, or something of the wrong kind. ({error})"
        ) from None
    return published


def read(data: bytes) -> Consultation:
    """Read a package. It vouches for itself: its id is that of the key that signed it.

    Raises:
        UnknownFormat: it is no consultation package, or of a newer version of the format.
        ForgedPackage: it is cut short, or not what its organiser signed.
        MalformedPackage: the organiser signed it, and yet it breaks the format.
    """
    claimed = _manifest(Reader(unverified_body(Kind.PACKAGE, data), ForgedPackage), ForgedPackage)
    signer = _organiser_key(claimed)
    reader = Reader(verified_body(Kind.PACKAGE, data, signer), MalformedPackage)
    document = _manifest(reader, MalformedPackage)
    try:
        contents = _read_files(document["files"], reader.take(reader.left))
        consultation = _read_document(document, contents, data)
        stated = (document["id"], document["form"]["hash"])
    except (KeyError, TypeError, ValueError, AttributeError, BadKey):
        raise MalformedPackage() from None
    if stated != (consultation.id, consultation.form_hash):
        raise MalformedPackage()
    _check(consultation)
    return consultation


def _document(consultation: Consultation) -> dict[str, Any]:
    options = consultation.options
    # Only where there are some: a package without is the same bytes as ever.
    readers = [b64encode(one).decode() for one in consultation.readers]
    withdrawn = consultation.withdrawn
    return {
        **({"readers": readers} if readers else {}),
        **({"withdrawn": [one.hex() for one in withdrawn]} if withdrawn else {}),
        **terms_document(
            consultation.epochs, consultation.witnesses, consultation.former_keys_until
        ),
        "closes": consultation.closes and consultation.closes.isoformat(),
        "form": {
            "hash": consultation.form_hash,
            "id": consultation.form_id,
            "version": consultation.form_version,
        },
        "id": consultation.id,
        "notice": {
            language: {
                "asks": notice.asks,
                "becomes": notice.becomes,
                "cards": [
                    {"side": card.side.value, "text": card.text, "title": card.title}
                    for card in notice.cards
                ],
                "kept": notice.kept,
                "who": notice.who,
                "why": notice.why,
            }
            for language, notice in consultation.notice.items()
        },
        "opens": consultation.opens and consultation.opens.isoformat(),
        "options": {
            "idle_seconds": options.idle_seconds,
            "minutes": options.minutes,
            "modes": list(options.modes),
            "padding": options.padding.value,
            "traceability": options.traceability.value,
            # Only where there is one: a package without is the same bytes as ever.
            **({"least": options.least} if options.least else {}),
        },
        "organiser": {
            "key": b64encode(consultation.organiser_key).decode(),
            "name": consultation.organiser,
        },
        "parvis": _FORMAT,
        "recipients": [
            {"key": b64encode(one.key).decode(), "label": one.label, "suite": int(one.suite)}
            for one in consultation.recipients
        ],
        "title": [list(one) for one in consultation.title.items()],
        "version": consultation.version,
    }


def _read_document(
    document: dict[str, Any], contents: Mapping[str, bytes], data: bytes
) -> Consultation:
    media = {name: content for name, content in contents.items() if name.startswith(_MEDIA)}
    epochs, witnesses, former_keys_until = read_terms(document)
    return Consultation(
        organiser=_text(document["organiser"]["name"]),
        organiser_key=b64decode(document["organiser"]["key"], validate=True),
        version=_whole(document["version"]),
        title={_text(tag): _text(text) for tag, text in document["title"]},
        notice={_text(tag): _read_notice(one) for tag, one in document["notice"].items()},
        form_id=_text(document["form"]["id"]),
        form_version=_text(document["form"]["version"]),
        form=contents[_FORM],
        recipients=tuple(
            RecipientPublic(
                Suite(one["suite"]), b64decode(one["key"], validate=True), _text(one["label"])
            )
            for one in document["recipients"]
        ),
        opens=_day(document["opens"]),
        closes=_day(document["closes"]),
        media={name.removeprefix(_MEDIA): content for name, content in media.items()},
        dictionary=contents[_DICTIONARY],
        options=Options(
            traceability=Traceability(document["options"]["traceability"]),
            padding=Padding(document["options"]["padding"]),
            idle_seconds=_whole(document["options"]["idle_seconds"]),
            minutes=_whole(document["options"]["minutes"]),
            modes=tuple(_text(mode) for mode in document["options"]["modes"]),
            least=_whole(document["options"].get("least", 0)),
        ),
        readers=tuple(b64decode(one, validate=True) for one in document.get("readers", ())),
        epochs=epochs,
        witnesses=witnesses,
        former_keys_until=former_keys_until,
        withdrawn=tuple(bytes.fromhex(one) for one in document.get("withdrawn", ())),
        data=data,
    )


def _read_notice(document: dict[str, Any]) -> Notice:
    return Notice(
        who=_text(document["who"]),
        asks=_text(document["asks"]),
        why=_text(document["why"]),
        becomes=_text(document["becomes"]),
        kept=_text(document["kept"]),
        cards=tuple(
            Card(Side(card["side"]), _text(card["title"]), _text(card["text"]))
            for card in document["cards"]
        ),
    )


def _check(consultation: Consultation) -> None:
    """Refuse what breaks the limits, whether about to be published or just read."""
    if consultation.version < 1:
        raise MalformedPackage("A consultation's version is a whole number from 1.")
    if not consultation.title or not consultation.form:
        raise MalformedPackage("A consultation needs a title and a form.")
    if not 1 <= len(consultation.recipients) <= MOST_RECIPIENTS:
        raise MalformedPackage(f"A consultation has 1 to {MOST_RECIPIENTS} recipients.")
    if len(consultation.readers) > MOST_RECIPIENTS or any(
        len(one) != _SIGNING_KEY_BYTES for one in consultation.readers
    ):
        raise MalformedPackage("A key by which a further recipient asks the server is none.")
    if consultation.opens and consultation.closes and consultation.closes < consultation.opens:
        raise MalformedPackage("This consultation closes before it opens.")
    if not 0 <= consultation.options.least <= LARGEST_CONTRIBUTION:
        raise MalformedPackage("A consultation's least length is a number up to 1 MiB.")
    if len(consultation.dictionary) > LARGEST_DICTIONARY:
        raise MalformedPackage("The dictionary of this consultation is larger than 256 KiB.")
    if len(consultation.media) > _MOST_MEDIA:
        raise MalformedPackage(f"This consultation has more than {_MOST_MEDIA} media files.")
    for tag in (*consultation.title, *consultation.notice):
        if not _LANGUAGE.fullmatch(tag):
            raise MalformedPackage(f"“{tag}” is no language tag, such as “fr”.")
    for name in consultation.media:
        _check_name(name)
    for notice in consultation.notice.values():
        if len(notice.cards) > _MOST_CARDS:
            raise MalformedPackage(f"A notice has more than {_MOST_CARDS} cards.")


def _check_name(name: str) -> None:
    """Refuse a media file's name that could lead out of its folder, or nowhere."""
    if not is_plain_name(name):
        raise MalformedPackage(f"{name!r} cannot be the name of a media file. Rename it.")


def _files(consultation: Consultation) -> list[tuple[str, bytes]]:
    media = [(_MEDIA + name, content) for name, content in sorted(consultation.media.items())]
    return [(_FORM, consultation.form), (_DICTIONARY, consultation.dictionary), *media]


def _read_files(listed: list[dict[str, Any]], compressed: bytes) -> dict[str, bytes]:
    """The files behind the manifest; all of them, each once, and nothing after them."""
    if len(listed) > _MOST_MEDIA + 2:
        raise MalformedPackage()
    reader = Reader(
        _expanded(compressed, sum(_whole(one["size"]) for one in listed)), MalformedPackage
    )
    contents: dict[str, bytes] = {}
    for one in listed:
        name, content = _text(one["name"]), reader.take(_whole(one["size"]))
        known = name in (_FORM, _DICTIONARY) or name.startswith(_MEDIA)
        if name in contents or not known:
            raise MalformedPackage()
        if hashlib.sha256(content).hexdigest() != one["sha256"]:
            raise MalformedPackage()
        contents[name] = content
    reader.done()
    return contents


def _expanded(compressed: bytes, size: int) -> bytes:
    """The files as one string of bytes, whose size the manifest says."""
    try:
        if size > _LARGEST_FILES or zstandard.frame_content_size(compressed) != size:
            raise MalformedPackage()
        return zstandard.ZstdDecompressor().decompress(compressed) if size else b""
    except zstandard.ZstdError:
        raise MalformedPackage() from None


def _manifest(reader: Reader, refused: type[ForgedPackage | MalformedPackage]) -> dict[str, Any]:
    try:
        document = json.loads(reader.sized(_LARGEST_MANIFEST))
    except (ValueError, RecursionError):
        raise refused() from None
    if not isinstance(document, dict):
        raise refused()
    return document


def _organiser_key(document: dict[str, Any]) -> Ed25519PublicKey:
    try:
        key = b64decode(document["organiser"]["key"], validate=True)
        return Ed25519PublicKey.from_public_bytes(key)
    except (KeyError, TypeError, ValueError):
        raise ForgedPackage() from None


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise MalformedPackage()
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise MalformedPackage()
    return value


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(_text(value))
