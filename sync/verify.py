"""Check a Parvis register, a receipt or a published data set, trusting nobody but one public key.

This module stands alone: Python and `cryptography`, nothing else of Parvis, so that whoever doubts
can read it in one sitting, or write their own from `docs/format.md`. It computes everything anew.

    parvis-verify log     REGISTER --key KEY [--after OLD] [--save FILE] [--cache FOLDER]
    parvis-verify receipt REGISTER --key KEY LINK
    parvis-verify data    REGISTER --key KEY FILE
    parvis-verify destroyed RECORD --consultation ID
    parvis-verify witness REGISTER --key KEY --name NAME --state FOLDER

--after may be given often: every older checkpoint that anybody kept, from wherever they looked.
--witness KEY --quorum N: so many of these witnesses must have signed the very checkpoint, in it or
in the files named with --cosigned.

REGISTER is an address (https://…/register/<consultation>) or a folder with the same files. KEY is
the server's key for this register, as its page shows it: parvis/<consultation>+hash+base64.
Exit 0: it holds. 1: it does not, or not yet; the sentence says why. 2: it could not be looked at.
"""

import argparse
import base64
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TILE = 256
PROMISED = timedelta(days=30)
LONGEST_WAIT = 300  # seconds that a server is waited for at a time, whatever it asks
MOST_WAITS = 20  # one after the other, without anything coming in between
MOST_CUTS = 5  # of the network, the same


class Refuted(Exception):
    """What was to be checked does not hold."""


class NotYet(Exception):
    """What is looked for is not there yet, which refutes nobody's word."""


class Unreadable(Exception):
    """It could not be looked at."""


# --- the register: C2SP signed-note, tlog-checkpoint, tlog-tiles; hashes of RFC 6962 -------------


@dataclass(frozen=True)
class Key:
    """A server's key for one register."""

    name: str
    id: bytes
    public: Ed25519PublicKey

    @classmethod
    def read(cls, text: str) -> "Key":
        """From `name+hash+base64`."""
        try:
            name, hash_hex, encoded = text.strip().split("+", 2)
            key = base64.b64decode(encoded, validate=True)
            if key[:1] != b"\x01" or len(key) != 33:
                raise ValueError
            id_ = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
            if id_.hex() != hash_hex:
                raise ValueError
            return cls(name, id_, Ed25519PublicKey.from_public_bytes(key[1:]))
        except ValueError:
            raise Unreadable(
                "The key is not one: it looks like parvis/<consultation>+hash+base64. "
                "Copy it whole from the register's page."
            ) from None


@dataclass(frozen=True)
class Checkpoint:
    """So many entries, under this root; signed."""

    size: int
    root: bytes
    note: bytes


def read_checkpoint(note: bytes, key: Key) -> Checkpoint:
    """A checkpoint, if the key's owner signed it."""
    try:
        text, _, signatures = note.decode().rpartition("\n\n")
        origin, size, root = f"{text}\n".split("\n")[:3]
        *lines, end = (line.split(" ") for line in signatures.split("\n"))
        if end != [""]:
            raise ValueError
        signed = [
            base64.b64decode(parts[2], validate=True)
            for parts in lines
            if len(parts) == 3 and parts[:2] == ["—", key.name]
        ]
        checkpoint = Checkpoint(int(size), base64.b64decode(root, validate=True), note)
    except ValueError:
        raise Refuted("The register's checkpoint is not one.") from None
    if origin != key.name:
        raise Refuted(f"The checkpoint is of another register: {origin}.")
    for signature in signed:
        if signature[:4] == key.id:
            try:
                key.public.verify(signature[4:], f"{text}\n".encode())
            except InvalidSignature:
                continue
            return checkpoint
    raise Refuted("The checkpoint is not signed by this key.")


