"""Where the desk pulls from: the server, or a folder of batch files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import consultation as packages
from sync.client.wire import Answer, NetworkTrouble, Wire
from sync.consultation import Consultation
from sync.enrolment import server_address
from sync.errors import SyncError
from sync.keys import signing_key_id
from sync.roster import FILE_NAME, Roster, read_roster
from sync.signatures import RequestParts, sign_request
from sync.statement import ForgedStatement, Statement, UnreadableStatement
from sync.stream import LARGEST_STREAM

_LARGEST_LISTING = 16 * 1024 * 1024
_LARGEST_WORD = 64 * 1024
_LARGEST_FILE = 64 * 1024 * 1024
_BATCH_MAGIC = b"PARVISB"
_REDACTED_MAGIC = b"PARVISR"
_NAME = re.compile(r"[0-9a-f]{64}")
_MOST_WAITS = 30  # one after the other, without an answer between
_USUAL_WAIT, _LONGEST_WAIT = 5, 900  # seconds
_STILL_TOO_MUCH = (
    "The server has let this desk wait again and again: too much is asked from its address. Pull "
    "again later; it goes on where it was."
)
_NOT_YET = "it has not arrived yet; it is fetched at a later pull, once its device has sent it."
_STRANGER = "What answers there is not a Parvis server. Check the address and the network."


class SourceRefuses(SyncError):
    """The server answers, and will not give what was asked for; the message says why."""


class WrongKeys(SyncError):
    """The source has consultations, and none that these keys published or may open."""


class NotThere(SyncError):
    """A batch that is listed cannot be had."""

    sentence = "It is listed, and cannot be had."


@dataclass(frozen=True)
class Listed:
    """A batch as a source lists it.

    Attributes:
        number: grows in the order the batches came.
        name: SHA-256 of the batch, hex.
        received: the day the server got it, ISO 8601; "" where the source cannot say.
    """

    number: int
    name: str
    received: str = ""


class Source(Protocol):
    """A place to pull batches from.

    Attributes:
        name: says which it is, in the store and to people.
        numbered: whether `Listed.number` stays the same from one pull to the next.
        others: title → organiser of the consultations that are not the desk's, once `packages` has
            passed them over.
    """

    name: str
    numbered: bool
    others: dict[str, str]

    def packages(self) -> Iterator[Consultation]:
        """The packages of the desk's own consultations that the source has."""

    def roster(self, consultation: str) -> Roster | None:
        """The devices that the source knows; None where it knows none."""

    def batches(self, consultation: str, after: int) -> Iterator[Listed]:
        """What there is behind number `after`, oldest first."""

    def fetch(self, name: str) -> bytes:
        """The bytes of a batch, not yet checked.

        Raises:
            NotThere: they cannot be had.
            NetworkTrouble: nothing can be had now.
        """

    def register_file(self, consultation: str, path: str) -> bytes | None:
        """A file of a consultation's register, not yet checked; None where it is not there.

        Raises:
            NetworkTrouble: nothing can be had now.
        """

    def erase(self, order: bytes) -> bool:
        """Hand on an order to erase; whether it was carried out.

        Raises:
            SourceRefuses: it will not do it.
            NetworkTrouble: nothing can be done now.
        """

    def attachment(self, consultation: str, name: str) -> bytes:
        """The bytes of a sealed attachment, not yet checked.

        Raises:
            NotThere: they cannot be had, or not yet.
            NetworkTrouble: nothing can be had now.
        """