class Roots:
    """The root over leaves as they come, holding one hash for each complete subtree so far."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # the largest subtree first

    def add(self, entry: bytes) -> None:
        """One more leaf."""
        self._peaks.append(hashlib.sha256(b"\x00" + entry).digest())
        self.size += 1
        completed = self.size
        while completed % 2 == 0:
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(hashlib.sha256(b"\x01" + left + right).digest())
            completed //= 2

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return hashlib.sha256().digest()
        root = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        return root


class Register:
    """A register's public files, in a folder or on a server.

    Args:
        place: its address, or the folder.
        cache: a folder in which full bundles of entries are kept as they come, so that a check that
            was broken off goes on there; None for none. Nothing in it is trusted: all of it leads
            to the signed root, or the check fails.
    """

    def __init__(self, place: str, cache: Path | None = None) -> None:
        self._place = place.rstrip("/")
        self._remote = place.startswith(("https://", "http://"))
        # Of one register alone: bundles of two would be taken for each other's.
        self._cache = cache and cache / hashlib.sha256(self._place.encode()).hexdigest()[:16]

    def read(self, path: str) -> bytes:
        """One of its files."""
        where = f"{self._place}/{path}"
        try:
            return self._fetch(where) if self._remote else Path(where).read_bytes()
        except (OSError, HTTPException, ValueError) as error:
            raise Unreadable(f"{where} cannot be read ({error}).") from None

    @staticmethod
    def _fetch(where: str) -> bytes:
        """A file of a server, which is waited for where it says that too much is asked of it."""
        waits = cuts = 0
        while True:
            try:
                with urlopen(where, timeout=60) as answer:  # noqa: S310
                    return bytes(answer.read())
            except HTTPError as refusal:
                waits += 1
                if refusal.code not in (429, 503) or waits > MOST_WAITS:
                    raise
                said = refusal.headers.get("Retry-After", "")
                asked = int(said) if said.isascii() and said.isdigit() else 10
                seconds = max(1, min(asked, LONGEST_WAIT))
                why = "The server asks to wait for"
            except (OSError, HTTPException) as error:
                cuts += 1
                if cuts > MOST_CUTS or not _may_pass(error):
                    raise
                seconds, why = 2**cuts, f"The network broke off ({error}). It waits"
            print(f"{why} {seconds} s; it goes on then.", file=sys.stderr)
            time.sleep(seconds)

    def entries(self, size: int) -> Iterator[bytes]:
        """The first `size` entries."""
        bundles, rest = -(-size // TILE), size % TILE
        # First what grows while the others are read: later it is there no more.
        last = self._bundle(bundles - 1, rest) if rest else b""
        for index in range(bundles):
            width = min(TILE, size - index * TILE)
            data, at = last if width < TILE else self._bundle(index, width), 0
            for _ in range(width):
                length = int.from_bytes(data[at : at + 2], "big")
                entry = data[at + 2 : at + 2 + length]
                if len(entry) != length or not length:
                    raise Refuted(f"The register's entries end in the middle of bundle {index}.")
                yield entry
                at += 2 + length

    def _bundle(self, index: int, width: int) -> bytes:
        groups = [f"{index % 1000:03}"]
        while index >= 1000:
            index //= 1000
            groups.insert(0, f"x{index % 1000:03}")
        full = f"tile/entries/{'/'.join(groups)}"
        if width == TILE:
            return self._kept(full)
        try:
            return self.read(f"{full}.p/{width}")
        except Unreadable:
            return self.read(full)  # it was filled meanwhile

    def _kept(self, path: str) -> bytes:
        """A full bundle, which never changes: from the cache where it lies there."""
        if self._cache is None or not self._remote:
            return self.read(path)
        place = self._cache / path.replace("/", "-")
        if place.exists():
            return place.read_bytes()
        data = self.read(path)
        self._cache.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        part.write_bytes(data)
        part.replace(place)
        return data

    def forget(self) -> None:
        """Throw away what was kept: it did not lead to the root, or came from somebody else."""
        if self._cache is not None and self._cache.is_dir():
            for path in self._cache.iterdir():
                path.unlink()


def _may_pass(error: Exception) -> bool:
    """Whether a trouble of the network is one that may be over in a moment."""
    reason = getattr(error, "reason", error)
    return isinstance(reason, ConnectionError | TimeoutError | HTTPException) and not isinstance(
        reason, ConnectionRefusedError
    )


@dataclass
class Contents:
    """What a register says, once all of it is checked."""

    checkpoint: Checkpoint
    contributions: dict[bytes, int]  # commitment → index
    erased: dict[bytes, int]
    reasons: dict[bytes, int]

    def why(self, commitment: bytes) -> str:
        """Why a contribution was erased, in words."""
        words = {1: "on request", 2: "because the law demands it", 3: "when its time was over"}
        return f" {words[self.reasons[commitment]]}" if self.reasons[commitment] in words else ""


def check_log(
    register: Register, key: Key, after: Sequence[bytes] = (), witnesses: "Quorum | None" = None
) -> Contents:
    """Compute the register's root anew, and that it goes on from all older checkpoints."""
    checkpoint = read_checkpoint(register.read("checkpoint"), key)
    if witnesses is not None:
        witnesses.check(checkpoint)
    held: dict[int, set[bytes]] = {}
    for note in after:
        old = read_checkpoint(note, key)
        held.setdefault(old.size, set()).add(old.root)
    for size, said in held.items():
        if len(said) > 1:
            raise Refuted(
                f"THE SERVER SHOWS TWO REGISTERS. It signed {len(said)} of {size} entries that "
                "differ: keep both checkpoints, they are the proof."
            )
    if held and max(held) > checkpoint.size:
        raise Refuted(f"The register once had {max(held)} entries and has {checkpoint.size} now.")
    roots = Roots()
    contents = Contents(checkpoint, {}, {}, {})
    if held.get(0, {roots.root()}) != {roots.root()}:
        raise Refuted("The older checkpoint is of no register.")
    for index, entry in enumerate(register.entries(checkpoint.size)):
        roots.add(entry)
        if roots.size in held and roots.root() not in held[roots.size]:
            raise Refuted(
                f"The first {roots.size} entries are not what they were. THE SERVER SHOWS TWO "
                "REGISTERS: it signed both. Keep the older checkpoint, it is the proof."
            )
        commitment = entry[1:33]
        if entry[:1] == b"\x01" and len(entry) == 33:
            if commitment in contents.contributions:
                raise Refuted(f"Entry {index} repeats an earlier one: it would count twice.")
            contents.contributions[commitment] = index
        elif entry[:1] == b"\x02" and len(commitment) == 32:
            contents.erased[commitment] = index
            contents.reasons[commitment] = int.from_bytes(entry[33:], "big")
        else:
            raise Refuted(f"Entry {index} is of a kind that this program does not know.")
    if roots.root() != checkpoint.root:
        raise Refuted("The entries do not lead to the root that the server signed.")
    return contents


# --- witnesses: C2SP tlog-cosignature (cosignature/v1, Ed25519) ----------------------------------


@dataclass(frozen=True)
class Witness:
    """Who signs checkpoints of registers that they saw only grow."""

    name: str
    public: Ed25519PublicKey

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        named = self.name.encode() + b"\n\x04" + self.public.public_bytes_raw()
        return hashlib.sha256(named).digest()[:4]

    @property
    def key(self) -> str:
        """As verifiers take it: name+hash+base64."""
        encoded = base64.b64encode(b"\x04" + self.public.public_bytes_raw()).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @classmethod
    def read(cls, text: str) -> "Witness":
        """From what `key` writes."""
        try:
            name, _, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            witness = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        except ValueError:
            witness = None
        if witness is None or witness.key != text.strip():
            raise Unreadable("The key of a witness looks like NAME+HASH+BASE64; copy it whole.")
        return witness

    def cosign(self, checkpoint: Checkpoint, private: Ed25519PrivateKey, now: int) -> bytes:
        """The checkpoint with this witness's line below it."""
        signature = private.sign(_cosigned(checkpoint.note, now))
        encoded = base64.b64encode(self.id + now.to_bytes(8, "big") + signature).decode()
        return checkpoint.note + f"— {self.name} {encoded}\n".encode()

    def has_signed(self, note: bytes) -> bool:
        """Whether this witness's line stands below a note, over what the note says."""
        for line in note.rpartition(b"\n\n")[2].decode(errors="replace").split("\n"):
            mark, _, rest = line.partition(" ")
            name, _, encoded = rest.rpartition(" ")
            if (mark, name) != ("—", self.name):
                continue
            try:
                data = base64.b64decode(encoded, validate=True)
                if data[:4] == self.id:
                    said = _cosigned(note, int.from_bytes(data[4:12], "big"))
                    self.public.verify(data[12:], said)
                    return True
            except (ValueError, InvalidSignature):
                continue
        return False