class ServerSource:
    """A server, asked in the organiser's name.

    Args:
        url: its address.
        organiser: signs what is asked (RFC 9421).
        ca_bundle: a file with the certificates of a private authority.
        sleep: waits so many seconds, where the server asks for that.
    """

    numbered = True

    def __init__(
        self,
        url: str,
        organiser: Ed25519PrivateKey,
        *,
        ca_bundle: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.others: dict[str, str] = {}
        self._sleep = sleep
        self.name = server_address(url)
        self._organiser = organiser
        self._public = organiser.public_key().public_bytes_raw()
        self._key_id = signing_key_id(organiser.public_key()).hex()
        self._wire = Wire(self.name, ca_bundle=ca_bundle)

    def packages(self) -> Iterator[Consultation]:
        """Every version of the organiser's own consultations."""
        listing = Statement(self._ask("/v1/consultations", _LARGEST_LISTING))
        for line in listing.objects("consultations"):
            path = f"/v1/consultations/{line.get('id')}"
            newest = packages.read(self._ask(path, _LARGEST_FILE))
            if self._public not in (newest.organiser_key, *newest.readers):
                self.others[newest.title_in("fr")] = newest.organiser
                continue
            yield newest
            for version in self._listing(newest.id, 0)[1]:
                if version != newest.version:
                    yield packages.read(self._ask(f"{path}?version={version}", _LARGEST_FILE))

    def roster(self, consultation: str) -> Roster | None:
        """The server's devices."""
        return read_roster(self._ask(f"/v1/consultations/{consultation}/devices", _LARGEST_LISTING))

    def batches(self, consultation: str, after: int) -> Iterator[Listed]:
        """What the server has behind number `after`."""
        while True:
            page, _ = self._listing(consultation, after)
            if not page:
                return
            yield from page
            after = page[-1].number

    def fetch(self, name: str) -> bytes:
        """The bytes of a batch."""
        try:
            return self._ask(f"/v1/batches/{name}", _LARGEST_FILE)
        except SourceRefuses as refusal:
            raise NotThere(str(refusal)) from None

    def register_file(self, consultation: str, path: str) -> bytes | None:
        """A file of a consultation's register; None where it is not there."""
        answer = self._answer(f"/register/{consultation}/{path}", _LARGEST_LISTING)
        if answer.status == 200:
            return answer.body
        if answer.status == 404:
            return None
        if answer.problem.name and answer.problem.passing:
            raise NetworkTrouble(answer.problem.detail)
        raise NetworkTrouble(_STRANGER)

    def erase(self, order: bytes) -> bool:
        """Hand on an order to erase."""
        answer = self._answer("/v1/erasures", _LARGEST_WORD, order)
        if answer.status == 200:
            return True
        if not answer.problem.name:
            raise NetworkTrouble(_STRANGER)
        if answer.problem.passing:
            raise NetworkTrouble(answer.problem.detail)
        raise SourceRefuses(answer.problem.detail)

    def attachment(self, consultation: str, name: str) -> bytes:
        """The bytes of a sealed attachment."""
        path = f"/v1/consultations/{consultation}/attachments/{name}"
        try:
            return self._ask(path, LARGEST_STREAM)
        except SourceRefuses:
            raise NotThere(_NOT_YET) from None

    def _listing(self, consultation: str, after: int) -> tuple[list[Listed], list[int]]:
        """A page of batches, and the consultation's versions."""
        path = f"/v1/consultations/{consultation}/batches?after={after}"
        body = self._ask(path, _LARGEST_LISTING)
        try:
            page = json.loads(body)
            listed = [
                Listed(int(one["number"]), str(one["name"]), str(one["received"]))
                for one in page["batches"]
            ]
            versions = [int(version) for version in page["versions"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise NetworkTrouble(_STRANGER) from None
        rising = all(before < one.number < 1 << 63 for one, before in _with_before(listed, after))
        if not rising or not all(_NAME.fullmatch(one.name) for one in listed):
            raise NetworkTrouble(_STRANGER)
        return listed, versions

    def _ask(self, path: str, most: int) -> bytes:
        answer = self._answer(path, most)
        if answer.status == 200:
            return answer.body
        if not answer.problem.name:
            raise NetworkTrouble(_STRANGER)
        if answer.problem.passing and answer.problem.name != "missing-batch":
            raise NetworkTrouble(answer.problem.detail)
        if answer.problem.name == "unsigned":
            raise SourceRefuses(
                "The server did not get this desk's signature: something on the way, a proxy, "
                "takes headers off. Have it hand on Signature, Signature-Input and Host as they "
                "are."
            )
        raise SourceRefuses(answer.problem.detail)

    def _answer(self, path: str, most: int, body: bytes = b"") -> Answer:
        """What the server answers, once it is ready for another question.

        A large pull asks more than a server lets one caller ask in a minute, and others ask, too:
        it says when to go on, and is believed. Every question is signed: the desk is no stranger.

        Args:
            path: below the address.
            most: bytes that the answer may have.
            body: what is brought; nothing is only asked.
        """
        method = "POST" if body else "GET"
        for _ in range(_MOST_WAITS):
            parts = RequestParts.below(self.name, method, path)
            headers = sign_request(parts, body, self._organiser, self._key_id, int(time.time()))
            if body:
                headers["Content-Type"] = "application/json"
            answer = self._wire.ask(method, path, body, headers, most=most)
            busy = answer.status == 503 and answer.problem.retry_after is not None
            if answer.status != 429 and not busy:
                return answer
            said = answer.problem.retry_after
            self._sleep(min(_LONGEST_WAIT, _USUAL_WAIT if said is None else max(1, said)))
        raise NetworkTrouble(_STILL_TOO_MUCH)


class FolderSource:
    """A folder of batch files and whatever else: a stick, a copy, the server's own data directory.

    Batches are known by their first bytes, packages by theirs, the list of devices by its name; all
    other files are passed over.

    Args:
        folder: the folder.
        organiser: whose consultations are the desk's.
        keys: ids of recipient keys: what is sealed to one of them is the desk's, too, as a
            guarantor's who is no organiser.

    Raises:
        NotThere: there is no such folder.
    """

    numbered = False

    def __init__(
        self, folder: Path, organiser: Ed25519PrivateKey, keys: Collection[bytes] = ()
    ) -> None:
        self.others: dict[str, str] = {}
        self._keys = frozenset(keys)
        if not folder.is_dir():
            raise NotThere(f"There is no folder {folder}.")
        self.name = str(folder.resolve())
        self._public = organiser.public_key().public_bytes_raw()
        self._folder = folder
        self._paths: dict[str, Path] = {}
        self._streams: dict[str, list[Path]] = {}
        for path in self._files(b""):
            if _NAME.fullmatch(path.name):
                self._streams.setdefault(path.name, []).append(path)
        for path in self._files(_REDACTED_MAGIC):
            self._paths[path.name.partition(".")[0]] = path
        for path in self._files(_BATCH_MAGIC):
            name = self._name_of(path)
            # A stick may hold a batch twice, one of them cut short: the whole one serves.
            if name not in self._paths or _is_whole(path, name):
                self._paths[name] = path

    def packages(self) -> Iterator[Consultation]:
        """The organiser's own packages among the files."""
        for path in self._files(b"PARVISC"):
            try:
                read = packages.read(_whole(path))
            except (OSError, SyncError):
                continue  # what it would have opened is named as not openable
            own = read.organiser_key == self._public
            if own or any(one.id in self._keys for one in read.recipients):
                yield read
            else:
                self.others[read.title_in("fr")] = read.organiser

    def roster(self, consultation: str) -> Roster | None:
        """The list of devices in the folder, or in the one above it."""
        for folder in (self._folder, self._folder.parent):
            with contextlib.suppress(OSError, UnreadableStatement, ForgedStatement):
                return read_roster(_whole(folder / FILE_NAME))
        return None  # none, or a foreign file: the devices known from the server serve

    def batches(self, consultation: str, after: int) -> Iterator[Listed]:
        """All batch files, whatever consultation they are for."""
        for name in sorted(self._paths):
            yield Listed(0, name)

    def fetch(self, name: str) -> bytes:
        """The bytes of a batch."""
        try:
            return _whole(self._paths[name])
        except (KeyError, OSError):
            raise NotThere() from None

    def register_file(self, consultation: str, path: str) -> bytes | None:
        """A file of a register beside the batches, as it lies in a server's data directory."""
        for folder in (self._folder, self._folder.parent):
            with contextlib.suppress(OSError):
                return _whole(folder / "register" / consultation / path)
        return None

    def erase(self, order: bytes) -> bool:
        """Nothing: a copy is nobody's to change."""
        return False

    def attachment(self, consultation: str, name: str) -> bytes:
        """The bytes of a sealed attachment: a file of this name, wherever in the folder."""
        for path in self._streams.get(name, ()):
            with contextlib.suppress(OSError):
                if path.stat().st_size <= LARGEST_STREAM and _is_whole(path, name):
                    return path.read_bytes()
        raise NotThere(_NOT_YET)

    def _files(self, magic: bytes) -> Iterator[Path]:
        # Folders that cannot be read are passed over, as files are.
        for folder, folders, names in os.walk(self._folder):
            folders.sort()
            for path in (Path(folder, name) for name in sorted(names)):
                try:
                    if path.is_file() and not path.name.endswith(".part"):
                        with path.open("rb") as file:
                            if file.read(len(magic)) == magic:
                                yield path
                except OSError:
                    continue  # unreadable: if it was a batch, the gap in its sequence names it

    @staticmethod
    def _name_of(path: Path) -> str:
        """The batch's name: the file's, where that is one, so that an altered file is noticed."""
        stem = path.name.partition(".")[0]
        if _NAME.fullmatch(stem):
            return stem
        return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path, name: str) -> bool:
    try:
        return _digest(path) == name
    except OSError:
        return False


def _whole(path: Path) -> bytes:
    """A file's bytes; of one larger than anything Parvis writes, only so many."""
    with path.open("rb") as file:
        return file.read(_LARGEST_FILE + 1)


def _with_before(listed: list[Listed], after: int) -> Iterator[tuple[Listed, int]]:
    """Each batch with the number that it must be above."""
    for one in listed:
        yield one, after
        after = one.number