def _cosigned(note: bytes, now: int) -> bytes:
    text = note.rpartition(b"\n\n")[0] + b"\n"
    return b"cosignature/v1\ntime " + str(now).encode() + b"\n" + text


@dataclass(frozen=True)
class Quorum:
    """So many of these witnesses must have signed a checkpoint; their lines may lie elsewhere."""

    witnesses: tuple[Witness, ...]
    needed: int
    cosigned: tuple[bytes, ...] = ()

    def check(self, checkpoint: Checkpoint) -> None:
        """Count who signed it, in the checkpoint itself or in the notes brought along."""
        text = checkpoint.note.rpartition(b"\n\n")[0]
        notes = [checkpoint.note]
        notes += [one for one in self.cosigned if one.rpartition(b"\n\n")[0] == text]
        signed = [one for one in self.witnesses if any(map(one.has_signed, notes))]
        if len({one.public.public_bytes_raw() for one in signed}) < self.needed:
            named = ", ".join(one.name for one in signed) or "none of them"
            raise Refuted(
                f"{self.needed} of {len(self.witnesses)} witnesses must have signed the checkpoint "
                f"of {checkpoint.size} entries; {named} did. Others may be shown another register."
            )


def witness(register: Register, key: Key, name: str, state: Path) -> str:
    """Sign the register's newest checkpoint, once sure that it goes on from the last one signed.

    The key (made the first time) and the last checkpoint lie in `state`; the signed one is written
    there, and given to whoever asks.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = state / "witness.key"
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise Unreadable("A witness's name has neither space nor plus.")
    if not place.exists() or not place.stat().st_size:
        place.touch(mode=0o600)
        place.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    private = Ed25519PrivateKey.from_private_bytes(place.read_bytes())
    signer = Witness(name, private.public_key())
    last = state / f"{key.name.rpartition('/')[2]}.checkpoint"
    held = [last.read_bytes()] if last.exists() else []
    seen = check_log(register, key, held).checkpoint
    part = last.with_suffix(".part")
    part.write_bytes(signer.cosign(seen, private, int(time.time())))
    part.replace(last)
    return f"{signer.key}\nSigned {seen.size} entries: {last}"


# --- receipts: docs/format.md, section 7 ---------------------------------------------------------

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def read_receipt(link: str, key: Key) -> tuple[bytes, date]:
    """The commitment that a receipt's link names, and the day of its promise."""
    text = link.strip().rpartition("/")[2].upper()
    try:
        bits = "".join(f"{_BASE32.index(letter):05b}" for letter in text)
        data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
        if data[0] != 1 or len(data) < 1 + 10 + 32 + 8 + 2 + 64:
            raise ValueError
        days, shift = 0, 0
        for byte in data[51:54]:
            days |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        day = date(1970, 1, 1) + timedelta(days=days)
    except (ValueError, IndexError, OverflowError):
        raise Unreadable(
            "This is no receipt: give the whole link that its QR code holds."
        ) from None
    bits = bits[8:88]
    consultation = "".join(_BASE32[int(bits[at : at + 5], 2)] for at in range(0, 80, 5))
    if key.name != f"parvis/{consultation}":
        raise Refuted(f"This receipt is of another consultation than {key.name}.")
    return data[11:43], day


def check_receipt(link: str, key: Key, contents: Contents, today: date) -> str:
    """Where the contribution of a receipt stands."""
    commitment, day = read_receipt(link, key)
    if commitment in contents.erased:
        where = ""
        if commitment in contents.contributions:
            where = f"is entry {contents.contributions[commitment]}, and "
        return (
            f"The contribution of {day} {where}was erased{contents.why(commitment)}: entry "
            f"{contents.erased[commitment]} says so."
        )
    if commitment in contents.contributions:
        index = contents.contributions[commitment]
        return f"The contribution of {day} is in the register, as entry {index}."
    told = f"The contribution of {day} is not in the register yet."
    if today <= day + PROMISED:
        raise NotYet(f"{told} Its device promised it for {day + PROMISED}.")
    raise NotYet(
        f"{told} Its device, by whose clock this day is, may have been without a network, or "
        "switched off, since: that is nobody's fault that could be shown from here. Keep the "
        "receipt, and ask the organiser to have that device looked for."
    )


# --- published data: docs/format.md, section 11 --------------------------------------------------


def number(value: int) -> bytes:
    """Unsigned LEB128, as the format writes numbers."""
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def commitment_of(leaves: list[list[str]]) -> bytes:
    """The commitment over published leaves: [path, value, salt], or [hash] for one left out."""
    hashes = b""
    for leaf in leaves:
        if len(leaf) == 1:
            hashes += bytes.fromhex(leaf[0])
            continue
        path, value, salt = leaf
        said = b"".join(number(len(part)) + part for part in (path.encode(), value.encode()))
        hashes += hashlib.sha256(b"parvis/1 field\x00" + bytes.fromhex(salt) + said).digest()
    return hashlib.sha256(b"parvis/1 commitment\x00" + number(len(leaves)) + hashes).digest()


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file: they end at a line feed, and at nothing else that a text may hold."""
    try:
        with path.open("rb") as file:
            for place, line in enumerate(file):
                yield line.removeprefix(b"\xef\xbb\xbf") if place == 0 else line
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error}).") from None


def check_data(path: Path, contents: Contents) -> str:
    """That everything published is in the register, once, unchanged; and what is missing."""
    seen: set[bytes] = set()
    for place, line in enumerate(lines_of(path), 1):
        try:
            commitment = commitment_of(json.loads(line)["leaves"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refuted(f"{path}, line {place}: this is no published contribution.") from None
        if commitment not in contents.contributions:
            raise Refuted(f"{path}, line {place}: what it says was never registered.")
        if commitment in seen:
            raise Refuted(f"{path}, line {place}: it was published twice.")
        seen.add(commitment)
    gone = len(seen & set(contents.erased))
    missing = len(set(contents.contributions) - seen - set(contents.erased))
    told = f"All {len(seen)} published contributions are in the register, unchanged, each once."
    if gone:
        told += f" {gone} of them were erased since: ask for newer data."
    left_out = len(set(contents.erased) - seen)
    if left_out:
        told += f" {left_out} more were erased, which the register says of each."
    if missing > 0:
        told += f" {missing} more are registered, and not published."
    return told


# --- data whose lines prove nothing, and the manifest that attests them: section 11 ---------------

_WHAT_BECAME = (
    ("published", "published"),
    ("blank", "without an answer"),
    ("erased", "erased"),
    ("not_openable", "not opened by the organiser"),
    ("set_aside", "set aside"),
    ("unsettled", "on sheets that are not settled"),
    ("held_back", "held back"),
)


@dataclass(frozen=True)
class Manifest:
    """What is said of a set of published contributions, and by whom it is signed."""

    checkpoint: bytes
    data: str  # SHA-256
    counts: dict[str, int]
    organiser: bytes
    form: str
    named: frozenset[bytes]  # keys of further recipients
    recipients: int
    words: tuple[tuple[bytes, str, int, int], ...]  # key, label, sealed, unsealed


def manifest_beside(path: Path) -> Path:
    """Where the manifest of a file of published data lies, unless somebody moved it."""
    return path.with_name(f"{path.stem}.manifest.json")


def read_manifest(path: Path) -> Manifest:
    """A manifest whose signatures are those of the keys that they name."""
    try:
        outer = json.loads(path.read_bytes())
        text = outer["said"]
        said = json.loads(text)
        words = [(one["said"], _base64url(one["signature"])) for one in outer["attested"]]
        read = [(json.loads(word), word, signature) for word, signature in words]
        counts = {name: said["counts"][name] for name in ("entries", *dict(_WHAT_BECAME))}
        signers = [
            (_base64url(one["by"]), str(one["label"]), int(one["sealed"]), int(one["unsealed"]))
            for one, _, _ in read
        ]
        numbers = [*counts.values(), *(part for one in signers for part in one[2:])]
        if any(type(one) is not int or one < 0 for one in numbers):
            raise ValueError
        manifest = Manifest(
            str(said["checkpoint"]).encode(),
            str(said["data"]),
            counts,
            _base64url(said["organiser"]),
            str(said["form"]),
            frozenset(_base64url(one) for one in said["readers"]),
            len(said["recipients"]),
            tuple(signers),
        )
        keys = [Ed25519PublicKey.from_public_bytes(one[0]) for one in signers]
    except OSError as error:
        raise Unreadable(
            f"{path} cannot be read ({error}). Published data whose lines prove nothing have a "
            "manifest beside them, or named with --manifest."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable(f"{path} is no manifest of published data.") from None
    for signer, (_, word, signature) in zip(keys, read, strict=True):
        try:
            signer.verify(signature, b"parvis open data 1\n" + f"{text}\n{word}".encode())
        except InvalidSignature:
            raise Refuted(f"{path}: a signature is not that of the key that it names.") from None
    return manifest


def check_set(path: Path, manifest: Manifest, key: Key, contents: Contents) -> str:
    """That the published lines are the set that the manifest attests, and who attests it.

    Args:
        path: the lines.
        manifest: beside them.
        key: the server's for the register.
        contents: of the register, which goes on from the manifest's checkpoint.
    """
    size = read_checkpoint(manifest.checkpoint, key).size
    entries = sum(index < size for index in contents.contributions.values())
    gone = sum(index < size for index in contents.erased.values())
    counts = manifest.counts
    if key.name != f"parvis/{consultation_id(manifest.organiser, manifest.form)}":
        raise Refuted("The manifest is of another consultation, or of another organiser.")
    if counts["entries"] != entries:
        raise Refuted(f"The manifest tells of {counts['entries']} entries; there are {entries}.")
    if sum(counts[name] for name, _ in _WHAT_BECAME) != entries:
        raise Refuted("What the manifest says became of the entries does not add up.")
    if counts["erased"] < gone:
        raise Refuted(f"{gone} entries were erased; the manifest tells of {counts['erased']}.")
    _check_lines(path, manifest)
    for _, label, sealed, unsealed in manifest.words:
        if sealed + unsealed != entries - counts["erased"]:
            raise Refuted(f"What “{label}” says was sealed to it does not add up.")
    by = {one[0] for one in manifest.words}
    if manifest.organiser not in by:
        raise Refuted("The organiser has not signed the manifest.")
    if by - manifest.named - {manifest.organiser}:
        raise Refuted("Somebody signed the manifest who is no recipient of the consultation.")
    became = ", ".join(f"{counts[name]} {said}" for name, said in _WHAT_BECAME if counts[name])
    told = f"Of {entries} contributions in the register: {became}. "
    told += f"The file holds the {counts['published']}, as they are attested by "
    others = [one for one in manifest.words if one[0] != manifest.organiser]
    if not others:
        told += "the organiser alone."
    else:
        told += "the organiser and "
        told += ", ".join(
            f"“{label}” (key {hashlib.sha256(by).hexdigest()[:16]}; {sealed} were sealed to it, "
            f"{unsealed} were not)"
            for by, label, sealed, unsealed in others
        )
        told += ". Ask them for their keys: the organiser names them."
    silent = manifest.recipients - 1 - len(others)
    if silent > 0:
        told += f" {silent} more recipients have not signed."
    later = len(contents.contributions) - entries
    if later:
        told += f" {later} more were registered since."
    since = len(contents.erased) - counts["erased"]
    if since > 0:
        told += f" {since} more were erased since: ask for newer data."
    return told


def _check_lines(path: Path, manifest: Manifest) -> None:
    """That the file is the one that was attested, and that no line leads to a receipt."""
    whole, ids = hashlib.sha256(), set()
    try:
        with path.open("rb") as file:
            for place, line in enumerate(file, 1):
                whole.update(line)
                try:
                    said = json.loads(line)
                    id_, fields = said["line"], said["fields"]
                    plain = all(
                        isinstance(name, str) and isinstance(value, str) for name, value in fields
                    )
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    plain = False
                if not plain or set(said) != {"line", "fields"} or id_ in ids:
                    raise Refuted(f"{path}, line {place}: this is no published contribution.")
                ids.add(id_)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error}).") from None
    if whole.hexdigest() != manifest.data:
        raise Refuted(f"{path} is not the file that was attested: something in it was changed.")
    if len(ids) != manifest.counts["published"]:
        raise Refuted(
            f"{path} has {len(ids)} lines, and {manifest.counts['published']} are attested."
        )


def proves_itself(path: Path) -> bool:
    """Whether the lines of published data carry their proofs."""
    first = next(lines_of(path), b"")
    return not first.lstrip().startswith(b'{"line"')


# --- records of destroyed keys: docs/format.md, section 14 ---------------------------------------


def check_destroyed(path: Path, consultation: str) -> str:
    """That a consultation's organiser signed the record of a destroyed key; what it says."""
    try:
        outer = json.loads(path.read_bytes())
        text, signature = outer["said"], _base64url(outer["signature"])
        said = json.loads(text)
        organiser, key = _base64url(said["organiser"]), _base64url(said["key"])
        public = Ed25519PublicKey.from_public_bytes(organiser)
        numbers = {one["id"]: one for one in said["consultations"]}
        suite, at, reason = int(said["suite"]), str(said["at"]), str(said["reason"])
        named = said["key_id"]
        told = numbers.get(consultation.upper())
        form = "" if told is None else str(told["form"])
        opened, registered = (0, 0) if told is None else (told["opened"], told["registered"])
    except OSError as error:
        raise Unreadable(f"{path} cannot be read ({error}).") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable(f"{path} is no record of a destroyed key.") from None
    if told is None:
        raise Refuted(f"The record says nothing of the consultation {consultation}.")
    if consultation_id(organiser, form) != consultation.upper():
        raise Refuted("The record is signed by another than this consultation's organiser.")
    try:
        public.verify(signature, b"parvis destroyed key 1\n" + text.encode())
    except InvalidSignature:
        raise Refuted("The record is not what the organiser signed.") from None
    if hashlib.sha256(bytes([suite]) + key).digest()[:8].hex() != named:
        raise Refuted("The record names another key than it holds.")
    return (
        f"The organiser signed that the key {named} was destroyed at {at}: {reason}. "
        f"{opened} contributions had been opened with it, of {registered} register entries."
    )


def consultation_id(organiser: bytes, form: str) -> str:
    """The id follows from its organiser's key: nobody else's word fits it."""
    name = number(len(form.encode())) + form.encode()
    digest = hashlib.sha256(b"parvis/1 consultation id\x00" + organiser + name).digest()[:10]
    bits = f"{int.from_bytes(digest, 'big'):080b}"
    return "".join(_BASE32[int(bits[at : at + 5], 2)] for at in range(0, 80, 5))


def _base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# --- the command ---------------------------------------------------------------------------------


def command_line() -> argparse.ArgumentParser:
    """What the command takes."""
    parser = argparse.ArgumentParser(
        prog="parvis-verify",
        description="Check a Parvis register, a receipt or published data, trusting one key only.",
        epilog="Exit status: 0 it holds, 1 it does not, or not yet, 2 it could not be looked at.",
    )
    commands = parser.add_subparsers(dest="what", required=True)
    for name, help_ in (
        ("log", "that the register is whole, and goes on from what it was"),
        ("receipt", "that the contribution of a receipt is in the register"),
        ("data", "that published contributions are registered, unchanged, each once"),
    ):
        command = commands.add_parser(name, help=help_, description=f"Check {help_}.")
        command.add_argument("register", help="its address, or a folder with its files")
        command.add_argument("--key", required=True, help="the server's key, from its page")
        command.add_argument(
            "--after",
            type=Path,
            action="append",
            default=[],
            help="an older checkpoint, kept from before; may be given often",
        )
        command.add_argument("--witness", action="append", default=[], help="a witness's key")
        command.add_argument("--quorum", type=int, help="how many must have signed; default: all")
        command.add_argument(
            "--cosigned", type=Path, action="append", default=[], help="a witness's checkpoint"
        )
        command.add_argument(
            "--cache",
            type=Path,
            help="a folder: what was read stays there, and a check that was broken off goes on",
        )
        command.add_argument("--save", type=Path, help="keep the checkpoint here for next time")
        if name == "receipt":
            command.add_argument("link", help="what the receipt's QR code holds")
        if name == "data":
            command.add_argument("file", type=Path, help="published contributions, one a line")
            command.add_argument(
                "--manifest", type=Path, help="what attests them, if not beside the file"
            )
    signing = commands.add_parser(
        "witness",
        help="sign a register's checkpoint, once sure that it only grew",
        description="Sign a register's newest checkpoint, once sure that it goes on from the last.",
    )
    signing.add_argument("register", help="its address, or a folder with its files")
    signing.add_argument("--key", required=True, help="the server's key, from its page")
    signing.add_argument("--name", required=True, help="the witness's, without space and plus")
    signing.add_argument("--state", type=Path, required=True, help="its key, and what it signed")
    destroyed = commands.add_parser(
        "destroyed",
        help="that an organiser signed the record of a destroyed key",
        description="Check that a consultation's organiser signed the record of a destroyed key.",
    )
    destroyed.add_argument("file", type=Path, help="the record")
    destroyed.add_argument("--consultation", required=True, help="its id, as on its page")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Check what the command line asks for; returns the exit status."""
    asked = command_line().parse_args(arguments)
    try:
        if asked.what == "destroyed":
            print(check_destroyed(asked.file, asked.consultation))
            return 0
        key = Key.read(asked.key)
        if asked.what == "witness":
            print(witness(Register(asked.register), key, asked.name, asked.state))
            return 0
        after = [one.read_bytes() for one in asked.after]
        quorum = None
        if asked.witness or asked.quorum:
            known = tuple(Witness.read(one) for one in asked.witness)
            needed = len(known) if asked.quorum is None else asked.quorum
            if not 1 <= needed <= len(known):
                raise Unreadable(f"Of {len(known)} witnesses {needed} cannot be asked for.")
            quorum = Quorum(known, needed, tuple(one.read_bytes() for one in asked.cosigned))
        if asked.save is not None and asked.save.exists():
            try:
                read_checkpoint(asked.save.read_bytes(), key)
            except Refuted:
                raise Unreadable(
                    f"{asked.save} is there, and is no checkpoint of this register. Name another "
                    "file with --save."
                ) from None
        manifest = None
        if asked.what == "data" and (asked.manifest or not proves_itself(asked.file)):
            manifest = read_manifest(asked.manifest or manifest_beside(asked.file))
        noted = [] if manifest is None else [manifest.checkpoint]
        register = Register(asked.register, asked.cache)
        try:
            contents = check_log(register, key, [*after, *noted], quorum)
        except Refuted:
            register.forget()  # the next time nothing of it is believed
            raise
        if asked.what == "receipt":
            print(check_receipt(asked.link, key, contents, date.today()))
        elif manifest is not None:
            print(check_set(asked.file, manifest, key, contents))
        elif asked.what == "data":
            print(check_data(asked.file, contents))
        else:
            held = contents.checkpoint
            print(
                f"The register is whole: {len(contents.contributions)} contributions, "
                f"{len(contents.erased)} erased, root {held.root.hex()}."
            )
            if after:
                print("It goes on from the older checkpoint: nothing was changed or removed.")
        if asked.save is not None:
            asked.save.write_bytes(contents.checkpoint.note)
    except Refuted as refuted:
        print(f"It does not hold. {refuted}", file=sys.stderr)
        return 1
    except NotYet as awaited:
        print(awaited, file=sys.stderr)
        return 1
    except (Unreadable, OSError) as error:
        print(f"It could not be looked at. {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def run() -> None:
    """The command."""
    sys.exit(main())


if __name__ == "__main__":
    run()
